"""Does a load of IVR calls keep each once, in its newest version, and say what it rejects? What is recorded is tried
in test_recording.py, which fields there are in tests/project/test_readme_ivr_fields.py.
"""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from aicc.lib.sealing import key_file
from aicc.tenants import parameters
from ivrhistory import ingest, recording, tasks
from ivrhistory.models import Bot, IvrCall, IvrTurn
from tests import builders
from tests.builders import ivr_call, load_ivr, written

JANUARY = datetime(2026, 1, 20, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _recorded(acme):
    builders.record_ivr(acme)


@pytest.fixture
def load(acme, tmp_path):
    """Run the command on lines; returns its summary and the reasons of its rejections."""

    def load(lines, **options):
        output, rejects = StringIO(), tmp_path / "rejects.ndjson"
        file = written(tmp_path / "calls.ndjson", lines)
        call_command(
            "load_ivr_calls",
            file,
            tenant="acme",
            rejects=rejects,
            stdout=output,
            stderr=StringIO(),
            json=True,
            **options,
        )
        reasons = [json.loads(line)["reason"] for line in rejects.read_text().splitlines()] if rejects.exists() else []
        return json.loads(output.getvalue()), reasons

    return load


def rows(tenant):
    calls = IvrCall.objects.for_tenant(tenant).order_by("id").values()
    return list(calls), list(IvrTurn.objects.for_tenant(tenant).order_by("record_id", "position").values())


def counts(summary):
    return [summary[name] for name in ("new", "updated", "unchanged", "rejected")]


def test_loading_twice_changes_nothing(acme, load):
    calls = [ivr_call(), ivr_call(id="second", call_id="same"), ivr_call(id="third", call_id="same")]
    first, _ = load(calls)
    before = rows(acme)

    second, _ = load(calls)

    assert (counts(first), counts(second)) == ([3, 0, 0, 0], [0, 0, 3, 0])
    assert rows(acme) == before
    assert second["outcome"] == "loaded"


def test_a_newer_version_takes_the_place_of_the_older_one_with_its_turns_in_any_month(acme, load):
    call = ivr_call(started_at=JANUARY, updated_at="2026-01-20T10:00:00Z")
    moved = {**call, "started_at": "2026-02-03T09:00:00Z", "ended_at": None, "updated_at": "2026-02-03T10:00:00Z"}
    newer = {**moved, "result": "failed", "turns": [{"node": "a"}, {"node": "b"}]}

    summaries = [load(lines)[0] for lines in ([call], [newer, moved], [call])]

    assert [counts(summary) for summary in summaries] == [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]]
    (stored,) = IvrCall.objects.for_tenant(acme)
    assert (stored.started_at.month, stored.result, stored.turn_count) == (2, "failed", 2)
    assert [turn.node for turn in stored.exchange()] == ["a", "b"]


def test_a_version_that_comes_when_details_are_not_recorded_any_more_has_none(acme, load):
    call = ivr_call(updated_at="2026-01-20T10:00:00Z")
    load([call])
    builders.record_ivr(acme, robots="off", flows="off")

    summary, _ = load([{**call, "updated_at": "2026-01-20T11:00:00Z"}])

    assert summary["details_left_out"] == {"CCIVRRECORDFLAG is Off": 1}
    assert rows(acme)[0][0]["turn_count"] is None
    assert rows(acme)[1] == []


def test_an_unknown_access_code_makes_an_inactive_bot_or_with_strict_a_rejection(acme, load):
    builders.bot(acme, "1", name="7700")

    strict, reasons = load([ivr_call(access_code="7700", type="intelligent_robot")], strict=True)
    load([ivr_call(access_code="7700", type="intelligent_robot"), ivr_call(access_code="7700")])

    assert (strict["outcome"], reasons) == ("rejected", ["access_code 7700 is unknown"])
    made = Bot.objects.for_tenant(acme).get(access_code="7700")
    # Somebody else has that name already.
    assert (made.name, made.type, made.is_active) == ("7700 (2)", "intelligent_robot", False)
    assert IvrCall.objects.for_tenant(acme).filter(bot=made, type="intelligent_robot").count() == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"call_id": ""}, "call_id is missing"),
        ({"access_code": None}, "access_code is missing"),
        ({"started_at": None}, "started_at is missing"),
        ({"started_at": "1999-12-31T00:00:00Z"}, "started_at is not between 2000-01-01 and tomorrow"),
        ({"ended_at": "2000-01-01T00:00:00Z"}, "ended_at is before started_at"),
        ({"updated_at": "2100-01-01T00:00:00Z"}, "updated_at is later than tomorrow"),
        ({"calling_number": "a\u0000b"}, "calling_number contains a NUL character"),
        ({"turns": {}}, ""),
        ({"turns": "x"}, "turns is not a list of objects"),
        ({"turns": [{"confidence": 1.01}]}, "turns: confidence is not a number from 0 to 1"),
        ({"turns": [{"interrupted": "yes"}]}, "turns: interrupted is not true or false"),
        ({"result": "lost"}, "result is none of completed, transferred, user_hung_up, failed"),
    ],
)
def test_a_rejected_line_says_why_and_stops_no_other(change, reason, load):
    summary, reasons = load([ivr_call(), {**ivr_call(), **change}, "nonsense\n", ivr_call()])

    assert reasons == ([reason] if reason else []) + ["is not JSON: Expecting value"]
    assert summary["new"] == (2 if reason else 3)


