"""How are the calls that criteria ask for found fast? Each criterion has an index in the order of the list.

What is asked is left to `filters`; `make bench` measures it at 5 million calls.
"""

from aicc.lib import keyset
from aicc.lib.keyset import Cursor, Page
from aicc.lib.timelimit import time_limit
from ivrhistory.filters import CallFilter
from ivrhistory.models import IvrCall

COUNT_CAP = 10_000


class CallSearch:
    """A search with valid criteria: its pages and its count. Both may raise SearchTimeout."""

    def __init__(self, criteria: CallFilter) -> None:
        window = criteria.window
        if window is None:
            raise ValueError("Criteria that are not valid find nothing.")
        calls = IvrCall.objects.for_tenant(criteria.tenant).filter(criteria.condition)
        self._calls = calls.filter(started_at__gte=window.start, started_at__lt=window.end)

    def page(self, *, size: int, after: Cursor | None = None, before: Cursor | None = None) -> Page:
        with time_limit():
            return keyset.page(
                self._calls.select_related("bot"), at="started_at", size=size, after=after, before=before
            )

    def count(self, *, seconds: float | None = None) -> int:
        """How many calls match, at most COUNT_CAP + 1."""
        with time_limit(seconds):
            return self._calls[: COUNT_CAP + 1].count()
