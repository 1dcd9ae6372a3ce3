"""What happened in a vCon's conversation? Messages, transcript, transfers and recordings, in the native form.

How values are read is left to `container`, what the record itself says to `vcon`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from contacts.choices import MessageKind, TransferKind
from contacts.ingest.container import (
    Json,
    Party,
    concerns,
    decoded,
    either,
    file_name,
    indexes,
    iso,
    media_type,
    moment,
    text,
)
from contacts.ingest.native import BodyEncoding, RecordingKind

Dialogs = Mapping[int, Json]

_KINDS = {
    "image": MessageKind.IMAGE,
    "audio": MessageKind.AUDIO,
    "video": MessageKind.VIDEO,
    "application": MessageKind.FILE,
    "message": MessageKind.EMAIL,
    "multipart": MessageKind.EMAIL,
}
_TRANSCRIPTS = ("transcript", "wtf_transcription")
# As much of a name as shows that it is longer than the native form takes.
_TOO_LONG = 201


# --- Messages --------------------------------------------------------------------------------------------------


def is_message(dialog: Json) -> bool:
    """A text with a body, or with a file for it. A text with only `meta`, or a recording, is a call."""
    return dialog.get("type") == "text" and (isinstance(dialog.get("body"), str) or bool(dialog.get("url")))


def messages(own: Dialogs, parties: list[Party]) -> Iterator[dict[str, Any]]:
    for dialog in filter(is_message, own.values()):
        sender = _sender(dialog, parties)
        kind = _KINDS.get(media_type(dialog).partition("/")[0], MessageKind.TEXT)
        is_file = not isinstance(dialog.get("body"), str) or kind not in (MessageKind.TEXT, MessageKind.EMAIL)
        yield {
            "at": iso(dialog.get("start")),
            "side": sender.side,
            "sender": sender.label,
            "kind": (MessageKind.FILE if is_file and kind == MessageKind.TEXT else kind).value,
            "text": file_name(dialog) if is_file else text(dialog),
        }


def _sender(dialog: Json, parties: list[Party]) -> Party:
    """The originator: the first party unless another is named."""
    named = [*indexes(dialog.get("originator")), *indexes(dialog.get("parties"))]
    return parties[named[0]] if named else Party({})


# --- Transcript --------------------------------------------------------------------------------------------------


def transcript(analysis: list[Json], own: Dialogs, parties: list[Party], begun: datetime) -> Iterator[dict[str, Any]]:
    """The first transcript of each dialog, its offsets counted from the start of the contact."""
    told: set[int] = set()
    for entry in analysis:
        if len(told) == len(own):
            return
        if entry.get("type") not in _TRANSCRIPTS or not concerns(entry, own):
            continue
        # One that names no dialog is about all of them.
        about = own.keys() & set(indexes(entry.get("dialog")))
        if about and about <= told:
            continue
        start = min((at for index in about if (at := moment(own[index].get("start")))), default=begun)
        lines = list(_lines(decoded(entry), start))
        if lines:
            told |= about or set(own)
        for offset, speaker, party, words in lines:
            shifted = None if offset is None else offset + (start - begun).total_seconds()
            who = parties[party] if party is not None and party < len(parties) else Party({})
            yield {
                "offset_seconds": shifted,
                "side": who.side or _SIDES.get(speaker.lower(), ""),
                "sender": who.label or speaker,
                "text": words,
            }


_SIDES = {"agent": "agent", "customer": "customer", "caller": "customer", "client": "customer"}

Line = tuple[float | None, str, int | None, str]


def _lines(body: Any, start: datetime) -> Iterator[Line]:
    """(offset, speaker, party, text): of segments with offsets where there are some, else of paragraphs.

    Some write `segments` with a text each, others the paragraphs, sentences and words of each channel.
    """
    if isinstance(body, dict):
        found = _of_results(body.get("results"), start) or _of_parts(body, start)
        whole = either(body, "transcript", "text")
        # The text of a transcript may be an object beside its segments.
        whole = whole.get("text") if isinstance(whole, dict) else whole
        yield from found or (_of_text(whole) if isinstance(whole, str) else ())
    elif isinstance(body, list):
        yield from (line for part in body if (line := _segment(part, start)))
    elif isinstance(body, str):
        yield from _of_text(body)


def _of_text(words: str) -> Iterator[Line]:
    return ((None, "", None, part.strip()) for part in words.split("\n\n") if part.strip())


def _of_results(results: Any, start: datetime) -> list[Line]:
    """Utterances, else the best alternative of each channel, in the order they were spoken."""
    if not isinstance(results, dict):
        return []
    if spoken := _segments(results.get("utterances"), start):
        return spoken
    lines: list[Line] = []
    channels = [channel for channel in _list(results.get("channels")) if isinstance(channel, dict)]
    for number, channel in enumerate(channels):
        best = next((one for one in _list(channel.get("alternatives")) if isinstance(one, dict)), {})
        for offset, speaker, party, words in _lines(best, start):
            lines.append((offset, speaker or (str(number) if len(channels) > 1 else ""), party, words))
    return sorted(lines, key=lambda line: line[0] or 0.0)


def _of_parts(body: Json, start: datetime) -> list[Line]:
    paragraphs = body.get("paragraphs")
    paragraphs = paragraphs.get("paragraphs") if isinstance(paragraphs, dict) else paragraphs
    said = [
        {"speaker": paragraph.get("speaker"), **sentence}
        for paragraph in _list(paragraphs)
        if isinstance(paragraph, dict)
        for sentence in _list(paragraph.get("sentences"))
        if isinstance(sentence, dict)
    ]
    for parts in (body.get("segments"), body.get("utterances"), said, paragraphs):
        if found := _segments(parts, start):
            return found
    words = [word for word in _list(body.get("words")) if isinstance(word, dict) and "speaker" in word]
    runs = [list(run) for _speaker, run in groupby(words, key=lambda word: str(word["speaker"]))]
    joined = [
        {**run[0], "text": " ".join(str(either(one, "punctuated_word", "word") or "") for one in run)} for run in runs
    ]
    return _segments(joined, start)


def _segments(parts: Any, start: datetime) -> list[Line]:
    return [line for part in _list(parts) if (line := _segment(part, start))]


def _segment(part: Any, start: datetime) -> Line | None:
    words = either(part, "text", "transcript") if isinstance(part, dict) else None
    if not isinstance(words, str) or not words.strip():
        return None
    speaker = either(part, "speaker", "speaker_label", "channel")
    party = next(iter(indexes(either(part, "party", "parties"))), None)
    return _offset(part.get("start"), start), "" if speaker is None else str(speaker)[:200], party, words


def _offset(value: Any, start: datetime) -> float | None:
    """Seconds from the start of the dialog, told as such or as a time. What is neither is left out."""
    if isinstance(value, str):
        at = moment(value)
        value = (at - start) / timedelta(seconds=1) if at else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        return None
    return float(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# --- Transfers and recordings ------------------------------------------------------------------------------------


def transfers(dialogs: list[Json], parties: list[Party]) -> Iterator[tuple[set[int], dict[str, Any]]]:
    """Each transfer with the parties whose records may tell it: who handed on first, then who took over."""
    for dialog in dialogs:
        if dialog.get("type") != "transfer":
            continue
        giver, takers = indexes(dialog.get("transferor")), indexes(_renamed(dialog, "transfer_target"))
        after = [dialogs[index] for index in indexes(_renamed(dialog, "target_dialog"))]
        start = next((at for part in (dialog, *after) if (at := iso(part.get("start")))), None)
        yield (
            set(giver) or set(takers),
            {
                "at": start,
                "kind": _kind(dialog, [parties[index] for index in takers]).value,
                "from": _names(parties, giver),
                "to": _names(parties, takers),
            },
        )


def _names(parties: list[Party], numbers: list[int]) -> str:
    """Who these are, each once. A vCon may name 200,000, and call each as long as it likes."""
    labels = (parties[number].label for number in dict.fromkeys(numbers))
    return ", ".join(label[:_TOO_LONG] for label in labels if isinstance(label, str) and label)


def _kind(dialog: Json, takers: list[Party]) -> TransferKind:
    if len(takers) > 1:
        return TransferKind.CONFERENCE
    if any(taker.is_queue for taker in takers):
        return TransferKind.QUEUE
    if any(taker.is_robot for taker in takers):
        return TransferKind.IVR
    return TransferKind.CONSULTATION if indexes(dialog.get("consultation")) else TransferKind.INTERNAL


def _renamed(dialog: Json, name: str) -> Any:
    """Until 0.0.2 these two had a hyphen."""
    return either(dialog, name, name.replace("_", "-"))


def recordings(own: Dialogs, attachments: list[Json]) -> Iterator[dict[str, Any]]:
    """The recordings that are in the vCon or named by it; nothing is fetched from an address."""
    for dialog in own.values():
        if dialog.get("type") == "recording":
            yield from _recording(dialog, RecordingKind.RECORDING)
    for attachment in attachments:
        purpose = str(either(attachment, "purpose", "type") or "").lower()
        if "screen" in purpose and media_type(attachment).startswith("video/") and concerns(attachment, own):
            yield from _recording(attachment, RecordingKind.SCREEN)


def _recording(part: Json, kind: RecordingKind) -> Iterator[dict[str, Any]]:
    body, name, url = part.get("body"), file_name(part), part.get("url")
    # Redaction takes the body and the address away.
    if body or name or url:
        yield {
            "name": name,
            "url": url,
            "media_type": media_type(part),
            "body": body or None,
            "encoding": part.get("encoding") or BodyEncoding.BASE64URL.value,
            "at": iso(part.get("start")),
            "kind": kind.value,
        }
