"""What is in the package of a download? The recordings of a contact as they are stored, or its conversation as a page.

What may be downloaded is left to `contacts.media`; here it is asked when a package is requested, packed and fetched.
"""

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from aicc.lib.filenames import NOTHING, file_name
from aicc.lib.snapshot import snapshot
from aicc.lib.text import is_digits
from aicc.tenants import parameters
from aicc.tenants.choices import Permission
from aicc.tenants.models import Account
from contacts.choices import MediaKind, MediaType
from contacts.media import Operations, content_size
from contacts.models import ContactRecord, ContactRecordQuerySet, MediaFile, Message
from contacts.offers import Refused
from contacts.visibility import Visibility
from exports import archives, transcript
from exports.content import ExportRefused, Packed, Progress, requester
from exports.models import ExportTask

PIECE = 256 * 1024
# Messages may be long: only a few of them are in memory.
MESSAGES_AT_ONCE = 20
# A task counts no further than 2**31, a recording may have more bytes.
UNIT = 1024


@dataclass(frozen=True)
class Member:
    """A file of a package. `size` is in bytes; that of a conversation without the page around it."""

    name: str
    label: str
    format: str
    size: int
    file: MediaFile | None = None


class Package:
    """What somebody may download of a record now."""

    def __init__(self, operations: Operations) -> None:
        self.operations = operations
        self.record = operations.record

    @classmethod
    def of(cls, record: ContactRecord, account: Account, *, as_agent: bool) -> "Package":
        """`as_agent`: whether the account is signed in as agent."""
        return cls(Operations.of(record, account, as_agent=as_agent))

    @cached_property
    def members(self) -> list[Member]:
        if self.is_conversation:
            name = file_name(self.record.call_sn, "conversation", ending="html")
            return [Member(name, _("Conversation"), "HTML", content_size(self.record))]
        return [
            Member(self._name(file), file.get_kind_display(), file.get_format_display(), file.size, file)
            for file in self.operations.downloads
        ]

    @property
    def is_conversation(self) -> bool:
        return self.record.media_type == MediaType.MULTIMEDIA

    @property
    def has_voice(self) -> bool:
        return any(member.file and member.file.kind == MediaKind.VOICE for member in self.members)

    @property
    def has_video(self) -> bool:
        return any(member.file and member.file.kind != MediaKind.VOICE for member in self.members)

    @cached_property
    def refusal(self) -> str:
        """Why there is nothing to download, as a sentence; empty when there is. PermissionDenied without permission."""
        try:
            self.operations.require_download()
        except Refused as refused:
            return str(refused)
        if not all(member.file is None or default_storage.exists(member.file.storage_key) for member in self.members):
            return _missing()
        return ""

    def withheld(self, names: Sequence[str]) -> str:
        """Why somebody may not have the members of these names, as a sentence; empty when they may."""
        missing = set(names) - {member.name for member in self.members}
        if not missing:
            return ""
        refusals = [offer.download.refusal for offer in self.operations.files if self._name(offer.file) in missing]
        return str(next(filter(None, refusals), "")) or _(
            "What can be downloaded of this contact has changed. Download it again."
        )

    def archive_name(self, now: datetime) -> str:
        """What a package requested now is called (guide, Table 1, Operate), in the tenant's time zone."""
        record = self.record
        moment = f"{now.astimezone(parameters.zone_of(self.operations.tenant)):%Y%m%d%H%M%S}"
        if self.is_conversation:
            return file_name(record.call_sn, "contactextrecord", moment, ending="zip")
        queues = [record.skill_queue] if record.skill_queue else record.account.queues if record.account else []
        return file_name(moment, record.account_name, queues[0].name if queues else NOTHING, ending="zip")

    def _name(self, file: MediaFile) -> str:
        kind = "vrc" if file.kind == MediaKind.SCREEN else file.kind
        return file_name(f"{self.record.call_sn}-{file.position + 1}-{kind}", ending=file.format)


