"""Signing in and out, the way home, and how an account likes to see the pages."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from aicc.tenants.shell import THEMES

_A_YEAR = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page of an account: its contacts. The operator has no tenant's pages."""
    if request.user.is_operator:
        return render(request, "tenants/operator_home.html")
    return redirect("contacts:list")


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Too many wrong passwords: what django-axes shows. The same for names that do not exist."""
    return render(request, "tenants/locked_out.html", status=429)


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the folded navigation in a cookie, and go back."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    # Not redirect(): it would take a word for the name of a page.
    response = HttpResponseRedirect(back)
    if (theme := request.POST.get("theme")) is not None:
        response.set_cookie("theme", theme if theme in THEMES else "", max_age=_A_YEAR, samesite="Lax")
    if (rail := request.POST.get("rail")) is not None:
        response.set_cookie("rail", "1" if rail == "1" else "0", max_age=_A_YEAR, samesite="Lax")
    return response
