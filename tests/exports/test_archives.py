"""Does an archive open with its password and with nothing else, while whoever writes it never knows the password?"""

import tracemalloc
import uuid
import zipfile

import pytest
import pyzipper

from exports.archives import KEY_BYTES, KeysLost, key_material, open_keys, seal_keys, sealed
from tests.exports.conftest import PASSWORD

MEMBERS = {
    "contact-records.csv": [b"Call S/N\r\n"] * 50_000,
    "empty.txt": [],
    "Übersicht 摘要.txt": ["+46 70 – Ǻ".encode()],
}


def made(target, keys, members=MEMBERS):
    with sealed(target, keys=keys) as archive:
        for name, chunks in members.items():
            archive.add(name, iter(chunks))
    return target


def test_7zip_opens_it_with_the_password(tmp_path, seven_zip):
    archive = made(tmp_path / "a.zip", key_material(PASSWORD, keys=3))

    assert seven_zip(archive, PASSWORD) == {name: b"".join(chunks) for name, chunks in MEMBERS.items()}


@pytest.mark.parametrize("wrong", ["", "wrong", PASSWORD + " ", PASSWORD.lower()])
def test_7zip_refuses_another_password(tmp_path, seven_zip, wrong):
    archive = made(tmp_path / "a.zip", key_material(PASSWORD, keys=3))

    assert seven_zip(archive, wrong) is None


def test_7zip_notices_a_byte_that_was_changed(tmp_path, seven_zip):
    archive = made(tmp_path / "a.zip", key_material(PASSWORD, keys=3))
    content = bytearray(archive.read_bytes())
    content[200] ^= 1
    archive.write_bytes(content)

    assert seven_zip(archive, PASSWORD) is None


def test_it_is_ae_2_with_256_bits_which_keeps_no_checksum_of_the_text(tmp_path):
    archive = made(tmp_path / "a.zip", key_material(PASSWORD, keys=3))

    with pyzipper.AESZipFile(archive) as file:
        for member in file.infolist():
            assert (member.wz_aes_version, member.wz_aes_strength, member.CRC) == (2, 3, 0)
            assert member.date_time[0] > 1980
    assert b"Call S/N" not in archive.read_bytes()
    assert archive.stat().st_mode & 0o777 == 0o600


def test_what_is_compressed_already_is_stored(tmp_path, seven_zip):
    target = tmp_path / "a.zip"
    with sealed(target, keys=key_material(PASSWORD, keys=1)) as archive:
        archive.add("film.mp4", [b"abc" * 1000], deflate=False)

    assert target.stat().st_size > 3000
    assert seven_zip(target, PASSWORD) == {"film.mp4": b"abc" * 1000}


def test_without_keys_it_is_a_plain_zip(tmp_path):
    archive = made(tmp_path / "a.zip", None)

    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist()} == {n: b"".join(c) for n, c in MEMBERS.items()}


# --- Keys --------------------------------------------------------------------------------------------------


def test_no_key_is_used_for_two_members(tmp_path):
    key, other = key_material(PASSWORD, keys=2)
    assert key != other
    assert {len(key), len(other)} == {KEY_BYTES}

    with pytest.raises(ValueError, match="the same key twice"):
        made(tmp_path / "twice.zip", [key, other, key])
    with pytest.raises(IndexError, match="a key for each"):
        made(tmp_path / "more.zip", [key, other])
    # No keys is not the same as no encryption.
    with pytest.raises(IndexError, match="a key for each"):
        made(tmp_path / "none.zip", [])

    assert list(tmp_path.iterdir()) == []


def test_sealed_keys_are_opened_for_their_task_only(settings):
    keys, task = key_material(PASSWORD, keys=6), uuid.uuid4()
    at_rest = seal_keys(keys, task)

    assert open_keys(at_rest, task) == open_keys(memoryview(at_rest), task) == keys
    assert seal_keys(keys, task) != at_rest
    assert not any(key[:16] in at_rest or key[16:48] in at_rest for key in keys)
    for lost in [at_rest[:-1], b"", b"short", at_rest[:20] + bytes([at_rest[20] ^ 1]) + at_rest[21:]]:
        with pytest.raises(KeysLost):
            open_keys(lost, task)
    with pytest.raises(KeysLost):
        open_keys(at_rest, uuid.uuid4())
    settings.SECRET_KEY = "another secret"
    with pytest.raises(KeysLost):
        open_keys(at_rest, task)


# --- Writing -----------------------------------------------------------------------------------------------


def test_an_archive_that_fails_half_way_is_no_file(tmp_path):
    def chunks():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "a.zip", key_material(PASSWORD, keys=1), {"a": chunks()})

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    target = tmp_path / "a.zip"
    target.write_text("somebody's")

    with pytest.raises(FileExistsError):
        made(target, None)

    assert target.read_text() == "somebody's"


def test_a_member_of_any_size_takes_the_same_memory(tmp_path):
    peaks = []
    chunk = bytes(range(256)) * 256
    for count in (10, 500):
        tracemalloc.start()
        made(tmp_path / f"{count}.zip", key_material(PASSWORD, keys=1), {"a": (chunk for _ in range(count))})
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.5 * peaks[0] < 5_000_000
