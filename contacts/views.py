"""The list of contact records and what belongs to it: bind, ask, render.

What is asked is left to `filters`, how it is found to `search`, what is shown of a record to `data_items`, the
page of a single one to `details`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aicc.lib.fields import TextField
from aicc.lib.periods import PERIOD_DAYS
from aicc.lib.timelimit import SearchTimeout
from aicc.tenants import parameters
from aicc.tenants.access import signed_in_as_agent, tenant_page
from aicc.tenants.choices import Permission
from aicc.tenants.criteria import DEFAULT_PERIOD, PERIODS, longer_period
from contacts.addresses import address, position
from contacts.charts import Volume
from contacts.criteria import SHORTEST_PART
from contacts.data_items import DataItem, Row, rows, shown_items
from contacts.filters import ContactFilter
from contacts.media import Operations
from contacts.models import ContactRecord
from contacts.search import COUNT_CAP, ContactSearch
from contacts.unfinished import lines, tabs
from contacts.visibility import UNORGANIZED, DataScope, Visibility

PAGE_SIZES = (20, 50, 100)
DEFAULT_SIZE = 50
# How many accounts a type-ahead shows.
MOST_OPTIONS = 20
# The criteria of the bar; all others stand in More.
BAR = {"period", "start", "end", "contact_number", "data_scope", "ou", "include_sub_ous"}


@require_safe
@tenant_page()
def contact_list(request: HttpRequest) -> HttpResponse:
    """Contact History > Contact (guide, Table 1)."""
    now = timezone.now()
    at = position(request.GET, now)
    criteria = ContactFilter(request.GET, account=request.user, now=at.as_of, decision=at.decision)
    context = _frame(request, criteria, now)
    if not criteria.is_valid():
        return _render(request, "list", context, status=422 if request.htmx else 200)
    try:
        search = ContactSearch(criteria)
        page = search.page(size=context["size"], after=at.after, before=at.before)
        if not page.records and at.after:
            # All that stood after this row were processed meanwhile: there may be others before it.
            page = search.page(size=context["size"])
    except SearchTimeout:
        return _render(request, "unavailable", context, status=503)
    begun = {"as_of": at.as_of.isoformat()}
    rows = _rows(request, page.records, context["items"])
    if criteria.is_unfinished:
        rows = lines(rows, request.GET, now)
    context |= {
        "page": page,
        "rows": rows,
        "has_several": any(row.process_url for row in rows),
        "older_url": address(request.GET, **begun, after=page.older) if page.older else None,
        "newer_url": address(request.GET, **begun, before=page.newer) if page.newer else None,
        "count_url": address(request.GET, "contacts:count", **begun),
        "volume_url": address(request.GET, "contacts:volume", **begun),
        "suggestions": list(_suggestions(request, criteria)) if not page.records else [],
        "notice": _("That page does not exist. These are the newest contacts.") if at.forged else "",
    }
    return _render(request, "list", context)


@require_safe
@tenant_page()
def contact_count(request: HttpRequest) -> HttpResponse:
    """How many contacts match, loaded after the rows: exact up to 10,000, then 10,000+."""
    criteria = _again(request)
    context: dict[str, Any] = {"list_url": address(request.GET), "unfinished": criteria.is_unfinished}
    status = 200
    if criteria.is_valid():
        try:
            found = ContactSearch(criteria).count()
            shown = number_format(min(found, COUNT_CAP), use_l10n=True, force_grouping=True)
            context |= {"number": found, "count": f"{shown}+" if found > COUNT_CAP else shown}
        except SearchTimeout:
            status = 503
    return render(request, "contacts/_count.html" if request.htmx else "contacts/count.html", context, status=status)


@require_safe
@tenant_page()
def contact_volume(request: HttpRequest) -> HttpResponse:
    """How many contacts started when, over the window; each bar narrows the period to its own."""
    criteria = _again(request)
    context: dict[str, Any] = {"list_url": address(request.GET)}
    if criteria.is_valid():
        try:
            step, bins = ContactSearch(criteria).histogram()
            context["volume"] = Volume(step, bins, request.GET, now=criteria.now)
        except SearchTimeout:
            context["too_many"] = True
    return render(request, "contacts/_volume.html" if request.htmx else "contacts/volume.html", context)


@require_safe
@tenant_page()
def account_options(request: HttpRequest) -> HttpResponse:
    """The accounts that handled records within reach and whose name or Employee ID has the typed text."""
    try:
        typed = TextField(required=False, max_length=200).clean(request.GET.get("q", ""))
        found = Visibility.of(request.user).handlers()
        found = found.filter(Q(name__icontains=typed) | Q(employee_id__startswith=typed)).order_by("name", "id")
        accounts = list(found[: MOST_OPTIONS + 1])
    except ValidationError:
        typed, accounts = "", []
    chosen = set(request.GET.getlist("account"))
    options = [
        Link(account.name, address(_with(request, account=account.pk), q=None), account.employee_id, str(account.pk))
        for account in accounts[:MOST_OPTIONS]
    ]
    context = {"typed": typed, "options": options, "chosen": chosen, "more": len(accounts) > MOST_OPTIONS}
    return render(request, f"contacts/{'_' if request.htmx else ''}account_options.html", context)


@require_safe
@tenant_page()
def unit_options(request: HttpRequest) -> HttpResponse:
    """The organization units to choose from, as a tree: those whose name has the typed text, and what is above them."""
    visibility = Visibility.of(request.user)
    typed = request.GET.get("q", "").strip()[:200].casefold()
    units = list(visibility.units) if visibility.data_scopes else []
    matches = {unit.id for unit in units if typed in unit.name.casefold()}
    kept = visibility.tenant.units.with_ancestors(matches)
    levels: dict[int | None, int] = {}
    for unit in units:
        # Among the account's options: those above it may not be there.
        levels[unit.id] = levels.get(unit.parent_id, 0) + 1
    nodes = [
        {
            "unit": unit,
            "level": levels[unit.id],
            "matches": bool(typed) and unit.id in matches,
            "url": address(request.GET, q=None, ou=unit.id, data_scope=DataScope.ORGANIZATION.value),
        }
        for unit in units
        if unit.id in kept
    ]
    context = {
        "nodes": nodes,
        "typed": request.GET.get("q", ""),
        "matches": len(matches),
        "chosen": request.GET.get("ou", ""),
        "unorganized_url": address(request.GET, q=None, ou=UNORGANIZED, data_scope=DataScope.ORGANIZATION.value)
        if visibility.offers_unorganized
        else None,
    }
    return render(request, f"contacts/{'_' if request.htmx else ''}unit_options.html", context)


def _rows(request: HttpRequest, records: list[ContactRecord], items: list[DataItem]) -> list[Row]:
    """Lines of a list, each with what may be done there."""
    offered = Operations.of_all(records, request.user, as_agent=signed_in_as_agent(request))
    return [replace(row, operations=offered[row.record.id]) for row in rows(records, items)]


@dataclass(frozen=True)
class Link:
    """A link in words; on a chip `label` and `value` say the criterion, and `url` takes it away."""

    label: Any
    url: str | None
    value: str = ""
    name: str = ""


def _frame(request: HttpRequest, criteria: ContactFilter, now: datetime) -> dict[str, Any]:
    """What stands around the rows, found or not."""
    size = request.GET.get("size", "")
    # Which list it is, the tabs say.
    sentences = [sentence for sentence in criteria.sentences if sentence.name != "tab"]
    lists = tabs(request.GET, criteria)
    clear = {name: None for sentence in sentences for name in sentence.remove}
    return {
        "criteria": criteria,
        "chips": [
            Link(
                sentence.label,
                address(request.GET, **dict.fromkeys(sentence.remove)) if sentence.remove else None,
                sentence.short,
                sentence.name,
            )
            for sentence in sentences
        ],
        "clear_url": address(request.GET, **clear) if len(clear) > 1 else None,
        "refresh_url": address(request.GET),
        "may_export": request.user.may(Permission.EXPORT),
        "export_url": address(request.GET, "exports:new"),
        "reset_url": next((tab.reset_url for tab in lists if tab.current), reverse("contacts:list")),
        "tabs": lists,
        "unfinished": criteria.is_unfinished,
        "one_day_url": address(request.GET, period="1d", start=None, end=None),
        "items": shown_items(criteria.visibility.tenant),
        "size": int(size) if size in map(str, PAGE_SIZES) else DEFAULT_SIZE,
        "sizes": PAGE_SIZES,
        "updated_at": now,
        "zone_label": f"GMT{timezone.localtime(now).isoformat()[-6:]}",
        **_panel(criteria),
    }


def _panel(criteria: ContactFilter) -> dict[str, Any]:
    """What the criteria show besides their values: the unit's path, what is set in More, the limits hints name."""
    tenant = criteria.visibility.tenant
    unit = criteria.form.cleaned_data.get("ou")
    path = " › ".join(tenant.units.path(unit)) if isinstance(unit, int) else ""
    more = criteria.form.fields.keys() - BAR
    return {
        "unit_label": _("Unorganized") if unit == UNORGANIZED else path or criteria.form.data.get("ou", ""),
        "unit_limit": parameters.UNIT_LIMIT.value(tenant),
        "agent_limit": parameters.FUZZY_AGENT_LIMIT.value(tenant),
        "more_count": sum(any(criteria.form.data.getlist(name)) for name in more),
        "more_open": not more.isdisjoint(criteria.form.errors),
    }


