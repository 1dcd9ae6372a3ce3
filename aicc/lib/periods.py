"""Which stretch of time does a period mean? N days up to now, or two local times and what the clocks did between.

Which periods a tenant may ask for is left to the filters.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# The guide's options, in its order.
PERIOD_DAYS = {"1d": 1, "3d": 3, "7d": 7, "31d": 31, "90d": 90}
CUSTOM = "custom"


class DoesNotExist(ValueError):
    """A local time that the clocks skipped. `before` and `after` are the ends of the gap, local and naive."""

    def __init__(self, before: datetime, after: datetime) -> None:
        super().__init__(f"{before:%Y-%m-%d %H:%M} - {after:%H:%M}")
        self.before = before
        self.after = after


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (within) to `end` (outside): neighbouring windows lose nothing and double nothing.

    `span` is the length by which limits are judged: for local times, that of the clock on the wall.
    """

    start: datetime
    end: datetime
    span: timedelta


def last_days(days: int, *, now: datetime) -> Window:
    """The N x 24 hours up to now."""
    span = timedelta(days=days)
    return Window(now - span, now, span)


def between(start: datetime, end: datetime, zone: ZoneInfo) -> Window:
    """Two naive local times. Where the clocks went back, start is the earlier, end the later of the two.

    Raises DoesNotExist for a time in a gap.
    """
    return Window(_aware(start, zone, fold=0), _aware(end, zone, fold=1), end - start)


# How long a bin of a chart may be, in minutes: each starts where a person expects it on the clock.
STEPS = (1, 5, 15, 30, 60, 120, 360, 720)
MOST_BINS = 90


def bins(window: Window, zone: ZoneInfo) -> tuple[timedelta, list[datetime]]:
    """The step of a chart over a window, and the moments where its bins begin, the window's end last.

    Bins begin at round local times, the first and the last are cut to the window. An hour that the clocks
    repeat is one bin, an hour they skip is none.
    """
    minutes = next((m for m in STEPS if window.span <= timedelta(minutes=m) * MOST_BINS), 24 * 60)
    step = timedelta(minutes=minutes) * max(1, -(-window.span // (timedelta(minutes=minutes) * MOST_BINS)))
    local = window.start.astimezone(zone).replace(tzinfo=None)
    at = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at += (local - at) // step * step
    edges = [window.start]
    while (at := at + step) and (edge := at.replace(tzinfo=zone).astimezone(UTC)) < window.end:
        if edge > edges[-1]:
            edges.append(edge)
    return step, [*edges, window.end]


def _aware(local: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    there_and_back = moment.astimezone(zone).replace(tzinfo=None)
    if there_and_back != local:
        # In a gap, the two folds count with the offsets before and after it.
        earlier, later = (local.replace(tzinfo=zone, fold=f).utcoffset() for f in (0, 1))
        gap = abs((later or timedelta()) - (earlier or timedelta()))
        raise DoesNotExist(*_gap_around(local, zone, gap))
    return moment


def _gap_around(local: datetime, zone: ZoneInfo, length: timedelta) -> tuple[datetime, datetime]:
    """The first and last local minute around a skipped time, found by walking back to the minute it began."""
    at = local.replace(second=0, microsecond=0)
    while (at - timedelta(minutes=1)).replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(
        tzinfo=None
    ) != at - timedelta(minutes=1):
        at -= timedelta(minutes=1)
    return at, at + length
