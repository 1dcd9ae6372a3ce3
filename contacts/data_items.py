"""What is shown of a contact record? One entry per field feeds the list, the details and the export.

Labels and values are the guide's (Table 1), and so is the order until a tenant decides otherwise; the page where it
does is left to `configuration`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aicc.lib.text import isolated
from aicc.tenants.models import OrganizationUnit, SkillQueue, Tenant
from contacts import satisfaction
from contacts.choices import CallType, Channel, HangUpParty, MediaType, Satisfaction
from contacts.decisions import CallReason, ItemSetting
from contacts.models import ContactRecord

NONE = SafeString('<span class="none" aria-hidden="true">–</span>')


class Kind(Enum):
    """What a value is to a workbook. Numbers that people dial or look up are text."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"


@dataclass(frozen=True)
class DataItem:
    """A field of a contact record: its value in Python's type (None or "" when empty), and its cell as HTML.

    `reads` names the record's fields that the value is made from, `words` makes it from their values; without
    `words` it is the field's own. `kind` and `width` (in characters) are for workbooks. `order` is 1 to 100 (0 is
    Call S/N's, which is always first); of equal ones the guide's order decides.
    """

    key: str
    label: str | Promise
    reads: tuple[str, ...]
    words: Callable[..., Any] | None = None
    html: Callable[[Any, ContactRecord], str] | None = None
    shown: bool = True
    kind: Kind = Kind.TEXT
    width: int = 18
    order: int = 0
    is_extended: bool = False

    @property
    def column(self) -> str:
        """The class of its column. An extended item's key may hold anything."""
        return "extended" if self.is_extended else self.key

    def value(self, record: ContactRecord) -> Any:
        values = [getattr(record, name) for name in self.reads]
        return self.words(*values) if self.words else values[0]

    def cell(self, record: ContactRecord) -> SafeString:
        value = self.value(record)
        if value is None or value == "":
            return NONE
        return isolated(str(value)) if self.html is None else SafeString(self.html(value, record))


def reason_path(reason: CallReason | None) -> str:
    return " › ".join(reason.path) if reason else ""


def media_label(media_type: str, channel: str) -> str:
    """Voice, Video, or the multimedia channel in full, as the guide writes it: Multimedia-WhatsApp."""
    label = _MEDIA[media_type]
    return f"{label}-{_CHANNELS[channel]}" if channel else str(label)


def _name(named: SkillQueue | OrganizationUnit | None) -> str:
    return named.name if named else ""


def _label(choices: type[TextChoices]) -> Callable[[str], str]:
    """The label of a stored word; none is empty."""
    labels = dict(choices.choices)
    return lambda word: str(labels[word]) if word else ""


_MEDIA = dict(MediaType.choices)
_CHANNELS = dict(Channel.choices)


def _moment(value: datetime, _record: ContactRecord) -> str:
    local = timezone.localtime(value)
    # Cards leave out the year while it is this one.
    this_year = local.year == timezone.localtime().year
    return format_html(
        '<time datetime="{}"><span class="date">{}</span> {}</time>',
        local.isoformat(timespec="seconds"),
        format_html('<span class="year">{}-</span>{}', f"{local:%Y}", f"{local:%m-%d}") if this_year else local.date(),
        f"{local:%H:%M:%S}",
    )


def _media(value: str, record: ContactRecord) -> str:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="#i-{}"></use></svg>{}', record.media_type, value
    )


def _satisfaction(value: str, record: ContactRecord) -> str:
    return format_html('<span class="level level-{}">{}</span>', record.satisfaction, value)


def _call_sn(value: str, record: ContactRecord) -> str:
    return format_html('<a href="{}">{}</a>', reverse("contacts:details", args=[record.id]), value)


