"""Is the demo's data what a contact centre would have, the same every time, and loaded in full?

Whether the loader keeps what it is given is left to its own tests.
"""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from aicc.tenants import parameters
from aicc.tenants.management.commands import demo_tenants
from aicc.tenants.models import Account, OrganizationUnit, Tenant
from contacts import demo
from contacts.choices import (
    CallType,
    Channel,
    HangUpParty,
    MediaType,
    MessageKind,
    PhaseKind,
    Satisfaction,
    Side,
    TransferKind,
)
from contacts.demo import words
from contacts.ingest.native import check
from contacts.management.commands import demo_contacts
from contacts.models import CallReason, ContactRecord, Message, Phase

NOW = datetime(2026, 3, 18, 7, 5, tzinfo=UTC)
HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def agents_of(tenant):
    return [
        demo.Agent(
            person.name, person.employee_id, tuple(tenant.queues[letter] for letter in person.queues), person.is_active
        )
        for person in (*tenant.cast, *tenant.others)
        if person.queues
    ]


def acme_records(count=6000, now=NOW):
    return list(demo.records(demo.ACME, agents_of(demo_tenants.ACME), now=now, count=count))


@pytest.fixture(scope="module")
def acme():
    return acme_records()


@pytest.fixture(scope="module")
def checked(acme):
    return [check(record, now=NOW) for record in acme]


def values(contacts, field):
    return {getattr(contact, field) for contact in contacts}


# --- The same every time ----------------------------------------------------------------------------


def test_the_same_moment_gives_the_same_records(acme):
    assert acme_records() == acme


@pytest.mark.parametrize("count", [0, 1, 7, 99, 100, 1234])
def test_as_many_records_as_asked_for_each_under_its_own_id(count):
    ids = [record["id"] for record in acme_records(count)]

    assert len(set(ids)) == len(ids) == count
    assert ids[-1:] == [demo.NEWEST_ID][:count]


# --- Like a contact centre --------------------------------------------------------------------------


def test_every_value_of_every_choice_occurs(checked):
    messages = [message for contact in checked for message in contact.messages]
    transfers = [transfer for contact in checked for transfer in contact.transfers]
    phases = [phase for contact in checked for phase in contact.phases]

    assert values(checked, "media_type") == set(MediaType.values)
    assert values(checked, "channel") == {"", *Channel.values}
    assert values(checked, "call_type") == set(CallType.values)
    assert values(checked, "satisfaction") == {"", *Satisfaction.values}
    assert values(checked, "hang_up_party") == {"", *HangUpParty.values}
    assert values(messages, "side") == set(Side.values)
    assert values(messages, "kind") == set(MessageKind.values)
    assert values(transfers, "kind") == set(TransferKind.values)
    assert values(phases, "kind") == set(PhaseKind.values)


def test_numbers_belong_to_nobody(checked):
    invented = re.compile(r"\+86120555\d{5}|\+1\d{3}55501\d{2}")
    calls = [contact for contact in checked if contact.media_type != MediaType.MULTIMEDIA]

    assert all(invented.fullmatch(contact.customer_number) for contact in calls)
    assert all(re.fullmatch(r"[1-9]\d{18}", contact.call_sn) for contact in checked)
    for contact in calls:
        assert {contact.caller_number, contact.called_number} - {*demo.ACME.hotlines} == {contact.customer_number}


def test_the_day_has_busy_hours_and_the_week_an_end(checked):
    local = [contact.started_at.astimezone(HONG_KONG) for contact in checked]
    by_hour = Counter(at.hour for at in local)
    by_weekday = Counter(at.weekday() for at in local)

    assert by_hour[11] > by_hour[13] < by_hour[15]
    assert by_hour[11] > 20 * by_hour[3]
    assert by_weekday[1] > 1.5 * by_weekday[5]


def test_records_reach_over_ninety_days_up_to_now(checked):
    starts = [contact.started_at for contact in checked]
    in_progress = [contact for contact in checked if contact.ended_at is None]

    assert NOW - timedelta(days=90) <= min(starts) < NOW - timedelta(days=88)
    assert NOW - timedelta(minutes=1) < max(starts) < NOW
    assert 3 <= len(in_progress) <= 15
    assert all(contact.ended_at is None or contact.ended_at <= NOW for contact in checked)


