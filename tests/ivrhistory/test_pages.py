"""Does Call History find the calls that are asked for, and Call Details show what was said, to whoever may see it?"""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from aicc.lib import timelimit
from aicc.lib.sealing import key_file
from aicc.tenants import parameters
from aicc.tenants.models import Role
from ivrhistory import search
from tests import builders
from tests.builders import ivr_call, load_ivr
from tests.pages import read

LIST = "/ivr/calls/"


@pytest.fixture(autouse=True)
def _recorded(acme):
    builders.record_ivr(acme)


@pytest.fixture
def get(agent, signed_in):
    """Ask as an agent, who may view IVR call history."""
    client = signed_in(agent)

    def get(path=LIST, /, **query):
        return client.get(f"{path}?{urlencode(query)}" if query else path)

    return get


def found(response):
    assert response.status_code == 200
    return [int(row["data-record-id"]) for row in read(response).all("tr") if "data-record-id" in row.attributes]


def ago(**delta):
    return timezone.now() - timedelta(**delta)


def ids(*calls):
    return [call.id for call in calls]


# --- The list --------------------------------------------------------------------------------------------------------


def test_each_criterion_finds_exactly_its_calls(acme, get):
    first, second, third, old = load_ivr(
        acme,
        ivr_call(started_at=ago(minutes=10), calling_number="+467", access_code="1", call_id="1-1"),
        ivr_call(started_at=ago(minutes=20), calling_number="+46", access_code="2", call_id="2-2", id="a"),
        ivr_call(started_at=ago(minutes=30), calling_number="+467", access_code="2", call_id="2-2", id="b"),
        ivr_call(started_at=ago(days=20), calling_number="+467", access_code="1", call_id="3-3"),
    )
    searches = {
        (): [first, second, third],
        (("period", "31d"),): [first, second, third, old],
        (("calling_number", "+467"),): [first, third],
        (("access_code", "2"),): [second, third],
        (("call_id", "2-2"),): [second, third],
        (("calling_number", "+467"), ("access_code", "2")): [third],
        (("calling_number", "46"),): [],
        # As far back as may be searched, because a link that names a call is not to miss it.
        (("call_id", "3-3"),): [old],
        (("call_id", "3-3"), ("period", "1d")): [],
    }

    assert {query: found(get(**dict(query))) for query in searches} == {
        query: ids(*calls) for query, calls in searches.items()
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"period": ""}, "Choose a period."),
        ({"period": "2d"}, "Choose one of the periods."),
        ({"period": "90d"}, "Choose one of the periods."),
        ({"period": "custom"}, "Enter a date and a time."),
        ({"period": "custom", "start": "2026-03-02T00:00", "end": "2026-03-01T00:00"}, "Enter a time after the start."),
        ({"period": "custom", "start": "2026-01-01T00:00", "end": "2026-03-01T00:00"}, "at most 40 days"),
        ({"period": "custom", "start": "2026-03-08T02:30", "end": "2026-03-09T00:00"}, "The clocks skipped"),
        ({"calling_number": "a\u0000"}, "Use letters, digits and signs only."),
        ({"access_code": "1" * 65}, "Enter at most 64 characters."),
    ],
)
def test_criteria_that_are_not_valid_say_so_and_find_nothing(query, said, acme, get):
    parameters.TIME_SPAN.set(acme, 40)
    parameters.TIME_ZONE.set(acme, "America/New_York")
    load_ivr(acme, ivr_call())

    response = get(**query)

    page = read(response)
    assert said in page.text
    assert found(response) == []
    assert "Nothing was searched" in page.text


def test_the_pages_hold_every_call_once_forth_and_back(acme, get):
    # Seven at the same moment: the order is total.
    at = ago(hours=2)
    calls = [ivr_call(started_at=at if n < 7 else at - timedelta(seconds=n)) for n in range(45)]
    load_ivr(acme, *calls)
    pages, url = [], f"{LIST}?size=20"
    while url:
        response = get(url)
        pages.append(found(response))
        url = response.context["older_url"]
    back = []
    url = response.context["newer_url"]
    while url:
        response = get(url)
        back.insert(0, found(response))
        url = response.context["newer_url"] if response.context["page"].first > 1 else None

    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({id for page in pages for id in page}) == 45
    assert back == pages[:2]
    forged = get(size="20", after="forged")
    assert found(forged) == pages[0]
    assert "That page does not exist." in read(forged).text


