"""Satisfaction: what the levels are called, their order, and which are in use (guide: levels can be customized).

What a level is called on other pages is asked of `contacts.satisfaction`.
"""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aicc.lib.fields import WholeNumberField
from aicc.tenants.audit import latest
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import decision
from aicc.tenants.configuration.editing import EditForm
from aicc.tenants.models import Tenant
from contacts.choices import Satisfaction
from contacts.fields import TextField
from contacts.satisfaction import FEWEST, FIXED, LEVELS, Level, decide, levels
from contacts.search import COUNT_CAP, count_all
from contacts.terms import Condition, Term


class LevelsForm(EditForm, forms.Form):
    """The five levels: name, order, and whether each is active. Records keep the level they carry."""

    def __init__(self, data: Any = None, *, tenant: Tenant) -> None:
        self.tenant = tenant
        self.levels = levels(tenant)
        super().__init__(data)
        for level in self.levels:
            words = {"level": Satisfaction(level.key).label}
            self.fields[f"name-{level.key}"] = TextField(
                max_length=100,
                initial=level.name,
                label=_("%(level)s: Name") % words,
                error_messages={"required": gettext_lazy("Enter a name.")},
            )
            self.fields[f"active-{level.key}"] = forms.BooleanField(
                required=False, initial=level.is_active, label=_("%(level)s: Active") % words
            )
            self.fields[f"order-{level.key}"] = WholeNumberField(
                min_value=1,
                max_value=len(LEVELS),
                initial=level.position,
                label=_("%(level)s: Order") % words,
                error_messages=dict.fromkeys(
                    ("required", "invalid", "min_value", "max_value"),
                    gettext_lazy("Enter 1 to %(most)s.") % {"most": len(LEVELS)},
                ),
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if sum(bool(values.get(f"active-{level.key}")) for level in self.levels) < FEWEST:
            self.add_error(None, _("At least %(fewest)s levels are active. Activate another one.") % {"fewest": FEWEST})
        taken = {str(word.label).casefold() for word in FIXED}
        for level in self.levels:
            name = values.get(f"name-{level.key}", "").casefold()
            if name in taken:
                self.add_error(f"name-{level.key}", _("Another value has this name. Choose a different one."))
            taken.add(name or level.key)
        return values

    def rows(self) -> Iterator[dict[str, Any]]:
        for level in self.levels:
            yield {
                "level": level,
                "guide": Satisfaction(level.key).label,
                "name": self[f"name-{level.key}"],
                "active": self[f"active-{level.key}"],
                "order": self[f"order-{level.key}"],
            }

    def save(self) -> None:
        values = self.cleaned_data
        decide(
            self.tenant,
            [
                Level(key, values[f"name-{key}"], values[f"order-{key}"], values[f"active-{key}"])
                for key in (word.value for word in LEVELS)
            ],
        )


@decision
def satisfaction(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Satisfaction."""
    tenant = request.user.tenant
    form = LevelsForm(request.POST or None, tenant=tenant)
    if form.is_valid():
        if form.changed_data:
            form.save()
            form.log(request, Action.SATISFACTION, target="")
            messages.success(request, _("Saved. Every page calls the levels so from now on."))
        return redirect("contact_configuration:satisfaction")
    context = {
        "form": form,
        "rows": list(zip(form.rows(), _carried(tenant, form.levels), strict=True)),
        "fixed": [word.label for word in FIXED],
        "fewest": FEWEST,
        "last": latest(request.user, Action.SATISFACTION),
    }
    return render(request, "contacts/configuration/satisfaction.html", context)


def _carried(tenant: Tenant, levels: list[Level]) -> Iterator[str]:
    """How many records carry each level, in words."""
    conditions = [Condition(Q(satisfaction=level.key), (Term("satisfaction", level.key),)) for level in levels]
    for number in count_all(tenant, conditions):
        if number is None:
            yield _("It takes too long to count the records that carry it.")
        elif number > COUNT_CAP:
            yield _("%(number)s+ records carry it.") % {"number": f"{COUNT_CAP:,}"}
        elif number:
            shown = {"number": f"{number:,}"}
            yield ngettext("%(number)s record carries it.", "%(number)s records carry it.", number) % shown
        else:
            yield _("No record carries it.")
