"""How do the bytes of a recording reach a player? A stored file as it is, voice as PCM made on the way.

Whether they may is left to `media`, which bytes a range means to `aicc.lib.ranges`.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from struct import pack
from typing import BinaryIO, Protocol
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from aicc.lib import g711, ranges, riff
from contacts.choices import MediaFormat
from contacts.models import MediaFile

PIECE = 256 * 1024
HEADER = 44
_TYPES = {MediaFormat.MP4: "video/mp4", MediaFormat.TS: "video/mp2t"}


class View(Protocol):
    """Something of a size that can be read from anywhere. `etag` is strong: the same bytes, and no others."""

    file: BinaryIO
    size: int
    etag: str
    content_type: str

    def pieces(self, stretch: ranges.Stretch) -> Iterator[bytes]: ...


class Stored:
    """The file as it is stored."""

    def __init__(self, media: MediaFile, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self.etag = f'"{media.sha256}"'
        self.content_type = _TYPES.get(MediaFormat(media.format), "audio/wav")

    def pieces(self, stretch: ranges.Stretch) -> Iterator[bytes]:
        yield from _read(self.file, stretch.start, stretch.size)


class Pcm:
    """A-law as a PCM WAV file, which every browser plays: a header of 44 bytes, then two bytes for each stored one."""

    content_type = "audio/wav"

    def __init__(self, media: MediaFile, file: BinaryIO) -> None:
        self.file, self.wave = file, riff.read(file)
        self.size = HEADER + 2 * self.wave.data_size
        self.etag = f'"{media.sha256}-pcm"'

    def pieces(self, stretch: ranges.Stretch) -> Iterator[bytes]:
        if stretch.start < HEADER:
            yield self.header[stretch.start : stretch.stop]
        start, stop = max(stretch.start, HEADER) - HEADER, stretch.stop - HEADER
        # From the whole stored bytes around it, what is asked for.
        cut, first, last = start % 2, start // 2, -(-stop // 2)
        left = stop - start
        for piece in _read(self.file, self.wave.data_offset + first, last - first):
            decoded = g711.pcm(piece)[cut : cut + left]
            cut, left = 0, left - len(decoded)
            yield decoded

    @property
    def header(self) -> bytes:
        wave = self.wave
        rate, frame, sound = wave.sample_rate, 2 * wave.channels, 2 * wave.data_size
        # A size of 32 bits; players read on to the end of what is longer.
        largest = 2**32 - 1
        fmt = pack("<4sIHHIIHH", b"fmt ", 16, 1, wave.channels, rate, rate * frame, frame, 16)
        return (
            pack("<4sI4s", b"RIFF", min(36 + sound, largest), b"WAVE")
            + fmt
            + pack("<4sI", b"data", min(sound, largest))
        )


def answer(request: HttpRequest, media: MediaFile) -> HttpResponseBase:
    """The recording, or the stretch of it that is asked for. Raises FileNotFoundError when its file is gone."""
    if media.format != MediaFormat.WAV and (internal := _internal(media)):
        return _private(HttpResponse(content_type=_TYPES[MediaFormat(media.format)], headers=internal))
    file = media.open()
    try:
        response = _answer(request, (Pcm if media.format == MediaFormat.WAV else Stored)(media, file))
    except BaseException:
        file.close()
        raise
    if not response.streaming:
        file.close()
    return _private(response)


def _answer(request: HttpRequest, view: View) -> HttpResponseBase:
    headers = {"Accept-Ranges": "bytes", "ETag": view.etag}
    unmet = get_conditional_response(request, etag=view.etag)
    if unmet is not None:
        # Of "not modified" RFC 9110 wants the tag; Django copies it only from an answer that exists already.
        unmet.headers["ETag"] = view.etag
        return unmet
    whole, status = ranges.Stretch(0, view.size), 200
    asked = None
    # A range means something to GET alone, and to the very bytes that If-Range names.
    if request.method == "GET" and request.headers.get("If-Range", view.etag) == view.etag:
        try:
            asked = ranges.stretch(request.headers.get("Range"), view.size)
        except ranges.Unsatisfiable:
            return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{view.size}"})
    if asked:
        status = 206
        headers["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{view.size}"
    sent = asked or whole
    headers["Content-Length"] = str(sent.size)
    if request.method == "HEAD":
        return HttpResponse(content_type=view.content_type, headers=headers)
    return StreamingHttpResponse(_Body(view, sent), status=status, content_type=view.content_type, headers=headers)


class _Body:
    """What is sent of a view. The server closes it, and so its file, also when the player has gone before the end."""

    def __init__(self, view: View, stretch: ranges.Stretch) -> None:
        self.view, self.stretch = view, stretch

    def __iter__(self) -> Iterator[bytes]:
        return self.view.pieces(self.stretch)

    def close(self) -> None:
        self.view.file.close()


def _internal(media: MediaFile) -> dict[str, str]:
    """The header that has nginx send the file itself; empty where that is not set up, or the file is not on a disk."""
    if not settings.X_ACCEL or not isinstance(default_storage, FileSystemStorage):
        return {}
    if not default_storage.exists(media.storage_key):
        raise FileNotFoundError
    return {"X-Accel-Redirect": quote(str(PurePosixPath(settings.X_ACCEL) / media.storage_key))}


def _private(response: HttpResponseBase) -> HttpResponseBase:
    # Recordings stay on no disk but ours, and each request is asked for its permission.
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _read(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size > 0 and (piece := file.read(min(PIECE, size))):
        size -= len(piece)
        yield piece
