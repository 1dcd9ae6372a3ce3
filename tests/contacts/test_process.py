"""Is a call reason set by whoever may, of the contacts that were meant, with what may be said?"""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aicc.tenants.choices import Action
from aicc.tenants.models import Operation, Role
from contacts.decisions import CallReason
from contacts.models import ContactRecord, ReasonChange
from tests import builders
from tests.contacts.processes import HTMX, LIST, SEVERAL, reason_of, said, sent, several, url
from tests.pages import filled, masked, read

SEARCH = "tab=unfinished&data_scope=organization"


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


# --- Who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("agent", 200),
        ("supervisor", 200),
        ("admin", 200),
        ("lead", 403),
        ("outsider_agent", 404),
        ("outsider_admin", 404),
    ],
)
def test_who_sets_the_call_reason_of_a_contact(request, backlog, reasons, signed_in, who, status, method):
    record = backlog[0]
    account = request.getfixturevalue(who)
    values = {"reason": reasons["Refund"].pk, "seen": f"{record.id}-{record.reason_seen}"}

    for address in (url(record), several(record)):
        response = getattr(signed_in(account), method)(address, values if method == "post" else None, headers=HTMX)
        if method == "post" and status == 200 and address == several(record):
            status = 422  # It has changed since.
        assert response.status_code == status

    done = method == "post" and status == 422
    assert reason_of(record)[0] == ("Refund" if done else None)


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([], (403, 403, 404)),
        (["process"], (200, 403, 404)),
        (["process", "edit_all_organization"], (200, 200, 404)),
        (["process", "view_all_organization", "edit_all_organization"], (200, 200, 200)),
        (["process", "search_all"], (200, 403, 403)),
        (["search_all", "view_all_organization", "edit_all_organization"], (403, 403, 403)),
    ],
)
def test_the_button_the_address_and_what_comes_next_follow_one_rule(
    acme, agent, reasons, client, permissions, expected
):
    at = [timezone.now() - timedelta(minutes=n) for n in (10, 20, 30)]
    own, units, far = builders.load(
        acme,
        builders.contact(account="agent", started_at=at[0]),
        builders.contact(account="bo", organization_unit=builders_path(agent), started_at=at[1]),
        builders.contact(account="cy", organization_unit=["Field"], started_at=at[2]),
    )
    Role.objects.for_tenant(acme).filter(name="Agent").update(permissions=permissions)

    assert tuple(client.get(url(record), headers=HTMX).status_code for record in (own, units, far)) == expected

    offered = [record for record, status in zip((own, units, far), expected, strict=True) if status == 200]
    page = read(client.get(f"{LIST}?tab=unfinished&data_scope=organization"))
    assert [button["id"] for button in page.all("a", class_="operate-process button button-small")] == [
        f"process-{record.id}" for record in offered
    ]
    for record, status in zip((own, units, far), expected, strict=True):
        details = client.get(reverse("contacts:details", args=[record.id]))
        assert details.status_code == (404 if status == 404 else 200)
        assert ("process-contact" in details.content.decode()) == (status == 200)
    done = []
    for record in offered:
        response = sent(client, url(record, SEARCH), reason=reasons["Other"].pk, then="next")
        done.append(re.findall(r"/contacts/(\d+)/process/", response.content.decode())[:1])
    assert done == [*([str(record.id)] for record in offered[1:]), *([[]] if offered else [])]


def test_a_contact_out_of_reach_looks_like_one_that_does_not_exist(backlog, outsider_admin, signed_in):
    stranger = signed_in(outsider_admin)

    there, not_there = stranger.get(url(backlog[0])), stranger.get(url(ContactRecord(id=2**63 + 5)))

    assert there.status_code == not_there.status_code == 404
    assert masked(there) == masked(not_there)
    assert stranger.get(several(backlog[0])).status_code == 404


