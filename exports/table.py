"""What is in a table (CSV)? UTF-8 with a byte order mark and RFC 4180's lines, in which nothing is a formula.

Which rows and which items is left to `content`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from contacts.data_items import DataItem, Kind

# Programs take text for a formula that begins so; the wide forms where Chinese and Japanese are written.
_SIGNS = "=+-@＝＋－＠"
TRIGGERS = f"{_SIGNS}\t\r\n"
# Where semicolons separate, as in much of Europe, another cell begins inside of a text: no quotes hold it together.
_SEPARATORS = (";", "\r", "\n")
# An apostrophe goes before each such text, and before what looks as if it had got one: so it can be taken off again.
_FORMULA = re.compile(
    rf"^(?='*\s*[{re.escape(TRIGGERS)}])|(?<=[{''.join(_SEPARATORS)}])(?=(?:['\"]|[^\S\r\n])*[{re.escape(_SIGNS)}])"
)
_TRIGGERS = frozenset(TRIGGERS)
# What is worth a second look.
_SUSPECT = _TRIGGERS | {"'"} | {chr(code) for code in range(0x3001) if chr(code).isspace()}
# In quotes, a text is one cell also for a program that separates by all of these.
_MARKS = (",", ";", "\t", '"', "\r", "\n")
BYTE_ORDER_MARK = "\ufeff"


def chunks(items: Sequence[DataItem], batches: Iterable[list[Sequence[Any]]], *, zone: ZoneInfo) -> Iterator[bytes]:
    """A table with a header, batch by batch; the batches hold of each item its values. Moments are of the zone."""
    header = ",".join(_texts([str(item.label) for item in items]))
    yield f"{BYTE_ORDER_MARK}{header}\r\n".encode()
    words_of: dict[Kind, Callable[[Sequence[Any]], Sequence[str]]] = {
        Kind.TEXT: _texts,
        Kind.NUMBER: _numbers,
        Kind.MOMENT: partial(_moments, zone=zone),
    }
    for values in batches:
        columns = [words_of[item.kind](column) for item, column in zip(items, values, strict=True)]
        # An empty line would be no row: the cell of a table with one column is written.
        lines = (line or '""' for line in map(",".join, zip(*columns, strict=True)))
        yield ("\r\n".join(lines) + "\r\n").encode()


def text(summary: Sequence[tuple[str, str]]) -> bytes:
    """What stands beside the table, as plain text: (label, value) a line, and how to read the table."""
    guard = gettext(
        "In the table, text that a program might take for a formula has an apostrophe (') before it, also where it"
        " follows a semicolon or a line end."
    )
    lines = [f"{label}: {' '.join(value.split())}" for label, value in summary]
    return (BYTE_ORDER_MARK + "\r\n".join([*lines, "", guard, ""])).encode()


def _texts(values: Sequence[str]) -> Sequence[str]:
    return _quoted(guarded(values))


def guarded(texts: Sequence[str]) -> Sequence[str]:
    """The texts, each with an apostrophe before it that a program might take for a formula."""
    together = "".join(texts)
    if any(mark in together for mark in _SEPARATORS):
        return [_FORMULA.sub("'", text) for text in texts]
    # Most columns have none, which is seen from their first characters.
    if _SUSPECT.isdisjoint([text[0] for text in texts if text]):
        return texts
    return [
        f"'{text}" if text[:1] in _TRIGGERS or (text[:1] in _SUSPECT and _FORMULA.match(text)) else text
        for text in texts
    ]


def _quoted(texts: Sequence[str]) -> Sequence[str]:
    """The texts as RFC 4180 writes them: in quotes where they would be taken for more than one."""
    together = "".join(texts)
    if not any(mark in together for mark in _MARKS):
        return texts
    return ['"' + text.replace('"', '""') + '"' if any(mark in text for mark in _MARKS) else text for text in texts]


def _numbers(values: Sequence[int | None]) -> Sequence[str]:
    return ["" if value is None else str(value) for value in values]


def _moments(values: Sequence[datetime | None], zone: ZoneInfo) -> Sequence[str]:
    locals = [None if at is None else at.astimezone(zone) for at in values]
    return ["" if local is None else f"{local.date()} {str(local.time())[:8]}" for local in locals]
