"""Tenant parameters, which a tenant's administrator sets, and system parameters, which the operator sets.

What each means, and what it may be, is declared in `aicc.tenants.parameters`.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aicc.tenants.access import administrator_page, operator_page
from aicc.tenants.audit import latest
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import decision
from aicc.tenants.configuration.editing import EditForm, hold
from aicc.tenants.models import Tenant
from aicc.tenants.parameters import PARAMETERS, Parameter, Scope


class ParametersForm(EditForm, forms.Form):
    """The parameters of one scope and page, as they are in force for a tenant (None: the system's own)."""

    def __init__(self, data: Any = None, *, scope: Scope, tenant: Tenant | None, page: str = "") -> None:
        self.tenant = tenant
        self.parameters = [p for p in PARAMETERS.values() if (p.scope, p.page) == (scope, page)]
        # As the field reads what is sent: what is equal has not changed.
        super().__init__(data, initial={p.key: p.field.to_python(str(p.value(tenant))) for p in self.parameters})
        for parameter in self.parameters:
            self.fields[parameter.key] = deepcopy(parameter.field)
            self.fields[parameter.key].label = parameter.label

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for parameter in self.parameters:
            if parameter.key in values and parameter.key in self.changed_data:
                try:
                    parameter.check(values[parameter.key])
                except ValidationError as error:
                    self.add_error(parameter.key, error)
        return values

    def groups(self) -> Iterator[tuple[str, list[tuple[Parameter, forms.BoundField]]]]:
        """(group, its parameters with their fields), in the order of the declarations."""
        for group in dict.fromkeys(parameter.group for parameter in self.parameters):
            yield str(group), [(p, self[p.key]) for p in self.parameters if p.group == group]

    def save(self) -> None:
        for parameter in self.parameters:
            if parameter.key in self.changed_data:
                parameter.set(self.tenant, self.cleaned_data[parameter.key])


@require_safe
@administrator_page
def home(_request: HttpRequest) -> HttpResponse:
    """The Configuration Center opens with its first page."""
    return redirect("configuration:parameters")


@decision
def tenant_parameters(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Tenant parameters. The system's stand below, to be read only."""
    return _page(
        request,
        ParametersForm(request.POST or None, scope=Scope.TENANT, tenant=request.user.tenant),
        title=_("Tenant parameters"),
        system=[(p, _in_words(p)) for p in PARAMETERS.values() if p.scope == Scope.SYSTEM],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
@transaction.atomic
def system_parameters(request: HttpRequest) -> HttpResponse:
    """The parameters of the whole installation."""
    hold(None)
    form = ParametersForm(request.POST or None, scope=Scope.SYSTEM, tenant=None)
    return _page(request, form, title=_("System parameters"))


def _page(request: HttpRequest, form: ParametersForm, **context: Any) -> HttpResponse:
    if form.is_valid():
        if form.changed_data:
            form.save()
            form.log(request, Action.PARAMETERS, target="")
            messages.success(request, _("Saved. It is in force from now on."))
        return redirect(request.path)
    context |= {"form": form, "last": latest(request.user, Action.PARAMETERS)}
    return render(request, "tenants/configuration/parameters.html", context)


def _in_words(parameter: Parameter) -> str:
    value = parameter.value(None)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return f"{value:,}" if isinstance(value, int) else str(value)
