"""What the clock does for contact records."""

from datetime import timedelta

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from aicc.lib import bulk
from contacts.ingest import media
from contacts.models import ContactRecord

MONTHS_AHEAD = 3
# Longer than any load takes from a file to its row.
SWEEP_AFTER = timedelta(days=1)


@shared_task
def make_partitions() -> list[str]:
    """Make the partitions of this month and the coming ones; returns the names of those it made."""
    months = bulk.coming_months(timezone.now(), MONTHS_AHEAD)
    with transaction.atomic(), connection.cursor() as cursor:
        return bulk.ensure_months(cursor, ContactRecord._meta.db_table, "started_at", months)


@shared_task
def sweep_media() -> int:
    """Delete stored recordings that belong to no record, as a killed load leaves them; returns how many."""
    return media.sweep(stored_before=timezone.now() - SWEEP_AFTER)
