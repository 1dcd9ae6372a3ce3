"""How does one command show the whole product: `make demo` starts everything here, watches it and stops it.

Where PostgreSQL and Redis come from is for aicc/local.py to say, what the demo data are for demo_tenants,
demo_contacts and demo_ivr.
"""

import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aicc import local
from aicc.lib.sealing import KeyFile, KeyFileError
from aicc.tenants.management.commands.demo_tenants import PASSWORD

ACCOUNTS = {
    "acme-admin": "administrator of Acme: every permission, the Configuration Center",
    "acme-supervisor": "supervisor at Acme: views and edits all organization data",
    "acme-lead": "team leader at Acme: an organization unit and those below it, may export",
    "acme-agent": "agent at Acme: own contacts only",
    "globex-admin": "administrator of Globex: no isolation, no call reasons, another time zone",
    "globex-agent": "agent at Globex",
    "operator": "platform operator: system parameters, no tenant's pages",
}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """Exit status 0 after Ctrl-C, SIGTERM or SIGHUP; 1 with a sentence when something could not run."""

    help = "Run the whole product on this machine with demo data, until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server, on 127.0.0.1 (8000)")
        parser.add_argument("--contacts", type=int, help="how many contacts to make on the first start (50,000)")

    def handle(self, *, port: int, contacts: int | None, **options: Any) -> None:
        home = settings.AICC_HOME
        for number in STOP_SIGNALS:
            # A closed terminal does not stop what was started with nohup.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _stop)
        try:
            with ExitStack() as stack:
                self.run(stack, home, port=port, contacts=contacts)
        except KeyboardInterrupt:
            self.say("Stopped.")
        except local.Unavailable as error:
            raise CommandError(error) from error
        except PermissionError as error:
            raise CommandError(
                f"No permission for {error.filename}: another user made it, or the folder is closed to you. "
                "Choose a folder of your own: make demo AICC_HOME=$HOME/aicc-demo"
            ) from error

    def run(self, stack: ExitStack, home: Path, *, port: int, contacts: int | None) -> None:
        """Start everything and wait. Raises KeyboardInterrupt when asked to stop; `stack` then stops what runs."""
        home.mkdir(parents=True, exist_ok=True)
        url = f"http://127.0.0.1:{port}/"
        stack.enter_context(_only_one_in(home, url))
        self.say(f"AICC Contact Records, demo in {home}")
        children = Children(home)
        children.stop_leftovers()
        _check_free(port)
        with self.step("PostgreSQL and Redis"):
            services = stack.enter_context(local.services(home))
        stack.callback(children.stop)
        stack.callback(self.say, "Stopping …")
        children.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "aicc.settings",
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "AICC_SECRET_KEY": _secret_key(home),
            "AICC_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "AICC_HTTPS": "no",
            "AICC_PROXIES": "0",
            "AICC_HOME": str(home),
            "PYTHONUNBUFFERED": "1",
        }
        # So that the operator can switch encryption on; one that is there stays.
        with suppress(KeyFileError):
            KeyFile(settings.KEY_FILE).create()
        with self.step("Database tables and static files"):
            # They do not touch each other, and each spends most of its time importing.
            children.start("migrate", "manage.py", "migrate", "--no-input", "--verbosity=0")
            children.start("collectstatic", "manage.py", "collectstatic", "--no-input", "--verbosity=0")
            children.finish("migrate")
            children.finish("collectstatic")
        with self.step("Demo tenants and accounts"):
            children.start("demo_tenants", "manage.py", "demo_tenants")
            children.finish("demo_tenants")
        amount = [] if contacts is None else [f"--contacts={contacts}"]
        show_bar = sys.stderr.isatty()
        with self.step("Demo contacts (the first time takes longest)", ending="\n" if show_bar else ""):
            children.start("demo_contacts", "manage.py", "demo_contacts", *amount, show_errors=show_bar)
            children.finish("demo_contacts")
        with self.step("Demo IVR calls"):
            children.start("demo_ivr", "manage.py", "demo_ivr")
            children.finish("demo_ivr")
        with self.step("Web server, worker and clock"):
            web = ["--config=python:aicc.gunicorn", f"--bind=127.0.0.1:{port}", "aicc.wsgi"]
            children.start("web", "-m", "gunicorn", *web)
            worker = ["--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
            children.start("worker", "-m", "celery", "--app=aicc", "worker", *worker)
            beat = ["--loglevel=INFO", f"--schedule={home / 'beat-schedule'}"]
            children.start("beat", "-m", "celery", "--app=aicc", "beat", *beat)
            deadline = time.monotonic() + 60
            while not _answers(port):
                children.check()
                if time.monotonic() > deadline:
                    raise CommandError(f"The web server does not answer; see {children.logs / 'web.log'}.")
                time.sleep(0.1)
        self.say(f"\n  {url}\n\n  Everybody's password: {PASSWORD}")
        for name, what in ACCOUNTS.items():
            self.say(f"    {name:<17}{what}")
        self.say(f"\n  Logs are in {children.logs}. Ctrl-C stops everything.\n")
        watched = {**children.running, **services.processes}
        while True:
            for name, process in watched.items():
                if process.poll() is not None:
                    raise CommandError(f"{name} ended unexpectedly ({_ending(process)}); the rest was stopped.")
            time.sleep(0.5)

    @contextmanager
    def step(self, what: str, ending: str = "") -> Iterator[None]:
        """Say what happens now and how long it took."""
        started = time.monotonic()
        self.say(f"  {what:<48}", ending=ending)
        try:
            yield
        except BaseException:
            self.say("")
            raise
        self.say(f"{time.monotonic() - started:5.1f} s")

    def say(self, line: str, ending: str = "\n") -> None:
        # The terminal may be gone by the time everything is to stop.
        with suppress(OSError):
            self.stdout.write(line, ending=ending)
            self.stdout.flush()


class Children:
    """The programs of one demo. A file remembers them, so that the next demo can stop what a killed one left."""

    def __init__(self, home: Path) -> None:
        self.environment: dict[str, str] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.logs = home / "log"
        self.logs.mkdir(exist_ok=True)
        self._record = home / "demo-processes.json"

    def start(self, name: str, *command: str, show_errors: bool = False) -> None:
        """Start Python with `command`, in a session of its own: Ctrl-C reaches only the demo, which stops in order."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=None if show_errors else log,
                start_new_session=True,
            )
        fresh = self._record.with_suffix(".new")
        fresh.write_text(json.dumps({p.pid: psutil.Process(p.pid).create_time() for p in self.running.values()}))
        fresh.replace(self._record)

    def finish(self, name: str) -> None:
        """Wait for a child that ends by itself. Raises CommandError unless it ends well."""
        if self.running[name].wait():
            raise CommandError(self._failure(name))
        del self.running[name]

    def check(self) -> None:
        """Raises CommandError when a child has ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise CommandError(self._failure(name))

    def stop(self) -> None:
        """Ask all to end, wait 20 s at most, then end whatever is left of them."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + 20
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._record.unlink(missing_ok=True)

    def stop_leftovers(self) -> None:
        """Kill every process in the sessions that an earlier demo opened: nobody is left to tell it more gently."""
        record = json.loads(self._record.read_text()) if self._record.exists() else {}
        started = {int(pid): at for pid, at in record.items()}
        deadline = time.monotonic() + 10
        while left := [process for process in psutil.process_iter() if _opened(process, started)]:
            if time.monotonic() > deadline:
                raise CommandError(f"An earlier demo still runs (process {left[0].pid}) and cannot be stopped.")
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            time.sleep(0.05)
        self._record.unlink(missing_ok=True)

    def _failure(self, name: str) -> str:
        log = self.logs / f"{name}.log"
        end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        return f"{name} ended unexpectedly ({_ending(self.running[name])}). The end of {log}:\n{end}"


def _opened(process: psutil.Process, started: dict[int, float]) -> bool:
    """Whether `process` belongs to one of the sessions `started` (first process -> its start), not to a later
    one of the same number."""
    with suppress(psutil.Error, OSError):
        session = os.getsid(process.pid)
        if session not in started or process.status() == psutil.STATUS_ZOMBIE:
            return False
        age = process.create_time() - started[session]
        return abs(age) < 1 if process.pid == session else age > -1 and started[session] > psutil.boot_time()
    return False


def _stop(number: int, frame: object) -> None:
    # Stopping takes seconds, and impatience would interrupt it halfway.
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _only_one_in(home: Path, url: str) -> Iterator[None]:
    """Hold the folder's lock. The kernel drops it with the process, however that ends."""
    with (home / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CommandError(
                f"A demo is already running in {home}: {lock.read()} "
                "A second one needs a folder and a port of its own: make demo AICC_HOME=var2 PORT=8001"
            ) from error
        lock.truncate(0)
        lock.write(url)
        lock.flush()
        yield


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        # As gunicorn does: connections of the last run that are still fading away do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used ({error}). Choose another one: make demo PORT=8001"
            ) from error


def _secret_key(home: Path) -> str:
    """The key that signs sessions, made once: a restart signs nobody out."""
    path = home / "secret_key"
    if not path.exists() or not path.read_text():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ending(process: subprocess.Popen[bytes]) -> str:
    status = process.returncode
    return f"signal {-status}" if status < 0 else f"exit status {status}"
