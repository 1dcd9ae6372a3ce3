"""Which kinds of tasks and states there are, and what each kind needs; what is in a file is left to its packer."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from aicc.tenants.choices import Action, Permission


class Kind(TextChoices):
    CONTACTS = "contacts", _("Contact records")
    RECORDING = "recording", _("Recording")


# Whoever may have a file of this kind: asked when it is requested, packed, listed and fetched.
PERMISSIONS = {Kind.CONTACTS: Permission.EXPORT, Kind.RECORDING: Permission.DOWNLOAD}
# What the operation log calls the request.
ACTIONS = {Kind.CONTACTS: Action.EXPORT, Kind.RECORDING: Action.DOWNLOAD}


class Format(TextChoices):
    XLSX = "xlsx", "XLSX"
    CSV = "csv", "CSV"


class Status(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


UNFINISHED = (Status.WAITING, Status.RUNNING)
ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.EXPIRED)
