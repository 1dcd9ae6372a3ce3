"""Does the page of a contact show what belongs to it, to those who may see it, and nothing of anybody else?"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from aicc.tenants.models import Role
from tests import builders
from tests.pages import read

CALL_SN = "1234567890123456789"
MESSAGES = [
    {"text": "Good morning", "side": "customer", "sender": "Zoë", "at": "2026-03-20T22:59:58Z"},
    {"text": "<b>How</b> may I help?", "side": "agent", "at": "2026-03-20T23:00:05Z"},
    {"text": "The contact was handed on", "side": "system", "at": "2026-03-20T23:01:00Z"},
]
TRANSFERS = [{"kind": "queue", "from": "agent", "to": "Returns", "at": "2026-03-20T23:01:00Z"}]


@pytest.fixture
def call(acme, agent, lead):
    """A call with two legs: the agent's, then the lead's."""
    begun = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    same = {"call_sn": CALL_SN, "media_type": "multimedia", "channel": "web"}
    return builders.load(
        acme,
        builders.contact(account="agent", started_at=begun, messages=MESSAGES, transfers=TRANSFERS, **same),
        builders.contact(
            account="lead",
            started_at=begun + timedelta(minutes=5),
            messages=[{"text": "For the lead only"}],
            transfers=[{"kind": "internal", "from": "lead", "to": "supervisor"}],
            **same,
        ),
    )


@pytest.fixture
def details(request, signed_in):
    def details(who, record):
        return read(signed_in(request.getfixturevalue(who)).get(reverse("contacts:details", args=[record.id])))

    return details


def section(page, name):
    return page.one("section", id=name)


def test_the_page_says_which_call_it_is(call, details):
    page = details("agent", call[0])

    assert CALL_SN in page.one("h1").text
    assert CALL_SN in page.one("title").text


def test_the_facts_are_all_the_data_items(call, details):
    page = details("agent", call[0])

    facts = dict(zip((dt.text for dt in page.all("dt")), (dd.text for dd in page.all("dd")), strict=True))

    assert list(facts) == [
        "Customer Number", "Account", "Employee ID", "Caller Number", "Called Number", "Media Type", "Call Type",
        "Start Time", "End Time", "Call Duration (s)", "Hang-up Party", "Skill Queue", "Call Reason", "Call Remarks",
        "Satisfaction evaluation", "Customer Name", "Handled Number", "Call ID", "Organization Unit",
    ]  # fmt: skip
    assert (facts["Account"], facts["Organization Unit"]) == ("agent", "North desk")
    assert facts["Media Type"] == "Multimedia-Web"


def test_the_conversation_is_in_its_order_with_who_said_it_and_when(acme, call, details):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")

    said = section(details("agent", call[0]), "conversation").text

    parts = ["2026-03-20", "Zoë", "23:59:58", "Good morning", "2026-03-21", "Agent", "00:00:05", "<b>How</b> may I"]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    assert said.endswith("The contact was handed on · 00:01:00")


def test_a_transcript_shows_where_in_the_call_it_was_said(acme, agent, details):
    lines = [{"text": "Hello", "offset_seconds": 0, "side": "agent"}, {"text": "Bye", "offset_seconds": 3725.9}]
    (record,) = builders.load(acme, builders.contact(account="agent", messages=lines))

    said = section(details("agent", record), "conversation").text

    assert said.split("Conversation content ")[1] == "0:00 Agent Hello 1:02:05 Bye"


def test_a_contact_without_words_says_so(acme, agent, details):
    (record,) = builders.load(acme, builders.contact(account="agent"))

    page = details("agent", record)

    assert "Nothing was said in writing" in section(page, "conversation").text
    assert "not transferred" in section(page, "transfers").text


def test_the_conversation_needs_the_permission_to_play(acme, call, details):
    Role.objects.for_tenant(acme).filter(name="Agent").update(permissions=["process", "download", "export"])

    page = details("agent", call[0])

    assert "needs the permission to play recordings" in section(page, "conversation").text
    assert "Good morning" not in page.text
    assert "Returns" in section(page, "transfers").text


def test_transfers_say_from_whom_to_whom_and_when(acme, call, details):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")

    transfers = section(details("agent", call[0]), "transfers")

    assert transfers.one("tbody").text == "2026-03-21 00:01:00 To skill queue agent Returns"


def records(page):
    rows = section(page, "records").all("tr")
    return [int(row["data-record-id"]) for row in rows if "data-record-id" in row.attributes]


def test_all_records_of_the_call_are_listed_for_those_who_reach_them(call, details):
    first, second = call

    page = details("lead", first)

    assert records(page) == [second.id, first.id]
    (current,) = section(page, "records").all("tr", aria_current="true")
    assert int(current["data-record-id"]) == first.id


def test_of_records_out_of_reach_nothing_is_shown(call, details):
    page = details("agent", call[0])

    assert records(page) == [call[0].id]
    assert "For the lead only" not in page.text
    assert "supervisor" not in section(page, "transfers").text


def test_the_same_call_number_of_another_tenant_is_another_call(acme, globex, call, details, outsider_admin):
    (theirs,) = builders.load(globex, builders.contact(call_sn=CALL_SN, messages=[{"text": "Theirs"}]))

    assert records(details("outsider_admin", theirs)) == [theirs.id]
    assert "Theirs" not in details("admin", call[0]).text


def test_a_message_of_a_contact_is_no_message_of_the_page(call, details):
    """The name `messages` belongs to what the page itself has to say."""
    page = details("agent", call[0])

    assert page.one(id="toasts").text == ""


def test_the_own_record_is_open_however_old_it_is(acme, agent, details):
    long_ago = timezone.now() - timedelta(days=3_000)

    (record,) = builders.load(acme, builders.contact(account="agent", started_at=long_ago))

    assert record.call_sn in details("agent", record).text


@pytest.mark.parametrize("count", [1, 40])
def test_the_page_asks_as_often_for_many_records_as_for_one(
    acme, lead, signed_in, count, django_assert_max_num_queries
):
    same = {"call_sn": CALL_SN, "call_reason": ["A", "B", "C"], "skill_queue": "Billing", "messages": MESSAGES}
    record, *_others = builders.load(acme, *(builders.contact(account="lead", **same) for _ in range(count)))
    client = signed_in(lead)

    with django_assert_max_num_queries(QUERIES_OF_THE_PAGE):
        response = client.get(reverse("contacts:details", args=[record.id]))

    assert len(records(read(response))) == count


# Session (read, and kept alive in a transaction), account, parameters, roles for the page and for the top bar, units
# and those granted, what the export badge says; then data items and satisfaction levels, the record, its conversation,
# the call's records with all their recordings, and its transfers.
QUERIES_OF_THE_PAGE = 18
