"""Is everything found where vCon 0.0.1, 0.0.2, 0.3.0 and 0.4.0 keep it: transfers, hang-up, transcripts, recordings?

What a call and a chat become is tried in test_load_vcons.py.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from contacts import ingest

BEGUN = datetime(2026, 3, 11, 8, tzinfo=UTC)
AGENT = {"mailto": "mailto:ada@acme.example", "tel": "tel:+4681", "name": "Ada", "role": "agent"}
SECOND = {"mailto": "bo@acme.example", "tel": "+4682", "name": "Bo", "role": "agent"}
CUSTOMER = {"tel": "+46701", "name": "Cleo", "role": "customer"}
PARTIES = [AGENT, CUSTOMER, SECOND]


def at(seconds):
    return (BEGUN + timedelta(seconds=seconds)).isoformat()


def call(start=0, duration=60, parties=(0, 1), **more):
    return {"type": "recording", "start": at(start), "duration": duration, "parties": list(parties), **more}


def vcon(*dialog, parties=PARTIES, **more):
    return {"vcon": "0.4.0", "uuid": "u-1", "created_at": at(3600), "parties": parties, "dialog": list(dialog), **more}


def read(document):
    (read,) = ingest.read_records([document], where="tests", now=timezone.now())
    return read


def contacts(document):
    assert not read(document).reason
    return read(document).contacts


# --- Transfers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("transfer-target", "target-dialog"), ("transfer_target", "target_dialog")])
def test_a_transfer_is_told_once_by_whoever_handed_on(names):
    target, dialog = names
    handed_on = {
        "type": "transfer",
        "start": at(60),
        "transferor": 0,
        "transferee": 1,
        target: 2,
        "original": 0,
        dialog: 1,
    }

    first, second = contacts(vcon(call(), call(70, parties=[2, 1]), handed_on))

    (transfer,) = first.transfers
    assert (transfer.kind, transfer.from_party, transfer.to_party) == ("internal", "Ada", "Bo")
    assert transfer.transferred_at == BEGUN + timedelta(seconds=60)
    assert second.transfers == ()
    assert (first.account, second.account) == ("ada@acme.example", "bo@acme.example")
    assert (second.started_at, second.duration_seconds) == (BEGUN + timedelta(seconds=70), 60)


@pytest.mark.parametrize(
    ("target", "more", "kind"),
    [
        (2, {"consultation": [1]}, "consultation"),
        ([2, 3], {}, "conference"),
        (3, {}, "ivr"),
        (4, {}, "queue"),
    ],
)
def test_what_a_contact_was_handed_on_to_is_its_kind(target, more, kind):
    parties = [*PARTIES, {"name": "Menu", "type": "bot"}, {"name": "Returns", "role": "queue"}]
    handed_on = {"type": "transfer", "transferor": 0, "transferee": 1, "transfer_target": target, **more}
    # Nothing is known of the consultation but that there was one.
    document = vcon(call(), {}, {**handed_on, "target_dialog": 0}, parties=parties)

    (contact,) = contacts(document)

    assert [(transfer.kind, transfer.from_party) for transfer in contact.transfers] == [(kind, "Ada")]
    assert contact.transfers[0].transferred_at == BEGUN


def test_who_hands_on_is_named_once_however_often_it_is_said():
    handed_on = {"type": "transfer", "transferor": [0] * 50_000, "transfer_target": [2, 2]}

    first, *_ = contacts(vcon(call(), handed_on))
    # Written out as often as it is said, this name would be 50 GB.
    reason = read(vcon(call(), handed_on, parties=[{**AGENT, "name": "x" * 1_000_000}, CUSTOMER, SECOND])).reason

    assert [(transfer.from_party, transfer.to_party) for transfer in first.transfers] == [("Ada", "Bo")]
    assert reason == "transfers: from is longer than 200 characters"


# --- Times and who hung up ---------------------------------------------------------------------------------------


def history(*events):
    return [{"party": party, "event": event, "time": at(seconds)} for party, event, seconds in events]


@pytest.mark.parametrize(
    ("events", "connected", "seconds", "hang_up"),
    [
        ([(1, "join", 0), (0, "join", 12), (1, "drop", 50), (0, "drop", 51)], 12, 39, "user"),
        ([(0, "drop", 50), (1, "drop", 51)], 0, 50, "agent"),
        ([(1, "hold", 5), (1, "unhold", 9), (0, "keydown", 9)], 0, 60, ""),
        ([(2, "drop", 3), (1, "drop", 50)], 0, 60, "user"),
        ([], 0, 60, ""),
    ],
)
def test_the_party_history_tells_connection_end_and_who_hung_up(events, connected, seconds, hang_up):
    (contact, *_) = contacts(vcon(call(party_history=history(*events))))

    assert contact.connected_at == BEGUN + timedelta(seconds=connected)
    assert (contact.duration_seconds, contact.hang_up_party) == (seconds, hang_up)


@pytest.mark.parametrize(
    "disposition", ["no-answer", "busy", "failed", "congestion", "hung-up", "voicemail-no-message"]
)
def test_an_incomplete_call_was_never_connected(disposition):
    tried = {"type": "incomplete", "start": at(0), "parties": [0, 1], "originator": 0, "disposition": disposition}

    (contact,) = contacts(vcon(tried))

    assert (contact.connected_at, contact.duration_seconds, contact.ended_at) == (None, None, BEGUN)
    assert (contact.media_type, contact.call_type, contact.call_reason) == ("voice", "outgoing", ())
    assert (contact.caller_number, contact.called_number) == ("+4681", "+46701")


def test_dialogs_are_told_in_the_order_of_their_time():
    def text(seconds, words):
        return {"type": "text", "start": at(seconds), "parties": [1, 0], "body": words, "encoding": "none"}

    (chat,) = contacts(vcon(text(9, "third"), text(0, "first"), text(5, "second")))

    assert [message.text for message in chat.messages] == ["first", "second", "third"]
    assert (chat.media_type, chat.started_at, chat.ended_at) == ("multimedia", BEGUN, BEGUN + timedelta(seconds=9))


def test_a_recording_set_has_the_parties_of_its_recordings():
    whole = {"type": "recording-set", "start": at(0), "duration": 100, "parties": [1, 2], "recordings": [1]}

    (contact,) = contacts(vcon(whole, call(10, 20, parties=[1], recording_set=0)))

    assert (contact.account, contact.duration_seconds) == ("bo@acme.example", 100)


def test_who_is_in_a_set_of_recordings_is_not_asked_for_each_of_them():
    # Asked for each recording and each of 20 agents, two megabytes of vCon would take as many minutes.
    agents = [{**AGENT, "mailto": f"{n}@acme.example"} for n in range(20)]
    whole = {"type": "recording-set", "start": at(0), "parties": [19] * 50_000}

    (contact,) = contacts(vcon(whole, *[call(parties=[], recording_set=0)] * 2_000, parties=agents))

    assert contact.account == "19@acme.example"


# --- Beside the conversation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        {"attachments": [{"type": "remarks", "body": "Call back"}, {"purpose": "disposition", "body": "Sold"}]},
        {"attachments": [{"body": {"notes": "Call back", "agentSelectedDisposition": "Sold"}, "encoding": "json"}]},
        {"attachments": [{"body": json.dumps({"Remarks": "Call back", "disposition": "Sold"}), "encoding": "json"}]},
        {"attachments": [{"type": "tags", "encoding": "json", "body": ["note:Call back", "disposition:Sold", "x"]}]},
        {
            "attachments": [{"type": "note", "encoding": "base64url", "body": "Q2FsbCBiYWNr"}],
            "analysis": [{"type": "disposition", "vendor": "crm", "dialog": 0, "body": "Sold"}],
        },
    ],
)  # fmt: skip
def test_remarks_and_disposition_may_be_told_in_many_ways(told):
    (contact,) = contacts(vcon(call(skill="Billing"), **told))

    assert (contact.remarks, contact.call_reason, contact.skill_queue) == ("Call back", ("Sold",), "Billing")
    assert contact.connected_at == BEGUN


def test_what_is_told_of_another_dialog_is_not_told_of_this_one():
    notes = [{"dialog": 1, "body": {"notes": "second's"}}, {"dialog": [0], "body": {"notes": "first's"}}]

    first, second = contacts(vcon(call(), call(70, parties=[2, 1]), attachments=notes))

    assert (first.remarks, second.remarks) == ("first's", "second's")


@pytest.mark.parametrize("name", ["amended", "appended"])
def test_a_vcon_that_amends_another_is_a_newer_version_of_it(name):
    (before,) = contacts(vcon(call()))

    (after,) = contacts(vcon(call(), uuid="u-2", updated_at=at(7200), **{name: {"uuid": "u-1"}}))

    assert (after.id, after.call_id) == (before.id, before.call_id) == ("u-1", "u-1")
    assert after.updated_at > before.updated_at


def test_what_versions_add_beside_is_no_obstacle():
    session = {"local": "a", "remote": "b"}
    document = vcon(
        call(session_id=[session, {}], application="meet", content_hash=["sha512-x"], message_id="m"),
        vcon="0.3.0", redacted={}, group=[], extensions=["CC"], critical=["CC"], subject="Bill",
    )  # fmt: skip
    old = {**document, "dialog": [call(alg="SHA-512", signature="x", session_id="a-b")], "must_support": []}

    assert len(contacts(document)) == len(contacts(old)) == 1


# --- Transcripts ---------------------------------------------------------------------------------------------------

SAID = [(1.5, "0", "Good morning."), (3.0, "1", "Hello.")]
SENTENCES = [
    {"speaker": 0, "sentences": [{"text": "Good morning.", "start": 1.5, "end": 2}]},
    {"speaker": 1, "sentences": [{"text": "Hello.", "start": 3, "end": 4}]},
]
WORDS = [
    {"word": "good", "punctuated_word": "Good", "start": 1.5, "speaker": 0},
    {"word": "morning", "punctuated_word": "morning.", "start": 1.8, "speaker": 0},
    {"word": "hello", "punctuated_word": "Hello.", "start": 3.0, "speaker": 1},
]
SHAPES = {
    "segments": {"text": "…", "segments": [{"start": 1.5, "text": "Good morning.", "speaker": 0},
                                           {"start": 3, "text": "Hello.", "speaker": 1}]},
    "paragraphs": {"transcript": "…", "paragraphs": {"transcript": "…", "paragraphs": SENTENCES}},
    "results": {"results": {"channels": [{"alternatives": [{"paragraphs": {"paragraphs": SENTENCES}}]}]}},
    "words": {"results": {"channels": [{"alternatives": [{"transcript": "…", "words": WORDS}]}]}},
    "utterances": {"results": {"utterances": [{"start": 1.5, "transcript": "Good morning.", "speaker": 0},
                                              {"start": 3, "transcript": "Hello.", "speaker": 1}]}},
    "channels": {"results": {"channels": [
        {"alternatives": [{"paragraphs": {"paragraphs": [{**SENTENCES[0], "speaker": None}]}}]},
        {"alternatives": [{"paragraphs": {"paragraphs": [{**SENTENCES[1], "speaker": None}]}}]},
    ]}},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_transcript_of_either_vendor_has_its_offsets_and_speakers(shape, packed):
    body = SHAPES[shape]
    entry = {"type": "transcript", "dialog": [0], "vendor": "any", "body": json.dumps(body) if packed else body}

    (contact,) = contacts(vcon(call(), analysis=[{**entry, "encoding": "json"}]))

    assert [(line.offset_seconds, line.sender, line.text) for line in contact.messages] == SAID


def test_lines_with_times_and_parties_say_who_spoke():
    lines = [{"parties": 0, "start": at(1.5), "text": "Hi."}, {"party": 1, "start": at(3), "text": "Hello."}]

    (contact,) = contacts(vcon(call(), analysis=[{"type": "transcript", "dialog": 0, "body": lines}]))

    said = [(line.offset_seconds, line.side, line.sender, line.text) for line in contact.messages]
    assert said == [(1.5, "agent", "Ada", "Hi."), (3.0, "customer", "Cleo", "Hello.")]


def test_the_first_transcript_of_each_dialog_is_told_and_counted_from_the_start():
    def transcript(dialog, words):
        return {"type": "transcript", "dialog": dialog, "body": {"segments": [{"start": 1, "text": words}]}}

    parts = [transcript(0, "one"), transcript(1, "two"), transcript(1, "two again")]
    (contact,) = contacts(vcon(call(), call(100), analysis=parts))

    assert [(line.offset_seconds, line.text) for line in contact.messages] == [(1.0, "one"), (101.0, "two")]


@pytest.mark.parametrize(
    "body", [None, 5, [], {}, [5], "{", {"segments": "x"}, {"segments": [{"text": 5}, {"start": "x"}]},
             {"results": {"channels": [5, {"alternatives": 5}, {"alternatives": [5]}]}}, {"words": [{"speaker": {}}]},
             {"segments": [{"text": "kept", "start": float("inf"), "speaker": {"a": 1}}]}],
    ids=repr,
)  # fmt: skip
def test_a_transcript_that_is_none_spoils_nothing(body):
    analysis = [{"type": "transcript", "dialog": 99, "body": body}, {"type": "transcript", "body": body}]

    (contact,) = contacts(vcon(call(), analysis=analysis))

    assert all(line.offset_seconds is None for line in contact.messages)


# --- Recordings -----------------------------------------------------------------------------------------------------


def test_recordings_are_inline_or_named_and_nothing_is_fetched():
    screen = {
        "purpose": "screen recording",
        "mediatype": "video/mp4",
        "filename": "screen.mp4",
        "dialog": 0,
        "start": at(1),
    }
    document = vcon(
        call(mimetype="audio/x-wav", body="UklGRg", encoding="base64url", filename="a.wav"),
        call(
            60, mediatype="Audio/WAV; rate=8000", url="https://pbx.example/r/b%20b.wav?token=x", content_hash="sha512-x"
        ),
        call(120, mediatype="audio/wav", url="https://pbx.example/r/184"),
        call(180, mediatype="audio/wav"),
        attachments=[screen, {**screen, "purpose": "contract"}],
    )

    (contact,) = contacts(document)

    assert [(r.name, r.media_type, r.body, r.encoding, r.kind) for r in contact.recordings] == [
        ("a.wav", "audio/x-wav", "UklGRg", "base64url", "recording"),
        ("b b.wav", "audio/wav", None, "base64url", "recording"),
        ("", "audio/wav", None, "base64url", "recording"),
        ("screen.mp4", "video/mp4", None, "base64url", "screen"),
    ]
    assert contact.recordings[1].started_at == BEGUN + timedelta(seconds=60)
    assert contact.media_type == "voice"


def test_what_came_first_says_whether_it_was_a_call_or_a_chat():
    note = {"type": "text", "start": at(5), "parties": [0], "body": "A note"}
    picture = {**note, "mediatype": "image/png", "body": "iVBORw", "encoding": "base64url", "filename": "bill.png"}
    page = {
        "type": "text",
        "start": at(6),
        "parties": [1],
        "mediatype": "application/pdf",
        "url": "https://x.example/b.pdf",
    }

    (call_with_note,) = contacts(vcon(call(body="UklGRg", encoding="base64url"), note))
    (chat,) = contacts(vcon(note, picture, page, call(9, body="UklGRg", encoding="base64url")))

    assert (call_with_note.media_type, len(call_with_note.messages)) == ("voice", 1)
    assert (chat.media_type, len(chat.recordings)) == ("multimedia", 1)
    assert [(message.kind, message.text) for message in chat.messages] == [
        ("text", "A note"), ("image", "bill.png"), ("file", "b.pdf"),
    ]  # fmt: skip


# --- What is rejected ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"payload": "e30", "signatures": [{}]}, "is a signed vCon: load the vCon inside it"),
        ({"payload": "e30", "protected": "e30", "signature": "x"}, "is a signed vCon: load the vCon inside it"),
        ({"protected": "e30", "ciphertext": "x", "recipients": []}, "is an encrypted vCon: decrypt it first"),
        (vcon(call(), critical=["lawful-basis"]), "needs extensions of vCon that are not known here"),
        (vcon(call(), must_support="x"), "needs extensions of vCon that are not known here"),
        (vcon(group=[{"uuid": "x"}]), "is a group of vCons: load those it names"),
        (vcon(call(), parties=None), "parties is missing"),
        ({"uuid": "u-1", "created_at": at(0)}, "parties is missing"),
        (vcon(call(), parties=[None, CUSTOMER]), "parties is not a list of objects"),
        (vcon(call(parties=[0, 3])), "dialog 0: parties names 3 of 3, counted from 0"),
        (vcon(call(parties=[[0, 9], None])), "dialog 0: parties names 9 of 3, counted from 0"),
        (vcon(call(parties=[-1])), "dialog 0: parties is not an index"),
        (vcon(call(parties=["0"])), "dialog 0: parties is not an index"),
        (vcon({}, call(originator=7)), "dialog 1: originator names 7 of 3, counted from 0"),
        (vcon(call(party_history=history((5, "drop", 1)))), "dialog 0: party_history names 5 of 3, counted from 0"),
        (vcon(call(), {"type": "transfer", "transferor": 4}), "dialog 1: transferor names 4 of 3, counted from 0"),
        (vcon(call(), {"type": "transfer", "original": 2}), "dialog 1: original names 2 of 2, counted from 0"),
        (vcon({**call(), "start": "yesterday"}), "dialog 0: start is not a time"),
        (vcon(call(duration="60")), "duration is not a number of seconds"),
        (vcon(call(duration=-60)), "ended_at is before the contact began"),
        (vcon(call(), parties=[AGENT] * 21), "the vCon has more than 20 agents"),
        (vcon(*[{}] * 20_001), "dialog has more than 20000 entries"),
        (vcon(*[call(parties=[0] * 300)] * 700), "the dialogs name more than 200000 parties"),
        (vcon(call(), parties=[CUSTOMER] * 501), "parties has more than 500 entries"),
        (vcon(call(), uuid="u\x00"), "id contains a NUL character"),
        (vcon({"type": "text", "start": at(0), "body": "?", "encoding": "base64url"}), "body is not text in base64url"),
        (vcon(call(body=5)), "recordings: body is not base64"),
        (vcon(call(body="x", encoding="rot13")), "recordings: encoding is none of base64, base64url"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_meant_is_rejected_with_its_reason(document, reason):
    assert read(document).reason == reason
