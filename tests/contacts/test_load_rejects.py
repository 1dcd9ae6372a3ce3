"""Is what cannot be loaded told with its place and its reason, and does it stop nothing else?"""

import gzip
import json
import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone

from aicc.lib import documents
from aicc.tenants.models import Account
from contacts import ingest
from contacts.ingest import loader
from contacts.models import ContactRecord
from tests.builders import contact, written


def call_ids(tenant):
    return set(ContactRecord.objects.for_tenant(tenant).values_list("call_id", flat=True))


# --- Lines -----------------------------------------------------------------------------------------------------

REJECTED = {
    "is not an object": [1, 2],
    "is not JSON: Expecting value": "nonsense\n",
    "id is missing": contact(id=None),
    "id is longer than 200 characters": contact(id="x" * 201),
    "started_at is missing": {"id": "1", "media_type": "voice", "call_type": "incoming"},
    "started_at is not a time": contact(started_at="yesterday"),
    "started_at is not between 2000-01-01 and tomorrow": contact(started_at="1999-12-31T23:59:59Z"),
    "connected_at is before started_at": contact(connected_at="2001-01-01T00:00:00Z"),
    "ended_at is before the contact began": contact(connected_at=None, ended_at="2001-01-01T00:00:00Z"),
    "ended_at is not a time of a contact": contact(ended_at="2999-01-01T00:00:00Z"),
    "ended_at is later than tomorrow": contact(ended_at="2199-01-01T00:00:00Z"),
    "updated_at is later than tomorrow": contact(updated_at="2199-01-01T00:00:00Z"),
    "call_sn is not 19 digits": contact(call_sn="0234567890123456789"),
    "duration_seconds is not a number of seconds": contact(duration_seconds=-1),
    "channel is for multimedia, and only for it": contact(channel="web"),
    "media_type is none of voice, video, multimedia": contact(media_type="fax"),
    "hang_up_party is none of user, agent": contact(hang_up_party=["user"]),
    "customer_name is longer than 200 characters": contact(customer_name="x" * 201),
    "customer_name is not text": contact(customer_name=5),
    "customer_name contains a NUL character": contact(customer_name="a\x00b"),
    "customer_number contains the control character U+0009": contact(customer_number="46\t70"),
    "account contains the control character U+009B": contact(account="ad\x9bmin"),
    "remarks contains half of a character": contact(remarks="\ud800"),
    "remarks is longer than 500 characters": contact(remarks="x" * 501),
    "organization_unit Nowhere is unknown": contact(organization_unit=["Nowhere"]),
    "call_reason is not a list of at most 3 names": contact(call_reason=["1", "2", "3", "4"]),
    "messages is not a list of objects": contact(messages=["Hi"]),
    "messages: offset_seconds is not a number of seconds": contact(messages=[{"offset_seconds": "1"}]),
    "transfers: kind is missing": contact(transfers=[{}]),
    "recordings: body is not base64": contact(recordings=[{"body": "ü"}]),
    "recordings: name is missing": contact(recordings=[{}]),
    "has id twice": json.dumps(contact())[:-1] + ', "id": "other"}\n',
    "has a number of too many digits": json.dumps(contact())[:-1] + f', "n": {"9" * 4301}}}\n',
    "is not JSON: nested too deeply": json.dumps(contact())[:-1] + f', "n": {"[" * 50_000}\n',
    "is not JSON: NaN is no number": json.dumps(contact(n=float("nan"))) + "\n",
    "is not JSON: Infinity is no number": contact(n=float("inf")),
    "is not JSON: -Infinity is no number": contact(n=float("-inf")),
    "is not JSON: Invalid control character at": '{"id": "\x00"}\n',
    "is not JSON: Expecting ',' delimiter": json.dumps(contact())[:-1] + "\n",
}


def test_each_line_that_cannot_be_loaded_is_told_with_its_reason_and_stops_no_other(acme, load):
    lines = []
    for line in REJECTED.values():
        lines += [contact(), line]

    said, rejected = load([*lines, contact()])

    assert sorted(rejected) == [(2 * n, reason) for n, reason in enumerate(REJECTED, 1)]
    assert f"{len(REJECTED) + 1:,} new, 0 updated, 0 unchanged, {len(REJECTED)} rejected." in said
    assert ContactRecord.objects.for_tenant(acme).count() == len(REJECTED) + 1


@pytest.mark.parametrize("value", ["1e400", "9" * 400, "true", '"5"', "[]", "-0.1"])
def test_a_duration_that_is_no_number_of_seconds_is_rejected(load, value):
    line = json.dumps(contact(duration_seconds=0)).replace('"duration_seconds": 0', f'"duration_seconds": {value}')

    _said, rejected = load([line + "\n"])

    assert rejected == [(1, "duration_seconds is not a number of seconds")]


ODD_TIMES = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "٢٠٢٦-٠٣-٢٠", "2026-03-29T02:30:00.1234567890Z",
    "20260320T10",
]  # fmt: skip


