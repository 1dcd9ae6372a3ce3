"""What does an agent say about a contact? The form of Process: a call reason from the tenant's tree, and remarks.

Who may say it, and what if two people do, is left to `processing`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from aicc.lib.text import is_digits
from aicc.tenants.models import Tenant
from aicc.tenants.organization import UnitTree
from contacts.decisions import CallReason
from contacts.fields import TextField
from contacts.models import ContactRecord

LONGEST_REMARKS = ContactRecord._meta.get_field("remarks").max_length or 0


@dataclass(frozen=True)
class ReasonLine:
    """A line of the tree of call reasons: one to choose, or one that others stand below (`is_leaf` says which)."""

    id: int
    name: str
    level: int
    path: list[str]
    is_leaf: bool
    is_active: bool


class OfferedReasons:
    """The call reasons to choose from: the active ones, of which only those count that have none below them.

    What is not active, or stands below what is not, is only shown where a record carries it (`carried`).
    """

    def __init__(self, tenant: Tenant, carried: Collection[int] = ()) -> None:
        rows = CallReason.objects.for_tenant(tenant).values_list("id", "parent_id", "name", "position", "is_active")
        self._active = {id: is_active for id, *_rest, is_active in rows}
        self._tree = UnitTree((id, parent_id, name, position) for id, parent_id, name, position, _active in rows)
        self._offered: set[int] = set()
        for one in self._tree:
            # Depth-first: what stands above it is decided.
            if self._active[one.id] and (one.parent_id is None or one.parent_id in self._offered):
                self._offered.add(one.id)
        self._carried = [id for id in carried if id in self._tree and id not in self._offered]

    @cached_property
    def lines(self) -> list[ReasonLine]:
        """In the order a tree is printed."""
        shown = self._offered | self._tree.with_ancestors(self._carried)
        # What is only shown makes no group of an offered one that it stands below.
        above = {self._tree[id].parent_id for id in self._offered}
        above |= {self._tree[id].parent_id for id in shown - self._offered} - self._offered
        return [
            ReasonLine(
                one.id, one.name, one.depth + 1, self._tree.path(one.id), one.id not in above, self._active[one.id]
            )
            for one in self._tree
            if one.id in shown
        ]

    @cached_property
    def leaves(self) -> dict[int, ReasonLine]:
        """Those that can be chosen, by their ids."""
        return {line.id: line for line in self.lines if line.is_leaf and line.id in self._offered}

    def picked(self, ids: Iterable[Any]) -> list[ReasonLine]:
        """Those of some ids that can still be chosen."""
        return [self.leaves[id] for id in ids if id in self.leaves]

    def chosen(self, sent: Any) -> ReasonLine | None:
        """The one whose id somebody sent, if it can be chosen."""
        text = str(sent or "")
        return self.leaves.get(int(text)) if is_digits(text) and len(text) < 19 else None

    def has_below(self, sent: str) -> bool:
        """Whether what somebody sent is one below which others can be chosen."""
        return any(str(line.id) == sent and not line.is_leaf and line.id in self._offered for line in self.lines)


class ReasonField(forms.CharField):
    """A call reason by its id; its value is a ReasonLine."""

    reasons: OfferedReasons

    def clean(self, value: Any) -> ReasonLine:
        sent = super().clean(value)
        line = self.reasons.chosen(sent)
        if line is None and self.reasons.has_below(sent):
            raise ValidationError(_("Choose one of the call reasons below it."))
        if line is None:
            raise ValidationError(self.error_messages["gone"])
        return line


class ProcessForm(forms.Form):
    """Call reason and remarks of one contact record or of several."""

    reason = ReasonField(
        label=_("Call Reason"),
        error_messages={
            "required": _("Choose a call reason."),
            "gone": _("This call reason is not offered any more. Choose another one."),
        },
    )
    remarks = TextField(label=_("Call Remarks"), required=False, max_length=LONGEST_REMARKS, lines=True)

    def __init__(self, data: Any = None, *, reasons: OfferedReasons, **options: Any) -> None:
        super().__init__(data, **options)
        self.reasons = reasons
        cast(ReasonField, self.fields["reason"]).reasons = reasons

    @property
    def chosen(self) -> ReasonLine | None:
        """What stands as chosen in the form, valid or not."""
        return self.reasons.chosen(self["reason"].value())
