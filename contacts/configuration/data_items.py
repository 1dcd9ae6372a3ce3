"""Contact record data items: which the list shows, in which order, and the tenant's own (guide, Prerequisites).

What an item says of a record is left to `contacts.data_items`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aicc.lib.fields import WholeNumberField
from aicc.tenants.access import administrator_page
from aicc.tenants.audit import latest, record_request
from aicc.tenants.choices import Action
from aicc.tenants.configuration.deciding import decision
from aicc.tenants.configuration.editing import EditForm
from aicc.tenants.models import SkillQueue, Tenant
from aicc.tenants.shell import leave_dialog
from contacts.data_items import DataItem, all_items, arranged, forget, rows
from contacts.decisions import CallReason, ItemSetting
from contacts.fields import TextField
from contacts.models import ContactRecord
from contacts.search import RELATED

SAMPLE = 3


@dataclass(frozen=True)
class ItemRow:
    """A line of the page: an item and its fields; of an extended one its setting."""

    item: DataItem
    shown: forms.BoundField
    order: forms.BoundField
    setting: ItemSetting | None = None
    name: forms.BoundField | None = None


class DataItemsForm(EditForm, forms.Form):
    """Every item but Call S/N: whether it is visible, its order, and what an extended one is called."""

    def __init__(self, data: Any = None, *, tenant: Tenant) -> None:
        self.tenant = tenant
        settings = list(ItemSetting.objects.for_tenant(tenant).order_by("id"))
        self.extended = {f"extended:{one.key}": one for one in settings if one.is_extended}
        self.own = {one.key: one for one in settings if not one.is_extended}
        self.items = arranged(tenant, settings)
        super().__init__(data, initial={})
        for item in self.items[1:]:
            self._add_fields(item)

    def _add_fields(self, item: DataItem) -> None:
        shown, order, name = self._names(item)
        self.fields[shown] = forms.BooleanField(
            required=False, initial=item.shown, label=_("%(item)s: Visible") % {"item": item.label}
        )
        self.fields[order] = WholeNumberField(
            min_value=1,
            max_value=ItemSetting.LAST,
            initial=item.order,
            label=_("%(item)s: Order") % {"item": item.label},
            error_messages=dict.fromkeys(
                ("required", "invalid", "min_value", "max_value"),
                gettext_lazy("Enter 1 to %(most)s.") % {"most": ItemSetting.LAST},
            ),
        )
        if item.is_extended:
            # The id names it: the name is what changes.
            label = _("%(id)s: Name") % {"id": self.extended[item.key].key}
            self.fields[name] = TextField(
                max_length=1024,
                initial=item.label,
                label=label,
                error_messages={"required": gettext_lazy("Enter a name.")},
            )

    def _names(self, item: DataItem) -> tuple[str, str, str]:
        key = str(self.extended[item.key].pk) if item.is_extended else item.key
        return f"shown-{key}", f"order-{key}", f"name-{key}"

    def rows(self) -> Iterator[ItemRow]:
        for item in self.items[1:]:
            shown, order, name = self._names(item)
            extended = (self.extended[item.key], self[name]) if item.is_extended else (None, None)
            yield ItemRow(item, self[shown], self[order], *extended)

    def chosen(self) -> list[DataItem]:
        """The items as they would be with what is chosen; where that is not right, as they are."""
        return arranged(self.tenant, [self._setting(item) for item in sorted(self.items[1:], key=self._age)])

    def save(self) -> None:
        for item in self.items[1:]:
            if not set(self._names(item)).isdisjoint(self.changed_data):
                self._setting(item).save()
        forget(self.tenant)

    def _setting(self, item: DataItem) -> ItemSetting:
        shown, order, name = self._names(item)
        stored = self.extended.get(item.key) or self.own.get(item.key)
        return ItemSetting(
            pk=stored.pk if stored else None,
            tenant=self.tenant,
            is_extended=item.is_extended,
            key=stored.key if stored else item.key,
            name=self._value(name) if item.is_extended else "",
            is_shown=self._value(shown),
            position=self._value(order),
        )

    def _value(self, name: str) -> Any:
        return self.cleaned_data.get(name, self.fields[name].initial)

    def _age(self, item: DataItem) -> int:
        """Extended items stand in the order in which they were added."""
        return self.extended[item.key].pk if item.is_extended else 0


@decision
def data_items(request: HttpRequest) -> HttpResponse:
    """Configuration Center > Contact record data items."""
    form = DataItemsForm(request.POST or None, tenant=request.user.tenant)
    if form.is_valid():
        if form.changed_data:
            form.save()
            form.log(request, Action.DATA_ITEMS, target="")
            messages.success(request, _("Saved. The list shows it so from now on."))
        return redirect("contact_configuration:data_items")
    return _page(request, form, form.items)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def preview(request: HttpRequest) -> HttpResponse:
    """The list as it would look with what is chosen and not yet saved; without scripts on the page itself."""
    if request.method != "POST":
        # Discard, or a reload: nothing is chosen.
        return redirect("contact_configuration:data_items")
    form = DataItemsForm(request.POST, tenant=request.user.tenant)
    form.is_valid()
    if request.htmx:
        return render(request, "contacts/configuration/_preview.html", _preview(request.user.tenant, form.chosen()))
    return _page(request, form, form.chosen())


@decision
def reset(request: HttpRequest) -> HttpResponse:
    """The guide's items as a new tenant has them; the tenant's own go behind them."""
    if request.method != "POST":
        return _dialog(request, "reset_items", {})
    tenant = request.user.tenant
    before = _order(tenant)
    settings = ItemSetting.objects.for_tenant(tenant)
    settings.filter(is_extended=False).delete()
    settings.filter(is_extended=True).update(position=ItemSetting.LAST)
    forget(tenant)
    record_request(request, Action.DATA_ITEMS, target=_("All data items"), before=before, after=_order(tenant))
    messages.success(request, _("Reset. The list shows the guide's columns in its order."))
    return leave_dialog(request, reverse("contact_configuration:data_items"))


class ExtendedItemForm(forms.Form):
    """A new extended item. Nobody else adds one meanwhile: the tenant is held."""

    key = TextField(label=gettext_lazy("ID"), max_length=128)
    name = TextField(label=gettext_lazy("Name"), max_length=1024)

    def __init__(self, data: Any = None, *, tenant: Tenant) -> None:
        super().__init__(data)
        self.tenant = tenant
        self.defined = ItemSetting.objects.for_tenant(tenant).filter(is_extended=True)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if self.defined.filter(key=key).exists():
            raise ValidationError(_("There is an extended item with this ID already."))
        return key

    def clean(self) -> dict[str, Any]:
        if self.defined.count() >= ItemSetting.MOST_EXTENDED:
            raise ValidationError(
                _("There are %(most)s extended items, and no more are possible. Remove one first.")
                % {"most": ItemSetting.MOST_EXTENDED}
            )
        return self.cleaned_data

    def save(self) -> ItemSetting:
        forget(self.tenant)
        return ItemSetting.objects.create(tenant=self.tenant, is_extended=True, **self.cleaned_data)


@decision
def add(request: HttpRequest) -> HttpResponse:
    """Define an extended item."""
    form = ExtendedItemForm(request.POST if request.method == "POST" else None, tenant=request.user.tenant)
    if not form.is_valid():
        return _dialog(request, "add_item", {"form": form}, status=422 if form.is_bound and request.htmx else 200)
    item = form.save()
    after = {str(form[name].label): form.cleaned_data[name] for name in form.fields}
    record_request(request, Action.DATA_ITEMS, target=item.key, after=after)
    messages.success(request, _("Added. It is visible; records that have a value with this ID show it."))
    return leave_dialog(request, reverse("contact_configuration:data_items"))


@decision
def remove(request: HttpRequest, id: int) -> HttpResponse:
    """Remove an extended item; what records say under its id stays in them."""
    item = get_object_or_404(ItemSetting.objects.for_tenant(request.user.tenant), pk=id, is_extended=True)
    if request.method != "POST":
        return _dialog(request, "remove_item", {"item": item})
    before = {_("ID"): item.key, _("Name"): item.name}
    ItemSetting.objects.for_tenant(request.user.tenant).filter(pk=item.pk).delete()
    record_request(request, Action.DATA_ITEMS, target=item.key, before=before)
    messages.success(request, _("Removed. Its values stay in the records."))
    return leave_dialog(request, reverse("contact_configuration:data_items"))


def _page(request: HttpRequest, form: DataItemsForm, items: list[DataItem]) -> HttpResponse:
    context = {
        "form": form,
        "defined": len(form.extended),
        "most": ItemSetting.MOST_EXTENDED,
        "last": latest(request.user, Action.DATA_ITEMS),
        **_preview(request.user.tenant, items),
    }
    return render(request, "contacts/configuration/data_items.html", context)


def _dialog(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context["back_url"] = reverse("contact_configuration:data_items")
    return render(request, f"contacts/configuration/{name}.html", context, status=status)


def _order(tenant: Tenant) -> dict[str, str]:
    """The visible items in their order, in words: what the operation log keeps of a reset."""
    return {_("Visible, in order"): ", ".join(str(item.label) for item in all_items(tenant) if item.shown)}


def _preview(tenant: Tenant, items: list[DataItem]) -> dict[str, Any]:
    """Header and a few rows: the newest contacts, or made-up ones while there are none."""
    newest = ContactRecord.objects.for_tenant(tenant).select_related(*RELATED).order_by("-started_at", "-id")
    records = list(newest[:SAMPLE])
    # Without links: made-up records have no page, and a real one's would lose what is chosen.
    shown = [replace(item, html=None) if item.key == "call_sn" else item for item in items if item.shown]
    return {
        "items": shown,
        "rows": rows(records or list(_examples(tenant, items)), shown),
        "is_example": not records,
    }


def _examples(tenant: Tenant, items: list[DataItem]) -> Iterator[ContactRecord]:
    at = timezone.now().replace(minute=0, second=0, microsecond=0)
    extended = {item.key.removeprefix("extended:"): _("Example") for item in items if item.is_extended}
    for number in range(1, SAMPLE + 1):
        begun = at - timedelta(minutes=10 * number)
        yield ContactRecord(
            tenant=tenant,
            id=number,
            call_sn=f"100000000000000000{number}",
            call_id=f"call-{number}",
            started_at=begun,
            ended_at=begun + timedelta(seconds=90),
            duration_seconds=90,
            media_type="voice",
            call_type="incoming",
            customer_number=f"+1202555010{number}",
            customer_name=_("Customer"),
            caller_number=f"+1202555010{number}",
            called_number="+12025550199",
            handled_number="8001",
            account_name=_("agent"),
            employee_id="80001",
            skill_queue=SkillQueue(name=_("Skill Queue")),
            call_reason=CallReason(name=_("Call Reason")),
            hang_up_party="user",
            satisfaction=str(6 - number),
            extended=extended,
        )
