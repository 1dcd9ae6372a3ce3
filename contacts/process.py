"""Process: the dialog in which the call reason of a contact record is set, or of several at once.

Who may, and what if two people do, is left to `processing`; what may be said to `forms`; which contact comes next to
`unfinished`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from psycopg.errors import ForeignKeyViolation

from aicc.lib.text import is_digits
from aicc.tenants.access import tenant_page
from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action
from aicc.tenants.models import Account
from contacts import processing, unfinished
from contacts.addresses import address, process_address
from contacts.data_items import all_items, reason_path
from contacts.decisions import CallReason
from contacts.filters import UNFINISHED_TAB
from contacts.forms import LONGEST_REMARKS, OfferedReasons, ProcessForm
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.offers import Refused
from contacts.search import RELATED
from contacts.visibility import Visibility

FACTS = ("customer_number", "media_type", "started_at", "duration")
# The call reasons an account chose last, in its session.
_RECENT = "recent_call_reasons"
MOST_RECENT = 5
_LARGEST_ID = 2**63 - 1


class _Gone(Exception):
    """The call reason was deleted or deactivated while its form was on its way."""


@dataclass(frozen=True)
class Sheet:
    """What stands in the dialog: the records, the form, and what its author saw of each record.

    `conflicts` are the records that somebody else changed meanwhile; `kept` are the ids of those that stay as somebody
    else left them.
    """

    records: list[ContactRecord]
    form: ProcessForm
    seen: dict[int, str]
    conflicts: list[ContactRecord] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)

    @property
    def record(self) -> ContactRecord | None:
        """The one it is about, unless there are several."""
        return self.records[0] if len(self.records) == 1 else None

    @property
    def facts(self) -> list[tuple[Any, Any]]:
        """(label, cell) of what tells one record from another."""
        if self.record is None:
            return []
        items = {item.key: item for item in all_items(self.record.tenant)}
        return [(items[key].label, items[key].cell(self.record)) for key in FACTS]


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page()
def process(request: HttpRequest, id: int) -> HttpResponse:
    """Set the call reason and the remarks of a contact record (PRODUCT.md 8)."""
    return _answer(request, [id])


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page()
def process_several(request: HttpRequest) -> HttpResponse:
    """The same for several records (`record`, repeated): one reason for all, each is logged by itself."""
    try:
        return _answer(request, _chosen(request.GET.getlist("record")))
    except Refused as refused:
        return _refused(request, str(refused))


def _answer(request: HttpRequest, ids: list[int]) -> HttpResponse:
    try:
        if request.method == "POST":
            return _save(request, ids)
        return _show(request, _fresh(_records(request.user, ids)))
    except Refused as refused:
        return _refused(request, str(refused))


def _chosen(sent: Sequence[str]) -> list[int]:
    """The ids that an address names. Refused when there are none, too many, or something else."""
    if not sent:
        raise Refused(_("No contacts are selected. Select them in the list."))
    if not all(is_digits(text) and len(text) < 20 and int(text) <= _LARGEST_ID for text in sent):
        raise Refused(_("These are not contacts of the list. Select them there."))
    ids = list(dict.fromkeys(int(text) for text in sent))
    if len(ids) > processing.MOST_AT_ONCE:
        raise Refused(
            _("Call reasons can be set for at most %(most)s contacts at once, and %(number)s are selected.")
            % {"most": processing.MOST_AT_ONCE, "number": len(ids)}
        )
    return ids


def _records(account: Account, ids: list[int]) -> list[ContactRecord]:
    """The records with these ids. 404 when one is out of reach, 403 or Refused when one may not be processed."""
    reach = _within_reach(account, ids).select_related(*RELATED).defer("extended")
    found = {record.id: record for record in reach}
    if len(found) < len(ids):
        raise Http404
    offers = [processing.offer(record, account) for record in found.values()]
    if not all(offer.permitted for offer in offers):
        raise PermissionDenied
    for offer in offers:
        offer.require()
    records = [found[id] for id in ids]
    for record in records:
        record.tenant = account.tenant
    return records


def _within_reach(account: Account, ids: list[int]) -> ContactRecordQuerySet:
    # No id is larger; asked for one, the database would not answer.
    return Visibility.of(account).within_reach().filter(id__in=[id for id in ids if id <= _LARGEST_ID])


def _fresh(records: list[ContactRecord]) -> Sheet:
    """The dialog as it opens: one record as it is, several with nothing said yet."""
    reasons = OfferedReasons(records[0].tenant, [record.call_reason_id for record in records if record.call_reason_id])
    one = records[0] if len(records) == 1 else None
    initial = {"reason": one.call_reason_id, "remarks": one.remarks} if one else {}
    return Sheet(records, ProcessForm(reasons=reasons, initial=initial), _as_seen(records))


def _save(request: HttpRequest, ids: list[int]) -> HttpResponse:
    with transaction.atomic():
        # Nobody else changes them from here on; what was allowed before that is asked again.
        is_held = processing.hold(_within_reach(request.user, ids), request.user, ids)
        account = Account.objects.across_tenants().select_related("tenant").get(pk=request.user.pk)
        if not account.is_active:
            raise PermissionDenied
        if not is_held:
            raise Http404
        sheet = _sent(request, _records(account, ids))
        chosen = [record for record in sheet.records if record.id not in sheet.kept]
        # With a mistake and a conflict both are said. Where all is left as somebody else left it, nothing need be said.
        is_valid = sheet.form.is_valid() or not chosen
        done = is_valid and not sheet.conflicts and (not chosen or _set(request, sheet, chosen, account))
    return _saved(request, sheet, len(chosen)) if done else _show(request, sheet, status=422)


def _sent(request: HttpRequest, records: list[ContactRecord]) -> Sheet:
    """What somebody sent, beside what stands there now: then it is said who was first, and what is seen is renewed."""
    seen = dict(_pairs(request.POST.getlist("seen")))
    decision, kept = request.POST.get("conflict"), set(_ids(request.POST.getlist("kept")))
    if decision == "keep":
        kept |= set(_ids(request.POST.getlist("theirs")))
    conflicts = processing.changed([record for record in records if record.id not in kept], seen)
    carried = [record.call_reason_id for record in records if record.call_reason_id]
    initial = {"reason": records[0].call_reason_id, "remarks": records[0].remarks} if len(records) == 1 else {}
    form = ProcessForm(request.POST, reasons=OfferedReasons(records[0].tenant, carried), initial=initial)
    return Sheet(records, form, _as_seen(records) if conflicts else seen, conflicts, sorted(kept))


def _set(request: HttpRequest, sheet: Sheet, records: list[ContactRecord], account: Account) -> bool:
    """Set what a valid form says, and log it. False when its reason went this very moment: the form says so."""
    line, remarks = sheet.form.cleaned_data["reason"], sheet.form.cleaned_data["remarks"]
    reasons = CallReason.objects.for_tenant(account.tenant).select_related("parent__parent")
    reason = reasons.filter(pk=line.id, is_active=True).first()
    before = {record.id: (reason_path(record.call_reason), record.remarks) for record in records}
    try:
        with transaction.atomic():
            if reason is None:
                raise _Gone
            # Empty remarks of several leave each its own.
            said = None if sheet.record is None and not remarks else remarks
            processing.process(records, reason, said, by=account, now=timezone.now())
            # Whether the reason is still there is otherwise asked when it is too late to say so.
            connection.check_constraints()
    except (_Gone, IntegrityError) as error:
        if not isinstance(error.__cause__, ForeignKeyViolation | None):
            raise
        sheet.form.add_error("reason", sheet.form.fields["reason"].error_messages["gone"])
        return False
    for record in records:
        _log(request, record, before[record.id])
    _remember(request, line.id)
    return True


def _log(request: HttpRequest, record: ContactRecord, before: tuple[str, str]) -> None:
    """That remarks changed is logged, their words are not: they may name people."""
    label, was = str(_("Call Reason")), before
    after = {label: reason_path(record.call_reason)}
    if record.remarks != was[1]:
        after[str(_("Call Remarks"))] = _("Changed")
    record_request(request, Action.PROCESS, target=record.call_sn, before={label: was[0]}, after=after)


def _saved(request: HttpRequest, sheet: Sheet, number: int) -> HttpResponse:
    """On to the next contact where that was asked for, else back to where the dialog was opened."""
    if sheet.record is None:
        said = ngettext("Call reason of %(number)s contact set.", "Call reason of %(number)s contacts set.", number)
        said = said % {"number": number} if number else _("Left as they were.")
    else:
        said = _("Call reason set.") if number else _("Left as it was.")
    changed = {"ids": [str(record.id) for record in sheet.records]}
    if sheet.record and request.POST.get("then") == "next":
        record = unfinished.following(request.GET, request.user, sheet.record, timezone.now())
        if record:
            record.tenant = request.user.tenant
            if not request.htmx:
                messages.success(request, said)
                return HttpResponseRedirect(process_address(request.GET, record.id))
            response = _show(request, _fresh([record]), said=said)
            return _with_event(response, {**changed, "next": str(record.id)})
        said = f"{said} {_('Nothing left to process.')}"
    if not request.htmx:
        messages.success(request, said)
        return HttpResponseRedirect(_back_url(request, sheet.record))
    return _with_event(render(request, "contacts/_processed.html", {"said": said}), changed)


def _with_event(response: HttpResponse, changed: dict[str, Any]) -> HttpResponse:
    """The page behind hears what changed, before the answer is shown. Ids are text: they are too long for a script."""
    response["HX-Trigger"] = json.dumps({"contacts:changed": changed})
    return response


def _show(request: HttpRequest, sheet: Sheet, *, said: str = "", status: int = 200) -> HttpResponse:
    """`said` is what was done with the contact before."""
    now = timezone.now()
    goes_on = request.GET.get("tab") == UNFINISHED_TAB and sheet.record is not None
    context = {
        "sheet": sheet,
        "form": sheet.form,
        "recent": sheet.form.reasons.picked(request.session.get(_RECENT, [])),
        "left": unfinished.left(request.GET, request.user, now) if goes_on else "",
        "goes_on": goes_on,
        "then": request.POST.get("then", "") if sheet.conflicts else "",
        "said": said,
        "longest": LONGEST_REMARKS,
        "dialog_url": process_address(request.GET, sheet.record.id) if sheet.record else request.get_full_path(),
        "back_url": _back_url(request, sheet.record),
    }
    return render(request, "contacts/process.html", context, status=status if request.htmx else 200)


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    context = {"refusal": sentence, "back_url": _back_url(request, None)}
    return render(request, "contacts/process.html", context, status=422 if request.htmx else 200)


def _back_url(request: HttpRequest, record: ContactRecord | None) -> str:
    """The list with its search; from the details of a record, these."""
    if record is not None and not request.GET:
        return reverse("contacts:details", args=[record.id])
    return address(request.GET, record=None)


def _as_seen(records: list[ContactRecord]) -> dict[int, str]:
    return {record.id: record.reason_seen for record in records}


def _pairs(sent: Sequence[str]) -> list[tuple[int, str]]:
    """What a form says its author saw: "id-token" each. What is something else is nothing."""
    parts = [text.partition("-") for text in sent]
    return [(int(id), token) for id, _dash, token in parts if is_digits(id) and len(id) < 20]


def _ids(sent: Sequence[str]) -> list[int]:
    return [int(text) for text in sent if is_digits(text) and len(text) < 20]


def _remember(request: HttpRequest, reason: int) -> None:
    recent = [id for id in request.session.get(_RECENT, []) if id != reason]
    request.session[_RECENT] = [reason, *recent][:MOST_RECENT]
