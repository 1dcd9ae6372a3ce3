"""Are WAV, MP4 and TS files what they claim to be, and is one that lies refused in flat memory?

Every reader is given good files, a table of bad ones, and thousands that were good before somebody changed them.
"""

import io
import random
import tracemalloc
from pathlib import Path
from struct import pack

import pytest

from aicc.lib import mp4, mpegts, riff
from aicc.lib.untrusted import LONGEST_SECONDS, Malformed
from tests import media
from tests.media import FTYP, box, chunk, extensible, fmt, mvhd, packet, trak

DEMO = Path(__file__).parents[2] / "contacts" / "demo" / "media"
SOUND = bytes(range(200)) * 40


class Counted(io.BytesIO):
    """A file that notes the largest piece that was asked of it."""

    largest = 0

    def read(self, size=-1):
        self.largest = max(self.largest, len(self.getbuffer()) if size is None or size < 0 else size)
        return super().read(size)


def test_a_wav_file_says_where_its_sound_is():
    mono = media.riff(fmt(), chunk(b"LIST", b"odd"), chunk(b"data", SOUND), chunk(b"id3 ", b"x"))
    stereo = media.riff(extensible(), chunk(b"fact", bytes(4)), chunk(b"data", SOUND))

    first, second = riff.read(io.BytesIO(mono)), riff.read(io.BytesIO(stereo))

    assert (first.channels, first.sample_rate, first.duration_seconds) == (1, 8000, 1.0)
    assert mono[first.data_offset :][: first.data_size] == SOUND
    assert (second.channels, second.sample_rate, second.duration_seconds) == (2, 8000, 0.5)
    assert stereo[second.data_offset :][: second.data_size] == SOUND


def test_a_last_chunk_may_lack_its_padding():
    file = media.riff(fmt(), chunk(b"data", b"\xd5" * 801, padding=False))

    assert riff.read(io.BytesIO(file)).data_size == 801


