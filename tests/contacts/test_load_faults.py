"""Do two loads at once make every record once, without waiting for each other longer than they have to?

Loads that are killed are tried in test_load_kills.py.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from aicc.tenants.models import Account
from contacts import ingest
from contacts.ingest import loader
from contacts.models import ContactRecord, Message
from tests.builders import contact

BEGUN = datetime(2026, 1, 20, tzinfo=UTC)


def record(number):
    return contact(
        id=f"r{number}",
        call_id=f"call-{number}",
        call_sn=str(10**18 + number),
        # Over three months, so that a run makes partitions.
        started_at=BEGUN + timedelta(minutes=5 * number),
        account=f"agent.{number % 40}",
        employee_id=str(number % 40),
        skill_queue=f"Queue {number % 7}",
        call_reason=["Billing", f"Reason {number % 11}"],
        messages=[{"text": f"{number} Hello"}, {"text": f"{number} Bye"}],
        transfers=[{"kind": "queue", "to": f"{number}"}] if number % 3 == 0 else [],
    )


def held(tenant):
    return ContactRecord.objects.for_tenant(tenant).count()


class Loading(threading.Thread):
    """A load in a connection of its own."""

    def __init__(self, tenant, records, on_progress=lambda report: None):
        super().__init__()
        self.tenant, self.records, self.on_progress = tenant, records, on_progress
        self.report = None

    def run(self):
        try:
            reads = ingest.read_records(self.records, where="tests", now=timezone.now())
            self.report = ingest.load(self.tenant, reads, source="tests", on_progress=self.on_progress)
        finally:
            connection.close()


def wait_until_somebody_waits():
    """Until a load stands before a lock that this test holds."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    pytest.fail("nobody waited")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("new_month", [False, True], ids=["a month that is there", "a month that neither has"])
def test_a_second_load_waits_and_finds_what_the_first_made(acme, new_month):
    # Partitions outlive a test: a year for each case.
    times = {"started_at": f"20{10 + new_month}-11-05T00:00:00Z", "connected_at": None, "ended_at": None}
    records = [{**record(number), **times} for number in range(61)]
    if not new_month:
        ingest.load(acme, ingest.read_records([records[60]], where="tests", now=timezone.now()), source="tests")
    del records[60]
    second = Loading(acme, records)

    with transaction.atomic():
        first = ingest.load(acme, ingest.read_records(records, where="tests", now=timezone.now()), source="tests")
        second.start()
        wait_until_somebody_waits()
    second.join()

    assert (first.inserted, second.report.inserted, second.report.unchanged) == (60, 0, 60)
    assert held(acme) == 60 + (not new_month)
    assert Message.objects.for_tenant(acme).count() == 2 * held(acme)
    assert Account.objects.for_tenant(acme).count() == 40


@pytest.mark.django_db(transaction=True)
def test_two_loads_of_the_same_records_make_each_once(acme, monkeypatch):
    monkeypatch.setattr(loader, "BATCH", 50)
    together = threading.Barrier(2, timeout=60)
    records = [record(number) for number in range(400)]
    loads = [Loading(acme, records, on_progress=lambda report: together.wait()) for _ in range(2)]

    for load in loads:
        load.start()
    for load in loads:
        load.join()

    reports = [load.report for load in loads]
    assert sum(report.inserted for report in reports) == 400
    assert sum(report.unchanged for report in reports) == 400
    assert sum(report.rejected for report in reports) == 0
    assert held(acme) == 400
    assert Message.objects.for_tenant(acme).count() == 800


@pytest.mark.django_db(transaction=True)
def test_loads_of_two_tenants_do_not_wait_for_each_other(acme, globex):
    records = [record(number) for number in range(20)]
    for tenant in (acme, globex):
        ingest.load(tenant, ingest.read_records(records[:1], where="tests", now=timezone.now()), source="tests")
    other = Loading(globex, records)

    with transaction.atomic():
        ingest.load(acme, ingest.read_records(records, where="tests", now=timezone.now()), source="tests")
        other.start()
        other.join(60)

    assert not other.is_alive()
    assert other.report.inserted == 19
