"""Is something done with a contact record offered, and if not, why? One answer for the button and for the address.

What is offered to whom is left to `media` and `processing`.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise


class Refused(Exception):
    """Somebody with the permission asks for what this record does not offer. The message is a sentence for the page."""


@dataclass(frozen=True)
class Offer:
    """Whether something is offered: true when it is. Without the permission nothing is said but 403."""

    permitted: bool
    refusal: str | Promise = ""

    def __bool__(self) -> bool:
        return self.permitted and not self.refusal

    def require(self) -> None:
        """Raises PermissionDenied, or Refused with the reason, where it is not offered."""
        if not self.permitted:
            raise PermissionDenied
        if self.refusal:
            raise Refused(str(self.refusal))
