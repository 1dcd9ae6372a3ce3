"""How fast is loading? NDJSON records end to end, beside a bare COPY of the same rows into the same table.

The limit is what PostgreSQL takes with the same indexes and constraints, parsing and checking left out.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psutil
from django.db import connection, transaction
from django.utils import timezone

from aicc.lib import bulk
from aicc.tenants.models import Tenant
from contacts import ingest
from contacts.ingest.loader import RECORDS as TABLE
from contacts.models import ContactRecord, Handled

RECORDS = int(os.environ.get("RECORDS", "100000"))
REPEATS = int(os.environ.get("REPEATS", "3"))
ROOT = Path(__file__).parents[1]


class Cost(NamedTuple):
    """Seconds by the clock, and the processor's microseconds for a record: of this process, and of its server's.

    These two run side by side, and say more than the clock where other work runs too.
    """

    seconds: float
    here: float
    there: float

    def best(self, other: "Cost") -> "Cost":
        return Cost(*map(min, self, other))


def run(rows: int) -> None:
    _print_sizes()
    print(f"Loading {RECORDS:,} NDJSON records into {rows:,}, best of {REPEATS}")
    print(f"{'':26}{'a second':>10}{'CPU of a record here':>22}{'and in PostgreSQL':>19}, microseconds")
    with tempfile.TemporaryDirectory() as folder:
        path, newer, some = (Path(folder) / name for name in ("contacts.ndjson", "newer.ndjson", "some.ndjson"))
        now = timezone.now()
        _write(path, RECORDS, now)
        _write(newer, RECORDS, now, updated_at=now)
        _write(some, RECORDS // 10, now)
        best: dict[str, Cost] = {}
        for _ in range(REPEATS):
            with _tenant() as tenant:
                costs = {
                    "read and checked only": _timed(lambda: sum(len(read.contacts) for read in _reads(path))),
                    "loaded": _timed(lambda tenant=tenant: _load(tenant, path)),
                    "the same once more": _timed(lambda tenant=tenant: _load(tenant, path)),
                    "a newer version of each": _timed(lambda tenant=tenant: _load(tenant, newer)),
                    "bare COPY of the rows": _copy(tenant),
                }
            best = {name: cost.best(best.get(name, cost)) for name, cost in costs.items()}
        for name, cost in best.items():
            print(f"  {name:24}{RECORDS / cost.seconds:10,.0f}{cost.here:22.1f}{cost.there:19.1f}")
        ratio = best["loaded"].seconds / best["bare COPY of the rows"].seconds
        print(f"  a bare COPY is {ratio:.1f} times as fast as loading")
        with _tenant() as tenant:
            peaks = {count: _peak_memory(tenant, file) for count, file in ((RECORDS // 10, some), (RECORDS, path))}
            print("Peak memory of load_contacts: " + ", ".join(f"{m} MB at {n:,} lines" for n, m in peaks.items()))
            _print_look_up(tenant)


@contextmanager
def _tenant() -> Iterator[Tenant]:
    """A tenant of its own, and the table afterwards as it was."""
    tenant = Tenant.objects.open(slug=f"load-{time.time_ns()}", name="Loading")
    yield tenant
    with connection.cursor() as cursor:
        for table in (TABLE.name, Handled._meta.db_table):
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant.pk])
        cursor.execute(f"VACUUM ANALYZE {TABLE.name}")


def _write(path: Path, count: int, newest: datetime, **fields: datetime) -> None:
    with path.open("w") as file:
        for n in range(count):
            start = newest - timedelta(seconds=n * 30 * 24 * 3600 / count)
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
                **{name: value.isoformat() for name, value in fields.items()},
            }
            file.write(json.dumps(record) + "\n")


def _reads(path: Path) -> Iterator[ingest.Read]:
    return ingest.read(path, now=timezone.now())


def _load(tenant: Tenant, path: Path) -> None:
    report = ingest.load(tenant, _reads(path), source="bench")
    if report.rejected or report.seen != RECORDS:
        raise SystemExit(f"The benchmark's records were not all loaded: {report}")


def _timed(action: Callable[[], object]) -> Cost:
    here, there, begun = time.process_time(), _server_seconds(), time.perf_counter()
    action()
    seconds = time.perf_counter() - begun
    each = 1_000_000 / RECORDS
    return Cost(seconds, (time.process_time() - here) * each, (_server_seconds() - there) * each)


def _server_seconds() -> float:
    """What this connection's server process has used; 0 when it is on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0
    return times.user + times.system


