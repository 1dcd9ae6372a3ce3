"""With which browser are the pages tried: the machine's own Chromium, driven by Playwright.

What a page has to do is for the tests beside this file to say. All of them carry the marker `browser`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.test.testcases import LiveServerThread
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from aicc.tenants.models import Account, Tenant
from tests import builders

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: it cannot be had as root. The rest keeps Chromium from calling its maker.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Tests that need it are skipped without; in CI that is a failure (tests/services.py)."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests; each test opens a context of its own."""
    # Playwright keeps an event loop in this thread, in which Django would refuse to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    """The address of a running site on the test's database, with the static files as they are served to people."""
    # Not by Django's handler for tests: a browser would ask for each file again on each page.
    server = LiveServerThread("127.0.0.1", static_handler=lambda site: site)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of its own, in which no script may fail and nothing may be refused by the content security policy."""
    with browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield page
        # A refusal is an answer; and what is not wanted any more is cut off.
        refused = "Failed to load resource: the server responded with a status of 4"
        told = "Response Status Error Code 4"
        expected = (refused, told, "htmx:sendError", "htmx:sendAbort", "htmx:afterRequest")
        assert [complaint for complaint in complaints if not complaint.startswith(expected)] == []


@pytest.fixture
def sign_in(page: Page, site: str, signed_in: Callable[[Account], Client]) -> Callable[[Account], None]:
    """Open the Contact page as somebody who signed in before; the form is tried in test_contacts.py."""

    def sign_in(account: Account) -> None:
        cookie = signed_in(account).cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        page.goto(f"{site}/contacts/")

    return sign_in


@pytest.fixture
def contacts(site: str, acme: Tenant, agent: Account, lead: Account) -> dict[str, str]:
    """One contact of each of two people and of nobody, ten minutes apart; their ids by name."""
    now = timezone.now()
    made = {
        "agent's": {"account": "agent", "media_type": "video", "call_type": "outgoing", "skill_queue": "Billing"},
        "lead's": {"account": "lead", "call_type": "double_call"},
        "nobody's": {"organization_unit": ["Field"], "call_type": "incoming"},
    }
    records = [
        builders.contact(**fields, caller_number=f"+467011{n}5551{n}", started_at=now - timedelta(minutes=20 * n + 10))
        for n, fields in enumerate(made.values())
    ]
    return {name: str(record.id) for name, record in zip(made, builders.load(acme, *records), strict=True)}
