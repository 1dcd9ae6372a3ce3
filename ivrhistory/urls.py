"""The addresses of IVR call history."""

from django.urls import path

from ivrhistory import views

app_name = "ivrhistory"
urlpatterns = [
    path("", views.call_history, name="calls"),
    path("<int:id>/", views.call_details, name="call"),
]
