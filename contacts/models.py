"""What is kept of a contact: the record, its conversation, its transfers.

Who sees a record is left to `visibility`, how records are found to `search`, how they come in to `ingest`, what a
tenant decides about them to `decisions`.
"""

from datetime import datetime, timedelta
from typing import BinaryIO, Self, cast
from zlib import crc32

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aicc.tenants.choices import VideoMode
from aicc.tenants.models import Account, OrganizationUnit, SkillQueue, Tenant
from aicc.tenants.personal import PersonalField
from aicc.tenants.scoping import TenantQuerySet
from contacts.choices import (
    CallType,
    Channel,
    HangUpParty,
    MediaFormat,
    MediaKind,
    MediaType,
    MessageKind,
    PhaseKind,
    Satisfaction,
    Side,
    TransferKind,
)
from contacts.decisions import CallReason

# Waits for a call reason: handled by an account, and ended (PRODUCT.md 4, Tabs).
UNFINISHED = Q(call_reason__isnull=True, account__isnull=False, ended_at__isnull=False)


class ContactRecordQuerySet(TenantQuerySet):
    def of_call(self, call_sn: str) -> Self:
        """The contact records of one call: one per handling agent."""
        return self.filter(call_sn=call_sn)


class ContactRecord(models.Model):
    """One contact as one agent (or nobody) handled it.

    Account name, Employee ID and organization unit are those at the time of the contact. The table is
    partitioned by month of `started_at`, which the database's primary key therefore holds as well. Its
    foreign keys have no index of their own: the terms index serves those criteria (see `search`).
    """

    pk = models.CompositePrimaryKey("tenant_id", "id")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", db_index=False)
    id = models.BigIntegerField()
    source = models.CharField(max_length=64)
    updated_at = models.DateTimeField(help_text=_("When the source last changed the record."))
    call_sn = models.CharField(_("Call S/N"), max_length=19)
    call_id = models.CharField(_("Call ID"), max_length=128, blank=True)
    started_at = models.DateTimeField(_("Start Time"))
    connected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("End Time"), null=True)
    duration_seconds = models.IntegerField(_("Call Duration (s)"), null=True)
    media_type = models.CharField(_("Media Type"), max_length=16, choices=MediaType)
    channel = models.CharField(max_length=16, choices=Channel, blank=True)
    call_type = models.CharField(_("Call Type"), max_length=32, choices=CallType)
    customer_number = PersonalField(_("Customer Number"), kind="number", max_length=128, blank=True)
    customer_name = PersonalField(_("Customer Name"), kind="name", max_length=200, blank=True)
    caller_number = PersonalField(_("Caller Number"), kind="number", max_length=128, blank=True)
    called_number = PersonalField(_("Called Number"), kind="number", max_length=128, blank=True)
    handled_number = PersonalField(_("Handled Number"), kind="number", max_length=128, blank=True)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("Account")
    )
    account_name = models.CharField(_("Account"), max_length=200, blank=True)
    employee_id = models.CharField(_("Employee ID"), max_length=32, blank=True)
    unit = models.ForeignKey(
        OrganizationUnit,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Organization Unit"),
    )
    skill_queue = models.ForeignKey(
        SkillQueue, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("Skill Queue")
    )
    hang_up_party = models.CharField(_("Hang-up Party"), max_length=8, choices=HangUpParty, blank=True)
    call_reason = models.ForeignKey(
        CallReason, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("Call Reason")
    )
    remarks = models.CharField(_("Call Remarks"), max_length=500, blank=True)
    # Who set the call reason and when, at the source or here, as far as it is known.
    reason_set_at = models.DateTimeField(null=True)
    reason_set_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    # How often it was set here. Once it was, the loader leaves it and the remarks alone.
    reason_version = models.IntegerField(default=0, db_default=0)
    satisfaction = models.CharField(_("Satisfaction evaluation"), max_length=24, choices=Satisfaction, blank=True)
    # Values of extended items by their id, also of items that the tenant has not defined (yet).
    extended = models.JSONField(default=dict)

    objects = ContactRecordQuerySet.as_manager()
    # As the rows lie on disk, more or less: how all of a tenant's are read.
    read_order = ("started_at", "id")

    class Meta:
        verbose_name = _("contact record")

    def __str__(self) -> str:
        return self.call_sn

    @property
    def reason_seen(self) -> str:
        """Which call reason and remarks stand here: what a form sends back to say what its author saw."""
        return f"{self.reason_version}.{self.call_reason_id or 0}.{crc32(self.remarks.encode())}"

    @property
    def came_with_reason(self) -> bool:
        """Whether call reason and remarks are those that came with the record."""
        return not self.reason_version

    def set_call_reason(self, reason: CallReason, remarks: str, *, by: Account, now: datetime) -> None:
        """Set call reason and remarks, and keep who did it. The caller holds the record."""
        if not self.reason_version and (self.call_reason or self.remarks):
            # What came with the record: no load brings it back.
            self._keep_reason()
        self.call_reason, self.remarks = reason, remarks
        self.reason_set_at, self.reason_set_by = now, by.name
        self.reason_version += 1
        self.save(update_fields=["call_reason", "remarks", "reason_set_at", "reason_set_by", "reason_version"])
        self._keep_reason()

    def _keep_reason(self) -> None:
        ReasonChange.objects.create(
            tenant_id=self.tenant_id,
            record_id=self.id,
            position=self.reason_version,
            set_at=self.reason_set_at,
            set_by=self.reason_set_by,
            call_reason=" › ".join(self.call_reason.path) if self.call_reason else "",
            remarks=self.remarks,
        )


