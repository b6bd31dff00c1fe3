"""Tables on a page: what the commands that read the warehouse print with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from ingestion.common.places import duckdb_path

# Wide enough for the tables, whatever the terminal says when output goes to a file.
WIDTH = 100


class Page:
    """Questions and answers. connection: DuckDB, read only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, width: int = WIDTH) -> None:
        self.connection, self.console = connection, Console(width=width, highlight=False)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql, list(values)).fetchall()

    def records(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a query, by column."""
        found = self.connection.execute(sql, list(values))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def say(self, line: str = "") -> None:
        """Print a line as it is, never wrapped."""
        self.console.print(line, soft_wrap=True)

    def show(self, title: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        """Print a table under its title; numbers to the right."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
        for number, column in enumerate(columns):
            numeric = any(isinstance(row[number], Decimal) for row in rows)
            table.add_column(column, justify="right" if numeric else "left", no_wrap=True)
        for row in rows:
            table.add_row(*(text(value) for value in row))
        self.console.print(f"\n[bold]{title}[/bold]")
        self.console.print(table)


def text(value: Any) -> str:
    """A value as a person reads it: money to the cent, unit costs to four digits."""
    if isinstance(value, Decimal):
        return f"{value:,.4f}" if value.as_tuple().exponent == -4 else f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:.1f} %"
    return "" if value is None else str(value)


@contextmanager
def warehouse() -> Any:
    """The DuckDB file, read only; ends the program where there is none."""
    path = duckdb_path()
    if not path.exists():
        print(f"error: {path} does not exist; `make demo` or `make build` makes it.", file=sys.stderr)
        raise SystemExit(2)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection
