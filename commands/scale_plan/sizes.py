"""How large each table is, as lines, days and tuples grow: measured on bills that differ in one.

A table's rows are fitted as 1, lines, days, tuples and tuples x days, as few as do, on five bills: two
whole ones, their first days, and the first days of a third. That third as a whole tells how far off that is.
Bytes are BigQuery's logical bytes, from the values.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from operator import mul
from pathlib import Path
from typing import Any

import duckdb
import yaml

# https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_sizes: what a
# value takes; an absent one takes nothing. Whole numbers beyond 64 bits and money are BIGNUMERIC there.
BYTES_OF_A_VALUE = {
    "BIGINT": 8,
    "BOOLEAN": 1,
    "DATE": 8,
    "DECIMAL": 32,
    "DOUBLE": 8,
    "HUGEINT": 32,
    "INTEGER": 8,
    "TIMESTAMP": 8,
}
BYTES_BEFORE_A_TEXT = 2

MEASURED = Path(__file__).with_name("measured.yml")


@dataclass(frozen=True)
class Bill:
    """How many lines, over how many days, of how many distinct tuples of what rules look at."""

    lines: int
    days: int
    tuples: int

    @property
    def terms(self) -> tuple[int, ...]:
        """What rows are fitted as."""
        return (1, self.lines, self.days, self.tuples, self.tuples * self.days)

    @property
    def half(self) -> Bill:
        """Its first days."""
        return Bill(self.lines // 2, self.days // 2, self.tuples)


TERMS = ("constant", "lines", "days", "tuples", "tuples x days")

# Each resource has a line or more a day, so that tuples x days are all there. Half of the days is a bill too.
BUILT = (Bill(240_000, 30, 2_000), Bill(300_000, 90, 3_333), Bill(1_000_000, 90, 10_000))
CHECK = BUILT[-1]
FITTED = tuple(bill for whole in BUILT for bill in (whole, whole.half) if bill != CHECK)


@dataclass(frozen=True)
class Table:
    """Rows by what they grow with, and bytes of a row by column (names in lower case)."""

    growth: tuple[Fraction, ...]
    columns: Mapping[str, Fraction] = field(default_factory=dict)

    def rows(self, bill: Bill) -> int:
        """Rows at a size, never below none."""
        return max(0, round(sum(share * term for share, term in zip(self.growth, bill.terms, strict=True))))

    def bytes_of(self, columns: frozenset[str] | None, bill: Bill) -> int:
        """Logical bytes of these columns, of all where none are named."""
        width = sum(size for name, size in self.columns.items() if columns is None or name in columns)
        return round(self.rows(bill) * width)

    @property
    def grows_with(self) -> str:
        """The term that is most of its rows at the largest bill measured."""
        parts = [abs(share * term) for share, term in zip(self.growth, CHECK.terms, strict=True)]
        return TERMS[parts.index(max(parts))]


# How near rows must be fitted before one more term is taken: pools' targets differ from day to day.
TOLERANCE = Fraction(2, 100)
NOTHING = Table((Fraction(0),) * len(TERMS))


def fitted(counts: Mapping[Bill, int]) -> tuple[Fraction, ...]:
    """What of each term gives these rows: as few terms as come within TOLERANCE of all, none below zero.

    Least squares of the relative error, in fractions. Where no choice of terms comes that near, the nearest.
    """
    nearest: tuple[Fraction, tuple[Fraction, ...]] = (Fraction(1), NOTHING.growth)
    for number in range(1, len(TERMS) + 1):
        found = []
        for terms in combinations(range(len(TERMS)), number):
            shares = _least_squares(counts, terms)
            if shares is not None and min(shares) >= 0:
                growth = [Fraction(0)] * len(TERMS)
                for term, share in zip(terms, shares, strict=True):
                    growth[term] = share
                error = max(
                    abs(sum(map(mul, growth, bill.terms)) - count) / max(count, 1)
                    for bill, count in counts.items()
                )
                found.append((error, tuple(growth)))
        if found:
            nearest = min(nearest, min(found))
        if nearest[0] <= TOLERANCE:
            break
    return nearest[1]


def _least_squares(counts: Mapping[Bill, int], terms: tuple[int, ...]) -> list[Fraction] | None:
    """The shares of these terms by the normal equations; none where the bills cannot tell them apart."""
    rows = [
        ([Fraction(bill.terms[term], max(count, 1)) for term in terms], Fraction(count, max(count, 1)))
        for bill, count in counts.items()
    ]
    matrix = [
        [sum((row[i] * row[j] for row, _ in rows), Fraction(0)) for j in range(len(terms))]
        + [sum((row[i] * value for row, value in rows), Fraction(0))]
        for i in range(len(terms))
    ]
    for column in range(len(terms)):
        at = next((number for number in range(column, len(terms)) if matrix[number][column]), None)
        if at is None:
            return None
        matrix[column], matrix[at] = matrix[at], matrix[column]
        matrix[column] = [value / matrix[column][column] for value in matrix[column]]
        for other in range(len(terms)):
            if other != column:
                factor = matrix[other][column]
                matrix[other] = [
                    value - factor * own for value, own in zip(matrix[other], matrix[column], strict=True)
                ]
    return [row[-1] for row in matrix]


def counted(database: Path) -> dict[str, int]:
    """Rows of every table of a DuckDB file, by schema.table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            f"{schema}.{table}": connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()[
                0
            ]
            for schema, table in _tables(connection)
        }


