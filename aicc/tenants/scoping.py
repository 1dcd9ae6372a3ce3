"""Does this query name its tenant? One that does not is refused before it reaches the database.

What within a tenant an account may see is left to `contacts.visibility` and its like.
"""

from collections.abc import Iterator
from typing import Any, Self

from django.db import models
from django.db.models import lookups
from django.db.models.expressions import Col, ColPairs
from django.db.models.fields.related_lookups import RelatedExact
from django.db.models.fields.tuple_lookups import TupleExact
from django.db.models.sql import AND, Query
from django.db.models.sql.where import WhereNode


class TenantNotNamed(RuntimeError):
    """A query on tenant data was about to run for no tenant in particular."""

    def __init__(self, model: type[models.Model] | None) -> None:
        super().__init__(
            f"{model.__name__ if model else ''}: say for_tenant(tenant), or across_tenants() if you mean all of them."
        )


class TenantQuery(Query):
    """A query that compiles only when its conditions pin the tenant, or when told that all are meant."""

    all_tenants = False

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self.require_tenant()
        return super().get_compiler(*args, **kwargs)

    def require_tenant(self) -> None:
        pinned = any(_pins_tenant(condition, self) for condition in _required(self.where))
        if not (pinned or self.all_tenants or self.is_empty()):
            raise TenantNotNamed(self.model)


def _required(where: WhereNode) -> Iterator[Any]:
    """The conditions that every row of the result meets: those joined by AND, outside any NOT."""
    if where.negated or (where.connector != AND and len(where.children) > 1):
        return
    for child in where.children:
        if isinstance(child, WhereNode):
            yield from _required(child)
        else:
            yield child


def _pins_tenant(condition: Any, query: Query) -> bool:
    """Whether a condition says which tenant the rows themselves are of: by a value, or by an outer query's row."""
    if not isinstance(condition, lookups.Exact | RelatedExact | TupleExact):
        return False
    columns = condition.lhs.get_cols() if isinstance(condition.lhs, ColPairs) else [condition.lhs]
    values = condition.rhs if isinstance(condition, TupleExact) else [condition.rhs]
    return any(
        isinstance(column, Col)
        and column.target.column == "tenant_id"
        and column.alias == query.base_table
        # A column of this very query: the tenant compared with itself, or with another row's.
        and not (isinstance(value, Col) and value.alias in query.alias_map)
        for column, value in zip(columns, values, strict=False)
    )


class TenantQuerySet(models.QuerySet):
    """Rows that belong to a tenant. Naming the tenant is the first thing said to it."""

    query: TenantQuery

    def __init__(self, model: Any = None, query: Query | None = None, **kwargs: Any) -> None:
        super().__init__(model, query or TenantQuery(model), **kwargs)

    def for_tenant(self, tenant: Any) -> Self:
        """Only this tenant's rows. `None`, as the operator has, is refused."""
        if tenant is None:
            raise TenantNotNamed(self.model)
        return self.filter(tenant=tenant)

    def across_tenants(self) -> Self:
        """Every tenant's rows: for the operator, the clock and the loader's bookkeeping, never for a page."""
        clone = self.all()
        clone.query.all_tenants = True
        return clone

    def update(self, **kwargs: Any) -> int:
        self.query.require_tenant()
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def _raw_delete(self, using: str | None) -> int:
        self.query.require_tenant()
        return super()._raw_delete(using)
