"""Does the list look as a tenant's administrator decided, and does the page show it before it is saved?"""

import pytest
from django.urls import reverse

from aicc.tenants.models import Operation, Tenant
from contacts.data_items import DATA_ITEMS, all_items, shown_items
from contacts.decisions import ItemSetting
from contacts.models import ContactRecord
from tests import builders
from tests.pages import read

PAGE = reverse("contact_configuration:data_items")
ADD = reverse("contact_configuration:add_data_item")
PREVIEW = reverse("contact_configuration:preview_data_items")


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


def form_of(client):
    """The form as it stands, as a browser would send it."""
    form = client.get(PAGE).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {"seen": form.seen, **{name: value for name, value in values.items() if value is not False}}


def sent(client, *, off=(), **values):
    form = {**form_of(client), **{name.replace("__", "-"): value for name, value in values.items()}}
    return {name: value for name, value in form.items() if name not in off}


def columns(page):
    return [cell.text for cell in page.all("th", scope="col") if cell.attributes.get("role") == "columnheader"]


def labels(tenant):
    return [str(item.label) for item in shown_items(Tenant.objects.get(pk=tenant.pk))]


def define(client, key, name):
    assert client.post(ADD, {"key": key, "name": name}).status_code == 302
    return ItemSetting.objects.across_tenants().get(key=key, is_extended=True)


# --- Visible, and in which order ---------------------------------------------------------------------------------


def test_items_stand_by_their_order_and_of_equal_ones_the_guides_decides(acme, globex, admin, client):
    builders.load(acme, builders.contact(customer_name="Ada"))

    client.post(PAGE, sent(client, off=("shown-remarks",), order__satisfaction=5, order__unit=5, shown__unit="on"))

    assert columns(read(client.get("/contacts/")))[:4] == [
        "Call S/N", "Customer Number", "Satisfaction evaluation", "Organization Unit",
    ]  # fmt: skip
    assert "Call Remarks" not in labels(acme)
    assert labels(globex) == [str(item.label) for item in DATA_ITEMS if item.shown]
    (row,) = Operation.objects.for_tenant(acme).filter(action="data_items")
    assert (row.before["Call Remarks: Visible"], row.after["Call Remarks: Visible"]) == ("Yes", "No")
    assert (row.before["Organization Unit: Order"], row.after["Organization Unit: Order"]) == ("95", "5")


def test_call_sn_is_first_and_operate_last_whatever_is_sent(acme, client):
    client.post(PAGE, sent(client, order__call_sn=100, order__account=1))

    assert labels(acme)[:2] == ["Call S/N", "Account"]
    page = read(client.get(PAGE)).text
    assert "Always first" in page
    assert "Always last" in page


@pytest.mark.parametrize("value", ["0", "101", "", "x", "1.5", "1_0", "٣", "9" * 5_000])
def test_an_order_out_of_range_is_told_and_nothing_is_saved(acme, client, value):
    response = client.post(PAGE, sent(client, off=("shown-remarks",), order__account=value))

    assert response.context["form"].errors == {"order-account": ["Enter 1 to 100."]}
    assert not ItemSetting.objects.for_tenant(acme).exists()


def test_a_hidden_item_is_still_in_the_details(acme, client):
    (record,) = builders.load(acme, builders.contact(remarks="Called twice"))
    client.post(PAGE, sent(client, off=("shown-remarks",)))

    assert "Called twice" not in read(client.get("/contacts/")).text
    assert "Called twice" in read(client.get(f"/contacts/{record.id}/")).text


def test_reset_brings_the_guides_columns_back_and_keeps_the_tenants_own(acme, client):
    define(client, "contract", "Contract")
    client.post(PAGE, sent(client, off=("shown-remarks", "shown-account"), order__satisfaction=1))

    client.post(reverse("contact_configuration:reset_data_items"))

    assert labels(acme) == [*(str(item.label) for item in DATA_ITEMS if item.shown), "Contract"]
    row = Operation.objects.for_tenant(acme).filter(action="data_items").latest("id")
    assert "Call Remarks" not in row.before["Visible, in order"]
    assert "Call Remarks" in row.after["Visible, in order"]


def test_who_saves_over_somebody_else_is_told_first(acme, client):
    mine = sent(client, off=("shown-remarks",))
    define(client, "contract", "Contract")

    refused = client.post(PAGE, mine)

    assert "Somebody else changed this meanwhile" in read(refused).text
    assert "Call Remarks" in labels(acme)


# --- Extended items -------------------------------------------------------------------------------------------------


def test_an_extended_item_shows_what_records_say_under_its_id(acme, globex, outsider_admin, client, signed_in):
    (record,) = builders.load(acme, builders.contact(extended={"contract": "C-77 <b>", "unknown": "later"}))
    builders.load(globex, builders.contact(extended={"contract": "G-1"}))
    item = define(client, "contract", "Contract number")

    page = read(client.get("/contacts/"))

    assert columns(page)[-2:] == ["Contract number", "Operate"]
    (cell,) = page.all("td", role="cell", data_label="Contract number")
    assert (cell.text, cell["class"]) == ("C-77 <b>", "col-extended")
    assert "C-77" in read(client.get(f"/contacts/{record.id}/")).text
    assert "G-1" not in read(signed_in(outsider_admin).get("/contacts/")).text

    define(client, "unknown", "Other")
    assert "later" in read(client.get("/contacts/")).text

    client.post(PAGE, sent(client, **{f"name-{item.pk}": "Contract", f"order-{item.pk}": 1}))
    assert columns(read(client.get("/contacts/")))[:2] == ["Call S/N", "Contract"]


