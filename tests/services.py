"""Which servers do the tests talk to: their own PostgreSQL and Redis, unless DATABASE_URL and REDIS_URL name others.

A plugin of pytest (addopts in pyproject.toml), because pytest-django reads the settings before it looks for a
conftest.py; who and what is in the database is for those to say.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
from django.core.management import call_command

from aicc import local
from aicc.lib.sealing import KeyFile

PREFIX = "aicc-tests-"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    options = early_config.known_args_namespace
    if not (options.help or options.version):
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        try:
            start(stack)
        except local.Unavailable as error:
            raise pytest.UsageError(str(error)) from error
    return (yield)


def start(stack: ExitStack) -> None:
    """Start the servers and point the settings to them, until `stack` closes."""
    remove_stale_homes()
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    stack.callback(shutil.rmtree, home, ignore_errors=True)
    # PostgreSQL, which does not run as root, has its folder in there.
    home.chmod(0o711)
    KeyFile(home / "personal-data.keys").create()
    services = stack.enter_context(local.services(home, durable=False))
    os.environ.update(
        DATABASE_URL=services.database_url,
        REDIS_URL=services.redis_url,
        AICC_SECRET_KEY="for the tests only, and longer than fifty characters",
        AICC_ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
        AICC_HTTPS="no",
        AICC_PROXIES="0",
        AICC_DEBUG="no",
        AICC_HOME=str(home),
        AICC_LOG_LEVEL="WARNING",
    )


def remove_stale_homes() -> None:
    """Clear away what test runs left that were killed."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = int(home.name.removeprefix(PREFIX).split("-")[0])
        if not psutil.pid_exists(pid) and home.stat().st_uid == os.getuid():
            local.stop_leftovers(home / "postgresql")
            local.stop_leftovers(home / "redis")
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name their static files by content, so the collected ones have to be there."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return must_run((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return must_run((yield))


def must_run(report: Report) -> Report:
    """In CI, which installs everything, a skipped test is one that silently stopped testing."""
    if os.environ.get("CI", "") not in {"", "0", "false"} and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, and in CI every test has to run: {report.longrepr}"
    return report
