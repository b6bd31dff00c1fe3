"""Azure's cost details: an actual-cost export of an MCA account with the lines of Azure OpenAI, CSV in gzip.

Lands     azure/actual/YYYYMMDD-YYYYMMDD/<run>/part_0_0001.csv.gz and the run's manifest.json: a row per day,
          meter and resource. The newest month holds an older run too, which knows a day less.
Holds     a storage account too, as exports do; and provisioned throughput, an hourly fee for no tokens.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus, wire
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "Azure cost details export (actual cost)"
HEADER = (
    "invoiceId", "billingAccountId", "billingAccountName", "billingPeriodEndDate", "billingPeriodStartDate",
    "servicePeriodEndDate", "servicePeriodStartDate", "date", "serviceFamily", "ProductId", "product",
    "consumedService", "meterId", "meterName", "meterCategory", "meterSubCategory", "meterRegion",
    "SubscriptionId", "subscriptionName", "publisherType", "publisherName", "resourceGroupName", "ResourceId",
    "resourceLocation", "effectivePrice", "quantity", "unitOfMeasure", "chargeType", "billingCurrency",
    "pricingCurrency", "costInBillingCurrency", "costInPricingCurrency", "costInUsd",
    "exchangeRatePricingToBilling", "costCenter", "additionalInfo", "tags", "PayGPrice", "frequency",
    "pricingModel", "unitPrice", "paygCostInBillingCurrency", "paygCostInUsd",
)  # fmt: skip
INVOICE_DAYS = 5

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = folder / "azure" / "actual"
    for old in sorted(root.glob("*/*")):
        fresh(old, "*").rmdir()
    months: dict[date, list[Row]] = {}
    for row in _rows(world):
        months.setdefault(focus.month(row["date"]), []).append(row)
    for start, rows in months.items():
        last = max(row["date"] for row in rows)
        if start == max(months):
            earlier = [row for row in rows if row["date"] < last]
            write_run(root, start, earlier, f"{last}T06:00:00Z")
        write_run(root, start, rows, f"{last + timedelta(days=1)}T06:00:00Z")
    return Export(root, sum(map(len, months.values())), {"SOURCES__AZURE_OPENAI__BUCKET_URL": root})


def write_run(
    root: Path,
    start: date,
    rows: list[Row],
    submitted: str,
    kind: str = "ActualCost",
    header: Sequence[str] = HEADER,
) -> None:
    """Write one run of a month."""
    end = focus.next_month(start) - timedelta(days=1)
    number = f"{zlib.crc32((root.name + submitted).encode()):08x}-0000-4000-8000-{start:%Y%m%d}0000"
    folder = root / f"{start:%Y%m%d}-{end:%Y%m%d}" / number
    folder.mkdir(parents=True)
    text = io.StringIO()
    out = csv.DictWriter(text, header, lineterminator="\n")
    out.writeheader()
    for row in rows:
        out.writerow({name: _text(value) for name, value in row.items()})
    (folder / "part_0_0001.csv.gz").write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    manifest = {
        "manifestVersion": "2024-04-01",
        "byteCount": len(text.getvalue()),
        "dataRowCount": len(rows),
        "exportConfig": {"exportName": root.name, "type": kind, "dataVersion": "2024-08-01"},
        "runInfo": {"runId": number, "submittedTime": submitted, "startDate": f"{start}T00:00:00Z"},
        "blobs": [{"blobName": "part_0_0001.csv.gz", "dataRowCount": len(rows)}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def _rows(world: World) -> Iterator[Row]:
    billed = world.query(
        "select day, split_part(api_key_id, '/', 1) as resource, line, base_model, any_value(unit), "
        "max(dollars), sum(billed_quantity), sum(cost) from billed "
        "where provider = 'azure_openai' and line is not null group by all order by all"
    )
    for day, resource, line, model, unit, dollars, quantity, cost in billed:
        price = dollars * {"1K": 1000, "1M": 1_000_000}[unit]
        yield _row(world, day, resource, line, f"Azure OpenAI {model}", unit, quantity, price, cost)
    day = world.first
    while day <= world.last:
        ptu = _company()["provisioned"]
        if day.weekday() < 5:
            hours = Decimal(ptu["units"] * ptu["hours"])
            price = Decimal(ptu["price"])
            name, cost = ptu["meter"], hours * price
            yield _row(world, day, ptu["resource"], name, name, "1 Hour", hours, price, cost)
        yield _storage(world, day)
        day += timedelta(days=1)


def _storage(world: World, day: date) -> Row:
    """Return a line that is no model's."""
    resource = next(iter(_company()["resources"]))
    row = _row(world, day, resource, "Hot LRS Data Stored", "Tiered Block Blob", "1 GB/Month",
               Decimal("3.5"), Decimal("0.02"), Decimal("0.07"))  # fmt: skip
    account = row["ResourceId"].replace("CognitiveServices/accounts", "Storage/storageAccounts")
    return row | {
        "meterCategory": "Storage",
        "consumedService": "Microsoft.Storage",
        "serviceFamily": "Storage",
        "ResourceId": account,
    }


def _row(
    world: World,
    day: date,
    resource: str,
    meter: str,
    sub_category: str,
    unit: str,
    quantity: Decimal,
    price: Decimal,
    cost: Decimal,
) -> Row:
    company = _company()
    described = company["resources"][resource]
    start, end = focus.month(day), focus.next_month(day)
    invoiced = focus.at(end + timedelta(days=INVOICE_DAYS)) <= world.now
    return {
        "invoiceId": f"G{start:%y%m}00417" if invoiced else None,
        "billingAccountId": company["billing_account"]["id"],
        "billingAccountName": company["billing_account"]["name"],
        "billingPeriodStartDate": start,
        "billingPeriodEndDate": end - timedelta(days=1),
        "date": day,
        "serviceFamily": "AI + Machine Learning",
        "product": f"Azure OpenAI - {meter}",
        "consumedService": "Microsoft.CognitiveServices",
        "meterId": f"{zlib.crc32(meter.encode()):08x}-1111-4222-8333-444455556666",
        "meterName": meter,
        "meterCategory": "Azure OpenAI",
        "meterSubCategory": sub_category,
        "meterRegion": described["region"],
        "SubscriptionId": described["subscription"],
        "subscriptionName": company["subscriptions"][described["subscription"]]["name"],
        "publisherType": "Microsoft",
        "publisherName": "Microsoft",
        "resourceGroupName": described["group"],
        "ResourceId": resource_id(resource),
        "resourceLocation": described["region"],
        "effectivePrice": price,
        "quantity": quantity,
        "unitOfMeasure": unit,
        "chargeType": "Usage",
        "billingCurrency": "USD",
        "pricingCurrency": "USD",
        "costInBillingCurrency": cost,
        "costInPricingCurrency": cost,
        "costInUsd": cost,
        "exchangeRatePricingToBilling": 1,
        "tags": json.dumps(described["tags"]),
        "PayGPrice": price,
        "frequency": "UsageBased",
        "pricingModel": "OnDemand",
        "unitPrice": price,
        "paygCostInBillingCurrency": cost,
        "paygCostInUsd": cost,
    }


def resource_id(resource: str) -> str:
    """Return the id of a resource as Azure's bill spells it."""
    described = _company()["resources"][resource]
    return (
        f"/subscriptions/{described['subscription']}/resourceGroups/{described['group']}"
        f"/providers/Microsoft.CognitiveServices/accounts/{resource}"
    )


def _text(value: Any) -> Any:
    return wire.plain(value) if isinstance(value, Decimal) else value


def _company() -> Mapping[str, Any]:
    return facts.read("company.yml")["azure_openai"]
