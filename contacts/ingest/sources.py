"""Which documents are in these files? Lines of NDJSON, or whole files with one JSON document.

What a document says is left to `native` and `vcon`; a document that cannot be read is a Rejected, not an end.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from contacts.ingest import vcon
from contacts.ingest.native import Contact, Rejected, check

# The largest line, and the largest file that is one document: an inline recording of an hour is 40 MB.
LONGEST_DOCUMENT = 64 * 1024 * 1024

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
    """The same for records that are in memory already."""
    for number, record in enumerate(records, 1):
        yield _understood(where, number, 0, lambda record=record: record, now)  # type: ignore[misc]


def _documents(file: IO[bytes], where: str, now: datetime) -> Iterator[Read]:
    number = 0
    while line := file.readline(LONGEST_DOCUMENT + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if not _is_document(line):
                whole = line + file.read(max(LONGEST_DOCUMENT + 1 - len(line), 0))
                yield _understood(where, 1, len(whole), lambda: _parsed(whole), now)
                return
        if len(line) > LONGEST_DOCUMENT:
            size = len(line) + _skip_line(file)
            yield Read(where, number, (), "is longer than 64 MB", size)
        elif line.strip():
            yield _understood(where, number, len(line), lambda: _parsed(line), now)  # noqa: B023 – used at once


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


def _parsed(data: bytes) -> Any:
    if len(data) > LONGEST_DOCUMENT:
        raise Rejected("is longer than 64 MB")
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise Rejected("is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise Rejected(f"is not JSON: {reason}") from None


def _understood(where: str, line: int, size: int, document: Callable[[], Any], now: datetime) -> Read:
    try:
        content = document()
        records = vcon.records(content) if vcon.is_vcon(content) else [content]
        return Read(where, line, tuple(check(record, now=now) for record in records), bytes=size)
    except Rejected as error:
        return Read(where, line, (), str(error), size)