class Handled(models.Model):
    """That an account handled records of a unit: what the Account criterion offers, without reading records.

    The loader writes it. A pair stays when its last record goes: it names an account, not a contact.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="handled")
    unit = models.ForeignKey(OrganizationUnit, models.CASCADE, null=True, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "account", "unit", name="handled_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.unit_id}"


class RecordPart(models.Model):
    """Something that belongs to a record and is seen with it, in the order it happened."""

    pk = models.CompositePrimaryKey("tenant_id", "record_id", "position")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", db_index=False)
    record_id = models.BigIntegerField()
    position = models.IntegerField()
    record = models.ForeignObject(
        ContactRecord,
        models.CASCADE,
        from_fields=["tenant_id", "record_id"],
        to_fields=["tenant_id", "id"],
        related_name="%(class)ss",
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class Message(RecordPart):
    """A line of a conversation: a message with its time, or words of a transcript with their offset."""

    sent_at = models.DateTimeField(null=True)
    offset_seconds = models.FloatField(null=True)
    side = models.CharField(max_length=16, choices=Side, blank=True)
    sender = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=16, choices=MessageKind, default=MessageKind.TEXT)
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"


class Transfer(RecordPart):
    """A contact handed on: from whom, to whom or what, when."""

    transferred_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=16, choices=TransferKind)
    from_party = PersonalField(_("From"), kind="party", max_length=200, blank=True)
    to_party = PersonalField(_("To"), kind="party", max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"


class Phase(RecordPart):
    """A stretch of a contact: with a robot, in the IVR, in a queue, in talk with an agent. `name` says with whom."""

    kind = models.CharField(max_length=16, choices=PhaseKind)
    name = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    # None while it goes on.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="phase_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"


class ReasonChange(RecordPart):
    """What the call reason and the remarks of a record once were, and who set them when.

    The position is the record's `reason_version` then; 0 is what came with the record. The reason is kept in words:
    it may be renamed or deleted later.
    """

    set_at = models.DateTimeField(null=True)
    set_by = models.CharField(max_length=200, blank=True)
    call_reason = models.CharField(_("Call Reason"), max_length=700, blank=True)
    remarks = models.CharField(_("Call Remarks"), max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"

    @property
    def came_with_record(self) -> bool:
        return not self.position


class MediaFile(RecordPart):
    """A recording of a record: a stored file, and what its content said of itself when it was taken in.

    The file is written before its row and deleted after it, so that a row's file is always there. Its key is
    random: nobody finds it without the row. The video mode is the one in force at load (guide: Video Application
    Mode); whether a file can be played follows from its format.
    """

    kind = models.CharField(_("Media Type"), max_length=8, choices=MediaKind)
    format = models.CharField(max_length=4, choices=MediaFormat)
    mode = models.CharField(_("Video Application Mode"), max_length=20, choices=VideoMode, blank=True)
    storage_key = models.CharField(max_length=200)
    size = models.BigIntegerField(help_text=_("In bytes."))
    sha256 = models.CharField(max_length=64)
    # None when the file does not say: fragments, and streams without a clock.
    duration_seconds = models.FloatField(null=True)
    # Of voice only.
    channels = models.SmallIntegerField(null=True)
    sample_rate = models.IntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    peaks = models.BinaryField(null=True, help_text=_("The waveform of voice, once it was played."))
    name = models.CharField(max_length=500, blank=True, help_text=_("What its source called it; nothing reads it."))
    # The version of the record that named it: with it a load that was killed goes on where it was.
    version = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "storage_key", name="stored_file_is_of_one_record"),
            models.CheckConstraint(condition=Q(size__gt=0), name="media_file_is_not_empty"),
            models.CheckConstraint(
                condition=Q(kind="voice", format="wav")
                | Q(kind="video", format__in=["mp4", "ts"])
                | Q(kind="screen", format="mp4"),
                name="media_format_fits_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"

    @property
    def ended_at(self) -> datetime | None:
        """When the recording ended, where it says when it began and how long it is."""
        if self.started_at is None or self.duration_seconds is None:
            return None
        return self.started_at + timedelta(seconds=self.duration_seconds)

    @property
    def whole_seconds(self) -> int | None:
        """How long it is, rounded down as the duration of a contact is."""
        return None if self.duration_seconds is None else int(self.duration_seconds)

    def open(self) -> BinaryIO:
        """The stored bytes. Raises FileNotFoundError when somebody deleted them behind our back."""
        return cast(BinaryIO, default_storage.open(self.storage_key))
