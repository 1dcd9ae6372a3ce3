"""How long may a search take? Statements that take longer are cut off, and the page says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

SEARCH_SECONDS = 5


class SearchTimeout(Exception):
    """The search outran its time limit."""


@contextmanager
def time_limit(seconds: float | None = None) -> Iterator[None]:
    """A transaction whose statements are cut off after some seconds each: SearchTimeout then.

    Each takes one core: many people search at once, and starting helpers takes longer than most searches.
    """
    milliseconds = int((SEARCH_SECONDS if seconds is None else seconds) * 1000)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true),"
                    " set_config('max_parallel_workers_per_gather', '0', true)",
                    [str(milliseconds)],
                )
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTimeout from None
        raise
