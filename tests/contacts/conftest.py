"""What do the tests of contacts share: the loader's command on whatever a file holds, a backlog, a contact's page."""

import json
import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from contacts.decisions import CallReason
from tests import builders
from tests.pages import read


@pytest.fixture
def load(acme, tmp_path):
    """Run the command on bytes, lines, files or folders; returns what it said and the rejections."""

    def load(*parts, **options):
        paths = [
            part if isinstance(part, os.PathLike) else builders.written(tmp_path / "contacts.ndjson", part)
            for part in parts
        ]
        output, rejects = StringIO(), tmp_path / "rejects.ndjson"
        call_command(
            "load_contacts", *paths, tenant="acme", rejects=rejects, stdout=output, stderr=StringIO(), **options
        )
        rejected = [json.loads(line) for line in rejects.read_text().splitlines()] if rejects.exists() else []
        return output.getvalue(), [(rejection["line"], rejection["reason"]) for rejection in rejected]

    return load


@pytest.fixture
def reasons(acme):
    """Billing › Refund, Billing › Invoice; Other. By name."""
    billing, other = (CallReason.objects.create(tenant=acme, name=name) for name in ("Billing", "Other"))
    below = [CallReason.objects.create(tenant=acme, name=name, parent=billing) for name in ("Refund", "Invoice")]
    return {reason.name: reason for reason in (billing, other, *below)}


@pytest.fixture
def backlog(acme, agent, lead, reasons):
    """Five unfinished contacts of the agent's, the newest first, between two of the lead's."""
    now = timezone.now()
    handlers = ["lead", *["agent"] * 5, "lead"]
    times = [now - timedelta(minutes=10 * n + 5) for n in range(len(handlers))]
    records = builders.load(
        acme, *(builders.contact(account=who, started_at=at) for who, at in zip(handlers, times, strict=True))
    )
    return records[1:-1]


@pytest.fixture
def details(request, signed_in):
    def details(who, record):
        return read(signed_in(request.getfixturevalue(who)).get(reverse("contacts:details", args=[record.id])))

    return details
