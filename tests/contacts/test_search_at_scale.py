"""Does the database go the way that was measured, and is a search that outruns its time cut off?"""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aicc.lib import bulk, timelimit
from contacts import search
from contacts.filters import ContactFilter
from contacts.models import ContactRecord
from contacts.search import ContactSearch, SearchTimeout, time_limit
from tests.pages import read

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TABLE = ContactRecord._meta.db_table
COUNT = 30_000

# One record every four minutes, back to December; numbers, durations and media repeat at different rates.
FILL = f"""
INSERT INTO {TABLE} (tenant_id, id, source, updated_at, call_sn, call_id, started_at, duration_seconds, media_type,
    channel, call_type, customer_number, customer_name, caller_number, called_number, handled_number, account_id,
    account_name, employee_id, hang_up_party, remarks, satisfaction)
SELECT %s, n, 'tests', %s, (10^18 + n)::bigint::text, 'call-' || n, %s - n * interval '4 minutes', n %% 5000,
    CASE WHEN n %% 100 = 0 THEN 'video' ELSE 'voice' END, '', 'incoming', '', 'Customer ' || n %% 9000,
    '+49' || n %% 8000, '+4980', '', %s, '', '', '', '', ''
FROM generate_series(1, {COUNT}) n
"""


@pytest.fixture
def months(acme, admin, agent):
    """The tenant with thirty thousand records in four months."""
    with connection.cursor() as cursor:
        dates = [NOW - timedelta(days=30 * back) for back in range(4)]
        bulk.ensure_months(cursor, TABLE, "started_at", map(bulk.month_of, dates))
        cursor.execute(FILL, [acme.pk, NOW, NOW, agent.pk])
        cursor.execute(f"ANALYZE {TABLE}")


