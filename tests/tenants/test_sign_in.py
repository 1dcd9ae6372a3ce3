"""Who gets in, who does not and learns nothing by it, and when does a change of an account take effect?"""

import logging

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from aicc import settings as project_settings
from aicc.tenants.models import Account, Role
from tests import builders
from tests.pages import masked

PASSWORD = "correct horse battery staple"
LOGIN = reverse("login")


@pytest.fixture
def agent(agent):
    agent.set_password(PASSWORD)
    agent.save()
    return agent


def sign_in(username="agent", password=PASSWORD, client=None, **extra):
    return (client or Client()).post(LOGIN, {"username": username, "password": password}, **extra)


def change(account, **fields):
    Account.objects.across_tenants().filter(pk=account.pk).update(**fields)


# --- The door ----------------------------------------------------------------------------------------


def test_the_right_password_opens_the_contacts(agent):
    client = Client()

    response = sign_in(client=client)

    assert response.status_code == 302
    assert client.get(response.url).url == reverse("contacts:list")
    assert client.get(reverse("contacts:list")).status_code == 200


def test_the_page_that_was_wanted_opens_after_sign_in(agent):
    client = Client()
    wanted = reverse("contacts:list") + "?period=7d"

    asked = client.get(wanted)
    response = client.post(asked.url, {"username": "agent", "password": PASSWORD, "next": wanted})

    assert response.url == wanted


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_sign_in_leads_to_no_other_site(agent, elsewhere):
    response = Client().post(LOGIN, {"username": "agent", "password": PASSWORD, "next": elsewhere})

    assert response.url == reverse("home")


def refused(response):
    """What the page says, without what the visitor typed and without its token."""
    assert response.status_code == 200
    assert not response.wsgi_request.user.is_authenticated
    return masked(response).replace(response.wsgi_request.POST["username"], "NAME")


def test_a_wrong_password_and_a_name_nobody_has_get_the_same_answer(agent):
    wrong_password = sign_in(password="wrong")
    nobody = sign_in("nobody")

    assert refused(wrong_password) == refused(nobody)
    assert "Account or password is wrong" in refused(nobody)


def test_an_inactive_account_gets_the_same_answer_with_its_right_password(agent):
    change(agent, is_active=False)

    inactive = sign_in()

    assert refused(inactive) == refused(sign_in("nobody"))


def test_an_account_that_the_loader_made_cannot_sign_in(acme):
    builders.load(acme, builders.contact(account="new.colleague", employee_id="42"))

    made = Account.objects.for_tenant(acme).get(name="new.colleague")

    assert not made.is_active
    assert made.username is None
    for name in ("new.colleague", "42", "None", ""):
        for password in ("!", "new.colleague", "None", "x"):
            assert not sign_in(name, password).wsgi_request.user.is_authenticated


TOO_LONG = pytest.param("x" * 65_536, id="64 KB")


@pytest.mark.parametrize("name", ["a\x00b", "\x00", TOO_LONG, "😀" * 150, "agent\u200b", "' OR 1=1 --"], ids=ascii)
def test_hostile_names_are_only_wrong(agent, name, caplog):
    with caplog.at_level(logging.ERROR):
        response = sign_in(name)

    assert response.status_code == 200
    assert not response.wsgi_request.user.is_authenticated
    assert not caplog.records


@pytest.mark.parametrize("header", ["HTTP_USER_AGENT", "HTTP_ACCEPT", "HTTP_REFERER"])
@pytest.mark.parametrize("value", ["x" * 65_536, "\xff", ""], ids=["64 KB", "not UTF-8", "empty"])
def test_hostile_headers_do_not_stop_a_sign_in(agent, header, value):
    wrong, right = (sign_in(password=password, **{header: value}) for password in ("wrong", PASSWORD))

    assert (wrong.status_code, right.status_code) == (200, 302)


@pytest.mark.parametrize("password", ["\x00", "x" * 65_536, "😀", " "], ids=lambda text: ascii(text)[:12])
def test_hostile_passwords_are_only_wrong(agent, password):
    response = sign_in(password=password)

    assert response.status_code == 200
    assert not response.wsgi_request.user.is_authenticated


