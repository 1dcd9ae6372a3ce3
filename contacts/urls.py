"""The addresses of contact records."""

from django.urls import path

from contacts import details, player, process, unfinished, views

app_name = "contacts"
urlpatterns = [
    path("", views.contact_list, name="list"),
    path("count/", views.contact_count, name="count"),
    path("volume/", views.contact_volume, name="volume"),
    path("accounts/", views.account_options, name="account_options"),
    path("units/", views.unit_options, name="unit_options"),
    path("unfinished/", unfinished.unfinished_count, name="unfinished_count"),
    path("process/", process.process_several, name="process_several"),
    path("<int:id>/", details.contact_details, name="details"),
    path("<int:id>/process/", process.process, name="process"),
    path("<int:id>/play/", player.play, name="play"),
    path("<int:id>/media/<int:position>/", player.media, name="media"),
]
