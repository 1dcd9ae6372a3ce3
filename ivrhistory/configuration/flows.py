"""Chatbot Management > Flow Configuration: the intelligent robots and common IVR flows, and their two switches.

One that calls carry is never deleted, only deactivated. What the switches mean is left to `recording`.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aicc.lib.fields import TextField
from aicc.tenants.access import administrator_page
from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import NameField, ThingForm, decision, erase, is_carried, switch
from aicc.tenants.models import Tenant
from aicc.tenants.shell import leave_dialog
from ivrhistory import recording
from ivrhistory.choices import BotType, Flag
from ivrhistory.models import Bot


class BotForm(ThingForm):
    """A bot. A switch that counts for nothing now is disabled: its setting decides for all bots."""

    name = NameField()
    access_code = TextField(
        label=gettext_lazy("Robot access code"),
        max_length=64,
        error_messages={"required": gettext_lazy("Enter the access code that callers reach it by.")},
    )
    taken: ClassVar[dict[str, tuple[str, str | Promise]]] = {
        "bot_name_once_in_tenant": ("name", gettext_lazy("Another bot or flow has this name.")),
        "access_code_once_in_tenant": ("access_code", gettext_lazy("Another bot or flow has this access code.")),
    }

    class Meta:
        model = Bot
        fields = ["name", "type", "access_code", "records_history", "records_details"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        type_field: Any = self.fields["type"]
        type_field.choices = BotType.choices
        bot: Bot = self.instance
        # A new bot has no type yet: either setting may be the one above its details.
        details = [recording.DETAILS[BotType(bot.type)]] if bot.pk else list(recording.DETAILS.values())
        self.above: dict[str, list[recording.Setting]] = {
            "records_history": [recording.CALLS],
            "records_details": details,
        }
        for name, settings in self.above.items():
            self.fields[name].disabled = all(s.value(bot.tenant) != Flag.BOT_LEVEL for s in settings)

    def switches(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each switch, and why it counts for nothing now: the settings above it that are not Bot-level control."""
        tenant: Tenant = self.instance.tenant
        return [
            (self[name], [self._in_words(s, len(settings) > 1) for s in settings if s.value(tenant) != Flag.BOT_LEVEL])
            for name, settings in self.above.items()
        ]

    def _in_words(self, setting: recording.Setting, is_one_of_two: bool) -> str:
        """What a setting is, and of which bots where there are two of them."""
        flag = Flag(setting.value(self.instance.tenant)).label
        types = {one: type.label for type, one in recording.DETAILS.items()}
        return (
            f"{setting.parameter.key} ({types[setting]}): {flag}"
            if is_one_of_two
            else f"{setting.parameter.key}: {flag}"
        )


@require_safe
@administrator_page
def flows(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Chatbot Management > Flow Configuration."""
    tenant = request.user.tenant
    flags = recording.Flags.of(tenant)
    bots = Bot.objects.for_tenant(tenant).order_by("-is_active", "name", "id")
    # What is recorded in effect, and whether the bot's own switch says so.
    rows = [
        {
            "bot": bot,
            "recorded": flags.recorded_of(bot),
            "history_is_own": flags.calls == Flag.BOT_LEVEL,
            "details_are_own": flags.details(bot.type) == Flag.BOT_LEVEL,
        }
        for bot in bots
    ]
    return render(request, "ivrhistory/configuration/flows.html", {"rows": rows})


@decision
def add_flow(request: HttpRequest) -> HttpResponse:
    return _edit(request, Bot(tenant=request.user.tenant), title=_("Add bot or flow"))


@decision
def edit_flow(request: HttpRequest, id: int) -> HttpResponse:
    return _edit(request, _bot(request, id), title=_("Edit bot or flow"))


@decision
def delete_flow(request: HttpRequest, id: int) -> HttpResponse:
    """Delete it if no call carries it; else deactivate it."""
    bot = _bot(request, id)
    carried = is_carried(bot)
    if request.method == "POST":
        if not carried and erase(bot):
            before = {_("Name"): bot.name, _("Robot access code"): bot.access_code}
            record_request(request, Action.FLOWS, target=bot.name, before=before)
            return _back(request, _("Deleted."))
        return _switch(request, bot, active=False)
    return _dialog(request, "delete_flow", bot=bot, carried=carried)


@decision
def activate_flow(request: HttpRequest, id: int) -> HttpResponse:
    bot = _bot(request, id)
    if request.method == "POST":
        return _switch(request, bot, active=True)
    return _dialog(request, "activate_flow", bot=bot)


def _bot(request: HttpRequest, id: int) -> Bot:
    return get_object_or_404(Bot.objects.for_tenant(request.user.tenant), id=id)


def _edit(request: HttpRequest, bot: Bot, title: str) -> HttpResponse:
    form = BotForm(request.POST or None, instance=bot)
    if form.keep():
        if form.changed_data:
            form.log(request, Action.FLOWS, target=bot.name)
        return _back(request, _("Saved."))
    return _dialog(request, "edit_flow", form=form, title=title)


def _switch(request: HttpRequest, bot: Bot, *, active: bool) -> HttpResponse:
    switch(request, bot, Action.FLOWS, active=active)
    return _back(request, _("Activated.") if active else _("Deactivated."))


def _back(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return leave_dialog(request, reverse("flow_configuration:flows"))


def _dialog(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    context["back_url"] = reverse("flow_configuration:flows")
    return render(request, f"ivrhistory/configuration/{name}.html", context)
