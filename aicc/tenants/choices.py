"""Which permissions and which logged actions there are; what they allow is left to the pages."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Permission(TextChoices):
    """What a role may hold. A tenant administrator holds every one of them."""

    SEARCH_ALL = "search_all", _("Search for all contact records")
    VIEW_ALL_ORGANIZATION = "view_all_organization", _("View all organization data")
    EDIT_ALL_ORGANIZATION = "edit_all_organization", _("Edit all organization data")
    EXPORT = "export", _("Contact Record Export")
    PLAY = "play", _("Play recordings")
    DOWNLOAD = "download", _("Download recordings")
    PROCESS = "process", _("Process contacts")
    VIEW_IVR = "view_ivr", _("View IVR call history")


_AGENT = [Permission.PLAY, Permission.DOWNLOAD, Permission.PROCESS, Permission.VIEW_IVR]
_TEAM_LEADER = [*_AGENT, Permission.EXPORT]
_SUPERVISOR = [*_TEAM_LEADER, Permission.VIEW_ALL_ORGANIZATION, Permission.EDIT_ALL_ORGANIZATION]

# The roles of a new tenant. Names of roles are data, which an administrator may change: not translated.
DEFAULT_ROLES: dict[str, list[Permission]] = {"Agent": _AGENT, "Team leader": _TEAM_LEADER, "Supervisor": _SUPERVISOR}


class VideoMode(TextChoices):
    """How an agent's video calls are carried, and so in which format they are recorded."""

    SFU = "SFU", "SFU"
    MCU = "MCU", "MCU"
    MCU_CLOUDVC = "MCU(CloudVC)", "MCU(CloudVC)"


class Action(TextChoices):
    """What the operation log says somebody did."""

    SIGN_IN = "sign_in", _("Sign in")
    SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused")
    SIGN_OUT = "sign_out", _("Sign out")
    PARAMETERS = "parameters", _("Change parameters")
    DATA_ITEMS = "data_items", _("Change data items")
    SATISFACTION = "satisfaction", _("Change satisfaction levels")
    CALL_REASONS = "call_reasons", _("Change call reasons")
    SKILL_QUEUES = "skill_queues", _("Change skill queues")
    ORGANIZATION = "organization", _("Change the organization")
    ACCOUNTS = "accounts", _("Change accounts")
    ROLES = "roles", _("Change roles")
    FLOWS = "flows", _("Change flows")
    PLAY = "play", _("Play")
    DOWNLOAD = "download", _("Download")
    EXPORT = "export", _("Export")
    FETCH = "fetch", _("Fetch a file")
    PROCESS = "process", _("Process")
    EXPORT_CANCEL = "export_cancel", _("Cancel an export task")
    EXPORT_DELETE = "export_delete", _("Delete an export task")
