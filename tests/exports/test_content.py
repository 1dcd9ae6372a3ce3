"""Is in the file what its requester would page through at that moment, and is what may not be had refused?"""

import csv
import io
import threading
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.db import connection, transaction
from django.http import QueryDict

from aicc.lib.sealing import KeyFile
from aicc.tenants import parameters
from aicc.tenants.models import Account, OrganizationUnit, Role, SkillQueue
from contacts import search
from contacts.data_items import all_items, shown_items
from contacts.decisions import ItemSetting, SatisfactionLevel
from contacts.filters import ContactFilter
from contacts.models import CallReason
from exports import table
from exports.content import ExportRefused, Packed, archive_name
from exports.models import ExportTask
from tests.builders import export_task
from tests.exports.conftest import NOW, PASSWORD
from tests.exports.test_formats import FORMULAS, unguarded
from tests.pages import read

# A snapshot is a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def lines(members):
    return list(csv.reader(io.StringIO(members["contact-records.csv"].decode("utf-8-sig"), newline=""), strict=True))


def said(members):
    """The summary, by label."""
    return dict(
        line.split(": ", 1) for line in members["summary.txt"].decode("utf-8-sig").split("\r\n") if ": " in line
    )


def ids(members):
    """The Call S/Ns less what all have."""
    return [int(row[0]) - 10**18 for row in lines(members)[1:]]


# --- What is in it -----------------------------------------------------------------------------------------


def test_both_formats_say_what_the_list_says(acme, admin, write, pack, seven_zip, signed_in):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")
    now = datetime.now(UTC)
    queue = SkillQueue.objects.create(tenant=acme, name="Orders")
    reason = CallReason.objects.create(
        tenant=acme, name="Late", parent=CallReason.objects.create(tenant=acme, name="B")
    )
    unit = OrganizationUnit.objects.for_tenant(acme).get(name="Sales")
    chat = {"media_type": "multimedia", "channel": "whatsapp", "satisfaction": "1", "duration_seconds": 0}
    call = {"satisfaction": "evaluation_failed", "hang_up_party": "agent", "duration_seconds": 61, "skill_queue": queue}
    named = {"call_reason": reason, "unit": unit, "caller_number": "+46700001", "account_name": "mei", "remarks": "ok"}
    start = now - timedelta(hours=1)
    write(acme, [(0, {"started_at": start, **chat}), (0, {"started_at": start, "ended_at": now, **call, **named})])
    page = read(signed_in(admin).get("/contacts/"))
    shown = shown_items(acme)

    _packed, archive = pack(admin, requested_at=now, items=[item.key for item in shown])
    header, *found = lines(seven_zip(archive, PASSWORD))
    _packed, archive = pack(admin, requested_at=now, items=[item.key for item in shown], format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(seven_zip(archive, PASSWORD)["contact-records.xlsx"]))
    sheet = list(book.worksheets[0].iter_rows())

    listed = [row for row in page.all("tr") if "data-record-id" in row.attributes]
    # Operate is the list's alone.
    *columns, _operate = [cell.text for cell in page.all("th", role="columnheader")]
    assert columns == header == [cell.value for cell in sheet[0]]
    assert len(listed) == len(found) == len(sheet) - 1 == 2
    for row, line, in_book in zip(listed, found, sheet[1:], strict=True):
        cells = [cell.text.replace("–", "") for cell in row.all(role="rowheader") + row.all(role="cell")[:-1]]
        values = ["" if cell.value is None else str(cell.value) for cell in in_book]
        assert [unguarded(text) for text in line] == values
        for item, cell, value in zip(shown, cells, values, strict=True):
            # The list sets a date apart from its year.
            assert value.replace(" ", "") == cell.replace(" ", ""), item.key


