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

# Seconds a letter, as people talk on the telephone.
SPEAKING = 0.1


def moment(at: float) -> str:
    """Seconds since 1970 as RFC 3339, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Talk:
    """What people say at one tenant."""

    def __init__(self, rng: Random, profile: Profile, now: float) -> None:
        self._rng, self._profile, self._now = rng, profile, now

    def amount(self) -> str:
        return f"{self._profile.currency} {self._rng.lognormvariate(5.6, 1):,.2f}"

    def lines(self, topic: str, language: str) -> list[Line]:
        """Three to thirteen lines on a topic; now and then the customer has a second one."""
        rng, conversations = self._rng, words.CONVERSATIONS[language]
        lines = list(rng.choice(conversations[topic]))
        if topic != "robot" and rng.random() < 0.2:
            lines += [words.FOLLOW_UPS[language], *rng.choice(conversations[rng.choice(tuple(words.CALL_REASONS))])]
        order, amount = f"{rng.randrange(5000, 6000)}-{rng.randrange(1000, 10000)}", self.amount()
        return [(side, kind, text.format(order=order, amount=amount)) for side, kind, text in lines[:13]]

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
        said = lines if answered else lines[:1]
        begin = answered or leg.at + 1
        pause = max(0, min(leg.ended, self._now) - begin) / max(1, len(said))
        for n, line in enumerate(said):
            # The first words come soon, the others after more or less of a pause.
            at = begin + pause * (n + rng.uniform(0.1, 0.9)) if n else begin + min(pause, 12) * rng.random()
            yield self._message(leg, line) | {"at": moment(at)}

    def transcript(self, leg: Leg, lines: Sequence[Line], seconds: float) -> Iterator[Record]:
        """The words of a call of these seconds, each with its offset; a long call has more of them."""
        spoken = [line for line in lines if line[1] == "text"]
        while leg.topic != "robot" and sum(map(_effort, spoken)) * SPEAKING < seconds / 2 and len(spoken) < 40:
            more = self.lines(self._rng.choice(tuple(words.CALL_REASONS)), leg.customer.language)
            spoken += [line for line in more if line[1] == "text"]
        pace = min(2 * SPEAKING, 0.95 * seconds / max(1, sum(map(_effort, spoken))))
        offset = 0.4
        for line in spoken:
            yield self._message(leg, line) | {"offset_seconds": round(offset, 1)}
            offset += pace * _effort(line)

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


def _effort(line: Line) -> int:
    """How long a line is to say, in letters: a Chinese character is worth three."""
    return 6 + sum(3 if character > "\u2e80" else 1 for character in line[2])
