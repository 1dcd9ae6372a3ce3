"""Does each criterion mean what the guide's Table 1 says, refuse what it must, and say itself in words?

Account, data scope and the numbers that may be searched as parts have a file of their own.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from aicc.tenants import parameters
from aicc.tenants.models import SkillQueue
from contacts.filters import ContactFilter
from contacts.search import ContactSearch
from tests import builders

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def bound(admin):
    """The criteria of a query string, asked by Acme's administrator."""

    def bound(query="", account=admin):
        return ContactFilter(QueryDict(query), account=account, now=NOW)

    return bound


def errors(criteria):
    """The fields that are marked, each with its first message."""
    assert not criteria.is_valid()
    assert criteria.window is None
    assert criteria.sentences == []
    return {name: str(messages[0]) for name, messages in criteria.form.errors.items()}


# --- Period ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "days"), [("", 1), ("period=", 1), ("period=1d", 1), ("period=90d", 90)])
def test_a_period_is_so_many_days_up_to_now(bound, query, days):
    window = bound(query).window

    assert (window.start, window.end) == (NOW - timedelta(days=days), NOW)


@pytest.mark.parametrize(
    ("limit", "offered"),
    [(1, 1), (2, 1), (3, 2), (7, 3), (30, 3), (31, 4), (89, 4), (90, 5), (366, 5)],
)
def test_a_period_longer_than_the_time_span_is_not_offered(bound, acme, limit, offered):
    parameters.TIME_SPAN.set(acme, limit)

    keys = [key for key, _label in bound().period_choices]

    assert keys == ["1d", "3d", "7d", "31d", "90d"][:offered] + ["custom"]


@pytest.mark.parametrize("period", ["31d", "90d", "2d", "366d", "forever", "1D", "-1d"])
def test_a_period_that_is_not_offered_is_an_error_when_sent_by_hand(bound, acme, period):
    parameters.TIME_SPAN.set(acme, 7)

    assert errors(bound(f"period={period}")).keys() == {"period"}


def test_the_periods_are_named_as_in_the_guide(bound):
    labels = [str(label) for _key, label in bound().period_choices]

    assert labels == ["1 Day", "3 Days", "7 Days", "31 Days", "90 Days", "Customization"]


def custom(start, end):
    return f"period=custom&start={start}&end={end}"


def test_customization_is_in_the_tenants_time_zone(bound, acme):
    parameters.TIME_ZONE.set(acme, "Asia/Hong_Kong")

    window = bound(custom("2026-03-20T08:00", "2026-03-20T09:30")).window

    assert window.start == datetime(2026, 3, 20, 0, 0, tzinfo=UTC)
    assert window.end == datetime(2026, 3, 20, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "marked"),
    [
        ("", "", {"start", "end"}),
        ("2026-03-20T08:00", "", {"end"}),
        ("", "2026-03-20T08:00", {"start"}),
        ("2026-03-20T08:00", "2026-03-20T08:00", {"end"}),
        ("2026-03-20T08:00", "2026-03-19T08:00", {"end"}),
        ("2026-03-20 08:00", "2026-03-20T09:00", {"start"}),
        ("2026-02-29T08:00", "2026-03-20T09:00", {"start"}),
        ("2026-03-20T24:00", "2026-03-21T09:00", {"start"}),
        ("2026-03-20T08:00:00", "2026-03-20T09:00Z", {"start", "end"}),
        ("0001-01-01T00:00", "9999-12-31T23:59", {"start", "end"}),
        ("1989-12-31T00:00", "1990-01-01T00:00", {"start"}),
        ("2199-12-31T00:00", "2200-01-01T00:00", {"end"}),
        ("x", "%00", {"start", "end"}),
    ],
)
def test_a_customization_that_is_no_stretch_of_time_is_marked_at_its_field(bound, start, end, marked):
    assert errors(bound(custom(start, end))).keys() == marked


@pytest.mark.parametrize(("end", "valid"), [("2026-01-31T00:00", True), ("2026-01-31T00:01", False)])
def test_a_customization_is_at_most_as_long_as_the_time_span(bound, acme, end, valid):
    parameters.TIME_SPAN.set(acme, 30)

    criteria = bound(custom("2026-01-01T00:00", end))

    assert criteria.is_valid() == valid
    assert valid or errors(criteria) == {"end": "Enter a time at most 30 days after the start."}


