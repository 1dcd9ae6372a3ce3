"""How fast is a search? Time in the database beside the best hand-written SQL for the same rows, and the whole page.

The hand-written SQL knows what the search has to find out: which values are rare. The changelist of Django's
admin, over the same table, is the peer.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import urlencode

from django.contrib.admin import AdminSite, ModelAdmin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aicc.tenants.models import Account, OrganizationUnit, SkillQueue
from benchmarks.data import BIG, FEW
from contacts.filters import ContactFilter
from contacts.models import ContactRecord
from contacts.search import COUNT_CAP, ContactSearch
from contacts.terms import week_start, weeks

REPEATS = 5
BADGE_CAP = 999
_FROM = (
    "SELECT id FROM contacts_contactrecord WHERE tenant_id = %(tenant)s"
    " AND started_at >= %(start)s AND started_at < %(end)s"
)
_NEWEST = "ORDER BY started_at DESC, id DESC LIMIT 50"
# The planner takes such a step for what it is, and does not walk the time index for rare values.
_FIRST = "WITH m AS MATERIALIZED ({select}) SELECT id FROM m ORDER BY started_at DESC, id DESC LIMIT 50"
_COLUMNS = (
    "tenant_id, started_at, caller_number, called_number, handled_number, customer_name, account_id, employee_id,"
    " unit_id, call_type, media_type, satisfaction, skill_queue_id, call_reason_id, duration_seconds, ended_at"
)


@dataclass(frozen=True)
class Canonical:
    """A search people make, and the SQL an expert would write for it.

    `rare` is a term that few records have, (kind, value): the expert knows that, and asks the index for it.
    """

    name: str
    criteria: dict[str, str | list[str]]
    where: str = ""
    rare: tuple[str, str] | None = None
    # How far matches are counted: of unfinished contacts, what the badge beside their tab says.
    cap: int = COUNT_CAP

    @property
    def query(self) -> str:
        return urlencode({"period": "90d", **self.criteria}, doseq=True)

    def by_hand(self, tenant_id: int, start: datetime, end: datetime) -> str:
        select = f"{_FROM}{' AND ' if self.where else ''}{self.where}"
        if self.rare is None:
            return f"{select} {_NEWEST}"
        kind, value = self.rare
        terms = ", ".join(
            f"contact_term('{kind}', {tenant_id}, '{value}', '{week_start(week)}')" for week in weeks(start, end)
        )
        select = select.replace("SELECT id", "SELECT id, started_at")
        return _FIRST.format(select=f"{select} AND contact_terms({_COLUMNS}) && ARRAY[{terms}]")


def searches(admin: Account) -> list[Canonical]:
    number, account = _rare_number(admin), Account.objects.for_tenant(admin.tenant).get(name="agent0")
    quiet = Account.objects.for_tenant(admin.tenant).get(name="agent299")
    team = OrganizationUnit.objects.for_tenant(admin.tenant).get(name="Team 7")
    region = OrganizationUnit.objects.for_tenant(admin.tenant).get(name="Region 1")
    queue = SkillQueue.objects.for_tenant(admin.tenant).get(name="Queue 3")
    below = ",".join(str(id) for id in [region.pk, *(u.id for u in admin.tenant.units.descendants(region.pk))])
    equals = "(caller_number = '{0}' OR called_number = '{0}' OR handled_number = '{0}')".format
    contains = "(caller_number LIKE '%%{0}%%' OR called_number LIKE '%%{0}%%' OR handled_number LIKE '%%{0}%%')".format
    return [
        Canonical("1 day", {"period": "1d"}),
        Canonical("90 days", {}),
        Canonical("contact number, common", {"contact_number": "4008200110"}, equals("4008200110")),
        Canonical("contact number, rare", {"contact_number": number}, equals(number), ("number", number)),
        Canonical("contact number, no hit", {"contact_number": "1"}, equals("1"), ("number", "1")),
        Canonical("number contains, 31 days", {"period": "31d", "number_contains": number[3:9]}, contains(number[3:9])),
        Canonical("customer name", {"customer_name": "Customer 77"}, "customer_name = 'Customer 77'",
                  ("name", "Customer 77")),
        Canonical("Call S/N", {"call_sn": "1000000000000000001"}, "call_sn = '1000000000000000001'"),
        Canonical("call type, rare", {"call_type": "double_call"}, "call_type = 'double_call'",
                  ("call_type", "double_call")),
        Canonical("account, busy", {"account": str(account.pk)}, f"account_id = {account.pk}"),
        Canonical("account, quiet", {"account": str(quiet.pk)}, f"account_id = {quiet.pk}", ("account", str(quiet.pk))),
        Canonical("unit", {"ou": str(team.pk)}, f"unit_id = {team.pk}"),
        Canonical("unit with sub-units", {"ou": str(region.pk), "include_sub_ous": "on"}, f"unit_id IN ({below})"),
        Canonical("duration 1000-1100 s, 31 days", {"period": "31d", "duration_min": "1000", "duration_max": "1100"},
                  "duration_seconds BETWEEN 1000 AND 1100"),
        Canonical("four common, few together",
                  {"media_type": "video", "satisfaction": "evaluation_failed", "skill_queue": str(queue.pk),
                   "ou": str(team.pk)},
                  f"media_type = 'video' AND satisfaction = 'evaluation_failed' AND skill_queue_id = {queue.pk}"
                  f" AND unit_id = {team.pk}", ("satisfaction", "evaluation_failed")),
        Canonical("four common, no hit",
                  {"call_type": "double_call", "satisfaction": "5", "media_type": "video", "account": str(quiet.pk)},
                  f"call_type = 'double_call' AND satisfaction = '5' AND media_type = 'video'"
                  f" AND account_id = {quiet.pk}", ("call_type", "double_call")),
    ]  # fmt: skip


def unfinished_searches(account: Account) -> list[Canonical]:
    """What is under the tab Unfinished contact of an administrator, or of an agent, who sees their own."""
    where = "account_id IS NOT NULL AND call_reason_id IS NULL AND ended_at IS NOT NULL"
    rare = ("unfinished", "true") if account.tenant.slug == FEW else None
    many = "few" if rare else "many"
    if not account.is_administrator:
        where = f"{where} AND account_id = {account.pk}"
        return [Canonical(f"unfinished, {many}, an agent's", {"tab": "unfinished"}, where, rare, cap=BADGE_CAP)]
    return [
        Canonical(f"unfinished, {many}, 1 day", {"tab": "unfinished", "period": "1d"}, where, rare, cap=BADGE_CAP),
        Canonical(f"unfinished, {many}, 90 days", {"tab": "unfinished"}, where, rare, cap=BADGE_CAP),
    ]


def _rare_number(admin: Account) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT caller_number FROM contacts_contactrecord TABLESAMPLE SYSTEM (1)"
            " WHERE tenant_id = %s AND started_at > now() - interval '60 days' ORDER BY 1 DESC LIMIT 1",
            [admin.tenant_id],
        )
        return cursor.fetchone()[0]


def run(rows: int) -> None:
    admin = Account.objects.across_tenants().select_related("tenant").get(username=f"{BIG}-admin")
    client = Client()
    client.force_login(admin, "aicc.tenants.access.AccountBackend")
    print(f"Searches over {rows:,} records, 50 rows, best of {REPEATS}, milliseconds")
    print(f"{'':30}{'search':>8}{'by hand':>9}{'ratio':>7}{'deep':>8}{'count':>8}{'page':>8}{'CPU':>7}  by way of")
    for canonical in searches(admin):
        _measure(canonical, admin, client)
    accounts = Account.objects.across_tenants().select_related("tenant")
    for slug in (BIG, FEW):
        # The agent with the most contacts.
        for account in (accounts.get(username=f"{slug}-admin"), accounts.get(tenant__slug=slug, name="agent0")):
            client.force_login(account, "aicc.tenants.access.AccountBackend")
            for canonical in unfinished_searches(account):
                _measure(canonical, account, client)
    _measure_admin(admin)


def _measure_admin(admin: Account) -> None:
    """The peer: Django's own list of the same records, 50 a page, newest first, as its tutorial sets it up."""

    class RecordAdmin(ModelAdmin):
        list_display = ("call_sn", "customer_number", "account_name", "caller_number", "called_number", "started_at")
        list_per_page = 50
        ordering = ("-started_at", "-id")
        search_fields = ("=caller_number", "=called_number", "=handled_number")

        def get_queryset(self, request: HttpRequest) -> QuerySet:
            return ContactRecord.objects.for_tenant(admin.tenant)

    site = AdminSite()
    for name, query in {"first page": "", "page 1,000": "?p=1000", "exact number": "?q=4008200110"}.items():

        def rows(query: str = query) -> list[object]:
            request = RequestFactory().get(f"/{query}")
            request.user = SimpleNamespace(has_perm=lambda *_: True, is_active=True, is_staff=True, pk=1)
            return list(RecordAdmin(ContactRecord, site).get_changelist_instance(request).result_list)

        print(f"Django admin's changelist, {name:24}{_best(rows, repeats=1) * 1000:10,.0f}")


