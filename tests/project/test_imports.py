"""Do imports point down? The list below is the architecture: whatever stands in a line knows only what is under it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# exports -> contacts -> aicc.tenants -> aicc.lib, and ivrhistory beside exports and contacts: from top to bottom.
# `aicc.settings`, `aicc.urls` and `aicc.wsgi` are named by string, never imported: they have no line.
LAYERS = """
    benchmarks
    aicc.celery                     started by `aicc` itself, so that tasks find their application
    aicc.tenants.management         commands may use everything below, and `demo` starts servers
    contacts.management
    ivrhistory.management
    aicc.local                      servers for the demo and the tests
    aicc.health                     is wired in aicc.urls

    exports.urls
    exports.views
    exports.badge                   what the navigation says of the tasks
    exports.tasks
    exports.claims                  who works on a task now
    exports.forms
    exports.recordings
    exports.transcript              a conversation as a page of its own
    exports.content
    exports.workbook
    exports.table
    exports.models
    exports.archives
    exports.passwords
    exports.bell                    wakes workers, by the name of their task
    exports.choices

    contacts.urls
    contacts.configuration          what a tenant decides about its contact records, a page a file
    contacts.views
    contacts.details                a contact, as a page or in the drawer
    contacts.phases                 what a customer went through, on one axis
    contacts.process                the dialog that sets call reasons
    contacts.unfinished             the tab of those that wait for one
    contacts.player                 the pages that play recordings
    contacts.playing                the bytes of recordings, in ranges
    contacts.waveforms
    contacts.tasks
    contacts.forms
    contacts.charts                 draws the bins that a search counts
    contacts.search                 reads bound criteria, so it stands above them
    contacts.columns                many rows of the items, for search to stream
    contacts.filters                the criteria, bound to who asks
    contacts.criteria               each kind of criterion
    contacts.addresses              which URL says a search
    contacts.media
    contacts.processing             who may set a call reason, and when two do
    contacts.data_items
    contacts.satisfaction           what a tenant calls its levels
    contacts.visibility             what is offered and what is enforced
    contacts.ingest
    contacts.demo
    contacts.fields
    contacts.offers
    contacts.terms                  how a condition finds its rows: no model, only SQL
    contacts.models
    contacts.decisions              what a tenant decides about its records
    contacts.choices

    ivrhistory.urls
    ivrhistory.configuration        the settings, the bots and flows, a page a file
    ivrhistory.views
    ivrhistory.tasks
    ivrhistory.search               pages and counts of what the filters ask
    ivrhistory.filters
    ivrhistory.demo
    ivrhistory.ingest
    ivrhistory.recording
    ivrhistory.models
    ivrhistory.choices

    aicc.tenants.urls
    aicc.tenants.configuration      a page of the Configuration Center a file
    aicc.tenants.views
    aicc.tenants.tasks
    aicc.tenants.sessions
    aicc.tenants.forms
    aicc.tenants.shell
    aicc.tenants.middleware
    aicc.tenants.templatetags
    aicc.tenants.audit
    aicc.tenants.access
    aicc.tenants.loading            what all load commands share
    aicc.tenants.criteria           what all searches ask alike
    aicc.tenants.conversion         rows that were written before personal data was sealed
    aicc.tenants.personal
    aicc.tenants.parameters
    aicc.tenants.models
    aicc.tenants.scoping
    aicc.tenants.organization
    aicc.tenants.choices

    aicc.lib
"""
ORDER = [line.split()[0] for line in LAYERS.splitlines() if line.strip()]
# These two do not know each other: a contact finds its IVR call by its URL, and the other way round.
APART = {("exports", "ivrhistory"), ("contacts", "ivrhistory")}
WIRING = {"aicc.settings", "aicc.urls", "aicc.wsgi", "aicc.gunicorn"}
PACKAGES = ("aicc", "contacts", "exports", "ivrhistory", "benchmarks")
APPS = {"aicc", "aicc.tenants", "contacts", "exports", "ivrhistory"}


def modules() -> dict[str, str]:
    """The source of every module by its name, migrations left out."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py") if "migrations" not in file.parts]
    names = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files}
    return {name: file.read_text() for file, name in names.items()}


def imported(source: str) -> Iterator[str]:
    """What a source imports of this project, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports say the whole name"
            # `from contacts import views` means the module, `from contacts.views import home` what is in it.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


def layer(name: str) -> str | None:
    return next((layer for layer in ORDER if f"{name}.".startswith(f"{layer}.")), None)


def wrong(name: str, source: str) -> list[str]:
    """The imports of a module that do not point down."""
    here = layer(name)
    found = []
    for target in imported(source):
        there = layer(target)
        down = here and there and (here == there or ORDER.index(here) < ORDER.index(there))
        if not down or (name.split(".")[0], target.split(".")[0]) in APART:
            found.append(target)
    return found


@pytest.mark.parametrize("name", sorted(set(modules()) - WIRING - APPS))
def test_a_module_has_its_place_and_knows_only_what_is_below(name):
    assert layer(name), f"{name} has no line in LAYERS"
    assert wrong(name, modules()[name]) == []


def test_an_app_itself_imports_nothing_except_for_celery():
    sources = modules()

    found = {app: list(imported(sources[app])) for app in APPS & sources.keys()}

    assert found.pop("aicc") == ["aicc.celery.app"]
    assert not any(found.values())


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("contacts.models", "from contacts.search import ContactSearch"),
        ("contacts.models", "from contacts import search"),
        ("contacts.models", "import contacts.search"),
        ("contacts.models", "def find():\n    from contacts.search import ContactSearch"),
        ("aicc.lib.bulk", "from contacts.models import ContactRecord"),
        ("aicc.tenants.models", "from contacts.models import ContactRecord"),
        ("contacts.search", "from aicc import settings"),
        ("contacts.views", "from ivrhistory.models import Call"),
        ("aicc.tenants.models", "from aicc.tenants import views"),
    ],
)
def test_an_import_that_points_up_is_found(name, source):
    assert len(wrong(name, source)) == 1
