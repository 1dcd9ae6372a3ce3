"""Does a recording really play? Voice over the list, its screen beside it, video in a dialog, the transcript along."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import contacts.demo
from aicc.tenants import parameters
from aicc.tenants.models import Account, Tenant
from tests import builders, media

SignIn = Callable[[Account], None]
REAL = Path(contacts.demo.__file__).parent / "media"
AUDIO = "document.querySelector('#player audio')"


@pytest.fixture
def recorded(site: str, acme: Tenant, agent: Account, tmp_path: Path) -> dict[str, Any]:
    """A call of half a minute with its transcript and screen, and a video with its screen."""
    parameters.SCREEN_RECORDING.set(acme, True)
    (tmp_path / "call.wav").write_bytes(media.wav(30, channels=2))
    for name in ("video-en.mp4", "screen-30.mp4"):
        shutil.copy(REAL / name, tmp_path)
    screen = {"name": "screen-30.mp4", "kind": "screen"}
    said = [{"offset_seconds": 7.0 * n, "side": "agent", "text": f"Line {n}"} for n in range(4)]
    call, video = builders.load(
        acme,
        builders.contact(account="agent", recordings=[{"name": "call.wav"}, screen], messages=said),
        builders.contact(account="agent", media_type="video", recordings=[{"name": "video-en.mp4"}, screen]),
        media=tmp_path,
    )
    return {"call": call, "video": video}


def advances(page: Page, media: str, beyond: float = 0) -> None:
    """Wait until the time of what plays goes on by itself."""
    page.wait_for_function(
        f"at => {{ const it = {media}; return it && !it.paused && it.currentTime > at }}", arg=beyond
    )
    now = page.evaluate(f"{media}.currentTime")
    page.wait_for_function(f"at => {media}.currentTime > at", arg=now)


def test_voice_plays_with_its_screen_and_goes_on_over_a_search(
    page: Page, sign_in: SignIn, agent: Account, recorded: dict[str, Any]
) -> None:
    record = recorded["call"]
    sign_in(agent)
    expect(page.locator("#volume")).to_be_visible()

    page.get_by_role("link", name=f"Play {record.call_sn}").press("Enter")
    advances(page, AUDIO)
    expect(page.locator("#volume")).to_be_hidden()
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    advances(page, "document.querySelector('.player-screen video')")

    # Seeking by keys and by a press on the waveform.
    page.keyboard.press("ArrowRight")
    advances(page, AUDIO, 10)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press(">")
    expect(page.get_by_role("radio", name="1.25×")).to_be_checked()
    wave = page.locator("[data-player-wave]").bounding_box()
    assert wave
    page.mouse.click(wave["x"] + wave["width"] * 0.6, wave["y"] + 20)
    advances(page, AUDIO, 17.5)
    expect(page.get_by_role("slider", name="Position")).to_be_focused()
    page.keyboard.press("Space")
    page.wait_for_function(f"{AUDIO}.paused")
    page.keyboard.press("Space")
    advances(page, AUDIO, 17.5)
    page.wait_for_function(
        f"() => Math.abs(document.querySelector('.player-screen video').currentTime - {AUDIO}.currentTime) < 0.5"
    )
    assert Axe().run(page).response["violations"] == []

    # The same element plays on while the list is another one.
    page.evaluate(f"{AUDIO}.dataset.same = 'yes'")
    page.get_by_label("Contact number", exact=True).fill(record.caller_number)
    page.keyboard.press("Enter")
    expect(page.locator("#result-count")).to_contain_text("1 contact")
    assert page.evaluate(f"{AUDIO}.dataset.same") == "yes"
    advances(page, AUDIO, 17.5)
    expect(page.locator(f"tr[data-record-id='{record.id}']")).to_have_attribute("aria-current", "true")

    # Play of the record that plays is Pause; Escape closes, and gives the focus back.
    page.get_by_role("link", name=f"Pause {record.call_sn}").click()
    page.wait_for_function(f"{AUDIO}.paused")
    page.keyboard.press("Escape")
    expect(page.locator(".player")).to_have_count(0)
    expect(page.get_by_role("link", name=f"Play {record.call_sn}")).to_be_focused()


def test_a_video_and_its_screen_play_in_a_dialog_by_keyboard(
    page: Page, sign_in: SignIn, agent: Account, recorded: dict[str, Any]
) -> None:
    sign_in(agent)
    video = "document.querySelector('.stage video')"

    page.get_by_role("link", name=f"Play {recorded['video'].call_sn}").press("Enter")
    dialog = page.get_by_role("dialog", name="Recording File Details")
    dialog.get_by_role("row", name="Video").get_by_role("link", name="Play").press("Enter")
    advances(page, video)
    assert page.evaluate(f"{video}.videoWidth") > 0
    dialog.get_by_role("row", name="Video").get_by_role("link", name="Pause").press("Enter")
    page.wait_for_function(f"{video}.paused")
    dialog.get_by_role("row", name="VRC").get_by_role("link", name="Play").press("Enter")
    advances(page, video)
    expect(dialog.locator("[data-stage-label]")).to_have_text("VRC")
    assert Axe().run(page).response["violations"] == []

    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name=f"Play {recorded['video'].call_sn}")).to_be_focused()


def test_the_transcript_follows_and_a_line_is_where_to_listen(
    page: Page, site: str, sign_in: SignIn, agent: Account, recorded: dict[str, Any]
) -> None:
    sign_in(agent)
    page.goto(f"{site}/contacts/{recorded['call'].id}/")

    page.get_by_text("Line 2").click()
    advances(page, AUDIO, 14)
    expect(page.locator(".line[aria-current]")).to_contain_text("Line 2")
    page.get_by_role("link", name="Play from 0:07").press("Enter")

    expect(page.locator(".line[aria-current]")).to_contain_text("Line 1")
    assert 7 <= page.evaluate(f"{AUDIO}.currentTime") < 14
    assert Axe().run(page).response["violations"] == []
