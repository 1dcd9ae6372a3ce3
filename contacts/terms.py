"""Which terms does a record carry? Each exact criterion is a term: a hash of kind, tenant, value and week.

One inverted index over them serves every criterion and every combination (measured against a tree for each).
The week lets a search read the newest matches first. A hash may collide, so terms only narrow: the plain
condition stands beside them, and decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, F, Func, Q, QuerySet, TextField, Value

# The arguments of the SQL function `contact_terms`, in its order: the index is over exactly this expression.
_COLUMNS = (
    "tenant_id",
    "started_at",
    "caller_number",
    "called_number",
    "handled_number",
    "customer_name",
    "account_id",
    "employee_id",
    "unit_id",
    "call_type",
    "media_type",
    "satisfaction",
    "skill_queue_id",
    "call_reason_id",
    "duration_seconds",
    "ended_at",
)
_WEEK_SECONDS = 7 * 24 * 3600
# Durations are terms by the minute, and all from an hour up are one term.
LONG_MINUTES = 60


Records = TypeVar("Records", bound=QuerySet)


@dataclass(frozen=True, slots=True)
class Term:
    """A value of a kind, as the SQL function spells it: numbers and ids as text, `true` and `false`."""

    kind: str
    value: str


@dataclass(frozen=True)
class Condition:
    """What a criterion asks of a record: `q` decides, the rest says how the database may find such records.

    A record that meets it carries at least one of the terms `any_of` (when there are any), and its numbers
    contain `part` (when there is one). `unique` conditions have an index of their own and match a few records.
    """

    q: Q
    any_of: tuple[Term, ...] = ()
    part: str = ""
    unique: bool = False

    @property
    def narrows(self) -> bool:
        return bool(self.any_of or self.part or self.unique)


def minutes(low: int | None, high: int | None) -> tuple[Term, ...]:
    """The terms of durations from low to high seconds, either end open."""
    first = min((low or 0) // 60, LONG_MINUTES)
    last = LONG_MINUTES if high is None else min(high // 60, LONG_MINUTES)
    return tuple(Term("minutes", str(minute)) for minute in range(first, last + 1))


def weeks(start: datetime, end: datetime) -> range:
    """The weeks (since 1970, UTC) that a stretch of time touches, oldest first."""
    return range(int(start.timestamp() // _WEEK_SECONDS), int(end.timestamp() // _WEEK_SECONDS) + 1)


def week_start(week: int) -> datetime:
    return datetime.fromtimestamp(week * _WEEK_SECONDS, UTC)


class Hashes:
    """The hashes of all terms of some conditions in some weeks, made by the database in one statement.

    Literals then, thousands of them if need be: the planner sees values, and nobody spells out the calls.
    """

    def __init__(self, tenant_id: int, conditions: Iterable[Condition], in_weeks: range) -> None:
        terms = list({term for condition in conditions for term in condition.any_of})
        self._hashes: dict[tuple[Term, int], int] = {}
        if not terms:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT n, week, contact_term(kind, %s, value, to_timestamp(week * %s))"
                " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY terms (kind, value, n),"
                " generate_series(%s, %s) week",
                [
                    tenant_id,
                    _WEEK_SECONDS,
                    [term.kind for term in terms],
                    [term.value for term in terms],
                    in_weeks[0],
                    in_weeks[-1],
                ],
            )
            self._hashes = {(terms[n - 1], week): hash for n, week, hash in cursor.fetchall()}

    def of(self, group: Sequence[Term], in_weeks: range) -> list[int]:
        return [self._hashes[term, week] for week in in_weeks for term in group]


def narrowed(records: Records, conditions: Iterable[Condition], hashes: Hashes, in_weeks: range) -> Records:
    """The records of these weeks that an index finds for all the conditions together."""
    conditions = list(conditions)
    if any(condition.unique for condition in conditions):
        return records
    groups = [condition.any_of for condition in conditions if condition.any_of]
    records = records.alias(terms=Func(*map(F, _COLUMNS), function="contact_terms", output_field=_terms()))
    for group in groups:
        # A record has one week, so a term of any of the weeks in each group means the same week in all of them.
        records = records.filter(terms__overlap=Value(hashes.of(group, in_weeks), _terms()))
    if parts := [condition.part for condition in conditions if condition.part]:
        records = records.alias(numbers=_numbers())
        for part in parts:
            records = records.filter(numbers__contains=part)
    return records


def _terms() -> ArrayField:
    return ArrayField(BigIntegerField())


def _numbers() -> Func:
    """The three numbers in one text: what the trigram index is over, where the server has one."""
    columns = ("caller_number", "called_number", "handled_number")
    return Func(*map(F, columns), function="contact_numbers", output_field=TextField())
