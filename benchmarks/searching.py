"""How fast is a search? Time in the database beside the best hand-written SQL for the same rows, and the whole page.

The hand-written SQL knows what the search has to find out: how common the values are.
"""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aicc.tenants.models import Account
from benchmarks.data import BIG
from contacts.filters import ContactFilter
from contacts.search import ContactSearch

REPEATS = 5
_FROM = "SELECT id FROM contacts_contactrecord WHERE tenant_id = %(tenant)s AND started_at >= %(start)s"
_NEWEST = "ORDER BY started_at DESC, id DESC LIMIT 51"


@dataclass(frozen=True)
class Canonical:
    """A search people make, and the SQL an expert would write for it."""

    name: str
    query: str
    by_hand: str


def searches(number: str, name_sn: str) -> list[Canonical]:
    return [
        Canonical("1 day, first page", "period=1d", f"{_FROM} {_NEWEST}"),
        Canonical("90 days, first page", "period=90d", f"{_FROM} {_NEWEST}"),
        Canonical("exact number, common", "period=90d&contact_number=4008200110", _number("4008200110")),
        Canonical("exact number, rare", f"period=90d&contact_number=%2B{number[1:]}", _number(number)),
        Canonical("exact number, no hit", "period=90d&contact_number=123", _number("123")),
    ]


def _number(number: str) -> str:
    columns = " OR ".join(f"{c} = '{number}'" for c in ("caller_number", "called_number", "handled_number"))
    return f"{_FROM} AND ({columns}) {_NEWEST}"


def run(rows: int) -> None:
    admin = Account.objects.across_tenants().select_related("tenant").get(username=f"{BIG}-admin")
    client = Client()
    client.force_login(admin, "aicc.tenants.access.AccountBackend")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT caller_number FROM contacts_contactrecord WHERE tenant_id = %s"
            " GROUP BY 1 HAVING count(*) BETWEEN 2 AND 20 ORDER BY 1 LIMIT 1",
            [admin.tenant_id],
        )
        number = cursor.fetchone()[0]
    print(f"Searches over {rows:,} records, best of {REPEATS}, milliseconds")
    print(f"{'':28}{'search':>8}{'by hand':>9}{'ratio':>7}{'count':>8}{'page':>8}{'CPU':>7}  indexes used")
    for canonical in searches(number, ""):
        _measure(canonical, admin, client)


def _measure(canonical: Canonical, admin: Account, client: Client) -> None:
    criteria = ContactFilter(QueryDict(canonical.query), account=admin, now=timezone.now())
    search = ContactSearch(criteria)
    found = [record.id for record in search.page(size=50).records]
    values = {"tenant": admin.tenant_id, "start": criteria.window.start}
    with connection.cursor() as cursor:
        cursor.execute(canonical.by_hand, values)
        expected = [id for (id,) in cursor.fetchall()][:50]
        if found != expected:
            raise SystemExit(f"{canonical.name}: the search and the hand-written SQL find different rows")
        by_hand = _best(lambda: cursor.execute(canonical.by_hand, values))
    with CaptureQueriesContext(connection) as queries:
        search.page(size=50)
    in_database = _best(lambda: search.page(size=50))
    count = _best(search.count)
    cpu = time.process_time()
    page = _best(lambda: client.get(f"/contacts/?{canonical.query}"))
    cpu = (time.process_time() - cpu) / REPEATS
    print(
        f"{canonical.name:28}{in_database * 1000:8.1f}{by_hand * 1000:9.1f}{in_database / by_hand:7.1f}"
        f"{count * 1000:8.1f}{page * 1000:8.1f}{cpu * 1000:7.1f}  {_indexes(queries)}"
    )


def _best(action: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return min(statistics.median(times), min(times))


def _indexes(queries: CaptureQueriesContext) -> str:
    """The indexes that the plans of these statements name, without the partitions' months."""
    used: set[str] = set()
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith(("SELECT", "WITH")) and "contacts_contactrecord" in query["sql"]:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                used.update(re.findall(r"(?:using|Index Scan on|Scan Backward using) (\w+)", plan))
                used.update({"sequential scan"} if "Seq Scan on contacts_contactrecord_2" in plan else ())
    kinds = {re.sub(r"^contacts_contactrecord_(\d{4}_\d\d|default)_", "", name) for name in used}
    return ", ".join(sorted(kinds))
