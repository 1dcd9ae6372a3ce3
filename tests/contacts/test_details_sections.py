"""Do the phases, the call reason and the recordings on the page of a contact say what is known of them?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from aicc.tenants.choices import VideoMode
from contacts import demo
from contacts.decisions import CallReason
from contacts.models import MediaFile
from tests import builders, media
from tests.pages import section

MEDIA = Path(demo.__file__).parent / "media"
CALL_SN = "1234567890123456789"


# --- Phases --------------------------------------------------------------------------------------------------


def phases_of(page):
    return [item.text.replace(" ,", ",") for item in page.one("ol", id="phases-words").all("li")]


def test_the_phases_are_said_in_words_too(acme, agent, details):
    begun = timezone.now().replace(microsecond=0) - timedelta(minutes=30)
    moment = [(begun + timedelta(seconds=seconds)).isoformat() for seconds in (0, 42, 77, 420)]
    builders.load(
        acme,
        builders.contact(
            account="agent",
            call_sn=CALL_SN,
            started_at=begun - timedelta(seconds=10),
            connected_at=begun - timedelta(seconds=4),
            ended_at=begun,
        ),
    )
    (record,) = builders.load(
        acme,
        builders.contact(
            account="agent",
            call_sn=CALL_SN,
            started_at=begun,
            phases=[
                {"kind": "ivr", "started_at": moment[0], "ended_at": moment[1]},
                {"kind": "queue", "name": "Returns", "started_at": moment[1], "ended_at": moment[2]},
                {"kind": "talk", "name": "Zoë", "started_at": moment[2], "ended_at": moment[3]},
            ],
        ),
    )

    page = details("agent", record)

    assert phases_of(page) == [
        "Waiting, 0:06", "agent, 0:04", "IVR, 0:42 (this contact)", "Queue · Returns, 0:35 (this contact)",
        "Zoë, 5:43 (this contact)",
    ]  # fmt: skip
    assert len(page.all("rect", _class="phase-bar")) == 5


def test_however_many_phases_another_record_has_the_own_ones_are_there_and_none_is_made_up(acme, agent, details):
    begun = timezone.now().replace(microsecond=0) - timedelta(hours=2)

    def phase(kind, name, start, end):
        times = {"started_at": begun + timedelta(seconds=start), "ended_at": begun + timedelta(seconds=end)}
        return {"kind": kind, "name": name, **{key: at.isoformat() for key, at in times.items()}}

    same = {"account": "agent", "call_sn": CALL_SN, "started_at": begun}
    same |= {"connected_at": begun + timedelta(seconds=5), "ended_at": begun + timedelta(seconds=660)}
    _many, own, later = builders.load(
        acme,
        builders.contact(phases=[phase("queue", f"q{n}", n, n + 1) for n in range(300)], **same),
        builders.contact(phases=[phase("talk", "Zoë", 600, 660)], **same),
        builders.contact(phases=[phase("talk", "Ada", 620, 650)], **same),
    )

    page = details("agent", own)

    said = phases_of(page)
    assert [words for words in said if not words.startswith("Queue · q")] == ["Zoë, 1:00 (this contact)"]
    assert len(said) == 60
    assert "agent" not in page.one(_class="phases").text


def test_a_contact_that_goes_on_says_so(acme, agent, details):
    begun = timezone.now() - timedelta(seconds=30)
    (record,) = builders.load(acme, builders.contact(account="agent", started_at=begun, ended_at=None))

    (talk,) = phases_of(details("agent", record))

    assert talk.startswith("agent, 0:3")
    assert "so far" in talk


# --- Call reason ---------------------------------------------------------------------------------------------


@pytest.fixture
def reasons(acme):
    billing = CallReason.objects.create(tenant=acme, name="Billing")
    return {name: CallReason.objects.create(tenant=acme, name=name, parent=billing) for name in ("Refund", "Invoice")}


def test_a_contact_without_a_call_reason_says_so(acme, agent, details):
    (record,) = builders.load(acme, builders.contact(account="agent"))

    assert "No call reason yet" in section(details("agent", record), "reason").text


def test_a_call_reason_that_came_with_the_record_says_so(acme, agent, details):
    fields = {"call_reason": ["Billing", "Refund"], "remarks": "Two\nlines", "reason_set_by": "Zoë"}
    (record,) = builders.load(acme, builders.contact(account="agent", reason_set_at="2026-03-20T10:00:00Z", **fields))

    said = section(details("agent", record), "reason")

    assert "Billing › Refund" in said.text
    assert "Set by Zoë , 2026-03-20 10:00:00 · Came with the record" in said.text
    assert "Two\nlines" in "".join(said.one("dd", _class="reason-remarks fact-value").children)
    assert said.all("ol") == []


def test_the_history_of_call_reasons_is_there_newest_first(acme, agent, lead, reasons, details):
    (record,) = builders.load(acme, builders.contact(account="agent", call_reason=["Other"], remarks="as it came"))
    at = [datetime(2026, 3, 21, 10 + hour, tzinfo=UTC) for hour in range(3)]
    record.set_call_reason(reasons["Refund"], "first", by=agent, now=at[0])
    record.set_call_reason(reasons["Invoice"], "second", by=lead, now=at[1])
    record.set_call_reason(reasons["Refund"], "", by=agent, now=at[2])
    # What it was called then is what it says.
    reasons["Invoice"].name = "Bills"
    reasons["Invoice"].save()

    said = section(details("agent", record), "reason")

    assert "Set by agent, 2026-03-21 12:00:00" in said.text.replace(" ,", ",")
    assert [change.text.replace(" ,", ",") for change in said.one("ol").all("li")] == [
        "Set by lead, 2026-03-21 11:00:00 Billing › Invoice second",
        "Set by agent, 2026-03-21 10:00:00 Billing › Refund first",
        "Came with the record Other as it came",
    ]


def test_why_a_call_reason_is_not_set_now_is_said_to_whom_may_set_it(acme, agent, lead, details):
    (record,) = builders.load(acme, builders.contact(account="agent", ended_at=None))

    assert "The contact has not ended yet." in section(details("agent", record), "reason").text
    assert "The contact has not ended yet." not in section(details("lead", record), "reason").text


def test_a_tenant_that_sets_no_call_reasons_sees_those_that_came(acme, agent, details):
    parameters.SET_CALL_REASON.set(acme, False)
    without, came = builders.load(
        acme, builders.contact(account="agent"), builders.contact(account="agent", call_reason=["Billing"])
    )

    assert "Call reason" not in details("agent", without).one("nav", data_sections=None).text
    assert "Billing" in section(details("agent", came), "reason").text


# --- Recordings ----------------------------------------------------------------------------------------------


def test_each_recording_has_a_row_with_its_length_and_size(acme, agent, details, tmp_path):
    parameters.SCREEN_RECORDING.set(acme, True)
    (tmp_path / "call.wav").write_bytes(media.wav(65))
    (tmp_path / "video.ts").write_bytes((MEDIA / "video-en.ts").read_bytes())
    videos = [
        builders.contact(account="agent", media_type="video", recordings=[{"name": "video.ts", "mode": mode}])
        for mode in ("MCU", "MCU(CloudVC)")
    ]
    voice, video, cloud = builders.load(
        acme, builders.contact(account="agent", recordings=[{"name": "call.wav"}]), *videos, media=tmp_path
    )

    row = section(details("agent", voice), "recordings").one("li")
    refused, kept = (section(details("agent", one), "recordings").one("li") for one in (video, cloud))

    assert row.text.startswith("Voice WAV 1:05 507.9")
    assert row.one("a")["href"] == f"{reverse('contacts:play', args=[voice.id])}?file=0"
    assert refused.all("a") == []
    assert "TS format cannot be played here" in refused.text
    assert ["only while signed in as an agent" in one.text for one in (refused, kept)] == [False, True]

    MediaFile.objects.for_tenant(acme).filter(record_id=video.id).update(mode=VideoMode.MCU_CLOUDVC)
    refused = section(details("agent", video), "recordings").one("li")
    assert "can be downloaded only while signed in as an agent" in refused.text


def test_multimedia_and_contacts_without_recordings_have_no_such_section(acme, agent, details):
    written = {"media_type": "multimedia", "channel": "web"}
    records = builders.load(acme, builders.contact(account="agent"), builders.contact(account="agent", **written))

    for record in records:
        page = details("agent", record)
        assert "recordings" not in {section["id"] for section in page.all("section")}
        assert "Recordings" not in page.one("nav", data_sections=None).text
