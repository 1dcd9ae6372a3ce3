"""What stands around every page: the navigation an account may use, and how it likes to see it."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from aicc.tenants.access import signed_in_as_agent
from aicc.tenants.choices import Permission
from aicc.tenants.models import Account

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Item:
    """A line of the navigation. `icon` is a name of the icon sprite."""

    label: str | Promise
    url: str
    icon: str
    current: bool
    # The URL name, by which a page's app may say something behind its label.
    name: str


@dataclass(frozen=True)
class Section:
    label: str | Promise
    items: list[Item]


@dataclass(frozen=True)
class Shell:
    """`theme` is "" for the system's; `rail` folds the navigation to icons.

    `agent` is the Employee ID of somebody who can sign in as agent, `is_agent` whether they have.
    """

    theme: str = ""
    rail: bool = False
    sections: list[Section] = field(default_factory=list)
    agent: str = ""
    is_agent: bool = False


# Section, then (label, URL name, icon, who sees it). Pages are named by string: wiring points nowhere.
_NAVIGATION = [
    (
        _("Contact History"),
        [
            (_("Contact"), "contacts:list", "list", lambda account: not account.is_operator),
            (
                _("Export tasks"),
                "exports:list",
                "tasks",
                lambda account: account.may(Permission.EXPORT) or account.may(Permission.DOWNLOAD),
            ),
        ],
    ),
    (
        _("Configuration Center"),
        [
            (_("Tenant parameters"), "configuration:parameters", "sliders", lambda account: account.is_administrator),
            (
                _("Contact record data items"),
                "contact_configuration:data_items",
                "table",
                lambda account: account.is_administrator,
            ),
            (_("Satisfaction"), "contact_configuration:satisfaction", "star", lambda account: account.is_administrator),
            (_("Call reasons"), "contact_configuration:call_reasons", "tag", lambda account: account.is_administrator),
            (_("Skill queues"), "configuration:skill_queues", "queue", lambda account: account.is_administrator),
            (_("Organization"), "configuration:organization", "organization", lambda account: account.is_administrator),
            (_("Accounts"), "configuration:accounts", "user", lambda account: account.is_administrator),
            (_("Roles"), "configuration:roles", "shield", lambda account: account.is_administrator),
            (_("Operation log"), "configuration:operation_log", "log", lambda account: account.is_administrator),
        ],
    ),
    # The guide's Configuration Center > Chatbot Management: Flow Configuration, and what is under System there.
    (
        _("Chatbot Management"),
        [
            (_("Flow Configuration"), "flow_configuration:flows", "flow", lambda account: account.is_administrator),
            (
                _("System Settings"),
                "flow_configuration:system_settings",
                "system",
                lambda account: account.is_administrator,
            ),
            (_("Historical Call"), "ivrhistory:calls", "voice", lambda account: account.may(Permission.VIEW_IVR)),
        ],
    ),
    (
        _("Platform"),
        [(_("System parameters"), "system_parameters", "system", lambda account: account.is_operator)],
    ),
]


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    account = user if isinstance(user, Account) else None
    return {
        "shell": Shell(
            theme=theme if theme in THEMES else "",
            rail=request.COOKIES.get("rail") == "1",
            sections=_sections(account, request.path) if account else [],
            agent=account.employee_id if account else "",
            is_agent=bool(account) and signed_in_as_agent(request),
        )
    }


def _sections(account: Account, path: str) -> list[Section]:
    sections = []
    # Of two addresses of which one stands below the other, the longer one is meant.
    addresses = (reverse(name) for _label, pages in _NAVIGATION for _text, name, _icon, _shown in pages)
    here = max((address for address in addresses if path.startswith(address)), key=len, default=None)
    for label, pages in _NAVIGATION:
        items = [
            Item(text, reverse(name), icon, current=reverse(name) == here, name=name)
            for text, name, icon, shown in pages
            if shown(account)
        ]
        if items:
            sections.append(Section(label, items))
    return sections


def leave_dialog(request: HttpRequest, url: str) -> HttpResponse:
    """A dialog has done its work: on to this page, also where htmx asked for the dialog alone."""
    asked_by_htmx = "HX-Request" in request.headers
    return HttpResponseClientRedirect(url) if asked_by_htmx else HttpResponseRedirect(url)
