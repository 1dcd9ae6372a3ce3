"""What does a vCon (a conversation in the IETF's container format) say of a contact? Its answer is in the native form.

Every rule about values is left to `native`; this file only knows where vCon 0.0.1 to 0.4.0 keeps things.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from contacts.choices import CallType, Channel, MediaType, Side
from contacts.ingest.native import Rejected

Json = Mapping[str, Any]

_OUTSIDE = ("customer", "contact", "caller", "user", "lead")
_DIRECTIONS = {
    "out": CallType.OUTGOING,
    "outbound": CallType.OUTGOING,
    "outgoing": CallType.OUTGOING,
    "in": CallType.INCOMING,
    "inbound": CallType.INCOMING,
    "incoming": CallType.INCOMING,
}


def is_vcon(document: Any) -> bool:
    """Whether a JSON document claims to be a vCon, open, signed or encrypted."""
    return isinstance(document, dict) and (
        "vcon" in document
        or {"parties", "dialog"} <= document.keys()
        or {"payload", "signatures"} <= document.keys()
        or "ciphertext" in document
    )


def records(document: Json) -> Iterator[dict[str, Any]]:
    """One native record for each agent of the conversation, or one without an agent. Raises Rejected."""
    if "ciphertext" in document:
        raise Rejected("is an encrypted vCon: decrypt it first")
    if "signatures" in document:
        raise Rejected("is a signed vCon: load the vCon inside it")
    if not isinstance(document.get("uuid"), str) or not document["uuid"].strip():
        raise Rejected("uuid is missing")
    parties, dialogs = _objects(document, "parties"), _objects(document, "dialog")
    if not dialogs:
        raise Rejected("the vCon has no dialog")
    agents = [index for index, party in enumerate(parties) if _role(party) == "agent"]
    for nth, agent in enumerate(agents or [None]):
        own = [dialog for dialog in dialogs if agent is None or agent in _agents_of(dialog, agents)]
        if own:
            record = _record(document, parties, own, agent)
            # Several agents are several records of one call: they share a Call S/N through the call ID.
            yield {**record, "id": record["id"] if nth == 0 else f"{record['id']}#{nth}"}


def _agents_of(dialog: Json, agents: list[int]) -> list[int]:
    """The agents among a dialog's parties; the first of all when it names none, so that no dialog is lost."""
    return [agent for agent in agents if agent in _party_indexes(dialog)] or agents[:1]


def _record(document: Json, parties: list[Json], dialogs: list[Json], agent_index: int | None) -> dict[str, Any]:
    agent = parties[agent_index] if agent_index is not None else {}
    customer = next((party for i, party in enumerate(parties) if i != agent_index and _role(party) != "agent"), {})
    facts = _facts(document, dialogs)
    messages = [_message(dialog, parties) for dialog in dialogs if _is_message(dialog)]
    call_type = _DIRECTIONS.get(str(facts.get("direction", "")).lower(), CallType.INCOMING)
    inside, outside = _number(agent, mail=False), _number(customer)
    outgoing = call_type == CallType.OUTGOING
    return {
        "id": document.get("uuid"),
        "updated_at": document.get("updated_at") or document.get("created_at"),
        "call_id": document.get("uuid"),
        **_times(dialogs, facts),
        **_media(dialogs, facts, bool(messages)),
        "call_type": call_type.value,
        "customer_number": outside,
        "customer_name": "" if customer.get("name") in (customer.get("tel"), outside) else customer.get("name"),
        "caller_number": inside if outgoing else outside,
        "called_number": outside if outgoing else inside,
        "handled_number": inside,
        "account": _bare(agent.get("mailto")) or inside,
        "call_reason": [reason] if (reason := facts.get("agent_selected_disposition")) else [],
        "messages": messages or list(_transcript(document.get("analysis"))),
    }


def _facts(document: Json, dialogs: Iterable[Json]) -> dict[str, Any]:
    """Disposition, direction and duration, wherever the vCon keeps them: what is nearest to the dialog counts."""
    facts: dict[str, Any] = {}
    for attachment in _objects(document, "attachments"):
        body = _decoded(attachment)
        if isinstance(body, dict):
            facts.update({key: body[key] for key in ("direction", "duration", "channel") if body.get(key) is not None})
            if body.get("agentSelectedDisposition"):
                facts["agent_selected_disposition"] = body["agentSelectedDisposition"]
    for dialog in dialogs:
        meta = dialog.get("meta")
        facts.update({key: value for key, value in (meta if isinstance(meta, dict) else {}).items() if value})
    return facts


