"""The installation: wiring, and the ground every app stands on."""

from aicc.celery import app as celery_app

__all__ = ["celery_app"]
