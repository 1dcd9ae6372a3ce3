"""Does the Contact page show what was found, where it goes on, and what is wrong, with and without scripts?"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from contacts import search, views
from contacts.data_items import DATA_ITEMS
from tests import builders
from tests.pages import read

CONTACTS = reverse("contacts:list")
COUNT = reverse("contacts:count")


@pytest.fixture
def client(admin, signed_in):
    return signed_in(admin)


@pytest.fixture
def open_page(client):
    """The page, or the fragment that htmx asks for, as a tree."""

    def open_page(query="", *, htmx=False, status=200):
        # A link of the page is an address, or only what follows the question mark.
        address = query if query.startswith("/") else f"{CONTACTS}?{query}"
        response = client.get(address, headers={"HX-Request": "true"} if htmx else {})
        assert response.status_code == status, response.content[:500]
        return read(response)

    return open_page


def ids(page):
    return [int(row["data-record-id"]) for row in page.all("tr") if "data-record-id" in row.attributes]


def load(tenant, count, **fields):
    """Records a minute apart, the newest first."""
    now = timezone.now()
    times = (now - timedelta(minutes=minutes) for minutes in range(1, count + 1))
    return builders.load(tenant, *(builders.contact(started_at=at, **fields) for at in times))


# --- The table -----------------------------------------------------------------------------------------------


def test_the_columns_are_the_guides_in_its_order(acme, open_page):
    load(acme, 1)

    columns = [cell.text for cell in open_page().all("th", scope="col")]

    assert columns[:16] == [
        "Call S/N", "Customer Number", "Account", "Employee ID", "Caller Number", "Called Number", "Media Type",
        "Call Type", "Start Time", "End Time", "Call Duration (s)", "Hang-up Party", "Skill Queue", "Call Reason",
        "Call Remarks", "Satisfaction evaluation",
    ]  # fmt: skip
    assert columns[16:] in ([], ["Operate"])


def test_four_items_start_hidden():
    hidden = [str(item.label) for item in DATA_ITEMS if not item.shown]

    assert hidden == ["Customer Name", "Handled Number", "Call ID", "Organization Unit"]


def cells(page):
    """The first row's cells by their label."""
    row = next(row for row in page.all("tr") if "data-record-id" in row.attributes)
    shown = [cell for cell in row.all() if cell.tag in ("th", "td")]
    return {cell.attributes.get("data-label") or "Call S/N": cell.text for cell in shown}


def shown_time(local):
    """As a person reads it: the year stands apart where it is this one."""
    this_year = (timezone.now() + local.utcoffset()).year
    date = f"{local:%Y}- {local:%m-%d}" if local.year == this_year else f"{local:%Y-%m-%d}"
    return f"{date} {local:%H:%M:%S}"


def test_a_row_says_what_the_record_is(acme, agent, open_page):
    parameters.TIME_ZONE.set(acme, "Asia/Hong_Kong")
    started = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    (record,) = builders.load(
        acme,
        builders.contact(
            call_sn="1234567890123456789", started_at=started, connected_at=started + timedelta(seconds=5),
            ended_at=started + timedelta(seconds=95.9), media_type="multimedia", channel="whatsapp",
            account="agent", customer_number="+861", caller_number="+862", called_number="+863",
            hang_up_party="user", skill_queue="Billing", call_reason=["Billing", "Refund"], remarks="Called <twice>",
            satisfaction="1",
        ),
    )  # fmt: skip

    page = open_page()

    local = started.astimezone(ZoneInfo("Asia/Hong_Kong"))
    assert ids(page) == [record.id]
    assert cells(page) | {"Operate": ""} == {
        "Call S/N": "1234567890123456789",
        "Customer Number": "+861",
        "Account": "agent",
        "Employee ID": "1003",
        "Caller Number": "+862",
        "Called Number": "+863",
        "Media Type": "Multimedia-WhatsApp",
        "Call Type": "Incoming Call",
        "Start Time": shown_time(local),
        "End Time": shown_time(local + timedelta(seconds=95)),
        "Call Duration (s)": "90",
        "Hang-up Party": "User",
        "Skill Queue": "Billing",
        "Call Reason": "Billing › Refund",
        "Call Remarks": "Called <twice>",
        "Satisfaction evaluation": "Very dissatisfied",
        "Operate": "",
    }


