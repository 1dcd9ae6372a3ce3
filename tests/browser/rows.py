"""Which contacts does a page list? Waited for, because a click returns before the page that it leads to is there."""

from playwright.sync_api import Page, expect


def expect_shown(page: Page, *ids: str) -> None:
    """These records and no others, in this order."""
    rows = page.locator("#results tr[data-record-id]")
    expect(rows).to_have_count(len(ids))
    for row, id in enumerate(ids):
        expect(rows.nth(row)).to_have_attribute("data-record-id", id)
