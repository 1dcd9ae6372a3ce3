"""Skill queues: add, rename, put away. One that contact records carry stays with them, so it is only deactivated."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aicc.tenants.access import administrator_page
from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import NameField, ThingForm, decision, erase, is_carried, switch
from aicc.tenants.models import Account, SkillQueue
from aicc.tenants.shell import leave_dialog


class SkillQueueForm(ThingForm):
    name = NameField()
    taken = {"queue_name_once_in_tenant": ("name", gettext_lazy("Another skill queue has this name."))}

    class Meta:
        model = SkillQueue
        fields = ["name"]


@require_safe
@administrator_page
def skill_queues(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Skill queues."""
    queues = SkillQueue.objects.for_tenant(request.user.tenant).order_by("-is_active", "name", "id")
    members = Count("accounts", filter=Q(accounts__is_active=True))
    context = {"queues": queues.annotate(members=members)}
    return render(request, "tenants/configuration/skill_queues.html", context)


@decision
def add_skill_queue(request: HttpRequest) -> HttpResponse:
    return _edit(request, SkillQueue(tenant=request.user.tenant), title=_("Add skill queue"))


@decision
def rename_skill_queue(request: HttpRequest, id: int) -> HttpResponse:
    return _edit(request, _queue(request, id), title=_("Rename skill queue"))


@decision
def delete_skill_queue(request: HttpRequest, id: int) -> HttpResponse:
    """Delete it if no record carries it and no account works for it; else deactivate it."""
    queue = _queue(request, id)
    members = Account.objects.for_tenant(queue.tenant).filter(skill_queues=queue).count()
    carried = is_carried(queue)
    if request.method == "POST":
        if not members and not carried and erase(queue):
            record_request(request, Action.SKILL_QUEUES, target=queue.name, before={_("Name"): queue.name})
            return _back(request, _("Skill queue deleted."))
        return _switch(request, queue, active=False)
    context = {"queue": queue, "members": members, "carried": carried}
    return _dialog(request, "delete_skill_queue", **context)


@decision
def activate_skill_queue(request: HttpRequest, id: int) -> HttpResponse:
    queue = _queue(request, id)
    if request.method == "POST":
        return _switch(request, queue, active=True)
    return _dialog(request, "activate_skill_queue", queue=queue)


def _queue(request: HttpRequest, id: int) -> SkillQueue:
    return get_object_or_404(SkillQueue.objects.for_tenant(request.user.tenant), id=id)


def _edit(request: HttpRequest, queue: SkillQueue, title: str) -> HttpResponse:
    form = SkillQueueForm(request.POST or None, instance=queue)
    if form.keep():
        if form.changed_data:
            form.log(request, Action.SKILL_QUEUES, target=queue.name)
        return _back(request, _("Saved."))
    return _dialog(request, "edit_name", form=form, title=title)


def _switch(request: HttpRequest, queue: SkillQueue, *, active: bool) -> HttpResponse:
    switch(request, queue, Action.SKILL_QUEUES, active=active)
    return _back(request, _("Skill queue activated.") if active else _("Skill queue deactivated."))


def _back(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return leave_dialog(request, reverse("configuration:skill_queues"))


def _dialog(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    context["back_url"] = reverse("configuration:skill_queues")
    return render(request, f"tenants/configuration/{name}.html", context)
