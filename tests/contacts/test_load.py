"""Do files become records, once each and in their newest version, and is what cannot be loaded told with its reason?

What a vCon says is tried in test_load_vcons.py, kills and two loads at once in test_load_faults.py.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from aicc.tenants.models import Account, SkillQueue
from contacts import ingest
from contacts.ingest import loader, sources
from contacts.models import CallReason, ContactRecord, Message, Transfer
from tests import builders
from tests.builders import contact

NOW = timezone.now()


@pytest.fixture
def load(acme, tmp_path):
    """Run the command on bytes, lines, files or folders; returns what it said and the rejections."""

    def load(*parts, **options):
        paths = [part if isinstance(part, os.PathLike) else written(tmp_path / "contacts.ndjson", part) for part in parts]
        output, rejects = StringIO(), tmp_path / "rejects.ndjson"
        call_command("load_contacts", *paths, tenant="acme", rejects=rejects, stdout=output, stderr=StringIO(), **options)
        rejected = [json.loads(line) for line in rejects.read_text().splitlines()] if rejects.exists() else []
        return output.getvalue(), [(rejection["line"], rejection["reason"]) for rejection in rejected]

    return load


def written(path, content):
    if not isinstance(content, bytes):
        content = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in content).encode()
    path.write_bytes(content)
    return path


def stored(tenant):
    return {record.call_id: record for record in ContactRecord.objects.for_tenant(tenant)}


# --- What is kept ----------------------------------------------------------------------------------------------


def test_a_record_is_kept_as_its_source_tells_it(acme, agent, load):
    begun = datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
    full = contact(
        id="a-1", updated_at=begun + timedelta(days=1), call_sn="1234567890123456789", call_id="call-1",
        started_at=begun, connected_at=begun + timedelta(seconds=3), ended_at=begun + timedelta(seconds=63.9),
        media_type="multimedia", channel="whatsapp", call_type="offline_queue", customer_number="+1", customer_name=" Zoë ",
        caller_number="+2", called_number="+3", handled_number="+4", account="agent", employee_id="77",
        organization_unit=["Field"], skill_queue="Billing", hang_up_party="agent", call_reason=["Billing", "Refund"],
        remarks="Twice", satisfaction="4",
        messages=[{"text": "Hi", "side": "customer", "sender": "Zoë", "kind": "text", "at": "2026-03-01T10:00:05+01:00"}],
        transfers=[{"kind": "queue", "from": "agent", "to": "Returns", "at": "2026-03-01T10:01:00Z"}],
    )  # fmt: skip

    said, rejected = load([full])

    (record,) = stored(acme).values()
    assert rejected == []
    assert said.endswith("1 new, 0 updated, 0 unchanged, 0 rejected.\n")
    assert {name: getattr(record, name) for name in full if hasattr(record, name) and name not in ("id", "messages", "transfers")} == {
        **{name: value for name, value in full.items() if name not in ("id", "messages", "transfers", "organization_unit")},
        "customer_name": "Zoë", "updated_at": begun + timedelta(days=1), "started_at": begun,
        "connected_at": begun + timedelta(seconds=3), "ended_at": begun + timedelta(seconds=63.9), "account": agent,
        "skill_queue": SkillQueue.objects.for_tenant(acme).get(name="Billing"),
        "call_reason": CallReason.objects.for_tenant(acme).get(name="Refund"),
    }  # fmt: skip
    assert (record.duration_seconds, record.account_name, record.unit.name) == (60, "agent", "Field")
    assert record.call_reason.path == ["Billing", "Refund"]
    message, transfer = Message.objects.for_tenant(acme).get(), Transfer.objects.for_tenant(acme).get()
    assert (message.record, message.text, message.sent_at) == (record, "Hi", datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC))
    assert (transfer.record, transfer.kind, transfer.to_party) == (record, "queue", "Returns")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"duration_seconds": 7.99}, 7),
        ({"duration_seconds": 0}, 0),
        ({"connected_at": None}, None),
        ({"ended_at": None}, None),
        ({}, 60),
    ],
)
def test_a_duration_is_whole_seconds_rounded_down_or_nothing(acme, load, fields, seconds):
    load([contact(call_id="x", **fields)])

    assert stored(acme)["x"].duration_seconds == seconds


def test_a_missing_call_serial_number_is_derived_and_always_the_same(acme, load):
    legs = [contact(id="leg-1", call_id="same"), contact(id="leg-2", call_id="same"), contact(id="leg-3", call_id="")]

    load(legs)

    first, second, other = (ContactRecord.objects.for_tenant(acme).get(id=loader.record_id(acme, "default", leg["id"])) for leg in legs)
    assert first.call_sn == second.call_sn == loader.derived_call_sn(acme, "default", "same")
    assert other.call_sn == loader.derived_call_sn(acme, "default", "leg-3") != first.call_sn


def test_names_that_are_unknown_and_harmless_are_made(acme, load):
    load([contact(account="new.one", employee_id="42", skill_queue="Fresh", call_reason=["New", "Newer"])])

    account = Account.objects.for_tenant(acme).get(name="new.one")
    assert (account.is_active, account.username, account.employee_id, account.has_usable_password()) == (
        False, None, "42", False,
    )  # fmt: skip
    assert SkillQueue.objects.for_tenant(acme).filter(name="Fresh").exists()
    assert set(CallReason.objects.for_tenant(acme).values_list("name", "is_active")) == {("New", False), ("Newer", False)}


def test_an_account_is_known_by_its_employee_id_too(acme, agent, load):
    load([contact(call_id="x", employee_id="1003")])

    record = stored(acme)["x"]
    assert (record.account, record.account_name, record.unit.name) == (agent, "agent", "North desk")


def test_a_contact_may_be_nobodys_and_unorganized(acme, agent, load):
    load([contact(call_id="nobody's"), contact(call_id="unorganized", account="agent", organization_unit=[])])

    records = stored(acme)
    assert (records["nobody's"].account, records["nobody's"].unit) == (None, None)
    assert (records["unorganized"].account, records["unorganized"].unit) == (agent, None)


def test_sources_and_tenants_have_ids_of_their_own(acme, globex, load):
    same = contact(id="1", call_id="x")

    load([same], source="pbx")
    load([same], source="chat")
    builders.load(globex, same, source="pbx")

    records = ContactRecord.objects.across_tenants()
    assert sorted((record.tenant.slug, record.source) for record in records) == [
        ("acme", "chat"), ("acme", "pbx"), ("globex", "pbx"),
    ]  # fmt: skip
    assert len({record.id for record in records}) == 3


# --- Again and newer ----------------------------------------------------------------------------------------


def everything(tenant):
    return [
        list(model.objects.for_tenant(tenant).order_by(*order).values())
        for model, order in ((ContactRecord, ["id"]), (Message, ["record_id", "position"]), (Transfer, ["record_id", "position"]))
    ]


def test_loading_twice_changes_nothing(acme, load):
    records = [contact(messages=[{"text": "Hi"}], transfers=[{"kind": "ivr"}], account="new.one") for _ in range(5)]
    load(records)
    before = everything(acme)

    said, _rejected = load(records)

    assert "0 new, 0 updated, 5 unchanged, 0 rejected" in said
    assert everything(acme) == before


def version(number, **fields):
    return contact(id="1", call_id="x", updated_at=NOW + timedelta(minutes=number), **fields)


def test_a_newer_version_updates_and_an_older_one_does_not(acme, load):
    load([version(1, remarks="first", messages=[{"text": "one"}, {"text": "two"}])])

    load([version(2, remarks="second", messages=[{"text": "three"}])])
    load([version(0, remarks="zeroth", messages=[])])

    assert stored(acme)["x"].remarks == "second"
    assert [message.text for message in Message.objects.for_tenant(acme)] == ["three"]


def test_of_several_versions_in_a_file_the_newest_counts(acme, load):
    said, _rejected = load([version(2, remarks="second"), version(3, remarks="third"), version(1, remarks="first")])

    assert stored(acme)["x"].remarks == "third"
    assert "1 new, 0 updated, 2 unchanged" in said


def test_a_newer_version_may_have_started_in_another_month(acme, load):
    load([version(1, started_at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC), messages=[{"text": "kept"}])])

    load([version(2, started_at=datetime(2026, 1, 1, 0, 1, tzinfo=UTC), messages=[{"text": "kept"}])])

    (record,) = ContactRecord.objects.for_tenant(acme)
    assert record.started_at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert [message.text for message in record.messages.for_tenant(acme)] == ["kept"]


def test_a_call_reason_that_was_set_here_stays(acme, load):
    load([version(1, call_reason=["Theirs"], remarks="theirs", customer_name="Ada")])
    ours = CallReason.objects.create(tenant=acme, name="Ours")
    set_at = timezone.now()
    ContactRecord.objects.for_tenant(acme).update(call_reason=ours, remarks="ours", reason_set_at=set_at)

    load([version(2, call_reason=["Theirs"], remarks="theirs again", customer_name="Grace")])

    record = stored(acme)["x"]
    assert (record.call_reason, record.remarks, record.reason_set_at) == (ours, "ours", set_at)
    assert record.customer_name == "Grace"


def test_a_call_reason_that_was_not_set_here_follows_its_source(acme, load):
    load([version(1, call_reason=["First"])])

    load([version(2, call_reason=["Second"])])

    assert stored(acme)["x"].call_reason.name == "Second"


# --- What is rejected -----------------------------------------------------------------------------------------

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
    "call_sn is not 19 digits": contact(call_sn="0234567890123456789"),
    "duration_seconds is not a number of seconds": contact(duration_seconds=-1),
    "channel is for multimedia, and only for it": contact(channel="web"),
    "media_type is none of voice, video, multimedia": contact(media_type="fax"),
    "hang_up_party is none of user, agent": contact(hang_up_party=["user"]),
    "customer_name is longer than 200 characters": contact(customer_name="x" * 201),
    "customer_name is not text": contact(customer_name=5),
    "customer_name contains a NUL character": contact(customer_name="a\x00b"),
    "remarks contains half of a character": contact(remarks="\ud800"),
    "remarks is longer than 500 characters": contact(remarks="x" * 501),
    "organization_unit Nowhere is unknown": contact(organization_unit=["Nowhere"]),
    "call_reason is not a list of at most 3 names": contact(call_reason=["1", "2", "3", "4"]),
    "messages is not a list of objects": contact(messages=["Hi"]),
    "messages: offset_seconds is not a number of seconds": contact(messages=[{"offset_seconds": "1"}]),
    "transfers: kind is missing": contact(transfers=[{}]),
}


def test_each_line_that_cannot_be_loaded_is_told_with_its_reason_and_stops_no_other(acme, load):
    lines = []
    for line in REJECTED.values():
        lines += [contact(), line]

    said, rejected = load([*lines, contact()])

    assert sorted(rejected) == [(2 * n, reason) for n, reason in enumerate(REJECTED, 1)]
    assert f"{len(REJECTED) + 1:,} new, 0 updated, 0 unchanged, {len(REJECTED)} rejected." in said
    assert ContactRecord.objects.for_tenant(acme).count() == len(REJECTED) + 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 400, "true", '"5"', "[]"])
def test_a_duration_that_is_no_number_of_seconds_is_rejected(load, value):
    line = json.dumps(contact(duration_seconds=0)).replace('"duration_seconds": 0', f'"duration_seconds": {value}')

    _said, rejected = load([line + "\n"])

    assert rejected == [(1, "duration_seconds is not a number of seconds")]


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "٢٠٢٦-٠٣-٢٠", "2026-03-29T02:30:00.1234567890Z", "20260320T10"])
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
    said, rejected = load([contact(account="stranger"), contact(account="agent"), contact(employee_id="4711")], strict=True)

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
        (b"\x00" * 100, 0, [(1, "is not JSON: Expecting value")]),
    ],
    ids=["empty", "blank", "one line", "lines", "CRLF", "blank between", "BOM", "indented", "indented with BOM", "cut off",
         "not UTF-8", "nested", "a list", "NULs"],
)  # fmt: skip
def test_files_as_programs_write_them(acme, load, content, loaded, rejected):
    _said, found = load(content)

    assert found == rejected
    assert ContactRecord.objects.for_tenant(acme).count() == loaded


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_another_encoding_is_rejected_as_such(acme, load, encoding):
    text = json.dumps(contact(customer_name="Zoë"), ensure_ascii=False)

    said, rejected = load((text + "\n" + text + "\n").encode(encoding))

    assert rejected[0][0] == 1
    assert {reason for _line, reason in rejected} <= {"is not UTF-8", "is not JSON: Expecting value", "is not JSON: Extra data"}
    assert "0 new" in said


@pytest.mark.xfail(reason="an open first line is taken for the beginning of one document", strict=True)
def test_a_first_line_that_is_cut_off_stops_no_other(acme, load):
    _said, rejected = load(LINE[:40] + b"\n" + LINES)

    assert rejected == [(1, "is not JSON: Unterminated string starting at")]
    assert ContactRecord.objects.for_tenant(acme).count() == 3


def test_a_line_that_is_too_long_stops_no_other(acme, load, monkeypatch):
    monkeypatch.setattr(sources, "LONGEST_DOCUMENT", 2_000)
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
    assert set(stored(acme)) == {"a.jsonl", "b.ndjson", "d.vcon", "deeper/c.JSON"}


def test_a_file_that_is_named_is_read_whatever_its_ending(acme, load, tmp_path):
    load(written(tmp_path / "notes.txt", [contact(call_id="x")]))

    assert set(stored(acme)) == {"x"}


def test_files_that_cannot_be_read_stop_no_other(acme, load, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "a.json").symlink_to(tmp_path / "nowhere")
    written(folder / "b.json", [contact(call_id="x")])

    _said, rejected = load(folder)

    assert rejected == [(0, "the file cannot be read: No such file or directory")]
    assert set(stored(acme)) == {"x"}


@pytest.mark.xfail(reason="the rejects file cannot hold half of a character", raises=UnicodeEncodeError, strict=True)
def test_a_file_with_a_name_that_is_no_text_can_be_rejected(acme, load, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff.json", "wb") as file:
        file.write(b"nonsense")

    _said, rejected = load(folder)

    assert rejected == [(1, "is not JSON: Expecting value")]


@pytest.mark.parametrize(("options", "message"), [({"tenant": "nobody"}, "no tenant nobody"), ({}, "There is no ")])
def test_what_is_not_there_is_said_before_anything_is_loaded(acme, tmp_path, options, message):
    path = tmp_path / "missing.ndjson"

    with pytest.raises(CommandError, match=message):
        call_command("load_contacts", path, **{"tenant": "acme", **options})
