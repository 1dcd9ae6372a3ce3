"""Can an agent work off a backlog by keyboard alone, many at once or without scripts, and is nobody overwritten?"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from aicc.tenants.models import Account, Tenant
from contacts.decisions import CallReason
from contacts.models import ContactRecord
from tests import builders
from tests.browser.rows import expect_shown

SignIn = Callable[[Account], None]


@pytest.fixture
def backlog(site: str, acme: Tenant, agent: Account, admin: Account) -> list[str]:
    """Five unfinished contacts of the agent's, the newest first, and reasons of three levels; their ids."""
    invoice = CallReason.objects.create(tenant=acme, name="Invoice")
    charge = CallReason.objects.create(tenant=acme, name="Duplicate charge", parent=invoice)
    for position, name in enumerate(("Refund agreed", "Refund refused")):
        CallReason.objects.create(tenant=acme, name=name, parent=charge, position=position)
    CallReason.objects.create(tenant=acme, name="Delivery", position=1)
    now = timezone.now()
    times = [now - timedelta(minutes=10 * n + 10) for n in range(5)]
    records = builders.load(acme, *(builders.contact(account="agent", started_at=at) for at in times))
    return [str(record.id) for record in records]


def reasons(acme: Tenant) -> list[str]:
    """The call reasons of all contacts, the newest first."""
    records = ContactRecord.objects.for_tenant(acme).select_related("call_reason").order_by("-started_at")
    return [record.call_reason.name if record.call_reason else "" for record in records]


def dialog(page: Page) -> Locator:
    return page.locator("#dialog")


def expect_open(page: Page) -> None:
    """The dialog, where typing searches the call reasons."""
    expect(page.locator("#reason-search")).to_be_focused()


def process(page: Page, id: str) -> Locator:
    return page.locator(f"#process-{id}")


def test_a_backlog_is_worked_off_by_keyboard_alone(
    page: Page, sign_in: SignIn, site: str, acme: Tenant, agent: Account, backlog: list[str]
) -> None:
    sign_in(agent)
    page.goto(f"{site}/contacts/?tab=unfinished")
    expect(page.locator("#unfinished-count")).to_contain_text("5")
    expect(page.locator("#unfinished-note")).to_contain_text("5 contacts have no call reason.")
    process(page, backlog[0]).focus()
    page.keyboard.press("Enter")

    search = page.locator("#reason-search")
    for left, id in zip(range(5, 0, -1), backlog, strict=True):
        expect(dialog(page).get_by_role("status").filter(has_text=f"{left} left")).to_be_visible()
        call_sn = ContactRecord.objects.for_tenant(acme).get(id=id).call_sn
        expect(dialog(page).locator(".process-facts")).to_contain_text(call_sn)
        expect(search).to_be_focused()
        page.keyboard.type("refund")
        expect(dialog(page).get_by_text("2 reasons")).to_be_visible()
        expect(dialog(page).locator("mark").first).to_have_text("Refund")
        page.keyboard.press("ArrowDown")
        if left % 2:
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        name = "Refund refused" if left % 2 else "Refund agreed"
        expect(dialog(page).locator(".process-selected")).to_have_text(f"Invoice › Duplicate charge › {name}")
        page.keyboard.press("Control+Enter")

    expect(dialog(page)).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("Call reason set. Nothing left to process.")
    expect(page.get_by_role("heading", name="Nothing waits for a call reason")).to_be_visible()
    expect(page.locator("#unfinished-count .badge")).to_have_count(0)
    refused, agreed = "Refund refused", "Refund agreed"
    assert reasons(acme) == [refused, agreed, refused, agreed, refused]


def test_after_saving_the_row_that_took_the_place_has_the_focus(
    page: Page, sign_in: SignIn, site: str, acme: Tenant, agent: Account, backlog: list[str]
) -> None:
    sign_in(agent)
    page.goto(f"{site}/contacts/?tab=unfinished")
    process(page, backlog[1]).click()
    expect_open(page)
    # The tree by itself: folded, walked with arrows, End and typing; only leaves are chosen.
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="Invoice")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("treeitem", name="Delivery")).to_be_focused()
    page.keyboard.type("dup")
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem", name="Duplicate charge")).to_have_attribute("aria-expanded", "true")
    expect(dialog(page).locator(".process-selected")).to_have_text("Nothing yet")
    page.get_by_role("treeitem", name="Refund agreed").click()
    page.get_by_label("Call Remarks").fill("Two days 😀")
    expect(dialog(page).get_by_text("10 / 500")).to_be_visible()
    dialog(page).get_by_role("button", name="Save", exact=True).click()

    expect(dialog(page)).to_be_hidden()
    expect_shown(page, backlog[0], *backlog[2:])
    expect(process(page, backlog[2])).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("Call reason set.")
    expect(page.locator("#result-count")).to_have_text("4 contacts")
    # The one chosen last is offered at once.
    page.keyboard.press("Enter")
    dialog(page).get_by_role("button", name="Refund agreed").click()
    expect(dialog(page).locator(".process-selected")).to_contain_text("Refund agreed")
    expect(page.get_by_role("treeitem", name="Refund agreed")).to_have_attribute("aria-selected", "true")


