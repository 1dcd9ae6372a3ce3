"""Can the name of a phase be read where there is no room for it?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account, Tenant
from contacts.models import ContactRecord
from tests import builders

NAME = "Card services and everything else about cards"


@pytest.fixture
def record(site: str, acme: Tenant, agent: Account) -> ContactRecord:
    """A contact that waited shortly in a queue of a long name."""
    begun = timezone.now() - timedelta(hours=1)
    times = [(begun + timedelta(seconds=seconds)).isoformat() for seconds in (0, 10, 900)]
    phases = [
        {"kind": "queue", "name": NAME, "started_at": times[0], "ended_at": times[1]},
        {"kind": "talk", "name": "Zoë", "started_at": times[1], "ended_at": times[2]},
    ]
    (record,) = builders.load(acme, builders.contact(account="agent", started_at=begun, phases=phases))
    return record


@pytest.mark.parametrize("place", ["drawer", "page"])
def test_a_name_that_is_cut_off_is_said_in_full_beside_the_pointer(
    page: Page, sign_in: Callable[[Account], None], site: str, agent: Account, record: ContactRecord, place: str
) -> None:
    sign_in(agent)
    if place == "drawer":
        page.get_by_role("link", name=record.call_sn, exact=True).press("Enter")
    else:
        page.goto(f"{site}/contacts/{record.id}/")
    expect(page.locator("#phases-words li").first).to_contain_text(NAME)

    page.locator(".phase-name").nth(1).hover()
    expect(page.locator(".tooltip")).to_be_hidden()
    page.locator(".phase-name").nth(0).hover()

    expect(page.locator(".tooltip")).to_have_text(f"Queue · {NAME}")
    expect(page.locator(".tooltip")).to_be_visible()
