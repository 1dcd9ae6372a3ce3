"""What is behind a Call S/N? One contact, as a page or as a part of one that htmx asks for (PRODUCT.md 5).

What may be done with it is left to `media` and `processing`, how its phases are drawn to `phases`.
"""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from aicc.lib.addresses import around
from aicc.tenants import audit, parameters
from aicc.tenants.access import signed_in_as_agent, tenant_page
from aicc.tenants.choices import Action, Permission
from aicc.tenants.models import Tenant
from contacts import phases
from contacts.addresses import came_from
from contacts.data_items import DataItem, all_items, reason_path, rows, shown_items
from contacts.media import Opens, Operations
from contacts.models import ContactRecord, ContactRecordQuerySet, Message, Phase, ReasonChange, Transfer
from contacts.search import RELATED
from contacts.visibility import Visibility

# What a page shows of the long parts until somebody asks for all of it.
FIRST_RECORDS, FIRST_MESSAGES = 20, 200
# A call reason is changed a few times; what a robot might do must not make a page of it.
MOST_CHANGES = 100
# Several records of a call tell of the same phases: more are read of the own and of the others than are drawn.
MOST_PHASES = 4 * phases.MOST
# They stand in a section of their own.
ELSEWHERE = {"call_sn", "call_reason", "remarks"}


@dataclass(frozen=True)
class Part:
    """The first of many rows, or all of them. `url` is the page that shows all."""

    rows: list[Any] = field(default_factory=list)
    total: int = 0
    url: str = ""

    @property
    def is_cut(self) -> bool:
        return len(self.rows) < self.total


@require_safe
@tenant_page()
def contact_details(request: HttpRequest, id: int) -> HttpResponse:
    """A contact: facts, phases, what was said, the call reason, recordings, the call's other records, transfers."""
    reach = Visibility.of(request.user).within_reach()
    record = get_object_or_404(reach.select_related(*RELATED), id=id)
    call, tenant = reach.of_call(record.call_sn), request.user.tenant
    own = {"tenant": tenant, "record_id": record.id}
    may_listen = request.user.may(Permission.PLAY)
    said = Message.objects.filter(**own).order_by("position")
    related = _part(request, "records", call.select_related(*RELATED).order_by("-started_at", "-id"), FIRST_RECORDS)
    offered = Operations.of_all([record, *related.rows], request.user, as_agent=signed_in_as_agent(request))
    operations = offered[record.id]
    if request.method == "GET" and operations.play and operations.opens == Opens.CONVERSATION:
        # What Play opens is here, whatever led to it.
        audit.record_request(request, Action.PLAY, target=record.call_sn)
    items = shown_items(tenant)
    lines = [replace(row, operations=offered[row.record.id]) for row in rows(related.rows, items)]
    context = {
        "record": record,
        "operations": operations,
        "items": items,
        "facts": [(item.label, item.cell(record)) for item in _facts(all_items(tenant))],
        "timeline": _timeline(call, record),
        "may_listen": may_listen,
        "conversation": _part(request, "messages", said, FIRST_MESSAGES) if may_listen else Part(),
        "related": replace(related, rows=lines),
        "transfers": _transfers(tenant, call),
        "list_url": came_from(request, "contacts:list"),
        "ivr_url": _ivr_url(request, record),
        **_reason(record, parameters.SET_CALL_REASON.value(tenant)),
    }
    is_part = request.htmx and not request.htmx.history_restore_request
    return render(request, "contacts/_drawer.html" if is_part else "contacts/details.html", context)


def _facts(items: list[DataItem]) -> list[DataItem]:
    """All of them, those that the list hides after the others: hiding makes room, it keeps nothing secret."""
    return sorted((item for item in items if item.key not in ELSEWHERE), key=lambda item: not item.shown)


def _part(request: HttpRequest, name: str, found: QuerySet[Any], first: int) -> Part:
    """The first rows, or all where the address says so: `?records=all`."""
    if request.GET.get(name) == "all":
        everything = list(found)
        return Part(everything, len(everything))
    shown = list(found[: first + 1])
    if len(shown) <= first:
        return Part(shown, len(shown))
    query = request.GET.copy()
    query[name] = "all"
    return Part(shown[:first], found.count(), f"{request.path}?{query.urlencode()}")


def _timeline(call: ContactRecordQuerySet, record: ContactRecord) -> phases.Timeline | None:
    """The phases of the call's records within reach, the page's own among them however many there are."""
    first = call.order_by("started_at", "id")[: phases.MOST]
    records = {record.id: record, **{leg.id: leg for leg in first}}
    loaded = Phase.objects.filter(tenant=record.tenant_id, record_id__in=list(records))
    has_phases = set(loaded.values_list("record_id", flat=True).distinct())
    in_time = loaded.order_by("started_at", "record_id", "position")
    # However many the others have: the own ones are read.
    own, others = in_time.filter(record_id=record.id), in_time.exclude(record_id=record.id)
    found = [*own[: MOST_PHASES + 1], *others[: MOST_PHASES + 1]]
    without = [leg for leg in records.values() if leg.id not in has_phases]
    drawn = phases.timeline(without, found, own=record.id, now=timezone.now())
    return replace(drawn, is_cut=drawn.is_cut or len(found) > MOST_PHASES) if drawn else None


def _transfers(tenant: Tenant, call: ContactRecordQuerySet) -> QuerySet[Transfer]:
    """Those of the call that its records within reach tell of."""
    told = Transfer.objects.filter(tenant=tenant, record_id__in=call.values("id"))
    return told.order_by(F("transferred_at").asc(nulls_last=True), "record_id", "position")


def _reason(record: ContactRecord, is_asked: bool) -> dict[str, Any]:
    """The call reason, who set it, and what stood there before: newest first."""
    changes = ReasonChange.objects.filter(tenant=record.tenant_id, record_id=record.id)
    earlier = list(changes.filter(position__lt=record.reason_version).order_by("-position")[:MOST_CHANGES])
    reason = reason_path(record.call_reason)
    return {
        "reason": reason,
        "earlier": earlier,
        # Where call reasons are not set, there is a word about them only where one came with the record.
        "has_reasons": is_asked or bool(reason or record.remarks or earlier),
    }


def _ivr_url(request: HttpRequest, record: ContactRecord) -> str | None:
    """Where the IVR calls with the same Call ID are, for whoever may see them."""
    if not (record.call_id and request.user.may(Permission.VIEW_IVR)):
        return None
    return f"{reverse('ivrhistory:calls')}?{urlencode({'call_id': record.call_id, **around(record.started_at)})}"
