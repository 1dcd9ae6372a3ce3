"""What may a file be called, so that every system keeps the name as it is? One rule for whatever somebody downloads.

Which parts a name has is left to those who make the file.
"""

import re
import unicodedata

# Enough for people, and for every system with a path before it.
LONGEST = 120
# What stands where there is nothing to say.
NOTHING = "-"
# Separators of paths and drives, what Windows keeps for itself, and the percent sign, which some browsers decode.
_FORBIDDEN = frozenset('/\\:<>"|?*%')
# They look like a slash or are one to an older program; the wide forms are found by what they stand for.
_SLASHES = frozenset("\u2044\u2215\u29f5\u29f8\u29f9")
# Control and format characters (what turns the direction of writing among them), halves of pairs, line ends,
# and what is no character.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
# Names of devices, with any ending, also in the small digits of the first three.
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)


def file_name(*parts: str, ending: str) -> str:
    """The parts, each made safe, with `_` between them and the ending behind: at most 120 bytes of UTF-8."""
    stem = "_".join(_safe(part) or NOTHING for part in parts)
    if _RESERVED.fullmatch(stem.split(".")[0].strip()):
        stem = f"_{stem}"
    # A cut may leave what no name ends with.
    return f"{_cut(stem, LONGEST - len(ending.encode()) - 1).rstrip('. ') or NOTHING}.{ending}"


def _safe(part: str) -> str:
    letters = [_letter(letter) for letter in unicodedata.normalize("NFC", part)]
    # Composed once more: what was left out may have stood between a letter and its accent.
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).split()).strip(". ")


def _letter(letter: str) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in _UNSEEN:
        return ""
    if letter in _SLASHES or not _FORBIDDEN.isdisjoint(unicodedata.normalize("NFKC", letter)):
        return NOTHING
    return letter


def _cut(text: str, most: int) -> str:
    """As many whole characters as fit."""
    return text.encode()[:most].decode(errors="ignore")
