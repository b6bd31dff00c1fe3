"""What counts as the same, and how a difference is told."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import duckdb
import pytest

from equality.compare import Column, Table, difference, duckdb_table
from equality.report import write_section
from equality.run import unexpected, without_moments
from equality.world import Build

NAMES = ("DuckDB", "Elsewhere")
COST = Column("cost", "number", 18)
NAME_AND_COST = (Column("name", "text"), COST)


def table(*rows, columns=NAME_AND_COST):
    return Table(tuple(columns), list(rows))


def told(expected, found):
    return difference(expected, found, NAMES)


def test_row_order_and_zeros_after_the_last_digit_mean_nothing():
    ours = table(("a", Decimal("1.50")), ("b", None), ("b", None))
    assert told(ours, table(("b", None), ("a", Decimal("1.5")), ("b", None))) is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("a", Decimal("1.500000000000000001")), ("b", None)],
            "cost in 1 rows, as Decimal('1.50') on DuckDB",
        ),
        ([("a", Decimal("1.5"))], "2 rows on DuckDB, 1 on Elsewhere"),
        ([("a", Decimal("1.5")), ("b", None), ("b", None)], "1 only on Elsewhere"),
        ([("a", 1.5), ("b", None)], "the double 1.5"),
        ([("a", Decimal("1.5")), ("", None)], "name in 1 rows, as 'b' on DuckDB, '' on Elsewhere"),
    ],
)
def test_a_value_that_differs_is_told(rows, words):
    assert words in told(table(("a", Decimal("1.50")), ("b", None)), table(*rows))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ((Column("name", "text"), Column("cost", "double")), "cost number(18) on DuckDB, cost double"),
        ((Column("name", "text"), Column("cost", "number", 6)), "cost number(6) on Elsewhere"),
        ((Column("NAME", "text"), COST), "name only on DuckDB; NAME only on Elsewhere"),
        ((COST, Column("name", "text")), "in another order on Elsewhere: cost, name"),
    ],
)
def test_columns_that_differ_are_told(columns, words):
    assert words in told(table(), table(columns=columns))


def test_a_warehouse_that_tells_no_scale_is_taken_at_its_values():
    assert told(table(), table(columns=(Column("name", "text"), Column("cost", "number")))) is None


def test_a_double_is_a_fault_on_both_sides():
    doubles = table(columns=(Column("cost", "double"),))
    assert told(doubles, doubles) == "columns: cost is a double"


def test_json_is_compared_by_what_it_says():
    columns = (Column("tags", "text"),)
    ours = table(('{"a": 1.50, "b": [1]}',), columns=columns)
    assert told(ours, table(('{"b":[1],"a":1.50}',), columns=columns)) is None
    assert "1.51" in told(ours, table(('{"b":[1],"a":1.51}',), columns=columns))
    assert told(ours, table(('{"a": "1.50", "b": [1]}',), columns=columns))
    assert told(table(("{no json",), columns=columns), table(("{no  json",), columns=columns))


def test_moments_are_compared_in_utc():
    columns = (Column("at", "timestamp"),)
    ours = table((datetime(2026, 11, 3, 12, tzinfo=UTC),), columns=columns)
    there = timezone(timedelta(hours=-5))
    assert told(ours, table((datetime(2026, 11, 3, 7, tzinfo=there),), columns=columns)) is None
    assert told(ours, table((datetime(2026, 11, 3, 12),), columns=columns)) is None
    assert told(ours, table((datetime(2026, 11, 3, 7),), columns=columns))


def test_probes_are_compared_as_the_numbers_they_write():
    columns = (Column("answer", "text"),)
    one, other = table(("1.500",), ("x",), columns=columns), table(("1.5",), ("x",), columns=columns)
    assert told(one, other)
    assert told(one.as_written(), other.as_written()) is None
    assert told(one.as_written(), table(("1.6",), ("x",), columns=columns).as_written())


def test_duckdb_tells_its_types():
    with duckdb.connect() as connection:
        connection.execute(
            "create table t as select 1::decimal(38, 18) as cost, 1::hugeint as units, now() as read_at, "
            "'{}'::json as tags, 1e0 as wrong"
        )
        found = duckdb_table(connection, "t")
        with pytest.raises(ValueError, match="column i: INTERVAL has no kind"):
            duckdb_table(connection, "(select interval 1 day as i)")
    assert [str(column) for column in found.columns] == [
        "cost number(18)", "units number(0)", "read_at timestamp", "tags text", "wrong double",
    ]  # fmt: skip


def test_of_a_snapshot_the_end_of_a_version_counts_and_not_when():
    names = ("key", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
    columns = tuple(Column(name, "timestamp" if name.startswith("dbt_valid") else "text") for name in names)
    open_one = without_moments(Table(columns, [("a", "x", "y", datetime(2026, 1, 1), None)]))
    closed = without_moments(Table(columns, [("a", "z", "w", datetime(2026, 2, 2), datetime(2026, 3, 3))]))
    assert open_one.names == ["key", "dbt_valid_to"]
    assert told(open_one, open_one) is None
    assert "dbt_valid_to" in told(open_one, closed)


class Emulated:
    """As much of an engine as faults are told with."""

    title = "Elsewhere"

    def __init__(self, folder):
        self.folder = folder


def test_the_list_of_exceptions_may_not_rot(tmp_path):
    nodes = {f"model.apportion.{name}": {} for name in ("good", "listed", "mended", "broken")}
    results = {
        "model.apportion.good": ("success", ""),
        "model.apportion.listed": ("error", "no such function"),
        "model.apportion.mended": ("success", ""),
        "model.apportion.broken": ("error", "no such table"),
    }
    build = Build(False, "", results, {"nodes": nodes})
    exceptions = dict.fromkeys(("listed", "mended", "gone"), "why")
    found = sorted(unexpected(build, exceptions, Emulated(tmp_path)))
    assert found == [
        f"gone of {tmp_path.name}/exceptions.yml is no node of the project",
        f"mended works on Elsewhere: remove it from {tmp_path.name}/exceptions.yml",
        "model.apportion.broken fails on Elsewhere: no such table",
    ]
    assert list(unexpected(build, {"listed": "why", "broken": "why"}, Emulated(tmp_path))) == []


def test_a_section_is_replaced_and_the_rest_kept(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A\n\n<!-- x: written by make equality -->\nold\n<!-- x: end -->\n\nend\n")
    write_section(page, "x", "new")
    write_section(page, "x", "newer")
    assert page.read_text() == (
        "# A\n\n<!-- x: written by make equality -->\n\nnewer\n\n<!-- x: end -->\n\nend\n"
    )
    with pytest.raises(ValueError, match="must each stand there once"):
        write_section(page, "y", "new")
