"""Two tables that should be the same: columns, kinds, number of rows, and every value.

Numbers are compared as numbers, to the last digit; moments as plain times in UTC; a text that holds JSON by
what it says, since warehouses order the members of an object as they like. Row order means nothing. A double
is a difference even where its value is right: no amount may ever be one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb

Row = tuple[Any, ...]

# DuckDB's types by what they mean; the decimals of a DECIMAL are read from the type itself.
KINDS = {
    "VARCHAR": "text",
    "JSON": "text",
    "DECIMAL": "number",
    "TINYINT": "number",
    "SMALLINT": "number",
    "INTEGER": "number",
    "BIGINT": "number",
    "UBIGINT": "number",
    "HUGEINT": "number",
    "DOUBLE": "double",
    "FLOAT": "double",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}

# Rows that are paired to tell in which columns they differ; more would be slow and tell nothing new.
PAIRED = 200


@dataclass(frozen=True)
class Column:
    """A column by the name that both warehouses know.

    kind    text, number, double, date, timestamp or boolean; written where a text may be a number's
    scale   decimals of a number, None where the warehouse does not tell
    """

    name: str
    kind: str
    scale: int | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.kind}{'' if self.scale is None else f'({self.scale})'}"

    def is_like(self, other: Column) -> bool:
        """Whether name, kind and, where both tell it, scale agree."""
        scales = {self.scale, other.scale} - {None}
        return (self.name, self.kind) == (other.name, other.kind) and len(scales) < 2


@dataclass(frozen=True)
class Table:
    """A relation's columns and all of its rows, values as the client gives them."""

    columns: tuple[Column, ...]
    rows: list[Row]

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def as_written(self) -> Table:
        """The table with its texts compared as numbers where they are some."""
        kinds = [replace(each, kind="written") if each.kind == "text" else each for each in self.columns]
        return Table(tuple(kinds), self.rows)

    def without(self, names: Iterable[str]) -> Table:
        """The table without some of its columns; names it does not have are ignored."""
        left = set(names)
        kept = [number for number, column in enumerate(self.columns) if column.name not in left]
        if len(kept) == len(self.columns):
            return self
        return Table(
            tuple(self.columns[number] for number in kept),
            [tuple(row[number] for number in kept) for row in self.rows],
        )


def duckdb_table(connection: duckdb.DuckDBPyConnection, relation: str) -> Table:
    """Read a relation of a DuckDB file. Raises ValueError for a type that is not known here."""
    connection.execute("set timezone = 'UTC'")
    found = connection.execute(f"select * from {relation}")
    columns = []
    for name, kind, *_ in found.description:
        base, _, size = str(kind).partition("(")
        if base not in KINDS:
            raise ValueError(f"{relation}, column {name}: {kind} has no kind; add it to KINDS of compare.py")
        integer = KINDS[base] == "number" and base != "DECIMAL"
        scale = 0 if integer else int(size.rstrip(")").split(",")[1]) if base == "DECIMAL" else None
        columns.append(Column(name, KINDS[base], scale))
    return Table(tuple(columns), found.fetchall())


def difference(expected: Table, found: Table, names: tuple[str, str]) -> str | None:
    """What is not the same, in words; None where everything is.

    names   of the two warehouses, as in ("DuckDB", "Snowflake")
    """
    here, there = names
    told = different_columns(expected, found, names)
    if told:
        return told
    kinds = [column.kind for column in expected.columns]
    ours, theirs = (comparable(kinds, table.rows) for table in (expected, found))
    missing, further = list((ours - theirs).elements()), list((theirs - ours).elements())
    if not missing and not further:
        return None
    lines = [
        f"{len(expected.rows)} rows on {here}, {len(found.rows)} on {there}; "
        f"{len(missing)} only on {here}, {len(further)} only on {there}"
    ]
    return "\n  ".join(lines + different_values(expected.names, missing, further, names))


def different_columns(expected: Table, found: Table, names: tuple[str, str]) -> str | None:
    """How the columns differ in name, order, kind or decimals; None where they do not."""
    here, there = names
    told = [
        f"{only} only on {where}"
        for where, one, other in ((here, expected, found), (there, found, expected))
        for only in one.names
        if only not in other.names
    ]
    if not told and expected.names != found.names:
        told = [f"in another order on {there}: {', '.join(found.names)}"]
    others = {column.name: column for column in found.columns}
    for column in expected.columns:
        other = others.get(column.name, column)
        if not column.is_like(other):
            told.append(f"{column} on {here}, {other} on {there}")
        elif column.kind == "double":
            told.append(f"{column.name} is a double")
    return f"columns: {'; '.join(told)}" if told else None


def different_values(
    columns: list[str], missing: list[Row], further: list[Row], names: tuple[str, str]
) -> list[str]:
    """Of rows that each have a likeliest counterpart: the columns that differ, how often, an example each."""
    here, there = names
    left = sorted(further, key=str)[:PAIRED]
    examples: dict[str, tuple[Any, Any]] = {}
    counts: Counter[str] = Counter()
    alone = []
    for row in sorted(missing, key=str)[:PAIRED]:
        other = max(left, key=lambda candidate: agreeing(row, candidate), default=None)
        if other is None or agreeing(row, other) * 2 < len(row):
            alone.append(row)
            continue
        left.remove(other)
        for name, one, two in zip(columns, row, other, strict=True):
            if one != two:
                counts[name] += 1
                examples.setdefault(name, (one, two))
    told = [
        f"{name} in {count} rows, as {examples[name][0]!r} on {here}, {examples[name][1]!r} on {there}"
        for name, count in counts.most_common()
    ]
    for where, rows in ((here, alone), (there, left)):
        if rows:
            filled = {name: value for name, value in zip(columns, rows[0], strict=True) if value is not None}
            told.append(f"only on {where}, as {filled}")
    return told


def agreeing(row: Row, other: Row) -> int:
    """In how many columns two rows agree."""
    return sum(one == two for one, two in zip(row, other, strict=True))


def comparable(kinds: list[str], rows: Iterable[Row]) -> Counter[Row]:
    """Rows in one form, with how often each stands there."""
    forms: list[Callable[[Any], Any]] = [FORMS.get(kind, str) for kind in kinds]
    return Counter(
        tuple(None if value is None else form(value) for form, value in zip(forms, row, strict=True))
        for row in rows
    )


def number(value: Any) -> int | Decimal | str:
    """An exact number; a double gives the words for it, so that it equals nothing."""
    return f"the double {value!r}" if isinstance(value, float) else value


def moment(value: datetime) -> datetime:
    """A moment as a plain one in UTC."""
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def words(value: Any) -> str:
    """A text; one that is a JSON object or list in one form, its numbers digit by digit."""
    text = str(value)
    if text[:1] in ("{", "["):
        try:
            digits = {"parse_float": "number {}".format, "parse_int": "number {}".format}
            return json.dumps(json.loads(text, **digits), sort_keys=True)
        except ValueError:
            return text
    return text


def written_number(value: Any) -> Decimal | str:
    """A text that is a number as that number: warehouses write more or fewer zeros after its last digit."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return words(value)


FORMS: dict[str, Callable[[Any], Any]] = {
    "text": words,
    "number": number,
    "timestamp": moment,
    "boolean": bool,
    "date": str,
    "written": written_number,
}
