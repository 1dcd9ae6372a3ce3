"""Can an administrator find accounts, add them, and decide about them, without locking everybody out?"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from aicc.tenants.models import Account, Operation, Role, SkillQueue
from contacts.models import ContactRecord
from tests import builders
from tests.pages import press, read, send

LIST = "/configuration/accounts/"
PASSWORD = "correct-Horse-battery"


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


def stored(account):
    return Account.objects.across_tenants().get(pk=account.pk)


def enter(name, password=PASSWORD):
    """Whether this name and password sign in."""
    return Client().post("/login/", {"username": name, "password": password}).status_code == 302


# --- The list ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, {"admin", "agent", "lead", "gone"}),
        ({"q": " LEA "}, {"lead"}),
        ({"q": "1003"}, {"agent"}),
        ({"q": "%"}, set()),
        ({"status": "inactive"}, {"gone"}),
        ({"status": "administrator"}, {"admin"}),
        ({"role": "Agent"}, {"agent"}),
        ({"ou": "Sales"}, {"lead"}),
        ({"ou": "Sales", "include_sub_ous": "on"}, {"agent", "lead"}),
        ({"unorganized": "on"}, {"admin", "gone"}),
        # what cannot be asked finds nothing, and says why
        ({"q": "x\x00"}, None),
        ({"role": "9" * 5_000}, None),
        ({"ou": "0"}, None),
        ({"status": "x"}, None),
        ({"page": "-9"}, {"admin", "agent", "lead", "gone"}),
    ],
)
def test_accounts_are_found_by_words_unit_role_and_status(sent, found, acme, agent, lead, outsider_agent, client):
    builders.account(acme, "gone", is_active=False)
    ids = {"Sales": lead.unit_id, "Agent": Role.objects.for_tenant(acme).get(name="Agent").pk}

    response = client.get(LIST, {name: ids.get(value, value) for name, value in sent.items()})

    assert {account.name for account in response.context["page"]} == (found or set())
    assert bool(response.context["form"].errors) is (found is None)
    if found is None:
        assert read(response).all("p", **{"class": "field-error"})


def test_a_long_list_is_cut_into_pages_without_a_query_for_each_row(acme, client, django_assert_max_num_queries):
    role = Role.objects.for_tenant(acme).get(name="Agent")
    for number in range(60):
        builders.account(acme, f"a{number:02}").roles.add(role)

    with django_assert_max_num_queries(12):
        second = client.get(LIST, {"page": "2"})

    assert [account.name for account in second.context["page"]] == [*(f"a{n}" for n in range(50, 60)), "admin"]
    assert "Showing 51–61" in read(second).text


# --- One account ---------------------------------------------------------------------------------------------


def test_a_new_account_signs_in_and_has_what_it_was_given(acme, agent, client):
    roles = Role.objects.for_tenant(acme)
    queues = [SkillQueue.objects.for_tenant(acme).get(name=name).pk for name in ("Returns", "Billing")]

    send(
        client,
        "add_account",
        name="Lin",
        username="lin",
        employee_id="2001",
        password=PASSWORD,
        unit=agent.unit_id,
        granted_units=[builders.unit(acme, "Field").pk],
        roles=[role.pk for role in roles if role.name in ("Agent", "Supervisor")],
        skill_queues=queues,
        video_mode="MCU",
    )

    lin = Account.objects.for_tenant(acme).get(name="Lin")
    assert enter("lin")
    assert (lin.unit_id, lin.employee_id, lin.video_mode, lin.is_administrator) == (agent.unit_id, "2001", "MCU", False)
    assert [unit.name for unit in lin.granted_units.for_tenant(acme)] == ["Field"]
    assert [queue.name for queue in lin.queues] == ["Returns", "Billing"]
    change = Operation.objects.for_tenant(acme).get(action="accounts")
    assert (change.target, change.after["Roles"], change.after["Skill Queue"]) == (
        "Lin",
        "Agent, Supervisor",
        "Returns, Billing",
    )
    assert (change.after["Password"], PASSWORD in str(change.after)) == ("***", False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "lead"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"employee_id": "1002"}, "employee_id"),
        ({"username": "lead"}, "username"),
        # another tenant's: taken, and no word more
        ({"username": "outsider-admin"}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"username": "", "is_administrator": "on"}, "username"),
        ({"unit": "outsider"}, "unit"),
        ({"unit": "9" * 5_000}, "unit"),
        ({"granted_units": ["outsider", "x"]}, "granted_units"),
        ({"roles": ["outsider"]}, "roles"),
        ({"skill_queues": ["outsider"]}, "skill_queues"),
        ({"skill_queues": ["x\x00"]}, "skill_queues"),
        ({"video_mode": "x"}, "video_mode"),
        ({"seen": "old"}, "__all__"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_saved(
    values, field, acme, agent, lead, globex, outsider_admin, outsider_agent, client
):
    theirs = {
        "unit": builders.unit(globex, "Orders").pk,
        "granted_units": builders.unit(globex, "Orders").pk,
        "roles": Role.objects.for_tenant(globex).first().pk,
        "skill_queues": SkillQueue.objects.create(tenant=globex, name="Theirs").pk,
    }
    for name, value in values.items():
        sent = value if isinstance(value, list) else [value]
        values[name] = [theirs.get(name) if one == "outsider" else one for one in sent]

    response = send(client, "account", agent.pk, **{"video_mode": "MCU", **values})

    assert response.context["form"].errors.keys() == {field}
    assert "outsider-admin is" not in read(response).text
    assert (stored(agent).video_mode, stored(agent).name) == ("", "agent")


@pytest.mark.parametrize("password", ["", "short-Pass1", "123456123456", "somebody-else1"])
def test_a_password_that_is_too_weak_is_told(password, client):
    response = send(client, "add_account", name="Somebody", username="somebody-else", password=password)

    assert response.context["form"].errors.keys() == {"password"}
    assert not password or f'value="{password}"' not in response.content.decode()


def test_renaming_an_account_leaves_its_contact_records_as_they_are(acme, agent, client):
    builders.load(acme, builders.contact(account="agent"))

    send(client, "account", agent.pk, name="renamed")

    assert stored(agent).name == "renamed"
    assert ContactRecord.objects.for_tenant(acme).get().account_name == "agent"


def test_buttons_put_skill_queues_in_order_and_save_nothing_yet(acme, agent, client):
    billing, returns = agent.queues
    repairs = SkillQueue.objects.create(tenant=acme, name="Repairs")

    def order(pressed, **sent):
        response = send(client, "account", agent.pk, arrange=pressed, **sent)
        return [queue.name for queue in response.context["form"]["skill_queues"].chosen]

    assert order(f"down:{billing.pk}") == ["Returns", "Billing"]
    assert order(f"up:{billing.pk}") == ["Billing", "Returns"]
    assert order(f"remove:{billing.pk}") == ["Returns"]
    assert order("add", add_queue=repairs.pk) == ["Billing", "Returns", "Repairs"]
    assert order("up:x\x00") == ["Billing", "Returns"]
    assert [queue.name for queue in stored(agent).queues] == ["Billing", "Returns"]
    send(client, "account", agent.pk, skill_queues=[returns.pk, billing.pk])
    assert [queue.name for queue in stored(agent).queues] == ["Returns", "Billing"]


# --- Passwords and lockouts --------------------------------------------------------------------------------------


def test_a_new_password_ends_open_sessions_and_is_not_in_the_log(acme, agent, client, signed_in):
    session = signed_in(agent)

    send(client, "reset_password", agent.pk, password=PASSWORD)

    assert session.get("/contacts/").status_code == 302
    assert enter("agent")
    change = Operation.objects.for_tenant(acme).get(action="accounts")
    assert (change.before, change.after) == ({"Password": ""}, {"Password": "***"})


def test_ones_own_new_password_leaves_one_signed_in(admin, client):
    send(client, "reset_password", admin.pk, password=PASSWORD)

    assert client.get(LIST).status_code == 200


def test_a_lockout_is_shown_and_lifted(acme, agent, client, settings):
    settings.AXES_FAILURE_LIMIT = 1
    agent.set_password(PASSWORD)
    agent.save()
    enter("agent", "wrong")
    assert not enter("agent")
    page = reverse("configuration:account", args=[agent.pk])
    assert "Too many wrong passwords" in read(client.get(page)).text

    press(client, "unlock_account", agent.pk)

    assert enter("agent")
    assert "Too many wrong passwords" not in read(client.get(page)).text
    assert Operation.objects.for_tenant(acme).get(action="accounts").after == {"Sign-in": "Unlocked"}


# --- Administrators ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", ["is_administrator", "is_active", "username"])
def test_the_last_administrator_stays_one(taken, acme, admin, client):
    # Neither of them can sign in and decide.
    builders.account(acme, "gone", is_administrator=True, is_active=False)
    Account.objects.create(tenant=acme, name="nameless", is_administrator=True)

    response = send(client, "account", admin.pk, **{taken: None, "confirm": "yes"})

    assert "the last tenant administrator" in read(response).text
    assert stored(admin).is_last_administrator


def test_giving_up_ones_own_rights_has_to_be_said_twice(acme, admin, client):
    builders.account(acme, "second", is_administrator=True)

    warned = send(client, "account", admin.pk, is_administrator=None)
    assert "You are taking away your own rights" in read(warned).text
    assert stored(admin).is_administrator

    assert send(client, "account", admin.pk, is_administrator=None, confirm="yes").status_code == 302
    assert client.get(LIST).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_do_not_both_succeed(acme, admin, signed_in):
    second = builders.account(acme, "second", is_administrator=True)
    ready = threading.Barrier(2)

    def demote(client: Client, other: Account) -> int:
        client.get(LIST)
        ready.wait()
        try:
            return send(client, "account", other.pk, is_administrator=None).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(demote, [signed_in(admin), signed_in(second)], [second, admin]))

    assert Account.objects.for_tenant(acme).administrators().count() == 1
