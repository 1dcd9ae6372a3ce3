"""What does a vCon (a conversation in the IETF's container format) say of a contact? Its answer is in the native form.

Every rule about values is left to `native`; here, in `container` and in `conversation` it is known where vCon 0.0.1
to 0.4.0 keep things.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contacts.choices import CallType, Channel, HangUpParty, MediaType
from contacts.ingest.container import (
    Json,
    Party,
    check_indexes,
    concerns,
    decoded,
    either,
    history,
    in_order,
    indexes,
    media_type,
    moment,
    objects,
    seconds,
)
from contacts.ingest.conversation import Dialogs, is_message, messages, recordings, transcript, transfers
from contacts.ingest.native import Rejected

_DIRECTIONS = {
    "out": CallType.OUTGOING,
    "outbound": CallType.OUTGOING,
    "outgoing": CallType.OUTGOING,
    "in": CallType.INCOMING,
    "inbound": CallType.INCOMING,
    "incoming": CallType.INCOMING,
}
# What some call a channel that has another name here.
_CHANNELS = {"twitter": "x", "messenger": "facebook", "webchat": "web", "mail": "email"}
_UNSIGNED = {"parties", "dialog", "analysis", "attachments"}
MOST_AGENTS = 20
# Extensions that a vCon may mark as critical: those that are read here.
_EXTENSIONS = {"cc"}


def is_vcon(document: Any) -> bool:
    """Whether a JSON document claims to be a vCon: open, signed (JWS) or encrypted (JWE)."""
    return isinstance(document, dict) and (
        "vcon" in document
        or {"uuid", "created_at"} <= document.keys()
        or not _UNSIGNED.isdisjoint(document)
        or "ciphertext" in document
        or ("payload" in document and not {"signatures", "signature"}.isdisjoint(document))
    )


def records(document: Json) -> Iterator[dict[str, Any]]:
    """One native record for each agent of the conversation, or one without an agent. Raises Rejected."""
    _refuse(document)
    parties = [Party(party) for party in objects(document, "parties")]
    dialogs = objects(document, "dialog")
    check_indexes([party.said for party in parties], dialogs)
    # An empty one stands for something unknown, or redacted. A transfer is no part of the conversation.
    talk = {n: dialog for n, dialog in in_order(dialogs).items() if dialog and dialog.get("type") != "transfer"}
    if not talk:
        raise Rejected("the vCon has no dialog")
    agents = [index for index, party in enumerate(parties) if party.is_agent]
    if len(agents) > MOST_AGENTS:
        raise Rejected(f"the vCon has more than {MOST_AGENTS} agents")
    there = [set(indexes(dialog.get("parties"))) for dialog in dialogs]
    owners = {number: _agents_of(number, dialog, there, agents) for number, dialog in talk.items()}
    told = list(transfers(dialogs, parties))
    beside = list(_beside(document))
    handlers: list[int | None] = [agent for agent in agents if any(agent in owner for owner in owners.values())]
    for agent in handlers or [None]:
        own = {number: dialog for number, dialog in talk.items() if agent is None or agent in owners[number]}
        record = _record(document, parties, own, agent, beside)
        # A transfer is told once: by whoever of these handed on, else took over, else by the first.
        first = (handlers or [None])[0]
        record["transfers"] = [said for who, said in told if next((h for h in handlers if h in who), first) == agent]
        # Several agents are several records of one call: they share a Call S/N through the call ID.
        nth = agents.index(agent) if agent is not None else 0
        yield {**record, "id": f"{record['id']}#{nth}" if nth else record["id"]}


def _refuse(document: Json) -> None:
    """Rejected when this is no vCon that can be read, and why."""
    if "ciphertext" in document:
        raise Rejected("is an encrypted vCon: decrypt it first")
    if "payload" in document and not {"signatures", "signature"}.isdisjoint(document):
        raise Rejected("is a signed vCon: load the vCon inside it")
    if not isinstance(document.get("uuid"), str) or not document["uuid"].strip():
        raise Rejected("uuid is missing")
    needed = either(document, "critical", "must_support") or []
    unknown = (
        [name for name in needed if str(name).lower() not in _EXTENSIONS] if isinstance(needed, list) else [needed]
    )
    if unknown:
        raise Rejected("needs extensions of vCon that are not known here")
    if document.get("group") and not document.get("dialog"):
        raise Rejected("is a group of vCons: load those it names")
    if document.get("parties") is None:
        raise Rejected("parties is missing")


def _agents_of(number: int, dialog: Json, there: list[set[int]], agents: list[int]) -> list[int]:
    """The agents of a dialog, or of the set of recordings it belongs to; the first of all when neither names one.

    `there` has the parties of every dialog.
    """
    named = there[number] | {party for _at, party in history(dialog, "join")}
    found = [agent for agent in agents if agent in named]
    for whole in indexes(dialog.get("recording_set")) if not found else ():
        found = [agent for agent in agents if agent in there[whole]]
    return found or agents[:1]


def _record(
    document: Json,
    parties: list[Party],
    own: Dialogs,
    agent_index: int | None,
    beside: list[tuple[Json, dict[str, Any]]],
) -> dict[str, Any]:
    agent = parties[agent_index] if agent_index is not None else Party({})
    facts = _facts(beside, own)
    call_type = _call_type(facts, own, parties)
    outside = _outside(parties, own)
    # Without an agent the other one is still who was called.
    inside = agent if agent_index is not None else _outside([p for p in parties if p is not outside], {})
    written = list(messages(own, parties))
    times = _times(own, facts, agent_index)
    outgoing = call_type == CallType.OUTGOING
    account = agent.mail or agent.tel
    return {
        "id": _identity(document),
        "updated_at": document.get("updated_at") or document.get("created_at"),
        "call_id": _identity(document),
        **{name: at.isoformat() if at else None for name, at in times.items()},
        **_media(own, facts, bool(written)),
        "call_type": call_type.value,
        "customer_number": outside.number,
        "customer_name": outside.name,
        "caller_number": inside.tel if outgoing else outside.number,
        "called_number": outside.number if outgoing else inside.tel,
        "handled_number": agent.tel,
        "account": account,
        "skill_queue": next((dialog["skill"] for dialog in own.values() if dialog.get("skill")), facts.get("queue")),
        "hang_up_party": _hang_up(own, parties, agent_index),
        "call_reason": [reason] if (reason := facts.get("reason")) else [],
        "remarks": facts.get("remarks"),
        "messages": written or list(transcript(objects(document, "analysis"), own, parties, times["started_at"])),
        "recordings": list(recordings(own, objects(document, "attachments"))),
    }


def _identity(document: Json) -> Any:
    """The uuid; of a vCon that amends another one the uuid of that: it is a newer version of the same contact."""
    amends = either(document, "amended", "appended")
    return (amends.get("uuid") if isinstance(amends, dict) else None) or document["uuid"]


def _outside(parties: list[Party], own: Dialogs) -> Party:
    """The outside party: one of these dialogs' before others, one with that role before one without a role."""
    here = {index for dialog in own.values() for index in indexes(dialog.get("parties"))}
    ranked = sorted(
        (not party.is_outside, bool(here) and index not in here, index)
        for index, party in enumerate(parties)
        if party.may_be_outside
    )
    return parties[ranked[0][2]] if ranked else Party({})


