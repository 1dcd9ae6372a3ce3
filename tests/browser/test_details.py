"""Is a contact looked at over the list without losing it: by keyboard, by Back and Forward, while something plays?"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from aicc.tenants.models import Account, Tenant
from contacts.decisions import CallReason
from contacts.models import ContactRecord
from tests import builders, media
from tests.browser.drawers import drawer, expect_closed, expect_open, open_by_keyboard
from tests.browser.rows import expect_shown

SignIn = Callable[[Account], None]
AUDIO = "document.querySelector('#player audio')"


@pytest.fixture
def records(site: str, acme: Tenant, agent: Account, tmp_path: Path) -> list[ContactRecord]:
    """Forty contacts a minute apart, the newest first; the first two are calls with recording and transcript."""
    (tmp_path / "call.wav").write_bytes(media.wav(30))
    said = [{"offset_seconds": 7.0 * n, "side": "agent", "text": f"Line {n}"} for n in range(4)]
    recorded = {"recordings": [{"name": "call.wav"}], "messages": said}
    now = timezone.now()
    return builders.load(
        acme,
        *(
            builders.contact(account="agent", started_at=now - timedelta(minutes=n + 1), **(recorded if n < 2 else {}))
            for n in range(40)
        ),
        media=tmp_path,
    )


def advances(page: Page, beyond: float = 0) -> None:
    """Wait until the player's time goes on by itself."""
    page.wait_for_function(f"at => {AUDIO} && !{AUDIO}.paused && {AUDIO}.currentTime > at", arg=beyond)
    now = page.evaluate(f"{AUDIO}.currentTime")
    page.wait_for_function(f"at => {AUDIO}.currentTime > at", arg=now)


@pytest.fixture
def listed(page: Page, sign_in: SignIn, site: str, agent: Account, records: list[ContactRecord]) -> str:
    """The list of a search, marked so that a reload is noticed; its address."""
    sign_in(agent)
    page.goto(f"{site}/contacts/?period=3d")
    expect(page.locator("#result-count")).to_contain_text("40")
    page.evaluate("window.same = 'yes'")
    return page.url


