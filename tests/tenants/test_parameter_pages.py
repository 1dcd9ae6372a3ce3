"""Can administrators and the operator decide what is theirs, and is each told what the other did?"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from aicc.tenants import parameters
from aicc.tenants.configuration.editing import hold
from aicc.tenants.models import Operation, Tenant
from aicc.tenants.parameters import PARAMETERS, Scope
from tests.pages import read


def sent(client: Client, name: str = "configuration:parameters", **values: str):
    """Post the page as it stands, with these values changed."""
    form = client.get(reverse(name)).context["form"]
    return {**form.initial, "seen": form.seen, **values}


@pytest.mark.parametrize(
    ("name", "scope"), [("configuration:parameters", Scope.TENANT), ("system_parameters", Scope.SYSTEM)]
)
def test_every_parameter_stands_with_its_label_help_and_value(name, scope, request, signed_in):
    client = signed_in(request.getfixturevalue("admin" if scope == Scope.TENANT else "operator"))

    page = read(client.get(reverse(name)))

    for parameter in PARAMETERS.values():
        if (parameter.scope, parameter.page) == (scope, ""):
            assert str(parameter.label) in page.text
            assert str(parameter.help) in page.text


def test_what_is_saved_is_in_force_on_the_next_request_and_in_the_log(acme, admin, signed_in):
    client = signed_in(admin)

    client.post(reverse("configuration:parameters"), sent(client, time_span="31", isolation="False"))

    acme = Tenant.objects.get(pk=acme.pk)
    assert (parameters.TIME_SPAN.value(acme), parameters.ISOLATION.value(acme)) == (31, False)
    assert "90 Days" not in read(client.get("/contacts/")).text
    (row,) = Operation.objects.for_tenant(acme).filter(action="parameters")
    # And nothing that stayed as it was.
    time_span, isolation = str(parameters.TIME_SPAN.label), str(parameters.ISOLATION.label)
    assert row.before == {time_span: "90", isolation: "Yes"}
    assert row.after == {time_span: "31", isolation: "No"}
    assert "Last saved by admin" in read(client.get(reverse("configuration:parameters"))).text


@pytest.mark.parametrize("value", ["0", "367", "", "x", "9" * 5_000, "1\x00"])
def test_a_value_out_of_range_is_told_and_nothing_is_saved(value, acme, admin, signed_in):
    client = signed_in(admin)

    response = client.post(reverse("configuration:parameters"), sent(client, time_span=value, isolation="False"))

    assert response.context["form"].errors.keys() == {"time_span"}
    assert parameters.ISOLATION.value(Tenant.objects.get(pk=acme.pk)) is True
    assert not Operation.objects.for_tenant(acme).filter(action="parameters").exists()


def test_who_saves_over_somebody_else_is_told_first_and_may_then_replace_it(acme, admin, signed_in):
    client = signed_in(admin)
    mine = sent(client, time_span="31")
    client.post(reverse("configuration:parameters"), sent(client, time_span="7"))

    refused = client.post(reverse("configuration:parameters"), mine)
    assert "Somebody else changed this meanwhile" in read(refused).text
    assert parameters.TIME_SPAN.value(Tenant.objects.get(pk=acme.pk)) == 7

    client.post(reverse("configuration:parameters"), {**mine, "seen": refused.context["form"].seen})
    assert parameters.TIME_SPAN.value(Tenant.objects.get(pk=acme.pk)) == 31


def test_an_administrator_reads_the_systems_parameters_and_cannot_set_them(acme, admin, signed_in):
    client = signed_in(admin)

    client.post(reverse("configuration:parameters"), sent(client, unit_limit="7", export_limit="7"))

    page = read(client.get(reverse("configuration:parameters")))
    assert "Set by the platform, read only" in page.text
    assert (parameters.UNIT_LIMIT.value(acme), parameters.EXPORT_LIMIT.value(acme)) == (100, 100_000)


def test_the_operator_sets_the_systems_parameters(acme, operator, signed_in):
    client = signed_in(operator)

    client.post(reverse("system_parameters"), sent(client, "system_parameters", unit_limit="7"))

    assert parameters.UNIT_LIMIT.value(acme) == 7
    assert Operation.objects.across_tenants().get(action="parameters").account == operator


def test_encryption_without_a_key_is_refused_at_its_parameter(operator, signed_in, settings, tmp_path):
    settings.KEY_FILE = tmp_path / "personal-data.keys"
    client = signed_in(operator)

    refused = client.post(
        reverse("system_parameters"), sent(client, "system_parameters", encryption="True", unit_limit="7")
    )

    assert refused.context["form"].errors.keys() == {"encryption"}
    assert "There is no key file" in read(refused).text
    assert (parameters.ENCRYPTION.value(None), parameters.UNIT_LIMIT.value(None)) == (False, 100)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "who", "parameter"),
    [
        ("configuration:parameters", "admin", parameters.TIME_SPAN),
        ("system_parameters", "operator", parameters.UNIT_LIMIT),
    ],
)
def test_who_saves_at_the_same_moment_is_told_as_well(name, who, parameter, request, acme, signed_in):
    client = signed_in(request.getfixturevalue(who))
    mine = sent(client, name, **{parameter.key: "31"})
    tenant = acme if name == "configuration:parameters" else None

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            hold(tenant)
            refused = thread.submit(_post, client, reverse(name), mine)
            wait_until_somebody_waits()
            parameter.set(tenant, 7)
        assert "Somebody else changed this meanwhile" in refused.result()

    assert parameter.value(Tenant.objects.get(pk=acme.pk)) == 7


def _post(client: Client, url: str, values: dict[str, str]) -> str:
    try:
        return read(client.post(url, values)).text
    finally:
        connection.close()


def wait_until_somebody_waits() -> None:
    """Until a page stands before the lock that this test holds."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            # What this transaction once saw of the activity, it sees again.
            cursor.execute(
                "SELECT pg_stat_clear_snapshot(), EXISTS (SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
            if cursor.fetchone()[1]:
                return
            time.sleep(0.01)
    pytest.fail("nobody waited")
