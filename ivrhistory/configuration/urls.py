"""Addresses of Flow Configuration."""

from django.urls import path

from ivrhistory.configuration import flows, system_settings

app_name = "flow_configuration"
urlpatterns = [
    path("", flows.flows, name="flows"),
    path("add/", flows.add_flow, name="add_flow"),
    path("<int:id>/", flows.edit_flow, name="edit_flow"),
    path("<int:id>/delete/", flows.delete_flow, name="delete_flow"),
    path("<int:id>/activate/", flows.activate_flow, name="activate_flow"),
    path("system-settings/", system_settings.system_settings, name="system_settings"),
]
