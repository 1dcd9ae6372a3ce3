"""Which terms does a record carry? Each exact criterion is a term: a hash of kind, tenant and value.

One inverted index over them serves every criterion and every combination (measured against a tree for each).
A hash may collide, so terms only narrow: the plain condition stands beside them, and decides.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, Q, QuerySet, Value

# The arguments of the SQL function `contact_terms`, in its order: the index is over exactly this expression.
_COLUMNS = (
    "tenant_id",
    "caller_number",
    "called_number",
    "handled_number",
    "customer_name",
    "account_id",
    "employee_id",
    "unit_id",
    "call_type",
    "media_type",
    "satisfaction",
    "skill_queue_id",
    "call_reason_id",
    "duration_seconds",
)


@dataclass(frozen=True, slots=True)
class Term:
    """A value of a kind, as the SQL function spells it: numbers and ids as text, `true` and `false`."""

    kind: str
    value: str


@dataclass(frozen=True)
class Condition:
    """What a criterion asks of a record: `q` decides, and a record that meets it has at least one of `any_of`.

    Without terms the criterion cannot narrow through the index, and only filters.
    """

    q: Q
    any_of: tuple[Term, ...] = ()


def narrowed(records: QuerySet, tenant_id: int, conditions: list[Condition]) -> QuerySet:
    """The records that carry the terms of every condition."""
    groups = [condition.any_of for condition in conditions if condition.any_of]
    records = records.alias(terms=Func(*map(F, _COLUMNS), function="contact_terms", output_field=_terms()))
    if single := [group[0] for group in groups if len(group) == 1]:
        records = records.filter(terms__contains=_array(tenant_id, single))
    for group in groups:
        if len(group) > 1:
            records = records.filter(terms__overlap=_array(tenant_id, group))
    return records


def _array(tenant_id: int, terms: Any) -> Func:
    hashes = [Func(Value(term.kind), Value(tenant_id), Value(term.value), function="contact_term") for term in terms]
    return Func(*hashes, template="ARRAY[%(expressions)s]", output_field=_terms())


def _terms() -> ArrayField:
    return ArrayField(BigIntegerField())
