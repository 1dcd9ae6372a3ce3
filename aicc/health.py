"""Is this process up, and can it work? For load balancers and container engines, without sign-in."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker and storage work, else 503; the body names which."""
    parts = {"database": _database, "broker": _broker, "storage": _storage}
    state = {name: _works(check) for name, check in parts.items()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _works(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as broker:
        broker.ping()


def _storage() -> None:
    name = default_storage.save("readyz", ContentFile(b"ok"))
    default_storage.delete(name)
