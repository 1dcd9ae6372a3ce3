"""Is a record never left with a recording that is not there: after kills, and with two loads at once?"""

import hashlib
import json
import random
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from contacts import ingest
from contacts.ingest import media as media_intake
from contacts.models import ContactRecord, MediaFile
from tests import media
from tests.builders import contact
from tests.processes import manage

COUNT = 250


def stored(tenant):
    root = Path(default_storage.path(f"recordings/{tenant.pk}"))
    return {str(file.relative_to(default_storage.location)) for file in root.rglob("*.wav")}


def rows(tenant):
    return list(MediaFile.objects.for_tenant(tenant).order_by("record_id", "position"))


def intact(row):
    with row.open() as file:
        return hashlib.sha256(file.read()).hexdigest() == row.sha256


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_loads_that_were_killed_leave_no_row_without_its_file_and_a_whole_one_completes_them(acme, tmp_path):
    folder, file, rng = tmp_path / "media", tmp_path / "contacts.ndjson", random.Random("kills")
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number}.wav").write_bytes(media.wav(10 + number % 7, seed=number))
    # An older version with other recordings is there already: files are replaced as well as added.
    for version, names, moments in ((1, range(COUNT), [0.5]), (2, reversed(range(COUNT)), [0.2, 0.8])):
        updated_at = timezone.now() + timedelta(hours=version)
        records = [
            contact(id=f"r{at}", updated_at=updated_at, recordings=[{"name": f"{name}.wav"}])
            for at, name in enumerate(names)
        ]
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        before = stored(acme)
        for part in moments:
            enough = part * rng.uniform(0.5, 1) * COUNT
            rejects = tmp_path / "rejects.ndjson"
            process = manage("load_contacts", "--tenant", "acme", file, "--media", folder, "--rejects", rejects)
            while len(stored(acme) - before) < enough:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert all(intact(row) for row in rows(acme))
        call_command("load_contacts", file, tenant="acme", media=folder, rejects=tmp_path / "rejects.ndjson")

    media_intake.sweep(stored_before=timezone.now() + timedelta(days=1))

    assert not (tmp_path / "rejects.ndjson").exists()
    assert ContactRecord.objects.for_tenant(acme).count() == len(rows(acme)) == COUNT
    assert all(intact(row) and row.version == updated_at for row in rows(acme))
    assert stored(acme) == {row.storage_key for row in rows(acme)}
    assert {row.name for row in rows(acme)} == {f"{number}.wav" for number in range(COUNT)}


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_keep_every_recording_once(acme, tmp_path):
    for number in range(250):
        (tmp_path / f"{number}.wav").write_bytes(media.wav(1, seed=number))
    records = [contact(recordings=[{"name": f"{number}.wav"}]) for number in range(250)]
    reports, failures, together = [], [], threading.Barrier(2)

    def load():
        try:
            together.wait(30)
            reads = ingest.read_records(records, where="tests", now=timezone.now())
            reports.append(ingest.load(acme, reads, source="tests", media=tmp_path, on_reject=failures.append))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert sum(report.inserted for report in reports) == len(rows(acme)) == 250
    assert stored(acme) == {row.storage_key for row in rows(acme)}
    assert all(intact(row) for row in rows(acme))
