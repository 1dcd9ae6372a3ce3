"""Which address says a search for contacts? How any search is said is left to `aicc.lib.addresses`."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from aicc.lib import addresses
from aicc.lib.addresses import POSITION, came_from, position

__all__ = ["POSITION", "address", "came_from", "position"]


def address(query: QueryDict, name: str = "contacts:list", **changes: Any) -> str:
    """The search's address with some parameters changed, or taken away by None. It starts at the first page."""
    return addresses.address(query, name, **changes)


def process_address(query: QueryDict, id: int) -> str:
    """Where the call reason of a record is set. It carries the search, for the way back and for the next one."""
    search = address(query, record=None).partition("?")[2]
    return f"{reverse('contacts:process', args=[id])}?{search}" if search else reverse("contacts:process", args=[id])
