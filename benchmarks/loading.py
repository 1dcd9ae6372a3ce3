"""How fast is loading? NDJSON records end to end, beside a bare COPY of the same rows into the same table.

The limit is what PostgreSQL takes with the same indexes and constraints, parsing and checking left out.
"""

import json
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from aicc.tenants.models import Tenant
from contacts import ingest

RECORDS = int(os.environ.get("RECORDS", "100000"))


def run(rows: int) -> None:
    tenant = Tenant.objects.open(slug=f"load-{time.time_ns()}", name="Loading")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.ndjson"
        _write(path)
        first = _timed(tenant, path)
        again = _timed(tenant, path)
    copied = _copy(tenant)
    print(f"Loading {RECORDS:,} NDJSON records into {rows:,}, records a second")
    print(f"  loaded                {RECORDS / first:9,.0f}")
    print(f"  the same once more    {RECORDS / again:9,.0f}")
    print(f"  bare COPY of the rows {RECORDS / copied:9,.0f}   {first / copied:.1f} times as fast as loading them")


def _write(path: Path) -> None:
    newest = timezone.now()
    with path.open("w") as file:
        for n in range(RECORDS):
            start = newest - timedelta(seconds=n * 30 * 24 * 3600 / RECORDS)
            record = {
                "id": f"r{n}",
                "call_id": f"c{n}",
                "started_at": start.isoformat(),
                "connected_at": (start + timedelta(seconds=8)).isoformat(),
                "ended_at": (start + timedelta(seconds=8 + n % 600)).isoformat(),
                "media_type": "voice",
                "call_type": "incoming",
                "customer_number": f"+86120{n * 7919 % 10**8:08}",
                "customer_name": f"Customer {n % 5000}",
                "caller_number": f"+86120{n * 7919 % 10**8:08}",
                "called_number": "4008200110",
                "handled_number": str(8000 + n % 200),
                "account": f"agent{n % 200}",
                "skill_queue": f"Queue {n % 20}",
                "hang_up_party": "user",
                "call_reason": ["Delivery", f"Reason {n % 10}"],
                "satisfaction": str(1 + n % 5),
            }
            file.write(json.dumps(record) + "\n")


def _timed(tenant: Tenant, path: Path) -> float:
    begun = time.perf_counter()
    report = ingest.load(tenant, ingest.read(path, now=timezone.now()), source="bench")
    if report.rejected or report.seen != RECORDS:
        raise SystemExit(f"The benchmark's records were not all loaded: {report}")
    return time.perf_counter() - begun


def _copy(tenant: Tenant) -> float:
    """COPY the loaded rows out, delete them, and COPY them back; only the last is timed. Nothing is kept."""
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(
            "COPY (SELECT * FROM contacts_contactrecord WHERE tenant_id = %s) TO STDOUT", [tenant.pk]
        ) as copy:
            rows = b"".join(copy)
        cursor.execute("DELETE FROM contacts_contactrecord WHERE tenant_id = %s", [tenant.pk])
        begun = time.perf_counter()
        with cursor.copy("COPY contacts_contactrecord FROM STDIN") as copy:
            copy.write(rows)
        seconds = time.perf_counter() - begun
        transaction.set_rollback(True)
    return seconds
