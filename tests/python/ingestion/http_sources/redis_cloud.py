"""Redis Cloud: a report that is made as a task; its rows are CSV, out of reach of faults in JSON."""

from http_sources import HttpSource, saas_costs

SOURCE = HttpSource(
    name="redis_cloud",
    table="cost_and_usage",
    adds_up="cast(billed_cost as decimal(38, 18))",
    truth=saas_costs("redis_cloud"),
    is_bill=True,
    line="charge_description",
    wrong_keys={"nonsense": 401},
    # In the CSV: test_saas.py has these cases.
    amount=None,
    # A month is read from its first day on.
    days=("2026-11-01", "2026-11-12"),
    changed={"tasks": "status"},
    empty_page="complete",
    left_out={
        "cursor": "a report comes whole",
        "skew": "rows are CSV",
        "new_value": "rows are CSV",
    },
)