def _copy(tenant: Tenant) -> Cost:
    """COPY the loaded rows out, delete them, and COPY them back; only the last is timed. Nothing is kept."""
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(f"COPY (SELECT * FROM {TABLE.name} WHERE tenant_id = {tenant.pk}) TO STDOUT") as copy:
            rows = b"".join(copy)
        cursor.execute(f"DELETE FROM {TABLE.name} WHERE tenant_id = %s", [tenant.pk])

        def back() -> None:
            with cursor.copy(f"COPY {TABLE.name} FROM STDIN") as copy:
                copy.write(rows)

        cost = _timed(back)
        transaction.set_rollback(True)
    return cost


def _peak_memory(tenant: Tenant, path: Path) -> int:
    """Megabytes that `manage.py load_contacts` needs at most, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "load_contacts", path, "--tenant", tenant.slug, "--rejects", f"{path}.rejects"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    peak = 0
    # Not the peak that wait4 tells: a child's begins with its parent's size.
    while process.poll() is None:
        with suppress(psutil.Error):
            peak = max(peak, psutil.Process(process.pid).memory_info().rss)
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit("load_contacts failed")
    return peak // 2**20


def _print_look_up(tenant: Tenant) -> None:
    """Which partitions are read to find the ids of a batch, and which where the months are known, as in an update?"""
    ids = ContactRecord.objects.for_tenant(tenant).order_by("-started_at").values_list("id", flat=True)[:5_000]
    yesterday = f"'{timezone.now() - timedelta(days=1):%Y-%m-%d %H:%M}+00'"
    for where, more in (("anywhere", ""), ("in one month", f" AND {TABLE.key} BETWEEN {yesterday} AND {yesterday}")):
        with transaction.atomic(), connection.cursor() as cursor:
            sql = bulk.versions_sql(TABLE).as_string(connection.connection)
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE look_up AS {sql}{more}")
            cursor.execute(
                f"EXPLAIN (ANALYZE, TIMING OFF) EXECUTE look_up ({tenant.pk}, '{{{','.join(map(str, sorted(ids)))}}}')"
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
            cursor.execute("DEALLOCATE look_up")
        scans = re.findall(rf"(?:using (\w+)|(Seq Scan|Bitmap Heap Scan)) on ({TABLE.name}\w*)", plan)
        (milliseconds,) = re.findall(r"Execution Time: (\S+)", plan)
        print(f"Looking {len(ids):,} ids up {where}, {milliseconds} ms: "
              + ", ".join(f"{index or scan} of {partition}" for index, scan, partition in scans)
              .replace(f"{TABLE.name}_", ""))  # fmt: skip


def _print_sizes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE.name}")
        (count,) = cursor.fetchone()
        cursor.execute(
            "SELECT 'the rows', sum(pg_table_size(relid)) FROM pg_partition_tree(%s) WHERE isleaf"
            " UNION ALL SELECT indexrelid::regclass::text,"
            "   (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(indexrelid) WHERE isleaf)"
            " FROM pg_index WHERE indrelid = %s::regclass ORDER BY 2 DESC",
            [TABLE.name, TABLE.name],
        )
        print(f"Sizes for {count:,} rows, MB and bytes a row")
        for name, size in cursor.fetchall():
            print(f"  {name:24}{size / 2**20:9,.0f}{size / count:7.0f}")
