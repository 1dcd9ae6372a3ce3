"""What is in a workbook (XLSX)? openpyxl makes it, and its rows are written into the sheet by hand, as they come.

Cell by cell through openpyxl a hundred thousand records take ten times as long. Every text is an inline string, which
no program takes for a formula. Which rows and which items is left to `content`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, RawIOBase
from itertools import chain, repeat
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from contacts.data_items import DataItem, Kind

# What a cell holds, in the units Excel counts: a character beyond U+FFFF is two.
LONGEST_TEXT = 32_767
# A part of an XLSX is a member of a plain ZIP: with larger ones Excel says that the file is damaged.
LARGEST_SHEET = 2**31 - 1
MOMENT_FORMAT = "yyyy-mm-dd hh:mm:ss"
SHEET = "xl/worksheets/sheet1.xml"
_DAY_SECONDS = 24 * 3600
# Day 0 of a workbook.
_DAY_ZERO = date(1899, 12, 30).toordinal()
# Characters that XML has no way to write, and text that Excel takes for one: _x0007_.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# What openpyxl writes about a sheet without cells.
_NO_ROWS = re.compile(rb"<sheetData ?/>|<sheetData></sheetData>")
_SIZE = re.compile(rb'(?<=<dimension ref=")[^"]*')
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}


class TooLarge(Exception):
    """More than a workbook can hold."""


def chunks(
    items: Sequence[DataItem],
    batches: Iterable[list[Sequence[Any]]],
    *,
    count: int,
    summary: Sequence[tuple[str, str]],
    zone: ZoneInfo,
) -> Iterator[bytes]:
    """A workbook with a sheet of `count` rows and one that sums up, piece by piece. TooLarge when it gets so.

    The batches hold of each item its values. Moments are dates of the zone.
    """
    book, styles = _book(items, count, summary)
    head, tail = _NO_ROWS.split(_SIZE.sub(_range(items, count).encode(), book.read(SHEET)))
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED, compresslevel=1) as file:
        for name in book.namelist():
            if name != SHEET:
                file.writestr(name, book.read(name))
        with file.open(SHEET, "w") as sheet:
            written = sheet.write(head + b"<sheetData>" + _header(items, styles))
            for rows in _rows(items, batches, zone, styles):
                written += sheet.write(rows)
                if written > LARGEST_SHEET:
                    raise TooLarge
                yield pipe.taken()
            # Serial and phone numbers are text on purpose: no warning triangles.
            sheet.write(b"</sheetData>" + tail.replace(b"</worksheet>", _no_warnings(items, count) + b"</worksheet>"))
    yield pipe.taken()


def writable(text: str) -> str:
    """The text as a cell can hold it: control characters are pictures, lines end alike, too much is cut visibly."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _FORBIDDEN.search(text):
        text = text.translate(_PICTURES | {9: 9, 10: 10})
    if len(text) * 2 > LONGEST_TEXT and len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        note = gettext(" … (cut: a cell holds no more)")
        text = text.encode("utf-16-le")[: (LONGEST_TEXT - len(note)) * 2].decode("utf-16-le", "ignore") + note
    return text


@dataclass(frozen=True)
class _Styles:
    """The numbers under which the workbook keeps its styles."""

    header: int
    moment: int


def _book(items: Sequence[DataItem], count: int, summary: Sequence[tuple[str, str]]) -> tuple[ZipFile, _Styles]:
    """The workbook as openpyxl makes it, without the rows."""
    book = Workbook()
    book.properties.creator = "AICC Contact Records"
    sheet = book.active
    sheet.title = gettext("Contact records")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = _range(items, count)
    for number, item in enumerate(items, 1):
        sheet.column_dimensions[get_column_letter(number)].width = item.width
    styles = _Styles(
        header=_style(sheet, font=Font(bold=True), fill=PatternFill("solid", fgColor="E8ECF1")),
        moment=_style(sheet, number_format=MOMENT_FORMAT),
    )
    _sum_up(book.create_sheet(gettext("Summary")), summary)
    file = BytesIO()
    book.save(file)
    return ZipFile(file), styles


def _style(sheet: Worksheet, **look: Any) -> int:
    """The number of a style, which the workbook has from then on."""
    cell = Cell(sheet, 1, 1)
    for name, value in look.items():
        setattr(cell, name, value)
    return int(cell.style_id)


