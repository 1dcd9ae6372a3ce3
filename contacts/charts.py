"""How does a chart of contacts look? Bars as shares of the tallest, their words, and the period each narrows to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aicc.lib.periods import CUSTOM
from contacts.addresses import address
from contacts.fields import LOCAL_TIME
from contacts.search import Bin

HEIGHT = 34
# Labels under the axis: this many at most.
LABELS = 9


@dataclass(frozen=True)
class Bar:
    """One bin as drawn: x in bars from the left, y and height in pixels, `current` while its time goes on."""

    x: int
    y: float
    height: float
    count: int
    label: str
    url: str
    current: bool


class Volume:
    """Contacts per stretch of time over a window."""

    height = HEIGHT

    def __init__(self, step: timedelta, bins: list[Bin], query: QueryDict, *, now: datetime) -> None:
        self.step, self.bins, self.query, self.now = step, bins, query, now
        self.peak = max(bins, key=lambda bin: bin.count)
        self.total = sum(bin.count for bin in bins)

    @property
    def width(self) -> int:
        return len(self.bins)

    @cached_property
    def bars(self) -> list[Bar]:
        return [self._bar(x, bin) for x, bin in enumerate(self.bins)]

    @property
    def title(self) -> str:
        """Contacts per 30 min, per 2 h, per day, per 4 days."""
        minutes = int(self.step.total_seconds()) // 60
        if minutes < 60:
            return _("Contacts per %(minutes)s min") % {"minutes": minutes}
        if minutes < 24 * 60:
            return _("Contacts per %(hours)s h") % {"hours": minutes // 60}
        days = minutes // (24 * 60)
        return ngettext("Contacts per day", "Contacts per %(days)s days", days) % {"days": days}

    @property
    def peak_label(self) -> str:
        if not self.total:
            return ""
        pattern = _("Peak %(count)s at %(time)s") if self._by_time else _("Peak %(count)s on %(time)s")
        return pattern % {"count": f"{self.peak.count:,}", "time": self._short(self.peak.start)}

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """(x, words) of the labels under the axis: first and last bin, and some between; of days in which several bins
        begin, the first of each."""
        places: Sequence[int] = range(self.width)
        if not self._by_time and self.step < timedelta(days=1):
            days = [timezone.localtime(bin.start).date() for bin in self.bins]
            places = [x for x in places if x and days[x] != days[x - 1]]
        every = max(1, round((len(places) - 1) / (LABELS - 1)))
        return [(x, self._short(self.bins[x].start)) for x in places[::every]]

    @property
    def _by_time(self) -> bool:
        return self.bins[-1].end - self.bins[0].start <= timedelta(days=1, hours=1)

    def _bar(self, x: int, bin: Bin) -> Bar:
        share = bin.count / self.peak.count if self.peak.count else 0
        # A bin that is not empty is seen: at least a pixel and a half.
        height = max(1.5, round(share * HEIGHT, 1)) if bin.count else 0
        start, end = (timezone.localtime(moment) for moment in (bin.start, bin.end))
        contacts = ngettext("%(count)s contact", "%(count)s contacts", bin.count) % {"count": f"{bin.count:,}"}
        return Bar(
            x,
            HEIGHT - height,
            height,
            bin.count,
            f"{self._long(start)} – {self._long(end)} · {contacts}",
            self._narrowed(start, end),
            bin.start <= self.now <= bin.end,
        )

    def _narrowed(self, start: datetime, end: datetime) -> str:
        """The search with this bin as its period, to whole minutes."""
        end = end if end.second == end.microsecond == 0 else end.replace(second=0) + timedelta(minutes=1)
        times = {"start": start.strftime(LOCAL_TIME), "end": end.strftime(LOCAL_TIME)}
        return address(self.query, period=CUSTOM, **times)

    def _short(self, moment: datetime) -> str:
        return timezone.localtime(moment).strftime("%H:%M" if self._by_time else "%m-%d")

    def _long(self, local: datetime) -> str:
        return local.strftime("%H:%M" if self._by_time else "%m-%d %H:%M")
