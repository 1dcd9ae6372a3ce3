"""Does whatever somebody types into an address get an answer, and never an error of the server?"""

import logging
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.urls import reverse

from aicc.tenants import parameters
from tests import builders

# Every parameter of the page (PRODUCT.md 3), what positions it, and names nobody knows. What stands together does not
# hide each other: all of it takes a value, or all of it refuses it before anything is searched.
TOGETHER = [
    ["period", "call_type", "media_type", "satisfaction", "skill_queue", "reason_set", "data_scope"],
    ["contact_number", "caller_number", "called_number", "handled_number"], ["number_contains"],
    ["customer_name", "employee_id", "call_id"], ["ou", "include_sub_ous", "account", "call_sn"],
    ["duration_min", "duration_max"], ["as_of", "after", "tab", "size", "unknown", "q", "\x00"], ["before"],
    ["start", "end"],
]  # fmt: skip
PARAMETERS = [name for names in TOGETHER for name in names]

GARBAGE = [
    "", " ", "\t\n", "\x00", "a\x00b", "\u200b", "😀", "Zoe\u0308", "x" * 65_536, "9" * 65_536, "٣٣", "９９", "1_000",
    "0", "-1", "1e9", "NaN", str(2**31), str(2**63), "None", "true", "custom", "%", "_", "\\", "'",
    '"><script>alert(1)</script>',
]  # fmt: skip
TIMES = [
    "0001-01-01T00:00", "9999-12-31T23:59", "2026-03-29T02:30", "2026-02-30T00:00", "2026-03-20T00:00+14:00",
    "٢٠٢٦-٠٣-٢٠T٠٠:٠٠", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-20T00:00:00.1234567890Z",
]  # fmt: skip
CURSORS = ["A" * 28, "_" * 28, "/" * 27 + "8", "=" * 28, "A" * 27, "AAAA", "é" * 28]
SPECIAL = {"start": TIMES, "as_of": TIMES + CURSORS, "before": CURSORS}

SCRIPT = {"HX-Request": "true"}
PAGES = [reverse(f"contacts:{name}") for name in ("list", "count", "volume", "account_options", "unit_options")]


@pytest.fixture
def ask(acme, admin, signed_in, caplog):
    """Ask a page, and look whether anything went wrong behind it."""
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")
    builders.load(acme, builders.contact())
    client = signed_in(admin)
    caplog.set_level(logging.WARNING)

    def ask(query, page=PAGES[0], **headers):
        response = client.get(f"{page}?{query}", headers=headers)
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR], query[:200]
        return response.status_code

    yield ask
    # The connection is not in a transaction that has failed.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert client.get(PAGES[0]).status_code == 200


@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_any_value_of_any_parameter_gets_an_answer(names, ask):
    for value in GARBAGE + SPECIAL.get(names[0], []):
        assert ask(urlencode(dict.fromkeys(names, value)), **SCRIPT) in {200, 422}, (names, value[:80])


@pytest.mark.parametrize("name", ["start", "end"])
def test_any_end_of_a_customization_gets_an_answer(name, ask):
    times = {"period": "custom", "start": "2026-03-20T10:00", "end": "2026-03-20T11:00"}

    for value in GARBAGE + TIMES:
        assert ask(urlencode({**times, name: value})) == 200, value[:80]


@pytest.mark.parametrize("page", PAGES)
def test_all_parameters_at_once_get_an_answer(page, ask):
    for value in (GARBAGE + TIMES + CURSORS)[:: 1 if page == PAGES[0] else 2]:
        # 64 KB in each of them would be more than any server lets through.
        assert ask(urlencode(dict.fromkeys(PARAMETERS, value[:1_000])), page) == 200, value[:80]


def test_repeated_parameters_get_an_answer(ask):
    for names in TOGETHER:
        repeated = [(name, value[:100]) for name in names for value in GARBAGE]
        assert ask(urlencode(repeated), **SCRIPT) in {200, 422}, names


@pytest.mark.parametrize("value", ["%ff", "%ed%a0%80", "%c3%28", "%", "%zz", "%u0041", "%0d%0aSet-Cookie:x=y"])
def test_bytes_that_are_no_text_get_an_answer(value, ask):
    assert ask("&".join(f"{quote(name)}={value}" for name in PARAMETERS)) == 200
    for name in ("contact_number", "period", "ou", "account", "after", "as_of"):
        assert ask(f"{name}={value}", **SCRIPT) in {200, 422}, name


@pytest.mark.parametrize("query", ["&&&&", "====", "?", "#", "a", "&=&=", ";" * 100, "contact_number", "%", "\x7f"])
def test_a_query_that_is_none_gets_an_answer(ask, query):
    assert ask(query) == 200


def test_more_parameters_than_a_form_has_are_refused(admin, signed_in):
    many = "&".join(f"p{i}=1" for i in range(2_000))

    assert signed_in(admin).get(f"{PAGES[0]}?{many}").status_code == 400


@pytest.mark.parametrize(
    "name", ["HX-Request", "HX-History-Restore-Request", "HX-Current-URL", "Accept-Language", "Range", "Cookie"]
)
def test_any_header_gets_an_answer(ask, name):
    for value in ("true", "", "x" * 10_000, "%00", "ÿ", "bytes=0-", "theme=<b>; rail=x"):
        assert ask("", **{name: value}) in ({200, 302} if name == "Cookie" else {200}), value[:80]


@pytest.mark.parametrize("path", ["٣", "1/../2", "%00", "%ff", "0x1", "1e3", "+1", "9" * 5_000, "1;2"])
def test_any_path_is_only_unknown(admin, signed_in, path):
    assert signed_in(admin).get(f"/contacts/{path}/").status_code == 404
