"""Anthropic: cents, buckets of days, cursors."""

from http_sources import HttpSource, true_costs

SOURCE = HttpSource(
    name="anthropic",
    table="costs",
    path="cost_report",
    adds_up="cast(amount_cents as decimal(38, 18)) * 0.01",
    is_bill=True,
    truth=true_costs("anthropic"),
    line="description",
    wrong_keys={"nonsense": 401, "sk-ant-api03-larkspur": 403},
    small_pages={"DAYS_A_PAGE": 2},
    too_large=("DAYS_A_PAGE", 32),
    refused="should be from 1 to 31",
    changed={"cost_report": "starting_at", "usage_report/messages": "output_tokens"},
    days_once=True,
    new_value={"token_type": "cache_creation.ephemeral_24h_input_tokens"},
)
