"""Which JSON documents are in these files? Lines of NDJSON, or whole files with one document.

What a document says is left to the loaders; one that cannot be read has a reason instead of a value, and ends nothing.
"""

import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from aicc.lib.checks import Rejected
from aicc.lib.text import shown

# The largest line, and the largest file that is one document: an inline recording of an hour is 40 MB.
LONGEST_DOCUMENT = 64 * 1024 * 1024
_TOO_LONG = "is longer than 64 MB"
MOST_VALUES = 1_000_000

# What is read of a folder; a file that is named is read whatever its ending.
ENDINGS = (".ndjson", ".jsonl", ".json")
# A file with one of these holds one document: an empty one is an export that was cut off.
_DOCUMENTS = (".json", ".vcon")

_CLOSING = {b"{": b"}", b"[": b"]"}
_BOM = b"\xef\xbb\xbf"
# What a file begins with that is no JSON, and what to do about it.
_FOREIGN = {
    b"\xff\xfe": "is UTF-16 or UTF-32: save it as UTF-8",
    b"\xfe\xff": "is UTF-16 or UTF-32: save it as UTF-8",
    b"{\x00": "is UTF-16 or UTF-32: save it as UTF-8",
    b"\x00{": "is UTF-16 or UTF-32: save it as UTF-8",
    b"\x1f\x8b": "is compressed (gzip): unpack it first",
    b"BZh": "is compressed (bzip2): unpack it first",
    b"\xfd7zXZ": "is compressed (xz): unpack it first",
    b"\x28\xb5\x2f\xfd": "is compressed (zstd): unpack it first",
    b"PK\x03\x04": "is compressed (zip): unpack it first",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands in a file: its value, or the reason why it has none. `bytes` measures progress."""

    where: str
    line: int
    value: Any
    reason: str = ""
    bytes: int = 0


def files(paths: Iterable[Path], endings: tuple[str, ...] = ENDINGS) -> Iterator[Path]:
    """The files named, and those in the folders named: by their ending, in order of name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        unread: list[OSError] = []
        # Links to folders are not followed: a loop of them has no end.
        for folder, folders, names in os.walk(path, followlinks=False, onerror=unread.append):
            folders.sort()
            yield from (Path(folder) / name for name in sorted(names) if name.lower().endswith(endings))
        # As a file that cannot be read: it is rejected when its turn comes.
        yield from (Path(error.filename) for error in unread)


def read(path: Path) -> Iterator[Document]:
    """Every document of a file. NDJSON when its first line is a document, else one document."""
    try:
        # A named pipe without a writer would wait for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield Document(str(path), 0, None, "is not a file")
                return
            yield from _documents(file, path)
    except OSError as error:
        yield Document(str(path), 0, None, f"the file cannot be read: {error.strerror}")


def _documents(file: IO[bytes], path: Path) -> Iterator[Document]:
    where, number, begun = str(path), 0, False
    head = file.read(4096)
    if reason := _foreign(head, path):
        yield Document(where, 1, None, reason, os.fstat(file.fileno()).st_size)
        return
    file.seek(len(_BOM) if head.startswith(_BOM) else 0)
    while line := file.readline(LONGEST_DOCUMENT + 1):
        number += 1
        if not line.strip():
            continue
        if not begun and len(line) <= LONGEST_DOCUMENT and not _is_document(line):
            here = file.tell()
            whole = line + file.read(max(LONGEST_DOCUMENT + 1 - len(line), 0))
            if b"\n{" not in whole or _is_json(whole):
                yield _document(whole, where, number)
                return
            # Further lines begin a document each: only this one is cut off.
            file.seek(here)
        begun = True
        if len(line) > LONGEST_DOCUMENT:
            rest = 0 if line.endswith(b"\n") else _skip_line(file)
            yield Document(where, number, None, _TOO_LONG, len(line) + rest)
        else:
            yield _document(line, where, number)


def _foreign(head: bytes, path: Path) -> str:
    """Why a file that begins like this is not read at all; empty when it may be JSON."""
    if not head:
        return "is empty" if path.suffix.lower() in _DOCUMENTS else ""
    for begins, reason in _FOREIGN.items():
        if head.startswith(begins):
            return reason
    # A crash may leave NULs in the middle of good lines; without any line it is something else.
    return "is not text" if b"\x00" in head and b'{"' not in head else ""


def _document(data: bytes, where: str, line: int) -> Document:
    try:
        return Document(where, line, parsed(data), bytes=len(data))
    except Rejected as error:
        return Document(where, line, None, str(error), len(data))


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
    return text.endswith(_CLOSING.get(text[:1], b""))


def _is_json(data: bytes) -> bool:
    try:
        parsed(data)
    except Rejected:
        return False
    return True


def is_endless(text: str) -> bool:
    """Whether a JSON text has more than a million values.

    No conversation has as many, and each may take a hundred times its text: a list of lists would fill any memory.
    """
    return len(text) > MOST_VALUES and sum(map(text.count, ",[{")) > MOST_VALUES


def parsed(data: bytes) -> Any:
    """The value of one JSON document, or Rejected."""
    if len(data) > LONGEST_DOCUMENT:
        raise Rejected(_TOO_LONG)
    try:
        # As text: of bytes the parser would guess the encoding, line by line.
        text = data.decode()
        if is_endless(text):
            raise Rejected("has more than a million values")
        return _DECODER.decode(text)
    except UnicodeDecodeError:
        raise Rejected("is not UTF-8") from None
    except RecursionError:
        raise Rejected("is not JSON: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Rejected(f"is not JSON: {error.msg}") from None
    except ValueError as error:
        if isinstance(error, Rejected):
            raise
        # The one thing left: Python reads whole numbers of at most 4,300 digits.
        raise Rejected("has a number of too many digits") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are there once: of two values nobody can say which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _times = Counter(name for name, _value in pairs).most_common(1)[0]
        raise Rejected(f"has {shown(twice[:40])} twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise Rejected(f"is not JSON: {word} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)
