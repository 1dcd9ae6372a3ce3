"""Do the criteria that depend on who asks offer and find what that account may: data scope, unit, account, parts?"""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from aicc.tenants import parameters
from aicc.tenants.models import Account
from contacts.filters import ContactFilter
from contacts.search import ContactSearch
from tests import builders
from tests.pages import read

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def bound(account, query="", **options):
    """The criteria as a request binds them: the account is read again."""
    account = Account.objects.across_tenants().select_related("tenant").get(pk=account.pk)
    return ContactFilter(QueryDict(query), account=account, now=NOW, **options)


def found(account, query=""):
    """The names of the records that a search finds."""
    criteria = bound(account, query)
    assert criteria.is_valid(), criteria.form.errors
    return {record.remarks for record in ContactSearch(criteria).page(size=100).records}


def marked(account, query):
    criteria = bound(account, query)
    return set(criteria.form.errors)


def record(name, **fields):
    return builders.contact(**{"started_at": NOW - timedelta(hours=1), "remarks": name, **fields})


@pytest.fixture
def records(acme, supervisor, lead, agent):
    """A record of each of the cast where they work, and one that nobody handled."""
    south = ["Head office", "Sales", "South desk"]
    return builders.load(
        acme,
        record("supervisor's", account="supervisor"),
        record("lead's", account="lead"),
        record("agent's", account="agent"),
        record("agent's at South", account="agent", organization_unit=south),
        record("lead's, unorganized", account="lead", organization_unit=[]),
        record("nobody's"),
    )


EVERYTHING = {"supervisor's", "lead's", "agent's", "agent's at South", "lead's, unorganized", "nobody's"}


# --- Data scope and organization unit ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "query", "names"),
    [
        ("admin", "", EVERYTHING),
        ("admin", "data_scope=personal", set()),
        ("supervisor", "", EVERYTHING),
        ("supervisor", "data_scope=personal", {"supervisor's"}),
        ("supervisor", "ou=unorganized", {"lead's, unorganized", "nobody's"}),
        ("lead", "", {"lead's", "lead's, unorganized"}),
        ("lead", "data_scope=organization", {"lead's", "lead's, unorganized", "agent's", "agent's at South"}),
        ("agent", "", {"agent's", "agent's at South"}),
        ("agent", "data_scope=organization", {"agent's", "agent's at South"}),
    ],
)
def test_the_data_scope_decides_whose_records(records, request, who, query, names):
    assert found(request.getfixturevalue(who), query) == names


@pytest.mark.parametrize(
    ("path", "alone", "with_sub"),
    [
        (("Head office", "Sales"), {"lead's"}, {"lead's", "agent's", "agent's at South"}),
        (("Head office", "Sales", "South desk"), {"agent's at South"}, {"agent's at South"}),
    ],
)
def test_a_unit_is_searched_alone_or_with_its_sub_organizations(records, acme, lead, path, alone, with_sub):
    unit = builders.unit(acme, *path)

    assert found(lead, f"data_scope=organization&ou={unit.pk}") == alone
    assert found(lead, f"data_scope=organization&ou={unit.pk}&include_sub_ous=on") == with_sub


@pytest.mark.parametrize("who", ["lead", "agent"])
def test_units_out_of_reach_are_an_error(records, request, acme, globex, who):
    account = request.getfixturevalue(who)
    elsewhere = builders.unit(acme, "Head office", "Service"), builders.unit(globex, "Orders")

    for unit in (elsewhere[0].pk, elsewhere[1].pk, "unorganized"):
        assert marked(account, f"data_scope=organization&ou={unit}") == {"ou"}


def test_a_unit_of_another_tenant_is_an_error_for_an_administrator_too(globex, admin):
    theirs = builders.unit(globex, "Orders")

    assert marked(admin, f"ou={theirs.pk}") == {"ou"}


def test_how_many_sub_organizations_are_searched_is_known(records, acme, admin):
    parameters.UNIT_LIMIT.set(acme, 2)
    head_office = builders.unit(acme, "Head office")

    criteria = bound(admin, f"ou={head_office.pk}&include_sub_ous=on")

    assert criteria.is_valid()
    assert (criteria.sub_units.searched, criteria.sub_units.total) == (2, 4)
    assert found(admin, f"ou={head_office.pk}&include_sub_ous=on") == {"supervisor's", "lead's", "agent's"}


@pytest.mark.parametrize(
    ("who", "isolated", "query", "has_scope", "has_unit"),
    [
        ("admin", True, "", True, True),
        ("admin", False, "", True, True),
        ("admin", False, "data_scope=personal", True, False),
        ("lead", True, "", True, False),
        ("lead", True, "data_scope=organization", True, True),
        ("lead", False, "", False, False),
        ("lead", False, "data_scope=organization", False, False),
    ],
)
def test_scope_and_unit_are_shown_to_whom_they_are_offered(
    acme, admin, lead, request, who, isolated, query, has_scope, has_unit
):
    parameters.ISOLATION.set(acme, isolated)

    offered = bound(request.getfixturevalue(who), query).filters.keys()

    assert ("data_scope" in offered) == has_scope
    assert ("ou" in offered) == ("include_sub_ous" in offered) == has_unit


@pytest.mark.parametrize("query", ["", "data_scope=organization"])
def test_without_isolation_nothing_but_the_own_records_is_found(records, acme, lead, query):
    parameters.ISOLATION.set(acme, False)

    criteria = bound(lead, query)

    seen = ContactSearch(criteria).page(size=9).records if criteria.is_valid() else []
    assert {record.remarks for record in seen} <= {"lead's", "lead's, unorganized"}


NOT_THERE = "Clear this, or choose Organization Data."
NO_OPTION = "Choose an organization unit from the list."


