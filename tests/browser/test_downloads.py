"""A recording is downloaded by keyboard: the package arrives by itself, and opens in 7-Zip with what is stored."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account, Tenant
from contacts.models import ContactRecord, MediaFile
from tests import builders, media
from tests.browser.test_exports import seven_zip, worker

SignIn = Callable[[Account], None]
SOUND = media.wav(3)
__all__ = ["seven_zip", "worker"]


def recorded(tenant: Tenant, folder: Path) -> ContactRecord:
    """A call that the agent recorded, in a queue with a name of two scripts."""
    (folder / "a.wav").write_bytes(SOUND)
    call = builders.contact(account="agent", skill_queue="Billing HK 账单", recordings=[{"name": "a.wav"}])
    return builders.load(tenant, call, media=folder)[0]


def test_a_recording_is_asked_for_by_keyboard_and_arrives_by_itself(
    page: Page, sign_in: SignIn, acme: Tenant, agent: Account, worker: None, seven_zip: str, tmp_path: Path
) -> None:
    record = recorded(acme, tmp_path)
    sign_in(agent)
    opener = page.get_by_role("link", name=f"Download {record.call_sn}")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Download Call S/N {record.call_sn}")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog).to_contain_text("1-voice.wav")
    assert Axe().run(page).response["violations"] == []

    dialog.get_by_role("button", name="Generate").press("Enter")
    password = dialog.locator("[data-password-input]").input_value()
    with page.expect_download(timeout=30_000) as download:
        page.keyboard.press("Enter")
    expect(dialog).to_contain_text("The download has started.")
    expect(dialog.locator("#preparing-said")).to_have_text("The download has started.")
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    assert download.value.suggested_filename.endswith("_agent_Billing HK 账单.zip")
    archive = tmp_path / "arrived.zip"
    download.value.save_as(archive)
    opened = subprocess.run(
        [seven_zip, "x", f"-p{password}", f"-o{tmp_path}/opened", str(archive)], capture_output=True, check=False
    )
    assert opened.returncode == 0
    assert (tmp_path / "opened" / f"{record.call_sn}-1-voice.wav").read_bytes() == SOUND


def test_a_package_that_fails_says_so_in_place(
    page: Page, sign_in: SignIn, acme: Tenant, agent: Account, worker: None, tmp_path: Path
) -> None:
    record = recorded(acme, tmp_path)
    sign_in(agent)
    page.get_by_role("link", name=f"Download {record.call_sn}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Compression password", exact=True).fill("Harbour-Lights-42")
    MediaFile.objects.for_tenant(acme).update(sha256="0" * 64)

    dialog.get_by_role("button", name="Download").click()

    expect(dialog).to_contain_text("A recording has been changed or damaged in the storage.", timeout=30_000)
    expect(dialog.get_by_role("link", name="Close")).to_be_visible()


def test_somebody_signs_in_as_agent_in_the_top_bar(page: Page, sign_in: SignIn, agent: Account) -> None:
    sign_in(agent)

    page.locator("summary", has_text="Agent 1003 · Signed out").press("Enter")
    page.get_by_role("group", name="Agent 1003").get_by_role("button", name="Signed in").press("Enter")

    expect(page.get_by_text("Agent 1003 · Signed in")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
