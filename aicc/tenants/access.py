"""May this account open this page at all? Sign-in, and one decorator for each kind of page.

Which records it then sees is left to `contacts.visibility` and its like.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from aicc.tenants.choices import Permission
from aicc.tenants.models import Account

View = Callable[..., HttpResponse]


class AccountBackend(BaseBackend):
    """Signs accounts in by sign-in name and password, and brings them back with their tenant."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Account | None:
        if not username or password is None:
            return None
        # PostgreSQL holds no NUL: such a name is nobody's.
        known = None if "\x00" in username else self._accounts().filter(username=username).first()
        if known is None:
            # As slow as a wrong password, so that the time does not tell which names exist.
            Account().set_password(password)
            return None
        return known if known.check_password(password) and known.is_active else None

    def get_user(self, user_id: int) -> Account | None:
        """Asked on every request: an account made inactive is signed out at once."""
        return self._accounts().filter(pk=user_id, is_active=True).first()

    def _accounts(self) -> Any:
        return Account.objects.across_tenants().select_related("tenant")


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: behind proxies of ours, what the outermost of them saw."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if 0 < settings.PROXIES <= len(hops):
        with suppress(ValueError):
            return str(ip_address(hops[-settings.PROXIES]))
    return request.META.get("REMOTE_ADDR", "")


def signed_in_as_agent(request: HttpRequest) -> bool:
    """Whether the account has signed in as agent in this session: the switch in the top bar, for Employee IDs."""
    return bool(request.session.get("agent_signed_in") and getattr(request.user, "employee_id", ""))


def tenant_page(*permissions: Permission) -> Callable[[View], View]:
    """A page of a tenant, for accounts with all these permissions. The operator has no tenant: 403."""
    return _only(lambda account: not account.is_operator and all(account.may(p) for p in permissions))


def administrator_page(view: View) -> View:
    """A page where a tenant's administrator decides something."""
    return _only(lambda account: account.is_administrator)(view)


def operator_page(view: View) -> View:
    """A page of the platform operator."""
    return _only(lambda account: account.is_operator)(view)


def _only(allowed: Callable[[Account], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            # Signed-in is ensured before, by LoginRequiredMiddleware; an anonymous user is refused here too.
            if not (request.user.is_authenticated and allowed(request.user)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