@pytest.mark.parametrize(
    ("fields", "label", "shown"),
    [
        ({"duration_seconds": 0.9}, "Call Duration (s)", "0"),
        ({"connected_at": None}, "Call Duration (s)", "–"),
        ({"ended_at": None}, "End Time", "–"),
        ({}, "Satisfaction evaluation", "–"),
        ({"satisfaction": "not_evaluated"}, "Satisfaction evaluation", "Not evaluated"),
        ({"satisfaction": "evaluation_failed"}, "Satisfaction evaluation", "Evaluation failed"),
        ({"media_type": "multimedia", "channel": "other"}, "Media Type", "Multimedia-Others Channel"),
        ({"media_type": "multimedia", "channel": "x"}, "Media Type", "Multimedia-X (Twitter)"),
        ({"media_type": "video"}, "Media Type", "Video"),
        ({"call_type": "robot_outbound"}, "Call Type", "Intelligent Robot Outbound Call"),
        ({"remarks": "😀 账单"}, "Call Remarks", "😀 账单"),
    ],
)
def test_a_cell_shows_the_guides_words_or_a_dash(acme, open_page, fields, label, shown):
    builders.load(acme, builders.contact(**fields))

    assert cells(open_page())[label] == shown


def test_a_call_serial_number_opens_the_details(acme, open_page, client):
    (record,) = load(acme, 1)

    (link,) = [link for link in open_page().all("a") if link.text == record.call_sn]

    assert link["href"] == reverse("contacts:details", args=[record.id])
    assert client.get(link["href"]).status_code == 200


def test_everybody_sees_their_own_records_only(acme, globex, agent, lead, signed_in):
    mine, _theirs = builders.load(acme, builders.contact(account="agent"), builders.contact(account="lead"))
    load(globex, 3)

    page = read(signed_in(agent).get(CONTACTS))

    assert ids(page) == [mine.id]


# --- From page to page ------------------------------------------------------------------------------------


def link(page, rel):
    found = [element["href"] for element in page.all("a", rel=rel)]
    return found[0] if found else None


def test_the_links_lead_through_all_pages_and_back(acme, open_page):
    wanted = [record.id for record in load(acme, 45)]
    page = open_page("size=20&period=3d")
    forward = [ids(page)]

    while older := link(page, "next"):
        page = open_page(older)
        forward.append(ids(page))
        assert len(forward) < 10, "the pages have no end"
    back = [ids(page)]
    while newer := link(page, "prev"):
        page = open_page(newer)
        back.append(ids(page))
        assert len(back) < 10, "the pages have no beginning"

    assert [len(some) for some in forward] == [20, 20, 5]
    assert [id for some in forward for id in some] == wanted
    assert back[::-1] == forward


def test_the_pager_says_which_rows_are_shown(acme, open_page):
    load(acme, 25)

    first = open_page("size=20")
    second = open_page(link(first, "next"))

    assert "Showing 1–20, newest first" in first.text
    assert "Showing 21–25, newest first" in second.text


@pytest.mark.parametrize(("size", "shown"), [("20", 20), ("100", 60), ("", 50), ("30", 50), ("-1", 50), ("٢٠", 50)])
def test_a_page_has_twenty_fifty_or_a_hundred_rows(acme, open_page, size, shown):
    load(acme, 60)

    page = open_page(f"size={size}")

    assert len(ids(page)) == shown
    options = page.one("select", id="page-size").all("option")
    (chosen,) = [option["value"] for option in options if "selected" in option.attributes]
    assert chosen == (size if size in ("20", "100") else "50")


