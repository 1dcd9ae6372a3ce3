"""Can a record that somebody else wrote make its page say something else? Names, messages and transfers are tried."""

import unicodedata

import pytest
from django.urls import reverse

from aicc.tenants.models import SkillQueue
from tests import builders
from tests.pages import read

# Reads as "invoice exe.pdf" where it is not held back.
TURNED = "invoice \u202efdp.exe"
FOREIGN = "שלום 12"


@pytest.fixture
def record(acme, agent):
    (record,) = builders.load(
        acme,
        builders.contact(
            account="agent", remarks=f"{TURNED}\x1b[2J\nsecond line", customer_number=FOREIGN, skill_queue=TURNED,
            messages=[{"text": f"{TURNED} & <b>", "sender": TURNED, "side": "customer"}, {"text": FOREIGN}],
            transfers=[{"kind": "queue", "from": TURNED, "to": FOREIGN}],
        ),
    )  # fmt: skip
    return record


@pytest.mark.parametrize("page", ["list", "details"])
def test_no_character_turns_or_hides_what_stands_beside_it(record, admin, signed_in, page):
    url = reverse("contacts:list") if page == "list" else reverse("contacts:details", args=[record.id])

    response = signed_in(admin).get(url, {"customer_name": ""})

    html = response.content.decode()
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(character) for character in html} & turning
    assert "\x1b" not in html
    isolated = {element.text for element in read(response).all("bdi")}
    assert {"invoice [U+202E]fdp.exe␛[2J second line", FOREIGN, "invoice [U+202E]fdp.exe"} <= isolated


def test_a_criterion_says_what_was_typed_without_obeying_it(record, admin, signed_in):
    page = read(signed_in(admin).get(reverse("contacts:list"), {"customer_name": TURNED}))

    assert [element.text for element in page.all("span", class_="chip-value")][-1] == "invoice [U+202E]fdp.exe"


def test_names_chosen_in_a_criterion_stand_there_as_they_are_called(acme, admin, signed_in):
    queues = [SkillQueue.objects.create(tenant=acme, name=name) for name in ("R&D <b>", "Queue \u202e")]
    criteria = {"skill_queue": [queue.pk for queue in queues]}

    page = read(signed_in(admin).get(reverse("contacts:list"), criteria))

    assert page.one("span", id="id_skill_queue-value").text == "Queue [U+202E], R&D <b>"
