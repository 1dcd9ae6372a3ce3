"""How do a tenant's organization units hang together? One tree, read once, asked in memory.

5,000 units take a few milliseconds; a recursive query for each question takes longer. Who may see
which unit is left to `contacts.visibility`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


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
