"""Every address of the installation. Apps are included by name."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from aicc import health
from aicc.tenants import views
from aicc.tenants.forms import SignInForm

urlpatterns = [
    path("", views.home, name="home"),
    path(
        "login/",
        auth_views.LoginView.as_view(
            template_name="tenants/login.html", form_class=SignInForm, redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("logout/", login_not_required(auth_views.LogoutView.as_view()), name="logout"),
    path("preferences/", views.preferences, name="preferences"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("contacts/", include("contacts.urls")),
]