@pytest.mark.parametrize(
    ("start", "end", "marked"),
    [
        ("2026-03-29T02:30", "2026-03-30T00:00", "start"),
        ("2026-03-28T00:00", "2026-03-29T02:00", "end"),
    ],
)
def test_a_time_that_the_clocks_skipped_is_marked_and_the_gap_named(bound, acme, start, end, marked):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")

    assert errors(bound(custom(start, end))) == {marked: "The clocks skipped 2026-03-29 02:00 to 03:00."}


def test_times_of_a_customization_mean_nothing_with_another_period(bound):
    criteria = bound("period=3d&start=2026-03-20T08:00&end=2020-01-01T00:00")

    assert criteria.is_valid()
    assert criteria.window.start == NOW - timedelta(days=3)


# --- What each criterion finds -----------------------------------------------------------------------------

CALL_SN = "1234567890123456789"
# Records by a name, each with what makes it special.
RECORDS = {
    "video": {"media_type": "video"},
    "chat": {"media_type": "multimedia", "channel": "whatsapp"},
    "outgoing": {"call_type": "outgoing"},
    "billing": {"skill_queue": "Billing"},
    "returns": {"skill_queue": "Returns"},
    "happy": {"satisfaction": "5"},
    "unasked": {"satisfaction": "not_evaluated"},
    "reasoned": {"call_reason": ["Billing", "Refund"]},
    "employee": {"employee_id": "0042"},
    "caller": {"caller_number": "111"},
    "called": {"called_number": "111"},
    "handled": {"handled_number": "111"},
    "longer": {"caller_number": "91119"},
    "customer": {"customer_number": "111"},
    "named": {"customer_name": "Zoë Åström"},
    "serial": {"call_sn": CALL_SN},
    "call id": {"call_id": "call/1 & 2"},
    "missed": {"connected_at": None, "duration_seconds": None},
    "short": {"duration_seconds": 0},
    "hour": {"duration_seconds": 3600},
    "day": {"duration_seconds": 86_400},
}
ALL = set(RECORDS)
# An ordinary record lasts a minute.
MINUTE = ALL - {"missed", "short", "hour", "day"}

FINDS = {
    "": ALL,
    "media_type=video": {"video"},
    "media_type=video&media_type=multimedia": {"video", "chat"},
    "call_type=outgoing": {"outgoing"},
    "call_type=outgoing&call_type=incoming": ALL,
    "call_type=robot_outbound": set(),
    "satisfaction=5": {"happy"},
    "satisfaction=5&satisfaction=not_evaluated&satisfaction=1": {"happy", "unasked"},
    "reason_set=yes": {"reasoned"},
    "reason_set=no": ALL - {"reasoned"},
    "employee_id=0042": {"employee"},
    "employee_id=42": set(),
    "contact_number=111": {"caller", "called", "handled"},
    "contact_number=+111+": {"caller", "called", "handled"},
    "contact_number=11": set(),
    "caller_number=111": {"caller"},
    "called_number=111": {"called"},
    "handled_number=111": {"handled"},
    "caller_number=111&called_number=111": set(),
    "number_contains=111": {"caller", "called", "handled", "longer"},
    "customer_name=Zo%C3%AB+%C3%85str%C3%B6m": {"named"},
    "customer_name=Zoe%CC%88+A%CC%8Astro%CC%88m": {"named"},
    "customer_name=zo%C3%AB+%C3%85str%C3%B6m": set(),
    f"call_sn={CALL_SN}": {"serial"},
    "call_id=call%2F1+%26+2": {"call id"},
    "duration_min=0": ALL - {"missed"},
    "duration_max=0": {"short"},
    "duration_min=60": MINUTE | {"hour", "day"},
    "duration_min=61": {"hour", "day"},
    "duration_min=60&duration_max=60": MINUTE,
    "duration_max=3599": MINUTE | {"short"},
    "duration_min=3600&duration_max=3600": {"hour"},
    "duration_min=3601&duration_max=999999": {"day"},
    "duration_min=000061": {"hour", "day"},
    "media_type=video&reason_set=yes": set(),
    "media_type=voice&satisfaction=5&duration_max=60": {"happy"},
}


