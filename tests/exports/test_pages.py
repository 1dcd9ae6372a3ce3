"""Can whoever may export ask for one, see how far it is, and fetch it, and nobody else?"""

import json
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aicc.lib import timelimit
from aicc.lib.sealing import KeyFile
from aicc.tenants import parameters
from aicc.tenants.models import Account, Operation, Role
from exports.models import ExportTask, storage
from tests import builders
from tests.builders import export_task
from tests.pages import read

NEW = reverse("exports:new")
LIST = reverse("exports:list")
PASSWORD = "Harbour-Lights-42"


def asked(**values) -> dict:
    return {
        "data_scope": "organization",
        "format": "xlsx",
        "items": ["call_sn", "started_at"],
        "password": PASSWORD,
        **values,
    }


@pytest.fixture
def exporter(agent: Account, acme) -> Account:
    """The agent, with the permission to export."""
    agent.roles.add(Role.objects.for_tenant(acme).get(name="Team leader"))
    return agent


# --- Asking for one --------------------------------------------------------------------------------------------


def test_the_dialog_says_how_many_match_and_ticks_what_the_list_shows(acme, admin, signed_in):
    builders.load(acme, *(builders.contact(account="agent") for _ in range(3)))

    page = read(signed_in(admin).get(f"{NEW}?period=1d&after=xyz"))

    assert "3 contacts match the current criteria" in page.text
    ticked = [box["value"] for box in page.all("input", name="items") if "checked" in box.attributes]
    assert "call_sn" in ticked
    assert "customer_name" not in ticked
    # What is pasted is never cut: the password would be another one than whoever pasted it knows.
    assert "maxlength" not in page.one("input", name="password").attributes


def test_a_request_is_kept_logged_and_appears_on_the_tasks_page(acme, admin, signed_in):
    client = signed_in(admin)

    response = client.post(f"{NEW}?period=7d&call_type=incoming&size=20", asked(), follow=True)

    task = ExportTask.objects.for_tenant(acme).get()
    assert (task.status, task.format, task.items) == ("waiting", "xlsx", ["call_sn", "started_at"])
    assert task.criteria == "period=7d&data_scope=organization&call_type=incoming"
    assert task.is_encrypted
    page = read(response).text
    assert "Export requested. It appears below." in page
    assert "7 Days, Organization Data, Incoming Call" in page
    assert Operation.objects.for_tenant(acme).get(action="export").account == admin


def test_personal_data_drops_the_organization_unit(acme, admin, signed_in):
    unit = builders.unit(acme, "Field")

    signed_in(admin).post(f"{NEW}?period=7d&ou={unit.pk}&include_sub_ous=on", asked(data_scope="personal"))

    assert ExportTask.objects.for_tenant(acme).get().criteria == "period=7d&data_scope=personal"


