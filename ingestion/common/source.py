"""What a source declares, as data: its tables, their grain, and what it needs to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

# Every raw table that is replaced by day carries these two. `withdrawn` never stays in the warehouse:
# a row that has it only tells dlt's merge that the day was read, so that a line the provider withdrew goes.
DAY = "charge_date"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Table:
    """One raw table.

    name           the table in raw_<source>
    grain          what one row is, in words
    columns        dlt data type of each column the contract promises; further columns are welcome
    key            the columns that name a row; with `replaced_by`, only told, not enforced
    replaced_by    the columns whose values are replaced as a whole by a new read; none: rows are
                   updated by `key` and never deleted
    restated_days  how many days before the last loaded one are read again by default
    path           where the source finds it
    arrow          whether the rows come as Arrow tables; dlt takes one kind per table
    snapshot       whether the source only tells how things stand now: the day is that of the read
    """

    name: str
    grain: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()
    restated_days: int = 0
    path: str = ""
    arrow: bool = False
    snapshot: bool = False

    @property
    def hints(self) -> dict[str, Any]:
        """The dlt hints that follow from the declaration."""
        # Nullable is said out loud: dlt's contract takes an unsaid one for a change of type.
        columns: dict[str, dict[str, Any]] = {
            name: {"data_type": kind, "nullable": name not in (*self.replaced_by, *self.key)}
            for name, kind in self.columns.items()
        }
        # A new type in a column stops the load, a new column is welcome.
        contract = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}
        hints: dict[str, Any] = {"columns": columns, "schema_contract": contract}
        if self.replaced_by:
            for name in self.key:
                # The rows that only mark a day have no key.
                columns[name]["nullable"] = name not in self.replaced_by
            if DAY in self.replaced_by:
                columns[DAY] = {"data_type": "date", "nullable": False}
            if DAY in columns:
                # BigQuery makes partitions of it, so that dbt reads changed days only; others ignore it.
                columns[DAY]["partition"] = True
            columns[WITHDRAWN] = {"data_type": "bool", "nullable": True, "hard_delete": True}
            hints["write_disposition"] = {"disposition": "merge", "strategy": "delete-insert"}
            hints["merge_key"] = list(self.replaced_by)
        else:
            hints["write_disposition"] = {"disposition": "merge", "strategy": "upsert"}
            hints["primary_key"] = list(self.key)
        return hints


@dataclass(frozen=True)
class Need:
    """A setting without which the source cannot run; `instead` is one that does as well."""

    key: str
    meaning: str
    instead: str = ""

    def variable(self, source: str) -> str:
        """The environment variable that gives it, in dlt's spelling."""
        return f"SOURCES__{source.upper()}__{self.key.upper()}"


def named_by_key(table: str, row: dict[str, Any], column: str) -> str:
    """A row in words: its table and key."""
    key = ", ".join(f"{name} {value}" for name, value in row.items() if name != column)
    return f"{table}, {key}, column {column}"


@dataclass(frozen=True)
class Source:
    """One source: read(run) gives dlt resources; gate() its Great Expectations suites by table."""

    name: str
    summary: str
    tables: tuple[Table, ...]
    needs: tuple[Need, ...]
    read: Callable[[Run], Iterable[Any]]
    gate: Callable[[], dict[str, list[Any]]]
    # Files are read whole: what they hold is the window.
    windowed: bool = True
    # Where a person finds a row that the gate refused.
    locate: Callable[[str, dict[str, Any], str], str] = named_by_key

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)

    def setting(self, key: str) -> str | None:
        """A setting from the environment or .dlt/*.toml; None where it is absent."""
        import dlt

        return dlt.secrets.get(f"sources.{self.name}.{key}") or dlt.config.get(f"sources.{self.name}.{key}")

    def missing(self) -> list[Need]:
        """The needs that are not met."""
        return [
            need
            for need in self.needs
            if not self.setting(need.key) and not (need.instead and self.setting(need.instead))
        ]