def test_values_outlive_their_item_and_come_back_with_its_id(acme, client):
    builders.load(acme, builders.contact(extended={"contract": "C-77"}))
    item = define(client, "contract", "Contract")

    client.post(reverse("contact_configuration:remove_data_item", args=[item.pk]))
    assert "C-77" not in read(client.get("/contacts/")).text

    define(client, "contract", "Agreement")
    assert "C-77" in read(client.get("/contacts/")).text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"key": "", "name": "x"}, "key"),
        ({"key": "x", "name": " "}, "name"),
        ({"key": "contract", "name": "x"}, "key"),
        ({"key": " contract ", "name": "x"}, "key"),
        ({"key": "x" * 129, "name": "x"}, "key"),
        ({"key": "x", "name": "x" * 1025}, "name"),
        ({"key": "a\x00", "name": "x"}, "key"),
    ],
)
def test_ids_are_unique_and_both_have_their_length(client, fields, wrong):
    define(client, "contract", "Contract")

    response = client.post(ADD, fields)

    assert response.context["form"].errors.keys() == {wrong}


def test_the_longest_ids_and_names_are_taken_and_an_eleventh_item_is_not(acme, client):
    for number in range(10):
        define(client, f"{number} " + "ü" * 126, "n" * 1024)

    response = client.post(ADD, {"key": "eleventh", "name": "x"}, headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert "no more are possible" in read(response).text
    assert len(all_items(acme)) == len(DATA_ITEMS) + 10


def test_an_id_that_is_an_items_own_key_is_another_item(acme, client):
    builders.load(acme, builders.contact(extended={"account": "mine"}))
    define(client, "account", "My account")

    client.post(PAGE, sent(client, off=("shown-account",)))

    assert "My account" in labels(acme)
    assert "Account" not in labels(acme)


# --- What the loader takes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extended", "reason"),
    [
        ({str(n): "x" for n in range(21)}, "extended is not an object of at most 20 values"),
        (["x"], "extended is not an object of at most 20 values"),
        ({"a": "x" * 1025}, "extended is longer than 1024 characters"),
        ({"a": 7}, "extended is not text"),
        ({"k" * 129: "x"}, "extended: an id is longer than 128 characters"),
        ({" ": "x"}, "extended: an id is missing"),
        ({"a": "\x00"}, "extended contains a NUL character"),
    ],
)
def test_values_that_cannot_be_kept_reject_the_record(load, extended, reason):
    assert load([builders.contact(extended=extended)])[1] == [(1, reason)]


def test_values_are_kept_and_replaced_with_the_record(acme):
    values = {f"{n}" * 2: "x" * 1024 for n in range(20)}
    contact = builders.contact(id="one", updated_at="2026-01-01T00:00:00Z", extended={**values, "77": ""})
    (record,) = builders.load(acme, contact)
    assert record.extended == {id: text for id, text in values.items() if id != "77"}

    builders.load(acme, {**contact, "updated_at": "2026-01-02T00:00:00Z", "extended": {"b": "2"}})

    assert ContactRecord.objects.for_tenant(acme).get(id=record.id).extended == {"b": "2"}


def test_the_list_reads_extended_values_only_when_it_shows_some(acme, client, django_assert_num_queries):
    builders.load(acme, builders.contact(extended={"contract": "C-77"}))

    (hidden,) = client.get("/contacts/").context["page"].records
    define(client, "contract", "Contract")
    (shown,) = client.get("/contacts/").context["page"].records

    assert (hidden.get_deferred_fields(), shown.get_deferred_fields()) == ({"extended"}, set())


# --- The preview ------------------------------------------------------------------------------------------------------


def test_the_preview_shows_what_is_chosen_and_saves_nothing(acme, client):
    builders.load(acme, *(builders.contact(remarks=f"Number {n}") for n in range(5)))
    chosen = sent(client, off=("shown-account",), order__remarks=1, order__unit="many")

    fragment = read(client.post(PREVIEW, chosen, headers={"HX-Request": "true"}))
    page = read(client.post(PREVIEW, chosen))

    assert columns(fragment)[:2] == columns(page)[:2] == ["Call S/N", "Call Remarks"]
    assert "Account" not in columns(fragment)
    assert len(fragment.all("tr")) == 1 + 3
    assert not fragment.all("form")
    assert page.one("input", name="order-remarks")["value"] == "1"
    assert not ItemSetting.objects.for_tenant(acme).exists()


def test_without_contacts_the_preview_makes_some_up(client):
    page = client.get(PAGE)

    assert page.context["is_example"]
    assert "made up" in read(page).text
    assert len(page.context["rows"]) == 3
