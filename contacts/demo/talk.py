"""What is said in a demo contact? Conversations of multimedia contacts and transcripts of calls, from `words`.

Which contacts have one, and when, is left to `traffic`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from contacts.demo import words
from contacts.demo.people import Leg, Profile
from contacts.demo.words import Line

Record = dict[str, Any]


def moment(at: float) -> str:
    """Seconds since 1970 as RFC 3339, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Talk:
    """What people say at one tenant."""

    def __init__(self, rng: Random, profile: Profile, now: float) -> None:
        self._rng, self._profile, self._now = rng, profile, now
        self._last_week = f"{datetime.fromtimestamp(now - 9 * 86400, UTC):%d/%m}"

    def amount(self) -> str:
        return f"{self._profile.currency} {self._rng.lognormvariate(5.6, 1):,.2f}"

    def lines(self, topic: str, language: str) -> list[Line]:
        """Three to thirteen lines on a topic; now and then the customer has a second one."""
        rng, conversations = self._rng, words.CONVERSATIONS[language]
        lines = list(rng.choice(conversations[topic]))
        if topic != "robot" and rng.random() < 0.2:
            lines += [words.FOLLOW_UPS[language], *rng.choice(conversations[rng.choice(tuple(words.CALL_REASONS))])]
        values = {
            "order": f"{rng.randrange(5000, 6000)}-{rng.randrange(1000, 10000)}",
            "amount": self.amount(),
            "date": self._last_week,
        }
        return [(side, kind, text.format(**values)) for side, kind, text in lines[:13]]

    def remarks(self, topic: str) -> str:
        if self._rng.random() < 0.02:
            return words.LONG_REMARK
        return self._rng.choice(words.REMARKS[topic]).format(amount=self.amount())

    def chat(self, leg: Leg, lines: Sequence[Line]) -> Iterator[Record]:
        """Messages with their times, as far as they have been sent by now."""
        rng, language = self._rng, leg.customer.language
        answered = leg.answered if leg.answered and leg.answered <= self._now else None
        if leg.channel == "email":
            lines = [self._mail(leg, line) for line in lines[:4]]
        elif leg.is_first and leg.call_type == "incoming":
            yield self._message(leg, ("robot", "text", words.GREETINGS[language])) | {"at": moment(leg.at)}
            if not answered or rng.random() < 0.2:
                yield self._message(leg, ("system", "text", words.WAITING[language])) | {"at": moment(leg.at + 0.8)}
        begin, end = answered or leg.at, min(leg.ended, self._now)
        said = lines if answered else lines[:1]
        for at, line in zip(sorted(rng.uniform(begin, end) for _line in said), said, strict=True):
            yield self._message(leg, line) | {"at": moment(at)}

    def transcript(self, leg: Leg, lines: Sequence[Line], seconds: float) -> Iterator[Record]:
        """The words of a call, each with its offset within these seconds."""
        spoken = [line for line in lines if line[1] == "text"]
        # A Chinese character is half a word, a Latin one a sixth.
        effort = [6 + sum(3 if character > "\u2e80" else 1 for character in text) for _side, _kind, text in spoken]
        pace = min(0.12, 0.95 * seconds / max(1, sum(effort)))
        for n, line in enumerate(spoken):
            yield self._message(leg, line) | {"offset_seconds": round(0.4 + pace * sum(effort[:n]), 1)}

    def _mail(self, leg: Leg, line: Line) -> Line:
        side, kind, text = line
        if kind != "text":
            return line
        sender = leg.agent.name if side == "agent" and leg.agent else leg.customer.name
        return side, "email", words.MAIL[leg.customer.language].format(text=text, sender=sender)

    def _message(self, leg: Leg, line: Line) -> Record:
        side, kind, text = line
        senders = {"agent": leg.agent.name if leg.agent else "", "customer": leg.customer.name, "robot": "Assistant"}
        return {"side": side, "sender": senders.get(side, ""), "kind": kind, "text": text}
