"""What if two administrators change the same thing? A form remembers what its author saw.

Saving over something newer is refused, once, with what stands there now; what was changed goes into the operation
log. Which things there are is left to the pages.
"""

import hashlib
import json
from typing import Any

from django import forms
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aicc.lib import bulk
from aicc.tenants import audit
from aicc.tenants.choices import Action
from aicc.tenants.models import Tenant


def hold(tenant: Tenant | None) -> None:
    """Let nobody else change the tenant's configuration (None: the system's) until the end of the transaction.

    One lock for all of it: administrators are few, and a tree stays a tree.
    """
    if tenant is None:
        with connection.cursor() as cursor:
            bulk.lock(cursor, "system parameters")
        return
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    # What was read before somebody else let go may be old: every page reads its time zone from the parameters.
    for kept in ("units", "parameter_values"):
        tenant.__dict__.pop(kept, None)


class EditForm(forms.BaseForm):
    """Mixed into a form whose `initial` is what stands in the database now, read under `hold`.

    The page carries `seen`, a fingerprint of that, back to the server. `is_stale` says that somebody else was
    first; the form then shows what stands there now, and saving once more replaces it.
    """

    @property
    def seen(self) -> str:
        """What the page has to send back: a fingerprint of what stands in the database."""
        state = {name: _plain(self.get_initial_for_field(field, name)) for name, field in self.fields.items()}
        return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def is_stale(self) -> bool:
        return self.is_bound and self.data.get("seen", "") != self.seen

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.is_stale:
            self.add_error(None, gettext_lazy("Somebody else changed this meanwhile. Look at it, then save again."))
        return values

    @property
    def now_there(self) -> list[tuple[str, str]]:
        """(label, value in words) of the fields in which the database differs from what was sent."""
        return [
            (str(self[name].label), _words(self.fields[name], self.get_initial_for_field(self.fields[name], name)))
            for name in self.changed_data
            if not self.fields[name].disabled
        ]

    @property
    def changes(self) -> tuple[dict[str, str], dict[str, str]]:
        """Before and after, by label, of what was changed: what the operation log keeps."""
        before, after = {}, {}
        for name in self.changed_data:
            field, label = self.fields[name], str(self[name].label)
            before[label] = _words(field, self.get_initial_for_field(field, name))
            after[label] = _words(field, self.cleaned_data.get(name))
        return before, after

    def log(self, request: HttpRequest, action: Action, target: str) -> None:
        before, after = self.changes
        audit.record_request(request, action, target=target, before=before, after=after)


def _plain(value: Any) -> Any:
    """A value as JSON knows it: things by their keys, sets of things in order."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return None if value in (None, "") else str(value)


def _words(field: forms.Field, value: Any) -> str:
    """A value of a field as people say it."""
    if value is None or value == "":
        return ""
    if isinstance(field.widget, forms.PasswordInput):
        return "***"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if not isinstance(value, str | Model) and hasattr(value, "__iter__"):
        return ", ".join(_words(field, one) for one in value)
    if isinstance(field, forms.ModelChoiceField):
        thing = value if isinstance(value, Model) else field.queryset.filter(pk=value).first()
        return str(field.label_from_instance(thing)) if thing else ""
    return str(dict(getattr(field, "choices", ())).get(value, value))
