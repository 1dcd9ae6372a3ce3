"""Does a load hold only so much in memory, however long the input and however many names it brings?

Peak memory at millions of lines is measured by `make bench`.
"""

import pytest
from django.utils import timezone

from aicc.lib import batches
from aicc.tenants.models import Account, SkillQueue
from contacts import ingest
from contacts.ingest import loader, names
from contacts.ingest.native import check
from contacts.ingest.sources import Read
from contacts.models import CallReason, ContactRecord
from ivrhistory import ingest as ivr_ingest
from tests.builders import contact, ivr_call


def load(tenant, records, **options):
    rejections = []
    reads = ingest.read_records(records, where="tests", now=timezone.now())
    report = ingest.load(tenant, reads, source="tests", on_reject=rejections.append, **options)
    return report, [rejection.reason for rejection in rejections]


def sizes(reads):
    return [len(chunk) for chunk in loader._chunks(reads)]


def test_a_batch_ends_at_a_number_of_documents_or_of_bytes(monkeypatch):
    monkeypatch.setattr(loader, "BATCH", 4)
    monkeypatch.setattr(loader, "BATCH_BYTES", 100)

    small, large, none = ([Read("file", 1, (), bytes=size)] * 9 for size in (10, 60, 0))

    assert (sizes(small), sizes(large), sizes(none), sizes([])) == ([4, 4, 1], [2, 2, 2, 2, 1], [4, 4, 1], [])


def test_a_batch_ends_at_a_number_of_rows_too_because_a_part_may_be_three_bytes(monkeypatch):
    monkeypatch.setattr(batches, "MOST_ROWS", 10)
    now = timezone.now()
    parts = {"messages": [{}], "transfers": [{"kind": "ivr"}], "phases": [{"kind": "ivr", "started_at": str(now)}]}

    records = ingest.read_records([contact(**parts)] * 7 + ["none"] * 9, where="tests", now=now)
    calls = ivr_ingest.read_calls([ivr_call(turns=[{}] * 3)] * 7, where="tests", now=now)

    # Four rows each; what is rejected is none.
    assert sizes(records) == [3, 3, 10]
    assert [len(chunk) for chunk in batches.chunks(calls, most=100, most_bytes=100)] == [3, 3, 1]


def test_no_more_than_the_next_batch_is_read_while_one_is_loaded(acme, monkeypatch):
    monkeypatch.setattr(loader, "BATCH", 10)
    taken, ahead = 0, []

    def records():
        nonlocal taken
        for _ in range(95):
            taken += 1
            yield contact()

    report, _ = load(acme, records(), on_progress=lambda report: ahead.append(taken - report.seen))

    assert report.inserted == 95
    assert len(ahead) == 10
    assert max(ahead) <= 10


def test_an_input_that_breaks_off_is_an_error_and_what_came_before_stays(acme, monkeypatch):
    monkeypatch.setattr(loader, "BATCH", 10)

    def records():
        yield from (contact() for _ in range(25))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        load(acme, records())

    assert ContactRecord.objects.for_tenant(acme).count() == 20


def many_names():
    for n in [*range(60), *range(60)]:
        yield contact(
            account=f"agent {n}", employee_id=str(n), skill_queue=f"queue {n}", call_reason=["reason", f"reason {n}"]
        )


def test_names_are_found_again_when_there_are_more_than_are_remembered(acme, monkeypatch):
    monkeypatch.setattr(names, "REMEMBERED", 7)
    monkeypatch.setattr(loader, "BATCH", 20)

    report, rejected = load(acme, many_names())
    strictly = load(acme, many_names(), strict=True)
    by_employee_id = load(acme, [contact(employee_id=str(n)) for n in range(60)], strict=True)

    assert (report.inserted, rejected) == (120, [])
    assert [(report.inserted, rejected) for report, rejected in (strictly, by_employee_id)] == [(120, []), (60, [])]
    counts = [model.objects.for_tenant(acme).count() for model in (Account, SkillQueue, CallReason)]
    assert counts == [60, 60, 61]
    records = ContactRecord.objects.for_tenant(acme).select_related("account")
    assert all(record.account.employee_id == record.employee_id for record in records)


def test_at_most_twice_so_many_names_are_remembered(acme, monkeypatch):
    monkeypatch.setattr(names, "REMEMBERED", 7)
    known = names.Names(acme, strict=False)
    most = 0

    for record in many_names():
        told = check(record, now=timezone.now())
        known.account(told), known.queue(told), known.reason(told)
        kinds = known._by_name, known._by_employee_id, known._queues, known._reasons
        most = max(most, *map(len, kinds))

    assert 7 < most <= 2 * 7
