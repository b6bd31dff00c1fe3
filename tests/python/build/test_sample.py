"""dbt build --sample: a few days of the bills, in a schema of its own, and what it must not touch."""

from datetime import date

DAYS = (date(2026, 10, 31), date(2026, 11, 1))
WINDOW = "{'start': '2026-10-31', 'end': '2026-11-02'}"
IN_SAMPLE = {"APPORTION_SCHEMA": "main_sample"}
# The lines of the sampled days as the whole warehouse has them; a load's moment is no part of a line.
LINES = "select * exclude (x_changed_at) from {schema}.fct_charges where charge_date between '{0}' and '{1}'"


def days(project, relation):
    return {day for (day,) in project.rows(f"select distinct charge_date from {relation}")}


def lines(schema):
    return LINES.format(*DAYS, schema=schema)


def test_a_sample_has_the_lines_of_its_days_and_leaves_the_history_alone(project):
    before = project.rows("select count(*), max(x_changed_at), sum(billed_cost) from main.fct_charges")
    views = project.rows(
        "select sql from duckdb_views() where schema_name = 'main_intermediate' order by sql"
    )

    # Data tests included: what a test compares has the same days on both sides.
    project.dbt("build", "--exclude-resource-type", "unit_test", "--sample", WINDOW, environment=IN_SAMPLE)
    assert days(project, "main_sample.fct_charges") == set(DAYS)
    assert days(project, "main_sample.fct_ai_usage") == set(DAYS)
    assert days(project, "main_sample_intermediate.int_costs__daily") >= set(DAYS)
    differing = " union all ".join(
        f"({lines(one)} except all {lines(other)})"
        for one, other in (("main", "main_sample"), ("main_sample", "main"))
    )
    assert project.rows(f"select count(*) from ({differing}) as differing") == [(0,)]

    # Every amount of the sample is allocated, to the last digit.
    sums = (
        "select billing_currency, sum(billed_cost{0}), sum(effective_cost{0}) from main_sample.{1} "
        "group by 1 order by 1"
    )
    assert project.rows(sums.format("", "fct_charges")) == project.rows(
        sums.format("_native", "fct_allocated_costs")
    )

    # Another window takes the place of the first one.
    later = "{'start': '2026-11-02', 'end': '2026-11-03'}"
    project.build_models("--select", "+fct_charges", "--sample", later, environment=IN_SAMPLE)
    assert days(project, "main_sample.fct_charges") == {date(2026, 11, 2)}

    after = project.rows("select count(*), max(x_changed_at), sum(billed_cost) from main.fct_charges")
    assert after == before
    assert views == project.rows(
        "select sql from duckdb_views() where schema_name = 'main_intermediate' order by sql"
    )


def test_a_sample_is_refused_where_all_days_are(built):
    said = built.dbt("build", "--select", "readers", "--sample", WINDOW, fails=True)
    assert 'the schema "main" is for all of them' in said
    assert "APPORTION_SCHEMA=main_sample dbt build --sample" in said


def test_a_build_of_all_days_is_refused_where_samples_are(built):
    said = built.dbt("build", "--select", "readers", environment=IN_SAMPLE, fails=True)
    assert '"main_sample" ends in "sample" and holds the days of samples only' in said
