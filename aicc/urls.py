"""Every address of the installation. Apps are included by name."""

from django.urls import include, path

from aicc import health
from aicc.tenants import views
from aicc.tenants.configuration.parameters import system_parameters

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("agent/", views.agent_state, name="agent_state"),
    path("preferences/", views.preferences, name="preferences"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("contacts/", include("contacts.urls")),
    path("exports/", include("exports.urls")),
    path("ivr/calls/", include("ivrhistory.urls")),
    path("configuration/", include("aicc.tenants.configuration.urls")),
    path("configuration/", include("contacts.configuration.urls")),
    path("configuration/flows/", include("ivrhistory.configuration.urls")),
    path("system/parameters/", system_parameters, name="system_parameters"),
]
