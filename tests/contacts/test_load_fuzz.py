"""Does any input end in anything but loaded or rejected? Tens of thousands of broken ones, and the memory they take.

They are the same in every run: when this turns red, the code has changed.
"""

import copy
import json
import random
import tracemalloc
from pathlib import Path

from django.utils import timezone

from aicc.lib.documents import LONGEST_DOCUMENT
from contacts import ingest
from contacts.models import ContactRecord
from tests.builders import contact, written

LINES = 20_000
FILES = 500

VALUES = [
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 5e-324, 10**20, 1_772_355_600, -(10**12), [], {}, [[]], [None], [{}],
    [0], [-1], [99], [[0, 1], None], {"": None}, {"text": 5}, "", " ", "x" * 300, "x" * 600, "\x00", "a\x1bb", "\ud800",
    "\u202e", "Zoe\u0308", "٣٣", "1_0", "\n", "2026-03-01T09:00:00Z", "2026-03-01", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-02-30T25:61:00Z", "1969-12-31T23:59:59Z", "2199-01-01T00:00:00Z", "voice",
    "multimedia", "agent", "tel:", "mailto:?", "@HUGE", "@DEEP", "@NAN", "@TWICE",
]  # fmt: skip
# What json.dumps does not write.
RAW = {
    '"@HUGE"': "9" * 5000,
    '"@DEEP"': "[" * 2000 + "]" * 2000,
    '"@NAN"': "NaN",
    '"@TWICE"': '{"a": 1, "a": 2}',
}


def documents():
    """What the broken ones are made of: a full record, and a vCon of every shape."""
    vcons = [json.loads(file.read_text()) for file in sorted((Path(__file__).parent / "vcons").iterdir())]
    full = contact(
        started_at="2026-03-01T09:00:00Z", connected_at="2026-03-01T09:00:03Z", ended_at="2026-03-01T09:04:00Z",
        updated_at="2026-03-01T10:00:00Z", call_sn="1772355600000000184", media_type="multimedia", channel="whatsapp",
        duration_seconds=237, customer_name="Ada", handled_number="7001", account="lovisa", employee_id="1003",
        organization_unit=["Field"], skill_queue="Billing", hang_up_party="user", call_reason=["Billing"],
        remarks="Twice", satisfaction="4",
        messages=[{"at": "2026-03-01T09:00:05Z", "side": "customer", "text": "Hi", "offset_seconds": 1}],
        transfers=[{"kind": "queue", "from": "lovisa", "to": "Returns"}],
        phases=[{"kind": "queue", "name": "Returns", "started_at": "2026-03-01T09:00:00Z"}],
        recordings=[{"name": "1.wav", "kind": "recording"}],
    )  # fmt: skip
    newer = copy.deepcopy(vcons[0])
    start = newer["dialog"][0]["start"]
    newer["dialog"][0].update(
        type="recording", originator=1, body="UklGRg", encoding="base64url", application="web", skill="Billing",
        party_history=[{"party": 0, "event": "drop", "time": "2026-02-26T20:04:00Z"}],
    )  # fmt: skip
    newer["dialog"] += [
        {
            "type": "transfer",
            "transferor": 1,
            "transferee": 0,
            "transfer_target": 1,
            "original": 0,
            "target_dialog": [2],
        },
        {"type": "incomplete", "start": start, "parties": [1, [0]], "disposition": "busy"},
    ]
    words = [{"word": "hi", "start": 0.5, "speaker": 1}]
    body = {"results": {"channels": [{"alternatives": [{"transcript": "hi", "words": words}]}]}}
    newer["analysis"] = [{"type": "transcript", "dialog": [0], "encoding": "json", "body": body}]
    return [full, full, newer, *vcons]


def places(document, path=()):
    yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from places(document[key], (*path, key))


def broken(chance, document, number):
    """A document, as text and back, with one to three things in it that are not as they should be."""
    document = json.loads(document)
    document["uuid" if "vcon" in document else "id"] = f"fuzz-{number}"
    for _ in range(chance.choice((1, 1, 2, 3))):
        *above, last = chance.choice([place for place in places(document) if place])
        at = document
        for key in above:
            at = at[key]
        deed = chance.random()
        if deed < 0.7:
            at[last] = copy.deepcopy(chance.choice(VALUES))
        elif deed < 0.85:
            del at[last]
        elif isinstance(at, dict):
            at[chance.choice(("start", "at", "kind", "parties", "body", "type", "x"))] = at.pop(last)
        else:
            at *= 2
    text = json.dumps(document, ensure_ascii=chance.random() < 0.9).encode(errors="surrogatepass")
    for word, raw in RAW.items():
        text = text.replace(word.encode(), raw.encode())
    return text


