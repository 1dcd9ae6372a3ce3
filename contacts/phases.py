"""What did the customer go through in a call, and how is that drawn? Phases of its records on one time axis.

Which records are within reach, and so may have a part in it, is left to whoever asks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _

from contacts.choices import PhaseKind
from contacts.models import ContactRecord, Phase

# Of the width, in percent. No phase is narrower than NARROWEST; a few share ROOM, so that a phone has their names, and
# none asks for more than ENOUGH. A time without any phase is never wider than WIDEST_GAP.
NARROWEST, ENOUGH, ROOM = 8.0, 16.0, 56.0
WIDEST_GAP = 2.0
# A call has as many phases as its source says. More than these are not drawn, and the page says so.
MOST = 60
# A place on the axis: a moment, and which of those that share it.
Mark = tuple[datetime, int]


@dataclass(frozen=True)
class Stretch:
    """A phase as a record has it, or as its times tell. `ended_at` is None while it goes on."""

    kind: str
    name: str
    started_at: datetime
    ended_at: datetime | None
    record_id: int

    def until(self, now: datetime) -> datetime:
        return max(self.started_at, self.ended_at or now)


@dataclass(frozen=True)
class Bar:
    """A phase as drawn: where it begins and how wide it is, in percent; phases at the same time lie in several lanes.

    `is_own` says that it belongs to the record whose page this is.
    """

    kind: str
    name: str
    seconds: float
    goes_on: bool
    is_own: bool
    x: float
    width: float
    lane: int


@dataclass(frozen=True)
class Timeline:
    """All phases of a call in their order. `width`, in percent of the page's, is above 100 where they need it."""

    bars: list[Bar]
    width: float
    lanes: int
    is_cut: bool


def timeline(
    records: Iterable[ContactRecord], phases: Iterable[Phase], *, own: int, now: datetime, most: int = MOST
) -> Timeline | None:
    """The phases of these records; of a record without any, what its times tell. None when there is nothing to draw.

    `own` is the id of the record whose page it is: of too many phases, its own are the last to be left out.
    """
    loaded = [Stretch(p.kind, _name(p), p.started_at, p.ended_at, p.record_id) for p in phases]
    known = {stretch.record_id for stretch in loaded}
    derived = [stretch for record in records if record.id not in known for stretch in _derived(record)]
    stretches = sorted(_once([*loaded, *derived], own), key=lambda s: (s.started_at, s.until(now), s.record_id))
    if not stretches:
        return None
    first = {id(stretch) for stretch in sorted(stretches, key=lambda s: s.record_id != own)[:most]}
    drawn = [stretch for stretch in stretches if id(stretch) in first]
    ends = [stretch.until(now) for stretch in drawn]
    places, width = _places([(stretch.started_at, end) for stretch, end in zip(drawn, ends, strict=True)])
    lanes = _lanes(places)
    bars = [
        Bar(
            stretch.kind,
            stretch.name,
            (end - stretch.started_at).total_seconds(),
            stretch.ended_at is None,
            stretch.record_id == own,
            begins / width * 100,
            (stops - begins) / width * 100,
            lane,
        )
        for stretch, end, (begins, stops), lane in zip(drawn, ends, places, lanes, strict=True)
    ]
    return Timeline(bars, width, max(lanes) + 1, len(stretches) > most)


def _name(phase: Phase) -> str:
    """With whom: an agent's name says enough, of a robot, an IVR or a queue also what it is."""
    kind = str(PhaseKind(phase.kind).label)
    if not phase.name:
        return kind
    return phase.name if phase.kind == PhaseKind.TALK else f"{kind} · {phase.name}"


def _derived(record: ContactRecord) -> Iterator[Stretch]:
    """What the times of a record tell: it waited until somebody answered, or in vain."""
    answered = record.connected_at
    until = answered or record.ended_at
    if until is None or until > record.started_at:
        yield Stretch(PhaseKind.QUEUE, _("Waiting"), record.started_at, until, record.id)
    if answered:
        name = record.account_name or str(PhaseKind.TALK.label)
        yield Stretch(PhaseKind.TALK, name, answered, record.ended_at, record.id)


def _once(stretches: Sequence[Stretch], own: int) -> Iterator[Stretch]:
    """Two records of a call may both tell of the same phase: it is the own record's then."""
    seen = set()
    for stretch in sorted(stretches, key=lambda stretch: stretch.record_id != own):
        what = (stretch.kind, stretch.name, stretch.started_at, stretch.ended_at)
        if what not in seen:
            seen.add(what)
            yield stretch


def _places(times: Sequence[tuple[datetime, datetime]]) -> tuple[list[tuple[float, float]], float]:
    """Where each begins and ends, and how wide all is: 100, or what so many need at least.

    Time is drawn to one scale, as wide as fits, except where a phase would be narrower than the least.
    """
    least = max(NARROWEST, min(ENOUGH, ROOM / len(times)))
    spans = _spans(times)
    marks = sorted({mark for span in spans for mark in span})
    rank = {mark: place for place, mark in enumerate(marks)}
    ending: dict[int, list[int]] = {}
    covered = [False] * len(marks)
    for begins, ends in spans:
        ending.setdefault(rank[ends], []).append(rank[begins])
        covered[rank[begins] : rank[ends]] = [True] * (rank[ends] - rank[begins])
    seconds = [(after[0] - before[0]).total_seconds() for before, after in pairwise(marks)]

    def drawn(scale: float) -> list[float]:
        at = [0.0]
        for place, lasts in enumerate(seconds, start=1):
            step = scale * lasts if covered[place - 1] else min(scale * lasts, WIDEST_GAP)
            at.append(max([at[-1] + step, *(at[begins] + least for begins in ending.get(place, []))]))
        return at

    lasts_in_all = sum(lasts for lasts, is_covered in zip(seconds, covered, strict=False) if is_covered)
    low, high = 0.0, 100 / lasts_in_all if lasts_in_all else 0.0
    for _halving in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if drawn(middle)[-1] <= 100 else (low, middle)
    at = drawn(low)
    fits = max(1.0, 100 / at[-1])
    return [(at[rank[begins]] * fits, at[rank[ends]] * fits) for begins, ends in spans], at[-1] * fits


def _spans(times: Sequence[tuple[datetime, datetime]]) -> list[tuple[Mark, Mark]]:
    """The same as marks. Phases that last no time stand one after the other, at a moment of their own each."""
    momentary = Counter(begins for begins, ends in times if begins == ends)
    passed: Counter[datetime] = Counter()
    spans = []
    for begins, ends in times:
        if begins == ends:
            passed[begins] += 1
            spans.append(((begins, passed[begins] - 1), (begins, passed[begins])))
        else:
            spans.append(((begins, momentary[begins]), (ends, 0)))
    return spans


def _lanes(places: Sequence[tuple[float, float]]) -> list[int]:
    """The first lane in which there is room for each, in their order."""
    ends: list[float] = []
    lanes = []
    for begins, stops in places:
        lane = next((lane for lane, end in enumerate(ends) if end <= begins + 1e-9), len(ends))
        ends[lane : lane + 1] = [stops]
        lanes.append(lane)
    return lanes
