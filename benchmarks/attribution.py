"""A million charge lines over ten million usage rows: the project's attribution, and the same by hand.

The bill tells the project, model, tier and class; the provider's report tells the keys of all of it, a
gateway six features of 95 % of it. Both split every line exactly: the gateway first, then what its calls
left of each key. The script by hand knows that there are two sources, that the gateway never sees too much,
and that no line lacks a class, a model or a quantity.

    python -m benchmarks.attribution write WAREHOUSE LINES
    python -m benchmarks.attribution by-hand WAREHOUSE [MEMORY]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.project import REPO, Project

DAYS, MODELS = 90, 20
CLASSES = ("input_uncached", "cache_read", "cache_write_5m", "output", "input_audio")
KEYS_A_LINE, CALLERS_A_LINE = 4, 6
MODELS_RUN = (
    "int_models__named int_attribution__changed_days "
    "int_attribution__telemetry_keys int_attribution__telemetry int_attribution__lines "
    "int_attribution__bills_with_keys int_attribution__claims fct_attributed_charges"
)

_COLUMNS = """
    date '2026-01-01' + (line % {days})::integer as charge_date,
    'project ' || (line // {cells}) as project,
    'model-' || (line // {days} % {models}) as model,
    ({classes})[line // {days} // {models} % {class_count} + 1] as token_class
"""


def write(path: Path, lines: int, folder: Path) -> None:
    """Write the bill, both reports and what the models need beside them; read_at is after all days."""
    path.unlink(missing_ok=True)
    cells = DAYS * MODELS * len(CLASSES)
    columns = _COLUMNS.format(
        days=DAYS, models=MODELS, cells=cells, classes=list(CLASSES), class_count=len(CLASSES)
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema main_intermediate")
        connection.execute("create schema main_seeds")
        connection.execute(
            f"create temporary table cells as select line, {columns} from range({lines}) as numbers (line)"
        )
        for model, schema in (("fct_charges", "main"), ("int_usage__daily", "main_intermediate")):
            described = ", ".join(f"{name} {kind}" for name, kind in contract(folder, model).items())
            connection.execute(f"create table {schema}.{model} ({described})")
        connection.execute(
            """
            insert into fct_charges by name
            select charge_date, 'billed' as cost_basis, 'acme' as x_source, 'line ' || line as x_charge_id,
                'Acme' as service_provider_name, 'acme' as billing_account_id, 'USD' as billing_currency,
                'Usage' as charge_category, project as sub_account_id, model as x_model,
                'standard' as x_service_tier, token_class as x_token_class,
                charge_date + interval 1 day as charge_period_end, 1000 as consumed_quantity,
                0.1234567891 + (line % 977) as billed_cost, billed_cost as effective_cost,
                billed_cost as contracted_cost, billed_cost as list_cost,
                timestamp '2026-06-01' as x_changed_at
            from cells
            """
        )
        usage = """
            insert into main_intermediate.int_usage__daily by name
            select *, substr(md5({key}), 1, 12) as telemetry_key,
                md5(concat_ws('|', {key}, x_call_labels)) as usage_key
            from (
                select charge_date, '{source}' as x_source, 'Acme' as service_provider_name,
                    {account} as billing_account_id, {project} as sub_account_id, model as x_model,
                    'standard' as x_service_tier, token_class as x_token_class, {columns},
                    {quantity} as quantity
                from cells, range({times}) as parts (part)
            )
        """
        key = "concat_ws('|', x_source, sub_account_id, x_model, x_token_class, x_api_key_id)"
        connection.execute(
            usage.format(
                key=key, source="acme", account="'acme'", project="project", times=KEYS_A_LINE,
                quantity="250",
                columns="project || ' key ' || part as x_api_key_id, 'key' as x_attribution_level, "
                "null::varchar as x_call_labels",
            )
        )  # fmt: skip
        connection.execute(
            usage.format(
                key=key, source="gateway", account="null", project="null", times=CALLERS_A_LINE,
                quantity="[150, 150, 240, 230, 100, 80][part + 1]",
                columns="""project || ' key ' || (part % 4) as x_api_key_id, 'gateway' as x_gateway,
                    'call' as x_attribution_level,
                    '{{"feature":"feature ' || ((line + part) % 200) || '"}}' as x_call_labels""",
            ).replace("{{", "{").replace("}}", "}")
        )  # fmt: skip
        connection.execute(
            f"""
            create table main_intermediate.int_usage__days_read as
            select source as provider, date '2026-01-01' + day::integer as charge_date,
                timestamp '2026-06-01' as usage_read_at, timestamp '2026-06-01' as changed_at
            from range({DAYS}) as days (day), unnest(['acme', 'gateway']) as sources (source);
            create table main_intermediate.int_charges__changed_days as
            select provider, charge_date, changed_at from main_intermediate.int_usage__days_read;
            create table main_seeds.telemetry_routes as
            select 'gateway' as source, key as gateway_key, 'Acme' as provider, 'acme' as billing_account,
                key as provider_key, 10 as rank, null::date as valid_from, '' as note
            from (select distinct x_api_key_id as key from main_intermediate.int_usage__daily);
            """
        )


def contract(folder: Path, model: str) -> dict[str, str]:
    """The columns of a model's contract, with DuckDB's types."""
    import yaml

    (path,) = folder.glob(f"models/**/{model}.yml")
    columns = yaml.safe_load(path.read_text())["models"][0]["columns"]
    return {c["name"]: "decimal(38,18)" if "decimal" in c["data_type"] else c["data_type"] for c in columns}


def project(name: str, database: Path, folder: Path) -> Project:
    """The dbt project over the written warehouse."""
    made = Project(folder / name, database)
    made.dbt("seed", "--select", "models", "model_prices")
    return made


_BY_HAND = """
create or replace table by_hand_parts as
with
own as (
    select charge_date, sub_account_id, x_model, x_token_class, x_api_key_id, sum(quantity) as quantity
    from main_intermediate.int_usage__daily where x_source = 'acme' group by all
),
gateway as (
    select usage.charge_date, own.sub_account_id, usage.x_model, usage.x_token_class, usage.x_api_key_id,
        sum(usage.quantity) as quantity
    from main_intermediate.int_usage__daily as usage
    join (select distinct x_api_key_id, sub_account_id from own) as own using (x_api_key_id)
    where usage.x_source = 'gateway' group by all
),
parts as (
    select usage.charge_date, gateway.sub_account_id, usage.x_model, usage.x_token_class, usage.usage_key,
        usage.x_call_labels, usage.x_api_key_id, usage.quantity::hugeint * 1000000000000 as weight
    from main_intermediate.int_usage__daily as usage
    join gateway using (charge_date, x_model, x_token_class, x_api_key_id)
    where usage.x_source = 'gateway'
    union all
    select usage.charge_date, usage.sub_account_id, usage.x_model, usage.x_token_class, usage.usage_key,
        usage.x_call_labels, usage.x_api_key_id,
        ((usage.quantity - coalesce(gateway.quantity, 0))::hugeint * 1000000000000) as weight
    from main_intermediate.int_usage__daily as usage
    left join gateway using (charge_date, sub_account_id, x_model, x_token_class, x_api_key_id)
    where usage.x_source = 'acme' and usage.quantity > coalesce(gateway.quantity, 0)
),
running as (
    select *,
        sum(weight) over (partition by charge_date, sub_account_id, x_model, x_token_class)::hugeint as total,
        sum(weight) over (
            partition by charge_date, sub_account_id, x_model, x_token_class order by usage_key
            rows between unbounded preceding and current row
        )::hugeint as until
    from parts
),
lines as (
    select *, {units} from fct_charges
)
select lines.x_charge_id, running.usage_key, running.x_call_labels, running.x_api_key_id, {split}
from lines
join running using (charge_date, sub_account_id, x_model, x_token_class)
"""
_COSTS = ("billed_cost", "effective_cost", "contracted_cost", "list_cost")


def by_hand_sql() -> str:
    """The statement: each of the four costs is split by itself, in units of its tenth decimal."""
    return _BY_HAND.format(
        units=", ".join(f"({cost} * 10000000000)::hugeint as {cost}_units" for cost in _COSTS),
        split=", ".join(
            f"((lines.{cost}_units * until) // total - (lines.{cost}_units * (until - weight)) // total)"
            f"::decimal(38, 0) * 0.0000000001::decimal(11, 10) as {cost}"
            for cost in _COSTS
        ),
    )


def by_hand(path: Path, memory: str | None) -> dict[str, float]:
    """Split by one statement in so much memory, or in all there is; returns its seconds."""
    config = {"threads": 2, "temp_directory": f"{path}.tmp"} | ({"memory_limit": memory} if memory else {})
    with duckdb.connect(str(path), config=config) as connection:
        connection.execute("set preserve_insertion_order = false")
        started = time.monotonic()
        connection.execute(by_hand_sql())
        return {"split": round(time.monotonic() - started, 3)}


def same_amounts(path: Path) -> dict[str, str]:
    """Parts and money of both ways; they differ in the last digits only, since both add up."""
    with duckdb.connect(str(path), read_only=True) as connection:
        one, other = (
            connection.execute(f"select count(*), sum(billed_cost) from {table}").fetchone()
            for table in ("fct_attributed_charges", "by_hand_parts")
        )
        (far,) = connection.execute(
            "select count(*) from fct_attributed_charges as one join by_hand_parts as other "
            "using (x_charge_id, usage_key) where abs(one.billed_cost - other.billed_cost) > 0.00000001"
        ).fetchone()
    if one != other or far:
        raise SystemExit(f"error: the splits differ: {one} and {other}, {far} parts are apart")
    return {"parts": f"{one[0]:,}", "billed": str(one[1])}


def main() -> None:
    """Run one step."""
    step, path, *rest = sys.argv[1:]
    if step == "write":
        write(Path(path), int(rest[0]), REPO)
    else:
        print(json.dumps(by_hand(Path(path), next(iter(rest), None))))


if __name__ == "__main__":
    main()
