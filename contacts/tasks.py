"""What the clock does for contact records."""

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from aicc.lib import bulk
from contacts.models import ContactRecord

MONTHS_AHEAD = 3


@shared_task
def make_partitions() -> list[str]:
    """Make the partitions of this month and the coming ones; returns the names of those it made."""
    months = [bulk.month_of(timezone.now())]
    for _ in range(MONTHS_AHEAD):
        months.append(bulk.next_month(months[-1]))
    with transaction.atomic(), connection.cursor() as cursor:
        return bulk.ensure_months(cursor, ContactRecord._meta.db_table, "started_at", months)
