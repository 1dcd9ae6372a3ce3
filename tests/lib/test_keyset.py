"""Does a cursor say where it stands and come back the same, and is one that nobody wrote refused?"""

import base64
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicc.lib.keyset import BadCursor, Cursor

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2199, 12, 31, 23, 59, 59, 999_999), timezones=st.just(UTC))


def forged(microseconds, id, rank):
    return base64.urlsafe_b64encode(struct.pack(">qqIB", microseconds, id, rank, 0)).rstrip(b"=").decode()


@given(MOMENTS, st.integers(-(2**63), 2**63 - 1), st.integers(1, 10**9), st.integers(0, 255))
def test_a_cursor_comes_back_as_it_was_written(at, id, rank, decision):
    cursor = Cursor(at, id, rank, decision)

    assert Cursor.parse(str(cursor)) == cursor


@given(MOMENTS, st.integers(1, 2**63 - 1), st.integers(1, 10**9))
def test_a_cursor_needs_no_quoting_in_an_address(at, id, rank):
    text = str(Cursor(at, id, rank))

    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@example("")
@example("=")
@example("AAAA")
@example("\x00")
@example("１" * 28)
@example("ü" * 28)
@example("A" * 65_536)
@example("//////////8AAAAAAAAAAQAAAAEA")
def test_what_is_no_cursor_is_refused_or_is_one(text):
    try:
        cursor = Cursor.parse(text)
    except BadCursor:
        return

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    ("microseconds", "id", "rank"),
    [
        (2**63 - 1, 1, 1),
        (-(2**63), 1, 1),
        # 1989-12-31 and 2200-01-01: a moment that PostgreSQL or a time zone may not be able to tell.
        (631_151_999_999_999, 1, 1),
        (7_258_118_400_000_000, 1, 1),
        (1_750_000_000_000_000, 1, 0),
        # The last rank that its form can hold: the page after it would have none.
        (1_750_000_000_000_000, 1, 2**32 - 1),
    ],
)
def test_a_forged_cursor_outside_of_any_page_is_refused(microseconds, id, rank):
    text = forged(microseconds, id, rank)

    with pytest.raises(BadCursor):
        Cursor.parse(text)


def test_a_forged_cursor_within_reach_is_as_good_as_any():
    cursor = Cursor.parse(forged(1_750_000_000_000_000, 7, 3))

    assert cursor == Cursor(datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC), 7, 3)