def test_leaving_after_some_the_contact_that_was_open_has_the_focus(
    page: Page, sign_in: SignIn, site: str, agent: Account, backlog: list[str]
) -> None:
    sign_in(agent)
    page.goto(f"{site}/contacts/?tab=unfinished")
    process(page, backlog[1]).press("Enter")

    for left in (5, 4):
        expect(dialog(page).get_by_role("status").filter(has_text=f"{left} left")).to_be_visible()
        expect_open(page)
        page.keyboard.type("deliv")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
    expect(dialog(page).get_by_role("status").filter(has_text="3 left")).to_be_visible()
    expect_open(page)
    page.keyboard.press("Escape")

    expect_shown(page, backlog[0], *backlog[3:])
    expect(process(page, backlog[3])).to_be_focused()


def test_nothing_entered_is_lost_without_asking(
    page: Page, sign_in: SignIn, site: str, acme: Tenant, agent: Account, backlog: list[str]
) -> None:
    sign_in(agent)
    page.goto(f"{site}/contacts/?tab=unfinished")
    process(page, backlog[0]).click()
    page.get_by_label("Call Remarks").fill("Half a sentence")
    ask = page.get_by_role("alertdialog")

    page.keyboard.press("Escape")
    expect(ask.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Escape")
    expect(ask).to_be_hidden()
    expect(page.get_by_label("Call Remarks")).to_have_value("Half a sentence")
    dialog(page).get_by_role("link", name="Cancel").click()
    ask.get_by_role("button", name="Discard").click()

    expect(dialog(page)).to_be_hidden()
    expect(process(page, backlog[0])).to_be_focused()
    # Where nothing was entered nothing is asked.
    page.keyboard.press("Enter")
    expect(page.locator("#reason-search")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    assert reasons(acme) == [""] * 5


def test_a_reason_over_an_inactive_one_that_the_contact_carries_is_chosen_by_click_and_by_keyboard(
    page: Page, sign_in: SignIn, site: str, acme: Tenant, agent: Account, backlog: list[str]
) -> None:
    (record,) = builders.load(acme, builders.contact(account="agent", call_reason=["Billing", "Old"]))
    CallReason.objects.for_tenant(acme).filter(name="Billing").update(is_active=True)
    sign_in(agent)
    page.goto(f"{site}/contacts/{record.id}/")
    page.locator("#process-contact").click()
    expect_open(page)
    billing = page.get_by_role("treeitem", name="Billing")
    selected = dialog(page).locator(".process-selected")

    billing.click()
    expect(billing).to_have_attribute("aria-selected", "true")
    expect(selected).to_have_text("Billing")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(selected).to_have_text("Delivery")
    page.locator("#reason-search").fill("bill")
    page.keyboard.press("ArrowDown")
    expect(billing).to_be_focused()
    page.keyboard.press("Enter")
    expect(selected).to_have_text("Billing")
    page.keyboard.press("ArrowLeft")
    expect(billing).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#toasts")).to_contain_text("Call reason set.")
    record.refresh_from_db()
    assert record.call_reason is not None
    assert record.call_reason.name == "Billing"


def test_an_administrator_sets_several_at_once(
    page: Page, sign_in: SignIn, site: str, acme: Tenant, admin: Account, backlog: list[str]
) -> None:
    sign_in(admin)
    page.goto(f"{site}/contacts/?tab=unfinished")
    bar = page.locator("#several")
    expect(bar).to_be_hidden()
    boxes = page.locator("input[name=record]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(page.get_by_label("Select all on this page")).to_be_focused()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("5 selected")
    boxes.nth(0).uncheck()
    bar.get_by_role("button", name="Set call reason").press("Enter")

    expect(dialog(page).locator(".process-facts")).to_contain_text("4 contacts")
    expect_open(page)
    page.keyboard.type("delivery")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")

    expect(dialog(page)).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("Call reason of 4 contacts set.")
    expect_shown(page, backlog[0])
    expect(process(page, backlog[0])).to_be_focused()
    assert reasons(acme) == ["", *["Delivery"] * 4]


def test_of_two_people_the_second_is_told_who_was_first(
    page: Page,
    browser: Browser,
    sign_in: SignIn,
    site: str,
    acme: Tenant,
    agent: Account,
    admin: Account,
    backlog: list[str],
) -> None:
    sign_in(agent)
    page.goto(f"{site}/contacts/?tab=unfinished")
    process(page, backlog[0]).click()
    expect_open(page)
    page.keyboard.type("agreed")
    page.keyboard.press("Enter")
    page.get_by_label("Call Remarks").fill("mine")

    with browser.new_context() as context:
        other = context.new_page()
        admin.set_password("another-One-4")
        admin.save()
        other.goto(f"{site}/login/?next=/contacts/%3Ftab=unfinished")
        other.get_by_label("Account").fill("admin")
        other.get_by_label("Password", exact=True).fill("another-One-4")
        other.get_by_role("button", name="Sign in").click()
        # By then its scripts are at work.
        expect(other.locator("#unfinished-count")).to_contain_text("5")
        process(other, backlog[0]).click()
        expect_open(other)
        other.keyboard.type("delivery")
        other.keyboard.press("Enter")
        other.get_by_label("Call Remarks").fill("theirs")
        dialog(other).get_by_role("button", name="Save", exact=True).click()
        expect(other.locator("#toasts")).to_contain_text("Call reason set.")

    dialog(page).get_by_role("button", name="Save", exact=True).click()
    conflict = dialog(page).get_by_role("alert")
    expect(conflict).to_contain_text("Somebody else set the call reason meanwhile.")
    expect(conflict).to_contain_text("Delivery")
    expect(conflict).to_contain_text("admin")
    expect(page.get_by_label("Call Remarks")).to_have_value("mine")
    assert reasons(acme)[0] == "Delivery"
    dialog(page).get_by_role("button", name="Replace").click()

    expect(page.locator("#toasts")).to_contain_text("Call reason set.")
    expect_shown(page, *backlog[1:])
    assert reasons(acme)[0] == "Refund agreed"


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))], ids=["desk", "phone"])
def test_nobody_is_shut_out_of_processing(
    page: Page,
    sign_in: SignIn,
    site: str,
    acme: Tenant,
    agent: Account,
    backlog: list[str],
    theme: Any,
    size: tuple[int, int],
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(agent)
    found = {}

    def look(state: str) -> None:
        found[state] = [rule["id"] for rule in Axe().run(page).response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state

    page.goto(f"{site}/contacts/?tab=unfinished")
    expect(page.locator("#unfinished-note")).to_contain_text("5 contacts")
    page.locator("input[name=record]").nth(1).check()
    look("tab")
    page.locator("#several").get_by_role("button", name="Set call reason").click()
    expect(dialog(page)).to_be_visible()
    look("several")
    page.keyboard.press("Escape")
    process(page, backlog[0]).click()
    page.locator("#reason-search").fill("refund")
    expect(dialog(page).locator("mark")).to_have_count(2)
    look("search")
    page.get_by_label("Call Remarks").fill("x" * 501)
    dialog(page).get_by_role("button", name="Save", exact=True).click()
    expect(dialog(page).get_by_text("Choose a call reason.")).to_be_visible()
    expect(page.locator("#reason-search")).to_be_focused()
    look("errors")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    look("asked")
    record = ContactRecord.objects.for_tenant(acme).get(id=backlog[0])
    record.set_call_reason(CallReason.objects.for_tenant(acme).get(name="Delivery"), "", by=agent, now=timezone.now())
    page.get_by_role("button", name="Continue").click()
    dialog(page).get_by_role("button", name="Save", exact=True).click()
    expect(dialog(page).get_by_role("button", name="Replace")).to_be_visible()
    look("conflict")
    page.goto(f"{site}/contacts/?tab=unfinished&contact_number=404")
    look("empty")

    assert {state: rules for state, rules in found.items() if rules} == {}


def test_without_scripts_a_call_reason_can_be_set(
    browser: Browser, site: str, acme: Tenant, agent: Account, backlog: list[str]
) -> None:
    agent.set_password("one-For-The-Tests")
    agent.save()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/login/?next=/contacts/%3Ftab=unfinished")
        page.get_by_label("Account").fill("agent")
        page.get_by_label("Password", exact=True).fill("one-For-The-Tests")
        page.get_by_role("button", name="Sign in").click()
        process(page, backlog[0]).click()
        page.get_by_role("radio", name="Refund agreed").check()
        page.get_by_role("button", name="Save and next").click()
        expect(page.locator("#toasts")).to_contain_text("Call reason set.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Choose a call reason.")).to_be_visible()
        page.get_by_role("radio", name="Delivery").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect_shown(page, *backlog[2:])
        page.get_by_role("checkbox", name="Select").nth(0).check()
        page.get_by_role("button", name="Set call reason").click()
        page.get_by_role("radio", name="Delivery").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect_shown(page, *backlog[3:])

    assert reasons(acme) == ["Refund agreed", "Delivery", "Delivery", "", ""]
