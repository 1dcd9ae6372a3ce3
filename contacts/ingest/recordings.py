"""Where are the bytes of a recording, and what are they? A file in one folder, or text in the record itself.

Everything here is read as if somebody meant harm: names may point anywhere, contents may lie. Keeping them is left
to `media`.
"""

import binascii
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from aicc.lib import mp4, mpegts, riff
from aicc.lib.untrusted import Malformed
from contacts.choices import MediaFormat, MediaKind, MediaType
from contacts.ingest.native import Recording, RecordingKind, Rejected

PIECE = 64 * 1024
# Four hours of video at a good rate; a WAV file cannot be larger.
LARGEST = 4 * 1024**3
# A recording that is in the record itself is decoded in memory up to here, then on disk.
_IN_MEMORY = 1024 * 1024
# Names that some systems keep for devices, with any ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
# What a recording may be, by the contact it belongs to. Other contacts are conversations, not recordings.
_FORMATS = {
    MediaType.VOICE.value: {MediaFormat.WAV: MediaKind.VOICE},
    MediaType.VIDEO.value: {MediaFormat.MP4: MediaKind.VIDEO, MediaFormat.TS: MediaKind.VIDEO},
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a recording is by its bytes: a word of MediaFormat; channels and sample rate of voice only."""

    format: str
    size: int
    sha256: str
    duration_seconds: float | None
    channels: int | None = None
    sample_rate: int | None = None


@contextmanager
def opened(recording: Recording, folder: Path | None) -> Iterator[BinaryIO]:
    """The bytes of a recording. Raises Rejected where there are none."""
    if recording.body is not None:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            _decode(recording.body, file)
            yield cast(BinaryIO, file)
    elif not recording.name:
        raise Rejected("is given by its address only, and is not fetched")
    elif folder is None:
        raise Rejected("needs the folder of recordings (--media)")
    else:
        with _file_in(folder, recording.name) as file:
            before = os.fstat(file.fileno())
            yield file
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise Rejected("was written to while it was read")


def examined(file: BinaryIO) -> Content:
    """What the bytes are. Raises Rejected when they are no recording that can be played or downloaded."""
    try:
        size = file.seek(0, os.SEEK_END)
        if not size:
            raise Malformed("is empty")
        if size > LARGEST:
            raise Malformed(f"is larger than {LARGEST // 1024**3} GB")
        file.seek(0)
        head = file.read(8)
        if head.startswith(b"RIFF"):
            wave = riff.read(file)
            return Content("wav", size, _sha256(file), wave.duration_seconds, wave.channels, wave.sample_rate)
        if head[4:] == b"ftyp":
            return Content("mp4", size, _sha256(file), mp4.read(file).duration_seconds)
        if head[0] == mpegts.SYNC:
            return Content("ts", size, _sha256(file), mpegts.read(file).duration_seconds)
        raise Malformed("is neither WAV nor MP4 nor an MPEG transport stream")
    except Malformed as error:
        raise Rejected(str(error)) from None
    except OSError as error:
        raise Rejected(f"cannot be read: {error.strerror}") from None


def kind_of(recording: Recording, content: Content, media_type: str) -> str:
    """What the recording shows of a contact of this media type. Raises Rejected where that cannot be."""
    if media_type not in _FORMATS:
        raise Rejected("belongs to a multimedia contact, which has a conversation instead")
    if recording.kind == RecordingKind.SCREEN:
        if content.format != MediaFormat.MP4:
            raise Rejected("is of the agent's screen and not MP4")
        return MediaKind.SCREEN.value
    kind = _FORMATS[media_type].get(MediaFormat(content.format))
    if kind is None:
        raise Rejected(f"is {MediaFormat(content.format).label}, which a {media_type} contact does not have")
    return kind.value


def _file_in(folder: Path, name: str) -> BinaryIO:
    """A regular file of the folder or of one below it, whatever its name tries."""
    parts = name.split("/")
    if "\\" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
        raise Rejected("has a name that is no path inside the folder")
    if not name.isprintable() or any(_RESERVED.fullmatch(part) for part in parts):
        raise Rejected("has a name that files do not have")
    try:
        root = folder.resolve(strict=True)
        path = root.joinpath(*parts).resolve(strict=True)
        if not path.is_relative_to(root):
            raise Rejected("is a link that leads out of the folder")
        # Not to wait for a pipe, and no link that took the file's place just now.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Rejected("is not in the folder") from None
    except (OSError, RuntimeError) as error:
        # RuntimeError: a loop of links, before Python 3.13.
        raise Rejected(f"cannot be read: {getattr(error, 'strerror', None) or 'a loop of links'}") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Rejected("is not a file")
    return os.fdopen(file, "rb")


def _decode(body: str, file: IO[bytes]) -> None:
    """Base64 of either alphabet, with or without padding and line breaks, piece by piece."""
    body = body.rstrip()
    rest = ""
    try:
        for at in range(0, len(body), PIECE):
            piece = rest + "".join(body[at : at + PIECE].split())
            whole = len(piece) // 4 * 4
            rest = piece[whole:]
            _decode_piece(file, piece[:whole], is_last=at + PIECE >= len(body) and not rest)
        if rest:
            _decode_piece(file, rest + "=" * (-len(rest) % 4), is_last=True)
    except binascii.Error:
        raise Rejected("is not base64") from None


def _decode_piece(file: IO[bytes], piece: str, *, is_last: bool) -> None:
    if "=" in piece and not is_last:
        raise binascii.Error("padding before the end")
    file.write(binascii.a2b_base64(piece.replace("-", "+").replace("_", "/"), strict_mode=True))


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
