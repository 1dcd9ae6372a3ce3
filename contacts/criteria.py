"""What does each criterion ask of a record? One class a kind of criterion: its options, limits, condition and words.

Which criteria there are, and the rules between them, is left to `filters`.
"""

from typing import Any, Protocol

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aicc.lib.fields import DigitsField, TextField
from aicc.lib.text import is_digits
from aicc.tenants import personal
from aicc.tenants.models import Tenant
from contacts import satisfaction
from contacts.fields import LocalTimeField, PersonalTextField, TickField
from contacts.terms import Condition, Term, minutes
from contacts.visibility import UNORGANIZED, DataScope, NotOffered, Visibility

# What a trigram index can find.
SHORTEST_PART = 3
NUMBERS = ("caller_number", "called_number", "handled_number")


class Asked(Protocol):
    """What a criterion may know of the search it belongs to."""

    visibility: Visibility
    form: forms.Form
    # The numbers that are searched as parts, because no record equals them.
    contains: frozenset[str]


class Criterion:
    """A filter that also says what it asks of a record (`condition`) and itself in words (`words`)."""

    # Parameters that mean nothing without this one, and go when it is taken away.
    with_it: tuple[str, ...] = ()
    # The longest span, in days, with which the criterion may be used; None: any.
    longest_days: int | None = None

    def offered(self, visibility: Visibility, scope: str) -> bool:
        """Whether the page has this criterion at all. One that is not offered is ineffective when sent by hand."""
        return True

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        """Give the form field what depends on who asks, and in which data scope."""

    def condition(self, value: Any, criteria: Asked) -> Condition | None:
        raise NotImplementedError("Each kind of criterion says what it asks.")

    def words(self, value: Any, criteria: Asked) -> str:
        return str(value)


class LocalTime(django_filters.Filter):
    """An end of a Customization period. It is no criterion by itself: the form makes a window of both."""

    field_class = LocalTimeField


class Scope(Criterion, django_filters.ChoiceFilter):
    """Data scope. What it asks of a record is asked together with the unit, by `Unit`."""

    def offered(self, visibility: Visibility, scope: str) -> bool:
        return bool(visibility.data_scopes)

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        field.choices = [(scope.value, scope.label) for scope in visibility.data_scopes]

    def condition(self, value: str, criteria: Asked) -> None:
        return None

    def words(self, value: str, criteria: Asked) -> str:
        return str(DataScope(value).label)


class UnitField(forms.Field):
    """An organization unit's id, or `unorganized`: whatever is not among the account's options is an error."""

    visibility: Visibility
    scope: str

    def to_python(self, value: Any) -> int | str | None:
        value = str(value or "").strip()
        if not value:
            return None
        unit: int | str = int(value) if is_digits(value) and len(value) < 19 else value
        try:
            self.visibility.condition(scope=self.scope if self.visibility.data_scopes else None, unit=unit)
        except NotOffered:
            if self.visibility.data_scopes and self.scope == DataScope.PERSONAL:
                raise ValidationError(_("Clear this, or choose Organization Data.")) from None
            raise ValidationError(_("Choose an organization unit from the list.")) from None
        return unit


class Unit(Criterion, django_filters.CharFilter):
    """Organization Unit, with or without its sub-organizations."""

    field_class = UnitField
    with_it = ("include_sub_ous",)

    def offered(self, visibility: Visibility, scope: str) -> bool:
        return bool(visibility.data_scopes) and scope == DataScope.ORGANIZATION

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        field.visibility, field.scope = visibility, scope

    def condition(self, value: int | str, criteria: Asked) -> None:
        return None

    def words(self, value: int | str, criteria: Asked) -> str:
        if value == UNORGANIZED:
            return gettext("Unorganized")
        path = " › ".join(criteria.visibility.tenant.units.path(int(value)))
        if criteria.form.cleaned_data.get("include_sub_ous"):
            return gettext("%(unit)s, with sub-organizations") % {"unit": path}
        return path


class IncludeSubUnits(django_filters.Filter):
    """Include Sub-Organizations: a word of the organization unit, not a criterion by itself."""

    field_class = TickField


class SomeField(forms.MultipleChoiceField):
    """Some of the choices. An empty one is none: what a plain form sends for "All"."""

    def to_python(self, value: Any) -> list[str]:
        return [word for word in super().to_python(value) if word]


class Choices(Criterion, django_filters.MultipleChoiceFilter):
    """Any of some values of a column; `kind` is their kind of term."""

    field_class = SomeField

    def __init__(self, *, kind: str, column: str = "", enum: type[TextChoices] | None = None, **kwargs: Any) -> None:
        super().__init__(
            choices=enum.choices if enum else (),
            error_messages={"invalid_choice": _("Choose from the list."), "invalid_list": _("Choose from the list.")},
            **kwargs,
        )
        self.kind, self.column = kind, column or kind

    def condition(self, value: list[str], criteria: Asked) -> Condition:
        terms = tuple(Term(self.kind, word) for word in value)
        return Condition(Q(**{f"{self.column}__in": value}), terms)

    def words(self, value: list[str], criteria: Asked) -> str:
        field: Any = criteria.form.fields[self.field_name]
        labels = dict(field.choices)
        return ", ".join(str(labels[word]) for word in value)


