"""Langfuse over HTTP: observations and what they used, cursors, late updates, labels."""

import json
from decimal import Decimal

import pytest
from front import front_of
from werkzeug.wrappers import Response

SOURCE = "langfuse"
TABLES = ("raw_langfuse.observations", "raw_langfuse.usage_details", "raw_langfuse.projects")
WINDOW = {"since": "2026-11-09", "until": "2026-11-10"}


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    """The sandbox with something between; `warehouse` first, so that this base URL stays."""
    with front_of(sandbox.base_url) as running:
        path = sandbox.env["SOURCES__LANGFUSE__BASE_URL"].removeprefix(sandbox.base_url)
        monkeypatch.setenv("SOURCES__LANGFUSE__BASE_URL", running.base_url + path)
        yield running


@pytest.fixture
def small_pages(monkeypatch):
    from ingestion.sources import langfuse

    monkeypatch.setattr(langfuse, "ROWS_A_PAGE", 40)


def contents(warehouse):
    return [warehouse.contents(table) for table in TABLES]


def test_every_observation_lands_with_all_it_used_and_again_the_same(warehouse, sandbox, small_pages):
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 0, said
    ((calls, tokens),) = sandbox.world.query(
        "select count(*), sum(uncached_input + cache_read + cache_write_5m + cache_write_30m "
        "+ cache_write_1h + output)::bigint from gateway_calls where gateway = 'langfuse' "
        "and called_at >= '2026-11-09' and called_at < '2026-11-11'"
    )
    landed = (
        "select count(*), sum(quantity) from raw_langfuse.observations as o "
        "join raw_langfuse.usage_details as d on o.id = d.observation_id "
        "where name = 'chat' and usage_key = 'total'"
    )
    assert warehouse.rows(landed) == [(calls, tokens)]
    assert calls > 40, "more than a page"
    kinds = dict(warehouse.rows("select type, count(*) from raw_langfuse.observations group by 1"))
    assert kinds["SPAN"] > 0
    before = contents(warehouse)
    assert warehouse.load(SOURCE, **WINDOW)[0] == 0
    assert contents(warehouse) == before


def test_estimates_keep_their_digits_and_keys_sum_to_the_total(warehouse):
    warehouse.load(SOURCE, since="2026-11-10", until="2026-11-10")
    found = warehouse.rows(
        "select observation_id, sum(quantity) filter (usage_key <> 'total'), "
        "max(quantity) filter (usage_key = 'total'), "
        "sum(cost_usd::decimal(38, 18)) filter (usage_key <> 'total'), max(total_cost_usd) "
        "from raw_langfuse.usage_details join raw_langfuse.observations on id = observation_id group by 1"
    )
    assert found
    for _, tokens, total, costs, told in found:
        assert tokens == total
        assert costs == Decimal(told)


def test_an_observation_that_is_completed_later_replaces_what_was_there(warehouse, front):
    warehouse.load(SOURCE, **WINDOW)
    before = dict(warehouse.rows("select id, updated_at from raw_langfuse.observations"))

    def later(page):
        page["data"][0] |= {"updatedAt": "2026-11-12T00:00:00Z", "usageDetails": {"input": 9, "total": 9}}

    front.edit(later, "/v2/observations")
    assert warehouse.load(SOURCE, **WINDOW)[0] == 0
    after = dict(warehouse.rows("select id, updated_at from raw_langfuse.observations"))
    assert before.keys() == after.keys()
    (changed,) = (name for name in after if after[name] != before[name])
    kept = f"from raw_langfuse.usage_details where observation_id = '{changed}' and quantity is not null"
    landed = warehouse.rows(f"select usage_key, quantity {kept} order by 1")
    assert landed == [("input", 9), ("total", 9)]


def test_a_day_without_observations_empties(warehouse, front):
    warehouse.load(SOURCE, **WINDOW)
    front.edit(lambda page: page.update(data=[], meta={}), "/v2/observations")
    assert warehouse.load(SOURCE, **WINDOW, more=["--accept-fewer-rows"])[0] == 0
    assert contents(warehouse)[:2] == [[], []]
    logged = "select count(distinct charge_date) from raw_langfuse.load_log where table_name = 'observations'"
    assert warehouse.rows(logged) == [(2,)]


