"""How do contacts become rows? Names are looked up, then whole batches are merged under the tenant's lock.

What a file says is left to `sources`, how rows are merged to `aicc.lib.bulk`.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from aicc.lib import bulk
from aicc.tenants.models import Tenant
from contacts.ingest.names import Names
from contacts.ingest.native import Contact, Rejected
from contacts.ingest.sources import Read
from contacts.models import ContactRecord, Handled, Message, Transfer

BATCH = 5_000
# From so many changed rows on, the planner is told.
MANY = 10_000

# A call reason that somebody set here stays, and so do the remarks written with it.
_SET_HERE = "r.reason_set_at IS NOT NULL"
_KEEP = {"call_reason_id": _SET_HERE, "remarks": _SET_HERE, "reason_set_at": _SET_HERE}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that was not loaded: file, line (1 for a file that is one document), reason in words."""

    where: str
    line: int
    reason: str


@dataclass
class Report:
    """What a load did, in contact records. One document may hold several of them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    bytes: int = 0

    @property
    def seen(self) -> int:
        return self.inserted + self.updated + self.unchanged + self.rejected


@dataclass(frozen=True, slots=True)
class _Entry:
    """A contact on its way into a batch. `place` is what a rejection names."""

    id: int
    contact: Contact
    place: Read


def load(
    tenant: Tenant,
    reads: Iterable[Read],
    *,
    source: str,
    strict: bool = False,
    on_reject: Callable[[Rejection], None] = lambda _: None,
    on_progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Load what was read, a batch a transaction: a load that was killed is simply run again.

    `source` names the system that gave out the ids. With `strict` a contact of an unknown account is
    rejected; otherwise an inactive account is made for it.
    """
    report = Report()
    months: set[date] = set()
    names = Names(tenant, strict=strict)

    def reject(place: Read, reason: str) -> None:
        report.rejected += 1
        on_reject(Rejection(place.where, place.line, reason))

    reads = iter(reads)
    while chunk := list(islice(reads, BATCH)):
        versions: dict[int, list[_Entry]] = {}
        for read in chunk:
            report.bytes += read.bytes
            if read.reason:
                reject(read, read.reason)
            for contact in read.contacts:
                id = record_id(tenant, source, contact.id)
                versions.setdefault(id, []).append(_Entry(id, contact, read))
        months.update(bulk.month_of(entry.contact.started_at) for many in versions.values() for entry in many)
        for many in versions.values():
            # Of equal versions the first counts, as it does between files.
            many.sort(key=lambda entry: entry.contact.updated_at, reverse=True)
        while versions:
            # The newest version of each; where it is refused, the one before it has its turn.
            refused = _load_batch(names, source, [many.pop(0) for many in versions.values()], report)
            for entry, reason in refused:
                reject(entry.place, reason)
            again = {entry.id for entry, _reason in refused}
            report.unchanged += sum(len(many) for id, many in versions.items() if id not in again)
            versions = {id: many for id, many in versions.items() if id in again and many}
        on_progress(report)
    if report.inserted + report.updated >= MANY:
        with connection.cursor() as cursor:
            bulk.analyze(cursor, ContactRecord._meta.db_table, months)
    return report


def record_id(tenant: Tenant, source: str, id: str) -> int:
    """The record's id: 63 bits of a hash of tenant, source and the source's own id, never 0."""
    return _hash(tenant, source, "record", id) % (2**63 - 1) + 1


def derived_call_sn(tenant: Tenant, source: str, call: str) -> str:
    """A Call S/N for a call whose source gives none: always the same 19 digits for the same call."""
    return str(10**18 + _hash(tenant, source, "call", call) % (9 * 10**18))


