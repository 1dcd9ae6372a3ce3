"""How do rows that were written before take the form that is in force? In small steps, while the site is in use.

Every step is a transaction that finds for itself what is left to do: a conversion that was killed is run again.
What the forms are is left to `personal`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, models, transaction
from psycopg import sql
from psycopg.errors import DeadlockDetected, SerializationFailure

from aicc.lib import bulk, sealing
from aicc.lib.sealing import CannotOpen, KeyRing, key_file
from aicc.tenants import parameters
from aicc.tenants.models import Tenant
from aicc.tenants.personal import LOCK, PersonalField, Sealing, personal_fields

# Rows of a step: a tenth of a second or two of work, for which nobody else can change them.
STEP = 1_000


@dataclass(frozen=True)
class Table:
    """A table with personal columns. Every statement on it names one tenant and walks `key`, an index's order."""

    model: type[models.Model]
    fields: tuple[PersonalField, ...]
    key: tuple[models.Field, ...]

    @classmethod
    def all(cls) -> list["Table"]:
        return [cls.of(model) for model in apps.get_models() if personal_fields(model)]

    @classmethod
    def of(cls, model: type[models.Model]) -> "Table":
        """A model may name the order in which its rows lie (`read_order`); else it is the primary key's."""
        meta = model._meta
        fields = {field.attname: field for field in meta.concrete_fields}
        names = getattr(model, "read_order", None) or [f.attname for f in meta.pk_fields if f.attname != "tenant_id"]
        return cls(model, tuple(personal_fields(model)), tuple(fields[name] for name in names))

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def name(self) -> sql.Identifier:
        return sql.Identifier(self.model._meta.db_table)

    @property
    def columns(self) -> list[sql.Identifier]:
        return [sql.Identifier(field.attname) for field in self.fields]

    @property
    def keys(self) -> list[sql.Identifier]:
        return [sql.Identifier(field.attname) for field in self.key]


@dataclass(frozen=True)
class Goal:
    """The form in force: sealed by the current key of `ring`, or plain."""

    ring: KeyRing | None

    @classmethod
    def in_force(cls) -> "Goal":
        """Raises KeyFileError when texts are to be sealed without a key."""
        return cls(key_file().ring() if parameters.ENCRYPTION.value(None) else None)

    def misses(self, table: Table, tenant: Tenant) -> sql.Composed:
        """The condition of rows that have another form."""
        if self.ring:
            pattern = sealing.sealed_by(self.ring.current, tenant.pk)
            test = sql.SQL("({column} <> '' AND {column} !~ {pattern})")
        else:
            pattern = sealing.SEALED
            test = sql.SQL("{column} ~ {pattern}")
        tests = [test.format(column=column, pattern=sql.Literal(pattern)) for column in table.columns]
        return sql.SQL("({})").format(sql.SQL(" OR ").join(tests))


@dataclass
class Progress:
    """Rows converted so far, and values that no key there is opens."""

    rows: int = 0
    lost: int = 0


def left(goal: Goal) -> Iterator[tuple[str, int]]:
    """How many rows of each table have not the form in force."""
    for table in Table.all():
        counts = [_one(table, tenant, "SELECT count(*)", goal.misses(table, tenant)) for tenant in _tenants()]
        yield table.label, sum(counts)


def uses(key: str) -> bool:
    """Whether any row needs a key. Whoever is writing with it is waited for."""
    _wait_for_writers()
    for table in Table.all():
        condition = sql.SQL(" OR ").join(
            sql.SQL("{} ~ {}").format(column, sql.Literal(sealing.sealed_by(key))) for column in table.columns
        )
        for tenant in _tenants():
            if _one(table, tenant, "SELECT EXISTS (SELECT", sql.SQL("({})").format(condition), ")"):
                return True
    return False


