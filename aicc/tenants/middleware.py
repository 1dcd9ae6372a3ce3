"""What holds for every page of a signed-in account: its tenant's time zone, and no copy in any cache."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from aicc.tenants import parameters


class TenantMiddleware:
    """Binds the request to the account's tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(parameters.zone_of(request.user.tenant)):
            response = self.get_response(request)
        # Personal data: not for the disk of a shared computer, nor for the Back button after sign-out.
        patch_cache_control(response, no_store=True, private=True)
        return response
