"""What OpenAI and Anthropic alone must do; test_http_money and test_http_faults hold for every source."""

from datetime import date, timedelta

import pytest
import requests
from http_sources.anthropic_analytics import SOURCE as ANALYTICS
from http_sources.openai import SOURCE as OPENAI

TWO_DAYS = {"since": "2026-11-09", "until": "2026-11-10"}


def of_two_days(truth):
    return {day: truth[day] for day in TWO_DAYS.values()}


def test_counts_past_2_to_the_53_stay_exact(warehouse, sandbox, control):
    control("quirks", huge_tokens=True)
    assert warehouse.load("openai")[0] == 0
    answer = requests.get(
        f"{sandbox.env['SOURCES__OPENAI__BASE_URL']}/organization/usage/moderations",
        params={"start_time": 1793923200, "limit": 31, "group_by": ["model"]},
        headers={"Authorization": f"Bearer {sandbox.env['SOURCES__OPENAI__API_KEY']}"},
        timeout=10,
    )
    counted = sum(result["input_tokens"] for bucket in answer.json()["data"] for result in bucket["results"])
    assert counted > 2**53
    landed = warehouse.rows("select sum(input_tokens) from raw_openai.usage where report = 'moderations'")
    assert landed == [(counted,)]


def test_the_names_of_archived_projects_stay(warehouse):
    warehouse.load("openai")
    assert warehouse.rows("select name, status from raw_openai.projects where id = 'proj_legacy'") == [
        ("Assistant 2024", "archived")
    ]


def test_the_next_run_starts_where_the_provider_may_still_restate(warehouse, monkeypatch):
    from datetime import date

    from ingestion.common import pipeline

    monkeypatch.setattr(pipeline, "yesterday", lambda: date(2026, 11, 12))
    monkeypatch.setattr(pipeline, "FIRST_READ_DAYS", 6)
    warehouse.load("openai", since=None)
    first = "select min(charge_date), max(charge_date) from raw_openai.load_log"
    assert [str(day) for day in warehouse.rows(first)[0]] == ["2026-11-07", "2026-11-12"]
    warehouse.load("openai", since=None)
    again = first + " where read_at = (select max(read_at) from raw_openai.load_log)"
    assert [str(day) for day in warehouse.rows(again)[0]] == ["2026-11-09", "2026-11-12"]


# OpenAI -------------------------------------------------------------------------------------------


def test_costs_come_without_the_member_where_the_api_refuses_that_and_the_run_says_so(
    warehouse, sandbox, monkeypatch
):
    monkeypatch.setenv("SOURCES__OPENAI__BY_USER", "true")
    monkeypatch.setenv("SOURCES__OPENAI__BY_SOURCE", "true")
    code, said = warehouse.load("openai", **TWO_DAYS)
    assert code == 0, said
    assert "openai: costs cannot be grouped by user_id and api_source here: 400" in said
    assert OPENAI.totals(warehouse) == of_two_days(OPENAI.truth(sandbox))
    told = "select distinct user_id, api_source from raw_openai.costs order by 2"
    assert warehouse.rows(told) == [(None, "agents_api"), (None, "unlabeled")]


def test_usage_by_source_adds_up_to_usage_without(warehouse, monkeypatch):
    counted = (
        "select report, sum(num_model_requests), sum(input_tokens) from raw_openai.usage "
        "group by 1 order by 1"
    )
    warehouse.load("openai", **TWO_DAYS)
    plain = warehouse.rows(counted)
    monkeypatch.setenv("SOURCES__OPENAI__BY_SOURCE", "true")
    warehouse.load("openai", **TWO_DAYS)
    assert warehouse.rows(counted) == plain
    told = "select distinct api_source from raw_openai.usage where report = 'completions' order by 1"
    assert warehouse.rows(told) == [("agents_api",), ("unlabeled",)]


def test_decisions_are_read_where_they_are_and_left_out_aloud_where_not(warehouse, control):
    asked = (
        "select count(*) > 0, sum(num_model_requests) > 0 from raw_openai.usage where report = 'decisions'"
    )
    control("faults", provider="openai", path="usage/decisions", status=404)
    code, said = warehouse.load("openai", **TWO_DAYS)
    assert code == 0, said
    assert "openai: organization/usage/decisions is not there (the API answered 404); left out" in said
    assert warehouse.rows(asked) == [(False, None)]
    assert warehouse.load("openai", **TWO_DAYS)[0] == 0
    assert warehouse.rows(asked) == [(True, True)]
    # No right to read them is no absence.
    control("faults", provider="openai", path="usage/decisions", status=403, times=2)
    code, said = warehouse.load("openai", **TWO_DAYS)
    assert code == 1
    assert "the API answered 403" in said


def test_a_result_of_another_report_is_refused(warehouse, control):
    other = {"object": "organization.usage.completions.result", "line_item": "gpt-5-mini"}
    control("faults", provider="openai", path="organization/costs", new_value=other)
    code, said = warehouse.load("openai", **TWO_DAYS)
    assert code == 1
    assert 'a result is a "organization.usage.completions.result"' in said


def test_spend_limits_are_cents_and_who_has_none_has_no_row(warehouse, control):
    warehouse.load("openai", **TWO_DAYS)
    limits = "select id, threshold_cents, currency from raw_openai.spend_limits order by 1"
    assert warehouse.rows(limits) == [("organization", 4000000, "USD"), ("proj_playground", 50000, "USD")]
    control("faults", provider="openai", path="spend_limit", status=404, times=20)
    assert warehouse.load("openai", **TWO_DAYS)[0] == 0
    assert warehouse.rows(limits) == []
    control("faults", reset=True)
    control("faults", provider="openai", path="spend_limit", status=403)
    assert warehouse.load("openai", **TWO_DAYS)[0] == 1


