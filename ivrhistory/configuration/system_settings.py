"""Chatbot Management > Flow Configuration > System > System Settings. What each setting does is left to `recording`."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from aicc.tenants.audit import latest
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import decision
from aicc.tenants.configuration.parameters import ParametersForm
from aicc.tenants.parameters import Scope
from ivrhistory import recording

# What the operation log calls this page.
TARGET = "System Settings"


@decision
def system_settings(request: HttpRequest) -> HttpResponse:
    """CHATRECORDFLAG, FLOWRECORDFLAG and CCIVRRECORDFLAG: Off, On or Bot-level control (guide: Prerequisites)."""
    tenant = request.user.tenant
    form = ParametersForm(request.POST or None, scope=Scope.TENANT, tenant=tenant, page=recording.PAGE)
    if form.is_valid():
        if form.changed_data:
            form.save()
            form.log(request, Action.FLOWS, target=TARGET)
            messages.success(request, _("Saved. It is in force for calls that are loaded from now on."))
        return redirect(request.path)
    context = {"form": form, "last": latest(request.user, Action.FLOWS, TARGET)}
    return render(request, "ivrhistory/configuration/system_settings.html", context)
