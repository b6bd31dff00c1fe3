"""Cursor: fractions of cents, events without an id, pages asked for by number in the body."""

from http_sources import HttpSource, true_costs

SOURCE = HttpSource(
    name="cursor",
    table="usage_events",
    path="filtered-usage-events",
    # What is included in a seat has an amount too.
    adds_up="""case when is_chargeable and kind = 'Usage-based'
        then cast(charged_cents as decimal(38, 18)) * 0.01 else 0 end""",
    truth=true_costs("cursor"),
    is_bill=True,
    wrong_keys={"nonsense": 401, "key_member_larkspur": 403},
    small_pages={"ROWS_A_PAGE": 40},
    too_large=("ROWS_A_PAGE", 1001),
    refused="pageSize",
    amount="chargedCents",
    changed={"filtered-usage-events": "inputTokens", "daily-usage-data": "acceptedLinesAdded"},
    new_value={"kind": "Dreamt of"},
    empty_page="refused",
    left_out={
        "cursor": "its pages are numbered",
        "new_value": "an unknown kind is not billed",
        "shrinking": "what is included in seats stays",
    },
)
