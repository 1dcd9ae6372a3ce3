"""What the clock does for IVR calls."""

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from aicc.lib import bulk
from ivrhistory.models import IvrCall

MONTHS_AHEAD = 3


@shared_task
def make_partitions() -> list[str]:
    """Make the partitions of this month and the coming ones; returns the names of those it made."""
    months = bulk.coming_months(timezone.now(), MONTHS_AHEAD)
    with transaction.atomic(), connection.cursor() as cursor:
        return bulk.ensure_months(cursor, IvrCall._meta.db_table, "started_at", months)
