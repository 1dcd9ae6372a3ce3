"""Is a record what the README says it is? Each row of the table is tried: name, required, limit, words, example."""

import ast
import inspect
import json
import re

import pytest
from django.utils import timezone

from contacts.ingest import native
from contacts.ingest.native import Contact, Rejected
from tests.project.test_readme import section

ROW = re.compile(r"^\| `([\w\[\].]+)` \| (.+?) \| (.+?) \| (?:`(.+?)` )?\| .*\|$", flags=re.MULTILINE)
# name -> (type, required, example): `messages[].at` is the name `at` in the list `messages`.
ROWS = {
    name: (kind, required, example) for name, kind, required, example in ROW.findall(section("Loading contact records"))
}
WORDS = {name: re.findall(r"`([^`]+)`", kind) for name, (kind, _required, _example) in ROWS.items() if kind[0] == "`"}
LIMITS = {name: int(found[1]) for name, (kind, *_) in ROWS.items() if (found := re.search(r"≤ (\d+)$", kind))}


def of_kind(word):
    return [name for name, (kind, *_) in ROWS.items() if kind.startswith(word)]


def example():
    """A record of all examples together."""
    record = {}
    for name, (kind, _required, text) in ROWS.items():
        above, _, last = name.rpartition("[].")
        if kind.startswith("list of objects"):
            record[name] = [{}]
        else:
            (record[above][0] if above else record)[last] = json.loads(text)
    return record


def changed(name, value):
    """The example with another value at a field; `...` takes the field away."""
    record = example()
    above, _, last = name.rpartition("[].")
    part = record[above][0] if above else record
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return record


def reason(record):
    try:
        native.check(record, now=timezone.now())
    except Rejected as error:
        return str(error)
    return ""


def names_read(function):
    """What a function of the adapter asks its record for."""
    tree = ast.parse(inspect.getsource(function))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    texts = {argument.value for call in calls for argument in call.args[:2] if isinstance(argument, ast.Constant)}
    return {text for text in texts if " " not in text}


def test_the_names_are_those_that_are_read():
    parts = {
        "messages": names_read(native._message),
        "transfers": names_read(native._transfer),
        "phases": names_read(native._phase),
        "recordings": names_read(native._recording),
    }

    told = {name for name in ROWS if "[]" not in name}

    assert told == set(Contact._fields)
    for above, names in parts.items():
        assert {name.partition("[].")[2] for name in ROWS if name.startswith(f"{above}[]")} == names


def test_the_examples_are_a_record():
    contact = native.check(example(), now=timezone.now())

    assert contact.duration_seconds == 247
    assert (len(contact.messages), len(contact.transfers), len(contact.recordings)) == (1, 1, 1)
    # Every row says something: no example is what a missing field would give.
    assert all(value not in (None, "", ()) for value in contact)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_required_is_told(name):
    required = ROWS[name][1]

    found = reason(changed(name, ...))

    if required == "yes":
        assert found.endswith(f"{name.rpartition('.')[2]} is missing")
    elif required == "no":
        assert found == ""
    else:
        assert name in ("channel", "recordings[].name")


@pytest.mark.parametrize("name", WORDS)
def test_the_words_of_a_field_are_told(name):
    found = reason(changed(name, "no such word"))

    assert found.endswith(f"{name.rpartition('.')[2]} is none of {', '.join(WORDS[name])}")


@pytest.mark.parametrize("name", sorted(LIMITS.keys() & {*of_kind("text")} - {"recordings[].url"}))
def test_the_length_of_a_text_is_told(name):
    most = LIMITS[name]

    assert reason(changed(name, "x" * most)) == ""
    assert reason(changed(name, "x" * (most + 1))).endswith(f"is longer than {most} characters")


@pytest.mark.parametrize("name", of_kind("list of objects"))
def test_the_length_of_a_list_of_objects_is_told(name):
    most, part = LIMITS[name], example()[name][0]

    assert reason(changed(name, [part] * most)) == ""
    assert reason(changed(name, [part] * (most + 1))) == f"{name} has more than {most} entries"


@pytest.mark.parametrize("name", of_kind("list of names"))
def test_the_length_of_a_list_is_told(name):
    most = LIMITS[name]

    assert reason(changed(name, ["x"] * most)) == ""
    assert reason(changed(name, ["x"] * (most + 1))) == f"{name} is not a list of at most {most} names"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("time", "soon", "is not a time"),
        ("number", "5", "is not a number of seconds"),
        ("text", 5, "is not"),
        ("list of names", "x", "is not a list"),
        ("list of objects", "x", "is not a list of objects"),
    ],
)
def test_the_type_of_a_field_is_told(kind, value, said):
    names = [name for name in of_kind(kind) if name != "recordings[].url"]

    found = {name: reason(changed(name, value)) for name in names}

    assert names
    assert [name for name, why in found.items() if said not in why] == []
