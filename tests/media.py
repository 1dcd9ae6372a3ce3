"""What do tests make of recordings: small files that are what they claim to be, and pieces to make others of.

What is wrong with a file is for the tests to say.
"""

from struct import pack

ALAW_GUID = bytes.fromhex("0600 0000 0000 1000 8000 00aa00389b71")


def chunk(kind: bytes, content: bytes, *, size: int | None = None, padding: bool = True) -> bytes:
    """A chunk of a WAV file; `size` is what it claims."""
    claimed = len(content) if size is None else size
    return kind + pack("<I", claimed) + content + (b"\x00" if padding and len(content) % 2 else b"")


def fmt(tag: int = 6, channels: int = 1, rate: int = 8000, frame: int | None = None, bits: int = 8) -> bytes:
    """A format chunk."""
    frame = channels if frame is None else frame
    return chunk(b"fmt ", pack("<HHIIHHH", tag, channels, rate, rate * frame, frame, bits, 0))


def extensible(guid: bytes = ALAW_GUID) -> bytes:
    """A format chunk of the long form."""
    return chunk(b"fmt ", pack("<HHIIHHHHI", 0xFFFE, 2, 8000, 16000, 2, 8, 22, 8, 3) + guid)


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    """A WAV file of these chunks; `size` is what it claims."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + pack("<I", len(body) if size is None else size) + body


def wav(seconds: float = 1, *, channels: int = 1, seed: int = 0) -> bytes:
    """A-law; files of different seeds sound different."""
    samples = round(seconds * 8000) * channels
    return riff(fmt(channels=channels), chunk(b"data", noise(samples, seed)))


def noise(size: int, seed: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 2))[seed % 251 :][:size]


def box(kind: bytes, *parts: bytes, size: int | None = None) -> bytes:
    """A box of an MP4 file; `size` is what it claims."""
    content = b"".join(parts)
    return pack(">I4s", 8 + len(content) if size is None else size, kind) + content


def mvhd(seconds: float = 2, *, scale: int = 1000, version: int = 0) -> bytes:
    times = pack(">IIII", 0, 0, scale, int(seconds * scale) if scale else 5)
    if version:
        times = pack(">QQIQ", 0, 0, scale, int(seconds * scale))
    return box(b"mvhd", pack(">I", version << 24), times, bytes(80))


def trak(handler: bytes = b"vide") -> bytes:
    return box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(13))))


FTYP = box(b"ftyp", b"isom\x00\x00\x02\x00isommp42")


def mp4(seconds: float = 2, *, seed: int = 0) -> bytes:
    """The boxes of a video whose pictures are noise: enough for everybody who does not look at them."""
    return FTYP + box(b"moov", mvhd(seconds), trak()) + box(b"mdat", noise(5000, seed))


def packet(pid: int, payload: bytes, *, begins: bool = False, clock: int | None = None) -> bytes:
    """A packet of a transport stream; `clock` in seconds."""
    extra = b""
    if clock is not None:
        ticks = clock * 90_000 % 2**33
        extra = bytes([7, 0x10]) + pack(">Q", ticks << 15 | 0x7E00)[2:]
    fill = 184 - len(extra) - len(payload)
    if fill and not extra:
        extra = bytes([0]) if fill == 1 else bytes([fill - 1, 0]) + b"\xff" * (fill - 2)
    elif fill:
        extra = bytes([extra[0] + fill]) + extra[1:] + b"\xff" * fill
    head = pack(">BHB", 0x47, begins << 14 | pid, (0x30 if extra else 0x10))
    return head + extra + payload


def ts(seconds: int = 2, *, stream_type: int = 0x1B, begin: int = 0) -> bytes:
    """A stream with its two tables and a clock at both ends."""
    pat = bytes([0, 0, 0xB0, 13, 0, 1, 0xC1, 0, 0]) + pack(">HH", 1, 0xE100) + bytes(4)
    pmt = bytes([0, 2, 0xB0, 18, 0, 1, 0xC1, 0, 0]) + pack(">HH", 0xE101, 0xF000)
    pmt += pack(">BHH", stream_type, 0xE101, 0xF000) + bytes(4)
    return b"".join(
        [packet(0, pat, begins=True), packet(0x100, pmt, begins=True), packet(0x101, b"picture", clock=begin)]
        + [packet(0x101, bytes(range(184)))] * 20
        + [packet(0x101, b"last picture", clock=begin + seconds)]
    )
