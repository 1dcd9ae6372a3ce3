"""Do rows get into a partitioned table once each, in their newest version, each into its month?

On a table of its own; what contact records make of it is tried with their loader.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from aicc.lib import bulk

TABLE = "bulk_parcel"
PARTS = "bulk_parcelpart"
PARCELS = bulk.Table(TABLE, "sent_at", ["tenant_id", "id", "sent_at", "updated_at", "word", "note"])

CREATE = f"""
CREATE TABLE {TABLE} (
    tenant_id bigint NOT NULL, id bigint NOT NULL, sent_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
    word text NOT NULL CONSTRAINT word_is_short CHECK (length(word) < 10), note text DEFAULT 'none' NOT NULL,
    PRIMARY KEY (tenant_id, id, sent_at)
) PARTITION BY RANGE (sent_at);
CREATE TABLE {TABLE}_default PARTITION OF {TABLE} DEFAULT;
CREATE TABLE {PARTS} (tenant_id bigint, record_id bigint, position int, word text);
"""


@pytest.fixture
def cursor(db):
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        yield cursor


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


MARCH = at(2026, 3, 5)


def parcel(id, word, *, sent_at=MARCH, version=1, tenant=1, note=""):
    return (tenant, id, sent_at, at(2026, 4, 1) + timedelta(hours=version), word, note)


def merge(cursor, *rows, tenant=1, keep=None):
    stored = bulk.versions(cursor, PARCELS, tenant_id=tenant, ids=[row[1] for row in rows])
    return bulk.merge(cursor, PARCELS, rows, tenant_id=tenant, stored=stored, keep=keep or {})


def stored(cursor, columns="id, word"):
    cursor.execute(f"SELECT {columns} FROM {TABLE} ORDER BY tenant_id, id, sent_at")
    return cursor.fetchall()


def partitions(cursor):
    cursor.execute(f"SELECT DISTINCT tableoid::regclass::text FROM {TABLE} ORDER BY 1")
    return [name for (name,) in cursor.fetchall()]


# --- Months -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (at(2026, 3, 31, 23, 59, 59), date(2026, 3, 1)),
        (at(2026, 4, 1), date(2026, 4, 1)),
        (at(2025, 12, 31, 23), date(2025, 12, 1)),
        # Months are UTC's, whatever the clock on the wall says.
        (datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=9))), date(2025, 12, 1)),
    ],
)
def test_a_moment_belongs_to_its_month_in_utc(moment, month):
    assert bulk.month_of(moment) == month


def test_the_month_after_december_is_in_the_next_year():
    months = [date(2025, 11, 1)]

    for _ in range(3):
        months.append(bulk.next_month(months[-1]))

    assert months[1:] == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


def test_months_are_made_once(cursor):
    months = [date(2026, 1, 1), date(2025, 12, 1), date(2026, 1, 1)]

    made = bulk.ensure_months(cursor, TABLE, "sent_at", months)

    assert made == [f"{TABLE}_2025_12", f"{TABLE}_2026_01"]
    assert bulk.ensure_months(cursor, TABLE, "sent_at", months) == []


def test_rows_go_into_their_month_up_to_its_last_microsecond(cursor):
    bulk.ensure_months(cursor, TABLE, "sent_at", [date(2025, 12, 1), date(2026, 1, 1)])

    merge(
        cursor,
        parcel(1, "first", sent_at=at(2025, 12, 1)),
        parcel(2, "last", sent_at=at(2026, 1, 1) - timedelta(microseconds=1)),
        parcel(3, "next", sent_at=at(2026, 1, 1)),
        parcel(4, "beyond", sent_at=at(2026, 2, 1)),
    )

    assert stored(cursor, "id, tableoid::regclass::text") == [
        (1, f"{TABLE}_2025_12"),
        (2, f"{TABLE}_2025_12"),
        (3, f"{TABLE}_2026_01"),
        (4, f"{TABLE}_default"),
    ]


def test_rows_that_waited_in_the_default_partition_move_into_their_new_month(cursor):
    merge(cursor, parcel(1, "march"), parcel(2, "april", sent_at=at(2026, 4, 1)))
    assert partitions(cursor) == [f"{TABLE}_default"]

    bulk.ensure_months(cursor, TABLE, "sent_at", [date(2026, 3, 1)])

    assert stored(cursor, "id, tableoid::regclass::text") == [(1, f"{TABLE}_2026_03"), (2, f"{TABLE}_default")]
    assert stored(cursor) == [(1, "march"), (2, "april")]


def test_a_new_month_has_the_rules_and_defaults_of_the_table(cursor):
    bulk.ensure_months(cursor, TABLE, "sent_at", [date(2026, 3, 1)])

    cursor.execute(
        "SELECT column_name, is_nullable, column_default FROM information_schema.columns WHERE table_name = %s",
        [f"{TABLE}_2026_03"],
    )

    rules = {name: (nullable, default) for name, nullable, default in cursor.fetchall()}
    assert rules["word"] == ("NO", None)
    assert rules["note"] == ("NO", "'none'::text")
    cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass", [f"{TABLE}_2026_03"])
    assert {"word_is_short"} < {name for (name,) in cursor.fetchall()}


# --- Merging -----------------------------------------------------------------------------------------


def test_new_rows_are_inserted(cursor):
    merged = merge(cursor, parcel(1, "one"), parcel(2, "two"))

    assert (sorted(merged.inserted), merged.updated) == ([1, 2], [])
    assert stored(cursor) == [(1, "one"), (2, "two")]


def test_merging_twice_changes_nothing(cursor):
    rows = [parcel(1, "one"), parcel(2, "two")]
    merge(cursor, *rows)
    before = stored(cursor, "ctid, xmin, *")

    merged = merge(cursor, *rows)

    assert merged == bulk.Merged(inserted=[], updated=[])
    assert stored(cursor, "ctid, xmin, *") == before


@pytest.mark.parametrize(("version", "word"), [(0, "old"), (1, "old"), (2, "new")])
def test_only_a_newer_version_updates(cursor, version, word):
    merge(cursor, parcel(1, "old", version=1))

    merged = merge(cursor, parcel(1, "new", version=version))

    assert merged.updated == ([1] if word == "new" else [])
    assert stored(cursor) == [(1, word)]


def test_a_newer_version_may_have_moved_to_another_month_and_is_still_one_row(cursor):
    bulk.ensure_months(cursor, TABLE, "sent_at", [date(2025, 12, 1), date(2026, 1, 1)])
    merge(cursor, parcel(1, "old", sent_at=at(2025, 12, 31)))

    merged = merge(cursor, parcel(1, "new", sent_at=at(2026, 1, 1), version=2))

    assert merged == bulk.Merged(inserted=[], updated=[1])
    assert stored(cursor, "word, sent_at") == [("new", at(2026, 1, 1))]
    assert partitions(cursor) == [f"{TABLE}_2026_01"]


def test_the_same_id_of_two_tenants_is_two_rows(cursor):
    merge(cursor, parcel(1, "mine", tenant=1))

    merged = merge(cursor, parcel(1, "theirs", tenant=2, version=9), tenant=2)

    assert merged.inserted == [1]
    assert stored(cursor) == [(1, "mine"), (1, "theirs")]


def test_what_is_to_be_kept_stays_while_its_condition_holds(cursor):
    merge(cursor, parcel(1, "old", note="set here"), parcel(2, "old", note=""))

    merge(
        cursor,
        parcel(1, "new", version=2, note="theirs"),
        parcel(2, "new", version=2, note="theirs"),
        keep={"note": "r.note = 'set here'"},
    )

    assert stored(cursor, "id, word, note") == [(1, "new", "set here"), (2, "new", "theirs")]


def test_a_second_merge_in_one_transaction_forgets_what_the_first_staged(cursor):
    merge(cursor, parcel(1, "old"), parcel(2, "old"))
    merge(cursor, parcel(1, "new", version=2))

    merged = merge(cursor, parcel(2, "new", version=3))

    assert merged.updated == [2]
    assert stored(cursor) == [(1, "new"), (2, "new")]


def test_what_the_database_refuses_is_a_database_error_of_django(cursor):
    with pytest.raises(IntegrityError, match="word_is_short"):
        merge(cursor, parcel(1, "much too long"))


def read_by(cursor, sql):
    """What a statement reads: the partitions, and the indexes it uses for that."""
    cursor.execute(f"EXPLAIN {sql}")
    plan = "\n".join(line for (line,) in cursor.fetchall())
    # A bitmap scan says its index behind "on".
    by_bitmap = set(re.findall(r"Bitmap Index Scan on (\w+)", plan))
    partitions = set(re.findall(rf" on ({TABLE}\w+)", plan)) - by_bitmap
    return partitions, by_bitmap | set(re.findall(r"using (\w+)", plan))


def test_rows_are_updated_where_they_lie(cursor):
    bulk.ensure_months(cursor, TABLE, "sent_at", [date(2026, month, 1) for month in range(1, 13)])
    merge(cursor, parcel(1, "old", sent_at=at(2026, 3, 5)), parcel(2, "old", sent_at=at(2026, 4, 5)))

    with CaptureQueriesContext(connection) as captured, connection.cursor() as seen:
        merge(seen, parcel(1, "new", version=2, sent_at=at(2026, 9, 5)), parcel(2, "old", sent_at=at(2026, 4, 5)))

    (update,) = (query["sql"] for query in captured if str(query["sql"]).startswith("UPDATE"))
    assert read_by(cursor, update)[0] == {f"{TABLE}_2026_03"}
    assert stored(cursor, "id, word, tableoid::regclass::text") == [
        (1, "new", f"{TABLE}_2026_09"),
        (2, "old", f"{TABLE}_2026_04"),
    ]


def test_ids_are_looked_up_by_the_primary_key_though_the_planner_has_not_heard_of_the_tenant(cursor):
    months = [date(2026, 3, 1), date(2026, 4, 1)]
    cursor.execute(f"CREATE INDEX bulk_parcel_time ON {TABLE} (tenant_id, sent_at DESC, id DESC)")
    bulk.ensure_months(cursor, TABLE, "sent_at", months)
    merge(cursor, *(parcel(n, "one", sent_at=at(2026, 3 + n % 2, 5)) for n in range(3_000)))
    cursor.execute(f"ANALYZE {TABLE}")
    merge(cursor, *(parcel(n, "two", sent_at=at(2026, 3, 7), tenant=2) for n in range(3_000)), tenant=2)

    # In the mode of plans that the look-up has set.
    cursor.execute(f"PREPARE look_up AS {bulk.versions_sql(PARCELS).as_string(connection.connection)}")
    partitions, indexes = read_by(cursor, f"EXECUTE look_up (2, '{{{','.join(map(str, range(1_000)))}}}')")
    cursor.execute("DEALLOCATE look_up")

    assert partitions == {f"{TABLE}_2026_03", f"{TABLE}_2026_04", f"{TABLE}_default"}
    assert indexes == {f"{TABLE}_2026_03_pkey", f"{TABLE}_2026_04_pkey"}


# --- Afterwards --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "analyzed"), [(10, False), (1_000, True)])
def test_the_planner_is_told_of_a_month_that_got_much(cursor, rows, analyzed):
    months = bulk.month_of(MARCH), bulk.month_of(at(2026, 4, 5))
    bulk.ensure_months(cursor, TABLE, "sent_at", months)
    merge(cursor, *(parcel(n, "one") for n in range(1_000)))

    # A month that somebody dropped meanwhile stops nothing.
    bulk.settle(cursor, TABLE, {months[0]: rows, months[1]: 5, date(1999, 1, 1): 5_000})

    cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [f"{TABLE}_2026_03"])
    assert cursor.fetchone() == (1_000 if analyzed else -1,)


def test_nothing_waits_to_get_into_an_inverted_index(cursor):
    cursor.execute(f"CREATE INDEX bulk_parcel_words ON {TABLE} USING gin (string_to_array(word, ' '))")
    bulk.ensure_months(cursor, TABLE, "sent_at", [bulk.month_of(MARCH)])
    merge(cursor, *(parcel(n, f"w{n}") for n in range(100)))

    bulk.settle(cursor, TABLE, {bulk.month_of(MARCH): 100})

    cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%gin%%'",
                   [f"{TABLE}_2026_03"])  # fmt: skip
    (index,) = cursor.fetchone()
    # What is left to move tells what was waiting.
    cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
    assert cursor.fetchone() == (0,)


# --- Parts -------------------------------------------------------------------------------------------


def parts(cursor):
    cursor.execute(f"SELECT tenant_id, record_id, position, word FROM {PARTS} ORDER BY 1, 2, 3")
    return cursor.fetchall()


def replace(cursor, *rows, merged):
    columns = ["tenant_id", "record_id", "position", "word"]
    bulk.replace_parts(cursor, PARTS, columns, rows, tenant_id=1, merged=merged)


def test_parts_become_those_of_the_newest_version_and_other_rows_keep_theirs(cursor):
    replace(cursor, (1, 1, 0, "a"), (1, 1, 1, "b"), (1, 2, 0, "c"), merged=bulk.Merged([1, 2], []))
    cursor.execute(f"INSERT INTO {PARTS} VALUES (2, 1, 0, 'theirs')")

    replace(cursor, (1, 1, 0, "new"), (1, 2, 0, "not newer"), merged=bulk.Merged([], [1]))

    assert parts(cursor) == [(1, 1, 0, "new"), (1, 2, 0, "c"), (2, 1, 0, "theirs")]


def test_parts_may_go_altogether(cursor):
    replace(cursor, (1, 1, 0, "a"), merged=bulk.Merged([1], []))

    replace(cursor, merged=bulk.Merged([], [1]))

    assert parts(cursor) == []