# --- What is told beside the conversation ------------------------------------------------------------------------

# What the attachments, and what `meta` of a dialog, call a fact. What an agent chose as disposition is the call
# reason; what a dialog has as disposition is how the call came about.
_ATTACHED = {
    "direction": "direction", "duration": "duration", "channel": "channel", "state": "state",
    "disposition": "reason", "agentselecteddisposition": "reason", "queue": "queue", "skill": "queue",
    "remarks": "remarks", "remark": "remarks", "notes": "remarks", "note": "remarks", "comment": "remarks",
}  # fmt: skip
_META = {**_ATTACHED, "disposition": "state"}
_STATES = {"answered", "noanswer", "busy", "failed", "congestion", "hungup", "voicemailnomessage"}


def _beside(document: Json) -> Iterator[tuple[Json, dict[str, Any]]]:
    """What attachments, and dispositions among the analysis, tell: each with its facts."""
    for name in ("analysis", "attachments"):
        for entry in objects(document, name):
            if (name == "attachments" or entry.get("type") == "disposition") and (facts := _told_facts(entry)):
                yield entry, facts


def _told_facts(entry: Json) -> dict[str, Any]:
    facts = {}
    for name, value in _told(entry).items():
        fact = _ATTACHED.get(_plain(name))
        fact = "state" if fact == "reason" and _plain(value) in _STATES else fact
        if fact and value not in (None, ""):
            facts[fact] = value
    return facts


def _facts(beside: list[tuple[Json, dict[str, Any]]], own: Dialogs) -> dict[str, Any]:
    """Direction, duration, disposition, remarks …, wherever they are: what is nearest to the dialog counts."""
    facts: dict[str, Any] = {}
    for entry, told in beside:
        if concerns(entry, own):
            facts.update(told)
    for dialog in own.values():
        meta = dialog.get("meta")
        near = {**(meta if isinstance(meta, dict) else {})}
        # Of an incomplete dialog: why nobody talked.
        near.update({"disposition": dialog["disposition"]} if dialog.get("disposition") else {})
        facts.update({fact: value for name, value in near.items() if value and (fact := _META.get(_plain(name)))})
        if dialog.get("application"):
            facts.setdefault("channel", dialog["application"])
    return facts