def test_the_count_is_exact_up_to_its_cap(acme, get, monkeypatch):
    load_ivr(acme, *(ivr_call() for _ in range(4)))
    exact = read(get()).one(id="result-count").text
    monkeypatch.setattr(search, "COUNT_CAP", 3)
    monkeypatch.setattr("ivrhistory.views.COUNT_CAP", 3)

    assert (exact, read(get()).one(id="result-count").text) == ("4 calls", "3+ calls")


def test_a_search_that_takes_too_long_keeps_its_criteria(acme, get, monkeypatch):
    monkeypatch.setattr(timelimit, "SEARCH_SECONDS", 0.05)
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE ivrhistory_ivrcall IN ACCESS EXCLUSIVE MODE")

    response = get(calling_number="+46")
    other.close()

    assert response.status_code == 503
    assert read(response).one("input", name="calling_number")["value"] == "+46"


def test_to_htmx_it_is_the_part_that_changes(acme, agent, signed_in):
    client = signed_in(agent)

    whole, part = client.get(LIST), client.get(LIST, headers={"HX-Request": "true"})
    refused = client.get(f"{LIST}?period=", headers={"HX-Request": "true"})

    assert "<html" in whole.content.decode()
    assert "Updated " in read(whole).one(id="criteria-form").text
    assert "<html" not in part.content.decode()
    assert (part.status_code, refused.status_code) == (200, 422)


def test_numbers_are_found_plain_or_sealed(acme, get, tmp_path, settings):
    settings.KEY_FILE = tmp_path / "keys"
    plain, *_ = load_ivr(acme, ivr_call(calling_number="+467", started_at=ago(minutes=1)))
    key_file().create()
    parameters.ENCRYPTION.set(None, True)
    sealed, *_ = load_ivr(acme, ivr_call(calling_number="+467", started_at=ago(minutes=2)))

    assert found(get(calling_number="+467")) == ids(plain, sealed)


# --- What keeps history from being recorded ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "switch", "said", "leads_to"),
    [
        ("off", True, "CHATRECORDFLAG is Off", "/configuration/flows/system-settings/"),
        ("bot_level", False, "no bot or flow has Historical call record on", "/configuration/flows/"),
        ("bot_level", True, "No calls were recorded in this period.", None),
        ("on", False, "No calls were recorded in this period.", None),
    ],
)
def test_an_empty_list_tells_which_setting_keeps_it_empty(calls, switch, said, leads_to, acme, admin, agent, signed_in):
    builders.record_ivr(acme, calls)
    builders.bot(acme, records_history=switch)

    to_admin, to_agent = (read(signed_in(account).get(LIST)).one(id="results") for account in (admin, agent))

    assert said in to_admin.text
    assert said in to_agent.text
    links = [link["href"] for link in to_admin.all("a") if not link["href"].startswith(LIST)]
    assert links == ([leads_to] if leads_to else [])
    assert ("A tenant administrator can change it." in to_agent.text) == bool(leads_to)


def test_an_empty_list_leads_to_the_next_longer_period_as_far_as_there_is_one(acme, get):
    parameters.TIME_SPAN.set(acme, 7)

    shorter, longest = (read(get(calling_number="+46", period=period)).one(id="results") for period in ("3d", "7d"))

    assert [link["href"] for link in shorter.all("a")] == [f"{LIST}?calling_number=%2B46&period=7d", LIST]
    assert shorter.all("a")[0].text == "Search the last 7 Days"
    assert [link["href"] for link in longest.all("a")] == [LIST]


# --- Call Details ----------------------------------------------------------------------------------------------------

