"""GitHub Copilot: dollars of a day, whole, asked for by day, user and cost centre."""

from http_sources import HttpSource, true_costs

SOURCE = HttpSource(
    name="github_copilot",
    table="usage",
    path="ai_credit/usage",
    adds_up="cast(net_dollars as decimal(38, 18))",
    truth=true_costs("github_copilot"),
    is_bill=True,
    wrong_keys={"nonsense": 401, "ghp_member": 403},
    amount="netAmount",
    changed={"ai_credit/usage": "netAmount"},
    type_told="is no number",
    empty_page="complete",
    left_out={
        "cursor": "a day comes whole",
        "skew": "items have no time: the request says the day",
        "new_value": "the bill is read whole, by user and by month: replies must agree",
    },
)
