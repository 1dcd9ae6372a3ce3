"""Is a value in a record what its field takes? Text, words, times, lists: as it is kept, or why not.

Which fields there are is left to the adapters of the loaders.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aicc.lib.text import UnstorableText, storable

# Before any contact centre kept records, and later than a clock that runs a day fast.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)
LONGEST_SECONDS = 2**31 - 1


class Rejected(ValueError):
    """A record that is not loaded, with the reason in words."""


def each(record: Mapping[str, Any], name: str, most: int, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
    parts = record.get(name)
    if not parts:
        return []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Rejected(f"{name} is not a list of objects")
    if len(parts) > most:
        raise Rejected(f"{name} has more than {most} entries")
    try:
        return [read(part) for part in parts]
    except Rejected as error:
        raise Rejected(f"{name}: {error}") from None


def text(record: Mapping[str, Any], name: str, limit: int, *, required: bool = False, lines: bool = False) -> str:
    value = record.get(name)
    if value is None or value == "":
        if required:
            raise Rejected(f"{name} is missing")
        return ""
    if not isinstance(value, str):
        raise Rejected(f"{name} is not text")
    try:
        value = storable(value, lines=lines)
    except UnstorableText as error:
        raise Rejected(f"{name} {error}") from None
    if len(value) > limit:
        raise Rejected(f"{name} is longer than {limit} characters")
    if required and not value:
        raise Rejected(f"{name} is missing")
    return value


def word(record: Mapping[str, Any], name: str, choices: Any, *, required: bool = False) -> str:
    value = record.get(name)
    if value is None or value == "":
        if required:
            raise Rejected(f"{name} is missing")
        return ""
    # `in` on a dict of the words: a value of another type is simply not among them.
    if not isinstance(value, str) or value not in choices._value2member_map_:
        raise Rejected(f"{name} is none of {', '.join(choices.values)}")
    return value


def time(record: Mapping[str, Any], name: str) -> datetime | None:
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


def started(record: Mapping[str, Any], *, now: datetime) -> datetime:
    """When it began: required, from 2000 to tomorrow."""
    moment = time(record, "started_at")
    if moment is None:
        raise Rejected("started_at is missing")
    if not EARLIEST <= moment <= now + LATEST_AHEAD:
        raise Rejected(f"started_at is not between {EARLIEST:%Y-%m-%d} and tomorrow")
    return moment


def not_ahead(moments: Mapping[str, datetime | None], *, now: datetime) -> None:
    """None of these is later than tomorrow: a version of the year 2100 would let no other follow."""
    for name, moment in moments.items():
        if moment is not None and moment > now + LATEST_AHEAD:
            raise Rejected(f"{name} is later than tomorrow")


def seconds(record: Mapping[str, Any], name: str) -> int | None:
    """A number of seconds, rounded down."""
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_SECONDS:
        raise Rejected(f"{name} is not a number of seconds")
    return int(value)


def seconds_between(start: datetime, end: datetime) -> int:
    """Whole seconds, rounded down."""
    found = (end - start) // timedelta(seconds=1)
    if found > LONGEST_SECONDS:
        raise Rejected("the contact is longer than any call")
    return found


def path(record: Mapping[str, Any], name: str, levels: int) -> tuple[str, ...] | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > levels:
        raise Rejected(f"{name} is not a list of at most {levels} names")
    return tuple(text({name: part}, name, 200, required=True) for part in value)
