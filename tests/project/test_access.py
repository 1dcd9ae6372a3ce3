"""Who may open what? A row for every address; one without a row fails.

What is then seen there is tried with each page.
"""

import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from aicc.tenants.models import Role, SkillQueue
from contacts.decisions import CallReason, ItemSetting
from tests import builders
from tests.pages import masked

CAST = ("anonymous", "operator", "admin", "agent", "outsider_admin", "outsider_agent")
# Statuses in the order of the cast, for a GET. `record` is a contact that Acme's agent handled, `reason` and `item` are
# what Acme's administrator decided.
GET = {
    # the way in, for everybody
    "login": (200, 302, 302, 302, 302, 302),
    "healthz": (200, 200, 200, 200, 200, 200),
    "readyz": (200, 200, 200, 200, 200, 200),
    "home": (302, 200, 302, 302, 302, 302),
    # what is only posted
    "logout": (405, 405, 405, 405, 405, 405),
    "preferences": (405, 405, 405, 405, 405, 405),
    "agent_state": (302, 405, 405, 405, 405, 405),
    # a tenant's pages: not the operator's
    "contacts:list": (302, 403, 200, 200, 200, 200),
    "contacts:count": (302, 403, 200, 200, 200, 200),
    "contacts:volume": (302, 403, 200, 200, 200, 200),
    "contacts:unfinished_count": (302, 403, 200, 200, 200, 200),
    # none are named, which is said
    "contacts:process_several": (302, 403, 200, 200, 200, 200),
    "contacts:account_options": (302, 403, 200, 200, 200, 200),
    "contacts:unit_options": (302, 403, 200, 200, 200, 200),
    # exports: asked for with Contact Record Export, listed with the download of recordings as well
    "exports:list": (302, 403, 200, 200, 200, 200),
    "exports:new": (302, 403, 200, 403, 200, 403),
    "exports:matched": (302, 403, 200, 403, 200, 403),
    # a download: asked for with the download of recordings, of a record within reach
    "exports:download record": (302, 403, 200, 200, 404, 404),
    # a task: for whoever asked for it, and the tenant's administrators
    "exports:row task": (302, 403, 302, 404, 404, 404),
    "exports:prepared task": (302, 403, 302, 404, 404, 404),
    "exports:cancel task": (302, 405, 405, 405, 405, 405),
    "exports:delete task": (302, 403, 200, 404, 404, 404),
    "exports:file task": (302, 403, 200, 404, 404, 404),
    # IVR call history: with the permission to view it, all of the tenant's
    "ivrhistory:calls": (302, 403, 200, 200, 200, 200),
    "ivrhistory:call call": (302, 403, 200, 200, 404, 404),
    # the Configuration Center: for a tenant's administrators
    "configuration:home": (302, 403, 302, 403, 302, 403),
    "configuration:parameters": (302, 403, 200, 403, 200, 403),
    "configuration:operation_log": (302, 403, 200, 403, 200, 403),
    "contact_configuration:data_items": (302, 403, 200, 403, 200, 403),
    "contact_configuration:preview_data_items": (302, 403, 302, 403, 302, 403),
    "contact_configuration:reset_data_items": (302, 403, 200, 403, 200, 403),
    "contact_configuration:add_data_item": (302, 403, 200, 403, 200, 403),
    "contact_configuration:remove_data_item item": (302, 403, 200, 403, 404, 403),
    "contact_configuration:satisfaction": (302, 403, 200, 403, 200, 403),
    "contact_configuration:call_reasons": (302, 403, 200, 403, 200, 403),
    "contact_configuration:add_call_reason": (302, 403, 200, 403, 200, 403),
    "contact_configuration:rename_call_reason reason": (302, 403, 200, 403, 404, 403),
    "contact_configuration:move_call_reason reason": (302, 403, 200, 403, 404, 403),
    "contact_configuration:order_call_reason reason": (302, 405, 405, 405, 405, 405),
    "contact_configuration:activate_call_reason reason": (302, 405, 405, 405, 405, 405),
    "contact_configuration:deactivate_call_reason reason": (302, 403, 200, 403, 404, 403),
    "contact_configuration:delete_call_reason reason": (302, 403, 200, 403, 404, 403),
    "configuration:skill_queues": (302, 403, 200, 403, 200, 403),
    "configuration:add_skill_queue": (302, 403, 200, 403, 200, 403),
    "configuration:rename_skill_queue queue": (302, 403, 200, 403, 404, 403),
    "configuration:delete_skill_queue queue": (302, 403, 200, 403, 404, 403),
    "configuration:activate_skill_queue queue": (302, 403, 200, 403, 404, 403),
    "configuration:organization": (302, 403, 200, 403, 200, 403),
    "configuration:unit_options": (302, 403, 200, 403, 200, 403),
    "configuration:add_unit": (302, 403, 200, 403, 200, 403),
    "configuration:add_sub_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:rename_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:move_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:order_unit unit": (302, 405, 405, 405, 405, 405),
    "configuration:delete_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:accounts": (302, 403, 200, 403, 200, 403),
    "configuration:add_account": (302, 403, 200, 403, 200, 403),
    "configuration:account account": (302, 403, 200, 403, 404, 403),
    "configuration:move_account account": (302, 403, 200, 403, 404, 403),
    "configuration:reset_password account": (302, 403, 200, 403, 404, 403),
    "configuration:unlock_account account": (302, 405, 405, 405, 405, 405),
    "configuration:roles": (302, 403, 200, 403, 200, 403),
    "configuration:add_role": (302, 403, 200, 403, 200, 403),
    "configuration:role role": (302, 403, 200, 403, 404, 403),
    "configuration:delete_role role": (302, 403, 200, 403, 404, 403),
    "flow_configuration:flows": (302, 403, 200, 403, 200, 403),
    "flow_configuration:add_flow": (302, 403, 200, 403, 200, 403),
    "flow_configuration:edit_flow bot": (302, 403, 200, 403, 404, 403),
    "flow_configuration:delete_flow bot": (302, 403, 200, 403, 404, 403),
    "flow_configuration:activate_flow bot": (302, 403, 200, 403, 404, 403),
    "flow_configuration:system_settings": (302, 403, 200, 403, 200, 403),
    # the operator's
    "system_parameters": (302, 200, 403, 403, 403, 403),
    # a record: for those within whose reach it is
    "contacts:details record": (302, 403, 200, 200, 404, 404),
    # its recording: there is none, which is said
    "contacts:play record": (302, 403, 422, 422, 404, 404),
    "contacts:media record position": (302, 403, 422, 422, 404, 404),
    # its call reason: its own agent's, and those who may edit all
    "contacts:process record": (302, 403, 200, 200, 404, 404),
}
POST = {
    "login": (200, 302, 302, 302, 302, 302),
    "logout": (302, 302, 302, 302, 302, 302),
    "preferences": (302, 302, 302, 302, 302, 302),
    # for agents
    "agent_state": (302, 403, 403, 302, 403, 302),
    # a task that has ended is only deleted
    "exports:cancel task": (302, 403, 302, 404, 404, 404),
    "exports:delete task": (302, 403, 302, 404, 404, 404),
    # with mistakes, which are shown
    "exports:new": (302, 403, 200, 403, 200, 403),
    "exports:download record": (302, 403, 200, 200, 404, 404),
    "contacts:process record": (302, 403, 200, 200, 404, 404),
    "contacts:process_several": (302, 403, 200, 200, 200, 200),
    "configuration:parameters": (302, 403, 200, 403, 200, 403),
    "system_parameters": (302, 200, 403, 403, 403, 403),
    "contact_configuration:data_items": (302, 403, 200, 403, 200, 403),
    "contact_configuration:preview_data_items": (302, 403, 200, 403, 200, 403),
    "contact_configuration:reset_data_items": (302, 403, 302, 403, 302, 403),
    "contact_configuration:add_data_item": (302, 403, 200, 403, 200, 403),
    "contact_configuration:remove_data_item item": (302, 403, 302, 403, 404, 403),
    "contact_configuration:satisfaction": (302, 403, 200, 403, 200, 403),
    "contact_configuration:add_call_reason": (302, 403, 200, 403, 200, 403),
    "contact_configuration:rename_call_reason reason": (302, 403, 200, 403, 404, 403),
    "contact_configuration:move_call_reason reason": (302, 403, 200, 403, 404, 403),
    "contact_configuration:order_call_reason reason": (302, 403, 302, 403, 404, 403),
    "contact_configuration:activate_call_reason reason": (302, 403, 302, 403, 404, 403),
    "contact_configuration:deactivate_call_reason reason": (302, 403, 302, 403, 404, 403),
    "contact_configuration:delete_call_reason reason": (302, 403, 302, 403, 404, 403),
    "configuration:add_skill_queue": (302, 403, 200, 403, 200, 403),
    "configuration:rename_skill_queue queue": (302, 403, 200, 403, 404, 403),
    "configuration:add_unit": (302, 403, 200, 403, 200, 403),
    "configuration:add_sub_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:rename_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:move_unit unit": (302, 403, 200, 403, 404, 403),
    # there are accounts in it
    "configuration:delete_unit unit": (302, 403, 200, 403, 404, 403),
    "configuration:add_account": (302, 403, 200, 403, 200, 403),
    "configuration:account account": (302, 403, 200, 403, 404, 403),
    "configuration:move_account account": (302, 403, 200, 403, 404, 403),
    "configuration:reset_password account": (302, 403, 200, 403, 404, 403),
    "configuration:add_role": (302, 403, 200, 403, 200, 403),
    "configuration:role role": (302, 403, 200, 403, 404, 403),
    # accounts have it
    "configuration:delete_role role": (302, 403, 200, 403, 404, 403),
    "flow_configuration:add_flow": (302, 403, 200, 403, 200, 403),
    "flow_configuration:edit_flow bot": (302, 403, 200, 403, 404, 403),
    "flow_configuration:system_settings": (302, 403, 200, 403, 200, 403),
    # done at once
    "flow_configuration:delete_flow bot": (302, 403, 302, 403, 404, 403),
    "flow_configuration:activate_flow bot": (302, 403, 302, 403, 404, 403),
    "configuration:delete_skill_queue queue": (302, 403, 302, 403, 404, 403),
    "configuration:activate_skill_queue queue": (302, 403, 302, 403, 404, 403),
    "configuration:order_unit unit": (302, 403, 302, 403, 404, 403),
    "configuration:unlock_account account": (302, 403, 302, 403, 404, 403),
}
# Whoever is not signed in comes here; every other page sends to the sign-in.
PUBLIC = {"login", "logout", "preferences", "healthz", "readyz"}

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def patterns(resolver=None, namespace=""):
    """Every URL pattern by its name, those of included files with theirs in front."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry
        else:
            yield from patterns(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


@pytest.fixture
def record(acme, agent):
    return builders.load(acme, builders.contact(account="agent"))[0]


@pytest.fixture
def call(acme):
    builders.record_ivr(acme)
    return builders.load_ivr(acme, builders.ivr_call())[0]


@pytest.fixture
def ids(record, call, acme, admin, agent):
    """What stands in the addresses that name something: things of Acme's that its agent has to do with."""
    return {
        "record": record.id,
        "position": 0,
        "unit": agent.unit_id,
        "account": agent.id,
        "queue": SkillQueue.objects.for_tenant(acme).get(name="Billing").id,
        "role": Role.objects.for_tenant(acme).get(name="Agent").id,
        "reason": CallReason.objects.create(tenant=acme, name="Billing").pk,
        "item": ItemSetting.objects.create(tenant=acme, is_extended=True, key="contract", name="Contract").pk,
        "task": builders.export_task(admin).pk,
        "call": call.id,
        "bot": call.bot_id,
    }


