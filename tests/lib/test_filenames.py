"""Does every name of a file survive every system, whatever is in the parts it is made of?"""

import unicodedata
from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from django.utils.http import content_disposition_header
from hypothesis import example, given
from hypothesis import strategies as st

from aicc.lib.filenames import LONGEST, file_name

NASTY = st.sampled_from(
    ["../", "..\\", "CON", "nul", "LPT¹", ".", " ", "\u202e", "\u2066", "\x00", "\n", "／", "％", "\ud800"]
)
PARTS = st.lists(st.one_of(st.text(), st.lists(NASTY).map("".join)), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["20261121143200", "lin.yating", "Billing HK 账单"], "20261121143200_lin.yating_Billing HK 账单.zip"),
        (["20261121143200", "", ""], "20261121143200_-_-.zip"),
        (["1", "../../etc/passwd", "a\\b:c"], "1_-..-etc-passwd_a-b-c.zip"),
        (["1", "in\u202evoice\u2069", "tab\there\r\nnow"], "1_invoice_tab here now.zip"),
        (["1", "\u00a0wide\u3000space\u2028", "half \ud800"], "1_wide space_half.zip"),
        (["1", "／＼：％", "50%, 1⁄2, ½"], "1_----_50-, 1-2, ½.zip"),
        (["CON"], "_CON.zip"),
        (["lpt³"], "_lpt³.zip"),
        (["nul.txt"], "_nul.txt.zip"),
        (["console"], "console.zip"),
        ([" . . "], "-.zip"),
        (["1", "cafe\u0301"], "1_café.zip"),
        (["1", "cafe\u200d\u0301"], "1_café.zip"),
        (["1", "账" * 100], f"1_{'账' * 38}.zip"),
        (["1", "a" * 113 + ". " + "b"], f"1_{'a' * 113}.zip"),
    ],
)
def test_names(parts, name):
    assert file_name(*parts, ending="zip") == name


@given(PARTS)
@example(["\x00"])
@example(["con ", "x"])
@example(["a" * 200, "\U0001f469\u200d\U0001f4bb" * 50])
def test_any_name_is_safe_and_comes_back_from_its_header(parts):
    name = file_name(*parts, ending="zip")

    stem = name.removesuffix(".zip")
    assert name.endswith(".zip")
    assert len(stem) > 0
    assert len(name.encode()) <= LONGEST
    assert not set(unicodedata.normalize("NFKC", name)) & set('/\\:<>"|?*%')
    assert {unicodedata.category(letter) for letter in name}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert not stem.endswith((".", " "))
    assert not stem.startswith((".", " "))
    assert stem.split(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9", "LPT¹"}
    assert file_name(stem, ending="zip") == name
    assert sent(name) == name


def sent(name):
    """The name as whoever reads RFC 5987 has it."""
    header = content_disposition_header(as_attachment=True, filename=name)
    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    return collapse_rfc2231_value(message.get_param("filename", header="Content-Disposition"))
