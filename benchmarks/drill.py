"""Does every export end once, and whole, whatever dies meanwhile? `make drill N=100`: real servers, real signals.

Each run requests exports, lets a fault of a kind happen at a moment, both drawn, and checks what is left: see `checks`.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from benchmarks.installation import Installation, kill

# What an export's end may take after the fault is over. Packing, of which there is a second or two, comes on top.
RECOVERY_SECONDS = 15
ROWS = 50_000
FAULTS: dict[str, Callable[["Run"], None]] = {}


class Run:
    """One fault: what was requested, and how it is expected to end."""

    def __init__(self, place: Installation, rng: random.Random, moment: float | None) -> None:
        self.place = place
        self.rng = rng
        self.moment = moment
        self.exports: list[Any] = []
        self.expected = {"completed"}
        self.attempts = {1, 2, 3}
        self.at = "waiting"
        self.child: psutil.Process | None = None
        self.worker = ""
        self.caught: Any = None

    def request(self, count: int = 1, slug: str = "big") -> None:
        from benchmarks.checks import Export

        self.exports += [Export.requested(slug, self.rng) for _ in range(count)]

    def catch(self) -> None:
        """Stop the worker that packs, in the middle of its file: what happens now happens there.

        With no moment given any may come, also one before the file or after it.
        """
        if self.moment is None and self.rng.random() < 0.25:
            time.sleep(self.rng.random() * 2)
            self.at = "any time"
        threshold = (self.moment if self.moment is not None else self.rng.random()) * 0.8 * self.exports[0].usual_size
        while True:
            for part in self.place.parts():
                if (found := self.place.writer_of(part)) and part.exists() and part.stat().st_size >= threshold:
                    self.worker, self.child = found
                    kill(self.place.workers[self.worker], signal.SIGSTOP)
                    if part.exists():
                        self.at = f"{part.stat().st_size // 1024} KB"
                        self.caught = next(export for export in self.exports if export.now().file == part.stem)
                        return
                    self.go_on()
            if self.exports[-1].has_ended():
                if self.moment is None:
                    break
                # Faster than this process could look.
                self.request()
            time.sleep(0.001)
        self.at, self.caught = "the end", self.exports[0]
        self.worker, self.child = "A", psutil.Process(self.place.workers["A"].pid).children()[0]

    def go_on(self) -> None:
        kill(self.place.workers[self.worker], signal.SIGCONT)


def fault(function: Callable[[Run], None]) -> Callable[[Run], None]:
    FAULTS[function.__name__.replace("_", "-")] = function
    return function


@fault
def child_killed(run: Run) -> None:
    run.request()
    run.catch()
    assert run.child
    run.child.kill()
    run.go_on()


@fault
def worker_killed(run: Run) -> None:
    run.request()
    run.catch()
    kill(run.place.workers[run.worker], signal.SIGKILL)
    run.place.start_worker(run.worker)


@fault
def redis_away_at_submit(run: Run) -> None:
    run.place.stop("Redis")
    # Whatever waited for the broker would wait for ever: it is started again only afterwards.
    run.request()
    time.sleep(run.rng.random() * 2)
    run.place.start("Redis")


@fault
def redis_restarted_and_flushed(run: Run) -> None:
    run.request(3)
    run.catch()
    # It keeps nothing on a disk here: its messages are gone.
    run.place.stop("Redis")
    run.place.start("Redis")
    run.go_on()


@fault
def postgres_restarted(run: Run) -> None:
    run.request()
    run.catch()
    run.place.stop("PostgreSQL", crash=run.rng.random() < 0.5)
    run.place.start("PostgreSQL")
    run.go_on()


@fault
def disk_full(run: Run) -> None:
    run.request()
    run.catch()
    assert run.child
    full = max([run.place.log_path(run.worker).stat().st_size, *(part.stat().st_size for part in run.place.parts())])
    run.place.limit_file_size(run.child, full + 8192)
    run.expected = {"completed", "failed"}
    run.go_on()
    run.caught.wait(60)
    assert run.moment is None or run.caught.now().failure.startswith("The server has no room")
    run.place.limit_file_size(run.child, -1)


@fault
def doubled_delivery(run: Run) -> None:
    from benchmarks import checks
    from exports.bell import ring

    run.request()
    for _ in range(6):
        ring()
    run.catch()
    ring()
    # The keys are still there: the password must not be.
    assert not (found := checks.passwords_found(run.place)), f"a password is in {found}"
    run.go_on()
    run.attempts = {1}


@fault
def two_workers(run: Run) -> None:
    run.request(4)
    run.request(slug="other-tenant")
    run.attempts = {1}
    # The other tenant's is not the last: it does not wait for all of the first one's.
    run.exports[-1].wait(120)
    assert any(not export.has_ended() for export in run.exports), "one tenant's queue held up another's"


@fault
def cancelled(run: Run) -> None:
    run.request()
    run.catch()
    was_running = run.caught.cancel()
    run.expected = {"completed", "cancelled"}
    run.go_on()
    assert run.caught.now().status == ("cancelled" if was_running else "completed")
    assert was_running or run.moment is None


@fault
def connection_cut(run: Run) -> None:
    """A worker that lives has lost its lock: another one takes over, and the first must leave nothing."""
    from django.db import connection

    run.request()
    run.catch()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    time.sleep(run.rng.random())
    run.go_on()


@fault
def worker_told_to_end(run: Run) -> None:
    """SIGTERM as container engines send it, to the worker alone: what runs may finish."""
    run.request(2)
    run.catch()
    run.place.workers[run.worker].terminate()
    run.go_on()
    assert run.place.workers[run.worker].wait(60) == 0
    run.place.start_worker(run.worker)
    run.attempts = {1}


@fault
def all_processes_told_to_end(run: Run) -> None:
    """SIGTERM as systemd sends it, to children as well: what runs is finished elsewhere."""
    run.request(2)
    run.catch()
    kill(run.place.workers[run.worker], signal.SIGTERM)
    run.go_on()
    run.place.workers[run.worker].wait(60)
    run.place.start_worker(run.worker)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make drill", description=__doc__)
    parser.add_argument("--runs", type=int, help="that many faults, drawn; without it each kind once")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", nargs="*", choices=FAULTS, default=list(FAULTS), help="these kinds")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    home = Path(tempfile.mkdtemp(prefix="aicc-drill-"))
    home.chmod(0o711)
    # Pages are only sent to here, none is looked at: their files need not be there.
    (home / "static").mkdir()
    try:
        place = Installation(home)
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ.update(AICC_HTTPS="no", AICC_ALLOWED_HOSTS="testserver", AICC_HOME=str(home), AICC_LOG_LEVEL="INFO")
        os.environ.setdefault("AICC_SECRET_KEY", "for the drill only, and longer than fifty characters")
        with place.running():
            return drill(place, random.Random(options.seed), options.runs, options.only)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def drill(place: Installation, rng: random.Random, runs: int | None, only: list[str]) -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aicc.settings")
    django.setup()
    from benchmarks import checks

    checks.prepare(ROWS)
    for name in ("A", "B"):
        place.start_worker(name)
    checks.learn_sizes(rng)
    kinds = only if runs is None else [rng.choice(only) for _ in range(runs)]
    failures, slowest = 0, 0.0
    for number, kind in enumerate(kinds, 1):
        run = Run(place, rng, 0.5 if runs is None else None)
        try:
            FAULTS[kind](run)
            seconds = checks.all_ended(run.exports, RECOVERY_SECONDS)
            checks.all_whole(run.exports, run.expected, run.attempts, place.exports)
            slowest = max(slowest, seconds)
            said = f"recovered in {seconds:.1f} s"
        except (AssertionError, TimeoutError) as error:
            failures += 1
            said = "\n".join([f"FAILED: {error}", *place.complaints()])
        print(f"{number:4} {kind:<30} {run.at:>9}  {said}", flush=True)
    print(f"{len(kinds)} faults, {failures} failures, slowest recovery {slowest:.1f} s", flush=True)
    found = checks.passwords_found(place)
    print(f"passwords: {found or 'nowhere'}", flush=True)
    return 1 if failures or found else 0


if __name__ == "__main__":
    sys.exit(main())