@pytest.fixture
def visit(request, ids, signed_in):
    """Open a row's address as a member of the cast."""

    clients = {"anonymous": Client()}

    def visit(who, row, method="get", id=None):
        if who not in clients or row == "logout":
            clients[who] = signed_in(request.getfixturevalue(who)) if who != "anonymous" else Client()
        return getattr(clients[who], method)(address(row, ids if id is None else named(ids, id)))

    return visit


def address(row, ids):
    name, *things = row.split()
    return reverse(name, args=[ids[thing] for thing in things])


def named(ids, id):
    """The same id for everything; tasks have another kind of ids."""
    return {**dict.fromkeys(ids, id), "task": uuid.uuid4()}


def test_every_address_has_a_row():
    rows = {row.split()[0] for row in GET}

    assert {name for name, _pattern in patterns()} == rows


@pytest.mark.parametrize("row", GET)
def test_who_opens_what(row, visit):
    statuses = tuple(visit(who, row).status_code for who in CAST)

    assert statuses == GET[row]


@pytest.mark.parametrize("row", POST)
def test_who_sends_what(row, visit):
    statuses = tuple(visit(who, row, "post").status_code for who in CAST)

    assert statuses == POST[row]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("row", [row for row in GET if row not in POST])
def test_what_is_only_read_takes_nothing(row, method, visit):
    assert visit("admin", row, method).status_code == 405


