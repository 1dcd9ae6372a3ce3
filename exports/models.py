"""What is packed for whom? A task, its state, and who may see it; the row is the job.

Who works on it at this moment is left to `claims`, what is in the file to the packer of its kind.
"""

import os
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aicc.tenants import audit
from aicc.tenants.models import Account, Tenant
from aicc.tenants.personal import PersonalField
from aicc.tenants.scoping import TenantQuerySet
from contacts.data_items import items_of
from exports import archives
from exports.bell import ring
from exports.choices import ACTIONS, ENDED, PERMISSIONS, UNFINISHED, Format, Kind, Status

# A worker that dies may be the file's fault: after so many attempts the task has failed.
ATTEMPTS = 3
KEPT_FOR = timedelta(days=7)
# How long the tasks page still says that a file has expired.
REMEMBERED_FOR = timedelta(days=1)


def storage() -> Storage:
    """Where the files lie."""
    return storages["exports"]


def part_of(name: str) -> Path:
    """The path of a file that is still being written."""
    return Path(storage().path(f"{name}.part"))


def remove_file(name: str) -> None:
    """Remove a task's file, whole or in part. Whoever reads it may read to the end."""
    if name:
        # In this order: a worker that lost its task can no longer give the part its final name.
        for path in (part_of(name), Path(storage().path(name))):
            with suppress(FileNotFoundError):
                os.unlink(path)


def _promise(name: str, rule: Q, of: Iterable[Status] = ()) -> models.CheckConstraint:
    """A rule for tasks in some states (without any named: for all), which the database holds."""
    condition = ~Q(status__in=list(of)) | rule if of else rule
    return models.CheckConstraint(condition=condition, name=f"export_{name}")


class ExportTaskQuerySet(TenantQuerySet):
    def visible_to(self, account: Account) -> Self:
        """An account's own tasks, all of the tenant's for its administrator; of the kinds the account may have."""
        kinds = [kind for kind, permission in PERMISSIONS.items() if account.may(permission)]
        tasks = self.for_tenant(account.tenant).filter(kind__in=kinds)
        return tasks if account.is_administrator else tasks.filter(requested_by=account)

    def newest_first(self) -> Self:
        return self.order_by("-requested_at", "-id")

    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)

    def unfetched(self) -> Self:
        """Completed ones whose file nobody has fetched yet."""
        return self.filter(status=Status.COMPLETED, fetched_at__isnull=True)

    @transaction.atomic
    def request(
        self,
        *,
        account: Account,
        kind: Kind,
        criteria: str,
        name: str,
        keys: Sequence[bytes] | None,
        items: Iterable[str] = (),
        format: Format | str = "",
        newest_only: bool = False,
        target: str = "",
        address: str | None = None,
        now: datetime | None = None,
    ) -> "ExportTask":
        """A task that waits, written to the operation log, and a ring once it is committed.

        `name` is what the file is called for whoever fetches it, `target` what the operation log says it is of.
        `keys` are made from the password (`archives.key_material`), for ATTEMPTS attempts; None: no password.
        """
        now = now or timezone.now()
        task = ExportTask(
            tenant=account.tenant,
            requested_by=account,
            kind=kind,
            criteria=criteria,
            items=list(items),
            format=format,
            newest_only=newest_only,
            name=name,
            is_encrypted=keys is not None,
            requested_at=now,
            expires_at=now + KEPT_FOR,
        )
        if keys is not None:
            task.sealed_keys = archives.seal_keys(keys, task.id)
        task.save(force_insert=True)
        audit.record(
            ACTIONS[kind],
            account=account,
            address=address,
            target=target or str(Kind(kind).label),
            after={str(label): str(value) for label, value in task.said.items() if value},
        )
        transaction.on_commit(ring)
        return task

    def overdue(self, now: datetime) -> Self:
        """Those whose time is over."""
        return self.filter(expires_at__lte=now, status__in=[*UNFINISHED, Status.COMPLETED])

    def forgettable(self, now: datetime) -> Self:
        """Those that the tasks page need not speak of any more."""
        return self.filter(expires_at__lte=now - REMEMBERED_FOR).exclude(status__in=[*UNFINISHED, Status.COMPLETED])


