"""`manage.py personal_data_keys`: make, change and retire the keys of personal data."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aicc.lib.sealing import KeyFileError, KeyRing, key_file
from aicc.tenants.conversion import uses


class Command(BaseCommand):
    help = (
        "The keys of personal data. `create` makes the key file; `add` adds a key that does not encrypt yet; `use` "
        "makes it the current one; `retire` takes one away that no row needs any more; `list` names them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["list", "create", "add", "use", "retire"])
        parser.add_argument("key", nargs="?", default="", help="the key's id, for use and retire")

    def handle(self, *args: Any, what: str, key: str, **options: Any) -> None:
        if (what in ("use", "retire")) != bool(key):
            raise CommandError(f"{what} {'takes no' if key else 'needs a'} key's id.")
        try:
            ring = getattr(self, f"_{what}")(key)
        except KeyFileError as error:
            raise CommandError(str(error)) from None
        for id in ring:
            self.stdout.write(f"{id} current" if id == ring.current else id)

    def _list(self, _key: str) -> KeyRing:
        return key_file().ring()

    def _create(self, _key: str) -> KeyRing:
        return key_file().create()

    def _add(self, _key: str) -> KeyRing:
        return key_file().change(KeyRing.with_new)

    def _use(self, key: str) -> KeyRing:
        return key_file().change(lambda ring: ring.using(_known(key, ring)))

    def _retire(self, key: str) -> KeyRing:
        def without(ring: KeyRing) -> KeyRing:
            if _known(key, ring) == ring.current:
                raise CommandError("That key encrypts. Make another one the current one first.")
            if uses(key):
                raise CommandError("Rows are encrypted with that key. Run `manage.py encrypt_personal_data` first.")
            return ring.without(key)

        return key_file().change(without)


def _known(key: str, ring: KeyRing) -> str:
    if key not in ring:
        raise CommandError(f"There is no key {key}.")
    return key