def damaged(chance, data):
    """The bytes, with some of them cut, doubled, turned over or put elsewhere."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        here, there = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        deed = chance.randrange(5)
        if deed == 0:
            del data[here:]
        elif deed == 1:
            del data[here : min(there, here + 20)]
        elif deed == 2:
            data[here:here] = data[here : min(there, here + 50)]
        elif deed == 3:
            data[here:here] = bytes(chance.randrange(256) for _ in range(3))
        else:
            data[here : here + 1] = chance.choice((b'"', b"{", b"}", b"]", b",", b"\\", b"\x00", b"\xff", b"9", b"-"))
    return bytes(data)


def test_whatever_a_line_holds_it_is_loaded_or_rejected(acme, load, tmp_path):
    chance, whole = random.Random(4), [json.dumps(document) for document in documents()]
    lines = [broken(chance, whole[number % len(whole)], number) for number in range(LINES)]
    lines = [damaged(chance, line).replace(b"\n", b" ") or b"x" if chance.random() < 0.3 else line for line in lines]
    # The first line decides that this is NDJSON, and so do lines that are not blank.
    lines = [json.dumps(contact()).encode(), *(line if line.strip() else b"x" for line in lines)]
    file = written(tmp_path / "fuzz.ndjson", b"\n".join(lines))

    reads = list(ingest.read(file, now=timezone.now()))
    rejections = []
    report = ingest.load(acme, iter(reads), source="fuzz", on_reject=rejections.append)

    assert [read.line for read in reads] == list(range(1, LINES + 2))
    assert all(bool(read.reason) != bool(read.contacts) for read in reads)
    # Whatever the database would not take was found before it came there.
    assert [rejection.reason for rejection in rejections if "database" in rejection.reason] == []
    assert report.seen == len(rejections) + sum(len(read.contacts) for read in reads) - _unknown(rejections, reads)
    # Many of each kind, or nothing was tried.
    assert min(report.inserted, report.rejected) > LINES // 5
    assert ContactRecord.objects.for_tenant(acme).filter(source="fuzz").count() == report.inserted


def _unknown(rejections, reads):
    """Contacts that were read and rejected later: their organization unit is not there."""
    return len(rejections) - sum(bool(read.reason) for read in reads)


def test_whatever_a_file_holds_it_is_read_to_its_end(tmp_path):
    chance, whole = random.Random(5), documents()
    for number in range(FILES):
        text = json.dumps(whole[number % len(whole)], indent=chance.choice((None, 1))) + "\n"
        text *= chance.choice((1, 3))
        encoding = chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "utf-32"))
        data = text.replace("\n", chance.choice(("\n", "\r\n", "\r"))).encode(encoding, errors="replace")
        written(tmp_path / f"{number}.json", damaged(chance, data) or b"x")

    reads = [list(ingest.read(file, now=timezone.now())) for file in ingest.files([tmp_path])]

    assert len(reads) == FILES
    assert all(bool(read.reason) != bool(read.contacts) for found in reads for read in found)


def test_a_document_of_ten_million_parts_is_not_even_parsed(tmp_path):
    file = written(tmp_path / "deep.json", b'{"id": [' + b"[]," * 10_000_000)

    (read,) = ingest.read(file, now=timezone.now())

    assert read.reason == "has more than a million values"


def test_a_line_of_any_length_takes_no_more_memory_than_the_longest_that_is_read(tmp_path):
    file = tmp_path / "long.ndjson"
    with file.open("wb") as long:
        for _ in range(2):
            long.write(json.dumps(contact()).encode() + b'\n{"id": "')
            # A hole: nothing is written to the disk, and everything is read.
            long.truncate(long.tell() + 3 * LONGEST_DOCUMENT)
            long.seek(0, 2)
            long.write(b'"}\n')

    tracemalloc.start()
    reasons = [read.reason for read in ingest.read(file, now=timezone.now())]
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reasons == ["", "is longer than 64 MB"] * 2
    # The line, and the pieces it is put together from.
    assert most < 2.2 * LONGEST_DOCUMENT
