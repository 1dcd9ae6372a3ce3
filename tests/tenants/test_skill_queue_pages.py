"""Can an administrator add, rename and put away skill queues, without any contact record losing its own?"""

import pytest
from django.urls import reverse

from aicc.tenants.models import Operation, SkillQueue
from contacts.models import ContactRecord
from tests import builders
from tests.pages import press, read, send


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


def queue(tenant, name="Billing"):
    return SkillQueue.objects.for_tenant(tenant).get(name=name)


def test_the_list_says_how_many_accounts_work_for_each(acme, agent, client):
    builders.account(acme, "second", queues=["Billing"])
    builders.account(acme, "gone", queues=["Billing"], is_active=False)

    rows = read(client.get(reverse("configuration:skill_queues"))).one("tbody").all("tr")

    assert [row.text.split()[:3] for row in rows] == [["Billing", "2", "Active"], ["Returns", "1", "Active"]]


def test_a_queue_is_added_and_renamed_and_the_log_says_so(acme, client):
    send(client, "add_skill_queue", name="  Repairs ")
    send(client, "rename_skill_queue", queue(acme, "Repairs").pk, name="Repair")

    assert queue(acme, "Repair").is_active
    changes = Operation.objects.for_tenant(acme).filter(action="skill_queues").order_by("id")
    assert [(row.before, row.after) for row in changes] == [
        ({"Name": ""}, {"Name": "Repairs"}),
        ({"Name": "Repairs"}, {"Name": "Repair"}),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Enter a name."),
        ("x" * 201, "at most 200"),
        ("a\x00b", "letters, digits and signs"),
        ("Returns", "Another skill queue has this name."),
    ],
)
def test_a_name_that_cannot_be_is_told_at_its_field(name, said, acme, agent, client):
    response = send(client, "rename_skill_queue", queue(acme).pk, name=name)

    assert said in str(response.context["form"].errors["name"])
    assert queue(acme).name == "Billing"


def test_two_who_rename_at_once_are_told(acme, agent, client):
    url = reverse("configuration:rename_skill_queue", args=[queue(acme).pk])
    seen = client.get(url).context["form"].seen
    send(client, "rename_skill_queue", queue(acme).pk, name="Bills")

    refused = client.post(url, {"seen": seen, "name": "Invoices"})

    assert "Somebody else changed this meanwhile" in read(refused).text
    assert queue(acme, "Bills")


def test_one_that_nothing_carries_is_deleted(acme, client):
    send(client, "add_skill_queue", name="Repairs")

    press(client, "delete_skill_queue", queue(acme, "Repairs").pk)

    assert not SkillQueue.objects.for_tenant(acme).exists()


@pytest.mark.parametrize("carrier", ["record", "account"])
def test_one_that_records_or_accounts_carry_is_only_deactivated(carrier, acme, client):
    if carrier == "record":
        builders.load(acme, builders.contact(skill_queue="Billing"))
    else:
        builders.account(acme, "second", queues=["Billing"])
    page = read(client.get(reverse("configuration:delete_skill_queue", args=[queue(acme).pk]))).text

    press(client, "delete_skill_queue", queue(acme).pk)

    assert "Deactivate Billing" in page
    assert not queue(acme).is_active
    assert ContactRecord.objects.for_tenant(acme).filter(skill_queue=queue(acme)).count() == (carrier == "record")


def test_a_deactivated_one_is_searched_for_but_not_offered_to_accounts(acme, agent, lead, client):
    press(client, "delete_skill_queue", queue(acme).pk)

    def offered(account):
        field = client.get(reverse("configuration:account", args=[account.pk])).context["form"]["skill_queues"]
        return {queue.name for queue in [*field.chosen, *field.others]}

    assert "Billing" in read(client.get("/contacts/")).text
    assert offered(lead) == {"Returns"}
    # Who has it keeps it.
    assert offered(agent) == {"Billing", "Returns"}
    press(client, "activate_skill_queue", queue(acme).pk)
    assert offered(lead) == {"Billing", "Returns"}