@pytest.fixture
def records(acme):
    """The table's records in the database; their names by id."""
    contacts = [
        builders.contact(**{"started_at": NOW - timedelta(hours=1), "duration_seconds": 60, **fields})
        for fields in RECORDS.values()
    ]
    return {record.id: name for record, name in zip(builders.load(acme, *contacts), RECORDS, strict=True)}


def test_each_criterion_finds_what_it_says(records, bound):
    for query, names in FINDS.items():
        criteria = bound(query)
        assert criteria.is_valid(), (query, criteria.form.errors)

        page = ContactSearch(criteria).page(size=100)

        assert {records[record.id] for record in page.records} == names, query
        assert ContactSearch(criteria).count() == len(names), query


def test_skill_queues_are_the_tenants(records, acme, globex, bound):
    theirs = SkillQueue.objects.create(tenant=globex, name="Billing")
    ids = {queue.name: queue.pk for queue in SkillQueue.objects.for_tenant(acme)}

    one = ContactSearch(bound(f"skill_queue={ids['Billing']}")).page(size=9)
    two = ContactSearch(bound(f"skill_queue={ids['Billing']}&skill_queue={ids['Returns']}")).page(size=9)

    assert {records[record.id] for record in one.records} == {"billing"}
    assert {records[record.id] for record in two.records} == {"billing", "returns"}
    assert errors(bound(f"skill_queue={theirs.pk}")) == {"skill_queue": "Choose from the list."}


# --- What is refused ----------------------------------------------------------------------------------------

REFUSED = {
    "call_type=collect": "call_type",
    "call_type=incoming&call_type=collect": "call_type",
    "media_type=fax": "media_type",
    "satisfaction=6": "satisfaction",
    "reason_set=maybe": "reason_set",
    "skill_queue=abc": "skill_queue",
    "contact_number=%00": "contact_number",
    "contact_number=" + "1" * 129: "contact_number",
    "caller_number=1%002": "caller_number",
    "customer_name=" + "x" * 201: "customer_name",
    "employee_id=" + "1" * 33: "employee_id",
    "call_id=" + "x" * 129: "call_id",
    "call_sn=123456789012345678": "call_sn",
    "call_sn=12345678901234567890": "call_sn",
    "call_sn=%D9%A3" + "2" * 18: "call_sn",
    "duration_min=1234567": "duration_min",
    "duration_min=-1": "duration_min",
    "duration_min=1.5": "duration_min",
    "duration_min=1_000": "duration_min",
    "duration_min=%D9%A3%D9%A3": "duration_min",
    "duration_max=%EF%BC%99": "duration_max",
    "duration_min=61&duration_max=60": "duration_max",
    "number_contains=12": "number_contains",
    "data_scope=everything": "data_scope",
    "ou=abc": "ou",
    "ou=0": "ou",
    "ou=99999999999999999999": "ou",
    "account=abc": "account",
    "account=0": "account",
}


@pytest.mark.parametrize(("query", "field"), REFUSED.items(), ids=lambda text: text[:30])
def test_what_cannot_be_meant_is_marked_at_its_field(bound, query, field):
    assert errors(bound(query)).keys() == {field}


@pytest.mark.parametrize("criterion", ["duration_min=1", "duration_max=1", "number_contains=111"])
@pytest.mark.parametrize(
    ("period", "available"),
    [
        ("period=31d", True),
        ("period=90d", False),
        (custom("2026-01-01T00:00", "2026-02-01T00:00"), True),
        (custom("2026-01-01T00:00", "2026-02-01T00:01"), False),
    ],
)
def test_some_criteria_are_unavailable_over_thirty_one_days(bound, criterion, period, available):
    name = criterion.split("=")[0]

    criteria = bound(f"{period}&{criterion}")

    assert criteria.is_valid() == available
    assert (name in bound(period).unavailable) != available
    assert available or errors(criteria) == {name: "Unavailable when the time span exceeds 31 days."}


