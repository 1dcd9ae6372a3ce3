"""Addresses of the Configuration Center that are about the tenant itself."""

from django.urls import path

from aicc.tenants.configuration import (
    account_editing,
    account_list,
    operation_log,
    organization,
    parameters,
    roles,
    skill_queues,
    unit_editing,
    units,
)

app_name = "configuration"
urlpatterns = [
    path("", parameters.home, name="home"),
    path("parameters/", parameters.tenant_parameters, name="parameters"),
    path("operation-log/", operation_log.operation_log, name="operation_log"),
    path("skill-queues/", skill_queues.skill_queues, name="skill_queues"),
    path("skill-queues/add/", skill_queues.add_skill_queue, name="add_skill_queue"),
    path("skill-queues/<int:id>/rename/", skill_queues.rename_skill_queue, name="rename_skill_queue"),
    path("skill-queues/<int:id>/delete/", skill_queues.delete_skill_queue, name="delete_skill_queue"),
    path("skill-queues/<int:id>/activate/", skill_queues.activate_skill_queue, name="activate_skill_queue"),
    path("organization/", organization.organization, name="organization"),
    path("organization/options/", units.unit_options, name="unit_options"),
    path("organization/add/", unit_editing.add_unit, name="add_unit"),
    path("organization/<int:id>/add/", unit_editing.add_sub_unit, name="add_sub_unit"),
    path("organization/<int:id>/rename/", unit_editing.rename_unit, name="rename_unit"),
    path("organization/<int:id>/move/", unit_editing.move_unit, name="move_unit"),
    path("organization/<int:id>/order/", unit_editing.order_unit, name="order_unit"),
    path("organization/<int:id>/delete/", unit_editing.delete_unit, name="delete_unit"),
    path("accounts/", account_list.accounts, name="accounts"),
    path("accounts/add/", account_editing.add_account, name="add_account"),
    path("accounts/<int:id>/", account_editing.edit_account, name="account"),
    path("accounts/<int:id>/move/", unit_editing.move_account, name="move_account"),
    path("accounts/<int:id>/password/", account_editing.reset_password, name="reset_password"),
    path("accounts/<int:id>/unlock/", account_editing.unlock_account, name="unlock_account"),
    path("roles/", roles.roles, name="roles"),
    path("roles/add/", roles.add_role, name="add_role"),
    path("roles/<int:id>/", roles.edit_role, name="role"),
    path("roles/<int:id>/delete/", roles.delete_role, name="delete_role"),
]
