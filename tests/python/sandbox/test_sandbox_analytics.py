"""Anthropic's analytics reports as the sandbox plays them: flat rows, kinds of cost, groups that overlap."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sandbox_client import ADMIN, FIRST, LAST

COST, USAGE = "analytics/cost", "analytics/usage"
BETA = {"anthropic-beta": "analytics-usage-cost-2026-08-24"}
WINDOW = {"starting_at": f"{FIRST}T00:00:00Z", "ending_at": f"{LAST + timedelta(days=1)}T00:00:00Z"}
DAILY = WINDOW | {"time_bucket_width": "1d"}
KEYS = ["workspace_id", "api_key_id", "model", "service_tier", "context_window"]


@pytest.fixture
def ask(anthropic):
    def get(path, headers=BETA, **params):
        reply = anthropic.raw(path, params, ADMIN["anthropic"] | headers)
        return reply.status_code, json.loads(reply.text, parse_float=Decimal)

    return get


@pytest.fixture
def rows(ask):
    """All rows, page by page."""

    def get(path, **params):
        found, page = [], {}
        for _ in range(200):
            status, reply = ask(path, **params, **page)
            assert status == 200, reply
            found += reply["data"]
            if not reply["has_more"]:
                assert reply["next_page"] is None
                return found
            page = {"page": reply["next_page"]}
        raise AssertionError("paging does not end")

    return get


def cents(found):
    return sum(Decimal(row["cost"]["amount"]) for row in found)


def by(*names):
    return {"group_by[]": list(names)}


def true_cents(sandbox):
    return sum(row["cost"] * 100 for row in sandbox.truth().to_pylist() if row["provider"] == "anthropic")


@pytest.mark.parametrize(
    "groups",
    [[], ["cost_type"], ["token_type"], ["actor"], ["product", "speed"], [*KEYS, "cost_type", "token_type"]],
    ids=str,
)
def test_any_grouping_of_costs_adds_up_to_the_bill(rows, sandbox, groups):
    assert cents(rows(COST, **WINDOW, **by(*groups))) == true_cents(sandbox)
    assert cents(rows(COST, **DAILY, **by(*groups), limit=1000)) == true_cents(sandbox)


def test_a_row_holds_amounts_as_text_and_the_groups_that_were_asked_for(rows):
    (row,) = rows(COST, **WINDOW)
    assert isinstance(row["cost"]["amount"], str)
    assert isinstance(row["cost"]["list_amount"], str)
    assert Decimal(row["cost"]["list_amount"]) > Decimal(row["cost"]["amount"])
    assert {name for name, value in row["group"].items() if value is not None} == set()
    assert (row["starting_at"], row["ending_at"]) == (WINDOW["starting_at"], WINDOW["ending_at"])
    grouped = rows(COST, **WINDOW, **by("model", "cost_type"))
    assert {row["group"]["cost_type"] for row in grouped} == {"tokens", "web_search", "code_execution"}
    # Code execution has no model; other kinds stand beside the model that caused them.
    assert {r["group"]["model"] for r in grouped if r["group"]["cost_type"] == "code_execution"} == {None}
    # The default workspace has a name here, and none in the admin reports.
    assert "wrkspc_default" in {
        r["group"]["workspace_id"] for r in rows(COST, **WINDOW, **by("workspace_id"))
    }


def test_kinds_of_cost_do_not_count_for_the_limit(ask, rows):
    fanned = DAILY | by("model", "cost_type", "token_type")
    _, page = ask(COST, **fanned, limit=3)
    assert len(page["data"]) > 3
    shown = {(row["starting_at"], row["group"]["model"]) for row in page["data"]}
    assert len(shown) == 3
    assert page["data_refreshed_at"]
    whole = rows(COST, **fanned, limit=1000)
    assert rows(COST, **fanned, limit=3) == whole


def test_rows_are_ranked_or_by_time(rows):
    ranked = rows(COST, **DAILY, **by("model"))
    amounts = [Decimal(row["cost"]["amount"]) for row in ranked]
    assert amounts == sorted(amounts, reverse=True)
    timed = rows(COST, **DAILY, **by("model"), order_by="time", order="asc")
    days = [row["starting_at"] for row in timed]
    assert days == sorted(days)
    assert len(timed) == len(ranked)


def test_usage_counts_requests_and_all_tokens(rows, sandbox):
    found = rows(USAGE, **DAILY, **by(*KEYS), limit=1000)
    for row in found:
        used = row["usage"]
        written = used["cache_creation"]
        assert used["total_tokens"] == (
            used["uncached_input_tokens"]
            + used["cache_read_input_tokens"]
            + used["output_tokens"]
            + written["ephemeral_5m_input_tokens"]
            + written["ephemeral_1h_input_tokens"]
        )
    calls = "select count(*) from usage where provider = 'anthropic' and surface <> 'subscription'"
    assert sum(row["usage"]["requests"] for row in found) == sandbox.world.query(calls)[0][0]


def test_groups_of_people_overlap(rows):
    """A person in two groups counts in both: the sum of the named ones is more than the people used."""
    (whole,) = rows(USAGE, **WINDOW)
    grouped = rows(USAGE, **WINDOW, **by("rbac_group_id"))
    assert sum(row["usage"]["requests"] for row in grouped) > whole["usage"]["requests"]
    of = {row["group"]["rbac_group_id"]: row["usage"]["requests"] for row in grouped}
    people = whole["usage"]["requests"] - of[None]
    assert of["rbac_group_everybody"] == people
    assert sum(count for group, count in of.items() if group) == 2 * people


def test_cursors_hold_for_their_query(ask):
    _, page = ask(COST, **DAILY, **by("model"), limit=2)
    status, _ = ask(COST, **DAILY, **by("model"), limit=3, page=page["next_page"])
    assert status == 400


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({}, "starting_at"),
        (WINDOW | {"starting_at": "2025-11-30T00:00:00Z"}, "365 days"),
        ({"starting_at": WINDOW["starting_at"], "time_bucket_width": "1d"}, "ending_at"),
        (WINDOW | {"starting_at": "2026-10-01T00:00:00Z"}, "31 days"),
        (DAILY | {"time_bucket_width": "1w"}, "time_bucket_width"),
        (WINDOW | {"limit": 1001}, "limit"),
        (WINDOW | by("customer"), "group_by"),
        (WINDOW | by(*KEYS, "inference_geo"), "at most 5"),
        (WINDOW | {"group_by": "model"}, "group_by"),
        (WINDOW | {"order_by": "model"}, "order_by"),
    ],
)
def test_what_the_contract_does_not_know_is_refused(ask, params, told):
    status, reply = ask(COST, **params)
    assert status == 400
    assert told in reply["error"]["message"]


def test_the_beta_header_and_a_key_are_needed(ask, anthropic):
    status, reply = ask(COST, headers={}, **WINDOW)
    assert (status, reply["error"]["type"]) == (400, "invalid_request_error")
    assert "analytics-usage-cost-2026-08-24" in reply["error"]["message"]
    key = {"x-api-key": "sk-ant-analytics-larkspur-sandbox"}
    assert ask(COST, headers=BETA | key, **WINDOW)[0] == 200
    assert anthropic.raw("cost_report", WINDOW, ADMIN["anthropic"] | key).status_code == 403
