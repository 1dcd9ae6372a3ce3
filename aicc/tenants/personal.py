"""Which texts are personal data, and how are they kept now? `PersonalField` is a column of them.

With the parameter "Whether to enable encryption for a large amount of personal data" they are sealed, and whoever
reads a row sees plain text either way. How a text is sealed is left to `aicc.lib.sealing`, rows that were written
before the parameter changed to `conversion`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aicc.lib import sealing
from aicc.lib.sealing import CannotOpen, KeyFileMissing, KeyRing, key_file
from aicc.tenants import parameters
from aicc.tenants.models import Tenant

# Whoever writes holds this lock with others; a conversion waits for them once, alone, before it begins.
LOCK = "personal data"


class Stored(str):
    """A text as it is in the database."""

    __slots__ = ()


class Unopened(str):
    """What is shown for a text that cannot be opened. It is kept as it was when its row is saved."""

    stored: Stored

    @classmethod
    def of(cls, stored: str) -> "Unopened":
        shown = cls(_("[cannot be decrypted]"))
        shown.stored = Stored(stored)
        return shown


class Sealing:
    """How texts of a tenant are kept from now until the end of the transaction."""

    def __init__(self, tenant_id: int, ring: KeyRing | None) -> None:
        self.tenant_id = tenant_id
        self.ring = ring
        # The same few numbers stand in most rows of a batch.
        self._made: dict[tuple[str, str], Stored] = {}

    @classmethod
    def in_force(cls, tenant_id: int) -> "Sealing":
        """Ask it inside the transaction that writes. Raises KeyFileError when texts are to be sealed without a key."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [LOCK])
        return cls(tenant_id, key_file().ring() if parameters.ENCRYPTION.value(None) else None)

    def stored(self, kind: str, text: str) -> Stored:
        """What is written for a text of a kind. Empty stays empty."""
        if not text:
            return Stored()
        made = self._made.get((kind, text))
        if made is None:
            form = self.ring.seal(text, kind, self.tenant_id) if self.ring else sealing.escaped(text)
            made = self._made[kind, text] = Stored(form)
        return made

    def rows(
        self, model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> Iterator[Sequence[Any]]:
        """Rows for COPY, with the model's personal columns as they are to be written. Empty ones stay empty."""
        kinds = {field.attname: field.kind for field in personal_fields(model)}
        places = [(place, kinds[column]) for place, column in enumerate(columns) if column in kinds]
        # Nothing is escaped that does not begin so.
        mark = "" if self.ring else "~"
        for row in rows:
            if due := [at for at in places if row[at[0]] and row[at[0]].startswith(mark)]:
                row = list(row)
                for place, kind in due:
                    row[place] = self.stored(kind, row[place])
            yield row


class PersonalField(models.CharField):
    """A text that is personal data: plain to whoever reads it, in the database perhaps sealed.

    Its model has a `tenant`. Columns of one `kind` are sealed alike, so that one value is found in all of them;
    `max_length` counts plain characters. Conditions name what is stored (`forms`, `equals`, `contains`): one that
    compares with plain text would silently miss what is sealed, so it raises.
    """

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind}

    def db_type(self, connection: Any) -> str:
        # A sealed text is longer than the plain one.
        return "text"

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        if not value or not value.startswith("~"):
            return value
        try:
            return key_file().open(value, self.kind)
        except CannotOpen:
            return Unopened.of(value)

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        value = super().pre_save(instance, add)
        if isinstance(value, Unopened):
            return value.stored
        if not value or hasattr(value, "resolve_expression"):
            return value
        return Sealing.in_force(instance.tenant_id).stored(self.kind, value)  # type: ignore[attr-defined]  # models with personal data have a tenant

    def get_prep_value(self, value: Any) -> Any:
        if not value or hasattr(value, "resolve_expression"):
            return value
        if not isinstance(value, Stored):
            raise TypeError(f"{self.name} is personal data: ask for its stored forms, with aicc.tenants.personal.")
        return str(value)


def personal_fields(model: type[models.Model]) -> list[PersonalField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, PersonalField)]


def forms(tenant: Tenant, kind: str, text: str) -> list[Stored]:
    """Every form in which a text may be stored: plain, and sealed by each key there is.

    Whatever the parameter says: rows wait to be converted, and keys to be retired. Raises KeyFileError when there
    may be rows that nobody can look for.
    """
    try:
        ring = key_file().ring()
    except KeyFileMissing:
        if parameters.ENCRYPTION.value(tenant):
            raise
        return [Stored(sealing.escaped(text))]
    return [Stored(sealing.escaped(text)), *(Stored(ring.seal(text, kind, tenant.pk, key=key)) for key in ring)]


def equals(columns: Iterable[str], stored: Sequence[Stored]) -> Q:
    """Rows that have one of the stored forms of a text in one of the columns."""
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__in": stored})
    return found


def contains(columns: Iterable[str], part: str) -> Q:
    """Rows with a plain text in one of the columns that contains the part: a sealed one contains it by chance only."""
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__contains": part}) & ~Q(**{f"{column}__regex": sealing.SEALED})
    return found
