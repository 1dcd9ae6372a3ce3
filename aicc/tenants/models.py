"""Who is here: tenants, their organization, accounts, roles, skill queues and parameter values.

What a permission opens is left to `access`, what a parameter means to `parameters`.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aicc.tenants.choices import DEFAULT_ROLES, Action, Permission, VideoMode
from aicc.tenants.organization import UnitTree
from aicc.tenants.scoping import TenantQuerySet


class TenantManager(models.Manager["Tenant"]):
    @transaction.atomic
    def open(self, *, slug: str, name: str) -> "Tenant":
        """A new tenant with the default roles."""
        tenant = self.create(slug=slug, name=name)
        Role.objects.bulk_create(
            Role(tenant=tenant, name=role, permissions=permissions) for role, permissions in DEFAULT_ROLES.items()
        )
        return tenant


class Tenant(models.Model):
    """One customer of this installation. Its data is seen by nobody of another tenant."""

    slug = models.SlugField(_("Slug"), unique=True)
    name = models.CharField(_("Name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager()

    def __str__(self) -> str:
        return self.name

    @cached_property
    def parameter_values(self) -> dict[str, str]:
        """Stored values by key, this tenant's and the system's: one query, kept as long as this object."""
        return ParameterValue.in_force(self)

    @cached_property
    def units(self) -> UnitTree:
        """The organization units, kept as long as this object."""
        rows = OrganizationUnit.objects.for_tenant(self)
        return UnitTree(rows.values_list("id", "parent_id", "name", "position"))

    @cached_property
    def queue_names(self) -> dict[str, str]:
        """The skill queues' names by id, by name, kept as long as this object."""
        queues = SkillQueue.objects.for_tenant(self).order_by("name", "id")
        return {str(id): name for id, name in queues.values_list("id", "name")}


