"""Is this an MP4 file with moving pictures, and how long does it last? Its boxes are walked, its pictures are not read.

Whether a browser knows the codecs is left to the browser.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack
from typing import BinaryIO, NamedTuple

from aicc.lib.untrusted import LONGEST_SECONDS, Malformed, Untrusted


@dataclass(frozen=True, slots=True)
class Movie:
    """How long a video lasts; None when the file, written in fragments, does not say."""

    duration_seconds: float | None


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def read(file: BinaryIO) -> Movie:
    """Walk the boxes. Raises Malformed with what is wrong; memory does not depend on what the file claims."""
    source = Untrusted(file)
    first = source.at(0, 8)
    if first[4:] != b"ftyp":
        raise Malformed("is not an MP4 file")
    index: _Box | None = None
    pictures = 0
    for box in _boxes(source, 0, source.size):
        if box.kind == b"moov":
            if index:
                raise Malformed("has two indexes")
            index = box
        elif box.kind == b"mdat":
            pictures += box.end - box.start
    if index is None:
        raise Malformed("has no index: its recording was cut off")
    if not pictures:
        raise Malformed("holds no pictures")
    header, has_video, in_fragments = None, False, False
    for box in _boxes(source, index.start, index.end):
        if box.kind == b"mvhd":
            header = box
        elif box.kind == b"trak":
            has_video = has_video or _is_video(source, box)
        in_fragments = in_fragments or box.kind == b"mvex"
    if not has_video:
        raise Malformed("has no video track")
    if header is None:
        raise Malformed("does not say how long it is")
    return Movie(_duration(source, header, in_fragments=in_fragments))


def _boxes(source: Untrusted, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two places. Each lies inside; the last may say 0, which means up to the end."""
    at = start
    while at < end:
        if end - at < 8:
            raise Malformed("ends inside the head of a box")
        size, kind = unpack(">I4s", source.at(at, 8))
        head = 8
        if size == 1:
            head = 16
            (size,) = unpack(">Q", source.at(at + 8, 8))
        elif size == 0:
            size = end - at
        if not head <= size <= end - at:
            raise Malformed(f"has a box of {size:,} bytes where {end - at:,} are left")
        yield _Box(kind, at + head, at + size)
        at += size


def _is_video(source: Untrusted, track: _Box) -> bool:
    for media in _boxes(source, track.start, track.end):
        if media.kind != b"mdia":
            continue
        for handler in _boxes(source, media.start, media.end):
            if handler.kind == b"hdlr" and handler.end - handler.start >= 12:
                return source.at(handler.start + 8, 4) == b"vide"
    return False


def _duration(source: Untrusted, header: _Box, *, in_fragments: bool) -> float | None:
    """Seconds: units of the header's own time scale."""
    if header.end - header.start < 32:
        raise Malformed("does not say how long it is")
    fields = source.at(header.start, 32)
    if fields[0] == 0:
        scale, duration = unpack(">II", fields[12:20])
        unknown = 2**32 - 1
    elif fields[0] == 1:
        scale, duration = unpack(">IQ", fields[20:32])
        unknown = 2**64 - 1
    else:
        raise Malformed("does not say how long it is")
    if not scale:
        raise Malformed("has no time scale")
    if duration == unknown or (duration == 0 and in_fragments):
        return None
    if not 0 < duration / scale <= LONGEST_SECONDS:
        raise Malformed("does not last as long as a contact")
    return float(duration / scale)