def record_of(task: ExportTask, account: Account) -> ContactRecord | None:
    """The record that a task is about, when it is within an account's reach."""
    asked = QueryDict(task.criteria).get("record", "")
    if not is_digits(asked) or len(asked) > 19:
        return None
    return within_reach(account).filter(id=int(asked)).first()


def within_reach(account: Account) -> ContactRecordQuerySet:
    """The records that an account may see at all, with what the names of packages are made of."""
    return Visibility.of(account).within_reach().select_related("tenant", "account", "skill_queue")


def call_sn_of(task: ExportTask) -> str:
    """The Call S/N that a task is about, as it was when somebody asked."""
    return QueryDict(task.criteria).get("call_sn", "") or ""


def is_conversation(task: ExportTask) -> bool:
    """Whether a task packs a conversation, and no recordings."""
    return any(name.endswith(".html") for name in task.items)


def criteria_of(record: ContactRecord) -> str:
    """The criteria of a task about a record."""
    return urlencode({"record": record.id, "call_sn": record.call_sn})


def pack(task: ExportTask, target: Path, *, keys: Sequence[bytes] | None, progress: Progress) -> Packed:
    """Write the package of a task. Raises ExportRefused; what `progress` raises ends it too, without a file.

    `progress` counts kilobytes. Who asks, what it may have and what was said are of one moment.
    """
    with snapshot():
        account = requester(task, Permission.DOWNLOAD)
        record = record_of(task, account)
        if record is None:
            raise ExportRefused(_("This contact is not within your reach any more."))
        # Whether somebody was signed in as agent was asked with the request, which names the files.
        package = Package.of(record, account, as_agent=True)
        if refusal := package.refusal or package.withheld(task.items):
            raise ExportRefused(refusal)
        members = [member for member in package.members if member.name in task.items]
        with timezone.override(parameters.zone_of(account.tenant)), archives.sealed(target, keys=keys) as archive:
            _write(archive, package, members, progress)
    return Packed(len(members), len(members))


def _write(archive: archives.Archive, package: Package, members: Sequence[Member], progress: Progress) -> None:
    whole, done = sum(member.size for member in members), 0

    def said(size: int) -> None:
        nonlocal done
        done = min(done + size, whole)
        progress(-(-done // UNIT), -(-whole // UNIT))

    said(0)
    for member in members:
        pieces = _conversation(package.record) if member.file is None else _stored(member.file)
        # Closed before the snapshot is, and before a file that somebody else may delete.
        with closing(_watched(pieces, said)) as watched:
            # Recordings are packed as they lie there: little is gained by deflating speech, nothing with video.
            archive.add(member.name, watched, deflate=member.file is None)


def _watched(pieces: Generator[bytes, None, None], said: Callable[[int], None]) -> Generator[bytes, None, None]:
    with closing(pieces):
        for piece in pieces:
            yield piece
            said(len(piece))


def _stored(file: MediaFile) -> Generator[bytes, None, None]:
    """The bytes of a recording, the same that were taken in."""
    digest = hashlib.sha256()
    try:
        with file.open() as stored:
            while piece := stored.read(PIECE):
                digest.update(piece)
                yield piece
    except FileNotFoundError:
        raise ExportRefused(_missing()) from None
    if digest.hexdigest() != file.sha256:
        raise ExportRefused(_("A recording has been changed or damaged in the storage. Tell whoever runs this site."))


def _conversation(record: ContactRecord) -> Generator[bytes, None, None]:
    messages = Message.objects.for_tenant(record.tenant).filter(record_id=record.id).order_by("position")
    with closing(_one_by_one(messages)) as lines:
        yield from transcript.chunks(record, lines)


def _one_by_one(messages: QuerySet[Message]) -> Generator[Message, None, None]:
    yield from messages.iterator(chunk_size=MESSAGES_AT_ONCE)


def _missing() -> str:
    return _("The recording is not in the storage any more. Tell whoever runs this site.")
