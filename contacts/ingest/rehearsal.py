"""What would a load do? Contacts are checked and counted like those of a load, and nothing is written.

What the loader's own rules are is left to `loader`, what is stored already to `aicc.lib.rehearsal`. What only the
database could refuse is not known here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from aicc.lib.rehearsal import Known, known
from aicc.tenants.models import Tenant
from contacts.ingest.loader import BATCH, Rejection, Report, record_id
from contacts.ingest.names import Names
from contacts.ingest.native import Contact, Rejected
from contacts.ingest.sources import Read
from contacts.models import ContactRecord


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a record: of its contact no more than what decides. `refusal` is empty when it may be loaded."""

    updated_at: datetime
    refusal: str
    where: str
    line: int


@dataclass
class _Batch:
    versions: dict[int, list[_Version]] = field(default_factory=dict)
    size: int = 0


def rehearse(
    tenant: Tenant,
    reads: Iterable[Read],
    *,
    source: str,
    strict: bool = False,
    on_reject: Callable[[Rejection], None] = lambda _: None,
    on_progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Count what `load` with the same arguments would insert, update and leave, and reject what it would reject."""
    report, names, batch = Report(), Names(tenant, strict=strict), _Batch()

    def reject(where: str, line: int, reason: str) -> None:
        report.rejected += 1
        on_reject(Rejection(where, line, reason))

    with known(ContactRecord._meta.db_table, tenant.pk) as stored:
        for read in reads:
            report.bytes += read.bytes
            if read.reason:
                reject(read.where, read.line, read.reason)
            for contact in read.contacts:
                version = _Version(contact.updated_at, _refusal(names, contact), read.where, read.line)
                batch.versions.setdefault(record_id(tenant, source, contact.id), []).append(version)
            batch.size += 1
            if batch.size >= BATCH:
                _count(stored, batch, report, reject)
                batch = _Batch()
                on_progress(report)
        _count(stored, batch, report, reject)
        on_progress(report)
    return report


def _refusal(names: Names, contact: Contact) -> str:
    """Why the tenant's names do not allow this contact; empty when they do."""
    try:
        names.unit(contact)
        if names.strict:
            # Without it an unknown account would be made.
            names.account(contact)
    except Rejected as error:
        return str(error)
    return ""


def _count(stored: Known, batch: _Batch, report: Report, reject: Callable[[str, int, str], None]) -> None:
    before = stored.of(batch.versions)
    fresh: dict[int, datetime] = {}
    for id, versions in batch.versions.items():
        # The newest first, as a load does; where it is refused, the one before it has its turn.
        for version in sorted(versions, key=lambda version: version.updated_at, reverse=True):
            if id in fresh or (id in before and version.updated_at <= before[id]):
                report.unchanged += 1
            elif version.refusal:
                reject(version.where, version.line, version.refusal)
            else:
                fresh[id] = version.updated_at
                report.updated += id in before
                report.inserted += id not in before
    stored.add(fresh)