def test_a_period_does_not_slide_from_page_to_page(acme, open_page, monkeypatch):
    begun = timezone.now()
    records = builders.load(
        acme, *(builders.contact(started_at=begun - timedelta(hours=23, minutes=59, seconds=s)) for s in range(1, 41))
    )
    page = open_page("size=20&period=1d")
    assert ids(page) == [record.id for record in records[:20]]

    # A quarter of an hour later the rest would be older than a day.
    monkeypatch.setattr(timezone, "now", lambda: begun + timedelta(minutes=15))
    older = open_page(link(page, "next"))
    counted = open_page(count_url(page), htmx=True)

    assert ids(older) == [record.id for record in records[20:]]
    assert counted.text == "40 contacts"
    assert ids(open_page("size=20&period=1d")) == []


def test_a_new_search_forgets_where_the_old_one_stood(acme, open_page):
    load(acme, 30)
    second = open_page(link(open_page("size=20"), "next"))

    addresses = [a["href"] for a in second.all("a", id="refresh")]
    hidden = {element.attributes.get("name") for element in second.one("form", id="criteria-form").all("input")}

    assert addresses
    assert all(not {"after", "before", "as_of"} & parse_qs(urlsplit(url).query).keys() for url in addresses)
    assert not {"after", "before", "as_of"} & hidden


@pytest.mark.parametrize("cursor", ["after=nonsense", "before=AAAA", "after=%00", "after=" + "A" * 27, "before=ü"])
def test_a_forged_cursor_leads_to_the_newest_contacts_and_says_so(acme, open_page, cursor):
    (record,) = load(acme, 1)

    page = open_page(cursor)

    assert ids(page) == [record.id]
    assert "That page does not exist. These are the newest contacts." in page.text


@pytest.mark.parametrize("as_of", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "yesterday", "2026-03-20", "\x00"])
def test_a_made_up_moment_is_now(acme, open_page, as_of):
    (record,) = load(acme, 1)

    assert ids(open_page(f"as_of={as_of}")) == [record.id]


# --- The count ------------------------------------------------------------------------------------------------


def count_url(page):
    return page.one(id="result-count").one("a")["href"]


@pytest.mark.parametrize(("count", "said"), [(1, "1 contact"), (2, "2 contacts")])
def test_the_count_comes_after_the_rows_and_by_itself(acme, open_page, count, said):
    load(acme, count, caller_number="100")
    load(acme, 3)

    page = open_page("contact_number=100")
    fragment, whole = open_page(count_url(page), htmx=True), open_page(count_url(page))

    assert page.one(id="result-count")["hx-get"] == count_url(page)
    assert fragment.text == said
    assert whole.one(id="result-count").text == said


@pytest.mark.parametrize(("count", "said"), [(1000, "1,000 contacts"), (1001, "1,000+ contacts")])
def test_a_count_beyond_its_cap_says_more(acme, open_page, monkeypatch, count, said):
    monkeypatch.setattr(views, "COUNT_CAP", 1000)
    monkeypatch.setattr(search.ContactSearch.count, "__defaults__", (1000,))
    load(acme, count)

    assert open_page(COUNT, htmx=True).text == said


def test_counts_are_exact_up_to_ten_thousand():
    assert views.COUNT_CAP == search.COUNT_CAP == 10_000
    assert search.ContactSearch.count.__defaults__ == (10_000,)


def test_criteria_that_are_not_valid_have_no_count(open_page):
    page = open_page(f"{COUNT}?period=forever")

    assert "contact" not in page.one(id="result-count").text.split()


# --- Nothing found, nothing searched -----------------------------------------------------------------------


