"""What do tests make: organization units, accounts, and contact records through the loader that loads everybody's?

Who is in the cast is for conftest.py to say.
"""

import itertools
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from aicc.tenants.models import Account, AccountSkillQueue, OrganizationUnit, Role, SkillQueue, Tenant
from contacts import ingest
from contacts.ingest.loader import record_id
from contacts.models import ContactRecord

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
