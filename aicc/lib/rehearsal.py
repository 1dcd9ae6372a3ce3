"""What would a load find stored? The versions of rows that are there, and those that its rehearsal has seen so far.

What is done with them is left to the rehearsals of the loaders. Nothing is written that outlasts one.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql


class Known:
    """The newest version of each id of a tenant's: stored in a table, or seen earlier in this rehearsal."""

    def __init__(self, cursor: CursorWrapper, table: str, tenant_id: int) -> None:
        self._cursor, self._table, self._tenant_id = cursor, table, tenant_id

    def of(self, ids: Collection[int]) -> dict[int, datetime]:
        self._cursor.execute(
            sql.SQL(
                "SELECT id, max(updated_at) FROM (SELECT id, updated_at FROM {}"
                " WHERE tenant_id = %s AND id = ANY(%s::bigint[])"
                " UNION ALL SELECT id, updated_at FROM rehearsed WHERE id = ANY(%s::bigint[])) known GROUP BY id"
            ).format(sql.Identifier(self._table)),
            [self._tenant_id, list(ids), list(ids)],
        )
        return dict(self._cursor.fetchall())

    def add(self, versions: Mapping[int, datetime]) -> None:
        """These would be stored now."""
        self._cursor.execute(
            "INSERT INTO rehearsed SELECT * FROM unnest(%s::bigint[], %s::timestamptz[])"
            " ON CONFLICT (id) DO UPDATE SET updated_at = EXCLUDED.updated_at",
            [list(versions), list(versions.values())],
        )


@contextmanager
def known(table: str, tenant_id: int) -> Iterator[Known]:
    with connection.cursor() as cursor:
        # On disk, because a load may have more versions than fit into memory.
        cursor.execute("CREATE TEMPORARY TABLE rehearsed (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL)")
        try:
            yield Known(cursor, table, tenant_id)
        finally:
            cursor.execute("DROP TABLE rehearsed")
