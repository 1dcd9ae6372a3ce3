"""Is what was entered in Process kept when somebody goes back or closes the tab? Does Back close what is topmost?"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog, Locator, Page, expect

from aicc.tenants.models import Account, Tenant
from contacts.decisions import CallReason
from contacts.models import ContactRecord
from tests import builders

SignIn = Callable[[Account], None]


@pytest.fixture
def records(sign_in: SignIn, acme: Tenant, agent: Account) -> list[ContactRecord]:
    """Two unfinished contacts of the agent's, who is signed in; reasons to choose from."""
    for name in ("Delivery", "Refund"):
        CallReason.objects.create(tenant=acme, name=name)
    times = [timezone.now() - timedelta(minutes=n) for n in (10, 20)]
    records = builders.load(acme, *(builders.contact(account="agent", started_at=at) for at in times))
    sign_in(agent)
    return records


def dialog(page: Page) -> Locator:
    return page.locator("#dialog")


def search(page: Page) -> Locator:
    return page.locator("#reason-search")


def opened_from_tab(page: Page, site: str, record: ContactRecord) -> None:
    page.goto(f"{site}/contacts/?tab=unfinished")
    page.locator(f"#process-{record.id}").click()
    expect(search(page)).to_be_focused()


def opened_over_drawer(page: Page, site: str, record: ContactRecord) -> None:
    page.goto(f"{site}/contacts/")
    page.get_by_role("link", name=record.call_sn, exact=True).press("Enter")
    expect(page).to_have_url(re.compile(rf"/contacts/{record.id}/$"))
    page.locator("#process-contact").press("Enter")
    expect(search(page)).to_be_focused()


def asked_when_leaving(page: Page) -> list[str]:
    """What the browser asks when somebody reloads the page, which is answered with staying."""
    asked: list[str] = []

    def stay(asks: Dialog) -> None:
        asked.append(asks.type)
        asks.dismiss()

    page.once("dialog", stay)
    page.evaluate("setTimeout(() => location.reload())")
    with page.expect_event("dialog"):
        pass
    return asked


@pytest.mark.parametrize("place", ["dialog", "page"])
def test_leaving_the_page_asks_where_something_was_entered(
    page: Page, site: str, records: list[ContactRecord], place: str
) -> None:
    if place == "dialog":
        opened_from_tab(page, site, records[0])
    else:
        page.goto(f"{site}/contacts/{records[0].id}/process/?tab=unfinished")
    page.get_by_label("Call Remarks").fill("Half a sentence")

    assert asked_when_leaving(page) == ["beforeunload"]
    expect(page.get_by_label("Call Remarks")).to_have_value("Half a sentence")
    # What is saved is left without a word: a question would stop it here.
    page.on("dialog", lambda asks: asks.dismiss())
    page.get_by_role("treeitem", name="Refund").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Call reason set.")
    page.goto(f"{site}/contacts/")
    expect(page.get_by_role("link", name=records[0].call_sn, exact=True)).to_be_visible()


def test_where_nothing_was_entered_leaving_asks_nothing(page: Page, site: str, records: list[ContactRecord]) -> None:
    opened_from_tab(page, site, records[0])
    asked: list[str] = []
    page.on("dialog", lambda asks: (asked.append(asks.type), asks.accept()))

    page.reload()

    expect(page.locator(f"#process-{records[0].id}")).to_be_visible()
    assert asked == []


def test_what_cannot_be_saved_is_said_in_the_dialog_and_stays_entered(
    page: Page, site: str, records: list[ContactRecord]
) -> None:
    opener = page.locator(f"#process-{records[0].id}")
    opened_from_tab(page, site, records[0])
    page.get_by_role("treeitem", name="Refund").click()
    page.get_by_label("Call Remarks").fill("Half a sentence")
    records[0].delete()

    page.keyboard.press("Control+Enter")
    expect(dialog(page).get_by_role("alert")).to_contain_text("This did not work.")
    expect(page.get_by_label("Call Remarks")).to_have_value("Half a sentence")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    expect(dialog(page)).to_be_hidden()
    # Without a dialog it is said beside the list.
    opener.press("Enter")

    expect(page.locator("#toasts")).to_contain_text("This did not work.")


def test_enter_chooses_what_was_searched_and_nothing_where_nothing_was(
    page: Page, site: str, records: list[ContactRecord]
) -> None:
    opened_from_tab(page, site, records[0])
    selected = dialog(page).locator(".process-selected")

    page.keyboard.press("Enter")
    page.keyboard.type(" ")
    page.keyboard.press("Enter")
    expect(selected).to_have_text("Nothing yet")
    page.keyboard.type("ref")
    page.keyboard.press("Enter")

    expect(selected).to_have_text("Refund")


def test_back_closes_the_dialog_and_then_the_drawer_under_it(
    page: Page, site: str, records: list[ContactRecord]
) -> None:
    opened_over_drawer(page, site, records[0])
    url = page.url

    page.evaluate("history.back()")
    expect(dialog(page)).to_be_hidden()
    expect(page.locator("#process-contact")).to_be_focused()
    expect(page).to_have_url(url)
    page.evaluate("history.back()")

    expect(page.locator("#drawer")).to_be_hidden()
    expect(page).to_have_url(f"{site}/contacts/")
    expect(page.get_by_role("link", name=records[0].call_sn, exact=True)).to_be_focused()


@pytest.mark.parametrize("place", ["list", "drawer"])
def test_back_asks_before_what_was_entered_is_lost(
    page: Page, site: str, records: list[ContactRecord], place: str
) -> None:
    if place == "drawer":
        opened_over_drawer(page, site, records[0])
    else:
        # A search of the same page stands before this one in the history.
        page.goto(f"{site}/contacts/?tab=unfinished")
        page.get_by_label("Rows per page").select_option("20")
        expect(page).to_have_url(re.compile("size=20"))
        page.locator(f"#process-{records[0].id}").click()
        expect(search(page)).to_be_focused()
    url = page.url
    page.get_by_label("Call Remarks").fill("Half a sentence")

    page.evaluate("history.back()")
    ask = page.get_by_role("alertdialog")
    expect(ask.get_by_role("button", name="Continue")).to_be_focused()
    expect(page).to_have_url(url)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Call Remarks")).to_have_value("Half a sentence")
    # Twice as well.
    page.evaluate("history.back()")
    ask.get_by_role("button", name="Discard").click()

    expect(dialog(page)).to_be_hidden()
    expect(page).to_have_url(url)


def test_the_tree_opens_where_the_chosen_reason_is(
    page: Page, site: str, acme: Tenant, records: list[ContactRecord], agent: Account
) -> None:
    many = [CallReason.objects.create(tenant=acme, name=f"Reason {n}", position=n + 5) for n in range(40)]
    below = CallReason.objects.create(tenant=acme, name="Below", parent=many[30])
    deep = CallReason.objects.create(tenant=acme, name="Deep", parent=below)
    records[0].set_call_reason(deep, "", by=agent, now=timezone.now())

    opened_over_drawer(page, site, records[0])

    expect(page.get_by_role("treeitem", name="Deep")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("treeitem", name="Deep")).to_be_in_viewport()
    expect(page.get_by_role("treeitem", name="Delivery")).not_to_be_in_viewport()
