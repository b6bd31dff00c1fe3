"""Many worlds in one project: their seeds and bill lines in, fct_allocated_costs out."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from random import Random

import duckdb
import pyarrow as pa
from project_copy import Project
from world_allocation import KEY, SOURCE
from world_generator import COLUMNS, FIRST_DATE, LAST_DATE, RAW_COLUMNS, make_world, universal_rows
from world_ownership import COSTS, UNITS

AMOUNTS = tuple(COSTS) + tuple(f"{cost}_native" for cost in COSTS)
VARIABLES = {"providers": ["focus"], "first_date": str(FIRST_DATE), "last_date": str(LAST_DATE)}


@dataclass
class Batch:
    """Worlds that are built together, from one seed."""

    seed: int
    worlds: list

    @property
    def lines(self):
        return [line for world in self.worlds for line in world.lines]

    def seeds(self):
        """The rows of every seed, of all worlds."""
        rows = universal_rows(Random(self.seed))
        for world in self.worlds:
            for seed, own in world.seeds.items():
                rows[seed] = rows.get(seed, []) + own
        return rows


def make_batch(seed, count):
    """The worlds of a batch."""
    random = Random(seed)
    return Batch(seed, [make_world(number, random.getrandbits(64), count) for number in range(count)])


class Worlds(Project):
    """A copy of the project in which batches of worlds are built, one after the other."""

    def build(self, batch):
        """Write a batch's seeds and raw tables and build what leads to fct_allocated_costs."""
        self.database = self.folder / f"batch_{batch.seed}.duckdb"
        self.write_seeds(batch)
        self.write_raw(batch)
        return self.dbt(
            "build",
            "--select=+fct_allocated_costs",
            "--resource-type=seed",
            "--resource-type=model",
            "--vars",
            json.dumps(VARIABLES),
        )

    def write_seeds(self, batch):
        """The batch's rows; of budgets and the like only the header."""
        rows = batch.seeds()
        for path in (self.folder / "seeds").rglob("*.csv"):
            header = path.read_text().splitlines()[0]
            assert header == COLUMNS.get(path.stem, header), (path, header)
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, header.split(","))
                writer.writeheader()
                writer.writerows(rows.get(path.stem, []))

    def write_raw(self, batch):
        """raw_focus as a load leaves it: text, and a log that covers every day."""
        self.database.unlink(missing_ok=True)
        lines = {
            column: pa.array([line.raw[column] for line in batch.lines], pa.string())
            for column in RAW_COLUMNS
        }
        lines["source_file"] = pa.array([f"world {line.world}" for line in batch.lines])
        lines["source_row"] = pa.array(range(len(batch.lines)), pa.int64())
        lines["charge_date"] = pa.array([line.days[0] for line in batch.lines], pa.date32())
        table = pa.table(lines)
        with duckdb.connect(str(self.database)) as connection:
            connection.register("bill", table)
            connection.execute("create schema raw_focus")
            connection.execute("create table raw_focus.cost_and_usage as select * from bill")
            connection.execute(
                "create table raw_focus.load_log as select 'cost_and_usage' as table_name, "
                "day::date as charge_date, now() as read_at, '1' as _dlt_load_id from "
                f"generate_series(date '{FIRST_DATE}', date '{LAST_DATE}', interval 1 day) as days (day)"
            )
            connection.execute(
                "create table raw_focus._dlt_loads as select '1' as load_id, 'focus' as schema_name, "
                "0 as status, now() as inserted_at, 'x' as schema_version_hash"
            )

    def found(self):
        """fct_allocated_costs, summed by what the reference sums by, in units of 10^-18."""
        return self._sums("fct_allocated_costs", KEY)

    def owned(self):
        """What goes into the allocation, by what it was billed for."""
        return self._sums("main_intermediate.int_costs__owned", SOURCE)

    def _sums(self, table, columns):
        sums = ", ".join(f"sum({amount})" for amount in AMOUNTS)
        rows = self.rows(f"select {', '.join(columns)}, {sums} from {table} group by {', '.join(columns)}")
        return {row[: len(columns)]: [to_units(amount) for amount in row[len(columns) :]] for row in rows}

    def wrong_paths(self):
        """Rows whose path does not begin with the pool that had the cost, or that have one without a pool."""
        return self.rows(
            "select distinct pool, allocation_path from fct_allocated_costs "
            "where (allocation_method = 'direct' and allocation_path is not null) or (pool is not null and "
            "not coalesce(starts_with(allocation_path || ' > ', pool || ' > '), false))"
        )


def to_units(amount):
    """A decimal of money() as an integer of its last place."""
    top, bottom = amount.as_integer_ratio()
    return top * UNITS // bottom