def _times(dialogs: list[Json], facts: Json) -> dict[str, Any]:
    """Start, connection and end. A dialog without a duration ends when it starts, a call without one is open."""
    begun = [(moment, dialog) for dialog in dialogs if (moment := _moment(dialog.get("start"))) is not None]
    if not begun:
        raise Rejected("no dialog has a start")
    start = min(moment for moment, _ in begun)
    try:
        ends = [moment + seconds for moment, dialog in begun if (seconds := _seconds(dialog, facts)) is not None]
    except OverflowError:
        raise Rejected("duration ends after all time") from None
    answered = str(facts.get("disposition", "ANSWERED")).upper() == "ANSWERED"
    return {
        "started_at": start.isoformat(),
        "connected_at": start.isoformat() if answered else None,
        "ended_at": max(ends).isoformat() if ends else None,
    }


def _seconds(dialog: Json, facts: Json) -> timedelta | None:
    duration = dialog.get("duration")
    if duration is None:
        duration = 0 if _is_message(dialog) else facts.get("duration")
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        return None
    try:
        return timedelta(seconds=duration)
    except (OverflowError, ValueError):
        raise Rejected("duration is not a number of seconds") from None


def _media(dialogs: list[Json], facts: Json, has_messages: bool) -> dict[str, str]:
    types = [str(dialog.get("mimetype") or dialog.get("mediatype") or "") for dialog in dialogs]
    if any(media.startswith("video/") for media in types):
        return {"media_type": MediaType.VIDEO.value}
    if not has_messages:
        return {"media_type": MediaType.VOICE.value}
    if any(media.startswith("message/") for media in types):
        return {"media_type": MediaType.MULTIMEDIA.value, "channel": Channel.EMAIL.value}
    told = str(facts.get("channel", "")).lower()
    channel = told if told in Channel.values else Channel.WEB.value
    return {"media_type": MediaType.MULTIMEDIA.value, "channel": channel}


def _is_message(dialog: Json) -> bool:
    """A text with a body. A text with only `meta`, or a recording, is a call."""
    return dialog.get("type") == "text" and isinstance(dialog.get("body"), str)


def _message(dialog: Json, parties: list[Json]) -> dict[str, Any]:
    indexes = _party_indexes(dialog)
    originator = dialog.get("originator", indexes[0] if indexes else None)
    party = parties[originator] if _is_index(originator) and originator < len(parties) else {}
    return {
        "at": _iso(dialog.get("start")),
        "side": _side(party),
        "sender": party.get("name") or _number(party),
        "text": dialog["body"],
    }


def _transcript(analysis: Any) -> Iterator[dict[str, Any]]:
    """The first transcript: its segments where it has them, else its paragraphs."""
    for entry in analysis if isinstance(analysis, list) else []:
        if not isinstance(entry, dict) or entry.get("type") != "transcript":
            continue
        body = _decoded(entry)
        if isinstance(body, dict):
            body = body.get("segments") or body.get("transcript") or body.get("text")
        if isinstance(body, str):
            yield from ({"text": part.strip()} for part in body.split("\n\n") if part.strip())
            return
        for segment in body if isinstance(body, list) else []:
            if isinstance(segment, dict) and segment.get("text"):
                yield {
                    "offset_seconds": segment.get("start"),
                    "sender": str(segment.get("speaker") or ""),
                    "text": segment["text"],
                }
        return


def _decoded(entry: Json) -> Any:
    """The body of an analysis or attachment; JSON inside a string is opened."""
    body = entry.get("body")
    if isinstance(body, str) and entry.get("encoding") == "json":
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None
    return body


def _objects(document: Json, name: str) -> list[Json]:
    values = document.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Rejected(f"{name} is not a list of objects")
    return values


def _role(party: Json) -> str:
    return str(party.get("role") or "").lower()


def _side(party: Json) -> str:
    if _role(party) == "agent":
        return Side.AGENT.value
    return Side.CUSTOMER.value if _role(party) in _OUTSIDE else ""


def _party_indexes(dialog: Json) -> list[int]:
    parties = dialog.get("parties")
    found = parties if isinstance(parties, list) else [parties]
    return [index for index in found if _is_index(index)]


def _is_index(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(party: Json, *, mail: bool = True) -> str:
    """The telephone number of a party, else its mail address."""
    return _bare(party.get("tel")) or (_bare(party.get("mailto")) if mail else "")


def _bare(uri: Any) -> str:
    """`tel:+1…` and `mailto:a@b` without their scheme."""
    return uri.removeprefix("tel:").removeprefix("mailto:").strip() if isinstance(uri, str) else ""


def _moment(value: Any) -> datetime | None:
    """A dialog's start: RFC 3339, or seconds since 1970 as the first drafts had it. Without an offset: UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _iso(value: Any) -> str | None:
    moment = _moment(value)
    return moment.isoformat() if moment else None
