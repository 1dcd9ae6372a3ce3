"""What does a conversation look like once it has left? One page of HTML that needs nothing else and does nothing.

It is read where no server protects anybody: nothing in it runs, loads or leads anywhere. Who may have it is left to
`recordings`.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from aicc.lib.text import isolated
from aicc.tenants import parameters
from aicc.tenants.templatetags.ui import clock
from contacts.choices import Channel, MessageKind, Side
from contacts.data_items import media_label
from contacts.models import ContactRecord, Message

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 sans-serif; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dt, .meta { opacity: 0.75; }
dd, p { margin: 0; overflow-wrap: anywhere; }
ol { padding: 0; list-style: none; }
li { margin: 1rem 4rem 1rem 0; padding: 0.5rem 1rem; border-left: 4px solid #84919a; }
li.agent, li.robot { margin: 1rem 0 1rem 4rem; border-color: #0b6878; }
li.system { margin: 1rem 2rem; border-left-style: dotted; }
.meta { font-size: 0.85em; }
.text { white-space: pre-wrap; }
"""
# Beside the page's own style nothing is allowed, should a browser ever find something in it.
_POLICY = f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"


def chunks(record: ContactRecord, messages: Iterable[Message]) -> Iterator[bytes]:
    """The page, a message after the other. Times are of the time zone in force."""
    yield _head(record).encode()
    for message in messages:
        yield _line(message, is_mail=record.channel == Channel.EMAIL).encode()
    yield b"</ol>\n</body>\n</html>\n"


def _head(record: ContactRecord) -> SafeString:
    title = _("Call S/N %(number)s") % {"number": record.call_sn}
    facts = [
        (_("Media Type"), media_label(record.media_type, record.channel)),
        (_("Start Time"), _moment(record.started_at)),
        (_("End Time"), _moment(record.ended_at)),
        (_("Time zone"), parameters.TIME_ZONE.value(record.tenant)),
        (_("Account"), record.account_name),
        (_("Skill Queue"), record.skill_queue.name if record.skill_queue else ""),
        (_("Customer Number"), record.customer_number),
    ]
    said = ((label, isolated(value)) for label, value in facts if value)
    return format_html(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<h1>{}</h1>\n<dl>\n{}</dl>\n<p>{}</p>\n<ol>\n",
        _POLICY,
        title,
        SafeString(STYLE),
        title,
        format_html_join("", "<dt>{}</dt><dd>{}</dd>\n", said),
        _("Content of e-mails is left out. Files and addresses are named, and lead nowhere."),
    )


def _line(message: Message, *, is_mail: bool) -> SafeString:
    side = Side(message.side) if message.side in Side.values else None
    who = message.sender or (str(side.label) if side else "")
    when = _moment(message.sent_at) or clock(message.offset_seconds)
    return format_html(
        '<li class="{}"><p class="meta">{}{}{}</p><p class="text" dir="auto">{}</p></li>\n',
        side.value if side else "unknown",
        isolated(who),
        " · " if who and when else "",
        when,
        _text(message, is_mail=is_mail),
    )


def _text(message: Message, *, is_mail: bool) -> SafeString:
    kind = MessageKind(message.kind)
    # What is written over the channel Email is a mail, whatever its source calls it.
    if kind == MessageKind.EMAIL or (is_mail and kind == MessageKind.TEXT and message.side != Side.SYSTEM):
        return format_html("[{}]", _("E-mail: its content is left out"))
    if kind == MessageKind.TEXT:
        return isolated(message.text)
    return format_html("[{}] {}", kind.label, isolated(message.text))


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