def test_one_out_of_reach_or_not_permitted_is_enough_to_refuse_all(acme, backlog, lead, agent, client, signed_in):
    (hidden,) = builders.load(acme, builders.contact())
    (theirs,) = builders.load(acme, builders.contact(account="lead", organization_unit=builders_path(agent)))

    assert client.get(several(backlog[0], hidden)).status_code == 404
    assert client.get(several(backlog[0], theirs)).status_code == 403


def builders_path(account):
    return account.tenant.units.path(account.unit_id)


def test_without_the_permission_nothing_is_processed(acme, backlog, signed_in, agent):
    agent.roles.clear()

    assert signed_in(agent).get(url(backlog[0])).status_code == 403
    assert signed_in(agent).post(url(backlog[0])).status_code == 403
    assert signed_in(agent).get(several(backlog[0])).status_code == 403


def test_a_contact_that_goes_on_is_not_processed_yet(acme, agent, reasons, client):
    (record,) = builders.load(acme, builders.contact(account="agent", ended_at=None))

    response = client.post(url(record), {"reason": reasons["Refund"].pk}, headers=HTMX)

    assert response.status_code == 422
    assert "The contact has not ended yet." in said(response).text


# --- What is said ------------------------------------------------------------------------------------------------


def test_the_tree_has_active_reasons_of_which_leaves_are_chosen(backlog, reasons, client):
    CallReason.objects.filter(pk=reasons["Invoice"].pk).for_tenant(reasons["Invoice"].tenant).update(is_active=False)

    page = said(client.get(url(backlog[0]), headers=HTMX))

    lines = [(line["data-value"], len(line.all("input"))) for line in page.one("ul", class_="tree").all("li")]
    assert lines == [(str(reasons[name].pk), n) for name, n in (("Billing", 0), ("Refund", 1), ("Other", 1))]


def test_an_inactive_reason_that_the_contact_carries_is_shown_and_not_offered(acme, agent, reasons, client):
    (record,) = builders.load(acme, builders.contact(account="agent", call_reason=["Theirs", "Old"]))

    page = said(client.get(url(record, ""), headers=HTMX))

    line = next(line for line in page.all("li", class_="tree-item process-inactive"))
    assert line.text == "Old Inactive"
    assert "disabled" in line.one("input").attributes
    response = sent(client, url(record, ""), reason=str(record.call_reason_id))
    assert "This call reason is not offered any more. Choose another one." in said(response).text


def test_what_a_contact_carries_makes_no_other_reason_unchoosable(acme, agent, client):
    (record,) = builders.load(acme, builders.contact(account="agent", call_reason=["Billing", "Old"]))
    billing = record.call_reason.parent
    CallReason.objects.for_tenant(acme).filter(pk=billing.pk).update(is_active=True)

    page = said(client.get(url(record, ""), headers=HTMX))
    tree = page.one("ul", class_="tree").all("li")
    assert [(line.text, "disabled" in line.one("input").attributes) for line in tree] == [
        ("Billing", False), ("Old Inactive", True),
    ]  # fmt: skip
    response = sent(client, url(record, ""), reason=str(billing.pk))

    assert response.status_code == 200
    assert reason_of(record)[0] == "Billing"


def test_below_an_inactive_reason_there_is_none_to_choose(acme, agent, reasons, client):
    (record,) = builders.load(acme, builders.contact(account="agent", call_reason=["Theirs", "Old"]))

    response = sent(client, url(record, ""), reason=str(record.call_reason.parent_id))

    assert "This call reason is not offered any more." in said(response).one("p", id="id_reason-error").text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Choose a call reason."),
        ("Billing", "Choose one of the call reasons below it."),
        ("foreign", "This call reason is not offered any more."),
        ("inactive", "This call reason is not offered any more."),
        ("9" * 30, "This call reason is not offered any more."),
        ("x\x00", "Null characters are not allowed."),
    ],
)
def test_a_reason_that_cannot_be_chosen_is_said_at_its_field(acme, globex, backlog, reasons, client, name, sentence):
    reasons["foreign"] = CallReason.objects.create(tenant=globex, name="Foreign")
    reasons["inactive"] = CallReason.objects.create(tenant=acme, name="Inactive", is_active=False)

    response = sent(client, url(backlog[0]), reason=reasons[name].pk if name in reasons else name, remarks="Kept")

    assert response.status_code == 422
    page = said(response)
    assert sentence in page.one("p", id="id_reason-error").text
    assert page.one("textarea", name="remarks").text == "Kept"
    assert reason_of(backlog[0]) == (None, "")


