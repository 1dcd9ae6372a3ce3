"""What does a player get? The sound as PCM, in whatever pieces it asks for, and a calm sentence where there is none."""

import io
import random
import wave

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from aicc.lib import g711
from aicc.tenants.choices import Action, VideoMode
from aicc.tenants.models import Operation
from contacts.models import ContactRecord, MediaFile
from tests import builders, media, pages


@pytest.fixture
def recordings(acme, agent, tmp_path):
    """Loaded as everybody's: a call on two channels with its screen, a call of one second, a video."""
    contents = {
        "call.wav": media.riff(
            media.chunk(b"LIST", b"odd"), media.fmt(channels=2), media.chunk(b"data", media.noise(200_002, 3))
        ),
        "short.wav": media.wav(1),
        "video.mp4": media.mp4(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    video = {"name": "video.mp4"}
    records = builders.load(
        acme,
        builders.contact(account="agent", recordings=[{"name": "call.wav"}, {**video, "kind": "screen"}]),
        builders.contact(account="agent", recordings=[{"name": "short.wav"}]),
        builders.contact(account="agent", media_type="video", recordings=[video]),
        media=tmp_path,
    )
    return dict(zip(("call", "short", "video"), records, strict=True))


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


def url(record, position=0):
    return reverse("contacts:media", args=[record.id, position])


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_voice_is_pcm_in_a_wav_of_44_bytes_and_the_samples(client, recordings):
    response = client.get(url(recordings["call"]))
    whole = body(response)

    with wave.open(io.BytesIO(whole)) as sound:
        described = (sound.getnchannels(), sound.getframerate(), sound.getsampwidth(), sound.getnframes())
    assert described == (2, 8000, 2, 100_001)
    assert whole[44:] == g711.pcm(media.noise(200_002, 3))
    assert (response.status_code, response["Content-Type"]) == (200, "audio/wav")
    assert response["Content-Length"] == str(len(whole))
    assert (response["Accept-Ranges"], response["Cache-Control"]) == ("bytes", "private, no-store")


@pytest.mark.parametrize("name", ["call", "short", "video"])
def test_any_stretch_is_that_stretch_of_the_whole(client, recordings, name):
    address = url(recordings[name])
    whole = body(client.get(address))
    size, rng = len(whole), random.Random(name)
    edges = [0, 1, 43, 44, 45, 46, 47, size - 2, size - 1]

    for _ in range(40):
        start, last = sorted(rng.choice([*edges, rng.randrange(size)]) for _ in range(2))
        response = client.get(address, headers={"range": f"bytes={start}-{last}"})
        assert (response.status_code, body(response)) == (206, whole[start : last + 1]), (start, last)
        assert response["Content-Range"] == f"bytes {start}-{last}/{size}"
        assert response["Content-Length"] == str(last + 1 - start)
    assert body(client.get(address, headers={"range": "bytes=-7"})) == whole[-7:]
    assert body(client.get(address, headers={"range": f"bytes={size - 3}-{size * 2}"})) == whole[-3:]


def test_the_answers_of_rfc_9110(client, recordings):
    address = url(recordings["short"])
    head = client.head(address, headers={"range": "bytes=0-1"})
    tag, size = head["ETag"], int(head["Content-Length"])
    part, elsewhere = "bytes=10-19", f"bytes={size}-"

    answers = {
        sent: client.get(address, headers=dict(sent))
        for sent in [
            (("range", part),),
            (("range", "bytes=0-1,4-5"),),
            (("range", elsewhere),),
            (("range", part), ("if-range", tag)),
            (("range", part), ("if-range", f"W/{tag}")),
            (("range", elsewhere), ("if-range", '"another"')),
            (("if-none-match", tag),),
            (("if-match", '"another"'),),
        ]
    }

    assert (head.status_code, head.content, size) == (200, b"", 44 + 2 * 8000)
    assert [answer.status_code for answer in answers.values()] == [206, 200, 416, 206, 200, 200, 304, 412]
    unsatisfiable = answers[(("range", elsewhere),)]
    assert unsatisfiable["Content-Range"] == f"bytes */{size}"
    assert answers[(("if-none-match", tag),)]["ETag"] == tag
    assert client.get(url(recordings["video"]))["ETag"] != tag
    assert client.post(address).status_code == 405


def test_opening_the_player_is_logged_once_and_what_it_reads_is_not(client, acme, agent, recordings):
    play = reverse("contacts:play", args=[recordings["call"].id])

    client.head(play)
    client.get(play)
    for start in (0, 5000):
        body(client.get(url(recordings["call"]), headers={"range": f"bytes={start}-"}))

    [logged] = Operation.objects.for_tenant(acme).filter(action=Action.PLAY)
    assert (logged.target, logged.account) == (recordings["call"].call_sn, agent)


def out_of_reach(agent, record):
    ContactRecord.objects.for_tenant(agent.tenant).filter(id=record.id).update(account=None, unit=None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda agent, record: agent.roles.clear(), 403),
        (out_of_reach, 404),
    ],
    ids=["the permission", "the reach"],
)
@pytest.mark.parametrize("name", ["call", "video"])
def test_each_range_is_asked_for_its_permission(client, agent, recordings, name, change, status):
    part = {"range": "bytes=100-199"}
    before = client.get(url(recordings[name]), headers=part)

    change(agent, recordings[name])
    after = client.get(url(recordings[name]), headers=part)

    assert (before.status_code, after.status_code) == (206, status)