def convert(goal: Goal, on_progress: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Give every row the form in force: all that were there when it began, and what is written meanwhile has it.

    Rows that somebody else is changing are passed over, and found by the next round.
    """
    _wait_for_writers()
    progress = Progress()
    while True:
        before, progress.lost = progress.rows, 0
        for table in Table.all():
            for tenant in _tenants():
                _walk(table, tenant, goal, progress, on_progress)
        if progress.rows == before:
            return progress


def _tenants() -> list[Tenant]:
    return list(Tenant.objects.order_by("pk"))


def _wait_for_writers() -> None:
    """Whoever asked which form is in force before now has finished; whoever asks from now on sees the new one."""
    with transaction.atomic(), connection.cursor() as cursor:
        bulk.lock(cursor, LOCK)


def _one(table: Table, tenant: Tenant, select: str, condition: sql.Composable, end: str = "") -> Any:
    with connection.cursor() as cursor:
        statement = sql.SQL("{} FROM {} WHERE tenant_id = %s AND {}{}")
        cursor.execute(
            statement.format(sql.SQL(select), table.name, condition, sql.SQL(end)),
            [tenant.pk],
        )
        return cursor.fetchone()[0]


def _walk(
    table: Table, tenant: Tenant, goal: Goal, progress: Progress, on_progress: Callable[[Progress], None]
) -> None:
    at: Sequence[Any] | None = None
    while True:
        try:
            with transaction.atomic():
                rows = _locked(table, tenant, goal, at)
                written, lost = _rewritten(table, tenant, goal, rows)
                _write(table, tenant, written)
        except OperationalError as error:
            # A load moved a row to another month under us: it is not touched, and the step begins again.
            if not isinstance(error.__cause__, SerializationFailure | DeadlockDetected):
                raise
            continue
        if not rows:
            return
        at = rows[-1][: len(table.key)]
        progress.rows += len(written)
        progress.lost += lost
        on_progress(progress)


def _locked(table: Table, tenant: Tenant, goal: Goal, at: Sequence[Any] | None) -> list[tuple[Any, ...]]:
    """The next rows after a key that have another form: their keys and their personal columns."""
    keys = sql.SQL(", ").join(table.keys)
    after: sql.Composable = sql.SQL("")
    if at is not None:
        # Said of the first column too: whole months are left out then.
        after = sql.SQL(" AND {} >= {} AND ({}) > ({})").format(
            table.keys[0], sql.Literal(at[0]), keys, sql.SQL(", ").join(map(sql.Literal, at))
        )
    statement = sql.SQL(
        "SELECT {}, {} FROM {} WHERE tenant_id = %s AND {}{} ORDER BY {} LIMIT %s FOR UPDATE SKIP LOCKED"
    ).format(keys, sql.SQL(", ").join(table.columns), table.name, goal.misses(table, tenant), after, keys)
    with connection.cursor() as cursor:
        cursor.execute(statement, [tenant.pk, STEP])
        return cursor.fetchall()


def _rewritten(
    table: Table, tenant: Tenant, goal: Goal, rows: list[tuple[Any, ...]]
) -> tuple[list[tuple[Any, ...]], int]:
    """The rows as they are to be, those that change; and how many texts nobody can open, which stay."""
    sealing_now, file = Sealing(tenant.pk, goal.ring), key_file()
    written, lost, start = [], 0, len(table.key)
    for row in rows:
        texts: list[str] = []
        for field, stored in zip(table.fields, row[start:], strict=True):
            try:
                texts.append(sealing_now.stored(field.kind, file.open(stored, field.kind)) if stored else stored)
            except CannotOpen:
                texts.append(stored)
                lost += 1
        if tuple(texts) != row[start:]:
            written.append((*row[:start], *texts))
    return written, lost


def _write(table: Table, tenant: Tenant, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    fields = [*table.key, *table.fields]
    # In the order of the key, so the first column's ends are known: other months are left out.
    statement = sql.SQL(
        "UPDATE {table} t SET {settings} FROM unnest({arrays}) n ({names})"
        " WHERE t.tenant_id = %s AND {same} AND t.{first} BETWEEN {low} AND {high}"
    ).format(
        table=table.name,
        settings=sql.SQL(", ").join(sql.SQL("{0} = n.{0}").format(column) for column in table.columns),
        arrays=sql.SQL(", ").join(sql.SQL(f"%s::{_type(field)}[]") for field in fields),
        names=sql.SQL(", ").join([*table.keys, *table.columns]),
        same=sql.SQL(" AND ").join(sql.SQL("t.{0} = n.{0}").format(key) for key in table.keys),
        first=table.keys[0],
        low=sql.Literal(rows[0][0]),
        high=sql.Literal(rows[-1][0]),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*map(list, zip(*rows, strict=True)), tenant.pk])


def _type(field: models.Field) -> str:
    return str(field.cast_db_type(connection))
