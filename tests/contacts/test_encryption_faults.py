"""Is nothing lost and nothing left plain when a conversion is killed, and when loads go on beside it?"""

import signal
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from aicc.tenants import parameters
from aicc.tenants.conversion import Goal, left
from contacts import ingest
from contacts.models import ContactRecord, Transfer
from tests.builders import contact
from tests.contacts.test_load_faults import Loading, wait_until_somebody_waits
from tests.processes import manage

COUNT = 6_000
NOW = timezone.now()


def record(number, version=1):
    return contact(
        id=f"r{number}",
        call_id=f"call-{number}",
        # Over months, so that a newer version moves some to another.
        started_at=NOW - timedelta(minutes=10 * (number if version == 1 else COUNT - number)),
        updated_at=NOW + timedelta(hours=version),
        customer_number=f"+46{number:06}",
        customer_name=f"Customer {number} v{version}",
        transfers=[{"kind": "internal", "from": "Ada", "to": f"Desk {number} v{version}"}] if number % 5 == 0 else [],
    )


def load(tenant, records):
    ingest.load(tenant, ingest.read_records(records, where="tests", now=NOW), source="tests")


def sealed():
    """How many records are sealed, and how many parties of transfers."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {ContactRecord._meta.db_table} WHERE customer_name ~ '^~'),"
            f" (SELECT count(*) FROM {Transfer._meta.db_table} WHERE to_party ~ '^~')"
        )
        return cursor.fetchone()


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_conversion_that_was_killed_is_run_again_beside_a_load(acme):
    load(acme, [record(number) for number in range(COUNT)])
    parameters.ENCRYPTION.set(None, True)

    process = manage("encrypt_personal_data")
    while not sealed()[0]:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 0 < sealed()[0] < COUNT

    newer = Loading(acme, [record(number, version=2) for number in range(0, COUNT, 3)])
    newer.start()
    call_command("encrypt_personal_data")
    newer.join()

    assert newer.report.updated == COUNT // 3
    assert sealed() == (COUNT, COUNT // 5)
    assert not any(dict(left(Goal.in_force())).values())
    names = dict(ContactRecord.objects.for_tenant(acme).values_list("call_id", "customer_name"))
    assert names == {f"call-{n}": f"Customer {n} v{1 + (n % 3 == 0)}" for n in range(COUNT)}
    parties = set(Transfer.objects.for_tenant(acme).values_list("to_party", flat=True))
    assert parties == {f"Desk {n} v{1 + (n % 3 == 0)}" for n in range(0, COUNT, 5)}


class Converting(threading.Thread):
    """A conversion in a connection of its own."""

    def run(self):
        try:
            call_command("encrypt_personal_data")
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_conversion_waits_for_whoever_asked_before_the_parameter_changed(acme):
    load(acme, [record(0)])
    parameters.ENCRYPTION.set(None, True)
    converting = Converting()

    with transaction.atomic():
        # In here it is still No.
        parameters.ENCRYPTION.set(None, False)
        load(acme, [record(5)])
        parameters.ENCRYPTION.set(None, True)
        converting.start()
        wait_until_somebody_waits()
    converting.join()

    assert sealed() == (2, 2)
