"""Langfuse as the sandbox plays it: groups of fields, opaque cursors, keys that exclude each other."""

import json
from decimal import Decimal

import pytest
import requests
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.testing import MockResponse
from sandbox_client import SHARED

DAY = {"fromStartTime": "2026-11-10T00:00:00Z", "toStartTime": "2026-11-11T00:00:00Z"}
ALL = {"fields": "core,basic,time,metadata,model,usage,trace_context"}


@pytest.fixture(scope="module")
def contract(sandbox):
    """Langfuse's own description of its API, pointed at the sandbox; None if not at hand."""
    path = SHARED / "providers" / "openapi" / "langfuse.yaml"
    if not path.exists():
        return None
    description = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    base = sandbox.env["SOURCES__LANGFUSE__BASE_URL"].removesuffix("/api/public")
    description["servers"] = [{"url": base}]
    # The document is no valid one elsewhere, in what it says of prices.
    return OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))


@pytest.fixture(scope="module")
def get(sandbox, contract):
    env = {name.split("__")[-1]: value for name, value in sandbox.env.items() if "LANGFUSE" in name}

    def ask(path="v2/observations", status=200, secret=env["SECRET_KEY"], **params):
        auth = (env["PUBLIC_KEY"], secret)
        reply = requests.get(f"{env['BASE_URL']}/{path}", params=params, auth=auth, timeout=30)
        assert reply.status_code == status, reply.text
        if contract and status == 200:
            sent = RequestsOpenAPIRequest(reply.request)
            contract.validate_request(sent)
            contract.validate_response(sent, MockResponse(reply.content))
        return json.loads(reply.text, parse_float=Decimal)

    return ask


def everything(get, **params):
    page = get(**params)
    rows = page["data"]
    while cursor := page["meta"].get("cursor"):
        page = get(**params, cursor=cursor)
        rows += page["data"]
        assert len(rows) < 10_000
    return rows


def test_pages_hold_every_call_once(get, sandbox):
    rows = everything(get, **DAY, **ALL, limit=70)
    assert len({row["id"] for row in rows}) == len(rows) > 70
    ((calls,),) = sandbox.world.query(
        "select count(*) from gateway_calls where gateway = 'langfuse' "
        "and called_at >= '2026-11-10' and called_at < '2026-11-11'"
    )
    assert sum(row["name"] == "chat" for row in rows) == calls


def test_keys_exclude_each_other_and_sum_to_the_total(get):
    generations = everything(get, **DAY, **ALL, type="GENERATION", limit=1000)
    for row in generations:
        used, costs = dict(row["usageDetails"]), dict(row["costDetails"])
        assert used.pop("total") == sum(used.values())
        assert costs.pop("total") == sum(costs.values()) == row["totalCost"]
    kinds = {key for row in generations for key in row["usageDetails"]}
    assert {"input", "input_cached_tokens", "cache_read_input_tokens", "output"} <= kinds


def test_a_framework_repeats_the_call_that_lies_within(get):
    rows = {row["id"]: row for row in everything(get, **DAY, **ALL, limit=1000)}
    inner = [row for row in rows.values() if row["type"] == "GENERATION" and row["parentObservationId"]]
    assert inner
    for row in inner:
        span = rows[row["parentObservationId"]]
        outer = rows[span["parentObservationId"]]
        assert span["type"] == "SPAN"
        assert not span["usageDetails"]
        assert outer["usageDetails"] == row["usageDetails"]
        assert outer["isRootObservation"]


def test_usage_comes_only_when_asked_for(get):
    row = get(**DAY)["data"][0]
    assert "usageDetails" not in row
    assert "environment" in row
    assert "updatedAt" in get(**DAY, fields="time")["data"][0]


def test_windows_exclude_their_end(get):
    rows = everything(get, **DAY, limit=1000)
    assert {row["startTime"][:10] for row in rows} == {"2026-11-10"}
    last = rows[0]["startTime"]
    assert last not in {row["startTime"] for row in get(**(DAY | {"toStartTime": last}), limit=1000)["data"]}


def test_a_cursor_holds_for_its_query(get):
    cursor = get(**DAY, limit=10)["meta"]["cursor"]
    get(**DAY, limit=10, cursor=cursor)
    get(**DAY, limit=20, cursor=cursor, status=400)
    get(**DAY, limit=10, cursor="abc", status=400)


@pytest.mark.parametrize(
    "params", [{"limit": 1001}, {"fields": "usage,costs"}, {"fromStartTime": "today"}, {"page": 2}]
)
def test_what_is_not_understood_is_refused(get, params):
    assert get(status=400, **params)["message"]


def test_the_key_belongs_to_a_project(get):
    assert [row["name"] for row in get("projects")["data"]] == ["Documents"]
    assert get(status=401, secret="nonsense")["error"] == "UnauthorizedError"
