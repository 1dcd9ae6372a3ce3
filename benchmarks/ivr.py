"""How fast is IVR call history? Pages, counts and details at 5 million calls, in milliseconds, from view to HTML.

The calls are made in SQL, once; CALLS=5000000 says how many. The time in the database stands beside that of the page.
"""

import html
import os
import re
import time
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aicc.lib import bulk
from aicc.tenants.models import Account, Tenant
from benchmarks.data import BIG
from ivrhistory.models import Bot

CALLS = int(os.environ.get("CALLS", "5000000"))
DAYS = 125
REPEATS = 5

# A number calls again: a few thousand times the most usual one, once the rarest. Four calls in five have details.
ROWS = """
INSERT INTO {partition}
SELECT {tenant}, n, 'bench', at, '1795-' || n, at, at + seconds * interval '1 s', seconds,
    '+86120' || lpad((500000 * power(hashint8(n * 13) / 4294967296.0 + 0.5, 2))::int::text, 8, '0'), '4008200110',
    'code' || bot, {bots}[1 + bot], 'intelligent_robot', 'completed', CASE WHEN n % 5 > 0 THEN 8 END
FROM (
    SELECT n, timestamptz {newest} - (n * {step}) * interval '1 microsecond' AS at,
        (300 * (hashint8(n * 11) / 4294967296.0 + 0.5))::int AS seconds,
        (20 * power(hashint8(n * 7) / 4294967296.0 + 0.5, 3))::int AS bot
    FROM generate_series({first}::bigint, {last}::bigint) n
) rows
"""
# Turns of the newest calls: what details read lies in one place of the key, however many there are.
TURNS = """
INSERT INTO ivrhistory_ivrturn (tenant_id, record_id, position, at, node, node_name, system_said, is_interrupted,
    user_said, input, intent, confidence)
SELECT {tenant}, n, position, now(), 'node', 'Node', repeat('What the system says. ', 5), false, 'What the user says',
    'speech', 'intent', 0.9
FROM generate_series(1, least({calls}, 500000)) n, generate_series(0, 7) position WHERE n % 5 > 0
"""


def run(_rows: int) -> None:
    begun = time.perf_counter()
    made = _ensure()
    print(f"{CALLS:,} IVR calls, {'made' if made else 'found'} in {time.perf_counter() - begun:.0f} s")
    client = Client()
    admin = Account.objects.across_tenants().get(username=f"{BIG}-admin")
    client.force_login(admin, backend="aicc.tenants.access.AccountBackend")
    with connection.cursor() as cursor:
        cursor.execute(
            "(SELECT calling_number FROM ivrhistory_ivrcall GROUP BY 1 ORDER BY count(*) DESC LIMIT 1) UNION ALL"
            " (SELECT calling_number FROM ivrhistory_ivrcall WHERE id > %s GROUP BY 1 HAVING count(*) = 1 LIMIT 1)",
            [CALLS // 2],
        )
        common, rare = (number.replace("+", "%2B") for (number,) in cursor.fetchall())
    searches = {
        "1 day": "?period=1d",
        "90 days": "?period=90d",
        "calling number, common": f"?period=90d&calling_number={common}",
        "calling number, rare": f"?period=90d&calling_number={rare}",
        "calling number, no hit": "?period=90d&calling_number=1",
        "access code, busy": "?period=90d&access_code=code0",
        "access code, quiet": "?period=90d&access_code=code20",
        "number and code, few together": f"?period=90d&calling_number={common}&access_code=code20",
        "Call ID": f"?period=90d&call_id=1795-{CALLS // 3}",
        "Call Details": f"{next(n for n in range(1000, 1010) if n % 5)}/",
    }
    print(f"{'IVR call history, ms':<34}{'database':>10}{'whole page':>12}{'a later page':>14}")
    for name, query in searches.items():
        whole, database, page = _timed(client, f"/ivr/calls/{query}")
        older = re.search(r'rel="next" href="([^"]+)"', page)
        later = f"{_timed(client, html.unescape(older[1]))[1]:14.1f}" if older else ""
        print(f"{name:<34}{database:10.1f}{whole:12.1f}{later}")


def _timed(client: Client, url: str) -> tuple[float, float, str]:
    """The best of some: milliseconds of the whole page, and of its statements about calls; and the page."""
    best = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        response = client.get(url)
        whole = (time.perf_counter() - begun) * 1000
        assert response.status_code == 200, f"{url}: {response.status_code}"
        with CaptureQueriesContext(connection) as statements:
            client.get(url)
        about = [float(s["time"]) for s in statements.captured_queries if "ivrhistory_" in s["sql"]]
        best.append((whole, sum(about) * 1000, response.content.decode()))
    return min(best, key=lambda timed: timed[0])


def _ensure() -> bool:
    """Make the calls unless an earlier run did; whether it had to."""
    if Tenant.objects.filter(slug=f"made-ivr-{CALLS}").exists():
        return False
    tenant = Tenant.objects.get(slug=BIG)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE ivrhistory_ivrcall, ivrhistory_ivrturn")
        bots = [
            Bot.objects.for_tenant(tenant).get_or_create(
                tenant=tenant, access_code=f"code{n}", defaults={"name": f"Bot {n}", "type": "intelligent_robot"}
            )[0]
            for n in range(21)
        ]
        newest, step = datetime.now(UTC), DAYS * 24 * 3600 * 1_000_000 // CALLS
        month, first = bulk.month_of(newest), 1
        while first <= CALLS:
            start = datetime(month.year, month.month, 1, tzinfo=UTC)
            last = min(CALLS, (newest - start) // timedelta(microseconds=step))
            # Filled before it is attached: its indexes are built once, at the end.
            name = f"ivrhistory_ivrcall_{month:%Y_%m}"
            cursor.execute(f"CREATE TABLE {name} (LIKE ivrhistory_ivrcall INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
            values = {
                "tenant": tenant.pk,
                "newest": f"'{newest.isoformat()}'",
                "step": step,
                "first": first,
                "last": last,
            }
            array = f"('{{{','.join(str(bot.pk) for bot in bots)}}}'::bigint[])"
            cursor.execute(ROWS.format(partition=name, bots=array, **values))
            cursor.execute(
                f"ALTER TABLE ivrhistory_ivrcall ATTACH PARTITION {name}"
                f" FOR VALUES FROM ('{month} 00:00+00') TO ('{bulk.next_month(month)} 00:00+00')"
            )
            first, month = last + 1, bulk.month_of(start - timedelta(days=1))
        cursor.execute(TURNS.format(tenant=tenant.pk, calls=CALLS))
        Tenant.objects.open(slug=f"made-ivr-{CALLS}", name="The mark that the calls are complete")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ivrhistory_ivrcall, ivrhistory_ivrturn")
    return True