def test_labels_come_from_metadata_then_tags_then_the_environment(warehouse, front):
    told = iter(
        [
            {"metadata": {"feature": "a", "environment": "blue", "session": "s", "deep": {"x": 1}, "n": 7},
             "tags": ["feature:b", "team:kyc:eu", "plain"], "environment": "prod"},
            {"metadata": None, "tags": None, "environment": "default"},
            {"metadata": "a text", "tags": ["team:kyc"], "environment": "staging"},
            {"metadata": {"ls_provider": "azure", "feature": "c"}, "tags": [], "environment": None,
             "modelParameters": {"service_tier": "flex"}},
        ]
    )  # fmt: skip
    ids = []

    def edit(page):
        for row in page["data"][:4]:
            ids.append(row["id"])
            row |= next(told)

    front.edit(edit, "/v2/observations")
    code, said = warehouse.load(SOURCE, since="2026-11-10", until="2026-11-10")
    assert code == 0, said
    landed = "select id, labels, provider, service_tier from raw_langfuse.observations"
    rows = {
        name: (json.loads(labels) if labels else None, *more)
        for name, labels, *more in warehouse.rows(landed)
    }
    assert [rows[name] for name in ids] == [
        ({"environment": "blue", "feature": "a", "n": "7", "team": "kyc:eu"}, None, None),
        (None, None, None),
        ({"environment": "staging", "team": "kyc"}, None, None),
        ({"feature": "c"}, "azure", "flex"),
    ]


def test_keys_that_nobody_knows_land_too(warehouse, front):
    front.edit(lambda page: page["data"][0]["usageDetails"].update(moon_tokens=3), "/v2/observations")
    assert warehouse.load(SOURCE, since="2026-11-10", until="2026-11-10")[0] == 0
    landed = "select quantity from raw_langfuse.usage_details where usage_key = 'moon_tokens'"
    assert warehouse.rows(landed) == [(3,)]


def test_a_repeated_cursor_stops_the_run(warehouse, control, small_pages):
    control("faults", provider=SOURCE, repeat_cursor=99)
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 1
    assert "the API repeats a page cursor" in said


def test_values_of_another_kind_name_their_row(warehouse, front):
    warehouse.load(SOURCE, **WINDOW)
    before = contents(warehouse)
    spoilt = {}
    front.edit(lambda page: [row.update(spoilt) for row in page["data"][:1]], "/v2/observations")
    for values, told in (
        ({"usageDetails": {"input": "many"}}, 'usage_key input, column quantity: "many" is no whole number'),
        ({"usageDetails": {"input": 1.5}}, '"1.5" is no whole number'),
        ({"usageDetails": {"input": -1}}, '"-1" is below zero'),
        ({"totalCost": "1,5"}, '"1,5" is no number'),
        ({"startTime": "2026-10-01T00:00:00Z"}, "holds 2026-10-01, which was not asked for"),
    ):
        spoilt.clear()
        spoilt.update(values)
        code, said = warehouse.load(SOURCE, **WINDOW)
        assert code == 1, said
        assert told in said, said
        assert "Traceback" not in said
    assert contents(warehouse) == before


@pytest.mark.parametrize(
    ("status", "told"), [(401, "answered 401"), (403, "answered 403"), (404, "answered 404")]
)
def test_who_may_not_read_gets_an_error_and_no_empty_table(warehouse, monkeypatch, front, status, told):
    if status == 401:
        monkeypatch.setenv("SOURCES__LANGFUSE__SECRET_KEY", "sk-lf-nonsense")
    else:
        front.change(lambda *_: Response('{"message": "no"}', status, mimetype="application/json"))
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 1
    assert told in said
    assert "sk-lf-nonsense" not in said


def test_faults_stop_or_are_waited_for(warehouse, control):
    control("faults", provider=SOURCE, rate_limit=2, retry_after=0)
    assert warehouse.load(SOURCE, **WINDOW)[0] == 0
    before = contents(warehouse)
    for fault, told in (
        ({"half_reply": 9}, "broke off in the middle"),
        ({"empty_reply": 9}, "no page of data"),
        ({"server_error": 99}, "answered 503"),
    ):
        control("faults", provider=SOURCE, **fault)
        code, said = warehouse.load(SOURCE, **WINDOW)
        control("faults", reset=True)
        assert code == 1, said
        assert told in said
    assert contents(warehouse) == before
