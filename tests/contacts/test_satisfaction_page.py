"""Is a satisfaction level called what the tenant calls it, on every page, and never lost from records?"""

import pytest
from django.db.models import Q
from django.urls import reverse

from aicc.tenants.models import Operation, Tenant
from contacts import satisfaction
from contacts.data_items import all_items
from contacts.search import count_all
from contacts.terms import Condition, Term
from tests import builders
from tests.pages import read

PAGE = reverse("contact_configuration:satisfaction")


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


def sent(client, *, off=(), **values):
    """The form as it stands, these levels inactive and these values in place of others."""
    form = client.get(PAGE).context["form"]
    now = {name: form[name].value() for name in form.fields} | {f"active-{key}": False for key in off}
    now |= {name.replace("_", "-"): value for name, value in values.items()}
    return {"seen": form.seen, **{name: value for name, value in now.items() if value is not False}}


def offered(client):
    form = client.get("/contacts/").context["criteria"].form
    return [str(label) for _value, label in form.fields["satisfaction"].choices]


def test_a_new_tenant_has_the_guides_levels(client):
    assert offered(client) == [
        "Very dissatisfied", "Dissatisfied", "General", "Satisfied", "Very satisfied", "Not evaluated",
        "Evaluation failed",
    ]  # fmt: skip


def test_a_name_is_used_everywhere(acme, globex, client):
    (record,) = builders.load(acme, builders.contact(satisfaction="5"))

    client.post(PAGE, sent(client, name_5="Delighted", order_5=1))

    found = read(client.get("/contacts/?satisfaction=5"))
    assert found.one("td", role="cell", data_label="Satisfaction evaluation").text == "Delighted"
    assert "Satisfaction Evaluation: Delighted" in found.one(id="chips").text
    assert "Delighted" in read(client.get(f"/contacts/{record.id}/")).text
    assert offered(client)[:2] == ["Very dissatisfied", "Delighted"]
    item = next(item for item in all_items(Tenant.objects.get(pk=acme.pk)) if item.key == "satisfaction")
    assert item.value(record) == "Delighted"
    assert "Delighted" not in satisfaction.names(globex).values()
    (row,) = Operation.objects.for_tenant(acme).filter(action="satisfaction")
    assert row.before["Very satisfied: Name"] == "Very satisfied"
    assert row.after["Very satisfied: Name"] == "Delighted"


def test_a_level_that_is_not_active_stays_on_its_records_and_is_found(acme, client):
    builders.load(acme, builders.contact(satisfaction="2"), builders.contact(satisfaction="4"))

    client.post(PAGE, sent(client, off="23"))

    assert offered(client) == [
        "Very dissatisfied", "Satisfied", "Very satisfied", "Dissatisfied (inactive)", "General (inactive)",
        "Not evaluated", "Evaluation failed",
    ]  # fmt: skip
    found = read(client.get("/contacts/?satisfaction=2"))
    assert found.one("td", role="cell", data_label="Satisfaction evaluation").text == "Dissatisfied"
    builders.load(acme, builders.contact(satisfaction="3"))


@pytest.mark.parametrize(
    ("off", "values", "wrong"),
    [
        ("123", {}, "__all__"),
        ("12345", {}, "__all__"),
        ("", {"name_1": " "}, "name-1"),
        ("", {"name_1": "GENERAL"}, "name-3"),
        ("", {"name_2": "not evaluated"}, "name-2"),
        ("", {"name_2": "x" * 101}, "name-2"),
        ("", {"order_2": "6"}, "order-2"),
        ("", {"order_2": "0"}, "order-2"),
        ("", {"order_2": ""}, "order-2"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_saved(acme, client, off, values, wrong):
    response = client.post(PAGE, sent(client, off=off, name_4="Pleased", **values))

    assert wrong in response.context["form"].errors
    assert satisfaction.names(Tenant.objects.get(pk=acme.pk))["4"] == "Satisfied"


def test_fewer_than_three_are_refused_by_the_model_too(acme):
    two = [satisfaction.Level(key, key, 1, key in "12") for key in "12345"]

    for wrong in (two, two[:3], [*two[:4], two[0]]):
        with pytest.raises(ValueError, match="five levels"):
            satisfaction.decide(acme, wrong)


def test_who_saves_over_somebody_else_is_told_first(acme, client):
    mine = sent(client, name_1="Awful")
    client.post(PAGE, sent(client, name_1="Terrible"))

    refused = client.post(PAGE, mine)

    assert "Somebody else changed this meanwhile" in read(refused).text
    assert "Terrible" in read(refused).text


def test_the_page_says_how_many_records_carry_a_level(acme, globex, client):
    now = [{"satisfaction": "1"}] * 3 + [{"satisfaction": "2"}, {"satisfaction": "not_evaluated"}, {}]
    old = [
        {"satisfaction": "1", "started_at": "2001-01-01T00:00:00Z"},
        {"satisfaction": "1", "started_at": "2025-06-01T00:00:00Z"},
    ]
    builders.load(acme, *(builders.contact(**fields) for fields in [*now, *old]))
    builders.load(globex, builders.contact(satisfaction="1"))

    carried = [words for _row, words in client.get(PAGE).context["rows"]]

    assert carried[:3] == ["5 records carry it.", "1 record carries it.", "No record carries it."]


def test_a_count_stops_where_it_is_capped(acme):
    builders.load(acme, *(builders.contact(satisfaction="1") for _ in range(5)))

    assert count_all(acme, [Condition(Q(satisfaction="1"), (Term("satisfaction", "1"),))], cap=3) == [4]
