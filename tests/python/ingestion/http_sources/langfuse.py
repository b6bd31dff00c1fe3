"""Langfuse: observations with an opaque cursor, no bill."""

from decimal import Decimal

from http_sources import HttpSource


def observations(sandbox):
    """What the tracer saw of the company's calls, by day."""
    sql = "select called_at::date, count(*) from gateway_calls where gateway = 'langfuse' group by 1"
    return {str(day): Decimal(count).normalize() for day, count in sandbox.world.query(sql)}


SOURCE = HttpSource(
    name="langfuse",
    table="observations",
    path="observations",
    adds_up="case when name = 'chat' then 1 else 0 end",
    truth=observations,
    key="secret_key",
    small_pages={"ROWS_A_PAGE": 40},
    too_large=("ROWS_A_PAGE", 1001),
    amount=None,
    changed={"observations": "startTime"},
    new_value={"providedModelName": "gpt-9"},
    columns={"providedModelName": "model"},
    left_out={"no_cursor": "no cursor is the end, by the API's own contract"},
)
