"""Which stored files does a record have? Those that its newest version names, written before their rows.

So no row is ever without its file, whenever a load is killed; a file without a row is swept away a day later. What
the bytes are is left to `recordings`.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from aicc.lib import bulk
from aicc.tenants import parameters
from aicc.tenants.models import Tenant
from contacts.choices import MediaKind
from contacts.ingest.native import Contact, Recording, Rejected
from contacts.ingest.recordings import examined, kind_of, opened
from contacts.models import ContactRecord, MediaFile

# Where in the storage recordings are: a folder a tenant, then two levels by the first letters of a random name.
ROOT = "recordings"
# Records whose rows are written in one transaction; their files are written before it, without a lock.
GROUP = 100


@dataclass
class Attached:
    """What became of recordings. `refused` has record, and reason in words, of those that were not taken."""

    taken: int = 0
    # Known by an address only, and those in files while nobody said in which folder.
    unfetched: int = 0
    unsought: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def attach(tenant: Tenant, contacts: Mapping[int, Contact], *, folder: Path | None) -> Attached:
    """Let records, by id and as just loaded, have the media that these versions of them name.

    What they have already is not read again. A version that names none takes away what an older one had. Where a
    newer version names a file that cannot be had any more, the one taken earlier stays.
    """
    intake = _Intake(tenant, folder)
    media = MediaFile.objects.for_tenant(tenant)
    if any(contact.recordings for contact in contacts.values()) or media.exists():
        stored = _stored(tenant, contacts)
        due = iter([id for id, contact in contacts.items() if not _is_complete(contact, stored.get(id, {}))])
        while group := list(islice(due, GROUP)):
            intake.take({id: contacts[id] for id in group}, {id: stored.get(id, {}) for id in group})
    return intake.attached


def sweep(*, stored_before: datetime) -> int:
    """Delete stored files that no row names, and that are older than any load; returns how many."""
    return sum(
        _sweep_folder(f"{ROOT}/{tenant}/{first}/{second}", int(tenant), stored_before)
        for tenant in _folders(ROOT)
        if tenant.isdecimal()
        for first in _folders(f"{ROOT}/{tenant}")
        for second in _folders(f"{ROOT}/{tenant}/{first}")
    )


def _stored(tenant: Tenant, ids: Iterable[int]) -> dict[int, dict[int, MediaFile]]:
    """The media of records, by their positions."""
    stored: dict[int, dict[int, MediaFile]] = {}
    for row in MediaFile.objects.for_tenant(tenant).filter(record_id__in=list(ids)).order_by("record_id", "position"):
        stored.setdefault(row.record_id, {})[row.position] = row
    return stored


def _is_complete(contact: Contact, rows: Mapping[int, MediaFile]) -> bool:
    return {position: row.version for position, row in rows.items()} == dict.fromkeys(
        range(len(contact.recordings)), contact.updated_at
    )


class _Intake:
    """One load's way of taking recordings in."""

    def __init__(self, tenant: Tenant, folder: Path | None) -> None:
        self.tenant, self.folder = tenant, folder
        self.attached = Attached()

    def take(self, contacts: Mapping[int, Contact], stored: Mapping[int, Mapping[int, MediaFile]]) -> None:
        """Store the files of these records, then write their rows, unless another load was quicker."""
        known = _versions(self.tenant, contacts)
        planned = {
            id: self._planned(id, contact, known[id][1], stored[id])
            for id, contact in contacts.items()
            if id in known and known[id][0] == contact.updated_at
        }
        _flush(key for id, rows in planned.items() for key in _keys(rows.values()) - _keys(stored[id].values()))
        with transaction.atomic(), connection.cursor() as cursor:
            bulk.lock(cursor, "load_contacts", self.tenant.pk)
            now_known, now_stored = _versions(self.tenant, contacts), _stored(self.tenant, contacts)
            for id, rows in planned.items():
                before = _keys(stored[id].values())
                if now_known.get(id) == known[id] and _keys(now_stored.get(id, {}).values()) == before:
                    MediaFile.objects.for_tenant(self.tenant).filter(record_id=id).delete()
                    MediaFile.objects.bulk_create(rows.values())
                    needless = before - _keys(rows.values())
                else:
                    needless = _keys(rows.values()) - before
                for key in needless:
                    transaction.on_commit(partial(default_storage.delete, key), robust=True)

    def _planned(self, id: int, contact: Contact, mode: str, before: Mapping[int, MediaFile]) -> dict[int, MediaFile]:
        """The media that a record will have, by position. New files are stored on the way."""
        rows = {at: row for at, row in before.items() if row.version == contact.updated_at}
        for position, recording in enumerate(contact.recordings):
            if position in rows:
                continue
            free = {row.storage_key: row for row in before.values() if row.storage_key not in _keys(rows.values())}
            try:
                row = self._taken(recording, contact.media_type, free.values())
            except Rejected as error:
                self._left_out(id, position, recording, str(error))
                earlier = before.get(position)
                if earlier and earlier.storage_key in free and earlier.name == recording.name:
                    rows[position] = earlier
                continue
            row.record_id, row.position, row.version = id, position, contact.updated_at
            if row.kind == MediaKind.VIDEO:
                row.mode = recording.mode or mode or parameters.VIDEO_MODE.value(self.tenant)
            rows[position] = row
            self.attached.taken += 1
        return rows

    def _taken(self, recording: Recording, media_type: str, earlier: Iterable[MediaFile]) -> MediaFile:
        """The recording as a row that is not saved. Of what an earlier version had, no second copy is made."""
        stored = ""
        try:
            with opened(recording, self.folder) as file:
                content = examined(file)
                kind = kind_of(recording, content, media_type)
                same = [row.storage_key for row in earlier if (row.sha256, row.size) == (content.sha256, content.size)]
                if not same:
                    stored = _store(self.tenant, file, content.format)
        except Rejected:
            if stored:
                default_storage.delete(stored)
            raise
        return MediaFile(
            tenant=self.tenant,
            kind=kind,
            format=content.format,
            storage_key=stored or same[0],
            size=content.size,
            sha256=content.sha256,
            duration_seconds=content.duration_seconds,
            channels=content.channels,
            sample_rate=content.sample_rate,
            started_at=recording.started_at,
            name=recording.name,
        )

    def _left_out(self, id: int, position: int, recording: Recording, reason: str) -> None:
        """A recording that was not taken: a rejection, unless it was not to be had anyway."""
        if recording.body is None and not recording.name:
            self.attached.unfetched += 1
        elif recording.body is None and self.folder is None:
            self.attached.unsought += 1
        else:
            name = f" ({recording.name})" if recording.name else ""
            self.attached.refused.append((id, f"recording {position + 1}{name} {reason}"))


