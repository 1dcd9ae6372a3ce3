"""How do several statements read one moment of the database? In a snapshot: what others write meanwhile stays out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[datetime]:
    """A transaction that sees the moment it gives, and that cannot write. RuntimeError inside of another one."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The first statement that reads takes the snapshot.
            cursor.execute("SELECT statement_timestamp()")
            (moment,) = cursor.fetchone()
        yield moment