@pytest.mark.parametrize(
    ("who", "isolated", "query", "message"),
    [
        ("admin", True, "data_scope=personal&", NOT_THERE),
        ("lead", True, "", NOT_THERE),
        ("lead", True, "data_scope=personal&", NOT_THERE),
        ("lead", False, "", NO_OPTION),
        ("lead", False, "data_scope=organization&", NO_OPTION),
    ],
)
@pytest.mark.parametrize("unit", ["unorganized", "own", "nonsense"])
def test_a_unit_sent_where_none_is_offered_is_an_error_with_no_rows(
    records, acme, lead, signed_in, request, who, isolated, query, message, unit
):
    parameters.ISOLATION.set(acme, isolated)
    account = request.getfixturevalue(who)
    query += f"ou={lead.unit_id if unit == 'own' else unit}"

    page = read(signed_in(account).get(f"{reverse('contacts:list')}?{query}"))

    assert bound(account, query).form.errors["ou"] == [message]
    assert message in page.one("p", id="id_ou-error").text
    assert not [row for row in page.all("tr") if "data-record-id" in row.attributes]


# --- Account ----------------------------------------------------------------------------------------------


def test_an_account_that_handled_records_within_reach_can_be_chosen(records, lead, agent, supervisor):
    both = f"account={agent.pk}&account={lead.pk}"

    assert found(lead, f"data_scope=organization&account={agent.pk}") == {"agent's", "agent's at South"}
    assert found(supervisor, both) == {"agent's", "agent's at South", "lead's", "lead's, unorganized"}
    assert bound(supervisor, both).sentences[-1].value == "agent, lead"


@pytest.mark.parametrize("stranger", ["supervisor", "outsider_agent", "operator"])
def test_an_account_out_of_reach_cannot(records, lead, request, stranger):
    account = request.getfixturevalue(stranger)

    assert marked(lead, f"data_scope=organization&account={account.pk}") == {"account"}


def test_an_account_that_handled_nothing_cannot(records, admin):
    assert marked(admin, f"account={admin.pk}") == {"account"}


def test_the_own_account_can_wherever_it_worked(records, acme, agent):
    Account.objects.for_tenant(acme).filter(pk=agent.pk).update(unit=builders.unit(acme, "Field"))

    assert found(agent, f"account={agent.pk}") == {"agent's", "agent's at South"}


# --- Numbers as parts ----------------------------------------------------------------------------------------


@pytest.fixture
def numbers(acme, agent, lead):
    return builders.load(
        acme,
        record("exact", account="lead", caller_number="1234", called_number="88"),
        record("longer", account="agent", caller_number="00123499", called_number="88"),
        record("other", account="agent", caller_number="777", called_number="99"),
        record("old", account="agent", caller_number="5550", started_at=NOW - timedelta(days=6)),
    )


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("caller_number=1234", {"exact"}),
        ("caller_number=234", {"exact", "longer"}),
        ("caller_number=234&called_number=88", {"exact", "longer"}),
        ("caller_number=234&called_number=8", {"exact", "longer"}),
        ("caller_number=234&called_number=99", set()),
        ("called_number=9", {"other"}),
        ("caller_number=555", set()),
        ("period=7d&caller_number=555", {"old"}),
        ("period=7d&caller_number=%25", set()),
        ("period=7d&caller_number=_", set()),
        ("period=31d&caller_number=234", set()),
        ("period=custom&start=2026-03-13T12:00&end=2026-03-20T12:00&caller_number=234", {"exact", "longer"}),
        ("period=custom&start=2026-03-13T11:59&end=2026-03-20T12:00&caller_number=234", set()),
    ],
)
def test_a_number_that_no_record_equals_is_searched_as_a_part_within_seven_days(numbers, admin, query, names):
    assert found(admin, query) == names


def test_what_is_out_of_reach_does_not_count_as_equal(numbers, agent):
    # The lead's record equals it, but the agent cannot know that.
    assert found(agent, "caller_number=1234") == {"longer"}


def test_the_page_can_say_which_number_is_searched_as_a_part(numbers, admin):
    criteria = bound(admin, "caller_number=234&called_number=88")

    assert criteria.contains == {"caller_number"}
    assert [sentence.value for sentence in criteria.sentences[1:]] == ["contains 234", "88"]


def test_further_pages_keep_the_decision_of_the_first(numbers, admin):
    first = bound(admin, "caller_number=234")
    assert first.decision == 1

    builders.load(admin.tenant, record("new", caller_number="234"))

    assert bound(admin, "caller_number=234", decision=first.decision).contains == {"caller_number"}
    assert bound(admin, "caller_number=234").contains == frozenset()


@pytest.mark.parametrize("decision", [0, 1, 2, 7, 255])
def test_a_made_up_decision_concerns_only_numbers_that_are_given(numbers, admin, decision):
    assert bound(admin, "called_number=88", decision=decision).contains <= {"called_number"}
    assert bound(admin, "period=31d&called_number=88", decision=decision).contains == frozenset()


@pytest.mark.parametrize(("limit", "names"), [(2, {"exact", "longer"}), (1, set())])
def test_in_a_tenant_with_many_agents_only_equal_numbers_are_found(numbers, acme, admin, limit, names):
    builders.account(acme, "gone", employee_id="9", is_active=False)
    builders.account(acme, "clerk")
    parameters.FUZZY_AGENT_LIMIT.set(None, limit)

    assert found(admin, "caller_number=234") == names


def test_encrypted_numbers_are_not_searched_by_a_part(numbers, admin):
    parameters.ENCRYPTION.set(None, True)

    assert "number_contains" not in bound(admin).filters
    assert found(admin, "caller_number=234") == set()
    assert found(admin, "caller_number=1234") == {"exact"}
