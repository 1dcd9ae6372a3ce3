"""Where do the benchmark's records come from? Made in SQL: one tenant holds 80 %, spread over 125 days.

Of that one's contacts a quarter are unfinished. The tenant FEW, with 10 %, has 0.02 % of them, among as many that
nobody answered: those have no call reason either, and no account.

Partitions are filled before they are attached, so that the indexes are built once, at the end.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from aicc.lib import bulk
from aicc.tenants import parameters
from aicc.tenants.models import Account, OrganizationUnit, SkillQueue, Tenant
from contacts.models import CallReason

DAYS = 125
BIG, SMALL, FEW = "big", "small", "few"

# Skewed as life is: a few agents, queues and customers have most of the contacts. The customer of row n is a
# function of n, so that a benchmark can name one.
ROWS = """
INSERT INTO {partition}
SELECT tenant_id, n, 'bench', at, (1000000000000000000 + n)::text, 'call-' || n, at, at + interval '8 s',
    at + interval '8 s' + seconds * interval '1 s', seconds, media,
    CASE WHEN media = 'multimedia' THEN (ARRAY['whatsapp', 'web', 'line', 'wechat', 'email'])[1 + n % 5] ELSE '' END,
    CASE WHEN r < 0.7 THEN 'incoming' WHEN r < 0.9 THEN 'outgoing' WHEN r < 0.9999 THEN 'robot_outbound'
         ELSE 'double_call' END,
    customer, 'Customer ' || n % 200000, customer, (ARRAY['4008200110', '85255501200', '85255501288'])[1 + n % 3],
    (8000 + agent)::text,
    CASE WHEN tenant_id <> {few} THEN {accounts}[1 + agent]
         WHEN n / 10 % 4 > 0 OR n / 10 % 5000 = 0 THEN {few_accounts}[1 + agent] END,
    'agent' || agent, (80000 + agent)::text,
    CASE WHEN agent % 10 > 0 THEN {units}[1 + agent % {unit_count}] END, {queues}[1 + agent % 20],
    CASE WHEN n % 3 = 0 THEN 'agent' ELSE 'user' END,
    CASE WHEN CASE tenant_id WHEN {few} THEN n / 10 ELSE n END % 4 > 0 THEN {reasons}[1 + n % 10] END, '',
    NULL, CASE WHEN n % 10 < 6 THEN '' WHEN n % 1000 = 999 THEN 'evaluation_failed' ELSE (1 + n % 5)::text END
FROM (
    SELECT n, (ARRAY[{big}, {big}, {big}, {big}, {big}, {big}, {big}, {big}, {small}, {few}])[1 + n % 10] AS tenant_id,
        timestamptz {newest} - (n * {step}) * interval '1 microsecond' AS at,
        hashint8(n) / 4294967296.0 + 0.5 AS r, (300 * power(hashint8(n * 7) / 4294967296.0 + 0.5, 3))::int AS agent,
        (1200 * power(hashint8(n * 11) / 4294967296.0 + 0.5, 4))::int AS seconds,
        '+86120' || lpad((500000 * power(hashint8(n * 13) / 4294967296.0 + 0.5, 2))::int::text, 8, '0') AS customer,
        CASE WHEN n % 20 < 13 THEN 'voice' WHEN n % 20 < 19 THEN 'multimedia' ELSE 'video' END AS media
    FROM generate_series({first}::bigint, {last}::bigint) n
) rows
"""


def ensure(rows: int) -> bool:
    """Make the records unless an earlier run did; whether it had to."""
    if Tenant.objects.filter(slug=f"made-{rows}").exists():
        if not Tenant.objects.filter(slug=FEW).exists():
            raise SystemExit(f"The records were made by an earlier version: remove {settings.AICC_HOME}")
        return False
    with transaction.atomic():
        _make(rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE contacts_contactrecord")
    return True


def _make(rows: int) -> None:
    big, small, few = (_tenant(slug) for slug in (BIG, SMALL, FEW))
    units = _units(big)
    queues = SkillQueue.objects.bulk_create(SkillQueue(tenant=big, name=f"Queue {i}") for i in range(20))
    reasons = CallReason.objects.bulk_create(CallReason(tenant=big, name=f"Reason {i}") for i in range(10))
    newest = datetime.now(UTC)
    step = DAYS * 24 * 3600 * 1_000_000 // rows
    values = {
        "accounts": _array(_agents(big)),
        "few_accounts": _array(_agents(few)),
        "units": _array(units),
        "unit_count": len(units),
        "queues": _array(queues),
        "reasons": _array(reasons),
        "big": big.pk,
        "small": small.pk,
        "few": few.pk,
        "newest": f"'{newest.isoformat()}'",
        "step": step,
    }
    with connection.cursor() as cursor:
        _fill(cursor, rows, newest, step, values)
        cursor.execute(
            "INSERT INTO contacts_handled (tenant_id, account_id, unit_id)"
            " SELECT DISTINCT tenant_id, account_id, unit_id FROM contacts_contactrecord WHERE account_id IS NOT NULL"
        )
    Tenant.objects.open(slug=f"made-{rows}", name="The mark that the rows are complete")


def _fill(cursor: CursorWrapper, rows: int, newest: datetime, step: int, values: dict[str, Any]) -> None:
    """Month by month from the newest row down: rows are numbered backwards in time."""
    month = bulk.month_of(newest)
    first = 1
    while first <= rows:
        start = datetime(month.year, month.month, 1, tzinfo=UTC)
        last = min(rows, (newest - start) // timedelta(microseconds=step))
        name, table = f"contacts_contactrecord_{month:%Y_%m}", "contacts_contactrecord"
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(ROWS.format(partition=name, first=first, last=last, **values))
        end = bulk.next_month(month)
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{month} 00:00+00') TO ('{end} 00:00+00')"
        )
        first = last + 1
        month = bulk.month_of(start - timedelta(days=1))


def _tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.open(slug=slug, name=slug.title())
    parameters.ISOLATION.set(tenant, True)
    Account.objects.create(tenant=tenant, username=f"{slug}-admin", name=f"{slug}-admin", is_administrator=True)
    return tenant


def _agents(tenant: Tenant) -> list[Account]:
    return Account.objects.bulk_create(
        Account(tenant=tenant, name=f"agent{i}", employee_id=str(80000 + i)) for i in range(301)
    )


def _units(tenant: Tenant) -> list[OrganizationUnit]:
    regions = OrganizationUnit.objects.bulk_create(
        OrganizationUnit(tenant=tenant, name=f"Region {i}") for i in range(4)
    )
    teams = OrganizationUnit.objects.bulk_create(
        OrganizationUnit(tenant=tenant, name=f"Team {i}", parent=regions[i % 4]) for i in range(60)
    )
    return [*regions, *teams]


def _array(rows: list) -> str:
    return f"('{{{','.join(str(row.pk) for row in rows)}}}'::bigint[])"
