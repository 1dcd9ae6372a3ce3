"""What may be typed to sign in? Who it is, is left to `access`."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from aicc.lib.text import UnstorableText, storable
from aicc.tenants.models import Account

LONGEST_NAME = Account._meta.get_field("username").max_length or 150


class SignInForm(AuthenticationForm):
    """Sign-in name and password. A name that nobody can have is answered like one that nobody has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Account")

    def clean(self) -> dict[str, Any]:
        # Before anything keeps it: attempts are counted by name, in a column that has an end.
        try:
            name = storable(self.cleaned_data.get("username") or "")
        except UnstorableText:
            raise self.get_invalid_login_error() from None
        if len(name) > LONGEST_NAME:
            raise self.get_invalid_login_error()
        return super().clean()
