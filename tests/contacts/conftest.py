"""What do the tests of contacts share: the loader's command, run on whatever a file may hold."""

import json
import os
from io import StringIO

import pytest
from django.core.management import call_command

from tests import builders


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
