"""Who may set the call reason of a contact record, and what if two people do? PRODUCT.md 8 is the rule.

The page where it is done is left to `process`, which records are within reach to `visibility`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aicc.lib import bulk
from aicc.tenants import parameters
from aicc.tenants.choices import Permission
from aicc.tenants.models import Account
from contacts.decisions import CallReason
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.offers import Offer
from contacts.terms import Condition, Term

# As many as a page of the list has.
MOST_AT_ONCE = 100


def offer(record: ContactRecord, account: Account) -> Offer:
    """Whether an account may set the call reason of a record within its reach."""
    is_own = record.account_id == account.pk
    permitted = account.may(Permission.PROCESS) and (is_own or account.may(Permission.EDIT_ALL_ORGANIZATION))
    if not parameters.SET_CALL_REASON.value(account.tenant):
        return Offer(permitted, gettext_lazy("Call reasons are not set in this tenant."))
    return Offer(permitted, "" if record.ended_at else gettext_lazy("The contact has not ended yet."))


def hold(reach: ContactRecordQuerySet, account: Account, ids: Sequence[int]) -> bool:
    """Let nobody else change the records with these ids until the end of the transaction. False: one is not there.

    What they say is to be read afterwards: a row that was waited for comes with what was joined to it before.
    """
    # Not while a batch is loaded: it holds many records as well, and may move one to another month.
    with connection.cursor() as cursor:
        bulk.lock(cursor, "load_contacts", account.tenant_id)
    held = reach.filter(id__in=ids).order_by("id").select_for_update(no_key=True).values_list("id", flat=True)
    return len(held) == len(ids)


def changed(records: Sequence[ContactRecord], seen: Mapping[int, str]) -> list[ContactRecord]:
    """Those whose call reason is another one than what their author saw (`ContactRecord.reason_seen`)."""
    return [record for record in records if seen.get(record.id) != record.reason_seen]


def process(
    records: Sequence[ContactRecord], reason: CallReason, remarks: str | None, *, by: Account, now: datetime
) -> None:
    """Set the call reason of all of them. Remarks that are None leave each its own."""
    for record in records:
        record.set_call_reason(reason, record.remarks if remarks is None else remarks, by=by, now=now)


def processable(account: Account) -> list[Condition]:
    """What is asked of the records within its reach that an account with the permission may process."""
    if account.may(Permission.EDIT_ALL_ORGANIZATION):
        return []
    return [Condition(Q(account=account), (Term("account", str(account.pk)),))]


@dataclass(frozen=True)
class Waiting:
    """How long a contact has waited for its call reason: as people say it, and as a `datetime` attribute does."""

    words: str
    duration: str

    @classmethod
    def of(cls, record: ContactRecord, now: datetime) -> "Waiting | None":
        """Since it ended, coarsely: minutes within a day, days then. None for one that has not ended."""
        if record.ended_at is None:
            return None
        hours, minutes = divmod(max(now - record.ended_at, timedelta()) // timedelta(minutes=1), 60)
        if hours >= 24:
            return cls(_("%(days)s d") % {"days": hours // 24}, f"P{hours // 24}D")
        if hours:
            return cls(_("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}, f"PT{hours}H{minutes}M")
        return cls(_("%(minutes)s min") % {"minutes": minutes}, f"PT{minutes}M")
