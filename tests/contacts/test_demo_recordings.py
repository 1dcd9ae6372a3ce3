"""Can the demo's recordings be played, do they last as long as their calls, and say what the transcript says?"""

import json
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command

from aicc.lib import mp4, mpegts, riff
from aicc.tenants.management.commands import demo_tenants
from aicc.tenants.models import Tenant
from contacts import demo
from contacts.demo import recordings
from contacts.models import MediaFile
from tests.contacts.test_demo_data import agents_of

NOW = datetime(2026, 3, 18, 3, 5, tzinfo=UTC)
PROFILES = {
    "acme": (demo.ACME, demo_tenants.ACME, 20_000, 2),
    "globex": (demo.GLOBEX, demo_tenants.GLOBEX, 5_000, 1),
}


def seconds(record):
    return datetime.fromisoformat(record["ended_at"]) - datetime.fromisoformat(record["connected_at"])


@pytest.fixture(scope="module", params=PROFILES)
def made(request, tmp_path_factory):
    """The recorded contacts of a tenant, the folder of their recordings, and how many channels it records."""
    profile, tenant, count, channels = PROFILES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    ts_agents = frozenset(person.name for person in tenant.others if person.video_mode)
    records = demo.records(profile, agents_of(tenant), now=NOW, count=count)
    all_of_them = list(demo.recorded(records, folder, profile, now=NOW, ts_agents=ts_agents))
    assert len(all_of_them) == count
    return [record for record in all_of_them if record.get("recordings")], folder, channels


def test_the_lines_are_speech_in_a_telephones_format():
    scripts = json.loads((recordings.MEDIA / "speech.json").read_text())

    assert {*scripts} == {"en", "zh", "robot"}
    for script, told in scripts.items():
        lines = recordings._lines(script)
        assert [[line.side, line.text] for line in lines] == told
        assert all(0.5 < len(line.sound) / 8000 < 6 for line in lines)
        # Speech, not a tone and not silence: many of the 256 steps occur.
        assert all(len(set(line.sound)) > 100 for line in lines)


def test_the_videos_last_as_long_as_they_were_made():
    lasting = {name: round(mp4.read((recordings.MEDIA / name).open("rb")).duration_seconds) for name in (
        "screen-30.mp4", "screen-75.mp4", "screen-150.mp4", "video-en.mp4", "video-zh.mp4",
    )}  # fmt: skip

    assert lasting == {
        "screen-30.mp4": 30, "screen-75.mp4": 75, "screen-150.mp4": 150, "video-en.mp4": 12, "video-zh.mp4": 9,
    }  # fmt: skip
    assert mpegts.read((recordings.MEDIA / "video-en.ts").open("rb")).duration_seconds == pytest.approx(6, abs=0.3)
    for name in lasting:
        # The index comes first: a browser plays before it has the whole file.
        content = (recordings.MEDIA / name).read_bytes()
        assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_what_is_committed_stays_small():
    assert sum(file.stat().st_size for file in recordings.MEDIA.iterdir()) < 800_000


def test_a_recording_lasts_as_long_as_its_call_to_the_sample(made):
    recorded, folder, channels = made
    calls = [record for record in recorded if record["media_type"] == "voice"]

    assert len(calls) > 15
    for record in calls:
        content = (folder / record["recordings"][0]["name"]).read_bytes()
        wave = riff.read(BytesIO(content))
        assert wave.channels == channels
        assert wave.data_size == max(1, round(seconds(record).total_seconds() * 8000)) * channels
        assert wave.data_offset + wave.data_size + wave.data_size % 2 == len(content)


def test_the_transcript_says_what_is_heard_when_and_on_which_side(made):
    recorded, folder, channels = made
    spoken = [record for record in recorded if record["media_type"] == "voice" and len(record["messages"]) > 2]
    lines = {line.text: line.sound for script in ("en", "zh", "robot") for line in recordings._lines(script)}

    assert {message["side"] for record in spoken for message in record["messages"]} >= {"agent", "customer"}
    for record in spoken:
        sound = (folder / record["recordings"][0]["name"]).read_bytes()
        wave = riff.read(BytesIO(sound))
        sound = sound[wave.data_offset :][: wave.data_size]
        sides = [sound[n::channels] for n in range(channels)]
        for message in record["messages"]:
            heard = sides[-1 if message["side"] == "customer" else 0].find(lines[message["text"]])
            assert heard / 8000 == pytest.approx(message["offset_seconds"], abs=0.051)


def test_all_of_them_together_are_no_burden(made):
    recorded, folder, _channels = made

    size = sum((folder / part["name"]).stat().st_size for record in recorded for part in record["recordings"])

    # Half as many contacts as `make demo` has.
    assert size < 30_000_000


def test_the_demo_has_every_kind_of_recording_and_contacts_without(db):
    call_command("demo_tenants", stdout=StringIO())
    # The same contacts whatever the hour: who has had a video call depends on it.
    Tenant.objects.update(created_at=NOW)
    errors = StringIO()

    call_command("demo_contacts", contacts=3_000, stdout=StringIO(), stderr=errors)

    assert not errors.getvalue()
    rows = MediaFile.objects.for_tenant(Tenant.objects.get(slug="acme")).select_related("record__account")
    assert {(row.kind, row.format, row.mode) for row in rows} == {
        ("voice", "wav", ""),
        ("screen", "mp4", ""),
        ("video", "mp4", "SFU"),
        ("video", "ts", "MCU"),
        ("video", "ts", "MCU(CloudVC)"),
    }
    assert {row.record.account.name for row in rows if row.mode.startswith("MCU")} == {"j.alvarado", "佐藤美咲"}
    assert all(abs(row.duration_seconds - row.record.duration_seconds) < 1 for row in rows if row.kind == "voice")
