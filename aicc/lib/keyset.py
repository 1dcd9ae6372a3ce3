"""Where does the next page begin? After (or before) a row, named by the values that order it.

The only file that writes a row comparison; what the rows are is left to the searches that use it.
"""

import base64
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = struct.Struct(">qqIB")
_RANGE = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
# Half of what the form holds: the next page's rank has to fit as well.
_LAST_RANK = 2**31


Rows = TypeVar("Rows", bound=QuerySet)


class BadCursor(ValueError):
    """A cursor that this product did not write."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row a page stands after or before, and its rank (1 is the newest), which is only for show.

    `decision` (0 to 255) is what the search decided on its first page, for the others to keep.
    """

    at: datetime
    id: int
    rank: int
    decision: int = 0

    def __str__(self) -> str:
        microseconds = (self.at - _EPOCH) // timedelta(microseconds=1)
        return (
            base64.urlsafe_b64encode(_FORM.pack(microseconds, self.id, self.rank, self.decision)).rstrip(b"=").decode()
        )

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises BadCursor. A forged one moves the page within what its reader may see, no further."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            microseconds, id, rank, decision = _FORM.unpack(packed)
            at = _EPOCH + timedelta(microseconds=microseconds)
        except (ValueError, struct.error, OverflowError):
            raise BadCursor from None
        if not _RANGE[0] <= at < _RANGE[1] or not 1 <= rank <= _LAST_RANK:
            raise BadCursor
        return cls(at, id, rank, decision)


def newest_first(rows: Rows, *, at: str) -> Rows:
    """Ordered by a time column, and by id where times are equal."""
    return rows.order_by(F(at).desc(), F("id").desc())


def older_than(rows: Rows, cursor: Cursor, *, at: str) -> Rows:
    return rows.filter(TupleLessThan(Tuple(F(at), F("id")), (cursor.at, cursor.id)))


def newer_than(rows: Rows, cursor: Cursor, *, at: str) -> Rows:
    """The rows before the cursor's, nearest first: the page reads them backwards."""
    rows = rows.filter(TupleGreaterThan(Tuple(F(at), F("id")), (cursor.at, cursor.id)))
    return rows.order_by(F(at).asc(), F("id").asc())


@dataclass(frozen=True)
class Page:
    """Rows newest first, the rank of the first, and where the neighbouring pages begin."""

    rows: list[Any]
    first: int
    older: Cursor | None = None
    newer: Cursor | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def page(rows: QuerySet, *, at: str, size: int, after: Cursor | None = None, before: Cursor | None = None) -> Page:
    """A page of rows that an index has in this order: the first, or the one after or before a cursor."""
    if before is not None:
        newer = list(newer_than(rows.filter(**{f"{at}__gte": before.at}), before, at=at)[: size + 1])
        if len(newer) > size:
            return _around(newer[:size][::-1], max(before.rank - size, 1), at, has_newer=True, has_older=True)
        # Fewer than a page are left up there: the first page, whole.
    if after is not None:
        # The time is said once more by itself: later partitions are left out then.
        rows = older_than(rows.filter(**{f"{at}__lte": after.at}), after, at=at)
    found = list(newest_first(rows, at=at)[: size + 1])
    first = 1 if after is None else after.rank + 1
    return _around(found[:size], first, at, has_newer=after is not None, has_older=len(found) > size)


def _around(rows: list[Any], first: int, at: str, *, has_newer: bool, has_older: bool) -> Page:
    """Cursors are the page's own ends: the next page stands after its last row, the previous before its first."""
    if not rows:
        return Page([], first)
    last = first + len(rows) - 1
    return Page(
        rows,
        first,
        older=Cursor(getattr(rows[-1], at), rows[-1].id, last) if has_older else None,
        newer=Cursor(getattr(rows[0], at), rows[0].id, first) if has_newer else None,
    )
