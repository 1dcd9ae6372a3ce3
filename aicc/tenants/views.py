"""Signing in and out, the way home, and how an account likes to see the pages."""

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aicc.tenants import audit
from aicc.tenants.access import client_address, signed_in_as_agent, tenant_page
from aicc.tenants.choices import Action
from aicc.tenants.forms import SignInForm
from aicc.tenants.models import Account
from aicc.tenants.shell import THEMES

_A_YEAR = 365 * 24 * 3600


class SignIn(auth_views.LoginView):
    """The way in. What is refused is logged as well, for accounts that exist."""

    template_name = "tenants/login.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:
        response = super().form_valid(form)
        audit.record_request(self.request, Action.SIGN_IN)
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        known = Account.objects.across_tenants().filter(username=form.cleaned_data.get("username", "")).first()
        failures = getattr(self.request, "axes_failures_since_start", None) or 0
        # From the first that was tried to the one that locks. Whoever goes on, or sends no password, would fill the
        # log, which forgets nothing.
        if known and 0 < failures <= settings.AXES_FAILURE_LIMIT:
            locked = {str(_("Sign-in")): str(_("Locked"))} if failures == settings.AXES_FAILURE_LIMIT else {}
            audit.record(Action.SIGN_IN_REFUSED, account=known, address=client_address(self.request), after=locked)
        return super().form_invalid(form)


@method_decorator(login_not_required, name="dispatch")
class SignOut(auth_views.LogoutView):
    """The way out, for whoever is in."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            audit.record_request(request, Action.SIGN_OUT)
        return super().post(request, *args, **kwargs)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page of an account: its contacts. The operator has no tenant's pages."""
    if request.user.is_operator:
        return render(request, "tenants/operator_home.html")
    return redirect("contacts:list")


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Too many wrong passwords: what django-axes shows. The same for names that do not exist."""
    return render(request, "tenants/locked_out.html", status=429)


@require_POST
@tenant_page()
def agent_state(request: HttpRequest) -> HttpResponse:
    """Sign in as agent, or out again, without leaving the pages: for accounts with an Employee ID."""
    if not request.user.employee_id:
        raise PermissionDenied
    wanted = request.POST.get("state") == "in"
    if wanted != signed_in_as_agent(request):
        # It ends with the session.
        request.session["agent_signed_in"] = wanted
        said = {"agent": request.user.employee_id}
        audit.record_request(request, Action.SIGN_IN if wanted else Action.SIGN_OUT, target=_("Agent %(agent)s") % said)
    return HttpResponseRedirect(_back(request))


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the folded navigation in a cookie, and go back."""
    # Not redirect(): it would take a word for the name of a page.
    response = HttpResponseRedirect(_back(request))
    if (theme := request.POST.get("theme")) is not None:
        response.set_cookie("theme", theme if theme in THEMES else "", max_age=_A_YEAR, samesite="Lax")
    if (rail := request.POST.get("rail")) is not None:
        response.set_cookie("rail", "1" if rail == "1" else "0", max_age=_A_YEAR, samesite="Lax")
    return response


def _back(request: HttpRequest) -> str:
    """Where a form says that it stands, if that is here."""
    back = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if is_here else "/"
