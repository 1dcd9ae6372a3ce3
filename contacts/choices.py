"""The guide's value options, in its order and words, stored as stable words (guide, Table 1)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MediaType(TextChoices):
    VOICE = "voice", _("Voice")
    VIDEO = "video", _("Video")
    MULTIMEDIA = "multimedia", _("Multimedia")


class Channel(TextChoices):
    """The channel of a multimedia contact."""

    INSTAGRAM = "instagram", _("Instagram")
    TELEGRAM = "telegram", _("Telegram")
    WHATSAPP = "whatsapp", _("WhatsApp")
    LINE = "line", _("LINE")
    EMAIL = "email", _("Email")
    SMS = "sms", _("SMS")
    X = "x", _("X (Twitter)")
    FACEBOOK = "facebook", _("Facebook")
    WECHAT = "wechat", _("WeChat")
    WEB = "web", _("Web")
    OTHER = "other", _("Others Channel")


class CallType(TextChoices):
    OUTGOING = "outgoing", _("Outgoing Call")
    INCOMING = "incoming", _("Incoming Call")
    PREDICTED_OUTBOUND = "predicted_outbound", _("Predicted outbound call")
    PREVIEW_OUTGOING = "preview_outgoing", _("Preview outgoing call")
    PREEMPTED_OUTBOUND = "preempted_outbound", _("Preempted outbound call")
    ITA_BIDIRECTIONAL = "ita_bidirectional", _("ITA bidirectional call")
    FIXED_OUTBOUND = "fixed_outbound", _("Fixed Outbound Call")
    DOUBLE_CALL = "double_call", _("Double call")
    COLLABORATIVE = "collaborative", _("Collaborative call")
    CLICK_TO_DIAL = "click_to_dial", _("Click-to-dial")
    ROBOT_OUTBOUND = "robot_outbound", _("Intelligent Robot Outbound Call")
    OFFLINE_QUEUE = "offline_queue", _("Offline Queue Call")


class Satisfaction(TextChoices):
    """The two last are reported by the source; without a survey, or without an answer, the value is empty."""

    VERY_DISSATISFIED = "1", _("Very dissatisfied")
    DISSATISFIED = "2", _("Dissatisfied")
    GENERAL = "3", _("General")
    SATISFIED = "4", _("Satisfied")
    VERY_SATISFIED = "5", _("Very satisfied")
    NOT_EVALUATED = "not_evaluated", _("Not evaluated")
    EVALUATION_FAILED = "evaluation_failed", _("Evaluation failed")


class HangUpParty(TextChoices):
    USER = "user", _("User")
    AGENT = "agent", _("Agent")


class Side(TextChoices):
    """Who says a line of a conversation."""

    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    ROBOT = "robot", _("Robot")
    SYSTEM = "system", _("System")


class MessageKind(TextChoices):
    TEXT = "text", _("Text")
    IMAGE = "image", _("Image")
    AUDIO = "audio", _("Audio")
    VIDEO = "video", _("Video")
    FILE = "file", _("File")
    EMAIL = "email", _("Email")
    LOCATION = "location", _("Location")


class TransferKind(TextChoices):
    INTERNAL = "internal", _("Internal transfer")
    CONSULTATION = "consultation", _("Consultation")
    CONFERENCE = "conference", _("Conference")
    QUEUE = "queue", _("To skill queue")
    IVR = "ivr", _("To IVR")


class PhaseKind(TextChoices):
    """What a customer went through in a contact, one after the other."""

    ROBOT = "robot", _("Robot")
    IVR = "ivr", _("IVR")
    QUEUE = "queue", _("Queue")
    TALK = "talk", _("Talk")


class MediaKind(TextChoices):
    """What a recording shows. VRC is the agent's screen."""

    VOICE = "voice", _("Voice")
    VIDEO = "video", _("Video")
    SCREEN = "screen", _("VRC")


class MediaFormat(TextChoices):
    """How a recording is stored: WAV is G.711 A-law, TS an MPEG transport stream."""

    WAV = "wav", "WAV"
    MP4 = "mp4", "MP4"
    TS = "ts", "TS"
