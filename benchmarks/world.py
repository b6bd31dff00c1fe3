"""An invented bill and the seeds that own it, from a seed number: a size gives the same rows everywhere.

The bill lies in DuckDB as ingestion leaves it: amounts as exact text, the load log, dlt's list of loads.
Resources are the distinct tuples that rules look at; more lines than resources x days are more lines of the
same tuples.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from ingestion.sources.focus import focus_columns

FIRST_DAY = date(2026, 1, 1)
DAYS = 90
POOLS, RESOURCES_OF_A_POOL, TARGETS = 10, 10, 100
ACCOUNTS, SERVICES, REGIONS, APPS, TEAMS, PRODUCTS = 200, 120, 25, 300, 25, 20
ENVIRONMENTS = ("prod", "stage", "dev", "test")
CELLS = ("account", "service", "region", "resource", "label")
LOADED_AT = "2026-04-02 03:00:00+00"


@dataclass(frozen=True)
class World:
    """How large a bill is, and how many rules own it."""

    lines: int
    rules: int = 500
    resources: int = 10_000
    seed: int = 7
    days: int = DAYS


def write_lines(world: World, database: Path) -> None:
    """A fresh DuckDB file with the bill as `python -m ingestion run focus` leaves one."""
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set preserve_insertion_order = false; set enable_progress_bar = false")
        connection.execute("create schema raw_focus")
        said = _said(world)
        columns = [
            f"{said[name]} as {name}" if name in said else f"cast(null as varchar) as {name}"
            for name in focus_columns()
        ]
        connection.execute("""
            create table raw_focus.load_log (
                table_name varchar, charge_date date, read_at timestamptz, _dlt_load_id varchar,
                _dlt_id varchar
            )
        """)
        connection.execute("""
            create table raw_focus._dlt_loads (
                load_id varchar, schema_name varchar, status bigint, inserted_at timestamptz,
                schema_version_hash varchar
            )
        """)
        connection.execute(
            f"insert into raw_focus._dlt_loads values ('1', 'focus', 0, '{LOADED_AT}', 'bench')"
        )
        connection.execute(f"""
            insert into raw_focus.load_log
            select 'cost_and_usage', date '{FIRST_DAY}' + cast(range as integer), '{LOADED_AT}', '1', range
            from range({world.days})
        """)
        connection.execute(f"create temp table resources as {_resources(world)}")
        select = f"""
            select {", ".join(columns)},
                'bench/' || strftime(charge_date, '%Y-%m') || '.parquet' as source_file, charge_date,
                number as source_row, cast(null as boolean) as withdrawn
            from ({_lines(world)}) as lines join resources on lines.resource = resources.resource
        """
        connection.execute(f"create table raw_focus.cost_and_usage as {select} limit 0")
        connection.execute(f"insert into raw_focus.cost_and_usage {select}")
        connection.execute("checkpoint")


def add_day(database: Path, lines: int) -> None:
    """One more day after the last, as the next load brings it: so many lines of the last day, a day later."""
    written = "'%Y-%m-%dT%H:%M:%SZ'"
    later = {
        name: f"strftime(strptime({name}, {written}) + interval 1 day, {written}) as {name}"
        for name in ("charge_period_start", "charge_period_end")
    }
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"""
            insert into raw_focus.cost_and_usage
            select * replace (
                charge_date + 1 as charge_date, 'bench/' || (charge_date + 1) || '.parquet' as source_file,
                {", ".join(later.values())}
            )
            from raw_focus.cost_and_usage
            where charge_date = (select max(charge_date) from raw_focus.load_log) limit {lines}
        """)
        connection.execute("""
            insert into raw_focus.load_log
            select table_name, charge_date + 1, now(), 'day ' || (charge_date + 1), _dlt_id
            from raw_focus.load_log order by charge_date desc limit 1
        """)
        connection.execute("""
            insert into raw_focus._dlt_loads
            select 'day ' || max(charge_date), 'focus', 0, now(), 'bench' from raw_focus.load_log
        """)


def _resources(world: World) -> str:
    """One row per resource: what all its lines say alike. The first of them are those of the pools."""

    def pick(key: int, most: int) -> str:
        return f"cast(hash(resource, {world.seed}, {key}) % {most} as integer)"

    def few(key: int, most: int) -> str:  # some accounts and services are much larger than others
        return f"{pick(key, most)} * {pick(key + 100, most)} // {most}"

    in_pool = POOLS * RESOURCES_OF_A_POOL
    return f"""
        select
            resource,
            case when resource < {in_pool} then printf('shared-%02d', resource // {RESOURCES_OF_A_POOL})
                else printf('acct-%03d', {few(1, ACCOUNTS)}) end as account,
            printf('Service %03d', {few(2, SERVICES)}) as service,
            printf('region-%02d', {pick(3, REGIONS)}) as region,
            case when {pick(4, 10)} >= 3 then printf('app-%03d', {pick(5, APPS)}) end as app,
            ({list(ENVIRONMENTS)!r})[1 + {pick(6, 4)}] as environment,
            printf('team%02d-%s-%07d', {pick(7, TARGETS)}, (['api', 'web', 'db', 'batch'])[1 + {pick(8, 4)}],
                resource) as workload,
            printf('sku-%04d', {few(2, SERVICES)} * 10 + {pick(9, 5)}) as sku,
            1 + cast({pick(10, 100000)} as bigint) * {pick(11, 1000)} as price
        from (select cast(range as integer) as resource from range({world.resources})) as numbers
    """


def _lines(world: World) -> str:
    """One row per bill line. Where a resource has several on a day, each is for its hour."""
    return f"""
        select
            number, charge_date, resource, hour_of_day,
            750 + cast(hash(number, {world.seed}) % 500 as bigint) as quantity
        from (
            select
                range + 1 as number,
                date '{FIRST_DAY}' + cast(range * {world.days} // {world.lines} as integer) as charge_date,
                cast(range % {world.resources} as integer) as resource,
                cast((range // {world.resources}) % 24 as integer) as hour_of_day
            from range({world.lines})
        ) as numbered
    """


def _said(world: World) -> dict[str, str]:
    """What the bill says in which FOCUS column; the others are null, as in most exports."""
    starts = "charge_date + to_hours(hour_of_day)"
    month = "date_trunc('month', charge_date)"

    def time(moment: str) -> str:
        return f"strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')"

    def money(percent: int) -> str:
        return (
            f"cast(cast(price * quantity * {percent} // 100000 as decimal(18, 0)) * 0.0000000001 as varchar)"
        )

    def unit_price(percent: int) -> str:
        return f"cast(cast(price * {percent} // 100 as decimal(18, 0)) * 0.0000000001 as varchar)"

    texts = {
        "billing_account_id": "410000000001",
        "billing_account_name": "Bench",
        "billing_account_type": "Payer Account",
        "billing_currency": "USD",
        "charge_category": "Usage",
        "charge_frequency": "Usage-Based",
        "consumed_unit": "Hours",
        "invoice_issuer_name": "AWS",
        "pricing_category": "Standard",
        "pricing_currency": "USD",
        "pricing_unit": "Hours",
        "provider_name": "AWS",
        "publisher_name": "AWS",
        "resource_type": "Instance",
        "service_category": "Compute",
        "service_subcategory": "Virtual Machines",
        "sku_meter": "Instance hours",
        "sub_account_type": "Linked Account",
    }
    quantity = "cast(cast(quantity as decimal(9, 0)) * 0.001 as varchar)"
    return {name: f"'{text}'" for name, text in texts.items()} | {
        "availability_zone": "region || 'a'",
        "billed_cost": money(100),
        "effective_cost": money(90),
        "contracted_cost": money(95),
        "list_cost": money(120),
        "billing_period_start": time(month),
        "billing_period_end": time(f"{month} + interval 1 month"),
        "charge_period_start": time(starts),
        "charge_period_end": time(f"{starts} + interval 1 hour"),
        "charge_description": "sku || ', per instance hour in ' || region",
        "consumed_quantity": quantity,
        "pricing_quantity": quantity,
        "contracted_unit_price": unit_price(95),
        "list_unit_price": unit_price(120),
        "pricing_currency_contracted_unit_price": unit_price(95),
        "pricing_currency_effective_cost": money(90),
        "pricing_currency_list_unit_price": unit_price(120),
        "invoice_id": "'BENCH-' || strftime(charge_date, '%Y%m')",
        "region_id": "region",
        "region_name": "'Region ' || region",
        "resource_id": "'arn:bench:' || region || ':' || account || ':' || environment || '-' || workload",
        "resource_name": "environment || '-' || workload",
        "service_name": "service",
        "sku_id": "sku",
        "sku_price_id": "sku || '.' || region",
        "sub_account_id": "account",
        "sub_account_name": "'Account ' || account",
        "tags": """'{"env": "' || environment || '"' || coalesce(', "app": "' || app || '"', '')
            || ', "created-by": "bench"}'""",
    }


def rules(world: World, changed: bool = False) -> list[dict[str, str]]:
    """The virtual-tag rules: pools, environments, then features by account, service, region, name and label.

    changed   one rule of a feature names another feature, as a person would edit it
    """
    chance = random.Random(f"{world.seed}:{world.rules}")
    written = [
        {
            "rule_id": f"pool-{pool}",
            "tag": "shared_pool",
            "priority": "10",
            "value": f"pool-{pool}",
            "sub_account": f"shared-{pool:02d}",
        }
        for pool in range(POOLS)
    ]
    for name in ENVIRONMENTS:
        written.append(
            {
                "rule_id": f"env-{name}",
                "tag": "environment",
                "priority": "50",
                "value": name,
                "label": f"env={name}",
            }
        )
    conditions = []
    while len(written) + len(conditions) < world.rules:
        cells: dict[str, str] = {}
        for cell in chance.sample(CELLS, chance.choice((1, 1, 2, 2, 3))):
            _fill(cells, cell, chance)
        if set(cells) != {"region"}:
            conditions.append(cells)
    # The special before the general, as people write them: nearly every target then owns something.
    for number, cells in enumerate(sorted(conditions, key=len, reverse=True)):
        rule = {"rule_id": f"rule-{number:04d}", "tag": "feature", "priority": str(100 + number)}
        written.append(rule | {"value": f"feature-{number % TARGETS:03d}"} | cells)
    if changed:
        written[len(written) // 2]["value"] = "feature-000"
    return written


def _fill(rule: dict[str, str], cell: str, chance: random.Random) -> None:
    roll = chance.random()
    if cell == "account":
        number = chance.randrange(ACCOUNTS)
        rule["sub_account"] = f"acct-{number:03d}" if roll < 0.8 else rf"~acct-{number // 100}\d[02468]"
    elif cell == "service":
        number = chance.randrange(SERVICES)
        rule["service"] = f"Service {number:03d}" if roll < 0.8 else f"Service {number // 10:02d}*"
    elif cell == "region":
        rule["region"] = f"region-{chance.randrange(REGIONS):02d}"
    elif cell == "resource":
        team = chance.randrange(TARGETS)
        glob = f"{chance.choice(ENVIRONMENTS)}-team{team:02d}-*"
        rule["resource"] = (
            glob if roll < 0.5 else rf"~^[ps][a-z]+-team{team // 10}[{team % 10}-9]-[aw][a-z]+-\d+$"
        )
    else:
        app = chance.randrange(APPS)
        rule["label"] = f"app=app-{app:03d}" if roll < 0.7 else rf"app=~^app-{app // 100}[0-4]\d$"


def drivers() -> list[tuple[date, str, int]]:
    """A daily quantity of each target, which drives every other pool."""
    chance = random.Random("drivers")
    return [
        (FIRST_DAY + timedelta(days=day), f"feature-{target:03d}", 1 + chance.randrange(100_000))
        for day in range(DAYS)
        for target in range(TARGETS)
    ]


def is_driven_by_usage(pool: int) -> bool:
    """The other half of the pools goes by direct cost."""
    return pool % 2 == 0


def write_rules(world: World, seeds: Path, changed: bool = False) -> None:
    """seeds/virtual_tags/virtual_tag_rules.csv of this world."""
    _write(seeds / "virtual_tags/virtual_tag_rules.csv", rules(world, changed))


def write_seeds(world: World, seeds: Path) -> None:
    """The seeds of this world over those of the project; one it has no use for keeps its header only."""
    for path in seeds.rglob("*.csv"):
        if path.parent.name != "pricing":
            path.write_text(path.read_text().split("\n", 1)[0] + "\n")
    write_rules(world, seeds)
    _write(
        seeds / "organization/features.csv",
        [
            {
                "feature": f"feature-{target:03d}",
                "product": f"product-{target % PRODUCTS:02d}",
                "team": f"team-{target % TEAMS:02d}",
            }
            for target in range(TARGETS)
        ],
    )
    _write(
        seeds / "organization/teams.csv",
        [{"team": f"team-{team:02d}", "cost_center": f"CC-{team % 10}"} for team in range(TEAMS)],
    )
    _write(
        seeds / "allocation/shared_cost_pools.csv",
        [
            {"pool": f"pool-{pool}", "weight_window": "day", "fallback_method": "even"}
            | ({"method": "usage", "driver": "gpu_hours"} if is_driven_by_usage(pool) else {"method": "cost"})
            for pool in range(POOLS)
        ],
    )
    _write(
        seeds / "allocation/driver_quantities.csv",
        [
            {
                "driver": "gpu_hours",
                "period_start": str(day),
                "period_end": str(day + timedelta(days=1)),
                "target_type": "feature",
                "target": target,
                "quantity": str(quantity),
                "kind": "level",
            }
            for day, target, quantity in drivers()
        ],
    )


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows under the header that the seed has in the project."""
    with path.open(newline="") as file:
        columns = next(csv.reader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
