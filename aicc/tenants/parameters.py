"""What can a tenant or the operator decide? One declaration per parameter (guide: the names in italics).

Each gives label, help, default and form field; the form field gives type and range. Pages that set
them are left to `views`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aicc.lib.fields import WholeNumberField
from aicc.lib.sealing import KeyFileError, key_file
from aicc.tenants.choices import VideoMode
from aicc.tenants.models import ParameterValue, Tenant


class Scope(StrEnum):
    TENANT = "tenant"
    SYSTEM = "system"


PARAMETERS: dict[str, "Parameter"] = {}


@dataclass(frozen=True)
class Parameter:
    """A named decision. `value(tenant)` is what is in force, in Python's type."""

    key: str
    label: str | Promise
    scope: Scope
    default: Any
    field: forms.Field
    help: str | Promise = ""
    group: str | Promise = ""
    unit: str | Promise = ""
    # The page that sets it, when that is not the one of its scope.
    page: str = ""
    # What has to be so before a value is set, besides its range: a ValidationError says what is missing.
    check: Callable[[Any], None] = lambda value: None

    def __post_init__(self) -> None:
        PARAMETERS[self.key] = self

    def value(self, tenant: Tenant | None) -> Any:
        """The value in force for a tenant. A system parameter may be asked without one."""
        stored = tenant.parameter_values if tenant else ParameterValue.in_force(None)
        if self.key not in stored:
            return self.default
        try:
            return self.field.clean(stored[self.key])
        except ValidationError:
            # A range that became narrower since the value was stored: the default is safe, an error page is not.
            return self.default

    def set(self, tenant: Tenant | None, value: Any) -> None:
        """Store a value; ValidationError when it is out of range. System parameters belong to no tenant."""
        owner = tenant if self.scope == Scope.TENANT else None
        if owner is None and self.scope == Scope.TENANT:
            raise ValueError(f"{self.key} is a tenant's parameter.")
        cleaned = self.field.clean(str(value))
        self.check(cleaned)
        ParameterValue.objects.across_tenants().update_or_create(
            tenant=owner, key=self.key, defaults={"value": str(cleaned)}
        )
        if tenant is not None:
            tenant.__dict__.pop("parameter_values", None)


def _whole_number(low: int, high: int) -> forms.Field:
    return WholeNumberField(min_value=low, max_value=high)


def _yes_no() -> forms.Field:
    return forms.TypedChoiceField(
        choices=[("True", _("Yes")), ("False", _("No"))], coerce=lambda value: value == "True"
    )


@cache
def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if name != "localtime"]


def _has_keys(encrypt: bool) -> None:
    try:
        if encrypt:
            key_file().ring()
    except KeyFileError as error:
        raise ValidationError(str(error)) from None


TIME_SPAN = Parameter(
    "time_span",
    _("Time Span for Contact Record Query"),
    Scope.TENANT,
    90,
    _whole_number(1, 366),
    _("The longest period for which contact records can be searched at once."),
    group=_("Contact records"),
    unit=_("days"),
)
SET_CALL_REASON = Parameter(
    "set_call_reason",
    _("Indicates whether to set the call reason for customer contact."),
    Scope.TENANT,
    True,
    _yes_no(),
    _("With Yes, contacts without a call reason are listed under Unfinished contact until one is set."),
    group=_("Contact records"),
)
ISOLATION = Parameter(
    "isolation",
    _("Has the tenant enabled inter-organization data isolation enforcement"),
    Scope.TENANT,
    False,
    _yes_no(),
    _("With Yes, an account sees its own records and those of its accessible organization units."),
    group=_("Organization"),
)
EXPORT_PASSWORD = Parameter(
    "export_password",
    _("Specifies whether to set a password for the compressed file for exporting data"),
    Scope.TENANT,
    True,
    _yes_no(),
    _("With Yes, whoever exports chooses a password that opens the file."),
    group=_("Export"),
)
MULTIMEDIA_LIMIT = Parameter(
    "multimedia_limit",
    _("Maximum size of a file for downloading multimedia files"),
    Scope.TENANT,
    20,
    _whole_number(1, 500),
    _("The content of a larger multimedia contact cannot be downloaded."),
    group=_("Recording and multimedia"),
    unit=_("MB"),
)
VIDEO_MODE = Parameter(
    "video_mode",
    _("Video Application Mode"),
    Scope.TENANT,
    VideoMode.SFU.value,
    forms.ChoiceField(choices=VideoMode),
    _("How video calls are carried. An account may override it."),
    group=_("Recording and multimedia"),
)
SCREEN_RECORDING = Parameter(
    "screen_recording",
    _("Screen recording and screen inspection"),
    Scope.TENANT,
    False,
    _yes_no(),
    _("With Yes, the agent's screen is played beside a recording."),
    group=_("Recording and multimedia"),
)
TIME_ZONE = Parameter(
    "time_zone",
    _("Time zone"),
    Scope.TENANT,
    "UTC",
    forms.ChoiceField(choices=_zones),
    _("The zone in which times are shown and entered."),
    group=_("Organization"),
)
UNIT_LIMIT = Parameter(
    "unit_limit",
    _("Maximum number of OU organizational unit queries"),
    Scope.SYSTEM,
    100,
    _whole_number(1, 5000),
    _("How many sub-organizations Include Sub-Organizations searches."),
)
FUZZY_AGENT_LIMIT = Parameter(
    "fuzzy_agent_limit",
    _("Maximum number of agents for fuzzy query of calling, called, and handled numbers in a tenant contact record"),
    Scope.SYSTEM,
    500,
    _whole_number(0, 100_000),
    _("In a tenant with more agents, a number that no record equals is not searched as a part of numbers."),
)
ENCRYPTION = Parameter(
    "encryption",
    _("Whether to enable encryption for a large amount of personal data"),
    Scope.SYSTEM,
    False,
    _yes_no(),
    _("With Yes, numbers and names are encrypted in the database and cannot be searched by a part."),
    check=_has_keys,
)
EXPORT_LIMIT = Parameter(
    "export_limit",
    _("Max. Contact Records Exported Each Time"),
    Scope.SYSTEM,
    100_000,
    _whole_number(1, 100_000),
    _("The most contact records that one export writes."),
)


def zone_of(tenant: Tenant | None) -> ZoneInfo:
    """The zone in which this tenant's times are shown and entered."""
    return ZoneInfo(TIME_ZONE.value(tenant) if tenant else "UTC")
