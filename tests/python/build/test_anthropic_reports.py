"""Two reports tell Anthropic's bill: a change of the setting bills every day once, to the last digit."""

from decimal import Decimal

ANALYTICS = {"SOURCES__ANTHROPIC__REPORTS": "analytics"}
SELECTED = ("build", "--select", "path:models/staging/anthropic+", "--exclude-resource-type", "unit_test")


def billed(project):
    rows = project.rows(
        "select charge_date::text, sum(billed_cost), sum(list_cost), count(x_api_key_id) > 0 "
        "from fct_charges where x_source = 'anthropic' group by 1 order by 1"
    )
    return (
        {day: cost for day, cost, _, _ in rows},
        {day for day, cost, listed, _ in rows if listed > cost},
        {day for day, *_, has_keys in rows if has_keys},
    )


def test_days_that_another_report_takes_over_are_billed_once(project, sandbox):
    truth = {}
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "anthropic":
            truth[str(row["day"])] = truth.get(str(row["day"]), Decimal()) + row["cost"]
    project.load(sandbox.env | ANALYTICS, "anthropic", since="2026-11-09", until="2026-11-11")
    project.dbt(*SELECTED)
    taken = {"2026-11-09", "2026-11-10", "2026-11-11"}
    assert billed(project) == (truth, taken, taken)
    requests = (
        "select distinct charge_date::text from main_intermediate.int_anthropic__usage "
        "where x_source = 'anthropic' and x_token_class = 'requests'"
    )
    assert {day for (day,) in project.rows(requests)} == taken
    # And back again: the newest reading decides.
    project.load(sandbox.env, "anthropic", since="2026-11-10", until="2026-11-10")
    project.dbt(*SELECTED)
    assert billed(project) == (truth, taken - {"2026-11-10"}, taken - {"2026-11-10"})


def test_what_a_subscription_pays_for_is_on_no_bill(built):
    """Claude Code tells of it: it is used, on an account that no charge has."""
    used = built.rows(
        "select count(*) > 0, sum(estimated_cost) > 0 from main_intermediate.int_anthropic__usage "
        "where billing_account_id = 'claude-subscription'"
    )
    assert used == [(True, True)]
    on_a_bill = "select count(*) from fct_charges where billing_account_id = 'claude-subscription'"
    assert built.rows(on_a_bill) == [(0,)]
    told_by_both = (
        "select count(*) from main_intermediate.int_anthropic__usage "
        "where x_source = 'claude_code' and billing_account_id = 'anthropic'"
    )
    assert built.rows(told_by_both) == [(0,)]
