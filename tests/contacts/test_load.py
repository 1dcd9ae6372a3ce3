"""Do files become records, once each and in their newest version?

What cannot be loaded is tried in test_load_rejects.py, what a vCon says in test_load_vcons.py, kills and two loads at
once in test_load_faults.py.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from aicc.tenants.models import Account, OrganizationUnit, SkillQueue
from contacts.ingest import loader
from contacts.models import CallReason, ContactRecord, Handled, Message, ReasonChange, Transfer
from tests import builders
from tests.builders import contact

NOW = timezone.now()


def stored(tenant):
    return {record.call_id: record for record in ContactRecord.objects.for_tenant(tenant)}


# --- What is kept ----------------------------------------------------------------------------------------------


# What is kept letter by letter.
PLAIN = (
    "call_sn", "call_id", "media_type", "channel", "call_type", "customer_number", "caller_number", "called_number",
    "handled_number", "employee_id", "hang_up_party", "remarks", "satisfaction",
)  # fmt: skip


def test_a_record_is_kept_as_its_source_tells_it(acme, agent, load):
    begun = datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
    connected, ended = begun + timedelta(seconds=3), begun + timedelta(seconds=63.9)
    full = contact(
        id="a-1", updated_at=begun + timedelta(days=1), call_sn="1234567890123456789", call_id="call-1",
        started_at=begun, connected_at=connected, ended_at=ended, media_type="multimedia", channel="whatsapp",
        call_type="offline_queue", customer_number="+1", customer_name=" Zoë ",
        caller_number="+2", called_number="+3", handled_number="+4", account="agent", employee_id="77",
        organization_unit=["Field"], skill_queue="Billing", hang_up_party="agent", call_reason=["Billing", "Refund"],
        remarks="Twice", satisfaction="4",
        messages=[{"text": "Hi", "side": "customer", "sender": "Zoë", "at": "2026-03-01T10:00:05+01:00"}],
        transfers=[{"kind": "queue", "from": "agent", "to": "Returns", "at": "2026-03-01T10:01:00Z"}],
        phases=[
            {"kind": "queue", "name": "Billing", "started_at": begun.isoformat(), "ended_at": connected.isoformat()},
            {"kind": "talk", "name": "agent", "started_at": connected.isoformat()},
        ],
        reason_set_at=ended.isoformat(), reason_set_by="them",
    )  # fmt: skip

    said, rejected = load([full])

    (record,) = stored(acme).values()
    assert rejected == []
    assert said.endswith("1 new, 0 updated, 0 unchanged, 0 rejected.\n")
    assert {name: getattr(record, name) for name in PLAIN} == {name: full[name] for name in PLAIN}
    assert (record.started_at, record.connected_at, record.ended_at) == (begun, connected, ended)
    assert (record.updated_at, record.customer_name) == (begun + timedelta(days=1), "Zoë")
    assert (record.account, record.skill_queue.name) == (agent, "Billing")
    assert (record.duration_seconds, record.account_name, record.unit.name) == (60, "agent", "Field")
    assert record.call_reason.path == ["Billing", "Refund"]
    message, transfer = Message.objects.for_tenant(acme).get(), Transfer.objects.for_tenant(acme).get()
    assert (message.record, message.text, message.sent_at) == (record, "Hi", datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC))
    assert (transfer.record, transfer.kind, transfer.to_party) == (record, "queue", "Returns")
    assert (record.reason_set_at, record.reason_set_by, record.reason_version) == (ended, "them", 0)
    assert [
        (phase.kind, phase.name, phase.started_at, phase.ended_at) for phase in record.phases.order_by("position")
    ] == [
        ("queue", "Billing", begun, connected),
        ("talk", "agent", connected, None),
    ]


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

    records = ContactRecord.objects.for_tenant(acme)
    first, second, other = (records.get(id=loader.record_id(acme, "default", leg["id"])) for leg in legs)
    assert first.call_sn == second.call_sn == loader.derived_call_sn(acme, "default", "same")
    assert other.call_sn == loader.derived_call_sn(acme, "default", "leg-3") != first.call_sn


def test_names_that_are_unknown_and_harmless_are_made(acme, load):
    load([contact(account="new.one", employee_id="42", skill_queue="Fresh", call_reason=["New", "Newer"])])

    account = Account.objects.for_tenant(acme).get(name="new.one")
    assert (account.is_active, account.username, account.employee_id, account.has_usable_password()) == (
        False, None, "42", False,
    )  # fmt: skip
    assert SkillQueue.objects.for_tenant(acme).filter(name="Fresh").exists()
    reasons = CallReason.objects.for_tenant(acme).values_list("name", "is_active")
    assert set(reasons) == {("New", False), ("Newer", False)}


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
    """Every row that a load may write, with the transaction that wrote it and the place it lies."""
    held = {}
    with connection.cursor() as cursor:
        for model in (ContactRecord, Message, Transfer, Handled, Account, SkillQueue, CallReason, OrganizationUnit):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT tableoid, ctid, xmin, cmin, t::text FROM {table} t WHERE tenant_id = %s ORDER BY 1, 2",
                [tenant.pk],
            )
            held[table] = cursor.fetchall()
    return held


def test_loading_twice_writes_nothing(acme, agent, load):
    records = [
        contact(
            messages=[{"text": "Hi"}], transfers=[{"kind": "ivr"}], account=f"new.{n % 2}", skill_queue="Fresh",
            call_reason=["New", "Newer"],
        )
        for n in range(5)
    ]  # fmt: skip
    load(records)
    before = everything(acme)
    assert all(before.values())

    said, _rejected = load(records)

    assert "0 new, 0 updated, 5 unchanged, 0 rejected" in said
    assert everything(acme) == before


def test_what_did_not_change_is_left_alone_beside_what_did(acme, load):
    load([contact(id="same", messages=[{"text": "Hi"}]), version(1)])
    before = everything(acme)

    load([contact(id="same", messages=[{"text": "Other"}], updated_at=NOW - timedelta(days=1)), version(2)])

    after = everything(acme)
    assert after["contacts_message"] == before["contacts_message"]
    assert len({*after["contacts_contactrecord"]} & {*before["contacts_contactrecord"]}) == 1


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
    said = {"transfers": [{"kind": "ivr", "to": "old"}], "messages": [{"text": "one"}, {"text": "two"}]}
    load([version(1, started_at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC), **said)])

    said = {"transfers": [{"kind": "ivr", "to": "new"}], "messages": [{"text": "three"}]}
    load([version(2, started_at=datetime(2026, 1, 1, 0, 1, tzinfo=UTC), **said)])

    (record,) = ContactRecord.objects.for_tenant(acme)
    assert record.started_at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM contacts_contactrecord WHERE tenant_id = %s", [acme.pk])
        assert cursor.fetchall() == [("contacts_contactrecord_2026_01",)]
    assert [message.text for message in Message.objects.for_tenant(acme)] == ["three"]
    assert [transfer.to_party for transfer in Transfer.objects.for_tenant(acme)] == ["new"]


@pytest.mark.parametrize("days", [0, 70], ids=["in its month", "from another month"])
def test_a_call_reason_that_was_set_here_stays(acme, admin, load, days):
    load([version(1, call_reason=["Theirs"], remarks="theirs", customer_name="Ada")])
    ours = CallReason.objects.create(tenant=acme, name="Ours")
    set_at = timezone.now()
    stored(acme)["x"].set_call_reason(ours, "ours", by=admin, now=set_at)

    changed = {"customer_name": "Grace", "started_at": NOW - timedelta(days=days, hours=1)}
    load([version(2, call_reason=["Theirs"], remarks="again", reason_set_by="them", **changed)])

    record = stored(acme)["x"]
    assert (record.call_reason, record.remarks, record.reason_set_at) == (ours, "ours", set_at)
    assert record.reason_set_by == admin.name
    assert (record.customer_name, record.started_at) == ("Grace", changed["started_at"])
    history = ReasonChange.objects.for_tenant(acme).order_by("position")
    assert [change.call_reason for change in history] == ["Theirs", "Ours"]


def test_a_call_reason_that_was_not_set_here_follows_its_source(acme, load):
    load([version(1, call_reason=["First"])])

    load([version(2, call_reason=["Second"])])

    assert stored(acme)["x"].call_reason.name == "Second"
