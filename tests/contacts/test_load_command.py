"""What does `load_contacts` say and end with, so that a clock may run it: exit codes, JSON, a rehearsal, a stop?

What becomes of the records is tried in test_load.py, kills in test_load_faults.py.
"""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from aicc.tenants.models import Account, SkillQueue
from contacts.models import CallReason, ContactRecord, Handled, Message
from tests import processes
from tests.builders import contact, written
from tests.processes import environment, manage

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def started(*arguments, database=None):
    """The command as a process of its own, on the database of the tests."""
    changed = {"DATABASE_URL": database} if database else {}
    return manage("load_contacts", *arguments, env=environment(**changed), stderr=subprocess.PIPE)


def rows(tenant):
    models = (ContactRecord, Message, Handled, Account, SkillQueue, CallReason)
    return {model.__name__: model.objects.for_tenant(tenant).count() for model in models}


# --- Exit codes ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_process_ends_with_what_became_of_the_load(acme, tmp_path):
    good = written(tmp_path / "good.ndjson", [contact(id="1"), contact(id="2")])
    bad = written(tmp_path / "bad.ndjson", [contact(id="3"), "nonsense\n"])
    to = ("--tenant", "acme", "--rejects", tmp_path / "rejects.ndjson")
    own = ("--tenant", "acme", "--rejects", tmp_path / "own.ndjson")
    processes = {
        (0, "2 new"): started(good, *to),
        (3, "1 new, 0 updated, 0 unchanged, 1 rejected"): started(bad, *own),
        (2, "There is no tenant nobody."): started(good, "--tenant", "nobody"),
        (2, "the following arguments are required: --tenant"): started(good),
        (1, "The database does not answer"): started(good, *to, database=NOWHERE),
    }

    ended = {expected: (process.communicate(), process.returncode) for expected, process in processes.items()}

    for (code, words), ((out, err), returned) in ended.items():
        assert (returned, words in out + err) == (code, True), (out, err)
        assert "Traceback" not in err
    assert json.loads((tmp_path / "own.ndjson").read_text())["reason"] == "is not JSON: Expecting value"
    assert rows(acme)["ContactRecord"] == 3


def test_a_command_line_that_names_what_cannot_be_changes_nothing(acme, tmp_path):
    file = written(tmp_path / "contacts.ndjson", [contact()])
    fits = {"tenant": "acme", "rejects": tmp_path / "rejects.ndjson"}
    wrong = {
        "There is no tenant nobody.": (file, {"tenant": "nobody"}),
        "There is no missing.ndjson.": ("missing.ndjson", {}),
        f"There is no {'x' * 300}.": ("x" * 300, {}),
        "The name of a source has 1 to 64 characters.": (file, {"source": "x" * 65}),
        "The name of the source contains the control character U+0009.": (file, {"source": "a\tb"}),
        f"{file} would be overwritten: name another file with --rejects.": (file, {"rejects": file}),
        f"{tmp_path} cannot be written: Is a directory.": (file, {"rejects": tmp_path}),
    }

    found = {}
    for path, options in wrong.values():
        with pytest.raises(CommandError) as error:
            call_command("load_contacts", path, **{**fits, **options})
        found[str(error.value)] = error.value.returncode

    assert found == dict.fromkeys(wrong, 2)
    assert file.read_text()
    assert rows(acme)["ContactRecord"] == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_load_after_its_batch(acme, tmp_path, number):
    file = written(tmp_path / "many.ndjson", (contact(id=f"{n}") for n in range(25_000)))
    process = started(file, "--tenant", "acme", "--json", "--rejects", tmp_path / "rejects.ndjson")
    while not rows(acme)["ContactRecord"]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)

    process.send_signal(number)
    out, err = process.communicate()

    summary = json.loads(out)
    assert process.returncode == 128 + number, err
    assert (summary["outcome"], summary["rejected"]) == ("stopped", 0)
    assert 0 < summary["new"] == rows(acme)["ContactRecord"] < 25_000
    assert "Stopping once what was read is loaded." in err


