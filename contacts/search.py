"""How are the records that criteria ask for found fast? The only clever reading of contact records.

What is asked is left to `filters`, what is shown of a record to `data_items`. `make bench` measures it at
10 million records; the tests hold the plans.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, DateTimeField, F, Func, IntegerField, QuerySet, Value

from aicc.lib import bulk, periods
from aicc.lib.keyset import Cursor, newer_than, newest_first, older_than
from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants import parameters
from contacts.filters import ContactFilter
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.terms import Hashes, narrowed, week_start, weeks

AT = "started_at"
# A dense search fills its page from the first rows of the window; what is rarer than a page in this many
# rows is found faster by its terms.
PROBE_ROWS = 10_000
COUNT_CAP = 10_000
CHART_SECONDS = 1
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
    """A search with valid criteria: its pages, its count, its chart. All of it may raise SearchTimeout."""

    def __init__(self, criteria: ContactFilter) -> None:
        if criteria.window is None:
            raise ValueError("Criteria that are not valid find nothing.")
        self.window = criteria.window
        self.tenant = criteria.visibility.tenant
        self.conditions = criteria.conditions
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

    def count(self, cap: int = COUNT_CAP) -> int:
        """How many records match, at most cap + 1."""
        with time_limit():
            if self._is_dense():
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
            matches = self._matching(records) if self._is_dense() else self._narrowed(records, in_weeks)
            counts = dict(matches.values_list(bucket).annotate(count=Count("*")))
        return step, [Bin(start, end, counts.get(n, 0)) for n, (start, end) in enumerate(pairwise(edges), 1)]

    def _matching(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        return records.filter(*(condition.q for condition in self.conditions))

    def _narrowed(self, records: ContactRecordQuerySet, in_weeks: range) -> ContactRecordQuerySet:
        return narrowed(self._matching(records), self.conditions, self._hashes, in_weeks)

    @cached_property
    def _hashes(self) -> Hashes:
        return Hashes(self.tenant.pk, self.conditions, weeks(self.window.start, self.window.end))

    def _is_dense(self) -> bool:
        """Whether a tenth of the newest rows match: then reading the window beats asking an index."""
        if not self._can_narrow or self._is_unique:
            return not self._can_narrow
        edge = self._probe_edge(self._all)
        newest = self._all.nearer_than(edge) if edge else self._all
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
        """The first of all matches in some weeks, which an index finds.

        The planner misjudges how rare a set of terms is: it would walk the time index, or read it whole
        beside the terms. So the inner step names only terms and partitions, and is not to be folded in.
        """
        # A part of a number has no week to narrow it: then the window does.
        scope = stretch.months(self._records) if self._has_terms else stretch.rows(self._records).order_by()
        inner, parameters = self._narrowed(scope, in_weeks).values_list(AT, "id").query.sql_with_params()
        outer, values = stretch.sql()
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH matches (started_at, id) AS MATERIALIZED ({inner})"  # noqa: S608 - the ORM wrote it
                f" SELECT started_at, id FROM matches WHERE {outer} LIMIT %s",
                [*parameters, *values, limit],
            )
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

    def _whole(self, rows: QuerySet) -> list[ContactRecord]:
        return list(rows.select_related(*RELATED))

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


def _first_of(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