def test_a_form_of_another_site_is_refused(agent):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client=client).status_code == 403


# --- Too many attempts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["agent", "nobody"])
def test_after_five_wrong_passwords_not_even_the_right_one_opens(agent, name):
    statuses = [sign_in(name, "wrong").status_code for _ in range(5)]

    locked = sign_in(name)

    assert statuses == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert not locked.wsgi_request.user.is_authenticated
    assert "Too many attempts" in locked.content.decode()


def test_others_are_not_locked_out_with_it(agent, lead):
    lead.set_password(PASSWORD)
    lead.save()
    for _ in range(6):
        sign_in("agent", "wrong")

    assert sign_in("lead").status_code == 302
    assert sign_in("agent", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_the_right_password_forgets_the_wrong_ones(agent):
    for _ in range(2):
        assert [sign_in(password="wrong").status_code for _ in range(4)] == [200] * 4
        assert sign_in().status_code == 302


def test_a_made_up_proxy_header_is_no_way_around_the_lock(agent):
    statuses = [sign_in(password="wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{i}").status_code for i in range(5)]

    assert statuses[-1] == 429


def test_names_of_people_who_mistype_are_in_no_log(agent, caplog):
    with caplog.at_level(logging.DEBUG):
        for _ in range(6):
            sign_in("agent", "typed-by-mistake")

    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert not any("agent" in line or "typed-by-mistake" in line for line in said)


# --- What is kept ------------------------------------------------------------------------------------


def test_the_password_is_stored_as_argon2_and_opens(agent, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

    agent.set_password(PASSWORD)
    agent.save()

    agent.refresh_from_db()
    assert agent.password.startswith("argon2$argon2id$")
    assert sign_in().status_code == 302


def test_argon2_is_what_this_installation_uses():
    assert project_settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_the_session_is_kept_in_the_database_and_ends_with_sign_out(agent):
    client = Client()
    sign_in(client=client)
    session = Session.objects.get()

    client.post(reverse("logout"))

    assert not Session.objects.filter(pk=session.pk).exists()
    assert client.get(reverse("contacts:list")).url.startswith(LOGIN)


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(agent):
    response = sign_in()

    cookie = response.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 1800)


def test_a_session_does_not_outlive_its_password(agent, signed_in):
    client = signed_in(agent)

    agent.set_password("another long password")
    agent.save()

    assert client.get(reverse("contacts:list")).status_code == 302


# --- Changes act on the next request ----------------------------------------------------------------------


def test_an_account_made_inactive_is_signed_out_at_once(agent, signed_in):
    client = signed_in(agent)
    assert client.get(reverse("contacts:list")).status_code == 200

    change(agent, is_active=False)

    assert client.get(reverse("contacts:list")).url.startswith(LOGIN)


def test_a_permission_taken_away_is_gone_on_the_next_request(acme, agent, lead, signed_in):
    (record,) = builders.load(acme, builders.contact(account="agent", messages=[{"text": "Good morning"}]))
    client, page = signed_in(agent), reverse("contacts:details", args=[record.id])
    assert "Good morning" in client.get(page).content.decode()

    Role.objects.for_tenant(acme).filter(name="Agent").update(permissions=["process"])

    assert "Good morning" not in client.get(page).content.decode()


def test_an_account_moved_to_another_unit_sees_that_one_on_the_next_request(acme, agent, lead, signed_in):
    (record,) = builders.load(acme, builders.contact(account="agent"))
    client, page = signed_in(lead), reverse("contacts:details", args=[record.id])
    assert client.get(page).status_code == 200

    change(lead, unit=builders.unit(acme, "Field"))

    assert client.get(page).status_code == 404


def test_a_role_given_opens_on_the_next_request(acme, agent, lead, signed_in):
    (record,) = builders.load(acme, builders.contact(account="lead"))
    client, page = signed_in(agent), reverse("contacts:details", args=[record.id])
    assert client.get(page).status_code == 404

    agent.roles.add(Role.objects.for_tenant(acme).get(name="Supervisor"))

    assert client.get(page).status_code == 200
