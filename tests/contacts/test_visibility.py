"""Does an account see the records that PRODUCT.md 1 gives it, no more and no fewer?

The first half says the rules a second time, as plain sets, without looking at the code; then both answer the same
questions about generated organizations. Small organizations come first: the first failure is a small one.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from django.db import transaction

from aicc.tenants import parameters
from aicc.tenants.models import Account, OrganizationUnit, Role, Tenant
from contacts.models import ContactRecord
from contacts.terms import Term
from contacts.visibility import NotOffered, Visibility
from tests import builders

FORESTS = 50
STATES_PER_FOREST = 8
QUESTIONS_PER_STATE = 6

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ME, COLLEAGUE, NOBODY = "me", "colleague", None


# --- The oracle -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    id: int
    above: "Unit | None"
    position: int
    name: str

    @property
    def line(self) -> list["Unit"]:
        """From the root down to this unit."""
        return [*(self.above.line if self.above else []), self]


@dataclass(frozen=True)
class State:
    """What decides: the account, and the two parameters."""

    administrator: bool
    permissions: frozenset[str]
    own_unit: int | None
    granted: frozenset[int]
    isolation: bool
    unit_limit: int


class NotAmongTheOptions(Exception):
    pass


class Oracle:
    def __init__(self, units: dict[int, Unit], records: dict[int, tuple[str | None, int | None]]) -> None:
        # Depth-first, siblings by position then name: in the order of the lines of descent.
        self.units = sorted(units.values(), key=lambda unit: [(u.position, u.name) for u in unit.line])
        self.records = records

    def below(self, unit_id: int) -> list[int]:
        return [unit.id for unit in self.units if unit_id in [u.id for u in unit.line[:-1]]]

    def full(self, state: State) -> bool:
        both = {"view_all_organization", "edit_all_organization"}
        return state.administrator or "search_all" in state.permissions or both <= state.permissions

    def scopes(self, state: State) -> list[str]:
        return ["personal", "organization"] if self.full(state) or state.isolation else []

    def default_scope(self, state: State) -> str:
        return "organization" if self.full(state) else "personal"

    def offered_units(self, state: State) -> list[int]:
        if self.full(state):
            return [unit.id for unit in self.units]
        if not state.isolation:
            return []
        roots = state.granted | {state.own_unit}
        return [unit.id for unit in self.units if roots & {u.id for u in unit.line}]

    def own(self) -> set[int]:
        return {id for id, (account, _unit) in self.records.items() if account == ME}

    def reach(self, state: State) -> set[int]:
        if self.full(state):
            return set(self.records)
        return self.own() | self.of_units(self.offered_units(state))

    def of_units(self, units: list[int]) -> set[int]:
        return {id for id, (_account, unit) in self.records.items() if unit in units}

    def answer(self, state: State, scope: str | None, unit: int | str | None, include_sub: bool) -> set[int]:
        if scope is not None and scope not in self.scopes(state):
            raise NotAmongTheOptions
        if (scope or self.default_scope(state)) == "personal":
            if unit is not None:
                raise NotAmongTheOptions
            return self.own()
        if unit is None:
            return self.reach(state)
        if unit == "unorganized":
            if not self.full(state):
                raise NotAmongTheOptions
            return {id for id, (_account, its) in self.records.items() if its is None}
        if unit not in self.offered_units(state):
            raise NotAmongTheOptions
        return self.of_units([unit, *(self.below(unit)[: state.unit_limit] if include_sub else [])])


# --- The world it is asked about ------------------------------------------------------------------------


class World:
    """A generated organization in the database, and the oracle that knows it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tenant = Tenant.objects.open(slug=f"forest-{seed}", name="Forest")
        self.elsewhere = Tenant.objects.open(slug=f"elsewhere-{seed}", name="Elsewhere")
        builders.organization(self.elsewhere, {"a": {}})
        self.foreign_unit = builders.unit(self.elsewhere, "a")
        self.role = Role.objects.create(tenant=self.tenant, name="Asked")
        self.me = builders.account(self.tenant, f"me-{seed}")
        self.me.roles.add(self.role)
        self.colleague = builders.account(self.tenant, f"colleague-{seed}")
        units = self.plant(seed // 2)
        self.oracle = Oracle(units, self.write_records(list(units), 5 + seed))

    def plant(self, size: int) -> dict[int, Unit]:
        """Names and positions repeat, so that siblings have to be told apart by both."""
        units: dict[int, Unit] = {}
        taken = set()
        for _ in range(size):
            above = self.random.choice([None, *units.values()][-6:])
            name, position = self.random.choice("abcdeé账"), self.random.randrange(3)
            if (above, name) not in taken:
                taken.add((above, name))
                row = OrganizationUnit.objects.create(
                    tenant=self.tenant, parent_id=above and above.id, name=name, position=position
                )
                units[row.pk] = Unit(row.pk, above, position, name)
        return units

    def write_records(self, units: list[int], count: int) -> dict[int, tuple[str | None, int | None]]:
        accounts = {ME: self.me, COLLEAGUE: self.colleague, NOBODY: None}
        records = {}
        rows = [row(self.elsewhere, 1000, unit=self.foreign_unit)]
        for id in range(1, count + 1):
            account, unit = self.random.choice(list(accounts)), self.random.choice([None, *units])
            records[id] = (account, unit)
            rows.append(row(self.tenant, id, account=accounts[account], unit_id=unit))
        ContactRecord.objects.bulk_create(rows)
        return records

    def state(self) -> State:
        """Take on a state, and let the account be what a request would find."""
        choose, units = self.random.random, [unit.id for unit in self.oracle.units]
        organization = ["view_all_organization", "edit_all_organization"]
        state = State(
            administrator=choose() < 0.1,
            permissions=frozenset(p for p in ["search_all", "play", "export"] if choose() < 0.15)
            | frozenset(p for p in organization if choose() < 0.4),
            own_unit=self.random.choice([None, *units]),
            granted=frozenset(self.random.sample(units, min(len(units), self.random.choice([0, 0, 1, 2])))),
            isolation=choose() < 0.6,
            unit_limit=self.random.choice([1, 2, 3, 100]),
        )
        rows = Account.objects.for_tenant(self.tenant).filter(pk=self.me.pk)
        rows.update(is_administrator=state.administrator, unit=state.own_unit)
        self.role.permissions = sorted(state.permissions)
        self.role.save()
        self.me.granted_units.through.objects.all().delete()
        self.me.granted_units.add(*state.granted)
        parameters.ISOLATION.set(self.tenant, state.isolation)
        parameters.UNIT_LIMIT.set(self.tenant, state.unit_limit)
        self.visibility = Visibility.of(rows.select_related("tenant").get())
        return state

    def question(self) -> tuple[str | None, int | str | None, bool]:
        units = [unit.id for unit in self.oracle.units]
        strange = ["unorganized", self.foreign_unit.pk, 10**12]
        return (
            self.random.choice([None, "personal", "organization", "organization"]),
            self.random.choice([None, *units[:8], *self.random.choices(units or [None], k=4), *strange]),
            self.random.random() < 0.6,
        )


def row(tenant, id, **fields):
    return ContactRecord(
        tenant=tenant,
        id=id,
        source="tests",
        updated_at=NOW,
        call_sn=str(10**18 + id),
        started_at=NOW - timedelta(minutes=id),
        media_type="voice",
        call_type="incoming",
        **fields,
    )


def ids(records):
    return set(records.values_list("id", flat=True))


def found(world, scope, unit, include_sub):
    """What is found by the plain condition; the terms that stand beside it may lose none of it."""
    try:
        records = world.visibility.records(scope=scope, unit=unit, include_sub=include_sub)
        terms = world.visibility.condition(scope=scope, unit=unit, include_sub=include_sub).any_of
    except NotOffered:
        return "not offered"
    rows = list(records.values_list("id", "account_id", "unit_id"))
    for _id, account_id, unit_id in rows if terms else ():
        assert {Term("account", str(account_id or "")), Term("unit", str(unit_id or ""))} & set(terms)
    return {id for id, _account_id, _unit_id in rows}


def expected(world, state, *question):
    try:
        return world.oracle.answer(state, *question)
    except NotAmongTheOptions:
        return "not offered"


def test_the_questions_are_more_than_two_thousand():
    assert FORESTS * STATES_PER_FOREST * QUESTIONS_PER_STATE > 2_000


@pytest.mark.parametrize("seed", range(FORESTS))
def test_what_is_seen_and_what_is_offered_is_what_the_rules_say(seed, db):
    with transaction.atomic():
        world = World(seed)

    for _ in range(STATES_PER_FOREST):
        state = world.state()
        seen, oracle = world.visibility, world.oracle
        assert seen.data_scopes == oracle.scopes(state), state
        assert seen.default_scope == oracle.default_scope(state), state
        assert seen.offers_unorganized == oracle.full(state), state
        assert [unit.id for unit in seen.units] == oracle.offered_units(state), state
        assert ids(seen.within_reach()) == oracle.reach(state), state
        for question in islice(iter(world.question, None), QUESTIONS_PER_STATE):
            assert found(world, *question) == expected(world, state, *question), (state, question)


# --- What a table cannot say ----------------------------------------------------------------------------


def test_the_page_can_say_how_many_sub_organizations_were_searched(acme, admin):
    parameters.UNIT_LIMIT.set(acme, 2)
    head_office = builders.unit(acme, "Head office")

    covered = Visibility.of(admin).sub_units(head_office.pk, include_sub=True)

    names = [acme.units[id].name for id in covered.ids]
    assert names == ["Head office", "Sales", "North desk"]
    assert (covered.searched, covered.total) == (2, 4)


def test_a_record_keeps_the_unit_it_had_when_its_agent_moves_away(acme, agent, lead):
    (record,) = builders.load(acme, builders.contact(account="agent"))

    Account.objects.for_tenant(acme).filter(pk=agent.pk).update(unit=builders.unit(acme, "Field"))

    assert record in Visibility.of(lead).within_reach()
    assert record in Visibility.of(agent).within_reach()


@pytest.mark.parametrize("unit", ["", "abc", "1", 0, -1, 2**70], ids=repr)
def test_what_is_no_unit_at_all_is_not_offered(unit, admin):
    visibility = Visibility.of(admin)

    with pytest.raises(NotOffered):
        visibility.records(scope="organization", unit=unit)


def test_the_operator_sees_no_records(operator):
    with pytest.raises(NotOffered):
        Visibility.of(operator)
