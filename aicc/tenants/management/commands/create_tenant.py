"""`manage.py create_tenant`: a tenant and its first administrator. Everything else is decided on the pages."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from aicc.lib.text import UnstorableText, storable
from aicc.tenants.models import Account, Tenant


class Command(BaseCommand):
    help = "Create a tenant and its first administrator. The password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", required=True, help="the tenant's name, as pages show it")
        parser.add_argument("--administrator", required=True, metavar="SIGN-IN NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        name, administrator = (_text(options, option) for option in ("name", "administrator"))
        # As the sign-in form reads it: a name that it changes could never sign in.
        account = Account(username=Account.normalize_username(administrator), name=administrator, is_administrator=True)
        password = getpass(f"Password for {account.username}: ")
        try:
            validate_password(password, account)
            Tenant(slug=options["slug"], name=name).clean_fields()
            with transaction.atomic():
                account.tenant = Tenant.objects.open(slug=options["slug"], name=name)
                account.set_password(password)
                account.clean_fields()
                account.save()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except IntegrityError:
            raise CommandError("That slug or that sign-in name is taken.") from None
        self.stdout.write(f"{account.tenant} is open; {account.username} may sign in.")


def _text(options: dict[str, Any], option: str) -> str:
    """The text of an option as it is kept."""
    try:
        text = storable(options[option])
    except UnstorableText as error:
        raise CommandError(f"--{option} {error}.") from None
    if not text:
        raise CommandError(f"--{option} is empty.")
    return text
