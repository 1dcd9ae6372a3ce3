"""Do periods mean what the clock on the wall said, also when it was changed?"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicc.lib.periods import MOST_BINS, PERIOD_DAYS, DoesNotExist, Window, between, bins, last_days

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize("days", PERIOD_DAYS.values())
def test_days_are_twenty_four_hours_each_up_to_now(days):
    window = last_days(days, now=NOW)

    assert (window.start, window.end) == (NOW - timedelta(hours=24 * days), NOW)
    assert window.span == timedelta(days=days)


def test_local_times_are_those_of_the_zone():
    window = between(datetime(2026, 1, 5, 9), datetime(2026, 7, 5, 9), BERLIN)

    assert (window.start, window.end) == (utc(2026, 1, 5, 8), utc(2026, 7, 5, 7))


def test_the_span_is_that_of_the_clock_on_the_wall():
    spring = between(datetime(2026, 3, 1), datetime(2026, 4, 1), BERLIN)
    autumn = between(datetime(2026, 10, 1), datetime(2026, 11, 1), BERLIN)

    assert spring.span == autumn.span == timedelta(days=31)
    assert spring.end - spring.start == timedelta(days=31, hours=-1)
    assert autumn.end - autumn.start == timedelta(days=31, hours=1)


@given(
    st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), min_size=3, max_size=3, unique=True),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_neighbouring_windows_lose_nothing_and_double_nothing_beyond_a_repeated_hour(times, zone):
    first, middle, last = sorted(times)
    try:
        left, right = (between(a, b, ZoneInfo(zone)) for a, b in ((first, middle), (middle, last)))
    except DoesNotExist:
        return

    earlier, later = (middle.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    repeated = earlier - later
    assert left.end - right.start == max(repeated, timedelta())


def test_of_a_repeated_hour_the_start_is_the_earlier_and_the_end_the_later():
    at_half_past_two = datetime(2026, 10, 25, 2, 30)

    from_it = between(at_half_past_two, datetime(2026, 10, 26), BERLIN)
    up_to_it = between(datetime(2026, 10, 24), at_half_past_two, BERLIN)

    assert from_it.start == utc(2026, 10, 25, 0, 30)
    assert up_to_it.end == utc(2026, 10, 25, 1, 30)


@pytest.mark.parametrize(
    ("zone", "local", "before", "after"),
    [
        ("Europe/Berlin", (2026, 3, 29, 2, 0), (2026, 3, 29, 2), (2026, 3, 29, 3)),
        ("Europe/Berlin", (2026, 3, 29, 2, 59), (2026, 3, 29, 2), (2026, 3, 29, 3)),
        ("America/New_York", (2026, 3, 8, 2, 30), (2026, 3, 8, 2), (2026, 3, 8, 3)),
        ("Australia/Lord_Howe", (2026, 10, 4, 2, 15), (2026, 10, 4, 2), (2026, 10, 4, 2, 30)),
        ("Africa/Cairo", (2026, 4, 24, 0, 30), (2026, 4, 24), (2026, 4, 24, 1)),
        # An island that went over the date line: a whole day that never was.
        ("Pacific/Apia", (2011, 12, 30, 12, 0), (2011, 12, 30), (2011, 12, 31)),
    ],
)
@pytest.mark.parametrize("end", ["start", "end"])
def test_a_skipped_time_is_refused_and_the_gap_named(zone, local, before, after, end):
    skipped = datetime(*local)
    around = {"start": skipped - timedelta(days=2), "end": skipped + timedelta(days=2), end: skipped}

    with pytest.raises(DoesNotExist) as refused:
        between(around["start"], around["end"], ZoneInfo(zone))

    assert (refused.value.before, refused.value.after) == (datetime(*before), datetime(*after))


def test_the_ends_of_a_gap_exist():
    window = between(datetime(2026, 3, 29, 1, 59), datetime(2026, 3, 29, 3), BERLIN)

    assert window.end - window.start == timedelta(minutes=1)


# --- Bins of a chart -----------------------------------------------------------------------------------------


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 366 * 24 * 60),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_bins_cover_the_window_without_a_gap_and_are_not_too_many(start, minutes, zone):
    window = Window(start, start + timedelta(minutes=minutes), timedelta(minutes=minutes))

    step, edges = bins(window, ZoneInfo(zone))

    assert (edges[0], edges[-1]) == (window.start, window.end)
    assert all(earlier < later for earlier, later in pairwise(edges))
    assert len(edges) - 1 <= MOST_BINS + 2
    # No bin is longer than its step, except where the clocks repeat an hour.
    assert max(later - earlier for earlier, later in pairwise(edges)) <= step + timedelta(hours=1)


@pytest.mark.parametrize(
    ("days", "step"),
    [(1, timedelta(minutes=30)), (3, timedelta(hours=1)), (7, timedelta(hours=2)), (31, timedelta(hours=12)),
     (90, timedelta(days=1)), (366, timedelta(days=5))],
)  # fmt: skip
def test_the_longer_the_window_the_longer_its_bins(days, step):
    assert bins(last_days(days, now=NOW), BERLIN)[0] == step


def test_bins_begin_at_round_times_of_the_clock_on_the_wall():
    window = last_days(3, now=datetime(2026, 1, 20, 12, 17, tzinfo=UTC))

    _step, edges = bins(window, ZoneInfo("Asia/Kathmandu"))

    inner = [edge.astimezone(ZoneInfo("Asia/Kathmandu")) for edge in edges[1:-1]]
    assert {(edge.minute, edge.second) for edge in inner} == {(0, 0)}
