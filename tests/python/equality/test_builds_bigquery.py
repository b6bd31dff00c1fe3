"""A small world through dbt-bigquery against bqemulator: every value is DuckDB's, in both builds.

`make equality ENGINE=bigquery` does the same with every source and runs the data tests too.
"""

from every_engine import *  # noqa: F403

ENGINE = "bigquery"


def test_the_big_tables_are_partitioned_and_clustered_by_their_days(report):
    run = report.world.folder / "target-bigquery" / "run" / "apportion" / "models" / "marts" / "core"
    made = (run / "fct_allocated_costs.sql").read_text()
    assert "partition by charge_date" in made
    assert "cluster by charge_date" in made
    # The second run adds rows to what is left, it writes no other partition again.
    assert "merge into `apportion`.`apportion`.`fct_charges`" in (run / "fct_charges.sql").read_text()
