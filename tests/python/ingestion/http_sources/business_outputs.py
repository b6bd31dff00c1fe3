"""Business outputs from a list of one's own: quantities, no money, days in pages."""

from http_sources import HttpSource
from ingestion.sandbox.exports.business_outputs import outputs


def made(sandbox):
    """What was put out, by day."""
    totals = {}
    for day, _, _, quantity in outputs(sandbox.world):
        totals[str(day)] = totals.get(str(day), 0) + quantity
    return totals


SOURCE = HttpSource(
    name="business_outputs",
    # The environment points at the sandbox's file too, and files come first.
    settings={"read_from": "api"},
    table="business_outputs",
    path="business_outputs",
    adds_up="cast(quantity as decimal(38, 18))",
    truth=made,
    small_pages={"ROWS_A_PAGE": 4},
    too_large=("ROWS_A_PAGE", 1001),
    amount="quantity",
    changed={"business_outputs": "metric"},
    type_told="is no text",
    new_value={"feature": "new-feature"},
)
