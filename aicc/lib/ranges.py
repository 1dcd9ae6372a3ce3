"""Which bytes does a Range header ask for (RFC 9110, section 14)? One stretch is answered, several are the whole.

A server may ignore any Range; what is malformed is ignored. Where the bytes come from is left to whoever sends them.
"""

import re
from dataclasses import dataclass

_UNIT = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
# Optional white space is spaces and tabs; digits are ASCII's.
_SPEC = re.compile(r"[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*")
# No file is that long: longer numbers are not worth reading.
_LONGEST = 18
_MOST_SPECS = 100


class Unsatisfiable(ValueError):
    """The stretch asked for lies outside: 416."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the first byte up to `stop`, which is not in it."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


def stretch(header: str | None, size: int) -> Stretch | None:
    """What of `size` bytes is asked for; None for all of them. Raises Unsatisfiable."""
    unit = _UNIT.fullmatch(header or "")
    # A list may have empty elements.
    specs = [spec for spec in unit[1].split(",", _MOST_SPECS) if spec.strip(" \t")] if unit else []
    match = _SPEC.fullmatch(specs[0]) if len(specs) == 1 else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix:
        length = _number(suffix)
        if not length:
            raise Unsatisfiable
        return Stretch(max(0, size - length), size) if size else None
    if last and _order(last) < _order(first):
        # Not valid, and so ignored.
        return None
    start, stop = _number(first), _number(last) + 1 if last else size
    if start >= size:
        raise Unsatisfiable
    return Stretch(start, min(stop, size))


def _order(digits: str) -> tuple[int, str]:
    """What compares as the number does, however long it is."""
    digits = digits.lstrip("0")
    return len(digits), digits


def _number(digits: str) -> int:
    length, digits = _order(digits)
    return int(digits or "0") if length <= _LONGEST else 10**_LONGEST
