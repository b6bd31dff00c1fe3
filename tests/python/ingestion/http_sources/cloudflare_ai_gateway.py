"""Cloudflare AI Gateway: a log by day and gateway, pages by number, no bill."""

from decimal import Decimal

from http_sources import HttpSource


def rows_of_the_log(sandbox):
    """What the gateway logged of the company's calls, by day."""
    sql = (
        "select called_at::date, count(*) from gateway_calls where gateway = 'cloudflare_ai_gateway' "
        "group by 1"
    )
    return {str(day): Decimal(count).normalize() for day, count in sandbox.world.query(sql)}


SOURCE = HttpSource(
    name="cloudflare_ai_gateway",
    table="logs",
    path="logs",
    adds_up="case when provider = 'openai' then 1 else 0 end",
    truth=rows_of_the_log,
    key="api_token",
    wrong_keys={"nonsense": 403},
    small_pages={"ROWS_A_PAGE": 20},
    too_large=("ROWS_A_PAGE", 51),
    refused="per_page",
    amount=None,
    changed={"logs": "tokens_in"},
    type_told="is no whole number",
    new_value={"model": "gpt-9"},
    empty_page="refused",
    left_out={"cursor": "its pages are numbered"},
)
