"""What are a tenant's satisfaction levels called, in which order, and which are in use? One answer for every page.

Levels are the words 1 to 5 that records carry; where they are decided is left to `configuration`.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from aicc.tenants.models import Tenant
from contacts.choices import Satisfaction
from contacts.decisions import SatisfactionLevel

# What the source reports when there was a survey and no level came of it: values of the guide, nobody's to change.
FIXED = (Satisfaction.NOT_EVALUATED, Satisfaction.EVALUATION_FAILED)
LEVELS = tuple(word for word in Satisfaction if word not in FIXED)
FEWEST = 3
_KEPT = "satisfaction_levels"


@dataclass(frozen=True, slots=True)
class Level:
    key: str
    name: str
    position: int
    is_active: bool


def levels(tenant: Tenant) -> list[Level]:
    """All five in the tenant's order: one query, kept as long as the tenant object."""
    kept: list[Level] | None = vars(tenant).get(_KEPT)
    if kept is None:
        stored = {row.key: row for row in SatisfactionLevel.objects.for_tenant(tenant)}
        kept = [
            Level(key, row.name, row.position, row.is_active)
            if (row := stored.get(key))
            else Level(key, str(key.label), place, is_active=True)
            for place, key in enumerate(LEVELS, 1)
        ]
        vars(tenant)[_KEPT] = kept = sorted(kept, key=lambda level: (level.position, level.key))
    return kept


def names(tenant: Tenant) -> dict[str, str]:
    """What each value that a record may carry is called, inactive levels too."""
    return {level.key: level.name for level in levels(tenant)} | {word.value: str(word.label) for word in FIXED}


def choices(tenant: Tenant) -> list[tuple[str, str]]:
    """What to search for: the levels in use, those that only older records carry, the guide's two values."""
    active = [(level.key, level.name) for level in levels(tenant) if level.is_active]
    inactive = [
        (level.key, _("%(name)s (inactive)") % {"name": level.name}) for level in levels(tenant) if not level.is_active
    ]
    return [*active, *inactive, *((word.value, str(word.label)) for word in FIXED)]


def decide(tenant: Tenant, decided: list[Level]) -> None:
    """Call the levels so from now on. All five are given; which records carry which does not change."""
    if sorted(level.key for level in decided) != list(LEVELS) or sum(level.is_active for level in decided) < FEWEST:
        raise ValueError("There are five levels, and at least three of them are in use.")
    for level in decided:
        SatisfactionLevel.objects.for_tenant(tenant).update_or_create(
            tenant=tenant,
            key=level.key,
            defaults={"name": level.name, "position": level.position, "is_active": level.is_active},
        )
    vars(tenant).pop(_KEPT, None)
