"""Are recordings kept once each, checked by what they hold, and with the record that names them?

Which files are what they claim to be is tried in tests/lib/test_recordings.py, kills and two loads at once in
test_load_media_faults.py.
"""

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from aicc.tenants import parameters
from contacts.ingest import media as media_intake
from contacts.models import MediaFile
from tests import media
from tests.builders import account, contact

NOW = timezone.now()
WAV, STEREO, MP4, TS = media.wav(2), media.wav(1, channels=2), media.mp4(), media.ts()


@pytest.fixture
def folder(tmp_path):
    """A folder of recordings, beside a file that is none of its business."""
    folder = tmp_path / "media"
    (folder / "2026/03").mkdir(parents=True)
    for name, content in {"a.wav": WAV, "2026/03/b.wav": STEREO, "c.mp4": MP4, "d.ts": TS}.items():
        (folder / name).write_bytes(content)
    (tmp_path / "outside.wav").write_bytes(media.wav(3))
    return folder


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what waits for the end of the transaction, which in these tests never ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def kept(tenant):
    return list(MediaFile.objects.for_tenant(tenant).order_by("record_id", "position"))


def on_disk(tenant):
    root = Path(default_storage.path(f"recordings/{tenant.pk}"))
    return sorted(str(file.relative_to(default_storage.location)) for file in root.rglob("*") if file.is_file())


def content_of(row):
    with row.open() as file:
        return file.read()


def call(*recordings, **fields):
    return contact(id="call", call_id="call", recordings=list(recordings), **fields)


# --- What is kept ----------------------------------------------------------------------------------------------


def test_recordings_of_files_are_kept_with_what_they_hold(acme, load, folder):
    begun = datetime(2026, 3, 1, 10, tzinfo=UTC)
    voice = call({"name": "2026/03/b.wav", "at": begun.isoformat()}, {"name": "c.mp4", "kind": "screen"})

    said, rejected = load([voice], media=folder)

    sound, screen = kept(acme)
    assert rejected == []
    assert "2 recordings kept, 0 rejected." in said
    assert (sound.kind, sound.format, sound.mode, sound.name) == ("voice", "wav", "", "2026/03/b.wav")
    assert (sound.duration_seconds, sound.channels, sound.sample_rate, sound.started_at) == (1.0, 2, 8000, begun)
    assert (screen.kind, screen.format, screen.mode, screen.duration_seconds) == ("screen", "mp4", "", 2.0)
    assert (screen.channels, screen.sample_rate, screen.started_at) == (None, None, None)
    for row, content in ((sound, STEREO), (screen, MP4)):
        assert content_of(row) == content
        assert (row.size, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert row.record.call_id == "call"
    assert on_disk(acme) == sorted([sound.storage_key, screen.storage_key])


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("base64", lambda data: base64.b64encode(data).decode()),
        ("base64", lambda data: base64.encodebytes(data).decode()),
        ("base64url", lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")),
        ("base64url", lambda data: base64.urlsafe_b64encode(data).decode()),
    ],
    ids=["plain", "in lines", "for URLs", "for URLs with padding"],
)
@pytest.mark.parametrize("size", [2.0, 20.0001, 20.0002], ids=["small", "large", "of another remainder"])
def test_a_recording_inside_a_record_is_kept_like_one_in_a_file(acme, load, encoding, encode, size):
    content = media.wav(size)

    load([call({"body": encode(content), "encoding": encoding, "name": "../whatever it was.wav"})])

    (row,) = kept(acme)
    assert content_of(row) == content


def test_a_video_keeps_the_mode_in_force_at_load(acme, load, folder):
    parameters.VIDEO_MODE.set(acme, "MCU")
    account(acme, "cloud", video_mode="MCU(CloudVC)")
    video = {"media_type": "video"}

    load(
        [
            contact(**video, recordings=[{"name": "c.mp4", "mode": "SFU"}], account="cloud"),
            contact(**video, recordings=[{"name": "d.ts"}, {"name": "c.mp4", "kind": "screen"}], account="cloud"),
            contact(**video, recordings=[{"name": "d.ts"}]),
        ],
        media=folder,
    )
    parameters.VIDEO_MODE.set(acme, "SFU")

    rows = sorted((row.kind, row.format, row.mode) for row in kept(acme))
    assert rows == [
        ("screen", "mp4", ""), ("video", "mp4", "SFU"), ("video", "ts", "MCU"), ("video", "ts", "MCU(CloudVC)"),
    ]  # fmt: skip


# --- What is not -----------------------------------------------------------------------------------------------

