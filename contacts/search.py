"""How are the records that criteria ask for found fast? The only clever reading of contact records.

What is asked is left to `filters`, what is shown of a record to `data_items`. `make bench` measures it at
10 million records; the tests hold the plans.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, DateTimeField, F, Func, IntegerField, QuerySet, Value
from psycopg.types.datetime import TimestamptzLoader

from aicc.lib import bulk, periods
from aicc.lib.keyset import Cursor, newer_than, newest_first, older_than
from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants import parameters
from aicc.tenants.models import Tenant
from contacts import data_items
from contacts.columns import Columns
from contacts.data_items import DataItem
from contacts.filters import ContactFilter
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.terms import Condition, Hashes, narrowed, week_start, weeks

AT = "started_at"
# A dense search fills its page from the first rows of the window; what is rarer than a page in this many
# rows is found faster by its terms.
PROBE_ROWS = 10_000
COUNT_CAP = 10_000
CHART_SECONDS = 1
COUNT_ALL_SECONDS = 1
# How long reading everything may take: a page is waited for, an export is not.
STREAM_SECONDS = 300
STREAM_ROWS = 2000
# What a row of the list shows of other tables.
RELATED = ("skill_queue", "unit", "call_reason__parent__parent")


@dataclass(frozen=True)
class Page:
    """Rows newest first, the rank of the first, and where the neighbouring pages begin."""

    records: list[ContactRecord]
    first: int
    older: Cursor | None
    newer: Cursor | None

    @property
    def last(self) -> int:
        return self.first + len(self.records) - 1


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of the window, and how many contacts started in it."""

    start: datetime
    end: datetime
    count: int


