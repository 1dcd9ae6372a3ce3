"""What must be true after a fault? Every export has ended once, a completed one is whole, no password is anywhere."""

import base64
import hashlib
import io
import os
import random
import string
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil
import pyzipper
import redis
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aicc.tenants.models import Account, Tenant
from benchmarks import data
from benchmarks.installation import Installation, wait_for
from contacts.data_items import DATA_ITEMS
from exports.choices import ENDED, Format, Status
from exports.models import ExportTask

OTHER = "other-tenant"
PASSWORDS: list[str] = []


class Export:
    """An export that was accepted, as its requester knows it."""

    usual: dict[str, int] = {}

    def __init__(self, task: ExportTask, password: str) -> None:
        self.task = task
        self.password = password

    @classmethod
    def requested(cls, slug: str, rng: random.Random, format: str = "") -> "Export":
        """What happens when somebody presses Export, from the address of the page on."""
        password = "Canary7" + "".join(rng.choices(string.ascii_letters + string.digits, k=20))
        PASSWORDS.append(password)
        connection.close()
        account = Account.objects.across_tenants().select_related("tenant").get(username=f"{slug}-admin")
        browser = Client()
        browser.force_login(account, backend="aicc.tenants.access.AccountBackend")
        asked = {"data_scope": "organization", "format": format or rng.choice(Format.values), "password": password}
        asked["items"] = [item.key for item in DATA_ITEMS]
        answer = browser.post(f"{reverse('exports:new')}?period=90d", asked)
        assert (answer.status_code, answer.url) == (302, reverse("exports:list")), "an export was refused"
        task = ExportTask.objects.for_tenant(account.tenant).newest_first().first()
        assert task
        return cls(task, password)

    @property
    def usual_size(self) -> int:
        return self.usual[self.task.format]

    def now(self) -> ExportTask | None:
        """Its row; None while the database cannot be asked."""
        try:
            return ExportTask.objects.across_tenants().get(pk=self.task.pk)
        except (OperationalError, InterfaceError):
            connection.close()
            return None

    def has_ended(self) -> bool:
        task = self.now()
        return task is not None and task.status in ENDED

    def wait(self, seconds: float) -> float:
        return wait_for(self.has_ended, "an export to end", seconds)

    def cancel(self) -> bool:
        return self.task.cancel(timezone.now())


def prepare(rows: int) -> None:
    call_command("migrate", verbosity=0)
    data.ensure(rows)
    # Beside the large one, and what a search through all tables finds.
    other = Tenant.objects.open(slug=OTHER, name="A tenant without contacts")
    Account.objects.create(tenant=other, username=f"{OTHER}-admin", name="admin", is_administrator=True)


def learn_sizes(rng: random.Random) -> None:
    """How large the file of each format becomes when nothing happens."""
    for format in Format.values:
        export = Export.requested("big", rng, format)
        export.wait(120)
        task = export.now()
        assert task and task.status == Status.COMPLETED, task and task.failure
        Export.usual[format] = task.size or 0


def all_ended(exports: Sequence[Export], seconds: float) -> float:
    """How long it took until every export had ended."""
    begun = time.monotonic()
    for export in exports:
        export.wait(max(0.0, begun + seconds - time.monotonic()))
    return time.monotonic() - begun


def all_whole(exports: Sequence[Export], expected: Iterable[str], attempts: Iterable[int], folder: Path) -> None:
    """Raises AssertionError with what is wrong. The database holds the rest: an end state has no keys, and so on."""
    for export in exports:
        task = export.now()
        assert task
        assert task.status in expected, f"{task.status} {task.failure}"
        assert task.attempt in {0, *attempts}, f"{task.attempt} attempts"
        if task.status == Status.COMPLETED:
            _check_file(folder / task.file, task, export.password)
    # A worker that lost its task is still about to notice and clear away.
    kept = ExportTask.objects.across_tenants().filter(status=Status.COMPLETED)
    names = set(kept.values_list("file", flat=True))
    wait_for(lambda: {path.name for path in folder.iterdir()} <= names, "leftover files to go", 15)
    assert {path.name for path in folder.iterdir()} == names


def _check_file(path: Path, task: ExportTask, password: str) -> None:
    packed = path.read_bytes()
    assert (len(packed), hashlib.sha256(packed).hexdigest()) == (task.size, task.sha256), "not the file of the row"
    assert task.matched == task.written, f"{task.written} of {task.matched} rows"
    with pyzipper.AESZipFile(path) as archive:
        assert all(member.flag_bits & 1 for member in archive.infolist()), "not encrypted"
        archive.setpassword(password.encode())
        member = next(member for member in archive.namelist() if member.endswith(f".{task.format}"))
        file = archive.read(member)
        assert archive.testzip() is None
    assert _rows(file, member) == task.written, "rows are missing in the file"


def _rows(file: bytes, member: str) -> int:
    if member.endswith(".csv"):
        return file.count(b"\r\n") - 1
    with pyzipper.AESZipFile(io.BytesIO(file)) as book:
        return book.read("xl/worksheets/sheet1.xml").count(b"<row") - 1


def passwords_found(place: Installation) -> str:
    """Where a password of any export is written: in the database, in Redis, in a log, or said of a process."""
    spellings = [
        spelling
        for password in PASSWORDS
        for spelling in (password.encode(), password.encode().hex().encode(), base64.b64encode(password.encode())[:-4])
    ]
    # Found in a table and in a log, so that nothing found means something.
    known = {OTHER.encode(): "table tenants_tenant", b"ready.": "A.log"}
    found = []
    for where, text in _everything(place):
        known = {word: place for word, place in known.items() if not (place == where and word in text)}
        if any(spelling in text for spelling in spellings):
            found.append(where)
    assert not known, f"did not look into {known}"
    return ", ".join(found)


def _everything(place: Installation) -> Iterable[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            with cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT') as copy:
                yield f"table {table}", b"".join(bytes(block) for block in copy)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        for key in client.scan_iter():
            yield f"Redis {key!r}", key + (client.dump(key) or b"")
    for log in place.home.rglob("*.log"):
        yield f"{log.name}", log.read_bytes()
    for process in psutil.process_iter():
        for part in ("environ", "cmdline"):
            try:
                yield f"{part} of {process.pid}", Path(f"/proc/{process.pid}/{part}").read_bytes()
            except OSError:
                continue
