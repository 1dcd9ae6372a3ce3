"""`manage.py load_ivr_calls`: IVR and bot calls from files into a tenant. What a file may hold is left to `ingest`."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from aicc.lib import batches
from aicc.tenants.loading import LoadCommand
from aicc.tenants.models import Tenant
from ivrhistory import ingest


class Command(LoadCommand):
    help = "Load IVR calls (NDJSON, files or folders) into a tenant, as far as its settings say that they are recorded."
    what = "IVR calls"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--strict", action="store_true", help="reject calls to access codes that are unknown")

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
        work = ingest.rehearse if options["dry_run"] else ingest.load
        return work(
            tenant, reads, source=source, strict=options["strict"], on_reject=on_reject, on_progress=on_progress
        )

    def told(self, report: batches.Report, options: dict[str, Any]) -> dict[str, Any]:
        assert isinstance(report, ingest.Report)  # noqa: S101 - what `load` and `new_report` return
        return {"left_out": dict(report.left_out), "details_left_out": dict(report.details_left_out)}

    def more_words(self, summary: dict[str, Any]) -> Iterator[str]:
        for reason, count in summary["left_out"].items():
            yield f"{count:,} left out: {reason}."
        for reason, count in summary["details_left_out"].items():
            yield f"{count:,} without their details: {reason}."
