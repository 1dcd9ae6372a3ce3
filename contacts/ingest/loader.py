"""How do contacts become rows? Names are looked up, then whole batches are merged under the tenant's lock.

What a file says is left to `sources`, how rows are merged to `aicc.lib.bulk`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from aicc.lib import batches, bulk
from aicc.lib.batches import Rejection
from aicc.tenants.models import Tenant
from aicc.tenants.personal import Sealing
from contacts.ingest.media import attach
from contacts.ingest.names import Names
from contacts.ingest.native import Contact, Rejected
from contacts.ingest.sources import Read
from contacts.models import ContactRecord, Handled, Message, Phase, ReasonChange, Transfer

# What one transaction takes: so many documents, or so many bytes of them.
BATCH = 10_000
BATCH_BYTES = 16 * 1024 * 1024

# A call reason that somebody set here stays, and so do the remarks written with it.
_KEEP = dict.fromkeys(
    ("call_reason_id", "remarks", "reason_set_at", "reason_set_by", "reason_version"), "r.reason_version > 0"
)


@dataclass
class Report(batches.Report):
    """What a load did, in contact records. One document may hold several of them."""

    # Of recordings, which count apart: a record is loaded also when its recording is not.
    recordings: int = 0
    recordings_rejected: int = 0
    recordings_unfetched: int = 0
    recordings_unsought: int = 0


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
    media: Path | None = None,
    on_reject: Callable[[Rejection], None] = lambda _: None,
    on_progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Load what was read, a batch a transaction: a load that was killed is simply run again.

    `source` names the system that gave out the ids. With `strict` a contact of an unknown account is
    rejected; otherwise an inactive account is made for it. `media` is the folder of recordings in files. `reads`
    is read in a thread of its own: it must not ask the database.
    """
    report = Report()
    # Not more than there are months between the earliest and the latest start.
    changed: Counter[date] = Counter()
    names = Names(tenant, strict=strict)

    def reject(place: Read, reason: str) -> None:
        report.rejected += 1
        on_reject(Rejection(place.where, place.line, reason))

    for chunk in batches.ahead(_chunks(reads)):
        versions: dict[int, list[_Entry]] = {}
        for read in chunk:
            report.bytes += read.bytes
            if read.reason:
                reject(read, read.reason)
            for contact in read.contacts:
                id = record_id(tenant, source, contact.id)
                versions.setdefault(id, []).append(_Entry(id, contact, read))
        for many in versions.values():
            # Of equal versions the first counts, as it does between files.
            many.sort(key=lambda entry: entry.contact.updated_at, reverse=True)
        loaded: dict[int, _Entry] = {}
        while versions:
            # The newest version of each; where it is refused, the one before it has its turn.
            batch = [many.pop(0) for many in versions.values()]
            refused = _load_batch(names, source, batch, report, changed)
            for entry, reason in refused:
                reject(entry.place, reason)
            again = {entry.id for entry, _reason in refused}
            loaded.update((entry.id, entry) for entry in batch if entry.id not in again)
            report.unchanged += sum(len(many) for id, many in versions.items() if id not in again)
            versions = {id: many for id, many in versions.items() if id in again and many}
        _attach(tenant, loaded, media, report, on_reject)
        on_progress(report)
    with connection.cursor() as cursor:
        bulk.settle(cursor, RECORDS.name, changed)
    return report


def _chunks(reads: Iterable[Read]) -> Iterator[list[Read]]:
    return batches.chunks(reads, most=BATCH, most_bytes=BATCH_BYTES)


def _attach(
    tenant: Tenant,
    loaded: dict[int, _Entry],
    media: Path | None,
    report: Report,
    on_reject: Callable[[Rejection], None],
) -> None:
    """The recordings of what is loaded, after its rows: a record without its recording is worth having."""
    attached = attach(tenant, {id: entry.contact for id, entry in loaded.items()}, folder=media)
    for id, reason in attached.refused:
        on_reject(Rejection(loaded[id].place.where, loaded[id].place.line, reason))
    report.recordings += attached.taken
    report.recordings_rejected += len(attached.refused)
    report.recordings_unfetched += attached.unfetched
    report.recordings_unsought += attached.unsought


def record_id(tenant: Tenant, source: str, id: str) -> int:
    """The record's id: 63 bits of a hash of tenant, source and the source's own id, never 0."""
    return batches.row_id(tenant.pk, source, "record", id)


def derived_call_sn(tenant: Tenant, source: str, call: str) -> str:
    """A Call S/N for a call whose source gives none: always the same 19 digits for the same call."""
    return str(10**18 + batches.hashed(tenant.pk, source, "call", call) % (9 * 10**18))