# Anthropic ----------------------------------------------------------------------------------------


def test_the_other_report_takes_its_days_over_and_keeps_what_was_read(warehouse, sandbox, monkeypatch):
    """The raw tables hold both; int_anthropic__report_days says which is a day's bill."""
    warehouse.load("anthropic")
    admin = warehouse.contents("raw_anthropic.costs")
    monkeypatch.setenv("SOURCES__ANTHROPIC__REPORTS", "analytics")
    code, said = warehouse.load("anthropic", **TWO_DAYS)
    assert code == 0, said
    assert warehouse.contents("raw_anthropic.costs") == admin
    assert ANALYTICS.totals(warehouse) == of_two_days(ANALYTICS.truth(sandbox))
    read = (
        "select table_name, count(*) from raw_anthropic.load_log "
        "where charge_date = '2026-11-10' group by 1 order by 1"
    )
    assert warehouse.rows(read) == [
        ("analytics_costs", 1), ("analytics_usage", 1), ("claude_code", 2), ("costs", 1), ("usage", 1),
    ]  # fmt: skip


def test_a_list_amount_and_the_requests_land_too(warehouse, sandbox, monkeypatch):
    monkeypatch.setenv("SOURCES__ANTHROPIC__REPORTS", "analytics")
    warehouse.load("anthropic", **TWO_DAYS)
    below = (
        "select count(*) from raw_anthropic.analytics_costs "
        "where cast(list_amount_cents as decimal(38, 18)) < cast(amount_cents as decimal(38, 18))"
    )
    assert warehouse.rows(below) == [(0,)]
    calls = sandbox.world.query(
        "select count(*) from usage where provider = 'anthropic' and surface <> 'subscription' "
        "and day in ('2026-11-09', '2026-11-10')"
    )
    assert warehouse.rows("select sum(requests) from raw_anthropic.analytics_usage") == calls
    assert warehouse.rows("select distinct refreshed_at from raw_anthropic.analytics_usage") == [
        ("2026-11-13T00:00:00Z",)
    ]


def test_a_window_longer_than_a_query_takes_several(warehouse, sandbox, monkeypatch):
    monkeypatch.setenv("SOURCES__ANTHROPIC__REPORTS", "analytics")
    before = sandbox.faults.requests.get("anthropic", 0)
    since = date(2026, 11, 12) - timedelta(days=40)
    monkeypatch.setattr("ingestion.sources.anthropic.days_of_claude_code", no_calls)
    code, said = warehouse.load("anthropic", since=str(since))
    assert code == 0, said
    assert ANALYTICS.totals(warehouse) == ANALYTICS.truth(sandbox)
    assert sandbox.faults.requests["anthropic"] - before >= 4 + 3


def no_calls(run):
    import dlt

    return dlt.resource([[]], name="claude_code_calls", selected=False)


def test_a_group_that_comes_twice_is_not_counted_twice(warehouse, control, monkeypatch):
    monkeypatch.setenv("SOURCES__ANTHROPIC__REPORTS", "analytics")
    control("faults", provider="anthropic", path="analytics/cost", shifted_days=1)
    code, said = warehouse.load("anthropic", **TWO_DAYS)
    assert code == 1
    assert "the reply holds a group of 2026-11-10 twice" in said


@pytest.mark.parametrize(
    ("settings", "since", "told"),
    [
        ({"REPORTS": "both"}, "2026-11-09", "choose admin or analytics: only one of them is the bill"),
        ({"REPORTS": "analytics"}, "2025-12-31", "the analytics reports begin with 2026-01-01"),
    ],
)
def test_settings_that_cannot_be_are_refused(warehouse, monkeypatch, settings, since, told):
    for name, value in settings.items():
        monkeypatch.setenv(f"SOURCES__ANTHROPIC__{name}", value)
    code, said = warehouse.load("anthropic", since=since)
    assert code == 2
    assert told in said


def test_groups_of_people_overlap_and_are_never_asked_for(warehouse, sandbox, monkeypatch):
    from ingestion.sources import anthropic

    assert "rbac_group_id" not in anthropic.ANALYTICS_GROUPS
    assert len(anthropic.ANALYTICS_GROUPS) == 5


def test_fast_mode_needs_its_setting(warehouse, monkeypatch):
    warehouse.load("anthropic", **TWO_DAYS)
    tokens = "select sum(output_tokens) from raw_anthropic.usage"
    plain = warehouse.rows(tokens)
    assert warehouse.rows("select distinct speed from raw_anthropic.usage") == [(None,)]
    monkeypatch.setenv("SOURCES__ANTHROPIC__FAST_MODE", "true")
    assert warehouse.load("anthropic", **TWO_DAYS)[0] == 0
    assert warehouse.rows("select distinct speed from raw_anthropic.usage") == [("standard",)]
    assert warehouse.rows(tokens) == plain


def test_the_tokens_of_the_priority_tier_are_usage_without_a_bill(warehouse):
    warehouse.load("anthropic", **TWO_DAYS)
    used = "select sum(output_tokens) > 0 from raw_anthropic.usage where service_tier = 'priority'"
    assert warehouse.rows(used) == [(True,)]
    billed = "select distinct service_tier from raw_anthropic.costs where cost_type = 'tokens' order by 1"
    assert warehouse.rows(billed) == [("batch",), ("standard",)]
    # Code execution is the other way round: on the bill, not in the usage.
    other = (
        "select distinct cost_type, model, token_type from raw_anthropic.costs where cost_type <> 'tokens'"
    )
    assert set(warehouse.rows(other)) == {("code_execution", None, None), ("web_search", None, None)}
