"""What does a page say? Its HTML as a person would read it, without what changes with every request."""

import re
from collections import defaultdict
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "track", "use", "wbr"}


def masked(response: HttpResponse) -> str:
    """The body with the tokens of its forms masked: they are new in every answer."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1TOKEN", response.content.decode())


class Element:
    """An element of a page: its tag, its attributes, and what is in it."""

    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute] or ""

    @property
    def text(self) -> str:
        """The words in it, with single spaces."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> list[str]:
        return [child if isinstance(child, str) else f" {child.text} " for child in self.children]

    def all(self, tag: str = "", **attributes: str) -> "list[Element]":
        """The elements inside with this tag and these attributes (`data_x` for data-x), in their order."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if tag in ("", child.tag) and wanted.items() <= child.attributes.items():
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        (element,) = self.all(tag, **attributes)
        return element


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().tag == tag, f"{tag} is closed where something else is open"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(response: HttpResponse) -> Element:
    """The page as a tree. Elements that are not closed in order are an error."""
    return parse(response.content.decode())


def parse(html: str) -> Element:
    """The same of a page that nobody sent."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    (root,) = reader.open
    return root


def section(page: Element, name: str) -> Element:
    """The section with this name, of a page that has several."""
    return page.one("section", id=name)


def filled(page: Element) -> dict[str, list[str]]:
    """What a browser would send of the page's form, the one that remembers what its author saw."""
    sent = defaultdict(list)
    (form,) = [form for form in page.all("form", method="post") if form.all("input", name="seen")]
    for field in form.all("input"):
        box = field.attributes.get("type") in ("checkbox", "radio")
        if "name" in field.attributes and (not box or "checked" in field.attributes):
            sent[field["name"]].append(field.attributes.get("value", "on" if box else "") or "")
    for field in form.all("textarea"):
        # Of what it holds the first line's end is not its own.
        written = "".join(child for child in field.children if isinstance(child, str))
        sent[field["name"]].append(written.removeprefix("\n"))
    for field in form.all("select"):
        options = field.all("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[:1]
        sent[field["name"]] += [option["value"] for option in chosen]
    return sent


def send(client: Client, page: str, /, *args: Any, **values: Any) -> HttpResponse:
    """Open a page of the Configuration Center, and send its form as it stands with these values in it.

    None takes a field out, as an empty box does.
    """
    url = reverse(f"configuration:{page}", args=args)
    changed = {**filled(read(client.get(url))), **values}
    return client.post(url, {name: value for name, value in changed.items() if value is not None})


def press(client: Client, page: str, /, *args: Any, **values: str) -> HttpResponse:
    """Press the button of such a page that only asks whether it is meant."""
    return client.post(reverse(f"configuration:{page}", args=args), values)
