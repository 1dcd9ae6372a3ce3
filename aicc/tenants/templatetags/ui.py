"""How do templates draw an icon, walk two lists at once, and write a position in a recording?

What the icons look like is left to components/_icons.html, what a cell says to the data items.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
def clock(seconds: float | None) -> str:
    """A position or a length in a recording: m:ss, from an hour on h:mm:ss. Empty for None."""
    if seconds is None:
        return ""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
