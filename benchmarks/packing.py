"""How fast is a recording of 100 MB packed, and in how much memory? Beside 7-Zip, which deflates and encrypts it.

Packed is what a worker packs: from the storage, checked, encrypted. Each package is made in a process of its own,
which tells its peak of memory.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEGABYTES = int(os.environ.get("PACK_MB", "100"))
PASSWORD = "a Password for 7-Zip"
REPEATS = 5
SEVEN_ZIP = ["7z", "a", "-tzip", "-mx=1", "-mem=AES256", f"-p{PASSWORD}"]


def run(rows: int) -> None:
    print(f"A recording of {MEGABYTES} MB, speech in A-law, from the storage to the encrypted package")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = folder / "sound.wav"
        _speech(sound, MEGABYTES * 1024**2)
        task, stored = _recorded(folder, sound)
        try:
            # By turns, so that what else the machine does is shared.
            runs = [(*_in_child(task, folder), _seven_zip(sound, folder)) for _ in range(REPEATS)]
        finally:
            _forget(stored)
        size, theirs = ((folder / name).stat().st_size / 1024**2 for name in ("package.zip", "theirs.zip"))
    packed, memory, seven_zip = (min(column) for column in zip(*runs, strict=True))
    print(f"{'':30}{'seconds':>9}{'MB':>6}")
    print(f"{'packed':30}{packed:9.2f}{size:6.0f}   {packed / seven_zip:.2f} times 7z; {memory:.0f} MB of memory")
    print(f"{'7z -mx=1 -mem=AES256':30}{seven_zip:9.2f}{theirs:6.0f}")


def _speech(path: Path, size: int) -> None:
    """A WAV file of the demo's lines, over and over."""
    from aicc.lib import riff
    from contacts.demo.recordings import MEDIA

    lines = []
    for line in sorted(MEDIA.glob("*.wav")):
        with line.open("rb") as file:
            wave = riff.read(file)
            file.seek(wave.data_offset)
            lines.append(file.read(wave.data_size))
    spoken = b"".join(lines)
    size -= size % len(spoken)
    head = b"".join(
        [b"RIFF", (size + 36).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little")]
        + [bytes.fromhex("0600 0100 401f0000 401f0000 0100 0800"), b"data", size.to_bytes(4, "little")]
    )
    with path.open("wb") as file:
        file.write(head)
        # A process starts with the peak of the one that starts it.
        for _ in range(size // len(spoken)):
            file.write(spoken)


def _recorded(folder: Path, sound: Path) -> tuple[Path, int]:
    """A task about a contact with this recording, and the record's id: what is added to the benchmarks' tenant."""
    from django.utils import timezone

    from aicc.tenants.models import Tenant
    from benchmarks.data import BIG
    from contacts import ingest
    from contacts.ingest.loader import record_id
    from contacts.models import ContactRecord
    from exports import recordings

    tenant = Tenant.objects.get(slug=BIG)
    now = timezone.now()
    call = {"id": "packing", "started_at": now.isoformat(), "media_type": "voice", "call_type": "incoming"}
    call["recordings"] = [{"name": sound.name}]
    reads = ingest.read_records([call], where="benchmarks", now=now)
    ingest.load(tenant, reads, source="packing", media=folder)
    record = ContactRecord.objects.for_tenant(tenant).get(id=record_id(tenant, "packing", "packing"))
    task = folder / "task.json"
    task.write_text(
        json.dumps({"criteria": recordings.criteria_of(record), "items": [f"{record.call_sn}-1-voice.wav"]})
    )
    return task, record.id


def _forget(record: int) -> None:
    from django.core.files.storage import default_storage

    from aicc.tenants.models import Tenant
    from benchmarks.data import BIG
    from contacts.models import ContactRecord, MediaFile

    tenant = Tenant.objects.get(slug=BIG)
    for file in MediaFile.objects.for_tenant(tenant).filter(record_id=record):
        default_storage.delete(file.storage_key)
    ContactRecord.objects.for_tenant(tenant).filter(id=record).delete()


def _in_child(task: Path, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of packing."""
    command = [sys.executable, "-m", "benchmarks.packing", str(task), str(folder / "package.zip")]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return told["seconds"], told["megabytes"]


def _pack(described: Path, target: Path) -> None:
    """What a worker does, in this process."""
    import django

    django.setup()
    from aicc.tenants.models import Account
    from benchmarks.data import BIG
    from exports import archives, recordings
    from exports.models import ExportTask

    admin = Account.objects.across_tenants().select_related("tenant").get(username=f"{BIG}-admin")
    task = ExportTask(tenant=admin.tenant, requested_by=admin, **json.loads(described.read_text()))
    keys = archives.key_material(PASSWORD, keys=1)
    target.unlink(missing_ok=True)
    begun = time.perf_counter()
    recordings.pack(task, target, keys=keys, progress=lambda written, matched: None)
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _seven_zip(sound: Path, folder: Path) -> float:
    program = shutil.which("7z")
    if program is None:
        raise SystemExit("7-Zip is needed beside which to measure: install p7zip-full.")
    archive = folder / "theirs.zip"
    archive.unlink(missing_ok=True)
    begun = time.perf_counter()
    subprocess.run([program, *SEVEN_ZIP[1:], archive, sound], check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    _pack(Path(sys.argv[1]), Path(sys.argv[2]))
