"""The peer: the same job as one hand-written DuckDB script, without dbt, tests, history or incremental state.

From the same raw text lines it writes the fact with the same columns, tags distinct tuples with one compiled
CASE, splits the pools exactly, and writes the allocated mart at the same grain. It may use what a person
knows of this one bill and the project must not: one currency, ten decimals, no telemetry, charges of one day,
nothing that follows the usage.

    python -m benchmarks.by_hand WAREHOUSE RULES      # RULES: how many of the world's rules
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from pathlib import Path

import duckdb

from benchmarks.world import World, drivers, is_driven_by_usage, rules
from ingestion.sources.focus import focus_columns

SCHEMA = "by_hand"
MONEY = "decimal(38, 18)"
TYPES = {
    "number": f"cast({{0}} as {MONEY})",
    "time": "cast(replace(substr({0}, 1, 19), 'T', ' ') as timestamp)",
}
CALL = (
    *("x_model", "x_service_tier", "x_context_tier", "x_region_scope", "x_token_class", "x_api_key_id"),
    *("x_api_key_name", "x_principal", "x_gateway", "x_workload", "x_call_labels"),
)
COSTS = ("billed_cost", "effective_cost", "contracted_cost", "list_cost")
# What rules may look at and this bill holds, and what the mart reports by.
TUPLE = (
    *("service_provider_name", "billing_account_id", "sub_account_id", "service_name", "service_category"),
    *("sku_id", "resource_id", "resource_name", "resource_type", "region_id", "charge_category"),
    *("charge_description", "tags"),
)
LOOKS_AT = {
    "sub_account": ("account", "account_name"),
    "service": ("service",),
    "resource": ("resource", "resource_name"),
    "region": ("region",),
}


def literal(text: str) -> str:
    """A text as a quoted literal."""
    return "'" + text.replace("'", "''") + "'"


def holds(columns: tuple[str, ...], cell: str) -> str:
    """A cell as a condition on columns in lower case."""
    if cell.startswith("~"):
        tests = [f"regexp_matches({column}, {literal(cell[1:])}, 'is')" for column in columns]
    elif "*" in cell:
        tests = [f"{column} like {literal(cell.lower().replace('*', '%'))}" for column in columns]
    else:
        tests = [f"{column} = {literal(cell.lower())}" for column in columns]
    return "(" + " or ".join(tests) + ")"


def tag_case(tag: str, ruled: list[dict[str, str]], gives: str = "rule_id") -> str:
    """The rules of one tag as a CASE; cheap tests first."""
    branches = []
    for rule in ruled:
        if rule["tag"] != tag:
            continue
        tests = [holds(columns, rule[cell]) for cell, columns in LOOKS_AT.items() if cell in rule]
        if "label" in rule:
            key, pattern = rule["label"].split("=", 1)
            tests.append(holds((key,), pattern))
        tests.sort(key=lambda test: "regexp" in test)
        branches.append(f"when {' and '.join(tests)} then {literal(rule[gives])}")
    return f"case {' '.join(branches)} end"


def statements(ruled: list[dict[str, str]]) -> dict[str, list[str]]:
    """The whole job, step by step."""
    fact = []
    for name, row in focus_columns().items():
        source = {
            "service_provider_name": "coalesce(service_provider_name, provider_name)",
            "provider_name": "coalesce(provider_name, service_provider_name)",
            "publisher_name": "coalesce(publisher_name, service_provider_name)",
        }.get(name, name)
        fact.append(f"{TYPES.get(row['kind'], '{0}').format(source)} as {name}")
    fact += [f"cast(null as varchar) as {name}" for name in CALL]
    hashed = f"hash({', '.join(TUPLE)})"
    units = ", ".join(
        f"cast(cast({cost} as decimal(27, 10)) * 10000000000 as hugeint) as {cost}" for cost in COSTS
    )
    cuts = ", ".join(
        f"cast(({cost} * running) // total - ({cost} * (running - weight)) // total as decimal(27, 0))"
        f" * 0.0000000001 as {cost}"
        for cost in COSTS
    )
    costs = ", ".join(f"cast({cost} as {MONEY}) as {cost}" for cost in COSTS)
    natives = ", ".join(f"cast({cost} as {MONEY}) as {cost}_native" for cost in COSTS)
    usage_pools = ", ".join(
        f"({literal(rule['value'])})" for rule in ruled if rule["tag"] == "shared_pool" and _by_usage(rule)
    )
    cost_pools = ", ".join(
        f"({literal(rule['value'])})"
        for rule in ruled
        if rule["tag"] == "shared_pool" and not _by_usage(rule)
    )
    return {
        "fact": [
            f"""create table {SCHEMA}.fct_charges as
            select charge_date, 'billed' as cost_basis, 'focus' as x_source,
                source_file || '#' || source_row as x_charge_id, {", ".join(fact)},
                cast(inserted_at as timestamp) as x_changed_at
            from raw_focus.cost_and_usage as lines
            join raw_focus.load_log using (charge_date) join raw_focus._dlt_loads on load_id = _dlt_load_id"""
        ],
        "daily": [
            f"""create table {SCHEMA}.daily as
            select charge_date, cast(billing_period_start as date) as billing_period_start, billing_currency,
                {hashed} as tag_key, {", ".join(f"sum({cost}) as {cost}" for cost in COSTS)}
            from {SCHEMA}.fct_charges group by all""",
        ],
        "tag": [
            f"""create table {SCHEMA}.owners as
            with tuples as (
                select tag_key, {", ".join(TUPLE)}, lower(sub_account_id) as account,
                    lower(sub_account_name) as account_name, lower(service_name) as service,
                    lower(resource_id) as resource, lower(region_id) as region,
                    lower(json_extract_string(tags, '$.app')) as app,
                    lower(json_extract_string(tags, '$.env')) as env
                from (
                    select {hashed} as tag_key, any_value(sub_account_name) as sub_account_name,
                        {", ".join(f"any_value({name}) as {name}" for name in TUPLE)}
                    from {SCHEMA}.fct_charges group by all
                ) as distinct_tuples
            ),
            matched as (
                select *, {tag_case("shared_pool", ruled)} as pool_rule,
                    {tag_case("feature", ruled)} as feature_rule,
                    {tag_case("environment", ruled, "value")} as environment
                from tuples
            )
            select matched.* exclude (pool_rule, feature_rule, environment),
                coalesce(environment, 'Unallocated') as environment, pools.value as pool,
                coalesce(pool_rule, feature_rule) as rule_id,
                case when pools.value is null then features.value end as feature
            from matched left join rules as pools on pool_rule = pools.rule_id
            left join rules as features on feature_rule = features.rule_id"""
        ],
        "allocate": [
            f"""create temp table weights as
            with direct as (
                select charge_date, feature, sum(effective_cost) as quantity
                from {SCHEMA}.daily join {SCHEMA}.owners using (tag_key)
                where feature is not null group by all
            ),
            weighed as (
                select pool, 'usage' as method, 'gpu_hours' as driver, day as charge_date, target as feature,
                    cast(quantity as {MONEY}) as quantity, cast(quantity as hugeint) as weight
                from drivers cross join (values {usage_pools}) as pools (pool)
                union all
                select pool, 'cost', 'effective_cost', charge_date, feature, quantity,
                    cast(cast(quantity as decimal(27, 10)) * 10000000000 as hugeint)
                from direct cross join (values {cost_pools}) as pools (pool)
            )
            select *, cast(sum(quantity) over (partition by pool, charge_date) as {MONEY}) as driver_total,
                cast(sum(weight) over (partition by pool, charge_date) as hugeint) as total,
                cast(sum(weight) over (partition by pool, charge_date order by feature
                    rows unbounded preceding) as hugeint) as running
            from weighed where weight > 0""",
        ],
        "mart": [
            f"""create table {SCHEMA}.fct_allocated_costs as
            with parts as (
                select charge_date, billing_period_start, billing_currency, tag_key, weights.pool, method,
                    driver, quantity, driver_total, feature,
                    cast(running * 1000000000000 // total - (running - weight) * 1000000000000 // total
                        as decimal(18, 0)) * 0.000000000001 as share,
                    {cuts}
                from (
                    select daily.* exclude ({", ".join(COSTS)}), owners.pool, {units}
                    from {SCHEMA}.daily join {SCHEMA}.owners using (tag_key) where owners.pool is not null
                ) as costs join weights using (charge_date, pool)
                union all
                select charge_date, billing_period_start, billing_currency, tag_key, null, 'direct', null,
                    null, null, coalesce(feature, 'Unallocated'), 1, {", ".join(COSTS)}
                from {SCHEMA}.daily join {SCHEMA}.owners using (tag_key) where pool is null
            )
            select charge_date, billing_period_start, service_provider_name as provider_name,
                billing_account_id, sub_account_id, service_name, service_category, charge_category,
                cast(null as varchar) as model, cast(tag_key as varchar) as tag_key, parts.pool,
                method as allocation_method, parts.pool || ' > ' || parts.feature as allocation_path,
                cast(share as {MONEY}) as allocation_share, driver, quantity as driver_quantity, driver_total,
                false as is_provisional, rule_id, environment, parts.feature,
                coalesce(product, 'Unallocated') as product, coalesce(team, 'Unallocated') as team,
                coalesce(cost_center, 'Unallocated') as cost_center, 'Unallocated' as customer,
                'USD' as reporting_currency,
                {costs}, billing_currency, {natives}
            from parts join {SCHEMA}.owners using (tag_key)
            left join targets on parts.feature = targets.feature"""
        ],
    }


def _by_usage(rule: dict[str, str]) -> bool:
    return is_driven_by_usage(int(rule["value"].rsplit("-", 1)[1]))


def run(database: str, world: World) -> dict[str, float]:
    """Do the job in the file; gives the seconds of each step."""
    ruled = rules(world)
    with duckdb.connect(database) as connection:
        connection.execute(
            "set threads = 2; set preserve_insertion_order = false; set enable_progress_bar = false"
        )
        connection.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
        # What dbt has from its seeds, whose loading is not timed there either.
        connection.execute("create temp table rules (rule_id varchar, value varchar)")
        connection.executemany(
            "insert into rules values (?, ?)", [[rule["rule_id"], rule["value"]] for rule in ruled]
        )
        connection.execute("create temp table drivers (day date, target varchar, quantity bigint)")
        listed = ", ".join(f"('{day}', '{target}', {quantity})" for day, target, quantity in drivers())
        connection.execute(f"insert into drivers values {listed}")
        connection.execute("""
            create temp table targets as
            select printf('feature-%03d', range) as feature, printf('product-%02d', range % 20) as product,
                printf('team-%02d', range % 25) as team, printf('CC-%d', range % 25 % 10) as cost_center
            from range(100)
        """)
        seconds = {}
        for step, sqls in statements(ruled).items():
            started = time.monotonic()
            for sql in sqls:
                connection.execute(sql)
            seconds[step] = round(time.monotonic() - started, 3)
        started = time.monotonic()
        connection.execute("checkpoint")
        seconds["checkpoint"] = round(time.monotonic() - started, 3)
    return seconds


def same_amounts(database: Path, hands: Path) -> str:
    """Whether both marts hold the same: the number of rows of each owner, pool and day, and their amounts."""
    grain = "charge_date, pool, feature, team, environment, rule_id"
    sums = f"select {grain}, count(*) as parts, sum(effective_cost) as cost"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as ours (read_only); attach '{hands}' as theirs (read_only)")
        rows, furthest = connection.execute(f"""
            select sum(sign(abs(parts))), max(abs(cost)) from (
                select {grain}, sum(parts) as parts, sum(cost) as cost from (
                    {sums} from ours.main.fct_allocated_costs group by all
                    union all
                    select {grain}, -parts, -cost
                    from ({sums} from theirs.by_hand.fct_allocated_costs group by all)
                ) group by all
            )
        """).fetchone()
        totals = connection.execute("""
            select (select sum(effective_cost) from ours.main.fct_allocated_costs)
                - (select sum(effective_cost) from theirs.by_hand.fct_allocated_costs)
        """).fetchone()[0]
    # By hand cuts at the bill's ten decimals, the project at eighteen.
    if rows or totals or furthest > Decimal("0.00000001"):
        return f"DIFFER: {rows} owners by rows, {totals} in total, at most {furthest}"
    return f"the same (an owner's day differs by at most {furthest.normalize()})"


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], World(0, rules=int(sys.argv[2])))))
