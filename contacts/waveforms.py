"""What does a voice recording look like? Its loudness over time, read once and kept with the recording.

How it is drawn, in units of its own; colours and sizes are left to the style sheets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import BinaryIO

from aicc.lib import g711, riff
from contacts.models import MediaFile

BARS = 200
HEIGHT = 64
LOUDEST = 252
# Of a bar's stretch at most this many bytes are read, which is all of three hours of one channel: however long a
# recording, its waveform is there at once.
_READ = 512 * 1024
_FAINTEST = 1.5
# Seconds between two times under the waveform.
_STEPS = (5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400)
_MOST_TICKS = 6


@dataclass(frozen=True)
class Tick:
    """A time under the waveform: where, in percent of its width, and which, in seconds."""

    at: str
    seconds: int


@dataclass(frozen=True)
class Waveform:
    """The peaks of a recording (0 to 252, BARS of them) and its length."""

    peaks: bytes
    seconds: float

    @property
    def width(self) -> int:
        return len(self.peaks)

    @property
    def height(self) -> int:
        return HEIGHT

    @cached_property
    def even(self) -> str:
        """Every other bar as the path of an SVG: with `odd` all of them; a phone has room for these."""
        return self._path(0)

    @cached_property
    def odd(self) -> str:
        return self._path(1)

    @property
    def ticks(self) -> Iterator[Tick]:
        step = next((step for step in _STEPS if self.seconds / step <= _MOST_TICKS), _STEPS[-1])
        # The length stands at the end: no time so near that both could not be read.
        for at in range(0, int(self.seconds - step / 3) + 1, step):
            yield Tick(f"{100 * at / self.seconds:.2f}%", at)

    def _path(self, first: int) -> str:
        middle, bars = HEIGHT / 2, []
        for x in range(first, len(self.peaks), 2):
            # The root: quiet speech is seen beside loud.
            half = max(_FAINTEST, sqrt(self.peaks[x] / LOUDEST) * middle)
            bars.append(f"M{x}.5 {middle - half:.1f}v{2 * half:.1f}")
        return "".join(bars)


def waveform(media: MediaFile) -> Waveform:
    """That of a voice recording: as kept, else read now and kept. Raises FileNotFoundError."""
    with media.open() as file:
        wave = riff.read(file)
        if media.peaks is None:
            media.peaks = _peaks(file, wave)
            rows = MediaFile.objects.filter(tenant_id=media.tenant_id, record_id=media.record_id)
            # Not when a load has put another recording in its place meanwhile.
            rows.filter(position=media.position, storage_key=media.storage_key).update(peaks=media.peaks)
    return Waveform(bytes(media.peaks), wave.duration_seconds)


def _peaks(file: BinaryIO, wave: riff.Wave) -> bytes:
    edges = [wave.data_size * n // BARS for n in range(BARS + 1)]
    peaks = bytearray()
    for start, stop in zip(edges, edges[1:], strict=False):
        file.seek(wave.data_offset + start)
        peaks.append(g711.peak(file.read(min(stop - start, _READ))))
    return bytes(peaks)