BAD_WAV = {
    "nothing": (b"", "ends too early"),
    "its first bytes only": (b"RIFF\x10\x00\x00\x00WA", "ends too early"),
    "another file": (b"OggS" + bytes(100), "is not a WAV file"),
    "big-endian": (b"RIFX" + media.wav()[4:], "is not a WAV file"),
    "more than 4 GB": (b"RF64" + media.wav()[4:], "is not a WAV file"),
    "60 bytes that claim 4 GB": (
        media.riff(fmt(), chunk(b"data", bytes(14), size=2**32 - 47), size=2**32 - 2), "claims 4,294,967,302 bytes",
    ),
    "60 bytes whose sound claims 4 GB": (media.riff(fmt(), chunk(b"data", bytes(14), size=2**32 - 1)), "has a chunk"),
    "cut off": (media.wav()[:5000], "claims 8,046 bytes and has 5,000"),
    "a chunk that ends outside": (media.riff(fmt(), chunk(b"data", SOUND, size=9000)), "has a chunk of 9,000 bytes"),
    "half a chunk's head": (media.riff(fmt(), chunk(b"data", SOUND), b"LIS"), "ends inside the head"),
    "an odd chunk without padding": (
        media.riff(fmt(), chunk(b"LIST", b"odd", padding=False), chunk(b"data", SOUND)), "has a chunk",
    ),
    "a chunk without a name": (media.riff(fmt(), chunk(b"\x00\x01\x02\x03", b""), chunk(b"data", SOUND)), "without a"),
    "no sound": (media.riff(fmt()), "has no data chunk"),
    "an empty sound": (media.riff(fmt(), chunk(b"data", b"")), "holds no sound"),
    "no format": (media.riff(chunk(b"data", SOUND)), "has its sound before its format"),
    "its format last": (media.riff(chunk(b"data", SOUND), fmt()), "has its sound before its format"),
    "two formats": (media.riff(fmt(), fmt(channels=2), chunk(b"data", SOUND)), "has two format chunks"),
    "two sounds": (media.riff(fmt(), chunk(b"data", SOUND), chunk(b"data", SOUND)), "has two data chunks"),
    "half a stereo sample": (media.riff(fmt(channels=2), chunk(b"data", b"123")), "ends in the middle"),
    "PCM": (media.riff(fmt(tag=1, frame=2, bits=16), chunk(b"data", SOUND)), "is PCM, not G.711 A-law"),
    "µ-law": (media.riff(fmt(tag=7), chunk(b"data", SOUND)), "is G.711 µ-law, not G.711 A-law"),
    "a format nobody knows": (media.riff(fmt(tag=4242), chunk(b"data", SOUND)), "is of format 4242"),
    "PCM in the long form": (
        media.riff(extensible(b"\x01" + media.ALAW_GUID[1:]), chunk(b"data", SOUND)), "is PCM, not G.711 A-law",
    ),
    "another GUID": (media.riff(extensible(b"\x06" * 16), chunk(b"data", SOUND)), "is of an unknown format"),
    "a long form that is short": (media.riff(fmt(tag=0xFFFE), chunk(b"data", SOUND)), "too short"),
    "a short format": (media.riff(chunk(b"fmt ", b"\x06\x00"), chunk(b"data", SOUND)), "too short"),
    "16 kHz": (media.riff(fmt(rate=16000), chunk(b"data", SOUND)), "has 16,000 samples a second, not 8,000"),
    "0 Hz": (media.riff(fmt(rate=0), chunk(b"data", SOUND)), "has 0 samples a second"),
    "no channel": (media.riff(fmt(channels=0), chunk(b"data", SOUND)), "has 0 channels"),
    "six channels": (media.riff(fmt(channels=6), chunk(b"data", SOUND)), "has 6 channels, not one or two"),
    "a contradiction": (media.riff(fmt(channels=2, frame=4), chunk(b"data", SOUND)), "contradicts itself"),
    "16 bits": (media.riff(fmt(bits=16), chunk(b"data", SOUND)), "contradicts itself"),
    "endless small chunks": (media.riff(fmt(), chunk(b"LIST", b"") * 1_000), "is in too many pieces"),
}  # fmt: skip
BAD_MP4 = {
    "another file": (b"\x00\x00\x00\x08free" + media.mp4(), "is not an MP4 file"),
    "no index": (FTYP + box(b"mdat", SOUND), "its recording was cut off"),
    "cut off": (media.mp4()[:-1], "has a box of 5,008 bytes where 5,007 are left"),
    "two indexes": (FTYP + box(b"moov", mvhd(), trak()) * 2 + box(b"mdat", SOUND), "has two indexes"),
    "no pictures": (FTYP + box(b"moov", mvhd(), trak()), "holds no pictures"),
    "empty pictures": (FTYP + box(b"moov", mvhd(), trak()) + box(b"mdat"), "holds no pictures"),
    "sound only": (FTYP + box(b"moov", mvhd(), trak(b"soun")) + box(b"mdat", SOUND), "has no video track"),
    "no length": (FTYP + box(b"moov", trak()) + box(b"mdat", SOUND), "does not say how long it is"),
    "a short header": (FTYP + box(b"moov", box(b"mvhd", bytes(8)), trak()) + box(b"mdat", SOUND), "does not say how"),
    "a header of another version": (FTYP + box(b"moov", mvhd(version=9), trak()) + box(b"mdat", SOUND), "does not say"),
    "no time scale": (FTYP + box(b"moov", mvhd(scale=0), trak()) + box(b"mdat", SOUND), "has no time scale"),
    "no time": (FTYP + box(b"moov", mvhd(0), trak()) + box(b"mdat", SOUND), "does not last as long"),
    "a month": (FTYP + box(b"moov", mvhd(31 * 86400), trak()) + box(b"mdat", SOUND), "does not last as long"),
    "a box smaller than its head": (FTYP + box(b"moov", mvhd(), trak()) + box(b"free", size=4), "has a box of 4 bytes"),
    "16 exabytes": (FTYP + pack(">I4sQ", 1, b"mdat", 2**64 - 1) + SOUND, "has a box of 18,446,744,073,709,551,615"),
    "an inner box that ends outside": (
        FTYP + box(b"moov", mvhd(), box(b"trak", box(b"mdia", size=10**6))) + box(b"mdat", SOUND), "has a box of 1,000",
    ),
    "endless small boxes": (FTYP + box(b"free") * 110_000, "is in too many pieces"),
    "endless small boxes inside": (
        FTYP + box(b"mdat", SOUND) + box(b"moov", box(b"trak", box(b"mdia", box(b"free") * 110_000))), "is in too many",
    ),
}  # fmt: skip
BAD_TS = {
    "one packet": (media.ts()[:188], "whole packets"),
    "cut off": (media.ts()[:-100], "whole packets"),
    "a lost byte": (media.ts()[:700] + media.ts()[701:] + b"x", "has a packet without its mark"),
    "a bad packet late": (media.ts() * 30 + b"x" * 188, "has a packet without its mark"),
    "only marks": (b"\x47" * 188 * 10, "has no video stream"),
    "no tables": (packet(0x101, bytes(184)) * 10, "has no video stream"),
    "sound only": (media.ts(stream_type=0x0F), "has no video stream"),
}


