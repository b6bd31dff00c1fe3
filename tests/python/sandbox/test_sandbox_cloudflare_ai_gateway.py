"""Cloudflare AI Gateway as the sandbox plays it: attempts, metadata within JSON, pages by number."""

import json
from decimal import Decimal

import pytest
import requests


def between(after, before):
    pairs = (("gt", after), ("lt", before))
    return json.dumps([{"key": "created_at", "operator": name, "value": [at]} for name, at in pairs])


DAY = between("2026-11-09T23:59:59.999Z", "2026-11-11T00:00:00.000Z")


@pytest.fixture(scope="module")
def get(sandbox):
    def ask(status=200, token=None, account=None, gateway="search", **params):
        env = {k.split("__")[-1]: v for k, v in sandbox.env.items() if "CLOUDFLARE_AI_GATEWAY" in k}
        path = f"accounts/{account or env['ACCOUNT_ID']}/ai-gateway/gateways/{gateway}/logs"
        headers = {"Authorization": f"Bearer {env['API_TOKEN'] if token is None else token}"}
        reply = requests.get(
            f"{env['BASE_URL']}/{path}", params=params, headers=headers if token != "" else {}, timeout=30
        )
        assert reply.status_code == status, reply.text
        assert reply.json()["success"] is (status == 200)
        return json.loads(reply.text, parse_float=Decimal)

    return ask


def everything(get, **params):
    rows, page = [], 1
    while True:
        reply = get(page=page, per_page=50, **params)
        rows += reply["result"]
        if len(rows) == reply["result_info"]["total_count"]:
            return rows
        page += 1
        assert page < 100


def test_a_day_is_its_rows_in_order(get, sandbox):
    rows = everything(get, filters=DAY, order_by_direction="asc")
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)
    assert {row["created_at"][:10] for row in rows} == {"2026-11-10"}
    ((calls,),) = sandbox.world.query(
        "select count(*) from gateway_calls where gateway = 'cloudflare_ai_gateway' "
        "and api_key_id = 'key_rewrite_prod' and called_at >= '2026-11-10' and called_at < '2026-11-11'"
    )
    assert sum(row["provider"] == "openai" for row in rows) == calls
    assert rows == list(reversed(everything(get, filters=DAY)))


def test_rows_are_attempts_and_say_what_became_of_them(get):
    rows = everything(get, filters=DAY)
    failed = [row for row in rows if not row["success"]]
    hits = [row for row in rows if row["cached"]]
    judged = [row for row in rows if row["provider"] == "workers-ai"]
    assert failed
    assert all(row["tokens_in"] is None and row["cost"] == 0 for row in failed)
    assert hits
    assert all(row["tokens_in"] > 0 and row["cost"] == 0 for row in hits)
    assert judged
    assert any(row["step"] == 1 for row in rows)


def test_the_estimate_knows_no_cache_classes(get):
    row = next(r for r in everything(get, filters=DAY) if r["cost"] and r["model"] == "gpt-5-mini")
    assert row["cost"] == (row["tokens_in"] * Decimal("0.25") + row["tokens_out"] * 2) / 1_000_000


def test_metadata_is_json_within_json_with_five_entries_at_most(get):
    for row in everything(get, filters=DAY):
        assert isinstance(row["metadata"], str)
        assert len(json.loads(row["metadata"])) <= 5


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2026-11-10"},
        {"per_page": 51},
        {"page": 0},
        {"order_by": "cost"},
        {"order_by_direction": "up"},
        {"filters": "created_at"},
        {"filters": '[{"key": "model", "operator": "eq", "value": ["o3"]}]'},
    ],
)
def test_what_is_not_understood_is_refused(get, params):
    assert get(status=400, **params)["errors"][0]["message"]


def test_tokens_accounts_and_gateways_are_checked(get):
    get(status=401, token="")
    get(status=403, token="nonsense")
    get(status=404, account="other")
    get(status=404, gateway="other")
