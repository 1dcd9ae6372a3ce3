"""What if a save meets another save, a load, or a change of rights at the same moment? One waits for the other."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contacts import processing
from contacts.ingest import loader
from contacts.models import ContactRecord, ReasonChange
from contacts.visibility import Visibility
from tests import builders
from tests.contacts.processes import HTMX, reason_of, said, several, url
from tests.pages import filled

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


class InThread:
    """Something done beside the test, with a connection of its own; `result` is what it returned or raised."""

    def __init__(self, do: Callable[[], object]) -> None:
        self._do = do
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._do()
        except Exception as error:
            self.result = error
        finally:
            connection.close()

    def waits(self) -> None:
        """Until it waits for somebody in the database."""
        for _try in range(200):
            with connection.cursor() as cursor:
                # Within a transaction it would be the same answer again and again.
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                if cursor.fetchone()[0]:
                    return
            assert self._thread.is_alive(), self.result
            time.sleep(0.05)
        raise AssertionError("It did not wait for anybody.")

    def end(self):
        self._thread.join()
        return self.result


def form_of(client, record, reason):
    return {**filled(said(client.get(url(record), headers=HTMX))), "reason": str(reason.pk)}


def hold(account, *records):
    reach = Visibility.of(account).within_reach()
    assert processing.hold(reach, account, [record.id for record in records])
    return [reach.get(id=record.id) for record in records]


@pytest.mark.parametrize("number", [1, 2])
def test_a_save_that_waited_for_another_one_is_told_who_was_first(backlog, reasons, admin, client, number):
    records = backlog[:number]
    address = url(records[0]) if number == 1 else several(*records)
    form = {**filled(said(client.get(address, headers=HTMX))), "reason": str(reasons["Refund"].pk)}

    with transaction.atomic():
        (first,) = hold(admin, records[0])
        save = InThread(lambda: client.post(address, form, headers=HTMX))
        save.waits()
        first.set_call_reason(reasons["Other"], "theirs", by=admin, now=timezone.now())

    response = save.end()
    assert response.status_code == 422
    assert "Somebody else" in said(response).one("div", role="alert").text
    assert reason_of(records[0]) == ("Other", "theirs")
    assert ReasonChange.objects.for_tenant(admin.tenant).count() == 1


@pytest.mark.parametrize("what", ["roles", "is_active", "reach"])
def test_rights_that_go_while_a_save_waits_hold(backlog, reasons, agent, admin, client, what):
    record = backlog[0]
    form = form_of(client, record, reasons["Refund"])

    with transaction.atomic():
        hold(admin, record)
        save = InThread(lambda: client.post(url(record), form, headers=HTMX))
        save.waits()
        if what == "roles":
            agent.roles.clear()
        elif what == "is_active":
            type(agent).objects.for_tenant(agent.tenant).filter(pk=agent.pk).update(is_active=False)
        else:
            ContactRecord.objects.for_tenant(agent.tenant).filter(id=record.id).update(account=admin, unit=None)

    assert save.end().status_code == (404 if what == "reach" else 403)
    assert reason_of(record)[0] is None


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_a_save_that_waited_for_a_load_sets_the_reason_where_the_record_is_now(
    acme, backlog, reasons, client, monkeypatch, moves, number
):
    then = timezone.now() - timedelta(minutes=50)
    told = builders.contact(account="agent", id="moves", updated_at=then, started_at=then)
    (record,) = builders.load(acme, told)
    address = url(record) if number == 1 else several(record, backlog[0])
    form = {**filled(said(client.get(address, headers=HTMX))), "reason": str(reasons["Refund"].pk)}
    newer = {**told, "updated_at": timezone.now().isoformat(), "customer_name": "Ada"}
    if moves:
        newer["started_at"] = (then - timedelta(days=62)).isoformat()
    merged, go = Event(), Event()
    remember = loader._remember_who_handled

    def pause(*args):
        remember(*args)
        merged.set()
        go.wait(20)

    monkeypatch.setattr(loader, "_remember_who_handled", pause)
    load = InThread(lambda: builders.load(acme, newer))
    assert merged.wait(20)
    save = InThread(lambda: client.post(address, form, headers=HTMX))
    save.waits()
    go.set()

    load.end()
    assert save.end().status_code == 200
    assert reason_of(record) == ("Refund", "")
    assert ContactRecord.objects.for_tenant(acme).get(id=record.id).customer_name == "Ada"


@pytest.mark.parametrize("number", [1, 2])
def test_a_load_that_waited_for_a_save_leaves_what_was_set(acme, backlog, reasons, agent, number):
    then = timezone.now() - timedelta(minutes=50)
    told = builders.contact(account="agent", id="stays", updated_at=then, started_at=then, call_reason=["Theirs"])
    (record,) = builders.load(acme, told)
    moved = (then - timedelta(days=62)).isoformat()
    newer = {**told, "updated_at": timezone.now().isoformat(), "remarks": "theirs", "started_at": moved}

    with transaction.atomic():
        records = hold(agent, *[record, backlog[0]][:number])
        load = InThread(lambda: builders.load(acme, newer))
        load.waits()
        processing.process(records, reasons["Refund"], "ours", by=agent, now=timezone.now())

    load.end()
    assert reason_of(record) == ("Refund", "ours")
    history = ReasonChange.objects.for_tenant(acme).filter(record_id=record.id).order_by("position")
    assert list(history.values_list("position", "call_reason")) == [(0, "Theirs"), (1, "Billing › Refund")]


def test_only_remarks_that_a_load_changed_are_a_conflict_too(acme, reasons, client):
    told = builders.contact(account="agent", id="remarked", remarks="first")
    (record,) = builders.load(acme, told)
    form = form_of(client, record, reasons["Refund"])
    builders.load(acme, {**told, "updated_at": timezone.now().isoformat(), "remarks": "second"})

    response = client.post(url(record), form, headers=HTMX)

    assert response.status_code == 422
    assert reason_of(record) == (None, "second")


def test_a_record_that_comes_again_after_its_month_was_dropped_has_no_history(acme, reasons, agent, client):
    told = builders.contact(account="agent", id="again")
    (record,) = builders.load(acme, told)
    record.set_call_reason(reasons["Other"], "old", by=agent, now=timezone.now())
    ContactRecord.objects.for_tenant(acme).filter(id=record.id)._raw_delete("default")
    builders.load(acme, told)

    response = client.post(url(record), form_of(client, record, reasons["Refund"]), headers=HTMX)

    assert response.status_code == 200
    history = ReasonChange.objects.for_tenant(acme).filter(record_id=record.id)
    assert list(history.values_list("position", "call_reason")) == [(1, "Billing › Refund")]