# --- Words and JSON ------------------------------------------------------------------------------------------------


def test_the_summary_is_one_object_for_programs(acme, tmp_path, capsys):
    file = written(tmp_path / "contacts.ndjson", [contact(id="1"), contact(id="2", account=5)])
    rejects = tmp_path / "rejects.ndjson"

    call_command("load_contacts", file, tenant="acme", source="pbx", json=True, rejects=rejects)

    summary = json.loads(capsys.readouterr().out)
    assert 0 <= summary.pop("seconds") < 60
    assert summary == {
        "tenant": "acme", "source": "pbx", "dry_run": False, "outcome": "rejected", "files": 1, "records": 2, "new": 1,
        "updated": 0, "unchanged": 0, "rejected": 1, "bytes": file.stat().st_size, "rejects": str(rejects),
        "recordings": 0, "recordings_rejected": 0, "recordings_unfetched": 0, "recordings_unsought": 0,
    }  # fmt: skip
    readme = (processes.ROOT / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in [*summary, "seconds", "loaded", "failed", "rejected", "stopped"])


def test_rejects_may_be_sent_to_a_device_which_stays(acme, tmp_path):
    file = written(tmp_path / "contacts.ndjson", [contact()])

    call_command("load_contacts", file, tenant="acme", rejects=Path("/dev/null"))

    assert Path("/dev/null").is_char_device()


# --- A rehearsal ---------------------------------------------------------------------------------------------------


def version(id, minute, **fields):
    return contact(id=id, updated_at=f"2026-03-01T10:{minute:02}:00Z", started_at="2026-03-01T10:00:00Z", **fields)


REHEARSED = [
    version("new", 1),
    version("stored", 1),
    version("older", 0),
    version("newer", 3),
    version("twice", 2),
    version("twice", 1),
    version("three times", 1),
    version("nowhere", 2, organization_unit=["Nowhere"]),
    version("nowhere", 1),
    version("stranger", 1, account="stranger", skill_queue="Fresh", call_reason=["New"], messages=[{"text": "Hi"}]),
    "nonsense\n",
    version("three times", 2),
    version("three times", 3),
    version("late", 1, ended_at="2000-01-01T00:00:00Z"),
]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("batch", [3, 5_000])
def test_a_rehearsal_writes_nothing_and_counts_what_a_load_does(acme, load, tmp_path, monkeypatch, strict, batch):
    monkeypatch.setattr("contacts.ingest.rehearsal.BATCH", batch)
    monkeypatch.setattr("contacts.ingest.loader.BATCH", batch)
    load([version("stored", 1), version("older", 1), version("newer", 1)])
    before = rows(acme)

    said, rejected = load(REHEARSED, dry_run=True, strict=strict)

    assert rows(acme) == before
    loaded_said, loaded_rejected = load(REHEARSED, strict=strict)
    assert said.startswith("Nothing was written. A load would give: ")
    assert said.partition("second): ")[2] == loaded_said.partition("second): ")[2]
    assert sorted(rejected) == sorted(loaded_rejected)
    # What it counts is what is there now.
    assert f"{rows(acme)['ContactRecord'] - before['ContactRecord']} new" in said


def test_a_load_that_breaks_off_says_so_and_names_no_value(acme, tmp_path, monkeypatch, capsys):
    file = written(tmp_path / "contacts.ndjson", [contact(customer_name="Ada")])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_contactrecord RENAME COLUMN customer_name TO name_of_customer")

    with pytest.raises(CommandError, match="The load failed: .*run it again") as failed:
        call_command("load_contacts", file, tenant="acme", json=True, rejects=tmp_path / "rejects.ndjson")

    assert failed.value.returncode == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "failed"
    assert "Ada" not in str(failed.value)
