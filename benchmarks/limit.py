"""The second peer, a floor: the same tagging and splitting in memory, from typed Parquet, to a small mart.

No text to cast, no fact to write, fewer amounts, pools summed by day and service before they are split.

    python -m benchmarks.limit PARQUET RULES
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.by_hand import tag_case
from benchmarks.world import World, drivers, rules

COSTS = ("billed_cost", "effective_cost", "list_cost")


def write_parquet(database: Path, parquet: Path) -> None:
    """The bill with the columns and types that this peer reads."""
    costs = ", ".join(f"cast({cost} as decimal(18, 10)) as {cost}" for cost in COSTS)
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"""
            copy (
                select charge_date as day, sub_account_id as account, sub_account_name as account_name,
                    service_name as service, resource_id as resource, resource_name, region_id as region,
                    json_extract_string(tags, '$.app') as app, charge_category, {costs}
                from raw_focus.cost_and_usage
            ) to '{parquet}' (format parquet, compression zstd)
        """)


def run(parquet: str, world: World) -> dict[str, float]:
    """Do the job; gives the seconds of each step."""
    ruled = rules(world)
    attributes = ("account", "account_name", "service", "resource", "resource_name", "region", "app")
    hashed = f"hash({', '.join(attributes)})"
    lowered = ", ".join(f"lower(any_value({name})) as {name}" for name in attributes)
    listed = ", ".join(f"('{day}', '{target}', {quantity})" for day, target, quantity in drivers())
    steps = {
        "tag": f"""
            create table tagged as
            with tuples as (
                select tuple_key, coalesce({tag_case("shared_pool", ruled, "value")},
                    {tag_case("feature", ruled, "value")}, 'Unallocated') as tag
                from (select {hashed} as tuple_key, {lowered} from '{parquet}' group by all) as seen
            )
            select day, service, charge_category, {", ".join(COSTS)}, tag
            from (select *, {hashed} as tuple_key from '{parquet}') join tuples using (tuple_key)
        """,
        "allocate": """
            create table parts as
            select day, service, target as tag, cast((units * running) // total
                - (units * (running - quantity)) // total as decimal(27, 0)) * 0.0000000001 as effective_cost
            from (
                select day, service, tag,
                    cast(cast(sum(effective_cost) as decimal(27, 10)) * 10000000000 as hugeint) as units
                from tagged where starts_with(tag, 'pool-') group by all
            ) join (
                select *, sum(quantity) over (partition by day) as total,
                    sum(quantity) over (partition by day order by target rows unbounded preceding) as running
                from drivers
            ) using (day)
        """,
        "mart": """
            create table mart as
            select day, tag, service, charge_category, sum(billed_cost), sum(effective_cost), sum(list_cost),
                count(*)
            from tagged where not starts_with(tag, 'pool-') group by all
            union all
            select day, tag, service, 'Allocated', null, sum(effective_cost), null, count(*)
            from parts group by all
        """,
    }
    with duckdb.connect() as connection:
        connection.execute(
            "set threads = 2; set preserve_insertion_order = false; set enable_progress_bar = false"
        )
        connection.execute("create table drivers (day date, target varchar, quantity hugeint)")
        connection.execute(f"insert into drivers values {listed}")
        seconds = {}
        for step, sql in steps.items():
            started = time.monotonic()
            connection.execute(sql)
            seconds[step] = round(time.monotonic() - started, 3)
    return seconds


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], World(0, rules=int(sys.argv[2])))))
