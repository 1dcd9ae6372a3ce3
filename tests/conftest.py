"""Who is in the tests: the cast, at two tenants that differ in what accounts may see.

The servers they live on are for services.py to start, what else is made for builders.py.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from aicc.tenants import parameters
from aicc.tenants.models import Account, Tenant
from tests import builders

# The same examples every time: when the suite turns red, the code has changed. A test's database is its own, and
# what an example adds the next one takes into account.
hypothesis_settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take long first, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, ("browser", "faults"))))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """What tests have committed is cleared away by TRUNCATE, which the operation log does not take anywhere else."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_operation DISABLE TRIGGER operation_is_not_truncated")


@pytest.fixture(autouse=True)
def quick_hasher(settings: Any) -> None:
    """The real one takes a tenth of a second for each password, as it should; test_sign_in.py tries it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def acme(db: None) -> Tenant:
    """A tenant whose organizations are kept apart.

    Head office › Sales › North desk, South desk; Head office › Service; Field.
    """
    tenant = Tenant.objects.open(slug="acme", name="Acme")
    parameters.ISOLATION.set(tenant, True)
    desks = {"North desk": {}, "South desk": {}}
    builders.organization(tenant, {"Head office": {"Sales": desks, "Service": {}}, "Field": {}})
    return tenant


@pytest.fixture
def globex(db: None) -> Tenant:
    """A tenant where everybody sees their own records only, unless a role says otherwise."""
    tenant = Tenant.objects.open(slug="globex", name="Globex")
    builders.organization(tenant, {"Orders": {}})
    return tenant


@pytest.fixture
def admin(acme: Tenant) -> Account:
    return builders.account(acme, "admin", is_administrator=True)


@pytest.fixture
def supervisor(acme: Tenant) -> Account:
    """Sees all of Acme, by a role."""
    unit = builders.unit(acme, "Head office")
    return builders.account(acme, "supervisor", employee_id="1001", unit=unit, roles=["Supervisor"])


@pytest.fixture
def lead(acme: Tenant) -> Account:
    """Leads Sales with its two desks."""
    unit = builders.unit(acme, "Head office", "Sales")
    return builders.account(acme, "lead", employee_id="1002", unit=unit, roles=["Team leader"])


@pytest.fixture
def agent(acme: Tenant) -> Account:
    """Works at the North desk, for two queues."""
    unit = builders.unit(acme, "Head office", "Sales", "North desk")
    return builders.account(
        acme, "agent", employee_id="1003", unit=unit, roles=["Agent"], queues=["Billing", "Returns"]
    )


@pytest.fixture
def outsider_admin(globex: Tenant) -> Account:
    return builders.account(globex, "outsider-admin", is_administrator=True)


@pytest.fixture
def outsider_agent(globex: Tenant) -> Account:
    unit = builders.unit(globex, "Orders")
    return builders.account(globex, "outsider-agent", employee_id="1003", unit=unit, roles=["Agent"])


@pytest.fixture
def operator(db: None) -> Account:
    """Runs the platform, and belongs to no tenant."""
    return builders.account(None, "operator")


@pytest.fixture
def signed_in() -> Callable[[Account], Client]:
    """A browser in which this account is signed in."""

    def sign_in(account: Account) -> Client:
        client = Client()
        client.force_login(account, backend="aicc.tenants.access.AccountBackend")
        return client

    return sign_in
