"""Can everybody find an IVR call and read what was said, with mouse, keyboard or a screen reader, light or dark?"""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account, Tenant
from ivrhistory.models import IvrCall
from tests import builders

TURNS = [
    {"node": "welcome", "node_name": "Welcome", "system_said": "How can we help?", "interrupted": True},
    {"node": "ask", "user_said": "I lost my card", "intent": "card.lost", "confidence": 0.9},
    {"node": "menu", "system_said": "Press 1.", "user_said": "1", "input": "keys"},
    {"node": "sys_err", "node_name": "Flow end"},
]


@pytest.fixture
def calls(acme: Tenant) -> list[IvrCall]:
    """One with details, one without, two flows."""
    builders.record_ivr(acme, robots="bot_level")
    builders.bot(acme, "1", records_details=True)
    builders.bot(acme, "2")
    return builders.load_ivr(
        acme,
        builders.ivr_call(access_code="1", turns=TURNS, calling_number="+4670111"),
        builders.ivr_call(access_code="2"),
    )


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))], ids=["desk", "phone"])
def test_nobody_is_shut_out_of_ivr_history(
    page: Page,
    sign_in: Callable[[Account], None],
    site: str,
    admin: Account,
    calls: list[IvrCall],
    theme: Any,
    size: tuple[int, int],
) -> None:
    # A dialog that is still fading in has other colours.
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(admin)
    found = {}
    recorded, unrecorded = (f"ivr/calls/{call.id}/" for call in calls)

    for address in (
        "ivr/calls/",
        "ivr/calls/?period=",
        "ivr/calls/?calling_number=1",
        recorded,
        unrecorded,
        "configuration/flows/",
        "configuration/flows/add/",
        "configuration/flows/system-settings/",
    ):
        page.goto(f"{site}/{address}")
        found[address] = [rule["id"] for rule in Axe().run(page).response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address

    assert {address: rules for address, rules in found.items() if rules} == {}


def test_a_call_is_found_and_read(
    page: Page, sign_in: Callable[[Account], None], site: str, agent: Account, calls: list[IvrCall]
) -> None:
    sign_in(agent)
    page.get_by_role("link", name="Historical Call").click()
    # Loaded with its scripts.
    page.wait_for_url(f"{site}/ivr/calls/")
    expect(page.locator("#result-count")).to_have_text("2 calls")

    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Calling number")).to_be_focused()
    page.keyboard.type("+4670111")
    page.get_by_role("button", name="Search again and refresh the data").click()

    expect(page.locator("#result-count")).to_have_text("1 call")
    expect(page).to_have_url(f"{site}/ivr/calls/?period=1d&calling_number=%2B4670111")
    page.get_by_text("7 Days").click()
    expect(page.get_by_role("radio", name="7 Days")).to_be_checked()
    expect(page).to_have_url(f"{site}/ivr/calls/?period=7d&calling_number=%2B4670111")
    page.get_by_role("link", name="Call Details").click()
    expect(page.get_by_role("heading", name="Call Details")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="I lost my card")).to_be_visible()
    page.get_by_role("link", name="Back to Call History").click()
    expect(page.get_by_role("textbox", name="Calling number")).to_have_value("+4670111")
