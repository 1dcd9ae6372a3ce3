"""`manage.py load_contacts`: contact records from files into a tenant. What a file may hold is left to `ingest`."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from aicc.lib import batches
from aicc.tenants.loading import LoadCommand, usage
from aicc.tenants.models import Tenant
from contacts import ingest


class Command(LoadCommand):
    help = "Load contact records (NDJSON or vCon, files or folders) into a tenant. Loading twice changes nothing."
    what = "contact records"
    endings = ingest.ENDINGS

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--strict", action="store_true", help="reject contacts of accounts that are unknown")
        parser.add_argument("--media", type=Path, metavar="DIR", help="the folder of recordings that contacts name")

    def check_options(self, options: dict[str, Any]) -> None:
        if options["media"] and not options["media"].is_dir():
            raise usage(f"{options['media']} is no folder.")

    def read(self, file: Path, *, now: datetime) -> Iterator[ingest.Read]:
        return ingest.read(file, now=now)

    def new_report(self) -> ingest.Report:
        return ingest.Report()

    def load(
        self,
        tenant: Tenant,
        reads: Iterator[ingest.Read],
        *,
        source: str,
        on_reject: Callable[[batches.Rejection], None],
        on_progress: Callable[[batches.Report], None],
        options: dict[str, Any],
    ) -> ingest.Report:
        work = ingest.rehearse if options["dry_run"] else partial(ingest.load, media=options["media"])
        return work(
            tenant, reads, source=source, strict=options["strict"], on_reject=on_reject, on_progress=on_progress
        )

    def told(self, report: batches.Report, options: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in vars(report).items() if name.startswith("recordings")}

    def more_words(self, summary: dict[str, Any]) -> Iterator[str]:
        if summary["recordings"] or summary["recordings_rejected"]:
            yield f"{summary['recordings']:,} recordings kept, {summary['recordings_rejected']:,} rejected."
        if summary["recordings_unfetched"]:
            yield f"{summary['recordings_unfetched']:,} recordings were not fetched: only their address is known."
        if summary["recordings_unsought"]:
            left = summary["recordings_unsought"]
            yield f"{left:,} recordings were left where they are: name their folder with --media."
