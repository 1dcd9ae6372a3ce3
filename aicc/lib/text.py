"""Which text may be kept, and how is it shown? One rule for every way in and out: forms, files, commands, pages.

What a field of a form says about a text that may not be kept is left to `fields`.
"""

import re
import unicodedata

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Embeddings, overrides and isolates: they turn what stands after them, also outside of their own text.
_TURNS = r"\u202a-\u202e\u2066-\u2069"
_NOT_SHOWN = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNS}]")


class UnstorableText(ValueError):
    """Text with a character that is not kept, with the reason in words."""


def storable(text: str, *, lines: bool = False) -> str:
    """The text in Unicode's composed form, so that equal words are equal bytes, without space at its ends.

    Raises UnstorableText for what PostgreSQL cannot hold (NUL, half of a surrogate pair) and for control
    characters: nobody can see them in a name or a number, nor type them to find it. Text of several `lines`
    keeps tab and newline, and has a visible mark in place of any other control character.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.strip()
    if "\x00" in text:
        raise UnstorableText("contains a NUL character")
    if lines:
        text = _CONTROLS_IN_LINES.sub(_mark, text.replace("\r\n", "\n").replace("\r", "\n"))
    elif control := _CONTROLS.search(text):
        raise UnstorableText(f"contains the control character U+{ord(control[0]):04X}")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnstorableText("contains half of a character") from None
    return unicodedata.normalize("NFC", text)


def shown(text: str) -> str:
    """The text for people: a visible mark for every control character, and for what turns the direction of writing.

    Such characters are kept as data. Shown as they are, they could make a name read as another one.
    """
    return text if text.isascii() and text.isprintable() else _NOT_SHOWN.sub(_mark, text)


def isolated(text: str) -> SafeString:
    """The same as HTML, so that a text written from right to left does not turn what stands beside it."""
    return escape(shown(text)) if text.isascii() else format_html("<bdi>{}</bdi>", shown(text))


def is_digits(text: str) -> bool:
    """Whether these are digits 0 to 9, one or more: not every digit that Unicode knows is one here."""
    return text.isascii() and text.isdigit()


def _mark(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    # What a Windows code page has here was misread somewhere; a pair of brackets for each would hide the words.
    return "\ufffd" if code < 0xA0 else f"[U+{code:04X}]"
