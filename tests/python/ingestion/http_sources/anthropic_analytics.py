"""Anthropic's analytics reports: flat rows by key, whose kinds of cost do not count for a page's limit."""

from http_sources import HttpSource, true_costs

SOURCE = HttpSource(
    name="anthropic",
    label="anthropic_analytics",
    settings={"reports": "analytics"},
    table="analytics_costs",
    path="analytics/cost",
    adds_up="cast(amount_cents as decimal(38, 18)) * 0.01",
    is_bill=True,
    truth=true_costs("anthropic"),
    wrong_keys={"nonsense": 401, "sk-ant-analytics-larkspur-sandbox": 403, "sk-ant-api03-larkspur": 403},
    small_pages={"ROWS_A_PAGE": 20},
    too_large=("ROWS_A_PAGE", 1001),
    refused="should be from 1 to 1000",
    changed={"analytics/cost": "starting_at", "analytics/usage": "output_tokens"},
    new_value={"token_type": "cache_creation.ephemeral_24h_input_tokens"},
)
