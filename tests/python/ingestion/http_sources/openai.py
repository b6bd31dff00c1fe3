"""OpenAI: dollars, buckets of days, cursors."""

from http_sources import HttpSource, true_costs

SOURCE = HttpSource(
    name="openai",
    table="costs",
    path="organization/costs",
    adds_up="cast(amount as decimal(38, 18))",
    is_bill=True,
    truth=true_costs("openai"),
    line="line_item",
    wrong_keys={"nonsense": 401, "sk-proj-larkspur": 403},
    small_pages={"COST_DAYS_A_PAGE": 2, "USAGE_DAYS_A_PAGE": 1},
    too_large=("COST_DAYS_A_PAGE", 181),
    refused="expected 1 to 180",
    changed={"organization/costs": "start_time", "usage/completions": "output_tokens"},
    days_once=True,
    new_value={"line_item": "gpt-9, dreamt input"},
)
