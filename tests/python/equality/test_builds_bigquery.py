"""A small world through dbt-bigquery against bqemulator: every value is DuckDB's, in both builds.

`make equality ENGINE=bigquery` does the same with every source and runs the data tests too.
"""

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
    return compare_builds(engine_named("bigquery"), world, tests=False)


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
        } <= filled  # fmt: skip
        assert sum(found.amounts for found in outcome.compared) > 10_000


def test_the_second_build_met_its_changes(report):
    """An incremental run that met nothing would compare nothing new; a day that was emptied is deleted."""
    first, second, _ = ({found.name: found.rows for found in outcome.compared} for outcome in report.outcomes)
    assert second["fct_charges"] < first["fct_charges"], "a day was emptied"


def test_the_big_tables_are_partitioned_and_clustered_by_their_days(report):
    run = report.world.folder / "target-bigquery" / "run" / "apportion" / "models" / "marts" / "core"
    made = (run / "fct_allocated_costs.sql").read_text()
    assert "partition by charge_date" in made
    assert "cluster by charge_date" in made
    # The second run adds rows to what is left, it writes no other partition again.
    assert "merge into `apportion`.`apportion`.`fct_charges`" in (run / "fct_charges.sql").read_text()