# As a new tenant has them: what is not shown starts hidden and is a tenant's to switch on. Call S/N is always first.
# A tenant's own names of satisfaction levels take the place of the guide's.
DATA_ITEMS = [
    DataItem("call_sn", _("Call S/N"), ("call_sn",), html=_call_sn, width=22),
    DataItem("customer_number", _("Customer Number"), ("customer_number",)),
    DataItem("account", _("Account"), ("account_name",)),
    DataItem("employee_id", _("Employee ID"), ("employee_id",), width=14),
    DataItem("caller_number", _("Caller Number"), ("caller_number",)),
    DataItem("called_number", _("Called Number"), ("called_number",)),
    DataItem("media_type", _("Media Type"), ("media_type", "channel"), media_label, _media, width=24),
    DataItem("call_type", _("Call Type"), ("call_type",), _label(CallType), width=24),
    DataItem("started_at", _("Start Time"), ("started_at",), html=_moment, kind=Kind.MOMENT, width=20),
    DataItem("ended_at", _("End Time"), ("ended_at",), html=_moment, kind=Kind.MOMENT, width=20),
    DataItem("duration", _("Call Duration (s)"), ("duration_seconds",), kind=Kind.NUMBER),
    DataItem("hang_up_party", _("Hang-up Party"), ("hang_up_party",), _label(HangUpParty), width=14),
    DataItem("skill_queue", _("Skill Queue"), ("skill_queue",), _name, width=22),
    DataItem("call_reason", _("Call Reason"), ("call_reason",), reason_path, width=36),
    DataItem("remarks", _("Call Remarks"), ("remarks",), width=40),
    DataItem("satisfaction", _("Satisfaction evaluation"), ("satisfaction",), _label(Satisfaction), _satisfaction),
    DataItem("customer_name", _("Customer Name"), ("customer_name",), shown=False, width=24),
    DataItem("handled_number", _("Handled Number"), ("handled_number",), shown=False),
    DataItem("call_id", _("Call ID"), ("call_id",), shown=False, width=28),
    DataItem("unit", _("Organization Unit"), ("unit",), _name, shown=False, width=24),
]


@dataclass(frozen=True)
class Row:
    """A line of the list: the record, a cell for each item shown, and what the Operate column offers (of `media`).

    `waiting` and `process_url` are of the tab Unfinished contact.
    """

    record: ContactRecord
    cells: list[SafeString]
    operations: object = None
    waiting: object = None
    process_url: str = ""


# Between two of the guide's items there is room for others.
ORDER_STEP = 5
_KEPT = "data_items"


def all_items(tenant: Tenant) -> list[DataItem]:
    """Every item a tenant has, in its order: one query, kept as long as the tenant object."""
    kept: list[DataItem] | None = vars(tenant).get(_KEPT)
    if kept is None:
        settings = ItemSetting.objects.for_tenant(tenant).order_by("id")
        kept = vars(tenant)[_KEPT] = arranged(tenant, settings)
    return kept


def shown_items(tenant: Tenant) -> list[DataItem]:
    """The items of the tenant's list, in order."""
    return [item for item in all_items(tenant) if item.shown]


def items_of(tenant: Tenant, keys: Iterable[str]) -> list[DataItem]:
    """The items with these keys, in the list's order. A key that is no item any more is left out."""
    wanted = set(keys)
    return [item for item in all_items(tenant) if item.key in wanted]


def arranged(tenant: Tenant, settings: Iterable[ItemSetting]) -> list[DataItem]:
    """The items as these settings want them: Call S/N, the others by their order, of equal ones the guide's first."""
    own, extended = {}, []
    for setting in settings:
        if setting.is_extended:
            extended.append(_extended(setting))
        else:
            own[setting.key] = setting
    guides = [
        replace(item, order=own[item.key].position, shown=own[item.key].is_shown)
        if item.key in own
        else replace(item, order=place * ORDER_STEP)
        for place, item in enumerate(_in_words_of(tenant))
    ]
    first, *others = [*guides, *extended]
    return [first, *sorted(others, key=lambda item: item.order)]


def unread(items: Iterable[DataItem]) -> tuple[str, ...]:
    """The columns of a record that these items can do without: values of extended items are long."""
    return () if any(item.is_extended for item in items) else ("extended",)


def forget(tenant: Tenant) -> None:
    """Read the settings again: they have changed."""
    vars(tenant).pop(_KEPT, None)


def _in_words_of(tenant: Tenant) -> list[DataItem]:
    names = satisfaction.names(tenant)
    return [
        replace(item, words=lambda word: names.get(word, "")) if item.key == "satisfaction" else item
        for item in DATA_ITEMS
    ]


def _extended(setting: ItemSetting) -> DataItem:
    return DataItem(
        f"extended:{setting.key}",
        setting.name,
        ("extended",),
        lambda values: values.get(setting.key, ""),
        shown=setting.is_shown,
        order=setting.position,
        is_extended=True,
    )


def rows(records: list[ContactRecord], items: list[DataItem]) -> list[Row]:
    return [Row(record, [item.cell(record) for item in items]) for record in records]
