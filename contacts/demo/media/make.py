"""How were the demo's sounds and pictures made? By this script, run by hand where ffmpeg and espeak-ng are installed.

It reads speech.json and writes the files beside it. The demo itself needs neither program: it cuts and mixes what is
here (`contacts.demo.recordings`).
"""

import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# English by flite (part of ffmpeg), Mandarin by espeak-ng.
VOICES = {"agent": "slt", "customer": "rms", "robot": "kal16"}
MANDARIN = {"agent": ["cmn+f3", "-s", "250", "-p", "55"], "customer": ["cmn+m3", "-s", "240", "-p", "40"]}
# Telephone band, as loud as telephones are, without silence before and after.
TELEPHONE = (
    "silenceremove=start_periods=1:start_threshold=-45dB,areverse,"
    "silenceremove=start_periods=1:start_threshold=-45dB,areverse,highpass=f=250,lowpass=f=3400,dynaudnorm=f=500:g=31:p=0.6:m=50"
)
H264 = ["-c:v", "libx264", "-profile:v", "main", "-preset", "slow", "-pix_fmt", "yuv420p"]
FONT = "font=DejaVu Sans"
PERSON = "drawtext={f}:text='●':fontsize={s}:fontcolor={c}:x={x}-tw/2+{s}*0.03*sin(t*{w}):y={y}-th/2+{s}*0.02*sin(t*3)"


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def ffmpeg(*arguments: str | Path) -> None:
    # Without the date and the name of the program: the same files every time.
    run("ffmpeg", "-v", "error", "-y", *arguments[:-1], "-map_metadata", "-1", "-fflags", "+bitexact", arguments[-1])


def speak(script: str, n: int, side: str, text: str, folder: Path) -> Path:
    """One line, as A-law."""
    said, spoken = folder / "said.txt", folder / "spoken.wav"
    said.write_text(text)
    if script == "zh":
        voice, *options = MANDARIN[side]
        run("espeak-ng", "-v", voice, *options, "-w", spoken, "-f", said)
    else:
        ffmpeg("-f", "lavfi", "-i", f"flite=textfile={said}:voice={VOICES[side]}", spoken)
    target = HERE / f"{script}-{n:02}.wav"
    ffmpeg("-i", spoken, "-af", TELEPHONE, "-ar", "8000", "-ac", "1", "-c:a", "pcm_alaw", target)
    return target


def person(x: int, y: int, size: int, shirt: str, pace: float) -> str:
    """A head and shoulders that sway a little."""
    body = PERSON.format(f=FONT, s=size * 2, c=shirt, x=x, y=y + int(size * 1.05), w=pace / 2)
    return f"{body},{PERSON.format(f=FONT, s=size, c='0xE8C4A0', x=x, y=y, w=pace)}"


def video_call(name: str, shirt: str, wall: str, lines: list[Path]) -> None:
    """The customer, the agent in a corner, and what they say."""
    # A byte is a sample.
    seconds = sum(line.stat().st_size for line in lines) // 8000
    inputs = [part for line in lines for part in ("-i", line)]
    voices = "".join(f"[{n + 1}:a]" for n in range(len(lines)))
    picture = ",".join((
        person(160, 105, 130, shirt, 2.1),
        "drawbox=x=220:y=8:w=96:h=103:c=0x20303C:t=fill",
        person(268, 36, 40, "0x2563EB", 1.7),
        "drawbox=x=0:y=212:w=320:h=28:c=black@0.55:t=fill",
        f"drawtext={FONT}:text='Video call  %{{pts\\:hms}}':fontsize=13:fontcolor=white:x=10:y=219",
    ))  # fmt: skip
    ffmpeg(
        "-f", "lavfi", "-i", f"color=c={wall}:s=320x240:r=10:d={seconds}", *inputs,
        "-filter_complex", f"[0:v]{picture}[v];{voices}concat=n={len(lines)}:v=0:a=1[a]", "-map", "[v]", "-map", "[a]",
        *H264, "-crf", "30", "-c:a", "aac", "-b:a", "20k", "-ar", "16000", "-movflags", "+faststart",
        HERE / name,
    )  # fmt: skip


def screen(name: str, seconds: int) -> None:
    """The agent's screen: a form that is filled in while the call lasts."""
    fields = ("Customer", "Order", "Call reason", "Remarks")
    values = ("Known customer", "5417", "Delivery / Late", "Express fee sent back")
    parts = ["drawbox=x=0:y=0:w=480:h=32:c=0x1E293B:t=fill", "drawbox=x=0:y=32:w=96:h=268:c=0xE2E8F0:t=fill"]
    parts.append(f"drawtext={FONT}:text='Agent desktop  %{{pts\\:hms}}':fontsize=14:fontcolor=white:x=12:y=9")
    for n, (field, value) in enumerate(zip(fields, values, strict=True)):
        y, begin = 56 + 60 * n, 2 + n * seconds // 5
        parts.append(f"drawbox=x=112:y={y}:w=340:h=44:c=white:t=fill")
        parts.append(f"drawtext={FONT}:text='{field}':fontsize=11:fontcolor=0x64748B:x=120:y={y + 5}")
        for length in range(1, len(value) + 1):
            end = f"lt(t,{begin + length * 0.5})" if length < len(value) else "1"
            shown = f"gte(t,{begin + (length - 1) * 0.5})*{end}"
            letters = f"text='{value[:length]}':fontsize=15:fontcolor=0x0F172A"
            parts.append(f"drawtext={FONT}:{letters}:x=120:y={y + 21}:enable='{shown}'")
    parts.append(f"drawtext={FONT}:text='➤':fontsize=18:fontcolor=0xDC2626:x=300+120*sin(t/3):y=170+90*cos(t/5)")
    source = f"color=c=0xF1F5F9:s=480x300:r=2:d={seconds}"
    ffmpeg(
        "-f", "lavfi", "-i", source, "-vf", ",".join(parts), *H264, "-crf", "34", "-g", "60",
        "-movflags", "+faststart", HERE / name,
    )  # fmt: skip


def main() -> None:
    scripts = json.loads((HERE / "speech.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        spoken = {
            script: [speak(script, n, side, text, Path(folder)) for n, (side, text) in enumerate(lines, 1)]
            for script, lines in scripts.items()
        }
    video_call("video-en.mp4", "0x16A34A", "0xCBD5E1", spoken["en"][:4])
    video_call("video-zh.mp4", "0xB45309", "0xDDD6C8", spoken["zh"][:5])
    # The same pictures as a conference server records them.
    ffmpeg("-i", HERE / "video-en.mp4", "-t", "6", "-c", "copy", "-f", "mpegts", HERE / "video-en.ts")
    for seconds in (30, 75, 150):
        screen(f"screen-{seconds}.mp4", seconds)


if __name__ == "__main__":
    main()
