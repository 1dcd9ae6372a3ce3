"""What comes of any garbage in any parameters at once? A page that says something, and nothing worse."""

import logging
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.filters import ContactFilter
from tests import builders

PARAMETERS = [*ContactFilter.base_filters, "tab", "size", "after", "before", "as_of", "q", "unknown"]
VALUES = [
    "", " ", "\x00", "a\x00b", "😀", "٣٣", "９９", "1_000", "-1", "0", "1e9", "9" * 40, "x" * 8_000,
    "0001-01-01T00:00", "9999-12-31T23:59", "2026-03-29T02:30", "2026-11-20T10:00", "2026-11-21T10:00",
    "custom", "1d", "90d", "personal", "organization", "unorganized", "yes", "no", "voice", "incoming", "5",
    "not_evaluated", "on", "1", "20", "%", "_", "\\", "' OR 1=1 --", "100", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "2026-11-21T00:00:00+00:00",
]  # fmt: skip
QUERIES = st.lists(st.tuples(st.sampled_from(PARAMETERS), st.sampled_from(VALUES) | st.text(max_size=30)), max_size=12)
PAGES = ["contacts:list", "contacts:count", "contacts:volume", "contacts:account_options", "contacts:unit_options"]


@pytest.mark.parametrize("name", PAGES)
def test_any_garbage_is_answered_by_a_page(name, acme, lead, signed_in, caplog):
    builders.load(acme, builders.contact(account="lead", caller_number="100"))
    client = signed_in(lead)

    @settings(max_examples=120)
    @given(query=QUERIES, htmx=st.booleans())
    def answered(query, htmx):
        # Half of a surrogate pair cannot be written in an address.
        address = f"{reverse(name)}?{urlencode(query, doseq=True, errors='replace')}"

        response = client.get(address, headers={"HX-Request": "true"} if htmx else {})

        assert response.status_code in ({200, 422} if htmx else {200})
        assert response.content
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    with caplog.at_level(logging.WARNING):
        answered()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