def test_nothing_found_says_so_and_where_to_look(acme, open_page):
    load(acme, 1)

    page = open_page("contact_number=404")

    assert (ids(page), page.one(id="result-count").text) == ([], "0 contacts")
    assert "No contacts match these criteria" in page.text
    assert "Contact number 404 is searched as an exact match." in page.text
    suggested = {a.text: parse_qs(urlsplit(a["href"]).query) for a in page.all("a", class_="button")}
    assert suggested["Search the last 3 Days"] == {"contact_number": ["404"], "period": ["3d"]}
    assert suggested["Use Contact Number (Fuzzy Search)"] == {"number_contains": ["404"]}


@pytest.mark.parametrize(("htmx", "status"), [(False, 200), (True, 422)], ids=["page", "fragment"])
def test_criteria_that_are_not_valid_are_marked_and_show_no_rows(acme, open_page, htmx, status):
    load(acme, 2)

    page = open_page("period=custom&start=2026-03-20T10:00&end=2026-03-20T09:00", htmx=htmx, status=status)

    assert ids(page) == []
    assert "Nothing was searched" in page.text
    field = page.one("input", name="end")
    assert field["aria-invalid"] == "true"
    assert field["value"] == "2026-03-20T09:00"
    assert page.one(id=field["aria-describedby"]).text == "Enter a time after the start."
    assert page.all(id="result-count") == []


def test_what_was_typed_is_shown_as_text(open_page):
    page = open_page('contact_number="><b>bold</b>&period=<i>')

    assert page.all("b") == page.all("i") == []
    assert page.one("input", name="contact_number")["value"] == '"><b>bold</b>'


# --- Chips and links ---------------------------------------------------------------------------------------


def test_each_chip_takes_its_criterion_away_and_keeps_the_rest(open_page):
    page = open_page("period=3d&contact_number=100&call_type=incoming&size=20&unknown=kept")

    chips = page.one("ul", id="chips").all("li", class_="chip")

    said = {chip.text: parse_qs(urlsplit(chip.one("a")["href"]).query) if chip.all("a") else None for chip in chips}
    kept = {"period": ["3d"], "size": ["20"], "unknown": ["kept"]}
    assert said == {
        "Period: 3 Days": None,
        "Contact number: 100": kept | {"call_type": ["incoming"]},
        "Call Type: Incoming Call": kept | {"contact_number": ["100"]},
    }
    assert parse_qs(urlsplit(page.one("a", class_="chip-clear")["href"]).query) == kept


def test_every_request_of_a_script_has_an_address_without_one(acme, open_page):
    load(acme, 60)

    for query in ("", "data_scope=organization", "contact_number=404", "period=forever"):
        elements = open_page(query).all()
        # A badge is nobody's way to anywhere: without scripts there is none.
        badge = reverse("contacts:unfinished_count")
        asked = {element["hx-get"] for element in elements if "hx-get" in element.attributes} - {badge}
        offered = {element.attributes.get(name) for element in elements for name in ("href", "action", "formaction")}
        assert asked
        assert asked <= offered


def test_a_fragment_is_the_results_without_the_page(acme, open_page):
    (record,) = load(acme, 1)

    fragment = open_page(htmx=True)

    assert ids(fragment) == [record.id]
    assert fragment.all("html") == fragment.all("header", class_="topbar") == []
    assert {e["id"] for e in fragment.all() if "hx-swap-oob" in e.attributes} >= {"criteria-form", "chips"}


# --- What it costs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_asks_the_database_as_often_for_fifty_rows_as_for_one(
    acme, lead, signed_in, count, django_assert_max_num_queries
):
    load(acme, count, account="lead", call_reason=["Billing", "Refund", "Late"], skill_queue="Billing")
    client = signed_in(lead)

    with django_assert_max_num_queries(QUERIES_OF_THE_PAGE):
        response = client.get(CONTACTS)

    assert len(ids(read(response))) == count


# Session (read, and kept alive in a transaction), account, parameters, roles for the page and for the top bar,
# units, queues and levels to choose from, data items, the export badge; the time limit, probe, page and recordings.
QUERIES_OF_THE_PAGE = 18
