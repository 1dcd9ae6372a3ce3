"""Is in a package what is stored, byte for byte, and is refused what may not be had at that moment?"""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from aicc.tenants import parameters
from aicc.tenants.choices import VideoMode
from aicc.tenants.models import Account, Role
from contacts.demo.recordings import MEDIA
from contacts.models import ContactRecord, MediaFile
from exports import archives, recordings
from exports.claims import Lost
from exports.content import ExportRefused, Packed
from exports.models import ExportTask
from exports.recordings import Package
from tests import builders, media
from tests.exports.conftest import NOW, PASSWORD
from tests.pages import parse

# A snapshot is a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)

WAV, STEREO = media.wav(2), media.wav(1, channels=2, seed=7)
MP4, TS, SCREEN = (MEDIA / name for name in ("video-en.mp4", "video-en.ts", "screen-30.mp4"))


@pytest.fixture
def recorded(acme, tmp_path):
    """A contact of the agent's with these recordings: bytes or files, a screen by its name."""

    def recorded(*files, **fields):
        folder = tmp_path / "recordings"
        folder.mkdir(exist_ok=True)
        named = []
        for number, file in enumerate(files):
            name = f"{number}-{file.name if isinstance(file, Path) else 'a.wav'}"
            (folder / name).write_bytes(file.read_bytes() if isinstance(file, Path) else file)
            named.append({"name": name, "kind": "screen" if "screen" in name else "recording"})
        contact = builders.contact(recordings=named, **{"account": "agent", **fields})
        return builders.load(acme, contact, media=folder)[0]

    return recorded


@pytest.fixture
def chat(acme):
    """A chat of the agent's with these messages."""

    def chat(*messages, channel="web", **fields):
        said = [{"at": "2026-03-01T09:00:05Z", "side": "customer", **message} for message in messages]
        contact = builders.contact(media_type="multimedia", channel=channel, messages=said, account="agent", **fields)
        return builders.load(acme, contact)[0]

    return chat


def fresh(account):
    return Account.objects.across_tenants().select_related("tenant").get(pk=account.pk)


@pytest.fixture
def requested():
    """A task as the dialog makes it."""

    def requested(record, account, *, as_agent=False):
        package = Package.of(recordings.within_reach(account).get(id=record.id), account, as_agent=as_agent)
        assert package.refusal == ""
        return ExportTask(
            tenant=account.tenant,
            requested_by=account,
            criteria=recordings.criteria_of(record),
            items=[member.name for member in package.members],
        )

    return requested


@pytest.fixture
def pack(tmp_path, requested, seven_zip):
    """The members of what a worker packs for an account, opened by 7-Zip."""

    def pack(record, account, *, between=lambda: None, progress=lambda written, matched: None, **options):
        task = requested(record, fresh(account), **options)
        between()
        target = tmp_path / "recording.zip"
        target.unlink(missing_ok=True)
        keys = archives.key_material(PASSWORD, keys=len(task.items))
        assert recordings.pack(task, target, keys=keys, progress=progress) == Packed(len(task.items), len(task.items))
        return seven_zip(target, PASSWORD)

    return pack


# --- What is in it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sound", "channels"), [(WAV, 1), (STEREO, 2)])
def test_the_sound_is_the_stored_one_and_g711_a_law_to_others(recorded, agent, pack, tmp_path, sound, channels):
    probe = shutil.which("ffprobe")
    if probe is None:
        pytest.skip("ffprobe (ffmpeg) is not installed")
    record = recorded(sound)

    members = pack(record, agent)

    assert members == {f"{record.call_sn}-1-voice.wav": sound}
    file = tmp_path / "sound.wav"
    file.write_bytes(sound)
    said = subprocess.run([probe, "-v", "error", "-show_streams", "-of", "json", file], capture_output=True, check=True)
    (stream,) = json.loads(said.stdout)["streams"]
    assert (stream["codec_name"], stream["sample_rate"], stream["channels"]) == ("pcm_alaw", "8000", channels)


@pytest.mark.parametrize("film", [MP4, TS])
def test_videos_are_the_stored_ones(recorded, agent, pack, film):
    record = recorded(film, media_type="video")

    assert pack(record, agent) == {f"{record.call_sn}-1-video{film.suffix}": film.read_bytes()}


