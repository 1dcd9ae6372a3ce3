"""What is kept when a call reason is set, what of it a load leaves alone, and which contacts wait for one?"""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from aicc.tenants import parameters
from contacts import processing
from contacts.decisions import CallReason
from contacts.filters import ContactFilter
from contacts.models import ReasonChange
from contacts.offers import Offer
from contacts.search import ContactSearch
from tests import builders

REFUND = ["Billing", "Refund"]


@pytest.fixture
def refund(acme):
    billing = CallReason.objects.create(tenant=acme, name="Billing")
    return CallReason.objects.create(tenant=acme, name="Refund", parent=billing)


def history(record):
    changes = ReasonChange.objects.for_tenant(record.tenant).filter(record_id=record.id).order_by("position")
    return list(changes.values_list("position", "set_by", "call_reason", "remarks"))


def test_each_change_is_kept_with_who_and_when_and_the_words_of_that_time(acme, agent, admin, refund):
    (record,) = builders.load(acme, builders.contact(account="agent"))
    first, later = timezone.now(), timezone.now() + timedelta(minutes=5)

    record.set_call_reason(refund, "Twice", by=agent, now=first)
    refund.rename("Money back")
    record.set_call_reason(refund, "", by=admin, now=later)

    record.refresh_from_db()
    assert (record.call_reason, record.remarks, record.reason_set_by, record.reason_set_at) == (
        refund, "", "admin", later,
    )  # fmt: skip
    assert history(record) == [(1, "agent", "Billing › Refund", "Twice"), (2, "admin", "Billing › Money back", "")]


def test_what_came_with_the_record_is_the_first_entry(acme, agent, refund):
    theirs = {"call_reason": ["Theirs"], "remarks": "theirs", "reason_set_by": "them"}
    (record,) = builders.load(acme, builders.contact(account="agent", **theirs))
    assert history(record) == []

    record.set_call_reason(refund, "ours", by=agent, now=timezone.now())

    assert history(record) == [(0, "them", "Theirs", "theirs"), (1, "agent", "Billing › Refund", "ours")]


def test_the_unfinished_are_without_a_call_reason_handled_and_ended(acme, agent, admin):
    unfinished, *_others = builders.load(
        acme,
        builders.contact(account="agent"),
        builders.contact(account="agent", call_reason=REFUND),
        builders.contact(),
        builders.contact(account="agent", ended_at=None),
    )

    criteria = ContactFilter(QueryDict("tab=unfinished"), account=admin, now=timezone.now())

    assert criteria.is_valid()
    assert "reason_set" not in criteria.filters
    assert ContactSearch(criteria).page(size=20).records == [unfinished]
    assert ContactSearch(criteria).count() == 1
    assert criteria.query == "period=1d&data_scope=organization&tab=unfinished"
    assert (criteria.sentences[0].name, criteria.sentences[0].value) == ("tab", "Unfinished contact")


def test_they_are_found_by_a_term_where_they_are_few(acme, agent, admin, monkeypatch):
    monkeypatch.setattr("contacts.search.PROBE_ROWS", 3)
    many = [builders.contact(account="agent", call_reason=REFUND) for _ in range(20)]
    old = timezone.now() - timedelta(days=3)
    (wanted, *_finished) = builders.load(acme, builders.contact(account="agent", started_at=old), *many)

    criteria = ContactFilter(QueryDict("tab=unfinished&period=7d"), account=admin, now=timezone.now())

    assert ContactSearch(criteria).page(size=20).records == [wanted]
    assert ContactSearch(criteria).count() == 1


def test_where_no_call_reasons_are_set_nothing_is_unfinished(acme, agent, admin):
    parameters.SET_CALL_REASON.set(acme, False)
    builders.load(acme, builders.contact(account="agent"))

    criteria = ContactFilter(QueryDict("tab=unfinished"), account=admin, now=timezone.now())

    assert not criteria.is_valid()


OWN, OTHERS = "agent", "lead"


@pytest.mark.parametrize(
    ("who", "handler", "offered"),
    [
        ("agent", OWN, True),
        ("agent", OTHERS, False),
        ("supervisor", OWN, True),
        ("lead", OWN, False),
        ("admin", OWN, True),
        ("admin", None, True),
    ],
)
def test_own_contacts_are_processed_and_others_with_the_right_to_edit(
    request, acme, agent, lead, who, handler, offered
):
    account = request.getfixturevalue(who)
    (record,) = builders.load(acme, builders.contact(account=handler))

    assert processing.offer(record, account) == Offer(offered)


def test_without_the_permission_nobody_processes_their_own(acme, agent):
    agent.roles.clear()
    (record,) = builders.load(acme, builders.contact(account="agent"))

    assert processing.offer(record, agent) == Offer(False)


def test_a_contact_that_goes_on_is_not_processed_yet(acme, agent):
    (record,) = builders.load(acme, builders.contact(account="agent", ended_at=None))

    offer = processing.offer(record, agent)

    assert offer.permitted
    assert offer.refusal == "The contact has not ended yet."
