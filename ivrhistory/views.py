"""The pages of IVR call history: bind, ask, render.

What is asked is left to `filters`, how it is found to `search`, what is recorded at all to `recording`.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aicc.lib.addresses import address, around, came_from, position
from aicc.lib.timelimit import SearchTimeout
from aicc.tenants.access import tenant_page
from aicc.tenants.choices import Permission
from aicc.tenants.criteria import PERIODS, longer_period
from aicc.tenants.models import Tenant
from ivrhistory import recording
from ivrhistory.choices import BotType, Flag
from ivrhistory.filters import CallFilter
from ivrhistory.models import Bot, IvrCall
from ivrhistory.search import COUNT_CAP, CallSearch

LIST = "ivrhistory:calls"
PAGE_SIZES = (20, 50, 100)
DEFAULT_SIZE = 50
COUNT_SECONDS = 1
# What Call Details show of a long call until somebody asks for all of it.
FIRST_STEPS = 200


@require_safe
@tenant_page(Permission.VIEW_IVR)
def call_history(request: HttpRequest) -> HttpResponse:
    """System > Historical Call > Call History (guide: Procedure, steps 2 to 4)."""
    now = timezone.now()
    at = position(request.GET, now)
    criteria = CallFilter(request.GET, tenant=request.user.tenant, now=at.as_of)
    context = _frame(request, criteria, now)
    if not criteria.is_valid():
        return _render(request, context, status=422 if request.htmx else 200)
    search = CallSearch(criteria)
    try:
        page = search.page(size=context["size"], after=at.after, before=at.before)
        if not page.rows and at.after:
            # All that stood after this row are gone: there may be others before it.
            page = search.page(size=context["size"])
    except SearchTimeout:
        return _render(request, context | {"too_slow": True}, status=503)
    begun = {"as_of": at.as_of.isoformat()}
    context |= {
        "page": page,
        "notice": _("That page does not exist. These are the newest calls.") if at.forged else "",
        "older_url": address(request.GET, LIST, **begun, after=page.older) if page.older else None,
        "newer_url": address(request.GET, LIST, **begun, before=page.newer) if page.newer else None,
        **_count(search),
    }
    if not page.rows:
        context |= {"unrecorded": _unrecorded(request.user.tenant), "longer": _longer(request, criteria)}
    return _render(request, context)


@require_safe
@tenant_page(Permission.VIEW_IVR)
def call_details(request: HttpRequest, id: int) -> HttpResponse:
    """Call Details (guide: Procedure, step 5): what was said, step by step."""
    tenant = request.user.tenant
    call = get_object_or_404(IvrCall.objects.for_tenant(tenant).select_related("bot"), id=id)
    # Everything within reach, not only the reader's own records; where there is no choice of scopes it says nothing.
    same_call = urlencode({"call_id": call.call_id, "data_scope": "organization", **around(call.started_at)})
    context: dict[str, Any] = {
        "call": call,
        "contacts_url": f"{reverse('contacts:list')}?{same_call}",
        "list_url": came_from(request, LIST),
    }
    if call.has_details:
        is_whole = request.GET.get("steps") == "all"
        context |= {
            "turns": call.exchange(None if is_whole else FIRST_STEPS),
            "read_on_at": FIRST_STEPS + 1 if is_whole else None,
        }
    else:
        # Of later calls, which go by what the bot is now.
        flags, setting = recording.Flags.of(tenant), recording.DETAILS[BotType(call.bot.type)]
        context |= {
            "setting": setting.parameter.key,
            "flag": Flag(setting.value(tenant)).label,
            "blocking": [(one, one.value(tenant), one.said(one.value(tenant))) for one in flags.blocking(call.bot)],
        }
    return render(request, "ivrhistory/details.html", context)


def _frame(request: HttpRequest, criteria: CallFilter, now: datetime) -> dict[str, Any]:
    """What stands around the rows, found or not."""
    size = request.GET.get("size", "")
    return {
        "criteria": criteria,
        "size": int(size) if size in map(str, PAGE_SIZES) else DEFAULT_SIZE,
        "sizes": PAGE_SIZES,
        "reset_url": reverse(LIST),
        "again_url": address(request.GET, LIST),
        "updated_at": now,
        "zone_label": f"GMT{timezone.localtime(now).isoformat()[-6:]}",
    }


def _count(search: CallSearch) -> dict[str, Any]:
    """How many calls match: exact up to 10,000, then 10,000+; nothing when it takes too long to find out."""
    try:
        found = search.count(seconds=COUNT_SECONDS)
    except SearchTimeout:
        return {}
    shown = number_format(min(found, COUNT_CAP), use_l10n=True, force_grouping=True)
    return {"number": found, "count": f"{shown}+" if found > COUNT_CAP else shown}


def _unrecorded(tenant: Tenant) -> str:
    """What keeps history from being recorded now: a setting that is off, or switches that all are."""
    flag = recording.CALLS.value(tenant)
    if flag == Flag.OFF:
        return "setting"
    switched_on = Bot.objects.for_tenant(tenant).filter(records_history=True)
    return "switches" if flag == Flag.BOT_LEVEL and not switched_on.exists() else ""


def _longer(request: HttpRequest, criteria: CallFilter) -> tuple[str, str] | None:
    """The next longer period that may be searched, in words, and the address of the search with it."""
    period = longer_period(criteria.tenant, criteria.cleaned_data["period"])
    return (str(PERIODS[period]), address(request.GET, LIST, period=period)) if period else None


def _render(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or to htmx the part of it that changes."""
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, f"ivrhistory/{'_history' if part else 'calls'}.html", context, status=status)
