"""Random histories: what providers say of a day is late, restated, emptied and told again; seeds change.

A history is all that happens to two neighbouring days of every provider, drawn from a seed of its own. Many
stand side by side in one warehouse, since a build takes longer than a history. What they share (months,
windows, rules) couples them, as it couples days in a real warehouse.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb

DAYS_OF_A_HISTORY = 2
STEPS = 2
# How often two days of all providers change in a step, at most.
CHANGES = 6
# What of a day's rows a provider tells. A half is another amount, whatever the columns mean.
VERSIONS = {
    "full": "true",
    "half": "hash(raw_row) % 2 = 0",
    "other half": "hash(raw_row) % 2 = 1",
    "empty": "false",
}
ABSENT = "absent"
# Seeds of which rows come and go between two runs; an amount that is missing there stops no build.
SEEDS = (
    "allocation/driver_quantities",
    "allocation/fixed_shares",
    "attribution/telemetry_routes",
    "finance/billing_accounts",
    "finance/prepaid_topups",
    "pricing/model_prices",
    "pricing/seat_prices",
    "saas/manual_charges",
    "saas/subscriptions",
    "virtual_tags/virtual_tag_rules",
)


@dataclass
class History:
    """One history: its days, and which version of each (schema, day) is told after each step."""

    number: int
    random: Random
    told: dict[tuple[str, date], str] = field(default_factory=dict)

    def begin(self, pairs: list[tuple[str, date]]) -> dict[tuple[str, date], str]:
        """What the first load finds: most days whole, some in part, some not at all."""
        for pair in pairs:
            self.told[pair] = self.random.choices(["full", "half", ABSENT], [60, 15, 25])[0]
        return {pair: version for pair, version in self.told.items() if version != ABSENT}

    def go_on(self) -> dict[tuple[str, date], str]:
        """What the next load finds: a few days anew, now and then just as they were."""
        pairs = sorted(self.told)
        chosen = self.random.sample(pairs, min(len(pairs), self.random.randint(0, CHANGES)))
        news = {pair: self.random.choice(list(VERSIONS)) for pair in chosen}
        self.told.update(news)
        return news


class HistoryWorld:
    """Raw tables that grow and change in steps, taken from a warehouse that has them whole.

    whole     a DuckDB file with raw_<provider> schemas as loads leave them
    database  the warehouse of the histories; made anew
    """

    def __init__(self, whole: Path, database: Path, count: int, seed: int) -> None:
        self.whole, self.database = whole, database
        self.step = 0
        database.unlink(missing_ok=True)
        with self._connected() as connection:
            self.tables = self._dated_tables(connection)
            self.pairs = self._covered(connection)
            self._copy_the_rest(connection)
        first = min(day for _, day in self.pairs)
        self.histories = [History(number, Random(f"{seed} {number}")) for number in range(count)]
        self._pairs_of = {history.number: [] for history in self.histories}
        for schema, day in self.pairs:
            # What lies beyond the last history's days belongs to another one.
            number = (day - first) // timedelta(days=DAYS_OF_A_HISTORY) % count
            self._pairs_of[number].append((schema, day))

    def load(self) -> int:
        """The next step of every history, as one load of each provider. Returns how many days were read."""
        news: dict[tuple[str, date], str] = {}
        for history in self.histories:
            news |= history.begin(self._pairs_of[history.number]) if self.step == 0 else history.go_on()
        with self._connected() as connection:
            for schema in sorted({schema for schema, _ in news}):
                self._load_one(
                    connection, schema, {day: version for (of, day), version in news.items() if of == schema}
                )
        self.step += 1
        return len(news)

    def _load_one(self, connection, schema: str, versions: dict[date, str]) -> None:
        load = f"step {self.step} of {schema}"
        connection.execute("create or replace temp table days (day date, version text)")
        connection.executemany(
            "insert into days values (?, ?)", [[day, version] for day, version in versions.items()]
        )
        for table in self.tables[schema]:
            connection.execute(f"delete from {schema}.{table} where charge_date in (select day from days)")
            chosen = " or ".join(
                f"(days.version = '{name}' and {condition})" for name, condition in VERSIONS.items()
            )
            connection.execute(
                f"insert into {schema}.{table} select raw_row.* from whole.{schema}.{table} as raw_row "
                f"join days on raw_row.charge_date = days.day where {chosen}"
            )
        connection.execute(
            f"insert into {schema}.load_log select distinct on (table_name, charge_date) "
            f"log.* replace ('{load}' as _dlt_load_id, now() as read_at) "
            f"from whole.{schema}.load_log as log join days on log.charge_date = days.day"
        )
        connection.execute(
            f"insert into {schema}._dlt_loads "
            f"select loads.* replace ('{load}' as load_id, now() as inserted_at) "
            f"from whole.{schema}._dlt_loads as loads limit 1"
        )

    def _dated_tables(self, connection) -> dict[str, list[str]]:
        rows = connection.execute(
            "select table_schema, list(table_name order by table_name) from information_schema.columns "
            "where table_catalog = 'whole' and table_schema like 'raw_%' "
            "and not table_schema like '%_staging' and column_name = 'charge_date' "
            "and table_name <> 'load_log' group by 1"
        ).fetchall()
        return dict(rows)

    def _covered(self, connection) -> list[tuple[str, date]]:
        return [
            (schema, day)
            for schema in sorted(self.tables)
            for (day,) in connection.execute(
                f"select distinct charge_date from whole.{schema}.load_log "
                "where charge_date is not null order by 1"
            ).fetchall()
        ]

    def _copy_the_rest(self, connection) -> None:
        """Tables without days (names of keys and projects) whole; those with days, and the logs, empty."""
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = 'whole' "
            "and table_schema like 'raw_%' and not table_schema like '%_staging'"
        ).fetchall():
            filled = table not in (*self.tables.get(schema, ()), "load_log", "_dlt_loads")
            connection.execute(f"create schema if not exists {schema}")
            rows = "true" if filled else "false"
            connection.execute(
                f'create table {schema}."{table}" as from whole.{schema}."{table}" where {rows}'
            )

    def _connected(self):
        connection = duckdb.connect(str(self.database))
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{self.whole}' as whole (read_only)")
        return connection


def change_seeds(folder: Path, complete: Path, random: Random) -> list[str]:
    """Let rows of two seeds go or come back; returns which.

    folder    seeds/ of the project whose history it is
    complete  seeds/ with all rows
    """
    changed = []
    for name in random.sample(SEEDS, 2):
        with (complete / f"{name}.csv").open(newline="") as file:
            reader = csv.DictReader(file)
            rows = [row for row in reader if random.random() < 0.85]
            header = reader.fieldnames
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            writer.writerows(rows)
        changed.append(name)
    return changed
