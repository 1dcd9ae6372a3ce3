"""What does a vCon become: calls with their transcript, chats with their messages, of old versions and of new ones?"""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from aicc.tenants.models import Account
from contacts import ingest
from contacts.models import ContactRecord, Message

VCONS = Path(__file__).parent / "vcons"


def load(tenant, *paths):
    """Load files; returns the records by who handled them, and the reasons of rejections."""
    reasons = []
    reads = (read for path in ingest.files(paths) for read in ingest.read(path, now=timezone.now()))
    ingest.load(tenant, reads, source="vcons", on_reject=lambda rejection: reasons.append(rejection.reason))
    return {record.account_name: record for record in ContactRecord.objects.for_tenant(tenant)}, reasons


def contacts(document):
    """What is made of a vCon in memory: its contacts, or the reason why not."""
    (read,) = ingest.read_records([document], where="tests", now=timezone.now())
    return read.contacts or read.reason


def vcon(name="chat", **changes):
    return {**json.loads((VCONS / f"{name}.vcon.json").read_text()), **changes}


def messages(record):
    lines = Message.objects.for_tenant(record.tenant).filter(record_id=record.id).order_by("position")
    return [(line.side, line.sender, line.text) for line in lines]


# --- The three shapes ----------------------------------------------------------------------------------------


def test_a_text_with_only_meta_is_a_call_and_its_transcript_the_conversation(acme):
    records, reasons = load(acme, VCONS / "call.vcon.json")

    record = records["agent@acme.example"]
    begun = datetime(2026, 2, 26, 20, 2, 41, 706_620, tzinfo=UTC)
    assert reasons == []
    assert (record.media_type, record.channel, record.call_type) == ("voice", "", "outgoing")
    assert (record.started_at, record.connected_at, record.duration_seconds) == (begun, begun, 95)
    assert (record.customer_name, record.customer_number) == ("Ada Byron", "+46701740601")
    assert (record.caller_number, record.called_number, record.handled_number) == (
        "+46701740602", "+46701740601", "+46701740602",
    )  # fmt: skip
    assert record.call_reason.path == ["Call back later"]
    assert record.call_id == "0195a1c2-0000-8000-8000-000000000001"
    assert messages(record) == [
        ("", "", "Hello, how may I help?"), ("", "", "My bill is wrong."), ("", "", "I will look at it."),
    ]  # fmt: skip


def test_a_text_with_a_body_is_a_message_of_a_chat(acme):
    records, reasons = load(acme, VCONS / "chat.vcon.json")

    record = records["louis@acme.example"]
    assert reasons == []
    assert (record.media_type, record.channel, record.call_type) == ("multimedia", "web", "incoming")
    assert record.started_at == datetime(2026, 3, 10, 13, 2, 56, tzinfo=UTC)
    assert record.ended_at == datetime(2026, 3, 10, 13, 12, 14, tzinfo=UTC)
    assert (record.customer_number, record.customer_name) == ("+46701740603", "")
    assert messages(record) == [
        ("agent", "Louis", "Hello! May I have your name?"),
        ("customer", "+46701740603", "I'm Pam. 😀"),
        ("agent", "Louis", "Nice to meet you."),
    ]


def test_a_newer_version_names_its_media_type_and_has_segments(acme):
    records, reasons = load(acme, VCONS / "video.vcon.json")

    first, second = records["agent@acme.example"], records["second@acme.example"]
    lines = Message.objects.for_tenant(acme).filter(record_id=first.id).order_by("position")
    said = [(line.offset_seconds, line.sender, line.text) for line in lines]
    assert reasons == []
    assert {record.media_type for record in (first, second)} == {"video"}
    assert (first.duration_seconds, second.duration_seconds) == (61, 30)
    assert first.customer_number == second.customer_number == "+46701740604"
    assert said == [(0.0, "Agent", "Good morning"), (2.5, "Customer", "Hi")]


def test_several_agents_are_several_records_of_one_call(acme):
    records, _reasons = load(acme, VCONS / "video.vcon.json")

    assert len(records) == 2
    assert len({record.call_sn for record in records.values()}) == 1
    assert len({record.call_id for record in records.values()}) == 1


def test_a_folder_of_them_loads_once(acme):
    load(acme, VCONS)
    before = list(ContactRecord.objects.for_tenant(acme).order_by("id").values())

    _records, reasons = load(acme, VCONS)

    assert len(before) == 4
    assert reasons == []
    assert list(ContactRecord.objects.for_tenant(acme).order_by("id").values()) == before


