"""How are the records that criteria ask for found fast? The only clever reading of contact records.

What is asked is left to `filters`, what is shown of a record to `data_items`. Measured at 12 million
records; the tests hold the plans.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.contrib.postgres.fields import ArrayField
from django.db import OperationalError, connection, transaction
from django.db.models import Count, DateTimeField, F, Func, IntegerField, QuerySet, Value
from psycopg.errors import QueryCanceled

from aicc.lib import periods
from aicc.lib.keyset import Cursor, newer_than, newest_first, older_than
from aicc.tenants import parameters
from contacts.filters import ContactFilter
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.terms import narrowed

AT = "started_at"
# A dense search fills its page from the newest rows of the window; reading this many of them costs
# about as much as asking the terms index for something common.
PROBE_ROWS = 20_000
COUNT_CAP = 10_000
CHART_SECONDS = 1
TIMEOUT_SECONDS = 5
# What a row of the list shows of other tables.
RELATED = ("skill_queue", "unit", "call_reason__parent__parent")


class SearchTimeout(Exception):
    """The search outran its time limit."""


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


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A transaction whose statements are cut off after some seconds each: SearchTimeout then."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTimeout from None
        raise


class ContactSearch:
    """A search with valid criteria: its pages and its count."""

    def __init__(self, criteria: ContactFilter) -> None:
        window = criteria.window
        if window is None:
            raise ValueError("Criteria that are not valid find nothing.")
        self.tenant = criteria.visibility.tenant
        self.conditions = criteria.conditions
        self.window = window
        self._decision = criteria.decision
        self.in_window = ContactRecord.objects.for_tenant(self.tenant).filter(
            started_at__gte=window.start, started_at__lt=window.end
        )

    @property
    def _can_narrow(self) -> bool:
        return any(condition.narrows for condition in self.conditions)

    def page(self, *, size: int, after: Cursor | None = None, before: Cursor | None = None) -> Page:
        """A page of `size` records: the first, or the one after or before a cursor. May raise SearchTimeout."""
        with time_limit(TIMEOUT_SECONDS):
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
        """How many records match, at most cap + 1. May raise SearchTimeout."""
        with time_limit(TIMEOUT_SECONDS):
            return self._all()[: cap + 1].count()

    def histogram(self) -> tuple[timedelta, list[Bin]]:
        """How many match in each bin of the window. SearchTimeout when there is too much to chart."""
        step, edges = periods.bins(self.window, parameters.zone_of(self.tenant))
        bucket = Func(
            F(AT), Value(edges, ArrayField(DateTimeField())), function="width_bucket", output_field=IntegerField()
        )
        with time_limit(CHART_SECONDS):
            counts = dict(self._all().values_list(bucket).annotate(count=Count("*")))
        return step, [Bin(start, end, counts.get(n, 0)) for n, (start, end) in enumerate(pairwise(edges), 1)]

    def _matching(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        return records.filter(*(condition.q for condition in self.conditions))

    def _all(self) -> ContactRecordQuerySet:
        """Every match, in no order: dense ones are read from the window, sparse ones the index knows."""
        matches = self._matching(self.in_window)
        if self._can_narrow:
            probed = self._probe(newest_first(self.in_window, at=AT))
            if probed is None or self._matching(probed).count() < PROBE_ROWS // 10:
                matches = narrowed(matches, self.tenant.pk, self.conditions)
        return matches.order_by()

    def _find(self, rows: ContactRecordQuerySet, limit: int, *, backwards: bool = False) -> list[ContactRecord]:
        """The first matching rows in their order: from the top of the window if they are dense, else by terms."""
        if not self._can_narrow:
            return self._whole(self._matching(rows)[:limit])
        if any(condition.unique for condition in self.conditions):
            return self._by_terms(rows, limit, backwards=backwards)
        probed = self._probe(rows, backwards=backwards)
        if probed is None:
            # The window is no larger than a probe: reading it is as fast as anything.
            return self._whole(self._matching(rows)[:limit])
        found = self._whole(self._matching(probed)[:limit])
        return found if len(found) == limit else self._by_terms(rows, limit, backwards=backwards)

    def _probe(self, rows: ContactRecordQuerySet, *, backwards: bool = False) -> ContactRecordQuerySet | None:
        """The first PROBE_ROWS rows, as a condition on time; None when there are fewer.

        Rows with the very time of the edge are left out: whatever is found, no row before it was skipped.
        """
        edge = list(rows.values_list(AT, flat=True)[PROBE_ROWS : PROBE_ROWS + 1])
        if not edge:
            return None
        return rows.filter(started_at__lt=edge[0]) if backwards else rows.filter(started_at__gt=edge[0])

    def _by_terms(self, rows: ContactRecordQuerySet, limit: int, *, backwards: bool) -> list[ContactRecord]:
        """All matches by the terms index, then the first of them.

        The planner misjudges how rare a set of terms is and would walk the time index for it: a
        materialized step leaves it no choice.
        """
        matches = narrowed(self._matching(rows.order_by()), self.tenant.pk, self.conditions)
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
