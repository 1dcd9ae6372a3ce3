"""Is an IVR call what the README says it is? Each row of the table is tried: name, required, limit, words, example."""

import json
import re
from dataclasses import fields as fields_of

import pytest
from django.core.management import load_command_class
from django.utils import timezone

from aicc.lib.checks import Rejected
from ivrhistory.ingest import native
from ivrhistory.ingest.native import Call
from tests.project.test_readme import named_first, section
from tests.project.test_readme_fields import ROW, names_read

TITLE = "Loading IVR calls"
ROWS = {name: (kind, required, example) for name, kind, required, example in ROW.findall(section(TITLE))}


def record(**changes):
    """All examples together, with changes at fields of the call; `...` takes one away."""
    made, turn = {}, {}
    for name, (kind, _required, text) in ROWS.items():
        above, _, last = name.rpartition("[].")
        if not kind.startswith("list of objects"):
            (turn if above else made)[last] = json.loads(text)
    whole = {**made, "turns": [turn], **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def at(name, value):
    """The record with a value at a field, of the call or of its turn."""
    above, _, last = name.rpartition("[].")
    if not above:
        return record(**{name: value})
    turn = {**record()["turns"][0], last: value}
    return record(turns=[{key: value for key, value in turn.items() if value is not ...}])


def reason(call):
    try:
        native.check(call, now=timezone.now())
    except Rejected as error:
        return str(error)
    return ""


def test_the_names_are_those_that_are_read():
    told = {name for name in ROWS if "[]" not in name}

    assert told == {field.name for field in fields_of(Call)}
    assert {name.partition("[].")[2] for name in ROWS if "[]" in name} == names_read(native._turn)


def test_the_examples_are_a_call():
    call = native.check(record(), now=timezone.now())

    assert (call.duration_seconds, call.turns[0].confidence) == (529, 0.94)
    assert all(getattr(call, field.name) not in (None, "", ()) for field in fields_of(call))


@pytest.mark.parametrize("name", ROWS)
def test_each_row_tells_what_is_required_its_words_and_its_length(name):
    kind, required, _example = ROWS[name]
    last = name.rpartition(".")[2]

    assert reason(at(name, ...)) == ("" if required == "no" else f"{last} is missing")
    if kind[0] == "`":
        words = ", ".join(re.findall(r"`([^`]+)`", kind))
        assert reason(at(name, "no such word")).endswith(f"{last} is none of {words}")
    elif found := re.search(r"^text, ≤ (\d+)$", kind):
        most = int(found[1])
        assert reason(at(name, "x" * most)) == ""
        assert reason(at(name, "x" * (most + 1))).endswith(f"is longer than {most} characters")
    elif found := re.search(r"^list of objects, ≤ (\d+)$", kind):
        assert reason(at(name, [{}] * (int(found[1]) + 1))) == f"{name} has more than {found[1]} entries"
    else:
        wrong = {"time": "soon", "number": "5", "true or false": "yes"}[kind.split(",")[0]]
        assert f"{last} is not" in reason(at(name, wrong))


def test_the_options_and_the_summary_are_told():
    parser = load_command_class("ivrhistory", "load_ivr_calls").create_parser("manage.py", "load_ivr_calls")
    ours = {o for action in parser._actions for o in action.option_strings}
    told = {option.split()[0] for option in named_first(section(TITLE)) if option.startswith("--")}

    assert told == {"--source", "--strict", "--rejects", "--dry-run", "--json"} <= ours
    assert all(f"`{name}`" in section(TITLE) for name in ("left_out", "details_left_out"))
