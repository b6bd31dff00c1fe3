"""MongoDB Atlas: cents of an invoice's lines, invoices whole, the list of them in pages by number."""

from decimal import Decimal

from http_sources import HttpSource
from ingestion.sandbox import saas
from ingestion.sandbox.apis.mongodb_atlas import cents


def cents_of_lines(sandbox):
    """What the lines bill now, by day."""
    sums = {}
    for line in saas.lines(sandbox.world, "mongodb_atlas"):
        sums[str(line.day)] = sums.get(str(line.day), 0) + cents(line)
    return {day: Decimal(total).normalize() for day, total in sums.items()}


SOURCE = HttpSource(
    name="mongodb_atlas",
    table="line_items",
    path="invoices",
    adds_up="cast(total_price_cents as decimal(38, 0))",
    truth=cents_of_lines,
    is_bill=True,
    line="sku",
    wrong_keys={"nonsense": 401},
    small_pages={"INVOICES_A_PAGE": 1},
    too_large=("INVOICES_A_PAGE", 501),
    refused="itemsPerPage",
    amount="totalPriceCents",
    # An invoice is read whole.
    days=("2026-11-01", "2026-11-12"),
    changed={"invoices": "quantity"},
    type_told="is no number",
    new_value={"sku": "ATLAS_DREAMS"},
    empty_page="refused",
    left_out={
        "cursor": "its pages are numbered",
        "skew": "lines may be dated before their invoice: a correction",
    },
)
