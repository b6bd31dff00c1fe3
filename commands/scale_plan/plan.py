"""Bytes and costs of a run, from the compiled statements and the measured tables."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from commands.scale_plan.sizes import NOTHING, Bill, Table
from commands.scale_plan.statements import CONSTANT, Reader, Scan, Whole

PROJECT = Path(__file__).parents[2]
COMPILE = PROJECT / "tests/python/macros/compile_project.py"
CONSTANTS = Path(__file__).with_name("constants.yml")

FIRST, DAILY, RULE = "first full build", "daily increment", "rule change"
KINDS = (FIRST, DAILY, RULE)
RULES = "seed.apportion.virtual_tag_rules"

# By which raw tables lie: BigQuery has partitions of it, elsewhere a load puts a day's rows side by side.
LOADED_BY = "charge_date"
# By which models delete.
DAYS = ("charge_date", "line_date")
TIB = 1 << 40
HOUR = 3600


@dataclass(frozen=True)
class Statement:
    """One statement of a node: what it scans, and whether it deletes from the node's own table."""

    scans: tuple[Scan, ...]
    deletes: bool = False


@dataclass(frozen=True)
class Node:
    """A node of the project: its statements by form, and what of them one worker may have to hold."""

    name: str
    kind: str
    materialized: str
    relation: str | None
    depends_on: frozenset[str]
    statements: Mapping[str, tuple[Statement, ...]]
    whole: tuple[Whole, ...] = ()

    @property
    def is_written(self) -> bool:
        """Whether a run stores its rows."""
        return self.materialized in ("table", "incremental", "snapshot")


@dataclass(frozen=True)
class Cost:
    """Bytes of a node or a run.

    read     bytes that workers go through, each reference counted
    billed   bytes that BigQuery prices on demand: each table's columns once a statement, 10 MB at least
    written  bytes of the rows stored
    """

    read: int = 0
    billed: int = 0
    written: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.read + other.read, self.billed + other.billed, self.written + other.written)


def constants(file: Path = CONSTANTS) -> dict[str, Any]:
    """Prices, speeds and sizes of bills."""
    return yaml.safe_load(file.read_text())