def _load_batch(
    names: Names, source: str, entries: list[_Entry], report: Report, changed: Counter[date]
) -> list[tuple[_Entry, str]]:
    """One transaction; returns what was refused and why. One bad row, found by halving, stops no other."""
    if not entries:
        return []
    tenant_id = names.tenant.pk
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            months = {bulk.month_of(entry.contact.started_at) for entry in entries}
            bulk.ensure_months(cursor, RECORDS.name, RECORDS.key, months)
        with transaction.atomic(), connection.cursor() as cursor:
            bulk.lock(cursor, "load_contacts", tenant_id)
            # Before a name is made: whoever attaches a partition holds these two in this order as well.
            cursor.execute(f"LOCK TABLE {RECORDS.name} IN ROW EXCLUSIVE MODE")
            stored = bulk.versions(cursor, RECORDS, tenant_id=tenant_id, ids=[entry.id for entry in entries])
            refused, rows, loaded = [], [], []
            for entry in entries:
                version = stored.get(entry.id)
                if version and entry.contact.updated_at <= version.updated_at:
                    # Nothing of it is looked up or written.
                    continue
                try:
                    rows.append(_record_row(names, source, entry))
                    loaded.append(entry)
                except Rejected as error:
                    refused.append((entry, str(error)))
            sealing = Sealing.in_force(tenant_id)
            records = sealing.rows(ContactRecord, _RECORD_COLUMNS, rows)
            merged = bulk.merge(cursor, RECORDS, records, tenant_id=tenant_id, stored=stored, keep=_KEEP)
            _remember_who_handled(names.tenant, rows)
            transfers = sealing.rows(Transfer, _TRANSFER_COLUMNS, _transfer_rows(tenant_id, loaded))
            for model, columns, parts in (
                (Message, _MESSAGE_COLUMNS, _message_rows(tenant_id, loaded)),
                (Transfer, _TRANSFER_COLUMNS, transfers),
                (Phase, _PHASE_COLUMNS, _phase_rows(tenant_id, loaded)),
            ):
                bulk.replace_parts(cursor, model._meta.db_table, columns, parts, tenant_id=tenant_id, merged=merged)
            # What is new has no history: a month that was dropped may have left one behind.
            new = bulk.Merged(merged.inserted, [])
            bulk.replace_parts(cursor, ReasonChange._meta.db_table, [], (), tenant_id=tenant_id, merged=new)
    except (DataError, IntegrityError) as error:
        names.forget()
        if len(entries) == 1:
            return [(entries[0], f"the database refused it: {batches.broken_rule(error)}")]
        middle = len(entries) // 2
        return [
            *_load_batch(names, source, entries[:middle], report, changed),
            *_load_batch(names, source, entries[middle:], report, changed),
        ]
    report.inserted += len(merged.inserted)
    report.updated += len(merged.updated)
    report.unchanged += len(entries) - len(refused) - len(merged.inserted) - len(merged.updated)
    changed.update(bulk.month_of(entry.contact.started_at) for entry in loaded)
    return refused


def _remember_who_handled(tenant: Tenant, rows: list[list[Any]]) -> None:
    account, unit = _RECORD_COLUMNS.index("account_id"), _RECORD_COLUMNS.index("unit_id")
    pairs = {(row[account], row[unit]) for row in rows if row[account] is not None}
    Handled.objects.bulk_create(
        (Handled(tenant=tenant, account_id=account_id, unit_id=unit_id) for account_id, unit_id in pairs),
        ignore_conflicts=True,
    )


# What the loader finds out, and what a contact says as it is.
_FOUND_COLUMNS = [
    "tenant_id", "id", "source", "call_sn", "account_id", "account_name", "employee_id", "unit_id", "skill_queue_id",
    "call_reason_id", "reason_version",
]  # fmt: skip
_SAID_COLUMNS = [field.attname for field in ContactRecord._meta.concrete_fields if field.attname not in _FOUND_COLUMNS]
_RECORD_COLUMNS = [*_FOUND_COLUMNS, *_SAID_COLUMNS]
_said = attrgetter(*_SAID_COLUMNS)
RECORDS = bulk.Table(ContactRecord._meta.db_table, "started_at", _RECORD_COLUMNS)
_MESSAGE_COLUMNS = ["tenant_id", "record_id", "position", "sent_at", "offset_seconds", "side", "sender", "kind", "text"]
_TRANSFER_COLUMNS = ["tenant_id", "record_id", "position", "transferred_at", "kind", "from_party", "to_party"]
_PHASE_COLUMNS = ["tenant_id", "record_id", "position", "kind", "name", "started_at", "ended_at"]


def _record_row(names: Names, source: str, entry: _Entry) -> list[Any]:
    contact = entry.contact
    # What may be refused first: a record that is not loaded leaves no names behind.
    unit_id = names.unit(contact)
    account = names.account(contact)
    return [
        names.tenant.pk,
        entry.id,
        source,
        contact.call_sn or derived_call_sn(names.tenant, source, contact.call_id or contact.id),
        account.pk if account else None,
        account.name if account else "",
        contact.employee_id or (account.employee_id if account else ""),
        account.unit_id if unit_id is None and account and contact.organization_unit is None else unit_id,
        names.queue(contact),
        names.reason(contact),
        0,
        *_said(contact),
    ]


def _message_rows(tenant_id: int, entries: Iterable[_Entry]) -> Iterable[tuple[Any, ...]]:
    for entry in entries:
        for position, m in enumerate(entry.contact.messages):
            yield tenant_id, entry.id, position, m.sent_at, m.offset_seconds, m.side, m.sender, m.kind, m.text


def _transfer_rows(tenant_id: int, entries: Iterable[_Entry]) -> Iterable[tuple[Any, ...]]:
    for entry in entries:
        for position, t in enumerate(entry.contact.transfers):
            yield tenant_id, entry.id, position, t.transferred_at, t.kind, t.from_party, t.to_party


def _phase_rows(tenant_id: int, entries: Iterable[_Entry]) -> Iterable[tuple[Any, ...]]:
    for entry in entries:
        for position, p in enumerate(entry.contact.phases):
            yield tenant_id, entry.id, position, p.kind, p.name, p.started_at, p.ended_at
