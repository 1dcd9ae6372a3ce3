"""What would a load do? Contacts are checked and counted like those of a load, and nothing is written.

What the loader's own rules are is left to `loader`. What only the database could refuse is not known here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

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

    with connection.cursor() as cursor:
        # The versions that this rehearsal has seen: on disk, because a load may have more than fit into memory.
        cursor.execute("CREATE TEMPORARY TABLE rehearsed (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL)")
        try:
            for read in reads:
                report.bytes += read.bytes
                if read.reason:
                    reject(read.where, read.line, read.reason)
                for contact in read.contacts:
                    version = _Version(contact.updated_at, _refusal(names, contact), read.where, read.line)
                    batch.versions.setdefault(record_id(tenant, source, contact.id), []).append(version)
                batch.size += 1
                if batch.size >= BATCH:
                    _count(cursor, tenant, batch, report, reject)
                    batch = _Batch()
                    on_progress(report)
            _count(cursor, tenant, batch, report, reject)
            on_progress(report)
        finally:
            cursor.execute("DROP TABLE rehearsed")
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


def _count(
    cursor: CursorWrapper, tenant: Tenant, batch: _Batch, report: Report, reject: Callable[[str, int, str], None]
) -> None:
    known = _known(cursor, tenant, list(batch.versions))
    fresh: dict[int, datetime] = {}
    for id, versions in batch.versions.items():
        # The newest first, as a load does; where it is refused, the one before it has its turn.
        for version in sorted(versions, key=lambda version: version.updated_at, reverse=True):
            if id in fresh or (id in known and version.updated_at <= known[id]):
                report.unchanged += 1
            elif version.refusal:
                reject(version.where, version.line, version.refusal)
            else:
                fresh[id] = version.updated_at
                report.updated += id in known
                report.inserted += id not in known
    cursor.execute(
        "INSERT INTO rehearsed SELECT * FROM unnest(%s::bigint[], %s::timestamptz[])"
        " ON CONFLICT (id) DO UPDATE SET updated_at = EXCLUDED.updated_at",
        [list(fresh), list(fresh.values())],
    )


def _known(cursor: CursorWrapper, tenant: Tenant, ids: list[int]) -> dict[int, datetime]:
    """The newest version of each id: stored, or seen earlier in this rehearsal."""
    table = ContactRecord._meta.db_table
    cursor.execute(
        f"SELECT id, max(updated_at) FROM (SELECT id, updated_at FROM {table}"  # noqa: S608 – a name of our own
        " WHERE tenant_id = %s AND id = ANY(%s::bigint[])"
        " UNION ALL SELECT id, updated_at FROM rehearsed WHERE id = ANY(%s::bigint[])) known GROUP BY id",
        [tenant.pk, ids, ids],
    )
    return dict(cursor.fetchall())