@pytest.mark.parametrize("row", GET)
def test_a_head_is_answered_like_a_get_without_its_body(row, visit):
    head, get = visit("admin", row, "head"), visit("admin", row)

    assert head.status_code == get.status_code
    assert not b"".join(head)


# --- The way in ------------------------------------------------------------------------------------------


def test_only_what_is_meant_to_be_public_is():
    public = {name for name, pattern in patterns() if not getattr(pattern.callback, "login_required", True)}

    assert public == PUBLIC


@pytest.mark.parametrize("row", [row for row in GET if row.split()[0] not in PUBLIC])
def test_everybody_else_is_sent_to_the_sign_in_and_back(row, visit, ids):
    response = visit("anonymous", row)

    assert response.url == f"{reverse('login')}?next={address(row, ids)}"


def test_an_address_that_does_not_exist_asks_nobody_to_sign_in(db):
    assert Client().get("/no-such-page/").status_code == 404


# --- What is out of reach ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["outsider_admin", "outsider_agent", "agent"])
@pytest.mark.parametrize("row", [row for row in GET if row.endswith(" record")])
def test_a_record_out_of_reach_looks_like_one_that_does_not_exist(row, who, visit, acme, lead):
    (out_of_reach,) = builders.load(acme, builders.contact(account="lead"))

    exists, does_not = visit(who, row, id=out_of_reach.id), visit(who, row, id=out_of_reach.id + 1)

    assert (exists.status_code, does_not.status_code) == (404, 404)
    assert masked(exists) == masked(does_not)
    assert exists.headers == does_not.headers


