"""Is text kept as it is meant, and what no database can hold refused?"""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from aicc.lib.text import UnstorableText, storable


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "ü\x00", "\ud800", "a\udfffb", "\udcff"], ids=ascii)
def test_what_postgresql_cannot_hold_is_refused(text):
    with pytest.raises(UnstorableText):
        storable(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  +49 30 1234\t\n", "+49 30 1234"),
        ("", ""),
        (" \u2003 ", ""),
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("账单组 😀", "账单组 😀"),
        ("\u200bhidden", "\u200bhidden"),
    ],
    ids=ascii,
)
def test_text_is_kept_composed_and_without_space_at_its_ends(text, kept):
    assert storable(text) == kept


@given(st.text())
def test_what_is_kept_goes_through_the_database_and_stays_as_it_is(db, text):
    try:
        kept = storable(text)
    except UnstorableText:
        return

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [kept])
        assert cursor.fetchone() == (kept,)
    assert storable(kept) == kept