def test_a_file_is_as_many_whole_seconds_long_as_its_contact_would_be(client, acme, recordings):
    MediaFile.objects.for_tenant(acme).filter(record_id=recordings["video"].id).update(duration_seconds=30.9)

    page = pages.read(client.get(reverse("contacts:play", args=[recordings["video"].id])))

    assert page.one("td", class_="recordings-seconds").text == "30"


@pytest.mark.parametrize("as_agent", [False, True])
def test_what_may_be_downloaded_only_as_agent_says_so(client, acme, recordings, as_agent):
    MediaFile.objects.for_tenant(acme).filter(record_id=recordings["video"].id).update(mode=VideoMode.MCU_CLOUDVC)
    if as_agent:
        client.post(reverse("agent_state"), {"state": "in"})

    dialog = pages.read(client.get(reverse("contacts:play", args=[recordings["video"].id])))

    assert ("only while signed in as an agent" in dialog.text) is not as_agent
    assert ("Download" in dialog.one("table").text) is as_agent


def test_a_bar_is_as_high_as_the_loudest_of_its_whole_stretch(client, acme, agent, tmp_path):
    loudest = b"\x2a"
    stretches = b"".join(bytes([g711.SILENCE]) * 20_000 + (loudest if bar % 2 else b"\xd5") for bar in range(200))
    (tmp_path / "long.wav").write_bytes(media.riff(media.fmt(), media.chunk(b"data", stretches)))
    [record] = builders.load(acme, builders.contact(account="agent", recordings=[{"name": "long.wav"}]), media=tmp_path)

    client.get(reverse("contacts:play", args=[record.id]))

    stored = MediaFile.objects.for_tenant(acme).get(record_id=record.id)
    assert list(stored.peaks) == [0, 252] * 100


def test_a_waveform_is_read_once_and_kept(client, acme, recordings):
    play = reverse("contacts:play", args=[recordings["call"].id])
    stored = MediaFile.objects.for_tenant(acme).filter(record_id=recordings["call"].id, position=0)

    first = pages.read(client.get(play, headers={"hx-request": "true"}))
    kept = stored.get().peaks
    stored.update(peaks=bytes(200))
    second = pages.read(client.get(play, headers={"hx-request": "true"}))

    bars = [element["d"] for element in first.one("g", id="wave-bars").all("path")]
    assert [path.count("M") for path in bars] == [100, 100]
    assert len(kept) == 200
    # Noise of all the codes there are, so that each bar is as loud as can be.
    assert set(bytes(kept)) == {252}
    assert second.one("g", id="wave-bars").all("path")[0]["d"].startswith("M0.5 30.5v3.0M2.5")


@pytest.mark.parametrize("name", ["call", "short", "video"])
def test_a_recording_that_is_gone_is_said_calmly(client, acme, recordings, name):
    record = recordings[name]
    for row in MediaFile.objects.for_tenant(acme).filter(record_id=record.id):
        default_storage.delete(row.storage_key)

    played = client.get(reverse("contacts:play", args=[record.id]), headers={"hx-request": "true"})
    read = client.get(url(record))

    assert (read.status_code, read.content) == (
        404,
        b"The recording is not in the storage any more. The record is kept.",
    )
    if name == "video":
        # The files are listed; which of them is gone is seen when it is played.
        assert played.status_code == 200
    else:
        assert played.status_code == 422
        assert "not in the storage any more" in pages.read(played).text
        assert not Operation.objects.for_tenant(acme).filter(action=Action.PLAY).exists()


@pytest.mark.parametrize("asked", ["0", "9", "-1", "x", "٣", "9" * 30, ""])
def test_whatever_file_is_asked_for_is_played_or_refused(client, recordings, asked):
    statuses = {
        client.get(reverse("contacts:play", args=[record.id]), {"file": asked}).status_code
        for record in recordings.values()
    }

    assert statuses == ({422} if asked == "9" else {200})
    assert client.get(f"/contacts/{recordings['call'].id}/media/{10**30}/").status_code == 422


def test_without_scripts_the_player_is_a_page_with_the_browsers_controls(client, recordings):
    page = pages.read(client.get(reverse("contacts:play", args=[recordings["short"].id])))

    assert page.one("audio")["src"] == url(recordings["short"])
    assert "controls" in page.one("audio").attributes
