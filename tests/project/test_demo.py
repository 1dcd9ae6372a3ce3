"""Does `make demo` come up, say what is wrong when it cannot, and go away completely?

Real processes on a free port, with few contacts; which pages there are is tried elsewhere.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.faults


class Demo:
    """`manage.py demo` in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.processes: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        environment = {name: os.environ[name] for name in os.environ if name not in {"DATABASE_URL", "REDIS_URL"}}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", f"--port={self.port}", "--contacts=300"],
            cwd=ROOT,
            env={**environment, "AICC_HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def up(self) -> subprocess.Popen[str]:
        """Start it and read what it says up to the last line before it waits."""
        process = self.start()
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, f"the demo ended: {said}"
            said += line
        return process

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status

    def left(self) -> list[psutil.Process]:
        """Everything that works for this demo, except the demo itself."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and (
                    process.cwd().startswith(str(self.home))
                    or (process.pid != os.getpid() and process.environ().get("AICC_HOME") == str(self.home))
                ):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found


@pytest.fixture(scope="module")
def home() -> Path:
    """One folder for all: only the first start has to fill a database."""
    return Path(os.environ["AICC_HOME"]) / "demo"


@pytest.fixture
def demo(home: Path) -> Iterator[Demo]:
    demo = Demo(home)
    yield demo
    for process in demo.processes:
        process.kill()
        process.communicate()
    for process in demo.left():
        process.kill()


def test_it_serves_refuses_a_second_one_logs_no_query_and_ends_without_a_trace(demo: Demo) -> None:
    first = demo.up()
    assert demo.get("/healthz") == 200
    assert demo.get("/healthz?customer_name=Ada") == 200
    # Gunicorn itself complains of this one.
    with socket.create_connection(("127.0.0.1", demo.port)) as connection:
        connection.sendall(b"GET /contacts/?customer_name=Ada Lovelace HTTP/1.1\r\n\r\n")
        assert b" 400 " in connection.recv(100)

    second = demo.start()
    said, _ = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"A demo is already running in {demo.home}: http://127.0.0.1:{demo.port}/" in said

    first.send_signal(signal.SIGINT)
    said, _ = first.communicate(timeout=40)
    assert (first.returncode, said.split()[-1]) == (0, "Stopped.")
    assert demo.left() == []
    log = (demo.home / "log/web.log").read_text()
    assert "GET /healthz 200" in log
    assert "Invalid HTTP" in log
    assert "Ada" not in log
    assert "Lovelace" not in log


def test_a_killed_one_is_cleared_away_by_the_next(demo: Demo) -> None:
    killed = demo.up()
    killed.kill()
    killed.wait()
    orphans = {process.pid for process in demo.left()}
    assert orphans

    again = demo.up()
    assert demo.get("/healthz") == 200
    assert orphans.isdisjoint(process.pid for process in demo.left())

    again.send_signal(signal.SIGHUP)
    again.communicate(timeout=40)
    assert again.returncode == 0
    assert demo.left() == []


def test_it_names_the_part_that_died_and_stops_the_rest(demo: Demo) -> None:
    process = demo.up()
    worker = next(part for part in demo.left() if "worker" in part.cmdline() and part.ppid() == process.pid)
    worker.kill()
    said, _ = process.communicate(timeout=40)

    assert process.returncode == 1
    assert re.search(r"worker ended unexpectedly \(signal 9\)", said)
    assert demo.left() == []


def test_a_taken_port_is_said_with_the_way_out(demo: Demo) -> None:
    demo.home = demo.home.with_name("demo-without-port")
    with socket.socket() as other:
        other.bind(("127.0.0.1", demo.port))
        other.listen()
        said, _ = demo.start().communicate(timeout=20)

    assert f"Port {demo.port} cannot be used" in said
    assert "make demo PORT=8001" in said
    assert not (demo.home / "postgresql").exists()
