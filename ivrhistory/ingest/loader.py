"""How do IVR calls become rows? Their bots are looked up, what is to be recorded is, a batch a transaction.

What a file says is left to `native`, what is to be recorded to `ivrhistory.recording`, merging to `aicc.lib.bulk`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from aicc.lib import batches, bulk
from aicc.lib.batches import Rejection
from aicc.lib.checks import Rejected
from aicc.tenants.models import Tenant
from aicc.tenants.personal import Sealing
from ivrhistory import recording
from ivrhistory.choices import BotType, Flag
from ivrhistory.ingest.native import Call, Read
from ivrhistory.models import Bot, IvrCall, IvrTurn

# What one transaction takes: so many calls, or so many bytes of them.
BATCH = 5_000
BATCH_BYTES = 16 * 1024 * 1024

_CALL_COLUMNS = [column.attname for column in IvrCall._meta.concrete_fields]
CALLS = bulk.Table(IvrCall._meta.db_table, "started_at", _CALL_COLUMNS)
_PART = ["tenant_id", "record_id", "position"]
_TURN = ["at", "node", "node_name", "system_said", "is_interrupted", "user_said", "input", "intent", "confidence"]


@dataclass
class Report(batches.Report):
    """What a load did, in calls. What is left out counts by the reason why it is not to be recorded."""

    left_out: Counter[str] = field(default_factory=Counter)
    # Of calls that were loaded: those of whose turns nothing is kept.
    details_left_out: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        return super().seen + self.left_out.total()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A call on its way into a batch. `place` is what a rejection names."""

    id: int
    call: Call
    place: Read


@dataclass(frozen=True, slots=True)
class _Kept:
    """A call that is to be recorded; `no_details` says why its turns are not, if they are not."""

    entry: _Entry
    bot: Bot
    no_details: str


