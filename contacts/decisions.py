"""What has a tenant decided about its contact records: call reasons, satisfaction levels, which data items are shown?

The pages where that is decided are left to `configuration`, what is shown of it to `data_items` and `satisfaction`.
"""

from collections.abc import Iterator
from typing import Self

from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aicc.lib import bulk
from aicc.tenants.models import Tenant
from aicc.tenants.scoping import TenantQuerySet


class Refused(ValueError):
    """A change that cannot be made. It says why in words."""


class CallReasonQuerySet(TenantQuerySet):
    def beside(self, reason: "CallReason") -> Self:
        """Those under the same parent, the reason itself among them, in order."""
        return self.for_tenant(reason.tenant).filter(parent=reason.parent).order_by("position", "name", "id")


class CallReason(models.Model):
    """A node of the tenant's call reasons. One that is not active stays on the records that carry it.

    Whoever changes the tree holds the tenant: so it stays one.
    """

    LEVELS = 3

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("Name"), max_length=200)
    position = models.PositiveIntegerField(_("Position"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)
    # Made by the loader, for records that named it.
    came_with_records = models.BooleanField(default=False)

    objects = CallReasonQuerySet.as_manager()

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

    @property
    def level(self) -> int:
        """1 to LEVELS."""
        return len(self.path)

    def add(self) -> None:
        """Store a new reason, the last one under its parent."""
        self._put_under(self.parent, height=1)

    def rename(self, name: str) -> None:
        self.name = name
        self._store()

    def move(self, parent: "CallReason | None") -> None:
        """Put it, with everything below it, last under another parent; None: on the first level."""
        # Not while a batch is loaded, which may make reasons below it that nobody sees yet.
        with connection.cursor() as cursor:
            bulk.lock(cursor, "load_contacts", self.tenant_id)
        below = list(self.levels_below())
        if parent is not None and parent.pk in {self.pk, *(id for level in below for id in level)}:
            raise Refused(gettext("A call reason cannot stand below itself."))
        self._put_under(parent, height=1 + len(below))

    def step(self, by: int) -> None:
        """Change places with the sibling before it (-1) or after it (1), if there is one."""
        siblings = list(CallReason.objects.beside(self))
        here = siblings.index(self)
        siblings.insert(max(here + by, 0), siblings.pop(here))
        for position, sibling in enumerate(siblings):
            sibling.position = position
        CallReason.objects.for_tenant(self.tenant).bulk_update(siblings, ["position"])

    def deactivate(self) -> int:
        """Offer it to nobody any more, nor what is below it; returns how many reasons that changes."""
        return self._set_active(False, [])

    def activate(self) -> int:
        """Offer it again, with all below it; and what is above it, through which it is found."""
        above = [reason.pk for reason in (self.parent, self.parent and self.parent.parent) if reason]
        return self._set_active(True, above)

    def remove(self) -> None:
        """Delete it. Refused while anything hangs on it: reasons below, records, what was written about them."""
        reasons = CallReason.objects.for_tenant(self.tenant)
        if reasons.filter(parent=self).exists():
            raise Refused(gettext("There are call reasons below it."))
        try:
            with transaction.atomic():
                # The database looks for records that carry it; Django would first read them all.
                reasons.filter(pk=self.pk)._raw_delete(reasons.db)
                # Some references are only checked at the end of a transaction: now.
                connection.check_constraints()
        except IntegrityError:
            raise Refused(gettext("Contact records carry it. Deactivate it instead: they keep it.")) from None

    def _set_active(self, active: bool, above: list[int]) -> int:
        ids = [self.pk, *above, *(id for level in self.levels_below() for id in level)]
        changed = CallReason.objects.for_tenant(self.tenant).filter(pk__in=ids, is_active=not active)
        self.is_active = active
        return changed.update(is_active=active)

    def levels_below(self) -> Iterator[list[int]]:
        """Ids of the children, then of theirs."""
        level = [self.pk]
        while level := list(
            CallReason.objects.for_tenant(self.tenant).filter(parent__in=level).values_list("id", flat=True)
        ):
            yield level

    def _put_under(self, parent: "CallReason | None", *, height: int) -> None:
        if (parent.level if parent else 0) + height > self.LEVELS:
            raise Refused(gettext("Call reasons have at most %(levels)s levels.") % {"levels": self.LEVELS})
        self.parent = parent
        last = CallReason.objects.beside(self).exclude(pk=self.pk).last()
        self.position = last.position + 1 if last else 0
        self._store()

    def _store(self) -> None:
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:
            # Asked of the database: a load that is running makes reasons too.
            raise Refused(gettext("There is a call reason of this name already.")) from None


class SatisfactionLevel(models.Model):
    """What a tenant calls a satisfaction level, and where it stands. Without a row the guide's word holds.

    `key` is one of the words 1 (worst) to 5 that records carry, whatever it is called.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    key = models.CharField(max_length=1)
    name = models.CharField(_("Name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("Order"))
    is_active = models.BooleanField(_("Active"), default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "key", name="satisfaction_level_once"),
            models.CheckConstraint(condition=Q(key__in=["1", "2", "3", "4", "5"]), name="satisfaction_level_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return self.name


class ItemSetting(models.Model):
    """How a tenant shows a data item. Without a row the guide's default holds; an extended item is such a row.

    `key` is the item's, or what the tenant calls an extended one in the records it loads. Values stay in the records
    when an extended item goes, and are shown again when one with the same id comes.
    """

    MOST_EXTENDED = 10
    LAST = 100

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    is_extended = models.BooleanField(default=False)
    key = models.CharField(_("ID"), max_length=128)
    name = models.CharField(_("Name"), max_length=1024, blank=True)
    is_shown = models.BooleanField(_("Visible"), default=True)
    position = models.PositiveSmallIntegerField(_("Order"), default=LAST)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "is_extended", "key", name="data_item_set_once"),
            models.CheckConstraint(condition=Q(position__range=(1, 100)), name="data_item_order_is_1_to_100"),
            models.CheckConstraint(
                condition=Q(is_extended=True) & ~Q(name="") | Q(is_extended=False, name=""),
                name="only_extended_items_have_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key
