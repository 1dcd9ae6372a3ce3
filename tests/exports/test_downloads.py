"""Can whoever may download a recording ask for it, wait for it and fetch it, and nobody else?"""

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from aicc.tenants.models import Account, Operation
from contacts.models import ContactRecord, MediaFile
from exports.choices import Kind
from exports.models import ExportTask
from tests import builders, media
from tests.builders import export_task
from tests.pages import read

PASSWORD = "Harbour-Lights-42"
HTMX = {"HX-Request": "true"}
CLOUDVC = "MCU(CloudVC)"


@pytest.fixture
def record(acme, tmp_path, agent) -> ContactRecord:
    return recorded(acme, tmp_path, {"a.wav": media.wav(1)})


def recorded(tenant, folder, files, **fields) -> ContactRecord:
    """A contact of the agent's with these recordings, which are kept."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    recordings = [{"name": name, "kind": "screen" if "screen" in name else "recording"} for name in files]
    contact = builders.contact(**{"account": "agent", "recordings": recordings, **fields})
    return builders.load(tenant, contact, media=folder)[0]


def dialog(record) -> str:
    return reverse("exports:download", args=[record.id])


def completed(account, record, **fields) -> ExportTask:
    """A package that waits to be fetched."""
    made = {"kind": Kind.RECORDING, "format": "", "criteria": f"record={record.id}&call_sn={record.call_sn}"}
    return export_task(account, **{**made, "items": [f"{record.call_sn}-1-voice.wav"], "name": "账单.zip", **fields})


# --- Asking for it ---------------------------------------------------------------------------------------------------


def test_the_dialog_names_the_call_the_files_and_what_to_mind(acme, agent, record, signed_in):
    parameters.EXPORT_PASSWORD.set(acme, False)

    page = read(signed_in(agent).get(dialog(record))).text

    assert f"Download Call S/N {record.call_sn}" in page
    assert f"{record.call_sn}-1-voice.wav Voice, WAV, 7.9 KB" in page
    assert "Compression password" in page
    assert "The downloaded file contains personal data. Exercise caution when processing the exported file" in page
    assert "The encoding format of downloaded recording files is G711.A-law. Use a proper player" in page
    assert "Windows Media Player" not in page


def test_a_video_is_not_for_windows_media_player(acme, agent, tmp_path, signed_in):
    record = recorded(acme, tmp_path, {"a.mp4": media.mp4()}, media_type="video")

    page = read(signed_in(agent).get(dialog(record))).text

    assert "You are advised to use video software other than Windows Media Player to play downloaded videos." in page
    assert "G711" not in page


def test_a_conversation_has_no_emails_and_no_links_and_says_so(acme, signed_in, agent):
    chat = {"media_type": "multimedia", "channel": "web", "account": "agent", "messages": [{"text": "Hello"}]}
    (record,) = builders.load(acme, builders.contact(**chat))

    page = read(signed_in(agent).get(dialog(record))).text

    assert "The email content in the downloaded multimedia call content file cannot be viewed" in page
    assert "G711" not in page


def test_a_request_is_kept_logged_and_waited_for_where_it_was_made(acme, agent, record, signed_in):
    client = signed_in(agent)

    page = read(client.post(dialog(record), {"password": PASSWORD}, headers=HTMX))

    task = ExportTask.objects.for_tenant(acme).get()
    assert (task.kind, task.status, task.is_encrypted) == (Kind.RECORDING, "waiting", True)
    assert (task.criteria, task.items) == (
        f"record={record.id}&call_sn={record.call_sn}",
        [f"{record.call_sn}-1-voice.wav"],
    )
    assert task.name.endswith("_agent_Billing.zip")
    assert "Preparing" in page.text
    assert page.one("div", hx_trigger="every 1s")["hx-get"].startswith(reverse("exports:prepared", args=[task.pk]))
    assert Operation.objects.for_tenant(acme).get(action="download").target == f"Call S/N {record.call_sn}"


def test_without_scripts_the_tasks_page_is_next(agent, record, signed_in):
    page = read(signed_in(agent).post(dialog(record), {"password": PASSWORD}, follow=True)).text

    assert "Download requested. It appears below." in page
    assert f"Call S/N {record.call_sn} Recording, " in page


@pytest.mark.parametrize("password", ["", "short", "all-small-letters", "x" * 201])
def test_the_password_has_the_rules_of_exports(acme, agent, record, signed_in, password):
    response = signed_in(agent).post(dialog(record), {"password": password}, headers=HTMX)

    assert response.status_code == 422
    assert response.context["form"].errors["password"]
    assert not ExportTask.objects.for_tenant(acme).exists()


REFUSALS = {
    "no recording": "There is no recording of this contact.",
    "gone": "The recording is not in the storage any more. Tell whoever runs this site.",
    "CloudVC": "With the mode MCU(CloudVC), a video can be downloaded only while signed in as an agent.",
    "too large": "The content has 1.1 MB. Content of more than 1 MB cannot be downloaded.",
}


def refusing(why, tenant, folder) -> ContactRecord:
    if why == "no recording":
        return recorded(tenant, folder, {})
    if why == "too large":
        parameters.MULTIMEDIA_LIMIT.set(tenant, 1)
        said = [{"at": timezone.now().isoformat(), "text": "x" * 550_000}] * 2
        return recorded(tenant, folder, {}, media_type="multimedia", channel="web", messages=said)
    record = recorded(tenant, folder, {"a.ts": media.ts()}, media_type="video")
    (file,) = MediaFile.objects.for_tenant(tenant)
    if why == "gone":
        default_storage.delete(file.storage_key)
    else:
        MediaFile.objects.for_tenant(tenant).update(mode=CLOUDVC)
    return record


@pytest.mark.parametrize("why", REFUSALS)
def test_what_cannot_be_downloaded_says_why_and_takes_no_password(why, acme, agent, tmp_path, signed_in):
    record = refusing(why, acme, tmp_path)
    client = signed_in(agent)

    asked = client.get(dialog(record))
    sent = client.post(dialog(record), {"password": PASSWORD}, headers=HTMX)

    for response in (asked, sent):
        assert REFUSALS[why] in read(response).text
        assert "Compression password" not in response.content.decode()
    assert sent.status_code == 422
    assert not ExportTask.objects.for_tenant(acme).exists()


def test_whoever_is_signed_in_as_agent_may_download_a_video_of_cloudvc(acme, agent, tmp_path, signed_in):
    record = refusing("CloudVC", acme, tmp_path)
    client = signed_in(agent)
    task = completed(agent, record, items=[f"{record.call_sn}-1-video.ts"])
    file = reverse("exports:file", args=[task.pk])

    withheld = client.get(file)
    client.post(reverse("agent_state"), {"state": "in"})
    asked, fetched = client.get(dialog(record)), client.get(file)
    client.post(reverse("agent_state"), {"state": "out"})
    again = client.get(file)

    assert "Compression password" in asked.content.decode()
    assert (withheld.status_code, fetched.status_code, again.status_code) == (403, 200, 403)
    assert REFUSALS["CloudVC"] in read(again).text


def test_without_the_permission_there_is_no_dialog(acme, agent, record, signed_in):
    agent.roles.clear()
    client = signed_in(agent)

    assert client.get(dialog(record)).status_code == 403
    assert client.post(dialog(record), {"password": PASSWORD}).status_code == 403
    assert not ExportTask.objects.for_tenant(acme).exists()


# --- Waiting for it and fetching it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said", "is_asked_again"),
    [
        ({"status": "waiting", "attempt": 0, "started_at": None, "file": ""}, "Preparing…", True),
        ({"status": "running", "written": 31, "matched": 50}, "Preparing… 62%", True),
        ({}, "The download has started.", False),
        ({"status": "failed", "failure": "No room.", "file": ""}, "No room.", False),
        ({"status": "cancelled", "file": ""}, "No file was made", False),
    ],
)
def test_the_dialog_says_where_its_package_stands(agent, record, signed_in, fields, said, is_asked_again):
    is_active = fields.get("status") in ("waiting", "running")
    if is_active:
        fields = {**fields, "is_encrypted": False, "finished_at": None}
    task = completed(agent, record, **fields)

    page = read(signed_in(agent).get(f"{reverse('exports:prepared', args=[task.pk])}?said=x", headers=HTMX))

    assert said in page.text
    assert bool(page.all("div", hx_trigger="every 1s")) is is_asked_again
    assert len(page.all("a", href=reverse("exports:file", args=[task.pk]))) == (not fields)


def test_fetching_is_logged_by_the_call_and_keeps_the_name(acme, agent, record, signed_in):
    task = completed(agent, record)

    response = signed_in(agent).get(reverse("exports:file", args=[task.pk]))

    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E8%B4%A6%E5%8D%95.zip"
    assert Operation.objects.for_tenant(acme).get(action="fetch").target == f"Call S/N {record.call_sn}"


def out_of_reach(acme, agent, record):
    ContactRecord.objects.for_tenant(acme).filter(id=record.id).update(account=None)
    Account.objects.for_tenant(acme).filter(pk=agent.pk).update(unit=None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda acme, agent, record: None, 200),
        (lambda acme, agent, record: agent.roles.clear(), 403),
        (out_of_reach, 404),
        (lambda acme, agent, record: MediaFile.objects.for_tenant(acme).delete(), 403),
    ],
    ids=["nothing", "the permission", "the reach", "the recording"],
)
def test_what_may_be_had_is_asked_again_when_it_is_fetched(acme, agent, record, signed_in, change, status):
    task = completed(agent, record)
    client = signed_in(agent)
    change(acme, agent, record)

    response = client.get(reverse("exports:file", args=[task.pk]))

    assert response.status_code == status
    assert Operation.objects.for_tenant(acme).filter(action="fetch").exists() is (status == 200)


@pytest.mark.parametrize("criteria", ["", "record=", "record=x", "record=٣", f"record={10**30}", "period=1d", "~k.1.x"])
def test_a_task_about_no_record_is_nobodys(agent, record, signed_in, criteria):
    task = completed(agent, record, criteria=criteria)

    assert signed_in(agent).get(reverse("exports:file", args=[task.pk])).status_code == 404
    assert signed_in(agent).get(reverse("exports:list")).status_code == 200
