"""`manage.py load_contacts`: contact records from files into a tenant. What a file may hold is left to `ingest`."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from aicc.tenants.models import Tenant
from contacts import ingest
from contacts.models import ContactRecord

LONGEST_SOURCE = ContactRecord._meta.get_field("source").max_length or 0


class Command(BaseCommand):
    help = "Load contact records (NDJSON or vCon, files or folders) into a tenant. Loading twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of files")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--source", default="default", metavar="NAME", help="the system that gave out the ids")
        parser.add_argument("--strict", action="store_true", help="reject contacts of accounts that are unknown")
        parser.add_argument(
            "--rejects", type=Path, default=Path("rejects.ndjson"), metavar="FILE", help="default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.")
        if missing := [path for path in options["paths"] if not path.exists()]:
            raise CommandError(f"There is no {missing[0]}.")
        if len(options["source"]) > LONGEST_SOURCE:
            raise CommandError(f"The name of a source has at most {LONGEST_SOURCE} characters.")
        rejects_file: Path = options["rejects"].resolve()
        if rejects_file in (path.resolve() for path in options["paths"]):
            raise CommandError(f"{options['rejects']} would be overwritten: name another file with --rejects.")
        # An older one in a folder that is loaded is no input.
        files = [file for file in ingest.files(options["paths"]) if file.resolve() != rejects_file]
        size = sum(file.stat().st_size for file in files if file.is_file())
        begun = time.monotonic()
        with (
            tqdm(total=size, unit="B", unit_scale=True, disable=None, leave=False) as bar,
            _Rejects(options["rejects"]) as rejects,
        ):
            report = ingest.load(
                tenant,
                _reads(files),
                source=options["source"],
                strict=options["strict"],
                on_reject=rejects.write,
                on_progress=lambda report: bar.update(report.bytes - bar.n),
            )
        seconds = time.monotonic() - begun
        self.stdout.write(
            f"{report.seen:,} contact records in {seconds:.1f} s ({report.seen / seconds:,.0f} a second): "
            f"{report.inserted:,} new, {report.updated:,} updated, {report.unchanged:,} unchanged, "
            f"{report.rejected:,} rejected."
        )
        if report.rejected:
            self.stderr.write(f"File, line and reason of what was rejected are in {options['rejects']}.")


class _Rejects:
    """The rejects file: a line for each rejection, and no file when there was none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self.file: IO[str] | None = None

    def __enter__(self) -> "_Rejects":
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()

    def write(self, rejection: ingest.Rejection) -> None:
        self.file = self.file or self.path.open("w", encoding="utf-8", errors="backslashreplace")
        line = {"file": rejection.where, "line": rejection.line, "reason": rejection.reason}
        self.file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _reads(files: list[Path]) -> Iterator[ingest.Read]:
    now = timezone.now()
    for file in files:
        yield from ingest.read(file, now=now)