NO_PATH = "has a name that is no path inside the folder"
REFUSED = {
    "missing": ({"name": "z.wav"}, "is not in the folder"),
    "above": ({"name": "../outside.wav"}, NO_PATH),
    "above, later": ({"name": "2026/../../outside.wav"}, NO_PATH),
    "absolute": ({"name": "/etc/passwd"}, NO_PATH),
    "Windows": ({"name": "..\\outside.wav"}, NO_PATH),
    "a drive": ({"name": "C:outside.wav"}, NO_PATH),
    "an address": ({"name": "file:///etc/passwd"}, NO_PATH),
    "itself": ({"name": "."}, NO_PATH),
    "an empty part": ({"name": "2026//03/b.wav"}, NO_PATH),
    "a device": ({"name": "NUL.wav"}, "has a name that files do not have"),
    "a device inside": ({"name": "2026/com1/b.wav"}, "has a name that files do not have"),
    "too long": ({"name": "x" * 400}, "cannot be read: File name too long"),
    "a folder": ({"name": "2026"}, "is not a file"),
    "a link out": ({"name": "link.wav"}, "is a link that leads out of the folder"),
    "a folder that leads out": ({"name": "up/outside.wav"}, "is a link that leads out of the folder"),
    "a link to itself": ({"name": "loop.wav"}, "cannot be read"),
    "a pipe": ({"name": "pipe.wav"}, "is not a file"),
    "empty": ({"name": "empty.wav"}, "is empty"),
    "huge": ({"name": "huge.wav"}, "is larger than 4 GB"),
    "text": ({"name": "text.wav"}, "is neither WAV nor MP4 nor an MPEG transport stream"),
    "cut off": ({"name": "cut.wav"}, "claims 16,046 bytes and has 1,000"),
    "video of a voice contact": ({"name": "c.mp4"}, "is MP4, which a voice contact does not have"),
    "a screen in TS": ({"name": "d.ts", "kind": "screen"}, "is of the agent's screen and not MP4"),
    "not base64": ({"body": "UklGR*==", "name": "x"}, "is not base64"),
    "half a byte of base64": ({"body": "UklGR"}, "is not base64"),
    "padding inside": ({"body": "UklGRg==UklGRg=="}, "is not base64"),
    "nothing inside": ({"body": " "}, "is empty"),
}  # fmt: skip


@pytest.fixture
def traps(folder):
    (folder / "link.wav").symlink_to("../outside.wav")
    (folder / "up").symlink_to("..")
    (folder / "loop.wav").symlink_to("loop.wav")
    os.mkfifo(folder / "pipe.wav")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "huge.wav").touch()
    os.truncate(folder / "huge.wav", 4 * 1024**3 + 1)
    (folder / "text.wav").write_bytes(b"#!/bin/sh")
    (folder / "cut.wav").write_bytes(WAV[:1000])


def test_what_is_no_recording_is_a_rejection_of_its_own_and_its_record_is_loaded(acme, load, folder, traps):
    records = [contact(recordings=[recording, {"name": "a.wav"}]) for recording, _reason in REFUSED.values()]

    said, rejected = load(records, media=folder)

    assert f"{len(records)} new, 0 updated, 0 unchanged, 0 rejected." in said
    assert f"{len(records)} recordings kept, {len(records)} rejected." in said
    for line, (name, (recording, reason)) in enumerate(REFUSED.items(), 1):
        told = f" ({recording['name']})" if "name" in recording else ""
        got = [r for n, r in rejected if n == line]
        assert len(got) == 1 and got[0].startswith(f"recording 1{told} {reason}"), name
    assert {row.position for row in kept(acme)} == {1}
    assert len(on_disk(acme)) == len(records)


@pytest.mark.parametrize(
    ("fields", "name", "reason"),
    [
        ({"media_type": "video"}, "a.wav", "is WAV, which a video contact does not have"),
        ({"media_type": "multimedia", "channel": "web"}, "a.wav", "belongs to a multimedia contact"),
    ],
)
def test_a_contact_has_recordings_of_its_kind(acme, load, folder, fields, name, reason):
    _said, rejected = load([call({"name": name}, **fields)], media=folder)

    assert len(rejected) == 1 and reason in rejected[0][1]
    assert kept(acme) == on_disk(acme) == []


def test_what_is_elsewhere_is_counted_and_what_is_in_files_waits_for_its_folder(acme, load, folder):
    records = [call({"url": "https://pbx.example/r/1"}, {"name": "a.wav"})]

    said, rejected = load(records)
    assert rejected == []
    assert "1 recordings were not fetched: only their address is known." in said
    assert "1 recordings were left where they are: name their folder with --media." in said

    said, rejected = load(records, media=folder)
    assert "0 new, 0 updated, 1 unchanged" in said
    assert "1 recordings kept, 0 rejected." in said
    assert [row.position for row in kept(acme)] == [1]


