"""How is an organization unit chosen in a form, among 5,000? By typing a part of its name.

The field shows what is chosen and the first units found. Typing asks for others; without scripts a button sends the
form, which comes back with them. What a unit is chosen for is left to the forms.
"""

from functools import cached_property
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aicc.tenants.access import administrator_page
from aicc.tenants.models import OrganizationUnit, Tenant
from aicc.tenants.organization import Unit, UnitTree

MOST_FOUND = 50
# What is not on the list was taken from another page, or deleted meanwhile.
GONE = _("Choose an organization unit that is there.")


class UnitChoices:
    """What a field offers: units of a tree by words, without those it cannot take."""

    def __init__(self, tree: UnitTree, *, name: str, chosen: list[str], typed: str, below: str = "") -> None:
        """`chosen` are ids as they were sent; nothing that hangs on the unit `below` is offered."""
        self.tree, self.name, self.typed, self.below = tree, name, typed[:200], below
        self.ids = [unit.id for unit in map(tree.sent, chosen) if unit]
        top = tree.sent(below)
        self.barred = tree.with_descendants([top.id]) if top else frozenset()
        self.several = name in SEVERAL

    @cached_property
    def chosen(self) -> list[tuple[Unit, list[str]]]:
        """The units that are chosen, each with the names above it."""
        return [(self.tree[id], self.tree.path(id)[:-1]) for id in self.ids]

    @cached_property
    def _found(self) -> list[Unit]:
        return [u for u in self.tree.matching(self.typed) if u.id not in self.barred and u.id not in self.ids]

    @property
    def found(self) -> list[tuple[Unit, list[str]]]:
        return [(unit, self.tree.path(unit.id)[:-1]) for unit in self._found[:MOST_FOUND]]

    @property
    def more(self) -> int:
        """How many were found and are not shown."""
        return max(len(self._found) - MOST_FOUND, 0)


# The fields that take more than one unit, and those that take one.
SEVERAL = ("granted_units",)
SINGLE = ("unit", "parent", "ou")


class BoundUnits(BoundField):
    """A unit field of a form, with what stands in its list."""

    @property
    def options_query(self) -> str:
        """What the list's own address has to be told."""
        return urlencode({"name": self.html_name, "below": self.field.below or "", "none": self.field.none})

    @property
    def choices(self) -> UnitChoices:
        value = self.value()
        sent = value if isinstance(value, list | tuple) else [value]
        chosen = [str(getattr(one, "pk", one)) for one in sent if one not in (None, "")]
        typed = self.form.data.get(f"{self.html_name}-q", "")
        return UnitChoices(
            self.field.tree, name=self.html_name, chosen=chosen, typed=typed, below=str(self.field.below or "")
        )


class _UnitsOfTenant:
    """What the two fields share: the tenant's units, said by their paths."""

    bound_field_class = BoundUnits

    def __init__(self, tenant: Tenant, *, none: str = "", below: int | None = None, **options: Any) -> None:
        """`none` are the words for no unit; nothing of what hangs on the unit `below` may be chosen."""
        self.tree, self.none, self.below = tenant.units, none, below
        units = OrganizationUnit.objects.for_tenant(tenant)
        messages = {"invalid_choice": GONE, "invalid_pk_value": GONE}
        super().__init__(units, required=False, error_messages=messages, **options)

    def label_from_instance(self, unit: OrganizationUnit) -> str:
        return " › ".join(self.tree.path(unit.pk)) if unit.pk in self.tree else unit.name


class UnitField(_UnitsOfTenant, forms.ModelChoiceField):
    """One organization unit, or none."""


class UnitsField(_UnitsOfTenant, forms.ModelMultipleChoiceField):
    """Some organization units."""


@require_safe
@administrator_page
def unit_options(request: HttpRequest) -> HttpResponse:
    """The list of such a field, as its words change: what is chosen stays above."""
    sent = request.GET
    name = sent.get("name", "")
    choices = UnitChoices(
        request.user.tenant.units,
        name=name if name in SEVERAL + SINGLE else SINGLE[0],
        chosen=sent.getlist(name),
        typed=sent.get(f"{name}-q", ""),
        below=sent.get("below", ""),
    )
    context = {"choices": choices, "none": sent.get("none", "")[:60]}
    return render(request, "tenants/configuration/_unit_options.html", context)
