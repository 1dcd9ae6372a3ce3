"""Who tells the workers that there is something to do? Redis does, when it can: the job itself is the task's row.

A ring that is lost is made up for by the next one, every few seconds by each worker and by the clock.
"""

import logging
from functools import partial
from typing import Any

from celery import bootsteps, current_app
from celery.worker import consumer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# By name: whoever requests an export does not know how it is packed.
TAKE_NEXT = "exports.tasks.take_next"
RING_SECONDS = 10
# A worker that lost its broker looks for it at least as often.
RECONNECT_SECONDS = 5


def ring(**options: Any) -> bool:
    """Ask a worker to take the next task, whichever that is. False when the broker cannot be reached; never raises."""
    try:
        current_app.send_task(TAKE_NEXT, retry=False, ignore_result=True, **options)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); the task waits for the next ring.", type(error).__name__)
        return False
    return True


class Consumer(consumer.Consumer):
    """What a worker listens with."""

    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(conn.ensure_connection, interval_max=RECONNECT_SECONDS)
        return super().ensure_connected(conn)


class Reminder(bootsteps.StartStopStep):
    """A worker rings when it has found the broker, and every few seconds from then on: no task waits for the clock."""

    requires = {"celery.worker.consumer.tasks:Tasks"}
    entry: Any = None

    def start(self, parent: Any) -> None:
        # What nobody hears in time, the next ring says again.
        again = partial(ring, expires=RING_SECONDS)
        self.entry = parent.timer.call_repeatedly(RING_SECONDS, again)
        again()

    def stop(self, parent: Any) -> None:
        if self.entry is not None:
            self.entry.cancel()
            self.entry = None
