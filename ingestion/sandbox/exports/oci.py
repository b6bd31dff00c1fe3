"""Oracle Cloud's cost reports: a CSV a month, a row per day, resource and SKU.

Lands     oci/reports/cost-csv/<number>.csv.gz. Tags are a column each.
Holds     some overage since the middle of November; a correction of each closed month in the next report.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus, wire
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "Oracle Cloud cost reports"
HEADER = (
    "lineItem/referenceNo", "lineItem/tenantId", "lineItem/intervalUsageStart", "lineItem/intervalUsageEnd",
    "product/service", "product/compartmentId", "product/compartmentName", "product/region",
    "product/availabilityDomain", "product/resourceId", "usage/billedQuantity",
    "usage/billedQuantityOverage", "cost/subscriptionId", "cost/productSku", "product/Description",
    "cost/unitPrice", "cost/unitPriceOverage", "cost/myCost", "cost/myCostOverage", "cost/currencyCode",
    "cost/billingUnitReadable", "cost/skuUnitDescription", "cost/overageFlag", "lineItem/isCorrection",
    "lineItem/backreferenceNo",
)  # fmt: skip
FIRST_NUMBER = 100_000_000_000_017

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the reports."""
    root = fresh(folder / "oci" / "reports" / "cost-csv", "*.csv.gz")
    months: dict[date, list[Row]] = {}
    day = world.first
    while day <= world.last:
        month = focus.month(day)
        if month not in months and months:
            first = next(row for row in months[max(months)] if _is_corrected(row))
            months.setdefault(month, []).append(_correction(first))
        months.setdefault(month, []).extend(_day(day))
        day += timedelta(days=1)
    for number, rows in enumerate(months.values()):
        _report(root / f"{FIRST_NUMBER + number:016}.csv.gz", rows)
    return Export(root, sum(map(len, months.values())), {"SOURCES__OCI__BUCKET_URL": root})


def _report(path: Path, rows: list[Row]) -> None:
    tags = sorted({name for row in rows for name in row if name.startswith("tags/")})
    text = io.StringIO()
    out = csv.DictWriter(text, (*HEADER, *tags), lineterminator="\n")
    out.writeheader()
    for row in rows:
        out.writerow({name: _text(value) for name, value in row.items()})
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _text(value: Any) -> Any:
    return wire.plain(value) if isinstance(value, Decimal) else value


def _day(day: date) -> Iterator[Row]:
    company = _company()
    for resource in company["resources"]:
        yield _row(day, resource, Decimal(resource["quantity"]))


def _row(day: date, resource: Mapping[str, Any], quantity: Decimal) -> Row:
    company = _company()
    price, over = Decimal(resource["price"]), company["overage"]
    number = hashlib.md5(f"{day}/{resource['id']}/{resource['sku']}".encode(), usedforsecurity=False)
    row = {
        "lineItem/referenceNo": number.hexdigest(),
        "lineItem/tenantId": company["tenancy"],
        # Oracle writes seconds at the end only.
        "lineItem/intervalUsageStart": f"{day}T00:00Z",
        "lineItem/intervalUsageEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        "product/service": resource["service"],
        "product/compartmentId": resource["compartment"],
        "product/compartmentName": company["compartments"][resource["compartment"]],
        "product/region": company["region"],
        "product/resourceId": resource["id"],
        "usage/billedQuantity": quantity,
        "cost/productSku": resource["sku"],
        "product/Description": resource["description"],
        "cost/unitPrice": price,
        "cost/myCost": quantity * price,
        "cost/currencyCode": "USD",
        "cost/billingUnitReadable": resource["readable"],
        "cost/skuUnitDescription": resource["unit"],
        "cost/overageFlag": "false",
        "lineItem/isCorrection": "false",
        **{f"tags/{name}": value for name, value in resource["tags"].items()},
    }
    if resource["id"] == over["resource"] and day >= over["since"]:
        share = quantity * Decimal(over["share"])
        row |= {
            "usage/billedQuantityOverage": share,
            "cost/unitPriceOverage": price,
            "cost/myCostOverage": share * price,
            "cost/overageFlag": "true",
        }
    return row


def _is_corrected(row: Row) -> bool:
    named = row["product/resourceId"] == _company()["correction"]["resource"]
    return named and row["lineItem/isCorrection"] == "false"


def _correction(row: Row) -> Row:
    """A part of a line of the month before, given back."""
    share = Decimal(_company()["correction"]["share"])
    number = hashlib.md5(f"correction of {row['lineItem/referenceNo']}".encode(), usedforsecurity=False)
    return row | {
        "lineItem/referenceNo": number.hexdigest(),
        "lineItem/isCorrection": "true",
        "lineItem/backreferenceNo": row["lineItem/referenceNo"],
        "usage/billedQuantity": row["usage/billedQuantity"] * share,
        "cost/myCost": row["cost/myCost"] * share,
    }


def _company() -> Mapping[str, Any]:
    return facts.read("company.yml")["oci"]