def test_nothing_of_a_record_and_nothing_that_was_searched_for_becomes_a_formula(acme, admin, write, pack, seven_zip):
    rows = []
    ItemSetting.objects.create(tenant=acme, is_extended=True, key="own", name="=1+1")
    SatisfactionLevel.objects.create(tenant=acme, key="1", name="=1+1", position=1)
    texts = ["customer_number", "customer_name", "account_name", "caller_number", "called_number", "handled_number"]
    for n, payload in enumerate(FORMULAS):
        named = {
            "skill_queue": SkillQueue.objects.create(tenant=acme, name=payload),
            "unit": OrganizationUnit.objects.create(tenant=acme, name=payload),
            "call_reason": CallReason.objects.create(tenant=acme, name=payload),
        }
        every = dict.fromkeys([*texts, "remarks", "call_id"], payload)
        own = {"extended": {"own": payload}, "satisfaction": "1", "employee_id": payload[:32]}
        rows.append((n + 1, {**named, **every, **own}))
    write(acme, rows)
    items = [item.key for item in all_items(acme)]
    reproduced = {*texts, "remarks", "call_id", "skill_queue", "unit", "extended:own"}
    columns = [n for n, key in enumerate(items) if key in reproduced]
    Account.objects.for_tenant(acme).filter(pk=admin.pk).update(name="=1+1")

    _packed, archive = pack(admin, items=items)
    header, *found = lines(seven_zip(archive, PASSWORD))
    _packed, archive = pack(admin, "period=1d&customer_name=%3D1%2B1", items=items, format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(seven_zip(archive, PASSWORD)["contact-records.xlsx"]))

    assert "'=1+1" in header
    assert not [cell for line in [header, *found] for cell in line if cell.lstrip()[:1] in tuple(table.TRIGGERS)]
    assert [[unguarded(line[n]) for n in columns] for line in found] == [[text] * len(columns) for text in FORMULAS]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert [cell.value for cell in cells].count("=1+1") > 10


def test_the_items_are_those_chosen_in_the_order_of_the_list(acme, admin, write, pack, seven_zip):
    write(acme, [(1, {"remarks": "ok"})])

    _packed, archive = pack(admin, items=["remarks", "gone", "call_sn"])

    assert lines(seven_zip(archive, PASSWORD)) == [["Call S/N", "Call Remarks"], [str(10**18 + 1), "ok"]]
    with pytest.raises(ExportRefused, match="None of the chosen fields"):
        pack(admin, items=["gone"])


def test_the_summary_says_how_the_rows_came(acme, lead, write, pack, seven_zip):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")
    sales = OrganizationUnit.objects.for_tenant(acme).get(name="Sales")
    write(acme, [(minutes, {"unit": sales, "caller_number": "100"}) for minutes in (1, 2)])
    asked = f"period=3d&data_scope=organization&ou={sales.pk}&include_sub_ous=on&caller_number=10"
    asked += "&media_type=voice&media_type=video&media_type=multimedia"
    parameters.UNIT_LIMIT.set(None, 1)

    packed, archive = pack(lead, asked)

    summary = said(seven_zip(archive, PASSWORD))
    assert packed == Packed(2, 2)
    as_of = summary.pop("As of")
    assert as_of.startswith(f"{datetime.now(UTC).astimezone(parameters.zone_of(acme)):%Y-%m-%d}")
    assert summary == {
        "Period": "3 Days",
        "From": "2026-03-17 13:00:00",
        "To": "2026-03-20 13:00:00",
        "Data scope": "Organization Data",
        "Organization Unit": "Head office › Sales, with sub-organizations",
        "Sub-organizations": "The first 1 of 2",
        "Media Type": "Voice, Video, Multimedia",
        "Caller Number": "contains 10",
        "Time zone": "Europe/Berlin",
        "Records that match": "2",
        "Records in this file": "2",
        "Requested by": "lead",
        "Requested at": "2026-03-20 13:00:00",
    }


