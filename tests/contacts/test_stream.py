"""Are the rows that are streamed those of all pages, and their values those of the list's cells?"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from aicc.lib.text import isolated
from aicc.tenants.models import OrganizationUnit, SkillQueue
from contacts import search
from contacts.choices import CallType, Channel, HangUpParty, Satisfaction
from contacts.data_items import DATA_ITEMS
from contacts.models import CallReason, ContactRecord
from contacts.search import ContactSearch
from tests.contacts.test_search import CRITERIA, ROWS, asked, walk, write

SN = DATA_ITEMS[:1]


def streamed(account, query, limit=1000):
    batches = ContactSearch(asked(account, query)).stream(limit=limit, items=SN)
    return [int(sn) - 10**18 for (column,) in batches for sn in column]


@pytest.mark.parametrize("query", [*CRITERIA, f"call_sn={10**18 + 3}", "number_contains=300&contact_number=100"])
@settings(max_examples=8)
@given(
    rows=ROWS,
    apart=st.sampled_from([timedelta(minutes=1), timedelta(hours=15), timedelta(days=3)]),
    probe=st.sampled_from([1, 10, 20_000]),
    limit=st.integers(1, 30),
)
def test_a_stream_is_all_pages_in_their_order(query, rows, apart, probe, limit, acme, admin, agent, monkeypatch):
    # Ten rows are looked at, of which one has to match, before a stretch is walked.
    monkeypatch.setattr(search, "PROBE_ROWS", probe)
    monkeypatch.setattr(search, "STREAM_ROWS", 3)
    whose = {"mine": admin, "theirs": agent, "nobody's": None}
    ContactRecord.objects.for_tenant(acme).delete()
    write(
        acme,
        [
            (
                ago * apart / timedelta(minutes=1),
                {"caller_number": a, "called_number": b, "account": whose[account], "duration_seconds": seconds},
            )
            for ago, a, b, account, seconds in rows
        ],
    )
    days = 31 if "number_contains" in query else CRITERIA.get(query, (90,))[0]
    asking = f"period={days}d&{query}"

    pages = [id for _first, ids in walk(admin, asking, 5)[0] for id in ids]

    assert streamed(admin, asking, limit) == pages[:limit]
    assert ContactSearch(asked(admin, asking)).count(1000) == len(pages)


def test_the_values_are_those_of_the_lists_cells(acme, admin):
    regions, desk = (OrganizationUnit.objects.for_tenant(acme).get(name=name) for name in ("Sales", "South desk"))
    queues = SkillQueue.objects.bulk_create(SkillQueue(tenant=acme, name=f"Queue {n}") for n in range(2))
    reasons = [CallReason.objects.create(tenant=acme, name="Billing")]
    for name in ("Refund", "Late"):
        reasons.append(CallReason.objects.create(tenant=acme, name=name, parent=reasons[-1]))
    choices = {
        "call_type": CallType.values,
        "channel": ["", *Channel.values],
        "hang_up_party": ["", *HangUpParty.values],
        "satisfaction": ["", *Satisfaction.values],
        "skill_queue": [None, *queues],
        "unit": [None, regions, desk],
        "call_reason": [None, *reasons],
        "duration_seconds": [None, 0, 3600],
    }
    texts = ["customer_number", "customer_name", "account_name", "employee_id", "caller_number", "called_number"]
    texts += ["handled_number", "remarks", "call_id"]
    rows = []
    for n in range(24):
        fields = {name: values[n % len(values)] for name, values in choices.items()}
        fields["media_type"] = "multimedia" if fields["channel"] else ("voice", "video")[n % 2]
        rows.append((n + 1, {**fields, **{name: f"{name} {n}" if n % 3 else "" for name in texts}}))
    write(acme, rows)

    records = ContactSearch(asked(admin)).page(size=50).records
    (columns,) = ContactSearch(asked(admin)).stream(limit=50, items=DATA_ITEMS)

    assert len(records) == 24
    for item, column in zip(DATA_ITEMS, columns, strict=True):
        assert list(column) == [item.value(record) for record in records], item.key
        if item.html is None:
            for record, value in zip(records, column, strict=True):
                assert value in (None, "") or isolated(str(value)) == item.cell(record)


def test_the_statements_do_not_grow_with_the_rows(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "STREAM_ROWS", 5)
    counts = []

    for count in (1, 40):
        ContactRecord.objects.for_tenant(acme).delete()
        write(acme, [(minutes, {}) for minutes in range(1, count + 1)])
        contacts = ContactSearch(asked(admin))
        with CaptureQueriesContext(connection) as captured:
            assert sum(len(columns[0]) for columns in contacts.stream(limit=100, items=DATA_ITEMS)) == count
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_each_stretch_is_read_in_the_way_that_is_fast_for_it(acme, admin, monkeypatch):
    monkeypatch.setattr(search, "PROBE_ROWS", 10)
    week = 7 * 24 * 60
    # Everybody has the number in the newest week, nobody in those before.
    write(acme, [(n, {"caller_number": "100" if n < week else "200"}) for n in range(0, 4 * week, 60)])
    contacts = ContactSearch(asked(admin, "period=31d&contact_number=100"))

    newest, *earlier = [sql for sql, _values in contacts._reads(["call_sn"])]

    assert "contact_terms" not in newest
    assert "MATERIALIZED" in earlier[-1]
    assert "contact_terms" in earlier[-1]