def test_a_folder_that_is_none_is_said_at_once(acme, tmp_path):
    with pytest.raises(CommandError, match="is no folder"):
        call_command("load_contacts", tmp_path, tenant="acme", media=tmp_path / "nowhere")


# --- Again and newer -------------------------------------------------------------------------------------------


def snapshot(tenant):
    rows = list(MediaFile.objects.for_tenant(tenant).order_by("record_id", "position").values())
    return rows, [(key, default_storage.get_modified_time(key)) for key in on_disk(tenant)]


def test_loading_twice_changes_nothing_and_reads_nothing(acme, load, folder, committed):
    records = [call({"name": "a.wav"}, {"body": base64.b64encode(MP4).decode(), "kind": "screen"}), contact()]
    load(records, media=folder)
    before = snapshot(acme)
    (folder / "a.wav").unlink()

    with committed():
        said, rejected = load(records, media=folder)

    assert (snapshot(acme), rejected) == (before, [])
    assert "2 unchanged" in said
    assert "recordings" not in said


def version(number, *recordings):
    return call(*recordings, updated_at=NOW + timedelta(minutes=number))


def test_a_missing_recording_is_attached_when_it_is_there(acme, load, folder):
    records = [version(1, {"name": "late.wav"}, {"name": "a.wav"})]
    load(records, media=folder)
    (folder / "late.wav").write_bytes(STEREO)

    said, rejected = load(records, media=folder)

    assert rejected == []
    assert "1 recordings kept" in said
    assert [content_of(row) for row in kept(acme)] == [STEREO, WAV]


def test_a_newer_version_replaces_recordings_and_keeps_those_that_are_the_same(acme, load, folder, committed):
    load([version(1, {"name": "a.wav"}, {"name": "2026/03/b.wav"})], media=folder)
    first, second = kept(acme)
    (folder / "new.wav").write_bytes(media.wav(1, seed=7))

    with committed():
        load([version(2, {"name": "2026/03/b.wav"}, {"name": "new.wav"})], media=folder)

    moved, new = kept(acme)
    assert (moved.storage_key, moved.position) == (second.storage_key, 0)
    assert content_of(new) == media.wav(1, seed=7)
    assert on_disk(acme) == sorted([moved.storage_key, new.storage_key])
    assert not default_storage.exists(first.storage_key)


def test_a_newer_version_without_recordings_has_none_and_an_older_one_changes_nothing(acme, load, folder, committed):
    load([version(2, {"name": "a.wav"})], media=folder)
    before = snapshot(acme)

    with committed():
        load([version(1, {"name": "2026/03/b.wav"})], media=folder)
    assert snapshot(acme) == before

    with committed():
        load([version(3)], media=folder)
    assert kept(acme) == on_disk(acme) == []


def test_a_recording_that_cannot_be_had_any_more_stays(acme, load, folder, committed):
    load([version(1, {"name": "a.wav"})], media=folder)
    (before,) = kept(acme)
    (folder / "a.wav").unlink()

    with committed():
        _said, rejected = load([version(2, {"name": "a.wav"})], media=folder)

    assert rejected == [(1, "recording 1 (a.wav) is not in the folder")]
    assert [row.storage_key for row in kept(acme)] == on_disk(acme) == [before.storage_key]


# --- Swept -----------------------------------------------------------------------------------------------------


def test_only_old_files_without_a_row_are_swept(acme, load, folder):
    load([call({"name": "a.wav"})], media=folder)
    (row,) = kept(acme)
    beside = default_storage.path(row.storage_key).removesuffix(".wav")
    for name, days in (("old", 2), ("young", 0)):
        Path(f"{beside}-{name}.wav").write_bytes(WAV)
        os.utime(f"{beside}-{name}.wav", 2 * ((NOW - timedelta(days=days)).timestamp(),))
    os.utime(f"{beside}.wav", 2 * ((NOW - timedelta(days=9)).timestamp(),))

    output = StringIO()
    call_command("sweep_media", stdout=output)

    assert output.getvalue().startswith("1 stored recordings belonged to no record")
    assert [Path(name).stem[32:] for name in on_disk(acme)] == ["-young", ""]
    # Also what other tests left, whose transactions were rolled back.
    assert media_intake.sweep(stored_before=NOW + timedelta(days=1)) >= 1
    assert on_disk(acme) == [row.storage_key]
