"""Invoices of a vendor that nobody connects, as finance writes them down: a CSV a month in our own shape.

Lands     custom_costs/lanternfish-YYYY-MM.csv: three lines a month, two of a feature and one of a team.
"""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from ingestion.sandbox import focus
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "invoices in our own shape of custom costs"
COLUMNS = (
    "charge_id", "provider", "billing_account", "service", "service_category", "period_start", "period_end",
    "charge_category", "billed_cost", "currency", "sub_account", "description", "tags", "invoice_id",
)  # fmt: skip
VENDOR, SERVICE = "Lanternfish", "Feature flags"

# sub account -> price of a month, and whose it is
LINES = {
    "search": (Decimal("148.50"), {"feature": "search-answers", "environment": "prod"}),
    "documents": (Decimal("96.30"), {"feature": "doc-chat", "environment": "prod"}),
    "delivery": (Decimal("61.2345"), {"team": "developer-experience"}),
}


def write(world: World, folder: Path) -> Export:
    """Write a file for every month that the window touches."""
    root = fresh(folder / "custom_costs", "*.csv")
    start, count = focus.month(world.first), 0
    while start <= world.last:
        count += _month(start, root / f"lanternfish-{start:%Y-%m}.csv")
        start = focus.next_month(start)
    return Export(root, count, {"SOURCES__CUSTOM_COSTS__BUCKET_URL": root})


def _month(start: date, path: Path) -> int:
    invoice = f"LF-{start:%Y%m}"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for name, (price, tags) in LINES.items():
            out.writerow(
                (
                    f"{invoice}-{name}", VENDOR, "larkspur", SERVICE, "Developer Tools", start,
                    focus.next_month(start), "Usage", price, "USD", name, f"{SERVICE}, {name}",
                    json.dumps(tags), invoice,
                )
            )  # fmt: skip
    return len(LINES)