@pytest.mark.parametrize("value", ODD_TIMES)
@pytest.mark.parametrize("name", ["started_at", "connected_at", "ended_at", "updated_at"])
def test_an_odd_time_is_a_time_or_rejected(load, name, value):
    said, rejected = load([contact(**{name: value}), contact()])

    assert "1 new" in said or not rejected
    assert len(rejected) <= 1


def test_what_the_database_refuses_stops_no_other(acme, load, monkeypatch):
    # The rule is checked before; here the check is taken away to see the database's own at work.
    monkeypatch.setattr(loader, "derived_call_sn", lambda tenant, source, call: call)
    records = [contact(call_id="1234567890123456789" if n != 3 else "not digits") for n in range(8)]

    said, rejected = load(records)

    assert rejected == [(4, "the database refused it: call_sn_is_19_digits")]
    assert "7 new" in said


def test_with_strict_an_unknown_account_is_rejected_and_not_made(acme, agent, load):
    contacts = [contact(account="stranger"), contact(account="agent"), contact(employee_id="4711")]

    said, rejected = load(contacts, strict=True)

    assert rejected == [(1, "account stranger is unknown"), (3, "account 4711 is unknown")]
    assert "1 new" in said
    assert [account.name for account in Account.objects.for_tenant(acme)] == ["agent"]


def test_after_a_load_without_rejections_there_is_no_rejects_file(load, tmp_path):
    load([contact(), "nonsense\n"])
    assert (tmp_path / "rejects.ndjson").exists()

    load([contact()])

    assert not (tmp_path / "rejects.ndjson").exists()


# --- Files ------------------------------------------------------------------------------------------------------

LINE = json.dumps(contact(id="1", call_id="x")).encode()
LINES = b"".join(json.dumps(contact(customer_name=name)).encode() + b"\n" for name in ("Ada", "Zoë", "账单"))


@pytest.mark.parametrize(
    ("content", "loaded", "rejected"),
    [
        (b"", 0, []),
        (b"\n\n  \n", 0, []),
        (LINE, 1, []),
        (LINES, 3, []),
        (LINES.replace(b"\n", b"\r\n"), 3, []),
        (LINES.replace(b"\n", b"\n\n"), 3, []),
        (b"\xef\xbb\xbf" + LINES, 3, []),
        (json.dumps(json.loads(LINE), indent=2).encode(), 1, []),
        (b"\xef\xbb\xbf" + json.dumps(json.loads(LINE), indent=2).encode(), 1, []),
        (LINE + b"\n" + LINE[:40], 1, [(2, "is not JSON: Unterminated string starting at")]),
        (LINE + b"\n\xff\xfe\n", 1, [(2, "is not UTF-8")]),
        (LINE + b"\n" + b"[" * 100_000 + b"\n", 1, [(2, "is not JSON: nested too deeply")]),
        (b"[" + LINE + b"]", 0, [(1, "is not an object")]),
        (b"[\n" + LINES.replace(b"}\n", b"},\n") + LINE + b"\n]", 0, [(1, "is not an object")]),
        (b"[\n" + LINES, 3, [(1, "is not JSON: Expecting value")]),
        (b"\x00" * 100, 0, [(1, "is not text")]),
        (b"\x00" * 100 + b"\n" + LINE, 1, [(1, "is not JSON: Expecting value")]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 0, [(1, "is not text")]),
        (gzip.compress(LINE), 0, [(1, "is compressed (gzip): unpack it first")]),
    ],
    ids=["empty", "blank", "one line", "lines", "CRLF", "blank between", "BOM", "indented", "indented with BOM",
         "cut off", "not UTF-8", "nested", "a list",
         "a list of lines", "a list cut off", "NULs", "NULs, then lines", "a picture", "gzip"],
)  # fmt: skip
def test_files_as_programs_write_them(acme, load, content, loaded, rejected):
    _said, found = load(content)

    assert found == rejected
    assert ContactRecord.objects.for_tenant(acme).count() == loaded


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_rejected_once_and_named(load, encoding):
    text = json.dumps(contact(customer_name="Zoë"), ensure_ascii=False)

    _said, rejected = load((text + "\n" + text + "\n").encode(encoding))

    assert rejected == [(1, "is UTF-16 or UTF-32: save it as UTF-8")]


def test_bytes_that_are_no_characters_are_a_bad_line(load):
    text = json.dumps(contact(customer_name="Zoë"), ensure_ascii=False)

    _said, rejected = load(text.encode("latin-1") + b"\n" + LINE)

    assert rejected == [(1, "is not UTF-8")]


def test_a_first_line_that_is_cut_off_stops_no_other(acme, load):
    _said, rejected = load(LINE[:40] + b"\n" + LINES)

    assert rejected == [(1, "is not JSON: Invalid control character at")]
    assert ContactRecord.objects.for_tenant(acme).count() == 3


