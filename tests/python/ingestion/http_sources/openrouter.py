"""OpenRouter: dollars of the last thirty days, whole, asked for by key."""

from http_sources import HttpSource, true_costs

SOURCE = HttpSource(
    name="openrouter",
    table="activity",
    path="activity",
    adds_up="cast(usage_usd as decimal(38, 18))",
    truth=true_costs("openrouter"),
    is_bill=True,
    wrong_keys={"nonsense": 401},
    amount="usage",
    # The report begins with its first day, whatever was asked for.
    days=("2026-11-07", "2026-11-12"),
    changed={"activity": "prompt_tokens"},
    new_value={"model": "new/model-9"},
    empty_page="complete",
    # The report holds all the days it has.
    skew="left out",
    left_out={"cursor": "the report comes whole"},
)
