"""Which address says a search for contacts? How any search is said is left to `aicc.lib.addresses`."""

from typing import Any

from django.http import QueryDict

from aicc.lib import addresses
from aicc.lib.addresses import POSITION, came_from, position

__all__ = ["POSITION", "address", "came_from", "position"]


def address(query: QueryDict, name: str = "contacts:list", **changes: Any) -> str:
    """The search's address with some parameters changed, or taken away by None. It starts at the first page."""
    return addresses.address(query, name, **changes)