def _render(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or to htmx the part of it that changes."""
    part = request.htmx and not request.htmx.history_restore_request
    template = {"list": "_results", "unavailable": "_unavailable"}[name] if part else name
    return render(request, f"contacts/{template}.html", context, status=status)


def _suggestions(request: HttpRequest, criteria: ContactFilter) -> Iterator[Link]:
    """Where to look when nothing was found: the next longer period, and a part of the number."""
    days = min((f.longest_days for _name, f, _value in criteria.applied() if f.longest_days), default=None)
    key = longer_period(criteria.visibility.tenant, criteria.form.cleaned_data["period"] or DEFAULT_PERIOD)
    if key and (days is None or PERIOD_DAYS[key] <= days):
        yield Link(_("Search the last %(period)s") % {"period": PERIODS[key]}, address(request.GET, period=key))
    number = criteria.form.cleaned_data.get("contact_number")
    if number and len(number) >= SHORTEST_PART and "number_contains" in criteria.available:
        url = address(request.GET, contact_number=None, number_contains=number)
        yield Link(_("Use Contact Number (Fuzzy Search)"), url)


def _again(request: HttpRequest) -> ContactFilter:
    """The criteria of a page that asks for more about its search."""
    at = position(request.GET, timezone.now())
    return ContactFilter(request.GET, account=request.user, now=at.as_of, decision=at.decision)


def _with(request: HttpRequest, **added: Any) -> QueryDict:
    """The query with values added to those a parameter has."""
    query = request.GET.copy()
    for key, value in added.items():
        query.appendlist(key, str(value))
    return query
