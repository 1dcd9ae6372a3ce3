"""Who works on a task now? A claim: a lock of the database's, and the attempt that every later write must name.

The lock goes with the connection, and the connection with the worker: whatever ends a worker frees its task. All of
this is on a connection of its own, because what is written in the snapshot that rows come from is seen too late.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone
from django.utils.translation import gettext

from exports.choices import UNFINISHED, Status
from exports.models import ATTEMPTS, ExportTask, ExportTaskQuerySet, part_of, remove_file

logger = logging.getLogger(__name__)

CONNECTION = "claims"
# Between two writes of how far a task is, which is also how soon a worker notices that it was cancelled.
PROGRESS_SECONDS = 0.5
LONGEST_FAILURE = ExportTask._meta.get_field("failure").max_length

# Tasks that nobody works on, fairly: a tenant's first waiting task stands behind as many as the tenant has running,
# its second behind one more. Among equals the oldest.
FREE = """
WITH held AS (
    SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), unfinished AS (
    SELECT id, tenant_id, attempt, requested_at, hashtextextended(id::text, 0) AS key,
        hashtextextended(id::text, 0) IN (SELECT key FROM held) AS is_held
    FROM exports_exporttask WHERE status IN ('waiting', 'running')
), ranked AS (
    SELECT id, attempt, requested_at, is_held, key,
        count(*) FILTER (WHERE is_held) OVER (PARTITION BY tenant_id)
            + row_number() OVER (PARTITION BY tenant_id, is_held ORDER BY requested_at, id) AS turn
    FROM unfinished
)
SELECT id, attempt, key FROM ranked WHERE NOT is_held ORDER BY turn, requested_at, id LIMIT 20
"""


class Lost(Exception):
    """The task is not this worker's any more: it was cancelled, has expired, or is another's."""


class Claim:
    """A task that this worker works on. Writing raises Lost once it is not."""

    def __init__(self, task: ExportTask, *, others_wait: bool = False) -> None:
        self.task = task
        self.others_wait = others_wait
        self._said_at = 0.0

    @property
    def part(self) -> Path:
        """Where the file is written."""
        return part_of(self.task.file)

    def progress(self, written: int, matched: int) -> None:
        """Say how far it is; often is fine."""
        if time.monotonic() - self._said_at >= PROGRESS_SECONDS:
            self._write(written=written, matched=matched)
            self._said_at = time.monotonic()

    def finish(self, *, matched: int, written: int, size: int, sha256: str) -> None:
        """The file has its final name: the task is completed."""
        self._end(Status.COMPLETED, matched=matched, written=written, size=size, sha256=sha256)

    def fail(self, sentence: str) -> None:
        """The task has failed, for a reason that the requester can read; unless it has just been cancelled."""
        with suppress(Lost):
            self._end(Status.FAILED, failure=sentence[:LONGEST_FAILURE], file="")
        remove_file(self.task.file)

    def _end(self, status: Status, **fields: Any) -> None:
        self._write(status=status, finished_at=timezone.now(), sealed_keys=None, **fields)

    def _write(self, **fields: Any) -> None:
        mine = _tasks().filter(pk=self.task.pk, status=Status.RUNNING, attempt=self.task.attempt)
        if not mine.update(**fields):
            raise Lost


@contextmanager
def next_task() -> Iterator[Claim | None]:
    """The next task that nobody works on, claimed until the block ends; None when there is none.

    A block that ends without an end of the task was an attempt. What is left of an attempt is removed here, by the
    next one or by the last.
    """
    connection = connections[CONNECTION]
    try:
        yield _claim()
    finally:
        with suppress(DatabaseError, InterfaceError):
            connection.close()


def _claim() -> Claim | None:
    with connections[CONNECTION].cursor() as cursor:
        cursor.execute(FREE)
        free = cursor.fetchall()
        for number, (id, attempt, key) in enumerate(free, 1):
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
            if not cursor.fetchone()[0]:
                continue
            claim = _begin(id, attempt, others_wait=number < len(free))
            if claim is not None:
                return claim
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    return None


def _begin(id: Any, attempt: int, *, others_wait: bool) -> Claim | None:
    """The next attempt at a task whose lock is held; None when it has ended, or has failed for good now."""
    now = _tasks().filter(pk=id, attempt=attempt, status__in=UNFINISHED)
    task = now.first()
    if task is None:
        return None
    if attempt == ATTEMPTS:
        logger.error("Export task %s was given up after %s attempts.", id, ATTEMPTS)
        sentence = gettext("The file could not be made: %(count)s attempts were interrupted.")
        Claim(task).fail(sentence % {"count": attempt})
        return None
    file = f"{secrets.token_hex(16)}.zip"
    if not now.update(
        status=Status.RUNNING, attempt=attempt + 1, started_at=timezone.now(), file=file, written=0, matched=None
    ):
        return None
    remove_file(task.file)
    # Read again over the connection that everything else uses: what belongs to it comes over the same.
    mine = ExportTask.objects.across_tenants().filter(pk=id).first()
    return Claim(mine, others_wait=others_wait) if mine else None


def _tasks() -> ExportTaskQuerySet:
    return ExportTask.objects.using(CONNECTION).across_tenants()
