"""What was recorded of a demo contact? Speech mixed from the lines in media/, and short videos as they are there.

The transcript of a recorded call says what is heard. Getting the files into the storage is left to the loader that
takes everybody's recordings in.
"""

import json
import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random

from aicc.lib import g711, riff
from contacts.demo.people import Profile
from contacts.demo.talk import Record

MEDIA = Path(__file__).parent / "media"
RATE = riff.SAMPLE_RATE
HOUR, DAY = 3600, 86400
# Which calls are recorded, by their age: the first page has many, and all together stay under 60 MB. Seconds.
LONGEST = ((HOUR, 100), (3 * HOUR, 50), (DAY, 30), (14 * DAY, 14))
VIDEO_DAYS = 5
# An agent whose video calls are recorded otherwise has few of them.
VIDEO_DAYS_OF_OTHERS = 90
# Of the recorded contacts, those with the agent's screen.
SCREEN_SHARE = 0.4
SCREENS = (30, 75, 150)
# The line after which the agent looks something up, and most of the silence of a call is.
LOOKING_UP = 5


@dataclass(frozen=True, slots=True)
class Line:
    side: str
    text: str
    # A-law, a byte a sample.
    sound: bytes


def recorded(
    records: Iterable[Record], folder: Path, profile: Profile, *, now: datetime, ts_agents: frozenset[str]
) -> Iterator[Record]:
    """The same records, some of them with recordings, whose files are put into `folder` on the way.

    `ts_agents` are those whose video calls a conference server records, as TS.
    """
    for file in (*MEDIA.glob("*.mp4"), *MEDIA.glob("*.ts")):
        shutil.copy(file, folder)
    for record in records:
        if not (record.get("ended_at") and record.get("connected_at")):
            yield record
            continue
        # The same for the same record, whatever else is recorded.
        rng = Random(f"recording {profile.slug} {record['id']}")  # noqa: S311 - the same sounds on every machine
        age = now.timestamp() - _seconds(record["started_at"])
        if record["media_type"] == "voice":
            yield _call(record, folder, profile, age, rng)
        elif record["media_type"] == "video":
            yield _video(record, age, rng, is_ts=record.get("account") in ts_agents)
        else:
            yield record


def _call(record: Record, folder: Path, profile: Profile, age: float, rng: Random) -> Record:
    seconds = _seconds(record["ended_at"]) - _seconds(record["connected_at"])
    if seconds > next((longest for youngest, longest in LONGEST if age < youngest), 0):
        return record
    name = f"{profile.slug}-{record['id']}.wav"
    samples = max(1, round(seconds * RATE))
    spoken = _conversation(_script(record), samples, rng)
    (folder / name).write_bytes(
        _wav(_mixed(spoken, samples, profile.recorded_channels, rng), profile.recorded_channels)
    )
    recordings = [{"name": name, "at": record["connected_at"]}]
    if record.get("account") and rng.random() < SCREEN_SHARE:
        screen = next((length for length in SCREENS if length >= seconds), SCREENS[-1])
        recordings.append({"name": f"screen-{screen}.mp4", "kind": "screen", "at": record["connected_at"]})
    return {**record, "recordings": recordings, "messages": [_message(record, at, line) for at, line in spoken]}


def _video(record: Record, age: float, rng: Random, *, is_ts: bool) -> Record:
    if age > (VIDEO_DAYS_OF_OTHERS if is_ts else VIDEO_DAYS) * DAY:
        return record
    name = "video-en.ts" if is_ts else f"video-{'zh' if _is_chinese(record) else 'en'}.mp4"
    recordings = [{"name": name, "at": record["connected_at"]}]
    if rng.random() < SCREEN_SHARE:
        recordings.append({"name": f"screen-{SCREENS[0]}.mp4", "kind": "screen", "at": record["connected_at"]})
    return {**record, "recordings": recordings}


def _script(record: Record) -> str:
    if record["call_type"] == "robot_outbound":
        return "robot"
    return "zh" if _is_chinese(record) else "en"


def _is_chinese(record: Record) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in record.get("customer_name") or "")


@cache
def _lines(script: str) -> tuple[Line, ...]:
    """What is said in a script, in order."""
    lines = []
    for n, (side, text) in enumerate(json.loads((MEDIA / "speech.json").read_text())[script], 1):
        with (MEDIA / f"{script}-{n:02}.wav").open("rb") as file:
            wave = riff.read(file)
            file.seek(wave.data_offset)
            lines.append(Line(side, text, file.read(wave.data_size)))
    return tuple(lines)


def _conversation(script: str, samples: int, rng: Random) -> list[tuple[int, Line]]:
    """As much of a script as fits into a call, each line with its first sample; the last line is the goodbye."""
    lines, gap = list(_lines(script)), RATE // 2
    while lines and sum(len(line.sound) + gap for line in lines) > samples:
        del lines[-2 if len(lines) > 2 else -1]
    left = samples - sum(len(line.sound) + gap for line in lines)
    shares = [rng.uniform(0.2, 1) + (len(lines) if n == LOOKING_UP else 0) for n in range(len(lines) + 1)]
    spoken, at = [], 0
    for line, share in zip(lines, shares, strict=False):
        at += gap // 2 + int(left * share / sum(shares))
        spoken.append((at, line))
        at += len(line.sound) + gap // 2
    return spoken


def _mixed(spoken: list[tuple[int, Line]], samples: int, channels: int, rng: Random) -> bytes:
    """The call's sound: the agent left and the customer right, or both on one channel."""
    tracks = [bytearray(_hiss(rng.randrange(RATE), samples)) for _ in range(channels)]
    for at, line in spoken:
        track = tracks[-1 if line.side == "customer" else 0]
        track[at : at + len(line.sound)] = line.sound
    mixed = bytearray(samples * channels)
    for n, track in enumerate(tracks):
        mixed[n::channels] = track
    return bytes(mixed)


@cache
def _noise() -> bytes:
    """A second of a quiet line: the steps next to silence."""
    rng = Random("a quiet line")  # noqa: S311 - sound, not a secret
    return bytes(rng.choices((g711.SILENCE, g711.SILENCE ^ 0x80, g711.SILENCE ^ 1, g711.SILENCE ^ 0x81), k=RATE))


def _hiss(start: int, samples: int) -> bytes:
    return (_noise() * (samples // RATE + 2))[start : start + samples]


def _wav(sound: bytes, channels: int) -> bytes:
    header = struct.pack("<HHIIHHH", riff.ALAW, channels, RATE, RATE * channels, channels, 8, 0)
    padding = b"\x00" * (len(sound) % 2)
    chunks = (
        b"fmt " + struct.pack("<I", len(header)) + header + b"data" + struct.pack("<I", len(sound)) + sound + padding
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _message(record: Record, at: int, line: Line) -> Record:
    senders = {"agent": record.get("account"), "customer": record.get("customer_name"), "robot": "Assistant"}
    return {"offset_seconds": round(at / RATE, 1), "side": line.side, "sender": senders[line.side], "text": line.text}


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
