"""Bills that people keep in seeds: an edit reaches the fact with the next build, and nothing else moves."""

from decimal import Decimal

import pytest
from project_copy import Project

CHARGES, SUBSCRIPTIONS = "saas/manual_charges.csv", "saas/subscriptions.csv"
MARK = "written before this run"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A project that reads nothing but those seeds, built once; the last test changes it."""
    project = Project(tmp_path_factory.mktemp("kept") / "project")
    build(project)
    return project


def build(project):
    settings = project.folder / "dbt_project.yml"
    head, _, rest = settings.read_text().partition("  providers:\n")
    if rest:
        settings.write_text(head + "  providers: [manual]\n" + rest[rest.index("\n\n") :])
    project.dbt(
        "build", "--select", "+int_costs__daily", "--resource-type", "seed", "--resource-type", "model"
    )


def lines(project):
    columns = "x_charge_id, charge_date::text, billed_cost, effective_cost"
    return {name: rest for name, *rest in project.rows(f"select {columns} from fct_charges")}


def test_an_annual_invoice_is_spread_over_its_days_to_the_last_digit(kept):
    [(days, first, last, effective, billed)] = kept.rows(
        """
        select count(*), min(charge_date)::text, max(charge_date)::text, sum(effective_cost), sum(billed_cost)
        from main_intermediate.int_costs__daily
        where service_provider_name = 'Figment Design' and charge_category = 'Usage'
        """
    )
    assert (days, first, last) == (365, "2026-09-01", "2027-08-31")
    assert (effective, billed) == (Decimal(5400), 0)
    parts = kept.rows(
        """
        select max(effective_cost) - min(effective_cost) from main_intermediate.int_costs__daily
        where service_provider_name = 'Figment Design' and charge_category = 'Usage'
        """
    )
    assert parts[0][0] <= Decimal("1e-12"), "every day the same"


def test_an_edited_an_added_and_a_removed_row_reach_the_fact_and_no_other_day_is_written(kept):
    before = lines(kept)
    assert before["manual:invoice:figment-2026"] == ["2026-09-01", Decimal(5400), Decimal(0)]
    kept.execute(f"update fct_charges set contract_applied = '{MARK}'")
    build(kept)
    fresh = f"contract_applied is distinct from '{MARK}'"
    assert kept.rows(f"select x_charge_id from fct_charges where {fresh}") == [], "an untouched seed"

    kept.edit(CHARGES, "Usage,129.99", "Usage,130.01")
    path = kept.folder / "seeds" / SUBSCRIPTIONS
    rows = path.read_text().splitlines()
    [gone] = [row for row in rows if row.startswith("gpu-power-2026-10")]
    moved = gone.replace("gpu-power-2026-10", "new").replace("2026-11-04", "2026-11-20")
    path.write_text("\n".join([*(row for row in rows if row != gone), moved]) + "\n")
    build(kept)
    after = lines(kept)
    assert after["manual:charge:telephony-2026-10"][1] == Decimal("130.01")
    assert after["manual:invoice:new"] == ["2026-11-20", Decimal("101.77"), 0]
    assert before.keys() - after.keys() == {
        f"manual:{part}:gpu-power-2026-10" for part in ("invoice", "service")
    }
    days = {day for (day,) in kept.rows(f"select distinct charge_date::text from fct_charges where {fresh}")}
    assert days == {"2026-10-01", "2026-11-20"}, "the day that lost its only line has none"
    # The day of the removed invoice has no line any more, also below the fact.
    daily = "select count(*) from main_intermediate.int_costs__daily where line_date = '2026-11-04'"
    assert kept.rows(daily) == [(0,)]
