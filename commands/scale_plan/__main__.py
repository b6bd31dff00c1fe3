"""make scale-plan: bytes and cost of a run on BigQuery and Snowflake at 1e8, 1e9 and 1e10 bill lines.

From the compiled SQL (what is scanned, which columns, what prunes), measured table sizes (measured.yml) and
given prices (constants.yml). Nothing is run on either engine and no account is needed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from commands.scale_plan import plan, sizes
from commands.scale_plan.plan import DAILY, KINDS, TIB, Cost, Warehouse
from commands.scale_plan.sizes import Bill
from commands.scale_plan.statements import JOIN, WINDOW

BEGIN, END = "<!-- scale-plan: written by make scale-plan -->", "<!-- scale-plan: end -->"
WORST = 6
# A bill on which models and engines are compared with each other.
COMPARED = (1_000_000_000, 1095)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def size(count: int | Fraction) -> str:
    """Bytes with three digits."""
    number, units = Decimal(int(count)), ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    unit = 0
    while number >= 1000 and unit < len(units) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.3g} {units[unit]}" if unit else f"{number} B"


def usd(amount: Decimal | Fraction) -> str:
    """Dollars; cents below a hundred."""
    amount = Decimal(amount.numerator) / amount.denominator if isinstance(amount, Fraction) else amount
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"


def number(value: Fraction | int) -> str:
    """A count or hours with what digits it deserves."""
    value = Decimal(Fraction(value).numerator) / Fraction(value).denominator
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def short(name: str) -> str:
    """A node's own name."""
    return name.rsplit(".", 1)[-1]


def power(lines: int) -> str:
    """A power of ten as people write it: 1e9."""
    return f"{lines:.0e}".replace("e+0", "e").replace("e+", "e")


