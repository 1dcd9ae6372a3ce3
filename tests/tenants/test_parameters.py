"""Are the parameters those of PRODUCT.md 2: label, scope, default, range? And when does a change take effect?"""

from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from aicc.tenants import parameters
from aicc.tenants.models import ParameterValue
from aicc.tenants.parameters import PARAMETERS, Scope
from ivrhistory import recording  # noqa: F401 - declares three of them
from tests.pages import read

YES_NO = [True, False]

# The guide's name, scope, default, what is in range, what is not.
TABLE = {
    "Time Span for Contact Record Query": (
        "tenant", 90, [1, 90, 366],
        [0, 367, -1, "", "many", 1.5, "٣٣", "９９", "1_00", "+5", "1e2", "0x1f", "5.0", "9" * 5000, "\x00"],
    ),
    "Indicates whether to set the call reason for customer contact.": ("tenant", True, YES_NO, ["", "maybe", "1"]),
    "Has the tenant enabled inter-organization data isolation enforcement": ("tenant", False, YES_NO, ["", "maybe"]),
    "Specifies whether to set a password for the compressed file for exporting data": (
        "tenant", True, YES_NO, ["", "maybe"],
    ),
    "Maximum size of a file for downloading multimedia files": ("tenant", 20, [1, 500], [0, 501, ""]),
    "Video Application Mode": ("tenant", "SFU", ["SFU", "MCU", "MCU(CloudVC)"], ["", "sfu", "TS"]),
    "Screen recording and screen inspection": ("tenant", False, YES_NO, ["", "maybe"]),
    "Time zone": ("tenant", "UTC", ["UTC", "Asia/Hong_Kong", "America/New_York"], ["", "Mars/Olympus", "localtime"]),
    "Maximum number of OU organizational unit queries": ("system", 100, [1, 5000], [0, 5001, ""]),
    "Maximum number of agents for fuzzy query of calling, called, and handled numbers in a tenant contact record": (
        "system", 500, [0, 100_000], [-1, 100_001, ""],
    ),
    "Whether to enable encryption for a large amount of personal data": ("system", False, YES_NO, ["", "maybe"]),
    "Max. Contact Records Exported Each Time": ("system", 100_000, [1, 100_000], [0, 100_001, ""]),
    "CHATRECORDFLAG": ("tenant", "off", ["off", "on", "bot_level"], ["", "On", "true"]),
    "FLOWRECORDFLAG": ("tenant", "off", ["off", "on", "bot_level"], ["", "On", "true"]),
    "CCIVRRECORDFLAG": ("tenant", "off", ["off", "on", "bot_level"], ["", "On", "true"]),
}  # fmt: skip

BY_LABEL = {str(parameter.label): parameter for parameter in PARAMETERS.values()}


def rows(*columns):
    """The table's rows as arguments, each under its key."""
    return pytest.mark.parametrize(
        ("parameter", *columns),
        [
            pytest.param(
                BY_LABEL.get(label), *(row[{"default": 1, "valid": 2, "invalid": 3}[c]] for c in columns), id=label[:40]
            )
            for label, row in TABLE.items()
        ],
    )


def test_the_parameters_are_those_of_the_table():
    found = {label: (parameter.scope.value, parameter.default) for label, parameter in BY_LABEL.items()}

    assert found == {label: row[:2] for label, row in TABLE.items()}


def test_every_parameter_is_explained():
    assert all(str(parameter.help).endswith((".", ".)")) for parameter in PARAMETERS.values())


@rows("default")
def test_without_a_value_the_default_is_in_force(parameter, default, acme):
    ParameterValue.objects.across_tenants().delete()
    acme.__dict__.pop("parameter_values", None)

    assert parameter.value(acme) == default
    assert type(parameter.value(acme)) is type(default)


@rows("valid")
def test_values_in_range_are_kept_in_their_type(parameter, valid, acme):
    for value in valid:
        parameter.set(acme, value)

        assert parameter.value(acme) == value
        assert type(parameter.value(acme)) is type(value)


@rows("invalid", "default")
def test_other_values_are_refused_and_change_nothing(parameter, invalid, default, acme):
    before = parameter.value(acme)

    for value in invalid:
        with pytest.raises(ValidationError):
            parameter.set(acme, value)

    assert parameter.value(acme) == before


def test_every_zone_of_the_computer_may_be_chosen(acme):
    zones = {name for name, _label in parameters.TIME_ZONE.field.choices}

    assert {"Europe/Berlin", "Pacific/Apia", "UTC"} < zones
    assert zones <= available_timezones()
    assert all(ZoneInfo(name) for name in zones)


def test_a_stored_value_that_has_become_invalid_falls_back_to_the_default(acme):
    ParameterValue.objects.create(tenant=acme, key="time_span", value="9999")
    ParameterValue.objects.create(tenant=acme, key="time_zone", value="Europe/Atlantis")

    assert parameters.TIME_SPAN.value(acme) == 90
    assert parameters.zone_of(acme) == ZoneInfo("UTC")


def test_a_value_belongs_to_its_tenant(acme, globex):
    parameters.TIME_SPAN.set(acme, 31)

    assert parameters.TIME_SPAN.value(acme) == 31
    assert parameters.TIME_SPAN.value(globex) == 90


def test_a_system_parameter_holds_for_every_tenant_and_for_none(acme, globex):
    parameters.EXPORT_LIMIT.set(None, 500)

    assert [parameters.EXPORT_LIMIT.value(tenant) for tenant in (acme, globex, None)] == [500, 500, 500]


def test_a_tenants_parameter_needs_a_tenant():
    with pytest.raises(ValueError, match="time_span"):
        parameters.TIME_SPAN.set(None, 31)


def test_keys_of_tenant_and_system_do_not_overlap():
    assert {parameter.scope for parameter in PARAMETERS.values()} == set(Scope)
    assert all(key == parameter.key for key, parameter in PARAMETERS.items())
    assert len(BY_LABEL) == len(PARAMETERS)


def test_setting_a_value_again_replaces_it(acme):
    for value in (31, 7):
        parameters.TIME_SPAN.set(acme, value)

    assert ParameterValue.objects.for_tenant(acme).filter(key="time_span").count() == 1
    assert parameters.TIME_SPAN.value(acme) == 7


def test_all_parameters_of_a_request_are_read_at_once(acme, django_assert_num_queries):
    acme.__dict__.pop("parameter_values", None)

    with django_assert_num_queries(1):
        for parameter in PARAMETERS.values():
            parameter.value(acme)


def test_a_change_acts_on_the_next_request(acme, agent, signed_in):
    client = signed_in(agent)

    def periods():
        return [period["value"] for period in read(client.get(reverse("contacts:list"))).all("input", name="period")]

    assert periods() == ["1d", "3d", "7d", "31d", "90d", "custom"]

    parameters.TIME_SPAN.set(acme, 7)

    assert periods() == ["1d", "3d", "7d", "custom"]
