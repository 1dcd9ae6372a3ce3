"""What do loads do to each other, and to what stands in their way? What is good is not lost, nobody waits for ever."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from aicc.tenants.models import Account, Tenant
from contacts import ingest
from contacts.models import ContactRecord, Message
from tests.builders import contact


def load(tenant, *records, **options):
    rejections = []
    reads = ingest.read_records(records, where="tests", now=timezone.now())
    report = ingest.load(tenant, reads, source="tests", on_reject=rejections.append, **options)
    return report, [(rejection.line, rejection.reason) for rejection in rejections]


@pytest.mark.django_db(transaction=True)
def test_a_load_with_new_accounts_and_one_with_a_new_month_do_not_stop_each_other():
    tenants = [Tenant.objects.open(slug=slug, name=slug) for slug in ("a", "b")]
    failures = []

    def many(tenant, year):
        try:
            for month in range(1, 13):
                start = datetime(year, month, 3, tzinfo=UTC)
                records = [
                    contact(id=f"{year}-{month}-{n}", account=f"new {month} {n}", started_at=start) for n in range(20)
                ]
                load(tenant, *records)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=many, args=work) for work in zip(tenants, (2011, 2013), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert [ContactRecord.objects.for_tenant(tenant).count() for tenant in tenants] == [240, 240]


def test_a_newer_version_that_is_rejected_leaves_the_good_one_before_it(acme):
    good = contact(id="x", updated_at="2026-03-01T10:00:00Z", remarks="good")
    bad = {**good, "updated_at": "2026-03-02T10:00:00Z", "organization_unit": ["Nowhere"], "remarks": "bad"}

    report, rejections = load(acme, good, bad)

    assert (report.inserted, report.unchanged, report.rejected) == (1, 0, 1)
    assert rejections == [(2, "organization_unit Nowhere is unknown")]
    assert ContactRecord.objects.for_tenant(acme).get().remarks == "good"


def test_a_rejected_record_leaves_no_names_behind(acme):
    load(acme, contact(account="ghost", organization_unit=["Nowhere"], skill_queue="Ghosts"))

    assert not Account.objects.for_tenant(acme).filter(name="ghost").exists()


def test_a_month_that_was_dropped_can_be_loaded_again(acme):
    old = contact(started_at=timezone.now() - timedelta(days=4000), messages=[{"text": "Hello"}])
    load(acme, old)
    month = datetime.fromisoformat(old["started_at"])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TABLE contacts_contactrecord_{month:%Y_%m}")

    report, rejections = load(acme, old)

    assert (report.inserted, rejections) == (1, [])
    assert Message.objects.for_tenant(acme).count() == 1


def test_an_older_rejects_file_in_the_folder_is_no_input(acme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contacts.ndjson").write_text("nonsense\n" * 50 + json.dumps(contact()) + "\n")

    for _ in range(2):
        call_command("load_contacts", tmp_path, tenant="acme")

    assert len((tmp_path / "rejects.ndjson").read_text().splitlines()) == 50
    assert ContactRecord.objects.for_tenant(acme).count() == 1


def test_a_file_that_is_named_as_input_is_not_overwritten_with_rejects(acme, tmp_path):
    path = tmp_path / "contacts.ndjson"
    path.write_text(json.dumps(contact()) + "\n")

    with pytest.raises(CommandError, match="would be overwritten"):
        call_command("load_contacts", path, tenant="acme", rejects=path)

    assert path.read_text()