def test_the_screen_goes_along_while_the_parameter_is_yes(acme, recorded, agent, pack):
    record = recorded(WAV, SCREEN)
    sound, screen = f"{record.call_sn}-1-voice.wav", f"{record.call_sn}-2-vrc.mp4"

    assert pack(record, agent) == {sound: WAV}
    parameters.SCREEN_RECORDING.set(acme, True)
    assert pack(record, agent) == {sound: WAV, screen: SCREEN.read_bytes()}
    with pytest.raises(ExportRefused, match="has changed. Download it again."):
        pack(record, agent, between=lambda: parameters.SCREEN_RECORDING.set(acme, False))


def test_a_video_of_cloudvc_is_packed_for_whoever_asked_signed_in_as_agent(recorded, agent, pack):
    record = recorded(TS, media_type="video")
    MediaFile.objects.for_tenant(agent.tenant).update(mode=VideoMode.MCU_CLOUDVC)

    assert Package.of(record, fresh(agent), as_agent=False).refusal.startswith("With the mode MCU(CloudVC)")
    assert [*pack(record, agent, as_agent=True).values()] == [TS.read_bytes()]


def test_of_several_videos_those_are_packed_that_were_asked_for(recorded, agent, pack):
    record = recorded(MP4, TS, media_type="video")
    MediaFile.objects.for_tenant(agent.tenant).filter(format="ts").update(mode=VideoMode.MCU_CLOUDVC)

    assert [*pack(record, agent)] == [f"{record.call_sn}-1-video.mp4"]
    assert [*pack(record, agent, as_agent=True).values()] == [MP4.read_bytes(), TS.read_bytes()]


def test_it_says_how_far_it_is_and_a_package_left_halfway_is_no_file(recorded, agent, pack, requested, tmp_path):
    told = []
    pack(recorded(MP4, media_type="video"), agent, progress=lambda written, matched: told.append((written, matched)))
    size = -(-MP4.stat().st_size // 1024)
    assert (told[0], told[-1]) == ((0, size), (size, size))

    def cancelled(written, matched):
        if written:
            raise Lost

    for record in (recorded(WAV), recorded(MP4, media_type="video")):
        task = requested(record, fresh(agent))
        target = tmp_path / "left.zip"
        with pytest.raises(Lost) as lost:
            recordings.pack(task, target, keys=archives.key_material(PASSWORD, keys=1), progress=cancelled)
        # While the error, and so everything that was going on, is still at hand.
        assert lost.traceback
        assert not connection.in_atomic_block
        assert not target.exists()


# --- A conversation --------------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "</p></li></ol><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "https://evil.example/?a=1&b=2",
    "\u202etxt.exe\u2066",
    "<style>*{background:url(https://evil.example)}</style><meta http-equiv=refresh content=0>",
    "<!--",
    "&lt;b&gt;",
]