@pytest.mark.parametrize(
    ("query", "values", "field"),
    [
        ("", {"password": "short"}, "password"),
        ("", {"password": "alllowercaseletters"}, "password"),
        ("", {"password": "Admin-and-more-1234"}, "password"),
        ("", {"password": ""}, "password"),
        ("", {"items": []}, "items"),
        ("", {"items": ["nonsense"]}, "items"),
        ("", {"format": "pdf"}, "format"),
        ("", {"data_scope": "everything"}, "data_scope"),
        ("period=nonsense", {}, "__all__"),
        ("ou=999999999", {}, "__all__"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_kept(query, values, field, acme, admin, signed_in):
    admin.name = "admin-and"
    admin.save()

    response = signed_in(admin).post(f"{NEW}?{query}", asked(**values), headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert PASSWORD not in response.content.decode()
    assert not ExportTask.objects.for_tenant(acme).exists()


def test_without_the_parameter_there_is_no_password(acme, admin, signed_in):
    parameters.EXPORT_PASSWORD.set(acme, False)
    client = signed_in(admin)

    assert "Compression password" not in read(client.get(NEW)).text
    client.post(NEW, asked(password=""))

    assert ExportTask.objects.for_tenant(acme).get().is_encrypted is False


def test_above_the_limit_the_choice_has_to_be_made_first(acme, admin, operator, signed_in):
    builders.load(acme, *(builders.contact() for _ in range(3)))
    parameters.EXPORT_LIMIT.set(None, 2)
    client = signed_in(admin)

    refused = client.post(NEW, asked())
    assert "newest_only" in refused.context["form"].errors
    assert "Export the newest 2" in read(refused).text
    client.post(NEW, asked(newest_only="on"))

    assert ExportTask.objects.for_tenant(acme).get().newest_only is True


def test_where_nobody_knows_how_many_match_the_choice_is_there_as_well(acme, admin, signed_in, monkeypatch):
    monkeypatch.setattr(timelimit, "SEARCH_SECONDS", 0)
    client = signed_in(admin)

    page = read(client.get(NEW)).text
    client.post(NEW, asked(newest_only="on"))

    assert "take too long to count" in page
    assert "If more than 100,000 match, export the newest 100,000" in page
    assert ExportTask.objects.for_tenant(acme).get().newest_only is True


def test_the_fields_chosen_last_are_ticked_the_next_time(admin, signed_in):
    client = signed_in(admin)
    client.post(NEW, asked(items=["call_id", "call_sn"]))

    page = read(client.get(NEW))

    assert {box["value"] for box in page.all("input", name="items") if "checked" in box.attributes} == {
        "call_id",
        "call_sn",
    }


@pytest.mark.parametrize("cookie", ["", "x", "[", "{}", "[[]]", quote(json.dumps(["gone"])), "[" * 5_000])
def test_a_cookie_of_any_content_is_only_a_wish(cookie, admin, signed_in):
    client = signed_in(admin)
    client.cookies["export_items"] = cookie

    assert client.get(NEW).status_code == 200


def test_without_the_permission_there_are_no_buttons_and_no_way_round(agent, acme, signed_in):
    client = signed_in(agent)

    assert "Create an export task" not in client.get("/contacts/").content.decode()
    assert client.get(NEW).status_code == client.post(NEW, asked()).status_code == 403
    assert not ExportTask.objects.for_tenant(acme).exists()


# --- The tasks ---------------------------------------------------------------------------------------------------


def shown(client: Client) -> set[str]:
    return {row["id"] for row in read(client.get(LIST)).all("tr", role="row") if "id" in row.attributes}


def test_everybody_sees_their_own_and_an_administrator_all_of_the_tenants(exporter, admin, outsider_admin, signed_in):
    mine, theirs, elsewhere = (export_task(account) for account in (exporter, admin, outsider_admin))

    assert shown(signed_in(exporter)) == {f"task-{mine.pk}"}
    assert shown(signed_in(admin)) == {f"task-{mine.pk}", f"task-{theirs.pk}"}
    assert shown(signed_in(outsider_admin)) == {f"task-{elsewhere.pk}"}


def test_a_file_is_fetched_and_that_is_logged_first(acme, exporter, signed_in):
    task = export_task(exporter)
    client = signed_in(exporter)
    assert "1 ready" in client.get("/contacts/").content.decode()

    response = client.get(reverse("exports:file", args=[task.pk]))

    assert Operation.objects.for_tenant(acme).get(action="fetch").target == "contact-records.zip"
    assert b"".join(response.streaming_content) == b"PK\x03\x04"
    assert response["Content-Disposition"] == 'attachment; filename="contact-records.zip"'
    assert "1 ready" not in client.get("/contacts/").content.decode()


def test_permission_and_activity_are_asked_again_when_a_file_is_fetched(acme, exporter, signed_in):
    task = export_task(exporter)
    client = signed_in(exporter)

    exporter.roles.remove(Role.objects.for_tenant(acme).get(name="Team leader"))
    assert client.get(reverse("exports:file", args=[task.pk])).status_code == 404
    exporter.is_active = False
    exporter.save()
    assert client.get(reverse("exports:file", args=[task.pk])).status_code == 302

    assert not Operation.objects.for_tenant(acme).filter(action="fetch").exists()


def test_a_file_whose_time_is_over_is_not_found_before_it_is_cleared_away(exporter, signed_in):
    task = export_task(exporter, expires_at=timezone.now())

    assert signed_in(exporter).get(reverse("exports:file", args=[task.pk])).status_code == 404


def test_a_file_that_is_not_there_is_not_found(exporter, signed_in):
    task = export_task(exporter, file="nowhere.zip")

    assert signed_in(exporter).get(reverse("exports:file", args=[task.pk])).status_code == 404


def test_a_task_is_deleted_with_its_file_once_that_is_confirmed(
    exporter, signed_in, django_capture_on_commit_callbacks
):
    task = export_task(exporter)
    client = signed_in(exporter)
    address = reverse("exports:delete", args=[task.pk])

    assert "cannot be undone" in read(client.get(address)).text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address)

    assert not ExportTask.objects.across_tenants().exists()
    assert not storage().exists(task.file)


def test_a_waiting_task_is_cancelled_and_its_keys_are_gone(acme, admin, signed_in):
    client = signed_in(admin)
    client.post(NEW, asked())
    task = ExportTask.objects.for_tenant(acme).get()

    client.post(reverse("exports:cancel", args=[task.pk]))

    task.refresh_from_db()
    assert (task.status, task.sealed_keys) == ("cancelled", None)
    again = read(client.get(LIST)).one("a", href=f"{NEW}?period=1d&data_scope=organization")
    assert again.text == "Export again"


def test_a_row_is_asked_for_while_its_task_is_active_and_said_when_it_changes(acme, admin, signed_in):
    client = signed_in(admin)
    client.post(NEW, asked())
    task = ExportTask.objects.for_tenant(acme).get()
    htmx = {"HX-Request": "true"}

    again = client.get(f"{reverse('exports:row', args=[task.pk])}?said=waiting-0", headers=htmx).content.decode()
    assert "every 3s" in again
    assert "announcer" not in again
    task.cancel(timezone.now())
    ended = client.get(f"{reverse('exports:row', args=[task.pk])}?said=waiting-0", headers=htmx).content.decode()

    assert "every 3s" not in ended
    assert "Export: Cancelled" in ended


def test_a_file_of_the_newest_says_of_how_many(exporter, signed_in):
    export_task(exporter, written=1_000, matched=17_234)
    export_task(exporter, written=3_521, matched=3_521)

    cells = read(signed_in(exporter).get(LIST)).all("td", class_="col-rows")

    assert [cell.text for cell in cells] == ["3,521", "1,000 of 17,234"]


def test_a_row_brings_along_what_the_navigation_says(exporter, signed_in):
    task = export_task(exporter)
    client = signed_in(exporter)

    def badge():
        row = client.get(reverse("exports:row", args=[task.pk]), headers={"HX-Request": "true"})
        return read(row).one("span", id="export-badge", hx_swap_oob="innerHTML").text

    before = badge()
    client.get(reverse("exports:file", args=[task.pk]))

    assert (before, badge()) == ("1 ready", "")


def test_the_queries_of_the_page_do_not_grow_with_its_tasks(
    acme, admin, exporter, signed_in, django_assert_max_num_queries
):
    for number in range(20):
        requester = exporter if number % 2 else admin
        export_task(requester, criteria="period=90d&contact_number=100&data_scope=organization")
    client = signed_in(admin)

    with django_assert_max_num_queries(14):
        assert len(shown(client)) == 20


def test_without_its_key_file_an_export_is_refused_in_words(acme, admin, signed_in, settings, tmp_path):
    settings.KEY_FILE = tmp_path / "personal-data.keys"
    KeyFile(settings.KEY_FILE).create()
    parameters.ENCRYPTION.set(None, True)
    settings.KEY_FILE.unlink()

    response = signed_in(admin).post(f"{NEW}?period=7d", asked())

    assert "its key is missing" in read(response).text
    assert not ExportTask.objects.for_tenant(acme).exists()
