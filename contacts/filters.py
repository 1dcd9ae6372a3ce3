"""What is searched for? The criteria of the Contact page (guide, Table 1), bound to who asks and when.

What each criterion asks of a record is left to `criteria`, how records are found to `search`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aicc.lib import periods
from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants import parameters
from aicc.tenants.criteria import DEFAULT_PERIOD, PeriodForm, period_choices, period_in_words
from aicc.tenants.models import Account
from contacts import criteria
from contacts.choices import CallType, MediaType
from contacts.criteria import Criterion
from contacts.models import UNFINISHED, ContactRecord
from contacts.terms import Condition, Hashes, Term, narrowed, weeks
from contacts.visibility import SubUnits, Visibility

UNFINISHED_TAB = "unfinished"
# The span up to which a number that no record equals is searched as a part of numbers (guide: seven days).
FALLBACK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Sentence:
    """A criterion in words. `remove` names the parameters that go when the criterion goes; empty: it stays.

    `chosen` is how many values `value` names.
    """

    name: str
    label: str | Promise
    value: str
    remove: tuple[str, ...] = ()
    chosen: int = 1

    @property
    def short(self) -> str:
        """As a chip has room for it: more than two values are counted."""
        return gettext("%(count)s selected") % {"count": self.chosen} if self.chosen > 2 else self.value


class CriteriaForm(PeriodForm):
    """The rules that concern more than one criterion. `window` is what the period means."""

    criteria: "ContactFilter"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.criteria.is_unfinished and not parameters.SET_CALL_REASON.value(self.criteria.visibility.tenant):
            # An export requested before is not to find everything instead.
            self.add_error(None, _("Call reasons are not set in this tenant: no contact is unfinished."))
        # An empty period is the default one, as on the first visit.
        chosen = values.get("period") or DEFAULT_PERIOD
        if "period" not in self.errors:
            window = self.window_of(chosen, values, tenant=self.criteria.visibility.tenant, now=self.criteria.now)
            values["window"] = window
            if window is not None:
                self._refuse_unavailable(values, window)
        self._check_durations(values)
        if self.data.get("number_contains") and not self.criteria.visibility.may_search_parts:
            # It has no field then; a bookmark, or an export requested before, is not to find everything instead.
            self.add_error(None, _("Numbers are encrypted and cannot be searched by a part."))
        return values

    def _refuse_unavailable(self, values: dict[str, Any], window: periods.Window) -> None:
        for name, days in self.criteria.unavailable_beyond(window).items():
            if values.get(name):
                self.add_error(name, _("Unavailable when the time span exceeds %(days)s days.") % {"days": days})

    def _check_durations(self, values: dict[str, Any]) -> None:
        least, most = values.get("duration_min"), values.get("duration_max")
        if least and most and int(most) < int(least):
            self.add_error("duration_max", _("Enter %(seconds)s or more.") % {"seconds": int(least)})


class ContactFilter(django_filters.FilterSet):
    """The criteria, bound once to a query string, the account that asks, and the moment it asks.

    Say `is_valid()` first: criteria that are not valid find nothing. `decision` is that of an earlier page of
    the same search, which this one keeps; None lets it decide.
    """

    period = django_filters.ChoiceFilter(
        label=_("Period"),
        choices=(),
        empty_label=None,
        error_messages={"invalid_choice": _("Choose one of the periods. This one is longer than can be searched.")},
    )
    start = criteria.LocalTime(label=_("From"))
    end = criteria.LocalTime(label=_("To"))
    contact_number = criteria.ContactNumber(label=_("Contact number"), max_length=128)
    data_scope = criteria.Scope(label=_("Data scope"), choices=())
    ou = criteria.Unit(label=_("Organization Unit"))
    include_sub_ous = criteria.IncludeSubUnits(label=_("Include Sub-Organizations"))
    call_type = criteria.Choices(label=_("Call Type"), kind="call_type", enum=CallType)
    media_type = criteria.Choices(label=_("Media Type"), kind="media_type", enum=MediaType)
    skill_queue = criteria.Queues(label=_("Skill Queue"), kind="skill_queue")
    satisfaction = criteria.Levels(label=_("Satisfaction Evaluation"), kind="satisfaction")
    reason_set = criteria.ReasonSet(label=_("Call Reason Set or Not"), choices=[("yes", _("Yes")), ("no", _("No"))])
    account = criteria.Accounts(label=_("Account"))
    employee_id = criteria.Exact(label=_("Employee ID"), kind="employee", max_length=32)
    caller_number = criteria.OneNumber(label=_("Caller Number"), max_length=128)
    called_number = criteria.OneNumber(label=_("Called Number"), max_length=128)
    handled_number = criteria.OneNumber(label=_("Handled Number"), max_length=128)
    customer_name = criteria.CustomerName(label=_("Customer Name"), max_length=200)
    call_sn = criteria.CallSN(label=_("Call S/N"), most=19, exactly=19)
    call_id = criteria.Exact(label=_("Call ID"), max_length=128)
    duration_min = criteria.Duration(label=_("Call Duration Start"), lookup_expr="gte", most=6)
    duration_max = criteria.Duration(label=_("Call Duration End"), lookup_expr="lte", most=6)
    number_contains = criteria.NumberPart(
        label=_("Contact Number (Fuzzy Search)"), least=criteria.SHORTEST_PART, max_length=128
    )

    class Meta:
        model = ContactRecord
        fields: list[str] = []
        form = CriteriaForm

    def __init__(self, data: QueryDict, *, account: Account, now: datetime, decision: int | None = None) -> None:
        self.visibility = Visibility.of(account)
        self.now = now
        self.timed_out = False
        self._decided = decision
        super().__init__(data, queryset=ContactRecord.objects.none())
        self.is_unfinished = data.get("tab") == UNFINISHED_TAB
        self.scope = self._scope(data)
        for name, criterion in list(self._criteria()):
            # A unit that is sent where none is offered stays, to be refused: without it more would be found.
            refused = name == "ou" and data.get("ou", "").strip()
            if not refused and not criterion.offered(self.visibility, self.scope):
                del self.filters[name]
        if self.is_unfinished:
            del self.filters["reason_set"]
        if "ou" not in self.filters:
            del self.filters["include_sub_ous"]

    def _scope(self, data: QueryDict) -> str:
        """The data scope that is in force: it decides which criteria are offered before the form is checked."""
        chosen = data.get("data_scope")
        return chosen if chosen in self.visibility.data_scopes else self.visibility.default_scope.value

    def _criteria(self) -> Iterator[tuple[str, Any]]:
        return ((name, f) for name, f in self.filters.items() if isinstance(f, Criterion))

    @cached_property
    def form(self) -> CriteriaForm:
        form = super().form
        form.criteria = self
        form.fields["period"].choices = self.period_choices
        for name, criterion in self._criteria():
            criterion.prepare(form.fields[name], self.visibility, self.scope)
        return form

    @cached_property
    def period_choices(self) -> list[tuple[str, str | Promise]]:
        """The periods that are not longer than the tenant's Time Span for Contact Record Query."""
        return period_choices(self.visibility.tenant)

    @property
    def window(self) -> periods.Window | None:
        """What the period means; None when the criteria are not valid."""
        return self.form.cleaned_data.get("window") if self.is_valid() else None

    def unavailable_beyond(self, window: periods.Window) -> dict[str, int]:
        """The criteria that this window is too long for, each with the days it may have."""
        return {
            name: f.longest_days
            for name, f in self._criteria()
            if f.longest_days is not None and window.span > timedelta(days=f.longest_days)
        }

    @property
    def unavailable(self) -> dict[str, int]:
        """The criteria that cannot be used with this period, each with the days it may have."""
        return self.unavailable_beyond(self.window) if self.window else {}

    @property
    def available(self) -> set[str]:
        """The criteria that are offered and can be used with this period."""
        return self.filters.keys() - self.unavailable.keys()

    @cached_property
    def sub_units(self) -> SubUnits | None:
        """With Include Sub-Organizations: how many of the sub-organizations are searched."""
        unit = self.form.cleaned_data.get("ou")
        if not isinstance(unit, int) or not self.form.cleaned_data.get("include_sub_ous"):
            return None
        return self.visibility.sub_units(unit, include_sub=True)

    @cached_property
    def conditions(self) -> list[Condition]:
        """What is asked of a record besides its start time, the account's reach first."""
        if not self.is_valid():
            raise ValueError("Criteria that are not valid find nothing.")
        values = self.form.cleaned_data
        reach = self.visibility.condition(
            scope=self.scope if self.visibility.data_scopes else None,
            unit=values.get("ou"),
            include_sub=bool(values.get("include_sub_ous")),
        )
        asked = (f.condition(value, self) for _name, f, value in self.applied())
        tab = [Condition(UNFINISHED, (Term("unfinished", "true"),))] if self.is_unfinished else []
        return [reach, *tab, *(condition for condition in asked if condition is not None)]

    @cached_property
    def contains(self) -> frozenset[str]:
        """The numbers that no record within reach and window equals, and that are searched as parts instead."""
        window, values = self.window, self.form.cleaned_data
        given = {name: values[name] for name in criteria.NUMBERS if values.get(name)}
        if window is None or not given or window.span > timedelta(days=FALLBACK_DAYS):
            return frozenset()
        if not self.visibility.may_fall_back:
            return frozenset()
        if self._decided is not None:
            return (
                frozenset(name for bit, name in enumerate(criteria.NUMBERS) if self._decided >> bit & 1) & given.keys()
            )
        return frozenset(name for name, number in given.items() if not self._equals_any(name, number, window))

    @property
    def decision(self) -> int:
        """Which numbers are searched as parts, a bit each: it rides in the cursor."""
        return sum(1 << bit for bit, name in enumerate(criteria.NUMBERS) if name in self.contains)

    def _equals_any(self, name: str, number: str, window: periods.Window) -> bool:
        """Whether a record equals the number. When that takes too long to find out, so would the search."""
        if self.timed_out:
            return True
        exact = self.filters[name].exact(number, self.visibility.tenant)
        records = self.visibility.within_reach().filter(
            exact.q, started_at__gte=window.start, started_at__lt=window.end
        )
        try:
            with time_limit():
                in_weeks = weeks(window.start, window.end)
                hashes = Hashes(self.visibility.tenant.pk, [exact], in_weeks)
                return narrowed(records, [exact], hashes, in_weeks).exists()
        except SearchTimeout:
            self.timed_out = True
            return True

    @property
    def sentences(self) -> list[Sentence]:
        """Each criterion that is applied, in words."""
        if not self.is_valid():
            return []
        values = self.form.cleaned_data
        period = period_in_words(values["period"] or DEFAULT_PERIOD, values)
        said = [Sentence("period", self.filters["period"].label, period)]
        if self.is_unfinished:
            said.insert(0, Sentence("tab", gettext("List"), gettext("Unfinished contact")))
        for name, criterion, value in self.applied():
            chosen = len(value) if isinstance(value, list) else 1
            words = criterion.words(value, self)
            said.append(Sentence(name, criterion.label, words, (name, *criterion.with_it), chosen))
        return said

    @property
    def query(self) -> str:
        """The criteria in force as a query string that stands for itself: what is kept of a search.

        Defaults are named in it, because a default may be another one when it is read again.
        """
        kept = QueryDict(mutable=True)
        for name in self.filters:
            kept.setlist(name, [value for value in self.data.getlist(name) if value])
        if self.is_unfinished:
            kept["tab"] = UNFINISHED_TAB
        kept["period"] = self.form.cleaned_data["period"] or DEFAULT_PERIOD
        if "data_scope" in self.filters:
            kept["data_scope"] = self.scope
        return kept.urlencode()

    def applied(self) -> Iterator[tuple[str, Any, Any]]:
        """(name, criterion, value) of those that are set."""
        for name, criterion in self._criteria():
            value = self.form.cleaned_data.get(name)
            if value not in (None, "", []):
                yield name, criterion, value

    @property
    def hint(self) -> str:
        """What to know when nothing was found."""
        if number := self.form.cleaned_data.get("contact_number"):
            return gettext("Contact number %(number)s is searched as an exact match.") % {"number": number}
        return ""
