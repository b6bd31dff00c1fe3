"""The vector database's bill: a FOCUS 1.4 export of a SaaS vendor, one CSV a month.

Lands     focus/vector_db/pinecone_YYYY-MM.csv: a line per day, index and meter (storage, read
          units, write units). Version 1.4 has no ProviderName and no PublisherName.
Follows   the calls of the day: a feature that answers more reads more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import calls, facts, focus
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "FOCUS 1.4 export of the vector database"
HOST = "Amazon Web Services"
INVOICE_DAYS = 3


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = fresh(folder / "focus" / "vector_db", "pinecone_*.csv")
    rows = list(_rows(world))
    for start in sorted({row["BillingPeriodStart"] for row in rows}):
        own = [row for row in rows if row["BillingPeriodStart"] == start]
        focus.write_csv(own, focus.COLUMNS_1_4, root / f"pinecone_{start:%Y-%m}.csv")
    return Export(root, len(rows), {"SOURCES__FOCUS__BUCKET_URL": [str(root)]})


def _rows(world: World) -> Iterator[focus.Row]:
    content = facts.read("vector_db.yml")
    made = {
        (day, feature): count
        for day, feature, count in world.query(
            "select day, feature, count(*) from calls where environment = 'prod' group by all"
        )
    }
    day = world.first
    while day <= world.last:
        for index in content["indexes"]:
            quantities = {
                "storage": _stored(index, day),
                "reads": _units(index["reads"], made, day),
                "writes": _units(index["writes"], made, day),
            }
            for name, quantity in quantities.items():
                if quantity:
                    yield _row(world, day, index, content["meters"][name], quantity)
        day += timedelta(days=1)


def _stored(index: Mapping[str, Any], day: date) -> Decimal:
    """Return GB kept on a day, to the thousandth."""
    grown = (1 + float(index.get("growth", 0))) ** ((day - calls.GROWTH_FROM).days / 30)
    return Decimal(round(float(index["stored"]) * grown * 1000)).scaleb(-3)


def _units(per_call: Mapping[str, int], made: Mapping[tuple, int], day: date) -> Decimal:
    return Decimal(sum(units * made.get((day, feature), 0) for feature, units in per_call.items()))


def _row(
    world: World,
    day: date,
    index: Mapping[str, Any],
    meter: Mapping[str, Any],
    quantity: Decimal,
) -> focus.Row:
    content = facts.read("vector_db.yml")
    vendor = facts.read("company.yml")["vector_db"]["service_provider"]
    projects = facts.read("company.yml")["vector_db"]["projects"]
    invoice = _invoice(world, day)
    return {
        "ServiceProviderName": vendor,
        "HostProviderName": HOST,
        "InvoiceIssuerName": vendor,
        "InvoiceId": invoice,
        "InvoiceDetailId": invoice and f"{invoice}-{index['project']}-{meter['sku']}",
        "BillingAccountId": content["organization"]["id"],
        "BillingAccountName": content["organization"]["name"],
        "BillingAccountType": "Organization",
        "SubAccountId": index["project"],
        "SubAccountName": projects[index["project"]]["name"],
        "SubAccountType": "Project",
        **focus.period(day),
        **focus.on(focus.at(day), focus.at(day + timedelta(days=1))),
        **focus.priced(quantity / meter["block"], meter["unit"], Decimal(meter["price"])),
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "PricingCategory": "Standard",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": f"{meter['description']}, {index['name']}",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": meter["consumed"],
        "ServiceName": "Pinecone Database",
        "ServiceCategory": "Databases",
        "ServiceSubcategory": "Other (Databases)",
        "SkuId": meter["sku"],
        "SkuMeter": meter["description"],
        "SkuPriceId": f"{meter['sku']}.enterprise",
        "ResourceId": f"{index['project']}/{index['name']}",
        "ResourceName": index["name"],
        "ResourceType": "Index",
        "RegionId": content["region"]["id"],
        "RegionName": content["region"]["name"],
        "Tags": focus.key_values(index["tags"]),
    }


def _invoice(world: World, day: date) -> str | None:
    """Return the invoice of a day's month, None until it is issued."""
    issued = focus.at(focus.next_month(day) + timedelta(days=INVOICE_DAYS))
    return f"PC-{day:%Y%m}" if issued <= world.now else None
