"""Does whoever reads a workbook or a table get what the records hold: text, dates, numbers, and nothing that runs?"""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import python_calamine

from contacts.data_items import DataItem, Kind
from exports import table, workbook

BERLIN = ZoneInfo("Europe/Berlin")
ITEMS = [
    DataItem("sn", "Call S/N", ("call_sn",), width=22),
    DataItem("at", "Start Time", ("started_at",), kind=Kind.MOMENT, width=20),
    DataItem("seconds", "=Seconds", ("duration_seconds",), kind=Kind.NUMBER),
    DataItem("remarks", "Remarks", ("remarks",)),
]
SN = "1234567890123456789"
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://example.com","x")',
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u3000=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "=cmd|' /C calc'!A0",
    "'=1+1",
    "''+1",
    '"=1+1"',
    '=1+1;,"\r\n',
    "a;=1+1;b",
    "a; ＝1+1",
    "a;'=1+1;'b",
    'a;"=1+1&""',
    "a\t=1+1",
    "two\r\n=1+1;lines",
    "two\n\n- lines",
    "+46700001",
    "{=1+1}",
    "#N/A",
    "<f>1+1</f>",
    "</t></is></c><c><f>1+1</f></c>",
    "<![CDATA[=1+1]]>",
    "&#61;1+1",
    "_x003D_1+1",
]
PLAIN = [
    "",
    "Voice",
    "Reason › Deeper",
    "1",
    "TRUE",
    "2026-01-01",
    "1E5",
    "林嘉怡",
    "👩‍👩‍👧",
    "a, b",
    'say "x"',
    "two\nlines",
    "two\n\nlines; a-b",
    "a;b",
]
SUMMARY = [("Customer Name", "=1+1"), ("Account", "#N/A"), ("Remarks", "\x07 bell")]


def batch(texts, moments=(), seconds=()):
    count = max(len(texts), len(moments), len(seconds))
    return [
        [SN] * count,
        [*moments, *[None] * (count - len(moments))],
        [*seconds, *[None] * (count - len(seconds))],
        [*texts, *[""] * (count - len(texts))],
    ]


def book(*batches, zone=BERLIN, items=ITEMS, summary=SUMMARY):
    count = sum(len(batch[0]) for batch in batches)
    return io.BytesIO(b"".join(workbook.chunks(items, batches, count=count, summary=summary, zone=zone)))


def lines(*batches, zone=BERLIN, items=ITEMS):
    content = b"".join(table.chunks(items, batches, zone=zone))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n") or b'"' in content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def rows(file, sheet=0):
    """The cells of a sheet below its header."""
    return list(openpyxl.load_workbook(file).worksheets[sheet].iter_rows(min_row=2 if sheet == 0 else 1))


def one_way(text):
    """With the line ends of a workbook."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unguarded(text):
    """What a reader of the table does who wants the text back."""
    text = re.sub(r"""(?<=[;\r\n])'(?=['" \t\u3000]*[-=+@＝＋－＠])""", "", text)
    bare = text.lstrip("'")
    return text[1:] if len(bare) < len(text) and bare.lstrip()[:1] in tuple(table.TRIGGERS) + ("",) else text


# --- Nothing runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mixed", [False, True])
def test_no_text_is_a_formula_in_a_workbook(mixed):
    batches = [batch(FORMULAS)] if mixed else [batch([text]) for text in FORMULAS]
    file = book(*batches)

    cells = [cell for row in rows(file) for cell in row] + [cell for row in rows(file, 1) for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    read = [row[3].value for row in rows(file)]
    # Where Excel would read an escape, there is an escaped one.
    assert read == [one_way(text).replace("_x003D_", "_x005F_x003D_") for text in FORMULAS]
    header = openpyxl.load_workbook(file).worksheets[0][1]
    assert [cell.data_type for cell in header] == ["s"] * len(ITEMS)


def test_a_second_reader_finds_the_same_text():
    file = book(batch(FORMULAS + PLAIN[1:]))

    found = python_calamine.load_workbook(file).get_sheet_by_index(0).to_python()

    assert [row[3] for row in found[1:]] == [one_way(text) for text in FORMULAS + PLAIN[1:]]
    assert {row[0] for row in found[1:]} == {SN}


@pytest.mark.parametrize("mixed", [False, True])
def test_no_cell_of_a_table_begins_like_a_formula(mixed):
    batches = [batch(FORMULAS + PLAIN)] if mixed else [batch([text]) for text in FORMULAS + PLAIN]

    header, *found = lines(*batches)

    assert header == ["Call S/N", "Start Time", "'=Seconds", "Remarks"]
    texts = [row[3] for row in found]
    assert not [text for text in texts if text.lstrip()[:1] in tuple(table.TRIGGERS)]
    assert [unguarded(text) for text in texts] == FORMULAS + PLAIN
    # What needs no apostrophe has none; a phone number stays readable.
    assert texts[len(FORMULAS) :] == PLAIN
    assert texts[FORMULAS.index("+46700001")] == "'+46700001"


@pytest.mark.parametrize("items", [ITEMS, ITEMS[3:]], ids=["four columns", "one"])
def test_no_cell_begins_like_a_formula_where_semicolons_separate(items):
    values = batch(FORMULAS + PLAIN)[-len(items) :]
    content = b"".join(table.chunks(items, [values], zone=BERLIN)).decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=";") for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.strip()[:1] in tuple("=+-@＝＋－＠")]