def test_a_conversation_is_one_page_in_which_nothing_runs_loads_or_leads_anywhere(chat, agent, pack):
    messages = [{"text": text, "sender": text[:200]} for text in HOSTILE]
    files = [{"kind": kind, "text": HOSTILE[0]} for kind in ("image", "audio", "video", "file", "location")]
    record = chat(*messages, *files, customer_number="<b>+46</b>")

    members = pack(record, agent)

    (name,) = members
    assert name == f"{record.call_sn}_conversation.html"
    page = members[name].decode()
    tree = parse(page.removeprefix("<!doctype html>\n"))
    assert {element.tag for element in tree.all()} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "dl", "dt", "dd", "p", "ol", "li", "bdi")
    }
    attributes = {name for element in tree.all() for name in element.attributes}
    assert attributes == {"lang", "charset", "http-equiv", "content", "name", "class", "dir"}
    said = [text.text for text in tree.all("p", class_="text")]
    for text, shown in zip(HOSTILE, said, strict=False):
        assert shown.replace("[U+202E]", "\u202e").replace("[U+2066]", "\u2066") == " ".join(text.split())
    assert not set("\u202e\u2066") & set(page)
    assert f"[Image] {HOSTILE[0]}" in said
    policy = tree.one("meta", http_equiv="Content-Security-Policy")["content"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_what_e_mails_say_is_left_out(chat, agent, pack):
    secret = "the body of a mail"
    mails = [
        chat({"kind": "email", "text": secret}, {"text": "seen"}),
        chat({"text": secret}, {"side": "system", "text": "seen"}, channel="email"),
    ]
    for record in mails:
        (page,) = pack(record, agent).values()

        assert secret.encode() not in page
        assert b"its content is left out" in page
        assert b"seen" in page


def test_times_are_the_tenants_and_a_long_conversation_is_whole(acme, chat, agent, pack):
    parameters.TIME_ZONE.set(acme, "Asia/Hong_Kong")
    record = chat(*({"text": f"line {number}", "side": "agent"} for number in range(500)))

    (page,) = pack(record, agent).values()

    assert b"2026-03-01 17:00:05" in page
    assert [page.count(f"line {number}<".encode()) for number in range(500)] == [1] * 500


# --- What is refused -------------------------------------------------------------------------------------------------


def refused_because(change, acme, agent, record):
    """What somebody does between the request and the packing."""
    if change == "role":
        agent.roles.clear()
    elif change == "reach":
        agent.roles.clear()
        agent.roles.add(Role.objects.for_tenant(acme).get(name="Agent"))
        Account.objects.filter(tenant=acme, pk=agent.pk).update(unit=None)
        ContactRecord.objects.for_tenant(acme).filter(id=record.id).update(account=None)
    elif change == "size":
        parameters.MULTIMEDIA_LIMIT.set(acme, 1)
    else:
        (file,) = MediaFile.objects.for_tenant(acme)
        if change == "gone":
            default_storage.delete(file.storage_key)
        elif change == "changed":
            Path(default_storage.path(file.storage_key)).write_bytes(media.wav(2, seed=9))
        elif change == "newer":
            file.delete()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("role", "You may no longer download recordings."),
        ("reach", "This contact is not within your reach any more."),
        ("gone", "The recording is not in the storage any more. Tell whoever runs this site."),
        ("changed", "A recording has been changed or damaged in the storage. Tell whoever runs this site."),
        ("newer", "There is no recording of this contact."),
        ("size", "The content has 1.1 MB. Content of more than 1 MB cannot be downloaded."),
    ],
)
def test_what_may_not_be_had_any_more_is_refused_with_its_reason(
    change, sentence, acme, agent, recorded, chat, requested, tmp_path
):
    record = recorded(WAV) if change != "size" else chat({"text": "a" * 1_000_000}, {"text": "b" * 100_000})
    task = requested(record, fresh(agent))
    refused_because(change, acme, agent, record)
    target = tmp_path / "a.zip"

    with pytest.raises(ExportRefused) as refused:
        recordings.pack(task, target, keys=archives.key_material(PASSWORD, keys=1), progress=lambda w, m: None)

    assert str(refused.value) == sentence
    assert not target.exists()


# --- Its name --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"skill_queue": "VIP 账单"}, "20260320210000_agent_VIP 账单.zip"),
        ({}, "20260320210000_agent_Billing.zip"),
        ({"account": "lead"}, "20260320210000_lead_-.zip"),
        ({"account": None}, "20260320210000_-_-.zip"),
        ({"skill_queue": "../A/B: \u202egnp"}, "20260320210000_agent_-A-B- gnp.zip"),
    ],
)
def test_a_recording_is_named_by_time_account_and_skill_queue(acme, admin, agent, lead, recorded, fields, name):
    parameters.TIME_ZONE.set(acme, "Asia/Tokyo")
    record = recorded(WAV, **fields)

    package = Package.of(recordings.within_reach(fresh(admin)).get(id=record.id), fresh(admin), as_agent=False)

    assert package.archive_name(NOW) == name


def test_a_conversation_is_named_by_its_call(admin, agent, chat):
    record = chat({"text": "Hello"}, call_sn="1139624595711777741")

    package = Package.of(recordings.within_reach(fresh(admin)).get(id=record.id), fresh(admin), as_agent=False)

    assert package.archive_name(datetime(2026, 11, 21, 14, 32, tzinfo=UTC)) == (
        "1139624595711777741_contactextrecord_20261121143200.zip"
    )