@dataclass(frozen=True)
class _Stretch:
    """A stretch of time, and the cursor that its rows stand after (or, `backwards`, before)."""

    start: datetime
    end: datetime
    cursor: Cursor | None = None
    backwards: bool = False

    def after(self, cursor: Cursor) -> "_Stretch":
        """The rows after a cursor. The end says so too: an index walks from there, not from the window's."""
        return replace(self, cursor=cursor, end=min(self.end, cursor.at + timedelta(microseconds=1)))

    def before(self, cursor: Cursor) -> "_Stretch":
        return replace(self, cursor=cursor, backwards=True, start=max(self.start, cursor.at))

    def rows(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        """Those of the records, in the order a page reads them: a walk of the time index."""
        rows = records.filter(started_at__gte=self.start, started_at__lt=self.end)
        if self.cursor and self.backwards:
            return newer_than(rows, self.cursor, at=AT)
        return newest_first(older_than(rows, self.cursor, at=AT) if self.cursor else rows, at=AT)

    def months(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        """The records of the partitions it touches, in no order."""
        last = bulk.month_of(self.end)
        return records.filter(
            started_at__gte=_first_of(bulk.month_of(self.start)), started_at__lt=_first_of(bulk.next_month(last))
        )

    def sql(self) -> tuple[str, list[Any]]:
        """The same rows and order as `rows`, for a step that holds `started_at` and `id`."""
        condition = "started_at >= %s AND started_at < %s"
        values: list[Any] = [self.start, self.end]
        if self.cursor:
            condition += f" AND (started_at, id) {'>' if self.backwards else '<'} (%s, %s)"
            values += [self.cursor.at, self.cursor.id]
        direction = "ASC" if self.backwards else "DESC"
        return f"{condition} ORDER BY started_at {direction}, id {direction}", values

    def beyond(self, edge: datetime) -> "_Stretch":
        """What is left after the rows nearer than `edge`, the rows at that very time with it."""
        if self.backwards:
            return replace(self, start=max(self.start, edge))
        return replace(self, end=min(self.end, edge + timedelta(microseconds=1)))

    def nearer_than(self, edge: datetime) -> "_Stretch":
        if self.backwards:
            return replace(self, end=min(self.end, edge))
        return replace(self, start=max(self.start, edge + timedelta(microseconds=1)))

    def in_weeks(self) -> Iterator[tuple["_Stretch", range]]:
        """Cut into 1, 2, 4, 8 … weeks, nearest first: what is not too rare is found in the first of them."""
        rest = weeks(self.start, self.end)
        size = 1
        while rest:
            some, rest = (rest[:size], rest[size:]) if self.backwards else (rest[-size:], rest[:-size])
            start, end = week_start(some[0]), week_start(some[-1] + 1)
            yield replace(self, start=max(self.start, start), end=min(self.end, end)), some
            size *= 2


class ContactSearch:
    """A search with valid criteria: its pages, its count, its chart. All of it may raise SearchTimeout.

    `also` is asked of each record besides.
    """

    def __init__(self, criteria: ContactFilter, *, also: Sequence[Condition] = ()) -> None:
        if criteria.window is None:
            raise ValueError("Criteria that are not valid find nothing.")
        self.window = criteria.window
        self.tenant = criteria.visibility.tenant
        self.conditions = [*criteria.conditions, *also]
        if criteria.timed_out:
            raise SearchTimeout
        self._decision = criteria.decision
        self._all = _Stretch(self.window.start, self.window.end)
        self._records = ContactRecord.objects.for_tenant(self.tenant)
        self._can_narrow = any(condition.narrows for condition in self.conditions)
        self._has_terms = any(condition.any_of for condition in self.conditions)
        self._is_unique = any(condition.unique for condition in self.conditions)

    def page(self, *, size: int, after: Cursor | None = None, before: Cursor | None = None) -> Page:
        """A page of `size` records: the first, or the one after or before a cursor."""
        with time_limit():
            if before is not None:
                newer = self._find(self._all.before(before), size + 1)
                if len(newer) > size:
                    rank = max(before.rank - size, 1)
                    return self._page(newer[:size][::-1], rank, has_newer=True, has_older=True)
                # Fewer than a page are left up there: the first page, whole.
            found = self._find(self._all.after(after) if after else self._all, size + 1)
            first = 1 if after is None else after.rank + 1
            return self._page(found[:size], first, has_newer=after is not None, has_older=len(found) > size)

    def stream(self, *, limit: int, items: Sequence[DataItem]) -> Generator[list[Sequence[Any]]]:
        """The rows of all pages, at most `limit`, in batches: of each item its values in the batch.

        Column by column, because a call for each cell would take longer than all the rest of an export. It needs
        a few statements, so the caller has to hold a snapshot for them to be about the same rows.
        """
        columns = Columns(self.tenant, items)
        with time_limit(STREAM_SECONDS):
            for sql, values in self._reads(columns.names):
                with connection.chunked_cursor() as cursor:
                    # psycopg's own loader of times is compiled. Django's, in Python, takes longer than all the rest.
                    cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
                    cursor.execute(f"{sql} LIMIT %s", [*values, limit])
                    while rows := cursor.fetchmany(STREAM_ROWS):
                        limit -= len(rows)
                        yield columns.values(rows)
                if not limit:
                    break

    def count(self, cap: int = COUNT_CAP, *, seconds: float | None = None) -> int:
        """How many records match, at most cap + 1."""
        with time_limit(seconds):
            if self._is_dense(self._all):
                return self._matching(self._all.rows(self._records)).order_by()[: cap + 1].count()
            found = 0
            for stretch, in_weeks in self._all.in_weeks():
                matches = self._narrowed(stretch.rows(self._records).order_by(), in_weeks)
                found += matches[: cap + 1 - found].count()
                if found > cap:
                    break
            return found

    def histogram(self) -> tuple[timedelta, list[Bin]]:
        """How many match in each bin of the window. Too much to chart is a SearchTimeout."""
        step, edges = periods.bins(self.window, parameters.zone_of(self.tenant))
        bucket = Func(
            F(AT), Value(edges, ArrayField(DateTimeField())), function="width_bucket", output_field=IntegerField()
        )
        with time_limit(CHART_SECONDS):
            records = self._all.rows(self._records).order_by()
            in_weeks = weeks(self.window.start, self.window.end)
            matches = self._matching(records) if self._is_dense(self._all) else self._narrowed(records, in_weeks)
            counts = dict(matches.values_list(bucket).annotate(count=Count("*")))
        return step, [Bin(start, end, counts.get(n, 0)) for n, (start, end) in enumerate(pairwise(edges), 1)]

    def _matching(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        return records.filter(*(condition.q for condition in self.conditions))

    def _narrowed(self, records: ContactRecordQuerySet, in_weeks: range) -> ContactRecordQuerySet:
        return narrowed(self._matching(records), self.conditions, self._hashes, in_weeks)

    @cached_property
    def _hashes(self) -> Hashes:
        return Hashes(self.tenant.pk, self.conditions, weeks(self.window.start, self.window.end))

    def _is_dense(self, stretch: _Stretch) -> bool:
        """Whether a tenth of its newest rows match: then reading the stretch beats asking an index."""
        if not self._can_narrow or self._is_unique:
            return not self._can_narrow
        edge = self._probe_edge(stretch)
        newest = stretch.nearer_than(edge) if edge else stretch
        return self._matching(newest.rows(self._records)).order_by().count() >= PROBE_ROWS // 10

    def _find(self, stretch: _Stretch, limit: int) -> list[ContactRecord]:
        """The first matching rows: from the near end of the stretch while they are dense, then by an index."""
        if not self._can_narrow:
            return self._walk(stretch, limit)
        if self._is_unique:
            return self._by_index(stretch, limit, weeks(stretch.start, stretch.end))
        edge = self._probe_edge(stretch)
        if edge is None:
            # No larger than a probe: reading it is as fast as anything.
            return self._walk(stretch, limit)
        found = self._walk(stretch.nearer_than(edge), limit)
        beyond = stretch.beyond(edge)
        for some, in_weeks in beyond.in_weeks() if self._has_terms else [(beyond, weeks(beyond.start, beyond.end))]:
            if len(found) == limit:
                break
            found += self._by_index(some, limit - len(found), in_weeks)
        return found

    def _probe_edge(self, stretch: _Stretch) -> datetime | None:
        """The time of the row after the first PROBE_ROWS; None when there are no more than that."""
        times = stretch.rows(self._records).values_list(AT, flat=True)
        return next(iter(times[PROBE_ROWS : PROBE_ROWS + 1]), None)

    def _walk(self, stretch: _Stretch, limit: int) -> list[ContactRecord]:
        return self._whole(self._matching(stretch.rows(self._records))[:limit])

    def _by_index(self, stretch: _Stretch, limit: int, in_weeks: range) -> list[ContactRecord]:
        """The first of all matches in some weeks, which an index finds."""
        sql, values = self._indexed(stretch, in_weeks, ())
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT %s", [*values, limit])
            keys = cursor.fetchall()
        if not keys:
            return []
        times = [at for at, _id in keys]
        rows = self._records.filter(started_at__range=(min(times), max(times)), id__in=[id for _at, id in keys])
        found = {record.id: record for record in self._whole(rows)}
        if len(found) < len(keys):
            # A load moved or removed one between the two statements: what is there now.
            return self._by_index(stretch, limit, in_weeks)
        return [found[id] for _at, id in keys]

    def _indexed(self, stretch: _Stretch, in_weeks: range, names: Sequence[str]) -> tuple[str, list[Any]]:
        """The statement of all matches in some weeks, for what is named of them, else their time and id.

        The planner misjudges how rare a set of terms is: it would walk the time index, or read it whole
        beside the terms. So the inner step names only terms and partitions, and is not to be folded in.
        """
        # A part of a number has no week to narrow it: then the window does.
        scope = stretch.months(self._records) if self._has_terms else stretch.rows(self._records).order_by()
        inner, parameters = self._narrowed(scope, in_weeks).values_list(AT, "id", *names).query.sql_with_params()
        columns = [f"value{n}" for n, _name in enumerate(names)]
        outer, values = stretch.sql()
        sql = (
            f"WITH matches ({', '.join([AT, 'id', *columns])}) AS MATERIALIZED ({inner})"  # noqa: S608 - the ORM wrote it
            f" SELECT {', '.join(columns or [AT, 'id'])} FROM matches WHERE {outer}"
        )
        return sql, [*parameters, *values]

    def _reads(self, names: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
        """The statements that read everything, newest first: each stretch in the way that is fast for it."""
        by_terms = self._has_terms and not self._is_unique
        stretches = self._all.in_weeks() if by_terms else [(self._all, weeks(self._all.start, self._all.end))]
        if not self._can_narrow:
            stretches = [(self._all, range(0))]
        for stretch, in_weeks in stretches:
            if self._is_dense(stretch):
                rows = self._matching(stretch.rows(self._records)).values_list(*names)
                sql, values = rows.query.sql_with_params()
                yield sql, list(values)
            else:
                yield self._indexed(stretch, in_weeks, names)

    def _whole(self, rows: QuerySet) -> list[ContactRecord]:
        unread = data_items.unread(data_items.shown_items(self.tenant))
        return list(rows.select_related(*RELATED).defer(*unread))

    def _page(self, records: list[ContactRecord], first: int, *, has_newer: bool, has_older: bool) -> Page:
        """Cursors are the page's own ends: the next page stands after its last row, the previous before its first."""
        if not records:
            return Page([], first, None, None)
        last = first + len(records) - 1
        return Page(
            records,
            first,
            older=self._cursor(records[-1], last) if has_older else None,
            newer=self._cursor(records[0], first) if has_newer else None,
        )

    def _cursor(self, record: ContactRecord, rank: int) -> Cursor:
        return Cursor(record.started_at, record.id, rank, self._decision)


def count_all(tenant: Tenant, conditions: Sequence[Condition], *, cap: int = COUNT_CAP) -> list[int | None]:
    """How many of a tenant's records, of whatever time, meet each condition that has terms: at most cap + 1.

    None where it takes too long to find out.
    """
    records = ContactRecord.objects.for_tenant(tenant)
    oldest, newest = (records.order_by(at).values_list(AT, flat=True).first() for at in (AT, f"-{AT}"))
    if oldest is None or newest is None:
        return [0 for _condition in conditions]
    hashes = Hashes(tenant.pk, conditions, weeks(oldest, newest))
    counts: list[int | None] = []
    for condition in conditions:
        found = 0
        try:
            with time_limit(COUNT_ALL_SECONDS):
                for stretch, in_weeks in _Stretch(oldest, newest).in_weeks():
                    months = stretch.months(records).filter(condition.q)
                    found += narrowed(months, [condition], hashes, in_weeks)[: cap + 1 - found].count()
                    if found > cap:
                        break
            counts.append(found)
        except SearchTimeout:
            counts.append(None)
    return counts


def _first_of(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
