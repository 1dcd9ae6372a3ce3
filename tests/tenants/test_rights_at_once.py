"""Does what an administrator takes away act on the very next request of a session that is open?"""

import pytest

from aicc.tenants import parameters
from aicc.tenants.models import Role
from tests import builders
from tests.pages import read, send

CONTACTS = "/contacts/?period=90d&data_scope=organization"


@pytest.fixture
def records(acme, agent, lead):
    """A contact of each of two people, and one of a unit that is nobody's of the cast."""
    made = [{"account": "agent"}, {"account": "lead"}, {"organization_unit": ["Field"]}]
    return builders.load(acme, *(builders.contact(**fields) for fields in made))


def role(acme, account, *names):
    return [role.pk for role in Role.objects.for_tenant(acme).filter(name__in=names)]


# Who it is done to, what an administrator sends, and how many of the three contacts are seen before and after
# (None: signed out). The administrator's pages are used, as a person does.
CHANGES = {
    "a role is taken away": ("supervisor", {"roles": None}, 3, 2),
    "the unit is taken away": ("lead", {"unit": ""}, 2, 1),
    "the unit is another": ("lead", {"unit": "Field"}, 2, 2),
    "a granted unit is taken away": ("guest", {"granted_units": None}, 1, 0),
    "the account is inactive": ("lead", {"is_active": None}, 2, None),
    "the account is no administrator": ("deputy", {"is_administrator": None}, 3, 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_an_account_acts_on_its_next_request(change, request, acme, admin, records, signed_in):
    who, values, before, after = CHANGES[change]
    field = builders.unit(acme, "Field")
    made = {"guest": {"granted": [field], "roles": ["Agent"]}, "deputy": {"is_administrator": True}}
    account = builders.account(acme, who, **made[who]) if who in made else request.getfixturevalue(who)
    session = signed_in(account)
    assert seen(session) == before

    values = {name: field.pk if value == "Field" else value for name, value in values.items()}
    assert send(signed_in(admin), "account", account.pk, **values).status_code == 302

    assert seen(session) == after


def test_a_permission_taken_from_a_role_acts_on_the_next_request(acme, admin, supervisor, records, signed_in):
    session = signed_in(supervisor)
    (supervisors,) = role(acme, supervisor, "Supervisor")
    assert seen(session) == 3

    send(signed_in(admin), "role", supervisors, permissions=["edit_all_organization"])

    # Head office with everything below it is its own unit's; Field is not.
    assert seen(session) == 2


def test_a_unit_that_is_moved_takes_its_records_along(acme, admin, lead, records, signed_in):
    session = signed_in(lead)
    assert seen(session) == 2

    desk = builders.unit(acme, "Head office", "Sales", "North desk").pk
    send(signed_in(admin), "move_unit", desk, parent=builders.unit(acme, "Field").pk)

    assert seen(session) == 1


def test_isolation_acts_on_the_next_request(acme, admin, lead, records, signed_in):
    session, page = signed_in(lead), "parameters"
    assert seen(session) == 2

    send(signed_in(admin), page, **{parameters.ISOLATION.key: "False"})

    assert "Data Scope" not in read(session.get("/contacts/")).text
    assert seen(session, "/contacts/?period=90d") == 1


def seen(client, address=CONTACTS):
    """How many contacts the page lists; None when the account is signed out."""
    response = client.get(address)
    if response.status_code == 302:
        return None
    return len([row for row in read(response).all("tr") if "data-record-id" in row.attributes])
