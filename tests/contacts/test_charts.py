"""Does a chart say which day or time a bar is of?"""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from contacts.charts import Volume
from contacts.search import Bin

BEGUN = datetime(2026, 3, 20, 15, 27, tzinfo=UTC)


def chart(*, hours, bins):
    """So many bars of so many hours each, from BEGUN on."""
    step = timedelta(hours=hours)
    stretches = [Bin(BEGUN + n * step, BEGUN + (n + 1) * step, n) for n in range(bins)]
    return Volume(step, stretches, QueryDict(), now=BEGUN + bins * step)


def test_each_day_is_named_once_at_the_first_bar_that_begins_in_it():
    ticks = chart(hours=2, bins=84).ticks

    assert [label for _x, label in ticks] == [f"03-{day}" for day in range(21, 28)]
    assert [x for x, _label in ticks] == [5 + 12 * n for n in range(7)]


@pytest.mark.parametrize(("hours", "bins"), [(0.5, 48), (1, 72), (24, 90)])
def test_no_label_stands_twice_and_there_are_not_too_many(hours, bins):
    labels = [label for _x, label in chart(hours=hours, bins=bins).ticks]

    assert len(labels) == len(set(labels))
    assert 3 <= len(labels) <= 10
