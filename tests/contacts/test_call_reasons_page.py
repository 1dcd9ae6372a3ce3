"""Can the call reasons be kept in order by their administrator, and is none lost from a record that carries it?"""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from aicc.tenants.models import Operation
from contacts.decisions import CallReason, Refused
from contacts.ingest.names import Names
from contacts.models import ContactRecord
from tests import builders
from tests.pages import read

PAGE = reverse("contact_configuration:call_reasons")


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


@pytest.fixture
def reasons(acme):
    """Billing › Refund › Late, Billing › Invoice, Delivery, by name."""
    made = {}
    for name, parent in (
        ("Billing", None),
        ("Refund", "Billing"),
        ("Late", "Refund"),
        ("Invoice", "Billing"),
        ("Delivery", None),
    ):
        made[name] = CallReason(tenant=acme, parent=made.get(parent), name=name)
        made[name].add()
    return made


def url(verb, reason=None):
    return reverse(f"contact_configuration:{verb}_call_reason", args=[reason.pk] if reason else [])


def change(client, verb, reason=None, query="", **values):
    """Open the dialog, and send it with these values."""
    address = url(verb, reason) + query
    form = client.get(address).context["form"]
    return client.post(address, {"seen": getattr(form, "seen", ""), **values})


def outline(tenant):
    """Paths in the order in which the page has them; those that are not active in brackets."""
    found = CallReason.objects.for_tenant(tenant).select_related("parent__parent")
    by_id = {reason.pk: reason for reason in found}

    def place(reason):
        above = place(by_id[reason.parent_id]) if reason.parent_id else []
        return [*above, (reason.position, reason.name)]

    paths = [(" › ".join(reason.path), reason) for reason in sorted(found, key=place)]
    return [path if reason.is_active else f"({path})" for path, reason in paths]


def errors(response):
    return response.context["form"].errors.as_text()


def test_reasons_are_added_renamed_moved_and_ordered(acme, client, reasons):
    change(client, "add", query=f"?parent={reasons['Delivery'].pk}", name="Lost")
    change(client, "rename", reasons["Late"], name="Too late")
    change(client, "move", reasons["Refund"], parent=str(reasons["Delivery"].pk))
    client.post(url("order", reasons["Delivery"]), {"step": "up"})

    assert outline(acme) == [
        "Delivery", "Delivery › Lost", "Delivery › Refund", "Delivery › Refund › Too late", "Billing",
        "Billing › Invoice",
    ]  # fmt: skip
    rows = Operation.objects.for_tenant(acme).filter(action="call_reasons").order_by("id")
    assert [(row.target, row.before, row.after) for row in rows] == [
        ("Delivery › Lost", {}, {"Call Reason": "Delivery › Lost"}),
        ("Billing › Refund › Late", {"Name": "Late"}, {"Name": "Too late"}),
        ("Billing › Refund", {"Under": "Billing"}, {"Under": "Delivery"}),
        ("Delivery", {"Order": "Billing, Delivery"}, {"Order": "Delivery, Billing"}),
    ]


@pytest.mark.parametrize(
    ("verb", "name", "values", "why"),
    [
        ("add", "Late", {"name": "Deeper"}, "at most 3 levels"),
        ("add", "Billing", {"name": "Refund"}, "of this name already"),
        ("add", None, {"name": "Delivery"}, "of this name already"),
        ("add", None, {"name": "x" * 201}, "at most 200 characters"),
        ("add", None, {"name": "\x00"}, "letters, digits and signs"),
        ("rename", "Refund", {"name": "Invoice"}, "of this name already"),
        ("rename", "Refund", {"name": " "}, "Enter a name"),
        ("move", "Billing", {"parent": "Delivery"}, "Choose from the list"),
        ("move", "Billing", {"parent": "Late"}, "Choose from the list"),
        ("move", "Billing", {"parent": "Billing"}, "Choose from the list"),
        ("move", "Refund", {"parent": "999999"}, "Choose from the list"),
        ("move", "Refund", {"parent": "x"}, "Choose from the list"),
        ("delete", "Refund", {}, "call reasons below"),
    ],
)
def test_what_the_tree_does_not_take_is_told_and_changes_nothing(acme, client, reasons, verb, name, values, why):
    before = outline(acme)
    if values.get("parent") in reasons:
        values = {"parent": str(reasons[values["parent"]].pk)}
    query = f"?parent={reasons[name].pk}" if verb == "add" and name else ""

    refused = change(client, verb, None if verb == "add" else reasons[name], query, **values)

    assert why in errors(refused)
    assert outline(acme) == before
    assert not Operation.objects.for_tenant(acme).filter(action="call_reasons").exists()


def test_the_reasons_of_another_tenant_are_no_place(acme, globex, client, reasons):
    theirs = CallReason.objects.create(tenant=globex, name="Theirs")

    assert "Choose from the list" in errors(change(client, "move", reasons["Late"], parent=str(theirs.pk)))
    assert client.get(url("add") + f"?parent={theirs.pk}").status_code == 404
    assert "Theirs" not in read(client.get(f"{PAGE}?reason={theirs.pk}")).text


