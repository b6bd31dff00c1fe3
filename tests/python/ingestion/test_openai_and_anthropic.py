"""What OpenAI and Anthropic alone must do; test_http_money and test_http_faults hold for every source."""

import requests


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
