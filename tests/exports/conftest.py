"""What do the tests of exports share: records as they may be in the table, the file of a task, and real 7-Zip."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from aicc.tenants.models import Account
from contacts.data_items import DATA_ITEMS
from contacts.models import ContactRecord
from exports import archives, content
from exports.models import ExportTask

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
PASSWORD = "Opens 1 archive, or 2"


@pytest.fixture
def write():
    """Records straight into the table: (minutes before NOW, fields), numbered from `first`."""

    def write(tenant, rows, first=1):
        ContactRecord.objects.bulk_create(
            ContactRecord(
                **{
                    "tenant": tenant,
                    "id": id,
                    "source": "tests",
                    "updated_at": NOW,
                    "call_sn": str(10**18 + id),
                    "started_at": NOW - timedelta(minutes=minutes),
                    "media_type": "voice",
                    "call_type": "incoming",
                    **fields,
                }
            )
            for id, (minutes, fields) in enumerate(rows, first)
        )

    return write


@pytest.fixture
def seven_zip(tmp_path):
    """Unpacks an archive with real 7-Zip: the members by name, or None when it refuses."""
    program = shutil.which("7z") or shutil.which("7zz")
    if program is None:
        pytest.skip("7-Zip is not installed")

    def unpack(archive, password):
        folder = tmp_path / "unpacked"
        shutil.rmtree(folder, ignore_errors=True)
        command = [program, "x", "-y", f"-o{folder}", f"-p{password}", str(archive)]
        if subprocess.run(command, capture_output=True).returncode:
            return None
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    return unpack


@pytest.fixture
def pack(tmp_path):
    """The members of what a worker packs for an account."""

    def pack(account, criteria="period=1d", *, progress=lambda written, matched: None, **fields):
        account = Account.objects.across_tenants().select_related("tenant").get(pk=account.pk)
        items = [item.key for item in DATA_ITEMS]
        task = ExportTask(
            **{"tenant": account.tenant, "requested_by": account, "criteria": criteria, "items": items}
            | {"format": "csv", "requested_at": NOW, **fields}
        )
        target = tmp_path / "export.zip"
        target.unlink(missing_ok=True)
        keys = archives.key_material(PASSWORD, keys=content.MEMBERS)
        return content.pack(task, target, keys=keys, progress=progress), target

    return pack
