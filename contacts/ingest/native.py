"""Is this a contact record, and what does it say? The NDJSON form, field by field, and its rules.

One JSON object is one record. Other forms are translated to this one, so that every rule stands here once;
finding accounts and queues by their names is left to the loader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import TextChoices

from aicc.lib import checks
from aicc.lib.checks import Rejected
from aicc.lib.text import is_digits
from aicc.tenants.choices import VideoMode
from contacts.choices import (
    CallType,
    Channel,
    HangUpParty,
    MediaType,
    MessageKind,
    PhaseKind,
    Satisfaction,
    Side,
    TransferKind,
)

# More than a tenant may define: an item that is defined later has its values already.
MOST_EXTENDED = 20


class BodyEncoding(TextChoices):
    """How a recording inside a record is written. Nobody but the loader sees these words."""

    BASE64 = "base64"
    BASE64URL = "base64url"


class RecordingKind(TextChoices):
    """What was recorded: the conversation, or the agent's screen beside it."""

    RECORDING = "recording"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class Message:
    sent_at: datetime | None
    offset_seconds: float | None
    side: str
    sender: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Transfer:
    transferred_at: datetime | None
    kind: str
    from_party: str
    to_party: str


@dataclass(frozen=True, slots=True)
class Phase:
    kind: str
    name: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a contact: its bytes are in `body`, or in a file called `name` that lies somewhere else.

    `body` is ASCII as the source encoded it (`encoding`: base64 or base64url), None when only a file is named.
    `name` is what the source called it; whether it is a safe or existing file is left to whoever opens it, and so
    is whether the body can be decoded. A recording with neither is one that only has an address.
    """

    name: str
    media_type: str
    body: str | None
    encoding: str
    started_at: datetime | None
    kind: str
    mode: str = ""


class Contact(NamedTuple):
    """A record as its source tells it: names not yet looked up, times aware, empty text where nothing was said.

    `organization_unit` is None when nothing was said (the account's own unit then), () for Unorganized.
    """

    id: str
    updated_at: datetime
    call_sn: str
    call_id: str
    started_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int | None
    media_type: str
    channel: str
    call_type: str
    customer_number: str
    customer_name: str
    caller_number: str
    called_number: str
    handled_number: str
    account: str
    employee_id: str
    organization_unit: tuple[str, ...] | None
    skill_queue: str
    hang_up_party: str
    call_reason: tuple[str, ...]
    remarks: str
    reason_set_at: datetime | None
    reason_set_by: str
    satisfaction: str
    extended: dict[str, str]
    messages: tuple[Message, ...]
    transfers: tuple[Transfer, ...]
    phases: tuple[Phase, ...]
    recordings: tuple[Recording, ...] = ()


def check(record: Any, *, now: datetime) -> Contact:
    """The record, or Rejected with the first thing that is wrong with it."""
    if not isinstance(record, dict):
        raise Rejected("is not an object")
    started_at = checks.started(record, now=now)
    connected_at, ended_at = checks.time(record, "connected_at"), checks.time(record, "ended_at")
    updated_at, reason_set_at = checks.time(record, "updated_at"), checks.time(record, "reason_set_at")
    checks.not_ahead(
        {"connected_at": connected_at, "ended_at": ended_at, "updated_at": updated_at, "reason_set_at": reason_set_at},
        now=now,
    )
    if connected_at is not None and connected_at < started_at:
        raise Rejected("connected_at is before started_at")
    if ended_at is not None and ended_at < (connected_at or started_at):
        raise Rejected("ended_at is before the contact began")
    media_type = checks.word(record, "media_type", MediaType, required=True)
    channel = checks.word(record, "channel", Channel)
    if (media_type == MediaType.MULTIMEDIA) != bool(channel):
        raise Rejected("channel is for multimedia, and only for it")
    call_sn = checks.text(record, "call_sn", 19)
    if call_sn and not (len(call_sn) == 19 and is_digits(call_sn) and call_sn[0] != "0"):
        raise Rejected("call_sn is not 19 digits")
    return Contact(
        id=checks.text(record, "id", 200, required=True),
        updated_at=updated_at or ended_at or started_at,
        call_sn=call_sn,
        call_id=checks.text(record, "call_id", 128),
        started_at=started_at,
        connected_at=connected_at,
        ended_at=ended_at,
        duration_seconds=_duration(record, connected_at, ended_at),
        media_type=media_type,
        channel=channel,
        call_type=checks.word(record, "call_type", CallType, required=True),
        customer_number=checks.text(record, "customer_number", 128),
        customer_name=checks.text(record, "customer_name", 200),
        caller_number=checks.text(record, "caller_number", 128),
        called_number=checks.text(record, "called_number", 128),
        handled_number=checks.text(record, "handled_number", 128),
        account=checks.text(record, "account", 200),
        employee_id=checks.text(record, "employee_id", 32),
        organization_unit=checks.path(record, "organization_unit", 100),
        skill_queue=checks.text(record, "skill_queue", 200),
        hang_up_party=checks.word(record, "hang_up_party", HangUpParty),
        call_reason=checks.path(record, "call_reason", 3) or (),
        remarks=checks.text(record, "remarks", 500, lines=True),
        reason_set_at=reason_set_at,
        reason_set_by=checks.text(record, "reason_set_by", 200),
        satisfaction=checks.word(record, "satisfaction", Satisfaction),
        extended=_extended(record, "extended"),
        messages=tuple(checks.each(record, "messages", 50_000, _message)),
        transfers=tuple(checks.each(record, "transfers", 1_000, _transfer)),
        phases=tuple(_until(phase, ended_at) for phase in checks.each(record, "phases", 1_000, _phase)),
        recordings=tuple(checks.each(record, "recordings", 1_000, _recording)),
    )


def _message(part: Mapping[str, Any]) -> Message:
    offset = part.get("offset_seconds")
    if offset is not None and (
        isinstance(offset, bool) or not isinstance(offset, int | float) or not 0 <= offset < 1e9
    ):
        raise Rejected("offset_seconds is not a number of seconds")
    return Message(
        sent_at=checks.time(part, "at"),
        offset_seconds=offset,
        side=checks.word(part, "side", Side),
        sender=checks.text(part, "sender", 200),
        kind=checks.word(part, "kind", MessageKind) or MessageKind.TEXT.value,
        text=checks.text(part, "text", 1_000_000, lines=True),
    )


def _transfer(part: Mapping[str, Any]) -> Transfer:
    return Transfer(
        transferred_at=checks.time(part, "at"),
        kind=checks.word(part, "kind", TransferKind, required=True),
        from_party=checks.text(part, "from", 200),
        to_party=checks.text(part, "to", 200),
    )


def _phase(part: Mapping[str, Any]) -> Phase:
    started_at, ended_at = checks.time(part, "started_at"), checks.time(part, "ended_at")
    if started_at is None:
        raise Rejected("started_at is missing")
    if ended_at is not None and ended_at < started_at:
        raise Rejected("ended_at is before started_at")
    return Phase(
        kind=checks.word(part, "kind", PhaseKind, required=True),
        name=checks.text(part, "name", 200),
        started_at=started_at,
        ended_at=ended_at,
    )


def _until(phase: Phase, ended_at: datetime | None) -> Phase:
    """A phase that does not say its end goes on no longer than its contact."""
    if phase.ended_at or ended_at is None:
        return phase
    return replace(phase, ended_at=max(phase.started_at, ended_at))


def _recording(part: Mapping[str, Any]) -> Recording:
    body = part.get("body")
    if body is not None and not (isinstance(body, str) and body.isascii()):
        raise Rejected("body is not base64")
    return Recording(
        name=checks.text(part, "name", 500, required=not (body or checks.text(part, "url", 4000))),
        media_type=checks.text(part, "media_type", 100).lower(),
        body=body or None,
        encoding=checks.word(part, "encoding", BodyEncoding) or BodyEncoding.BASE64.value,
        started_at=checks.time(part, "at"),
        kind=checks.word(part, "kind", RecordingKind) or RecordingKind.RECORDING.value,
        mode=checks.word(part, "mode", VideoMode),
    )


def _extended(record: Mapping[str, Any], name: str) -> dict[str, str]:
    """Values of extended items by their id, defined or not; those without a value are left out."""
    value = record.get(name)
    if not value:
        return {}
    if not isinstance(value, dict) or len(value) > MOST_EXTENDED:
        raise Rejected(f"{name} is not an object of at most {MOST_EXTENDED} values")
    values = {
        checks.text({f"{name}: an id": id}, f"{name}: an id", 128, required=True): checks.text({name: text}, name, 1024)
        for id, text in value.items()
    }
    return {id: text for id, text in values.items() if text}


def _duration(record: Mapping[str, Any], connected_at: datetime | None, ended_at: datetime | None) -> int | None:
    """Whole seconds from connected to released, rounded down; none when never connected (guide: Call Duration)."""
    told = checks.seconds(record, "duration_seconds")
    if told is None and connected_at is not None and ended_at is not None:
        return checks.seconds_between(connected_at, ended_at)
    return told
