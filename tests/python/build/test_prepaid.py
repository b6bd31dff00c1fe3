"""Prepaid accounts over a few lines of a bill: cash is billed when it is paid, usage is not billed again."""

import json

import pytest

VARIABLES = json.dumps(
    {"providers": ["focus", "prepaid"], "first_date": "2026-09-01", "last_date": "2026-12-31"}
)
MARK = "written before this run"
ACCOUNTS, TOPUPS = "finance/billing_accounts.csv", "finance/prepaid_topups.csv"


def build(project):
    selection = ("+fct_charges", "assert_the_fact_equals_its_sources")
    kinds = [f"--resource-type={kind}" for kind in ("seed", "model", "test")]
    return project.dbt(
        "build", "--select", *selection, "--indirect-selection=empty", *kinds, "--vars", VARIABLES
    )


def lines(project):
    return project.rows(
        "select charge_date::text, billing_account_id, charge_category, billed_cost::int, "
        "effective_cost::int from fct_charges order by all"
    )


def written_again(project):
    """Days of the fact that lost their mark; all are marked again."""
    found = project.rows(
        "select distinct charge_date::text from fct_charges "
        f"where contract_applied is distinct from '{MARK}' order by 1"
    )
    project.execute(f"update fct_charges set contract_applied = '{MARK}'")
    return [day for (day,) in found]


@pytest.fixture
def billed(new_project):
    new_project.execute(
        """
        create schema raw_focus;
        create table raw_focus.cost_and_usage as
            select 'f' as source_file, row_number() over () as source_row, day::date as charge_date, day as
            charge_period_start, day as charge_period_end, '2026-11-01' as billing_period_start,
            '2026-12-01' as billing_period_end, cost as billed_cost, cost as effective_cost, cost as
            contracted_cost, cost as list_cost, 'USD' as billing_currency, account as billing_account_id,
            'Host' as provider_name, 'S' as service_name, category as charge_category
            from (values ('2026-11-01', 'A', 'Usage', '10'), ('2026-11-02', 'A', 'Usage', '20'),
                ('2026-11-02', 'A', 'Tax', '3'), ('2026-11-03', 'A', 'Usage', '30'),
                ('2026-11-03', 'B', 'Usage', '40')) as bill (day, account, category, cost);
        create table raw_focus.load_log as
            select distinct 'cost_and_usage' as table_name, charge_date, now() as read_at, '1' as _dlt_load_id
            from raw_focus.cost_and_usage;
        create table raw_focus._dlt_loads as select '1' as load_id, now() as inserted_at, 0 as status;
        """
    )
    for seed in (ACCOUNTS, TOPUPS):
        path = new_project.folder / "seeds" / seed
        path.write_text(path.read_text().splitlines()[0] + "\n")
    return new_project


def test_topups_are_billed_and_usage_is_not_and_only_changed_days_are_written_again(billed):
    build(billed)
    before = lines(billed)
    assert [line[3:] for line in before] == [(10, 10), (3, 3), (20, 20), (30, 30), (40, 40)]
    written_again(billed)

    # The account is prepaid from the second on, and was topped up the day before.
    billed.edit(ACCOUNTS, "note\n", "note\nHost,A,prepaid,USD,,2026-11-02,\n")
    billed.edit(TOPUPS, "note\n", "note\nHost,A,2026-11-02,100,USD,R-1,\n")
    build(billed)
    assert lines(billed) == [
        ("2026-11-01", "A", "Usage", 10, 10),
        ("2026-11-02", "A", "Purchase", 100, 0),
        ("2026-11-02", "A", "Tax", 3, 3),
        ("2026-11-02", "A", "Usage", 0, 20),
        ("2026-11-03", "A", "Usage", 0, 30),
        ("2026-11-03", "B", "Usage", 40, 40),
    ]
    assert written_again(billed) == ["2026-11-02", "2026-11-03"]

    # Seeds that nobody touched write nothing; an edited row its own day.
    build(billed)
    assert written_again(billed) == []
    billed.edit(TOPUPS, "2026-11-02,100,USD", "2026-11-04,120,USD")
    build(billed)
    assert written_again(billed) == ["2026-11-04"]
    purchases = [line for line in lines(billed) if line[2] == "Purchase"]
    assert purchases == [("2026-11-04", "A", "Purchase", 120, 0)]

    # No longer prepaid: the bill is as it was.
    billed.edit(ACCOUNTS, "Host,A,prepaid,USD,,2026-11-02,\n", "")
    billed.edit(TOPUPS, "Host,A,2026-11-04,120,USD,R-1,\n", "")
    build(billed)
    assert lines(billed) == before
