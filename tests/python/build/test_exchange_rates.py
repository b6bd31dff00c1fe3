"""Currencies over a few lines of a bill: a missing rate stops the build, a closed month keeps its rates."""

import json
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

VARIABLES = json.dumps({"providers": ["focus"], "first_date": "2026-09-01", "last_date": "2026-12-31"})
SELECTION = (
    "+int_costs__converted",
    "assert_every_currency_has_a_rate",
    "warn_closed_months_kept_their_rates",
)
RATES = "finance/exchange_rates.csv"
DAYS = ("2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02")


def build(project, fails=False):
    """Build up to the converted costs, with the tests that watch them."""
    kinds = [f"--resource-type={kind}" for kind in ("seed", "model", "snapshot", "test")]
    command = ["build", "--select", *SELECTION, "--indirect-selection=empty", *kinds, "--vars", VARIABLES]
    return project.dbt(*command, fails=fails)


@pytest.fixture
def billed(new_project):
    """Forty lines in three currencies on four days; one amount has every digit that money has."""
    random = Random(5)
    places = (2, 9, 18)
    amounts = [Decimal(random.randint(-(10**20), 10**20)).scaleb(-random.choice(places)) for _ in range(39)]
    amounts.append(Decimal("9876543210.123456789012345678"))
    lines = [
        (at, day, ("EUR", "JPY", "USD")[at % 3], str(amount))
        for at, amount in enumerate(amounts)
        for day in [DAYS[at % 4]]
    ]
    new_project.execute(
        """
        create schema raw_focus;
        create table raw_focus.cost_and_usage (source_file text, source_row bigint, charge_date date,
            charge_period_start text, charge_period_end text, billing_period_start text,
            billing_period_end text, billed_cost text, effective_cost text, contracted_cost text,
            list_cost text, billing_currency text, billing_account_id text, provider_name text,
            service_name text, charge_category text);
        create table raw_focus.load_log (table_name text, charge_date date, read_at timestamptz,
            _dlt_load_id text);
        create table raw_focus._dlt_loads (load_id text, inserted_at timestamptz, status bigint);
        insert into raw_focus._dlt_loads values ('1', now(), 0);
        """
    )
    for at, day, currency, amount in lines:
        month = day[:7] + "-01"
        values = ["f", at, day, day, day, month, month, *[amount] * 4, currency, "A", "Host", "S", "Usage"]
        row = ", ".join(f"'{value}'" for value in values)
        new_project.execute(f"insert into raw_focus.cost_and_usage values ({row})")
    for day in DAYS:
        new_project.execute(f"insert into raw_focus.load_log values ('cost_and_usage', '{day}', now(), '1')")
    return new_project


def converted(project):
    """Costs by month and currency in both."""
    return {
        (month, currency): (native, reported)
        for month, currency, native, reported in project.rows(
            "select strftime(charge_date, '%Y-%m'), billing_currency, sum(billed_cost), "
            "sum(billed_cost_reported) from main_intermediate.int_costs__converted group by all"
        )
    }


def test_a_missing_rate_stops_the_build_and_names_currency_and_day(billed):
    billed.edit(RATES, "note\n", "note\nEUR,2026-10-01,1.08,,,,\nJPY,2026-10-31,0.0065,,,,\n")
    said = build(billed, fails=True)
    assert "JPY has no daily exchange rate into USD from 2026-10-30 on (1 days)" in said
    assert "SKIP relation main_intermediate.int_costs__converted" in said
    # Also where no test is run.
    model = ("--select", "int_costs__converted", "--vars", VARIABLES)
    assert "JPY has no daily exchange rate" in billed.dbt("run", *model, fails=True)


def test_a_closed_month_keeps_its_rates_and_says_so(billed):
    given = "EUR,2026-10-01,1.081234567890123,,,,\nJPY,2026-10-01,0.006512345678901234,,,,\n"
    billed.edit(RATES, "note\n", "note\n" + given)
    billed.edit("finance/period_closes.csv", "note\n", "note\n2026-10,2026-11-03,finance,\n")
    assert "WARN=0" in build(billed)
    before = converted(billed)
    rates = {"EUR": "1.081234567890123", "JPY": "0.006512345678901234", "USD": "1"}
    rows = billed.rows(
        "select billing_currency, billed_cost, billed_cost_reported "
        "from main_intermediate.int_costs__converted"
    )
    assert len({currency for currency, *_ in rows}) == 3
    for currency, native, reported in rows:
        # Cut toward zero at the last place, and nothing else lost.
        ideal = Fraction(native) * Fraction(rates[currency])
        assert Fraction(reported) == Fraction(int(ideal * 10**18), 10**18), (currency, native)
    billed.edit(RATES, "1.081234567890123", "1.2")
    assert "WARN=1" in build(billed)
    after = converted(billed)
    moved = {key for key in before if before[key] != after[key]}
    assert moved == {("2026-11", "EUR")}
    assert {key: native for key, (native, _) in after.items()} == {
        key: native for key, (native, _) in before.items()
    }
    # Closed once more, on another day: by the rates of that day.
    billed.edit("finance/period_closes.csv", "2026-10,2026-11-03", "2026-10,2026-11-09")
    assert "WARN=0" in build(billed)
    moved = {key for key, money in converted(billed).items() if money != before[key]}
    assert moved == {("2026-10", "EUR"), ("2026-11", "EUR")}
