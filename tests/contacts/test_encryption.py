"""Is personal data sealed in the database, plain on every page, and found as before in every state between?

Keys are tried in test_encryption_keys.py, converting beside loads and kills in test_encryption_faults.py.
"""

import io
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from aicc.lib.sealing import KeyFile, key_file
from aicc.tenants import conversion, parameters, personal
from aicc.tenants.conversion import Goal
from aicc.tenants.models import Account
from contacts.filters import ContactFilter
from contacts.models import ContactRecord, Transfer
from contacts.search import ContactSearch
from tests import builders
from tests.contacts.test_search_at_scale import indexes, partitions_of, plans
from tests.pages import read

CONTACTS = reverse("contacts:list")
NUMBERS = ("caller_number", "called_number", "handled_number", "customer_number")
LOOKS_SEALED = "~01234567.1.AAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    """A key file of the test's own."""
    settings.KEY_FILE = tmp_path / "personal-data.keys"
    return KeyFile(settings.KEY_FILE).create()


@pytest.fixture
def search(admin, signed_in):
    """The ids on the Contact page for some criteria."""
    client = signed_in(admin)

    def search(status=200, **criteria):
        response = client.get(CONTACTS, {"period": "7d", **criteria})
        assert response.status_code == status
        return [int(row["data-record-id"]) for row in read(response).all("tr") if "data-record-id" in row.attributes]

    return search


def encrypt(on):
    parameters.ENCRYPTION.set(None, on)


def run(name, *args, **options):
    """A command's words."""
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def convert(**options):
    return run("encrypt_personal_data", **options)


