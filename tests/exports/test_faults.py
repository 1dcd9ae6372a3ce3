"""Does every export end once, and whole, whatever dies meanwhile? Each kind of fault once; `make drill` draws more.

The drill runs in a process of its own, on servers of its own, and says a line about each fault.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.drill import FAULTS

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def said() -> str:
    environment = {name: os.environ[name] for name in os.environ if name not in {"DATABASE_URL", "REDIS_URL"}}
    drill = subprocess.run(
        [sys.executable, "-m", "benchmarks.drill", "--seed=1"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert drill.returncode in {0, 1}, drill.stdout
    return drill.stdout


@pytest.mark.parametrize("kind", FAULTS)
def test_exports_survive(said: str, kind: str) -> None:
    line = re.search(rf"^ +\d+ {kind} .*$", said, re.MULTILINE)

    assert line, said
    assert "recovered in" in line[0], said


def test_the_password_is_in_no_database_broker_log_environment_or_command_line(said: str) -> None:
    assert "passwords: nowhere" in said
    assert "Canary" not in said
