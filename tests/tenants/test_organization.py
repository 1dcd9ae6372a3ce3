"""Does the tree of organization units stand in order, find what is below, and bear any shape?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicc.tenants.models import OrganizationUnit
from aicc.tenants.organization import UnitTree
from tests import builders

# (id, parent id, name, position)
ROWS = [
    (1, None, "Head office", 1),
    (2, 1, "Sales", 0),
    (3, 2, "South desk", 5),
    (4, 2, "North desk", 5),
    (5, 2, "Zebra desk", 1),
    (6, 1, "Service", 1),
    (7, None, "Field", 0),
]


def names(units):
    return [unit.name for unit in units]


def test_units_stand_depth_first_and_siblings_by_position_then_name():
    tree = UnitTree(reversed(ROWS))

    assert names(tree) == ["Field", "Head office", "Sales", "Zebra desk", "North desk", "South desk", "Service"]
    assert [unit.depth for unit in tree] == [0, 0, 1, 2, 2, 2, 1]


def test_descendants_are_everything_below_in_order():
    tree = UnitTree(ROWS)

    assert names(tree.descendants(1)) == ["Sales", "Zebra desk", "North desk", "South desk", "Service"]
    assert names(tree.descendants(4)) == []
    assert [unit.depth for unit in tree.descendants(2)] == [2, 2, 2]


def test_several_units_with_everything_below_count_each_once():
    tree = UnitTree(ROWS)

    assert tree.with_descendants([4, 2, 2, 7]) == {2, 3, 4, 5, 7}
    assert tree.with_descendants([]) == frozenset()


def test_a_unit_that_does_not_exist_reaches_nothing():
    tree = UnitTree(ROWS)

    assert tree.with_descendants([99, 6]) == {6}
    assert 99 not in tree


def test_a_path_names_every_level():
    tree = UnitTree(ROWS)

    assert tree.path(4) == ["Head office", "Sales", "North desk"]
    assert tree.path(7) == ["Field"]


def test_a_chain_of_five_thousand_units_is_a_legal_organization():
    tree = UnitTree((id, id - 1 or None, f"level {id}", 0) for id in range(1, 5001))

    assert [unit.id for unit in tree] == list(range(1, 5001))
    assert len(list(tree.descendants(1))) == 4999
    assert tree[5000].depth == 4999
    assert tree.path(5000)[-1] == "level 5000"


def test_five_thousand_siblings_are_one_too():
    tree = UnitTree((id, None, f"unit {id:04}", 0) for id in range(5000, 0, -1))

    assert [unit.id for unit in tree] == list(range(1, 5001))


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc"), st.integers(0, 2)), max_size=30))
def test_every_unit_stands_once_after_what_is_above_it(shape):
    rows = [(id, above % id or None, name, position) for id, (above, name, position) in enumerate(shape, 1)]

    tree = UnitTree(rows)

    order = [unit.id for unit in tree]
    assert sorted(order) == [id for id, *_ in rows]
    for id, parent_id, name, _position in rows:
        assert tree[id].name == name
        if parent_id:
            assert order.index(parent_id) < order.index(id)
            assert id in tree.with_descendants([parent_id])
            assert tree.path(id) == [*tree.path(parent_id), name]
        # What is below stands directly behind, without a gap.
        below = [unit.id for unit in tree.descendants(id)]
        begin = order.index(id) + 1
        assert order[begin : begin + len(below)] == below


def test_a_tenant_reads_its_units_once_and_no_others(acme, globex, django_assert_num_queries):
    acme.__dict__.pop("units", None)

    with django_assert_num_queries(1):
        found = [names(acme.units) for _ in range(2)]

    assert found == [["Head office", "Sales", "North desk", "South desk", "Service", "Field"]] * 2


@pytest.mark.parametrize("path", [("Field",), ("Head office", "Sales")])
def test_a_name_stands_once_under_its_parent(acme, path):
    unit = builders.unit(acme, *path)

    _again, made = OrganizationUnit.objects.for_tenant(acme).get_or_create(
        tenant=acme, parent=unit.parent, name=unit.name
    )

    assert not made


def test_a_unit_knows_who_stands_right_below_it_and_where_the_next_one_goes():
    tree = UnitTree(ROWS)

    assert (names(tree.children(None)), names(tree.children(2)), tree.children(7)) == (
        ["Field", "Head office"],
        ["Zebra desk", "North desk", "South desk"],
        [],
    )
    assert [tree.next_position(id) for id in (None, 2, 7)] == [2, 6, 0]


def test_what_is_counted_adds_up_towards_the_root():
    totals = UnitTree(ROWS).totals({2: 1, 3: 10, 4: 100, 7: 5, None: 9})

    assert totals == {1: 111, 2: 111, 3: 10, 4: 100, 5: 0, 6: 0, 7: 5}


@pytest.mark.parametrize(("text", "found"), [("2", 2), ("", None), ("x", None), ("٢", None), ("9" * 5_000, None)])
def test_only_the_id_of_a_unit_is_taken_for_one(text, found):
    unit = UnitTree(ROWS).sent(text)

    assert (unit and unit.id) == found
