"""OpenRouter as the sandbox plays it: filters that are no columns, 30 days, own keys that cost nothing."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.testing import MockResponse
from sandbox_client import LAST, SHARED


@pytest.fixture(scope="module")
def contract(sandbox):
    """OpenRouter's own description of its API, pointed at the sandbox; None if not at hand."""
    path = SHARED / "providers" / "openapi" / "openrouter.yaml"
    if not path.exists():
        return None
    description = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    description["servers"] = [{"url": sandbox.env["SOURCES__OPENROUTER__BASE_URL"]}]
    return OpenAPI.from_dict(description)


@pytest.fixture(scope="module")
def get(sandbox, contract):
    """Ask as a connector would; replies are held against the contract."""

    def ask(path, key=None, status=200, **params):
        url = f"{sandbox.env['SOURCES__OPENROUTER__BASE_URL']}/{path}"
        token = sandbox.env["SOURCES__OPENROUTER__API_KEY"] if key is None else key
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = requests.get(url, params=params, headers=headers, timeout=30)
        assert reply.status_code == status, reply.text
        if contract and status == 200:
            # Replies only: openapi-core cannot read parameters that have several types.
            contract.validate_response(RequestsOpenAPIRequest(reply.request), MockResponse(reply.content))
        return json.loads(reply.text, parse_float=Decimal)

    return ask


def money(page):
    return sum(Decimal(item["usage"]) for item in page["data"])


def test_activity_is_the_truth_to_the_last_digit(get, sandbox):
    told = Counter()
    for item in get("activity")["data"]:
        told[item["date"], item["model"]] += Decimal(item["usage"])
    true = Counter()
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "openrouter":
            true[str(row["day"]), row["model"]] += row["cost"]
    assert +told == +true
    assert 20 < sum(true.values()) < 400, "small beside the other providers"


def test_keys_and_workspaces_divide_the_same_activity(get):
    workspaces = get("workspaces")["data"]
    keys = [k for w in workspaces for k in get("keys", workspace_id=w["id"], include_disabled="true")["data"]]
    assert len(keys) == 4
    by_key = sum(money(get("activity", api_key_hash=key["hash"])) for key in keys)
    by_workspace = sum(money(get("activity", workspace_id=w["id"])) for w in workspaces)
    assert by_key == by_workspace == money(get("activity"))
    assert get("activity", user_id="user_nobody")["data"] == []


def test_a_workspace_is_a_column_only_when_grouped(get):
    assert all("workspace_id" not in item for item in get("activity")["data"])
    assert all(item["workspace_id"] for item in get("activity", group_by="workspace")["data"])


def test_keys_are_those_of_the_default_workspace_unless_one_is_named(get):
    assert get("keys")["data"] == []
    assert [key["name"] for key in get("keys", include_disabled="true")["data"]] == ["code-review-staging"]


def test_cached_tokens_are_inside_the_prompt(get):
    rows = get("activity")["data"]
    assert all(0 <= row["cached_tokens"] <= row["prompt_tokens"] for row in rows)
    assert any(row["cached_tokens"] for row in rows)


def test_own_keys_cost_what_the_provider_charges_and_nothing_here(get, sandbox):
    rows = [row for row in get("activity")["data"] if row["provider_name"] == "Anthropic"]
    assert {row["model"] for row in rows} == {"anthropic/claude-sonnet-5.5"}
    assert {row["usage"] for row in rows} == {0}
    own = get("activity", date="2026-11-05")["data"]
    ((cost,),) = sandbox.world.query(
        "select sum(cost) from billed where provider = 'anthropic' and day = '2026-11-05' "
        "and api_key_id = 'apikey_suggest'"
    )
    inference = sum(row["byok_usage_inference"] for row in own)
    assert 0 < inference < cost


def test_only_the_last_30_days_can_be_asked_for(get, quarter):
    oldest = str(LAST - timedelta(days=29))
    assert get("activity", date=oldest)["data"] == []
    assert "last 30" in get("activity", status=400, date="2026-10-13")["error"]["message"]
    assert "last 30" in get("activity", status=400, date=str(LAST + timedelta(days=1)))["error"]["message"]
    assert get("activity", status=400, date="yesterday")["error"]["code"] == 400
    url = f"{quarter.env['SOURCES__OPENROUTER__BASE_URL']}/activity"
    headers = {"Authorization": f"Bearer {quarter.env['SOURCES__OPENROUTER__API_KEY']}"}
    days = {item["date"] for item in requests.get(url, headers=headers, timeout=30).json()["data"]}
    # The own Anthropic key was used before that, which nobody can read any more.
    assert min(days) == str(date(2026, 11, 21) - timedelta(days=29))


def test_a_generation_tells_its_own_counts(get, sandbox):
    ((name, output),) = sandbox.world.query(
        "select 'gen-' || call_id, output from calls where provider = 'openrouter' and output > 100 limit 1"
    )
    call = get("generation", id=name)["data"]
    assert call["native_tokens_completion"] == output != call["tokens_completion"]
    assert call["total_cost"] > 0
    assert get("generation", status=404, id="gen-nobody")["error"]["code"] == 404


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("activity", {"api_key": "x"}),
        ("activity", {"group_by": "model"}),
        ("keys", {"limit": 10}),
        ("keys", {"include_disabled": "yes"}),
        ("workspaces", {"limit": 101}),
        ("workspaces", {"offset": -1}),
    ],
)
def test_what_is_not_understood_is_refused(get, path, params):
    assert get(path, status=400, **params)["error"]["code"] == 400


def test_only_management_keys_may(get):
    assert get("activity", key="", status=401)["error"]["code"] == 401
    assert get("activity", key="nonsense", status=401)["error"]["code"] == 401
    assert get("activity", key="sk-or-v1-larkspur", status=403)["error"]["code"] == 403