LONG = "Please listen carefully, because our menu has changed. " * 20
TURNS = [
    {"at": "2026-03-01T06:18:02.120Z", "node": "welcome_01", "system_said": LONG, "interrupted": True},
    {"node": "sys_err", "user_said": "my wallet\u202egone", "intent": "card.lost", "confidence": 0.942},
    {"node": "menu", "system_said": "Press 1 <b>now</b>", "user_said": "1", "input": "keys"},
    {"at": "2026-03-01T06:26:51.208Z", "node": "sys_err", "node_name": "Flow end"},
]  # fmt: skip


def test_the_turns_read_as_an_exchange(acme, get):
    parameters.TIME_ZONE.set(acme, "Asia/Hong_Kong")
    (call,) = load_ivr(acme, ivr_call(started_at=datetime(2026, 3, 1, 6, 18, tzinfo=UTC), turns=TURNS))

    page = read(get(f"{LIST}{call.id}/"))

    steps = [step.text for step in page.one("ol", role="list").all("li")]
    assert "14:18:02.120" in steps[0]
    # An interrupted prompt is shown whole.
    assert " ".join(LONG.split()) in steps[0]
    assert "Interrupted" in steps[0]
    # In the middle of a call it is a step like others; after the user hung up it is nothing to worry about.
    assert "my wallet[U+202E]gone" in steps[1]
    assert "0.94" in steps[1]
    assert "hung up" not in steps[1]
    assert "Press 1 <b>now</b>" in steps[2]
    assert page.one("kbd", class_="turn-keys").text == "1"
    assert "14:26:51.208" in steps[3]
    assert "Recorded after the user hung up. It does not affect businesses." in steps[3]
    assert "4 steps" in page.text


def test_of_a_long_call_the_first_steps_are_shown_and_all_when_asked(acme, get, monkeypatch):
    monkeypatch.setattr("ivrhistory.views.FIRST_STEPS", 3)
    turns = [{"node": node} for node in ("a", "sys_err", "b", "sys_err", "sys_err")]
    (call,) = load_ivr(acme, ivr_call(turns=turns))

    first = read(get(f"{LIST}{call.id}/")).one(id="turns")
    whole = read(get(f"{LIST}{call.id}/{first.one('a', href='?steps=all')['href']}")).one(id="turns")

    assert [step.one("code").text for step in first.all("li")] == ["a", "sys_err", "b"]
    assert "Show all 5 steps" in first.text
    assert ["hung up" in step.text for step in whole.all("li")] == [False, False, False, True, True]
    assert "5 steps" in whole.text
    assert not whole.all("a")
    # The focus does not go with the link: reading goes on where it was.
    assert [step["id"] for step in whole.all("li") if "autofocus" in step.attributes] == ["step-4"]


@pytest.mark.parametrize("type", ["intelligent_robot", "common_ivr"])
@pytest.mark.parametrize(
    ("calls", "details", "said"),
    [
        (
            "on",
            "off",
            ["{setting} is Off. Set it to On, or to Bot-level control with Flow call recording on for Wallet"],
        ),
        (
            "on",
            "bot_level",
            ["{setting} is Bot-level control, and Flow call recording is off for the bot. Switch it on for Wallet"],
        ),
        ("on", "on", []),
        # Details are kept of calls that are kept.
        ("off", "on", ["CHATRECORDFLAG is Off. Set it to On"]),
        (
            "bot_level",
            "off",
            ["CHATRECORDFLAG is Bot-level control, and Historical call record is", "{setting} is Off"],
        ),
    ],
)
def test_details_that_were_not_recorded_say_which_settings_turn_them_on(
    type, calls, details, said, acme, admin, agent, signed_in
):
    builders.bot(acme, name="Wallet", type=type)
    builders.record_ivr(acme, robots="off", flows="off")
    (call,) = load_ivr(acme, ivr_call())
    builders.record_ivr(acme, calls, **{"robots" if type == "intelligent_robot" else "flows": details})

    to_admin, to_agent = (read(signed_in(account).get(f"{LIST}{call.id}/")) for account in (admin, agent))

    setting = {"intelligent_robot": "FLOWRECORDFLAG", "common_ivr": "CCIVRRECORDFLAG"}[type]
    sentences = [sentence.format(setting=setting) for sentence in said]
    for page in (to_admin, to_agent):
        assert all(sentence in page.text for sentence in sentences)
        assert page.text.count("RECORDFLAG is ") == max(len(said), 1)
        assert (f"{setting} is On now: later calls to Wallet have their details." in page.text) == (not said)
    assert to_admin.one("div", class_="state-actions").all("a")
    assert not to_agent.all("div", class_="state-actions")
    assert ("A tenant administrator can change it." in to_agent.text) == bool(said)


