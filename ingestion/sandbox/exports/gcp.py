"""Google Cloud's detailed billing export of an account without AI, as BigQuery writes JSON lines.

Lands     gcp/YYYY-MM/000000000000.json.gz, a folder per month of `export_time`: every line of `gcp.yml` by
          day with its credits nested in it, and for every closed month support, a marketplace
          subscription, tax, an adjustment and what rounding left.
Edge      a row is on the invoice of the month in which it was exported: late ones are on the next month's.
Late      one row in seventeen arrives three days after the others, with its old usage time.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus, wire
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "Google Cloud detailed billing export, JSON lines"
LATE_EVERY, LATE_DAYS = 17, 3
CENT = Decimal("0.01")

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = folder / "gcp"
    for old in root.glob("20*"):
        fresh(old, "*.json.gz").rmdir()
    months: dict[str, list[Row]] = {}
    for row in rows(world):
        months.setdefault(row["export_time"][:7], []).append(row)
    for month, found in months.items():
        path = root / month / "000000000000.json.gz"
        path.parent.mkdir(parents=True)
        # No time of writing in the file: the same world gives the same bytes.
        with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
            for row in sorted(found, key=lambda row: row["export_time"]):
                file.write((wire.dumps(row) + "\n").encode())
    count = sum(map(len, months.values()))
    return Export(root, count, {"SOURCES__GCP__BUCKET_URL": root})


def rows(world: World) -> Iterator[Row]:
    """Every row of the export."""
    known, number = _company(), 0
    spent: dict[date, Decimal] = {}
    day = world.first
    while day <= world.last:
        for line in known["lines"]:
            number += 1
            late = not number % LATE_EVERY and focus.at(day + timedelta(days=1 + LATE_DAYS), 3) <= world.now
            exported = focus.at(day + timedelta(days=1 + LATE_DAYS), 3) if late else focus.at(day, 23)
            row = _row(line, day, day + timedelta(days=1))
            row["export_time"] = _moment(exported)
            row["invoice"] = {"month": f"{exported:%Y%m}"}
            month = focus.month(exported.date())
            spent[month] = spent.get(month, Decimal(0)) + row["cost"]
            spent[month] += sum((credit["amount"] for credit in row["credits"]), Decimal(0))
            yield row
        day += timedelta(days=1)
    for month, amount in spent.items():
        if focus.at(focus.next_month(month)) < world.now:
            yield from _month_end(world, month, amount)


def _month_end(world: World, start: date, spent: Decimal) -> Iterator[Row]:
    monthly, end = _company()["monthly"], focus.next_month(start)
    exported = {"export_time": _moment(focus.at(end, 5)), "invoice": {"month": f"{start:%Y%m}"}}
    nothing = {"usage": None, "location": None, "cost_at_list": None}
    for name in ("support", "sold"):
        line = monthly[name]
        row = _row(line, start, end) | exported | nothing
        if "seller" in line:
            row |= {"seller_name": line["seller"], "transaction_type": "THIRD_PARTY_RESELLER"}
        yield row
        spent += line["cost"]
    tax = (spent * monthly["tax_rate"]).quantize(CENT, ROUND_HALF_UP)
    for kind, sku, cost in (("tax", "Tax", tax), ("rounding_error", "Rounding error", monthly["rounding"])):
        line = {"service": "invoice", "sku": sku, "cost": cost}
        yield _row(line, start, end) | exported | nothing | {"cost_type": kind}
    # of a day that was invoiced already
    day = start - timedelta(days=4)
    if day >= world.first:
        line = monthly["adjustment"]
        info = {"id": "goodwill", "description": line["description"], "mode": "COMPLETE_NEGATION"}
        row = _row(line, day, day + timedelta(days=1)) | exported | nothing
        yield row | {"cost_type": "adjustment", "adjustment_info": info | {"type": "GOODWILL"}}


def _row(line: Mapping[str, Any], start: date, end: date) -> Row:
    known = _company()
    project, cost, model = line.get("project"), line["cost"], line.get("model")
    credits = [
        {"name": name, "full_name": name, "type": kind, "amount": -cost * share}
        for name, kind, share in line.get("credits", [])
    ]
    resource = line.get("resource")
    return {
        "billing_account_id": known["billing_account"],
        "service": known["services"][line["service"]],
        "sku": _sku(line["sku"]),
        "usage_start_time": _moment(focus.at(start)),
        "usage_end_time": _moment(focus.at(end)),
        "project": project and _project(project),
        "labels": _labels(line.get("labels")),
        "system_labels": [],
        "tags": [],
        "location": {"location": line.get("region") or "global", "region": line.get("region")},
        "resource": resource and {"name": resource, "global_name": f"//{line['service']}/{resource}"},
        "cost": cost,
        "cost_at_list": line.get("list", cost),
        "cost_at_effective_price_default": line.get("default", cost),
        "currency": "USD",
        "currency_conversion_rate": 1,
        "usage": {
            "amount": line.get("amount", 0),
            "unit": line.get("unit"),
            "amount_in_pricing_units": line.get("priced", 0),
            "pricing_unit": line.get("pricing_unit"),
        },
        "credits": credits,
        "cost_type": "regular",
        "subscription": {"instance_id": line.get("subscription")},
        "consumption_model": model or {"id": "7754-699E-0EBF", "description": "Default"},
        "transaction_type": "GOOGLE",
    }


def _project(project: str) -> Row:
    known = _company()["projects"][project]
    labels = _labels(known["labels"])
    return {"id": project, "number": known["number"], "name": known["name"], "labels": labels}


def _labels(labels: Mapping[str, str] | None) -> list[Row]:
    return [{"key": key, "value": value} for key, value in (labels or {}).items()]


def _sku(text: str) -> Row:
    number = f"{zlib.crc32(text.encode()):08X}"
    return {"id": f"{number[:4]}-{number[4:]}-0001", "description": text}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _company() -> Mapping[str, Any]:
    return facts.read("gcp.yml")