def _measure(canonical: Canonical, account: Account, client: Client) -> None:
    criteria = ContactFilter(QueryDict(canonical.query), account=account, now=timezone.now())
    if not criteria.is_valid():
        raise SystemExit(f"{canonical.name}: {dict(criteria.errors)}")
    search = ContactSearch(criteria)
    with CaptureQueriesContext(connection) as queries:
        first = search.page(size=50)
    indexes = _indexes(list(queries))
    values = {"tenant": account.tenant_id, "start": criteria.window.start, "end": criteria.window.end}
    with connection.cursor() as cursor:
        sql = canonical.by_hand(account.tenant_id, criteria.window.start, criteria.window.end)
        cursor.execute(sql, values)
        if [record.id for record in first.records] != [id for (id,) in cursor.fetchall()]:
            raise SystemExit(f"{canonical.name}: the search and the hand-written SQL find different rows")
        by_hand = _best(lambda: cursor.execute(sql, values))
    in_database = _best(lambda: _database_time(lambda: search.page(size=50)), clock=None)
    deep = _best(lambda: _database_time(lambda: search.page(size=50, after=first.older)), clock=None)
    count = _best(lambda: search.count(canonical.cap))
    page = _best(lambda: client.get(f"/contacts/?{canonical.query}"))
    cpu = _best(lambda: client.get(f"/contacts/?{canonical.query}"), clock=time.process_time)
    print(
        f"{canonical.name:30}{in_database * 1000:8.1f}{by_hand * 1000:9.1f}{in_database / by_hand:7.1f}"
        f"{deep * 1000:8.1f}{count * 1000:8.1f}{page * 1000:8.1f}{cpu * 1000:7.1f}  {indexes}"
    )


