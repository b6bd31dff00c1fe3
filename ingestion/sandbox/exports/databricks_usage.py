"""Databricks' billing system tables, as a job writes them to a folder.

Lands     databricks_usage/usage-YYYY-MM.json.gz and list_prices.csv: records by day and SKU, some of them
          retracted and told again; a price that rises, and one under a promotion.
"""

from __future__ import annotations

import csv
import gzip
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, wire
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "Databricks billing tables, JSON lines and CSV"
MICRO = Decimal("0.000001")

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write usage by month, and the prices."""
    root = fresh(folder / "databricks_usage", "*.*")
    months: dict[str, list[Row]] = {}
    day = world.first
    while day <= world.last:
        months.setdefault(f"{day:%Y-%m}", []).extend(used(day, world.last))
        day += timedelta(days=1)
    for month, rows in months.items():
        lines = "".join(wire.dumps(row) + "\n" for row in rows)
        (root / f"usage-{month}.json.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    prices = list(priced())
    with (root / "list_prices.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, prices[0], lineterminator="\n")
        out.writeheader()
        out.writerows(prices)
    count = sum(map(len, months.values())) + len(prices)
    return Export(root, count, {"SOURCES__DATABRICKS_USAGE__BUCKET_URL": root})


def used(day: date, last: date) -> Iterator[Row]:
    """The records of a day."""
    known = _company()
    for number, line in enumerate(known["lines"]):
        row = _record(line, day, number)
        yield row
        told = day + timedelta(days=2)
        if number == 0 and not day.toordinal() % known["mended_every"] and told <= last:
            again = {"ingestion_date": str(told)}
            yield (
                row
                | again
                | {
                    "record_id": _id(day, number, "RETRACTION"),
                    "record_type": "RETRACTION",
                    "usage_quantity": -row["usage_quantity"],
                }
            )
            yield (
                row
                | again
                | {
                    "record_id": _id(day, number, "RESTATEMENT"),
                    "record_type": "RESTATEMENT",
                    "usage_quantity": row["usage_quantity"] * known["mended_factor"],
                }
            )


def priced() -> Iterator[Row]:
    """The list prices, each until the next one."""
    known = _company()
    for sku, price in known["prices"].items():
        starts = sorted(price["from"])
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            default = price["from"][start]
            pricing = {
                "default": str(default),
                "promotional": {},
                "effective_list": {"default": str(default)},
            }
            if "promotional" in price:
                promotion = {"default": str(price["promotional"])}
                pricing |= {"promotional": promotion, "effective_list": promotion}
            yield {
                "price_start_time": f"{start}T00:00:00.000Z",
                "price_end_time": f"{end}T00:00:00.000Z" if end else None,
                "account_id": known["account"],
                "sku_name": sku,
                "cloud": known["cloud"],
                "currency_code": "USD",
                "usage_unit": price["unit"],
                "pricing": json.dumps(pricing),
            }


def _record(line: Mapping[str, Any], day: date, number: int) -> Row:
    known = _company()
    share = Decimal("0.5") if day.weekday() > 4 else 1 + Decimal(day.day) / 250
    return {
        "record_id": _id(day, number, "ORIGINAL"),
        "account_id": known["account"],
        "workspace_id": known["workspaces"][line["workspace"]],
        "sku_name": line["sku"],
        "cloud": known["cloud"],
        "usage_start_time": f"{day} 08:00:00.000+00:00",
        "usage_end_time": f"{day} 09:00:00.000+00:00",
        "usage_date": str(day),
        "custom_tags": line["tags"],
        "usage_unit": known["prices"][line["sku"]]["unit"],
        "usage_quantity": (line["quantity"] * share).quantize(MICRO, ROUND_HALF_EVEN),
        "usage_metadata": line["metadata"],
        "identity_metadata": {"run_as": line["run_as"]},
        "record_type": "ORIGINAL",
        "ingestion_date": str(day),
        "billing_origin_product": line["product"],
        "product_features": {"is_serverless": "SERVERLESS" in line["sku"]},
        "usage_type": line["type"],
    }


def _id(day: date, number: int, kind: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{day}/{number}/{kind}"))


def _company() -> Mapping[str, Any]:
    return facts.read("databricks_usage.yml")