def compiled(warehouse: str) -> dict[str, Any]:
    """The project compiled for a warehouse without an account, by the script that the tests use."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [sys.executable, str(COMPILE), warehouse, folder], capture_output=True, text=True, check=False
        )
        if process.returncode:
            raise SystemExit(
                f"error: the project does not compile for {warehouse}:\n{process.stdout}{process.stderr}"
            )
        return json.loads((Path(folder) / "compiled.json").read_text())


def relation(name: str) -> str:
    """schema.table of a relation as dbt writes it."""
    return ".".join(name.replace("`", "").replace('"', "").lower().split(".")[-2:])


def measured_name(name: str) -> str:
    """The same table in the DuckDB files that were measured, whose schema is main."""
    return name.replace("apportion", "main", 1) if name.startswith("apportion") else name


class Warehouse:
    """The project on one engine: its statements read, its tables sized."""

    def __init__(self, engine: str, project: Mapping[str, Any], tables: Mapping[str, Table]) -> None:
        self.engine, self.tables = engine, tables
        # Snowflake finds out at run time which days a join leaves; BigQuery's bytes are told before it runs.
        self.joins_prune = engine == "snowflake"
        self.days_of: dict[str, set[str]] = {}
        self.nodes: dict[str, Node] = {}
        self.reader = Reader(engine)
        self.raw = {relation(name) for name in project["raw_tables"]}
        for name, columns in project["raw_tables"].items():
            self.reader.add_table(relation(name), list(columns))
            self.days_of[relation(name)] = {LOADED_BY}
        waiting = dict(project["nodes"])
        while waiting:
            for key in [key for key, node in waiting.items() if not waiting.keys() & set(node["depends_on"])]:
                self._add(key, waiting.pop(key))

    def _add(self, key: str, node: Mapping[str, Any]) -> None:
        name = relation(node["relation"]) if node["relation"] else None
        if node["type"] == "seed":
            self.reader.add_table(name, list(node["column_types"]))
            self.nodes[key] = Node(key, "seed", "seed", name, frozenset(), {})
            return
        partition = (node.get("partition_by") or {}).get("field")
        clustered = (node.get("cluster_by") or [None])[:1]
        if name:
            days = [partition] if self.engine == "bigquery" else clustered
            self.days_of[name] = {day for day in days if day}
        is_view = node["type"] == "model" and node["materialized"] == "view"
        statements: dict[str, tuple[Statement, ...]] = {}
        whole: tuple[Whole, ...] = ()
        for form, text in node["forms"].items():
            if is_view:
                query = self.reader.add_view(name, text["sql"])
            else:
                query = self.reader.query(text["sql"], key)
                hooks = [self.reader.query(hook, f"{key} (hook)") for hook in text["hooks"]]
                statements[form] = (
                    *(Statement(tuple(hook.scans().values()), True) for hook in hooks),
                    Statement(tuple(query.scans().values())),
                )
                if name and form == "full":
                    extra = ["dbt_valid_from", "dbt_valid_to", "dbt_scd_id", "dbt_updated_at"]
                    own = query.outputs + (extra if node["type"] == "snapshot" else [])
                    self.reader.add_table(name, own)
            if form == "full" and node["type"] == "model":
                whole = tuple(query.whole())
        depends_on = frozenset(node["depends_on"])
        kind = node["materialized"]
        self.nodes[key] = Node(key, node["type"], kind, name, depends_on, statements, whole)

    def without_raw_partitions(self) -> Warehouse:
        """The same with raw tables that lie by no day, as BigQuery's did before dlt made partitions."""
        other = copy(self)
        other.days_of = self.days_of | {name: set() for name in self.raw}
        return other

    def table(self, name: str) -> Table:
        """The measured table; one that the measured bills left empty has no rows."""
        return self.tables.get(measured_name(name), NOTHING)

    def of_kind(self, kind: str) -> Iterator[Node]:
        """The nodes that a kind of run executes. Analyses are no part of any."""
        after = self._after(RULES) if kind == RULE else self.nodes.keys()
        for key in after:
            if self.nodes[key].kind in ("model", "snapshot", "test"):
                yield self.nodes[key]

    def _after(self, start: str) -> list[str]:
        found = {start}
        grew = True
        while grew:
            more = {key for key, node in self.nodes.items() if node.depends_on & found} - found
            grew = bool(more)
            found |= more
        return sorted(found)

    def before(self, end: str) -> set[str]:
        """A node and all that it is made of."""
        found = {end}
        while (
            more := {key for name in found for key in self.nodes[name].depends_on & self.nodes.keys()} - found
        ):
            found |= more
        return found

    def cost(self, node: Node, kind: str, bill: Bill, changed_days: int, least: int) -> Cost:
        """What a node costs in a kind of run.

        changed_days  how many days of the bill a daily run writes again; a rule change writes none
        least         bytes that BigQuery bills for each table named, and for each statement
        """
        form = "incremental" if kind != FIRST and "incremental" in node.statements else "full"
        days = {FIRST: bill.days, DAILY: changed_days, RULE: 0}[kind]
        changed = Fraction(min(days, bill.days), bill.days)
        total = Cost()
        for statement in node.statements.get(form, ()):
            total += self._of_statement(node, statement, bill, changed, least)
        if node.is_written:
            share = changed if form == "incremental" else Fraction(1)
            total += Cost(written=round(self.table(node.relation).bytes_of(None, bill) * share))
        return total

    def _of_statement(
        self, node: Node, statement: Statement, bill: Bill, changed: Fraction, least: int
    ) -> Cost:
        read = 0
        # The part of each column that is read: a column named twice is billed once.
        billed: dict[str, dict[str, Fraction]] = defaultdict(dict)
        rewritten = Fraction(0)
        for scan in statement.scans:
            table, share = self.table(scan.relation), self.pruned(scan, changed)
            times = scan.times if self.engine == "bigquery" else 1
            read += round(table.bytes_of(scan.columns, bill) * share) * times
            named = billed[scan.relation]  # one of which only rows are counted is named too
            for column in scan.columns:
                named[column] = max(share, named.get(column, Fraction(0)))
            if statement.deletes and scan.relation == node.relation and self._is_target(scan):
                rewritten = max(rewritten, share)
        # A delete goes through all columns of the partitions that it may change, and stores what stays.
        whole = round(self.table(node.relation).bytes_of(None, bill) * rewritten) if node.relation else 0
        charged = whole
        for name, parts in billed.items():
            bytes_of = self.table(name).bytes_of
            of_shares = {
                share: frozenset(c for c, part in parts.items() if part == share) for share in parts.values()
            }
            charged += max(
                least, sum(round(bytes_of(columns, bill) * share) for share, columns in of_shares.items())
            )
        return Cost(read + whole, max(least, charged), whole if rewritten < 1 else 0)

    def pruned(self, scan: Scan, changed: Fraction) -> Fraction:
        """The part of a table that a scan reads. BigQuery prunes by constants, Snowflake by joins too."""
        for day in self.days_of.get(scan.relation, ()):
            how = scan.filters.get(day)
            if how == CONSTANT or (how and self.joins_prune):
                return changed
        return Fraction(1)

    def _is_target(self, scan: Scan) -> bool:
        """Of the places where a delete names its table, the one whose rows go: by day."""
        return not scan.filters.keys().isdisjoint(DAYS)

    def run(self, kind: str, bill: Bill, changed_days: int, least: int) -> dict[str, Cost]:
        """The cost of each node of a run."""
        return {node.name: self.cost(node, kind, bill, changed_days, least) for node in self.of_kind(kind)}

    def whole(self, bill: Bill) -> list[tuple[int, str, Whole]]:
        """What one worker may have to hold alone, largest first: bytes below it, the model, the text."""
        found = []
        for node in self.nodes.values():
            for one in node.whole:
                size = sum(self.table(scan.relation).bytes_of(scan.columns, bill) for scan in one.scans)
                found.append((size, node.name.rsplit(".", 1)[-1], one))
        return sorted(found, key=lambda row: (-row[0], row[1], row[2].text))

    def read_again(self) -> list[tuple[int, str, str]]:
        """Tables that one statement reads more than once by its CTEs: times, node, table."""
        found = []
        for node in self.nodes.values():
            if node.kind == "model" and node.is_written:
                times: dict[str, int] = defaultdict(int)
                for statement in node.statements.get("full", ()):
                    for scan in statement.scans:
                        times[scan.relation] += scan.times
                found += [(count, node.name.rsplit(".", 1)[-1], name) for name, count in times.items()]
        return sorted(found, key=lambda row: (-row[0], row[1], row[2]))