def test_remarks_have_at_most_five_hundred_characters_as_people_count_them(backlog, reasons, client):
    reason = reasons["Refund"].pk

    response = sent(client, url(backlog[0]), reason=reason, remarks="x" * 501)
    assert response.status_code == 422
    assert said(response).one("p", id="id_remarks-error").text == "Enter at most 500 characters."
    # A line's end is one character, however it was sent, and so is a face.
    response = sent(client, url(backlog[0]), reason=reason, remarks="\r\n".join(["😀" * 99] * 5) + "\r\n")
    assert response.status_code == 200
    assert reason_of(backlog[0]) == ("Refund", "\n".join(["😀" * 99] * 5))


def test_without_reasons_it_says_who_defines_them(acme, agent, admin, client, signed_in):
    (record,) = builders.load(acme, builders.contact(account="agent"))

    assert "An administrator defines them" in said(client.get(url(record), headers=HTMX)).text
    page = said(signed_in(admin).get(url(record), headers=HTMX))
    assert page.one("a", href=reverse("contact_configuration:call_reasons")).text == "Define call reasons"
    assert not page.all("button", class_="button button-primary")


def test_a_reason_deleted_at_this_very_moment_is_an_error_of_the_field(backlog, reasons, client):
    chosen = reasons["Other"]

    def delete_before(execute, sql, *rest):
        if sql.startswith('UPDATE "contacts_contactrecord"'):
            connection.connection.execute("DELETE FROM contacts_callreason WHERE id = %s", [chosen.pk])
        return execute(sql, *rest)

    with connection.execute_wrapper(delete_before):
        response = sent(client, url(backlog[0]), reason=chosen.pk)

    assert response.status_code == 422
    assert "is not offered any more" in said(response).one("p", id="id_reason-error").text
    assert reason_of(backlog[0])[0] is None


def test_what_was_chosen_last_is_offered_first(backlog, reasons, client):
    for record, name in zip(backlog, ("Refund", "Other", "Refund"), strict=False):
        sent(client, url(record), reason=reasons[name].pk)

    page = said(client.get(url(backlog[3]), headers=HTMX))

    assert [pick.text for pick in page.all("button", class_="process-pick")] == ["Refund", "Other"]


# --- Saving ------------------------------------------------------------------------------------------------------


def test_saving_keeps_who_and_when_and_logs_it_without_the_words_of_remarks(backlog, agent, reasons, client):
    record = backlog[0]

    response = sent(client, url(record), reason=reasons["Refund"].pk, remarks="Ada's second bill")

    assert response.status_code == 200
    assert f'{{"contacts:changed": {{"ids": ["{record.id}"]}}}}' == response["HX-Trigger"]
    assert "Call reason set." in said(response).text
    assert reason_of(record) == ("Refund", "Ada's second bill")
    change = ReasonChange.objects.for_tenant(record.tenant).get(record_id=record.id)
    assert (change.set_by, change.call_reason) == ("agent", "Billing › Refund")
    operation = Operation.objects.across_tenants().get(action=Action.PROCESS)
    assert (operation.account, operation.target) == (agent, record.call_sn)
    assert operation.before == {"Call Reason": ""}
    assert operation.after == {"Call Reason": "Billing › Refund", "Call Remarks": "Changed"}


