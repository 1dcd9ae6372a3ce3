"""What would a load do? Calls are checked and counted like those of a load, and nothing is written.

What is recorded is left to the rule of `loader`, what is stored already to `aicc.lib.rehearsal`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from aicc.lib import batches
from aicc.lib.batches import Rejection
from aicc.lib.checks import Rejected
from aicc.lib.rehearsal import Known, known
from aicc.tenants.models import Tenant
from ivrhistory.ingest.loader import BATCH, BATCH_BYTES, CALLS, Report, Rule, Unrecorded, call_row_id
from ivrhistory.ingest.native import Call, Read


def rehearse(
    tenant: Tenant,
    reads: Iterable[Read],
    *,
    source: str,
    strict: bool = False,
    on_reject: Callable[[Rejection], None] = lambda _: None,
    on_progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Count what `load` with the same arguments would insert, update, leave and leave out, and reject what it would."""
    report = Report()

    def reject(read: Read, reason: str) -> None:
        report.rejected += 1
        on_reject(Rejection(read.where, read.line, reason))

    with known(CALLS.name, tenant.pk) as stored:
        for chunk in batches.chunks(reads, most=BATCH, most_bytes=BATCH_BYTES):
            versions: dict[int, list[tuple[Call, Read]]] = {}
            for read in chunk:
                report.bytes += read.bytes
                if read.call is None:
                    reject(read, read.reason)
                else:
                    versions.setdefault(call_row_id(tenant, source, read.call.id), []).append((read.call, read))
            codes = {call.access_code for many in versions.values() for call, _read in many}
            _count(stored, versions, Rule(tenant, strict, codes, makes_bots=False), report, reject)
            on_progress(report)
    return report


def _count(
    stored: Known,
    versions: dict[int, list[tuple[Call, Read]]],
    rule: Rule,
    report: Report,
    reject: Callable[[Read, str], None],
) -> None:
    before = stored.of(versions)
    fresh: dict[int, datetime] = {}
    for id, many in versions.items():
        is_settled = False
        # The newest first, as a load does; where it is refused, the one before it has its turn.
        for call, read in sorted(many, key=lambda version: version[0].updated_at, reverse=True):
            if is_settled or (id in before and call.updated_at <= before[id]):
                report.unchanged += 1
                continue
            try:
                _bot, no_details = rule.kept(call)
            except Rejected as reason:
                reject(read, str(reason))
                continue
            except Unrecorded as reason:
                report.left_out[str(reason)] += 1
            else:
                fresh[id] = call.updated_at
                report.updated += id in before
                report.inserted += id not in before
                report.details_left_out.update([no_details] if no_details else [])
            is_settled = True
    stored.add(fresh)
