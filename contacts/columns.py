"""What are the values of data items in many rows at once? Made from columns of the database, without making records.

Which rows is left to `search`, what an item is to `data_items`: the same declaration makes a cell of the list.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model

from aicc.tenants.models import Tenant
from contacts.data_items import DataItem
from contacts.models import ContactRecord


class Columns:
    """The columns that some items of a tenant's records need: `names` are for the query."""

    def __init__(self, tenant: Tenant, items: Sequence[DataItem]) -> None:
        names = dict.fromkeys(name for item in items for name in item.reads)
        # Items read the record's own columns: none of these is a relation backwards.
        self._fields: dict[str, Field] = {name: ContactRecord._meta.get_field(name) for name in names}  # type: ignore[misc]
        self.names = [field.attname for field in self._fields.values()]
        self._related = {
            name: _by_id(field.related_model, tenant)  # type: ignore[arg-type]  # it is a relation, so it has a model
            for name, field in self._fields.items()
            if field.is_relation
        }
        self._makers = [(item, self._maker(item)) for item in items]

    def values(self, rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
        """Of each item its values in these rows, which are of the columns named."""
        read = zip(*rows, strict=True)
        columns: dict[str, Sequence[Any]] = {}
        for (name, field), column in zip(self._fields.items(), read, strict=True):
            columns[name] = column
            for convert in field.get_db_converters(connection):
                columns[name] = [convert(value, None, connection) for value in columns[name]]
        return [make([columns[name] for name in item.reads]) for item, make in self._makers]

    def _maker(self, item: DataItem) -> Callable[[list[Sequence[Any]]], Sequence[Any]]:
        words = item.words
        if words is None:
            return lambda columns: columns[0]
        related = [self._related.get(name) for name in item.reads]

        def made(values: tuple[Any, ...]) -> Any:
            return words(*(value if rows is None else rows[value] for value, rows in zip(values, related, strict=True)))

        if all(self._fields[name].is_relation or self._fields[name].choices for name in item.reads):
            # Few values, each made once.
            once = _Once(made)
            return lambda columns: [once[values] for values in zip(*columns, strict=True)]
        return lambda columns: [made(values) for values in zip(*columns, strict=True)]


class _Once(dict[tuple[Any, ...], Any]):
    """What a function makes of some values, made when it is first asked for."""

    def __init__(self, make: Callable[[tuple[Any, ...]], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, values: tuple[Any, ...]) -> Any:
        made = self[values] = self._make(values)
        return made


def _by_id(model: type[Model], tenant: Tenant) -> dict[int | None, Any]:
    """A tenant's rows of a small table, those above them at hand."""
    rows: dict[Any, Any] = {row.pk: row for row in model._default_manager.filter(tenant=tenant)}
    for row in rows.values():
        if parent := rows.get(getattr(row, "parent_id", None)):
            row.parent = parent
    return {None: None, **rows}