def counted_first_days(database: Path, days: int) -> dict[str, int]:
    """Rows of every table, of those with a charge_date only what the bill's first days gave."""
    found = counted(database)
    with duckdb.connect(str(database), read_only=True) as connection:
        dated = connection.execute(
            "select table_schema, table_name from information_schema.columns"
            " where column_name = 'charge_date' and table_catalog = current_database()"
        ).fetchall()
        # A charge of several days is owned on later days too; the line says which it came on.
        [(first,)] = connection.execute("select min(charge_date) from raw_focus.cost_and_usage").fetchall()
        for schema, table in dated:
            if f"{schema}.{table}" in found:
                found[f"{schema}.{table}"] = connection.execute(
                    f'select count(*) from "{schema}"."{table}"'
                    " where charge_date is null or charge_date < ? + ? or charge_date < ?",
                    [first, days, first],
                ).fetchone()[0]
    return found


def widths(database: Path) -> dict[str, dict[str, float]]:
    """Mean logical bytes of a row by column, of every table of a DuckDB file."""
    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for schema, table in _tables(connection):
            columns = connection.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = ? and table_name = ? order by ordinal_position",
                [schema, table],
            ).fetchall()
            sizes = ", ".join(_width(name, kind) for name, kind in columns)
            values = connection.execute(f'select {sizes} from "{schema}"."{table}"').fetchone()
            found[f"{schema}.{table}"] = {
                name.lower(): round(float(value), 2)
                for (name, _), value in zip(columns, values, strict=True)
                if value
            }
    return found


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE' order by all"
    ).fetchall()


def _width(name: str, kind: str) -> str:
    """SQL of the mean bytes of a column."""
    size = BYTES_OF_A_VALUE.get(kind.split("(")[0].split(" ")[0])
    each = str(size) if size else f'{BYTES_BEFORE_A_TEXT} + octet_length(cast("{name}" as blob))'
    if kind == "VARCHAR":
        each = f'{BYTES_BEFORE_A_TEXT} + strlen("{name}")'
    return f'avg(case when "{name}" is null then 0 else {each} end)'


