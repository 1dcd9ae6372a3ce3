"""Does the README say what the code does? Variables, parameters, options are compared: neither runs ahead."""

import re
from pathlib import Path

from django.core.management import BaseCommand, load_command_class
from django.forms import ChoiceField

from aicc.tenants.parameters import PARAMETERS, TIME_ZONE, Parameter
from ivrhistory import recording  # noqa: F401 - declares three of them

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def named_first(table: str) -> set[str]:
    """What the first column of a Markdown table names in code marks."""
    rows = re.findall(r"^\| (`[^|]*) \|", table, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_the_configuration_table_lists_the_variables_that_the_settings_read():
    source = (ROOT / "aicc" / "settings.py").read_text()

    read = set(re.findall(r'(?:environ\.get|_flag)\("(\w+)"', source))

    assert named_first(section("Configuration")) == read


def test_the_table_of_parameters_is_what_they_declare():
    rows = re.findall(r"^\| (.+) \| (tenant|system) \| (.+) \| (.+) \|$", section("Parameters"), flags=re.MULTILINE)
    declared = {str(one.label): (str(one.scope), _default(one), _values(one)) for one in PARAMETERS.values()}

    told = {label: (scope, default, values.split(";")[0]) for label, scope, default, values in rows}

    assert told == declared


def _default(parameter: Parameter) -> str:
    choices = {key: str(label) for key, label in getattr(parameter.field, "choices", ())}
    return choices.get(str(parameter.default)) or f"{parameter.default:,}"


def _values(parameter: Parameter) -> str:
    field = parameter.field
    if parameter is TIME_ZONE:
        return "names of IANA zones"
    if isinstance(field, ChoiceField):
        return ", ".join(str(label) for _key, label in field.choices)
    return f"{field.min_value:,} to {field.max_value:,} {parameter.unit}".strip()


def test_the_settings_read_variables_at_their_top_only():
    lines = (ROOT / "aicc" / "settings.py").read_text().splitlines()

    last = max(n for n, line in enumerate(lines) if "os.environ" in line or line.count("_flag("))

    assert lines[last + 1 :].index("INSTALLED_APPS = [") < 5
    assert all(
        lines[n - 1].startswith("#") for n, line in enumerate(lines) if re.match(r"\w+ = .*(_flag|environ)", line)
    )


def test_the_options_of_the_loader_are_told():
    parser = load_command_class("contacts", "load_contacts").create_parser("manage.py", "load_contacts")
    django_own = BaseCommand().create_parser("manage.py", "any")
    ours = {o for action in parser._actions for o in action.option_strings if o.startswith("--")}
    theirs = {o for action in django_own._actions for o in action.option_strings}

    told = {option.split()[0] for option in named_first(section("Loading contact records")) if option.startswith("--")}

    assert told == ours - theirs - {"--tenant", "--skip-checks"}
    assert "--tenant SLUG" in section("Loading contact records")


def test_every_library_has_its_reason():
    source = (ROOT / "pyproject.toml").read_text()
    names = re.findall(r'^    "([a-z0-9-]+)', source.split("[build-system]")[0], flags=re.MULTILINE)
    told = section("Libraries").lower().replace(" ", "-").replace("\n", "-")

    # psycopg is told as "psycopg 3", django as "Django 5.2 LTS".
    assert [name for name in names if name not in told] == []