def _told(entry: Json) -> Json:
    """The facts in an attachment: an object, tags ("name:value"), or text that the entry itself names."""
    body = decoded(entry)
    if isinstance(body, str):
        return {str(either(entry, "type", "purpose")): body.strip()}
    if isinstance(body, list):
        return dict(tag.split(":", 1) for tag in body if isinstance(tag, str) and ":" in tag)
    return body if isinstance(body, dict) else {}


def _plain(name: Any) -> str:
    """A name as all write it: agent_selected_disposition, agentSelectedDisposition, no-answer, NO ANSWER."""
    return "".join(letter for letter in str(name or "")[:64].lower() if letter.isalnum())


def _call_type(facts: Json, own: Dialogs, parties: list[Party]) -> CallType:
    """As told, else outgoing when an agent is named as originator.

    The first party, which drafts mean when none is named, is no sign: many list agents first.
    """
    if told := _DIRECTIONS.get(_plain(facts.get("direction"))):
        return told
    begun = [index for dialog in own.values() if not is_message(dialog) for index in indexes(dialog.get("originator"))]
    return CallType.OUTGOING if begun and parties[begun[0]].is_agent else CallType.INCOMING


def _times(own: Dialogs, facts: Json, agent: int | None) -> dict[str, Any]:
    """Start, connection and end. A message without a duration ends when it starts, a call without one is open."""
    begun = [(at, dialog) for number, dialog in own.items() if (at := _start(number, dialog)) is not None]
    if not begun:
        raise Rejected("no dialog has a start")
    start = min(at for at, _dialog in begun)
    talked = [at for at, dialog in begun if dialog.get("type") != "incomplete"]
    answered = talked and _plain(facts.get("state") or "answered") == "answered"
    joined = [at for at, party in _all(own, "join") if party == agent and at >= start]
    drops = _all(own, "drop")
    left = [at for at, party in drops if party == agent]
    try:
        ends = [at + length for at, dialog in begun if (length := _length(dialog, facts)) is not None]
    except OverflowError:
        raise Rejected("duration ends after all time") from None
    ends = left or [*ends, *(at for at, _party in drops)]
    return {
        "started_at": start,
        "connected_at": (min(joined) if joined else min(talked)) if answered else None,
        "ended_at": max(ends) if ends else None,
    }


def _start(number: int, dialog: Json) -> datetime | None:
    start = moment(dialog.get("start"))
    if start is None and dialog.get("start") is not None:
        raise Rejected(f"dialog {number}: start is not a time")
    return start


def _length(dialog: Json, facts: Json) -> Any:
    duration = dialog.get("duration")
    if duration is not None and seconds(duration) is None:
        raise Rejected("duration is not a number of seconds")
    if duration is None:
        duration = 0 if is_message(dialog) or dialog.get("type") == "incomplete" else facts.get("duration")
    return seconds(duration)


def _all(own: Dialogs, event: str) -> list[tuple[datetime, int]]:
    return [found for dialog in own.values() for found in history(dialog, event)]


def _hang_up(own: Dialogs, parties: list[Party], agent: int | None) -> str:
    """Who left first of the last dialog that tells it: this agent, or the outside party."""
    for dialog in reversed(list(own.values())):
        left = [(at, party) for at, party in history(dialog, "drop") if party == agent or parties[party].may_be_outside]
        if left:
            _at, first = min(left, key=lambda event: event[0])
            return (HangUpParty.AGENT if first == agent else HangUpParty.USER).value
    return ""


def _media(own: Dialogs, facts: Json, has_messages: bool) -> dict[str, str]:
    types = [media_type(dialog) for dialog in own.values()]
    # A chat may hold a voice message, and a recorded call a note: what came first says which it is.
    if not has_messages or next(iter(own.values())).get("type") == "recording":
        is_video = any(media.startswith("video/") for media in types)
        return {"media_type": (MediaType.VIDEO if is_video else MediaType.VOICE).value}
    if any(media.startswith(("message/", "multipart/")) for media in types):
        return {"media_type": MediaType.MULTIMEDIA.value, "channel": Channel.EMAIL.value}
    told = str(facts.get("channel") or "").strip().lower()
    told = _CHANNELS.get(told, told)
    return {
        "media_type": MediaType.MULTIMEDIA.value,
        "channel": told if told in Channel.values else Channel.WEB.value,
    }
