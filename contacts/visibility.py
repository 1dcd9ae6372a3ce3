"""Which contact records may an account see, and which of them may it ask for? One object offers and enforces.

It follows PRODUCT.md 1, "Who sees which records"; who may open the page at all is left to `aicc.tenants.access`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils.translation import gettext_lazy as _

from aicc.tenants import parameters
from aicc.tenants.choices import Permission
from aicc.tenants.models import Account, AccountQuerySet, Tenant
from aicc.tenants.organization import Unit
from contacts.models import ContactRecord, ContactRecordQuerySet, Handled
from contacts.terms import Condition, Term


class DataScope(TextChoices):
    PERSONAL = "personal", _("Personal Data")
    ORGANIZATION = "organization", _("Organization Data")


# The choice that stands for records without an organization unit.
UNORGANIZED = "unorganized"


class NotOffered(ValueError):
    """A data scope or organization unit that is not among the account's options."""


@dataclass(frozen=True)
class SubUnits:
    """The units a search covers: how many of the `total` sub-organizations, for the page to say so."""

    ids: tuple[int, ...]
    searched: int
    total: int


class Visibility:
    """What one account may see of its tenant's contact records."""

    def __init__(self, account: Account, tenant: Tenant) -> None:
        self.account = account
        self.tenant = tenant

    @classmethod
    def of(cls, account: Account) -> "Visibility":
        """Kept with the account, so that a request asks for the organization once. The operator sees nothing."""
        if account.tenant is None:
            raise NotOffered("The operator has no tenant's records.")
        kept = account.__dict__.get("_visibility")
        if kept is None:
            kept = account.__dict__["_visibility"] = cls(account, account.tenant)
        return kept

    @cached_property
    def is_full(self) -> bool:
        """All of the tenant: administrators, whoever searches all, and whoever both views and edits all."""
        may = self.account.may
        return (
            self.account.is_administrator
            or may(Permission.SEARCH_ALL)
            or (may(Permission.VIEW_ALL_ORGANIZATION) and may(Permission.EDIT_ALL_ORGANIZATION))
        )

    @cached_property
    def is_isolated(self) -> bool:
        """Whether the tenant's organizations are kept apart: then units open reach, without they do not."""
        return parameters.ISOLATION.value(self.tenant)

    @cached_property
    def may_search_parts(self) -> bool:
        """Whether numbers may be searched by a part: not while personal data is encrypted."""
        return not parameters.ENCRYPTION.value(self.tenant)

    @cached_property
    def may_fall_back(self) -> bool:
        """Whether a number that no record equals may be searched as a part: in tenants with few enough agents."""
        limit = parameters.FUZZY_AGENT_LIMIT.value(self.tenant)
        return self.may_search_parts and Account.objects.for_tenant(self.tenant).agents().count() <= limit

    # --- What is offered ---------------------------------------------------------------------------

    @property
    def data_scopes(self) -> list[DataScope]:
        """The data scopes to choose from; none when there is no choice."""
        return list(DataScope) if self.is_full or self.is_isolated else []

    @property
    def default_scope(self) -> DataScope:
        return DataScope.ORGANIZATION if self.is_full else DataScope.PERSONAL

    @property
    def offers_unorganized(self) -> bool:
        return self.is_full

    @property
    def units(self) -> Iterator[Unit]:
        """The organization units to choose from for Organization Data, depth-first."""
        if self.is_full:
            return iter(self.tenant.units)
        return (unit for unit in self.tenant.units if unit.id in self.accessible)

    def handlers(self) -> AccountQuerySet:
        """The accounts that handled records within reach."""
        handled = Handled.objects.for_tenant(self.tenant).filter(account=OuterRef("pk"))
        if not self.is_full:
            handled = handled.filter(Q(account=self.account) | Q(unit__in=self.accessible))
        return Account.objects.for_tenant(self.tenant).filter(Exists(handled))

    @cached_property
    def accessible(self) -> frozenset[int]:
        """The account's own unit and those granted to it, each with its descendants; none without isolation."""
        if not self.is_isolated:
            return frozenset()
        own = [] if self.account.unit_id is None else [self.account.unit_id]
        granted = self.account.granted_units.for_tenant(self.tenant).values_list("id", flat=True)
        return self.tenant.units.with_descendants([*own, *granted])

    # --- What is enforced ----------------------------------------------------------------------------

    def within_reach(self) -> ContactRecordQuerySet:
        """Every record this account may see at all: what details, play and download look in."""
        return ContactRecord.objects.for_tenant(self.tenant).filter(self._reach().q)

    def records(
        self, *, scope: str | None = None, unit: int | str | None = None, include_sub: bool = False
    ) -> ContactRecordQuerySet:
        """The records a search with this data scope and unit is about. NotOffered when it is not an option."""
        condition = self.condition(scope=scope, unit=unit, include_sub=include_sub)
        return ContactRecord.objects.for_tenant(self.tenant).filter(condition.q)

    def condition(
        self, *, scope: str | None = None, unit: int | str | None = None, include_sub: bool = False
    ) -> Condition:
        """The same as a condition, with the terms that find it."""
        if scope is not None and scope not in self.data_scopes:
            raise NotOffered("data scope")
        scope = scope or self.default_scope
        if unit is None:
            return self._own() if scope == DataScope.PERSONAL else self._reach()
        if scope == DataScope.PERSONAL:
            raise NotOffered("organization unit")
        if unit == UNORGANIZED:
            if not self.offers_unorganized:
                raise NotOffered("organization unit")
            return Condition(Q(unit__isnull=True), (Term("unit", ""),))
        return self._of_units(self.sub_units(unit, include_sub=include_sub).ids)

    def sub_units(self, unit: Any, *, include_sub: bool) -> SubUnits:
        """The unit, and its first sub-organizations depth-first, at most the system parameter's number."""
        if not isinstance(unit, int) or unit not in self.tenant.units:
            raise NotOffered("organization unit")
        if not self.is_full and unit not in self.accessible:
            raise NotOffered("organization unit")
        below = [sub.id for sub in self.tenant.units.descendants(unit)] if include_sub else []
        searched = below[: parameters.UNIT_LIMIT.value(self.tenant)]
        return SubUnits((unit, *searched), len(searched), len(below))

    def _own(self) -> Condition:
        return Condition(Q(account=self.account), (Term("account", str(self.account.pk)),))

    def _of_units(self, ids: Any) -> Condition:
        return Condition(Q(unit__in=list(ids)), tuple(Term("unit", str(id)) for id in ids))

    def _reach(self) -> Condition:
        if self.is_full:
            return Condition(Q())
        own, units = self._own(), self._of_units(sorted(self.accessible))
        return Condition(own.q | units.q, own.any_of + units.any_of) if units.any_of else own
