"""Snowflake's usage views, as COPY INTO unloads them.

Lands     snowflake_usage/*.csv.gz, the two largest as Parquet: USAGE_IN_CURRENCY_DAILY,
          METERING_DAILY_HISTORY, CORTEX_AI_FUNCTIONS_USAGE_HISTORY and RATE_SHEET_DAILY.
Bill      compute, storage, AI and transfer of two accounts; a gift first, then the contract's capacity,
          then overage; an adjustment of cloud services every day, support on the first of a month.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.sandbox import facts
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "Snowflake usage views, CSV and Parquet"
MICRO = Decimal("0.000001")

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write a file for each view."""
    root = fresh(folder / "snowflake_usage", "*.*")
    days = [world.first + timedelta(days=number) for number in range((world.last - world.first).days + 1)]
    views = {
        "USAGE_IN_CURRENCY_DAILY": [row for day in days for row in billed(day, world.first)],
        "METERING_DAILY_HISTORY": [row for day in days for row in metered(day)],
        "CORTEX_AI_FUNCTIONS_USAGE_HISTORY": [row for day in days for row in called(day)],
        "RATE_SHEET_DAILY": [row for day in days for row in rated(day)],
    }
    for name, rows in views.items():
        if name == "USAGE_IN_CURRENCY_DAILY":
            table = pa.Table.from_pylist([{key: plain(value) for key, value in row.items()} for row in rows])
            pq.write_table(table, root / f"{name}.parquet")
        else:
            (root / f"{name}.csv.gz").write_bytes(packed(rows))
    count = sum(map(len, views.values()))
    return Export(root, count, {"SOURCES__SNOWFLAKE_USAGE__BUCKET_URL": root})


def billed(day: date, first: date) -> Iterator[Row]:
    """The bill of a day."""
    known = _company()
    paid = "capacity" if day < known["overage_from"] else "overage"
    source = "free usage" if (day - first).days < known["free_days"] else paid
    for line in known["lines"]:
        usage = swung(line["usage"], day)
        yield _line(line, day, usage, usage * line["rate"], source, "CONSUMPTION")
    less = known["adjustment"]
    usage = (swung(Decimal("0.8"), day) * less["share"]).quantize(MICRO, ROUND_HALF_EVEN)
    rate = known["lines"][0]["rate"]
    yield _line(less, day, usage, usage * rate, source, "CONSUMPTION") | {"IS_ADJUSTMENT": True}
    if day.day == 1:
        support = known["support"]
        row = _line(
            support | {"rating_type": "other", "service_type": "SUPPORT"}, day, 1, support["price"], paid,
            "PRIORITY_SUPPORT",
        )  # fmt: skip
        yield row


def metered(day: date) -> Iterator[Row]:
    """The credits of a day; cloud services are free up to a tenth of compute."""
    for line in _company()["lines"]:
        if line["rating_type"] != "compute":
            continue
        used, cloud = swung(line["usage"], day), swung(line.get("cloud_services", Decimal(0)), day)
        free = -min(cloud, (used / 10).quantize(MICRO, ROUND_HALF_EVEN))
        yield _account(line["account"]) | {
            "SERVICE_TYPE": line["service_type"],
            "USAGE_DATE": day,
            "CREDITS_USED_COMPUTE": used,
            "CREDITS_USED_CLOUD_SERVICES": cloud,
            "CREDITS_USED": used + cloud,
            "CREDITS_ADJUSTMENT_CLOUD_SERVICES": free,
            "CREDITS_BILLED": used + cloud + free,
        }


def called(day: date) -> Iterator[Row]:
    """Cortex functions of a day; every seventh day a query runs over two hours and has two rows."""
    for number, call in enumerate(_company()["cortex"]):
        parts = 2 if day.toordinal() % 7 == number else 1
        for part in range(parts):
            counts = {
                ("input", "tokens"): call.get("input"),
                ("output", "tokens"): call.get("output"),
                ("total", "tokens"): call.get("total"),
                ("total", "pages"): call.get("pages"),
            }
            metrics = [
                {"key": {"metric": metric, "unit": unit}, "value": count // parts}
                for (metric, unit), count in counts.items()
                if count
            ]
            yield _account("LARKSPUR_ANALYTICS") | {
                "START_TIME": f"{day} {9 + part:02}:00:00.000 +0000",
                "END_TIME": f"{day} {10 + part:02}:00:00.000 +0000",
                "FUNCTION_NAME": call["function"],
                "MODEL_NAME": call["model"],
                "QUERY_ID": f"01b{day:%Y%m%d}-{number:04}",
                "WAREHOUSE_ID": 7,
                "ROLE_NAMES": json.dumps([call["role"]]),
                "QUERY_TAG": call["tag"] and json.dumps(call["tag"]),
                "USER_ID": call["user"],
                "METRICS": json.dumps(metrics),
                "CREDITS": call["credits"] / parts,
                "IS_COMPLETED": part == parts - 1,
            }


def rated(day: date) -> Iterator[Row]:
    """What one unit costs on a day."""
    for line in _company()["lines"]:
        row = _line(line, day, 0, Decimal(0), "", "CONSUMPTION")
        for name in ("USAGE_DATE", "USAGE", "USAGE_IN_CURRENCY", "BALANCE_SOURCE"):
            row.pop(name)
        yield {"DATE": day} | row | {"EFFECTIVE_RATE": line["rate"]}


def swung(amount: Decimal, day: date) -> Decimal:
    """Less on weekends, and a little more every day of the month."""
    share = Decimal("0.4") if day.weekday() > 4 else 1 + Decimal(day.day) / 200
    return (amount * share).quantize(MICRO, ROUND_HALF_EVEN)


def _line(
    line: Mapping[str, Any], day: date, usage: Decimal | int, amount: Decimal, source: str, billing: str
) -> Row:
    known = _company()
    account = known["accounts"][line["account"]]
    return {
        **_account(line["account"]),
        "CONTRACT_NUMBER": known["contract"],
        "SERVICE_LEVEL": account["level"],
        "USAGE_DATE": day,
        "USAGE_TYPE": line["usage_type"],
        "CURRENCY": "USD",
        "USAGE": Decimal(usage),
        "USAGE_IN_CURRENCY": Decimal(amount),
        "BALANCE_SOURCE": source,
        "BILLING_TYPE": billing,
        "RATING_TYPE": line["rating_type"],
        "SERVICE_TYPE": line["service_type"],
        "IS_ADJUSTMENT": False,
    }


def _account(name: str) -> Row:
    known = _company()
    account = known["accounts"][name]
    return {
        "ORGANIZATION_NAME": known["organization"],
        "ACCOUNT_NAME": name,
        "ACCOUNT_LOCATOR": account["locator"],
        "REGION": account["region"],
    }


def plain(value: Any) -> Any:
    """A value for Parquet: amounts as Snowflake unloads NUMBER(38, 12)."""
    return value.quantize(Decimal("1e-12")) if isinstance(value, Decimal) else value


def packed(rows: list[Row]) -> bytes:
    """Rows as a CSV; no time of writing in it."""
    text = io.StringIO()
    out = csv.DictWriter(text, rows[0], lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def _company() -> Mapping[str, Any]:
    return facts.read("snowflake_usage.yml")