def test_progress_ends_with_all_and_what_it_raises_ends_the_export(acme, admin, write, pack, monkeypatch):
    monkeypatch.setattr(search, "STREAM_ROWS", 2)
    write(acme, [(minutes, {}) for minutes in range(1, 6)])
    told = []

    class Cancelled(Exception):
        pass

    def cancel(written, matched):
        if written > 2:
            raise Cancelled

    _packed, archive = pack(admin, progress=lambda *said: told.append(said))
    with pytest.raises(Cancelled):
        pack(admin, progress=cancel)

    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert not archive.exists()


def test_an_archive_is_named_after_the_moment_on_the_tenants_clock(acme):
    parameters.TIME_ZONE.set(acme, "Asia/Kolkata")

    assert archive_name(acme, NOW) == "contact-records-20260320173000.zip"


# --- Which rows --------------------------------------------------------------------------------------------


def test_no_export_has_half_of_a_pair_that_is_written_meanwhile(acme, admin, write, pack, seven_zip, monkeypatch):
    # Every stretch is a statement of its own; of each pair one record is of today and one of last month.
    monkeypatch.setattr(search, "PROBE_ROWS", 1)
    queries = ["", "contact_number=100", "customer_name=Rare", "number_contains=300", f"call_sn={10**18}"]
    month, rare = 30 * 24 * 60, {"customer_name": "Rare"}
    numbers = {"caller_number": "100", "called_number": "300", "call_sn": str(10**18)}
    stop, written = threading.Event(), 0

    def insert():
        nonlocal written
        try:
            while not stop.is_set():
                with transaction.atomic():
                    extra = rare if written % 10 == 0 else {}
                    pair = [(ago, {**numbers, **extra, "call_id": str(written)}) for ago in (5, month)]
                    write(acme, pair, first=2 * written + 1)
                written += 1
        finally:
            connection.close()

    writer = threading.Thread(target=insert)
    writer.start()
    try:
        sizes = []
        for n in range(20):
            packed, archive = pack(admin, f"period=31d&{queries[n % len(queries)]}", items=["call_id"])
            found = [line[0] for line in lines(seven_zip(archive, PASSWORD))[1:]]
            assert len(found) == packed.written == packed.matched
            assert sorted(found) == sorted([*set(found)] * 2)
            sizes.append(len(found))
    finally:
        stop.set()
        writer.join()

    assert sizes[15] > sizes[0]
    assert written > 20


def test_rows_are_those_of_the_moment_the_worker_looks_and_the_period_that_was_asked(
    acme, admin, write, pack, seven_zip
):
    asked = "period=1d&caller_number=100"
    write(acme, [(1, {"caller_number": "1001"}), (24 * 60 + 1, {"caller_number": "1002"}), (-1, {})])
    _packed, archive = pack(admin, asked)
    assert ids(seven_zip(archive, PASSWORD)) == [1]

    # Now a record equals the number, so that it is no longer searched as a part.
    write(acme, [(2, {"caller_number": "100"})], first=9)
    _packed, archive = pack(admin, asked)

    assert ids(seven_zip(archive, PASSWORD)) == [9]


@pytest.mark.parametrize("query", ["", "contact_number=100"])
def test_more_than_the_limit_is_refused_unless_the_newest_were_chosen(acme, admin, write, pack, seven_zip, query):
    parameters.EXPORT_LIMIT.set(None, 3)
    write(acme, [(minutes, {"caller_number": "100"}) for minutes in range(1, 6)])
    asked = f"period=1d&{query}"

    with pytest.raises(ExportRefused, match="More than 3 records match"):
        pack(admin, asked)
    packed, archive = pack(admin, asked, newest_only=True)

    members = seven_zip(archive, PASSWORD)
    assert packed == Packed(matched=5, written=3)
    assert ids(members) == [1, 2, 3]
    assert said(members)["Note"] == "These are the newest 3 of 5."


# --- Who may have it ---------------------------------------------------------------------------------------


