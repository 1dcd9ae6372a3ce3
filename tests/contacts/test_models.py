"""Is the table that the migrations write by hand the one that the models describe, and does it keep its rules?"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aicc.lib import bulk
from contacts.models import CallReason, ContactRecord, Message, Transfer
from contacts.tasks import make_partitions
from contacts.visibility import Visibility
from tests import builders

TABLE = ContactRecord._meta.db_table


def ask(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


# --- The table and the model -----------------------------------------------------------------------------


def test_its_columns_are_the_models_fields(db):
    columns = ask(
        "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        TABLE,
    )

    fields = [
        (field.column, field.db_type(connection).replace("varchar", "character varying"), field.null)
        for field in ContactRecord._meta.concrete_fields
    ]
    assert sorted(columns) == sorted(fields)


def test_its_references_are_the_models(db):
    references = ask(
        "SELECT attname, confrelid::regclass::text FROM pg_constraint"
        " JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]"
        " WHERE conrelid = %s::regclass AND contype = 'f'",
        TABLE,
    )

    fields = [(f.column, f.related_model._meta.db_table) for f in ContactRecord._meta.concrete_fields if f.remote_field]
    assert sorted(references) == sorted(fields)


def test_it_is_partitioned_by_start_time_and_keyed_by_tenant_first(db):
    ((key,),) = ask("SELECT pg_get_partkeydef(%s::regclass)", TABLE)
    ((primary,),) = ask(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'p'", TABLE
    )

    assert key == "RANGE (started_at)"
    assert primary == "PRIMARY KEY (tenant_id, id, started_at)"


@pytest.mark.parametrize("model", [ContactRecord, Message, Transfer], ids=lambda model: model.__name__)
def test_no_big_table_has_an_identity_column(model, db):
    found = ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''", model._meta.db_table
    )

    assert found == []


def test_models_and_migrations_agree(db, capsys):
    call_command("makemigrations", check=True, dry_run=True)

    assert "No changes detected" in capsys.readouterr().out


# --- Its rules --------------------------------------------------------------------------------------------

NOW = timezone.now()


def record(tenant, **fields):
    return ContactRecord(
        **{
            "tenant": tenant,
            "id": 1,
            "source": "tests",
            "updated_at": NOW,
            "call_sn": "1234567890123456789",
            "started_at": NOW,
            "media_type": "voice",
            "call_type": "incoming",
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("record_id_is_63_bits", {"id": 0}),
        ("record_id_is_63_bits", {"id": -1}),
        ("call_sn_is_19_digits", {"call_sn": "123456789012345678"}),
        ("call_sn_is_19_digits", {"call_sn": "0234567890123456789"}),
        ("call_sn_is_19_digits", {"call_sn": "123456789012345678x"}),
        ("call_sn_is_19_digits", {"call_sn": "１２３４５６７８９０１２３４５６７８９"}),
        ("call_sn_is_19_digits", {"call_sn": ""}),
        ("duration_is_not_negative", {"duration_seconds": -1}),
        ("channel_is_for_multimedia", {"channel": "web"}),
        ("channel_is_for_multimedia", {"media_type": "multimedia"}),
        ("contact_ends_after_it_starts", {"ended_at": NOW - timedelta(seconds=1)}),
        ("account_id_fkey", {"account_id": 10**12}),
        ("unit_id_fkey", {"unit_id": 10**12}),
        ("call_reason_id_fkey", {"call_reason_id": 10**12}),
        ("skill_queue_id_fkey", {"skill_queue_id": 10**12}),
        ("tenant_id_fkey", {"tenant_id": 10**12}),
    ],
)
def test_the_database_refuses_what_cannot_be(rule, fields, acme):
    row = record(acme)
    for name, value in fields.items():
        setattr(row, name, value)

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        row.save(force_insert=True)

    record(acme).save(force_insert=True)


def test_a_call_reason_is_not_its_own_parent(acme):
    reason = CallReason.objects.create(tenant=acme, name="Billing")
    reason.parent = reason

    with pytest.raises(IntegrityError, match="reason_is_not_its_own_parent"), transaction.atomic():
        reason.save()


@pytest.mark.parametrize("parent", [False, True])
def test_a_call_reason_stands_once_under_its_parent(parent, acme):
    above = CallReason.objects.create(tenant=acme, name="Billing") if parent else None
    CallReason.objects.create(tenant=acme, name="Refund", parent=above)

    with pytest.raises(IntegrityError, match="reason_name_once_under_parent"), transaction.atomic():
        CallReason.objects.create(tenant=acme, name="Refund", parent=above)


# --- Records ---------------------------------------------------------------------------------------------


def test_the_path_of_a_reason_has_every_level(acme):
    reasons = [("Billing", "Refund", "Late"), ("Billing",)]

    three, one = builders.load(acme, *(builders.contact(call_reason=list(path)) for path in reasons))

    assert (three.call_reason.path, one.call_reason.path) == (["Billing", "Refund", "Late"], ["Billing"])


def test_records_of_a_call_are_those_with_its_serial_number(acme, globex):
    number = "1234567890123456789"
    first, second = builders.load(acme, builders.contact(call_sn=number), builders.contact(call_sn=number))
    builders.load(acme, builders.contact())
    builders.load(globex, builders.contact(call_sn=number))

    found = ContactRecord.objects.for_tenant(acme).of_call(number)

    assert {record.id for record in found} == {first.id, second.id}


def test_what_belongs_to_a_record_goes_with_it(acme):
    messages = [{"text": "Hello"}, {"text": "Good morning"}]
    kept, gone = builders.load(acme, builders.contact(messages=messages), builders.contact(messages=messages))

    ContactRecord.objects.for_tenant(acme).filter(id=gone.id).delete()

    assert {message.record_id for message in Message.objects.for_tenant(acme)} == {kept.id}


# --- The clock ---------------------------------------------------------------------------------------------


def test_the_clock_makes_the_partitions_of_this_month_and_three_more(db):
    month = bulk.month_of(timezone.now())
    names = []
    for _ in range(4):
        names.append(f"{TABLE}_{month:%Y_%m}")
        month = bulk.next_month(month)

    made = make_partitions()

    assert set(made) <= set(names)
    assert all(ask("SELECT to_regclass(%s) IS NOT NULL", name) == [(True,)] for name in names)
    assert make_partitions() == []


def test_records_that_waited_are_found_before_and_after_their_month_is_made(acme, admin):
    long_ago = datetime(2005, 6, 7, tzinfo=UTC)
    record(acme, id=7, started_at=long_ago).save(force_insert=True)
    before = Visibility.of(admin).within_reach().get()

    with connection.cursor() as cursor:
        made = bulk.ensure_months(cursor, TABLE, "started_at", [bulk.month_of(long_ago)])

    assert made == [f"{TABLE}_2005_06"]
    assert Visibility.of(admin).within_reach().get() == before
