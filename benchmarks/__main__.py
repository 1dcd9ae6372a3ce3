"""Run the benchmarks: `python -m benchmarks [search] [load] [export] [play] [pack] [ivr]`, ROWS=1000000 by default.

The rows are made once and kept in AICC_HOME/bench; figures are ratios first, because machines differ.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from aicc import local

ALL = ["search", "load", "export", "play", "pack", "ivr"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("which", nargs="*", help="search, load, export, play, pack, ivr; all by default")
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS", "1000000")))
    options = parser.parse_args()
    unknown = set(options.which) - set(ALL)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    home = Path(os.environ.get("AICC_HOME") or "var").resolve() / "bench" / f"{options.rows}"
    os.environ.setdefault("AICC_SECRET_KEY", "for the benchmarks only, and longer than fifty characters")
    os.environ.update(AICC_HTTPS="no", AICC_ALLOWED_HOSTS="testserver", AICC_HOME=str(home), AICC_LOG_LEVEL="ERROR")
    with local.services(home, durable=False) as services:
        os.environ.update(DATABASE_URL=services.database_url, REDIS_URL=services.redis_url)
        run(options.which or ALL, options.rows)


def run(which: list[str], rows: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aicc.settings")
    django.setup()
    from django.core.management import call_command

    from benchmarks import data, exporting, ivr, loading, packing, playing, searching

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    begun = time.perf_counter()
    made = data.ensure(rows)
    print(f"{rows:,} contact records, {'made' if made else 'found'} in {time.perf_counter() - begun:.0f} s")
    benchmarks = {
        "search": searching.run,
        "load": loading.run,
        "export": exporting.run,
        "play": playing.run,
        "pack": packing.run,
        "ivr": ivr.run,
    }
    for name, benchmark in benchmarks.items():
        if name in which:
            print()
            benchmark(rows)


if __name__ == "__main__":
    sys.exit(main())
