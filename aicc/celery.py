"""The Celery application: which tasks exist, and which of them the clock starts.

Apps are named by string, so that wiring imports nothing above it.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aicc.settings")

app = Celery("aicc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # Partitions for the months ahead. The loader makes what it needs itself; this keeps the
    # default partition empty for whatever else writes.
    "make-partitions": {"task": "contacts.tasks.make_partitions", "schedule": crontab(hour="3", minute="17")},
    "clear-sessions": {"task": "aicc.tenants.tasks.clear_sessions", "schedule": crontab(hour="4", minute="23")},
}