class OrganizationUnit(models.Model):
    """A node of the tenant's organization. Records without one are *Unorganized*."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("Name"), max_length=200)
    position = models.PositiveIntegerField(_("Position"), default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("Organization Unit")
        constraints = [
            models.UniqueConstraint(
                "tenant", "parent", "name", name="unit_name_once_under_parent", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_is_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def may_stand_under(self, parent: "OrganizationUnit | None") -> bool:
        """Anywhere but under itself: a tree stays a tree. Reliable while the tenant is held."""
        return parent is None or parent.pk not in self.tenant.units.with_descendants([self.pk])

    def put_under(self, parent: "OrganizationUnit | None") -> None:
        """Move it, with everything below it, to the end of what is there (None: the top). Else UnderItself."""
        if not self.may_stand_under(parent):
            raise UnderItself
        self.parent = parent
        self.position = self.tenant.units.next_position(parent.pk if parent else None)
        self.save(update_fields=["parent", "position"])

    def step(self, by: int) -> None:
        """Change places with the sibling before (-1) or after (1), if there is one."""
        siblings = [unit.id for unit in self.tenant.units.children(self.parent_id)]
        here = siblings.index(self.pk)
        there = min(max(here + by, 0), len(siblings) - 1)
        siblings.insert(there, siblings.pop(here))
        rows = OrganizationUnit.objects.for_tenant(self.tenant)
        moved = [unit for unit in rows.filter(pk__in=siblings) if unit.position != siblings.index(unit.pk)]
        for unit in moved:
            unit.position = siblings.index(unit.pk)
        rows.bulk_update(moved, ["position"], batch_size=500)


class UnderItself(ValueError):
    """An organization unit cannot stand below itself."""


class SkillQueue(models.Model):
    """A queue of contacts that need the same skill. One that is not active stays on the records that carry it."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    name = models.CharField(_("Name"), max_length=200)
    is_active = models.BooleanField(_("Active"), default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("Skill Queue")
        constraints = [models.UniqueConstraint("tenant", "name", name="queue_name_once_in_tenant")]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of permissions."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    name = models.CharField(_("Name"), max_length=200)
    permissions = ArrayField(models.CharField(max_length=40, choices=Permission), default=list, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("tenant", "name", name="role_name_once_in_tenant")]

    def __str__(self) -> str:
        return self.name


class AccountQuerySet(TenantQuerySet):
    def agents(self) -> Self:
        """Active accounts with an Employee ID."""
        return self.filter(is_active=True).exclude(employee_id="")

    def administrators(self) -> Self:
        """Those who can sign in and decide for the tenant."""
        return self.filter(is_active=True, is_administrator=True, username__isnull=False)

    def named(self, typed: str) -> Self:
        """Those with the typed text in their name, Employee ID or sign-in name, in capitals or not."""
        return self.filter(Q(name__icontains=typed) | Q(employee_id__icontains=typed) | Q(username__icontains=typed))


class AccountManager(BaseUserManager.from_queryset(AccountQuerySet)):  # type: ignore[misc]  # a base that Django makes at run time
    def get_by_natural_key(self, username: str | None) -> "Account":
        # Sign-in names are unique over all tenants: the form has two fields.
        return self.across_tenants().get(username=username)

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        """A platform operator."""
        account = self.model(username=username, name=username, tenant=None, **fields)
        account.set_password(password)
        account.save()
        return account


class Account(AbstractBaseUser):
    """A person who may sign in, or an agent that records name.

    The loader makes accounts for agents it does not know; those are inactive and have no sign-in name.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, blank=True, related_name="+")
    username = models.CharField(_("Sign-in name"), max_length=150, unique=True, null=True, blank=True)
    name = models.CharField(_("Account"), max_length=200, help_text=_("Business account name."))
    employee_id = models.CharField(_("Employee ID"), max_length=32, blank=True)
    unit = models.ForeignKey(
        OrganizationUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Organization Unit")
    )
    granted_units = models.ManyToManyField(OrganizationUnit, blank=True, related_name="+")
    roles = models.ManyToManyField(Role, blank=True, related_name="accounts")
    skill_queues = models.ManyToManyField(SkillQueue, through="AccountSkillQueue", related_name="accounts")
    video_mode = models.CharField(_("Video Application Mode"), max_length=20, choices=VideoMode, blank=True)
    is_administrator = models.BooleanField(_("Tenant administrator"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = _("Account")
        constraints = [
            models.UniqueConstraint("tenant", "name", name="account_name_once_in_tenant"),
            models.UniqueConstraint(
                "tenant", "employee_id", name="employee_id_once_in_tenant", condition=~Q(employee_id="")
            ),
            models.CheckConstraint(
                condition=Q(tenant__isnull=False) | Q(is_administrator=False, employee_id="", unit__isnull=True),
                name="operator_has_nothing_of_a_tenant",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_operator(self) -> bool:
        """The platform operator: system parameters and tenants, and no tenant's data."""
        return self.tenant_id is None

    @cached_property
    def permissions(self) -> frozenset[str]:
        """What this account may do, kept as long as this object: as long as one request."""
        if self.tenant is None:
            return frozenset()
        if self.is_administrator:
            return frozenset(Permission.values)
        roles = Role.objects.for_tenant(self.tenant).filter(accounts=self)
        return frozenset().union(*roles.values_list("permissions", flat=True))

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @cached_property
    def role_label(self) -> str:
        """The line under the name in the top bar."""
        if self.tenant is None:
            return str(_("Platform operator"))
        if self.is_administrator:
            return str(_("Tenant administrator"))
        names = Role.objects.for_tenant(self.tenant).filter(accounts=self).order_by("name", "id")
        return ", ".join(names.values_list("name", flat=True))

    @property
    def is_last_administrator(self) -> bool:
        """Whether without this account nobody could decide for the tenant. Reliable while the tenant is held."""
        administrators = Account.objects.for_tenant(self.tenant).administrators()
        return administrators.filter(pk=self.pk).exists() and not administrators.exclude(pk=self.pk).exists()

    @property
    def queues(self) -> list[SkillQueue]:
        """Its skill queues in order."""
        links = AccountSkillQueue.objects.filter(account=self).select_related("skill_queue")
        return [link.skill_queue for link in links.order_by("position", "id")]

    def assign(
        self, *, granted_units: Iterable[OrganizationUnit], roles: Iterable[Role], queues: Iterable[SkillQueue]
    ) -> None:
        """Give it these and no others; skill queues in this order."""
        # Not set(): it would read rows without naming the tenant.
        self.granted_units.clear()
        self.granted_units.add(*granted_units)
        self.roles.clear()
        self.roles.add(*roles)
        AccountSkillQueue.objects.filter(account=self).delete()
        AccountSkillQueue.objects.bulk_create(
            AccountSkillQueue(account=self, skill_queue=queue, position=position)
            for position, queue in enumerate(queues)
        )

    @property
    def initials(self) -> str:
        words = [word for word in self.name.replace("-", " ").replace(".", " ").replace("_", " ").split() if word]
        return "".join(word[0] for word in words[:2]).upper()


class AccountSkillQueue(models.Model):
    """The skill queues of an account, in order: the first names the files it downloads."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    skill_queue = models.ForeignKey(SkillQueue, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("account", "skill_queue", name="queue_once_in_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.position} {self.skill_queue_id}"


class ParameterValue(models.Model):
    """What was set for a parameter; without a row the default holds. Without a tenant: the system's."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=60)
    value = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("tenant", "key", name="parameter_set_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def in_force(cls, tenant: Tenant | None) -> dict[str, str]:
        """Stored values by key: the system's and, with a tenant, its own. The keys do not overlap."""
        mine = Q(tenant__isnull=True) if tenant is None else Q(tenant__isnull=True) | Q(tenant=tenant)
        return dict(cls.objects.across_tenants().filter(mine).values_list("key", "value"))


class Operation(models.Model):
    """Something somebody did. The database refuses to change or delete it; `audit` writes it.

    The account's name is the one it had then. Without a tenant it was the operator's, without an account
    somebody's who is not known. `before` and `after` hold what changed, by label, and never a secret.
    """

    tenant = models.ForeignKey(Tenant, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(_("Time"))
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", db_index=False)
    account_name = models.CharField(_("Account"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("Address"), null=True)
    action = models.CharField(_("Action"), max_length=20, choices=Action)
    target = models.CharField(_("On"), max_length=300, blank=True)
    before = models.JSONField(_("Before"), default=dict, blank=True)
    after = models.JSONField(_("After"), default=dict, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("tenant", F("at").desc(), F("id").desc(), name="operation_time"),
            models.Index("tenant", "account", F("at").desc(), F("id").desc(), name="operation_account"),
            models.Index("tenant", "action", F("at").desc(), F("id").desc(), name="operation_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """(label, before, after) of everything that changed; None where there was nothing."""
        return [(label, self.before.get(label), self.after.get(label)) for label in {**self.before, **self.after}]