def test_a_row_that_the_database_refuses_is_found_by_halving(acme, load):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ivrhistory_ivrcall ADD CONSTRAINT odd CHECK (access_code <> 'odd')")

    summary, reasons = load([ivr_call(), ivr_call(access_code="odd"), ivr_call(), ivr_call()])

    assert (summary["new"], reasons) == (3, ["the database refused it: odd"])


def test_numbers_are_sealed_at_rest_when_the_operator_says_so(acme, tmp_path, settings):
    settings.KEY_FILE = tmp_path / "keys"
    key_file().create()
    parameters.ENCRYPTION.set(None, True)

    (call,) = load_ivr(acme, ivr_call(calling_number="+46701740601"))

    assert call.calling_number == "+46701740601"
    with connection.cursor() as cursor:
        cursor.execute("SELECT calling_number, called_number FROM ivrhistory_ivrcall")
        assert all(stored.startswith("~") for stored in cursor.fetchone())


def test_the_command_says_what_was_left_out_in_words(acme, tmp_path, capsys):
    builders.record_ivr(acme, robots="off", flows="off")
    file = written(tmp_path / "calls.ndjson", [ivr_call(), ivr_call()])
    call_command("load_ivr_calls", file, tenant="acme", rejects=tmp_path / "rejects.ndjson")
    builders.record_ivr(acme, "off")
    call_command("load_ivr_calls", written(file, [ivr_call()]), tenant="acme", rejects=tmp_path / "rejects.ndjson")

    said = capsys.readouterr().out

    assert "2 IVR calls in" in said
    assert "2 without their details: CCIVRRECORDFLAG is Off." in said
    assert "1 left out: CHATRECORDFLAG is Off." in said
    with pytest.raises(CommandError, match="There is no tenant nobody") as failed:
        call_command("load_ivr_calls", file, tenant="nobody")
    assert failed.value.returncode == 2


@pytest.mark.parametrize("model", [IvrCall])
def test_the_tables_columns_are_the_models_fields(model, db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [model._meta.db_table],
        )
        columns = cursor.fetchall()

    fields = [
        (field.column, field.db_type(connection).replace("varchar", "character varying"), field.null)
        for field in model._meta.concrete_fields
    ]
    assert sorted(columns) == sorted(fields)


def test_calls_of_a_month_lie_in_its_partition(acme):
    load_ivr(acme, ivr_call(started_at=JANUARY), ivr_call(started_at=JANUARY + timedelta(days=20)))

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM ivrhistory_ivrcall ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]

    assert tables == ["ivrhistory_ivrcall_2026_01", "ivrhistory_ivrcall_2026_02"]


def test_a_load_that_broke_off_is_simply_run_again(acme, monkeypatch):
    monkeypatch.setattr("ivrhistory.ingest.loader.BATCH", 2)
    calls = [ivr_call() for _ in range(7)]

    def breaking():
        yield from ingest.read_calls(calls[:5], where="tests", now=timezone.now())
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        ingest.load(acme, breaking(), source=builders.SOURCE)
    begun = IvrCall.objects.for_tenant(acme).count()
    load_ivr(acme, *calls)

    assert 0 < begun < 7
    assert [len(part) for part in rows(acme)] == [7, 7]


def test_the_clock_makes_the_partitions_of_this_month_and_three_more(db, monkeypatch):
    # Far ahead: tests that commit may have made the months around today.
    monkeypatch.setattr(timezone, "now", lambda: datetime(2040, 11, 28, tzinfo=UTC))

    made = tasks.make_partitions()

    assert made == [f"ivrhistory_ivrcall_{month}" for month in ("2040_11", "2040_12", "2041_01", "2041_02")]
    assert tasks.make_partitions() == []


def version(id, minute, **fields):
    return ivr_call(id=id, call_id=id, updated_at=f"2026-03-01T10:{minute:02}:00Z", **fields)


REHEARSED = [
    version("new", 1),
    version("stored", 1),
    version("older", 0),
    version("newer", 3),
    version("twice", 2),
    version("twice", 1),
    version("unknown", 2, access_code="555"),
    version("unknown", 1),
    version("unknown too", 1, access_code="555", type="intelligent_robot"),
    "nonsense\n",
    version("twice", 3),
]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("batch", [3, 5_000])
@pytest.mark.parametrize("flag", ["off", "on", "bot_level"])
def test_a_rehearsal_writes_nothing_and_counts_what_a_load_does(acme, load, monkeypatch, strict, batch, flag):
    monkeypatch.setattr("ivrhistory.ingest.rehearsal.BATCH", batch)
    monkeypatch.setattr("ivrhistory.ingest.loader.BATCH", batch)
    load([version("stored", 1), version("older", 1), version("newer", 1)])
    for setting in (recording.CALLS, recording.ROBOT_DETAILS, recording.IVR_DETAILS):
        setting.parameter.set(acme, flag)
    before, bots = rows(acme), set(Bot.objects.for_tenant(acme))

    rehearsed, rejected = load(REHEARSED, strict=strict, dry_run=True)

    assert (rows(acme), set(Bot.objects.for_tenant(acme))) == (before, bots)
    loaded, loaded_rejected = load(REHEARSED, strict=strict)
    assert (rehearsed.pop("dry_run"), loaded.pop("dry_run")) == (True, False)
    del rehearsed["seconds"], loaded["seconds"]
    assert rehearsed == loaded
    assert sorted(rejected) == sorted(loaded_rejected)
