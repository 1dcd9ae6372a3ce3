"""Can an administrator see and change the organization, and does it stay a tree whatever two of them do?"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from aicc.tenants.models import Account, Operation, OrganizationUnit, Tenant
from tests import builders
from tests.pages import press, read, send

PAGE = "/configuration/organization/"


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


def at(tenant, *path):
    return builders.unit(tenant, *path)


def shown(response):
    """The lines of the tree: level, and the words without the count."""
    return [(int(line["aria-level"]), line.one("a", **{"class": "tree-link"}).text) for line in lines(response)]


def lines(response):
    return read(response).all("li", role="treeitem")


# --- The tree --------------------------------------------------------------------------------------------


def test_only_open_branches_are_on_the_page(acme, client):
    sales = at(acme, "Head office", "Sales")

    closed, opened = client.get(PAGE), client.get(PAGE, {"unit": sales.pk})

    assert shown(closed) == [(1, "Unorganized"), (1, "Head office"), (1, "Field")]
    assert shown(opened) == [
        *[(1, "Unorganized"), (1, "Head office"), (2, "Sales"), (3, "North desk"), (3, "South desk")],
        *[(2, "Service"), (1, "Field")],
    ]


def test_links_open_and_close_branches_without_scripts(acme, client):
    (office,) = [line for line in lines(client.get(PAGE)) if "aria-expanded" in line.attributes]
    fold = office.one("a", **{"class": "tree-fold"})
    assert (office["aria-expanded"], fold["href"]) == ("false", fold["hx-get"])

    opened = client.get(fold["href"])

    assert (2, "Sales") in shown(opened)
    office = next(line for line in lines(opened) if line.attributes.get("aria-expanded") == "true")
    assert (2, "Sales") not in shown(client.get(office.one("a", **{"class": "tree-fold"})["href"]))


def test_a_keyword_keeps_what_is_above_a_match_and_marks_it(acme, client):
    response = client.get(PAGE, {"q": "NORTH"})

    assert shown(response) == [(1, "Head office"), (2, "Sales"), (3, "North desk")]
    assert [mark.text for mark in read(response).all("mark")] == ["North"]
    assert "No organization unit has this" in read(client.get(PAGE, {"q": "x\x00"})).text


def test_a_line_counts_the_accounts_of_everything_below_it(acme, agent, lead, client):
    counts = {line["aria-label"] for line in lines(client.get(PAGE))}

    assert counts == {"Unorganized, 1 account", "Head office, 2 accounts", "Field, 0 accounts"}


def test_a_unit_shows_its_accounts_and_those_below_when_asked(acme, agent, lead, client):
    sales = at(acme, "Head office", "Sales").pk

    def names(**sent):
        return [account.name for account in client.get(PAGE, {"unit": sales, **sent}).context["members"]]

    assert names() == ["lead"]
    assert names(include_sub_ous="on") == ["agent", "lead"]


@pytest.mark.parametrize("unit", ["0", "x", "-1", "9" * 5_000, "1\x00", "٣"])
def test_a_unit_that_is_not_there_is_not_found(unit, client):
    assert client.get(PAGE, {"unit": unit, "open": unit, "page": unit}).status_code == 404


def test_another_tenants_unit_is_not_found(globex, client):
    unit = at(globex, "Orders").pk

    assert client.get(PAGE, {"unit": unit}).status_code == 404
    assert "Orders" not in read(client.get(PAGE, {"open": unit})).text


def test_a_page_of_5000_units_is_small_and_asks_little(acme, client, django_assert_max_num_queries):
    rows = [OrganizationUnit(tenant=acme, name=f"Unit {n}", position=9) for n in range(5_000)]
    OrganizationUnit.objects.bulk_create(rows)

    with django_assert_max_num_queries(10):
        response = client.get(PAGE, {"unit": rows[4_500].pk})

    assert len(response.content) < 250_000
    assert "Unit 4500" in read(response).text
    assert "4,801 more. Filter to find them." in read(response).text
    assert len(client.get(reverse("configuration:unit_options")).content) < 50_000


def test_a_page_of_a_long_chain_is_small(acme, client):
    unit = at(acme, "Field")
    for number in range(100):
        unit = OrganizationUnit.objects.create(tenant=acme, parent=unit, name=f"Unit {number}")

    response = client.get(PAGE, {"unit": unit.pk})

    assert (100, "Unit 98") in shown(response)
    assert len(response.content) < 250_000


# --- What changes it -----------------------------------------------------------------------------------------


def test_units_are_added_at_the_end_of_their_siblings(acme, client):
    send(client, "add_unit", name="Abroad")
    send(client, "add_sub_unit", at(acme, "Head office").pk, name="Archive")

    assert [line for line in shown(client.get(PAGE, {"unit": at(acme, "Head office").pk})) if line[0] < 3] == [
        *[(1, "Unorganized"), (1, "Head office"), (2, "Sales"), (2, "Service"), (2, "Archive")],
        *[(1, "Field"), (1, "Abroad")],
    ]
    log = Operation.objects.for_tenant(acme).filter(action="organization").order_by("id")
    assert [row.target for row in log] == ["Abroad", "Head office › Archive"]


@pytest.mark.parametrize("page", ["rename_unit", "add_sub_unit"])
def test_a_name_that_a_sibling_has_is_told_at_its_field(page, acme, client):
    start = at(acme, "Head office") if page == "add_sub_unit" else at(acme, "Head office", "Service")

    response = send(client, page, start.pk, name="Sales")

    assert response.context["form"].errors == {"name": ["Another organization unit there has this name."]}


def test_a_unit_moves_with_all_that_is_below_it(acme, client):
    send(client, "move_unit", at(acme, "Head office", "Sales").pk, parent=at(acme, "Field").pk)

    assert Tenant.objects.get(pk=acme.pk).units.path(at(acme, "Field", "Sales", "North desk").pk)
    # Once more to where it is: nothing moves, and nothing is said to have.
    send(client, "move_unit", at(acme, "Field", "Sales").pk)
    change = Operation.objects.for_tenant(acme).get(action="organization")
    assert (change.target, change.before, change.after) == (
        "Head office › Sales",
        {"Organization Unit": "Head office"},
        {"Organization Unit": "Field"},
    )


@pytest.mark.parametrize("target", ["itself", "below", "elsewhere", "no id"])
def test_a_unit_does_not_move_where_it_cannot_be(target, acme, globex, client):
    sales = at(acme, "Head office", "Sales")
    parents = {
        "itself": sales.pk,
        "below": at(acme, "Head office", "Sales", "North desk").pk,
        "elsewhere": at(globex, "Orders").pk,
        "no id": "9" * 5_000,
    }

    response = send(client, "move_unit", sales.pk, parent=parents[target])

    assert response.context["form"].errors.keys() == {"parent"}
    sales.refresh_from_db()
    assert sales.parent == at(acme, "Head office")


def test_what_is_below_a_unit_is_not_offered_for_its_move(acme, client):
    form = client.get(reverse("configuration:move_unit", args=[at(acme, "Head office").pk])).context["form"]

    assert [unit.name for unit, _path in form["parent"].choices.found] == ["Field"]


def test_a_search_without_scripts_brings_the_form_back_as_it_was_sent(acme, client):
    url = reverse("configuration:move_unit", args=[at(acme, "Head office", "Sales").pk])

    response = client.post(url, {"parent-q": "fie", "parent": at(acme, "Field").pk, "find": "parent"})

    form = response.context["form"]
    assert not form.errors
    assert [unit.name for unit, _path in form["parent"].choices.chosen] == ["Field"]
    assert [unit.name for unit, _path in form["parent"].choices.found] == []


def test_siblings_change_places_and_stop_at_the_ends(acme, client):
    sales = at(acme, "Head office", "Sales")

    orders = []
    for direction in ("down", "down", "up"):
        client.post(reverse("configuration:order_unit", args=[sales.pk]), {"direction": direction})
        children = Tenant.objects.get(pk=acme.pk).units.children(sales.parent_id)
        orders.append([unit.name for unit in children])

    assert orders == [["Service", "Sales"], ["Service", "Sales"], ["Sales", "Service"]]
    assert Operation.objects.for_tenant(acme).filter(action="organization").count() == 2


@pytest.mark.parametrize("holds", ["nothing", "a grant", "a unit", "an account", "a record"])
def test_only_an_empty_unit_is_deleted(holds, acme, client):
    field = at(acme, "Field")
    if holds == "a unit":
        builders.organization(acme, {"East": {}}, field)
    elif holds == "an account":
        builders.account(acme, "somebody", unit=field)
    elif holds == "a grant":
        builders.account(acme, "somebody", granted=[field])
    elif holds == "a record":
        builders.load(acme, builders.contact(organization_unit=["Field"]))

    response = press(client, "delete_unit", field.pk)

    gone = holds in ("nothing", "a grant")
    assert OrganizationUnit.objects.for_tenant(acme).filter(pk=field.pk).exists() is not gone
    assert response.status_code == (302 if gone else 200)
    if not gone:
        assert "Only an empty organization unit can be deleted." in read(response).text
    if holds == "a grant":
        assert Operation.objects.for_tenant(acme).get().before == {"Name": "Field", "Granted to": "somebody"}


def test_an_account_is_moved_from_here(acme, agent, client):
    send(client, "move_account", agent.pk, unit=at(acme, "Field").pk)

    assert Account.objects.for_tenant(acme).get(pk=agent.pk).unit.name == "Field"
    change = Operation.objects.for_tenant(acme).get(action="accounts")
    assert change.before == {"Organization Unit": "Head office › Sales › North desk"}
    assert change.after == {"Organization Unit": "Field"}


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_do_not_tie_a_knot(acme, admin, signed_in):
    sales, field = at(acme, "Head office", "Sales").pk, at(acme, "Field").pk
    ready = threading.Barrier(2)

    def move(client: Client, unit: int, parent: int) -> int:
        url = reverse("configuration:move_unit", args=[unit])
        seen = client.get(url).context["form"].seen
        ready.wait()
        try:
            return client.post(url, {"seen": seen, "parent": parent}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(move, signed_in(admin), sales, field)
        second = pool.submit(move, signed_in(admin), field, sales)
        statuses = sorted([first.result(), second.result()])

    # One moves; the other is told that its new place is under itself.
    assert statuses == [200, 302]
    assert len(Tenant.objects.get(pk=acme.pk).units) == 6
