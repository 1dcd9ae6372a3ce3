"""What may an account play and download of a contact record, and where it may not, why? What else Operate offers.

It follows the guide's Operate column and PRODUCT.md 6. Which records are within reach is left to `visibility`, how
bytes are played to `playing`, how they leave to the app that packs them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db.models import Func, IntegerField, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aicc.tenants import parameters
from aicc.tenants.choices import Permission, VideoMode
from aicc.tenants.models import Account, Tenant
from contacts import processing
from contacts.choices import MediaFormat, MediaKind, MediaType
from contacts.models import ContactRecord, MediaFile, Message
from contacts.offers import Offer, Refused
from contacts.visibility import Visibility

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class OfferedFile:
    """A recording of a record, and what is offered of it."""

    file: MediaFile
    play: Offer
    download: Offer

    @property
    def withheld(self) -> str | Promise:
        """Why it cannot be downloaded, to whoever may download. Of a screen nothing is said: it goes with its call."""
        is_asked = self.download.permitted and self.file.kind != MediaKind.SCREEN
        return self.download.refusal if is_asked else ""


class Opens(StrEnum):
    """What Play opens: the voice player, Recording File Details, or the conversation on the details page."""

    PLAYER = "player"
    FILES = "files"
    CONVERSATION = "conversation"


@dataclass(frozen=True)
class Operations:
    """What the Operate column offers of a record. `files` has VRC only while Screen recording is Yes."""

    record: ContactRecord
    tenant: Tenant
    opens: Opens
    play: Offer
    download: Offer
    process: Offer
    files: list[OfferedFile] = field(default_factory=list)

    @classmethod
    def of(cls, record: ContactRecord, account: Account, *, as_agent: bool) -> "Operations":
        """`as_agent`: whether the account is signed in as agent (access.signed_in_as_agent)."""
        return cls.of_all([record], account, as_agent=as_agent)[record.id]

    @classmethod
    def of_all(cls, records: Iterable[ContactRecord], account: Account, *, as_agent: bool) -> "dict[int, Operations]":
        """Those of many records by their ids; all their recordings are read with one query."""
        records = list(records)
        files: dict[int, list[MediaFile]] = {record.id: [] for record in records}
        media = MediaFile.objects.for_tenant(account.tenant).filter(record_id__in=list(files))
        for file in media.order_by("record_id", "position") if files else []:
            files[file.record_id].append(file)
        return {record.id: cls._of(record, files[record.id], account, as_agent) for record in records}

    @classmethod
    def _of(cls, record: ContactRecord, files: list[MediaFile], account: Account, as_agent: bool) -> "Operations":
        tenant = Visibility.of(account).tenant
        process = processing.offer(record, account)
        may_play, may_download = account.may(Permission.PLAY), account.may(Permission.DOWNLOAD)
        if record.media_type == MediaType.MULTIMEDIA:
            return cls(record, tenant, Opens.CONVERSATION, Offer(may_play), Offer(may_download), process)
        has_screens = parameters.SCREEN_RECORDING.value(tenant)
        shown = [file for file in files if has_screens or file.kind != MediaKind.SCREEN]
        leaves = {
            file.position: Offer(may_download, _kept(file, as_agent)) for file in shown if file.kind != MediaKind.SCREEN
        }
        download = _any([*leaves.values()], may_download)
        # The agent's screen leaves with what it belongs to, or not at all.
        offered = [
            OfferedFile(file, Offer(may_play, _unplayable(file)), leaves.get(file.position, download)) for file in shown
        ]
        has_voice = any(file.file.kind == MediaKind.VOICE for file in offered)
        return cls(
            record,
            tenant,
            Opens.PLAYER if has_voice else Opens.FILES,
            _any([file.play for file in offered], may_play),
            download,
            process,
            offered,
        )

    @property
    def downloads(self) -> list[MediaFile]:
        """The files a download packs; those of a multimedia contact are made from its conversation."""
        return [file.file for file in self.files if file.download]

    def require_download(self) -> None:
        """Raises PermissionDenied or Refused unless a download may be asked for now: multimedia of any size is
        offered, and refused here when it is too large."""
        self.download.require()
        if self.record.media_type == MediaType.MULTIMEDIA:
            Offer(True, too_large(content_size(self.record), self.tenant)).require()

    def require_file(self, position: int) -> OfferedFile:
        """The recording at a position, to be played. Raises PermissionDenied, or Refused also where there is none."""
        offered = next((offered for offered in self.files if offered.file.position == position), None)
        if offered is None:
            if not self.play.permitted:
                raise PermissionDenied
            raise Refused(_("There is no such recording, or it is not shown to this tenant."))
        offered.play.require()
        return offered


def content_size(record: ContactRecord) -> int:
    """The bytes of a conversation's text."""
    messages = Message.objects.filter(tenant_id=record.tenant_id, record_id=record.id)
    found = messages.aggregate(size=Coalesce(Sum(_Bytes("text")), 0))
    return int(found["size"])


def too_large(size: int, tenant: Tenant) -> str:
    """Why multimedia content of so many bytes cannot be downloaded, with both sizes; empty when it can."""
    limit = parameters.MULTIMEDIA_LIMIT.value(tenant)
    if size <= limit * MEGABYTE:
        return ""
    return _("The content has %(size)s MB. Content of more than %(limit)s MB cannot be downloaded.") % {
        # Rounded up: never "20.0 MB, more than 20 MB".
        "size": f"{-(-size * 10 // MEGABYTE) / 10:.1f}",
        "limit": limit,
    }


class _Bytes(Func):
    """How many bytes a text has, without reading it."""

    function = "OCTET_LENGTH"
    output_field = IntegerField()


def _any(offers: Sequence[Offer], permitted: bool) -> Offer:
    """Offered when one of them is, else refused for the first one's reason."""
    if not offers:
        return Offer(permitted, gettext_lazy("There is no recording of this contact."))
    return next((offer for offer in offers if offer), offers[0])


def _unplayable(file: MediaFile) -> str | Promise:
    if file.format == MediaFormat.TS:
        return gettext_lazy("A recording in TS format cannot be played here: it needs video software.")
    return ""


def _kept(file: MediaFile, as_agent: bool) -> str | Promise:
    """Why a file cannot be downloaded."""
    if file.kind == MediaKind.VIDEO and file.mode == VideoMode.MCU_CLOUDVC and not as_agent:
        return gettext_lazy("With the mode MCU(CloudVC), a video can be downloaded only while signed in as an agent.")
    return ""