def _versions(tenant: Tenant, contacts: Mapping[int, Contact]) -> dict[int, tuple[datetime, str]]:
    """The stored version of each record, and its account's video mode."""
    starts = [contact.started_at for contact in contacts.values()]
    # The times leave out the months in which none of them is; a version of another month is another version.
    rows = ContactRecord.objects.for_tenant(tenant).filter(
        id__in=list(contacts), started_at__gte=min(starts), started_at__lte=max(starts)
    )
    return {
        id: (version, mode or "") for id, version, mode in rows.values_list("id", "updated_at", "account__video_mode")
    }


def _keys(rows: Iterable[MediaFile]) -> set[str]:
    return {row.storage_key for row in rows}


def _store(tenant: Tenant, file: BinaryIO, format: str) -> str:
    """Copy to the storage, in pieces; returns the key. An error of the storage ends the load: it is nobody's data."""
    name = secrets.token_hex(16)
    return default_storage.save(f"{ROOT}/{tenant.pk}/{name[:2]}/{name[2:4]}/{name}.{format}", File(file, name=name))


def _flush(keys: Iterable[str]) -> None:
    """Have the disk write these files down: their rows will survive a power failure, and so must they."""
    try:
        paths = [default_storage.path(key) for key in keys]
    except NotImplementedError:
        # Not on this machine: such a storage answers when it has a file.
        return
    # Together, because a disk that is asked one by one takes ten times as long.
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(_flush_file, paths))


def _flush_file(path: str) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _folders(path: str) -> list[str]:
    try:
        return default_storage.listdir(path)[0]
    except FileNotFoundError:
        return []


def _is_older(key: str, moment: datetime) -> bool:
    try:
        return default_storage.get_modified_time(key) < moment
    except FileNotFoundError:
        # A load replaced it meanwhile, and deleted it itself.
        return False


def _sweep_folder(path: str, tenant_id: int, stored_before: datetime) -> int:
    keys = {f"{path}/{name}" for name in default_storage.listdir(path)[1]}
    old = [key for key in keys if _is_older(key, stored_before)]
    media = MediaFile.objects.across_tenants().filter(tenant_id=tenant_id, storage_key__in=old)
    needless = set(old) - set(media.values_list("storage_key", flat=True))
    for key in needless:
        default_storage.delete(key)
    return len(needless)
