"""When do demo contacts happen, through what, to whom, and how do they end?

Who takes part is left to `people`, what is said to `talk`, the stretches of a contact to `phases`.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from contacts.demo import words
from contacts.demo.people import FROM_CUSTOMER, Agent, Customers, Leg, Profile
from contacts.demo.phases import phases
from contacts.demo.talk import Record, Talk, moment
from contacts.demo.words import Line

T = TypeVar("T")

# The newest record of a tenant comes last, under this id whatever the count: where it is, all the others are.
NEWEST_ID = "newest"

MINUTE, HOUR, DAY = 60, 3600, 86400
# Conversations for two weeks of multimedia contacts, transcripts for some of three days' calls: all of it has to
# load in seconds.
CONVERSATION_DAYS, TRANSCRIPT_DAYS = 14, 3
# The busy agent's last day: four in five wait for a call reason, which makes 37.
BUSY_DAY = 46
# Inactive accounts worked here until then, and whoever moved to another unit did so then.
LEFT_DAYS = MOVED_DAYS = 40
# So long after the end of a contact the agent has noted its call reason. Seconds.
REASON_WITHIN = 90
# How many seconds ago the last contacts began: some are in progress whatever the hour.
JUST_NOW = (15, 50, 95, 170, 290, 480)

# How busy the hours of the tenant's day are: a peak before noon, a lunch dip, a long evening, hardly a night.
HOURS = (3, 2, 1, 1, 1, 2, 5, 14, 40, 82, 108, 114, 72, 66, 100, 104, 92, 76, 60, 54, 52, 38, 20, 8)
WEEKDAYS = (1.08, 1.04, 1.0, 0.98, 1.02, 0.6, 0.42)
# By days ago: a public holiday and the day after it, a sale and the day after it.
SPECIAL_DAYS = {44: 0.25, 43: 0.5, 12: 1.9, 11: 1.4}

CALL_TYPES: dict[str, dict[str, float]] = {
    "voice": {
        "incoming": 58, "outgoing": 13, "robot_outbound": 11, "click_to_dial": 3.5, "predicted_outbound": 3,
        "offline_queue": 2.5, "preview_outgoing": 2.5, "preempted_outbound": 1.5, "ita_bidirectional": 1.5,
        "double_call": 1.2, "fixed_outbound": 1.2, "collaborative": 1.1,
    },
    "video": {"incoming": 84, "outgoing": 9, "click_to_dial": 7},
    "multimedia": {"incoming": 95, "outgoing": 5},
}  # fmt: skip
ANSWERED = {"incoming": 0.93, "robot_outbound": 0.62, "predicted_outbound": 0.66, "outgoing": 0.8}
# Median and spread of the seconds in contact (log-normal).
TALK = {"voice": (150, 0.95), "video": (260, 0.7), "multimedia": (430, 0.85)}
ROBOT_TALK = (27, 0.6)
SATISFACTION = ("", "1", "2", "3", "4", "5", "not_evaluated", "evaluation_failed")
CONTENT, IMPATIENT = (44, 2, 3, 8, 22, 15, 5, 1), (44, 8, 12, 14, 10, 4, 7, 1)
HANDED_ON = {"queue": 48, "internal": 32, "consultation": 13, "conference": 7}


def records(
    profile: Profile, agents: Sequence[Agent], *, now: datetime, count: int, days: int = 90
) -> Iterator[Record]:
    """Exactly `count` records of the `days` before `now`, oldest call first: the same ones for the same arguments."""
    return _Traffic(profile, agents, now.timestamp(), count, days).records()


class _Traffic:
    """The calls of one tenant. Every choice comes from one seeded generator, in one order.

    What was added later has a generator of its own, so that everything before it stays as it was.
    """

    def __init__(self, profile: Profile, agents: Sequence[Agent], now: float, count: int, days: int) -> None:
        # Data that looks random and is the same every time; nothing here is a secret.
        self.rng = rng = random.Random(f"contacts of {profile.slug}")  # noqa: S311 - the same contacts on every machine
        self.later = random.Random(f"phases of {profile.slug}")  # noqa: S311 - likewise
        self.profile, self.now, self.count, self.days = profile, now, count, days
        self.zone = ZoneInfo(profile.zone)
        self.talk = Talk(rng, profile, now)
        self.customers = Customers(rng, profile, max(20, count // 6))
        self.present = [agent for agent in agents if agent.is_active]
        self.busy = next((agent for agent in self.present if agent.name == profile.busy_agent), None)
        # Who works in a queue and how much of its work they get: some are quicker than others.
        self.desks: dict[str, dict[Agent, float]] = {}
        for agent in agents:
            pace = rng.uniform(0.4, 1.6)
            for place, queue in enumerate(agent.queues):
                self.desks.setdefault(queue, {})[agent] = pace / (1 + 2 * place)
        self.queues = {queue: sum(desk.values()) for queue, desk in self.desks.items()}

    def records(self) -> Iterator[Record]:
        # Below a hundred there are too few settled calls to choose from.
        thrice, twice = (self.count // 160, self.count // 22) if self.count >= 100 else (0, 0)
        starts = self._starts(self.count - twice - 2 * thrice)
        # Calls that began just now have had no time for a second agent.
        settled = [n for n, (_at, plan) in enumerate(starts[:-30]) if not plan]
        handed_on = self.rng.sample(settled, thrice + twice)
        legs = {n: 3 if place < thrice else 2 for place, n in enumerate(handed_on)}
        for n, (at, plan) in enumerate(starts):
            for leg, record in enumerate(self._call(at, plan, legs.get(n, 1)), 1):
                record["id"] = NEWEST_ID if n == len(starts) - 1 else f"{n:06d}-{leg}"
                yield record

    def _starts(self, calls: int) -> list[tuple[float, str]]:
        """When each call begins, in order, and what is planned for it: mostly nothing."""
        rng = self.rng
        # Hours counted back from now, so that the newest one is a whole one too.
        slots = [self.now - (n + 1) * HOUR for n in range(self.days * 24)]
        local = [datetime.fromtimestamp(slot + HOUR / 2, self.zone) for slot in slots]
        today = datetime.fromtimestamp(self.now, self.zone).date()
        load = {day: self._load(day, today) for day in dict.fromkeys(at.date() for at in local)}
        weights = [HOURS[at.hour] * load[at.date()] for at in local]
        daylight = [HOURS[at.hour] if 8 <= at.hour < 21 else 0 for at in local[1:23]]
        busy = min(BUSY_DAY, calls // 10) if self.busy else 0
        plans = ["finished"] * (busy // 5) + ["unfinished"] * (busy - busy // 5)
        recent = [(self.now - ago, "") for ago in JUST_NOW[: calls // 4]]
        usual = [(slot, "") for slot in rng.choices(slots, weights, k=calls - busy - len(recent))]
        planned = zip(rng.choices(slots[1:23], daylight, k=busy), plans, strict=True)
        return sorted([*recent, *((slot + rng.random() * HOUR, plan) for slot, plan in [*usual, *planned])])

    def _load(self, day: date, today: date) -> float:
        """How busy a day is beside the others: growth, the week, holidays and chance."""
        ago = (today - day) // timedelta(days=1)
        growth = 1.25 - 0.5 * ago / self.days
        return growth * WEEKDAYS[day.weekday()] * SPECIAL_DAYS.get(ago, 1) * self.rng.uniform(0.9, 1.1)

    def _call(self, start: float, plan: str, count: int) -> Iterator[Record]:
        """The records of one call: one for each agent who had it."""
        rng = self.rng
        night = not 7 <= datetime.fromtimestamp(start, self.zone).hour < 22
        media_type = self._weighted(self.profile.media)
        channel = self._weighted(self.profile.channels) if media_type == "multimedia" else ""
        call_type = self._weighted(CALL_TYPES[media_type])
        if plan or night or count > 1 or start > self.now - 2 * MINUTE:
            # Nobody is called at night, robots hand nothing on, and a visitor's first contacts are plain ones.
            call_type = "incoming"
        customer = self.customers.any()
        outside, inside = customer.address(channel), self._own_address(channel)
        call: Record = {
            "call_sn": str(rng.randrange(10**18, 10**19)),
            "call_id": f"{int(start)}-{rng.randrange(10_000, 100_000)}",
            "media_type": media_type,
            "channel": channel or None,
            "call_type": call_type,
            "customer_number": outside,
            "customer_name": customer.name or None,
            "caller_number": outside if call_type in FROM_CUSTOMER else inside,
            "called_number": inside if call_type in FROM_CUSTOMER else outside,
        }
        robot = call_type == "robot_outbound"
        staff = [] if robot else self._staff(start, plan, count, night)
        topics = ("robot",) if robot else words.TOPICS_OF_QUEUE.get(staff[0][0]) or tuple(words.CALL_REASONS)
        topic = rng.choice(topics)
        if self.profile.extended:
            # No choice of the generator's: what it chooses stays as it was.
            order = f"SO-{call['call_sn'][1:8]}" if topic in ("delivery", "refund", "shop") else ""
            call["extended"] = dict(zip(self.profile.extended, (customer.tier, order), strict=True))
        lines = self.talk.lines(topic, customer.language) if start > self.now - CONVERSATION_DAYS * DAY else []
        at = start
        for n in range(count):
            queue, agent = staff[n] if staff else ("", None)
            onward = staff[n + 1] if n + 1 < count else None
            answered, ended = self._course(at, media_type, call_type, plan, onward is not None)
            if answered is None and not plan and call_type != "outgoing" and rng.random() < 0.7:
                agent = None
            leg = Leg(
                media_type=media_type,
                channel=channel,
                call_type=call_type,
                customer=customer,
                topic=topic,
                queue=queue,
                agent=agent,
                at=at,
                answered=answered,
                ended=ended,
                onward=onward,
                is_first=n == 0,
            )
            share = lines[n * len(lines) // count : (n + 1) * len(lines) // count]
            told = {"phases": phases(leg, self.later, now=self.now)}
            yield call | self._facts(leg) | told | self._outcome(leg, plan) | self._written(leg, share)
            at = ended + rng.uniform(0.5, 45)

    def _staff(self, start: float, plan: str, count: int, night: bool) -> list[tuple[str, Agent]]:
        """Queue and agent of each leg; nobody hands a call to themselves."""
        rng = self.rng
        if plan and self.busy:
            return [(rng.choice(self.busy.queues), self.busy)]
        staff: list[tuple[str, Agent]] = []
        for _leg in range(count):
            queue = self._weighted(self.queues)
            if night and self.profile.night_queue in self.desks:
                queue = self.profile.night_queue
            # The busy agent's last day is planned, and those who left have only a past.
            away = {staff[-1][1]} if staff else set()
            if start > self.now - DAY and self.busy:
                away.add(self.busy)
            long_ago = start < self.now - LEFT_DAYS * DAY
            desk = {
                agent: weight
                for agent, weight in self.desks[queue].items()
                if agent not in away and (agent.is_active or long_ago)
            }
            staff.append((queue, self._weighted(desk) if desk else rng.choice(self.present)))
        return staff

    def _course(
        self, at: float, media_type: str, call_type: str, plan: str, handed_on: bool
    ) -> tuple[float | None, float]:
        """When a contact is answered, if it is, and when it ends."""
        rng = self.rng
        wait = 1.2 + min(rng.expovariate(1 / 16), 55)
        median, spread = ROBOT_TALK if call_type == "robot_outbound" else TALK[media_type]
        talk = median * math.exp(rng.gauss(0, spread))
        chance = rng.random()
        if at > self.now - 2 * MINUTE:
            # In progress.
            return at + min(wait, 9), at + 9 + talk + 5 * MINUTE
        if handed_on:
            return at + wait, at + wait + min(talk, 4 * MINUTE)
        if plan:
            return at + wait, at + wait + min(talk, 20 * MINUTE)
        if rng.random() > ANSWERED.get(call_type, 0.86):
            return None, at + wait
        if chance < 0.012:
            # Below one second, which the guide shows as 0.
            talk = rng.uniform(0.05, 0.95)
        elif chance < 0.016:
            talk = rng.uniform(1.02, 2.6) * HOUR
        return at + wait, at + wait + talk

    def _facts(self, leg: Leg) -> Record:
        facts: Record = {"started_at": moment(leg.at), "skill_queue": leg.queue or None}
        if leg.answered is not None and leg.answered <= self.now:
            facts["connected_at"] = moment(leg.answered)
        if leg.ended <= self.now:
            facts["ended_at"] = moment(leg.ended)
        if leg.agent:
            facts["account"], facts["employee_id"] = leg.agent.name, leg.agent.employee_id
            facts["handled_number"] = f"88{leg.agent.employee_id[-4:]}"
            if leg.agent.name in self.profile.moved and leg.at < self.now - MOVED_DAYS * DAY:
                facts["organization_unit"] = list(self.profile.moved[leg.agent.name])
        return facts

    def _outcome(self, leg: Leg, plan: str) -> Record:
        """What follows from a contact that has ended: who hung up, satisfaction, transfer, call reason, remarks."""
        rng, outcome = self.rng, Record()
        if leg.ended > self.now:
            return outcome
        by_agent = leg.agent and leg.answered and rng.random() < 0.38
        if leg.onward or rng.random() < 0.98:
            outcome["hang_up_party"] = "agent" if leg.onward or by_agent else "user"
        if not leg.agent:
            return outcome
        if leg.onward:
            queue, agent = leg.onward
            kind = self._weighted(HANDED_ON)
            outcome["transfers"] = [self._transfer(leg, kind, queue if kind == "queue" else agent.name)]
        elif leg.answered:
            mood = IMPATIENT if leg.ended - leg.answered > 15 * MINUTE else CONTENT
            outcome["satisfaction"] = rng.choices(SATISFACTION, mood)[0] or None
            if leg.media_type == "voice" and rng.random() < 0.06:
                outcome["transfers"] = [self._transfer(leg, "ivr", "Satisfaction survey")]
        age = (self.now - leg.at) / DAY
        share = self.profile.reason_share * (0.8 if age < 1 else 0.95 if age < 3 else 1)
        if plan == "finished" or (not plan and rng.random() < share):
            outcome["call_reason"] = list(rng.choice(words.CALL_REASONS[leg.topic]))
            outcome["reason_set_at"] = moment(
                leg.ended + self.later.random() * min(REASON_WITHIN, self.now - leg.ended)
            )
            outcome["reason_set_by"] = leg.agent.name
            if rng.random() < 0.35:
                outcome["remarks"] = self.talk.remarks(leg.topic)
        return outcome

    def _transfer(self, leg: Leg, kind: str, target: str) -> Record:
        source = f"{leg.agent.name} · {leg.queue}" if leg.agent else leg.queue
        return {"at": moment(leg.ended), "kind": kind, "from": source, "to": target}

    def _written(self, leg: Leg, lines: Sequence[Line]) -> Record:
        """The conversation, where there is one."""
        age = (self.now - leg.at) / DAY
        if leg.media_type == "multimedia" and age < CONVERSATION_DAYS:
            return {"messages": list(self.talk.chat(leg, lines))}
        if leg.media_type == "voice" and age < TRANSCRIPT_DAYS and leg.answered:
            seconds = min(leg.ended, self.now) - leg.answered
            share = 0.6 if leg.agent and leg.agent is self.busy else 0.3
            if seconds > 20 and self.rng.random() < share:
                return {"messages": list(self.talk.transcript(leg, lines, seconds))}
        return {}

    def _own_address(self, channel: str) -> str:
        match channel:
            case "" | "sms" | "whatsapp":
                return self.rng.choice(self.profile.hotlines)
            case "email":
                return f"care@{self.profile.slug}.example"
            case "web":
                return f"www.{self.profile.slug}.example"
            case _:
                return f"@{self.profile.slug}.care"

    def _weighted(self, weights: Mapping[T, float]) -> T:
        return self.rng.choices(list(weights), list(weights.values()))[0]
