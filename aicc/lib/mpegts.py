"""Is this an MPEG transport stream with moving pictures, and how long does it last? Packets of 188 bytes say so.

Nobody plays one here: it is kept as it came, to be downloaded.
"""

from dataclasses import dataclass
from struct import unpack
from typing import BinaryIO

from aicc.lib.untrusted import LARGEST_PIECE, Malformed, Untrusted

PACKET = 188
SYNC = 0x47
# A stream begins with its tables, which come several times a second.
FEWEST_PACKETS = 5
_PIECE = LARGEST_PIECE // PACKET * PACKET
_VIDEO = {0x01, 0x02, 0x10, 0x1B, 0x24}  # MPEG-1, MPEG-2, MPEG-4, H.264, H.265
_TICKS, _WRAP = 90_000, 2**33
_LONGEST_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Stream:
    """How long a stream lasts by its own clock; None when its clock does not say."""

    duration_seconds: float | None


def read(file: BinaryIO) -> Stream:
    """Check every packet's mark, and the tables at the beginning. Raises Malformed with what is wrong."""
    source = Untrusted(file)
    if source.size % PACKET or source.size < FEWEST_PACKETS * PACKET:
        raise Malformed("is not a transport stream of whole packets")
    for at in range(0, source.size, _PIECE):
        piece = source.at(at, min(_PIECE, source.size - at))
        if piece[::PACKET].count(SYNC) != len(piece) // PACKET:
            raise Malformed("has a packet without its mark")
    head = _packets(source, 0)
    if not _has_video(head):
        raise Malformed("has no video stream at its beginning")
    tail = _packets(source, max(0, source.size - _PIECE))
    return Stream(_duration(head, tail))


def _packets(source: Untrusted, start: int) -> list[bytes]:
    piece = source.at(start, min(_PIECE, source.size - start))
    return [piece[at : at + PACKET] for at in range(0, len(piece), PACKET)]


def _pid(packet: bytes) -> int:
    """Which of the streams in the stream this packet belongs to."""
    return (packet[1] & 0x1F) << 8 | packet[2]


def _section(packet: bytes, table: int) -> bytes:
    """The table that begins in this packet, as far as the packet has it; b"" when none of this kind does."""
    if not packet[1] & 0x40 or not packet[3] & 0x10:
        return b""
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if at >= PACKET:
        return b""
    at += 1 + packet[at]
    section = packet[at:]
    if len(section) < 12 or section[0] != table:
        return b""
    length = unpack(">H", section[1:3])[0] & 0x0FFF
    # The last four are a checksum.
    return section[: max(0, 3 + length - 4)]


def _has_video(packets: list[bytes]) -> bool:
    programs: set[int] = set()
    for packet in packets:
        pid = _pid(packet)
        if pid == 0:
            section = _section(packet, 0)
            programs.update(_pid(section[at + 1 : at + 4]) for at in range(8, len(section) - 3, 4))
        elif pid in programs and _VIDEO & _stream_types(_section(packet, 2)):
            return True
    return False


def _stream_types(section: bytes) -> set[int]:
    found: set[int] = set()
    if len(section) >= 12:
        at = 12 + (unpack(">H", section[10:12])[0] & 0x0FFF)
        while at + 5 <= len(section):
            found.add(section[at])
            at += 5 + (unpack(">H", section[at + 3 : at + 5])[0] & 0x0FFF)
    return found


def _clock(packet: bytes) -> int | None:
    """The program clock in a packet, in ticks."""
    if not packet[3] & 0x20 or packet[4] < 7 or not packet[5] & 0x10:
        return None
    return packet[6] << 25 | packet[7] << 17 | packet[8] << 9 | packet[9] << 1 | packet[10] >> 7


def _duration(head: list[bytes], tail: list[bytes]) -> float | None:
    """From the first tick to the last one of the same clock, which starts again after 26 hours."""
    first = next(((_pid(packet), clock) for packet in head if (clock := _clock(packet)) is not None), None)
    if first is None:
        return None
    last = [clock for packet in tail if _pid(packet) == first[0] and (clock := _clock(packet)) is not None]
    seconds = (last[-1] - first[1]) % _WRAP / _TICKS if last else 0
    return seconds if 0 < seconds <= _LONGEST_SECONDS else None
