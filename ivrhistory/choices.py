"""Which words a call and a bot may carry; what is recorded of them is left to `recording`."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BotType(TextChoices):
    """What answers a call (guide: when creating an intelligent robot or a common IVR)."""

    INTELLIGENT_ROBOT = "intelligent_robot", _("Intelligent robot")
    COMMON_IVR = "common_ivr", _("Common IVR")


class Flag(TextChoices):
    """What a recording setting of the tenant may be."""

    OFF = "off", _("Off")
    ON = "on", _("On")
    BOT_LEVEL = "bot_level", _("Bot-level control")


class Result(TextChoices):
    """How a call ended for the flow that answered it."""

    COMPLETED = "completed", _("Completed")
    TRANSFERRED = "transferred", _("Transferred to agent")
    USER_HUNG_UP = "user_hung_up", _("User hung up")
    FAILED = "failed", _("Failed")


class Input(TextChoices):
    """How a user said something: in words, or by keys."""

    SPEECH = "speech", _("Speech")
    KEYS = "keys", _("Keys")