class Unrecorded(Exception):
    """A call that is not to be recorded, with the reason in words."""


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

    `source` names the system that gave out the ids. With `strict` a call to an unknown access code is rejected;
    otherwise an inactive bot is made for it. `reads` is read in a thread of its own: it must not ask the database.
    """
    report = Report()
    changed: Counter[date] = Counter()
    for chunk in batches.ahead(batches.chunks(reads, most=BATCH, most_bytes=BATCH_BYTES)):
        versions: dict[int, list[_Entry]] = {}
        for read in chunk:
            report.bytes += read.bytes
            if read.call is None:
                _reject(read, read.reason, report, on_reject)
            else:
                id = call_row_id(tenant, source, read.call.id)
                versions.setdefault(id, []).append(_Entry(id, read.call, read))
        for many in versions.values():
            # Of equal versions the first counts, as it does between files.
            many.sort(key=lambda entry: entry.call.updated_at, reverse=True)
        while versions:
            # The newest version of each; where it is refused, the one before it has its turn.
            refused = _load_batch(tenant, source, strict, [many.pop(0) for many in versions.values()], report, changed)
            for entry, reason in refused:
                _reject(entry.place, reason, report, on_reject)
            again = {entry.id for entry, _reason in refused}
            report.unchanged += sum(len(many) for id, many in versions.items() if id not in again)
            versions = {id: many for id, many in versions.items() if id in again and many}
        on_progress(report)
    with connection.cursor() as cursor:
        bulk.settle(cursor, CALLS.name, changed)
    return report


def call_row_id(tenant: Tenant, source: str, id: str) -> int:
    return batches.row_id(tenant.pk, source, "ivr call", id)


def _reject(place: Read, reason: str, report: Report, on_reject: Callable[[Rejection], None]) -> None:
    report.rejected += 1
    on_reject(Rejection(place.where, place.line, reason))


def _load_batch(
    tenant: Tenant, source: str, strict: bool, entries: list[_Entry], report: Report, changed: Counter[date]
) -> list[tuple[_Entry, str]]:
    """One transaction; returns what was refused and why. One bad row, found by halving, stops no other."""
    if not entries:
        return []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            months = {bulk.month_of(entry.call.started_at) for entry in entries}
            bulk.ensure_months(cursor, CALLS.name, CALLS.key, months)
        with transaction.atomic(), connection.cursor() as cursor:
            bulk.lock(cursor, "load_ivr_calls", tenant.pk)
            # Before a bot is made: whoever attaches a partition holds these two in this order as well.
            cursor.execute(f"LOCK TABLE {CALLS.name} IN ROW EXCLUSIVE MODE")
            stored = bulk.versions(cursor, CALLS, tenant_id=tenant.pk, ids=[entry.id for entry in entries])
            newer = [
                entry
                for entry in entries
                if entry.id not in stored or entry.call.updated_at > stored[entry.id].updated_at
            ]
            rule = Rule(tenant, strict, {entry.call.access_code for entry in newer})
            refused, left_out, kept = [], Counter[str](), []
            for entry in newer:
                try:
                    kept.append(_Kept(entry, *rule.kept(entry.call)))
                except Unrecorded as reason:
                    left_out[str(reason)] += 1
                except Rejected as reason:
                    refused.append((entry, str(reason)))
            rows = Sealing.in_force(tenant.pk).rows(IvrCall, _CALL_COLUMNS, (_row(tenant, source, one) for one in kept))
            merged = bulk.merge(cursor, CALLS, rows, tenant_id=tenant.pk, stored=stored, keep={})
            turns = _turn_rows(tenant, kept)
            bulk.replace_parts(
                cursor, IvrTurn._meta.db_table, [*_PART, *_TURN], turns, tenant_id=tenant.pk, merged=merged
            )
    except (DataError, IntegrityError) as error:
        if len(entries) == 1:
            return [(entries[0], f"the database refused it: {batches.broken_rule(error)}")]
        middle = len(entries) // 2
        return [
            *_load_batch(tenant, source, strict, entries[:middle], report, changed),
            *_load_batch(tenant, source, strict, entries[middle:], report, changed),
        ]
    report.inserted += len(merged.inserted)
    report.updated += len(merged.updated)
    report.unchanged += len(entries) - len(newer)
    report.left_out += left_out
    report.details_left_out += Counter(one.no_details for one in kept if one.no_details)
    changed.update(bulk.month_of(one.entry.call.started_at) for one in kept)
    return refused


class Rule:
    """What is to be recorded of a batch: the settings and the bots as they are in this transaction."""

    def __init__(self, tenant: Tenant, strict: bool, codes: set[str], *, makes_bots: bool = True) -> None:
        self.tenant, self.strict, self.makes_bots = tenant, strict, makes_bots
        # An administrator may have changed them since the batch before.
        tenant.__dict__.pop("parameter_values", None)
        self.flags = recording.Flags.of(tenant)
        known = Bot.objects.for_tenant(tenant).filter(access_code__in=codes)
        self.bots = {bot.access_code: bot for bot in known}

    def kept(self, call: Call) -> tuple[Bot, str]:
        """The call's bot, and why its turns are not kept if they are not.

        Raises Unrecorded, or Rejected when its bot is unknown and must not be.
        """
        if self.flags.calls == Flag.OFF:
            # Nothing is kept of such a call, its access code neither.
            raise Unrecorded(recording.CALLS.said(Flag.OFF))
        bot = self.bots.get(call.access_code) or self._made(call)
        recorded = self.flags.recorded_of(bot)
        if not recorded.call:
            raise Unrecorded(recording.CALLS.said(self.flags.calls))
        setting = recording.DETAILS[BotType(bot.type)]
        return bot, "" if recorded.details else setting.said(self.flags.details(bot.type))

    def _made(self, call: Call) -> Bot:
        """A bot for an unknown access code, to be looked at by an administrator: it is named after the code."""
        if self.strict:
            raise Rejected(f"access_code {call.access_code} is unknown")
        if not self.makes_bots:
            return Bot(tenant=self.tenant, type=call.type, access_code=call.access_code)
        bots, name, number = Bot.objects.for_tenant(self.tenant), call.access_code, 1
        while bots.filter(name=name).exists():
            number += 1
            name = f"{call.access_code} ({number})"
        bot = Bot.objects.create(
            tenant=self.tenant, name=name, type=call.type, access_code=call.access_code, is_active=False
        )
        return self.bots.setdefault(bot.access_code, bot)


def _row(tenant: Tenant, source: str, kept: _Kept) -> list[Any]:
    call = kept.entry.call
    values = {
        "tenant_id": tenant.pk,
        "id": kept.entry.id,
        "source": source,
        "bot_id": kept.bot.pk,
        "type": kept.bot.type,
        "turn_count": None if kept.no_details else len(call.turns),
    }
    return [values[column] if column in values else getattr(call, column) for column in _CALL_COLUMNS]


def _turn_rows(tenant: Tenant, kept: Iterable[_Kept]) -> Iterator[list[Any]]:
    for one in kept:
        for position, turn in enumerate(() if one.no_details else one.entry.call.turns):
            yield [tenant.pk, one.entry.id, position, *(getattr(turn, column) for column in _TURN)]