def test_what_separates_for_some_program_stands_in_quotes():
    content = b"".join(table.chunks(ITEMS[3:], [[["a;b", "a\tb", "a b"]]], zone=BERLIN)).decode("utf-8-sig")

    assert content.split("\r\n")[1:4] == ['"a;b"', '"a\tb"', "a b"]


def test_a_table_of_one_column_has_a_line_for_every_row():
    found = lines([["", "x", ""]], items=ITEMS[3:])

    assert found == [["Remarks"], [""], ["x"], [""]]


# --- Values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        (datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 3, 29, 1, 59, 59)),
        (datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 3, 0, 0)),
        (datetime(2026, 10, 25, 0, 30, 1, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, 1)),
        (datetime(2026, 10, 25, 1, 30, 1, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, 1)),
        (datetime(2000, 12, 31, 23, 0, 1, tzinfo=UTC), datetime(2001, 1, 1, 0, 0, 1)),
    ],
)
def test_moments_are_dates_on_the_tenants_clock(utc, local):
    file = book(batch([], [utc]))

    (row,) = rows(file)
    assert (row[1].value, row[1].is_date, row[1].number_format) == (local, True, "yyyy-mm-dd hh:mm:ss")
    file.seek(0)
    assert python_calamine.load_workbook(file).get_sheet_by_index(0).to_python()[1][1] == local
    assert lines(batch([], [utc]))[1][1] == f"{local}"


def test_every_second_of_a_day_is_read_as_it_was_written():
    start = datetime(2026, 2, 28, tzinfo=UTC)
    moments = [start + timedelta(seconds=second) for second in range(0, 86_400, 37)]

    read = [row[1].value for row in rows(book(batch([], moments), zone=ZoneInfo("UTC")))]

    assert read == [at.replace(tzinfo=None) for at in moments]


def test_numbers_are_numbers_and_nothing_is_nothing():
    seconds = [0, 7, 999_999, None]
    file = book(batch([""] * 4, [], seconds))

    cells = [row[2] for row in rows(file)]
    assert [cell.value for cell in cells] == seconds
    assert {cell.data_type for cell in cells} == {"n"}
    assert [row[2] for row in lines(batch([""] * 4, [], seconds))[1:]] == ["0", "7", "999999", ""]
    assert [row[3].value for row in rows(file)] == [None] * 4


def test_what_xml_cannot_say_is_shown_and_what_a_cell_cannot_hold_is_cut_visibly():
    long = ["x" * 32_767, "x" * 32_768, "👩" * 16_384]
    texts = ["a\x00\x07\x1fb".replace("\x00", ""), "\ufffe\uffff", "\ud7ff \U0010ffff", "r\r\nn\tt", " edge ", *long]

    read = [row[3].value for row in rows(book(batch(texts)))]

    assert read[:5] == ["a␇␟b", "\ufffd\ufffd", "\ud7ff \U0010ffff", "r\nn\tt", " edge "]
    assert read[5] == long[0]
    for cut in read[6:]:
        assert cut.endswith("… (cut: a cell holds no more)")
        assert 32_760 < len(cut.encode("utf-16-le")) // 2 <= 32_767


# --- What is around the rows --------------------------------------------------------------------------------


def test_a_workbook_is_pleasant_to_read():
    file = book(batch(["a", "b"]), batch(["c"]))

    made = openpyxl.load_workbook(file)
    sheet, summary = made.worksheets
    assert made.sheetnames == ["Contact records", "Summary"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.dimensions) == ("A2", "A1:D4", "A1:D4")
    assert [sheet.column_dimensions[letter].width for letter in "ABCD"] == [22, 20, 18, 18]
    assert all(cell.font.bold for cell in sheet[1])
    assert [cell.value for cell in sheet[1]] == ["Call S/N", "Start Time", "=Seconds", "Remarks"]
    assert [[cell.value for cell in row] for row in summary] == [*map(list, SUMMARY[:2]), ["Remarks", "␇ bell"]]
    # Read-only readers go by the size that the sheet says.
    streamed = openpyxl.load_workbook(file, read_only=True).worksheets[0]
    assert [row[3] for row in streamed.iter_rows(min_row=2, values_only=True)] == ["a", "b", "c"]


def test_without_rows_there_is_a_header():
    assert rows(book()) == []
    assert lines() == [["Call S/N", "Start Time", "'=Seconds", "Remarks"]]


def test_a_workbook_that_gets_too_large_is_given_up(monkeypatch):
    monkeypatch.setattr(workbook, "LARGEST_SHEET", 10_000)

    with pytest.raises(workbook.TooLarge):
        book(batch(["x" * 20_000]))


def test_the_summary_beside_a_table_is_plain_text():
    content = table.text([("Customer Name", "two\r\nlines"), ("Written", "3")])

    assert content.decode("utf-8-sig").split("\r\n")[:2] == ["Customer Name: two lines", "Written: 3"]
    assert b"apostrophe" in content
