"""Addresses of the Configuration Center that are about contact records."""

from django.urls import path

from contacts.configuration import call_reasons, data_items, satisfaction

app_name = "contact_configuration"
urlpatterns = [
    path("data-items/", data_items.data_items, name="data_items"),
    path("data-items/preview/", data_items.preview, name="preview_data_items"),
    path("data-items/reset/", data_items.reset, name="reset_data_items"),
    path("data-items/add/", data_items.add, name="add_data_item"),
    path("data-items/<int:id>/remove/", data_items.remove, name="remove_data_item"),
    path("satisfaction/", satisfaction.satisfaction, name="satisfaction"),
    path("call-reasons/", call_reasons.call_reasons, name="call_reasons"),
    path("call-reasons/add/", call_reasons.add, name="add_call_reason"),
    path("call-reasons/<int:id>/rename/", call_reasons.rename, name="rename_call_reason"),
    path("call-reasons/<int:id>/move/", call_reasons.move, name="move_call_reason"),
    path("call-reasons/<int:id>/order/", call_reasons.order, name="order_call_reason"),
    path("call-reasons/<int:id>/activate/", call_reasons.activate, name="activate_call_reason"),
    path("call-reasons/<int:id>/deactivate/", call_reasons.deactivate, name="deactivate_call_reason"),
    path("call-reasons/<int:id>/delete/", call_reasons.delete, name="delete_call_reason"),
]
