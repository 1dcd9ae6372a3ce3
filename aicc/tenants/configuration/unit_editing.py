"""What changes the organization: add, rename, move, order and delete a unit, and move an account to another."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import NameField, ThingForm, decision, erase, is_carried, press
from aicc.tenants.configuration.units import UnitField
from aicc.tenants.models import Account, OrganizationUnit
from aicc.tenants.shell import leave_dialog

NAME_TAKEN = gettext_lazy("Another organization unit there has this name.")


class UnitForm(ThingForm):
    name = NameField()
    taken = {"unit_name_once_under_parent": ("name", NAME_TAKEN)}

    class Meta:
        model = OrganizationUnit
        fields = ["name"]


class MoveForm(ThingForm):
    """Where a unit is moved to: anywhere but under itself."""

    taken = {"unit_name_once_under_parent": ("parent", NAME_TAKEN)}

    class Meta:
        model = OrganizationUnit
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, instance: OrganizationUnit) -> None:
        super().__init__(data, instance=instance, initial={"parent": instance.parent_id})
        self.fields["parent"] = UnitField(
            instance.tenant, label=_("Organization Unit"), none=_("At the top"), below=instance.pk
        )

    def clean_parent(self) -> OrganizationUnit | None:
        parent = self.cleaned_data["parent"]
        if not self.instance.may_stand_under(parent):
            raise ValidationError(_("It cannot stand under itself. Choose another organization unit."))
        return parent

    def save(self, commit: bool = True) -> None:
        # Where it stands already it keeps its place.
        if self.changed_data:
            self.instance.put_under(self.cleaned_data["parent"])


class MoveAccountForm(ThingForm):
    class Meta:
        model = Account
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, instance: Account) -> None:
        super().__init__(data, instance=instance, initial={"unit": instance.unit_id})
        self.fields["unit"] = UnitField(instance.tenant, label=_("Organization Unit"), none=_("Unorganized"))

    def save(self, commit: bool = True) -> None:
        self.instance.unit = self.cleaned_data["unit"]
        self.instance.save(update_fields=["unit"])


@decision
def add_unit(request: HttpRequest) -> HttpResponse:
    """A new unit at the top."""
    return _add(request, None)


@decision
def add_sub_unit(request: HttpRequest, id: int) -> HttpResponse:
    return _add(request, _unit(request, id))


@decision
def rename_unit(request: HttpRequest, id: int) -> HttpResponse:
    unit = _unit(request, id)
    form = UnitForm(request.POST or None, instance=unit)
    if form.keep():
        return _done(request, form, _("Saved."))
    return _dialog(request, "edit_name", unit.pk, form=form, title=_("Rename organization unit"))


@decision
def move_unit(request: HttpRequest, id: int) -> HttpResponse:
    """With everything below it."""
    unit = _unit(request, id)
    form = MoveForm(request.POST or None, instance=unit)
    if form.keep():
        return _done(request, form, _("Organization unit moved."))
    below = sum(1 for _unit in request.user.tenant.units.descendants(unit.pk))
    return _dialog(request, "move", unit.pk, form=form, name=unit.name, field=form["parent"], below=below)


@press
def order_unit(request: HttpRequest, id: int) -> HttpResponse:
    """One place up or down among its siblings."""
    unit = _unit(request, id)
    tree = request.user.tenant.units
    before = [sibling.id for sibling in tree.children(unit.parent_id)].index(unit.pk)
    unit.step(-1 if request.POST.get("direction") == "up" else 1)
    request.user.tenant.__dict__.pop("units", None)
    after = [sibling.id for sibling in request.user.tenant.units.children(unit.parent_id)].index(unit.pk)
    if after != before:
        place = {_("Position"): str(before + 1)}, {_("Position"): str(after + 1)}
        record_request(request, Action.ORGANIZATION, target=_path(unit), before=place[0], after=place[1])
    return redirect(_page(unit.pk))


@decision
def delete_unit(request: HttpRequest, id: int) -> HttpResponse:
    """Only an empty one: nothing below it, no account in it, no contact record of it."""
    unit = _unit(request, id)
    tree = request.user.tenant.units
    accounts = Account.objects.for_tenant(request.user.tenant)
    granted = list(accounts.filter(granted_units=unit).order_by("name", "id").values_list("name", flat=True))
    context = {
        "unit": unit,
        "children": len(tree.children(unit.pk)),
        "members": accounts.filter(unit=unit).count(),
        "granted": len(granted),
    }
    path = _path(unit)
    if request.method == "POST" and erase(unit):
        before = {_("Name"): path, _("Granted to"): ", ".join(granted)}
        lost = {label: words for label, words in before.items() if words}
        record_request(request, Action.ORGANIZATION, target=path, before=lost)
        messages.success(request, _("Organization unit deleted."))
        return leave_dialog(request, _page(unit.parent_id))
    context["carried"] = not (context["children"] or context["members"]) and is_carried(unit)
    return _dialog(request, "delete_unit", id, **context)


@decision
def move_account(request: HttpRequest, id: int) -> HttpResponse:
    """To another organization unit. Its contact records stay with the one they were handled in."""
    account = get_object_or_404(Account.objects.for_tenant(request.user.tenant), id=id)
    was_in = account.unit_id
    form = MoveAccountForm(request.POST or None, instance=account)
    if form.keep():
        if form.changed_data:
            form.log(request, Action.ACCOUNTS, target=account.name)
        messages.success(request, _("Account moved."))
        return leave_dialog(request, _page(was_in or "unorganized"))
    return _dialog(request, "move", was_in or "unorganized", form=form, name=account.name, field=form["unit"])


def _unit(request: HttpRequest, id: int) -> OrganizationUnit:
    unit = get_object_or_404(OrganizationUnit.objects.for_tenant(request.user.tenant).select_related("parent"), id=id)
    # The tree is the request's: read once, after the tenant is held.
    unit.tenant = request.user.tenant
    return unit


def _path(unit: OrganizationUnit) -> str:
    return " › ".join(unit.tenant.units.path(unit.pk))


def _page(chosen: int | str | None) -> str:
    url = reverse("configuration:organization")
    return f"{url}?unit={chosen}" if chosen else url


def _add(request: HttpRequest, parent: OrganizationUnit | None) -> HttpResponse:
    tenant = request.user.tenant
    position = tenant.units.next_position(parent.pk if parent else None)
    unit = OrganizationUnit(tenant=tenant, parent=parent, position=position)
    form = UnitForm(request.POST or None, instance=unit)
    if form.keep():
        # It was not in the tree when that was read.
        tenant.__dict__.pop("units", None)
        return _done(request, form, _("Organization unit added."))
    title = _("Add organization unit") if parent is None else _("Add sub-organization")
    return _dialog(request, "edit_name", parent.pk if parent else None, form=form, title=title, under=parent)


def _done(request: HttpRequest, form: forms.ModelForm, said: str) -> HttpResponse:
    """The unit's path says which one; before a move it is what it was."""
    unit = form.instance
    if form.changed_data:
        form.log(request, Action.ORGANIZATION, target=_path(unit))
    messages.success(request, said)
    return leave_dialog(request, _page(unit.pk))


def _dialog(request: HttpRequest, template: str, chosen: int | str | None, **context: Any) -> HttpResponse:
    return render(request, f"tenants/configuration/{template}.html", {**context, "back_url": _page(chosen)})
