"""What is shown of a contact record? One entry per field feeds the list, the details and, later, the export.

Order, labels and values are the guide's (Table 1); which items a tenant shows is left to its settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from contacts.choices import Channel, MediaType, Satisfaction
from contacts.models import CallReason, ContactRecord

NONE = SafeString('<span class="none" aria-hidden="true">–</span>')


@dataclass(frozen=True)
class DataItem:
    """A field of a contact record: `value` in Python's type (None or "" when empty), `cell` as HTML."""

    key: str
    label: str | Promise
    value: Callable[[ContactRecord], Any]
    html: Callable[[Any, ContactRecord], str] | None = None
    shown: bool = True

    def cell(self, record: ContactRecord) -> SafeString:
        value = self.value(record)
        if value is None or value == "":
            return NONE
        return format_html("{}", value) if self.html is None else SafeString(self.html(value, record))


def reason_path(reason: CallReason | None) -> str:
    return " › ".join(reason.path) if reason else ""


def media_label(record: ContactRecord) -> str:
    """Voice, Video, or the multimedia channel in full, as the guide writes it: Multimedia-WhatsApp."""
    label = _MEDIA[record.media_type]
    return f"{label}-{_CHANNELS[record.channel]}" if record.channel else str(label)


_MEDIA = dict(MediaType.choices)
_CHANNELS = dict(Channel.choices)
_SATISFACTION = dict(Satisfaction.choices)


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


def _satisfaction(value: str, _record: ContactRecord) -> str:
    return format_html('<span class="level level-{}">{}</span>', value, _SATISFACTION[value])


def _call_sn(value: str, record: ContactRecord) -> str:
    return format_html('<a href="{}">{}</a>', reverse("contacts:details", args=[record.id]), value)


# Call S/N is always first. What is not shown at first starts hidden and is a tenant's to switch on.
DATA_ITEMS = [
    DataItem("call_sn", _("Call S/N"), lambda r: r.call_sn, _call_sn),
    DataItem("customer_number", _("Customer Number"), lambda r: r.customer_number),
    DataItem("account", _("Account"), lambda r: r.account_name),
    DataItem("employee_id", _("Employee ID"), lambda r: r.employee_id),
    DataItem("caller_number", _("Caller Number"), lambda r: r.caller_number),
    DataItem("called_number", _("Called Number"), lambda r: r.called_number),
    DataItem("media_type", _("Media Type"), media_label, _media),
    DataItem("call_type", _("Call Type"), lambda r: r.get_call_type_display()),
    DataItem("started_at", _("Start Time"), lambda r: r.started_at, _moment),
    DataItem("ended_at", _("End Time"), lambda r: r.ended_at, _moment),
    DataItem("duration", _("Call Duration (s)"), lambda r: r.duration_seconds),
    DataItem("hang_up_party", _("Hang-up Party"), lambda r: r.get_hang_up_party_display()),
    DataItem("skill_queue", _("Skill Queue"), lambda r: r.skill_queue.name if r.skill_queue else ""),
    DataItem("call_reason", _("Call Reason"), lambda r: reason_path(r.call_reason)),
    DataItem("remarks", _("Call Remarks"), lambda r: r.remarks),
    DataItem("satisfaction", _("Satisfaction evaluation"), lambda r: r.satisfaction, _satisfaction),
    DataItem("customer_name", _("Customer Name"), lambda r: r.customer_name, shown=False),
    DataItem("handled_number", _("Handled Number"), lambda r: r.handled_number, shown=False),
    DataItem("call_id", _("Call ID"), lambda r: r.call_id, shown=False),
    DataItem("unit", _("Organization Unit"), lambda r: r.unit.name if r.unit else "", shown=False),
]


@dataclass(frozen=True)
class Row:
    """A line of the list: the record, and a cell for each item shown."""

    record: ContactRecord
    cells: list[SafeString]


def shown_items() -> list[DataItem]:
    """The items of the list, in order."""
    return [item for item in DATA_ITEMS if item.shown]


def rows(records: list[ContactRecord], items: list[DataItem]) -> list[Row]:
    return [Row(record, [item.cell(record) for item in items]) for record in records]
