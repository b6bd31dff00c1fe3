"""Databricks' billing system tables: what was used, and what a unit cost at the time.

Lands     raw_databricks_usage.usage: one row per row of system.billing.usage.
          raw_databricks_usage.list_prices, account_prices: the same of those tables.
Money     none in `usage`: cost is quantity times the price of its time, and is made in the models.
From      files into which the tables were written (CSV, JSON lines, Parquet); a file is told by its
          columns, and prices of the account by `account_prices` in the name.
Restated  by further records (RETRACTION, RESTATEMENT), which stay; a file is replaced as a whole.
Left out  cloud infrastructure under the clusters: it is on the cloud's bill. Other system tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, FileKind, file_table, json_text, locate, tables_in_files
from ingestion.common.source import Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

USAGE = file_table(
    "usage",
    "row of system.billing.usage",
    [
        "record_id", "account_id", "workspace_id", "sku_name", "cloud", "usage_start_time", "usage_end_time",
        "usage_date", "custom_tags", "usage_unit", "usage_quantity", "usage_metadata", "identity_metadata",
        "record_type", "ingestion_date", "billing_origin_product", "product_features", "usage_type",
    ],
)  # fmt: skip
# `pricing` holds prices by key; those that we read are columns too.
PRICES = ("pricing_default", "pricing_promotional_default", "pricing_effective_list_default")
PRICE_COLUMNS = [
    "price_start_time", "price_end_time", "account_id", "sku_name", "cloud", "currency_code", "usage_unit",
    "pricing", *PRICES,
]  # fmt: skip
LIST_PRICES = file_table("list_prices", "row of system.billing.list_prices", PRICE_COLUMNS)
ACCOUNT_PRICES = file_table("account_prices", "row of system.billing.account_prices", PRICE_COLUMNS)
_PRICED_BY = ("price_start_time", "sku_name", "currency_code", "usage_unit")
KINDS = (
    FileKind(USAGE, ("record_id", "usage_start_time", "usage_quantity"), "usage_start_time", optional=False),
    FileKind(ACCOUNT_PRICES, _PRICED_BY, "price_start_time", named="account_prices", whole=True),
    FileKind(LIST_PRICES, _PRICED_BY, "price_start_time", whole=True),
)
RECORD_TYPES = ["ORIGINAL", "RETRACTION", "RESTATEMENT"]


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    return tables_in_files(run, KINDS, completed, (*files.SUFFIXES, *files.JSON_LINES))


def completed(table: Table, part: pa.Table) -> pa.Table:
    """A part of a file: the prices that `pricing` holds, as columns."""
    if "pricing" not in part.column_names:
        return part
    found: dict[str, list[str | None]] = {name: [] for name in PRICES}
    for text in part["pricing"].to_pylist():
        prices = prices_of(text, table)
        for name in PRICES:
            found[name].append(prices.get(name))
    for name, values in found.items():
        if name in part.column_names:
            part = part.drop_columns([name])
        part = part.append_column(name, pa.array(values, pa.string()))
    return part


def prices_of(text: str | None, table: Table) -> dict[str, str | None]:
    """The prices of one `pricing`: {"default": "0.10", "effective_list": {"default": "0.07"}}."""
    try:
        pricing = json.loads(text or "{}", parse_float=str, parse_int=str)
        found = {PRICES[0]: json_text(pricing.get("default"))}
        for key, name in (("promotional", PRICES[1]), ("effective_list", PRICES[2])):
            found[name] = json_text((pricing.get(key) or {}).get("default"))
    except (ValueError, AttributeError) as error:
        raise IngestionError(
            f'pricing reads "{text}"',
            where=table.name,
            mend='write it as JSON, like {"default": "0.10", "effective_list": {"default": "0.07"}}',
        ) from error
    return found


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""

    def prices() -> list[Any]:
        return [
            *(gate.present(name) for name in ("sku_name", "currency_code", "pricing_default")),
            *(gate.number(name) for name in PRICES),
            *(gate.utc_time(name) for name in ("price_start_time", "price_end_time")),
            gate.matching("currency_code", "^[A-Z]{3}$", "is no currency", "write it like USD"),
        ]

    needed = ("record_id", "account_id", "sku_name", "usage_unit", "usage_quantity", "record_type")
    return {
        USAGE.name: [
            *(gate.present(name) for name in needed),
            gate.number("usage_quantity"),
            gate.utc_time("usage_start_time"),
            gate.utc_time("usage_end_time"),
            gate.one_of("record_type", RECORD_TYPES),
        ],
        LIST_PRICES.name: prices(),
        ACCOUNT_PRICES.name: prices(),
    }


SOURCE = Source(
    name="databricks_usage",
    summary="Databricks billing system tables: usage and prices (CSV, JSON lines, Parquet)",
    tables=(USAGE, ACCOUNT_PRICES, LIST_PRICES),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
