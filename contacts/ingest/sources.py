"""Which documents are in these files? Lines of NDJSON, or whole files with one JSON document.

What a document says is left to `native` and `vcon`; a document that cannot be read is a Rejected, not an end.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from contacts.ingest import vcon
from contacts.ingest.native import Contact, Rejected, check

# The largest line, and the largest file that is one document: an inline recording of an hour is 40 MB.
LONGEST_DOCUMENT = 64 * 1024 * 1024
_TOO_LONG = "is longer than 64 MB"

# What is read of a folder; a file that is named is read whatever its ending.
ENDINGS = (".ndjson", ".jsonl", ".json", ".vcon")


@dataclass(frozen=True, slots=True)
class Read:
    """What was made of one document: contacts, or the reason why not. `bytes` measures progress."""

    where: str
    line: int
    contacts: tuple[Contact, ...]
    reason: str = ""
    bytes: int = 0


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named: by their ending, in order of name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        # Links to folders are not followed: a loop of them has no end.
        for folder, folders, names in os.walk(path, followlinks=False):
            folders.sort()
            yield from (Path(folder) / name for name in sorted(names) if name.lower().endswith(ENDINGS))


def read(path: Path, *, now: datetime) -> Iterator[Read]:
    """Every document of a file. NDJSON when its first line is a document, else one document."""
    try:
        with path.open("rb") as file:
            yield from _documents(file, str(path), now)
    except OSError as error:
        yield Read(str(path), 0, (), f"the file cannot be read: {error.strerror}")


def read_records(records: Iterable[Any], *, where: str, now: datetime) -> Iterator[Read]:
    """The same for documents that are in memory already."""
    for number, record in enumerate(records, 1):
        try:
            yield Read(where, number, _contacts(record, now))
        except Rejected as error:
            yield Read(where, number, (), str(error))


def _documents(file: IO[bytes], where: str, now: datetime) -> Iterator[Read]:
    number, begun = 0, False
    while line := file.readline(LONGEST_DOCUMENT + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        if not begun and not _is_document(line):
            here = file.tell()
            whole = line + file.read(max(LONGEST_DOCUMENT + 1 - len(line), 0))
            if b"\n{" not in whole or _is_json(whole):
                yield _document(whole, where, number, now)
                return
            # Further lines begin a document each: only this one is cut off.
            file.seek(here)
        begun = True
        if len(line) > LONGEST_DOCUMENT:
            rest = 0 if line.endswith(b"\n") else _skip_line(file)
            yield Read(where, number, (), _TOO_LONG, len(line) + rest)
        else:
            yield _document(line, where, number, now)


def _document(data: bytes, where: str, line: int, now: datetime) -> Read:
    try:
        return Read(where, line, _contacts(_parsed(data), now), bytes=len(data))
    except Rejected as error:
        return Read(where, line, (), str(error), len(data))


def _contacts(document: Any, now: datetime) -> tuple[Contact, ...]:
    records = vcon.records(document) if vcon.is_vcon(document) else [document]
    return tuple(check(record, now=now) for record in records)


def _skip_line(file: IO[bytes]) -> int:
    size = 0
    while chunk := file.readline(1024 * 1024):
        size += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return size


def _is_document(line: bytes) -> bool:
    """Whether a first line stands by itself. A line that is no JSON at all does: it is one bad line of many."""
    text = line.strip()
    return not text.startswith(b"{") or text.endswith(b"}")


def _is_json(data: bytes) -> bool:
    try:
        _parsed(data)
    except Rejected:
        return False
    return True


def _parsed(data: bytes) -> Any:
    if len(data) > LONGEST_DOCUMENT:
        raise Rejected(_TOO_LONG)
    try:
        # As text: of bytes the parser would guess the encoding, line by line.
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Rejected("is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise Rejected(f"is not JSON: {reason}") from None