def test_agents_become_accounts_that_cannot_sign_in(acme):
    load(acme, VCONS)

    accounts = Account.objects.for_tenant(acme)
    assert {account.name for account in accounts} == {"agent@acme.example", "louis@acme.example", "second@acme.example"}
    assert not any(account.is_active or account.username for account in accounts)


# --- What differs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "channel"),
    [("whatsapp", "whatsapp"), ("WhatsApp", "whatsapp"), ("carrier pigeon", "web"), (None, "web"), (5, "web")],
)
def test_the_channel_is_web_unless_told(told, channel):
    (chat,) = contacts(vcon(attachments=[{"body": {"channel": told}}]))

    assert chat.channel == channel


@pytest.mark.parametrize(
    ("direction", "call_type"),
    [("out", "outgoing"), ("Outbound", "outgoing"), ("in", "incoming"), (None, "incoming"), ([], "incoming")],
)
def test_the_direction_decides_who_called(direction, call_type):
    document = vcon("call", attachments=[])
    document["dialog"][0]["meta"]["direction"] = direction

    (call,) = contacts(document)

    assert call.call_type == call_type
    outside = call.called_number if call_type == "outgoing" else call.caller_number
    assert outside == call.customer_number == "+46701740601"


def test_a_call_that_nobody_answered_was_never_connected():
    document = vcon("call")
    document["dialog"][0]["meta"]["disposition"] = "NO ANSWER"

    (call,) = contacts(document)

    assert (call.connected_at, call.duration_seconds) == (None, None)


def test_a_vcon_without_an_agent_is_nobodys_contact():
    (chat,) = contacts(vcon(parties=[{"tel": "+1", "role": "customer"}, {"tel": "+2", "role": "customer"}]))

    assert (chat.account, chat.customer_number) == ("", "+1")


@pytest.mark.parametrize("start", [1_773_147_776, 1_773_147_776.0, "2026-03-10T13:02:56Z", "2026-03-10T13:02:56"])
def test_a_start_may_be_seconds_since_1970_or_without_an_offset(start):
    document = vcon("call")
    document["dialog"][0]["start"] = start

    (call,) = contacts(document)

    assert call.started_at == datetime(2026, 3, 10, 13, 2, 56, tzinfo=UTC)


# --- What is rejected ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"uuid": None}, "uuid is missing"),
        ({"dialog": []}, "the vCon has no dialog"),
        ({"dialog": [{"type": "text", "body": "Hi"}]}, "no dialog has a start"),
        ({"dialog": "none"}, "dialog is not a list of objects"),
        ({"parties": [None]}, "parties is not a list of objects"),
        ({"ciphertext": "…"}, "is an encrypted vCon: decrypt it first"),
        ({"payload": "…", "signatures": []}, "is a signed vCon: load the vCon inside it"),
        ({"dialog": [{"type": "recording", "start": 0}]}, "started_at is not between 2000-01-01 and tomorrow"),
    ],
)
def test_a_vcon_that_cannot_be_loaded_says_why(changes, reason):
    assert contacts(vcon(**changes)) == reason


LONG = {"type": "recording", "start": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("duration", [1e308, -1, float("inf"), float("nan"), 10**400])
def test_a_duration_that_no_call_has_is_rejected(duration):
    assert isinstance(contacts(vcon("call", dialog=[{**LONG, "duration": duration}])), str)


def test_an_end_beyond_all_time_is_rejected():
    assert isinstance(contacts(vcon("call", dialog=[{**LONG, "duration": 1e13}])), str)


def test_a_dialog_of_none_of_several_agents_is_not_lost_unseen():
    document = vcon("video")
    for dialog in document["dialog"]:
        del dialog["parties"]

    assert contacts(document)


DATE = "2026-03-10T13:02:56Z"
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**20), st.floats(), st.text(max_size=5), st.just(DATE)),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


def places(document, path=()):
    """Every place in a document that something else could stand in."""
    yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from places(document[key], (*path, key))


@settings(max_examples=300)
@given(data=st.data(), name=st.sampled_from(["call", "chat", "video"]), value=JSON)
def test_anything_anywhere_is_understood_or_rejected(data, name, value):
    document = vcon(name)
    *above, last = data.draw(st.sampled_from([place for place in places(document) if place]))
    at = document
    for key in above:
        at = at[key]
    at[last] = copy.deepcopy(value)

    assert isinstance(contacts(document), str | tuple)
