"""What is kept of an IVR or bot call: the call, its turns, and the bot or flow that answered it.

What is recorded at all is left to `recording`, how calls come in to `ingest`. Calls are the tenant's: they have no
organization unit, and whoever may view IVR call history sees all of them.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aicc.tenants.models import Tenant
from aicc.tenants.personal import PersonalField
from aicc.tenants.scoping import TenantQuerySet
from ivrhistory.choices import BotType, Input, Result

# The node of a step that flows record by themselves after a user has hung up (guide: Procedure, step 5).
SYS_ERR = "sys_err"


class Bot(models.Model):
    """An intelligent robot or a common IVR flow, which answers the calls to an access code.

    The two switches count only under Bot-level control. One that is not active stays on the calls that it answered.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    name = models.CharField(_("Name"), max_length=200)
    type = models.CharField(_("Type"), max_length=20, choices=BotType)
    access_code = models.CharField(_("Robot access code"), max_length=64)
    records_history = models.BooleanField(_("Historical call record"), default=False)
    records_details = models.BooleanField(_("Flow call recording"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "name", name="bot_name_once_in_tenant"),
            models.UniqueConstraint("tenant", "access_code", name="access_code_once_in_tenant"),
        ]

    def __str__(self) -> str:
        return self.name


class IvrCall(models.Model):
    """A call as a bot or a flow handled it.

    Access code and type are those at the time of the call. The table is partitioned by month of `started_at`, as
    that of contact records is. A contact record of the same call has the same Call ID.
    """

    pk = models.CompositePrimaryKey("tenant_id", "id")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", db_index=False)
    id = models.BigIntegerField()
    source = models.CharField(max_length=64)
    updated_at = models.DateTimeField(help_text=_("When the source last changed the call."))
    call_id = models.CharField(_("Call ID"), max_length=128)
    started_at = models.DateTimeField(_("Start Time"))
    ended_at = models.DateTimeField(_("End Time"), null=True)
    duration_seconds = models.IntegerField(_("Duration (s)"), null=True)
    calling_number = PersonalField(_("Calling number"), kind="number", max_length=128, blank=True)
    called_number = PersonalField(_("Called number"), kind="number", max_length=128, blank=True)
    access_code = models.CharField(_("Robot access code"), max_length=64)
    bot = models.ForeignKey(Bot, models.PROTECT, db_index=False, related_name="+", verbose_name=_("Bot"))
    type = models.CharField(_("Type"), max_length=20, choices=BotType)
    result = models.CharField(_("Result"), max_length=20, choices=Result, blank=True)
    # None: its details were not to be recorded.
    turn_count = models.IntegerField(_("Turns"), null=True)

    objects = TenantQuerySet.as_manager()
    # As the rows lie on disk, more or less: how all of a tenant's are read.
    read_order = ("started_at", "id")

    class Meta:
        verbose_name = _("IVR call")

    def __str__(self) -> str:
        return self.call_id

    @property
    def has_details(self) -> bool:
        return self.turn_count is not None

    def exchange(self, most: int | None = None) -> "list[IvrTurn]":
        """Its turns in their order, or the first so many, each knowing whether the user was gone already."""
        turns = IvrTurn.objects.filter(tenant_id=self.tenant_id, record_id=self.id)
        last = turns.exclude(node=SYS_ERR).aggregate(at=models.Max("position"))["at"]
        exchange = list(turns.order_by("position")[:most])
        for turn in exchange:
            turn.is_after_hang_up = last is None or turn.position > last
        return exchange


class IvrTurn(models.Model):
    """A step of a call: the node that the flow was at, what the system said, and what the user answered."""

    pk = models.CompositePrimaryKey("tenant_id", "record_id", "position")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", db_index=False)
    # The call's id, which is not its Call ID; named like that of all parts (see aicc.lib.bulk).
    record_id = models.BigIntegerField()
    position = models.IntegerField()
    record = models.ForeignObject(
        IvrCall,
        models.CASCADE,
        from_fields=["tenant_id", "record_id"],
        to_fields=["tenant_id", "id"],
        related_name="turns",
    )
    at = models.DateTimeField(_("Time"), null=True)
    node = models.CharField(_("Node"), max_length=128, blank=True)
    node_name = models.CharField(_("Node"), max_length=200, blank=True)
    system_said = models.TextField(_("System said"), blank=True)
    # The user spoke before the system had finished. What it was about to say is kept whole.
    is_interrupted = models.BooleanField(default=False)
    user_said = models.TextField(_("User said"), blank=True)
    input = models.CharField(max_length=8, choices=Input, default=Input.SPEECH)
    intent = models.CharField(_("Intent"), max_length=200, blank=True)
    # From 0 to 1.
    confidence = models.FloatField(null=True)

    objects = TenantQuerySet.as_manager()
    is_after_hang_up = False

    def __str__(self) -> str:
        return f"{self.record_id} {self.position}"

    @property
    def step(self) -> int:
        return self.position + 1
