"""Load the demo's contacts, through the loader that loads everybody's, into the tenants of `demo_tenants`.

What the contacts say is left to `contacts.demo`. Killed half-way, it is run again; complete, it does nothing.
"""

import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from aicc.tenants.choices import VideoMode
from aicc.tenants.models import Account, AccountSkillQueue, Tenant
from contacts import demo, ingest
from contacts.decisions import CallReason, ItemSetting
from contacts.demo import words
from contacts.ingest.loader import record_id
from contacts.models import ContactRecord

SOURCE = "demo"


class Command(BaseCommand):
    help = "Load three months of made-up contacts into the demo's tenants. Run again, it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--contacts", type=int, default=50_000, metavar="N", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        count: int = options["contacts"]
        for profile, share in ((demo.ACME, count * 4 // 5), (demo.GLOBEX, count - count * 4 // 5)):
            tenant = Tenant.objects.filter(slug=profile.slug).first()
            if tenant is None:
                raise CommandError(f"There is no tenant {profile.slug}: run demo_tenants first.")
            if not _is_loaded(tenant):
                self._load(tenant, profile, share)

    def _load(self, tenant: Tenant, profile: demo.Profile, count: int) -> None:
        _make_call_reasons(tenant)
        for id, name in profile.extended.items():
            ItemSetting.objects.for_tenant(tenant).get_or_create(
                tenant=tenant, is_extended=True, key=id, defaults={"name": name}
            )
        # The tenant was opened a moment before the first load, and a second one makes the same rows from it.
        now = tenant.created_at
        records = demo.records(profile, _agents(tenant), now=now, count=count)
        begun = time.monotonic()
        with (
            tempfile.TemporaryDirectory() as folder,
            tqdm(total=count, unit=" contacts", disable=None, leave=False) as bar,
        ):
            media = Path(folder)
            records = demo.recorded(records, media, profile, now=now, ts_agents=_ts_agents(tenant))
            report = ingest.load(
                tenant,
                ingest.read_records(records, where=SOURCE, now=now),
                source=SOURCE,
                media=media,
                on_reject=lambda rejection: self.stderr.write(f"{rejection.line}: {rejection.reason}"),
                on_progress=lambda report: bar.update(report.seen - bar.n),
            )
        seconds = time.monotonic() - begun
        self.stdout.write(
            f"{tenant.name}: {report.seen:,} contacts in {seconds:.1f} s ({report.seen / seconds:,.0f} a second), "
            f"{report.recordings:,} recordings."
        )


def _is_loaded(tenant: Tenant) -> bool:
    """Whether the newest record is there: it is loaded last."""
    newest = record_id(tenant, SOURCE, demo.NEWEST_ID)
    return ContactRecord.objects.for_tenant(tenant).filter(id=newest).exists()


def _agents(tenant: Tenant) -> list[demo.Agent]:
    """Everybody with an Employee ID and a skill queue, in an order that does not change."""
    queues: dict[int, list[str]] = {}
    assigned = AccountSkillQueue.objects.filter(account__tenant=tenant).order_by("account_id", "position", "id")
    for account_id, queue in assigned.values_list("account_id", "skill_queue__name"):
        queues.setdefault(account_id, []).append(queue)
    accounts = Account.objects.for_tenant(tenant).exclude(employee_id="").order_by("id")
    return [
        demo.Agent(account.name, account.employee_id, tuple(queues[account.pk]), account.is_active)
        for account in accounts
        if account.pk in queues
    ]


def _ts_agents(tenant: Tenant) -> frozenset[str]:
    """Those whose video calls a conference server carries: it records TS."""
    modes = [VideoMode.MCU, VideoMode.MCU_CLOUDVC]
    accounts = Account.objects.for_tenant(tenant).filter(video_mode__in=modes)
    return frozenset(accounts.values_list("name", flat=True))


def _make_call_reasons(tenant: Tenant) -> None:
    """The reasons that the contacts carry; made by the loader they would not be offered to anybody."""
    made: dict[tuple[str, ...], CallReason] = {}
    for path in (path for paths in words.CALL_REASONS.values() for path in paths):
        for level in range(1, len(path) + 1):
            if path[:level] not in made:
                made[path[:level]], _ = CallReason.objects.for_tenant(tenant).get_or_create(
                    tenant=tenant,
                    parent=made.get(path[: level - 1]),
                    name=path[level - 1],
                    defaults={"position": len(made)},
                )
