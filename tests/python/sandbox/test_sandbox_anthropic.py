"""Anthropic as the sandbox plays it: cents, nulls with two meanings, what no report tells."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sandbox_client import ADMIN, FIRST, LAST

COSTS, USAGE, CODE = "cost_report", "usage_report/messages", "usage_report/claude_code"
WINDOW = {
    "starting_at": f"{FIRST}T00:00:00Z",
    "ending_at": f"{LAST + timedelta(days=1)}T00:00:00Z",
}
DAY = {"starting_at": "2026-11-05T00:00:00Z", "ending_at": "2026-11-06T00:00:00Z"}
DIMENSIONS = {
    "account_id": "user_id",
    "api_key_id": "api_key_id",
    "context_window": "context_window",
    "inference_geo": "inference_geo",
    "model": "model",
    "service_account_id": "service_account_id",
    "service_tier": "service_tier",
    "workspace_id": "sub_account_id",
}


def results(buckets):
    return [result for bucket in buckets for result in bucket["results"]]


def cents(buckets):
    return sum(Decimal(result["amount"]) for result in results(buckets))


def tokens(result):
    return (
        result["uncached_input_tokens"],
        result["cache_creation"]["ephemeral_5m_input_tokens"],
        result["cache_creation"]["ephemeral_1h_input_tokens"],
        result["cache_read_input_tokens"],
        result["output_tokens"],
        result["server_tool_use"]["web_search_requests"],
    )


def added(found):
    return tuple(map(sum, zip(*map(tokens, found), strict=True)))


def grouped(*names):
    return {"group_by[]": list(names)}


# Costs --------------------------------------------------------------------------------------------


def test_costs_are_the_truth_in_cents_to_the_last_digit(anthropic, sandbox):
    told = Counter()
    for bucket in anthropic.buckets(COSTS, **WINDOW, **grouped("workspace_id", "description")):
        for r in bucket["results"]:
            assert isinstance(r["amount"], str)
            assert r["currency"] == "USD"
            key = (bucket["starting_at"][:10], r["workspace_id"], r["description"])
            told[key] += Decimal(r["amount"])
    true = Counter()
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "anthropic" and row["line"]:
            true[str(row["day"]), row["sub_account_id"], row["line"]] += row["cost"] * 100
    assert told == true
    assert sum(true.values()) > 100_000
    assert any(workspace is None for _, workspace, _ in told), "the default workspace"


@pytest.mark.parametrize("asked", [["workspace_id"], ["description"], ["workspace_id", "description"]])
def test_any_grouping_of_costs_adds_up_to_the_same(anthropic, asked):
    whole = cents(anthropic.buckets(COSTS, **WINDOW))
    assert cents(anthropic.buckets(COSTS, **WINDOW, **grouped(*asked))) == whole


def test_costs_are_null_unless_grouped(anthropic):
    for result in results(anthropic.buckets(COSTS, **DAY)):
        assert {name for name, value in result.items() if value is not None} == {
            "amount",
            "currency",
        }
    for result in results(anthropic.buckets(COSTS, **DAY, **grouped("workspace_id"))):
        assert result["model"] is result["description"] is result["cost_type"] is None


def test_a_description_is_parsed_into_its_parts(anthropic):
    found = results(anthropic.buckets(COSTS, **WINDOW, **grouped("description")))
    by_text = {result["description"]: result for result in found}
    parts = ("cost_type", "model", "token_type", "service_tier", "context_window", "inference_geo")
    told = {text: tuple(result[part] for part in parts) for text, result in by_text.items()}
    assert told["Claude Opus 5.5 Usage - Input Tokens, Cache Write 1h, Long Context, US"] == (
        "tokens", "claude-opus-5-5", "cache_creation.ephemeral_1h_input_tokens", "standard",
        "200k-1M", "us",
    )  # fmt: skip
    assert told["Claude Sonnet 5.5 Usage - Output Tokens, Batch"] == (
        "tokens", "claude-sonnet-5-5", "output_tokens", "batch", "0-200k", "global",
    )  # fmt: skip
    assert told["Claude Haiku 4.5 Usage - Input Tokens"][1:] == (
        "claude-haiku-4-5-20251001", "uncached_input_tokens", "standard", "0-200k", "not_available",
    )  # fmt: skip
    assert told["Web Search Usage"] == ("web_search", None, None, None, None, None)
    assert told["Code Execution Usage"][0] == "code_execution"
    assert len(set(told.values())) == len(told), "one text for one combination"


def test_tokens_times_price_is_the_cost_without_priority(anthropic):
    """Priority tokens are in the usage and not on the bill; everything else is."""
    price = {
        ("claude-sonnet-5-5", "standard"): ("2", "2.5", "4", "0.1", "10"),
        ("claude-sonnet-5-5", "batch"): ("1", "1.25", "2", "0.05", "5"),
        ("claude-opus-5-5", "standard"): ("4", "5", "8", "0.2", "20"),
        ("claude-haiku-4-5-20251001", "standard"): ("1", "1.25", "2", "0.1", "5"),
    }
    rated, priority = Decimal(0), 0
    for result in results(anthropic.buckets(USAGE, **DAY, **grouped("model", "service_tier"))):
        if result["service_tier"] == "priority":
            priority += sum(tokens(result))
            continue
        prices = map(Decimal, price[result["model"], result["service_tier"]])
        *counts, searches = tokens(result)
        rated += sum(n * p for n, p in zip(counts, prices, strict=True)) / 1_000_000
        rated += searches * Decimal("0.01")
    billed = results(anthropic.buckets(COSTS, **DAY, **grouped("description")))
    execution = sum(Decimal(r["amount"]) for r in billed if r["cost_type"] == "code_execution")
    assert priority > 0
    assert execution > 0
    assert sum(Decimal(r["amount"]) for r in billed) - execution == rated * 100


# Usage --------------------------------------------------------------------------------------------


def test_usage_is_the_sum_of_the_calls(anthropic, sandbox):
    found = anthropic.buckets(USAGE, **WINDOW, limit=31)
    told = {unix_of(bucket): added(bucket["results"]) for bucket in found}
    true = sandbox.world.query(
        "select epoch(day)::bigint, sum(uncached_input)::bigint, sum(cache_write_5m)::bigint, "
        "sum(cache_write_1h)::bigint, sum(cache_read)::bigint, sum(output)::bigint, "
        "sum(web_searches)::bigint from calls "
        "where provider = 'anthropic' and surface <> 'subscription' group by 1"
    )
    assert told == {day: tuple(sums) for day, *sums in true}
    assert all(all(sums) for sums in told.values())


def unix_of(bucket):
    return int(datetime.fromisoformat(bucket["starting_at"]).timestamp())


def test_any_grouping_of_usage_adds_up_to_the_same(anthropic):
    whole = added(results(anthropic.buckets(USAGE, **DAY)))
    for asked in (*([name] for name in DIMENSIONS), list(DIMENSIONS)):
        found = results(anthropic.buckets(USAGE, **DAY, **grouped(*asked)))
        assert added(found) == whole
        keys = [tuple(result[name] for name in asked) for result in found]
        assert len(set(keys)) == len(keys) > 1
        for result in found:
            assert all(result[name] is None for name in DIMENSIONS if name not in asked)


def test_values_are_those_of_the_contract(anthropic):
    found = results(anthropic.buckets(USAGE, **WINDOW, **grouped(*DIMENSIONS)))
    told = {name: {result[name] for result in found} for name in DIMENSIONS}
    assert told["context_window"] == {"0-200k", "200k-1M"}
    assert told["inference_geo"] == {"global", "us", "not_available"}
    assert told["service_tier"] == {"standard", "batch", "priority"}
    # null is the default workspace, and the console
    assert {None, "wrkspc_shared"} < told["workspace_id"]
    assert {None, "apikey_shared"} < told["api_key_id"]
    for result in found:
        assert (result["workspace_id"] is None) is (result["api_key_id"] is None)
        assert (result["account_id"] is None) is (result["api_key_id"] is not None)


def test_filters_take_parts_of_the_whole(anthropic):
    whole = added(results(anthropic.buckets(USAGE, **DAY)))
    parts = [
        added(results(anthropic.buckets(USAGE, **DAY, **{"service_tiers[]": [tier]})))
        for tier in ("standard", "batch", "priority")
    ]
    assert tuple(map(sum, zip(*parts, strict=True))) == whole
    one = {"api_key_ids[]": ["apikey_shared"], **grouped("api_key_id", "workspace_id")}
    found = results(anthropic.buckets(USAGE, **DAY, **one))
    assert [(r["api_key_id"], r["workspace_id"]) for r in found] == [("apikey_shared", "wrkspc_shared")]


def test_hours_add_up_to_the_day(anthropic):
    hours = anthropic.buckets(USAGE, **DAY, bucket_width="1h", limit=168)
    assert len(hours) == 24
    assert added(results(hours)) == added(results(anthropic.buckets(USAGE, **DAY)))


def test_speed_needs_the_beta_header(anthropic):
    status, error = anthropic.refused(USAGE, **DAY, **grouped("speed"))
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert "speed" not in results(anthropic.buckets(USAGE, **DAY))[0]
    headers = ADMIN["anthropic"] | {"anthropic-beta": "something, fast-mode-2026-02-01"}
    reply = anthropic.raw(USAGE, {**DAY, **grouped("speed")}, headers)
    assert reply.json()["data"][0]["results"][0]["speed"] == "standard"


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [COSTS, USAGE])
def test_pages_of_one_bucket_are_the_one_big_page(anthropic, path):
    params = {**WINDOW, **grouped("workspace_id")}
    one, big = anthropic.pages(path, **params, limit=1), anthropic.pages(path, **params, limit=31)
    assert (len(one), len(big)) == (12, 1)
    assert [page["data"][0] for page in one] == big[0]["data"]


def test_a_cursor_holds_for_its_query_only(anthropic):
    params = {**WINDOW, "limit": 2}
    cursor = anthropic.get(COSTS, **params)["next_page"]
    assert anthropic.get(COSTS, **params, page=cursor)["data"][0]["starting_at"].startswith("2026-11-03")
    for changed in ({"limit": 3}, grouped("workspace_id"), {"ending_at": "2026-11-10T00:00:00Z"}):
        assert anthropic.refused(COSTS, **(params | changed), page=cursor)[0] == 400
    assert anthropic.refused(USAGE, **params, page=cursor)[0] == 400
    assert anthropic.refused(COSTS, **params, page="page_x")[0] == 400


def test_times_are_snapped_to_whole_buckets(anthropic):
    params = {"starting_at": "2026-11-03T15:30:00Z", "ending_at": "2026-11-05T02:00:00+01:00"}
    starts = [bucket["starting_at"] for bucket in anthropic.buckets(COSTS, **params)]
    assert starts == ["2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"]


def test_days_without_usage_are_empty_buckets(anthropic):
    params = {"starting_at": "2026-10-30T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z"}
    assert [len(b["results"]) for b in anthropic.buckets(USAGE, **params)] == [0, 0, 1]


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (COSTS, {}),
        (COSTS, {"starting_at": "yesterday"}),
        (COSTS, {**DAY, "ending_at": DAY["starting_at"]}),
        (COSTS, {**DAY, "limit": 32}),
        (COSTS, {**DAY, "limit": 0}),
        (COSTS, {**DAY, "bucket_width": "1h"}),
        (COSTS, {**DAY, "group_by[]": "model"}),
        (COSTS, {**DAY, "group_by": "workspace_id"}),
        (USAGE, {**DAY, "bucket_width": "1h", "limit": 169}),
        (USAGE, {**DAY, "bucket_width": "1m", "limit": 1441}),
        (USAGE, {**DAY, "service_tiers[]": "fast"}),
        (USAGE, {**DAY, "group_by[]": "customer"}),
        (CODE, {"starting_at": "2026-11-05T00:00:00Z"}),
        (CODE, {"starting_at": "2026-11-05", "limit": 1001}),
        ("users", {"limit": 0}),
        ("workspaces", {"after_id": "wrkspc_none"}),
    ],
)
def test_what_the_contract_does_not_know_is_refused(anthropic, path, params):
    status, error = anthropic.refused(path, **params)
    assert (status, error["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("status", "kind", "change"),
    [
        (401, "authentication_error", {"x-api-key": None}),
        (401, "authentication_error", {"x-api-key": "sk-ant-admin01-other"}),
        (403, "permission_error", {"x-api-key": "sk-ant-api03-larkspur"}),
        (400, "invalid_request_error", {"anthropic-version": None}),
        (400, "invalid_request_error", {"anthropic-version": "2022-01-01"}),
    ],
)
def test_the_admin_key_and_the_version_are_needed(anthropic, status, kind, change):
    headers = {k: v for k, v in (ADMIN["anthropic"] | change).items() if v is not None}
    told, error = anthropic.refused(COSTS, headers=headers, **DAY)
    assert (told, error["type"]) == (status, kind)


# Claude Code --------------------------------------------------------------------------------------


def test_claude_code_is_one_row_per_actor(anthropic):
    rows = anthropic.get(CODE, starting_at="2026-11-05", limit=1000)["data"]
    people = [r["actor"]["email_address"] for r in rows if r["actor"]["type"] == "user_actor"]
    assert len(people) == len(set(people)) == 7
    assert [r["actor"]["api_key_name"] for r in rows if "api_key_name" in r["actor"]] == ["code-review-prod"]
    kinds = {(row["customer_type"], row["subscription_type"]) for row in rows}
    assert kinds == {("api", None), ("subscription", "team")}
    for row in rows:
        assert row["date"] == "2026-11-05T00:00:00Z"
        assert row["core_metrics"]["num_sessions"] > 0
        assert row["core_metrics"]["lines_of_code"]["added"] > 0
        for model in row["model_breakdown"]:
            assert model["estimated_cost"]["currency"] == "USD"
            assert isinstance(model["estimated_cost"]["amount"], int | Decimal)


def test_claude_code_pages(anthropic):
    whole = anthropic.get(CODE, starting_at="2026-11-05")
    pages = anthropic.pages(CODE, starting_at="2026-11-05", limit=3)
    assert [row for page in pages for row in page["data"]] == whole["data"]
    cursor = pages[0]["next_page"]
    assert anthropic.refused(CODE, starting_at="2026-11-06", limit=3, page=cursor)[0] == 400


def test_estimates_are_the_billed_tokens_but_for_subscriptions(anthropic):
    """Claude Code of API customers is on the bill once; what subscriptions do is on none."""
    rows = anthropic.get(CODE, starting_at="2026-11-05", limit=1000)["data"]
    told = sum(
        model["tokens"]["output"]
        for row in rows
        if row["customer_type"] == "api" and row["actor"]["type"] == "user_actor"
        for model in row["model_breakdown"]
    )
    params = {**DAY, **grouped("account_id", "model")}
    billed = results(anthropic.buckets(USAGE, **params))
    opus_of_the_console = {"user_priya", "user_tomas", "user_maya"}
    in_usage = sum(r["output_tokens"] for r in billed if r["account_id"])
    console = sum(
        r["output_tokens"] for r in billed if r["account_id"] in opus_of_the_console and "opus" in r["model"]
    )
    assert told == in_usage - console
    users = {r["account_id"] for r in billed}
    assert not users & {"user_leila", "user_sander"}


# Names --------------------------------------------------------------------------------------------


def test_lists_page_both_ways(anthropic):
    whole = anthropic.get("api_keys")["data"]
    first = anthropic.get("api_keys", limit=4)
    second = anthropic.get("api_keys", limit=4, after_id=first["last_id"])
    assert first["data"] + second["data"] == whole[:8]
    back = anthropic.get("api_keys", limit=4, before_id=second["first_id"])
    assert back["data"] == first["data"]
    assert (first["has_more"], back["has_more"]) == (True, False)
    middle = anthropic.get("api_keys", limit=2, before_id=whole[6]["id"])
    assert (middle["data"], middle["has_more"]) == (whole[4:6], True)
    last = anthropic.get("api_keys", limit=4, after_id=second["last_id"])
    assert (last["data"], last["has_more"]) == (whole[8:], False)


def test_every_id_of_the_usage_has_a_name(anthropic):
    found = results(anthropic.buckets(USAGE, **WINDOW, **grouped(*DIMENSIONS)))
    for name, path in (
        ("workspace_id", "workspaces"),
        ("api_key_id", "api_keys"),
        ("account_id", "users"),
    ):
        named = {row["id"] for row in anthropic.get(path, limit=1000)["data"]}
        assert {result[name] for result in found} - {None} <= named
    keys = anthropic.get("api_keys", workspace_id="wrkspc_shared")["data"]
    assert [(key["id"], key["principal"]["type"]) for key in keys] == [("apikey_shared", "service_account")]
    ruth = anthropic.get("users", email="ruth.adeyemi@larkspur.example")["data"]
    assert [user["id"] for user in ruth] == ["user_ruth"]
