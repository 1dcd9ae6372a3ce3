"""How long may a search take? Statements that take longer are cut off, and the page says so."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

SEARCH_SECONDS = 5


class SearchTimeout(Exception):
    """The search outran its time limit."""


@contextmanager
def time_limit(seconds: float | None = None) -> Iterator[None]:
    """A transaction that ends after some seconds: SearchTimeout then.

    A statement is cut off after them, and none is begun. Each takes one core: many people search at once, and
    starting helpers takes longer than most searches.
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
            deadline = time.monotonic() + milliseconds / 1000
            with connection.execute_wrapper(partial(_in_time, deadline)):
                yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTimeout from None
        raise


def _in_time(deadline: float, execute: Callable[..., Any], *statement: Any) -> Any:
    if time.monotonic() > deadline:
        raise SearchTimeout
    return execute(*statement)
