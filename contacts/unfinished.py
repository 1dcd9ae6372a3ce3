"""What is particular about the tab Unfinished contact? Its place beside Contact records, its badge, which comes next.

Which contacts are unfinished is left to `filters`, setting a call reason to `process`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aicc.lib.fields import LOCAL_TIME
from aicc.lib.keyset import Cursor
from aicc.lib.periods import CUSTOM
from aicc.lib.timelimit import SearchTimeout
from aicc.tenants import parameters
from aicc.tenants.access import tenant_page
from aicc.tenants.models import Account
from contacts import processing
from contacts.addresses import address, process_address
from contacts.data_items import Row
from contacts.filters import UNFINISHED_TAB, ContactFilter
from contacts.media import Operations
from contacts.models import ContactRecord
from contacts.processing import Waiting
from contacts.search import ContactSearch
from contacts.visibility import DataScope, Visibility

# Beyond this a badge says "999+": nobody works off so many while looking at it.
COUNT_CAP = 999
# A count that nobody waits for.
COUNT_SECONDS = 1


@dataclass(frozen=True)
class Tab:
    """A list of contacts beside another. `count_url` is where to ask how much work it is."""

    label: str | Promise
    url: str
    reset_url: str
    current: bool
    count_url: str = ""


def tabs(query: QueryDict, criteria: ContactFilter) -> list[Tab]:
    """The lists to choose from, with the criteria kept; one list where no call reasons are set."""
    if not parameters.SET_CALL_REASON.value(criteria.visibility.tenant):
        return []
    all_of_them, reset = reverse("contacts:list"), f"{reverse('contacts:list')}?tab={UNFINISHED_TAB}"
    unfinished, count = address(query, tab=UNFINISHED_TAB, reason_set=None), reverse("contacts:unfinished_count")
    return [
        Tab(_("Contact records"), address(query, tab=None), all_of_them, not criteria.is_unfinished),
        Tab(_("Unfinished contact"), unfinished, reset, criteria.is_unfinished, count),
    ]


def lines(rows: Iterable[Row], query: QueryDict, now: datetime) -> list[Row]:
    """The tab's rows: each with how long it has waited, and where it is processed if that is offered."""
    return [
        replace(
            row,
            waiting=Waiting.of(row.record, now),
            process_url=process_address(query, row.record.id)
            if isinstance(row.operations, Operations) and row.operations.process
            else "",
        )
        for row in rows
    ]


@require_safe
@tenant_page()
def unfinished_count(request: HttpRequest) -> HttpResponse:
    """How many unfinished contacts are within reach, as far back as may be searched: the tab's badge."""
    criteria = _all_within_reach(request.user, timezone.now())
    number: int | None = None
    if criteria.is_valid():
        try:
            number = ContactSearch(criteria).count(COUNT_CAP, seconds=COUNT_SECONDS)
        except SearchTimeout:
            number = None
    return render(request, "contacts/_unfinished_count.html", {"count": capped(number), "number": number})


def following(query: QueryDict, account: Account, record: ContactRecord, now: datetime) -> ContactRecord | None:
    """The contact to process after this one: the next older one of the same search, at its end the newest left."""
    search = _to_process(query, account, now)
    if search is None:
        return None
    try:
        for after in (Cursor(record.started_at, record.id, 1), None):
            for found in search.page(size=2, after=after).records:
                if found.id != record.id:
                    return found
    except SearchTimeout:
        pass
    return None


def left(query: QueryDict, account: Account, now: datetime) -> str:
    """How many contacts of this search wait for this account; empty where it takes too long to find out."""
    search = _to_process(query, account, now)
    try:
        return capped(search.count(COUNT_CAP, seconds=COUNT_SECONDS)) if search else ""
    except SearchTimeout:
        return ""


def capped(number: int | None) -> str:
    """A count as the badge has it: none is nothing."""
    return f"{COUNT_CAP}+" if number and number > COUNT_CAP else str(number or "")


def _to_process(query: QueryDict, account: Account, now: datetime) -> ContactSearch | None:
    """What of a search in the tab may be processed; None where the search is another one, or not valid."""
    criteria = ContactFilter(query, account=account, now=now)
    if not criteria.is_unfinished or not criteria.is_valid():
        return None
    try:
        return ContactSearch(criteria, also=processing.processable(account))
    except SearchTimeout:
        return None


def _all_within_reach(account: Account, now: datetime) -> ContactFilter:
    visibility = Visibility.of(account)
    zone = parameters.zone_of(visibility.tenant)
    # To the minute that has begun: what ended in it may wait as well. Neither end is a local time that clocks skip.
    end = timezone.localtime(now + timedelta(minutes=1), zone).replace(tzinfo=None)
    start = (end - timedelta(days=parameters.TIME_SPAN.value(visibility.tenant))).replace(tzinfo=zone)
    start = start.astimezone(UTC).astimezone(zone)
    query = QueryDict(mutable=True)
    query.update(
        {"tab": UNFINISHED_TAB, "period": CUSTOM, "start": f"{start:{LOCAL_TIME}}", "end": f"{end:{LOCAL_TIME}}"}
    )
    if visibility.data_scopes:
        query["data_scope"] = DataScope.ORGANIZATION.value
    return ContactFilter(query, account=account, now=now)
