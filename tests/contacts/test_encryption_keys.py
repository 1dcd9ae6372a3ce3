"""Is a key kept as long as a row needs it, and is no row given a form that is not in force?

What is sealed, and how it is found, is tried in test_encryption.py.
"""

import pytest
from django.core.management import CommandError

from aicc.lib.sealing import KeyFile
from tests import builders
from tests.contacts.test_encryption import convert, encrypt, run


@pytest.fixture
def calls(acme, settings, tmp_path):
    """Twenty calls, each with a transfer, and a key file of the test's own."""
    settings.KEY_FILE = tmp_path / "personal-data.keys"
    KeyFile(settings.KEY_FILE).create()
    transfers = [{"kind": "queue", "to": "Desk"}]
    return builders.load(acme, *(builders.contact(customer_name="Ada", transfers=transfers) for _ in range(20)))


def listed():
    return run("personal_data_keys", "list").split()


def test_a_key_is_retired_only_when_no_row_needs_it(calls):
    encrypt(True)
    convert()
    old, new = listed()[0], run("personal_data_keys", "add").split()[-1]
    assert listed() == [old, "current", new]

    with pytest.raises(CommandError, match="That key encrypts"):
        run("personal_data_keys", "retire", old)
    run("personal_data_keys", "use", new)
    with pytest.raises(CommandError, match="Rows are encrypted with that key"):
        run("personal_data_keys", "retire", old)
    assert f"by key {new}" in convert(status=True)
    assert "contact record: 20 rows left" in convert(status=True)
    assert "40 rows converted" in convert()
    assert "0 rows converted" in convert()
    run("personal_data_keys", "retire", old)

    assert listed() == [new, "current"]
    for words in (["retire", old], ["use", "nonsense"], ["use"], ["create"], ["list", new]):
        with pytest.raises(CommandError):
            run("personal_data_keys", *words)


def test_the_order_of_switching_and_converting_is_kept(calls):
    with pytest.raises(CommandError, match="to Yes first"):
        convert()
    encrypt(True)
    with pytest.raises(CommandError, match="to No first"):
        convert(decrypt=True)