def test_a_contact_is_looked_at_by_keyboard_and_the_list_stays(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    open_by_keyboard(page, records[30])
    expect(page.get_by_role("heading", name=records[30].call_sn)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect_open(page, records[31])
    page.get_by_role("button", name="Previous contact").press("Enter")
    expect_open(page, records[30])
    expect(page.get_by_role("button", name="Previous contact")).to_be_focused()
    page.keyboard.press("Enter")
    expect_open(page, records[29])

    scrolled = page.evaluate("document.querySelector('.table-region').scrollTop")
    page.keyboard.press("Escape")

    expect_closed(page, records[29], listed)
    assert scrolled > 0
    assert page.evaluate("document.querySelector('.table-region').scrollTop") == scrolled


def test_back_closes_and_forward_opens_without_a_reload(page: Page, listed: str, records: list[ContactRecord]) -> None:
    open_by_keyboard(page, records[3])
    page.keyboard.press("Alt+ArrowDown")
    expect_open(page, records[4])

    # Next takes the place of what it follows: one Back is the list.
    page.go_back()
    expect_closed(page, records[4], listed)
    page.go_forward()
    expect_open(page, records[4])
    page.get_by_role("button", name="Close", exact=True).click()
    expect_closed(page, records[4], listed)

    # And what was before the list is still there.
    page.go_back()
    expect(page).not_to_have_url(listed)


def test_every_press_counts_however_fast(page: Page, listed: str, records: list[ContactRecord]) -> None:
    open_by_keyboard(page, records[0])

    page.evaluate(
        """() => [1, 2].forEach(() => document.getElementById("drawer")
            .dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", altKey: true, bubbles: true })))"""
    )

    expect_open(page, records[2])


def test_at_the_ends_of_the_list_there_is_no_further_contact(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    open_by_keyboard(page, records[0])
    expect(page.get_by_role("button", name="Previous contact")).to_be_disabled()
    page.keyboard.press("Alt+ArrowUp")
    expect_open(page, records[0])
    page.keyboard.press("Escape")
    expect_closed(page, records[0], listed)

    open_by_keyboard(page, records[39])
    expect(page.get_by_role("button", name="Next contact")).to_be_disabled()


def test_the_address_is_the_pages_and_its_way_back_the_searches(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    open_by_keyboard(page, records[2])
    page.get_by_role("link", name="Open as page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(records[2].call_sn)
    expect(page.get_by_role("link", name="Back to Contact")).to_have_attribute("href", "/contacts/?period=3d")

    page.go_back()
    expect(page).to_have_url(listed)
    expect(page.locator("#result-count")).to_contain_text("40")
    page.go_forward()
    expect_open(page, records[2])


def test_another_record_of_the_call_opens_in_the_drawer_and_back_leads_to_the_first(
    page: Page, sign_in: SignIn, acme: Tenant, agent: Account, site: str
) -> None:
    now, same = timezone.now(), {"account": "agent", "call_sn": "1234567890123456789"}
    # The older one is not in the list of a day.
    first, other = builders.load(
        acme,
        builders.contact(**same, started_at=now - timedelta(hours=1), remarks="the newer"),
        builders.contact(**same, started_at=now - timedelta(days=2), remarks="the older"),
    )
    sign_in(agent)
    expect(page.locator("#result-count")).to_contain_text("1 contact")
    page.evaluate("window.same = 'yes'")
    listed = page.url
    open_by_keyboard(page, first)

    drawer(page).locator(f"tr[data-record-id='{other.id}'] .col-call_sn a").press("Enter")
    expect(drawer(page).locator("#reason")).to_contain_text("the older")
    expect(page).to_have_url(f"{site}/contacts/{other.id}/")
    page.go_back()
    expect(drawer(page).locator("#reason")).to_contain_text("the newer")
    page.go_forward()
    expect(drawer(page).locator("#reason")).to_contain_text("the older")

    # Closed, both are behind.
    page.keyboard.press("Escape")
    expect_closed(page, first, listed)


def test_a_multimedia_contact_is_opened_at_its_conversation(
    page: Page, sign_in: SignIn, acme: Tenant, agent: Account, site: str
) -> None:
    chat = {"media_type": "multimedia", "channel": "web", "messages": [{"text": "Hello there"}]}
    (record,) = builders.load(acme, builders.contact(account="agent", **chat))
    sign_in(agent)

    page.get_by_role("link", name=f"Play {record.call_sn}").press("Enter")

    expect_open(page, record)
    expect(drawer(page).get_by_text("Hello there")).to_be_in_viewport()


def test_a_contact_that_left_the_list_meanwhile_is_followed_by_the_one_after_it(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    open_by_keyboard(page, records[5])
    records[5].delete()

    page.evaluate("htmx.ajax('GET', '/contacts/?period=3d', '#results')")
    expect(page.locator("#results tr[data-record-id]")).to_have_count(39)
    page.keyboard.press("Alt+ArrowDown")

    expect_open(page, records[6])
    page.keyboard.press("Alt+ArrowUp")
    expect_open(page, records[4])


def test_a_link_pressed_with_control_opens_a_page_of_its_own(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=records[2].call_sn, exact=True).click(modifiers=["Control"])

    expect(opened.value.get_by_role("heading", level=1)).to_contain_text(records[2].call_sn)
    expect(drawer(page)).to_be_hidden()


def test_a_contact_that_is_gone_is_said_and_the_next_one_is_reached(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    records[5].delete()

    page.get_by_role("link", name=records[5].call_sn, exact=True).click()

    expect(drawer(page).get_by_role("alert")).to_contain_text("not there any more")
    expect(page.get_by_role("heading", name="Contact not found")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect_open(page, records[6])
    page.keyboard.press("Escape")
    expect_closed(page, records[6], listed)


def test_what_plays_goes_on_when_the_drawer_opens_walks_and_closes(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    page.get_by_role("link", name=f"Play {records[0].call_sn}").press("Enter")
    advances(page)
    page.evaluate(f"{AUDIO}.dataset.same = 'yes'")
    page.evaluate(f"window.paused = 0; {AUDIO}.addEventListener('pause', () => window.paused++)")

    open_by_keyboard(page, records[3])
    expect(drawer(page).locator("#player .player")).to_be_visible()
    advances(page)
    page.keyboard.press("Alt+ArrowDown")
    expect_open(page, records[4])
    advances(page)
    page.keyboard.press("Escape")
    expect(drawer(page)).to_be_hidden()

    advances(page)
    expect(page.locator(".page #player .player")).to_be_visible()
    expect(page.locator("[data-player-place]")).to_have_count(1)
    assert page.evaluate(f"[{AUDIO}.dataset.same, window.paused]") == ["yes", 0]
    expect(page.locator("#results tr[aria-current]")).to_have_attribute("data-record-id", str(records[0].id))


def test_the_transcript_in_the_drawer_is_followed_and_played_from(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    open_by_keyboard(page, records[0])

    page.get_by_text("Line 2").click()
    advances(page, 14)
    expect(page.locator(".line[aria-current]")).to_contain_text("Line 2")
    page.get_by_role("link", name="Play from 0:07").press("Enter")
    expect(page.locator(".line[aria-current]")).to_contain_text("Line 1")

    # The lines of another call are not those that are heard, until one of them is pressed.
    page.keyboard.press("Alt+ArrowDown")
    expect_open(page, records[1])
    advances(page)
    expect(page.locator(".line[aria-current]")).to_have_count(0)
    page.get_by_text("Line 3").click()
    expect(page.locator("#player [data-player]")).to_have_attribute("data-player", str(records[1].id))
    advances(page, 21)
    expect(page.locator(".line[aria-current]")).to_contain_text("Line 3")

    # Closed, the player gives the focus to what is in sight.
    drawer(page).get_by_role("button", name="Close the player").click()
    expect(drawer(page).get_by_role("link", name="Play", exact=True)).to_be_focused()


def test_escape_closes_only_what_is_on_top(page: Page, listed: str, records: list[ContactRecord]) -> None:
    open_by_keyboard(page, records[0])
    drawer(page).get_by_role("link", name="Download", exact=True).press("Enter")
    expect(page.locator("#dialog")).to_be_visible()

    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    expect_open(page, records[0])
    expect(drawer(page).get_by_role("link", name="Download", exact=True)).to_be_focused()
    page.keyboard.press("Escape")

    expect_closed(page, records[0], listed)


@pytest.mark.parametrize("place", ["drawer", "page"])
def test_what_a_dialog_changed_is_read_again(
    page: Page, site: str, listed: str, acme: Tenant, records: list[ContactRecord], place: str
) -> None:
    record = records[25]
    if place == "drawer":
        # Over the second page of the list, which stays that.
        page.goto(f"{site}/contacts/?period=3d&size=20")
        page.get_by_role("link", name="Older").click()
        open_by_keyboard(page, record)
    else:
        page.goto(f"{site}/contacts/{record.id}/")
    expect(page.locator("#reason")).to_contain_text("No call reason yet")
    CallReason.objects.create(tenant=acme, name="Refund")

    page.locator("#process-contact").press("Enter")
    process = page.get_by_role("dialog", name="Process")
    expect(process.get_by_label("Search call reasons")).to_be_focused()
    page.keyboard.type("ref")
    page.keyboard.press("Enter")
    process.get_by_label("Call Remarks").fill("said later")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#reason")).to_contain_text("said later")
    expect(page.locator("#reason")).to_contain_text("Set by agent")
    expect(page.locator("#process-contact")).to_be_focused()
    expect(page.locator("#drawer[open]")).to_have_count(int(place == "drawer"))
    if place == "drawer":
        expect(page.locator(f"#results tr[data-record-id='{record.id}'] .col-remarks")).to_have_text("said later")
        expect_shown(page, *(str(one.id) for one in records[20:]))


def test_all_lines_of_a_long_conversation_come_without_leaving_the_drawer(
    page: Page, sign_in: SignIn, acme: Tenant, agent: Account, site: str
) -> None:
    lines = [{"text": f"Line {n}", "side": "agent", "offset_seconds": n} for n in range(300)]
    (record,) = builders.load(acme, builders.contact(account="agent", messages=lines))
    sign_in(agent)
    open_by_keyboard(page, record)
    expect(drawer(page).locator(".line")).to_have_count(200)

    drawer(page).get_by_role("link", name="Show all 300 lines").press("Enter")

    expect(drawer(page).locator(".line")).to_have_count(300)
    expect(page.get_by_role("heading", name="Conversation content")).to_be_focused()
    expect_open(page, record)


def test_tabs_lead_to_their_sections_and_the_address_stays(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    open_by_keyboard(page, records[0])

    tab = drawer(page).get_by_role("link", name="Call reason")
    tab.press("Enter")

    expect(page.get_by_role("heading", name="Call reason")).to_be_focused()
    expect(tab).to_have_attribute("aria-current", "location")
    expect_open(page, records[0])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_nobody_is_shut_out_of_the_drawer(
    page: Page, listed: str, records: list[ContactRecord], theme: Any, size: tuple[int, int]
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_by_keyboard(page, records[0])

    drawer(page).get_by_role("link", name="Play", exact=True).click()
    expect(drawer(page).locator("#player .player")).to_be_visible()

    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []


def test_on_a_phone_the_drawer_is_the_window_and_its_first_button_the_way_back(
    page: Page, listed: str, records: list[ContactRecord]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name=records[1].call_sn, exact=True).click()
    expect_open(page, records[1])
    expect(page.locator("#drawer-close")).to_be_hidden()

    box = drawer(page).bounding_box()
    page.get_by_role("button", name="Back to Contact").click()

    assert box
    assert (round(box["width"]), round(box["height"])) == (390, 844)
    expect_closed(page, records[1], listed)


def test_without_javascript_the_link_leads_to_the_page(
    page: Page, browser: Browser, listed: str, records: list[ContactRecord]
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(page.context.cookies())
        plain = context.new_page()
        plain.goto(listed)

        plain.get_by_role("link", name=records[0].call_sn, exact=True).click()

        expect(plain.get_by_role("heading", level=1)).to_contain_text(records[0].call_sn)
        expect(plain.get_by_text("Line 2")).to_be_visible()
