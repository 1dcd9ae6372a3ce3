"""Does `manage.py create_tenant` open a tenant whose administrator can begin, or change nothing at all?"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from aicc.tenants.choices import Permission
from aicc.tenants.management.commands import create_tenant
from aicc.tenants.models import Account, Role, Tenant

PASSWORD = "correct horse battery staple"


@pytest.fixture
def create(db, monkeypatch):
    """The command, with somebody at the terminal who types this password."""

    def create(slug="initech", administrator="bill", password=PASSWORD):
        monkeypatch.setattr(create_tenant, "getpass", lambda prompt: password)
        output = StringIO()
        call_command("create_tenant", slug, name="Initech", administrator=administrator, stdout=output)
        return output.getvalue()

    return create


def test_its_administrator_signs_in_and_sees_the_contacts(create):
    said = create()

    client = Client()
    client.post(reverse("login"), {"username": "bill", "password": PASSWORD})
    assert client.get(reverse("contacts:list")).status_code == 200
    assert said == "Initech is open; bill may sign in.\n"


def test_it_has_the_default_roles(create):
    create()

    roles = {role.name: set(role.permissions) for role in Role.objects.for_tenant(Tenant.objects.get())}

    agent = {Permission.PLAY, Permission.DOWNLOAD, Permission.PROCESS, Permission.VIEW_IVR}
    leader = agent | {Permission.EXPORT}
    supervisor = leader | {Permission.VIEW_ALL_ORGANIZATION, Permission.EDIT_ALL_ORGANIZATION}
    assert roles == {"Agent": agent, "Team leader": leader, "Supervisor": supervisor}


def test_its_administrator_may_do_everything_there(create):
    create()

    administrator = Account.objects.for_tenant(Tenant.objects.get()).get()

    assert administrator.permissions == set(Permission)
    assert not administrator.is_operator


@pytest.mark.parametrize("password", ["", "short", "password1234", "bill-bill-bill", "1q2w3e4r5t6y"])
def test_a_weak_password_opens_nothing(create, password):
    with pytest.raises(CommandError, match="password"):
        create(administrator="bill-bill-bil", password=password)

    assert not Tenant.objects.exists()
    assert not Account.objects.across_tenants().exists()


@pytest.mark.parametrize("taken", [{"slug": "initech"}, {"administrator": "bill"}], ids=["slug", "sign-in name"])
def test_a_taken_name_opens_nothing(create, taken):
    create()

    with pytest.raises(CommandError, match="taken"):
        create(**{"slug": "other", "administrator": "other", **taken})

    assert [tenant.slug for tenant in Tenant.objects.all()] == ["initech"]
    assert [account.username for account in Account.objects.across_tenants()] == ["bill"]


@pytest.mark.parametrize(
    ("typed", "name"), [(" bill\t", "bill"), ("Zoe\u0308", "Zoë"), ("ｂｉｌｌ", "bill")], ids=ascii
)
def test_the_sign_in_name_is_kept_as_the_form_will_read_it(create, typed, name):
    create(administrator=typed)

    client = Client()
    client.post(reverse("login"), {"username": typed, "password": PASSWORD})
    assert Account.objects.across_tenants().get().username == name
    assert client.get(reverse("contacts:list")).status_code == 200


@pytest.mark.parametrize("typed", ["bi\tll", "bi\nll", "bill\x00", "bi\x9bll", "bill\udcff", " ", ""], ids=ascii)
def test_a_name_that_nobody_could_type_opens_nothing(create, typed):
    with pytest.raises(CommandError, match="--administrator"):
        create(administrator=typed)

    assert not Tenant.objects.exists()
