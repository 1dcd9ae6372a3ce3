"""Is this a contact record, and what does it say? The NDJSON form, field by field, and its rules.

One JSON object is one record. Other forms are translated to this one, so that every rule stands here once;
finding accounts and queues by their names is left to the loader.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aicc.lib.text import UnstorableText, storable
from contacts.choices import CallType, Channel, HangUpParty, MediaType, MessageKind, Satisfaction, Side, TransferKind

# Before any contact centre kept records, and later than a clock that runs a day fast.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)
LONGEST_SECONDS = 2**31 - 1


class Rejected(ValueError):
    """A record that is not loaded, with the reason in words."""


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
class Contact:
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
    satisfaction: str
    messages: tuple[Message, ...]
    transfers: tuple[Transfer, ...]


def check(record: Any, *, now: datetime) -> Contact:
    """The record, or Rejected with the first thing that is wrong with it."""
    if not isinstance(record, dict):
        raise Rejected("is not an object")
    started_at = _time(record, "started_at")
    if started_at is None:
        raise Rejected("started_at is missing")
    if not EARLIEST <= started_at <= now + LATEST_AHEAD:
        raise Rejected(f"started_at is not between {EARLIEST:%Y-%m-%d} and tomorrow")
    connected_at, ended_at = _time(record, "connected_at"), _time(record, "ended_at")
    if connected_at is not None and connected_at < started_at:
        raise Rejected("connected_at is before started_at")
    if ended_at is not None and ended_at < (connected_at or started_at):
        raise Rejected("ended_at is before the contact began")
    media_type = _word(record, "media_type", MediaType, required=True)
    channel = _word(record, "channel", Channel)
    if (media_type == MediaType.MULTIMEDIA) != bool(channel):
        raise Rejected("channel is for multimedia, and only for it")
    call_sn = _text(record, "call_sn", 19)
    if call_sn and not (len(call_sn) == 19 and call_sn.isascii() and call_sn.isdigit() and call_sn[0] != "0"):
        raise Rejected("call_sn is not 19 digits")
    return Contact(
        id=_text(record, "id", 200, required=True),
        updated_at=_time(record, "updated_at") or ended_at or started_at,
        call_sn=call_sn,
        call_id=_text(record, "call_id", 128),
        started_at=started_at,
        connected_at=connected_at,
        ended_at=ended_at,
        duration_seconds=_duration(record, connected_at, ended_at),
        media_type=media_type,
        channel=channel,
        call_type=_word(record, "call_type", CallType, required=True),
        customer_number=_text(record, "customer_number", 128),
        customer_name=_text(record, "customer_name", 200),
        caller_number=_text(record, "caller_number", 128),
        called_number=_text(record, "called_number", 128),
        handled_number=_text(record, "handled_number", 128),
        account=_text(record, "account", 200),
        employee_id=_text(record, "employee_id", 32),
        organization_unit=_path(record, "organization_unit", 100),
        skill_queue=_text(record, "skill_queue", 200),
        hang_up_party=_word(record, "hang_up_party", HangUpParty),
        call_reason=_path(record, "call_reason", 3) or (),
        remarks=_text(record, "remarks", 500),
        satisfaction=_word(record, "satisfaction", Satisfaction),
        messages=tuple(_each(record, "messages", _message)),
        transfers=tuple(_each(record, "transfers", _transfer)),
    )


def _message(part: Mapping[str, Any]) -> Message:
    offset = part.get("offset_seconds")
    if offset is not None and (
        isinstance(offset, bool) or not isinstance(offset, int | float) or not 0 <= offset < 1e9
    ):
        raise Rejected("offset_seconds is not a number of seconds")
    return Message(
        sent_at=_time(part, "at"),
        offset_seconds=offset,
        side=_word(part, "side", Side),
        sender=_text(part, "sender", 200),
        kind=_word(part, "kind", MessageKind) or MessageKind.TEXT.value,
        text=_text(part, "text", 1_000_000),
    )


def _transfer(part: Mapping[str, Any]) -> Transfer:
    return Transfer(
        transferred_at=_time(part, "at"),
        kind=_word(part, "kind", TransferKind, required=True),
        from_party=_text(part, "from", 200),
        to_party=_text(part, "to", 200),
    )


def _each(record: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
    parts = record.get(name) or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Rejected(f"{name} is not a list of objects")
    try:
        return [read(part) for part in parts]
    except Rejected as error:
        raise Rejected(f"{name}: {error}") from None


def _text(record: Mapping[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    value = record.get(name)
    if value is None or value == "":
        if required:
            raise Rejected(f"{name} is missing")
        return ""
    if not isinstance(value, str):
        raise Rejected(f"{name} is not text")
    try:
        value = storable(value)
    except UnstorableText as error:
        raise Rejected(f"{name} {error}") from None
    if len(value) > limit:
        raise Rejected(f"{name} is longer than {limit} characters")
    if required and not value:
        raise Rejected(f"{name} is missing")
    return value


def _word(record: Mapping[str, Any], name: str, choices: Any, *, required: bool = False) -> str:
    value = record.get(name)
    if value is None or value == "":
        if required:
            raise Rejected(f"{name} is missing")
        return ""
    # `in` on a dict of the words: a value of another type is simply not among them.
    if not isinstance(value, str) or value not in choices._value2member_map_:
        raise Rejected(f"{name} is none of {', '.join(choices.values)}")
    return value


def _time(record: Mapping[str, Any], name: str) -> datetime | None:
    """RFC 3339; a time without an offset is UTC."""
    value = record.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Rejected(f"{name} is not a time")
    try:
        moment = datetime.fromisoformat(value)
        # Years 1 and 9999 read, but not in every zone.
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected(f"{name} is not a time") from None
    if not 1900 <= moment.year < 2200:
        raise Rejected(f"{name} is not a time of a contact")
    return moment


def _duration(record: Mapping[str, Any], connected_at: datetime | None, ended_at: datetime | None) -> int | None:
    """Whole seconds from connected to released, rounded down; none when never connected (guide: Call Duration)."""
    value = record.get("duration_seconds")
    if value is not None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_SECONDS:
            raise Rejected("duration_seconds is not a number of seconds")
        return int(value)
    if connected_at is None or ended_at is None:
        return None
    seconds = (ended_at - connected_at) // timedelta(seconds=1)
    if seconds > LONGEST_SECONDS:
        raise Rejected("the contact is longer than any call")
    return seconds


def _path(record: Mapping[str, Any], name: str, levels: int) -> tuple[str, ...] | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > levels:
        raise Rejected(f"{name} is not a list of at most {levels} names")
    return tuple(_text({name: part}, name, 200, required=True) for part in value)
