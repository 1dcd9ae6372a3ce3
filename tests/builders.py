"""What do tests make: organization units, accounts, contacts and calls through the loaders that load everybody's?

Who is in the cast is for conftest.py to say.
"""

import itertools
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from aicc.tenants.models import Account, AccountSkillQueue, OrganizationUnit, Role, SkillQueue, Tenant
from contacts import ingest
from contacts.ingest.loader import record_id
from contacts.models import ContactRecord
from exports.choices import Format, Kind, Status
from exports.models import ExportTask, storage
from ivrhistory import ingest as ivr_ingest
from ivrhistory import recording
from ivrhistory.ingest.loader import call_row_id
from ivrhistory.models import Bot, IvrCall

SOURCE = "tests"
_numbers = itertools.count(1)


Outline = dict[str, "Outline"]


def organization(tenant: Tenant, outline: Outline, parent: OrganizationUnit | None = None) -> None:
    """Organization units by name, each with those below it. Siblings stand in the order of the outline."""
    units = OrganizationUnit.objects.bulk_create(
        OrganizationUnit(tenant=tenant, parent=parent, name=name, position=position)
        for position, name in enumerate(outline)
    )
    for unit in units:
        if below := outline[unit.name]:
            organization(tenant, below, unit)
    tenant.__dict__.pop("units", None)


def unit(tenant: Tenant, *path: str) -> OrganizationUnit:
    """The organization unit with this path."""
    parent: OrganizationUnit | None = None
    for name in path:
        parent = OrganizationUnit.objects.for_tenant(tenant).get(parent=parent, name=name)
    assert parent is not None
    return parent


def account(
    tenant: Tenant | None,
    username: str,
    *,
    roles: Iterable[str] = (),
    queues: Iterable[str] = (),
    granted: Iterable[OrganizationUnit] = (),
    **fields: Any,
) -> Account:
    """An account of that sign-in name. It has no password: tests sign in with `signed_in`."""
    made = Account.objects.create(
        **{"tenant": tenant, "username": username, "name": username, "password": "!", **fields}
    )
    if roles:
        made.roles.add(*Role.objects.for_tenant(tenant).filter(name__in=roles))
    for position, name in enumerate(queues):
        queue, _ = SkillQueue.objects.for_tenant(tenant).get_or_create(tenant=tenant, name=name)
        AccountSkillQueue.objects.create(account=made, skill_queue=queue, position=position)
    made.granted_units.add(*granted)
    return made


def contact(**fields: Any) -> dict[str, Any]:
    """A voice call of a minute, an hour ago, in the loader's native form. Times may be datetimes; None leaves out."""
    number = next(_numbers)
    started_at = fields.get("started_at") or timezone.now() - timedelta(hours=1)
    record = {
        "id": f"contact-{number}",
        "call_id": f"call-{number}",
        "started_at": started_at,
        "media_type": "voice",
        "call_type": "incoming",
        "customer_number": f"+4670000{number:05}",
        "caller_number": f"+4670000{number:05}",
        "called_number": "+4680000",
        **fields,
    }
    if isinstance(started_at, datetime):
        record = {"connected_at": started_at, "ended_at": started_at + timedelta(seconds=60), **record}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in record.items()
        if value is not None
    }


def load(tenant: Tenant, *records: dict[str, Any], source: str = SOURCE, **options: Any) -> list[ContactRecord]:
    """Load native records, none of which may be rejected; returns them as stored, in the order given."""
    rejections: list[ingest.Rejection] = []
    reads = ingest.read_records(records, where="tests", now=timezone.now())
    ingest.load(tenant, reads, source=source, on_reject=rejections.append, **options)
    assert not rejections
    stored = {record.id: record for record in ContactRecord.objects.for_tenant(tenant).filter(source=source)}
    return [stored[record_id(tenant, source, record["id"])] for record in records]


def written(path: Path, content: bytes | Iterable[Any]) -> Path:
    """A file of these bytes, or with a line for each record; text is a line, or several, as it is."""
    if not isinstance(content, bytes):
        content = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in content).encode()
    path.write_bytes(content)
    return path


def export_task(account: Account, **fields: Any) -> ExportTask:
    """A completed export, whose file has four bytes; fields may say otherwise."""
    now = timezone.now()
    return ExportTask.objects.create(
        **{
            "tenant": account.tenant,
            "requested_by": account,
            "kind": Kind.CONTACTS,
            "criteria": "period=7d",
            "items": ["call_sn"],
            "format": Format.XLSX,
            "name": "contact-records.zip",
            "is_encrypted": True,
            "requested_at": now,
            "expires_at": now + timedelta(days=7),
            "status": Status.COMPLETED,
            "attempt": 1,
            "started_at": now,
            "finished_at": now,
            "matched": 7,
            "written": 7,
            "file": storage().save("a.zip", ContentFile(b"PK\x03\x04")),
            "size": 4,
            "sha256": "0" * 64,
            **fields,
        }
    )


def bot(tenant: Tenant, access_code: str = "5550", **fields: Any) -> Bot:
    """A robot that answers an access code."""
    return Bot.objects.create(
        **{
            "tenant": tenant,
            "name": f"Robot {access_code}",
            "type": "intelligent_robot",
            "access_code": access_code,
            **fields,
        }
    )


def record_ivr(tenant: Tenant, calls: str = "on", robots: str = "on", flows: str = "on") -> None:
    """Set what is recorded of IVR calls: everything, unless said."""
    recording.CALLS.parameter.set(tenant, calls)
    recording.ROBOT_DETAILS.parameter.set(tenant, robots)
    recording.IVR_DETAILS.parameter.set(tenant, flows)


def ivr_call(**fields: Any) -> dict[str, Any]:
    """A call of half a minute, an hour ago, with one turn, in the loader's form. Times may be datetimes."""
    number = next(_numbers)
    started_at = fields.get("started_at") or timezone.now() - timedelta(hours=1)
    call = {
        "call_id": f"1795264794-{number:05}",
        "started_at": started_at,
        "ended_at": started_at + timedelta(seconds=30) if isinstance(started_at, datetime) else None,
        "calling_number": f"+4670000{number:05}",
        "called_number": "+4680000",
        "access_code": "5550",
        "result": "completed",
        "turns": [{"node": "welcome", "system_said": "Hello", "user_said": "Hi"}],
        **fields,
    }
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in call.items()}


def load_ivr(tenant: Tenant, *calls: dict[str, Any], source: str = SOURCE, **options: Any) -> list[IvrCall]:
    """Load calls, none of which may be rejected or left out; returns them as stored, in the order given."""
    rejections: list[ingest.Rejection] = []
    reads = ivr_ingest.read_calls(calls, where="tests", now=timezone.now())
    report = ivr_ingest.load(tenant, reads, source=source, on_reject=rejections.append, **options)
    assert not rejections
    assert not report.left_out
    stored = {call.id: call for call in IvrCall.objects.for_tenant(tenant).filter(source=source)}
    return [stored[call_row_id(tenant, source, call.get("id") or call["call_id"])] for call in calls]
