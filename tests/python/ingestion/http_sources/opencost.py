"""OpenCost: no bill but weights, a day at a time, without a key."""

from http_sources import HttpSource
from ingestion.sandbox.apis import opencost


def allocated(sandbox):
    """What the sandbox's clusters allocate, by day."""
    totals = opencost.truth(sandbox.world)
    return {day: total.normalize() for day, total in totals.items() if total}


SOURCE = HttpSource(
    name="opencost",
    table="allocations",
    path="allocation",
    adds_up="cast(total_cost as decimal(38, 18))",
    truth=allocated,
    # It has none; without an address there is nothing to ask.
    key="base_url",
    wrong_keys={},
    amount="totalCost",
    changed={"allocation": "ramCost", "assets": "cpuCost"},
    type_told="is no number",
    new_value={"namespace": "dreams"},
    empty_page="complete",
    left_out={"cursor": "a day comes whole"},
)
