"""Can everybody use the criteria, whatever they see and press with? axe looks at each of their states."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account


@pytest.mark.parametrize(
    ("size", "theme"), [((1440, 900), "light"), ((390, 844), "dark")], ids=["desk, light", "phone, dark"]
)
def test_nobody_is_shut_out_of_the_criteria(
    page: Page,
    sign_in: Callable[[Account], None],
    site: str,
    admin: Account,
    contacts: dict[str, str],
    theme: Any,
    size: tuple[int, int],
) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(admin)
    found = {}

    def visit(address: str) -> None:
        page.goto(f"{site}/contacts/?{address}")
        if size[0] < 720:
            page.get_by_role("button", name="Criteria").click()

    def look(state: str) -> None:
        found[state] = [rule["id"] for rule in Axe().run(page).response["violations"]]

    visit("period=90d&call_type=outgoing")
    page.locator("#more-toggle").click()
    expect(page.locator("#id_call_id")).to_be_visible()
    look("panel")
    page.locator("#id_call_type").click()
    look("boxes")
    page.keyboard.press("Escape")
    page.locator("#id_account").click()
    expect(page.locator("#account-options .check-text").first).to_be_visible()
    look("accounts")
    page.keyboard.press("Escape")
    page.locator("#id_ou").click()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    look("tree")
    visit("call_sn=1&duration_min=9&duration_max=1&ou=0&call_type=x&account=0&start=x&period=custom")
    look("errors")
    page.goto(f"{site}/contacts/?contact_number=1")
    look("empty")
    page.goto(f"{site}/contacts/?caller_number=5551")
    expect(page.locator(".volume-link").first).to_be_attached()
    look("chart")

    assert {state: rules for state, rules in found.items() if rules} == {}
