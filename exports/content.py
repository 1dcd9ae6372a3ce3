"""What is in the archive of exported contact records? The rows its requester would page through now, and how they came.

How rows are found is left to `contacts.search`, how they are written to `workbook` and `table`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext

from aicc.lib.snapshot import snapshot
from aicc.lib.timelimit import SearchTimeout
from aicc.tenants import parameters
from aicc.tenants.choices import Permission
from aicc.tenants.models import Account, Tenant
from aicc.tenants.personal import Unopened
from contacts.data_items import items_of
from contacts.filters import ContactFilter
from contacts.search import ContactSearch
from contacts.visibility import DataScope
from exports import archives, table, workbook
from exports.choices import Format
from exports.models import ExportTask

NAME = "contact-records"
# The members of an archive: the records, and beside a table the summary. Each needs a key.
MEMBERS = 2
COUNT_SECONDS = 120
# More than any table has.
UNLIMITED = 2**31 - 1

Progress = Callable[[int, int], None]
Batches = Iterable[list[Sequence[Any]]]


class ExportRefused(Exception):
    """The file cannot be had, for a reason that the requester may read."""


@dataclass(frozen=True)
class Packed:
    """How many records met the criteria, and how many of them are in the file."""

    matched: int
    written: int


def archive_name(tenant: Tenant, now: datetime) -> str:
    """What an archive requested now is called: contact-records-20260320120000.zip, in the tenant's time zone."""
    return f"{NAME}-{now.astimezone(parameters.zone_of(tenant)):%Y%m%d%H%M%S}.zip"


def pack(task: ExportTask, target: Path, *, keys: Sequence[bytes] | None, progress: Progress) -> Packed:
    """Write the archive of a task. Raises ExportRefused; what `progress` raises ends it too, without a file.

    Who asks, what it may see, and what matches are of one moment: a snapshot on the default connection.
    """
    with snapshot() as at:
        account = requester(task, Permission.EXPORT)
        zone = parameters.zone_of(account.tenant)
        with timezone.override(zone):
            try:
                return _pack(task, account, target, at=at, zone=zone, keys=keys, progress=progress)
            except SearchTimeout:
                raise ExportRefused(
                    gettext("The search took too long. Choose a shorter period, or more criteria.")
                ) from None
            except workbook.TooLarge:
                raise ExportRefused(gettext("This is more than a workbook can hold. Export it as CSV.")) from None


def _pack(
    task: ExportTask,
    account: Account,
    target: Path,
    *,
    at: datetime,
    zone: ZoneInfo,
    keys: Sequence[bytes] | None,
    progress: Progress,
) -> Packed:
    criteria = _criteria(task, account)
    search = ContactSearch(criteria)
    items = items_of(search.tenant, task.items)
    if not items:
        raise ExportRefused(gettext("None of the chosen fields exists any more."))
    packed = _counted(search, newest_only=task.newest_only)
    summary = list(_summary(criteria, packed, at))
    # Closed before the snapshot is: a stream that is left halfway would end its own transaction after the outer one.
    with (
        closing(search.stream(limit=packed.written, items=items)) as rows,
        archives.sealed(target, keys=keys) as archive,
    ):
        batches = _watched(rows, packed.written, progress)
        if task.format == Format.XLSX:
            book = workbook.chunks(items, batches, count=packed.written, summary=summary, zone=zone)
            archive.add(f"{NAME}.xlsx", book, deflate=False)
        else:
            archive.add(f"{NAME}.csv", table.chunks(items, batches, zone=zone))
            archive.add("summary.txt", [table.text(summary)])
    return packed


def requester(task: ExportTask, permission: Permission) -> Account:
    """The requester as of now: an account, its roles and its units may have changed since it asked."""
    accounts = Account.objects.for_tenant(task.tenant).select_related("tenant")
    account = accounts.filter(pk=task.requested_by_id, is_active=True).first()
    if account is None or not account.may(permission):
        if permission == Permission.EXPORT:
            raise ExportRefused(gettext("You may no longer export contact records."))
        raise ExportRefused(gettext("You may no longer download recordings."))
    return account


def _criteria(task: ExportTask, account: Account) -> ContactFilter:
    """The criteria bound again. A page leaves out what is not offered; a file without it would be another one."""
    if isinstance(task.criteria, Unopened):
        # What stands in their place names no criterion: everything within reach would be in the file.
        raise ExportRefused(gettext("The criteria cannot be decrypted: their key is missing. Export again."))
    asked = QueryDict(task.criteria)
    criteria = ContactFilter(asked, account=account, now=task.requested_at)
    for name, filter in ContactFilter.base_filters.items():
        if any(asked.getlist(name)) and name not in criteria.filters:
            raise ExportRefused(gettext("You may no longer search by %(criterion)s.") % {"criterion": filter.label})
    if not criteria.is_valid():
        name, errors = next(iter(criteria.errors.items()))
        label = criteria.filters[name].label if name in criteria.filters else ""
        said = {"criterion": label, "error": errors[0]}
        raise ExportRefused(gettext("The criteria are not valid any more. %(criterion)s: %(error)s") % said)
    return criteria


def _counted(search: ContactSearch, *, newest_only: bool) -> Packed:
    limit = parameters.EXPORT_LIMIT.value(search.tenant)
    matched = search.count(limit, seconds=COUNT_SECONDS)
    if matched <= limit:
        return Packed(matched, matched)
    if not newest_only:
        raise ExportRefused(
            gettext("More than %(limit)s records match. Narrow the search, or choose the newest %(limit)s.")
            % {"limit": _number(limit)}
        )
    return Packed(search.count(UNLIMITED, seconds=COUNT_SECONDS), limit)


def _watched(batches: Batches, count: int, progress: Progress) -> Iterator[list[Sequence[Any]]]:
    """The batches, each told when it has been written; there are as many rows as were counted."""
    written = 0
    progress(written, count)
    for batch in batches:
        yield batch
        written += len(batch[0])
        progress(written, count)
    if written != count:
        raise RuntimeError(f"{count} records were counted, and {written} read")


def _summary(criteria: ContactFilter, packed: Packed, at: datetime) -> Iterator[tuple[str, str]]:
    """What the file is about, as (label, value)."""
    visibility, window = criteria.visibility, criteria.window
    for sentence in criteria.sentences:
        yield str(sentence.label), sentence.value
        if sentence.name == "period" and window is not None:
            yield gettext("From"), _moment(window.start)
            yield gettext("To"), _moment(window.end)
    if not criteria.form.cleaned_data.get("data_scope"):
        yield gettext("Data scope"), str(DataScope(criteria.scope).label)
    if (sub := criteria.sub_units) and sub.searched < sub.total:
        said = {"searched": _number(sub.searched), "total": _number(sub.total)}
        yield gettext("Sub-organizations"), gettext("The first %(searched)s of %(total)s") % said
    yield gettext("Time zone"), parameters.TIME_ZONE.value(visibility.tenant)
    yield gettext("As of"), _moment(at)
    yield gettext("Records that match"), _number(packed.matched)
    yield gettext("Records in this file"), _number(packed.written)
    if packed.written < packed.matched:
        said = {"written": _number(packed.written), "matched": _number(packed.matched)}
        yield gettext("Note"), gettext("These are the newest %(written)s of %(matched)s.") % said
    yield gettext("Requested by"), visibility.account.name
    yield gettext("Requested at"), _moment(criteria.now)


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _number(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
