"""What did a customer go through in a demo contact: robot or IVR, queue, talk, each for how long?

When a contact is answered and when it ends is left to `traffic`, which puts the phases in between.
"""

from collections.abc import Iterator
from random import Random

from contacts.demo.people import FROM_CUSTOMER, Leg
from contacts.demo.talk import Record, moment

# Whoever is answered sooner has dialled the queue's own number. Seconds.
SHORTEST_IVR = 10
LONGEST_IVR = 60
# What is left of the wait for the queue, at least.
SHORTEST_QUEUE = 2


def phases(leg: Leg, rng: Random, *, now: float) -> list[Record]:
    """The phases that have begun by now, one after the other without a gap; the last one may go on."""
    told = []
    for kind, name, start, end in _course(leg, rng):
        if start <= now:
            phase = {"kind": kind, "name": name, "started_at": moment(start)}
            told.append(phase | ({"ended_at": moment(end)} if end <= now else {}))
    return told


def _course(leg: Leg, rng: Random) -> Iterator[tuple[str, str, float, float]]:
    """Kind, name, start and end of each phase."""
    answered = leg.answered
    if leg.call_type == "robot_outbound":
        if answered is not None:
            yield "robot", "Assistant", answered, leg.ended
        return
    if leg.call_type in FROM_CUSTOMER:
        queued, waited = leg.at, leg.ended if answered is None else answered
        if leg.is_first and leg.call_type == "incoming":
            kind, name, seconds = _greeting(leg, waited - leg.at, rng)
            if seconds:
                queued += seconds
                yield kind, name, leg.at, queued
        yield "queue", leg.queue, queued, waited
    if answered is not None:
        yield "talk", leg.agent.name if leg.agent else "", answered, leg.ended


def _greeting(leg: Leg, wait: float, rng: Random) -> tuple[str, str, float]:
    """Who welcomes the customer, and for how many seconds of the wait; 0: nobody does."""
    if leg.channel == "email":
        return "", "", 0
    if leg.media_type == "multimedia":
        return "robot", "Assistant", wait * rng.uniform(0.2, 0.6)
    longest = min(wait - SHORTEST_QUEUE, LONGEST_IVR)
    return "ivr", "", rng.uniform(SHORTEST_IVR, longest) if longest > SHORTEST_IVR else 0
