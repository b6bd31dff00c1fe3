"""OpenAI and Anthropic over HTTP: replies land whole, twice the same, restated days replace, faults stop."""

from decimal import Decimal

import pytest
import requests

DAY = "2026-11-10"
# source -> table, exact amount in the bill's currency
BILLS = {
    "openai": ("raw_openai.costs", "cast(amount as decimal(38, 18))"),
    "anthropic": ("raw_anthropic.costs", "cast(amount_cents as decimal(38, 18)) * 0.01"),
}
both = pytest.mark.parametrize("source", list(BILLS))


def billed(warehouse, source, where="true"):
    table, amount = BILLS[source]
    sql = f"select charge_date, sum({amount}) from {table} where {where} group by 1 order by 1"
    return {str(day): Decimal(total).normalize() for day, total in warehouse.rows(sql)}


def true_costs(sandbox, source):
    totals = {}
    for row in sandbox.truth().to_pylist():
        if row["provider"] == source:
            day = str(row["day"])
            totals[day] = totals.get(day, Decimal()) + row["cost"]
    return {day: total.normalize() for day, total in totals.items()}


@both
def test_every_cent_of_the_bill_lands(warehouse, sandbox, source):
    code, said = warehouse.load(source)
    assert code == 0, said
    assert billed(warehouse, source) == true_costs(sandbox, source)
    assert f"{source}: loaded in" in said


@both
def test_a_second_run_changes_nothing(warehouse, source):
    warehouse.load(source)
    tables = warehouse.rows(
        f"select table_name from information_schema.tables where table_schema = 'raw_{source}' "
        "and table_name not like '\\_dlt%' escape '\\' and table_name <> 'load_log'"
    )
    before = {name: warehouse.contents(f"raw_{source}.{name}") for (name,) in tables}
    assert len(before) >= 5
    assert warehouse.load(source)[0] == 0
    for name, rows in before.items():
        assert warehouse.contents(f"raw_{source}.{name}") == rows, name


@both
def test_a_restated_day_replaces_what_was_there(warehouse, sandbox, control, source):
    warehouse.load(source)
    before = billed(warehouse, source)
    control("restate", provider=source, day=DAY, factor="1.05")
    assert warehouse.load(source, since=DAY, until=DAY)[0] == 0
    after = billed(warehouse, source)
    assert after[DAY] > before[DAY]
    assert after == true_costs(sandbox, source)


@both
def test_a_day_that_the_provider_withdrew_is_empty_and_logged(warehouse, control, source):
    warehouse.load(source)
    control("restate", withdraw={"provider": source, "day": DAY})
    assert warehouse.load(source, more=["--accept-fewer-rows"])[0] == 0
    assert DAY not in billed(warehouse, source)
    table = BILLS[source][0].split(".")[1]
    logged = (
        f"select count(*) from raw_{source}.load_log where table_name = '{table}' and charge_date = '{DAY}'"
    )
    assert warehouse.rows(logged) == [(2,)]


@both
def test_one_withdrawn_line_goes(warehouse, control, source):
    warehouse.load(source)
    table, amount = BILLS[source]
    text = {"openai": "line_item", "anthropic": "description"}[source]
    line = warehouse.rows(f"select {text} from {table} where charge_date = '{DAY}' order by {amount} desc")[
        0
    ][0]
    control("restate", withdraw={"provider": source, "day": DAY, "line": line})
    assert warehouse.load(source)[0] == 0
    left = warehouse.rows(f"select count(*) from {table} where charge_date = '{DAY}' and {text} = '{line}'")
    assert left == [(0,)]


@both
def test_too_many_requests_are_waited_for(warehouse, sandbox, control, source):
    control("faults", rate_limit=2, retry_after=0, provider=source)
    code, said = warehouse.load(source)
    assert code == 0, said
    assert billed(warehouse, source) == true_costs(sandbox, source)


@both
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"half_reply": 50}, "the reply broke off in the middle"),
        ({"empty_reply": 50}, "the reply is no page of data"),
        ({"missing_field": "amount"}, "has no amount"),
        ({"bad_amount": "1,000.00"}, '"1,000.00" is no number'),
        ({"bad_amount": "NaN"}, '"NaN" is no number'),
        ({"server_error": 500}, "the API answered 503"),
    ],
)
def test_a_fault_says_what_and_leaves_the_warehouse_as_it_was(warehouse, control, source, fault, told):
    warehouse.load(source)
    before = warehouse.contents(BILLS[source][0]), warehouse.contents(f"raw_{source}.load_log")
    control("faults", provider=source, **fault)
    code, said = warehouse.load(source)
    assert code == 1, said
    assert told in said
    assert "Traceback" not in said
    assert (warehouse.contents(BILLS[source][0]), warehouse.contents(f"raw_{source}.load_log")) == before


@pytest.fixture
def small_pages(monkeypatch):
    from ingestion.sources import anthropic, openai

    monkeypatch.setattr(openai, "COST_DAYS_A_PAGE", 2)
    monkeypatch.setattr(openai, "USAGE_DAYS_A_PAGE", 1)
    monkeypatch.setattr(anthropic, "DAYS_A_PAGE", 2)


@both
def test_pages_are_followed_to_their_end(warehouse, sandbox, small_pages, source):
    assert warehouse.load(source)[0] == 0
    assert billed(warehouse, source) == true_costs(sandbox, source)


@both
def test_a_repeated_cursor_stops_the_run(warehouse, control, small_pages, source):
    control("faults", provider=source, repeat_cursor=500)
    code, said = warehouse.load(source)
    assert code == 1
    assert "the API repeats a page cursor" in said


@both
def test_a_bad_amount_names_its_row_and_its_mending(warehouse, control, source):
    control("faults", provider=source, bad_amount="1,000.00")
    _, said = warehouse.load(source)
    assert "costs, line_id 2026-11-" in said
    assert "write a plain decimal number, like 1000.00" in said
    assert "data_docs/index.html" in said


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


@both
def test_a_window_that_shrinks_to_less_than_half_is_refused(warehouse, control, source):
    warehouse.load(source)
    before = warehouse.contents(BILLS[source][0])
    for day in ("2026-11-07", "2026-11-08", "2026-11-09", "2026-11-10"):
        control("restate", withdraw={"provider": source, "day": day})
    code, said = warehouse.load(source)
    assert code == 1
    assert "where the warehouse holds" in said
    assert "--accept-fewer-rows" in said
    assert warehouse.contents(BILLS[source][0]) == before


@both
def test_an_unreachable_api_is_told_with_its_address(warehouse, monkeypatch, source):
    monkeypatch.setenv(f"SOURCES__{source.upper()}__BASE_URL", "http://127.0.0.1:9/none")
    code, said = warehouse.load(source)
    assert code == 1
    assert "the API cannot be reached" in said
    assert "127.0.0.1:9" in said


@pytest.mark.parametrize(
    ("source", "key", "status"),
    [("openai", "nonsense", 401), ("openai", "sk-proj-larkspur", 403), ("anthropic", "nonsense", 401)],
)
def test_a_wrong_key_is_told(warehouse, monkeypatch, source, key, status):
    monkeypatch.setenv(f"SOURCES__{source.upper()}__API_KEY", key)
    code, said = warehouse.load(source)
    assert code == 1
    assert f"the API answered {status}" in said
    assert "key" in said
    assert key not in said


@both
def test_a_missing_key_names_the_variable(warehouse, monkeypatch, source):
    monkeypatch.delenv(f"SOURCES__{source.upper()}__API_KEY")
    code, said = warehouse.load(source)
    assert code == 2
    assert f"set SOURCES__{source.upper()}__API_KEY" in said


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
