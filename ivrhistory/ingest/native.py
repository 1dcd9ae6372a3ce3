"""Is this an IVR call, and what does it say? The NDJSON form, field by field, and its rules.

One JSON object is one call. Finding its bot is left to the loader, what is recorded of it to `ivrhistory.recording`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aicc.lib import checks, documents
from aicc.lib.checks import Rejected
from aicc.lib.documents import Document
from ivrhistory.choices import BotType, Input, Result

MOST_TURNS = 10_000


@dataclass(frozen=True, slots=True)
class Turn:
    at: datetime | None
    node: str
    node_name: str
    system_said: str
    is_interrupted: bool
    user_said: str
    input: str
    intent: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as its source tells it: its bot not yet looked up, times aware, empty text where nothing was said."""

    id: str
    updated_at: datetime
    call_id: str
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: int | None
    calling_number: str
    called_number: str
    access_code: str
    type: str
    result: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What was made of one document: a call, or the reason why not. `bytes` measures progress."""

    where: str
    line: int
    call: Call | None
    reason: str = ""
    bytes: int = 0

    @property
    def rows(self) -> int:
        """Rows of the call and of its turns."""
        return 1 + len(self.call.turns) if self.call else 0


def read(path: Path, *, now: datetime) -> Iterator[Read]:
    """Every call of a file."""
    return (_read(document, now) for document in documents.read(path))


def read_calls(calls: Iterable[Any], *, where: str, now: datetime) -> Iterator[Read]:
    """The same for calls that are in memory already."""
    return (_read(Document(where, number, call), now) for number, call in enumerate(calls, 1))


def _read(document: Document, now: datetime) -> Read:
    place = (document.where, document.line)
    try:
        if document.reason:
            raise Rejected(document.reason)
        return Read(*place, check(document.value, now=now), bytes=document.bytes)
    except Rejected as error:
        return Read(*place, None, str(error), document.bytes)


def check(record: Any, *, now: datetime) -> Call:
    """The call, or Rejected with the first thing that is wrong with it."""
    if not isinstance(record, dict):
        raise Rejected("is not an object")
    started_at = checks.started(record, now=now)
    ended_at, updated_at = checks.time(record, "ended_at"), checks.time(record, "updated_at")
    checks.not_ahead({"ended_at": ended_at, "updated_at": updated_at}, now=now)
    if ended_at is not None and ended_at < started_at:
        raise Rejected("ended_at is before started_at")
    duration = checks.seconds(record, "duration_seconds")
    if duration is None and ended_at is not None:
        duration = checks.seconds_between(started_at, ended_at)
    call_id = checks.text(record, "call_id", 128, required=True)
    return Call(
        id=checks.text(record, "id", 200) or call_id,
        updated_at=updated_at or ended_at or started_at,
        call_id=call_id,
        started_at=started_at,
        ended_at=ended_at,
        duration_seconds=duration,
        calling_number=checks.text(record, "calling_number", 128),
        called_number=checks.text(record, "called_number", 128),
        access_code=checks.text(record, "access_code", 64, required=True),
        type=checks.word(record, "type", BotType) or BotType.COMMON_IVR.value,
        result=checks.word(record, "result", Result),
        turns=tuple(checks.each(record, "turns", MOST_TURNS, _turn)),
    )


def _turn(part: Mapping[str, Any]) -> Turn:
    confidence = part.get("confidence")
    if confidence is not None and (
        isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1
    ):
        raise Rejected("confidence is not a number from 0 to 1")
    interrupted = part.get("interrupted")
    if not (interrupted is None or isinstance(interrupted, bool)):
        raise Rejected("interrupted is not true or false")
    return Turn(
        at=checks.time(part, "at"),
        node=checks.text(part, "node", 128),
        node_name=checks.text(part, "node_name", 200),
        system_said=checks.text(part, "system_said", 100_000, lines=True),
        is_interrupted=bool(interrupted),
        user_said=checks.text(part, "user_said", 100_000, lines=True),
        input=checks.word(part, "input", Input) or Input.SPEECH.value,
        intent=checks.text(part, "intent", 200),
        confidence=confidence,
    )
