"""The criteria of the Contact page in a real browser: choose, search, be told, by keyboard and without scripts."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from aicc.tenants import parameters
from aicc.tenants.models import Account
from tests.browser.rows import expect_shown

SignIn = Callable[[Account], None]


@pytest.fixture
def plain(browser: Browser, page: Page, sign_in: SignIn, admin: Account) -> Iterator[Page]:
    """A window without scripts, in which the administrator is signed in."""
    sign_in(admin)
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(page.context.cookies())
        yield context.new_page()


def open_more(page: Page) -> None:
    page.locator("#more-toggle").click()
    expect(page.locator("#id_call_id")).to_be_visible()


def test_a_unit_is_picked_by_keyboard_with_its_sub_organizations(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    page.locator("#id_ou").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem", name="Head office")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("treeitem", name="North desk")).to_be_hidden()

    # From the keyword into the tree: down to Sales, which unfolds and folds, and is chosen.
    page.keyboard.press("ArrowDown")
    page.keyboard.type("head")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="Sales")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="North desk")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="North desk")).to_be_hidden()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator(".picker-apply").press("Enter")

    expect(page.locator("#chips")).to_contain_text("Organization Unit: Head office › Sales, with sub-organizations")
    expect_shown(page, contacts["agent's"], contacts["lead's"])
    expect(page.locator("#id_ou")).to_be_focused()
    page.get_by_role("link", name="Remove Organization Unit").click()
    expect_shown(page, *contacts.values())


def test_the_tree_keeps_what_matches_a_keyword_and_what_is_above_it_and_esc_takes_everything_back(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    page.locator("#id_ou").click()

    page.keyboard.type("desk")

    expect(page.get_by_text("2 matches")).to_be_visible()
    items = page.get_by_role("treeitem")
    expect(items).to_have_text(["Unorganized", "Head office", "Sales", "North desk", "South desk"])
    expect(items.locator("mark")).to_have_text(["desk", "desk"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem", name="North desk")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#id_ou")).to_be_focused()
    expect(page.locator("#id_ou")).to_contain_text("All")


def test_what_is_cut_of_an_organization_is_said_before_and_after_the_search(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str], operator: Account
) -> None:
    parameters.UNIT_LIMIT.set(None, 2)
    sign_in(admin)

    page.locator("#id_ou").click()
    page.get_by_role("treeitem", name="Head office").click()
    page.get_by_role("checkbox", name="Include Sub-Organizations").check()
    expect(page.locator(".picker-cut")).to_have_text("First 2 of 4 sub-organizations searched.")
    page.get_by_role("button", name="Apply").last.click()

    expect(page.locator("#results")).to_contain_text("first 2 of 4 sub-organizations searched")


def test_more_has_lists_of_boxes_and_stays_open_over_a_search(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    open_more(page)

    page.locator("#id_call_type").press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.type("double")
    page.keyboard.press("Space")
    expect(page.locator("#id_call_type")).to_have_text("Outgoing Call, Double call")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Search", exact=True).click()

    expect_shown(page, contacts["agent's"], contacts["lead's"])
    expect(page.locator("#chips")).to_contain_text("Call Type: Outgoing Call, Double call")
    expect(page.locator("#id_call_id")).to_be_visible()
    page.locator("#id_call_id").press("Escape")
    expect(page.locator("#id_call_id")).to_be_hidden()
    expect(page.locator("#more-toggle")).to_be_focused()
    expect(page.locator("#more-toggle .badge")).to_have_text("1")


def test_an_account_is_found_as_one_types(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    open_more(page)

    page.locator("#id_account").click()
    expect(page.locator("#account-options .check-text")).to_have_text(["agent", "lead"])
    page.keyboard.type("lea")
    expect(page.locator("#account-options .check-text")).to_have_text(["lead"])
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.locator("#account-search-text").fill("1003")
    expect(page.locator("#account-options .check-text")).to_have_text(["agent"])
    page.keyboard.press("Escape")
    page.locator("#id_call_id").press("Enter")

    expect(page.locator("#chips")).to_contain_text("Account: lead")
    expect_shown(page, contacts["lead's"])
    expect(page.locator("#id_account")).to_have_text("lead")


def test_a_long_period_locks_what_it_has_no_room_for_and_shows_the_way_out(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    open_more(page)
    page.locator("#id_duration_min").fill("5")

    page.get_by_role("radio", name="90 Days").check()

    expect(page).to_have_url(re.compile("period=90d"))
    expect(page.locator("#chips")).to_contain_text("90 Days")
    assert "duration_min" not in page.url
    for name in ("duration_min", "duration_max", "number_contains"):
        expect(page.locator(f"#id_{name}")).to_be_disabled()
    expect(page.locator("#id_duration_min")).to_have_value("5")
    expect(page.get_by_text("Unavailable when the time span exceeds 31 days.")).to_be_visible()
    page.get_by_role("link", name="Change period to 31 Days").click()
    expect(page).to_have_url(re.compile("period=31d.*duration_min=5"))
    expect(page.locator("#id_duration_min")).to_be_enabled()
    expect(page.locator("#id_duration_min")).to_be_focused()
    expect(page.locator("#chips")).to_contain_text("Call Duration Start: 5 s")


def test_a_mistake_in_more_opens_it_and_is_led_to(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    open_more(page)
    page.locator("#id_call_sn").fill("126")
    page.locator("#id_duration_min").fill("600")
    page.locator("#id_duration_max").fill("120")
    page.keyboard.press("Escape")
    expect(page.locator("#id_call_sn")).to_be_hidden()

    page.get_by_role("button", name="Search", exact=True).click()

    expect(page.get_by_text("Enter all 19 digits.")).to_be_visible()
    expect(page.get_by_text("Enter 600 or more.")).to_be_visible()
    expect(page.locator("#id_call_sn")).to_be_focused()
    expect_shown(page)
    page.locator("#more-toggle").press("Escape")
    page.locator("#more-toggle").press("Enter")
    page.locator("#criteria-errors").get_by_role("link", name="Call Duration End").click()
    expect(page.locator("#id_duration_max")).to_be_focused()


def test_a_bar_narrows_the_period(page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]) -> None:
    sign_in(admin)
    bars = page.locator(".volume-link")
    expect(bars.last).to_have_attribute("tabindex", "0")
    expect(page.locator(".volume-link[tabindex='0']")).to_have_count(1)

    label = "1 contact"
    bar = page.locator(f".volume-link[aria-label$='{label}']").first
    bars.last.press("Home")
    while bar.get_attribute("tabindex") != "0":
        page.keyboard.press("ArrowRight")
    expect(page.locator(".tooltip")).to_contain_text(label)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("period=custom"))
    expect(page.locator("#results tr[data-record-id]")).to_have_count(1)
    expect(page.get_by_role("radio", name="Customization")).to_be_checked()


def test_a_number_that_no_contact_has_is_searched_as_a_part_and_the_page_says_so(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    open_more(page)

    page.locator("#id_caller_number").fill("55512")
    page.keyboard.press("Enter")

    expect(page.locator("#results")).to_contain_text(
        "No contact has the Caller Number 55512; contacts whose number contains it are shown."
    )
    expect_shown(page, contacts["nobody's"])
    page.get_by_label("About Caller Number").click()
    expect(page.locator("#field-caller_number .hint-text")).to_contain_text("Exact search. When no contact has exactly")
    expect(page.locator("#field-caller_number .hint-text")).to_be_visible()


@pytest.mark.parametrize(
    ("who", "scope", "has_unit"),
    [
        ("admin", "organization", True),
        ("supervisor", "organization", True),
        ("lead", "personal", False),
        ("agent", "personal", False),
        ("outsider_admin", "organization", True),
        ("outsider_agent", None, False),
    ],
)
def test_everybody_has_the_data_scopes_and_units_that_are_theirs(
    page: Page, sign_in: SignIn, request: pytest.FixtureRequest, who: str, scope: str | None, has_unit: bool
) -> None:
    account = request.getfixturevalue(who)
    sign_in(account)
    select, unit = page.get_by_label("Data scope", exact=True), page.locator("#id_ou")

    expect(select).to_have_count(1 if scope else 0)
    expect(unit).to_have_count(int(has_unit))
    if scope:
        expect(select).to_have_value(scope)
        select.select_option("personal")
        expect(unit).to_have_count(0)
        select.select_option("organization")
        unit.click()
        expect(page.get_by_role("treeitem").first).to_be_visible()
        expect(page.get_by_role("treeitem", name="Unorganized")).to_have_count(int(has_unit))


def test_a_chosen_unit_comes_back_with_organization_data(
    page: Page, sign_in: SignIn, lead: Account, contacts: dict[str, str]
) -> None:
    sign_in(lead)
    scope = page.get_by_label("Data scope", exact=True)
    expect_shown(page, contacts["lead's"])

    scope.select_option("organization")
    page.locator("#id_ou").click()
    page.get_by_role("treeitem", name="North desk").click()
    page.get_by_role("button", name="Apply").last.click()

    expect_shown(page, contacts["agent's"])
    scope.select_option("personal")
    scope.select_option("organization")
    expect(page.locator("#id_ou")).to_contain_text("North desk")


def test_what_was_typed_and_not_sent_stays_when_the_rows_are_refreshed(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    open_more(page)
    page.locator("#id_employee_id").fill("1003")
    page.locator("#id_media_type").click()
    page.get_by_role("checkbox", name="Video").check()
    page.keyboard.press("Escape")

    with page.expect_response(re.compile(r"/contacts/(\?|$)")):
        page.locator("#refresh").click()

    expect_shown(page, *contacts.values())
    expect(page.locator("#id_employee_id")).to_have_value("1003")
    expect(page.locator("#id_media_type")).to_have_text("Video")
    page.get_by_role("link", name="Reset").last.click()
    expect(page.locator("#id_employee_id")).to_have_value("")


def test_where_there_are_no_rows_to_keep_their_shape_is_shown_until_they_come(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str], site: str
) -> None:
    sign_in(admin)
    page.goto(f"{site}/contacts/?contact_number=1")
    expect(page.get_by_text("No contacts match these criteria")).to_be_visible()
    waiting: list[Any] = []
    page.route(re.compile(r"/contacts/(\?|$)"), lambda route: waiting.append(route))

    page.get_by_role("link", name="Remove Contact number").click()

    expect(page.locator(".skeleton tbody tr")).to_have_count(20)
    waiting[0].continue_()
    expect_shown(page, *contacts.values())
    expect(page.locator(".skeleton")).to_have_count(0)


def test_every_criterion_works_without_javascript(plain: Page, site: str, contacts: dict[str, str]) -> None:
    plain.goto(f"{site}/contacts/")
    plain.locator("#more-toggle").click()
    plain.locator("#id_call_type").click()
    plain.get_by_role("checkbox", name="Outgoing Call", exact=True).check()
    plain.locator("#id_call_type").click()
    plain.locator("#id_account").click()
    plain.get_by_role("button", name="Choose accounts").click()

    # The pages of links keep what was ticked before.
    plain.get_by_role("link", name="agent").click()
    expect_shown(plain, contacts["agent's"])
    plain.get_by_role("button", name="Organization Unit").click()
    plain.get_by_label("Filter by keyword").fill("north")
    plain.get_by_role("button", name="Find").click()
    plain.get_by_role("link", name="North desk").click()
    expect_shown(plain, contacts["agent's"])
    for said in ("Call Type: Outgoing Call", "Account: agent", "Organization Unit: Head office › Sales › North desk"):
        expect(plain.locator("#chips")).to_contain_text(said)

    plain.get_by_role("link", name="Contacts over time").click()
    plain.get_by_role("link", name=re.compile("1 contact$")).click()
    expect_shown(plain, contacts["agent's"])
    plain.get_by_role("link", name="Clear all").click()
    plain.get_by_label("Data scope").select_option("personal")
    plain.get_by_role("button", name="Search", exact=True).click()
    expect(plain.get_by_text("No contacts match these criteria")).to_be_visible()
    expect(plain.get_by_role("button", name="Organization Unit")).to_have_count(0)
