"""Datadog: dollars of a month, whole, on the month's first day."""

from datetime import date

from http_sources import HttpSource
from ingestion.sandbox import saas


def by_month(sandbox):
    """What is charged by month, on its first day."""
    sums = {}
    for line in saas.lines(sandbox.world, "datadog"):
        first = str(date(line.day.year, line.day.month, 1))
        sums[first] = sums.get(first, 0) + line.cost
    return {day: amount.normalize() for day, amount in sums.items()}


SOURCE = HttpSource(
    name="datadog",
    table="costs",
    path="estimated_cost",
    adds_up="case when charge_type <> 'total' then cast(cost_usd as decimal(38, 18)) else 0 end",
    truth=by_month,
    wrong_keys={"nonsense": 403},
    amount="cost",
    days=("2026-11-01", "2026-11-12"),
    changed={"estimated_cost": "charges"},
    empty_page="complete",
    left_out={
        "cursor": "months come whole",
        "new_value": "a product without its total is refused",
    },
)