class Levels(Choices):
    """Any of the tenant's satisfaction levels, and the guide's values for those who chose none."""

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        field.choices = satisfaction.choices(visibility.tenant)


class Queues(Choices):
    """Any of the tenant's skill queues."""

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        # Read when somebody looks: criteria are also said in words where no list is shown.
        field.choices = lambda: visibility.tenant.queue_names.items()


class AccountsField(forms.MultipleChoiceField):
    """Accounts by id. Only those that handled records within reach are options; the page offers them as one types."""

    visibility: Visibility

    def clean(self, value: Any) -> list[Any]:
        words = [word for word in dict.fromkeys(value or []) if word]
        if not all(is_digits(word) and len(word) < 19 for word in words) or len(words) > 100:
            raise ValidationError(_("Choose accounts from the list."))
        found = list(self.visibility.handlers().filter(id__in=words).order_by("name", "id")) if words else []
        if len(found) < len({int(word) for word in words}):
            raise ValidationError(_("Choose accounts from the list."))
        return found


class Accounts(Criterion, django_filters.MultipleChoiceFilter):
    """Any of some business accounts."""

    field_class = AccountsField

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        field.visibility = visibility

    def condition(self, value: list[Any], criteria: Asked) -> Condition:
        terms = tuple(Term("account", str(account.pk)) for account in value)
        return Condition(Q(account__in=[account.pk for account in value]), terms)

    def words(self, value: list[Any], criteria: Asked) -> str:
        return ", ".join(account.name for account in value)


class ReasonSet(Criterion, django_filters.ChoiceFilter):
    """Call Reason Set or Not."""

    def condition(self, value: str, criteria: Asked) -> Condition:
        return Condition(Q(call_reason__isnull=value == "no"), (Term("reason_set", str(value == "yes").lower()),))

    def words(self, value: str, criteria: Asked) -> str:
        return str(dict(self.extra["choices"])[value])


class Exact(Criterion, django_filters.CharFilter):
    """Exactly this text in a column; `kind` is its kind of term, none when the column has an index of its own."""

    field_class: type[forms.Field] = TextField

    def __init__(self, *, kind: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def condition(self, value: str, criteria: Asked) -> Condition:
        found = Q(**{self.field_name: value})
        return Condition(found, (Term(self.kind, value),)) if self.kind else Condition(found, unique=True)


class CallSN(Exact):
    """The 19 digits of a Call S/N."""

    field_class = DigitsField


class Personal(Criterion, django_filters.CharFilter):
    """Exactly this personal text in one of some columns, in whichever form it is stored; `kind` is theirs."""

    field_class = PersonalTextField
    kind = "number"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.field_name,)

    def prepare(self, field: Any, visibility: Visibility, scope: str) -> None:
        field.tenant, field.kind = visibility.tenant, self.kind

    def condition(self, value: str, criteria: Asked) -> Condition:
        return self.exact(value, criteria.visibility.tenant)

    def exact(self, value: str, tenant: Tenant) -> Condition:
        stored = personal.forms(tenant, self.kind, value)
        return Condition(personal.equals(self.columns, stored), tuple(Term(self.kind, form) for form in stored))


class CustomerName(Personal):
    """Exactly the customer's name."""

    kind = "name"


class ContactNumber(Personal):
    """Exactly the calling, called or handled number."""

    columns = NUMBERS


class OneNumber(Personal):
    """The calling, called or handled number: exactly, and as a part when no record within reach equals it."""

    def condition(self, value: str, criteria: Asked) -> Condition:
        if self.field_name in criteria.contains:
            return Condition(personal.contains(self.columns, value), part=value)
        return super().condition(value, criteria)

    def words(self, value: str, criteria: Asked) -> str:
        if self.field_name in criteria.contains:
            return gettext("contains %(number)s") % {"number": value}
        return value


class NumberPart(Criterion, django_filters.CharFilter):
    """Contact Number (Fuzzy Search): a part of the calling, called or handled number."""

    field_class = TextField
    longest_days = 31

    def offered(self, visibility: Visibility, scope: str) -> bool:
        return visibility.may_search_parts

    def condition(self, value: str, criteria: Asked) -> Condition:
        return Condition(personal.contains(NUMBERS, value), part=value)


class Duration(Criterion, django_filters.CharFilter):
    """Call Duration Start or End, whole seconds. A contact that was never connected has no duration."""

    field_class = DigitsField
    longest_days = 31

    def condition(self, value: str, criteria: Asked) -> Condition:
        seconds = int(value)
        if self.lookup_expr == "gte":
            return Condition(Q(duration_seconds__gte=seconds), minutes(seconds, None))
        return Condition(Q(duration_seconds__lte=seconds), minutes(None, seconds))

    def words(self, value: str, criteria: Asked) -> str:
        return gettext("%(seconds)s s") % {"seconds": int(value)}
