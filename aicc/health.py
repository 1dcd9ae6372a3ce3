"""Is this process up, and can it work? For load balancers and container engines, without sign-in."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from aicc.lib.sealing import KeyFileError, KeyFileMissing, key_file
from aicc.tenants import parameters

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker, storage and key file work, else 503; the body names which.

    Anybody may ask: in words it says what to look at. Where that is and why is in the log.
    """
    parts = {"database": _database, "broker": _broker, "storage": _storage, "key_file": _key_file}
    state = {name: _works(check) for name, check in parts.items()}
    if all(state.values()):
        return JsonResponse(state)
    said = ", ".join(name.replace("_", " ") for name, works in state.items() if not works)
    return JsonResponse({**state, "reason": f"Cannot be used: {said}. The log says why."}, status=503)


def _works(check: Callable[[], None]) -> bool:
    try:
        check()
    except KeyFileError as error:
        logger.error("%s", error)
        return False
    except Exception as error:
        # An address may have a password in it.
        logger.error("Not ready: %s in%s.", type(error).__name__, check.__name__.replace("_", " "))
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


def _key_file() -> None:
    """A key file that is there may have sealed personal data; one that is not is missed only with encryption."""
    try:
        key_file().ring()
    except KeyFileMissing:
        if parameters.ENCRYPTION.value(None):
            raise