def test_durations_are_human(checked):
    durations = [contact.duration_seconds for contact in checked if contact.ended_at]

    assert None in durations
    assert 0 in durations
    assert max(filter(None, durations)) > 3600
    assert 60 < sorted(filter(None, durations))[len(durations) // 2] < 300


def test_a_call_that_is_handed_on_has_a_record_for_each_agent_and_a_transfer_between_them(acme):
    calls = {}
    for record in acme:
        calls.setdefault(record["call_sn"], []).append(record)
    handed_on = [legs for legs in calls.values() if len(legs) > 1]

    assert Counter(map(len, handed_on)).keys() == {2, 3}
    for legs in handed_on:
        for leg, onward in pairwise(legs):
            (transfer,) = leg["transfers"]
            assert transfer["at"] == leg["ended_at"] <= onward["started_at"]
            assert onward["call_id"] == leg["call_id"]
            assert onward.get("account") != leg["account"]


def test_some_callers_come_back_and_most_do_not(checked):
    contacts_of = Counter(contact.customer_number for contact in checked)

    assert max(contacts_of.values()) > 10
    assert max(contacts_of.values()) < len(checked) / 50
    assert sorted(contacts_of.values())[len(contacts_of) // 2] <= 5


def test_nobody_handles_a_robots_call(checked):
    robots = [contact for contact in checked if contact.call_type == CallType.ROBOT_OUTBOUND]

    assert not values(robots, "account") - {""}
    assert not values(robots, "skill_queue") - {""}


def test_who_has_left_has_only_a_past(checked):
    gone = [contact.started_at for contact in checked if contact.account == "gao.wei"]

    assert gone
    assert max(gone) < NOW - timedelta(days=40)


def test_conversations_are_between_three_and_fifteen_messages_of_the_contacts_own_time(checked):
    talks = [contact for contact in checked if contact.media_type == MediaType.MULTIMEDIA and contact.messages]
    whole = [contact for contact in talks if contact.connected_at and contact.ended_at and not contact.transfers]

    assert max(len(contact.messages) for contact in talks) <= 15
    assert sum(len(contact.messages) >= 3 for contact in whole) > 0.9 * len(whole)
    for contact in talks:
        sent = [message.sent_at for message in contact.messages]
        assert sent == sorted(sent)
        assert contact.started_at <= sent[0] <= sent[-1] <= (contact.ended_at or NOW)


def test_transcripts_stay_within_the_call(checked):
    calls = [contact for contact in checked if contact.media_type == MediaType.VOICE and contact.messages]

    assert len(calls) > 20
    for contact in calls:
        offsets = [message.offset_seconds for message in contact.messages]
        assert offsets == sorted(offsets)
        assert contact.duration_seconds is None or offsets[-1] <= contact.duration_seconds + 1


def test_phases_follow_each_other_without_a_gap_until_the_end(checked):
    told = [contact for contact in checked if contact.phases]

    assert len(told) > 0.9 * len(checked)
    for contact in told:
        first, last = contact.phases[0], contact.phases[-1]
        assert first.started_at in (contact.started_at, contact.connected_at)
        assert all(one.ended_at == other.started_at for one, other in pairwise(contact.phases))
        assert last.ended_at == contact.ended_at
        assert all(phase.name for phase in contact.phases if phase.kind != PhaseKind.IVR)


def test_a_customer_who_calls_waits_and_whoever_is_called_does_not(checked):
    def courses(contacts):
        return {tuple(phase.kind for phase in contact.phases) for contact in contacts}

    incoming = [contact for contact in checked if contact.call_type == CallType.INCOMING]
    answered = [contact for contact in incoming if contact.connected_at]
    given_up = [contact for contact in incoming if contact.ended_at and not contact.connected_at]
    outgoing = [contact for contact in checked if contact.call_type in (CallType.OUTGOING, CallType.CLICK_TO_DIAL)]
    robots = [contact for contact in checked if contact.call_type == CallType.ROBOT_OUTBOUND]

    assert courses(answered) == {("ivr", "queue", "talk"), ("robot", "queue", "talk"), ("queue", "talk")}
    assert courses(given_up) == {("ivr", "queue"), ("robot", "queue"), ("queue",)}
    assert courses(outgoing) == {("talk",), ()}
    assert courses(robots) == {("robot",), ()}


def test_only_the_first_record_of_a_call_begins_with_a_robot_or_an_ivr(acme):
    onward = [record for record in acme if record["id"].endswith(("-2", "-3"))]

    assert onward
    assert {record["phases"][0]["kind"] for record in onward} == {"queue"}


def test_a_call_reason_was_set_by_the_agent_soon_after_the_contact(checked):
    done = [contact for contact in checked if contact.call_reason]

    assert done
    assert values(done, "reason_set_by") == values(done, "account")
    for contact in checked:
        assert bool(contact.call_reason) == bool(contact.reason_set_at)
        if contact.reason_set_at:
            assert contact.ended_at <= contact.reason_set_at <= min(NOW, contact.ended_at + timedelta(seconds=90))


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_busy_agent_has_a_backlog_whatever_the_hour(hour):
    now = NOW.replace(hour=hour)

    mine = [record for record in acme_records(2000, now) if record.get("account") == "acme-agent"]
    last_day = [record for record in mine if datetime.fromisoformat(record["started_at"]) > now - timedelta(days=1)]

    assert len(last_day) == 46
    assert sum("call_reason" not in record and "ended_at" in record for record in last_day) == 37


def test_every_queue_of_the_demo_has_its_topics():
    queues = {*demo_tenants.ACME.queues.values(), *demo_tenants.GLOBEX.queues.values()}

    assert queues == words.TOPICS_OF_QUEUE.keys()
    assert {topic for topics in words.TOPICS_OF_QUEUE.values() for topic in topics} == words.CALL_REASONS.keys()
    assert demo.ACME.night_queue in queues
    assert demo.GLOBEX.night_queue in queues


# --- Loaded -----------------------------------------------------------------------------------------


@pytest.fixture
def tenants(db):
    call_command("demo_tenants", stdout=StringIO())


def load(count=400):
    output, errors = StringIO(), StringIO()
    call_command("demo_contacts", contacts=count, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_tenants_differ_in_what_the_demo_shows(tenants):
    acme, globex = Tenant.objects.get(slug="acme"), Tenant.objects.get(slug="globex")

    assert parameters.ISOLATION.value(acme) and not parameters.ISOLATION.value(globex)
    assert parameters.SET_CALL_REASON.value(acme) and not parameters.SET_CALL_REASON.value(globex)
    assert parameters.SCREEN_RECORDING.value(acme)
    assert parameters.zone_of(acme) != parameters.zone_of(globex)


def test_the_cast_signs_in_and_nobody_else_can(tenants):
    cast = {person.name for tenant in (demo_tenants.ACME, demo_tenants.GLOBEX) for person in tenant.cast}

    able = {account.username for account in Account.objects.across_tenants() if account.has_usable_password()}

    assert able == cast | {demo_tenants.OPERATOR}
    assert Account.objects.across_tenants().get(username="acme-agent").check_password(demo_tenants.PASSWORD)


def test_the_lead_has_sub_organizations_and_some_have_no_unit(tenants):
    acme = Tenant.objects.get(slug="acme")
    lead = Account.objects.for_tenant(acme).get(username="acme-lead")
    agent = Account.objects.for_tenant(acme).get(username="acme-agent")

    assert agent.unit_id in {unit.id for unit in acme.units.descendants(lead.unit_id)}
    assert max(unit.depth for unit in acme.units) == 3
    assert Account.objects.for_tenant(acme).agents().filter(unit=None).count() > 1


def test_tenants_are_made_once(tenants):
    before = Account.objects.across_tenants().count(), OrganizationUnit.objects.across_tenants().count()

    output = StringIO()
    call_command("demo_tenants", stdout=output)

    assert not output.getvalue()
    assert before == (Account.objects.across_tenants().count(), OrganizationUnit.objects.across_tenants().count())


def test_contacts_load_without_a_rejection_and_without_making_anything_up(tenants):
    accounts = Account.objects.across_tenants().count()

    output, errors = load()

    assert not errors
    assert "Acme Retail Group: 320 contacts" in output
    assert ContactRecord.objects.across_tenants().count() == 400
    assert Message.objects.across_tenants().exists()
    assert Phase.objects.across_tenants().count() > 400
    # Accounts, units and call reasons are those of the demo: the loader knew every name.
    assert Account.objects.across_tenants().count() == accounts
    assert not CallReason.objects.across_tenants().filter(is_active=False).exists()


def test_a_second_load_does_nothing(tenants, django_assert_max_num_queries):
    load()

    with django_assert_max_num_queries(4):
        assert load() == ("", "")


def test_a_load_that_was_killed_is_completed(tenants, monkeypatch):
    acme = Tenant.objects.get(slug="acme")
    monkeypatch.setattr("contacts.ingest.loader.BATCH", 100)
    everything = demo_contacts.demo.records

    def killed_half_way(*args, **kwargs):
        for made, record in enumerate(everything(*args, **kwargs)):
            if made == 250:
                raise KeyboardInterrupt
            yield record

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(demo_contacts.demo, "records", killed_half_way)
        load()
    assert ContactRecord.objects.for_tenant(acme).count() == 200

    load()
    assert ContactRecord.objects.for_tenant(acme).count() == 320


def test_contacts_without_tenants_are_refused(db):
    with pytest.raises(CommandError, match="run demo_tenants first"):
        load()
