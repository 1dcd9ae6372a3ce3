"""What do workers do with tasks? They take the next one, pack its file, and clear away what nobody needs.

Who works on a task is left to `claims`, what is in a file to the packer of its kind. A message is only a ring: it names
no task, so a lost, late or doubled one does no harm, and workers and the clock ring every few seconds anyway.
"""

import errno
import hashlib
import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path

from celery import shared_task
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from django.utils.translation import gettext

from exports import archives, content, recordings
from exports.bell import ring
from exports.choices import PERMISSIONS, Kind, Status
from exports.claims import Claim, Lost, next_task
from exports.content import ExportRefused
from exports.models import ExportTask, remove_file, storage

logger = logging.getLogger(__name__)

# What makes the file of each kind, called as `exports.content.pack` is.
PACKERS: dict[Kind, Callable] = {Kind.CONTACTS: content.pack, Kind.RECORDING: recordings.pack}
NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


@shared_task
def take_next() -> None:
    """Pack the file of the next task, if there is one. Whoever takes a task rings for the others that wait."""
    try:
        with next_task() as claim:
            if claim is None:
                return
            if claim.others_wait:
                ring()
            has_ended = _work(claim)
    except (DatabaseError, InterfaceError) as error:
        # Without a database there is no task: the next ring finds it.
        logger.warning("The database cannot be reached: %s", _where(error))
        return
    if not has_ended:
        ring()


@shared_task
def clear_away() -> None:
    """End what is older than seven days, forget what ended so, and remove files that belong to no task."""
    now = timezone.now()
    tasks = ExportTask.objects.across_tenants()
    for task in tasks.overdue(now).iterator():
        task.expire(now)
    tasks.forgettable(now).delete()
    # Files first, then tasks: a file is made after its task names it.
    names = {name.removesuffix(".part") for name in _files()}
    kept = tasks.filter(file__in=names, status__in=[Status.RUNNING, Status.COMPLETED])
    for name in names.difference(kept.values_list("file", flat=True)):
        remove_file(name)


def _files() -> list[str]:
    try:
        return os.listdir(storage().path(""))
    except FileNotFoundError:
        return []


def _work(claim: Claim) -> bool:
    """One attempt; whether the task has ended with it. Nothing personal is in a message of an error: none is logged."""
    name = claim.task.file
    try:
        _pack(claim)
    except Lost:
        remove_file(name)
    except ExportRefused as refusal:
        claim.fail(str(refusal))
    except archives.KeysLost:
        claim.fail(gettext("The keys of its password are lost: the server's secret has changed. Export again."))
    except (DatabaseError, InterfaceError) as error:
        # Whether the last write arrived is not known. The next attempt knows, and removes what is left.
        logger.warning("Export task %s was interrupted: %s", claim.task.pk, _where(error))
        return False
    except Exception as error:
        remove_file(name)
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            logger.error("Export task %s: there is no room for its file.", claim.task.pk)
            claim.fail(gettext("The server has no room for the file. Ask its operator, then export again."))
            return True
        logger.error("Export task %s was interrupted: %s", claim.task.pk, _where(error))
        return False
    return True


def _pack(claim: Claim) -> None:
    task = claim.task
    account = task.requested_by
    if not (account.is_active and account.may(PERMISSIONS[Kind(task.kind)])):
        raise ExportRefused(gettext("The requester may not have this file any more."))
    claim.part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    packed = PACKERS[Kind(task.kind)](task, claim.part, keys=task.keys(), progress=claim.progress)
    size, sha256 = _publish(claim.part, Path(storage().path(task.file)))
    claim.finish(matched=packed.matched, written=packed.written, size=size, sha256=sha256)


def _publish(part: Path, final: Path) -> tuple[int, str]:
    """Give a file that is on the disk its name, whole or not at all; its size and SHA-256."""
    try:
        with part.open("rb") as file:
            os.fsync(file.fileno())
            size, sha256 = os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
        part.rename(final)
    except FileNotFoundError:
        # Whoever ended the task removed it.
        raise Lost from None
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size, sha256


def _where(error: Exception) -> str:
    """The kind of an error and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(
        [type(error).__name__, *(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))]
    )
