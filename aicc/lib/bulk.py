"""How do many rows get into a big table, once each? COPY into a staging table, then merge by key and version.

What a row means is left to the loaders that use it. Every function here runs inside its caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.backends.utils import CursorWrapper
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Merged:
    """Which keys changed: the ids inserted, and the ids updated to a newer version."""

    inserted: list[int]
    updated: list[int]


def lock(cursor: CursorWrapper, *names: object) -> None:
    """Wait until nobody else holds this name; held until the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [":".join(map(str, names))])


def stage(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> sql.Identifier:
    """COPY rows into a temporary table with the columns of `table`; it empties itself at commit."""
    staging = sql.Identifier(f"staging_{table}")
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(
            staging, sql.Identifier(table)
        )
    )
    # An earlier batch of the same transaction may still be in it.
    cursor.execute(sql.SQL("TRUNCATE {}").format(staging))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    _copy(cursor, sql.SQL("COPY {} ({}) FROM STDIN").format(staging, names), rows)
    # Without figures the planner takes the staging table for empty, and walks the big one.
    cursor.execute(sql.SQL("ANALYZE {}").format(staging))
    return staging


def merge(
    cursor: CursorWrapper,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    keep: Mapping[str, str],
) -> Merged:
    """Insert new rows, update those whose `updated_at` is later than the stored one, leave the rest.

    The key is (tenant_id, id); a row's id occurs once. `keep` names columns that stay as they are while
    an SQL condition on the stored row `r` holds. A partition key may change: PostgreSQL moves the row.
    The caller holds the tenant's lock, so between looking and inserting nobody else inserts.
    """
    staging = stage(cursor, table, columns, rows)
    target = sql.Identifier(table)
    settable = [c for c in columns if c not in ("tenant_id", "id")]
    assignments = sql.SQL(", ").join(
        sql.SQL("{0} = CASE WHEN {1} THEN r.{0} ELSE s.{0} END").format(sql.Identifier(c), sql.SQL(keep[c]))
        if c in keep
        else sql.SQL("{0} = s.{0}").format(sql.Identifier(c))
        for c in settable
    )
    same_row = sql.SQL("r.tenant_id = s.tenant_id AND r.id = s.id")
    cursor.execute(
        sql.SQL("UPDATE {} r SET {} FROM {} s WHERE {} AND s.updated_at > r.updated_at RETURNING r.id").format(
            target, assignments, staging, same_row
        )
    )
    updated = [id for (id,) in cursor.fetchall()]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(
        sql.SQL(
            "INSERT INTO {} ({}) SELECT {} FROM {} s WHERE NOT EXISTS (SELECT FROM {} r WHERE {}) RETURNING id"
        ).format(target, names, names, staging, target, same_row)
    )
    return Merged(inserted=[id for (id,) in cursor.fetchall()], updated=updated)


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
    target = sql.Identifier(table)
    changed = {*merged.inserted, *merged.updated}
    # Those of new rows too: a month that was dropped leaves its parts behind.
    cursor.execute(
        sql.SQL("DELETE FROM {} WHERE tenant_id = %s AND record_id = ANY(%s)").format(target),
        [tenant_id, list(changed)],
    )
    fresh = [row for row in rows if row[1] in changed]
    if fresh:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        _copy(cursor, sql.SQL("COPY {} ({}) FROM STDIN").format(target, names), fresh)


def _copy(cursor: CursorWrapper, statement: sql.Composed, rows: Iterable[Sequence[Any]]) -> None:
    # Django does not wrap what COPY raises; its callers know Django's errors.
    with cursor.db.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def month_of(moment: datetime) -> date:
    """The month whose partition holds a moment: months are UTC's."""
    at = moment.astimezone(UTC)
    return date(at.year, at.month, 1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


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


def analyze(cursor: CursorWrapper, table: str, months: Iterable[date]) -> None:
    """Tell the planner what is in these months now: autovacuum comes late, and never for a short-lived server."""
    for name in (_partition(table, month) for month in months):
        if _exists(cursor, name):
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))


def _partition(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def _exists(cursor: CursorWrapper, table: str) -> bool:
    # Not to_regclass: that answers from memory, also when another load has just made the table.
    cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND pg_table_is_visible(oid))", [table])
    return bool(cursor.fetchone()[0])