def test_reach_is_that_of_the_requester_now(acme, globex, lead, agent, outsider_admin, write, pack, seven_zip):
    sales, field = (OrganizationUnit.objects.for_tenant(acme).get(name=name) for name in ("Sales", "Field"))
    write(acme, [(1, {"account": lead}), (2, {"unit": sales}), (3, {"unit": field}), (4, {"account": agent})])
    asked = "period=1d&data_scope=organization"

    before = ids(seven_zip(pack(lead, asked)[1], PASSWORD))
    lead.granted_units.add(field)
    granted = ids(seven_zip(pack(lead, asked)[1], PASSWORD))
    others = ids(seven_zip(pack(outsider_admin, asked)[1], PASSWORD))

    assert (before, granted, others) == ([1, 2], [1, 2, 3], [])


def lose_permission(lead):
    Role.objects.for_tenant(lead.tenant).filter(accounts=lead).update(permissions=["play"])


def be_closed(lead):
    Account.objects.for_tenant(lead.tenant).filter(pk=lead.pk).update(is_active=False)


def move(lead):
    Account.objects.for_tenant(lead.tenant).filter(pk=lead.pk).update(unit=None)


@pytest.mark.parametrize(
    ("change", "criteria", "sentence"),
    [
        (lose_permission, "", "You may no longer export contact records."),
        (be_closed, "", "You may no longer export contact records."),
        (move, "ou={sales}", "Organization Unit: Choose an organization unit from the list."),
        (lambda lead: parameters.ISOLATION.set(lead.tenant, False), "", "You may no longer search by Data scope."),
        (lambda lead: parameters.ENCRYPTION.set(None, True), "number_contains=100",
         r"You may no longer search by Contact Number \(Fuzzy Search\)."),
        (lambda lead: parameters.TIME_SPAN.set(lead.tenant, 1), "", "The criteria are not valid any more. Period: "),
    ],
)  # fmt: skip
def test_what_may_no_longer_be_had_is_refused(acme, lead, write, pack, seven_zip, change, criteria, sentence):
    sales = OrganizationUnit.objects.for_tenant(acme).get(name="Sales")
    write(acme, [(1, {"account": lead, "unit": sales, "caller_number": "100"})])
    asked = f"period=3d&data_scope=organization&{criteria.format(sales=sales.pk)}"
    assert ids(seven_zip(pack(lead, asked)[1], PASSWORD)) == [1]

    change(lead)

    with pytest.raises(ExportRefused, match=sentence):
        pack(lead, asked)


def test_criteria_that_cannot_be_decrypted_are_refused_not_left_out(
    acme, admin, write, pack, signed_in, settings, tmp_path
):
    settings.KEY_FILE = tmp_path / "first.keys"
    KeyFile(settings.KEY_FILE).create()
    parameters.ENCRYPTION.set(None, True)
    write(acme, [(1, {})])
    kept = export_task(admin, criteria="period=1d&contact_number=100", status="cancelled", file="").pk
    settings.KEY_FILE = tmp_path / "second.keys"
    KeyFile(settings.KEY_FILE).create()
    task = ExportTask.objects.for_tenant(acme).get(pk=kept)

    with pytest.raises(ExportRefused, match="The criteria cannot be decrypted"):
        pack(admin, task.criteria)

    page = read(signed_in(admin).get("/exports/")).text
    assert "Cancelled" in page
    assert "1 Day" not in page
    assert "Export again" not in page


def test_what_is_kept_of_a_search_says_what_was_in_force(acme, lead, agent):
    criteria = ContactFilter(QueryDict("size=20&after=x&call_type=&caller_number=100"), account=lead, now=NOW)
    plain = ContactFilter(QueryDict("media_type=voice&media_type=video&period=7d"), account=lead, now=NOW)

    assert criteria.is_valid()
    assert plain.is_valid()
    assert criteria.query == "period=1d&data_scope=personal&caller_number=100"
    assert QueryDict(plain.query).getlist("media_type") == ["voice", "video"]
    assert QueryDict(plain.query)["period"] == "7d"
