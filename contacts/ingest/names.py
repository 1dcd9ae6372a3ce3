"""Which account, queue, unit and call reason does a contact mean? Its names become rows of the tenant.

What is unknown and harmless is made: an inactive account, a queue, an inactive call reason. An unknown
organization unit is an error, because units decide who may see a record.
"""

from typing import Any, NamedTuple

from django.db import models

from aicc.tenants.models import Account, SkillQueue, Tenant
from contacts.ingest.native import Contact, Rejected
from contacts.models import CallReason

# How many names of a kind are kept in memory, twice as many at most: a file may bring any number of new ones.
REMEMBERED = 50_000


class Agent(NamedTuple):
    """What a record keeps of an account."""

    pk: int
    name: str
    employee_id: str
    unit_id: int | None


class Names:
    """The tenant's names, read once and added to as contacts bring new ones.

    Used under the tenant's lock; what another load added meanwhile, and what is too much to be remembered, is found
    by get_or_create.
    """

    def __init__(self, tenant: Tenant, *, strict: bool) -> None:
        self.tenant = tenant
        self.strict = strict
        self.forget()

    def forget(self) -> None:
        """Read the names again: after a rollback, rows made in it are gone."""
        accounts = [Agent(*row) for row in self._agents().order_by("-pk")[:REMEMBERED]]
        self._by_name = {account.name: account for account in accounts}
        self._by_employee_id = {account.employee_id: account for account in accounts if account.employee_id}
        queues = SkillQueue.objects.for_tenant(self.tenant).order_by("-pk")[:REMEMBERED]
        self._queues = dict(queues.values_list("name", "pk"))
        reasons = CallReason.objects.for_tenant(self.tenant).select_related("parent__parent").order_by("-pk")
        self._reasons = {tuple(reason.path): reason.pk for reason in reasons[:REMEMBERED]}
        self.tenant.__dict__.pop("units", None)
        self._units = {tuple(self.tenant.units.path(unit.id)): unit.id for unit in self.tenant.units}

    def account(self, contact: Contact) -> Agent | None:
        """By name, else by Employee ID; None when the contact names neither."""
        if not (contact.account or contact.employee_id):
            return None
        known = self._named(contact.account) if contact.account else self._numbered(contact.employee_id)
        if known is None:
            if self.strict:
                raise Rejected(f"account {contact.account or contact.employee_id} is unknown")
            known = self._new_account(contact)
        return known

    def unit(self, contact: Contact) -> int | None:
        """The unit the contact names; None for Unorganized, or when it names none."""
        if not contact.organization_unit:
            return None
        try:
            return self._units[contact.organization_unit]
        except KeyError:
            raise Rejected(f"organization_unit {' › '.join(contact.organization_unit)} is unknown") from None

    def queue(self, contact: Contact) -> int | None:
        if not contact.skill_queue:
            return None
        if contact.skill_queue not in self._queues:
            self._queues[contact.skill_queue] = self._made(SkillQueue, name=contact.skill_queue)
        return self._queues[contact.skill_queue]

    def reason(self, contact: Contact) -> int | None:
        """The call reason, level by level. One that is made here is not offered to agents: it is not active."""
        parent: int | None = None
        for level in range(1, len(contact.call_reason) + 1):
            path = contact.call_reason[:level]
            if path not in self._reasons:
                if parent and not self._stands_at(parent, path[:-1]):
                    self.forget()
                    return self.reason(contact)
                made = {"is_active": False, "came_with_records": True}
                self._reasons[path] = self._made(CallReason, name=path[-1], parent_id=parent, defaults=made)
            parent = self._reasons[path]
        return parent

    def _stands_at(self, reason: int, path: tuple[str, ...]) -> bool:
        """Whether a call reason is still where it was read: below one that was moved there may be no more level."""
        found = CallReason.objects.for_tenant(self.tenant).select_related("parent__parent").filter(pk=reason).first()
        return found is not None and tuple(found.path) == path

    def _agents(self) -> Any:
        return Account.objects.for_tenant(self.tenant).values_list(*Agent._fields)

    def _named(self, name: str) -> Agent | None:
        return self._by_name.get(name) or self._forgotten(name=name)

    def _numbered(self, employee_id: str) -> Agent | None:
        return self._by_employee_id.get(employee_id) or self._forgotten(employee_id=employee_id)

    def _forgotten(self, **named: str) -> Agent | None:
        """An account that was too much to be remembered. While fewer are remembered, these are all."""
        row = self._agents().filter(**named).first() if len(self._by_name) >= REMEMBERED else None
        return self._remember(Agent(*row)) if row else None

    def _remember(self, agent: Agent) -> Agent:
        if len(self._by_name) >= 2 * REMEMBERED:
            self.forget()
        self._by_name[agent.name] = agent
        if agent.employee_id:
            self._by_employee_id[agent.employee_id] = agent
        return agent

    def _new_account(self, contact: Contact) -> Agent:
        name = contact.account or contact.employee_id
        taken = contact.employee_id and self._numbered(contact.employee_id)
        account, _ = Account.objects.for_tenant(self.tenant).get_or_create(
            tenant=self.tenant,
            name=name,
            defaults={"employee_id": "" if taken else contact.employee_id, "is_active": False, "password": "!"},
        )
        return self._remember(Agent(account.pk, account.name, account.employee_id, account.unit_id))

    def _made(self, model: type[models.Model], **fields: Any) -> int:
        row, _ = model._default_manager.get_queryset().get_or_create(tenant=self.tenant, **fields)
        if max(len(self._queues), len(self._reasons)) >= 2 * REMEMBERED:
            self.forget()
        return row.pk
