"""OpenRouter over HTTP: keys are asked one by one, 30 days are all there is, own keys bill nothing here."""

import hashlib
import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from front import front_of
from werkzeug.wrappers import Response

DAY = "2026-11-10"
BILL = "raw_openrouter.activity"


def lines(warehouse):
    sql = f"select charge_date, api_key_hash, model, usage_usd from {BILL}"
    told = Counter()
    for day, key, model, amount in warehouse.rows(sql):
        told[str(day), key, model] += Decimal(amount)
    return +told


def truth(sandbox):
    true = Counter()
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "openrouter":
            key = hashlib.sha256(row["api_key_id"].encode()).hexdigest()
            true[str(row["day"]), key, row["model"]] += row["cost"]
    return +true


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    """The sandbox with something between; `warehouse` first, so that this base URL stays."""
    with front_of(sandbox.base_url) as running:
        path = sandbox.env["SOURCES__OPENROUTER__BASE_URL"].removeprefix(sandbox.base_url)
        monkeypatch.setenv("SOURCES__OPENROUTER__BASE_URL", running.base_url + path)
        yield running


def test_every_cent_lands_on_its_key_and_model(warehouse, sandbox):
    code, said = warehouse.load("openrouter")
    assert code == 0, said
    assert lines(warehouse) == truth(sandbox)
    assert len({key for _, key, _ in lines(warehouse)}) >= 2


def test_a_second_run_changes_nothing_and_restated_days_replace(warehouse, sandbox, control):
    warehouse.load("openrouter")
    tables = [f"raw_openrouter.{name}" for name in ("activity", "api_keys", "workspaces")]
    before = {table: warehouse.contents(table) for table in tables}
    assert warehouse.load("openrouter")[0] == 0
    assert {table: warehouse.contents(table) for table in tables} == before
    control("restate", provider="openrouter", day=DAY, factor="1.05")
    control("restate", withdraw={"provider": "openrouter", "day": "2026-11-09"})
    assert warehouse.load("openrouter")[0] == 0
    assert lines(warehouse) == truth(sandbox)
    assert "2026-11-09" not in {day for day, _, _ in lines(warehouse)}


def test_keys_of_every_workspace_are_asked_and_disabled_ones_too(warehouse, front):
    assert warehouse.load("openrouter")[0] == 0
    keys = dict(warehouse.rows("select name, disabled from raw_openrouter.api_keys"))
    assert keys == {
        "translation-prod": False,
        "recommendations-prod": False,
        "code-suggestions-prod": False,
        "code-review-staging": True,
    }
    asked = [args["api_key_hash"] for path, args in front.asked if path.endswith("/activity")]
    assert len(asked) == 4
    assert all("date" not in args for path, args in front.asked if path.endswith("/activity"))


def test_calls_with_an_own_key_cost_nothing_here_and_say_what_the_provider_charges(warehouse, sandbox):
    warehouse.load("openrouter")
    own = warehouse.rows(
        f"select count(*), sum(cast(usage_usd as decimal(38, 18))), "
        f"min(cast(byok_usage_inference_usd as decimal(38, 18))), sum(requests) from {BILL} "
        "where provider_name = 'Anthropic'"
    )
    ((rows, billed, least, requests),) = own
    assert rows > 0
    assert billed == 0
    assert least > 0
    ((seen,),) = sandbox.world.query("select count(*) from gateway_calls where gateway = 'openrouter'")
    assert requests == seen


def test_days_that_the_api_no_longer_reports_are_said_and_stay(warehouse):
    warehouse.load("openrouter")
    before = lines(warehouse)
    code, said = warehouse.load("openrouter", since="2026-09-01")
    assert code == 0, said
    assert "2026-09-01 to" in said
    assert "cannot be read, the API reports the last 30 completed days" in said
    assert lines(warehouse) == before
    assert warehouse.rows("select min(charge_date) > '2026-09-30' from raw_openrouter.load_log") == [(True,)]


def test_a_window_that_is_gone_altogether_is_an_error(warehouse):
    code, said = warehouse.load("openrouter", since="2026-08-01", until="2026-08-31")
    assert code == 1
    assert "nothing of 2026-08-01 to 2026-08-31 can be read" in said
    assert "ask for days from" in said


