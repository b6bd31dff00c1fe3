"""The bill of a host in Europe: a FOCUS 1.2 export in euro, one CSV a month.

Lands     focus/eu_hosting/nordhafen_YYYY-MM.csv: a line per day and resource, and the tax of each month.
Follows   nothing: the servers run day and night.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "FOCUS 1.2 export of a host that bills in euro"
CURRENCY = "EUR"
INVOICE_DAYS = 3


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = fresh(folder / "focus" / "eu_hosting", "nordhafen_*.csv")
    rows = list(_rows(world))
    for start in sorted({row["BillingPeriodStart"] for row in rows}):
        own = [row for row in rows if row["BillingPeriodStart"] == start]
        focus.write_csv(own, focus.COLUMNS_1_2, root / f"nordhafen_{start:%Y-%m}.csv")
    return Export(root, len(rows), {"SOURCES__FOCUS__BUCKET_URL": [str(root)]})


def _rows(world: World) -> Iterator[focus.Row]:
    content = facts.read("eu_hosting.yml")
    billed: dict[date, Decimal] = {}
    day = world.first
    while day <= world.last:
        for resource in content["resources"]:
            row = _row(world, day, resource)
            billed[focus.month(day)] = billed.get(focus.month(day), Decimal()) + row["BilledCost"]
            yield row
        day += timedelta(days=1)
    for start, amount in billed.items():
        yield _tax(world, start, amount)


def _account(world: World, day: date) -> focus.Row:
    content = facts.read("eu_hosting.yml")
    issued = focus.at(focus.next_month(day) + timedelta(days=INVOICE_DAYS))
    return {
        "ProviderName": content["provider"],
        "PublisherName": content["provider"],
        "InvoiceIssuerName": content["provider"],
        "InvoiceId": f"NH-{day:%Y%m}" if issued <= world.now else None,
        "BillingAccountId": content["account"]["id"],
        "BillingAccountName": content["account"]["name"],
        "BillingAccountType": "Account",
        "BillingCurrency": CURRENCY,
        **focus.period(day),
    }


def _row(world: World, day: date, resource: dict[str, Any]) -> focus.Row:
    content = facts.read("eu_hosting.yml")
    sku = content["skus"][resource["sku"]]
    quantity = Decimal(resource["quantity"])
    return {
        **_account(world, day),
        **focus.on(focus.at(day), focus.at(day + timedelta(days=1))),
        **focus.priced(quantity, sku["unit"], Decimal(sku["price"])),
        "PricingCurrency": CURRENCY,
        "PricingCategory": "Standard",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": sku["description"],
        "ConsumedQuantity": quantity,
        "ConsumedUnit": sku["unit"],
        "ServiceName": sku["service"],
        "ServiceCategory": sku["category"],
        "ServiceSubcategory": sku["subcategory"],
        "SkuId": resource["sku"],
        "SkuMeter": sku["description"],
        "SkuPriceId": f"{resource['sku']}.list",
        "ResourceId": f"{content['account']['id']}/{resource['name']}",
        "ResourceName": resource["name"],
        "ResourceType": sku["type"],
        "RegionId": content["region"]["id"],
        "RegionName": content["region"]["name"],
        "Tags": focus.key_values(resource["tags"]),
    }


def _tax(world: World, start: date, amount: Decimal) -> focus.Row:
    """Return the tax of what a month has been billed so far."""
    content = facts.read("eu_hosting.yml")
    tax = amount * content["tax"]["rate"]
    end = min(world.last + timedelta(days=1), focus.next_month(start))
    return {
        **_account(world, start),
        **focus.on(focus.at(max(start, world.first)), focus.at(end)),
        **focus.costs(tax),
        "PricingCurrency": CURRENCY,
        "ListCost": tax,
        "ChargeCategory": "Tax",
        "ChargeFrequency": "Recurring",
        "ChargeDescription": content["tax"]["description"],
        "ServiceName": "Tax",
        "ServiceCategory": "Other",
        "ServiceSubcategory": "Other (Other)",
    }
