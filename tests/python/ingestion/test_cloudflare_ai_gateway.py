"""Cloudflare AI Gateway over HTTP: every row of the log once, metadata parsed a second time, no money."""

import json
from collections import Counter

import pytest
from front import front_of
from werkzeug.wrappers import Response

SOURCE, LOGS = "cloudflare_ai_gateway", "raw_cloudflare_ai_gateway.logs"
WINDOW = {"since": "2026-11-09", "until": "2026-11-10"}


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    """The sandbox with something between; `warehouse` first, so that this base URL stays."""
    with front_of(sandbox.base_url) as running:
        path = sandbox.env["SOURCES__CLOUDFLARE_AI_GATEWAY__BASE_URL"].removeprefix(sandbox.base_url)
        monkeypatch.setenv("SOURCES__CLOUDFLARE_AI_GATEWAY__BASE_URL", running.base_url + path)
        yield running


def test_every_row_of_the_log_lands_once_and_says_what_it_is(warehouse, sandbox):
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 0, said
    seen = sandbox.world.query(
        "select kind, count(*) from gateway_calls where gateway = 'cloudflare_ai_gateway' "
        "and called_at >= '2026-11-09' and called_at < '2026-11-11' group by 1"
    )
    landed = warehouse.rows(
        f"select case when cached then 'cache_hit' when not success then 'failed' else 'call' end, count(*) "
        f"from {LOGS} where provider = 'openai' group by 1"
    )
    assert dict(landed) == dict(seen)
    assert set(dict(seen)) == {"call", "cache_hit", "failed"}
    ((rows, ids, guards, untold, gateways),) = warehouse.rows(
        f"select count(*), count(distinct id), count(*) filter (provider = 'workers-ai'), "
        f"count(*) filter (tokens_in is null and success), count(distinct gateway) from {LOGS}"
    )
    assert rows == ids > 50, "more than a page"
    assert guards > 0
    assert untold > 0
    assert gateways == 2


def test_a_second_run_changes_nothing(warehouse):
    warehouse.load(SOURCE, **WINDOW)
    before = warehouse.contents(LOGS)
    assert warehouse.load(SOURCE, **WINDOW)[0] == 0
    assert warehouse.contents(LOGS) == before


def test_metadata_becomes_labels_without_ids_of_sessions(warehouse, sandbox):
    warehouse.load(SOURCE, **WINDOW)
    for metadata, labels in warehouse.rows(f"select metadata, labels from {LOGS}"):
        written = json.loads(metadata)
        assert 3 <= len(written) <= 5
        assert written.pop("session").startswith("session-")
        assert json.loads(labels) == written
        assert list(json.loads(labels)) == sorted(written)


def test_what_metadata_can_be(warehouse, front):
    told = iter(
        [
            '{"team": "a", "n": 7, "ok": true, "cost": 0.10, "x": {"y": 1}, "z": null}',
            "no json",
            "[1]",
            "",
            None,
        ]
    )

    def edit(page):
        for row in page["result"]:
            row["metadata"] = next(told, None)

    front.edit(edit, "/logs")
    code, said = warehouse.load(SOURCE, since="2026-11-10", until="2026-11-10")
    assert code == 0, said
    assert "warning, 2 rows: metadata without any label" in said
    labels = Counter(label for (label,) in warehouse.rows(f"select labels from {LOGS}"))
    assert labels['{"cost": "0.10", "n": "7", "ok": "true", "team": "a"}'] == 1
    assert set(labels) - {None} == {'{"cost": "0.10", "n": "7", "ok": "true", "team": "a"}'}


def spoil(reply, **changes):
    page = json.loads(reply.get_data())
    page["result_info"] |= changes.pop("info", {})
    return Response(json.dumps(page | changes), mimetype="application/json")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda request, reply: spoil(reply, success=False), "the reply is no page of data"),
        (lambda request, reply: spoil(reply, result=None), "the reply is no page of data"),
        (
            lambda request, reply: spoil(reply, result=[]) if request.args["page"] == "2" else None,
            "a page is empty, 50 of",
        ),
        (
            lambda request, reply: spoil(reply, info={"total_count": 9 + int(request.args["page"]) * 50}),
            "they moved while they were read",
        ),
    ],
)
def test_pages_that_lose_rows_stop_the_run(warehouse, front, change, told):
    front.change(change)
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 1, said
    assert told in said
    assert "Traceback" not in said


def test_a_page_that_comes_again_stops_the_run(warehouse, front):
    first = []

    def again(request, reply):
        first.append(reply.get_data())
        return Response(first[0], mimetype="application/json")

    front.change(again)
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 1
    assert "the API repeats a page" in said


def test_values_of_another_kind_name_their_row(warehouse, front):
    spoilt = {}
    front.edit(lambda page: [row.update(spoilt) for row in page["result"][:1]], "/logs")
    for values, told in (
        ({"tokens_in": "many"}, ', column tokens_in: "many" is no whole number'),
        ({"tokens_out": -4}, '"-4" is below zero'),
        ({"cost": "1,000.00"}, '"1,000.00" is no number'),
        ({"created_at": "2026-11-01T00:00:00Z"}, "holds 2026-11-01, which was not asked for"),
    ):
        spoilt.clear()
        spoilt.update(values)
        code, said = warehouse.load(SOURCE, **WINDOW)
        assert code == 1, said
        assert told in said, said


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("API_TOKEN", "nonsense", "the API answered 403"),
        ("ACCOUNT_ID", "somebody-elses", "the API answered 404"),
        ("GATEWAYS", "no-such-gateway", "the API answered 404"),
    ],
)
def test_who_may_not_read_gets_an_error_and_no_empty_table(warehouse, monkeypatch, setting, value, told):
    monkeypatch.setenv(f"SOURCES__CLOUDFLARE_AI_GATEWAY__{setting}", value)
    code, said = warehouse.load(SOURCE, **WINDOW)
    assert code == 1
    assert told in said


def test_faults_stop_or_are_waited_for(warehouse, control):
    control("faults", provider=SOURCE, rate_limit=2, retry_after=0)
    assert warehouse.load(SOURCE, **WINDOW)[0] == 0
    before = warehouse.contents(LOGS)
    for fault, told in (
        ({"half_reply": 9}, "broke off in the middle"),
        ({"server_error": 99}, "answered 503"),
    ):
        control("faults", provider=SOURCE, **fault)
        code, said = warehouse.load(SOURCE, **WINDOW)
        control("faults", reset=True)
        assert code == 1, said
        assert told in said
    assert warehouse.contents(LOGS) == before
