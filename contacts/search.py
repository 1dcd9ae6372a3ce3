"""How are the records that criteria ask for found fast? The only clever reading of contact records.

What is asked is left to `filters`, what is shown of a record to `data_items`. Measured at 12 million
records; the tests hold the plans.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Q, QuerySet, Value

from aicc.lib import periods
from aicc.lib.keyset import Cursor, newer_than, newest_first, older_than
from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants import parameters
from contacts.filters import ContactFilter
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.terms import narrowed, week_start, weeks

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


class ContactSearch:
    """A search with valid criteria: its pages, its count, its chart. All of it may raise SearchTimeout."""

    def __init__(self, criteria: ContactFilter) -> None:
        window = criteria.window
        if window is None:
            raise ValueError("Criteria that are not valid find nothing.")
        self.tenant = criteria.visibility.tenant
        self.conditions = criteria.conditions
        if criteria.timed_out:
            raise SearchTimeout
        self.window = window
        self.weeks = weeks(window.start, window.end)
        self._decision = criteria.decision
        self.in_window = ContactRecord.objects.for_tenant(self.tenant).filter(
            started_at__gte=window.start, started_at__lt=window.end
        )

    @property
    def _can_narrow(self) -> bool:
        return any(condition.narrows for condition in self.conditions)

    @property
    def _is_unique(self) -> bool:
        return any(condition.unique for condition in self.conditions)

    def page(self, *, size: int, after: Cursor | None = None, before: Cursor | None = None) -> Page:
        """A page of `size` records: the first, or the one after or before a cursor."""
        with time_limit():
            if before is not None:
                newer = self._find(newer_than(self.in_window, before, at=AT), size + 1, backwards=True)
                if len(newer) > size:
                    rank = max(before.rank - size, 1)
                    return self._page(newer[:size][::-1], rank, has_newer=True, has_older=True)
                # Fewer than a page are left up there: the first page, whole.
            rows = self.in_window if after is None else older_than(self.in_window, after, at=AT)
            found = self._find(newest_first(rows, at=AT), size + 1)
            first = 1 if after is None else after.rank + 1
            return self._page(found[:size], first, has_newer=after is not None, has_older=len(found) > size)

    def count(self, cap: int = COUNT_CAP) -> int:
        """How many records match, at most cap + 1."""
        with time_limit():
            if self._is_dense():
                return self._matching(self.in_window).order_by()[: cap + 1].count()
            found = 0
            for some in self._weeks_beyond(self.window.end, backwards=False):
                matches = self._matching(self.in_window.filter(*_within(some)))
                matches = narrowed(matches, self.tenant.pk, self.conditions, some)
                found += matches.order_by()[: cap + 1 - found].count()
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
            matches = self._matching(self.in_window)
            if not self._is_dense():
                matches = narrowed(matches, self.tenant.pk, self.conditions, self.weeks)
            counts = dict(matches.order_by().values_list(bucket).annotate(count=Count("*")))
        return step, [Bin(start, end, counts.get(n, 0)) for n, (start, end) in enumerate(pairwise(edges), 1)]

    def _is_dense(self) -> bool:
        """Whether a tenth of the newest rows match: then reading the window beats asking an index."""
        if not self._can_narrow or self._is_unique:
            return not self._can_narrow
        rows = newest_first(self.in_window, at=AT)
        edge = self._probe_edge(rows)
        newest = self.in_window if edge is None else self.in_window.filter(started_at__gt=edge)
        return self._matching(newest).count() >= PROBE_ROWS // 10

    def _matching(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        return records.filter(*(condition.q for condition in self.conditions))

    def _find(self, rows: ContactRecordQuerySet, limit: int, *, backwards: bool = False) -> list[ContactRecord]:
        """The first matching rows in their order: from the top of the window if they are dense, else by terms."""
        if not self._can_narrow:
            return self._whole(self._matching(rows)[:limit])
        if self._is_unique:
            return self._by_index(rows, limit, self.weeks, backwards=backwards)
        edge = self._probe_edge(rows)
        if edge is None:
            # The window is no larger than a probe: reading it is as fast as anything.
            return self._whole(self._matching(rows)[:limit])
        # Rows with the very time of the edge belong to what follows: no row is skipped, and none found twice.
        near = {"started_at__lt": edge} if backwards else {"started_at__gt": edge}
        beyond = {"started_at__gte": edge} if backwards else {"started_at__lte": edge}
        found = self._whole(self._matching(rows.filter(**near))[:limit])
        weeks = self._weeks_beyond(edge, backwards=backwards)
        while weeks and len(found) < limit:
            now, weeks = weeks[0], weeks[1:]
            some = rows.filter(**beyond).filter(*_within(now))
            found += self._by_index(some, limit - len(found), now, backwards=backwards)
        return found

    def _probe_edge(self, rows: ContactRecordQuerySet) -> datetime | None:
        """The time of the row after the first PROBE_ROWS; None when there are no more than that."""
        return next(iter(rows.values_list(AT, flat=True)[PROBE_ROWS : PROBE_ROWS + 1]), None)

    def _weeks_beyond(self, edge: datetime, *, backwards: bool) -> list[range]:
        """The rest of the window in stretches of 1, 2, 4, 8 … weeks: what is not too rare is found in the first."""
        if backwards:
            rest = weeks(edge, self.window.end)
            return [rest[size - 1 : 2 * size - 1] for size in _doubling(len(rest))]
        rest = weeks(self.window.start, edge)[::-1]
        return [rest[size - 1 : 2 * size - 1][::-1] for size in _doubling(len(rest))]

    def _by_index(
        self, rows: ContactRecordQuerySet, limit: int, in_weeks: range, *, backwards: bool
    ) -> list[ContactRecord]:
        """The first of all matches in some weeks, which an index finds.

        The planner misjudges how rare a set of terms is and would walk the time index for it: a
        materialized step leaves it no choice.
        """
        matches = narrowed(self._matching(rows.order_by()), self.tenant.pk, self.conditions, in_weeks)
        inner, parameters = matches.values_list(AT, "id").query.sql_with_params()
        direction = "ASC" if backwards else "DESC"
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH matches (started_at, id) AS MATERIALIZED ({inner})"  # noqa: S608 - the ORM wrote it
                f" SELECT started_at, id FROM matches ORDER BY started_at {direction}, id {direction} LIMIT %s",
                [*parameters, limit],
            )
            keys = cursor.fetchall()
        if not keys:
            return []
        times = [at for at, _id in keys]
        return self._whole(rows.filter(started_at__range=(min(times), max(times)), id__in=[id for _at, id in keys]))

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


def _doubling(length: int) -> Iterator[int]:
    """1, 2, 4, 8 … while stretches of those sizes, one after the other, do not yet cover `length`."""
    size = 1
    while size - 1 < length:
        yield size
        size *= 2


def _within(in_weeks: range) -> tuple[Q, Q]:
    return Q(started_at__gte=week_start(in_weeks[0])), Q(started_at__lt=week_start(in_weeks[-1] + 1))
