"""Can an administrator decide about contact records with keyboard or mouse, whatever they see with?"""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account, Tenant
from contacts.decisions import CallReason, ItemSetting
from tests import builders


@pytest.fixture
def decided(acme: Tenant) -> None:
    """Two levels of call reasons, one of them inactive; an extended item, and a record with a value."""
    billing = CallReason(tenant=acme, name="Billing")
    billing.add()
    for name in ("Refund", "Invoice"):
        CallReason(tenant=acme, parent=billing, name=name).add()
    CallReason.objects.for_tenant(acme).get(name="Invoice").deactivate()
    ItemSetting.objects.create(tenant=acme, is_extended=True, key="contract", name="Contract")
    builders.load(acme, builders.contact(extended={"contract": "C-77"}, satisfaction="1"))


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))], ids=["desk", "phone"])
def test_nobody_is_shut_out(
    page: Page,
    sign_in: Callable[[Account], None],
    site: str,
    admin: Account,
    decided: None,
    theme: Any,
    size: tuple[int, int],
) -> None:
    # A dialog that is still fading in has other colours.
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(admin)
    found = {}

    def look(state: str) -> None:
        found[state] = [rule["id"] for rule in Axe().run(page).response["violations"]]

    for address, opens in (
        ("data-items/", ["Add extended item", "Reset", "Remove Contract"]),
        ("satisfaction/", []),
        ("call-reasons/", ["Add call reason"]),
        (
            "call-reasons/?reason=" + str(CallReason.objects.across_tenants().get(name="Refund").pk),
            ["Rename", "Move", "Deactivate", "Delete"],
        ),
    ):
        page.goto(f"{site}/configuration/{address}")
        look(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        for name in opens if theme == "light" else []:
            page.get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            look(f"{address} {name}")
            page.keyboard.press("Escape")

    assert {state: rules for state, rules in found.items() if rules} == {}


def test_the_preview_follows_what_is_chosen_before_it_is_saved(
    page: Page, sign_in: Callable[[Account], None], site: str, acme: Tenant, admin: Account, decided: None
) -> None:
    sign_in(admin)
    page.goto(f"{site}/configuration/data-items/")
    preview = page.locator("#preview")
    expect(preview.get_by_role("cell", name="C-77")).to_be_attached()

    page.get_by_role("switch", name="Customer Number: Visible").uncheck()
    expect(preview.get_by_role("columnheader", name="Customer Number")).to_have_count(0)
    up = page.get_by_role("button", name="Move Employee ID up")
    up.focus()
    page.keyboard.press("Enter")
    expect(preview.get_by_role("columnheader").nth(1)).to_have_text("Employee ID")
    expect(up).to_be_focused()
    expect(page.get_by_text("3 unsaved changes")).to_be_visible()
    assert not ItemSetting.objects.for_tenant(acme).filter(is_extended=False).exists()

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved. The list shows it so from now on.")).to_be_visible()
    page.goto(f"{site}/contacts/")
    # Not the chart's, which come when they come.
    expect(page.locator(".table-region").get_by_role("columnheader").nth(1)).to_have_text("Employee ID")


def test_the_tree_is_walked_with_the_keyboard(
    page: Page, sign_in: Callable[[Account], None], site: str, acme: Tenant, admin: Account, decided: None
) -> None:
    sign_in(admin)
    page.goto(f"{site}/configuration/call-reasons/")

    page.keyboard.press("/")
    expect(page.get_by_label("Filter call reasons")).to_be_focused()
    page.keyboard.type("inv")
    expect(page.get_by_role("treeitem")).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invoice")).to_be_visible()
    expect(page.get_by_role("treeitem", name="Invoice")).to_be_focused()
    page.get_by_role("button", name="Activate").click()

    expect(page.get_by_text("Activated. Agents can choose it, and what is below it.")).to_be_visible()
    expect(page.get_by_role("link", name="Deactivate")).to_be_visible()
    # Until its scripts are there, a link leads to the page with the same form.
    page.wait_for_load_state()
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Refund")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is a call reason of this name already.")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    page.get_by_role("dialog").get_by_label("Name").fill("Bill")
    page.get_by_role("dialog").get_by_label("Name").press("Enter")
    expect(page.get_by_role("treeitem", name="Bill", exact=True)).to_have_attribute("aria-selected", "true")