@pytest.mark.parametrize(
    ("reader", "file", "reason"),
    [
        pytest.param(reader, *case, id=f"{reader.__name__.split('.')[-1]}: {name}")
        for reader, cases in ((riff, BAD_WAV), (mp4, BAD_MP4), (mpegts, BAD_TS))
        for name, case in cases.items()
    ],
)
def test_a_file_that_lies_is_refused_with_the_reason_in_flat_memory(reader, file, reason):
    opened = Counted(file)
    tracemalloc.start()

    with pytest.raises(Malformed) as caught:
        reader.read(opened)

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reason in str(caught.value)
    assert peak < 500_000
    assert opened.largest <= 64 * 1024


@pytest.mark.parametrize(
    ("index", "seconds"),
    [
        (mvhd(2.5), 2.5),
        (mvhd(90_000, version=1), 90_000.0),
        (mvhd(0) + box(b"mvex"), None),
        (mvhd((2**32 - 1) / 1000), None),
    ],
    ids=["short", "long", "in fragments", "unknown"],
)
def test_an_mp4_file_says_how_long_it_is(index, seconds):
    file = FTYP + box(b"free") + box(b"mdat", SOUND) + box(b"moov", index, trak(b"soun"), trak())

    assert mp4.read(io.BytesIO(file)).duration_seconds == seconds


def test_a_last_box_may_reach_to_the_end_and_a_large_one_say_so():
    index = box(b"moov", mvhd(), trak())

    assert mp4.read(io.BytesIO(FTYP + index + box(b"mdat", SOUND, size=0))).duration_seconds == 2
    assert mp4.read(io.BytesIO(FTYP + index + pack(">I4sQ", 1, b"mdat", 16 + len(SOUND)) + SOUND)).duration_seconds == 2


@pytest.mark.parametrize(
    ("file", "seconds"),
    [
        (media.ts(7), 7.0),
        # The clock starts again after 26.5 hours, 95,443 seconds.
        (media.ts(10, begin=95_440), 10.0),
        (media.ts(0), None),
    ],
    ids=["a clock", "over midnight of the clock", "a clock that stands"],
)
def test_a_transport_stream_says_how_long_it_is(file, seconds):
    assert mpegts.read(io.BytesIO(file)).duration_seconds == pytest.approx(seconds)


# --- Changed files ---------------------------------------------------------------------------------------------

EXTREMES = [0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]


def changed(good: bytes, rng: random.Random) -> bytes:
    """A good file after one to four accidents, most of them near its beginning, where its structure is."""
    data = bytearray(good)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(min(len(data), rng.choice((48, 250, len(data)))) or 1)
        match rng.randrange(6):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                data[at : at + 4] = pack(rng.choice(("<I", ">I")), rng.choice(EXTREMES))
            case 2:
                del data[at:]
            case 3:
                del data[at : at + rng.randint(1, 200)]
            case 4:
                data[at:at] = rng.randbytes(rng.randint(1, 200))
            case 5:
                data[at:at] = data[at : at + rng.randint(1, 400)]
        data = data or bytearray(b"\x00")
    return bytes(data)


@pytest.mark.parametrize(
    ("reader", "goods"),
    [
        (riff, [media.wav(0.2), media.wav(0.2, channels=2), media.riff(extensible(), chunk(b"data", SOUND[:500]))]),
        (mp4, [media.mp4(), (DEMO / "screen-30.mp4").read_bytes()]),
        (mpegts, [media.ts(), (DEMO / "video-en.ts").read_bytes()[: 188 * 60]]),
    ],
    ids=["wav", "mp4", "ts"],
)
def test_a_changed_file_is_refused_or_still_makes_sense(reader, goods):
    rng, refused = random.Random(f"accidents of {reader.__name__}"), 0
    tracemalloc.start()

    for n in range(3000):
        file = Counted(changed(goods[n % len(goods)], rng))
        try:
            found = reader.read(file)
        except Malformed as error:
            assert str(error)
            refused += 1
        else:
            assert found.duration_seconds is None or 0 < found.duration_seconds <= LONGEST_SECONDS
            if reader is riff:
                assert found.channels in (1, 2)
                assert 0 < found.data_size <= len(file.getbuffer()) - found.data_offset
        assert file.largest <= 64 * 1024

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 300 < refused < 3000
    assert peak < 1_500_000
