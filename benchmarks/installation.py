"""What is there to break? Servers and workers of the drill's own, and what of an export can be seen from outside.

How they are broken is left to `drill`.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from aicc import local

ROOT = Path(__file__).parents[1]


class Installation:
    """PostgreSQL, Redis and two workers in a folder; no clock, because workers do without."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.exports = home / "exports"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._servers: dict[str, ExitStack] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            self.start("PostgreSQL")
            self.start("Redis")
            yield
        finally:
            for worker in self.workers.values():
                kill(worker, signal.SIGKILL)
            for server in self._servers.values():
                server.close()

    def start(self, server: str) -> None:
        """Start a server on the data it left, at the address it had."""
        variable, other = ("DATABASE_URL", "REDIS_URL") if server == "PostgreSQL" else ("REDIS_URL", "DATABASE_URL")
        address = os.environ.pop(variable, None)
        # What is named is not started.
        os.environ.setdefault(other, "elsewhere")
        self._servers[server] = stack = ExitStack()
        services = stack.enter_context(local.services(self.home, durable=False))
        os.environ[variable] = services.database_url if server == "PostgreSQL" else services.redis_url
        if os.environ[other] == "elsewhere":
            del os.environ[other]
        assert address in (None, os.environ[variable])

    def stop(self, server: str, *, crash: bool = False) -> None:
        """Stop a server as a restart does: whoever is connected is cut off. Or let PostgreSQL crash."""
        if crash:
            os.kill(int((self.home / "postgresql/postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self._servers.pop(server).close()

    def start_worker(self, name: str) -> None:
        """In a session of its own, with a log of its own. It is there when it has heard its own ring."""
        log_path = self.log_path(name)
        log_path.parent.mkdir(exist_ok=True)
        with log_path.open("ab") as log:
            seen = log.tell()
            self.workers[name] = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "--app=aicc", "worker", f"--hostname={name}@drill"),
                    *("--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"),
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: b"ready." in log_path.read_bytes()[seen:], f"worker {name} to be ready", 60)

    def log_path(self, name: str) -> Path:
        return self.home / "log" / f"{name}.log"

    def complaints(self) -> list[str]:
        """What workers said last that was not good."""
        lines = [line for name in self.workers for line in self.log_path(name).read_text().splitlines()]
        return sorted(line for line in lines if " WARNING exports" in line or " ERROR exports" in line)[-5:]

    def parts(self) -> list[Path]:
        return list(self.exports.glob("*.part"))

    def writer_of(self, part: Path) -> tuple[str, psutil.Process] | None:
        """Which worker's child writes a file, if one still does."""
        for name, worker in self.workers.items():
            with suppress(psutil.Error, OSError):
                for child in psutil.Process(worker.pid).children():
                    if any(os.readlink(fd) == str(part) for fd in Path(f"/proc/{child.pid}/fd").iterdir()):
                        return name, child
        return None

    def limit_file_size(self, child: psutil.Process, size: int) -> None:
        """From now on no file of this process becomes larger: its disk is full."""
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def kill(worker: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Send a signal to a worker and all of its children."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, how)
    if how == signal.SIGKILL:
        worker.wait()


def wait_for(condition: Callable[[], bool], what: str, seconds: float) -> float:
    """How long it took until the condition held."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.002)
    return time.monotonic() - begun
