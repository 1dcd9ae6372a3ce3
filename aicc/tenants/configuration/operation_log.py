"""Who did what at this tenant? The operation log, newest first, by account, action and days.

What goes into it is left to `aicc.tenants.audit` and to whoever does things.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aicc.lib.keyset import BadCursor, Cursor, newer_than, newest_first, older_than
from aicc.lib.text import UnstorableText, storable
from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants.access import administrator_page
from aicc.tenants.choices import Action
from aicc.tenants.models import Account, Operation

PAGE_SIZE = 50
DAYS = 7
# How many accounts may have the typed text in their name: enough for a person, few enough for one statement.
MOST_ACCOUNTS = 500


class LogForm(forms.Form):
    """What is looked for. The days are local ones, both included."""

    account = forms.CharField(label=_("Account"), required=False, max_length=200)
    action = forms.ChoiceField(label=_("Action"), required=False, choices=[("", _("All")), *Action.choices])
    first = forms.DateField(label=_("From"), input_formats=["%Y-%m-%d"])
    last = forms.DateField(label=_("To"), input_formats=["%Y-%m-%d"])

    def clean_account(self) -> str:
        try:
            return storable(self.cleaned_data["account"])
        except UnstorableText:
            raise ValidationError(_("Use letters, digits and signs only.")) from None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in ("first", "last"):
            if name in values and not 1990 <= values[name].year < 2200:
                self.add_error(name, _("Enter a year from 1990 to 2199."))
        if not self.errors and values["last"] < values["first"]:
            self.add_error("last", _("Enter the day of the start or a later one."))
        return values


@require_safe
@administrator_page
def operation_log(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Operation log."""
    form = LogForm(_query(request))
    context: dict[str, Any] = {"form": form}
    try:
        if form.is_valid():
            with time_limit():
                context |= _page(request, _operations(request.user, form.cleaned_data))
    except SearchTimeout:
        context["too_slow"] = True
    status = 503 if "too_slow" in context else 200
    return render(request, "tenants/configuration/operation_log.html", context, status=status)


def _query(request: HttpRequest) -> QueryDict:
    """The criteria of the address; without days, the last seven."""
    query = request.GET.copy()
    today = timezone.localdate()
    query.setdefault("first", str(today - timedelta(days=DAYS - 1)))
    query.setdefault("last", str(today))
    return query


def _operations(reader: Account, values: dict[str, Any]) -> QuerySet[Operation]:
    start, end = _midnight(values["first"]), _midnight(values["last"] + timedelta(days=1))
    found = Operation.objects.for_tenant(reader.tenant).filter(at__gte=start, at__lt=end)
    if values["action"]:
        found = found.filter(action=values["action"])
    if values["account"]:
        named = Account.objects.for_tenant(reader.tenant).filter(name__icontains=values["account"])
        ids = list(named.order_by("id").values_list("id", flat=True)[:MOST_ACCOUNTS])
        # By the name of now, and by that of then.
        found = found.filter(Q(account__in=ids) | Q(account_name__icontains=values["account"]))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _page(request: HttpRequest, found: QuerySet[Operation]) -> dict[str, Any]:
    """A page by key. A cursor that this product did not write shows the first."""
    try:
        after, before = (
            Cursor.parse(text) if (text := request.GET.get(name)) else None for name in ("after", "before")
        )
    except BadCursor:
        after = before = None
    if before:
        newer = list(newer_than(found, before, at="at")[: PAGE_SIZE + 1])
        if len(newer) > PAGE_SIZE:
            rank = max(before.rank - PAGE_SIZE, 1)
            return _around(request, newer[:PAGE_SIZE][::-1], rank, newer=True, older=True)
        after = None
    rows = newest_first(older_than(found, after, at="at") if after else found, at="at")[: PAGE_SIZE + 1]
    page = list(rows)
    first = after.rank + 1 if after else 1
    return _around(request, page[:PAGE_SIZE], first, newer=after is not None, older=len(page) > PAGE_SIZE)


def _around(request: HttpRequest, page: list[Operation], first: int, *, newer: bool, older: bool) -> dict[str, Any]:
    def address(name: str, operation: Operation, rank: int) -> str:
        query = request.GET.copy()
        for key in ("after", "before"):
            query.pop(key, None)
        query[name] = str(Cursor(operation.at, operation.pk, rank))
        return f"?{query.urlencode()}"

    last = first + len(page) - 1
    return {
        "operations": page,
        "first": first,
        "last": last,
        "newer_url": address("before", page[0], first) if newer and page else None,
        "older_url": address("after", page[-1], last) if older else None,
    }
