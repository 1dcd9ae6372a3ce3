"""How do a tenant's organization units hang together? One tree, read once, asked in memory.

5,000 units take a few milliseconds; a recursive query for each question takes longer. Who may see
which unit is left to `contacts.visibility`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# The digits of the largest bigint.
LONGEST_ID = 19


@dataclass(frozen=True, slots=True)
class Unit:
    """An organization unit as the tree knows it; `depth` is 0 for a root."""

    id: int
    name: str
    parent_id: int | None
    depth: int


class UnitTree:
    """A forest of organization units. Siblings stand by position, then name, then id."""

    def __init__(self, rows: Iterable[tuple[int, int | None, str, int]]) -> None:
        """`rows` are (id, parent id or None, name, position), in any order."""
        children: dict[int | None, list[tuple[int, str, int]]] = {}
        for id, parent_id, name, position in rows:
            children.setdefault(parent_id, []).append((position, name, id))
        self._positions = {parent: max(siblings)[0] for parent, siblings in children.items()}
        self._children = {
            parent: [(id, name) for _position, name, id in sorted(siblings)] for parent, siblings in children.items()
        }
        self._units = {unit.id: unit for unit in self._walk(None, 0)}

    def __iter__(self) -> Iterator[Unit]:
        """All units depth-first, as a tree is printed."""
        return iter(self._units.values())

    def __contains__(self, id: int) -> bool:
        return id in self._units

    def __getitem__(self, id: int) -> Unit:
        return self._units[id]

    def __len__(self) -> int:
        return len(self._units)

    def sent(self, text: str) -> Unit | None:
        """The unit whose id somebody sent, if it is one."""
        known = text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
        return self._units.get(int(text)) if known else None

    def children(self, id: int | None) -> list[Unit]:
        """The units right below one, in order; of None: the roots."""
        return [self._units[child] for child, _name in self._children.get(id, ())]

    def next_position(self, id: int | None) -> int:
        """The position after the last of the units right below one."""
        return self._positions.get(id, -1) + 1

    def descendants(self, id: int) -> Iterator[Unit]:
        """Everything below a unit, depth-first, the unit itself left out."""
        return self._walk(id, self._units[id].depth + 1)

    def with_descendants(self, ids: Iterable[int]) -> frozenset[int]:
        """The given units (those that exist) and everything below them."""
        reached: set[int] = set()
        for id in ids:
            if id in self._units and id not in reached:
                reached.add(id)
                reached.update(unit.id for unit in self.descendants(id))
        return frozenset(reached)

    def with_ancestors(self, ids: Iterable[int]) -> frozenset[int]:
        """The given units and everything above them: what a filtered tree keeps."""
        kept: set[int] = set()
        for id in ids:
            at: int | None = id
            while at is not None and at not in kept:
                kept.add(at)
                at = self._units[at].parent_id
        return frozenset(kept)

    def matching(self, typed: str) -> list[Unit]:
        """The units whose name has what was typed, in capitals or not, depth-first."""
        typed = typed.strip().casefold()
        return [unit for unit in self if typed in unit.name.casefold()]

    def totals(self, counts: Mapping[int, int]) -> dict[int, int]:
        """What is counted at each unit, together with everything below it."""
        totals = {id: counts.get(id, 0) for id in self._units}
        # From the last to the first: a unit stands after the one it belongs to.
        for unit in reversed(self._units.values()):
            if unit.parent_id is not None:
                totals[unit.parent_id] += totals[unit.id]
        return totals

    def path(self, id: int) -> list[str]:
        """Names from the root down to the unit."""
        names: list[str] = []
        at: int | None = id
        while at is not None:
            names.append(self._units[at].name)
            at = self._units[at].parent_id
        return names[::-1]

    def _walk(self, parent_id: int | None, depth: int) -> Iterator[Unit]:
        # A stack, not recursion: a chain of 5,000 units is a legal organization.
        stack = [(parent_id, depth, iter(self._children.get(parent_id, ())))]
        while stack:
            above, level, siblings = stack[-1]
            for id, name in siblings:
                yield Unit(id, name, above, level)
                stack.append((id, level + 1, iter(self._children.get(id, ()))))
                break
            else:
                stack.pop()
