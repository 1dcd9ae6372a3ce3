"""How do templates draw an icon, walk two lists at once, mark what was typed, and write a position in a recording?

What the icons look like is left to components/_icons.html, what a cell says to the data items.
"""

from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aicc.lib import text as texts

register = template.Library()


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """A shape of the page's sprite, said by the words beside it. `kind`: "small" or "large"."""
    size = f" icon-{kind}" if kind else ""
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="#i-{}"></use></svg>', size, name)


@register.filter(name="zip")
def zip_with(items: Iterable[Any], cells: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Columns with the cells of one row: `{% for item, cell in items|zip:row.cells %}`."""
    return zip(items, cells, strict=True)


@register.filter
def has(things: Container[Any], thing: Any) -> bool:
    """Whether it is among these."""
    return thing in things


@register.filter
def chosen(field: BoundField) -> list[str]:
    """The words of the options that are chosen in a field of several choices."""
    values = set(field.value() or [])
    return [str(label) for value, label in getattr(field.field, "choices", []) if value in values]


@register.filter
def marked(text: str, typed: str) -> str:
    """The text with the first place marked that has what was typed, in capitals or not."""
    text = texts.shown(text)
    folded, typed = text.casefold(), typed.strip().casefold()
    # A letter that folds to two would move the mark.
    start = folded.find(typed) if typed and len(folded) == len(text) else -1
    if start < 0:
        return text
    end = start + len(typed)
    return format_html("{}<mark>{}</mark>{}", text[:start], text[start:end], text[end:])


@register.filter
def isolated(value: object) -> SafeString:
    """Somebody else's text, with its control characters as marks and its direction its own."""
    return texts.isolated(str(value))


@register.filter
def joined(values: Iterable[object], between: str) -> SafeString:
    """The same of several, as one text. Django's own `join` escapes them by itself."""
    return texts.isolated(between.join(str(value) for value in values))


@register.filter
def thousands(number: int | None) -> str:
    """A count with commas: 10,000. Empty for None."""
    return "" if number in (None, "") else f"{number:,}"


@register.filter
def clock(seconds: float | None) -> str:
    """A position or a length in a recording: m:ss, from an hour on h:mm:ss. Empty for None."""
    if seconds is None:
        return ""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


@register.filter
def milliseconds(at: datetime | None) -> str:
    """A time of day to the millisecond, in the zone in force: 14:18:02.120. Empty for None."""
    return f"{timezone.localtime(at):%H:%M:%S.%f}"[:-3] if at else ""
