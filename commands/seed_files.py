"""Seeds as people edit them: rows that know their file and line, and the schema beside each CSV.

The schema is the seed's own YAML: dbt's column_types, and under `meta` what a cell must satisfy
(required, one_of, refers_to, minimum, decimals, form) and what names a row (key, or dated for intervals
that must not overlap).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# What money() holds; dbt would cut further digits without a word.
MOST_DECIMALS = 18
BLANKS = "\t\n\r\u00a0"


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell or row, in a person's words."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}, line {self.line}{column}: {self.what}"


@dataclass(frozen=True)
class Row:
    """A row of a seed: its cells by column, blank ones as "", and the line that it starts on."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def fault(self, column: str, what: str) -> Fault:
        """A fault in this row."""
        return Fault(self.file, self.line, column, what)

    def day(self, column: str, otherwise: date) -> date:
        """A date cell; `otherwise` where it is blank or no date (which is told elsewhere)."""
        try:
            return date.fromisoformat(self[column])
        except ValueError:
            return otherwise

    @property
    def span(self) -> tuple[date, date]:
        """The days on which the row holds, the second not included."""
        return self.day("valid_from", date.min), self.day("valid_to", date.max)


def same(text: str) -> str:
    """A text as it is compared with a seed: case and blanks aside."""
    return text.translate(str.maketrans(BLANKS, "    ")).strip().lower()