def test_deactivating_takes_what_is_below_along_and_activating_brings_what_is_above(acme, client, reasons):
    change(client, "deactivate", reasons["Billing"])
    assert outline(acme) == [
        "(Billing)", "(Billing › Refund)", "(Billing › Refund › Late)", "(Billing › Invoice)", "Delivery",
    ]  # fmt: skip

    client.post(url("activate", reasons["Refund"]))
    assert outline(acme)[:4] == ["Billing", "Billing › Refund", "Billing › Refund › Late", "(Billing › Invoice)"]
    row = Operation.objects.for_tenant(acme).filter(action="call_reasons").latest("id")
    assert (row.before, row.after) == ({"Active": "No"}, {"Active": "Yes", "Changed": "3 call reasons"})


def test_a_reason_is_never_lost_from_a_record_that_carries_it(acme, client, reasons):
    (record,) = builders.load(acme, builders.contact(call_reason=["Billing", "Refund", "Late"]))

    assert "Contact records carry it" in errors(change(client, "delete", reasons["Late"]))

    change(client, "rename", reasons["Late"], name="Too late")
    change(client, "move", reasons["Late"], parent="")
    change(client, "deactivate", reasons["Late"])
    assert "Too late" in read(client.get(f"/contacts/{record.id}/")).text
    assert ContactRecord.objects.for_tenant(acme).get(id=record.id).call_reason == reasons["Late"]


def test_one_that_nothing_hangs_on_can_be_deleted(acme, client, reasons):
    change(client, "delete", reasons["Invoice"])

    assert outline(acme) == ["Billing", "Billing › Refund", "Billing › Refund › Late", "Delivery"]


def test_reasons_that_came_with_records_say_so_and_can_be_activated(acme, client):
    builders.load(acme, builders.contact(call_reason=["Imported", "Odd"]))
    odd = CallReason.objects.for_tenant(acme).get(name="Odd")

    assert "It came with records that were loaded" in read(client.get(f"{PAGE}?reason={odd.pk}")).text
    client.post(url("activate", odd))

    assert outline(acme) == ["Imported", "Imported › Odd"]


def test_a_keyword_keeps_matches_and_what_is_above_them(client, reasons):
    page = read(client.get(PAGE, {"q": "LATE", "reason": reasons["Late"].pk}))

    items = page.all("li", role="treeitem")
    assert [(item.text, item["aria-level"]) for item in items] == [("Billing", "1"), ("Refund", "2"), ("Late", "3")]
    assert page.one("mark").text == "Late"
    assert "Billing › Refund" in page.one(id="reason").text
    assert "No call reason has this in its name" in read(client.get(PAGE, {"q": "zzz"})).text


def test_without_reasons_the_page_offers_the_first_one(client):
    assert "There are no call reasons yet" in read(client.get(PAGE)).text


def test_who_renames_over_somebody_else_is_told_first(acme, client, reasons):
    seen = client.get(url("rename", reasons["Late"])).context["form"].seen
    change(client, "rename", reasons["Late"], name="Later")

    refused = client.post(url("rename", reasons["Late"]), {"seen": seen, "name": "Latest"})

    assert "Somebody else changed this meanwhile" in errors(refused)
    assert "Later" in read(refused).text


def test_only_places_that_take_a_reason_are_offered_and_the_model_refuses_the_others(client, reasons):
    def offered(name):
        form = client.get(url("move", reasons[name])).context["form"]
        return [label for _id, label in form.fields["parent"].choices]

    assert offered("Refund") == ["First level", "Billing", "Delivery"]
    assert offered("Late") == ["First level", "Billing", "Billing › Refund", "Billing › Invoice", "Delivery"]
    with pytest.raises(Refused, match="below itself"):
        reasons["Billing"].move(reasons["Late"])
    with pytest.raises(Refused, match="at most 3 levels"):
        reasons["Billing"].move(reasons["Delivery"])


def test_a_load_makes_no_fourth_level_below_a_reason_that_was_moved_meanwhile(acme, client, reasons):
    names = Names(acme, strict=False)
    change(client, "move", reasons["Delivery"], parent=str(reasons["Refund"].pk))

    made = names.reason(SimpleNamespace(call_reason=("Delivery", "Lost")))

    assert CallReason.objects.for_tenant(acme).get(pk=made).path == ["Delivery", "Lost"]
    assert "Billing › Refund › Delivery" in outline(acme)


def test_steps_stop_at_the_ends(acme, reasons):
    reasons["Billing"].step(-1)
    reasons["Delivery"].step(1)

    assert outline(acme)[0] == "Billing"


@pytest.mark.parametrize("parent", ["x", "0", "-1", "٣", "9" * 5_000])
def test_a_parent_that_is_none_is_unknown(client, parent):
    assert client.get(f"{url('add')}?parent={parent}").status_code == 404