def test_what_another_tenant_has_looks_like_what_does_not_exist(visit):
    for row in (row for row in POST if " " in row):
        exists, does_not = visit("outsider_admin", row, "post"), visit("outsider_admin", row, "post", id=2**40)

        assert (exists.status_code, does_not.status_code) == (404, 404)
        assert masked(exists) == masked(does_not)
        assert exists.headers == does_not.headers


@pytest.mark.parametrize("id", [0, 2**63 - 1, 2**63, 2**64, 10**100, 10**4_000], ids=lambda id: str(id)[:20])
def test_an_id_of_any_size_is_only_unknown(id, visit):
    for row in GET.keys() | POST.keys():
        if " " in row:
            assert visit("admin", row, "post" if row in POST else "get", id=id).status_code == 404


@pytest.mark.parametrize("id", ["-1", "1.5", "x", "٣", "１", "9" * 5_000], ids=lambda id: ascii(id)[:12])
@pytest.mark.parametrize("row", [row for row in GET if row.endswith(" record")])
def test_what_is_no_id_is_unknown_too(row, id, admin, signed_in):
    path = address(row, {"record": 7}).replace("7", id)

    assert signed_in(admin).get(path).status_code == 404


# --- What every answer carries ----------------------------------------------------------------------------


def answers(visit):
    """An answer of every kind: pages, redirects, refusals, errors, health."""
    for row in GET:
        for who in ("anonymous", "operator", "admin", "outsider_agent"):
            yield who, visit(who, row)
        yield "admin", visit("admin", row, "put")


def test_every_answer_has_the_strict_headers(visit):
    for _who, response in answers(visit):
        policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))

        assert policy == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_answer_to_an_account_is_kept_in_a_cache(visit):
    for who, response in answers(visit):
        if who != "anonymous":
            assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", "))


def test_not_found_and_sign_in_pages_are_strict_too(db):
    for path in ("/no-such-page/", "/contacts/abc/", reverse("login")):
        response = Client().get(path)

        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "DENY"


def test_pages_hold_nothing_that_the_policy_would_stop(visit):
    for _who, response in answers(visit):
        page = b"".join(response).decode(errors="replace")

        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert all(f'src="{settings.STATIC_URL}' in tag for tag in page.split("<script")[1:])
