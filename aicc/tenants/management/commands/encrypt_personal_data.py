"""`manage.py encrypt_personal_data`: give rows that were written before the form in force, while the site is in use."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from aicc.lib.sealing import KeyFileError
from aicc.tenants import parameters
from aicc.tenants.conversion import Goal, Progress, convert, left


class Command(BaseCommand):
    help = (
        "Encrypt the personal data of rows that were written before encryption was switched on or before the current "
        "key, or decrypt it all. It may be killed and run again, and the site may be in use."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--decrypt", action="store_true", help="make it plain again, after switching encryption off")
        what.add_argument("--status", action="store_true", help="say how many rows are left, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        encrypts = parameters.ENCRYPTION.value(None)
        name = parameters.ENCRYPTION.label
        if not options["status"] and encrypts == options["decrypt"]:
            # Else what is written meanwhile would have the other form.
            raise CommandError(f"Set the system parameter “{name}” to {'No' if encrypts else 'Yes'} first.")
        try:
            goal = Goal.in_force()
        except KeyFileError as error:
            raise CommandError(str(error)) from None
        counts = dict(left(goal))
        if options["status"]:
            self.stdout.write(f"{name}: {f'Yes, by key {goal.ring.current}' if goal.ring else 'No'}.")
            self._say(counts)
            return
        begun = time.monotonic()
        with tqdm(total=sum(counts.values()), unit=" rows", disable=None, leave=False) as bar:
            done = convert(goal, lambda progress: bar.update(progress.rows - bar.n))
        seconds = time.monotonic() - begun
        self.stdout.write(f"{done.rows:,} rows converted in {seconds:.1f} s ({done.rows / seconds:,.0f} a second).")
        self._finish(dict(left(goal)), done)

    def _finish(self, counts: dict[str, int], done: Progress) -> None:
        self._say(counts)
        if done.lost:
            raise CommandError(
                f"{done.lost:,} values cannot be opened: no key of the key file fits. They stay as they are."
            )
        if any(counts.values()):
            raise CommandError("Somebody is changing the rows that are left. Run it again.")

    def _say(self, counts: dict[str, int]) -> None:
        for label, count in counts.items():
            self.stdout.write(f"{label}: {count:,} rows left.")
