"""Who may set the call reason of a contact record, and what if two people do? PRODUCT.md 8 is the rule.

The page where it is done is left to `process`, which records are within reach to `visibility`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from aicc.lib import bulk
from aicc.tenants import parameters
from aicc.tenants.choices import Permission
from aicc.tenants.models import Account
from contacts.decisions import CallReason
from contacts.models import ContactRecord, ContactRecordQuerySet
from contacts.offers import Offer

# As many as a page of the list has.
MOST_AT_ONCE = 100


def offer(record: ContactRecord, account: Account) -> Offer:
    """Whether an account may set the call reason of a record within its reach."""
    is_own = record.account_id == account.pk
    permitted = account.may(Permission.PROCESS) and (is_own or account.may(Permission.EDIT_ALL_ORGANIZATION))
    if not parameters.SET_CALL_REASON.value(account.tenant):
        return Offer(permitted, _("Call reasons are not set in this tenant."))
    return Offer(permitted, "" if record.ended_at else _("The contact has not ended yet."))


def held(reach: ContactRecordQuerySet, account: Account, ids: Sequence[int]) -> list[ContactRecord]:
    """The records with these ids, which nobody else changes until the end of the transaction, in the order given."""
    if len(ids) > 1:
        # A load holds many records as well. One at a time, or each might wait for the other.
        with connection.cursor() as cursor:
            bulk.lock(cursor, "load_contacts", account.tenant_id)
    found = reach.filter(id__in=ids).order_by("id").select_for_update(of=("self",), no_key=True)
    records = {record.id: record for record in found.select_related("call_reason__parent__parent")}
    return [records[id] for id in ids if id in records]


def changed(records: Sequence[ContactRecord], seen: Mapping[int, str]) -> list[ContactRecord]:
    """Those whose call reason is another one than what their author saw (`ContactRecord.reason_seen`)."""
    return [record for record in records if seen.get(record.id) != record.reason_seen]


def process(records: Sequence[ContactRecord], reason: CallReason, remarks: str, *, by: Account, now: datetime) -> None:
    """Set the call reason of all of them. Of several, empty remarks leave each its own."""
    for record in records:
        kept = record.remarks if len(records) > 1 and not remarks else remarks
        record.set_call_reason(reason, kept, by=by, now=now)