def _hash(tenant: Tenant, *parts: str) -> int:
    text = "\x00".join([str(tenant.pk), *parts])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _load_batch(names: Names, source: str, entries: list[_Entry], report: Report) -> list[tuple[_Entry, str]]:
    """One transaction; returns what was refused and why. One bad row, found by halving, stops no other."""
    if not entries:
        return []
    table = ContactRecord._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            months = {bulk.month_of(entry.contact.started_at) for entry in entries}
            bulk.ensure_months(cursor, table, "started_at", months)
        with transaction.atomic(), connection.cursor() as cursor:
            bulk.lock(cursor, "load_contacts", names.tenant.pk)
            # Before a name is made: whoever attaches a partition holds these two in this order as well.
            cursor.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
            refused, rows, loaded = [], [], []
            for entry in entries:
                try:
                    rows.append(_record_row(names, source, entry))
                    loaded.append(entry)
                except Rejected as error:
                    refused.append((entry, str(error)))
            merged = bulk.merge(cursor, table, _RECORD_COLUMNS, rows, keep=_KEEP)
            _remember_who_handled(names.tenant, rows)
            tenant_id = names.tenant.pk
            for model, columns, parts in (
                (Message, _MESSAGE_COLUMNS, _message_rows(tenant_id, loaded)),
                (Transfer, _TRANSFER_COLUMNS, _transfer_rows(tenant_id, loaded)),
            ):
                bulk.replace_parts(cursor, model._meta.db_table, columns, parts, tenant_id=tenant_id, merged=merged)
    except (DataError, IntegrityError) as error:
        names.forget()
        if len(entries) == 1:
            return [(entries[0], f"the database refused it: {_reason(error)}")]
        middle = len(entries) // 2
        return [
            *_load_batch(names, source, entries[:middle], report),
            *_load_batch(names, source, entries[middle:], report),
        ]
    report.inserted += len(merged.inserted)
    report.updated += len(merged.updated)
    report.unchanged += len(rows) - len(merged.inserted) - len(merged.updated)
    return refused


def _remember_who_handled(tenant: Tenant, rows: list[list[Any]]) -> None:
    account, unit = _RECORD_COLUMNS.index("account_id"), _RECORD_COLUMNS.index("unit_id")
    pairs = {(row[account], row[unit]) for row in rows if row[account] is not None}
    Handled.objects.bulk_create(
        (Handled(tenant=tenant, account_id=account_id, unit_id=unit_id) for account_id, unit_id in pairs),
        ignore_conflicts=True,
    )


def _reason(error: Exception) -> str:
    """The rule that was broken, without the values: they are personal data."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "message_primary", None) or "invalid"


_RECORD_COLUMNS = [field.attname for field in ContactRecord._meta.concrete_fields]
_MESSAGE_COLUMNS = ["tenant_id", "record_id", "position", "sent_at", "offset_seconds", "side", "sender", "kind", "text"]
_TRANSFER_COLUMNS = ["tenant_id", "record_id", "position", "transferred_at", "kind", "from_party", "to_party"]


def _record_row(names: Names, source: str, entry: _Entry) -> list[Any]:
    contact = entry.contact
    # What may be refused first: a record that is not loaded leaves no names behind.
    unit_id = names.unit(contact)
    account = names.account(contact)
    values = {
        "tenant_id": names.tenant.pk,
        "id": entry.id,
        "source": source,
        "call_sn": contact.call_sn or derived_call_sn(names.tenant, source, contact.call_id or contact.id),
        "account_id": account.pk if account else None,
        "account_name": account.name if account else "",
        "employee_id": contact.employee_id or (account.employee_id if account else ""),
        "unit_id": account.unit_id if unit_id is None and account and contact.organization_unit is None else unit_id,
        "skill_queue_id": names.queue(contact),
        "call_reason_id": names.reason(contact),
        "reason_set_at": None,
    }
    return [values[column] if column in values else getattr(contact, column) for column in _RECORD_COLUMNS]


def _message_rows(tenant_id: int, entries: Iterable[_Entry]) -> Iterable[tuple[Any, ...]]:
    for entry in entries:
        for position, m in enumerate(entry.contact.messages):
            yield tenant_id, entry.id, position, m.sent_at, m.offset_seconds, m.side, m.sender, m.kind, m.text


def _transfer_rows(tenant_id: int, entries: Iterable[_Entry]) -> Iterable[tuple[Any, ...]]:
    for entry in entries:
        for position, t in enumerate(entry.contact.transfers):
            yield tenant_id, entry.id, position, t.transferred_at, t.kind, t.from_party, t.to_party