def test_thirty_one_days_are_those_of_the_wall_clock(bound, acme):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")

    criteria = bound(custom("2025-10-01T00:00", "2025-11-01T00:00") + "&duration_min=1")

    assert criteria.is_valid()
    assert criteria.window.end - criteria.window.start > timedelta(days=31)


# --- In words ------------------------------------------------------------------------------------------------


def words(criteria):
    return {str(sentence.label): sentence.value for sentence in criteria.sentences}


@pytest.mark.parametrize(
    ("query", "label", "value"),
    [
        ("period=7d", "Period", "7 Days"),
        (custom("2026-03-01T08:00", "2026-03-02T09:30"), "Period", "2026-03-01 08:00 – 2026-03-02 09:30"),
        ("contact_number=+111+", "Contact number", "111"),
        ("call_type=incoming", "Call Type", "Incoming Call"),
        ("media_type=voice&media_type=multimedia", "Media Type", "Voice, Multimedia"),
        ("media_type=voice&media_type=video&media_type=multimedia", "Media Type", "Voice, Video, Multimedia"),
        ("satisfaction=5", "Satisfaction Evaluation", "Very satisfied"),
        ("reason_set=no", "Call Reason Set or Not", "No"),
        ("employee_id=0042", "Employee ID", "0042"),
        ("customer_name=%3Cb%3E", "Customer Name", "<b>"),
        (f"call_sn={CALL_SN}", "Call S/N", CALL_SN),
        ("call_id=x", "Call ID", "x"),
        ("duration_min=007", "Call Duration Start", "7 s"),
        ("duration_max=60", "Call Duration End", "60 s"),
        ("number_contains=111", "Contact Number (Fuzzy Search)", "111"),
        ("data_scope=organization", "Data scope", "Organization Data"),
        ("ou=unorganized", "Organization Unit", "Unorganized"),
    ],
)
def test_a_criterion_says_itself_in_words(bound, query, label, value):
    assert words(bound(query))[label] == value


def test_more_than_two_values_are_counted_where_there_is_little_room(bound):
    two, three = (bound(f"media_type=voice&media_type=video{more}") for more in ("", "&media_type=multimedia"))

    assert [criteria.sentences[-1].short for criteria in (two, three)] == ["Voice, Video", "3 selected"]


def test_the_period_stays_and_every_other_criterion_can_go(bound):
    criteria = bound("contact_number=111&call_type=incoming&ou=unorganized&include_sub_ous=on")

    removable = {sentence.name: sentence.remove for sentence in criteria.sentences}

    assert removable == {
        "period": (),
        "contact_number": ("contact_number",),
        "ou": ("ou", "include_sub_ous"),
        "call_type": ("call_type",),
    }


def test_the_labels_are_the_guides(bound):
    labels = [str(criterion.label) for name, criterion in bound().filters.items() if name not in ("start", "end")]

    assert labels == [
        "Period", "Contact number", "Data scope", "Organization Unit", "Include Sub-Organizations", "Call Type",
        "Media Type", "Skill Queue", "Satisfaction Evaluation", "Call Reason Set or Not", "Account", "Employee ID",
        "Caller Number", "Called Number", "Handled Number", "Customer Name", "Call S/N", "Call ID",
        "Call Duration Start", "Call Duration End", "Contact Number (Fuzzy Search)",
    ]  # fmt: skip


def test_an_empty_criterion_is_none(bound):
    names = [
        name
        for name in bound().filters
        if name not in ("call_type", "media_type", "skill_queue", "satisfaction", "account")
    ]

    criteria = bound("&".join(f"{name}=" for name in names))

    assert criteria.is_valid(), criteria.form.errors
    assert words(criteria) == {"Period": "1 Day"}


@pytest.mark.parametrize("name", ["call_type", "media_type", "skill_queue", "satisfaction", "account"])
def test_an_empty_criterion_of_any_of_some_is_none_too(bound, name):
    criteria = bound(f"{name}=")

    assert criteria.is_valid()
    assert words(criteria) == {"Period": "1 Day"}
