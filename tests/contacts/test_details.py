"""Does the page of a contact show what belongs to it, to those who may see it, and nothing of anybody else?"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from aicc.tenants.choices import Action
from aicc.tenants.models import Operation, Role
from contacts import demo
from tests import builders, media
from tests.pages import masked, read, section

MEDIA = Path(demo.__file__).parent / "media"

CALL_SN = "1234567890123456789"
MESSAGES = [
    {"text": "Good morning", "side": "customer", "sender": "Zoë", "at": "2026-03-20T22:59:58Z"},
    {"text": "<b>How</b> may I help?", "side": "agent", "at": "2026-03-20T23:00:05Z"},
    {"text": "The contact was handed on", "side": "system", "at": "2026-03-20T23:01:00Z"},
]
TRANSFERS = [{"kind": "queue", "from": "agent", "to": "Returns", "at": "2026-03-20T23:01:00Z"}]


@pytest.fixture
def call(acme, agent, lead):
    """A call with two legs: the agent's, then the lead's."""
    begun = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    same = {"call_sn": CALL_SN, "media_type": "multimedia", "channel": "web"}
    return builders.load(
        acme,
        builders.contact(account="agent", started_at=begun, messages=MESSAGES, transfers=TRANSFERS, **same),
        builders.contact(
            account="lead",
            started_at=begun + timedelta(minutes=5),
            messages=[{"text": "For the lead only"}],
            transfers=[{"kind": "internal", "from": "lead", "to": "supervisor"}],
            **same,
        ),
    )


def test_the_page_says_which_call_it_is(call, details):
    page = details("agent", call[0])

    assert CALL_SN in page.one("h1").text
    assert CALL_SN in page.one("title").text


def test_the_facts_are_all_the_data_items_but_the_call_reason_which_has_a_section(call, details):
    page = details("agent", call[0]).one("dl", _class="facts")

    facts = dict(zip((dt.text for dt in page.all("dt")), (dd.text for dd in page.all("dd")), strict=True))

    assert list(facts) == [
        "Customer Number", "Account", "Employee ID", "Caller Number", "Called Number", "Media Type", "Call Type",
        "Start Time", "End Time", "Call Duration (s)", "Hang-up Party", "Skill Queue", "Satisfaction evaluation",
        "Customer Name", "Handled Number", "Call ID", "Organization Unit",
    ]  # fmt: skip
    assert (facts["Account"], facts["Organization Unit"]) == ("agent", "North desk")
    assert facts["Media Type"] == "Multimedia-Web"


def test_the_conversation_is_in_its_order_with_who_said_it_and_when(acme, call, details):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")

    said = section(details("agent", call[0]), "conversation").text

    parts = ["2026-03-20", "Zoë", "23:59:58", "Good morning", "2026-03-21", "Agent", "00:00:05", "<b>How</b> may I"]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    assert said.endswith("The contact was handed on · 00:01:00")


def test_a_message_says_what_it_is_and_a_day_begins_with_whatever_comes_first(acme, agent, details):
    kinds = ["text", "image", "audio", "video", "file", "email", "location"]
    messages = [{"text": f"a {kind}", "kind": kind, "side": "customer", "at": "2026-03-20T12:00:00Z"} for kind in kinds]
    messages.append({"text": "Ada left", "side": "system", "at": "2026-03-21T12:00:00Z"})
    chat = {"media_type": "multimedia", "channel": "web", "account": "agent", "messages": messages}
    (record,) = builders.load(acme, builders.contact(**chat))

    page = section(details("agent", record), "conversation")

    assert [bubble.text for bubble in page.all("span", class_="message-bubble")] == [
        "a text", "Image a image", "Audio a audio", "Video a video", "File a file", "Email a email",
        "Location a location",
    ]  # fmt: skip
    assert len(page.all("li", class_="message message-customer")) == len(kinds)
    assert page.text.endswith("2026-03-21 Ada left · 12:00:00")


def test_reading_a_multimedia_conversation_is_playing_it_and_is_logged(acme, agent, call, details):
    (voice,) = builders.load(acme, builders.contact(account="agent"))

    details("agent", voice)
    assert not Operation.objects.for_tenant(acme).filter(action=Action.PLAY).exists()
    details("agent", call[0])

    logged = Operation.objects.for_tenant(acme).get(action=Action.PLAY)
    assert (logged.account, logged.target) == (agent, call[0].call_sn)


def test_a_transcript_shows_where_in_the_call_it_was_said(acme, agent, details):
    lines = [{"text": "Hello", "offset_seconds": 0, "side": "agent"}, {"text": "Bye", "offset_seconds": 3725.9}]
    (record,) = builders.load(acme, builders.contact(account="agent", messages=lines))

    said = section(details("agent", record), "conversation").text

    assert said.split("Conversation content ")[1] == "0:00 Agent Hello 1:02:05 Bye"


def test_a_contact_without_words_says_so(acme, agent, details):
    (record,) = builders.load(acme, builders.contact(account="agent"))

    page = details("agent", record)

    assert "Nothing was said in writing" in section(page, "conversation").text
    assert "not transferred" in section(page, "transfers").text


def test_the_conversation_needs_the_permission_to_play(acme, call, details):
    Role.objects.for_tenant(acme).filter(name="Agent").update(permissions=["process", "download", "export"])

    page = details("agent", call[0])

    assert "needs the permission to play recordings" in section(page, "conversation").text
    assert "Good morning" not in page.text
    assert "Returns" in section(page, "transfers").text


def test_transfers_say_from_whom_to_whom_and_when(acme, call, details):
    parameters.TIME_ZONE.set(acme, "Europe/Berlin")

    transfers = section(details("agent", call[0]), "transfers")

    assert transfers.one("tbody").text == "2026-03-21 00:01:00 To skill queue agent Returns"


def test_transfers_are_those_that_the_calls_records_within_reach_tell_of(call, details):
    seen_by = {who: section(details(who, record), "transfers").text for who in ("lead", "agent") for record in call[:1]}

    assert "Returns" in seen_by["lead"]
    assert "lead supervisor" in seen_by["lead"]
    assert "Returns" in seen_by["agent"]
    assert "supervisor" not in seen_by["agent"]


def records(page):
    rows = section(page, "records").all("tr")
    return [int(row["data-record-id"]) for row in rows if "data-record-id" in row.attributes]


def test_all_records_of_the_call_are_listed_for_those_who_reach_them(call, details):
    first, second = call

    page = details("lead", first)

    assert records(page) == [second.id, first.id]
    (current,) = section(page, "records").all("tr", aria_current="true")
    assert int(current["data-record-id"]) == first.id


def test_of_records_out_of_reach_nothing_is_shown(call, details):
    page = details("agent", call[0])

    assert records(page) == [call[0].id]
    assert "For the lead only" not in page.text
    assert "supervisor" not in section(page, "transfers").text


def test_the_same_call_number_of_another_tenant_is_another_call(acme, globex, call, details, outsider_admin):
    (theirs,) = builders.load(globex, builders.contact(call_sn=CALL_SN, messages=[{"text": "Theirs"}]))

    assert records(details("outsider_admin", theirs)) == [theirs.id]
    assert "Theirs" not in details("admin", call[0]).text


def test_a_message_of_a_contact_is_no_message_of_the_page(call, details):
    """The name `messages` belongs to what the page itself has to say."""
    page = details("agent", call[0])

    assert page.one(id="toasts").text == ""


def test_the_own_record_is_open_however_old_it_is(acme, agent, details):
    long_ago = timezone.now() - timedelta(days=3_000)

    (record,) = builders.load(acme, builders.contact(account="agent", started_at=long_ago))

    assert record.call_sn in details("agent", record).text


# --- Of records out of reach ---------------------------------------------------------------------------------

HIDDEN = "Zanzibar"


@pytest.fixture
def hidden(acme, agent, lead, tmp_path):
    """A call whose second leg, the lead's, is out of the agent's reach and full of a word of its own."""
    begun = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    (tmp_path / "call.wav").write_bytes(media.wav(7))
    times = {"started_at": begun.isoformat(), "ended_at": (begun + timedelta(seconds=9)).isoformat()}
    mine, theirs = builders.load(
        acme,
        builders.contact(account="agent", started_at=begun, call_sn=CALL_SN),
        builders.contact(
            account="lead",
            started_at=begun + timedelta(minutes=5),
            call_sn=CALL_SN,
            customer_name=HIDDEN,
            handled_number=HIDDEN,
            extended={"code": HIDDEN},
            skill_queue=HIDDEN,
            call_reason=[HIDDEN],
            remarks=HIDDEN,
            reason_set_by=HIDDEN,
            phases=[{"kind": "talk", "name": HIDDEN, **times}],
            messages=[{"text": HIDDEN, "sender": HIDDEN}],
            transfers=[{"kind": "internal", "from": HIDDEN, "to": HIDDEN}],
            recordings=[{"name": "call.wav"}],
        ),
        media=tmp_path,
    )
    theirs.set_call_reason(theirs.call_reason, f"{HIDDEN} again", by=lead, now=timezone.now())
    return mine, theirs


PARTS = ["facts", "phases", "reason", "recordings", "records", "transfers", "conversation"]


def said_of(page):
    """What each part says, and the tabs over them."""
    (facts,) = page.all("dl", _class="facts")
    parts = {"facts": facts.text, "tabs": page.one("nav", data_sections=None).text}
    parts |= {"phases": " ".join(group.text for group in page.all(_class="phases"))}
    return parts | {section["id"]: section.text for section in page.all("section")}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "drawer"])
def test_no_part_says_anything_of_a_record_out_of_reach(hidden, signed_in, agent, lead, headers):
    mine, theirs = hidden
    addresses = {record: reverse("contacts:details", args=[record.id]) for record in hidden}

    own = signed_in(lead).get(addresses[theirs], headers=headers)
    seen = signed_in(agent).get(f"{addresses[mine]}?records=all&messages=all", headers=headers)

    # The word is in every part of the record it belongs to, but for the number of its recordings.
    theirs_say = said_of(read(own))
    assert [part for part in PARTS if part != "recordings" and HIDDEN not in theirs_say[part]] == []
    assert "Recordings 1" in theirs_say["tabs"]
    assert HIDDEN not in seen.content.decode()
    assert str(theirs.id) not in seen.content.decode()
    assert "0:07" not in seen.content.decode()
    mine_say = said_of(read(seen))
    assert mine_say["tabs"] == "Conversation content Call reason Contact records 1 Transfer records 0"
    assert mine_say["reason"].startswith("Call reason")
    assert "No call reason yet" in mine_say["reason"]
    assert "1:00" in mine_say["phases"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "drawer"])
def test_out_of_reach_is_like_not_there_for_the_drawer_as_well(hidden, signed_in, agent, headers):
    client, (_mine, theirs) = signed_in(agent), hidden

    exists, does_not = (
        client.get(reverse("contacts:details", args=[id]), headers=headers) for id in (theirs.id, theirs.id + 1)
    )

    assert (exists.status_code, does_not.status_code) == (404, 404)
    assert masked(exists) == masked(does_not)


# --- The part for the drawer ---------------------------------------------------------------------------------


def test_htmx_gets_the_part_that_the_page_has_without_a_second_player(call, signed_in, agent):
    client, address = signed_in(agent), reverse("contacts:details", args=[call[0].id])

    page, part = read(client.get(address)), read(client.get(address, headers={"HX-Request": "true"}))

    assert part.all("html") == []
    assert part.one(id="details").text == page.one(id="details").text
    assert part.one("h2", id="drawer-title").text == f"Call S/N {CALL_SN}"
    assert len(page.all(id="player")) == 1
    assert part.all(id="player") == []
    assert page.all(id="drawer") == []


def test_the_list_has_a_drawer_and_links_that_work_without_it(call, signed_in, agent):
    page = read(signed_in(agent).get(reverse("contacts:list")))

    assert page.one("dialog", id="drawer").text == ""
    (link,) = [link for link in page.one("tr", data_record_id=str(call[0].id)).all("a") if link.text == CALL_SN]
    assert link["href"] == reverse("contacts:details", args=[call[0].id])


# --- Many of something ---------------------------------------------------------------------------------------


def test_the_first_lines_of_a_long_conversation_are_shown_and_all_when_asked_for(acme, agent, signed_in):
    lines = [{"text": f"line-{n}.", "offset_seconds": n} for n in range(1_201)]
    (record,) = builders.load(acme, builders.contact(account="agent", messages=lines))
    client, address = signed_in(agent), reverse("contacts:details", args=[record.id])

    page = read(client.get(address))
    (more,) = [link for link in page.all("a") if link.text.startswith("Show all")]
    everything = read(client.get(more["href"]))

    assert len(section(page, "conversation").all("li")) == 200
    assert more.text == "Show all 1,201 lines"
    assert len(section(everything, "conversation").all("li")) == 1_201
    assert [link for link in everything.all("a") if link.text.startswith("Show all")] == []


def test_the_newest_records_of_a_call_are_shown_and_all_when_asked_for(acme, agent, lead, signed_in):
    now = timezone.now()
    mine = builders.load(
        acme,
        *(
            builders.contact(account="agent", call_sn=CALL_SN, started_at=now - timedelta(minutes=n + 1))
            for n in range(23)
        ),
    )
    builders.load(acme, builders.contact(account="lead", call_sn=CALL_SN))
    client, address = signed_in(agent), reverse("contacts:details", args=[mine[22].id])

    page = read(client.get(address))
    (more,) = [link for link in page.all("a") if link.text.startswith("Show all")]

    assert records(page) == [record.id for record in mine[:20]]
    assert more.text == "Show all 23 contact records"
    assert "Contact records 23" in page.one("nav", data_sections=None).text
    assert records(read(client.get(more["href"]))) == [record.id for record in mine]


def test_asking_for_all_of_one_keeps_all_of_the_other(acme, agent, signed_in):
    lines = [{"text": f"line-{n}.", "offset_seconds": n} for n in range(201)]
    same = {"account": "agent", "call_sn": CALL_SN}
    record, *_others = builders.load(
        acme, builders.contact(messages=lines, **same), *(builders.contact(**same) for _ in range(20))
    )
    address = reverse("contacts:details", args=[record.id])

    page = read(signed_in(agent).get(address, {"records": "all"}))

    (more,) = [link for link in page.all("a") if link.text.startswith("Show all")]
    assert more["href"] == f"{address}?records=all&messages=all#conversation"


@pytest.mark.parametrize("query", ["records=x&messages=1", "records=all&records=", "messages=%00", "file=7"])
def test_any_other_query_is_the_page_as_it_is(call, signed_in, agent, query):
    address = reverse("contacts:details", args=[call[0].id])

    assert read(signed_in(agent).get(f"{address}?{query}")).one(id="details").text


@pytest.mark.parametrize("count", [1, 40])
def test_the_page_asks_as_often_for_many_records_as_for_one(
    acme, lead, signed_in, count, django_assert_max_num_queries
):
    at = timezone.now().isoformat()
    same = {
        "call_sn": CALL_SN,
        "call_reason": ["A", "B", "C"],
        "skill_queue": "Billing",
        "messages": MESSAGES * count * 2,
    }
    same["phases"] = [{"kind": "talk", "started_at": at, "ended_at": at}]
    record, *_others = builders.load(acme, *(builders.contact(account="lead", **same) for _ in range(count)))
    client = signed_in(lead)

    with django_assert_max_num_queries(QUERIES_OF_THE_PAGE):
        response = client.get(reverse("contacts:details", args=[record.id]))

    assert len(records(read(response))) == min(count, 20)


# Session (read, and kept alive in a transaction), account, parameters, roles for the page and for the top bar, units
# and those granted, what the export badge says; then data items and satisfaction levels, the record, its conversation,
# the call's records with all their recordings, and its transfers. Where lines or records are many, how many. Of the
# phases, the call's first records in the order of time, which of them have any, the own ones and the others'; what the
# call reason was before.
QUERIES_OF_THE_PAGE = 25