class Plan:
    """Everything that the page's tables say."""

    def __init__(self, warehouses: dict[str, Warehouse], given: dict[str, Any]) -> None:
        self.given = given
        self.bigquery, self.snowflake = warehouses["bigquery"], warehouses["snowflake"]
        self.changed = given["daily"]["changed_days"]
        self.least = int(given["bigquery"]["least_bytes_of_a_table"]["value"])
        self.speed = plan.processor_bytes(self.snowflake, given)
        self.bills = plan.bills(given)

    def cost(self, warehouse: Warehouse, kind: str, bill: Bill, tests: bool | None = None) -> Cost:
        """A run's cost; of its models (tests false) or data tests (true) alone where asked."""
        run = warehouse.run(kind, bill, self.changed, self.least)
        return plan.total(
            cost
            for name, cost in run.items()
            if tests is None or (warehouse.nodes[name].kind == "test") == tests
        )

    def on_bigquery(self) -> str:
        """Bytes and cost of each run."""
        price = Decimal(self.given["bigquery"]["usd_per_slot_hour"]["value"])
        rows = []
        for kind in KINDS:
            for called, bill in self.bills:
                models = self.cost(self.bigquery, kind, bill, tests=False)
                tests = self.cost(self.bigquery, kind, bill, tests=True)
                slots = plan.slot_hours(models + tests, self.speed, self.given)
                rows.append(
                    [
                        f"{kind}, {power(bill.lines)} lines, {called}",
                        size(models.read),
                        size(models.billed),
                        size(models.written),
                        usd(plan.on_demand_usd(models, self.given)),
                        usd(plan.on_demand_usd(tests, self.given)),
                        number(slots),
                        usd(slots * Fraction(price)),
                    ]
                )
        header = [
            "run",
            "read",
            "billed",
            "written",
            "USD on demand",
            "USD of data tests",
            "slot-hours",
            "USD of slots",
        ]
        return table(header, rows)

    def on_snowflake(self) -> str:
        """Bytes, credits and warehouse of each run."""
        price = Fraction(self.given["snowflake"]["usd_per_credit"]["value"])
        rows = []
        for kind in KINDS:
            for called, bill in self.bills:
                models = self.cost(self.snowflake, kind, bill, tests=False)
                tests = self.cost(self.snowflake, kind, bill, tests=True)
                credits = plan.credit_hours(models + tests, self.speed, self.given)
                warehouse, hours = plan.size_for(credits, self.given)
                rows.append(
                    [
                        f"{kind}, {power(bill.lines)} lines, {called}",
                        size(models.read),
                        size(models.written),
                        size(tests.read),
                        number(credits),
                        usd(credits * price),
                        warehouse,
                        number(hours),
                    ]
                )
        header = [
            "run",
            "read",
            "written",
            "read by data tests",
            "credits",
            "USD",
            "warehouse",
            "hours on it",
        ]
        return table(header, rows)

    def largest(self, kind: str) -> str:
        """The models that cost most on BigQuery, by what it bills and reads."""
        bill = next(bill for _, bill in self.bills if (bill.lines, bill.days) == COMPARED)
        costs = self.bigquery.run(kind, bill, self.changed, self.least)
        other = self.snowflake.run(kind, bill, self.changed, self.least)
        models = [name for name in costs if self.bigquery.nodes[name].kind != "test"]
        most = sorted(models, key=lambda name: (-costs[name].read, name))[:WORST]
        rows = [
            [
                f"`{short(name)}`",
                size(costs[name].read),
                size(costs[name].billed),
                usd(plan.on_demand_usd(costs[name], self.given)),
                size(costs[name].written),
                size(other[name].read),
            ]
            for name in most
        ]
        return table(
            [kind, "read (BigQuery)", "billed", "USD on demand", "written", "read (Snowflake)"], rows
        )

    def raw_partitions(self) -> str:
        """What a daily run costs on BigQuery where raw tables have no partitions."""
        without = self.bigquery.without_raw_partitions()
        rows = []
        for called, bill in self.bills:
            now, then = (self.cost(one, DAILY, bill, tests=False) for one in (self.bigquery, without))
            rows.append(
                [
                    f"{power(bill.lines)} lines, {called}",
                    size(now.billed),
                    size(then.billed),
                    usd(plan.on_demand_usd(now, self.given)),
                    usd(plan.on_demand_usd(then, self.given)),
                ]
            )
        header = [
            "models of a daily increment",
            "billed",
            "raw tables not partitioned",
            "USD",
            "USD then",
        ]
        return table(header, rows)

    def first(self) -> str:
        """What breaks first by each of the rules, at the largest bill."""
        called, bill = self.bills[-1]
        costs = {
            name: cost
            for name, cost in self.bigquery.run(DAILY, bill, self.changed, self.least).items()
            if self.bigquery.nodes[name].kind == "model"
        }
        read = max(costs, key=lambda name: costs[name].read)
        billed = max(costs, key=lambda name: costs[name].billed)
        rows = [
            ["most read by a daily increment, BigQuery", f"`{short(read)}`", size(costs[read].read)],
            ["most billed by a daily increment, BigQuery", f"`{short(billed)}`", size(costs[billed].billed)],
        ]
        for kind in (WINDOW, JOIN):
            found = [(below, name) for below, name, one in self.bigquery.whole(bill) if one.kind == kind]
            if found:
                rows.append([f"most below a {kind}", f"`{found[0][1]}`", size(found[0][0])])
        return table([f"rule, at {power(bill.lines)} lines over {called}", "model", "bytes"], rows)

    def breaks_first(self) -> str:
        """What one worker may have to hold alone."""
        bill = self.bills[-1][1]
        best: dict[tuple[str, str], tuple[int, str]] = {}
        for below, name, one in self.bigquery.whole(bill):
            best.setdefault((name, one.kind), (below, one.text.replace("|", "\\|")))
        rows = [
            [f"`{name}`", kind, f"`{text}`", size(below)]
            for (name, kind), (below, text) in list(best.items())[:WORST]
        ]
        return table(["model", "what", "text", "bytes below it, at most"], rows)

    def read_again(self) -> str:
        """CTEs that cost BigQuery a table again and again."""
        bill = next(bill for _, bill in self.bills if (bill.lines, bill.days) == COMPARED)
        rows = []
        for times, name, read in self.bigquery.read_again():
            whole = self.bigquery.table(read).bytes_of(None, bill)
            if times > 1 and whole > TIB // 100:
                rows.append((times * whole, [f"`{name}`", f"`{read.split('.')[1]}`", times]))
        rows.sort(key=lambda row: -row[0])
        return table(["model", "table", "times"], [row for _, row in rows[:WORST]])

    def tuples(self) -> str:
        """What more or fewer tuples change."""
        bill = next(bill for _, bill in self.bills if (bill.lines, bill.days) == COMPARED)
        rows = []
        for share in (Fraction(1, 10), Fraction(1), Fraction(3)):
            other = replace(bill, tuples=min(int(bill.tuples * share), bill.lines // bill.days))
            row = [f"{other.tuples:,}"]
            for kind in KINDS:
                cost = self.cost(self.bigquery, kind, other)
                row.append(usd(plan.on_demand_usd(cost, self.given)))
            for kind in KINDS:
                row.append(
                    number(plan.credit_hours(self.cost(self.snowflake, kind, other), self.speed, self.given))
                )
            rows.append(row)
        header = [
            "tuples",
            *(f"USD on demand, {kind}" for kind in KINDS),
            *(f"credits, {kind}" for kind in KINDS),
        ]
        return table(header, rows)

    def growth(self) -> str:
        """How the large tables grow, and how far the fit is off on a larger bill."""
        check = yaml.safe_load(sizes.MEASURED.read_text())["check"]
        bill = self.bills[-1][1]
        large = sorted(
            self.bigquery.tables.items(), key=lambda item: (-item[1].bytes_of(None, bill), item[0])
        )[:10]
        rows = []
        for name, one in large:
            off = check["rows"].get(name)
            error = (
                f"{(off['fitted'] - off['counted']) / off['counted']:+.1%}" if off and off["counted"] else "0"
            )
            rows.append(
                [
                    f"`{name.split('.')[1]}`",
                    one.grows_with,
                    number(sum(one.columns.values())),
                    f"{one.rows(bill):,}",
                    size(one.bytes_of(None, bill)),
                    error,
                ]
            )
        header = ["table", "grows with", "bytes a row", "rows at 1e10, 36 months", "size", "fit off by"]
        return table(header, rows)

    def own(self) -> str:
        """What a million lines cost on DuckDB."""
        found = plan.own_cost(self.given)
        price = found.pop("price")
        rows = [[name, f"{seconds:.1f}", f"{seconds * price * 100:.3f}"] for name, seconds in found.items()]
        return table(["on DuckDB", "CPU seconds", "US cents"], rows)

    def prices(self) -> str:
        """What is taken as given, with its source."""
        rows = []
        for group, entries in self.given.items():
            for name, entry in entries.items():
                if isinstance(entry, dict) and "source" in entry:
                    value = entry["value"]
                    if isinstance(value, dict):
                        value = ", ".join(f"{size} {rate}" for size, rate in value.items())
                    rows.append(
                        [
                            f"{group}: {name.replace('_', ' ')}",
                            value,
                            entry["what"],
                            entry["source"],
                            entry["read"],
                        ]
                    )
        return table(["given", "value", "what", "source", "read"], rows)

    def text(self) -> str:
        """Everything between the markers."""
        parts = [
            ("BigQuery", self.on_bigquery()),
            ("Snowflake", self.on_snowflake()),
            (
                "What breaks first",
                self.first(),
            ),
            (
                "The largest models at 1e9 lines over 36 months",
                "\n\n".join(self.largest(kind) for kind in KINDS),
            ),
            ("Where raw tables are not partitioned (BigQuery)", self.raw_partitions()),
            ("Held by one worker, at 1e10 lines over 36 months", self.breaks_first()),
            ("Read again by each reference of a CTE (BigQuery, first full build)", self.read_again()),
            ("More or fewer tuples, at 1e9 lines over 36 months", self.tuples()),
            ("How tables grow", self.growth()),
            ("Own cost of a million lines", self.own()),
            ("Given", self.prices()),
            (
                "Speed",
                f"Derived from the benchmark: {size(self.speed)} read and written a processor second.",
            ),
        ]
        return "\n\n".join(f"### {title}\n\n{body}" for title, body in parts)


def written(page: str, text: str) -> str:
    """The page with the text between its markers."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise SystemExit(f'error: the page needs "{BEGIN}" once and "{END}" once after it.')
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}",
        lambda _: f"{BEGIN}\n\n{text}\n\n{END}",
        page,
        flags=re.DOTALL,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile, read, multiply, print."""
    parser = argparse.ArgumentParser(prog="python -m commands.scale_plan", description=__doc__)
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="put the tables between the markers of PAGE"
    )
    parser.add_argument(
        "--measure",
        type=Path,
        metavar="FOLDER",
        help="first build three bills in FOLDER, which is removed again, and write measured.yml (minutes)",
    )
    options = parser.parse_args(arguments)
    sys.setrecursionlimit(20_000)  # a long chain of || is that deep
    if options.measure:
        if options.measure.exists():
            parser.error(f"{options.measure} exists; name a new folder, which is removed at the end")
        measured = sizes.measure(options.measure)
        sizes.write(measured)
    tables, given = sizes.read(), plan.constants()
    warehouses = {}
    for engine in ("bigquery", "snowflake"):
        print(f"compiling and reading every statement for {engine}", file=sys.stderr)
        warehouses[engine] = Warehouse(engine, plan.compiled(engine), tables)
    text = Plan(warehouses, given).text()
    if options.write:
        options.write.write_text(written(options.write.read_text(), text))
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
