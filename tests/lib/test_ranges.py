"""Does a Range header mean what RFC 9110 says? Compared with a model that counts bytes one by one."""

import random

import pytest

from aicc.lib.ranges import Stretch, Unsatisfiable, stretch

EXAMPLES = 10_000


def model(header, size):
    """What section 14 says, in other words: the positions asked for, "whole", or "none"."""
    unit, equals, rest = header.partition("=")
    if unit.lower() != "bytes" or not equals:
        return "whole"
    elements = [element.strip(" \t") for element in rest.split(",")]
    elements = [element for element in elements if element]
    if len(elements) != 1:
        return "whole"
    first, dash, last = elements[0].partition("-")
    digits = set("0123456789")
    if not dash or not (set(first) | set(last)) <= digits or not (first or last):
        return "whole"
    if not first:
        positions = list(range(size))[-int(last) :] if int(last) else []
    elif last and int(last) < int(first):
        return "whole"
    else:
        positions = [at for at in range(size) if at >= int(first) and (not last or at <= int(last))]
    return positions or "none"


def generated(rng):
    """A header: mostly right, often at the edges, sometimes broken."""
    number = lambda: rng.choice(["", "0", "00", "9", "10", str(rng.randint(0, 14)), str(rng.randint(0, 10**30))])  # noqa: E731 - a draw of three places
    space = lambda: rng.choice(["", "", "", " ", "\t", "  "])  # noqa: E731 - the same
    spec = lambda: space() + number() + rng.choice(["-"] * 9 + ["", "--", "+", " -", "- "]) + number() + space()  # noqa: E731 - the same
    unit = rng.choice(["bytes"] * 12 + ["Bytes", "BYTES", "bytes ", "items", ""])
    specs = ",".join(rng.choice([spec, spec, spec, space])() for _ in range(rng.choice([1] * 8 + [0, 2, 3])))
    header = unit + rng.choice(["="] * 15 + ["", " =", "=="]) + specs
    if rng.random() < 0.05:
        at = rng.randrange(len(header) + 1)
        header = header[:at] + rng.choice("٣x\n\x00,= -9²") + header[at:]
    return header


def test_ten_thousand_headers_agree_with_the_model():
    rng = random.Random(9110)
    seen = {"whole": 0, "none": 0, "part": 0}

    for _ in range(EXAMPLES):
        header, size = generated(rng), rng.choice([1, 2, 10, 13])
        expected = model(header, size)
        try:
            found = stretch(header, size)
            answer = "whole" if found is None else list(range(found.start, found.stop))
        except Unsatisfiable:
            answer = "none"
        assert answer == expected, (header, size)
        seen[expected if isinstance(expected, str) else "part"] += 1

    assert min(seen.values()) > EXAMPLES / 20


@pytest.mark.parametrize("header", [None, "", "bytes=" + "0-1," * 100_000, "bytes=" + "1" * 1_000_000, "bytes=-"])
def test_what_is_no_range_is_the_whole(header):
    assert stretch(header, 100) is None


def test_a_number_of_a_million_digits_is_far_away():
    with pytest.raises(Unsatisfiable):
        stretch("bytes=" + "9" * 1_000_000 + "-", 100)
    assert stretch("bytes=-" + "9" * 1_000_000, 100) == Stretch(0, 100)
    assert stretch("bytes=" + "0" * 1_000_000 + "5-7", 100) == Stretch(5, 8)
