"""Does the tab Unfinished contact list what waits, say how much and how long, and keep the search?"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from contacts import processing, unfinished
from contacts.models import ContactRecord
from tests import builders
from tests.contacts.processes import HTMX, LIST, reason_of, rows, said, url
from tests.pages import read


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


def test_the_tabs_keep_the_criteria_but_not_call_reason_set_or_not(backlog, client):
    page = read(client.get(f"{LIST}?period=7d&reason_set=no&customer_name=Ada&as_of=x"))

    records, unfinished_tab = page.one("nav", id="tabs").all("a", class_="tab")
    assert (records.text, records["href"]) == ("Contact records", f"{LIST}?period=7d&reason_set=no&customer_name=Ada")
    assert records["aria-current"] == "page"
    assert unfinished_tab["href"] == f"{LIST}?period=7d&customer_name=Ada&tab=unfinished"


def test_the_tab_lists_what_waits_with_process_where_it_is_offered(backlog, acme, lead, signed_in):
    page = read(signed_in(lead).get(f"{LIST}?tab=unfinished&data_scope=organization"))

    assert len(rows(page)) == 7
    assert page.all("th", class_="col-waiting")
    assert len(page.all("a", class_="operate-process button button-small")) == 2
    assert len(page.all("input", name="record")) == 2
    assert not page.all("select", name="reason_set")


def test_every_address_of_the_tab_stays_in_it(backlog, client):
    page = read(client.get(f"{LIST}?tab=unfinished&size=20&contact_number=%2B4680000"))

    stay = [
        a["href"] for a in page.all("a") if a.attributes.get("id") in {"refresh", "criteria-reset", "refresh-below"}
    ]
    stay += [p["hx-get"] for p in page.all("p", id="result-count")]
    stay += [chip["href"] for chip in page.all("a", class_="chip-remove")]
    stay += [process["href"] for process in page.all("a", class_="operate-process button button-small")]
    assert len(stay) >= 10
    assert all("tab=unfinished" in address for address in stay), stay
    assert "List" not in page.one("ul", id="chips").text


def test_the_other_list_has_neither_waiting_nor_process(backlog, client):
    page = read(client.get(LIST))

    assert len(rows(page)) == 5
    assert not page.all("th", class_="col-waiting")
    assert not page.all("a", class_="operate-process button button-small")


def test_without_call_reasons_there_is_one_list_and_no_process(acme, backlog, reasons, client):
    parameters.SET_CALL_REASON.set(acme, False)

    page = read(client.get(LIST))
    assert not page.all("nav", id="tabs")
    page = read(client.get(f"{LIST}?tab=unfinished"))
    assert not rows(page)
    assert "Call reasons are not set in this tenant" in page.text
    response = client.get(url(backlog[0]), headers=HTMX)
    assert response.status_code == 422
    assert "Call reasons are not set in this tenant." in said(response).text
    response = client.post(url(backlog[0]), {"reason": reasons["Refund"].pk}, headers=HTMX)
    assert response.status_code == 422
    assert reason_of(backlog[0])[0] is None


def test_nothing_left_is_good_news(acme, agent, client):
    page = read(client.get(f"{LIST}?tab=unfinished"))

    assert "Nothing waits for a call reason" in page.text
    assert [a.text for a in page.one("div", class_="state-actions").all("a")][0] == "Search the last 3 Days"


def test_an_empty_page_after_a_cursor_is_the_first_one(acme, backlog, client):
    page = read(client.get(f"{LIST}?tab=unfinished"))
    last = rows(page)[-1]
    record = ContactRecord.objects.for_tenant(acme).get(id=last)
    after = unfinished.Cursor(record.started_at, record.id, 5)

    page = read(client.get(f"{LIST}?tab=unfinished&after={after}"))

    assert len(rows(page)) == 5


def test_the_badge_counts_what_is_within_reach_up_to_its_cap(acme, backlog, lead, client, signed_in, monkeypatch):
    builders.load(acme, builders.contact(account="agent", started_at=timezone.now() - timedelta(days=60)))
    badge = reverse("contacts:unfinished_count")

    assert read(client.get(badge)).one("span", class_="badge badge-work").text == "6 wait"
    assert read(signed_in(lead).get(badge)).one("span", class_="badge badge-work").text == "8 wait"
    monkeypatch.setattr(unfinished, "COUNT_CAP", 5)
    assert "5+" in client.get(badge).content.decode()
    parameters.TIME_SPAN.set(acme, 30)
    assert "5" in client.get(badge).content.decode()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 3, 28, 0, 58, 59, tzinfo=UTC),
        datetime(2027, 3, 28, 0, 59, 30, tzinfo=UTC),
        datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
        datetime(2027, 6, 26, 0, 29, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2028, 1, 29, 1, 30, tzinfo=UTC),
    ],
)
def test_the_badge_counts_also_when_clocks_are_changed_at_an_end_of_its_time(acme, agent, now):
    parameters.TIME_ZONE.set(acme, "Europe/Stockholm")
    parameters.TIME_SPAN.set(acme, 90)

    found = unfinished._all_within_reach(agent, now)

    assert found.is_valid(), found.form.errors
    assert found.window.end > now
    assert found.window.start <= now - timedelta(days=90) + timedelta(hours=1, minutes=1)


def test_a_badge_that_takes_too_long_shows_nothing(backlog, client, monkeypatch):
    monkeypatch.setattr(unfinished, "COUNT_SECONDS", 0)

    response = client.get(reverse("contacts:unfinished_count"))

    assert response.status_code == 200
    assert "badge" not in response.content.decode()


@pytest.mark.parametrize(
    ("ago", "words", "duration"),
    [
        (timedelta(seconds=-5), "0 min", "PT0M"),
        (timedelta(minutes=4, seconds=59), "4 min", "PT4M"),
        (timedelta(hours=3, minutes=12), "3 h 12 min", "PT3H12M"),
        (timedelta(days=2, hours=23), "2 d", "P2D"),
    ],
)
def test_waiting_is_said_coarsely(ago, words, duration):
    now = timezone.now()

    waiting = processing.Waiting.of(ContactRecord(ended_at=now - ago), now)

    assert (waiting.words, waiting.duration) == (words, duration)


def test_the_tab_asks_the_database_as_often_for_many_rows_as_for_one(acme, agent, reasons, client):
    def queries():
        with connection.execute_wrapper(counted):
            made.clear()
            client.get(f"{LIST}?tab=unfinished")
            return len(made)

    made = []

    def counted(execute, *statement):
        made.append(statement[0])
        return execute(*statement)

    builders.load(acme, builders.contact(account="agent"))
    for_one = queries()
    builders.load(acme, *(builders.contact(account="agent") for _ in range(30)))

    assert queries() == for_one
