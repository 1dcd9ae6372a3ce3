"""What do all searches of a tenant ask alike? A period, within the tenant's time span, and personal numbers and names.

What else is searched for is left to each search.
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aicc.lib import periods
from aicc.lib.fields import TextField
from aicc.lib.sealing import KeyFileError
from aicc.tenants import parameters, personal
from aicc.tenants.models import Tenant

PERIODS = {
    "1d": _("1 Day"),
    "3d": _("3 Days"),
    "7d": _("7 Days"),
    "31d": _("31 Days"),
    "90d": _("90 Days"),
    periods.CUSTOM: _("Customization"),
}
DEFAULT_PERIOD = "1d"


def period_choices(tenant: Tenant) -> list[tuple[str, str | Promise]]:
    """The periods that are not longer than the tenant's Time Span for Contact Record Query."""
    limit = parameters.TIME_SPAN.value(tenant)
    return [(key, label) for key, label in PERIODS.items() if periods.PERIOD_DAYS.get(key, 0) <= limit]


def longer_period(tenant: Tenant, period: str) -> str | None:
    """The next longer period that the tenant may search; none after the longest and beside Customization."""
    days = [key for key, _label in period_choices(tenant) if key != periods.CUSTOM]
    return next(iter(days[days.index(period) + 1 :]), None) if period in days else None


def period_in_words(period: str, values: dict[str, Any]) -> str:
    if period == periods.CUSTOM:
        return f"{values['start']:%Y-%m-%d %H:%M} – {values['end']:%Y-%m-%d %H:%M}"
    return str(PERIODS[period])


class PeriodForm(forms.Form):
    """A form with the fields period, start and end. It says what they mean, or which of them is wrong."""

    def window_of(self, period: str, values: dict[str, Any], *, tenant: Tenant, now: datetime) -> periods.Window | None:
        """The window that a period means; None with errors at the fields when it means none."""
        if period == periods.CUSTOM:
            return self._custom(values, tenant)
        return periods.last_days(periods.PERIOD_DAYS[period], now=now)

    def _custom(self, values: dict[str, Any], tenant: Tenant) -> periods.Window | None:
        for name in ("start", "end"):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, _("Enter a date and a time."))
        if "start" in self.errors or "end" in self.errors:
            return None
        start, end = values["start"], values["end"]
        limit = parameters.TIME_SPAN.value(tenant)
        if end <= start:
            self.add_error("end", _("Enter a time after the start."))
        elif end - start > timedelta(days=limit):
            self.add_error("end", _("Enter a time at most %(days)s days after the start.") % {"days": limit})
        else:
            return self._between(start, end, tenant)
        return None

    def _between(self, start: datetime, end: datetime, tenant: Tenant) -> periods.Window | None:
        zone = parameters.zone_of(tenant)
        try:
            return periods.between(start, end, zone)
        except periods.DoesNotExist as gap:
            skipped = {"before": f"{gap.before:%Y-%m-%d %H:%M}", "after": f"{gap.after:%H:%M}"}
            for name, local in (("start", start), ("end", end)):
                if gap.before <= local < gap.after:
                    self.add_error(name, _("The clocks skipped %(before)s to %(after)s.") % skipped)
            return None


class PersonalTextField(TextField):
    """A number or a name, which may be stored sealed: without its key it cannot be searched for."""

    tenant: Tenant
    kind: str

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            try:
                personal.forms(self.tenant, self.kind, value)
            except KeyFileError:
                raise ValidationError(
                    _("Numbers and names are encrypted, and their key is missing. Tell whoever runs this site.")
                ) from None
