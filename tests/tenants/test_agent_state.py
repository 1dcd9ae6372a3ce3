"""Is somebody signed in as agent exactly as long as they say so, and is it known who was?"""

import pytest
from django.urls import reverse

from aicc.tenants.models import Operation
from tests.pages import read

STATE = reverse("agent_state")


def said(client) -> str:
    (menu,) = read(client.get("/contacts/")).all("details", class_="agent menu")
    return menu.one("summary").text


def test_an_agent_signs_in_and_out_and_that_is_logged(acme, agent, signed_in):
    client = signed_in(agent)
    assert said(client) == "Agent 1003 · Signed out"

    response = client.post(STATE, {"state": "in", "next": "/contacts/?period=7d"})
    assert response.url == "/contacts/?period=7d"
    assert said(client) == "Agent 1003 · Signed in"
    client.post(STATE, {"state": "in"})
    client.post(STATE, {"state": "out"})

    assert said(client) == "Agent 1003 · Signed out"
    log = Operation.objects.for_tenant(acme).order_by("id").values_list("action", "target")
    assert list(log) == [("sign_in", "Agent 1003"), ("sign_out", "Agent 1003")]


def test_it_ends_with_the_sign_out(agent, signed_in):
    client = signed_in(agent)
    client.post(STATE, {"state": "in"})

    client.post(reverse("logout"))
    client.force_login(agent, backend="aicc.tenants.access.AccountBackend")

    assert said(client) == "Agent 1003 · Signed out"


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_leads_nowhere_else(agent, signed_in, next):
    assert signed_in(agent).post(STATE, {"state": "in", "next": next}).url == "/"


def test_without_an_employee_id_there_is_nothing_to_sign_in_to(admin, signed_in):
    client = signed_in(admin)

    assert client.post(STATE, {"state": "in"}).status_code == 403
    assert not read(client.get("/contacts/")).all("details", class_="agent menu")
