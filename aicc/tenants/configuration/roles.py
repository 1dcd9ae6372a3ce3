"""Roles: which permissions a tenant gives by one name. What a permission opens is left to the pages that ask for it."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aicc.tenants.access import administrator_page
from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action, Permission
from aicc.tenants.configuration.deciding import NameField, ThingForm, decision, erase
from aicc.tenants.models import Account, AccountQuerySet, Role
from aicc.tenants.shell import leave_dialog

# What each permission allows, in a sentence.
ALLOWS = {
    Permission.SEARCH_ALL: gettext_lazy("See every contact record of the tenant, whoever handled it."),
    Permission.VIEW_ALL_ORGANIZATION: gettext_lazy(
        "Together with the next one: see the contact records of every organization unit. Alone it opens nothing more."
    ),
    Permission.EDIT_ALL_ORGANIZATION: gettext_lazy(
        "Process the contacts of other accounts within reach; together with the one before, see all organization units."
    ),
    Permission.EXPORT: gettext_lazy("Export contact records to a file, and see the export tasks."),
    Permission.PLAY: gettext_lazy("Play recordings, and read conversations and transcripts."),
    Permission.DOWNLOAD: gettext_lazy("Download recording files and multimedia call content."),
    Permission.PROCESS: gettext_lazy("Set the call reason and the remarks of one's own contacts."),
    Permission.VIEW_IVR: gettext_lazy("See the call history of intelligent robots and IVRs."),
}


class RoleForm(ThingForm):
    name = NameField()
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"),
        choices=Permission,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose among the permissions below.")},
    )
    taken = {"role_name_once_in_tenant": ("name", gettext_lazy("Another role has this name."))}

    class Meta:
        model = Role
        fields = ["name", "permissions"]

    def clean_permissions(self) -> list[str]:
        """In the guide's order, each once."""
        return [value for value in Permission.values if value in self.cleaned_data["permissions"]]

    def rows(self) -> list[tuple[str, str, str, bool]]:
        """(value, label, what it allows, whether it is ticked)."""
        ticked = self["permissions"].value() or []
        return [(p.value, p.label, ALLOWS[p], p.value in ticked) for p in Permission]


@require_safe
@administrator_page
def roles(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Roles."""
    rows = Role.objects.for_tenant(request.user.tenant).order_by("name", "id")
    rows = rows.annotate(members=Count("accounts", filter=Q(accounts__is_active=True)))
    labels = dict(Permission.choices)
    listed = [(role, [labels[value] for value in labels if value in role.permissions]) for role in rows]
    return render(request, "tenants/configuration/roles.html", {"roles": listed})


@decision
def add_role(request: HttpRequest) -> HttpResponse:
    return _edit(request, Role(tenant=request.user.tenant))


@decision
def edit_role(request: HttpRequest, id: int) -> HttpResponse:
    return _edit(request, _role(request, id))


@decision
def delete_role(request: HttpRequest, id: int) -> HttpResponse:
    """Delete a role that no account has."""
    role = _role(request, id)
    members = _members(role).count()
    if request.method == "POST" and not members and erase(role):
        labels = dict(Permission.choices)
        lost = ", ".join(str(labels[value]) for value in role.permissions if value in labels)
        record_request(request, Action.ROLES, target=role.name, before={_("Name"): role.name, _("Permissions"): lost})
        messages.success(request, _("Role deleted."))
        return leave_dialog(request, reverse("configuration:roles"))
    context = {"role": role, "members": members, "back_url": reverse("configuration:roles")}
    return render(request, "tenants/configuration/delete_role.html", context)


def _role(request: HttpRequest, id: int) -> Role:
    return get_object_or_404(Role.objects.for_tenant(request.user.tenant), id=id)


def _members(role: Role) -> AccountQuerySet:
    return Account.objects.for_tenant(role.tenant).filter(roles=role)


def _edit(request: HttpRequest, role: Role) -> HttpResponse:
    form = RoleForm(request.POST or None, instance=role)
    if form.keep():
        if form.changed_data:
            form.log(request, Action.ROLES, target=role.name)
        messages.success(request, _("Saved. It is in force from the next request on."))
        return redirect("configuration:roles")
    members = _members(role).filter(is_active=True).count() if role.pk else 0
    context = {"form": form, "members": members, "back_url": reverse("configuration:roles")}
    return render(request, "tenants/configuration/role.html", context)
