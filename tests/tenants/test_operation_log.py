"""Is what somebody did kept, and kept as it was?"""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import audit
from aicc.tenants.choices import Action
from aicc.tenants.configuration.operation_log import PAGE_SIZE
from aicc.tenants.models import Operation
from tests.pages import read

LOG = "/configuration/operation-log/"


def shown(response) -> list[str]:
    return [row["data-operation"] for row in read(response).all("tr") if "data-operation" in row.attributes]


def test_a_row_says_who_did_what_on_what_from_where(acme, admin):
    audit.record(Action.ROLES, account=admin, address="192.0.2.7", target="Role Agent", before={"a": 1}, after={"a": 2})

    (row,) = Operation.objects.for_tenant(acme)
    assert (row.account, row.account_name, row.address, row.action) == (admin, "admin", "192.0.2.7", "roles")
    assert (row.target, row.before, row.after) == ("Role Agent", {"a": 1}, {"a": 2})


def test_a_long_target_is_cut(admin):
    assert len(audit.record(Action.ROLES, account=admin, target="x" * 1_000).target) == 300


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenants_operation SET account_name = 'nobody'",
        "DELETE FROM tenants_operation",
        "TRUNCATE tenants_operation",
        "TRUNCATE tenants_tenant CASCADE",
    ],
)
def test_the_database_refuses_to_rewrite_it(admin, statement):
    audit.record(Action.SIGN_IN, account=admin)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # As it is where no tests have to clear up behind them (conftest.py).
        cursor.execute("ALTER TABLE tenants_operation ENABLE TRIGGER operation_is_not_truncated")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)

    assert Operation.objects.for_tenant(admin.tenant).count() == 1


# --- Signing in and out ------------------------------------------------------------------------------------


def test_who_signs_in_and_out_is_logged_and_who_is_refused(acme, admin):
    admin.set_password("one-For-The-Tests")
    admin.save()
    client = Client(REMOTE_ADDR="192.0.2.7")

    client.post(reverse("login"), {"username": "admin", "password": "wrong"})
    client.post(reverse("login"), {"username": "nobody", "password": "wrong"})
    client.post(reverse("login"), {"username": "admin", "password": "one-For-The-Tests"})
    client.post(reverse("logout"))

    rows = Operation.objects.for_tenant(acme).order_by("id")
    assert [row.action for row in rows] == ["sign_in_refused", "sign_in", "sign_out"]
    assert {(row.account_name, row.address) for row in rows} == {("admin", "192.0.2.7")}
    assert not Operation.objects.across_tenants().exclude(tenant=acme).exists()


def test_the_attempt_that_locks_is_the_last_that_is_logged(acme, agent, settings):
    settings.AXES_FAILURE_LIMIT = 2

    for password in ("", "wrong", "wrong", "", "wrong"):
        Client().post(reverse("login"), {"username": "agent", "password": password})

    rows = Operation.objects.for_tenant(acme).order_by("id")
    assert [(row.action, row.after) for row in rows] == [
        ("sign_in_refused", {}),
        ("sign_in_refused", {"Sign-in": "Locked"}),
    ]


# --- The page --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["roles", "export", "sign_in"]),
        ("?account=adm", ["roles", "sign_in"]),
        ("?account=AGENT", ["export"]),
        ("?account=nobody", []),
        ("?action=roles", ["roles"]),
        ("?action=nonsense", []),
        ("?first=2026-13-99", []),
        ("?first=0001-01-01&last=9999-12-31", []),
        ("?first=2020-01-02&last=2020-01-01", []),
        ("?first=2020-01-01&last=2020-12-31", []),
        ("?account=%00", []),
        ("?after=nonsense", ["roles", "export", "sign_in"]),
    ],
)
def test_it_is_searched_by_account_action_and_days(query, expected, admin, agent, outsider_admin, signed_in):
    for action, account in ((Action.SIGN_IN, admin), (Action.EXPORT, agent), (Action.ROLES, admin)):
        audit.record(action, account=account)
    audit.record(Action.SATISFACTION, account=outsider_admin)

    response = signed_in(admin).get(LOG + query)

    assert response.status_code == 200
    assert shown(response) == expected


def test_its_pages_hold_every_row_once_there_and_back(admin, signed_in):
    for _ in range(2 * PAGE_SIZE + 7):
        audit.record(Action.PLAY, account=admin)
    client = signed_in(admin)

    pages = [client.get(LOG)]
    while url := pages[-1].context["older_url"]:
        pages.append(client.get(LOG + url))

    seen = [operation.pk for page in pages for operation in page.context["operations"]]
    assert len(seen) == len(set(seen)) == 2 * PAGE_SIZE + 7
    back = client.get(LOG + pages[2].context["newer_url"])
    assert back.context["operations"] == pages[1].context["operations"]


def test_a_day_is_the_tenants_and_what_changed_is_told(acme, admin, signed_in):
    today = timezone.localdate()
    audit.record(Action.ROLES, account=admin, target="Agent", before={"Name": "Agent"}, after={"Name": "Worker"})

    page = read(signed_in(admin).get(f"{LOG}?first={today}&last={today + timedelta(days=1)}"))

    assert "Name Agent → Worker" in page.text
