"""How does a file get into a tenant from the command line? Options, progress, rejects, a stop, the summary, exit codes.

What a file may hold, and what becomes of it, is left to the commands that say `load_…`.
"""

import json
import os
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError
from django.utils import timezone
from tqdm import tqdm

from aicc.lib import documents
from aicc.lib.batches import Rejection, Report
from aicc.lib.sealing import KeyFileError
from aicc.lib.text import UnstorableText, storable
from aicc.tenants.models import Tenant

LONGEST_SOURCE = 64


class Exit(IntEnum):
    """What the process ends with, besides 128 and the signal that stopped it."""

    LOADED = 0
    FAILED = 1
    USAGE = 2
    REJECTED = 3


class LoadCommand(BaseCommand, ABC):
    """A command that loads files. It says what it loads, how it reads a file, and how it loads what it read."""

    what: str
    endings: tuple[str, ...] = documents.ENDINGS
    exit_code = int(Exit.LOADED)

    @abstractmethod
    def read(self, file: Path, *, now: datetime) -> Iterator[Any]:
        """What a file holds, document by document."""

    @abstractmethod
    def load(
        self,
        tenant: Tenant,
        reads: Iterator[Any],
        *,
        source: str,
        on_reject: Callable[[Rejection], None],
        on_progress: Callable[[Report], None],
        options: dict[str, Any],
    ) -> Report:
        """Load what was read into the tenant."""

    def new_report(self) -> Report:
        """What a load that broke off before its first batch has done."""
        return Report()

    def check_options(self, options: dict[str, Any]) -> None:
        """CommandError when an option of this command names what cannot be."""

    def told(self, report: Report, options: dict[str, Any]) -> dict[str, Any]:
        """What the summary says besides."""
        return {}

    def words(self, summary: dict[str, Any], stopped_by: str) -> str:
        rate = summary["records"] / max(summary["seconds"], 0.001)
        said = (
            f"{summary['records']:,} {self.what} in {summary['seconds']:.1f} s ({rate:,.0f} a second): "
            f"{summary['new']:,} new, {summary['updated']:,} updated, {summary['unchanged']:,} unchanged, "
            f"{summary['rejected']:,} rejected."
        )
        if stopped_by:
            said = f"Stopped by {stopped_by}: run it again for the rest. {said}"
        return f"Nothing was written. A load would give: {said}" if summary["dry_run"] else said

    def more_words(self, summary: dict[str, Any]) -> Iterator[str]:
        """Further sentences for people."""
        return iter(())

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of files")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--source", default="default", metavar="NAME", help="the system that gave out the ids")
        parser.add_argument("--dry-run", action="store_true", help="check and count, and write nothing")
        parser.add_argument("--json", action="store_true", help="say what was done as one JSON object")
        parser.add_argument(
            "--rejects", type=Path, default=Path("rejects.ndjson"), metavar="FILE", help="default: %(default)s"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(argv)
        if self.exit_code:
            sys.exit(self.exit_code)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant, source, files = self._checked(options)
        except OperationalError:
            raise CommandError("The database does not answer: nothing was read.", returncode=Exit.FAILED) from None
        begun, report, failure = time.monotonic(), self.new_report(), ""
        with (
            tqdm(total=sum(map(_size, files)), unit="B", unit_scale=True, disable=None, leave=False) as bar,
            _Rejects(options["rejects"]) as rejects,
            _Stop(self.stderr) as stop,
        ):

            def progress(now: Report) -> None:
                nonlocal report
                report = now
                bar.update(now.bytes - bar.n)
                rejects.flush()

            try:
                report = self.load(
                    tenant,
                    self._reads(files, stop),
                    source=source,
                    on_reject=rejects.write,
                    on_progress=progress,
                    options=options,
                )
            except (DatabaseError, OSError, KeyFileError) as error:
                # Its first line: what follows may quote a record.
                failure = next(iter(str(error).splitlines()), type(error).__name__)
        self.exit_code = Exit.FAILED if failure else stop.exit_code or (Exit.REJECTED if rejects.count else Exit.LOADED)
        summary = {
            "tenant": tenant.slug,
            "source": source,
            "dry_run": options["dry_run"],
            "outcome": "failed" if failure else "stopped" if stop.name else "rejected" if rejects.count else "loaded",
            "files": len(files),
            "records": report.seen,
            "new": report.inserted,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "rejected": report.rejected,
            **self.told(report, options),
            "bytes": report.bytes,
            "seconds": round(time.monotonic() - begun, 3),
            "rejects": str(options["rejects"]) if rejects.count else None,
        }
        self.stdout.write(json.dumps(summary) if options["json"] else self.words(summary, stop.name))
        for line in self.more_words(summary) if not options["json"] else ():
            self.stdout.write(line)
        if rejects.count and not options["json"]:
            self.stderr.write(f"File, line and reason of what was rejected are in {options['rejects']}.")
        if failure:
            raise CommandError(
                f"The load failed: {failure}. What is loaded stays: run it again.", returncode=Exit.FAILED
            )

    def _reads(self, files: list[Path], stop: "_Stop") -> Iterator[Any]:
        now = timezone.now()
        for file in files:
            for read in self.read(file, now=now):
                if stop.name:
                    return
                yield read

    def _checked(self, options: dict[str, Any]) -> tuple[Tenant, str, list[Path]]:
        """Tenant, source and files; CommandError when the command line names what cannot be."""
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise usage(f"There is no tenant {options['tenant']}.")
        if missing := [path for path in options["paths"] if not os.path.exists(path)]:
            raise usage(f"There is no {missing[0]}.")
        try:
            source = storable(options["source"])
        except UnstorableText as error:
            raise usage(f"The name of the source {error}.") from None
        if not 0 < len(source) <= LONGEST_SOURCE:
            raise usage(f"The name of a source has 1 to {LONGEST_SOURCE} characters.")
        # Not Path.resolve: a link to itself would end the load.
        rejects = os.path.realpath(options["rejects"])
        if rejects in map(os.path.realpath, options["paths"]):
            raise usage(f"{options['rejects']} would be overwritten: name another file with --rejects.")
        self.check_options(options)
        # An older one in a folder that is loaded is no input.
        files = documents.files(options["paths"], self.endings)
        return tenant, source, [file for file in files if os.path.realpath(file) != rejects]


class _Rejects:
    """The rejects file: a line for each rejection, and no file when there was none."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self.file: IO[str] | None = None
        try:
            # Hours later would be too late to learn that it cannot be written.
            with path.open("w"):
                pass
        except OSError as error:
            raise usage(f"{path} cannot be written: {error.strerror}.") from None
        # Not a device such as /dev/null.
        if path.is_file():
            path.unlink()

    def __enter__(self) -> "_Rejects":
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()

    def write(self, rejection: Rejection) -> None:
        self.count += 1
        self.file = self.file or self.path.open("w", encoding="utf-8", errors="backslashreplace")
        line = {"file": rejection.where, "line": rejection.line, "reason": rejection.reason}
        self.file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def flush(self) -> None:
        if self.file:
            self.file.flush()


class _Stop:
    """SIGINT and SIGTERM end the load after what was read; a second one ends it at once."""

    def __init__(self, stderr: Any) -> None:
        self.stderr = stderr
        self.name = ""
        self.exit_code = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Stop":
        # Python delivers signals to the main thread only.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _frame: object) -> None:
        self.name, self.exit_code = signal.Signals(number).name, 128 + number
        self.__exit__()
        self.stderr.write("Stopping once what was read is loaded.")


def usage(message: str) -> CommandError:
    return CommandError(message, returncode=Exit.USAGE)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        # It went between the two questions: it is rejected when its turn comes.
        return 0