def dump():
    """Every byte of the tables with personal columns, as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        text = b""
        for model in (ContactRecord, Transfer):
            with cursor.copy(f"COPY (SELECT * FROM {model._meta.db_table}) TO STDOUT") as copy:
                text += b"".join(copy)
    return text.decode()


def stored(column="customer_name"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {ContactRecord._meta.db_table} ORDER BY call_id")
        return [value for (value,) in cursor.fetchall()]


# --- At rest and on the pages -------------------------------------------------------------------------------

CALL = {
    "call_id": "full",
    "customer_number": "+46701111111",
    "customer_name": "Zoë Ångström",
    "caller_number": "+46702222222",
    "called_number": "sip:anna@example.org",
    "handled_number": "884433",
    "transfers": [{"kind": "internal", "from": "Bertil Bo", "to": "+46703333333"}],
}
KNOWN = [*(CALL[name] for name in (*NUMBERS, "customer_name")), "Bertil Bo", "+46703333333"]


def test_no_number_or_name_is_in_a_dump_however_the_rows_came(acme):
    late = {**CALL, "call_id": "late"}
    builders.load(acme, builders.contact(id="full", **CALL))
    assert all(known in dump() for known in KNOWN)

    encrypt(True)
    builders.load(acme, builders.contact(id="late", **late))
    convert()

    assert [known for known in KNOWN if known in dump()] == []
    assert len(re.findall(r"~[0-9a-f]{8}\.", dump())) == 14
    convert_back = encrypt(False) or convert(decrypt=True)
    assert "contact record: 0 rows left" in convert_back
    assert all(dump().count(known) == 2 for known in KNOWN)
    assert "~" not in dump()


def test_pages_show_plain_text(acme, admin, signed_in):
    encrypt(True)
    (record,) = builders.load(acme, builders.contact(**CALL))
    client = signed_in(admin)

    row = read(client.get(CONTACTS, {"period": "7d"})).text
    details = read(client.get(reverse("contacts:details", args=[record.id]))).text

    assert all(known in details for known in KNOWN)
    assert all(CALL[name] in row for name in ("customer_number", "caller_number", "called_number"))
    assert "~" not in row + details


def test_tenants_and_kinds_share_no_ciphertext_and_number_columns_do(acme, globex):
    same = dict.fromkeys((*NUMBERS, "customer_name"), "12345678")
    encrypt(True)

    for tenant in (acme, globex):
        builders.load(tenant, builders.contact(call_id=tenant.slug, **same))

    assert len({*stored("caller_number"), *stored("customer_name")}) == 4
    assert all(stored(name) == stored("caller_number") for name in NUMBERS)


@pytest.mark.parametrize("on", [False, True])
def test_empty_stays_empty_and_any_text_stays_itself(acme, on, search):
    texts = ["", "~", "~~", LOOKS_SEALED, f"~{LOOKS_SEALED}", "日本語" * 66]
    encrypt(on)

    records = builders.load(acme, *(builders.contact(call_id=str(n), customer_name=t) for n, t in enumerate(texts)))

    assert [record.customer_name for record in records] == texts
    assert stored()[0] == ""
    for record in records[1:]:
        assert search(customer_name=record.customer_name) == [record.id]


def test_loading_twice_changes_nothing_and_a_newer_version_updates(acme, load):
    encrypt(True)
    first = builders.contact(**CALL)
    newer = {**first, "customer_name": "Grace", "transfers": [{"kind": "queue", "to": "Returns"}],
             "updated_at": (timezone.now() + timedelta(hours=1)).isoformat()}  # fmt: skip

    assert "1 new, 0 updated" in load([first])[0]
    before = dump()
    assert "0 new, 0 updated, 1 unchanged" in load([first])[0]
    assert dump() == before
    assert "0 new, 1 updated" in load([newer])[0]

    record = ContactRecord.objects.for_tenant(acme).get()
    assert (record.customer_name, record.caller_number) == ("Grace", CALL["caller_number"])
    assert [transfer.to_party for transfer in record.transfers.for_tenant(acme)] == ["Returns"]
    assert "Grace" not in dump()
    assert "Returns" not in dump()


def test_a_record_that_is_saved_keeps_the_form_in_force(acme):
    (record,) = builders.load(acme, builders.contact(**CALL))
    encrypt(True)

    record.save()

    assert [known for known in KNOWN[:5] if known in dump()] == []
    assert ContactRecord.objects.for_tenant(acme).get().customer_name == CALL["customer_name"]


def test_a_condition_on_plain_text_is_refused_as_it_would_miss_what_is_sealed(acme):
    for condition in ({"customer_name": "Zoë"}, {"customer_name__in": ["Zoë"]}):
        with pytest.raises(TypeError, match="stored forms"):
            ContactRecord.objects.for_tenant(acme).filter(**condition).exists()
    with pytest.raises(TypeError, match="stored forms"):
        ContactRecord.objects.for_tenant(acme).update(customer_name="Zoë")


# --- Searching in every state ---------------------------------------------------------------------------------

PEOPLE = ["Ada", "Grace", "Ada", "Zoë", LOOKS_SEALED]


@pytest.fixture
def people(acme):
    """Twenty calls among five numbers, in each of which a number may be any of three."""
    records = []
    for n in range(20):
        numbers = {name: f"+4670{(n + place) % 5}" for place, name in enumerate(NUMBERS[:3])}
        transfers = [{"kind": "queue", "to": f"Desk {n}"}]
        records.append(builders.contact(customer_name=PEOPLE[n % 5], transfers=transfers, **numbers))
    return builders.load(acme, *records)


def everything(admin, search):
    """What each exact criterion finds for each value, in its order, and one of them on the page."""

    # As a new request knows it.
    account = Account.objects.across_tenants().get(pk=admin.pk)

    def found(**criteria):
        bound = ContactFilter(QueryDict(urlencode({"period": "7d", **criteria})), account=account, now=timezone.now())
        assert bound.is_valid()
        return [record.id for record in ContactSearch(bound).page(size=50).records]

    names = {("customer_name", name): found(customer_name=name) for name in {*PEOPLE, "Nobody"}}
    numbers = {
        (criterion, number): found(**{criterion: number})
        for criterion in ("contact_number", *NUMBERS[:3])
        for number in ("+46700", "+46703", "+46709")
    }
    both = {"contact_number": "+46701", "customer_name": "Grace"}
    assert search(**both) == found(**both)
    return names | numbers | {"both": found(**both)}


def halfway(monkeypatch):
    """A conversion that ends, as by a kill, when some of the rows are done."""
    monkeypatch.setattr(conversion, "STEP", 4)

    class Killed(Exception):
        pass

    def kill(progress):
        if progress.rows >= 8:
            raise Killed

    with pytest.raises(Killed):
        conversion.convert(Goal.in_force(), kill)
    assert sum(dict(conversion.left(Goal.in_force())).values()) == 40 - 8


def test_exact_searches_find_the_same_in_every_state(people, admin, search, monkeypatch):
    before = everything(admin, search)
    assert len(before["contact_number", "+46700"]) == 12
    assert before["contact_number", "+46709"] == []
    assert len(before["customer_name", "Ada"]) == 8

    encrypt(True)
    assert everything(admin, search) == before, "switched on"
    halfway(monkeypatch)
    assert everything(admin, search) == before, "half encrypted"
    convert()
    assert everything(admin, search) == before, "encrypted"
    old = key_file().ring().current
    new = run("personal_data_keys", "add").split()[-1]
    run("personal_data_keys", "use", new)
    assert everything(admin, search) == before, "another key"
    halfway(monkeypatch)
    assert everything(admin, search) == before, "half by the other key"
    convert()
    run("personal_data_keys", "retire", old)
    assert everything(admin, search) == before, "by the other key"
    encrypt(False)
    halfway(monkeypatch)
    assert everything(admin, search) == before, "half decrypted"
    convert(decrypt=True)
    assert everything(admin, search) == before, "decrypted"
    assert "~" not in dump().replace(f"~{LOOKS_SEALED}", "")


def test_the_fuzzy_field_is_gone_and_refused_when_sent_by_hand(people, admin, signed_in, search):
    encrypt(True)
    client = signed_in(admin)

    page = read(client.get(CONTACTS, {"period": "7d"}))
    by_hand = read(client.get(CONTACTS, {"period": "7d", "number_contains": "4670"}))

    assert page.all("input", name="number_contains") == []
    assert by_hand.all("input", name="number_contains", type="text") == []
    assert "cannot be searched by a part" in by_hand.one(id="criteria-errors").text
    assert search(number_contains="4670") == search(caller_number="4670") == []


def test_a_part_of_a_number_is_never_found_in_what_is_sealed(people, search):
    encrypt(True)
    convert()
    encrypt(False)
    bodies = {value.split(".")[2] for value in stored("caller_number")}

    for part in [stored("caller_number")[0][1:9], *(body[:3] for body in bodies)]:
        assert search(number_contains=part) == []
        assert search(caller_number=part) == []
    convert(decrypt=True)
    assert len(search(number_contains="+4670")) == 20


COUNT = 12_000


def test_a_sealed_value_is_found_by_the_terms_index(acme, admin, monkeypatch):
    now = timezone.now()
    columns = ["tenant_id", "id", "source", "updated_at", "call_sn", "call_id", "started_at", "media_type", "channel",
               "call_type", *NUMBERS, "customer_name", "account_name", "employee_id", "hang_up_party", "remarks",
               "satisfaction"]  # fmt: skip
    rows = (
        [acme.pk, n, "tests", now, str(10**18 + n), "", now - timedelta(minutes=n), "voice", "", "incoming",
         f"+49{n % 4000}", "+4980", "", "", f"Customer {n % 3000}", "", "", "", "", ""]
        for n in range(1, COUNT)
    )  # fmt: skip
    encrypt(True)
    table = ContactRecord._meta.db_table
    with connection.cursor() as cursor:
        sealed = personal.Sealing.in_force(acme.pk).rows(ContactRecord, columns, rows)
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in sealed:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table}")
    monkeypatch.setattr("contacts.search.PROBE_ROWS", 100)
    monkeypatch.setattr("tests.contacts.test_search_at_scale.NOW", now)

    for query in ("contact_number=%2B4977", "caller_number=%2B4977", "customer_name=Customer+77"):
        asked = list(plans(admin, f"period=31d&{query}", lambda search: search.page(size=50)))

        found = [plan for sql, plan in asked if "MATERIALIZED" in sql]
        assert indexes(found[-1]) & partitions_of("contact_record_terms"), query


# --- Keys -------------------------------------------------------------------------------------------------


def test_without_a_key_encryption_is_not_switched_on_and_nothing_is_written(acme, load, keys, settings):
    encrypt(True)
    settings.KEY_FILE.rename(settings.KEY_FILE.with_name("elsewhere"))

    with pytest.raises(CommandError, match="There is no key file"):
        load([builders.contact(**CALL)])
    with pytest.raises(CommandError, match="There is no key file"):
        convert()
    with pytest.raises(ValidationError, match="There is no key file"):
        encrypt(True)

    assert not ContactRecord.objects.for_tenant(acme).exists()
    encrypt(False)
    assert "1 new" in load([builders.contact(**CALL)])[0]


@pytest.mark.parametrize("loss", ["missing", "open to others", "another key"])
def test_what_cannot_be_opened_is_marked_and_kept(acme, admin, signed_in, loss, settings):
    encrypt(True)
    (record,) = builders.load(acme, builders.contact(**CALL))
    before, secret = dump(), settings.KEY_FILE.read_text()
    # A new path: what this process has read of the old file is not to help it.
    settings.KEY_FILE = settings.KEY_FILE.with_name("lost.keys")
    if loss == "another key":
        KeyFile(settings.KEY_FILE).create()
    elif loss == "open to others":
        settings.KEY_FILE.write_text(secret)
        settings.KEY_FILE.chmod(0o644)
    client = signed_in(admin)

    page = client.get(CONTACTS, {"period": "7d"})
    details = client.get(reverse("contacts:details", args=[record.id]))
    searched = client.get(CONTACTS, {"period": "7d", "contact_number": CALL["caller_number"]})

    assert {page.status_code, details.status_code, searched.status_code} == {200}
    assert read(page).text.count("[cannot be decrypted]") == 3
    assert read(details).text.count("[cannot be decrypted]") >= 7
    assert ("their key is missing" in read(searched).text) == (loss != "another key")
    assert not any("data-record-id" in row.attributes for row in read(searched).all("tr"))
    ContactRecord.objects.for_tenant(acme).get().save()
    assert dump() == before
    if loss == "another key":
        with pytest.raises(CommandError, match="7 values cannot be opened"):
            convert()
        assert dump() == before


def test_every_personal_column_is_sealed(db):
    """Of contact records and transfers all numbers and names are personal; new columns of that name are too."""
    named = {
        f"{model.__name__}.{field.name}"
        for model in (ContactRecord, Transfer)
        for field in model._meta.concrete_fields
        if re.search("number|customer|party", field.name) and field.name != "hang_up_party"
    }

    found = {f"{table.model.__name__}.{field.name}" for table in conversion.Table.all() for field in table.fields}

    assert named <= found
