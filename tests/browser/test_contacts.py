"""The Contact page in a real browser: sign in, search, page, find."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from aicc.tenants.models import Account, Tenant
from tests import builders
from tests.browser.rows import expect_shown

SignIn = Callable[[Account], None]


@pytest.fixture
def contacts(site: str, acme: Tenant) -> list[Any]:
    """120 contacts, a minute apart, the newest a minute ago."""
    now = timezone.now()
    records = [
        builders.contact(id=f"c{n}", caller_number=f"+4670111{n:04}", started_at=now - timedelta(minutes=n))
        for n in range(1, 121)
    ]
    return builders.load(acme, *records)


def test_an_administrator_signs_in_and_finds_a_loaded_contact_by_its_number(
    page: Page, site: str, admin: Account, contacts: list[Any]
) -> None:
    admin.set_password("one-For-The-Tests")
    admin.save()
    page.goto(site)
    page.get_by_label("Account").fill("admin")
    page.get_by_label("Password", exact=True).fill("one-For-The-Tests")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#result-count")).to_contain_text("120")

    page.keyboard.press("/")
    page.keyboard.type("+46701110077")
    page.keyboard.press("Enter")

    expect(page.locator("#result-count")).to_contain_text("1 contact")
    expect_shown(page, str(contacts[76].id))
    assert "contact_number=%2B46701110077" in page.url


def test_pages_lead_to_every_contact_and_back(page: Page, sign_in: SignIn, admin: Account, contacts: list[Any]) -> None:
    expected = [str(record.id) for record in contacts]
    sign_in(admin)
    expect_shown(page, *expected[:50])

    page.get_by_role("link", name="Older").click()
    expect_shown(page, *expected[50:100])
    page.get_by_role("link", name="Older").click()
    expect_shown(page, *expected[100:])

    page.get_by_role("link", name="Newer").click()
    expect(page.locator(f"tr[data-record-id='{expected[50]}']")).to_be_visible()
    page.go_back()
    expect(page.locator(f"tr[data-record-id='{expected[119]}']")).to_be_visible()


def test_a_contact_is_opened_from_the_list_and_shows_its_conversation(
    page: Page, sign_in: SignIn, admin: Account, acme: Tenant, site: str
) -> None:
    said = [{"side": "customer", "text": "你好 <b>there</b>"}]
    chat = {"media_type": "multimedia", "channel": "web", "messages": said}
    (record,) = builders.load(acme, builders.contact(**chat))
    sign_in(admin)

    page.get_by_role("link", name=record.call_sn, exact=True).click()

    expect(page).to_have_url(f"{site}/contacts/{record.id}/")
    expect(page.get_by_text("你好 <b>there</b>")).to_be_visible()


def test_everything_works_without_javascript(
    browser: Browser, site: str, admin: Account, contacts: list[Any], sign_in: SignIn, page: Page
) -> None:
    sign_in(admin)
    cookies = page.context.cookies()
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(cookies)
        plain = context.new_page()

        plain.goto(f"{site}/contacts/?size=20")
        plain.get_by_role("link", name="Older").click()
        expect_shown(plain, *(str(record.id) for record in contacts[20:40]))

        plain.get_by_role("link", name=re.compile("Count")).click()
        expect(plain.locator("#result-count")).to_contain_text("120")

        plain.goto(f"{site}/contacts/")
        plain.get_by_role("textbox", name="Contact number").fill("+46701110005")
        plain.get_by_role("button", name="Search").first.click()
        expect_shown(plain, str(contacts[4].id))


@pytest.mark.parametrize(
    ("size", "theme"), [((1440, 900), "light"), ((390, 844), "dark")], ids=["desk, light", "phone, dark"]
)
def test_nobody_is_shut_out_of_a_page(
    page: Page, sign_in: SignIn, site: str, admin: Account, contacts: list[Any], theme: Any, size: tuple[int, int]
) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{site}/login/")
    found = {"sign-in": Axe().run(page).response["violations"]}
    sign_in(admin)

    for state, address in {
        "list": "/contacts/",
        "nothing found": "/contacts/?contact_number=1",
        "not valid": "/contacts/?period=custom",
        "details": f"/contacts/{contacts[0].id}/",
        "not there": "/contacts/1/",
    }.items():
        page.goto(site + address)
        page.wait_for_load_state("networkidle")
        found[state] = Axe().run(page).response["violations"]

    assert {state: [rule["id"] for rule in rules] for state, rules in found.items() if rules} == {}


def test_customization_that_is_cancelled_leaves_the_period_as_it_was(
    page: Page, sign_in: SignIn, site: str, admin: Account, contacts: list[Any]
) -> None:
    sign_in(admin)
    page.goto(f"{site}/contacts/?period=7d")

    for cancel in (
        lambda: page.get_by_role("button", name="Cancel").click(),
        lambda: page.keyboard.press("Escape"),
        lambda: page.get_by_role("heading", name="Contact", exact=True).click(),
    ):
        page.locator("label", has_text="Customization").click()
        cancel()
        expect(page.get_by_role("radio", name="7 Days")).to_be_checked()

    page.get_by_role("button", name="Search").first.click()
    expect(page).to_have_url(re.compile("period=7d"))
    assert "start=" not in page.url


def test_the_way_back_from_a_contact_leads_to_the_search_it_was_found_with(
    page: Page, sign_in: SignIn, site: str, admin: Account, contacts: list[Any]
) -> None:
    sign_in(admin)
    page.goto(f"{site}/contacts/?period=7d&contact_number=%2B46701110005")

    # Before there are scripts, or without any: the link leads to the page.
    page.goto(f"{site}{page.get_by_role('link', name=contacts[4].call_sn).get_attribute('href')}", referer=page.url)
    page.get_by_role("link", name="Back to Contact").click()

    expect(page).to_have_url(re.compile(r"period=7d&contact_number=%2B46701110005"))
