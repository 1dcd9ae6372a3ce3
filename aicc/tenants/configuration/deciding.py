"""How is a thing of a tenant changed or deleted? One administrator at a time, and the database has the last word.

What two of them see of each other is left to `editing`; which things there are to the pages.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import PROTECT, Model
from django.db.models.deletion import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from aicc.lib.fields import TextField
from aicc.lib.timelimit import SearchTimeout, time_limit
from aicc.tenants import audit
from aicc.tenants.access import View, administrator_page
from aicc.tenants.choices import Action
from aicc.tenants.configuration.editing import EditForm, hold


def decision(view: View) -> View:
    """A page where an administrator changes something: shown by GET; by POST it is done, one at a time in a tenant."""

    @wraps(view)
    def decided(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if request.method == "POST":
                hold(request.user.tenant)
                # Another administrator may have taken the right away while this one waited.
                request.user.refresh_from_db(fields=["is_administrator", "is_active"])
                if not (request.user.is_administrator and request.user.is_active):
                    raise PermissionDenied
            return view(request, *args, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(administrator_page(decided))


def press(view: View) -> View:
    """A button of such a page, for what needs neither a form nor a question."""
    return require_POST(decision(view))


class ThingForm(EditForm, forms.ModelForm):
    """The form of one thing of a tenant. What must be unique is left to the database, which knows what is saved
    at the same moment: `taken` says by constraint which field is wrong then, and what to do.
    """

    taken: ClassVar[dict[str, tuple[str, str | Promise]]] = {}

    @property
    def is_asking(self) -> bool:
        """Whether a button was pressed that only changes the form: it is shown again as it was sent."""
        return bool({"find", "arrange"} & self.data.keys())

    def full_clean(self) -> None:
        if self.is_bound and self.is_asking:
            self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}
        else:
            super().full_clean()

    def is_valid(self) -> bool:
        return not self.is_asking and super().is_valid()

    def validate_unique(self) -> None:
        """Left to `keep`."""

    def keep(self, save: Callable[[], Any] | None = None) -> bool:
        """Save, if the form is valid and the database takes it; else the errors say why not."""
        if not self.is_valid():
            return False
        try:
            with transaction.atomic():
                (save or self.save)()
        except IntegrityError as error:
            field, sentence = self.taken[error.__cause__.diag.constraint_name]
            self.add_error(field, sentence)
            return False
        return True


class NameField(TextField):
    """What a thing is called."""

    def __init__(self, **options: Any) -> None:
        options = {"label": _("Name"), "max_length": 200, **options}
        super().__init__(error_messages={"required": _("Enter a name.")}, **options)


def is_carried(thing: Model) -> bool:
    """Whether rows hold on to a thing of a tenant, of whatever app: those whose foreign key is PROTECT.

    One row of each kind is asked for, not all of them, as `delete` would: there may be millions. Where it takes too
    long to find out, rows are taken to hold on.
    """
    try:
        with time_limit():
            return any(
                relation.related_model._base_manager.filter(
                    **{"tenant": thing.tenant, relation.field.name: thing}
                ).exists()
                for relation in thing._meta.get_fields(include_hidden=True)
                if getattr(relation, "on_delete", None) is PROTECT and relation.auto_created
            )
    except SearchTimeout:
        return True


def erase(thing: Model) -> bool:
    """Delete a thing that nothing holds on to. False when something does, even if it came this very moment."""
    if is_carried(thing):
        return False
    try:
        # The database looks through the records of all tenants.
        with time_limit():
            thing.delete()
            # Now, not when the page is done: then it could only fail.
            connection.check_constraints()
    except (ProtectedError, IntegrityError, SearchTimeout):
        return False
    return True


def switch(request: HttpRequest, thing: Any, action: Action, *, active: bool) -> None:
    """Offer a thing (with `name` and `is_active`) to nobody any more, or again. Logged when that changes it."""
    if thing.is_active == active:
        return
    thing.is_active = active
    thing.save(update_fields=["is_active"])
    words = (_("Inactive"), _("Active"))
    before, after = {str(_("Status")): str(words[not active])}, {str(_("Status")): str(words[active])}
    audit.record_request(request, action, target=thing.name, before=before, after=after)
