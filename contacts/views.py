"""The pages of contact records: bind, ask, render.

What is asked is left to `filters`, how it is found to `search`, what is shown of a record to `data_items`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aicc.lib.keyset import BadCursor, Cursor
from aicc.tenants.access import tenant_page
from aicc.tenants.choices import Permission
from contacts.data_items import DATA_ITEMS, rows, shown_items
from contacts.filters import ContactFilter
from contacts.models import Message, Transfer
from contacts.search import COUNT_CAP, RELATED, ContactSearch, SearchTimeout
from contacts.visibility import Visibility

PAGE_SIZES = (20, 50, 100)
DEFAULT_SIZE = 50
# Where a page stands, not what is searched: what a new search drops.
POSITION = ("after", "before", "as_of")


@require_safe
@tenant_page()
def contact_list(request: HttpRequest) -> HttpResponse:
    """Contact History > Contact (guide, Table 1)."""
    now = timezone.now()
    criteria = ContactFilter(request.GET, account=request.user, now=_as_of(request, now))
    context = _frame(request, criteria, now)
    if not criteria.is_valid():
        return _render(request, "list", context, status=422 if request.htmx else 200)
    try:
        page = ContactSearch(criteria).page(size=context["size"], **_cursor(request))
    except BadCursor:
        context["notice"] = _("That page does not exist. These are the newest contacts.")
        page = ContactSearch(criteria).page(size=context["size"])
    except SearchTimeout:
        return _render(request, "unavailable", context, status=503)
    position = {"as_of": criteria.now.isoformat()}
    context |= {
        "page": page,
        "rows": rows(page.records, context["items"]),
        "older_url": _address(request.GET, **position, after=page.older) if page.older else None,
        "newer_url": _address(request.GET, **position, before=page.newer) if page.newer else None,
        "count_url": _address(request.GET, "contacts:count", **position),
        "suggestions": list(_suggestions(request, criteria)) if not page.records else [],
    }
    return _render(request, "list", context)


@require_safe
@tenant_page()
def contact_count(request: HttpRequest) -> HttpResponse:
    """How many contacts match, loaded after the rows: exact up to 10,000, then 10,000+."""
    criteria = ContactFilter(request.GET, account=request.user, now=_as_of(request, timezone.now()))
    context: dict[str, Any] = {"list_url": _address(request.GET)}
    if criteria.is_valid():
        try:
            found = ContactSearch(criteria).count()
        except SearchTimeout:
            return render(request, "contacts/_count.html", context, status=503)
        shown = number_format(min(found, COUNT_CAP), use_l10n=True, force_grouping=True)
        context |= {"number": found, "count": f"{shown}+" if found > COUNT_CAP else shown}
    return render(request, "contacts/_count.html" if request.htmx else "contacts/count.html", context)


@require_safe
@tenant_page()
def contact_details(request: HttpRequest, id: int) -> HttpResponse:
    """What is behind a Call S/N: the facts, the conversation, the call's other records, its transfers."""
    reach = Visibility.of(request.user).within_reach().select_related(*RELATED)
    record = get_object_or_404(reach, id=id)
    may_listen = request.user.may(Permission.PLAY)
    own = {"tenant": request.user.tenant, "record_id": record.id}
    related = reach.of_call(record.call_sn).order_by("-started_at", "-id")
    context = {
        "record": record,
        "facts": [(item.label, item.cell(record)) for item in DATA_ITEMS if item.key != "call_sn"],
        "may_listen": may_listen,
        "messages": Message.objects.filter(**own).order_by("position") if may_listen else [],
        "related": rows(list(related), shown_items()),
        "transfers": Transfer.objects.filter(**own).order_by("position"),
        "list_url": reverse("contacts:list"),
    }
    return render(request, "contacts/details.html", context)


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
    sentences = criteria.sentences
    clear = {name: None for sentence in sentences for name in sentence.remove}
    return {
        "criteria": criteria,
        "chips": [
            Link(
                sentence.label,
                _address(request.GET, **dict.fromkeys(sentence.remove)) if sentence.remove else None,
                sentence.value,
                sentence.name,
            )
            for sentence in sentences
        ],
        "clear_url": _address(request.GET, **clear) if len(clear) > 1 else None,
        "refresh_url": _address(request.GET),
        "reset_url": reverse("contacts:list"),
        "one_day_url": _address(request.GET, period="1d", start=None, end=None),
        "items": shown_items(),
        "size": int(size) if size in map(str, PAGE_SIZES) else DEFAULT_SIZE,
        "sizes": PAGE_SIZES,
        "updated_at": now,
        "zone_label": f"GMT{timezone.localtime(now).isoformat()[-6:]}",
    }


def _render(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or to htmx the part of it that changes."""
    part = request.htmx and not request.htmx.history_restore_request
    template = {"list": "_results", "unavailable": "_unavailable"}[name] if part else name
    return render(request, f"contacts/{template}.html", context, status=status)


def _suggestions(request: HttpRequest, criteria: ContactFilter) -> Iterator[Link]:
    """Where to look when nothing was found: the next longer period."""
    offered = [(key, label) for key, label in criteria.period_choices if key != "custom"]
    keys = [key for key, _label in offered]
    chosen = criteria.form.cleaned_data["period"] or keys[0]
    for key, label in offered[keys.index(chosen) + 1 :][:1] if chosen in keys else []:
        yield Link(_("Search the last %(period)s") % {"period": label}, _address(request.GET, period=key))


def _address(query: QueryDict, name: str = "contacts:list", **changes: Any) -> str:
    """The page's own address with some parameters changed, or taken away by None. It starts at the first page."""
    query = query.copy()
    for key, value in {**dict.fromkeys(POSITION), **changes}.items():
        query.pop(key, None)
        if value is not None:
            query[key] = str(value)
    return f"{reverse(name)}?{query.urlencode()}" if query else reverse(name)


def _cursor(request: HttpRequest) -> dict[str, Cursor]:
    return {name: Cursor.parse(request.GET[name]) for name in ("after", "before") if request.GET.get(name)}


def _as_of(request: HttpRequest, now: datetime) -> datetime:
    """The moment a search was begun, which its further pages and its count keep: `1 Day` must not slide between."""
    try:
        begun = datetime.fromisoformat(request.GET.get("as_of", ""))
        return begun if now - timedelta(days=1) < begun <= now else now
    except (ValueError, TypeError, OverflowError):
        return now
