"""Which account, queue, unit and call reason does a contact mean? Its names become rows of the tenant.

What is unknown and harmless is made: an inactive account, a queue, an inactive call reason. An unknown
organization unit is an error, because units decide who may see a record.
"""

from typing import Any

from django.db import models

from aicc.tenants.models import Account, SkillQueue, Tenant
from contacts.ingest.native import Contact, Rejected
from contacts.models import CallReason


class Names:
    """The tenant's names, read once and added to as contacts bring new ones.

    Used under the tenant's lock; what another load added meanwhile is found by get_or_create.
    """

    def __init__(self, tenant: Tenant, *, strict: bool) -> None:
        self.tenant = tenant
        self.strict = strict
        self.forget()

    def forget(self) -> None:
        """Read the names again: after a rollback, rows made in it are gone."""
        accounts = list(Account.objects.for_tenant(self.tenant))
        self._accounts = {account.name: account for account in accounts}
        self._agents = {account.employee_id: account for account in accounts if account.employee_id}
        self._queues = {queue.name: queue.id for queue in SkillQueue.objects.for_tenant(self.tenant)}
        self._reasons: dict[tuple[str, ...], int] = {}
        reasons = CallReason.objects.for_tenant(self.tenant).select_related("parent__parent")
        self._reasons.update({tuple(reason.path): reason.id for reason in reasons})
        self.tenant.__dict__.pop("units", None)
        self._units = {tuple(self.tenant.units.path(unit.id)): unit.id for unit in self.tenant.units}

    def account(self, contact: Contact) -> Account | None:
        """By name, else by Employee ID; None when the contact names neither."""
        if not (contact.account or contact.employee_id):
            return None
        known = self._accounts.get(contact.account) if contact.account else self._agents.get(contact.employee_id)
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
                self._reasons[path] = self._made(
                    CallReason, name=path[-1], parent_id=parent, defaults={"is_active": False}
                )
            parent = self._reasons[path]
        return parent

    def _new_account(self, contact: Contact) -> Account:
        name = contact.account or contact.employee_id
        taken = contact.employee_id in self._agents
        account, _ = Account.objects.for_tenant(self.tenant).get_or_create(
            tenant=self.tenant,
            name=name,
            defaults={"employee_id": "" if taken else contact.employee_id, "is_active": False, "password": "!"},
        )
        self._accounts[name] = account
        if account.employee_id:
            self._agents[account.employee_id] = account
        return account

    def _made(self, model: type[models.Model], **fields: Any) -> int:
        row, _ = model._default_manager.get_queryset().get_or_create(tenant=self.tenant, **fields)
        return row.pk
