"""Can everybody decide about people, and about parameters, and read what was decided? axe looks at every page."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account, Role, SkillQueue

CENTER = "/configuration/"


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))], ids=["desk", "phone"])
def test_nobody_is_shut_out(
    page: Page,
    sign_in: Callable[[Account], None],
    site: str,
    admin: Account,
    agent: Account,
    lead: Account,
    theme: Any,
    size: tuple[int, int],
) -> None:
    # A dialog that fades in is pale for a moment.
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    SkillQueue.objects.for_tenant(agent.tenant).filter(name="Returns").update(is_active=False)
    role = Role.objects.for_tenant(agent.tenant).get(name="Agent")
    sign_in(admin)
    found = {}

    def look(state: str, address: str = "", press: str = "") -> None:
        """Open a page, press what has these words, and ask axe."""
        if address:
            page.goto(f"{site}{CENTER}{address}")
        if press:
            page.get_by_text(press, exact=True).locator("visible=true").first.click()
            expect(page.locator("dialog[open] .dialog-title, details[open] .lookup").first).to_be_visible()
        found[state] = [rule["id"] for rule in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{state} is wider than the window"

    look("queues", "skill-queues/")
    look("name", press="Rename")
    look("organization", f"organization/?unit={lead.unit_id}&include_sub_ous=on")
    look("move", press="Move")
    look("delete a unit", f"organization/?unit={agent.unit_id}", press="Delete")
    look("filter", "organization/?q=desk")
    look("accounts", "accounts/")
    look("account", f"accounts/{agent.pk}/")
    look("units", press="North desk")
    look("password", f"accounts/{agent.pk}/", press="Reset password")
    page.goto(f"{site}{CENTER}accounts/add/")
    page.get_by_role("button", name="Save").click()
    look("errors")
    look("roles", "roles/")
    look("role", f"roles/{role.pk}/")
    look("parameters", "parameters/")
    look("log", "operation-log/")
    look("nothing in the log", "operation-log/?first=2020-01-01&last=2020-01-02")

    assert {state: rules for state, rules in found.items() if rules} == {}


def test_the_organization_is_walked_and_changed_with_the_keyboard_alone(
    page: Page, sign_in: Callable[[Account], None], site: str, admin: Account, lead: Account, agent: Account
) -> None:
    sign_in(admin)
    page.goto(f"{site}{CENTER}organization/")
    focused = page.locator(":focus")

    # From the first line down to Head office, open it, into it, and choose Sales.
    page.get_by_role("treeitem", name="Unorganized").focus()
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(focused).to_contain_text("Sales")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sales")).to_be_visible()
    expect(focused).to_contain_text("Sales")
    expect(page).to_have_url(
        f"{site}{CENTER}organization/?unit={lead.unit_id}&open={lead.unit.parent_id}&open={lead.unit_id}"
    )

    # Its move: type a part of a name, go into the list, choose, press the button.
    page.get_by_role("link", name="Move", exact=True).press("Enter")
    search = page.get_by_role("searchbox", name="filter by keyword")
    search.press_sequentially("fie")
    expect(page.get_by_role("radio", name="Service")).to_have_count(0)
    expect(page.get_by_role("radio", name="Head office")).to_be_checked()
    search.press("Enter")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    expect(page.locator(".unit-path")).to_have_text("Field")
    expect(page.get_by_role("treeitem", name="Sales", selected=True)).to_be_visible()

    # A page that opens deep down shows where.
    page.goto(f"{site}{CENTER}organization/?unit={agent.unit_id}")
    expect(page.get_by_role("treeitem", name="North desk", selected=True)).to_be_visible()
    page.get_by_role("treeitem", name="North desk").press("ArrowLeft")
    expect(focused).to_contain_text("Sales")


def test_skill_queues_are_put_in_order_without_leaving_the_form(
    page: Page, sign_in: Callable[[Account], None], site: str, admin: Account, agent: Account
) -> None:
    sign_in(admin)
    page.goto(f"{site}{CENTER}accounts/{agent.pk}/")
    names = page.locator(".queues-name")
    page.get_by_label("Employee ID").fill("4711")

    page.get_by_role("button", name="Move Billing down").press("Enter")

    expect(names).to_have_text(["Returns", "Billing"])
    expect(page.get_by_label("Employee ID")).to_have_value("4711")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert [queue.name for queue in agent.queues] == ["Returns", "Billing"]
