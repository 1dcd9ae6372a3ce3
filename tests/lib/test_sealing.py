"""Does a sealed text open to what it was and to nobody without its key, and is the key file kept from others?"""

import os
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicc.lib import sealing
from aicc.lib.sealing import CannotOpen, KeyFile, KeyFileError, KeyFileMissing, KeyRing, escaped, key_of, unescaped

SECRET = bytes(range(64))
RING = KeyRing([SECRET, bytes(64)], sealing.fingerprint(SECRET))
SEALED = RING.seal("+4670123", "number", 7)


@pytest.fixture
def file(tmp_path):
    file = KeyFile(tmp_path / "keys")
    file.create()
    return file


# --- Texts ------------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.sampled_from(list(RING)))
@example(SEALED, RING.current)
@example("\N{OLD PERSIAN SIGN A}" * 200, RING.current)
def test_a_sealed_text_opens_to_what_it_was(text, key):
    stored = RING.seal(text, "name", 12, key=key)

    assert RING.open(stored, "name") == text
    assert stored == RING.seal(text, "name", 12, key=key)
    assert key_of(stored) == key
    assert re.search(sealing.SEALED, stored)


def test_what_is_sealed_for_another_is_another_text():
    other = next(key for key in RING if key != RING.current)
    forms = {
        SEALED,
        RING.seal("+4670123", "name", 7),
        RING.seal("+4670123", "number", 8),
        RING.seal("+4670123", "number", 7, key=other),
        RING.seal("+4670124", "number", 7),
    }

    assert len({form.split(".")[2] for form in forms}) == 5


def test_a_text_that_somebody_changed_does_not_open():
    key, owner, body = SEALED[1:].split(".")
    other = next(key for key in RING if key != RING.current)
    changed = [
        f"~{key}.{owner}.{body[:place]}{'B' if body[place] == 'A' else 'A'}{body[place + 1 :]}" for place in range(30)
    ]

    for stored in [*changed, f"~{key}.8.{body}", f"~{other}.{owner}.{body}", f"~00000000.{owner}.{body}", f"{SEALED}A"]:
        with pytest.raises(CannotOpen):
            RING.open(stored, "number")
    with pytest.raises(CannotOpen):
        RING.open(SEALED, "name")


@given(st.one_of(st.text(), st.from_regex(sealing.LOOKS_SEALED.replace("$", r"\Z"))))
@example(SEALED)
@example(f"~~~{SEALED}")
@example(f"{SEALED}\n")
@example("~")
def test_plain_text_is_never_taken_for_a_sealed_one(text):
    stored = escaped(text)

    assert key_of(stored) == ""
    assert unescaped(stored) == text
    assert stored == text or re.match(sealing.LOOKS_SEALED, text)


# --- The key file -----------------------------------------------------------------------------------------


def test_a_key_file_is_its_owners_alone_and_is_never_made_twice(file):
    ring = file.ring()

    assert file.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="stays as it is"):
        file.create()
    assert list(file.ring()) == list(ring) == [ring.current]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_file_that_others_can_read_or_write_is_refused(file, mode):
    stored = file.ring().seal("+1", "number", 1)
    file.path.chmod(mode)

    with pytest.raises(KeyFileError, match="open to others"):
        file.ring()
    with pytest.raises(CannotOpen):
        KeyFile(file.path).open(stored, "number")


def test_a_missing_key_file_is_told_from_one_that_cannot_be_used(tmp_path):
    (tmp_path / "folder").mkdir(mode=0o700)

    with pytest.raises(KeyFileMissing, match="personal_data_keys create"):
        KeyFile(tmp_path / "none").ring()
    with pytest.raises(KeyFileError, match="is no file"):
        KeyFile(tmp_path / "folder").ring()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: "", "one current key"),
        (lambda text: text.replace(" current", ""), "one current key"),
        (lambda text: text + text, "one current key"),
        (lambda text: text.replace(" current", " mine"), "Line 3 of the key file is damaged"),
        (lambda text: re.sub(r"^(\w{8} ..)", r"\1AAAA", text, flags=re.MULTILINE), "Line 3 of the key file is damaged"),
        (lambda text: text + "0123456789", "Line 4 of the key file is no key"),
        (lambda text: text + "01234567 *", "Line 4 of the key file is no key"),
        (lambda text: text + "\udcff", "is damaged"),
    ],
)
def test_a_damaged_key_file_says_where_and_no_key(file, damage, said):
    before = file.path.read_text()
    secret = before.split()[-2]
    file.path.write_text(damage(before), errors="surrogateescape")

    with pytest.raises(KeyFileError, match=said) as error:
        file.ring()

    assert secret not in str(error.value)


def test_a_change_of_the_keys_counts_at_once_in_every_process(file):
    reader = KeyFile(file.path)
    first = reader.ring().current

    added = file.change(KeyRing.with_new)
    second = next(key for key in added if key != first)
    file.change(lambda ring: ring.using(second))
    stored = file.ring().seal("+1", "number", 1)

    assert reader.open(stored, "number") == "+1"
    assert (reader.ring().current, list(reader.ring())) == (second, [first, second])
    assert list(file.change(lambda ring: ring.without(first))) == [second]
    assert os.listdir(file.path.parent) == [file.path.name]
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_change_that_fails_leaves_the_keys_as_they_are(file):
    before = file.path.read_text()

    with pytest.raises(KeyFileError, match="No key is the current one"):
        file.change(lambda ring: ring.without(ring.current))

    assert file.path.read_text() == before
    assert os.listdir(file.path.parent) == [file.path.name]
