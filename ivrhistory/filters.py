"""What is searched for? The criteria of Call History (guide: Procedure, step 3), bound to a tenant and a moment.

How calls are found is left to `search`.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from aicc.lib import periods
from aicc.lib.fields import LocalTimeField, TextField
from aicc.tenants import personal
from aicc.tenants.criteria import DEFAULT_PERIOD, PeriodForm, PersonalTextField, period_choices
from aicc.tenants.models import Tenant


class CallFilter(PeriodForm):
    """The criteria. The period is mandatory: an empty one is an error, one that is not said is the default.

    Say `is_valid()` first: criteria that are not valid find nothing.
    """

    period = forms.ChoiceField(
        label=_("Period"),
        error_messages={
            "required": _("Choose a period."),
            "invalid_choice": _("Choose one of the periods. This one is longer than can be searched."),
        },
    )
    start = LocalTimeField(label=_("From"), required=False)
    end = LocalTimeField(label=_("To"), required=False)
    calling_number = PersonalTextField(label=_("Calling number"), required=False, max_length=128)
    access_code = TextField(label=_("Robot access code"), required=False, max_length=64)
    call_id = TextField(label=_("Call ID"), required=False, max_length=128)

    def __init__(self, data: QueryDict, *, tenant: Tenant, now: datetime) -> None:
        self.tenant, self.now = tenant, now
        choices = period_choices(tenant)
        data = data.copy()
        if "period" not in data:
            # A Call ID is looked for as far back as may be searched at once.
            days = [key for key, _label in choices if key != periods.CUSTOM]
            data["period"] = days[-1] if data.get("call_id") else DEFAULT_PERIOD
        super().__init__(data)
        number: Any = self.fields["calling_number"]
        number.tenant, number.kind = tenant, "number"
        period: Any = self.fields["period"]
        period.choices = choices

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "period" not in self.errors:
            values["window"] = self.window_of(values["period"], values, tenant=self.tenant, now=self.now)
        return values

    @property
    def window(self) -> periods.Window | None:
        """What the period means; None when the criteria are not valid."""
        return self.cleaned_data["window"] if self.is_valid() else None

    @property
    def condition(self) -> Q:
        """What is asked of a call besides its start time."""
        values = self.cleaned_data
        asked = Q()
        if values["calling_number"]:
            stored = personal.forms(self.tenant, "number", values["calling_number"])
            asked &= personal.equals(["calling_number"], stored)
        for name in ("access_code", "call_id"):
            if values[name]:
                asked &= Q(**{name: values[name]})
        return asked

    @property
    def asks_more(self) -> bool:
        """Whether anything but the period is asked."""
        return any(self.cleaned_data.get(name) for name in ("calling_number", "access_code", "call_id"))
