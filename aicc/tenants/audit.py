"""Who did what? Every change, play, download, export and sign-in is a row of the operation log, written here.

The row is part of the transaction that does the thing: it is there exactly when the thing was done.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from aicc.tenants.access import client_address
from aicc.tenants.choices import Action
from aicc.tenants.models import Account, Operation

LONGEST_TARGET = Operation._meta.get_field("target").max_length or 0


def record(
    action: Action,
    *,
    account: Account | None,
    address: str | None = None,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Operation:
    """Log that an account did something. `target` says on what, in words; values in `before` and `after` are JSON's.

    Secrets and the numbers and names of customers do not belong in it: a contact is named by its Call S/N.
    """
    return Operation.objects.create(
        tenant=account.tenant if account else None,
        at=timezone.now(),
        account=account,
        account_name=account.name if account else "",
        address=address or None,
        action=action,
        target=target[:LONGEST_TARGET],
        before=dict(before or {}),
        after=dict(after or {}),
    )


def record_request(
    request: HttpRequest,
    action: Action,
    *,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Operation:
    """The same for what the account of a request does, from where the request comes."""
    account = request.user if isinstance(request.user, Account) else None
    return record(action, account=account, address=client_address(request), target=target, before=before, after=after)


def latest(account: Account, action: Action, target: str | None = None) -> Operation | None:
    """The last such operation at the account's tenant, or at the system for the operator: who changed it, and when."""
    operations = Operation.objects.across_tenants().filter(tenant=account.tenant, action=action)
    if target is not None:
        operations = operations.filter(target=target)
    return operations.order_by("-at", "-id").first()