def total(costs: Iterable[Cost]) -> Cost:
    """The sum."""
    result = Cost()
    for cost in costs:
        result += cost
    return result


def bills(given: Mapping[str, Any]) -> list[tuple[str, Bill]]:
    """The bills of the plan, with what their days are called."""
    sizes = given["bills"]
    return [
        (called, Bill(lines, days, min(sizes["tuples"][lines], lines // days)))
        for lines in sizes["lines"]
        for called, days in sizes["days"].items()
    ]


def processor_bytes(warehouse: Warehouse, given: Mapping[str, Any]) -> Fraction:
    """Bytes read and written a processor second, on DuckDB: the whole path's bytes over its measured seconds.

    DuckDB keeps a CTE that is used twice, so the bytes are Snowflake's, where each place is read once.
    """
    measured = given["speed"]["measured"]
    cost = Cost()
    bill = Bill(measured["lines"], measured["days"], measured["tuples"])
    for name in warehouse.before(measured["until"]):
        cost += warehouse.cost(warehouse.nodes[name], FIRST, bill, 0, 0)
    return Fraction(cost.read + cost.written) / Fraction(measured["cpu_seconds"])


def on_demand_usd(cost: Cost, given: Mapping[str, Any]) -> Decimal:
    """BigQuery's price of the bytes billed."""
    return Decimal(cost.billed) * Decimal(given["bigquery"]["usd_per_tib"]["value"]) / TIB


def slot_hours(cost: Cost, speed: Fraction, given: Mapping[str, Any]) -> Fraction:
    """Hours of one slot for the bytes read and written."""
    return (cost.read + cost.written) / speed / Fraction(given["speed"]["processors_of_a_slot"]) / HOUR


def credit_hours(cost: Cost, speed: Fraction, given: Mapping[str, Any]) -> Fraction:
    """Snowflake's credits for the bytes read and written."""
    return (cost.read + cost.written) / speed / Fraction(given["speed"]["processors_of_a_credit_hour"]) / HOUR


def size_for(credits: Fraction, given: Mapping[str, Any]) -> tuple[str, Fraction]:
    """The smallest warehouse that ends in time, and its hours."""
    wanted = Fraction(given["snowflake"]["hours_wanted"]["value"])
    sizes = given["snowflake"]["credits_per_hour"]["value"]
    fit = [name for name, rate in sizes.items() if credits / rate <= wanted]
    name = fit[0] if fit else list(sizes)[-1]
    return name, credits / sizes[name]


def own_cost(given: Mapping[str, Any]) -> dict[str, Decimal]:
    """CPU seconds and money of a million lines on DuckDB: the first, the mean, a further one."""
    measured = given["speed"]["measured"]
    most, least = Decimal(measured["cpu_seconds"]), Decimal(measured["cpu_seconds_before"])
    price = Decimal(given["own_cost"]["usd_per_processor_hour"]["value"]) / HOUR
    millions = Decimal(measured["lines"]) / 1_000_000
    more = (Decimal(measured["lines"]) - Decimal(measured["lines_before"])) / 1_000_000
    found = {
        "the first million of a bill": least,
        "a million of a bill of five million": most / millions,
        "a further million": (most - least) / more,
    }
    return found | {"price": price}