class Seed:
    """One CSV with its schema. folder is the project's root."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.name = path, path.stem
        self.file = str(path.relative_to(folder))
        schema = yaml.safe_load(path.with_suffix(".yml").read_text())["seeds"][0]
        self.meta: dict[str, Any] = schema["config"].get("meta", {})
        self.types: dict[str, str] = schema["config"]["column_types"]
        self.rules: dict[str, dict[str, Any]] = {
            column["name"]: column.get("config", {}).get("meta", {}) for column in schema["columns"]
        }

    @cached_property
    def _read(self) -> tuple[list[str], list[Row], list[Fault]]:
        """The header, the rows, and what kept rows or the whole file (no header then) from being read."""
        try:
            text = self.path.read_text(encoding="utf-8-sig")
            return self._parsed(csv.reader(text.splitlines(keepends=True), strict=True))
        except UnicodeDecodeError as error:
            what = f"it is not UTF-8 ({error.reason}); save it as CSV UTF-8"
        except csv.Error as error:
            what = f"it is no CSV: {error}"
        return [], [], [Fault(self.file, 1, "", what)]

    def _parsed(self, reader: Any) -> tuple[list[str], list[Row], list[Fault]]:
        rows, faults = [], []
        header = [name.strip() for name in next(reader, [])]
        line = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                what = f"it has {len(cells)} cells, and the header {len(header)}; quote cells with commas"
                faults.append(Fault(self.file, line, "", what))
            elif any(cell.strip() for cell in cells):
                rows.append(Row(self.file, line, dict(zip(header, cells, strict=True))))
            line = reader.line_num + 1
        return header, rows, faults

    @property
    def header(self) -> list[str]:
        """The columns as the file has them; none where it could not be read."""
        return self._read[0]

    @property
    def rows(self) -> list[Row]:
        """The rows that could be read."""
        return self._read[1]

    def known(self, column: str) -> set[str]:
        """The values of a column, case and blanks aside."""
        return {same(row[column]) for row in self.rows if same(row[column])}

    def faults(self, seeds: dict[str, Seed]) -> Iterator[Fault]:
        """Everything that the schema finds wrong, in the order of the file."""
        header, rows, unreadable = self._read
        if unreadable and not header:
            yield from unreadable
            return
        if header != list(self.types):
            yield from self._header_faults(header)
            return
        yield from unreadable
        for row in rows:
            for column, kind in self.types.items():
                what = self._wrong(row[column], kind, self.rules.get(column, {}), seeds)
                if what:
                    yield row.fault(column, what)
        yield from self._twice()
        yield from self._overlaps()

    def _header_faults(self, header: list[str]) -> Iterator[Fault]:
        for name in header:
            if name not in self.types:
                yield Fault(self.file, 1, name, f"no such column; the columns are {', '.join(self.types)}")
        for name in self.types:
            if name not in header:
                yield Fault(self.file, 1, name, "the column is missing")
        if sorted(header) == sorted(self.types):
            yield Fault(self.file, 1, "", f"the columns are out of order; they are {', '.join(self.types)}")

    def _wrong(self, cell: str, kind: str, rule: dict[str, Any], seeds: dict[str, Seed]) -> str | None:
        text = same(cell)
        if not text:
            return "it is blank, and must be filled" if rule.get("required") else None
        check: Callable[[str], str | None] = KINDS.get(kind.split("(")[0].strip('{" '), lambda _: None)
        if "decimal" in kind:
            check = _decimal_wrong
        if wrong := check(cell.strip()):
            return wrong
        if "one_of" in rule and text not in {same(value) for value in rule["one_of"]}:
            return f'"{cell.strip()}" is not known; write one of: {", ".join(rule["one_of"])}'
        if "refers_to" in rule:
            seed, column = rule["refers_to"].split(".")
            if text not in seeds[seed].known(column):
                file = seeds[seed].file
                return f'"{cell.strip()}" is no {column} of {file}; add it there, or mend the spelling'
        if rule.get("form") == "currency" and not re.fullmatch("[A-Z]{3}", cell.strip()):
            return f'"{cell.strip()}" is no currency; write its ISO code, like USD'
        if "decimals" in rule and len(cell.strip().partition(".")[2]) > rule["decimals"]:
            return f'"{cell.strip()}" has more than {rule["decimals"]} decimals'
        if "minimum" in rule and Decimal(cell.strip()) < rule["minimum"]:
            return f'"{cell.strip()}" is below {rule["minimum"]}'
        return None

    def _twice(self) -> Iterator[Fault]:
        key, seen = self.meta.get("key", []), {}
        for row in self.rows if key else []:
            value = tuple(same(row[column]) for column in key)
            if value in seen:
                named = ", ".join(row[column].strip() for column in key)
                yield row.fault(key[0], f'"{named}" stands on line {seen[value]} already; keep one of them')
            seen.setdefault(value, row.line)

    def _overlaps(self) -> Iterator[Fault]:
        names: list[str] = self.meta.get("dated", [])
        earlier: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows if names else []:
            since, until = row.span
            if since >= until:
                yield row.fault(
                    "valid_to", f'"{row["valid_to"]}" is not after valid_from; it is the first day after'
                )
                continue
            value = tuple(same(row[column]) for column in names)
            for other in earlier.setdefault(value, []):
                if since < other.span[1] and other.span[0] < until:
                    named = ", ".join(row[column].strip() for column in names)
                    what = f'"{named}" is valid twice, here and on line {other.line}; end one with valid_to'
                    yield row.fault("valid_from", what)
            earlier[value].append(row)


def _date_wrong(text: str) -> str | None:
    try:
        date.fromisoformat(text)
    except ValueError:
        return f'"{text}" is no date; write year-month-day, like 2026-02-01'
    return (
        None if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else f'"{text}" is no date; write it like 2026-02-01'
    )


def _integer_wrong(text: str) -> str | None:
    return None if re.fullmatch(r"[+-]?\d+", text) else f'"{text}" is no whole number'


def _decimal_wrong(text: str) -> str | None:
    if not NUMBER.fullmatch(text):
        return f'"{text}" is no number; write digits with a dot, like 1000.50'
    if len(text.partition(".")[2]) > MOST_DECIMALS:
        return f'"{text}" has more than {MOST_DECIMALS} decimals'
    return None


KINDS = {"date": _date_wrong, "integer": _integer_wrong}


def all_seeds(folder: Path) -> dict[str, Seed]:
    """Every seed of the project by name."""
    paths = sorted((folder / "seeds").rglob("*.csv"))
    return {path.stem: Seed(path, folder) for path in paths}
