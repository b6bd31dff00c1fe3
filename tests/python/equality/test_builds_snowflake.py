"""A small world through dbt-snowflake against fakesnow: every value is DuckDB's, in both builds.

`make equality ENGINE=snowflake` does the same with every source and runs the data tests too.
"""

import json

import pytest

from equality.engines import engine_named
from equality.run import compare_builds
from equality.world import World

# What is divided (nodes, calls, pools), kept by people, prepaid, and in a currency of its own; five days.
PROVIDERS = ("anthropic", "aws", "cloudflare_ai_gateway", "focus", "manual", "openai", "opencost", "prepaid")
SOURCES = ("anthropic", "aws", "cloudflare_ai_gateway", "focus", "openai", "opencost", "ecb")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("equality")
    world = World(folder / "world", days=5, scale=0.05, sources=SOURCES, providers=PROVIDERS)
    return compare_builds(engine_named("snowflake"), world, tests=False)


def test_every_value_is_duckdbs(report):
    assert not report.faults, "\n\n".join(report.faults)
    assert [outcome.title for outcome in report.outcomes] == [
        "full build",
        "incremental build",
        "empty build",
    ]


def test_nearly_everything_is_compared(report):
    for outcome in report.outcomes[:2]:
        filled = {found.name for found in outcome.compared if found.rows}
        assert {
            "fct_charges", "fct_attributed_charges", "fct_allocated_costs", "fct_ai_usage", "dim_ownership",
            "int_costs__daily", "int_aws__charges", "snap_daily_bill", "virtual_tag_rules",
            "probe_expressions", "probe_allocation",
        } <= filled  # fmt: skip
        assert sum(found.amounts for found in outcome.compared) > 10_000


def test_the_second_build_met_its_changes(report):
    """An incremental run that met nothing would compare nothing new."""
    first, second, _ = ({found.name: found.rows for found in outcome.compared} for outcome in report.outcomes)
    assert second["fct_charges"] < first["fct_charges"], "a day was emptied"
    assert second["int_charges__changed_days"] == first["int_charges__changed_days"]


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
