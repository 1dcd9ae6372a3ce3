"""Is a process that cannot work taken out of service, and is it said why?

Anybody may ask whether it is ready: what only the operator should know is in the log.
"""

import pytest

from aicc.lib.sealing import KeyFile
from aicc.tenants import parameters


@pytest.fixture
def ready(client, db, settings, tmp_path, caplog):
    """Ask with a key file of the test's own: the status, what is said, and the log."""
    settings.KEY_FILE = tmp_path / "personal-data.keys"

    def ready():
        response = client.get("/readyz")
        return response.status_code, response.json(), caplog.text

    return ready


def test_without_encryption_there_need_not_be_a_key_file(ready):
    status, said, _log = ready()

    assert said["key_file"]
    assert "reason" not in said
    assert status == (200 if all(said.values()) else 503)


def test_a_key_file_that_cannot_be_used_is_said_and_its_place_is_not(ready, settings):
    KeyFile(settings.KEY_FILE).create()
    assert ready()[1]["key_file"]

    settings.KEY_FILE.chmod(0o644)
    status, said, log = ready()
    assert (status, said["key_file"]) == (503, False)
    assert "key file" in said["reason"]
    assert str(settings.KEY_FILE) not in said["reason"]
    assert f"The key file {settings.KEY_FILE} is open to others" in log

    settings.KEY_FILE.chmod(0o600)
    settings.KEY_FILE.write_text("nonsense")
    assert not ready()[1]["key_file"]


def test_with_encryption_a_missing_key_file_is_not_ready(ready, settings):
    KeyFile(settings.KEY_FILE).create()
    parameters.ENCRYPTION.set(None, True)
    assert ready()[1]["key_file"]

    settings.KEY_FILE.unlink()

    status, said, log = ready()
    assert (status, said["key_file"]) == (503, False)
    assert "There is no key file" in log
