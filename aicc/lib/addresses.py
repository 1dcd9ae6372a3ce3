"""Which address says a search? The URL is the search: criteria, and where in its rows a page stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from aicc.lib.fields import LOCAL_TIME
from aicc.lib.keyset import BadCursor, Cursor
from aicc.lib.periods import CUSTOM

# Where a page stands, not what is searched: what a new search drops.
POSITION = ("after", "before", "as_of")
_NEAR = timedelta(hours=11)


@dataclass(frozen=True)
class Position:
    """Where a page stands. `as_of` is the moment its search was begun, which its further pages keep.

    `forged` says that a cursor was given which no page of this product has.
    """

    as_of: datetime
    after: Cursor | None = None
    before: Cursor | None = None
    forged: bool = False

    @property
    def decision(self) -> int | None:
        """What the search's first page decided; None when this is the first page."""
        cursor = self.after or self.before
        return cursor.decision if cursor else None


def position(query: QueryDict, now: datetime) -> Position:
    """Read a page's position from its address."""
    as_of = _as_of(query.get("as_of", ""), now)
    try:
        return Position(as_of, _cursor(query.get("after")), _cursor(query.get("before")))
    except BadCursor:
        return Position(as_of, forged=True)


def address(query: QueryDict, name: str, **changes: Any) -> str:
    """The search's address with some parameters changed, or taken away by None. It starts at the first page."""
    query = query.copy()
    for key, value in {**dict.fromkeys(POSITION), **changes}.items():
        query.pop(key, None)
        if value is not None:
            query[key] = str(value)
    return f"{reverse(name)}?{query.urlencode()}" if query else reverse(name)


def came_from(request: HttpRequest, name: str) -> str:
    """The address of a page, with the search the reader came from if it was that page."""
    came = urlsplit(request.headers.get("Referer", ""))
    page = reverse(name)
    return f"{page}?{came.query}" if (came.netloc, came.path) == (request.get_host(), page) and came.query else page


def around(moment: datetime) -> dict[str, str]:
    """The parameters of a Customization period around a moment: less than a day, which every tenant may search.

    Local times of the zone in force, as the period takes them.
    """
    ends = {"start": moment - _NEAR, "end": moment + _NEAR}
    return {"period": CUSTOM, **{name: timezone.localtime(at).strftime(LOCAL_TIME) for name, at in ends.items()}}


def _cursor(text: str | None) -> Cursor | None:
    return Cursor.parse(text) if text else None


def _as_of(text: str, now: datetime) -> datetime:
    """A moment within the last day, else now: `1 Day` must not slide between pages, nor mean last year's."""
    try:
        begun = datetime.fromisoformat(text)
        return begun if now - timedelta(days=1) < begun <= now else now
    except (ValueError, TypeError, OverflowError):
        return now
