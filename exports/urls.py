"""Addresses of exports."""

from django.urls import path

from exports import views

app_name = "exports"
urlpatterns = [
    path("", views.task_list, name="list"),
    path("new/", views.new, name="new"),
    path("matched/", views.matched, name="matched"),
    path("download/<int:id>/", views.download, name="download"),
    path("<uuid:id>/", views.row, name="row"),
    path("<uuid:id>/prepared/", views.prepared, name="prepared"),
    path("<uuid:id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:id>/delete/", views.delete, name="delete"),
    path("<uuid:id>/file/", views.file, name="file"),
]
