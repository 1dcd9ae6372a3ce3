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
    "make-ivr-partitions": {"task": "ivrhistory.tasks.make_partitions", "schedule": crontab(hour="3", minute="27")},
    "sweep-media": {"task": "contacts.tasks.sweep_media", "schedule": crontab(hour="3", minute="47")},
    "clear-sessions": {"task": "aicc.tenants.tasks.clear_sessions", "schedule": crontab(hour="4", minute="23")},
    # Beside the workers, which ring themselves: one that has nothing to do takes what a dead one left.
    "ring": {"task": "exports.tasks.take_next", "schedule": 10, "options": {"expires": 10}},
    "clear-away": {"task": "exports.tasks.clear_away", "schedule": 60, "options": {"expires": 60}},
}
app.steps["consumer"].add("exports.bell:Reminder")
