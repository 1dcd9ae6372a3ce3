"""Call reasons: a tree of up to three levels that agents choose from, and records carry.

What may be done to a reason is left to its verbs in `contacts.decisions`.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants.access import administrator_page
from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import decision, press
from aicc.tenants.configuration.editing import EditForm
from aicc.tenants.models import Tenant
from aicc.tenants.organization import UnitTree
from aicc.tenants.shell import leave_dialog
from contacts.decisions import CallReason, Refused
from contacts.fields import TextField


@require_safe
@administrator_page
def call_reasons(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Call reasons: the tree, by keyword, and the reason that is chosen."""
    tenant = request.user.tenant
    reasons = {reason.pk: reason for reason in _reasons(tenant)}
    tree = _tree(reasons.values())
    typed = request.GET.get("q", "").strip()[:200].casefold()
    chosen = _chosen(request, reasons)
    matches = {one.id for one in tree if typed in one.name.casefold()}
    kept = tree.with_ancestors(matches)
    context = {
        "nodes": [
            {"reason": reasons[one.id], "level": one.depth + 1, "matches": bool(typed) and one.id in matches}
            for one in tree
            if one.id in kept
        ],
        "typed": request.GET.get("q", ""),
        "matches": len(matches),
        "chosen": chosen,
        "path": tree.path(chosen.pk)[:-1] if chosen else [],
        "total": len(reasons),
        "inactive": sum(not one.is_active for one in reasons.values()),
    }
    if chosen:
        siblings = [one.id for one in tree if one.parent_id == chosen.parent_id]
        context |= {
            "below": sum(1 for _one in tree.descendants(chosen.pk)),
            "is_first": siblings[0] == chosen.pk,
            "is_last": siblings[-1] == chosen.pk,
            "takes_more": tree[chosen.pk].depth + 1 < CallReason.LEVELS,
        }
    part = {"reason-tree": "_reason_tree", "reason": "_reason"}.get(request.htmx.target if request.htmx else None)
    return render(request, f"contacts/configuration/{part or 'call_reasons'}.html", context)


class NameForm(EditForm, forms.Form):
    """The name of a reason that is there, or of a new one."""

    name = TextField(
        label=gettext_lazy("Name"), max_length=200, error_messages={"required": gettext_lazy("Enter a name.")}
    )