def test_another_reason_leaves_the_remarks_as_they_are(acme, agent, reasons, client):
    fields = {"call_reason": ["Other"], "remarks": "Two\n\nlines & <b>"}
    (record,) = builders.load(acme, builders.contact(account="agent", **fields))

    assert sent(client, url(record, ""), reason=reasons["Refund"].pk).status_code == 200

    assert reason_of(record) == ("Refund", "Two\n\nlines & <b>")
    assert "Call Remarks" not in Operation.objects.across_tenants().get(action=Action.PROCESS).after


def test_without_scripts_it_leads_back_to_the_list_or_the_details(backlog, reasons, client):
    first, second, *_rest = backlog
    for record, query, back in (
        (first, "tab=unfinished&period=7d", f"{LIST}?tab=unfinished&period=7d"),
        (second, "", reverse("contacts:details", args=[second.id])),
    ):
        form = {**filled(read(client.get(url(record, query)))), "reason": str(reasons["Other"].pk)}

        response = client.post(url(record, query), form)

        assert (response.status_code, response.url) == (302, back)
        assert reason_of(record)[0] == "Other"


def test_save_and_next_works_off_the_search_and_wraps_to_the_newest_left(acme, backlog, reasons, client):
    opened = backlog[2]
    order = []
    for _ in backlog:
        order.append(opened.id)
        response = sent(client, url(opened), reason=reasons["Other"].pk, then="next")
        assert response.status_code == 200
        page = said(response)
        if not page.all("form"):
            break
        (id,) = re.findall(r"/contacts/(\d+)/process/", page.one("form", method="post")["action"])
        opened = ContactRecord.objects.for_tenant(acme).get(id=id)

    # The lead's, which the agent may not process, are passed over also in their unit's search.
    assert order == [record.id for record in [*backlog[2:], *backlog[:2]]]
    assert "Nothing left to process." in page.text


def test_the_next_one_is_of_the_same_search_and_says_how_many_are_left(acme, backlog, reasons, client):
    search = "tab=unfinished&period=7d&data_scope=organization"

    response = sent(client, url(backlog[0], search), reason=reasons["Other"].pk, then="next")

    page = said(response)
    assert page.one("form", method="post")["action"] == url(backlog[1], search)
    assert "Call reason set. 4 left" in page.text
    assert "autofocus" in page.one("input", id="reason-search").attributes
    assert '"next"' in response["HX-Trigger"]


def test_only_the_tab_goes_on_to_the_next(backlog, reasons, client):
    assert "Save and next" in said(client.get(url(backlog[0]), headers=HTMX)).text
    assert "Save and next" not in said(client.get(url(backlog[0], ""), headers=HTMX)).text
    assert "Save and next" not in said(client.get(several(*backlog[:2]), headers=HTMX)).text


def test_several_get_one_reason_and_keep_their_own_remarks(acme, agent, reasons, client):
    records = builders.load(acme, *(builders.contact(account="agent", remarks=words) for words in ("one", "two")))

    page = said(client.get(several(*records), headers=HTMX))
    assert "2 contacts" in page.text
    response = sent(client, several(*records), reason=reasons["Refund"].pk)

    assert "Call reason of 2 contacts set." in said(response).text
    assert [reason_of(record) for record in records] == [("Refund", "one"), ("Refund", "two")]
    assert Operation.objects.across_tenants().filter(action=Action.PROCESS).count() == 2
    sent(client, several(*records), reason=reasons["Other"].pk, remarks="both")
    assert [reason_of(record) for record in records] == [("Other", "both"), ("Other", "both")]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "No contacts are selected."),
        ("record=x", "These are not contacts of the list."),
        (f"record={2**63}", "These are not contacts of the list."),
        ("&".join(f"record={n}" for n in range(1, 102)), "at most 100 contacts at once, and 101 are selected"),
    ],
)
def test_a_selection_that_cannot_be_is_said(acme, agent, reasons, client, query, sentence):
    for method in (client.get, client.post):
        response = method(f"{SEVERAL}?{query}", headers=HTMX)

        assert response.status_code == 422
        assert sentence in said(response).text
