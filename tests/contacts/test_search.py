"""Does a search find every record it is about, in order, on pages that lose nothing and double nothing?

Whatever way the records are found – from the top of the window, or by the terms index – plain Python finds the same.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from aicc.lib.keyset import Cursor
from aicc.tenants import parameters
from aicc.tenants.models import Account
from contacts import search
from contacts.filters import ContactFilter
from contacts.models import ContactRecord
from contacts.search import ContactSearch
from tests import builders

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def asked(account, query="", now=NOW, **options):
    """A search bound as a page binds it. The account is read again, as in a new request."""
    account = Account.objects.across_tenants().select_related("tenant").get(pk=account.pk)
    return ContactFilter(QueryDict(query), account=account, now=now, **options)


def found(account, query="", size=50, **position):
    return [record.id for record in ContactSearch(asked(account, query)).page(size=size, **position).records]


def walk(account, query, size):
    """All pages, forward and then back: lists of (first rank, ids)."""
    forward, page = [], ContactSearch(asked(account, query)).page(size=size)
    forward.append((page.first, [record.id for record in page.records]))
    while page.older:
        cursor = Cursor.parse(str(page.older))
        page = ContactSearch(asked(account, query, decision=cursor.decision)).page(size=size, after=cursor)
        forward.append((page.first, [record.id for record in page.records]))
        assert len(forward) < 50, "the pages have no end"
    back = [forward[-1]]
    while page.newer:
        cursor = Cursor.parse(str(page.newer))
        page = ContactSearch(asked(account, query, decision=cursor.decision)).page(size=size, before=cursor)
        back.append((page.first, [record.id for record in page.records]))
        assert len(back) < 50, "the pages have no beginning"
    return forward, back[::-1]


def write(tenant, rows):
    """Records straight into the table, in no order: (minutes ago, fields)."""
    records = [
        ContactRecord(
            **{
                "tenant": tenant,
                "id": id,
                "source": "tests",
                "updated_at": NOW,
                "call_sn": str(10**18 + id),
                "started_at": NOW - timedelta(minutes=minutes),
                "media_type": "voice",
                "call_type": "incoming",
                **fields,
            }
        )
        for id, (minutes, fields) in enumerate(rows, 1)
    ]
    random.Random(len(records)).shuffle(records)
    ContactRecord.objects.bulk_create(records)


# --- Pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7, 20])
def test_pages_lose_nothing_and_double_nothing_both_ways(acme, admin, count):
    write(acme, [(minutes % 4 + 1, {}) for minutes in range(count)])

    forward, back = walk(admin, "", size=3)

    newest_first = sorted(range(1, count + 1), key=lambda id: ((id - 1) % 4, -id))
    assert [id for _first, ids in forward for id in ids] == newest_first
    assert [first for first, _ids in forward] == list(range(1, max(count, 1) + 1, 3))
    assert back == forward


@pytest.mark.parametrize("index", ["on", "off"])
def test_records_of_the_same_moment_are_told_apart(acme, admin, index):
    write(acme, [(5, {}) for _ in range(10)])
    # Without its index the database sorts, and nothing but the order asked for tells them apart.
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL enable_indexscan = {index}; SET LOCAL enable_bitmapscan = {index}")

    forward, back = walk(admin, "", size=4)

    assert [ids for _first, ids in forward] == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1]]
    assert back == forward


def test_going_back_past_the_first_page_shows_it_whole(acme, admin):
    write(acme, [(minutes, {}) for minutes in range(1, 8)])
    third = ContactRecord.objects.for_tenant(acme).get(id=3)

    page = ContactSearch(asked(admin)).page(size=5, before=Cursor(third.started_at, third.id, 3))

    assert [record.id for record in page.records] == [1, 2, 3, 4, 5]
    assert (page.first, page.last, page.newer) == (1, 5, None)
    assert page.older is not None


def test_records_that_arrive_meanwhile_do_not_shift_the_pages(acme, admin):
    write(acme, [(minutes, {}) for minutes in range(1, 7)])
    page = ContactSearch(asked(admin)).page(size=3)

    ContactRecord.objects.filter(tenant=acme, id=6).update(started_at=NOW - timedelta(seconds=30))
    after = ContactSearch(asked(admin)).page(size=3, after=page.older)

    assert [record.id for record in after.records] == [4, 5]


def test_the_window_has_its_start_and_not_its_end(acme, admin):
    write(acme, [(0, {}), (1, {}), (24 * 60, {}), (24 * 60 + 1, {})])

    assert found(admin) == [2, 3]


def test_neighbouring_periods_share_no_record(acme, admin):
    write(acme, [(60 * hours, {}) for hours in range(1, 9)])
    times = [f"2026-03-20T{hour:02}:00" for hour in (4, 7, 9, 12)]

    parts = [
        found(admin, f"period=custom&start={start}&end={end}") for start, end in zip(times, times[1:], strict=False)
    ]

    assert parts == [[6, 7, 8], [4, 5], [1, 2, 3]]


def test_a_forged_cursor_reaches_no_further_than_its_reader(acme, globex, agent, lead):
    write(globex, [(1, {})])
    builders.load(acme, builders.contact(account="lead", started_at=NOW - timedelta(minutes=5)))

    assert found(agent, after=Cursor(NOW, 2**62, 1)) == []
    assert found(agent, before=Cursor(NOW - timedelta(days=300), 1, 1)) == []


@pytest.mark.parametrize("query", ["", "contact_number=100", f"call_sn={10**18 + 1}", "number_contains=100"])
@pytest.mark.parametrize("probe", [1, 20_000])
def test_a_forged_cursor_outside_of_the_window_is_the_end_or_the_beginning(acme, admin, monkeypatch, query, probe):
    monkeypatch.setattr(search, "PROBE_ROWS", probe)
    write(acme, [(minutes, {"caller_number": "100"}) for minutes in (5, 6, 7)])
    everything = found(admin, query)
    long_ago, far_off = (Cursor(datetime(year, 1, 1, tzinfo=UTC), 1, 1) for year in (1990, 2199))

    assert everything in ([1, 2, 3], [1])
    assert found(admin, query, after=long_ago) == []
    for position in ({"after": far_off}, {"before": long_ago}, {"before": far_off}):
        assert found(admin, query, **position) == everything, position


# --- Three ways, one answer ------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["", "100", "200", "2001"]),
        st.sampled_from(["", "100", "300"]),
        st.sampled_from(["mine", "theirs", "nobody's"]),
        st.sampled_from([None, 5, 61, 4000]),
    ),
    max_size=25,
)
# Days of the period, and which rows (ago, caller, called, whose, seconds) are asked for.
CRITERIA = {
    "": (31, lambda row: True),
    "contact_number=100": (90, lambda row: "100" in row[1:3]),
    "caller_number=200": (7, lambda row: row[1] == "200"),
    "number_contains=200": (31, lambda row: "200" in row[1] or "200" in row[2]),
    "duration_min=61": (31, lambda row: row[4] is not None and row[4] >= 61),
    "duration_min=5&duration_max=61&contact_number=100": (31, lambda row: row[4] in (5, 61) and "100" in row[1:3]),
    "data_scope=personal": (90, lambda row: row[3] == "mine"),
    "reason_set=yes": (90, lambda row: False),
}


@pytest.mark.parametrize("query", CRITERIA, ids=lambda query: query or "everything")
@settings(max_examples=25)
@given(
    rows=ROWS,
    apart=st.sampled_from([timedelta(minutes=1), timedelta(hours=15), timedelta(days=3)]),
    size=st.integers(1, 6),
    probe=st.sampled_from([1, 2, 5, 10, 20_000]),
    who=st.sampled_from(["admin", "agent"]),
)
def test_pages_and_count_are_those_of_a_plain_search(
    query, rows, apart, size, probe, who, acme, admin, agent, monkeypatch
):
    monkeypatch.setattr(search, "PROBE_ROWS", probe)
    me, somebody = (admin, agent) if who == "admin" else (agent, admin)
    accounts = {"mine": me, "theirs": somebody, "nobody's": None}
    ContactRecord.objects.for_tenant(acme).delete()
    write(
        acme,
        [
            (
                ago * apart / timedelta(minutes=1),
                {"caller_number": a, "called_number": b, "account": accounts[whose], "duration_seconds": seconds},
            )
            for ago, a, b, whose, seconds in rows
        ],
    )
    days, matches = CRITERIA[query]
    in_reach = [
        (id, row)
        for id, row in enumerate(rows, 1)
        if row[0] * apart <= timedelta(days=days) and (who == "admin" or row[3] == "mine")
    ]
    wanted = [(id, row) for id, row in in_reach if matches(row)]
    if query == "caller_number=200" and not wanted:
        # A number that no record within reach and window equals is searched as a part.
        wanted = [(id, row) for id, row in in_reach if "200" in row[1]]
    wanted = [id for id, row in sorted(wanted, key=lambda found: (found[1][0], -found[0]))]

    asking = f"period={days}d&{query}"
    forward, back = walk(me, asking, size)
    counted = ContactSearch(asked(me, asking)).count()
    _step, bins = ContactSearch(asked(me, asking)).histogram()

    assert [id for _first, ids in forward for id in ids] == wanted
    assert back == forward
    assert counted == sum(bin.count for bin in bins) == len(wanted)


def statements(account, query):
    criteria = asked(account, query)
    with CaptureQueriesContext(connection) as captured:
        ContactSearch(criteria).page(size=2)
    return [q["sql"] for q in captured if '"contacts_contactrecord"' in q["sql"]]


def test_a_search_for_everything_reads_its_page_and_nothing_else(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "PROBE_ROWS", 3)
    write(acme, [(minutes, {}) for minutes in range(1, 9)])

    (page,) = statements(admin, "")

    assert "MATERIALIZED" not in page


def test_a_dense_search_is_answered_from_the_top_of_the_window(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "PROBE_ROWS", 4)
    write(acme, [(minutes, {"caller_number": "100"}) for minutes in range(1, 9)])

    probe, page = statements(admin, "contact_number=100")

    assert "OFFSET 4" in probe
    assert "MATERIALIZED" not in page
    assert "contact_terms" not in page


def test_a_sparse_search_is_answered_by_terms(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "PROBE_ROWS", 4)
    write(acme, [(minutes, {"caller_number": "100" if minutes == 8 else "200"}) for minutes in range(1, 9)])

    by_terms = [sql for sql in statements(admin, "contact_number=100") if "MATERIALIZED" in sql]

    assert by_terms
    assert all("contact_terms" in sql for sql in by_terms)


def test_a_window_smaller_than_a_probe_is_simply_read(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "PROBE_ROWS", 8)
    write(acme, [(minutes, {"caller_number": "100" if minutes == 8 else "200"}) for minutes in range(1, 9)])

    _probe, page = statements(admin, "contact_number=100")

    assert "MATERIALIZED" not in page
    assert "contact_terms" not in page


def test_a_call_serial_number_is_looked_up(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "PROBE_ROWS", 2)
    write(acme, [(minutes, {}) for minutes in range(1, 9)])

    looked_up, *_page = statements(admin, f"call_sn={10**18 + 8}")

    assert "contact_terms" not in looked_up
    assert found(admin, f"call_sn={10**18 + 8}") == [8]


# --- Counting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "contact_number=100", "data_scope=personal"])
@pytest.mark.parametrize(("cap", "counted"), [(3, 4), (7, 8), (8, 8), (100, 8)])
@pytest.mark.parametrize("probe", [2, 20_000])
def test_a_count_is_exact_up_to_its_cap_and_then_one_more(acme, agent, monkeypatch, query, probe, cap, counted):
    monkeypatch.setattr(search, "PROBE_ROWS", probe)
    # A week apart: a count may go from week to week.
    write(acme, [(weeks * 7 * 24 * 60, {"caller_number": "100", "account": agent}) for weeks in range(1, 9)])

    assert ContactSearch(asked(agent, f"period=90d&{query}")).count(cap) == counted


# --- What a page costs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "contact_number=100", "data_scope=organization&call_type=incoming"])
def test_the_number_of_statements_does_not_grow_with_the_rows(acme, agent, query):
    reason, statements = ["Billing", "Refund", "Late"], []

    for count in (1, 10, 30):
        times = (NOW - timedelta(minutes=minutes) for minutes in range(1, count + 1))
        same = {"account": "agent", "caller_number": "100", "call_reason": reason, "skill_queue": "Billing"}
        builders.load(acme, *(builders.contact(started_at=at, **same) for at in times))
        criteria = asked(agent, query)
        with CaptureQueriesContext(connection) as captured:
            for record in ContactSearch(criteria).page(size=50).records:
                assert (record.call_reason.path, record.unit.name) == (reason, "North desk")
                assert record.skill_queue.name == "Billing"
        statements.append([q["sql"][:20] for q in captured])

    # What may be chosen and what is shown is read, the time limit set, the window measured, the page read.
    assert len([sql for sql in statements[0] if "SAVEPOINT" not in sql]) <= 8
    assert statements[0] == statements[1] == statements[2]


def test_criteria_that_are_not_valid_find_nothing(admin):
    criteria = asked(admin, "period=forever")

    with pytest.raises(ValueError, match="not valid"):
        ContactSearch(criteria)


def test_the_time_span_counts_the_wall_clock(acme, admin):
    parameters.TIME_SPAN.set(acme, 1)
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")
    write(acme, [(0, {})])

    # 25 hours, because the clocks went back in them.
    criteria = asked(admin, "period=custom&start=2025-10-25T12:00&end=2025-10-26T12:00")

    assert criteria.is_valid()
    assert criteria.window.end - criteria.window.start == timedelta(hours=25)
