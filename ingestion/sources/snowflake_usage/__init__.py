"""Snowflake's bill and meters: views of ORGANIZATION_USAGE and ACCOUNT_USAGE.

Lands     raw_snowflake_usage.usage_in_currency_daily: one row per row of the view; the bill.
          raw_snowflake_usage.metering_daily_history, cortex_ai_functions_usage_history, rate_sheet_daily:
          the same of those views. Credits and rates, never money.
From      files into which the views were unloaded (CSV, Parquet; a file is told by its columns), or the
          views themselves through SQLAlchemy where `credentials` are set.
Restated  until the month is closed: files are replaced as a whole, from the database the open month and
          the one before its fifth day are read again.
Left out  queries, users and other views; METERING_HISTORY by the hour.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ingestion.common import databases, file_tables, files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import FileKind, file_table
from ingestion.common.money import landed
from ingestion.common.source import DAY, Need, Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

ACCOUNT = ["organization_name", "account_name", "account_locator", "region"]
BILLED_BY = ["contract_number", *ACCOUNT, "service_level"]
RATED_BY = ["usage_type", "currency", "billing_type", "rating_type", "service_type", "is_adjustment"]

USAGE_IN_CURRENCY = file_table(
    "usage_in_currency_daily",
    "row of USAGE_IN_CURRENCY_DAILY",
    [*BILLED_BY, *RATED_BY, "usage_date", "usage", "usage_in_currency", "balance_source"],
)
METERING = file_table(
    "metering_daily_history",
    "row of METERING_DAILY_HISTORY",
    [
        *ACCOUNT, "service_type", "usage_date", "credits_used_compute", "credits_used_cloud_services",
        "credits_used", "credits_adjustment_cloud_services", "credits_billed",
    ],
)  # fmt: skip
COUNTED = ["input_tokens", "output_tokens", "total_tokens", "pages"]
CORTEX = file_table(
    "cortex_ai_functions_usage_history",
    "row of CORTEX_AI_FUNCTIONS_USAGE_HISTORY",
    [
        *ACCOUNT, "start_time", "end_time", "function_name", "model_name", "query_id", "warehouse_id",
        "role_names", "query_tag", "user_id", "metrics", "credits", "is_completed", *COUNTED,
    ],
)  # fmt: skip
RATES = file_table(
    "rate_sheet_daily", "row of RATE_SHEET_DAILY", [*BILLED_BY, *RATED_BY, "date", "effective_rate"]
)

KINDS = (
    FileKind(
        USAGE_IN_CURRENCY, ("usage_date", "usage_in_currency", "currency"), "usage_date", optional=False
    ),
    FileKind(METERING, ("usage_date", "service_type", "credits_billed"), "usage_date"),
    FileKind(CORTEX, ("start_time", "function_name", "credits"), "start_time"),
    FileKind(RATES, ("date", "effective_rate", "currency"), "date"),
)
# METRICS names what was counted and in which unit.
METRICS = {
    ("input", "tokens"): "input_tokens",
    ("output", "tokens"): "output_tokens",
    ("total", "tokens"): "total_tokens",
    ("total", "pages"): "pages",
}
# Until the third or fourth of the next month a day of a month can change; two more, for the view is late too.
CLOSED_AFTER_DAYS = 6
# How Snowflake may write UTC: 2026-11-01 05:00:00.000 +0000, … Z, … +00:00.
UTC = r" ?(?:Z|UTC|\+00:?00)$"
CURRENCY = "^[A-Z]{3}$"


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    if run.setting("credentials"):
        return from_database(run)
    return file_tables.tables_in_files(run, KINDS, completed)


def completed(table: Table, part: pa.Table) -> pa.Table:
    """A part of a file: times as UTC writes them, metrics as columns."""
    for name in ("start_time", "end_time"):
        if table is CORTEX and name in part.column_names:
            times = pc.replace_substring_regex(part[name], UTC, "Z")
            part = part.set_column(part.column_names.index(name), name, times)
    return counted(part) if table is CORTEX and "metrics" in part.column_names else part


def counted(part: pa.Table) -> pa.Table:
    """What METRICS counts, as columns of their own."""
    found: dict[str, list[str | None]] = {name: [] for name in COUNTED}
    for number, metrics in enumerate(part["metrics"].to_pylist(), 1):
        values = of_metrics(metrics, f"row {number}")
        for name in COUNTED:
            found[name].append(values.get(name))
    for name, values in found.items():
        if name in part.column_names:
            part = part.drop_columns([name])
        part = part.append_column(name, pa.array(values, pa.string()))
    return part


def of_metrics(text: str | None, where: str) -> dict[str, str | None]:
    """Our columns of one METRICS array. A metric that is new to us stays in `metrics` only."""
    try:
        metrics = json.loads(text or "[]", parse_float=str, parse_int=str)
        return {
            METRICS[key]: landed(one["value"])
            for one in metrics
            if (key := (one["key"]["metric"], one["key"]["unit"])) in METRICS
        }
    except (ValueError, TypeError, KeyError) as error:
        raise IngestionError(
            f'METRICS reads "{text}"',
            where=f"{CORTEX.name}, {where}",
            mend='unload it as JSON, like [{"key": {"metric": "input", "unit": "tokens"}, "value": 17}]',
        ) from error


def from_database(run: Run) -> Iterator[Any]:
    """The views themselves; of the bill, what can still change."""
    engine = databases.any_database(run, "snowflake://USER:PASSWORD@ACCOUNT/SNOWFLAKE/ORGANIZATION_USAGE")
    schema = run.setting("schema", "organization_usage")
    there = databases.tables_of(run, engine, schema)
    if USAGE_IN_CURRENCY.name not in there:
        raise IngestionError(
            f"there is no {USAGE_IN_CURRENCY.name} in schema {schema}",
            where=f"{run.source.name}, {engine.url.database}",
            mend="grant the reader the ORGANIZATION_BILLING_VIEWER role, or set `schema`",
            exit_code=2,
        )
    for kind in KINDS:
        table = kind.table
        if table.name not in there:
            print(f"  {run.source.name}: left out, schema {schema} has no {table.name}", flush=True)
            continue
        try:
            yield from from_view(run, engine, schema, replace(table, path=table.name), kind.day_from)
        except DBAPIError as error:
            raise databases.refused(run, engine, error) from error


def from_view(run: Run, engine: sa.Engine, schema: str, table: Table, day_from: str) -> Iterator[Any]:
    """One view from the first day that can still change, and the days that this covers."""
    day = sa.column(day_from)
    where = f"{schema}.{table.name}"
    first = run.asked.since if run.asked else open_since(run, table)
    until = run.asked.until if run.asked else run.read_at.date()
    with engine.connect() as connection:
        oldest = connection.execute(
            sa.select(sa.func.min(day)).select_from(sa.table(table.name, schema=schema))
        ).scalar()
    if oldest is None:
        return
    oldest = date.fromisoformat(str(oldest)[:10])
    first = max(first or oldest, oldest)
    columns: dict[str, Any] = {
        name: (name, (name,)) for name in table.columns if name not in ("source_file", files.ROW, *COUNTED)
    }
    columns |= {
        DAY: (f"cast({day.name} as date)", (day.name,)),
        "source_file": (f"'{where}'", ()),
        # Rows have no number. What is replaced is replaced by day, so any order does.
        files.ROW: (f"row_number() over (order by {day.name})", (day.name,)),
    }
    found = databases.resource(
        run, engine, table, columns, schema=schema,
        where=lambda view: sa.and_(view.c[day.name] >= first, view.c[day.name] < until + timedelta(days=1)),
    )  # fmt: skip
    if table.name == CORTEX.name:
        found.add_map(counted)
    yield found
    days = (first + timedelta(days=number) for number in range((until - first).days + 1))
    marks = run.covered(table, days, {"source_file": where})
    yield dlt.resource(marks, name=f"{table.name}_days", table_name=table.name, **table.hints)


def open_since(run: Run, table: Table) -> date | None:
    """The first day that may have changed since the last read; None where nothing was read yet."""
    loaded = run.loaded_until.get(table.name)
    if not loaded:
        return None
    return (loaded - timedelta(days=CLOSED_AFTER_DAYS)).replace(day=1)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""

    def rows(table: Table, needed: tuple[str, ...], numbers: tuple[str, ...]) -> list[Any]:
        return [*(gate.present(name) for name in needed), *(gate.number(name) for name in numbers)]

    def is_currency() -> Any:
        return gate.matching("currency", CURRENCY, "is no currency", "write it like USD")

    credits = ("credits_used_compute", "credits_used_cloud_services", "credits_used", "credits_billed")
    return {
        USAGE_IN_CURRENCY.name: [
            *rows(USAGE_IN_CURRENCY, ("usage_in_currency", "currency", "account_locator"),
                  ("usage", "usage_in_currency")),
            is_currency(),
            gate.matching("is_adjustment", "(?i)^(?:true|false|t|f|1|0)$", "is neither true nor false",
                          "unload the view as it is"),
        ],
        METERING.name: rows(METERING, ("credits_billed",),
                            (*credits, "credits_adjustment_cloud_services")),
        CORTEX.name: rows(CORTEX, ("credits", "function_name"), ("credits", *COUNTED)),
        RATES.name: [*rows(RATES, ("effective_rate", "currency"), ("effective_rate",)), is_currency()],
    }  # fmt: skip


def locate(table: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands."""
    if re.match(r"\w+://", row["source_file"]):
        return file_tables.locate(table, row, column)
    return f"{row['source_file']}, column {column}"


SOURCE = Source(
    name="snowflake_usage",
    summary="Snowflake's bill by day, credits and Cortex usage (files of the usage views, or the views)",
    tables=(USAGE_IN_CURRENCY, METERING, CORTEX, RATES),
    needs=(
        Need(
            "bucket_url", "the folder with the unloaded views, or credentials of the database", "credentials"
        ),
    ),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
