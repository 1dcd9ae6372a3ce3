"""Who is here: tenants, their organization, accounts, roles, skill queues and parameter values.

What a permission opens is left to `access`, what a parameter means to `parameters`.
"""

from functools import cached_property
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aicc.tenants.choices import DEFAULT_ROLES, Permission, VideoMode
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


class SkillQueue(models.Model):
    """A queue of contacts that need the same skill."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    name = models.CharField(_("Name"), max_length=200)

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


class AccountManager(BaseUserManager.from_queryset(AccountQuerySet)):  # type: ignore[misc]
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