def _sum_up(sheet: Worksheet, summary: Sequence[tuple[str, str]]) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 90
    for row, line in enumerate(summary, 1):
        for column, text in enumerate(line, 1):
            cell = sheet.cell(row, column, _ESCAPE.sub("_x005F_", writable(text)))
            # openpyxl would make a formula of what begins with "=".
            cell.data_type = "s"
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        sheet.cell(row, 1).font = Font(bold=True)


def _range(items: Sequence[DataItem], count: int) -> str:
    return f"A1:{get_column_letter(len(items))}{count + 1}"


def _no_warnings(items: Sequence[DataItem], count: int) -> bytes:
    ignored = f'<ignoredError sqref="{_range(items, count)}" numberStoredAsText="1"/>'
    return f"<ignoredErrors>{ignored}</ignoredErrors>".encode()


# --- Rows as XML -----------------------------------------------------------------------------------------


def _header(items: Sequence[DataItem], styles: _Styles) -> bytes:
    cells = (
        f'<c r="{get_column_letter(number)}1" s="{styles.header}" t="inlineStr"><is>{_text(str(item.label))}</is></c>'
        for number, item in enumerate(items, 1)
    )
    return f'<row r="1">{"".join(cells)}</row>'.encode()


def _rows(
    items: Sequence[DataItem], batches: Iterable[list[Sequence[Any]]], zone: ZoneInfo, styles: _Styles
) -> Iterator[bytes]:
    """Batch by batch, a column after the other, and then the cells in the order of the rows."""
    cells_of: dict[Kind, Callable[..., Sequence[str]]] = {
        Kind.TEXT: _texts,
        Kind.NUMBER: _numbers,
        Kind.MOMENT: lambda values, letter, rows: _moments(values, letter, rows, zone, styles.moment),
    }
    first = 2
    for values in batches:
        rows = [str(row) for row in range(first, first + len(values[0]))]
        first += len(rows)
        columns = [
            cells_of[item.kind](column, get_column_letter(number), rows)
            for number, (item, column) in enumerate(zip(items, values, strict=True), 1)
        ]
        starts = [f'<row r="{row}">' for row in rows]
        yield "".join(chain.from_iterable(zip(starts, *columns, repeat("</row>")))).encode()


def _texts(values: Sequence[str], letter: str, rows: Sequence[str]) -> Sequence[str]:
    begin, end = f'<c r="{letter}', "</is></c>"
    if _is_plain(values):
        return [
            f'{begin}{row}" t="inlineStr"><is><t>{text}</t>{end}' if text else ""
            for row, text in zip(rows, values, strict=True)
        ]
    return [
        f'{begin}{row}" t="inlineStr"><is>{_text(text)}{end}' if text else ""
        for row, text in zip(rows, values, strict=True)
    ]


def _is_plain(values: Sequence[str]) -> bool:
    """Whether no text of a column needs a closer look: asked of all together, which is much faster."""
    together = "|".join(values)
    return (
        together.isprintable()
        and not any(mark in together for mark in ("&", "<", ">", "_x", "| ", " |"))
        and together.strip() == together
        and max(map(len, values)) * 2 <= LONGEST_TEXT
    )


def _text(text: str) -> str:
    text = _ESCAPE.sub("_x005F_", writable(text)).translate(_MARKUP)
    return f"<t>{text}</t>" if text.strip() == text else f'<t xml:space="preserve">{text}</t>'


def _numbers(values: Sequence[int | None], letter: str, rows: Sequence[str]) -> Sequence[str]:
    return [
        "" if value is None else f'<c r="{letter}{row}"><v>{value}</v></c>'
        for row, value in zip(rows, values, strict=True)
    ]


def _moments(
    values: Sequence[datetime | None], letter: str, rows: Sequence[str], zone: ZoneInfo, style: int
) -> Sequence[str]:
    return [
        "" if at is None else f'<c r="{letter}{row}" s="{style}"><v>{_serial(at.astimezone(zone))}</v></c>'
        for row, at in zip(rows, values, strict=True)
    ]


def _serial(local: datetime) -> float:
    """Days since day zero, on the clock on the wall, whole seconds."""
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return local.toordinal() - _DAY_ZERO + seconds / _DAY_SECONDS


class _Pipe(RawIOBase):
    """What is written to it is taken from its other end: the workbook is never on a disk in plain text."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