def test_a_gap_between_runs_is_told_as_lost(warehouse, monkeypatch):
    from ingestion.common import pipeline

    monkeypatch.setattr(pipeline.Run, "loaded_until", {"activity": date(2026, 8, 20)})
    _, said = warehouse.load("openrouter", since="2026-08-01")
    assert "2026-08-21 to" in said
    assert "was never loaded and is gone" in said


def test_generations_are_asked_for_by_id(warehouse, sandbox, monkeypatch):
    rows = sandbox.world.query(
        "select 'gen-' || call_id, output from calls where provider = 'openrouter' order by call_id limit 2"
    )
    monkeypatch.setenv("SOURCES__OPENROUTER__GENERATION_IDS", json.dumps([name for name, _ in rows]))
    code, said = warehouse.load("openrouter")
    assert code == 0, said
    landed = "select id, native_tokens_completion from raw_openrouter.generations order by id"
    assert warehouse.rows(landed) == sorted(rows)
    monkeypatch.setenv("SOURCES__OPENROUTER__GENERATION_IDS", '["gen-nobody"]')
    code, said = warehouse.load("openrouter")
    assert code == 1
    assert "OpenRouter does not know id=gen-nobody (yet)" in said


def test_pages_of_keys_go_on_until_one_is_empty(warehouse, sandbox, monkeypatch):
    from ingestion.sandbox.apis import openrouter

    monkeypatch.setattr(openrouter, "KEYS_A_PAGE", 1)
    assert warehouse.load("openrouter")[0] == 0
    assert lines(warehouse) == truth(sandbox)


def test_a_page_that_comes_again_stops_the_run(warehouse, front):
    first = {}

    def always_the_first(request, reply):
        if request.path.endswith("/keys"):
            workspace = request.args["workspace_id"]
            return Response(first.setdefault(workspace, reply.get_data()), mimetype="application/json")

    front.change(always_the_first)
    code, said = warehouse.load("openrouter")
    assert code == 1
    assert "the API repeats a page" in said


def test_values_of_another_kind_stop_the_run_with_the_warehouse_as_it_was(warehouse, front):
    warehouse.load("openrouter")
    before = warehouse.contents(BILL)
    spoilt = {}
    front.edit(lambda page: [item.update(spoilt) for item in page["data"][:1]], "/activity")
    for values, *told in (
        ({"usage": None, "requests": -1}, "column usage_usd: is empty", '"-1" is below zero'),
        ({"usage": "1,5"}, '"1,5" is no number'),
        ({"prompt_tokens": "many"}, "column prompt_tokens: a value is not what the contract promises"),
    ):
        spoilt.clear()
        spoilt.update(values)
        code, said = warehouse.load("openrouter")
        assert code == 1, said
        assert all(words in said for words in told), said
        assert "Traceback" not in said
    assert warehouse.contents(BILL) == before


@pytest.mark.parametrize(
    ("key", "told"),
    [("nonsense", "the API answered 401"), ("sk-or-v1-larkspur", "the API answered 403")],
)
def test_a_key_that_may_not_is_an_error_and_no_empty_table(warehouse, monkeypatch, key, told):
    monkeypatch.setenv("SOURCES__OPENROUTER__API_KEY", key)
    code, said = warehouse.load("openrouter")
    assert code == 1
    assert told in said
    assert key not in said


def test_faults_stop_or_are_waited_for(warehouse, control, sandbox):
    control("faults", provider="openrouter", rate_limit=2, retry_after=0)
    assert warehouse.load("openrouter")[0] == 0
    assert lines(warehouse) == truth(sandbox)
    before = warehouse.contents(BILL)
    for fault, told in (
        ({"half_reply": 9}, "broke off in the middle"),
        ({"empty_reply": 9}, "no page of data"),
        ({"missing_field": "date"}, "an activity has no date"),
        ({"server_error": 99}, "answered 503"),
    ):
        control("faults", provider="openrouter", **fault)
        code, said = warehouse.load("openrouter")
        control("faults", reset=True)
        assert code == 1, said
        assert told in said
    assert warehouse.contents(BILL) == before
