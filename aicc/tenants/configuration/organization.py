"""The organization as a tree, and the accounts of one unit beside it. What changes the tree is left to `unit_editing`.

Only open branches are on the page: those above the chosen unit, and those that `open` names.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aicc.tenants.access import administrator_page
from aicc.tenants.configuration.account_list import PAGE_SIZE, listed
from aicc.tenants.models import Account, Tenant
from aicc.tenants.organization import Unit, UnitTree

UNORGANIZED = "unorganized"
# Of a branch, or of what was found: more are a matter of words.
MOST_SHOWN = 200
MOST_NAMED = 50


@dataclass(frozen=True)
class Line:
    """A line of the tree: a unit, or the words that some are left out.

    `open` is None without anything below; `fold_url` opens or closes the branch, `url` chooses the unit.
    """

    level: int
    unit: Unit | None = None
    accounts: int = 0
    url: str = ""
    open: bool | None = None
    fold_url: str = ""
    matches: bool = False
    left_out: int = 0


class TreePage:
    """The tree as one page shows it: which unit is chosen, which branches are open, what is searched."""

    def __init__(self, tree: UnitTree, counts: dict[int, int], sent: Any) -> None:
        self.tree = tree
        self.totals = tree.totals(counts)
        self.typed = sent.get("q", "").strip()[:200]
        self.chosen = sent.get("unit", "")
        self.unit = tree.sent(self.chosen)
        # What is above the chosen unit is open, or it would not be seen.
        self.above = (tree.with_ancestors([self.unit.id]) - {self.unit.id}) if self.unit else frozenset()
        named = {unit.id for unit in map(tree.sent, sent.getlist("open")[:MOST_SHOWN]) if unit}
        roots = tree.children(None)
        if "open" not in sent:
            first = self.unit or (roots[0] if len(roots) == 1 and not self.chosen else None)
            named = {first.id} if first else set()
        self.opened = named | self.above
        # Every address names what is open, but of a long chain only what somebody opened.
        self.named = self.opened if len(self.opened) <= MOST_NAMED else named

    def lines(self) -> list[Line]:
        return self._found() if self.typed else self._branches()

    def address(self, **changes: Any) -> str:
        """This page with something else chosen, opened or searched."""
        stay = {"q": self.typed, "unit": self.chosen, "open": sorted(self.named)}
        sent = {name: value for name, value in {**stay, **changes}.items() if value not in ("", None, [])}
        return f"{reverse('configuration:organization')}?{urlencode(sent, doseq=True)}"

    def _branches(self) -> list[Line]:
        # A stack, not recursion: every unit of a chain may be open.
        lines: list[Line] = []
        stack = [self._shown(None)]
        while stack:
            units, left_out = stack[-1]
            unit = next(units, None)
            if unit:
                below = bool(self.tree.children(unit.id))
                is_open = below and unit.id in self.opened
                lines.append(self._line(unit, is_open if below else None))
                if is_open:
                    stack.append(self._shown(unit.id))
            else:
                if left_out:
                    lines.append(Line(len(stack), left_out=left_out))
                stack.pop()
        return lines

    def _shown(self, parent: int | None) -> tuple[Iterator[Unit], int]:
        """The first units right below one, with those that are open or chosen, and how many are left out."""
        units = self.tree.children(parent)
        kept = self.opened | ({self.unit.id} if self.unit else set())
        shown = [unit for at, unit in enumerate(units) if at < MOST_SHOWN or unit.id in kept]
        return iter(shown), len(units) - len(shown)

    def _line(self, unit: Unit, is_open: bool | None, *, matches: bool = False) -> Line:
        changes: dict[str, Any] = {"open": sorted(self.named - {unit.id} if is_open else self.named | {unit.id}) or [0]}
        if is_open and unit.id in self.above:
            # It would hide the chosen unit, so it takes its place.
            changes["unit"] = unit.id
        return Line(
            unit.depth + 1,
            unit,
            self.totals[unit.id],
            url=self.address(unit=unit.id, open=sorted(self.named | {unit.id})),
            open=is_open,
            fold_url="" if is_open is None else self.address(**changes),
            matches=matches,
        )

    def _found(self) -> list[Line]:
        found = self.tree.matching(self.typed)
        ids = {unit.id for unit in found[:MOST_SHOWN]}
        kept = self.tree.with_ancestors(ids)
        lines = [self._line(unit, None, matches=unit.id in ids) for unit in self.tree if unit.id in kept]
        return [*lines, Line(1, left_out=len(found) - MOST_SHOWN)] if len(found) > MOST_SHOWN else lines


@require_safe
@administrator_page
def organization(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Organization."""
    tenant = request.user.tenant
    counts = _accounts_of(tenant)
    page = TreePage(tenant.units, counts, request.GET)
    if page.chosen and page.chosen != UNORGANIZED and not page.unit:
        raise Http404
    context = {
        "page": page,
        "lines": page.lines(),
        "units": len(tenant.units),
        "accounts": counts.total(),
        "unorganized": counts[None],
        "unorganized_url": page.address(unit=UNORGANIZED),
    }
    if page.chosen:
        context |= _beside(request, tenant, page, counts)
    return render(request, "tenants/configuration/organization.html", context)


def _accounts_of(tenant: Tenant) -> Counter:
    """How many accounts each unit has; those without one under None."""
    counts = Account.objects.for_tenant(tenant).order_by().values_list("unit").annotate(number=Count("pk"))
    return Counter(dict(counts))


def _beside(request: HttpRequest, tenant: Tenant, page: TreePage, counts: Counter) -> dict[str, Any]:
    """What stands beside the tree: the chosen unit and its accounts."""
    unit, tree = page.unit, tenant.units
    with_sub = bool(request.GET.get("include_sub_ous"))
    rows = listed(tenant)
    if unit is None:
        rows = rows.filter(unit=None)
        return {"members": _page(request, rows), "title": _("Unorganized")}
    rows = rows.filter(unit__in=tree.with_descendants([unit.id]) if with_sub else [unit.id])
    siblings = [sibling.id for sibling in tree.children(unit.parent_id)]
    return {
        "members": _page(request, rows),
        "title": unit.name,
        "path": tree.path(unit.id)[:-1],
        "with_sub": with_sub,
        "sub_units": sum(1 for _below in tree.descendants(unit.id)),
        "here": counts[unit.id],
        "total": page.totals[unit.id],
        "is_first": siblings[0] == unit.id,
        "is_last": siblings[-1] == unit.id,
    }


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
