"""What is asked of somebody who exports or downloads? A password, and for an export what is to be in it.

Which contact records match is left to `contacts.search`, what a password has to be to `passwords`.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from aicc.lib.timelimit import SearchTimeout
from aicc.tenants import parameters
from aicc.tenants.models import Account
from contacts.addresses import POSITION
from contacts.data_items import all_items
from contacts.filters import ContactFilter
from contacts.search import ContactSearch
from contacts.visibility import DataScope, Visibility
from exports.choices import Format
from exports.passwords import Rule, broken, rules

# What a list's address says besides its criteria.
_OF_THE_LIST = (*POSITION, "size")


class PasswordForm(forms.Form):
    """The password that will open a package: all that a download asks for."""

    password = forms.CharField(
        label=_("Compression password"), strip=False, max_length=200, widget=forms.PasswordInput(render_value=False)
    )

    def __init__(self, data: QueryDict | None, *, account: Account, **kwargs: Any) -> None:
        self.account = account
        # The list behind the dialog has fields of the same names.
        super().__init__(data, auto_id="export_%s", **kwargs)

    @property
    def rules(self) -> list[Rule]:
        """What the password has to be."""
        return rules(self.account.name)

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if wrong := broken(password, self.account.name):
            raise forms.ValidationError([_("Not met: %(rule)s.") % {"rule": rule.sentence} for rule in wrong])
        return password


class ExportForm(PasswordForm):
    """An export of the contacts that a list shows: `query` is the list's address, `now` the moment of the request."""

    data_scope = forms.ChoiceField(label=_("Data Scope"), choices=())
    format = forms.ChoiceField(label=_("Format"), choices=Format, initial=Format.XLSX)
    items = forms.MultipleChoiceField(
        label=_("Export Field"), choices=(), error_messages={"required": _("Choose at least one field.")}
    )
    newest_only = forms.BooleanField(required=False)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        query: QueryDict,
        account: Account,
        now: datetime,
        shown: list[str],
        chosen: list[str],
    ) -> None:
        self.query, self.now = query, now
        # What is ticked unless somebody chose otherwise: what the list shows.
        self.defaults = shown
        self.visibility = Visibility.of(account)
        scope = ContactFilter(query, account=account, now=now).scope
        super().__init__(data, account=account, initial={"items": chosen or shown, "data_scope": scope})
        choices: dict[str, list[tuple[str, Any]]] = {
            "items": [(item.key, item.label) for item in all_items(self.visibility.tenant)],
            "data_scope": [(scope.value, scope.label) for scope in self.visibility.data_scopes],
        }
        for name, offered in choices.items():
            cast(forms.ChoiceField, self.fields[name]).choices = offered
        if not self.visibility.data_scopes:
            del self.fields["data_scope"]
        if not parameters.EXPORT_PASSWORD.value(account.tenant):
            del self.fields["password"]

    @property
    def limit(self) -> int:
        return parameters.EXPORT_LIMIT.value(self.visibility.tenant)

    @property
    def scope(self) -> str:
        """The data scope that stands in the form; the list's at first."""
        sent = self.data.get("data_scope", self.query.get("data_scope", ""))
        return sent if sent in self.visibility.data_scopes else self.initial["data_scope"]

    @cached_property
    def criteria(self) -> ContactFilter:
        """The list's criteria with the data scope of the form: Personal Data drops the organization unit."""
        query = self.query.copy()
        for name in _OF_THE_LIST:
            query.pop(name, None)
        if self.visibility.data_scopes:
            query["data_scope"] = self.scope
            if self.scope == DataScope.PERSONAL:
                query.pop("ou", None)
                query.pop("include_sub_ous", None)
        return ContactFilter(query, account=self.account, now=self.now)

    @cached_property
    def matched(self) -> int | None:
        """How many contacts match, at most one more than the limit. None when that takes too long to find out."""
        if not self.criteria.is_valid():
            return 0
        try:
            return ContactSearch(self.criteria).count(self.limit)
        except SearchTimeout:
            return None

    @property
    def is_over_the_limit(self) -> bool:
        return self.matched is not None and self.matched > self.limit

    @property
    def may_be_over_the_limit(self) -> bool:
        """Whether the choice of the newest is offered: also while nobody knows how many there are."""
        return self.matched is None or self.is_over_the_limit

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.criteria.is_valid():
            self.add_error(None, _("The criteria are not valid any more. Close this, correct them and export again."))
        elif self.is_over_the_limit and not values.get("newest_only"):
            self.add_error("newest_only", _("Choose the newest contacts, or close this and narrow the criteria."))
        return values
