"""Can an administrator say what a tenant's roles allow?"""

import pytest
from django.urls import reverse

from aicc.tenants.choices import Permission
from aicc.tenants.configuration.roles import ALLOWS
from aicc.tenants.models import Operation, Role
from tests.pages import press, read, send


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


def role(tenant, name="Agent"):
    return Role.objects.for_tenant(tenant).get(name=name)


def test_the_list_says_who_has_a_role_and_what_it_allows(agent, lead, client):
    rows = read(client.get(reverse("configuration:roles"))).one("tbody").all("tr")

    assert [row.text.split(" ", 1)[0] for row in rows] == ["Agent", "Supervisor", "Team"]
    assert rows[0].text.startswith("Agent 1 Play recordings, Download recordings, Process contacts, View IVR call")


def test_every_permission_has_a_box_and_a_sentence(acme, client):
    page = read(client.get(reverse("configuration:role", args=[role(acme).pk])))

    for permission in Permission:
        box = page.one("input", type="checkbox", value=permission.value)
        assert ("checked" in box.attributes) == (permission in role(acme).permissions)
        assert page.one(id=box["aria-describedby"]).text == str(ALLOWS[permission])


def test_a_role_is_added_changed_and_logged_in_words(acme, client):
    send(client, "add_role", name="Listener", permissions=["play"])
    # In any order, and twice.
    send(client, "role", role(acme, "Listener").pk, permissions=["download", "play", "play"])

    assert role(acme, "Listener").permissions == ["play", "download"]
    change = Operation.objects.for_tenant(acme).filter(action="roles").latest("id")
    assert change.target == "Listener"
    assert change.before == {"Permissions": "Play recordings"}
    assert change.after == {"Permissions": "Play recordings, Download recordings"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "Supervisor"}, "name"),
        ({"name": ""}, "name"),
        ({"permissions": ["everything"]}, "permissions"),
        ({"permissions": ["play\x00"]}, "permissions"),
        ({"seen": "old"}, "__all__"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_saved(values, field, acme, client):
    before = role(acme)

    response = send(client, "role", before.pk, **{"permissions": ["export"], **values})

    assert response.context["form"].errors.keys() == {field}
    assert role(acme).permissions == before.permissions


def test_a_role_that_accounts_have_is_not_deleted_and_the_page_says_how_many(acme, agent, client):
    response = press(client, "delete_role", role(acme).pk)

    assert "1 account has this role" in read(response).text
    assert role(acme)


def test_a_role_that_nobody_has_is_deleted(acme, client):
    press(client, "delete_role", role(acme).pk)

    assert not Role.objects.for_tenant(acme).filter(name="Agent").exists()
    assert "Play recordings" in Operation.objects.for_tenant(acme).get(action="roles").before["Permissions"]
