"""How fast is an export, and how much memory does it take? From the query to the archive, every item of a record.

Beside PostgreSQL's COPY and 7-Zip for the table, and for the workbook beside openpyxl cell by cell and
django-import-export. Each export runs in a process of its own, which tells its peak of memory.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROWS = int(os.environ.get("EXPORT_ROWS", "100000"))
# django-import-export holds all it exports: a part of the rows, and the time taken in proportion.
PEER_ROWS = ROWS // 10
PASSWORD = "a Password for 7-Zip"
REPEATS = 5
FORMATS = ("csv", "xlsx")
COPY = """
COPY (
    SELECT call_sn, customer_number, account_name, employee_id, caller_number, called_number, media_type, channel,
        call_type, started_at, ended_at, duration_seconds, hang_up_party, q.name, r.name, remarks, satisfaction,
        customer_name, handled_number, call_id, u.name
    FROM contacts_contactrecord c
    LEFT JOIN tenants_skillqueue q ON q.id = skill_queue_id LEFT JOIN contacts_callreason r ON r.id = call_reason_id
    LEFT JOIN tenants_organizationunit u ON u.id = unit_id
    WHERE c.tenant_id = {tenant} AND started_at >= '{start}' AND started_at < '{end}'
    ORDER BY started_at DESC, c.id DESC LIMIT {rows}
) TO STDOUT (FORMAT csv, HEADER)
"""


def run(rows: int) -> None:
    print(f"Exports of {ROWS:,} of {rows:,} records, all items, from the query to the encrypted archive")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # By turns, so that what else the machine does is shared.
        runs = [
            (*(_in_child(format, ROWS, folder) for format in FORMATS), _timed(lambda: _copy_and_7z(folder)))
            for _ in range(REPEATS)
        ]
        (table, table_memory), (book, book_memory), copied = (min(column) for column in zip(*runs, strict=True))
        small = [_in_child(format, ROWS // 10, folder)[1] for format in FORMATS]
        by_cell = _timed(lambda: _openpyxl(folder))
        peer = _timed(lambda: _import_export(folder)) * ROWS / PEER_ROWS
    print(f"{'':30}{'seconds':>9}{'MB':>6}")
    print(f"{'CSV':30}{table:9.2f}{table_memory:6.0f}   {table / copied:.1f} times COPY and 7z")
    print(f"{'COPY and 7z':30}{copied:9.2f}")
    print(f"{'XLSX':30}{book:9.2f}{book_memory:6.0f}")
    print(f"{'openpyxl, cell by cell':30}{by_cell:9.2f}         {by_cell / book:.1f} times the XLSX")
    print(f"{'django-import-export':30}{peer:9.2f}         {peer / book:.1f} times, from {PEER_ROWS:,} rows")
    print(f"Of {ROWS // 10:,} records: CSV {small[0]:.0f} MB, XLSX {small[1]:.0f} MB")


def _in_child(format: str, rows: int, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of an export."""
    command = [sys.executable, "-m", "benchmarks.exporting", format, str(rows), str(folder / "export.zip")]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return told["seconds"], told["megabytes"]


def _export(format: str, rows: int, target: Path) -> None:
    """What a worker does, in this process."""
    import django

    django.setup()
    from django.utils import timezone

    from aicc.tenants import parameters
    from aicc.tenants.models import Account
    from benchmarks.data import BIG
    from contacts.data_items import DATA_ITEMS
    from exports import archives, content
    from exports.models import ExportTask

    admin = Account.objects.across_tenants().select_related("tenant").get(username=f"{BIG}-admin")
    parameters.EXPORT_LIMIT.set(admin.tenant, rows)
    task = ExportTask(
        tenant=admin.tenant,
        requested_by=admin,
        criteria="period=90d",
        items=[item.key for item in DATA_ITEMS],
        format=format,
        newest_only=True,
        requested_at=timezone.now(),
    )
    keys = archives.key_material(PASSWORD, keys=content.MEMBERS)
    target.unlink(missing_ok=True)
    begun = time.perf_counter()
    packed = content.pack(task, target, keys=keys, progress=lambda written, matched: None)
    seconds = time.perf_counter() - begun
    if packed.written != rows:
        raise SystemExit(f"{packed.written} rows were exported instead of {rows}")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))


def _copy_and_7z(folder: Path) -> None:
    from django.db import connection

    table, archive = folder / "copied.csv", folder / "copied.zip"
    archive.unlink(missing_ok=True)
    search = _search()
    window = search.window
    sql = COPY.format(tenant=search.tenant.pk, start=window.start, end=window.end, rows=ROWS)
    with connection.cursor() as cursor, cursor.copy(sql) as copy, table.open("wb") as file:
        for chunk in copy:
            file.write(chunk)
    command = ["7z", "a", "-tzip", "-mem=AES256", "-mx=1", f"-p{PASSWORD}", archive, table]
    subprocess.run(command, check=True, capture_output=True)


def _openpyxl(folder: Path) -> None:
    """The same values a cell at a time, as openpyxl's manual writes large files."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    from aicc.tenants import parameters
    from contacts.data_items import DATA_ITEMS, Kind

    search = _search()
    zone = parameters.zone_of(search.tenant)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([str(item.label) for item in DATA_ITEMS])

    def cell(item, value):
        if value is None or value == "":
            return None
        local = value.astimezone(zone).replace(tzinfo=None) if item.kind is Kind.MOMENT else value
        made = WriteOnlyCell(sheet, local)
        if item.kind is Kind.MOMENT:
            made.number_format = "yyyy-mm-dd hh:mm:ss"
        elif item.kind is Kind.TEXT:
            made.data_type = "s"
        return made

    from aicc.lib.snapshot import snapshot

    with snapshot():
        for columns in search.stream(limit=ROWS, items=DATA_ITEMS):
            for values in zip(*columns, strict=True):
                sheet.append([cell(item, value) for item, value in zip(DATA_ITEMS, values, strict=True)])
    book.save(folder / "cells.xlsx")


def _import_export(folder: Path) -> None:
    """The peer: a resource of the same fields, as its manual declares it."""
    from import_export import fields, resources

    from contacts.data_items import DATA_ITEMS
    from contacts.models import ContactRecord
    from contacts.search import RELATED

    search = _search()

    class Records(resources.Resource):
        class Meta:
            model = ContactRecord
            export_order = [item.key for item in DATA_ITEMS]

        def export_field(self, field, instance, **kwargs):
            value = next(item for item in DATA_ITEMS if item.key == field.column_name).value(instance)
            return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value

    for item in DATA_ITEMS:
        Records.fields[item.key] = fields.Field(column_name=item.key)
    window = search.window
    records = ContactRecord.objects.for_tenant(search.tenant).select_related(*RELATED)
    records = records.filter(started_at__gte=window.start, started_at__lt=window.end).order_by("-started_at", "-id")
    (folder / "peer.xlsx").write_bytes(Records().export(records[:PEER_ROWS]).export("xlsx"))


def _search():
    from django.http import QueryDict
    from django.utils import timezone

    from aicc.tenants.models import Account
    from benchmarks.data import BIG
    from contacts.filters import ContactFilter
    from contacts.search import ContactSearch

    admin = Account.objects.across_tenants().select_related("tenant").get(username=f"{BIG}-admin")
    return ContactSearch(ContactFilter(QueryDict("period=90d"), account=admin, now=timezone.now()))


def _timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


if __name__ == "__main__":
    _export(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
