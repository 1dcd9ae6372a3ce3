"""How is a command run as its users run it? In a process of its own, on the database of the tests."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).parents[1]


def environment(**changed: str) -> dict[str, str]:
    """That of the tests, with the database that they have made."""
    settings = connection.settings_dict
    place = {"dbname": settings["NAME"], "user": settings["USER"], "password": settings["PASSWORD"],
             "host": settings["HOST"], "port": settings["PORT"], **settings["OPTIONS"]}  # fmt: skip
    known = {name: value for name, value in place.items() if value and isinstance(value, str | int)}
    return {
        **os.environ,
        "DATABASE_URL": make_conninfo(**known),
        "DJANGO_SETTINGS_MODULE": "aicc.settings",
        **changed,
    }


def python(*words: Any, **options: Any) -> subprocess.Popen[str]:
    """Python in the project's folder. What it writes is piped, its complaints with the rest unless told otherwise."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "env": environment()}
    return subprocess.Popen([sys.executable, *map(str, words)], cwd=ROOT, text=True, **{**pipes, **options})


def manage(*words: Any, **options: Any) -> subprocess.Popen[str]:
    """A command of manage.py."""
    return python("manage.py", *words, **options)
