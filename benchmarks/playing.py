"""How fast do the bytes of a recording reach a player, and how soon after a seek?

An hour of voice as PCM beside a video and a static file of the same size, all from one gunicorn with the site's
configuration. What is fetched is thrown away.
"""

import http.client
import os
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = int(os.environ.get("PLAY_SECONDS", "3600"))
REPEATS = 5
SEEKS = 50
PIECE = 1024 * 1024


def run(rows: int) -> None:
    from django.conf import settings
    from django.test import Client

    from aicc.tenants.models import Account
    from benchmarks.data import BIG

    admin = Account.objects.across_tenants().select_related("tenant").get(username=f"{BIG}-admin")
    client = Client()
    client.force_login(admin, backend="aicc.tenants.access.AccountBackend")
    cookie = client.cookies["sessionid"].value
    voice, video = _recordings(admin.tenant)
    size = 44 + 2 * 8000 * SECONDS
    static = Path(settings.STATIC_ROOT) / "bench.bin"
    static.write_bytes(bytes(size))
    paths = {
        "a static file (sendfile)": "/static/bench.bin",
        "video as stored": f"/contacts/{video.id}/media/0/",
        "voice as PCM": f"/contacts/{voice.id}/media/0/",
    }
    print(f"Playing {SECONDS:,} s of voice: {size / 1e6:.0f} MB, from one gunicorn; median of {REPEATS}")
    port, server = _server()
    try:
        _fetch(port, paths["voice as PCM"], cookie)
        # By turns, so that what else the machine does is shared.
        runs = [{name: _fetch(port, path, cookie) for name, path in paths.items()} for _ in range(REPEATS)]
        whole = {name: statistics.median(size / run[name][1] for run in runs) for name in paths}
        rng = random.Random(1)
        for name, path in paths.items():
            ratio = f"{whole[name] / whole['a static file (sendfile)']:.2f} of the static file"
            waits = [_fetch(port, path, cookie, rng.randrange(44, size))[0] for _ in range(SEEKS)]
            seek = f"{statistics.median(waits) * 1000:6.1f} ms" if "static" not in name else ""
            print(f"{name:30}{whole[name] / 1e6:8.0f} MB/s   {ratio}   {seek and 'a seek: first byte after ' + seek}")
    finally:
        server.terminate()
        server.wait()
        static.unlink()


def _recordings(tenant):
    """A call and a video, whose files are as large to a player."""
    from django.utils import timezone

    import contacts.demo
    from contacts import ingest
    from contacts.ingest.loader import record_id
    from contacts.models import ContactRecord

    samples = random.Random(1).randbytes(8000 * SECONDS)
    fmt = b"fmt " + struct.pack("<IHHIIHHH", 18, 6, 1, 8000, 8000, 1, 8, 0)
    sound = fmt + b"data" + struct.pack("<I", len(samples)) + samples
    real = (Path(contacts.demo.__file__).parent / "media" / "video-en.mp4").read_bytes()
    left = 44 + 2 * len(samples) - len(real)
    now = timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "voice.wav").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(sound)) + b"WAVE" + sound)
        Path(folder, "video.mp4").write_bytes(real + struct.pack(">I4s", left, b"free") + bytes(left - 8))
        records = [
            {
                "id": f"play-{media}-{SECONDS}",
                "started_at": now.isoformat(),
                "connected_at": now.isoformat(),
                "media_type": media,
                "call_type": "incoming",
                "recordings": [{"name": name}],
            }
            for media, name in (("voice", "voice.wav"), ("video", "video.mp4"))
        ]
        reads = ingest.read_records(records, where="bench", now=now)
        report = ingest.load(tenant, reads, source="bench-play", media=Path(folder))
    assert report.recordings == 2, report
    ids = [record_id(tenant, "bench-play", record["id"]) for record in records]
    return [ContactRecord.objects.for_tenant(tenant).get(id=id) for id in ids]


def _server() -> tuple[int, subprocess.Popen[bytes]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "python:aicc.gunicorn", "--access-logfile", "/dev/null"]
    command += ["--log-level", "error", "--bind", f"127.0.0.1:{port}", "aicc.wsgi"]
    server = subprocess.Popen(command)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return port, server
        time.sleep(0.1)
    server.kill()
    raise RuntimeError("The server did not start.")


def _fetch(port: int, path: str, cookie: str, start: int | None = None) -> tuple[float, float]:
    """Seconds to the first byte and to the last; with a start, only the first byte from there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": "testserver", "Cookie": f"sessionid={cookie}"}
    if start is not None:
        headers["Range"] = f"bytes={start}-"
    begun = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    assert response.status == (200 if start is None else 206), (path, response.status)
    response.read(1)
    first = time.perf_counter() - begun
    if start is None:
        while response.read(PIECE):
            pass
    last = time.perf_counter() - begun
    connection.close()
    return first, last