def plans(account, query, statement):
    """The plans of what a search asks about records: every node of them, as PostgreSQL tells it."""
    criteria = ContactFilter(QueryDict(query), account=account, now=NOW)
    assert criteria.is_valid(), criteria.form.errors
    with CaptureQueriesContext(connection) as captured:
        statement(ContactSearch(criteria))
    asked = [q["sql"] for q in captured if TABLE in q["sql"]]
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            plan = cursor.fetchone()[0]
            yield sql, list(nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def partitions_of(index):
    """The names of an index on each partition."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [index])
        return {name for (name,) in cursor.fetchall()}


def first_page(search):
    return search.page(size=50)


def indexes(plan):
    return {node["Index Name"] for node in plan if "Index Name" in node}


def tables(plan):
    return {node["Relation Name"] for node in plan if node.get("Relation Name", "").startswith(TABLE)}


def test_any_page_walks_the_time_index(months, admin):
    ((_sql, plan),) = plans(admin, "period=90d", first_page)

    assert indexes(plan) & partitions_of("contact_record_time")
    assert "Sort" not in {node["Node Type"] for node in plan}


def test_a_sparse_search_is_found_by_the_terms_index(months, admin):
    searches = [
        "contact_number=%2B4977",
        "customer_name=Customer+77",
        "contact_number=%2B4977&media_type=voice&call_type=incoming",
        "media_type=video&customer_name=Customer+100",
        "reason_set=yes",
    ]

    for query in searches:
        found = [plan for sql, plan in plans(admin, f"period=90d&{query}", first_page) if "MATERIALIZED" in sql]

        # Of a week or two the planner may rightly read every row; the last stretch is the longest.
        assert indexes(found[-1]) & partitions_of("contact_record_terms"), query


def test_a_unique_value_is_found_by_its_own_index(months, admin):
    for query, index in (
        ("call_sn=1000000000000020000", "contact_record_call_sn"),
        ("call_id=call-20000", "contact_record_call_id"),
    ):
        looked_up, *_page = plans(admin, f"period=90d&{query}", first_page)

        assert indexes(looked_up[1])
        assert indexes(looked_up[1]) <= partitions_of(index)


def test_a_count_of_few_is_found_by_the_terms_index(months, admin):
    *_probe, (_sql, last) = plans(admin, "period=90d&contact_number=%2B4977", lambda search: search.count())

    assert indexes(last) & partitions_of("contact_record_terms")


def test_months_outside_of_the_window_are_not_read(months, admin):
    for query in ("", "contact_number=%2B4977", "call_sn=1000000000000000200", "media_type=video"):
        for statement in (first_page, lambda search: search.count()):
            for _sql, plan in plans(admin, f"period=3d&{query}", statement):
                assert tables(plan) <= {f"{TABLE}_2026_03", f"{TABLE}_default"}


SEARCHES = {
    "period=90d&contact_number=%2B4977": lambda n: n % 8000 == 77,
    "period=90d&media_type=video": lambda n: n % 100 == 0,
    "period=31d&duration_max=3": lambda n: n % 5000 <= 3,
    "period=31d&duration_min=4000": lambda n: n % 5000 >= 4000,
    "period=90d&customer_name=Customer+100&media_type=video": lambda n: n % 9000 == 100 and n % 100 == 0,
    "period=31d&number_contains=%2B4977": lambda n: str(n % 8000).startswith("77"),
}


@pytest.mark.parametrize("probe", [100, 20_000, 10**9])
def test_every_way_finds_the_same_among_many(months, admin, monkeypatch, probe):
    monkeypatch.setattr(search, "PROBE_ROWS", probe)

    for query, condition in SEARCHES.items():
        criteria = ContactFilter(QueryDict(query), account=admin, now=NOW)
        minutes = criteria.window.span // timedelta(minutes=1)
        wanted = [n for n in range(1, COUNT + 1) if condition(n) and n * 4 <= minutes]
        page = ContactSearch(criteria).page(size=20)
        assert [record.id for record in page.records] == wanted[:20], query
        if page.older:
            page = ContactSearch(criteria).page(size=20, after=page.older)
            assert [record.id for record in page.records] == wanted[20:40], query
        assert ContactSearch(criteria).count(100_000) == len(wanted), query


# --- Out of time ------------------------------------------------------------------------------------------


@contextmanager
def nobody_can_read_the_records():
    """Another connection holds the table, so that a search waits for as long as it may."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()


@pytest.fixture
def impatient(db, monkeypatch):
    monkeypatch.setattr(timelimit, "SEARCH_SECONDS", 0.05)
    monkeypatch.setattr(search, "CHART_SECONDS", 0.05)
    with connection.cursor() as cursor:
        # A search without a limit would wait for ever: it ends as another error.
        cursor.execute("SET LOCAL lock_timeout = '3s'")


def test_a_search_that_outruns_its_time_says_so(db, impatient, admin):
    criteria = ContactFilter(QueryDict(), account=admin, now=NOW)

    with nobody_can_read_the_records(), pytest.raises(SearchTimeout):
        ContactSearch(criteria).page(size=50)


def test_another_error_of_the_database_is_no_timeout(db):
    with pytest.raises(Exception, match="division by zero") as error, time_limit(5), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")

    assert not isinstance(error.value, SearchTimeout)


CRITERIA_IN_QUESTION = [
    "",
    "period=7d&contact_number=%2B4977",
    "period=7d&caller_number=%2B4977",
    "period=7d&data_scope=organization",
]


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("query", CRITERIA_IN_QUESTION)
def test_the_page_says_so_and_keeps_the_criteria(query, htmx, impatient, admin, signed_in):
    client = signed_in(admin)

    with nobody_can_read_the_records():
        response = client.get(f"{reverse('contacts:list')}?{query}", headers={"HX-Request": "true"} if htmx else {})

    page = read(response)
    assert response.status_code == 503
    assert "Contact records are not available right now" in page.text
    again = [link["href"] for link in page.all("a") if link.text == "Try again"]
    assert again == [f"{reverse('contacts:list')}?{query}".rstrip("?")]
    if "contact_number" in query:
        assert page.one("input", name="contact_number")["value"] == "+4977"


def test_a_count_that_outruns_its_time_is_no_number(impatient, admin, signed_in):
    client = signed_in(admin)

    with nobody_can_read_the_records():
        response = client.get(reverse("contacts:count"))

    assert response.status_code == 503
    assert read(response).one(id="result-count").text == "Too many to count"


def test_the_connection_is_as_good_as_before(impatient, admin, signed_in):
    client = signed_in(admin)
    with nobody_can_read_the_records():
        client.get(reverse("contacts:list"))

    assert client.get(reverse("contacts:list")).status_code == 200
