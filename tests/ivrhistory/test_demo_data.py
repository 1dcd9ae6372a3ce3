"""Do the demo's IVR calls join its contacts, pass the loader whole, and stay the same?"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

from django.core.management import call_command

from aicc.tenants.management.commands.demo_tenants import ACME
from contacts.models import ContactRecord
from ivrhistory import demo
from ivrhistory.ingest.native import check
from ivrhistory.models import Bot, IvrCall
from tests import builders

NOW = datetime(2026, 3, 18, 7, 5, tzinfo=UTC)
CONTACTS = [
    demo.Contact(f"{n}-55555", NOW - timedelta(hours=n), NOW - timedelta(hours=n, minutes=-3), f"+46{n}", "400")
    for n in range(900, 0, -1)
]


def test_the_calls_are_whole_varied_and_the_same_every_time():
    calls = [check(record, now=NOW) for record in demo.calls(CONTACTS)]

    assert calls == [check(record, now=NOW) for record in demo.calls(CONTACTS)]
    assert len(calls) == 1200
    assert len({call.id for call in calls}) == 1200
    assert {call.call_id for call in calls} >= {contact.call_id for contact in CONTACTS}
    results = Counter(call.result for call in calls)
    assert results["transferred"] == 900
    assert {"completed", "user_hung_up", "failed"} <= results.keys()
    assert {call.access_code for call in calls} == {bot.access_code for bot in demo.BOTS}
    last = Counter(call.turns[-1].node == "sys_err" for call in calls)
    assert 100 < last[True] < 500
    assert all(call.ended_at <= NOW for call in calls)
    times = [[turn.at for turn in call.turns] for call in calls]
    assert all(moments == sorted(moments) for moments in times)
    assert any(turn.is_interrupted and turn.system_said for call in calls for turn in call.turns)


def test_the_command_loads_them_once_for_acme_as_its_settings_say(acme):
    for parameter, value in ACME.settings.items():
        parameter.set(acme, value)
    contacts = [builders.contact(call_id=f"17-{n}") for n in range(60)]
    builders.load(acme, *contacts, source="demo")
    output = StringIO()

    call_command("demo_ivr", stdout=output)
    call_command("demo_ivr", stdout=output)

    assert "26 IVR calls" in output.getvalue()
    calls = IvrCall.objects.for_tenant(acme)
    joined = ContactRecord.objects.for_tenant(acme).filter(call_id__in=calls.values("call_id")).count()
    assert (calls.count(), joined, output.getvalue().count("\n")) == (26, 20, 1)
    assert {call.has_details for call in calls.filter(access_code="55501201")} <= {False}
    assert Bot.objects.for_tenant(acme).count() == len(demo.BOTS)
