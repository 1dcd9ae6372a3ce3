"""How are values read out of a vCon, whatever its version? Lists, indexes, parties, times and encoded bodies.

What they say of a contact is left to `vcon` and `conversation`.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard
from urllib.parse import unquote

from aicc.lib.checks import Rejected
from aicc.lib.documents import is_endless
from contacts.choices import Side

Json = Mapping[str, Any]

_OUTSIDE = {"customer", "contact", "caller", "user", "lead", "consumer", "client"}
# At work on the agent's side without handling the contact.
_BESIDE = {"supervisor", "sme", "specialist", "manager", "observer"}
_ROBOTS = {"bot", "robot", "ivr", "chatbot", "voicebot", "automaton"}


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a conversation. Draft 0.4 left roles to its contact center extension, and added the type."""

    said: Json

    @property
    def role(self) -> str:
        meta = self.said.get("meta")
        told = self.said.get("role") or (meta.get("role") if isinstance(meta, dict) else "")
        return str(told or "").strip().lower()

    @property
    def is_agent(self) -> bool:
        return self.role == "agent"

    @property
    def is_robot(self) -> bool:
        return self.role in _ROBOTS or str(self.said.get("type") or "").lower() in _ROBOTS

    @property
    def is_queue(self) -> bool:
        return self.role in ("queue", "skill")

    @property
    def is_outside(self) -> bool:
        """Whether this is the outside party for certain."""
        return self.role in _OUTSIDE

    @property
    def may_be_outside(self) -> bool:
        return not (self.is_agent or self.is_robot or self.is_queue or self.role in _BESIDE)

    @property
    def side(self) -> str:
        if self.is_robot:
            return Side.ROBOT.value
        if self.is_agent or self.role in _BESIDE:
            return Side.AGENT.value
        return Side.CUSTOMER.value if self.is_outside else ""

    @property
    def mail(self) -> str:
        return _bare(self.said.get("mailto")).partition("?")[0]

    @property
    def tel(self) -> str:
        """The telephone number, else the SIP address."""
        return _bare(self.said.get("tel")) or _bare(self.said.get("sip"))

    @property
    def number(self) -> str:
        """What the outside party is reached at: number, else mail address."""
        return self.tel or self.mail

    @property
    def name(self) -> Any:
        """The name; none when it only repeats the number."""
        name = self.said.get("name")
        return "" if name in (self.said.get("tel"), self.number) else name

    @property
    def label(self) -> Any:
        return self.said.get("name") or self.number


def _bare(uri: Any) -> str:
    """`tel:+1…`, `sip:a@b` and `mailto:a@b` without their scheme."""
    if not isinstance(uri, str):
        return ""
    scheme, colon, rest = uri.strip().partition(":")
    return rest.strip() if colon and scheme.lower() in ("tel", "mailto", "sip", "sips") else uri.strip()


# More than any conversation has. What follows asks every dialog for every agent.
_MOST = {"parties": 500}
_MOST_OTHERS = 20_000
_MOST_INDEXES = 200_000


def objects(document: Json, name: str) -> list[Json]:
    values = document.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Rejected(f"{name} is not a list of objects")
    if len(values) > (most := _MOST.get(name, _MOST_OTHERS)):
        raise Rejected(f"{name} has more than {most} entries")
    return values


def indexes(value: Any) -> list[int]:
    """The indexes in a value that is one, or a list of them, or a list of lists for the channels of a recording."""
    return [index for index in _leaves(value) if _is_index(index)]


def either(part: Json, *names: str) -> Any:
    """The value under the first of these names that has one: drafts renamed some."""
    return next((part[name] for name in names if part.get(name) not in (None, "")), None)


def media_type(part: Json) -> str:
    """`mediatype`, until 0.0.2 `mimetype`: in lower case, without parameters."""
    return str(either(part, "mediatype", "mimetype") or "").partition(";")[0].strip().lower()


def file_name(part: Json) -> str:
    """What an external file is called: its name, else the last part of its address when that is a file's name."""
    name, url = part.get("filename"), part.get("url")
    if isinstance(name, str) and name.strip():
        return name
    last = url.partition("?")[0].partition("#")[0].rpartition("/")[2] if isinstance(url, str) else ""
    return unquote(last) if "." in last else ""


