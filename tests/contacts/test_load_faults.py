"""Is a load that was killed simply run again, and do two loads at once make every record once?"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from aicc.tenants.models import Account
from contacts import ingest
from contacts.ingest import loader
from contacts.models import ContactRecord, Handled, Message, Transfer
from tests.builders import contact

ROOT = Path(__file__).parents[2]
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


# --- Killed -----------------------------------------------------------------------------------------------------

COUNT = 17_000
# What a tenant holds, in words that do not depend on ids.
CONTENT = f"""
SELECT r.call_sn, r.call_id, r.started_at, r.ended_at, r.duration_seconds, r.account_name, r.employee_id, a.is_active,
    q.name, c.name, p.name, r.customer_number,
    (SELECT array_agg(m.position || m.text ORDER BY m.position) FROM {Message._meta.db_table} m
        WHERE m.tenant_id = r.tenant_id AND m.record_id = r.id),
    (SELECT array_agg(t.position || t.to_party ORDER BY t.position) FROM {Transfer._meta.db_table} t
        WHERE t.tenant_id = r.tenant_id AND t.record_id = r.id)
FROM {ContactRecord._meta.db_table} r
JOIN tenants_account a ON a.id = r.account_id
JOIN tenants_skillqueue q ON q.id = r.skill_queue_id
JOIN contacts_callreason c ON c.id = r.call_reason_id JOIN contacts_callreason p ON p.id = c.parent_id
WHERE r.tenant_id = %s
"""  # noqa: S608


def command(slug, *paths):
    """The command in a process of its own, on the database of the tests."""
    settings = connection.settings_dict
    place = {"dbname": settings["NAME"], "user": settings["USER"], "password": settings["PASSWORD"],
             "host": settings["HOST"], "port": settings["PORT"], **settings["OPTIONS"]}  # fmt: skip
    known = {name: value for name, value in place.items() if value and isinstance(value, str | int)}
    return subprocess.Popen(
        [sys.executable, "manage.py", "load_contacts", "--tenant", slug, *map(str, paths)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": make_conninfo(**known)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def held(tenant):
    return ContactRecord.objects.for_tenant(tenant).count()


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_load_that_was_killed_is_run_again_and_equals_one_that_was_not(acme, globex, tmp_path):
    file = tmp_path / "contacts.ndjson"
    file.write_text("".join(json.dumps(record(number)) + "\n" for number in range(COUNT)))

    process = command("acme", file)
    while not (before := held(acme)):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 0 < before < COUNT
    assert held(acme) < COUNT

    call_command("load_contacts", file, tenant="acme", rejects=tmp_path / "rejects.ndjson")
    call_command("load_contacts", file, tenant="globex", rejects=tmp_path / "rejects.ndjson")

    assert held(acme) == held(globex) == COUNT
    with connection.cursor() as cursor:
        for one, other in ((acme, globex), (globex, acme)):
            cursor.execute(f"{CONTENT} EXCEPT {CONTENT}", [one.pk, other.pk])
            assert cursor.fetchall() == []
        for model in (Message, Transfer, Handled, Account):
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE tenant_id = %s), count(*) FILTER (WHERE tenant_id = %s)"  # noqa: S608
                f" FROM {model._meta.db_table}",
                [acme.pk, globex.pk],
            )
            ours, theirs = cursor.fetchone()
            assert ours == theirs > 0


# --- Two at once -------------------------------------------------------------------------------------------


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