def measure(folder: Path, said: Any = print) -> dict[str, Any]:
    """Build three bills in folder and note what came out, as measured.yml has it. Takes some minutes.

    Each is a copy of the project over an invented bill of the source focus (benchmarks/world.py); no
    warehouse of a person is touched.
    """
    # Only here: a plan from measured.yml needs no benchmark.
    from benchmarks.project import Project
    from benchmarks.world import World, write_lines, write_seeds

    folder.mkdir(parents=True, exist_ok=True)
    databases = {}
    for bill in BUILT:
        said(f"building {bill.lines:,} lines over {bill.days} days, {bill.tuples:,} tuples")
        world = World(bill.lines, resources=bill.tuples, days=bill.days)
        databases[bill] = folder / f"bill_{bill.lines}.duckdb"
        write_lines(world, databases[bill])
        project = Project(folder / "project", databases[bill])
        write_seeds(world, project.seeds)
        project.dbt("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    found = measured(databases)
    shutil.rmtree(folder)
    return found


def measured(databases: Mapping[Bill, Path]) -> dict[str, Any]:
    """measured.yml from the built bills.

    Where a file lacks a table (built with fewer models), what a day of the first bill gives is taken to
    grow with tuples x days: an upper bound, named `assumed`.
    """
    counts: dict[Bill, dict[str, int]] = {}
    for bill, database in databases.items():
        counts[bill] = counted(database)
        counts[bill.half] = counted_first_days(database, bill.half.days)
    least = BUILT[0]
    bytes_of_rows = widths(databases[least]) | widths(databases[CHECK])
    off, tables = {}, {}
    for name, columns in bytes_of_rows.items():
        missing = [bill for bill in databases if name not in counts[bill]]
        if missing:
            whole, half = counts[least].get(name, 0), counts[least.half].get(name, 0)
            per_tuple_day = Fraction(whole - half, (least.days - least.half.days) * least.tuples)
            rest = whole - per_tuple_day * least.tuples * least.days
            growth = (Fraction(rest), Fraction(0), Fraction(0), Fraction(0), per_tuple_day)
        else:
            growth = fitted({bill: counts[bill][name] for bill in FITTED})
        if not any(growth):
            continue
        rows = {
            term: float(round(share, 9)) for term, share in zip(TERMS, growth, strict=True) if round(share, 9)
        }
        tables[name] = {"rows": rows, "bytes": columns} | ({"assumed": True} if missing else {})
        if not missing and (told := Table(growth).rows(CHECK)) != counts[CHECK][name]:
            off[name] = {"counted": counts[CHECK][name], "fitted": told}
    return {
        "bills": [[bill.lines, bill.days, bill.tuples] for bill in FITTED],
        "check": {"bill": [CHECK.lines, CHECK.days, CHECK.tuples], "rows": off},
        "tables": tables,
    }


def read(file: Path = MEASURED) -> dict[str, Table]:
    """The tables of measured.yml, by schema.table."""
    measured = yaml.safe_load(file.read_text())
    return {
        name: Table(
            tuple(Fraction(str(table["rows"].get(term, 0))) for term in TERMS),
            {column: Fraction(str(size)) for column, size in table["bytes"].items()},
        )
        for name, table in measured["tables"].items()
    }


def write(measured: dict[str, Any], file: Path = MEASURED) -> None:
    """measured.yml anew, one line a table."""
    head = "# Written by python -m commands.scale_plan --measure FOLDER: rows and bytes of tables.\n"
    lines = [head, f"bills: {measured['bills']}  # lines, days, tuples\n"]
    lines += ["check:\n", f"  bill: {measured['check']['bill']}\n"]
    lines += ["  rows:\n"] if measured["check"]["rows"] else ["  rows: {}\n"]
    lines += [f"    {name}: {_flow(rows)}\n" for name, rows in measured["check"]["rows"].items()]
    lines.append("tables:\n")
    for name, table in measured["tables"].items():
        lines += [f"  {name}:\n", f"    rows: {_flow(table['rows'])}\n"]
        lines += ["    assumed: true\n"] if "assumed" in table else []
        lines.append("    bytes:\n" if table["bytes"] else "    bytes: {}\n")
        lines += [f"      {column}: {size}\n" for column, size in table["bytes"].items()]
    file.write_text("".join(lines))


def _flow(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"