class ExportTask(models.Model):
    """A file that somebody asked for, from the request until it is forgotten.

    Waiting -> Running -> Completed, Failed or Cancelled -> Expired. An end state has no keys; only a completed task has
    a file. `criteria` are a query string: which records, bound again by the worker with the moment of the request.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", db_index=False)
    requested_by = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("Requested by")
    )
    kind = models.CharField(max_length=16, choices=Kind)
    # Numbers and names are in it.
    criteria = PersonalField(kind="criteria", blank=True)
    items = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    format = models.CharField(_("Format"), max_length=8, choices=Format, blank=True)
    # Whoever has more records than may be exported at once chose the newest of them.
    newest_only = models.BooleanField(default=False)
    name = models.CharField(max_length=255)
    is_encrypted = models.BooleanField()
    sealed_keys = models.BinaryField(null=True)
    requested_at = models.DateTimeField(_("Created"))
    expires_at = models.DateTimeField(_("Expires"))

    status = models.CharField(_("Status"), max_length=16, choices=Status, default=Status.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    matched = models.PositiveIntegerField(null=True)
    written = models.PositiveIntegerField(_("Rows"), default=0)
    # In the storage: named before it is written, so that a file without a task is a leftover.
    file = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("Size"), null=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    fetched_at = models.DateTimeField(null=True)

    objects = ExportTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("export task")
        indexes = [
            models.Index("tenant", "requested_by", F("requested_at").desc(), F("id").desc(), name="export_of_account"),
            models.Index("tenant", F("requested_at").desc(), F("id").desc(), name="export_of_tenant"),
            models.Index("requested_at", name="export_unfinished", condition=Q(status__in=UNFINISHED)),
            models.Index("expires_at", name="export_expiry"),
        ]
        constraints = [
            _promise("status_is_known", Q(status__in=Status.values)),
            _promise("attempts_are_few", Q(attempt__lte=ATTEMPTS)),
            _promise("waiting_has_not_begun", Q(attempt=0, started_at__isnull=True, file=""), of=[Status.WAITING]),
            _promise(
                "running_has_begun", Q(attempt__gte=1, started_at__isnull=False, file__gt=""), of=[Status.RUNNING]
            ),
            _promise(
                "completed_is_whole",
                Q(matched__isnull=False, size__isnull=False, sha256__regex="^[0-9a-f]{64}$", file__gt=""),
                of=[Status.COMPLETED],
            ),
            _promise("failure_is_said", Q(failure__gt=""), of=[Status.FAILED]),
            _promise(
                "keys_while_needed",
                Q(finished_at__isnull=True)
                & (Q(is_encrypted=True, sealed_keys__isnull=False) | Q(is_encrypted=False, sealed_keys__isnull=True)),
                of=UNFINISHED,
            ),
            _promise("end_has_no_keys", Q(finished_at__isnull=False, sealed_keys__isnull=True), of=ENDED),
            _promise("no_file_without_a_task", Q(file=""), of=[Status.FAILED, Status.CANCELLED, Status.EXPIRED]),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def said(self) -> dict[str | Promise, str | Promise]:
        """What was asked for, by label and in words: without the criteria, which name people."""
        is_export = self.kind == Kind.CONTACTS
        items = [str(item.label) for item in items_of(self.tenant, self.items)] if is_export else self.items
        return {
            _("File"): self.name,
            _("Format"): Format(self.format).label if self.format else "",
            _("Export Field") if is_export else _("Files"): ", ".join(items),
            _("Compression password"): _("Yes") if self.is_encrypted else _("No"),
        }

    @property
    def percent(self) -> int:
        """How much of a running task is done, as far as is known."""
        return 100 * self.written // self.matched if self.matched else 0

    def cancel(self, now: datetime) -> bool:
        """Stop a task that has not ended; whether there was something to stop."""
        return self._end(Status.CANCELLED, now=now, only_from=UNFINISHED)

    def expire(self, now: datetime) -> bool:
        """The end of a task's time, however far it came."""
        return self._end(Status.EXPIRED, now=now)

    def fetched(self, now: datetime) -> None:
        """Remember that somebody fetched the file: the first time counts."""
        self._row().filter(fetched_at__isnull=True).update(fetched_at=now)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Forget the task, and remove its file with it. A worker that packs it notices and leaves nothing."""
        with transaction.atomic():
            # As it is now: a worker may have named it since this task was read.
            files = list(self._row().select_for_update().values_list("file", flat=True))
            deleted = super().delete(*args, **kwargs)
            for name in files:
                transaction.on_commit(partial(remove_file, name))
        return deleted

    def keys(self) -> list[bytes] | None:
        """This attempt's share of the task's keys: none is used twice. None for a file without a password."""
        if not self.is_encrypted:
            return None
        keys = archives.open_keys(bytes(self.sealed_keys or b""), self.id)
        share = len(keys) // ATTEMPTS
        return keys[(self.attempt - 1) * share : self.attempt * share]

    def _end(self, status: Status, *, now: datetime, only_from: Iterable[Status] = ()) -> bool:
        """To an end state without a file. The row is locked, so that a worker finishes before or not at all."""
        with transaction.atomic():
            row = (
                self._row().select_for_update().filter(status__in=only_from or [*UNFINISHED, Status.COMPLETED]).first()
            )
            if row is None:
                return False
            self._row().update(status=status, finished_at=row.finished_at or now, file="", sealed_keys=None)
            transaction.on_commit(partial(remove_file, row.file))
        self.refresh_from_db()
        return True

    def _row(self) -> ExportTaskQuerySet:
        return ExportTask.objects.across_tenants().filter(pk=self.pk)
