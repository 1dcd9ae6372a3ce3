"""Is this a WAV file as recorders of calls write it (G.711 A-law, 8 kHz, one or two channels), and where is its sound?

Not the standard library's `wave`: it reads no A-law, and believes a file of 60 bytes that it holds 4 GB.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack
from typing import BinaryIO

from aicc.lib.untrusted import LONGEST_SECONDS, Malformed, Untrusted

ALAW, EXTENSIBLE = 6, 0xFFFE
# Recorders write a handful. Whoever plays a file walks them again for each range.
MOST_CHUNKS = 1000
SAMPLE_RATE = 8000
# The end of every format's GUID in the extensible form; the beginning is the plain format's number.
_GUID = bytes.fromhex("000000001000800000aa00389b71")
_NAMES = {1: "PCM", 2: "ADPCM", 3: "floating point", 7: "G.711 µ-law", 17: "ADPCM", 49: "GSM", 85: "MP3"}


@dataclass(frozen=True, slots=True)
class Wave:
    """Where the A-law bytes of a WAV file are, and what they are: a byte is a sample of a channel."""

    channels: int
    sample_rate: int
    data_offset: int
    data_size: int

    @property
    def duration_seconds(self) -> float:
        return self.data_size / (self.channels * self.sample_rate)


def read(file: BinaryIO) -> Wave:
    """Walk the file's chunks. Raises Malformed with what is wrong; memory does not depend on what it claims."""
    source = Untrusted(file)
    magic, claimed, form = unpack("<4sI4s", source.at(0, 12))
    if (magic, form) != (b"RIFF", b"WAVE"):
        raise Malformed("is not a WAV file")
    end = 8 + claimed
    if end > source.size:
        raise Malformed(f"claims {end:,} bytes and has {source.size:,}")
    channels, data = 0, None
    for kind, start, size in _chunks(source, end):
        if kind == b"fmt ":
            if channels:
                raise Malformed("has two format chunks")
            channels = _channels(source, start, size)
        elif kind == b"data":
            if data:
                raise Malformed("has two data chunks")
            if not channels:
                raise Malformed("has its sound before its format")
            data = start, size
    if data is None:
        raise Malformed("has no data chunk")
    wave = Wave(channels, SAMPLE_RATE, *data)
    if not wave.data_size:
        raise Malformed("holds no sound")
    if wave.data_size % channels:
        raise Malformed("ends in the middle of a sample")
    if wave.duration_seconds > LONGEST_SECONDS:
        raise Malformed("is longer than any contact")
    return wave


def _chunks(source: Untrusted, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and size of every chunk. Each lies inside the file; an odd one is followed by a zero byte."""
    at, chunks = 12, 0
    while at < end:
        chunks += 1
        if chunks > MOST_CHUNKS:
            raise Malformed("is in too many pieces")
        if end - at < 8:
            raise Malformed("ends inside the head of a chunk")
        kind, size = unpack("<4sI", source.at(at, 8))
        if not all(0x20 <= letter < 0x7F for letter in kind):
            raise Malformed("has a chunk without a name")
        at += 8
        if size > end - at:
            raise Malformed(f"has a chunk of {size:,} bytes where {end - at:,} are left")
        yield kind, at, size
        # Many writers leave out the padding of the last chunk.
        at += size + (size % 2 if at + size < end else 0)


def _channels(source: Untrusted, start: int, size: int) -> int:
    """The number of channels, when the format is the one we play."""
    if size < 16:
        raise Malformed("has a format chunk that is too short")
    tag, channels, rate, byte_rate, frame, bits = unpack("<HHIIHH", source.at(start, 16))
    if tag == EXTENSIBLE:
        if size < 40:
            raise Malformed("has a format chunk that is too short")
        tag, rest = unpack("<H14s", source.at(start + 24, 16))
        if rest != _GUID:
            raise Malformed("is of an unknown format, not G.711 A-law")
    if tag != ALAW:
        raise Malformed(f"is {_NAMES.get(tag, f'of format {tag}')}, not G.711 A-law")
    if channels not in (1, 2):
        raise Malformed(f"has {channels} channels, not one or two")
    if rate != SAMPLE_RATE:
        raise Malformed(f"has {rate:,} samples a second, not {SAMPLE_RATE:,}")
    if (bits, frame, byte_rate) != (8, channels, channels * rate):
        raise Malformed("contradicts itself in its format chunk")
    return int(channels)
