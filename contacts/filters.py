"""What is searched for? The criteria of the Contact page: field, limits, condition and words of each in one place.

How the records are then found is left to `search`, whose records may be found to `visibility`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aicc.lib import periods
from aicc.lib.text import UnstorableText, storable
from aicc.tenants import parameters
from aicc.tenants.models import Account
from contacts.models import ContactRecord
from contacts.terms import Condition, Term
from contacts.visibility import Visibility

PERIODS = {
    "1d": _("1 Day"),
    "3d": _("3 Days"),
    "7d": _("7 Days"),
    "31d": _("31 Days"),
    "90d": _("90 Days"),
    periods.CUSTOM: _("Customization"),
}
DEFAULT_PERIOD = "1d"
LOCAL_TIME = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A criterion in words. `remove` names the parameters that go when the criterion goes; empty: it stays."""

    name: str
    label: str | Promise
    value: str
    remove: tuple[str, ...] = ()


class TextField(forms.CharField):
    """Text as it is kept: what PostgreSQL cannot hold is an error of this field, not of the page."""

    def to_python(self, value: Any) -> str:
        try:
            return storable(super().to_python(value))
        except UnstorableText:
            raise ValidationError(_("Use letters, digits and signs only.")) from None


class LocalTimeField(forms.DateTimeField):
    """A time as the native control writes it, without zone: the criteria know the tenant's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format=LOCAL_TIME)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=[LOCAL_TIME], error_messages={"invalid": _("Enter a date and a time.")}, **kwargs
        )

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            local = datetime.strptime(str(value)[:40], LOCAL_TIME)  # noqa: DTZ007 – local on purpose
        except ValueError:
            raise ValidationError(self.error_messages["invalid"]) from None
        if not 1990 <= local.year < 2200:
            raise ValidationError(_("Enter a year from 1990 to 2199."))
        return local


class Criterion:
    """A filter that also says what it asks of a record (`condition`) and itself in words (`sentence`)."""

    def condition(self, value: Any, criteria: "ContactFilter") -> Condition | None:
        raise NotImplementedError

    def words(self, value: Any) -> str:
        return str(value)


class ContactNumber(Criterion, django_filters.CharFilter):
    """Exactly the calling, called or handled number."""

    field_class = TextField

    def condition(self, value: str, criteria: "ContactFilter") -> Condition:
        numbers = Q(caller_number=value) | Q(called_number=value) | Q(handled_number=value)
        return Condition(numbers, (Term("number", value),))


class LocalTime(django_filters.Filter):
    """An end of a Customization period. It is no criterion by itself: the form makes a window of both."""

    field_class = LocalTimeField


class CriteriaForm(forms.Form):
    """The rules that concern more than one criterion. `window` is what the period means."""

    visibility: Visibility
    now: datetime

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        # An empty period is the default one, as on the first visit.
        chosen = values.get("period") or DEFAULT_PERIOD
        if "period" not in self.errors:
            values["window"] = self._custom(values) if chosen == periods.CUSTOM else self._last(chosen)
        return values

    def _last(self, period: str) -> periods.Window:
        return periods.last_days(periods.PERIOD_DAYS[period], now=self.now)

    def _custom(self, values: dict[str, Any]) -> periods.Window | None:
        for name in ("start", "end"):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, _("Enter a date and a time."))
        if "start" in self.errors or "end" in self.errors:
            return None
        start, end = values["start"], values["end"]
        limit = parameters.TIME_SPAN.value(self.visibility.tenant)
        if end <= start:
            self.add_error("end", _("Enter a time after the start."))
        elif (end - start).total_seconds() > limit * 24 * 3600:
            self.add_error("end", _("Enter a time at most %(days)s days after the start.") % {"days": limit})
        else:
            return self._between(start, end)
        return None

    def _between(self, start: datetime, end: datetime) -> periods.Window | None:
        zone = parameters.zone_of(self.visibility.tenant)
        try:
            return periods.between(start, end, zone)
        except periods.DoesNotExist as gap:
            skipped = {"before": f"{gap.before:%Y-%m-%d %H:%M}", "after": f"{gap.after:%H:%M}"}
            for name, local in (("start", start), ("end", end)):
                if gap.before <= local < gap.after:
                    self.add_error(name, _("The clocks skipped %(before)s to %(after)s.") % skipped)
            return None


class ContactFilter(django_filters.FilterSet):
    """The criteria, bound once to a query string, the account that asks, and the moment it asks.

    Say `is_valid()` first: criteria that are not valid find nothing.
    """

    period = django_filters.ChoiceFilter(
        label=_("Period"),
        choices=(),
        empty_label=None,
        error_messages={"invalid_choice": _("Choose one of the periods. This one is longer than can be searched.")},
    )
    start = LocalTime(label=_("From"))
    end = LocalTime(label=_("To"))
    contact_number = ContactNumber(label=_("Contact number"), max_length=128)

    class Meta:
        model = ContactRecord
        fields: list[str] = []
        form = CriteriaForm

    def __init__(self, data: QueryDict, *, account: Account, now: datetime) -> None:
        self.visibility = Visibility.of(account)
        self.now = now
        super().__init__(data, queryset=ContactRecord.objects.none())

    @cached_property
    def form(self) -> CriteriaForm:
        form = super().form
        form.visibility, form.now = self.visibility, self.now
        form.fields["period"].choices = self.period_choices
        return form

    @cached_property
    def period_choices(self) -> list[tuple[str, str | Promise]]:
        """The periods that are not longer than the tenant's Time Span for Contact Record Query."""
        limit = parameters.TIME_SPAN.value(self.visibility.tenant)
        return [(key, label) for key, label in PERIODS.items() if periods.PERIOD_DAYS.get(key, 0) <= limit]

    @property
    def window(self) -> periods.Window | None:
        """What the period means; None when the criteria are not valid."""
        return self.form.cleaned_data.get("window") if self.is_valid() else None

    @cached_property
    def conditions(self) -> list[Condition]:
        """What is asked of a record besides its start time, the account's reach first."""
        if not self.is_valid():
            raise ValueError("Criteria that are not valid find nothing.")
        asked = (f.condition(value, self) for _name, f, value in self._applied())
        return [self.visibility.condition(), *(condition for condition in asked if condition is not None)]

    @property
    def sentences(self) -> list[Sentence]:
        """Each criterion that is applied, in words."""
        if not self.is_valid():
            return []
        values = self.form.cleaned_data
        period = str(PERIODS[values["period"] or DEFAULT_PERIOD])
        if values["period"] == periods.CUSTOM:
            period = f"{values['start']:%Y-%m-%d %H:%M} – {values['end']:%Y-%m-%d %H:%M}"
        said = [Sentence("period", self.filters["period"].label, period)]
        said += [Sentence(name, f.label, f.words(value), (name,)) for name, f, value in self._applied()]
        return said

    def _applied(self) -> Iterator[tuple[str, Any, Any]]:
        for name, criterion in self.filters.items():
            value = self.form.cleaned_data.get(name)
            if isinstance(criterion, Criterion) and value not in (None, "", []):
                yield name, criterion, value

    @property
    def hint(self) -> str:
        """What to know when nothing was found."""
        if number := self.form.cleaned_data.get("contact_number"):
            return gettext("Contact number %(number)s is searched as an exact match.") % {"number": number}
        return ""
