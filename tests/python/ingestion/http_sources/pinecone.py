"""Pinecone: an export that is asked for and waited for; its rows are CSV, out of reach of faults in JSON."""

from http_sources import HttpSource, saas_costs

SOURCE = HttpSource(
    name="pinecone",
    table="cost_and_usage",
    path="cost-usage-exports",
    adds_up="cast(billed_cost as decimal(38, 18))",
    truth=saas_costs("pinecone"),
    is_bill=True,
    line="charge_description",
    wrong_keys={"nonsense": 401, "pc-viewer": 403},
    # In the CSV: test_saas.py has these cases.
    amount=None,
    # A month is read from its first day on.
    days=("2026-11-01", "2026-11-12"),
    changed={"cost-usage-exports": "status"},
    empty_page="complete",
    left_out={
        "cursor": "the list's first page is enough: one export runs at a time",
        "skew": "rows are CSV",
        "new_value": "rows are CSV",
    },
)