def moment(value: Any) -> datetime | None:
    """A time: RFC 3339, or seconds since 1970 as the first drafts had it. Without an offset: UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def iso(value: Any) -> str | None:
    found = moment(value)
    return found.isoformat() if found else None


def seconds(value: Any) -> timedelta | None:
    """A number of seconds, None when it is something else. Rejected when no time is that long."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise Rejected("duration is not a number of seconds") from None


def text(part: Json) -> str | None:
    """An inline body as text, None when there is none: what no JSON string can hold is base64url."""
    body = part.get("body")
    if not isinstance(body, str) or part.get("encoding") not in ("base64url", "base64"):
        return body if isinstance(body, str) else None
    try:
        packed = body.translate(str.maketrans("-_", "+/", "\r\n ")).rstrip("=")
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Rejected("body is not text in base64url") from None


def decoded(part: Json) -> Any:
    """The body of an analysis or attachment; JSON inside a string is opened, what cannot be read is left out."""
    body = part.get("body")
    if not isinstance(body, str):
        return body
    try:
        body = text(part)
    except Rejected:
        return None
    says_json = part.get("encoding") == "json" or media_type(part).endswith("json")
    if not says_json and not (body or "").lstrip().startswith(("{", "[")):
        return body
    try:
        return None if is_endless(body or "") else json.loads(body or "")
    except (ValueError, RecursionError):
        return None if says_json else body


def concerns(entry: Json, own: Mapping[int, Json]) -> bool:
    """Whether an analysis or attachment is about one of these dialogs. One that names none is about all."""
    named = indexes(entry.get("dialog"))
    return not named or not own.keys().isdisjoint(named)


def history(dialog: Json, event: str) -> Iterator[tuple[datetime, int]]:
    """(time, party) of an event of the party history: join, drop, …"""
    for entry in objects(dialog, "party_history"):
        if entry.get("event") == event and (at := moment(entry.get("time"))) is not None:
            yield from ((at, party) for party in indexes(entry.get("party")))


def in_order(dialogs: list[Json]) -> dict[int, Json]:
    """Dialogs by their index, in the order of their time: a vCon keeps them as they were added.

    One without a time stays behind the one it follows.
    """
    latest, placed = 0.0, []
    for number, dialog in enumerate(dialogs):
        start = moment(dialog.get("start"))
        latest = start.timestamp() if start else latest
        placed.append((latest, number))
    return {number: dialogs[number] for _latest, number in sorted(placed)}


def check_indexes(parties: list[Json], dialogs: list[Json]) -> None:
    """Rejected when a dialog names a party or a dialog that the vCon does not have."""
    seen = 0
    for number, dialog in enumerate(dialogs):
        named = [(name, dialog.get(name), len(parties)) for name in ("parties", "originator", *_PARTY_ROLES)]
        named += [("party_history", entry.get("party"), len(parties)) for entry in objects(dialog, "party_history")]
        named += [(name, dialog.get(name), len(dialogs)) for name in _DIALOG_ROLES]
        for name, value, there in named:
            for index in _leaves(value):
                if not _is_index(index):
                    raise Rejected(f"dialog {number}: {name} is not an index")
                seen += 1
                if seen > _MOST_INDEXES:
                    raise Rejected(f"the dialogs name more than {_MOST_INDEXES} parties")
                if index >= there:
                    raise Rejected(f"dialog {number}: {name} names {index} of {there}, counted from 0")


_PARTY_ROLES = ("transferor", "transferee", "transfer_target", "transfer-target")
_DIALOG_ROLES = ("original", "consultation", "target_dialog", "target-dialog", "recordings", "recording_set")


def _leaves(value: Any) -> Iterator[Any]:
    """What stands for an index in a value. A channel without a party is null."""
    for item in value if isinstance(value, list) else [value]:
        yield from (leaf for leaf in (item if isinstance(item, list) else [item]) if leaf is not None)


def _is_index(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
