"""Exports in a real browser, packed by a real worker: asked for by keyboard, watched, fetched, and opened in 7-Zip."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, expect

from aicc.tenants.models import Account
from exports.models import ExportTask

SignIn = Callable[[Account], None]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def seven_zip() -> str:
    path = shutil.which("7z") or shutil.which("7zz")
    if path is None:
        pytest.skip("no 7-Zip is installed")
    return path


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A worker process on the test's database."""
    server = os.environ["DATABASE_URL"]
    name = connection.settings_dict["NAME"]
    address = re.sub(r"^(postgresql://[^/]*)/[^?]*", rf"\1/{name}", server)
    command = [sys.executable, "-m", "celery", "--app=aicc", "worker", "--concurrency=1", "--loglevel=ERROR"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": address})
    yield
    process.terminate()
    process.wait(timeout=30)


def test_an_export_is_asked_for_by_keyboard_watched_fetched_and_opened(
    page: Page,
    sign_in: SignIn,
    admin: Account,
    contacts: dict[str, str],
    worker: None,
    seven_zip: str,
    tmp_path: Path,
) -> None:
    sign_in(admin)
    page.locator("#export").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Create an export task")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("3 contacts match the current criteria")
    assert Axe().run(page).response["violations"] == []

    dialog.get_by_label("Compression password", exact=True).fill("short")
    expect(dialog.locator(".password-rule.is-met")).to_have_count(1)
    dialog.get_by_role("button", name="Generate").press("Enter")
    expect(dialog.locator("[data-rule=length]")).to_have_class(re.compile("is-met"))
    password = dialog.locator("[data-password-input]").input_value()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Export requested. It appears below.")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=30_000)
    expect(page.locator("#export-badge")).to_have_text("1 ready")
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    archive = tmp_path / download.value.suggested_filename
    download.value.save_as(archive)
    expect(page.locator("#export-badge")).to_be_empty()
    opened = subprocess.run(
        [seven_zip, "x", f"-p{password}", f"-o{tmp_path}", str(archive)], capture_output=True, check=False
    )
    refused = subprocess.run([seven_zip, "t", "-pwrong", str(archive)], capture_output=True, check=False)
    assert (opened.returncode, (tmp_path / "contact-records.xlsx").exists()) == (0, True)
    assert refused.returncode != 0

    confirmation = page.get_by_role("dialog", name="Delete this export task?")
    page.get_by_role("link", name="Delete").press("Enter")
    expect(confirmation).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    confirmation.get_by_role("button", name="Delete").press("Enter")
    expect(page.get_by_text("No export tasks in the last seven days")).to_be_visible()


def test_the_dialog_closes_with_esc_counts_again_and_comes_back_with_what_is_wrong(
    page: Page, sign_in: SignIn, admin: Account, contacts: dict[str, str]
) -> None:
    sign_in(admin)
    page.locator("#export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Data Scope").select_option("personal")
    expect(dialog).to_contain_text("0 contacts match the current criteria")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#export")).to_be_focused()

    page.locator("#export").click()
    dialog.get_by_label("Select all").check()
    expect(dialog.locator("[data-fields-count]")).to_have_text(re.compile(r"^(\d+) of \1 selected$"))
    dialog.get_by_placeholder("Search fields").fill("duration")
    expect(dialog.locator(".fields-list label:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    dialog.get_by_label("Select all").uncheck()
    expect(dialog.locator("[data-fields-count]")).to_have_text(re.compile(r"^19 of 20 selected$"))
    dialog.get_by_label("Compression password", exact=True).fill("not enough")
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("12 to 64 characters")

    assert not ExportTask.objects.across_tenants().exists()
