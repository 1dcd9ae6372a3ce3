"""Is a contact open over the list, and is the list as it was afterwards? Waited for, as everything in a browser.

What happens in between is for the tests to say.
"""

import re

from playwright.sync_api import Locator, Page, expect

from contacts.models import ContactRecord


def drawer(page: Page) -> Locator:
    return page.locator("#drawer")


def open_by_keyboard(page: Page, record: ContactRecord) -> None:
    """Enter on its Call S/N, and wait until it is there."""
    page.get_by_role("link", name=record.call_sn, exact=True).press("Enter")
    expect_open(page, record)


def expect_open(page: Page, record: ContactRecord) -> None:
    expect(page.get_by_role("dialog", name=record.call_sn)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/contacts/{record.id}/$"))
    shown = page.locator("#results tr[data-shown]")
    expect(shown).to_have_attribute("data-record-id", str(record.id))
    expect(shown).to_have_attribute("aria-current", "true")


def expect_closed(page: Page, record: ContactRecord, url: str) -> None:
    """The list as it was, with the focus on the row of the contact that was shown last."""
    expect(drawer(page)).to_be_hidden()
    expect(page).to_have_url(url)
    expect(page.get_by_role("link", name=record.call_sn, exact=True)).to_be_focused()
    expect(page.locator("#results tr[aria-current]")).to_have_count(0)
    assert page.evaluate("window.same") == "yes"