def test_a_line_that_is_too_long_stops_no_other(acme, load, monkeypatch):
    monkeypatch.setattr(documents, "LONGEST_DOCUMENT", 2_000)
    long = contact(messages=[{"text": "x" * 5_000_000}])

    _said, rejected = load([contact(), long, contact(), long])

    assert rejected == [(2, "is longer than 64 MB"), (4, "is longer than 64 MB")]
    assert ContactRecord.objects.for_tenant(acme).count() == 2


def test_folders_are_read_in_order_of_name_and_other_files_left_out(acme, load, tmp_path):
    folder = tmp_path / "export"
    (folder / "deeper").mkdir(parents=True)
    for name in ("b.ndjson", "a.jsonl", "deeper/c.JSON", "notes.txt", "d.vcon"):
        written(folder / name, [contact(id=name, call_id=name)])
    (folder / "deeper" / "up").symlink_to(folder, target_is_directory=True)

    names = [path.name for path in ingest.files([folder])]
    load(folder)

    assert names == ["a.jsonl", "b.ndjson", "d.vcon", "c.JSON"]
    assert call_ids(acme) == {"a.jsonl", "b.ndjson", "d.vcon", "deeper/c.JSON"}


def test_a_file_that_is_named_is_read_whatever_its_ending(acme, load, tmp_path):
    load(written(tmp_path / "notes.txt", [contact(call_id="x")]))

    assert call_ids(acme) == {"x"}


def test_files_that_cannot_be_read_stop_no_other(acme, load, tmp_path):
    folder = tmp_path / "export"
    (folder / "a folder.json").mkdir(parents=True)
    os.mkfifo(folder / "b pipe.json")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "c socket.json"))
    (folder / "d loop.json").symlink_to(folder / "d loop.json")
    (folder / "e device.json").symlink_to("/dev/zero")
    (folder / "f nowhere.json").symlink_to(tmp_path / "nowhere")
    written(folder / "g empty.json", b"")
    written(folder / "h empty.ndjson", b"")
    written(folder / "i good.json", [contact(call_id="x")])
    # A file that can be opened, and read at no place where there is something.
    (folder / "j broken.json").symlink_to("/proc/self/mem")
    (folder / "k up").symlink_to(folder, target_is_directory=True)

    _said, rejected = load(folder)

    assert rejected == [
        (0, "is not a file"),
        (0, "the file cannot be read: No such device or address"),
        (0, "the file cannot be read: Too many levels of symbolic links"),
        (0, "is not a file"),
        (0, "the file cannot be read: No such file or directory"),
        (1, "is empty"),
        (0, "the file cannot be read: Input/output error"),
    ]
    assert call_ids(acme) == {"x"}


@contextmanager
def _as_anybody(folder):
    """As somebody whose folder this is and who may not read everything, as root may."""
    nobody = 65534
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_its_owner_keeps_closed_is_rejected_and_stops_no_other():
    # pytest's own folders are nobody else's.
    with tempfile.TemporaryDirectory() as name, _as_anybody(folder := Path(name)):
        (folder / "closed").mkdir()
        written(folder / "a.json", [contact()])
        written(folder / "b.json", [contact()])
        (folder / "a.json").chmod(0)
        (folder / "closed").chmod(0)

        reads = [read for file in ingest.files([folder]) for read in ingest.read(file, now=timezone.now())]

        (folder / "closed").chmod(0o700)
    assert [(Path(read.where).name, read.line, read.reason) for read in reads] == [
        ("a.json", 0, "the file cannot be read: Permission denied"),
        ("b.json", 1, ""),
        ("closed", 0, "the file cannot be read: Permission denied"),
    ]


def test_what_vanishes_before_it_is_read_is_rejected(tmp_path):
    names = [written(tmp_path / name, [contact()]) for name in ("a.json", "b.json")]
    found = list(ingest.files([tmp_path]))
    names[0].unlink()

    reads = [read for file in found for read in ingest.read(file, now=timezone.now())]

    assert [(read.reason, len(read.contacts)) for read in reads] == [
        ("the file cannot be read: No such file or directory", 0), ("", 1),
    ]  # fmt: skip


def test_ten_thousand_small_files_are_a_folder_like_any_other(acme, load, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    bad = written(tmp_path / "bad", b"nonsense")
    good = [written(tmp_path / f"{n}", LINE.replace(b'"1"', b'"%d"' % n)) for n in range(50)]
    for n in range(10_000):
        os.link(good[n % 50] if n % 100 else bad, folder / f"{n}.json")

    said, rejected = load(folder)

    assert "50 new, 0 updated, 9,850 unchanged" in said
    assert rejected == [(1, "is not JSON: Expecting value")] * 100


def test_a_file_with_a_name_that_is_no_text_can_be_rejected(acme, load, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff.json", "wb") as file:
        file.write(b"nonsense")

    _said, rejected = load(folder)

    assert rejected == [(1, "is not JSON: Expecting value")]
