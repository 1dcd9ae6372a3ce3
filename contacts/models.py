"""What is kept of a contact: the record, its conversation, its transfers, and the tenant's call reasons.

Who sees a record is left to `visibility`, how records are found to `search`, how they come in to `ingest`.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aicc.tenants.models import Account, OrganizationUnit, SkillQueue, Tenant
from aicc.tenants.scoping import TenantQuerySet
from contacts.choices import CallType, Channel, HangUpParty, MediaType, MessageKind, Satisfaction, Side, TransferKind


class CallReason(models.Model):
    """A node of the tenant's call reasons. One that is not active stays on the records that carry it."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("Name"), max_length=200)
    position = models.PositiveIntegerField(_("Position"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("Call Reason")
        constraints = [
            models.UniqueConstraint(
                "tenant", "parent", "name", name="reason_name_once_under_parent", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="reason_is_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> list[str]:
        """Names from the first level down: at most three, and select_related brings them along."""
        above = self.parent.path if self.parent else []
        return [*above, self.name]


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
    customer_number = models.CharField(_("Customer Number"), max_length=128, blank=True)
    customer_name = models.CharField(_("Customer Name"), max_length=200, blank=True)
    caller_number = models.CharField(_("Caller Number"), max_length=128, blank=True)
    called_number = models.CharField(_("Called Number"), max_length=128, blank=True)
    handled_number = models.CharField(_("Handled Number"), max_length=128, blank=True)
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
    # Set once somebody sets the call reason here: from then on the loader leaves it and the remarks alone.
    reason_set_at = models.DateTimeField(null=True)
    satisfaction = models.CharField(_("Satisfaction evaluation"), max_length=24, choices=Satisfaction, blank=True)

    objects = ContactRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact record")

    def __str__(self) -> str:
        return self.call_sn


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
    from_party = models.CharField(_("From"), max_length=200, blank=True)
    to_party = models.CharField(_("To"), max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"
