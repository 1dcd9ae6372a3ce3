"""One account: who it is, where it belongs, what it may do, and how it gets in. It is never deleted: records carry it.

What it may do acts on the next request of its open sessions (see `access`); a new password ends them.
"""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aicc.lib.fields import TextField
from aicc.tenants import parameters
from aicc.tenants.audit import record_request
from aicc.tenants.choices import Action, VideoMode
from aicc.tenants.configuration.deciding import NameField, ThingForm, decision, press
from aicc.tenants.configuration.queues import QueuesField, arranged
from aicc.tenants.configuration.units import UnitField, UnitsField
from aicc.tenants.models import Account, Role
from aicc.tenants.shell import leave_dialog


class AccountForm(ThingForm):
    """An account as an administrator sees it. Giving up one's own rights has to be said twice."""

    name = NameField(label=gettext_lazy("Account"))
    username = TextField(label=gettext_lazy("Sign-in name"), max_length=150, required=False)
    employee_id = TextField(label=gettext_lazy("Employee ID"), max_length=32, required=False)
    taken = {
        "account_name_once_in_tenant": ("name", gettext_lazy("Another account has this name.")),
        # The other account may be another tenant's, of which nothing is said.
        "tenants_account_username_key": ("username", gettext_lazy("This sign-in name is taken. Choose another one.")),
        "employee_id_once_in_tenant": ("employee_id", gettext_lazy("Another account has this Employee ID.")),
    }

    class Meta:
        model = Account
        fields = ["name", "username", "employee_id", "video_mode", "is_administrator", "is_active"]

    def __init__(self, data: Any = None, *, instance: Account, editor: Account) -> None:
        self.editor = editor
        tenant = instance.tenant
        known = instance.pk is not None
        initial: dict[str, Any] = {"unit": instance.unit_id}
        if known:
            roles = Role.objects.for_tenant(tenant).filter(accounts=instance)
            granted = instance.granted_units.for_tenant(tenant)
            initial |= {
                "granted_units": list(granted.order_by("id")),
                "roles": list(roles.order_by("id")),
                "skill_queues": instance.queues,
            }
        super().__init__(data, instance=instance, initial=initial)
        all_roles = Role.objects.for_tenant(tenant).order_by("name", "id")
        wrong = {
            "invalid_choice": _("Choose roles that are there."),
            "invalid_pk_value": _("Choose roles that are there."),
        }
        self.fields |= {
            "unit": UnitField(tenant, label=_("Organization Unit"), none=_("Unorganized")),
            "granted_units": UnitsField(tenant, label=_("Granted organization units")),
            "skill_queues": QueuesField(tenant, initial.get("skill_queues", ()), label=_("Skill Queue")),
            "roles": forms.ModelMultipleChoiceField(all_roles, label=_("Roles"), required=False, error_messages=wrong),
        }
        if not known:
            self.fields["password"] = password_field()
        mode = parameters.VIDEO_MODE.value(tenant)
        self.fields["video_mode"].choices = [("", _("As the tenant: %(mode)s") % {"mode": mode}), *VideoMode.choices]
        # Judged by what is stored, before anything that was sent is put into it.
        self.was_last = known and instance.is_last_administrator

    @property
    def gives_up_rights(self) -> bool:
        """Whether the administrator who sent this would no longer be one."""
        stays = self.cleaned_data.get("is_administrator") and self.cleaned_data.get("is_active")
        return self.instance.pk == self.editor.pk and not (stays and self.cleaned_data.get("username"))

    def clean_username(self) -> str | None:
        # None is nobody's name, and many have it.
        return self.cleaned_data["username"] or None

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        name, password = values.get("username"), values.get("password")
        if "username" in values and not name:
            if values.get("is_administrator"):
                self.add_error("username", _("Enter the name with which this tenant administrator signs in."))
            if password:
                self.add_error("username", _("Enter the name that goes with the password."))
        if "password" in self.fields and name and "password" in values:
            self._check_password(password)
        if self.was_last and not (values.get("is_administrator") and values.get("is_active") and name):
            self.add_error(None, _("This is the last tenant administrator who can sign in. Make another one first."))
        elif self.gives_up_rights and "confirm" not in self.data:
            self.needs_confirmation = True
            self.add_error(
                None, _("You are taking away your own rights: this page closes for you. Save again if you mean it.")
            )
        return values

    needs_confirmation = False

    def _check_password(self, password: str) -> None:
        if not password:
            self.add_error("password", _("Enter a password for this sign-in name."))
            return
        try:
            validate_password(
                password, Account(username=self.cleaned_data["username"], name=self.cleaned_data.get("name", ""))
            )
        except ValidationError as error:
            self.add_error("password", error)

    def save(self, commit: bool = True) -> Account:
        account, values = self.instance, self.cleaned_data
        account.unit = values["unit"]
        if account.pk is None:
            account.set_password(values["password"] or None)
        account.save()
        account.assign(granted_units=values["granted_units"], roles=values["roles"], queues=values["skill_queues"])
        return account


