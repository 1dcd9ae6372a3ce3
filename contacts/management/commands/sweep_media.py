"""`manage.py sweep_media`: delete stored recordings that belong to no record, as loads leave that were killed."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from contacts.ingest import media


class Command(BaseCommand):
    help = "Delete stored recordings that belong to no record. The clock does the same every night."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hours", type=float, default=24, metavar="N", help="spare younger ones; default: 24")

    def handle(self, *args: Any, **options: Any) -> None:
        swept = media.sweep(stored_before=timezone.now() - timedelta(hours=options["hours"]))
        self.stdout.write(f"{swept:,} stored recordings belonged to no record and were deleted.")
