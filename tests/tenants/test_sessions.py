"""Does a session outlast requests that overlap, and is it prolonged by each?"""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.utils import timezone

from aicc.tenants.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    session = SessionStore()
    session["began"] = True
    session.create()
    return session


def test_a_slow_request_does_not_bring_back_what_a_quicker_one_changed(session):
    slow = SessionStore(session.session_key)
    assert slow["began"]
    quick = SessionStore(session.session_key)
    quick["agent_signed_in"] = True
    quick.save()

    slow.save()

    assert SessionStore(session.session_key)["agent_signed_in"]


def test_every_request_prolongs_it(session):
    soon = timezone.now() + timedelta(minutes=1)
    Session.objects.filter(session_key=session.session_key).update(expire_date=soon)

    SessionStore(session.session_key).save()

    assert Session.objects.get(session_key=session.session_key).expire_date > soon


def test_one_that_was_ended_meanwhile_does_not_come_back(session):
    slow = SessionStore(session.session_key)
    assert slow["began"]
    session.delete()

    with pytest.raises(UpdateError):
        slow.save()