class MoveForm(EditForm, forms.Form):
    """Under which reason a reason stands: any that has room for it and for what is below it."""

    parent = forms.ModelChoiceField(
        label=gettext_lazy("Under"),
        queryset=CallReason.objects.none(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose from the list.")},
    )

    def __init__(self, data: Any = None, *, reason: CallReason) -> None:
        super().__init__(data, initial={"parent": reason.parent})
        below = list(reason.levels_below())
        own = {reason.pk, *(id for level in below for id in level)}
        tree = _tree(_reasons(reason.tenant))
        rooms = [one.id for one in tree if one.id not in own and one.depth + 1 + 1 + len(below) <= CallReason.LEVELS]
        self.fields["parent"].queryset = _reasons(reason.tenant).filter(pk__in=rooms)
        self.fields["parent"].choices = [("", _("First level")), *((id, " › ".join(tree.path(id))) for id in rooms)]


@decision
def add(request: HttpRequest) -> HttpResponse:
    """A new reason, on the first level or under another (`parent`)."""
    tenant = request.user.tenant
    parent = request.GET.get("parent", "")
    # What is no id is nobody's.
    known = parent.isascii() and parent.isdigit() and len(parent) < 19
    above = _reason(tenant, int(parent) if known else 0) if parent else None
    form = NameForm(_sent(request))
    reason = CallReason(tenant=tenant, parent=above)

    def change() -> None:
        reason.name = form.cleaned_data["name"]
        reason.add()

    if not _done(form, change):
        return _dialog(request, "add_reason", form, above, " › ".join(above.path) if above else "")
    target = " › ".join(reason.path)
    record_request(request, Action.CALL_REASONS, target=target, after={str(_("Call Reason")): target})
    messages.success(request, _("Added. Agents can choose it from now on."))
    return _back(request, reason)


@decision
def rename(request: HttpRequest, id: int) -> HttpResponse:
    """Records that carry the reason show its new name."""
    reason = _reason(request.user.tenant, id)
    target = " › ".join(reason.path)
    form = NameForm(_sent(request), initial={"name": reason.name})
    if form.is_valid() and not form.changed_data:
        return _back(request, reason)
    if not _done(form, lambda: reason.rename(form.cleaned_data["name"])):
        return _dialog(request, "rename_reason", form, reason, target)
    form.log(request, Action.CALL_REASONS, target)
    messages.success(request, _("Renamed. Records that carry it show the new name."))
    return _back(request, reason)


@decision
def move(request: HttpRequest, id: int) -> HttpResponse:
    """Put a reason, with all below it, under another one."""
    reason = _reason(request.user.tenant, id)
    target = " › ".join(reason.path)
    form = MoveForm(_sent(request), reason=reason)
    if form.is_valid() and not form.changed_data:
        return _back(request, reason)
    if not _done(form, lambda: reason.move(form.cleaned_data["parent"])):
        return _dialog(request, "move_reason", form, reason, target)
    form.log(request, Action.CALL_REASONS, target)
    messages.success(request, _("Moved. It stands last where it is now."))
    return _back(request, reason)


@press
def order(request: HttpRequest, id: int) -> HttpResponse:
    """One place up or down among those beside it."""
    reason = _reason(request.user.tenant, id)
    by = {"up": -1, "down": 1}.get(request.POST.get("step"), 0)
    if by:
        before = _order(reason)
        reason.step(by)
        if (after := _order(reason)) != before:
            record_request(request, Action.CALL_REASONS, target=" › ".join(reason.path), before=before, after=after)
    return _back(request, reason)


@press
def activate(request: HttpRequest, id: int) -> HttpResponse:
    """Offer a reason again, with all below it, and what is above it."""
    reason = _reason(request.user.tenant, id)
    if changed := reason.activate():
        _log_active(request, reason, changed)
        messages.success(request, _("Activated. Agents can choose it, and what is below it."))
    return _back(request, reason)


@decision
def deactivate(request: HttpRequest, id: int) -> HttpResponse:
    """Offer a reason no more, nor what is below it. Records keep it."""
    reason = _reason(request.user.tenant, id)
    if request.method != "POST":
        return _dialog(request, "deactivate_reason", forms.Form(), reason, " › ".join(reason.path))
    if changed := reason.deactivate():
        _log_active(request, reason, changed)
        messages.success(request, _("Deactivated. Records that carry it keep it."))
    return _back(request, reason)


@decision
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Delete a reason that nothing hangs on."""
    reason = _reason(request.user.tenant, id)
    target = " › ".join(reason.path)
    form = forms.Form(_sent(request))

    def change() -> None:
        try:
            # The database looks through the records of all tenants.
            with time_limit():
                reason.remove()
        except SearchTimeout:
            raise Refused(
                _("It takes too long to find out whether contact records carry it. Deactivate it instead.")
            ) from None

    if not _done(form, change):
        return _dialog(request, "delete_reason", form, reason, target)
    record_request(request, Action.CALL_REASONS, target=target, before={str(_("Call Reason")): target})
    messages.success(request, _("Deleted."))
    return _back(request, reason.parent)


def _reasons(tenant: Tenant) -> Any:
    """All of a tenant's, with what is above each."""
    return CallReason.objects.for_tenant(tenant).select_related("parent__parent").order_by("position", "name", "id")


def _tree(reasons: Iterable[CallReason]) -> UnitTree:
    """The same kind of tree as that of organization units."""
    return UnitTree((one.pk, one.parent_id, one.name, one.position) for one in reasons)


def _reason(tenant: Tenant, id: int) -> CallReason:
    return get_object_or_404(CallReason.objects.for_tenant(tenant).select_related("parent__parent"), pk=id)


def _chosen(request: HttpRequest, reasons: dict[int, CallReason]) -> CallReason | None:
    """The reason of the address; one that is not there (any more) is none."""
    return next((one for one in reasons.values() if str(one.pk) == request.GET.get("reason")), None)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _done(form: forms.Form, change: Any) -> bool:
    """Make the change that a valid form asks for. What refuses it stands on the form."""
    if not form.is_valid():
        return False
    try:
        change()
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _dialog(request: HttpRequest, name: str, form: forms.Form, reason: CallReason | None, path: str) -> HttpResponse:
    """`path` is where the reason stands, also when a change that was refused would have put it elsewhere."""
    context = {"form": form, "reason": reason, "path": path, "back_url": _url(reason)}
    status = 422 if form.errors and request.htmx else 200
    return render(request, f"contacts/configuration/{name}.html", context, status=status)


def _back(request: HttpRequest, reason: CallReason | None) -> HttpResponse:
    return leave_dialog(request, _url(reason))


def _url(reason: CallReason | None) -> str:
    return reverse("contact_configuration:call_reasons") + (f"?reason={reason.pk}" if reason else "")


def _log_active(request: HttpRequest, reason: CallReason, changed: int) -> None:
    label, words = str(_("Active")), (_("Yes"), _("No"))
    before, after = words[reason.is_active], words[not reason.is_active]
    count = ngettext("%(count)s call reason", "%(count)s call reasons", changed) % {"count": changed}
    record_request(
        request,
        Action.CALL_REASONS,
        target=" › ".join(reason.path),
        before={label: before},
        after={label: after, str(_("Changed")): count},
    )


def _order(reason: CallReason) -> dict[str, str]:
    return {str(_("Order")): ", ".join(one.name for one in CallReason.objects.beside(reason))}
