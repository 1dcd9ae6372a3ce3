"""Do the phases of a call stand on one axis, in their order, each wide enough to be read, whatever its source says?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.choices import PhaseKind
from contacts.models import ContactRecord, Phase
from contacts.phases import ENOUGH, NARROWEST, timeline

BEGUN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def at(seconds):
    return None if seconds is None else BEGUN + timedelta(seconds=seconds)


def phase(kind, name, start, end, record=1):
    return Phase(record_id=record, kind=kind, name=name, started_at=at(start), ended_at=at(end))


def record(id=1, start=0, connected=None, end=None, name="ada"):
    return ContactRecord(
        id=id, started_at=at(start), connected_at=at(connected), ended_at=at(end), account_name=name, tenant_id=1
    )


def drawn(*phases, records=None, now=1_000, **options):
    ids = {phase.record_id for phase in phases} or {1}
    records = [record(id) for id in ids] if records is None else records
    return timeline(records, phases, own=1, now=at(now), **options)


def said(found):
    return [(bar.name, bar.seconds) for bar in found.bars]


def test_phases_of_all_records_stand_in_the_order_they_began():
    found = drawn(
        phase("talk", "bob", 35, 96, record=2), phase("queue", "", 0, 35), phase("talk", "ada", 133, 476),
        phase("ivr", "", -42, 0), phase("queue", "Returns", 96, 133, record=2),
    )  # fmt: skip

    assert said(found) == [("IVR", 42), ("Queue", 35), ("bob", 61), ("Queue · Returns", 37), ("ada", 343)]
    assert [bar.is_own for bar in found.bars] == [True, True, False, False, True]
    assert {bar.lane for bar in found.bars} == {0}


def test_every_phase_is_wide_enough_and_the_others_keep_the_scale():
    found = drawn(phase("ivr", "", 0, 1), phase("talk", "ada", 1, 401), phase("talk", "bob", 401, 601))

    short, long, half = (bar.width for bar in found.bars)
    assert short == pytest.approx(ENOUGH)
    assert long == pytest.approx(2 * half)
    assert short + long + half == pytest.approx(100)


def test_times_without_a_phase_are_gaps_and_never_wide_ones():
    a_day = 86_400

    found = drawn(phase("talk", "ada", 0, 60), phase("talk", "bob", a_day, a_day + 60))

    first, second = found.bars
    assert first.x + first.width < second.x < first.x + first.width + 3


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"connected": 5, "end": 65}, [("Waiting", 5, False), ("ada", 60, False)]),
        ({"connected": 0, "end": 65}, [("ada", 65, False)]),
        ({"connected": 5, "end": 65, "name": ""}, [("Waiting", 5, False), ("Talk", 60, False)]),
        ({"connected": None, "end": 30}, [("Waiting", 30, False)]),
        ({"connected": 5, "end": None}, [("Waiting", 5, False), ("ada", 995, True)]),
        ({"connected": None, "end": None}, [("Waiting", 1_000, True)]),
    ],
)
def test_a_record_without_phases_says_by_its_times_what_it_went_through(fields, expected):
    found = drawn(records=[record(**fields)])

    assert [(bar.name, bar.seconds, bar.goes_on) for bar in found.bars] == expected


def test_a_record_that_neither_waited_nor_talked_has_no_phases():
    assert drawn(records=[record(end=0)]) is None


def test_only_records_without_phases_of_their_own_have_derived_ones():
    found = drawn(
        phase("talk", "Ada Byron", 0, 60), records=[record(1, end=60), record(2, 60, connected=60, end=70, name="bob")]
    )

    assert said(found) == [("Ada Byron", 60), ("bob", 10)]


def test_what_goes_on_lasts_until_now_also_when_it_is_yet_to_begin():
    found = drawn(phase("talk", "ada", 0, None), phase("queue", "", 2_000, None), now=100)

    assert [(bar.seconds, bar.goes_on) for bar in found.bars] == [(100, True), (0, True)]


def test_phases_at_the_same_time_lie_in_lanes_below_each_other():
    found = drawn(
        phase("talk", "ada", 0, 100), phase("talk", "bob", 40, 60), phase("talk", "cyd", 50, 200),
        phase("talk", "dee", 60, 70),
    )  # fmt: skip

    ada, bob, cyd, dee = found.bars
    assert [ada.lane, bob.lane, cyd.lane, dee.lane] == [0, 1, 2, 1]
    assert found.lanes == 3
    assert ada.x <= bob.x <= cyd.x <= dee.x


def test_a_phase_that_two_records_tell_of_is_drawn_once_as_the_own_records():
    found = drawn(phase("ivr", "Main", 0, 42, record=2), phase("ivr", "Main", 0, 42), phase("talk", "ada", 42, 60))

    assert said(found) == [("IVR · Main", 42), ("ada", 18)]
    assert found.bars[0].is_own


def test_many_phases_make_the_axis_longer_and_too_many_are_cut():
    found = drawn(*(phase("talk", f"a{n}", n, n + 1) for n in range(100)), most=20)

    assert len(found.bars) == 20
    assert found.is_cut
    assert found.width == pytest.approx(20 * NARROWEST)


def test_of_too_many_phases_the_own_ones_are_drawn_in_their_place():
    others = [phase("queue", f"q{n}", n, n + 1, record=2) for n in range(100)]

    found = drawn(*others, phase("talk", "ada", 50, 60), phase("talk", "bob", 200, 260), most=4)

    assert said(found) == [("Queue · q0", 1), ("Queue · q1", 1), ("ada", 10), ("bob", 60)]
    assert found.is_cut


moments = st.integers(0, 30)
any_phase = st.builds(
    lambda kind, start, lasts: phase(kind, "", start, None if lasts is None else start + lasts),
    st.sampled_from(PhaseKind.values),
    moments,
    st.none() | moments,
)


@given(phases=st.lists(any_phase, max_size=25), now=moments)
def test_whatever_overlaps_every_phase_is_wide_enough_in_its_place_and_covers_no_other(phases, now):
    found = drawn(*phases, now=now)

    for bar in found.bars if found else []:
        assert bar.width * found.width / 100 > NARROWEST - 1e-6
        assert -1e-6 < bar.x < bar.x + bar.width < 100 + 1e-6
    for one in found.bars if found else []:
        for other in found.bars:
            apart = one.x + one.width < other.x + 1e-6 or other.x + other.width < one.x + 1e-6
            assert one is other or one.lane != other.lane or apart
    assert [bar.x for bar in found.bars] == sorted(bar.x for bar in found.bars)
