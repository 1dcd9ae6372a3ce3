"""The accounts of a tenant, searched and page by page. What is decided about one is left to `account_editing`."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aicc.lib.fields import TextField
from aicc.tenants.access import administrator_page
from aicc.tenants.configuration.units import UnitField
from aicc.tenants.models import Account, AccountQuerySet, Role, Tenant

PAGE_SIZE = 50


def listed(tenant: Tenant) -> AccountQuerySet:
    """A tenant's accounts by name, with what a list says of each: unit and roles come along in two queries."""
    roles = Prefetch("roles", Role.objects.for_tenant(tenant).order_by("name", "id"))
    return Account.objects.for_tenant(tenant).select_related("unit").prefetch_related(roles).order_by("name", "id")


class AccountFilter(forms.Form):
    """Which accounts are looked for."""

    q = TextField(label=gettext_lazy("Search"), max_length=200, required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[
            ("active", gettext_lazy("Active")),
            ("inactive", gettext_lazy("Inactive")),
            ("administrator", gettext_lazy("Tenant administrator")),
        ],
    )
    unorganized = forms.BooleanField(label=gettext_lazy("Unorganized"), required=False)
    include_sub_ous = forms.BooleanField(label=gettext_lazy("Include Sub-Organizations"), required=False)

    def __init__(self, data: Any, tenant: Tenant) -> None:
        super().__init__(data)
        self.tenant = tenant
        roles = Role.objects.for_tenant(tenant).order_by("name", "id")
        self.fields["role"] = forms.ModelChoiceField(roles, label=_("Role"), required=False)
        self.fields["ou"] = UnitField(tenant, label=_("Organization Unit"), none=_("All"))

    def rows(self) -> AccountQuerySet:
        """What was asked for; nothing while something in it is wrong."""
        rows = listed(self.tenant)
        if not self.is_valid():
            return rows.none()
        sent = self.cleaned_data
        if sent["q"]:
            rows = rows.named(sent["q"])
        if sent["role"]:
            rows = rows.filter(roles=sent["role"])
        if sent["status"] == "administrator":
            rows = rows.filter(is_administrator=True)
        elif sent["status"]:
            rows = rows.filter(is_active=sent["status"] == "active")
        if sent["unorganized"]:
            rows = rows.filter(unit=None)
        elif sent["ou"]:
            unit = sent["ou"].pk
            rows = rows.filter(
                unit__in=self.tenant.units.with_descendants([unit]) if sent["include_sub_ous"] else [unit]
            )
        return rows


@require_safe
@administrator_page
def accounts(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Accounts."""
    form = AccountFilter(request.GET, request.user.tenant)
    rows = form.rows()
    context = {
        "form": form,
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "is_filtered": bool(form.changed_data),
        "statuses": form.fields["status"].choices,
        "roles": form.fields["role"].queryset,
    }
    return render(request, "tenants/configuration/accounts.html", context)