def _database_time(action: Callable[[], object]) -> float:
    """Seconds that statements took, the round trips to the server within them."""
    spent = 0.0

    def timed(execute, sql, params, many, context):
        nonlocal spent
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += time.perf_counter() - begun

    with connection.execute_wrapper(timed):
        action()
    return spent


def _best(
    action: Callable[[], object], clock: Callable[[], float] | None = time.perf_counter, repeats: int = REPEATS
) -> float:
    """The shortest of some runs: by the clock, or by what the action returns."""
    times = []
    for _ in range(repeats):
        begun = clock() if clock else 0.0
        returned = action()
        times.append(clock() - begun if clock else float(returned))
    return min(times)


def _indexes(queries: list[dict[str, str]]) -> str:
    """What the plans of these statements read, the partitions' months left out."""
    used: set[str] = set()
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith(("SELECT", "WITH")) and "contacts_contactrecord" in query["sql"]:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                used.update(re.findall(r"(?:using|Index Scan on) (\w+)", plan))
                used.update({"sequential scan"} if "Seq Scan on contacts_contactrecord_2" in plan else ())
    own = (name for name in used if name.startswith(("contacts_contactrecord", "sequential")))
    return ", ".join(sorted({re.sub(r"^contacts_contactrecord_(\d{4}_\d\d|default)_|_idx\d*$", "", n) for n in own}))
