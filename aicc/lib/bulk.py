"""How do many rows get into a big table, once each? Versions are looked up, new rows copied, newer ones updated.

What a row means is left to the loaders that use it. Every function here runs inside its caller's transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from django.db.backends.utils import CursorWrapper
from psycopg import RawCursor, sql


@dataclass(frozen=True, slots=True)
class Table:
    """A table partitioned by the months of `key`, and the columns that a loader writes.

    Among them are tenant_id and id, which name a row, and updated_at, which is its version.
    """

    name: str
    key: str
    columns: Sequence[str]


@dataclass(frozen=True, slots=True)
class Version:
    """What is stored under an id: when its source last changed it, and the partition key, which says where it lies."""

    updated_at: datetime
    key: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """Which keys changed: the ids inserted, and the ids updated to a newer version."""

    inserted: list[int]
    updated: list[int]


def lock(cursor: CursorWrapper, *names: object) -> None:
    """Wait until nobody else holds this name; held until the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [":".join(map(str, names))])


def versions(cursor: CursorWrapper, table: Table, *, tenant_id: int, ids: Collection[int]) -> dict[int, Version]:
    """Which of these ids are stored, in which version.

    It asks the primary key of every partition: a newer version may begin in another month than the stored one.
    """
    if not ids:
        return {}
    # A plan for any tenant. Of a tenant that came after the last ANALYZE the planner believes that it has no rows:
    # each batch would then read all those of the batches before it.
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    with cursor.db.wrap_database_errors, RawCursor(cursor.db.connection) as bound:
        # Binary: times as text are read ten times as slowly.
        bound.execute(versions_sql(table), [tenant_id, _array(ids)], prepare=False, binary=True)
        return {id: Version(updated_at, key) for id, updated_at, key in bound}


def versions_sql(table: Table) -> sql.Composed:
    """What `versions` asks; $1 is the tenant, $2 the ids."""
    return sql.SQL("SELECT id, updated_at, {} FROM {} WHERE tenant_id = $1::bigint AND id = ANY($2::bigint[])").format(
        sql.Identifier(table.key), sql.Identifier(table.name)
    )


def merge(
    cursor: CursorWrapper,
    table: Table,
    rows: Iterable[Sequence[Any]],
    *,
    tenant_id: int,
    stored: Mapping[int, Version],
    keep: Mapping[str, str],
) -> Merged:
    """Insert rows whose id is not stored, update those whose `updated_at` is later than the stored one, leave the rest.

    All rows are this tenant's, and each id occurs once. `keep` names columns that stay as they are while an SQL
    condition on the stored row `r` holds. The caller has held the tenant's lock since before it asked for the
    versions, so that nobody inserts between looking and inserting.
    """
    id_at, version_at = table.columns.index("id"), table.columns.index("updated_at")
    new: list[Sequence[Any]] = []
    newer: list[Sequence[Any]] = []
    for row in rows:
        version = stored.get(row[id_at])
        if version is None:
            new.append(row)
        elif row[version_at] > version.updated_at:
            newer.append(row)
    # Straight into the table. By way of a staging table every row would be written twice.
    copy(cursor, table.name, table.columns, new)
    updated = []
    if newer:
        keys = [stored[row[id_at]].key for row in newer]
        updated = _update(cursor, table, newer, tenant_id, (min(keys), max(keys)), keep)
    return Merged(inserted=[row[id_at] for row in new], updated=updated)


def _update(
    cursor: CursorWrapper,
    table: Table,
    rows: Sequence[Sequence[Any]],
    tenant_id: int,
    between: tuple[datetime, datetime],
    keep: Mapping[str, str],
) -> list[int]:
    """Update stored rows, whose partition keys lie between these two. A new key moves a row to its partition."""
    staging = _stage(cursor, table, rows)
    assignments = sql.SQL(", ").join(
        sql.SQL("{0} = CASE WHEN {1} THEN r.{0} ELSE s.{0} END").format(sql.Identifier(c), sql.SQL(keep[c]))
        if c in keep
        else sql.SQL("{0} = s.{0}").format(sql.Identifier(c))
        for c in table.columns
        if c not in ("tenant_id", "id")
    )
    id_at = table.columns.index("id")
    # The ids and the keys are said once more as values: the planner then reads these rows, in these partitions.
    cursor.execute(
        sql.SQL(
            "UPDATE {target} r SET {assignments} FROM {staging} s"
            " WHERE r.tenant_id = %s AND r.id = ANY(%s::bigint[]) AND r.{key} BETWEEN %s AND %s"
            " AND s.id = r.id AND s.updated_at > r.updated_at RETURNING r.id"
        ).format(
            target=sql.Identifier(table.name), assignments=assignments, staging=staging, key=sql.Identifier(table.key)
        ),
        [tenant_id, _array(row[id_at] for row in rows), *between],
    )
    return [id for (id,) in cursor.fetchall()]


