"""Who may open what? A row for every address; one without a row fails.

What is then seen there is tried with each page.
"""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from tests import builders
from tests.pages import masked

CAST = ("anonymous", "operator", "admin", "agent", "outsider_admin", "outsider_agent")
# Statuses in the order of the cast, for a GET. `record` is a contact that Acme's agent handled.
GET = {
    # the way in, for everybody
    "login": (200, 302, 302, 302, 302, 302),
    "healthz": (200, 200, 200, 200, 200, 200),
    "readyz": (200, 200, 200, 200, 200, 200),
    "home": (302, 200, 302, 302, 302, 302),
    # what is only posted
    "logout": (405, 405, 405, 405, 405, 405),
    "preferences": (405, 405, 405, 405, 405, 405),
    # a tenant's pages: not the operator's
    "contacts:list": (302, 403, 200, 200, 200, 200),
    "contacts:count": (302, 403, 200, 200, 200, 200),
    "contacts:volume": (302, 403, 200, 200, 200, 200),
    "contacts:account_options": (302, 403, 200, 200, 200, 200),
    "contacts:unit_options": (302, 403, 200, 200, 200, 200),
    # a record: for those within whose reach it is
    "contacts:details record": (302, 403, 200, 200, 404, 404),
}
POST = {
    "login": (200, 302, 302, 302, 302, 302),
    "logout": (302, 302, 302, 302, 302, 302),
    "preferences": (302, 302, 302, 302, 302, 302),
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
def visit(request, record, signed_in):
    """Open a row's address as a member of the cast."""

    clients = {"anonymous": Client()}

    def visit(who, row, method="get", id=None):
        if who not in clients or row == "logout":
            clients[who] = signed_in(request.getfixturevalue(who)) if who != "anonymous" else Client()
        return getattr(clients[who], method)(address(row, record.id if id is None else id))

    return visit


def address(row, id):
    name, *with_record = row.split()
    return reverse(name, args=[id] if with_record else [])


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
@pytest.mark.parametrize("row", GET.keys() - POST.keys())
def test_what_is_only_read_takes_nothing(row, method, visit):
    assert visit("admin", row, method).status_code == 405


@pytest.mark.parametrize("row", GET)
def test_a_head_is_answered_like_a_get_without_its_body(row, visit):
    head, get = visit("admin", row, "head"), visit("admin", row)

    assert head.status_code == get.status_code
    assert not head.content


# --- The way in ------------------------------------------------------------------------------------------


def test_only_what_is_meant_to_be_public_is():
    public = {name for name, pattern in patterns() if not getattr(pattern.callback, "login_required", True)}

    assert public == PUBLIC


@pytest.mark.parametrize("row", [row for row in GET if row.split()[0] not in PUBLIC])
def test_everybody_else_is_sent_to_the_sign_in_and_back(row, visit, record):
    response = visit("anonymous", row)

    assert response.url == f"{reverse('login')}?next={address(row, record.id)}"


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


@pytest.mark.parametrize("id", [0, 2**63 - 1, 2**63, 2**64, 10**100, 10**4_000], ids=lambda id: str(id)[:20])
@pytest.mark.parametrize("row", [row for row in GET if row.endswith(" record")])
def test_an_id_of_any_size_is_only_unknown(row, id, visit):
    assert visit("admin", row, id=id).status_code == 404


@pytest.mark.parametrize("id", ["-1", "1.5", "x", "٣", "１", "9" * 5_000], ids=lambda id: ascii(id)[:12])
@pytest.mark.parametrize("row", [row for row in GET if row.endswith(" record")])
def test_what_is_no_id_is_unknown_too(row, id, admin, signed_in):
    path = address(row, 7).replace("7", id)

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
        page = response.content.decode()

        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert all(f'src="{settings.STATIC_URL}' in tag for tag in page.split("<script")[1:])
