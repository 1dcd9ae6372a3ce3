"""Is of every call recorded what the settings and the bot's switches say, and nothing else stored?"""

from itertools import product

import pytest
from django.utils import timezone

from ivrhistory import ingest
from ivrhistory.models import Bot, IvrCall, IvrTurn
from ivrhistory.recording import Flags, Recorded
from tests import builders

FLAGS = ("off", "on", "bot_level")
TYPES = ("intelligent_robot", "common_ivr")
# The guide's prerequisites: (setting, the bot's switch) -> whether it is recorded.
RECORDED = {
    ("off", False): False,
    ("off", True): False,
    ("on", False): True,
    ("on", True): True,
    ("bot_level", False): False,
    ("bot_level", True): True,
}
# A robot's details depend on FLOWRECORDFLAG, those of a common IVR on CCIVRRECORDFLAG.
CASES = [
    (calls, robots, flows, type, history, details)
    for calls, robots, flows in product(FLAGS, repeat=3)
    for type, history, details in product(TYPES, (False, True), (False, True))
]


def expected(calls, robots, flows, type, history, details):
    call = RECORDED[calls, history]
    flag = {"intelligent_robot": robots, "common_ivr": flows}[type]
    return Recorded(call, call and RECORDED[flag, details])


def test_the_rule_is_the_table():
    found = {
        case: Flags(*case[:3]).recorded(case[3], records_history=case[4], records_details=case[5]) for case in CASES
    }

    assert len(found) == 27 * 8
    assert found == {case: expected(*case) for case in CASES}


@pytest.mark.parametrize("flags", list(product(FLAGS, repeat=3)), ids="-".join)
def test_what_is_not_to_be_recorded_is_not_stored(flags, acme):
    builders.record_ivr(acme, *flags)
    bots = list(product(TYPES, (False, True), (False, True)))
    for number, (type, history, details) in enumerate(bots):
        builders.bot(acme, str(number), type=type, records_history=history, records_details=details)
    calls = [builders.ivr_call(access_code=str(number)) for number in range(len(bots))]

    report = ingest.load(acme, ingest.read_calls(calls, where="tests", now=timezone.now()), source="tests")

    wanted = {str(number): expected(*flags, *bot) for number, bot in enumerate(bots)}
    stored = {call.access_code: call for call in IvrCall.objects.for_tenant(acme)}
    assert stored.keys() == {code for code, recorded in wanted.items() if recorded.call}
    for code, call in stored.items():
        turns = IvrTurn.objects.for_tenant(acme).filter(record_id=call.id).count()
        assert (call.turn_count, turns) == ((1, 1) if wanted[code].details else (None, 0))
    assert (report.inserted, report.left_out.total()) == (len(stored), 8 - len(stored))
    assert report.details_left_out.total() == sum(r.call and not r.details for r in wanted.values())


@pytest.mark.parametrize(
    ("calls", "left_out", "bots"),
    [
        ("off", "CHATRECORDFLAG is Off", []),
        ("bot_level", "CHATRECORDFLAG is Bot-level control, and Historical call record is off for the bot", ["5550"]),
    ],
)
def test_the_report_says_why_a_call_is_left_out(calls, left_out, bots, acme):
    builders.record_ivr(acme, calls)
    reads = ingest.read_calls([builders.ivr_call()], where="tests", now=timezone.now())

    report = ingest.load(acme, reads, source="tests")

    assert (report.left_out, report.seen) == ({left_out: 1}, 1)
    # Of a call of which nothing is kept, its access code is not either; else there is a bot to switch on.
    assert list(Bot.objects.for_tenant(acme).values_list("name", flat=True)) == bots
