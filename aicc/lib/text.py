"""Which text may be kept? One rule for every way in: forms, files, and whatever comes later."""

import unicodedata


class UnstorableText(ValueError):
    """Text with a character that PostgreSQL cannot hold."""


def storable(text: str) -> str:
    """The text in Unicode's composed form, so that equal words are equal bytes, without space at its ends.

    Raises UnstorableText for NUL and for half of a surrogate pair.
    """
    text = text.strip()
    if text.isascii():
        if "\x00" in text:
            raise UnstorableText("contains a NUL character")
        return text
    if "\x00" in text:
        raise UnstorableText("contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnstorableText("contains half of a character") from None
    return unicodedata.normalize("NFC", text)
