"""A small world through dbt-snowflake against fakesnow: every value is DuckDB's, in both builds.

`make equality ENGINE=snowflake` does the same with every source and runs the data tests too.
"""

import json

from every_engine import *  # noqa: F403

ENGINE = "snowflake"


def test_what_nobody_can_build_again_is_no_transient_table(report):
    nodes = json.loads((report.world.folder / "target-snowflake" / "manifest.json").read_text())["nodes"]
    kept = {
        node["name"]: node["config"].get("transient")
        for node in nodes.values()
        if node["resource_type"] == "snapshot" or node["config"].get("full_refresh") is False
    }
    assert {"snap_daily_bill", "int_manual__seed_log", "stg_prepaid__seed_log"} <= kept.keys()
    assert set(kept.values()) == {False}, kept


def test_the_big_tables_are_clustered_by_their_days(report):
    said = (report.world.folder / "target-snowflake" / "dbt.log").read_text()
    for table in (
        "apportion.fct_charges",
        "apportion.fct_allocated_costs",
        "apportion_intermediate.int_costs__daily",
    ):
        assert f"alter table finance.{table} cluster by" in said