def _stage(cursor: CursorWrapper, table: Table, rows: Iterable[Sequence[Any]]) -> sql.Identifier:
    """COPY rows into a temporary table with the columns of `table`; it empties itself at commit."""
    name = f"staging_{table.name}"
    staging = sql.Identifier(name)
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(
            staging, sql.Identifier(table.name)
        )
    )
    # An earlier batch of the same transaction may still be in it.
    cursor.execute(sql.SQL("TRUNCATE {}").format(staging))
    copy(cursor, name, table.columns, rows)
    # Without figures the planner takes the staging table for empty.
    cursor.execute(sql.SQL("ANALYZE {}").format(staging))
    return staging


def replace_parts(
    cursor: CursorWrapper,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    tenant_id: int,
    merged: Merged,
) -> None:
    """The parts of every merged row become exactly these: (tenant_id, record_id, position, …)."""
    changed = {*merged.inserted, *merged.updated}
    if not changed:
        return
    # Those of new rows too: a month that was dropped leaves its parts behind.
    cursor.execute(
        sql.SQL("DELETE FROM {} WHERE tenant_id = %s AND record_id = ANY(%s::bigint[])").format(sql.Identifier(table)),
        [tenant_id, _array(changed)],
    )
    copy(cursor, table, columns, (row for row in rows if row[1] in changed))


def copy(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows in binary form: five times as fast to write as text, and no text to read for the server."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(names, sql.Identifier(table)))
    types = [column.type_code for column in cursor.description]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), names)
    # Django does not wrap what COPY raises; its callers know Django's errors.
    with cursor.db.wrap_database_errors, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in chain([first], rows):
            copy.write_row(row)


def _array(ids: Iterable[int]) -> str:
    """Ids as PostgreSQL writes an array, sorted: neighbours in an index are read together.

    Of a list the driver would adapt every element by itself.
    """
    return f"{{{','.join(map(str, sorted(ids)))}}}"


def month_of(moment: datetime) -> date:
    """The month whose partition holds a moment: months are UTC's."""
    at = moment.astimezone(UTC)
    return date(at.year, at.month, 1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def coming_months(now: datetime, ahead: int) -> list[date]:
    """The month of a moment, and so many after it."""
    months = [month_of(now)]
    for _ in range(ahead):
        months.append(next_month(months[-1]))
    return months


def ensure_months(cursor: CursorWrapper, table: str, key: str, months: Iterable[date]) -> list[str]:
    """Make the monthly partitions that are missing; returns their names.

    Attaching one locks the default partition and every table that foreign keys name, so do it in a short
    transaction of its own. Rows that waited in the default partition move over first.
    """
    made = []
    for month in sorted(set(months)):
        name = _partition(table, month)
        if _exists(cursor, name):
            continue
        lock(cursor, "partitions", table)
        if _exists(cursor, name):
            continue
        parts = {
            "partition": sql.Identifier(name),
            "table": sql.Identifier(table),
            "default": sql.Identifier(f"{table}_default"),
            "key": sql.Identifier(key),
            "first": sql.Literal(f"{month:%Y-%m-%d} 00:00+00"),
            "end": sql.Literal(f"{next_month(month):%Y-%m-%d} 00:00+00"),
        }
        for statement in (
            "CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
            "WITH waiting AS (DELETE FROM {default} WHERE {key} >= {first} AND {key} < {end} RETURNING *)"
            " INSERT INTO {partition} SELECT * FROM waiting",
            "ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({first}) TO ({end})",
        ):
            cursor.execute(sql.SQL(statement).format(**parts))
        made.append(name)
    return made


def settle(cursor: CursorWrapper, table: str, changed: Mapping[date, int]) -> None:
    """After loading so many rows into these months: make their indexes fast to read, and tell the planner.

    New entries of an inverted index wait in a list of up to 4 MB, which every search walks through. Autovacuum would
    do both, late, and never on a short-lived server.
    """
    for month, rows in changed.items():
        cursor.execute(
            "SELECT gin_clean_pending_list(i.oid) FROM pg_class t JOIN pg_index ON indrelid = t.oid"
            " JOIN pg_class i ON i.oid = indexrelid JOIN pg_am ON pg_am.oid = i.relam"
            " WHERE t.relname = %s AND pg_table_is_visible(t.oid) AND amname = 'gin'"
            " AND pg_has_role(i.relowner, 'USAGE')",
            [_partition(table, month)],
        )
        cursor.execute(
            "SELECT reltuples FROM pg_class WHERE relname = %s AND pg_table_is_visible(oid)", [_partition(table, month)]
        )
        told = cursor.fetchone()
        # Autovacuum's own rule: a tenth of the table, and not for a handful.
        if told and rows >= max(1_000, told[0] / 10):
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(_partition(table, month))))


def _partition(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def _exists(cursor: CursorWrapper, table: str) -> bool:
    # Not to_regclass: that answers from memory, also when another load has just made the table.
    cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND pg_table_is_visible(oid))", [table])
    return bool(cursor.fetchone()[0])
