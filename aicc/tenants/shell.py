"""What stands around every page: the navigation an account may use, and how it likes to see it."""

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aicc.tenants.models import Account

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Item:
    """A line of the navigation. `icon` is a name of the icon sprite."""

    label: str | Promise
    url: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Section:
    label: str | Promise
    items: list[Item]


@dataclass(frozen=True)
class Shell:
    """`theme` is "" for the system's; `rail` folds the navigation to icons."""

    theme: str = ""
    rail: bool = False
    sections: list[Section] = field(default_factory=list)


# Section, then (label, URL name, icon, who sees it). Pages are named by string: wiring points nowhere.
_NAVIGATION = [
    (
        _("Contact History"),
        [(_("Contact"), "contacts:list", "list", lambda account: not account.is_operator)],
    ),
]


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    theme = request.COOKIES.get("theme", "")
    account = getattr(request, "user", None)
    return {
        "shell": Shell(
            theme=theme if theme in THEMES else "",
            rail=request.COOKIES.get("rail") == "1",
            sections=_sections(account, request.path) if account is not None and account.is_authenticated else [],
        )
    }


def _sections(account: Account, path: str) -> list[Section]:
    sections = []
    for label, pages in _NAVIGATION:
        items = [
            Item(text, reverse(name), icon, current=path.startswith(reverse(name)))
            for text, name, icon, shown in pages
            if shown(account)
        ]
        if items:
            sections.append(Section(label, items))
    return sections
