"""What is to be recorded of a call? The tenant's three settings, the bot's two switches, and the rule over them.

Who sets them is left to `configuration`. What is not to be recorded is not stored.
"""

from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aicc.tenants.models import Tenant
from aicc.tenants.parameters import Parameter, Scope
from ivrhistory.choices import BotType, Flag
from ivrhistory.models import Bot

PAGE = "flows"


class Setting:
    """One of the three: a parameter, and the bot's switch that decides under Bot-level control."""

    def __init__(self, key: str, switch: str | Promise, help: str | Promise) -> None:
        self.switch = switch
        field = forms.ChoiceField(choices=Flag)
        self.parameter = Parameter(key, key, Scope.TENANT, Flag.OFF.value, field, help, page=PAGE)

    def value(self, tenant: Tenant) -> str:
        return str(self.parameter.value(tenant))

    def said(self, flag: str) -> str:
        """Why something is not recorded while this is the setting."""
        if flag == Flag.BOT_LEVEL:
            sentence = gettext("%(setting)s is Bot-level control, and %(switch)s is off for the bot")
            return sentence % {"setting": self.parameter.key, "switch": self.switch}
        return gettext("%(setting)s is Off") % {"setting": self.parameter.key}


_HISTORY, _FLOW = _("Historical call record"), _("Flow call recording")

CALLS = Setting(
    "CHATRECORDFLAG",
    _HISTORY,
    _(
        "Keeps historical calls: without it, Call History stays empty. With Bot-level control, each bot decides by its"
        " switch Historical call record."
    ),
)
ROBOT_DETAILS = Setting(
    "FLOWRECORDFLAG",
    _FLOW,
    _(
        "Keeps the call details of intelligent robots, for calls that are kept. With Bot-level control, each robot"
        " decides by its switch Flow call recording."
    ),
)
IVR_DETAILS = Setting(
    "CCIVRRECORDFLAG",
    _FLOW,
    _(
        "Keeps the call details of common IVR flows, for calls that are kept. With Bot-level control, each flow decides"
        " by its switch Flow call recording."
    ),
)
# Which setting the details of a call depend on, by the type of its bot.
DETAILS = {BotType.INTELLIGENT_ROBOT: ROBOT_DETAILS, BotType.COMMON_IVR: IVR_DETAILS}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What of a call is stored. `details` are its turns; without the call there are none."""

    call: bool
    details: bool


@dataclass(frozen=True, slots=True)
class Flags:
    """The settings of a tenant, read once."""

    calls: str
    robot_details: str
    ivr_details: str

    @classmethod
    def of(cls, tenant: Tenant) -> "Flags":
        return cls(CALLS.value(tenant), ROBOT_DETAILS.value(tenant), IVR_DETAILS.value(tenant))

    def details(self, type: str) -> str:
        return self.robot_details if type == BotType.INTELLIGENT_ROBOT else self.ivr_details

    def recorded_of(self, bot: Bot) -> Recorded:
        return self.recorded(bot.type, records_history=bot.records_history, records_details=bot.records_details)

    def blocking(self, bot: Bot) -> list[Setting]:
        """What keeps details of the bot's calls from being recorded now: settings that are Off, or its switches."""
        decide = [
            (CALLS, self.calls, bot.records_history),
            (DETAILS[BotType(bot.type)], self.details(bot.type), bot.records_details),
        ]
        return [setting for setting, flag, switch in decide if not _holds(flag, switch)]

    def recorded(self, type: str, *, records_history: bool, records_details: bool) -> Recorded:
        """The rule: a setting that is On or Off decides; under Bot-level control the bot's switch does."""
        call = _holds(self.calls, records_history)
        return Recorded(call, call and _holds(self.details(type), records_details))


def _holds(flag: str, switch: bool) -> bool:
    return flag == Flag.ON or (flag == Flag.BOT_LEVEL and switch)