class PasswordForm(ThingForm):
    """A new password for somebody who forgot theirs."""

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, instance: Account) -> None:
        super().__init__(data, instance=instance)
        self.fields["password"] = password_field(required=True)

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.instance)
        return self.cleaned_data["password"]

    def save(self, commit: bool = True) -> None:
        self.instance.set_password(self.cleaned_data["password"])
        self.instance.save(update_fields=["password"])


def password_field(*, required: bool = False) -> forms.CharField:
    # Not stripped: a space is a character of a password. As long as sign-in takes, and no book.
    return forms.CharField(
        label=_("Password"), required=required, strip=False, max_length=128, widget=forms.PasswordInput
    )


def is_locked_out(account: Account) -> bool:
    """Whether too many wrong passwords keep this sign-in name out, from somewhere, for a while."""
    if not account.username:
        return False
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    attempts = AccessAttempt.objects.filter(username=account.username, attempt_time__gt=since).order_by()
    failures = attempts.values("ip_address").annotate(failures=Sum("failures_since_start"))
    return failures.filter(failures__gte=settings.AXES_FAILURE_LIMIT).exists()


@decision
def add_account(request: HttpRequest) -> HttpResponse:
    return _edit(request, Account(tenant=request.user.tenant))


@decision
def edit_account(request: HttpRequest, id: int) -> HttpResponse:
    return _edit(request, _account(request, id))


@decision
def reset_password(request: HttpRequest, id: int) -> HttpResponse:
    """Ends the account's open sessions, except the one it is done in."""
    account = _account(request, id)
    form = PasswordForm(request.POST or None, instance=account)
    if form.keep():
        form.log(request, Action.ACCOUNTS, target=account.name)
        if account == request.user:
            update_session_auth_hash(request, account)
        messages.success(request, _("Password set. Open sessions of this account have ended."))
        return leave_dialog(request, _page(account))
    context = {"form": form, "account": account, "back_url": _page(account)}
    return render(request, "tenants/configuration/reset_password.html", context)


@press
def unlock_account(request: HttpRequest, id: int) -> HttpResponse:
    """Forget the wrong passwords that keep this account out."""
    account = _account(request, id)
    if is_locked_out(account):
        reset(username=account.username)
        words = {_("Sign-in"): _("Locked")}, {_("Sign-in"): _("Unlocked")}
        record_request(request, Action.ACCOUNTS, target=account.name, before=words[0], after=words[1])
        messages.success(request, _("Unlocked. This account may try again."))
    return redirect(_page(account))


def _account(request: HttpRequest, id: int) -> Account:
    account = get_object_or_404(Account.objects.for_tenant(request.user.tenant), id=id)
    account.tenant = request.user.tenant
    return account


def _page(account: Account) -> str:
    return reverse("configuration:account", args=[account.pk])


def _edit(request: HttpRequest, account: Account) -> HttpResponse:
    form = AccountForm(arranged(request), instance=account, editor=request.user)
    if form.keep():
        if form.changed_data:
            form.log(request, Action.ACCOUNTS, target=account.name)
        messages.success(request, _("Saved. It is in force from the next request on."))
        return redirect("configuration:accounts" if not form.gives_up_rights else "home")
    # What was sent stays on the form; who it is about is what is stored.
    stored = _account(request, account.pk) if account.pk else None
    context = {
        "form": form,
        "account": stored,
        "locked_out": stored is not None and is_locked_out(stored),
        "roles": form.fields["roles"].queryset,
        "ticked": {str(getattr(role, "pk", role)) for role in form["roles"].value() or []},
        "back_url": reverse("configuration:accounts"),
    }
    return render(request, "tenants/configuration/account.html", context)
