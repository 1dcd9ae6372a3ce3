"""What if two people set the call reason of a contact? Nobody is overwritten unawares."""

import pytest
from django.utils import timezone

from contacts.decisions import CallReason
from contacts.models import ContactRecord
from tests.contacts.processes import HTMX, reason_of, said, several, url
from tests.pages import filled


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


@pytest.fixture
def overtaken(backlog, client, reasons, admin):
    """What the agent has open of a contact, and the administrator set meanwhile."""
    record = backlog[0]
    form = filled(said(client.get(url(record), headers=HTMX)))
    set_by(admin, record, reasons["Other"], "theirs")
    return {**form, "reason": str(reasons["Refund"].pk), "remarks": "mine"}


def set_by(account, record, reason, remarks=""):
    now = ContactRecord.objects.for_tenant(record.tenant).select_related("call_reason").get(id=record.id)
    now.set_call_reason(reason, remarks, by=account, now=timezone.now())


def test_whoever_comes_second_is_told_who_was_first_and_nothing_is_saved(backlog, overtaken, client, reasons):
    response = client.post(url(backlog[0]), overtaken, headers=HTMX)

    assert response.status_code == 422
    page = said(response)
    alert = page.one("div", role="alert").text
    assert "Somebody else set the call reason meanwhile." in alert
    assert "Other theirs admin" in alert
    assert page.one("textarea", name="remarks").text == "mine"
    assert "checked" in page.one("input", value=str(reasons["Refund"].pk), type="radio").attributes
    assert reason_of(backlog[0]) == ("Other", "theirs")


def test_what_the_other_one_chose_stands_there_as_it_is_called(acme, backlog, overtaken, client, admin):
    above = CallReason.objects.create(tenant=acme, name="R&D <b>")
    set_by(admin, backlog[0], CallReason.objects.create(tenant=acme, name="Q&A", parent=above), "a&b")

    page = said(client.post(url(backlog[0]), overtaken, headers=HTMX))

    assert page.one("ul", class_="process-theirs").text.startswith("R&D <b> › Q&A a&b")


def test_theirs_is_kept_or_replaced_on_purpose(backlog, overtaken, client):
    conflict = filled(said(client.post(url(backlog[0]), overtaken, headers=HTMX)))

    kept = client.post(url(backlog[0]), {**conflict, "conflict": "keep"}, headers=HTMX)
    assert "Left as it was." in said(kept).text
    assert reason_of(backlog[0]) == ("Other", "theirs")
    replaced = client.post(url(backlog[0]), {**conflict, "conflict": "replace"}, headers=HTMX)
    assert replaced.status_code == 200
    assert reason_of(backlog[0]) == ("Refund", "mine")


def test_a_third_change_is_detected_again(backlog, overtaken, client, admin, reasons):
    conflict = filled(said(client.post(url(backlog[0]), overtaken, headers=HTMX)))
    set_by(admin, backlog[0], reasons["Invoice"], "again")

    response = client.post(url(backlog[0]), {**conflict, "conflict": "replace"}, headers=HTMX)

    assert response.status_code == 422
    assert "Billing › Invoice again admin" in said(response).one("div", role="alert").text
    assert reason_of(backlog[0]) == ("Invoice", "again")


def test_keeping_theirs_goes_on_to_the_next_when_that_was_asked_for(backlog, overtaken, client):
    conflict = filled(said(client.post(url(backlog[0]), {**overtaken, "then": "next"}, headers=HTMX)))

    response = client.post(url(backlog[0]), {**conflict, "conflict": "keep"}, headers=HTMX)

    assert said(response).one("form", method="post")["action"] == url(backlog[1])


def test_of_several_theirs_are_kept_and_the_others_set(backlog, client, admin, reasons):
    mine, theirs, later = backlog[:3]
    address = several(mine, theirs, later)
    form = {**filled(said(client.get(address, headers=HTMX))), "reason": str(reasons["Refund"].pk)}
    set_by(admin, theirs, reasons["Other"], "theirs")

    conflict = filled(said(client.post(address, form, headers=HTMX)))
    assert [reason_of(record)[0] for record in (mine, theirs, later)] == [None, "Other", None]
    # One more comes between: what was kept stays kept.
    set_by(admin, later, reasons["Invoice"], "later")
    again = filled(said(client.post(address, {**conflict, "conflict": "keep"}, headers=HTMX)))
    assert (again["kept"], again["theirs"]) == ([str(theirs.id)], [str(later.id)])
    response = client.post(address, {**again, "conflict": "replace"}, headers=HTMX)

    assert "Call reason of 2 contacts set." in said(response).text
    assert [reason_of(record) for record in (mine, theirs, later)] == [
        ("Refund", ""), ("Other", "theirs"), ("Refund", "later"),
    ]  # fmt: skip


@pytest.mark.parametrize("seen", [None, "", "x", "1-0.0", "-", "9" * 40 + "-0.0"])
def test_a_form_that_does_not_say_what_its_author_saw_is_a_conflict(backlog, client, reasons, seen):
    values = {"reason": reasons["Refund"].pk} | ({} if seen is None else {"seen": seen})

    response = client.post(url(backlog[0]), values, headers=HTMX)

    assert response.status_code == 422
    assert reason_of(backlog[0])[0] is None


def test_rights_taken_away_meanwhile_hold(backlog, client, agent, reasons):
    form = {**filled(said(client.get(url(backlog[0]), headers=HTMX))), "reason": str(reasons["Refund"].pk)}
    agent.roles.clear()

    assert client.post(url(backlog[0]), form, headers=HTMX).status_code == 403
    assert reason_of(backlog[0])[0] is None
