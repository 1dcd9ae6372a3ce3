"""Load the demo's IVR calls, through the loader that loads everybody's: they join the contacts of `demo_contacts`.

What the bots say is left to `ivrhistory.demo`. Killed half-way, it is run again; complete, it does nothing.
"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aicc.tenants.management.commands.demo_tenants import ACME
from aicc.tenants.models import Tenant
from contacts.choices import CallType, MediaType
from contacts.models import ContactRecord, ContactRecordQuerySet
from ivrhistory import demo, ingest
from ivrhistory.ingest.loader import call_row_id
from ivrhistory.models import Bot, IvrCall

# Of the incoming calls, those that a bot or a flow answered first: one of so many.
EVERY = 3


class Command(BaseCommand):
    help = "Load made-up IVR calls into the demo's first tenant; the other records none. Run again, it does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=ACME.slug).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {ACME.slug}: run demo_tenants first.")
        newest = _incoming(tenant).order_by("-started_at", "-id").first()
        if newest is None or _is_loaded(tenant, newest):
            return
        for bot in demo.BOTS:
            Bot.objects.for_tenant(tenant).get_or_create(
                tenant=tenant,
                access_code=bot.access_code,
                defaults={
                    "name": bot.name,
                    "type": bot.type,
                    "records_history": True,
                    "records_details": bot.records_details,
                },
            )
        begun = time.monotonic()
        report = ingest.load(
            tenant,
            ingest.read_calls(demo.calls(_contacts(tenant)), where=demo.SOURCE, now=tenant.created_at),
            source=demo.SOURCE,
            on_reject=lambda rejection: self.stderr.write(f"{rejection.line}: {rejection.reason}"),
        )
        seconds = time.monotonic() - begun
        self.stdout.write(f"{tenant.name}: {report.seen:,} IVR calls in {seconds:.1f} s.")


def _incoming(tenant: Tenant) -> ContactRecordQuerySet:
    records: ContactRecordQuerySet = ContactRecord.objects.for_tenant(tenant)
    return records.filter(source="demo", media_type=MediaType.VOICE, call_type=CallType.INCOMING)


def _contacts(tenant: Tenant) -> list[demo.Contact]:
    """The first leg of some of the incoming calls, oldest first: the same ones every time, the newest among them."""
    rows = (
        _incoming(tenant)
        .order_by("started_at", "id")
        .only("tenant_id", "id", "call_id", "started_at", "ended_at", "caller_number", "called_number")
    )
    first: dict[str, ContactRecord] = {}
    for record in rows.iterator():
        first.setdefault(record.call_id, record)
    return [
        demo.Contact(record.call_id, record.started_at, record.ended_at, record.caller_number, record.called_number)
        for record in list(first.values())[::-EVERY][::-1]
    ]


def _is_loaded(tenant: Tenant, newest: ContactRecord) -> bool:
    """Whether the call of the newest contact is there: it is loaded last, or almost."""
    id = call_row_id(tenant, demo.SOURCE, newest.call_id)
    return IvrCall.objects.for_tenant(tenant).filter(id=id).exists()
