"""Is text kept as it is meant, what cannot be kept refused, and nobody fooled by what is shown of it?"""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from aicc.lib.fields import DigitsField, TextField, WholeNumberField
from aicc.lib.text import UnstorableText, is_digits, isolated, shown, storable

# --- What is kept --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\x00b", "contains a NUL character"),
        ("ü\x00", "contains a NUL character"),
        ("\ud800", "contains half of a character"),
        ("a\udfffb", "contains half of a character"),
        ("\udcff", "contains half of a character"),
        ("a\tb", "contains the control character U+0009"),
        ("a\r\nb", "contains the control character U+000D"),
        ("a\x1b[31mb", "contains the control character U+001B"),
        ("don\x92t", "contains the control character U+0092"),
    ],
    ids=ascii,
)
def test_what_no_database_holds_and_what_nobody_sees_is_refused(text, reason):
    with pytest.raises(UnstorableText) as refused:
        storable(text)

    assert str(refused.value) == reason


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
        ("\u202etxt.exe", "\u202etxt.exe"),
    ],
    ids=ascii,
)
def test_text_is_kept_composed_and_without_space_at_its_ends(text, kept):
    assert storable(text) == storable(text, lines=True) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("one\ttwo\n\n three\n", "one\ttwo\n\n three"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x1b[31mb\x7f!", "a␛[31mb␡!"),
        ("don\x92t", "don\ufffdt"),
    ],
    ids=ascii,
)
def test_text_of_several_lines_keeps_them_and_marks_other_controls(text, kept):
    assert storable(text, lines=True) == kept


@given(st.text(), st.booleans())
def test_what_is_kept_goes_through_the_database_and_stays_as_it_is(db, text, lines):
    try:
        kept = storable(text, lines=lines)
    except UnstorableText:
        return

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [kept])
        assert cursor.fetchone() == (kept,)
    assert storable(kept, lines=lines) == kept
    assert not {c for c in kept if unicodedata.category(c) == "Cc"} - ({"\t", "\n"} if lines else set())


# --- What is shown -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Ada & <b>", "Ada &amp; &lt;b&gt;"),
        ("one\n\ttwo", "one\n\ttwo"),
        ("a\x1bb", "a␛b"),
        ("Zoë <b>", "<bdi>Zoë &lt;b&gt;</bdi>"),
        ("שלום", "<bdi>שלום</bdi>"),
        ("invoice\u202efdp.exe", "<bdi>invoice[U+202E]fdp.exe</bdi>"),
        ("\u2066a\u2069", "<bdi>[U+2066]a[U+2069]</bdi>"),
    ],
    ids=ascii,
)
def test_on_a_page_a_text_turns_nothing_and_hides_nothing(text, html):
    assert isolated(text) == html


@given(st.text())
def test_what_is_shown_has_no_character_that_turns_or_controls(text):
    left = {character for character in shown(text) if unicodedata.category(character) == "Cc"} - {"\t", "\n"}

    assert not left
    assert not {unicodedata.bidirectional(c) for c in shown(text)} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip


# --- What is typed -------------------------------------------------------------------------------------------

NOT_DIGITS = ["٣٣", "９９", "1_00", "1 0", "-1", "+1", "1.5", "1e3", "²", "①", "0x1f", "a", "1\x000"]


@pytest.mark.parametrize("text", NOT_DIGITS, ids=ascii)
def test_digits_are_those_of_ascii(text):
    assert not is_digits(text)
    for field in (DigitsField(most=6), WholeNumberField(), WholeNumberField(min_value=0, max_value=10**6)):
        with pytest.raises(ValidationError):
            field.clean(text)


def test_a_whole_number_is_a_number_in_its_range():
    field = WholeNumberField(min_value=1, max_value=366)

    assert (field.clean(" 31 "), field.clean("007")) == (31, 7)
    for typed in ("0", "367", "", "9" * 5000):
        with pytest.raises(ValidationError):
            field.clean(typed)


@pytest.mark.parametrize("typed", ["a\x00b", "a\tb", "\ud800", "a\x9fb"], ids=ascii)
def test_what_may_not_be_kept_is_an_error_of_its_field(typed):
    with pytest.raises(ValidationError, match="letters, digits and signs"):
        TextField().clean(typed)