def test_a_call_and_its_contact_record_lead_to_each_other(acme, agent, get):
    at = datetime(2026, 3, 8, 12, tzinfo=UTC)
    parameters.TIME_ZONE.set(acme, "America/New_York")
    parameters.TIME_SPAN.set(acme, 1)
    (call,) = load_ivr(acme, ivr_call(call_id="1795-1", started_at=at))
    (record,) = builders.load(acme, builders.contact(call_id="1795-1", account="agent", started_at=at))

    to_contacts = read_href(get(f"{LIST}{call.id}/"), "/contacts/?")
    to_calls = read_href(get(f"/contacts/{record.id}/"), LIST + "?")

    assert found(get(to_contacts)) == [record.id]
    assert found(get(to_calls)) == [call.id]


def test_a_call_leads_to_contact_records_of_others_that_are_within_reach(acme, lead, agent, signed_in):
    (call,) = load_ivr(acme, ivr_call(call_id="1795-1"))
    (record,) = builders.load(acme, builders.contact(call_id="1795-1", account="agent"))
    client = signed_in(lead)

    # A team leader's list shows the own records at first.
    assert found(client.get("/contacts/")) == []
    assert found(client.get(read_href(client.get(f"{LIST}{call.id}/"), "/contacts/?"))) == [record.id]


def read_href(response, begins):
    return next(link["href"] for link in read(response).all("a") if link["href"].startswith(begins))


def test_without_the_permission_there_is_neither_page_nor_way_to_it(acme, agent, signed_in):
    (call,) = load_ivr(acme, ivr_call(call_id="1795-1"))
    (record,) = builders.load(acme, builders.contact(call_id="1795-1", account="agent"))
    Role.objects.for_tenant(acme).filter(name="Agent").update(permissions=["play"])
    client = signed_in(agent)

    assert [client.get(path).status_code for path in (LIST, f"{LIST}{call.id}/", f"{LIST}0/")] == [403, 403, 403]
    assert LIST not in client.get(f"/contacts/{record.id}/").content.decode()


def test_each_page_of_the_list_is_a_walk_of_an_index(acme):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for index, condition in {
            "tenant_id_started_at_id_idx": "",
            "tenant_id_calling_number": "AND calling_number = '1'",
            "tenant_id_access_code": "AND access_code = '1'",
        }.items():
            cursor.execute(
                "EXPLAIN SELECT * FROM ivrhistory_ivrcall WHERE tenant_id = 1 AND started_at < now()"
                f" {condition} ORDER BY started_at DESC, id DESC LIMIT 50"
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert index in plan
            assert "Sort  (" not in plan


ODD = ["", "'", "\u0000", "a\u0000b", "٣", "-1", "9" * 400, "%", "\ud800", "2026-03-01T00:00", "custom"]


@pytest.mark.parametrize("value", ODD, ids=ascii)
def test_no_address_is_an_error_of_the_site(value, acme, agent, signed_in):
    client = signed_in(agent)
    names = ["period", "start", "end", "calling_number", "access_code", "call_id", "size", "after", "before", "as_of"]

    together = client.get(LIST, dict.fromkeys(names, value.encode("utf-8", "surrogatepass")))
    alone = [client.get(LIST, {name: value.encode("utf-8", "surrogatepass")}) for name in names]

    assert {response.status_code for response in [together, *alone]} == {200}
