"""Telemetry that arrives, a route that changes, and kinds of money that must not meet, on the built demo."""

import csv
from decimal import Decimal

import pytest

PARTS = "fct_attributed_charges"
DAILY = "main_intermediate.int_costs__daily"
DAY = "2026-11-03"


def billed_totals(project):
    """Every sum of billed money in every mart: table, column -> total."""
    found = project.rows(
        "select table_name, column_name from information_schema.columns where table_schema = 'main' "
        "and regexp_matches(column_name, '(billed|effective)_cost(_native)?$') order by all"
    )
    assert len(found) > 20
    return {pair: project.rows(f"select sum({pair[1]}) from {pair[0]}")[0][0] for pair in found}


@pytest.fixture(scope="module")
def changed(built, tmp_path_factory):
    """A day of the proxy's log is read again, and says that other features called."""
    project = built.copy(tmp_path_factory.mktemp("changed") / "project")
    project.execute(f"update {DAILY} set line_days = -1")
    project.execute(
        f"""
        update raw_litellm.spend_logs set labels = '{{"feature":"voice-agent"}}' where charge_date = '{DAY}';
        insert into raw_litellm._dlt_loads by name
            select * replace ('later' as load_id, inserted_at + interval 1 hour as inserted_at)
            from raw_litellm._dlt_loads order by inserted_at desc limit 1;
        insert into raw_litellm.load_log by name
            select * replace ('later' as _dlt_load_id, _dlt_id || 'x' as _dlt_id)
            from raw_litellm.load_log where charge_date = '{DAY}';
        """
    )
    project.run_stored()
    return project


def test_telemetry_of_a_day_splits_that_day_again(changed):
    rows = changed.rows(
        f"select distinct charge_date::text from {PARTS} where telemetry_source = 'litellm' "
        "and x_call_labels ->> 'feature' = 'voice-agent'"
    )
    assert rows == [(DAY,)]


def test_bills_that_nothing_can_split_are_not_touched(changed):
    again = changed.rows(f"select distinct x_source, line_date::text from {DAILY} where line_days <> -1")
    assert {day for _, day in again} == {DAY}
    assert "focus" not in {source for source, _ in again}
    assert {"openai", "anthropic"} <= {source for source, _ in again}


def test_a_route_that_changes_splits_history_again(project):
    project.edit(
        "attribution/telemetry_routes.csv",
        "litellm,,OpenAI,openai,key_gateway_prod,10",
        "litellm,,OpenAI,openai,key_gateway_prod,0",
    )
    project.dbt("build", "--select", "telemetry_routes+", "--exclude-resource-type", "unit_test")
    assert project.rows(
        f"select distinct x_api_key_id from {PARTS} "
        "where telemetry_source = 'litellm' and provider_name = 'OpenAI'"
    ) == [("key_incident_prod",)]
    assert project.rows(
        f"select count(*) from {DAILY} where x_source = 'focus' and attribution_version is not null"
    ) == [(0,)]


def test_estimates_and_prices_never_reach_billed_money(project):
    """What gateways think calls cost, and our own prices, become a hundredfold: no bill moves by a digit."""
    before = billed_totals(project)
    project.execute(
        """
        update raw_litellm.spend_logs set spend_usd = '777.5';
        update raw_cloudflare_ai_gateway.logs set cost_usd = '777.5';
        update raw_langfuse.observations set total_cost_usd = '777.5';
        update raw_anthropic.claude_code set estimated_cost_cents = '777.5';
        """
    )
    path = project.folder / "seeds/pricing/model_prices.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(
            row | {"price_per_million": f"{Decimal(row['price_per_million']) * 100:f}"} for row in rows
        )
    project.build_models("--full-refresh")
    assert billed_totals(project) == before
    estimated, rated = project.rows("select sum(estimated_cost), sum(rated_cost) from fct_ai_usage")[0]
    assert estimated > sum(total or 0 for total in before.values()) / 100
    assert rated > before["fct_charges", "billed_cost"]
