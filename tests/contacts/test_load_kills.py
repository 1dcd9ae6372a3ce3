"""Is a load that was killed at any moment simply run again?

Real processes and SIGKILL, on the database of the tests; `KILLS=100` makes it a longer drill.
"""

import json
import os
import random
import select
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from aicc.tenants.models import Tenant
from contacts.ingest import loader
from contacts.models import ContactRecord
from tests import builders
from tests.builders import contact
from tests.processes import python

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KILLS", "20"))
FILES, NEW, BATCH = 4, 600, 150
BEGUN = datetime(2026, 1, 20, tzinfo=UTC)

# The command, with small batches. Each line is an argument list, for a process of its own that needs no start-up:
# its number is told when it begins, and how it ended afterwards.
COMMAND = f"""
import json, os, sys, django
django.setup()
from django.core.management import call_command
from contacts.ingest import loader
from contacts.management.commands.load_contacts import Command
loader.BATCH = {BATCH}
for line in sys.stdin:
    if not (child := os.fork()):
        sys.stdout = open(os.devnull, "w")
        call_command(Command(), *json.loads(line))
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

# What a tenant holds, in words that do not depend on ids.
_OF_RECORD = "JOIN contacts_contactrecord r ON r.tenant_id = t.tenant_id AND r.id = t.record_id"
CONTENT = {
    "records": """
        SELECT t.tableoid::regclass::text, t.source, t.updated_at, t.call_sn, t.call_id, t.started_at, t.connected_at,
            t.ended_at, t.duration_seconds, t.media_type, t.channel, t.call_type, t.customer_number, t.customer_name,
            t.caller_number, t.called_number, t.handled_number, a.name, t.account_name, t.employee_id, u.name, q.name,
            t.hang_up_party, c.name, p.name, t.remarks, t.reason_set_at, t.reason_set_by, t.reason_version,
            t.satisfaction
        FROM contacts_contactrecord t
        LEFT JOIN tenants_account a ON a.id = t.account_id LEFT JOIN tenants_organizationunit u ON u.id = t.unit_id
        LEFT JOIN tenants_skillqueue q ON q.id = t.skill_queue_id
        LEFT JOIN contacts_callreason c ON c.id = t.call_reason_id LEFT JOIN contacts_callreason p ON p.id = c.parent_id
    """,
    "messages": f"SELECT r.call_sn, t.position, t.text, t.kind, t.sent_at FROM contacts_message t LEFT {_OF_RECORD}",
    "transfers": f"SELECT r.call_sn, t.position, t.kind, t.to_party FROM contacts_transfer t LEFT {_OF_RECORD}",
    "phases": f"SELECT r.call_sn, t.position, t.kind, t.name, t.started_at FROM contacts_phase t LEFT {_OF_RECORD}",
    "handled": """
        SELECT a.name, u.name FROM contacts_handled t
        JOIN tenants_account a ON a.id = t.account_id LEFT JOIN tenants_organizationunit u ON u.id = t.unit_id
    """,
    "accounts": "SELECT name, username, employee_id, is_active, unit_id FROM tenants_account t",
    "queues": "SELECT name FROM tenants_skillqueue t",
    "reasons": """
        SELECT p.name, t.name, t.position, t.is_active FROM contacts_callreason t
        LEFT JOIN contacts_callreason p ON p.id = t.parent_id
    """,
    "units": """
        SELECT p.name, t.name, t.position FROM tenants_organizationunit t
        LEFT JOIN tenants_organizationunit p ON p.id = t.parent_id
    """,
}


def content(tenant):
    with connection.cursor() as cursor:
        found = {}
        for name, sql in CONTENT.items():
            cursor.execute(f"{sql} WHERE t.tenant_id = %s", [tenant.pk])
            found[name] = Counter(cursor.fetchall())
        return found


def line(number, version):
    """A record in a version. Of every fifth, each version starts in another month."""
    started_at = BEGUN + timedelta(minutes=30 * number, days=40 * version if number % 5 == 0 else 0)
    return json.dumps(
        contact(
            id=f"r{number}",
            call_id=f"call-{number}",
            call_sn=str(10**18 + number),
            caller_number=f"+46{number}",
            customer_number=f"+46{number}",
            started_at=started_at,
            updated_at=BEGUN + timedelta(days=250, hours=version),
            account=f"agent.{number % 40}",
            employee_id=str(number % 40),
            organization_unit=[["Field"], ["Office"], []][number % 40 % 3],
            skill_queue=f"Queue {number % 7}",
            call_reason=["Billing", f"Reason {number % 11}"],
            remarks=f"version {version}",
            messages=[{"text": f"{number} {n} {version}"} for n in range(2 + version)],
            transfers=[{"kind": "queue", "to": f"{number} {version}"}] if (number + version) % 3 == 0 else [],
            phases=[{"kind": "queue", "name": f"{number} {version}", "started_at": BEGUN.isoformat()}] * (number % 3),
        )
    )


def write(folder):
    """Files as a source exports them: each has new records, newer versions of some, and the rest once more."""
    versions, shuffled = {}, random.Random(4)
    for round in range(FILES):
        for number in versions:
            versions[number] += number % 3 == round % 3
        versions.update(dict.fromkeys(range(round * NEW, (round + 1) * NEW), 0))
        lines = [line(number, version) for number, version in versions.items()]
        shuffled.shuffle(lines)
        path = folder / f"{round}.ndjson"
        path.write_text("\n".join(lines))
        yield path


def kill(launcher, tenant, path, *, at, after):
    """Let a load begin, and kill it when so many records are there and so many seconds have gone by."""
    records = ContactRecord.objects.for_tenant(tenant)
    while True:
        launcher.stdin.write(json.dumps(["--tenant", tenant.slug, "--rejects", f"{path}.rejects", str(path)]) + "\n")
        process = int(launcher.stdout.readline())
        # It tells the end of a process that came to it.
        while not (ended := select.select([launcher.stdout], [], [], 0.001)[0]) and records.count() < at:
            pass
        ended = ended or select.select([launcher.stdout], [], [], after)[0]
        if not ended:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        end = int(launcher.stdout.readline())
        if end == -signal.SIGKILL:
            return
        assert end == 0
        after /= 2


def finish(slug, path):
    """Run the command to its end; how many seconds that took."""
    begun, said = time.monotonic(), StringIO()
    call_command("load_contacts", path, tenant=slug, rejects=Path(f"{path}.rejects"), stdout=said)
    assert " 0 rejected" in said.getvalue()
    return time.monotonic() - begun


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_load_that_was_killed_at_any_moment_is_run_again_and_equals_one_that_was_not(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "BATCH", BATCH)
    files = list(write(tmp_path))
    tenants = [Tenant.objects.open(slug=slug, name=slug) for slug in ("whole", "killed")]
    for tenant in tenants:
        builders.organization(tenant, {"Field": {}, "Office": {}})
    seconds = {path: finish("whole", path) for path in files}
    whole = content(tenants[0])
    # The killed ones make their months themselves.
    with connection.cursor() as cursor:
        for month in {row[0] for row in whole["records"]}:
            cursor.execute(f"DROP TABLE {month}")

    moments = random.Random(20)
    with python("-c", COMMAND, stdin=subprocess.PIPE, stderr=None, bufsize=1) as launcher:
        for n in range(KILLS):
            # Spread over all that is new, each within the time of a batch or two: before, in and after its commit.
            at = int((n + moments.random()) * FILES * NEW / KILLS)
            path = files[at // NEW]
            kill(launcher, tenants[1], path, at=at, after=moments.uniform(0, seconds[path] / FILES))
        launcher.stdin.close()
    # What came before a kill stayed.
    assert ContactRecord.objects.for_tenant(tenants[1]).count() >= at
    for path in files:
        finish("killed", path)

    assert whole["records"].total() == FILES * NEW
    killed = content(tenants[1])
    for table, rows in whole.items():
        assert rows, table
        assert killed[table] == rows, table
