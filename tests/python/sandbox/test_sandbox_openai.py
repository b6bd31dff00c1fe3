"""OpenAI as the sandbox plays it: its contract, its traps, and sums that agree with the calls."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sandbox_client import FIRST, LAST, SHARED, Client, unix

COSTS = "organization/costs"
START, END = unix(FIRST), unix(LAST + timedelta(days=1))
DAY = unix(date(2026, 11, 5))
ONE_DAY = {"start_time": DAY, "end_time": DAY + 86400}
OBJECTS = {
    "completions": "completions",
    "embeddings": "embeddings",
    "moderations": "moderations",
    "images": "images",
    "audio_speeches": "audio_speeches",
    "audio_transcriptions": "audio_transcriptions",
    "vector_stores": "vector_stores",
    "code_interpreter_sessions": "code_interpreter_sessions",
    "file_search_calls": "file_searches",
    "web_search_calls": "web_searches",
}
CALLER = ["project_id", "user_id", "api_key_id"]
GROUPS = {
    "completions": [*CALLER, "model", "batch", "service_tier"],
    "embeddings": [*CALLER, "model"],
    "moderations": [*CALLER, "model"],
    "images": [*CALLER, "model", "size", "source"],
    "audio_speeches": [*CALLER, "model"],
    "audio_transcriptions": [*CALLER, "model"],
    "vector_stores": ["project_id"],
    "code_interpreter_sessions": ["project_id"],
    "file_search_calls": [*CALLER, "vector_store_id"],
    "web_search_calls": [*CALLER, "model", "context_level"],
}
# measure of an endpoint -> what it adds up in the calls
MEASURES = {
    "completions": ("output_tokens", "output + audio_output", "completions"),
    "embeddings": ("input_tokens", "uncached_input", "embeddings"),
    "moderations": ("input_tokens", "uncached_input", "moderations"),
    "images": ("images", "images", "images"),
    "audio_speeches": ("characters", "characters", "audio_speeches"),
    "audio_transcriptions": ("seconds", "seconds", "audio_transcriptions"),
    "vector_stores": ("usage_bytes", "store_mebibytes * 1048576", "vector_stores"),
    "code_interpreter_sessions": ("num_sessions", "code_interpreter_sessions", "completions"),
    "file_search_calls": ("num_requests", "file_searches", "completions"),
    "web_search_calls": ("num_requests", "web_searches", "completions"),
}


def results(buckets):
    return [result for bucket in buckets for result in bucket["results"]]


def dollars(buckets):
    return sum(Decimal(result["amount"]["value"]) for result in results(buckets))


def lines(buckets):
    """Sum per day and line."""
    total = Counter()
    for bucket in buckets:
        for result in bucket["results"]:
            key = (bucket["start_time"], result["line_item"])
            total[key] += Decimal(result["amount"]["value"])
    return total


# The contract -------------------------------------------------------------------------------------


def test_the_contract_is_at_hand(contract):
    if contract is None:
        pytest.skip(f"no OpenAPI description below {SHARED}; set APPORTION_SHARED to find it")


@pytest.mark.parametrize("name", OBJECTS)
def test_usage_has_its_own_object_and_null_dimensions(openai, name):
    path, groups = f"organization/usage/{name}", GROUPS[name]
    for asked in ([], groups[:1], groups):
        found = results(openai.buckets(path, start_time=DAY, end_time=DAY + 86400, group_by=asked))
        assert found
        for result in found:
            # the shared union schema lets a wrong name through
            assert result["object"] == f"organization.usage.{OBJECTS[name]}.result"
            assert all(result[group] is None for group in groups if group not in asked)
    assert all(result[groups[-1]] is not None for result in found if name != "file_search_calls")


@pytest.mark.parametrize("asked", [[], ["line_item"], ["line_item", "project_id", "api_key_id"]])
def test_costs_have_their_own_object_and_null_dimensions(openai, asked):
    found = results(openai.buckets(COSTS, start_time=DAY, end_time=DAY + 86400, group_by=asked))
    assert {result["object"] for result in found} == {"organization.costs.result"}
    assert {result["amount"]["currency"] for result in found} == {"usd"}
    for result in found:
        for name in ("line_item", "project_id", "api_key_id"):
            assert name in asked or result[name] is None
        # a quantity needs one unit, and so a line
        assert (result["quantity"] is None) is ("line_item" not in asked)
    assert not asked or all(result["line_item"] for result in found)


def test_lines_come_in_the_shapes_of_the_wild(openai):
    found = results(openai.buckets(COSTS, start_time=START, end_time=END, group_by=["line_item"]))
    units = {result["line_item"]: result["quantity_unit"] for result in found}
    for line, unit in {
        "gpt-5.6-2026-07-09, input": "tokens",
        "gpt-5.6-2026-07-09, cached input": "tokens",
        "gpt-5.6-2026-07-09, cache write": "tokens",
        "gpt-5-mini batch, output": "tokens",
        "o3, output_tokens": "tokens",
        "text-embedding-3-large, input": "1000_tokens",
        "whisper-1": "duration_seconds",
        "Vector store storage": "gibibyte_hours",
        "Web search tool calls": None,
    }.items():
        assert units[line] == unit


# Amounts ------------------------------------------------------------------------------------------


def test_amounts_are_numbers_and_strings_with_all_digits(openai):
    params = {"start_time": DAY, "end_time": DAY + 86400, "group_by": ["line_item", "api_key_id"]}
    text = openai.raw(COSTS, params).text
    values = [r["amount"]["value"] for r in results(json.loads(text, parse_float=str)["data"])]
    floats = [r["amount"]["value"] for r in results(json.loads(text)["data"])]
    assert {type(value) for value in floats} >= {str, float}
    assert not any("e" in str(value) for value in values)
    # a digit that a float would lose is there
    assert any(Decimal(v) != Decimal(float(v)) and len(v) > 10 for v in values if "." in str(v))


def test_costs_are_the_truth_to_the_last_digit(openai, sandbox):
    told = lines(openai.buckets(COSTS, start_time=START, end_time=END, group_by=["line_item"]))
    true = Counter()
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "openai" and row["line"]:
            true[unix(row["day"]), row["line"]] += row["cost"]
    assert told == true
    assert sum(true.values()) > 1000


@pytest.mark.parametrize("asked", [["project_id"], ["api_key_id"], ["line_item", "project_id", "api_key_id"]])
def test_any_grouping_of_costs_adds_up_to_the_same(openai, asked):
    window = {"start_time": START, "end_time": END}
    whole = dollars(openai.buckets(COSTS, **window))
    assert dollars(openai.buckets(COSTS, **window, group_by=asked, limit=180)) == whole


def test_costs_by_user_add_up_too(sandbox, openai):
    # the SDK knows this grouping, the description does not yet
    client = Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])
    window = {"start_time": START, "end_time": END}
    found = client.buckets(COSTS, **window, group_by=["user_id", "line_item"])
    assert dollars(found) == dollars(openai.buckets(COSTS, **window))
    assert {"user-maya", "user-svc-gateway"} <= {result["user_id"] for result in results(found)}


def test_a_filter_on_lines_is_exact_and_gives_no_quantity_by_itself(sandbox):
    # the SDK knows this filter, the description does not yet
    client = Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])
    one = {**ONE_DAY, "line_items": ["o3, output_tokens"]}
    (result,) = results(client.buckets(COSTS, **one, group_by="line_item"))
    assert (result["line_item"], result["quantity_unit"]) == ("o3, output_tokens", "tokens")
    (ungrouped,) = results(client.buckets(COSTS, **one))
    assert (ungrouped["line_item"], ungrouped["quantity"], ungrouped["quantity_unit"]) == (None,) * 3
    assert Decimal(ungrouped["amount"]["value"]) == Decimal(result["amount"]["value"])
    assert results(client.buckets(COSTS, **ONE_DAY, line_items=["o3"])) == []


def test_a_line_is_price_times_quantity(openai):
    found = results(openai.buckets(COSTS, **ONE_DAY, group_by="line_item"))
    paid = {r["line_item"]: (Decimal(r["amount"]["value"]), Decimal(r["quantity"])) for r in found}
    for line, price in {
        "o3, input_tokens": Decimal("2") / 1_000_000,
        "gpt-5.6-2026-07-09, output": Decimal("20") / 1_000_000,
        "gpt-5.6-2026-07-09 batch, output": Decimal("10") / 1_000_000,
        "text-embedding-3-large, input": Decimal("0.13") / 1_000,
        "whisper-1": Decimal("0.36") / 3600,
        "Web search tool calls": Decimal("0.01"),
        "Vector store storage": Decimal("0.1") / 24,
    }.items():
        amount, quantity = paid[line]
        assert abs(amount - quantity * price) < Decimal("1e-15"), line


# Usage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OBJECTS)
def test_usage_is_the_sum_of_the_calls(openai, sandbox, name):
    measure, column, endpoint = MEASURES[name]
    found = openai.buckets(f"organization/usage/{name}", start_time=START, end_time=END, limit=31)
    told = {b["start_time"]: b["results"][0][measure] for b in found if b["results"]}
    true = sandbox.world.query(
        f"select epoch(day)::bigint, sum({column})::hugeint from calls "
        f"where provider = 'openai' and endpoint = '{endpoint}' group by 1 having sum({column}) > 0"
    )
    assert told == dict(true)


@pytest.mark.parametrize("name", OBJECTS)
def test_any_grouping_of_usage_adds_up_to_the_same(openai, name):
    measure = MEASURES[name][0]
    path, window = f"organization/usage/{name}", {"start_time": DAY, "end_time": DAY + 86400}
    whole = sum(result[measure] for result in results(openai.buckets(path, **window)))
    for asked in (GROUPS[name][:1], GROUPS[name][-1:], GROUPS[name]):
        found = results(openai.buckets(path, **window, group_by=asked))
        assert sum(result[measure] for result in found) == whole
        keys = [tuple(result[group] for group in asked) for result in found]
        assert len(keys) == len(set(keys)), "one row for each group"


def test_token_classes_add_up_to_the_input(openai):
    path = "organization/usage/completions"
    found = results(openai.buckets(path, start_time=START, end_time=END, group_by=["model", "api_key_id"]))
    for r in found:
        parts = ("input_uncached_tokens", "input_cached_tokens", "input_cache_write_tokens")
        assert r["input_tokens"] == sum(r[part] for part in parts)
        kinds = ("text", "audio", "image")
        assert r["input_uncached_tokens"] == sum(r[f"input_{kind}_tokens"] for kind in kinds)
        assert r["input_cached_tokens"] == sum(r[f"input_cached_{kind}_tokens"] for kind in kinds)
        assert r["output_tokens"] == sum(r[f"output_{kind}_tokens"] for kind in kinds)
        assert r["input_cache_write_tokens"] == r["input_cache_write_30m_tokens"]
    for name in ("input_cache_write_tokens", "input_image_tokens", "output_audio_tokens"):
        assert sum(r[name] for r in found) > 0


def test_minutes_add_up_to_hours_and_hours_to_days(openai):
    path = "organization/usage/completions"

    def tokens(width, start, end, limit):
        window = {"start_time": start, "end_time": end, "bucket_width": width, "limit": limit}
        buckets = openai.buckets(path, **window)
        return buckets, sum(r["input_tokens"] for r in results(buckets))

    _, day = tokens("1d", DAY, DAY + 86400, 1)
    hours, in_hours = tokens("1h", DAY, DAY + 86400, 24)
    assert (len(hours), in_hours) == (24, day)
    minutes, in_minutes = tokens("1m", DAY + 3600, DAY + 7200, 60)
    assert (len(minutes), in_minutes) == (60, hours[1]["results"][0]["input_tokens"])


def test_filters_take_parts_of_the_whole(openai):
    path, window = "organization/usage/completions", {"start_time": DAY, "end_time": DAY + 86400}

    def requests(**filters):
        found = results(openai.buckets(path, **window, **filters))
        return sum(result["num_model_requests"] for result in found)

    whole = requests()
    assert 0 < requests(batch="true") < whole
    assert requests(batch="true") + requests(batch="false") == whole
    two = ["proj_support", "proj_search"]
    assert requests(project_ids=two) == sum(requests(project_ids=one) for one in two)
    assert requests(models=["gpt-5-mini"]) < whole
    assert requests(api_key_ids=["key_gateway_prod"], user_ids=["user-svc-gateway"]) > 0
    assert requests(api_key_ids=["key_gateway_prod"], user_ids=["user-maya"]) == 0
    costs = openai.buckets(COSTS, **window, project_ids=["proj_search"], group_by=["project_id"])
    assert {result["project_id"] for result in results(costs)} == {"proj_search"}


def test_a_batch_is_a_flag_and_has_the_default_tier(openai, sandbox):
    path = "organization/usage/completions"
    asked = ["batch", "service_tier"]
    found = results(openai.buckets(path, start_time=DAY, end_time=DAY + 86400, group_by=asked))
    assert [(r["batch"], r["service_tier"]) for r in found] == [
        (False, "default"),
        (True, "default"),
    ]
    true = sandbox.world.query(
        "select count(*) filter (service_tier <> 'batch'), count(*) filter (service_tier = 'batch') "
        "from calls where provider = 'openai' and endpoint = 'completions' and day = '2026-11-05'"
    )
    assert tuple(r["num_model_requests"] for r in found) == true[0]


def test_tokens_beyond_two_to_the_53_keep_their_last_digit(openai, control):
    path = "organization/usage/moderations"
    window = {"start_time": unix(LAST), "end_time": END}
    before = results(openai.buckets(path, **window))[0]["input_tokens"]
    bill = dollars(openai.buckets(COSTS, start_time=START, end_time=END))
    control("quirks", {"huge_tokens": True})
    after = results(openai.buckets(path, **window))[0]["input_tokens"]
    assert after - before == 9007199254740993
    assert dollars(openai.buckets(COSTS, start_time=START, end_time=END)) == bill
    control("quirks", {"huge_tokens": False})
    assert results(openai.buckets(path, **window))[0]["input_tokens"] == before


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [COSTS, "organization/usage/completions"])
def test_pages_of_one_bucket_are_the_one_big_page(openai, path):
    params = {"start_time": START, "end_time": END, "group_by": ["project_id"]}
    one, big = openai.pages(path, **params, limit=1), openai.pages(path, **params, limit=31)
    assert (len(one), len(big)) == (12, 1)
    assert [page["data"][0] for page in one] == big[0]["data"]


def test_the_default_page_of_costs_is_seven_buckets(openai):
    page = openai.get(COSTS, start_time=START, end_time=END)
    assert (len(page["data"]), page["has_more"]) == (7, True)


def test_days_without_usage_are_empty_buckets(openai):
    buckets = openai.buckets(COSTS, start_time=START - 2 * 86400, end_time=END + 86400)
    assert [len(bucket["results"]) for bucket in buckets] == [0, 0, *[1] * 12, 0]
    starts = [bucket["start_time"] for bucket in buckets]
    assert starts == list(range(START - 2 * 86400, END + 86400, 86400))
    assert all(bucket["end_time"] - bucket["start_time"] == 86400 for bucket in buckets)


def test_a_cursor_holds_for_its_query_only(openai):
    params = {"start_time": START, "end_time": END, "limit": 2, "group_by": ["project_id"]}
    cursor = openai.get(COSTS, **params)["next_page"]
    assert openai.get(COSTS, **params, page=cursor)["data"][0]["start_time"] == START + 2 * 86400
    for changed in (
        {"limit": 3},
        {"group_by": ["line_item"]},
        {"start_time": START + 86400},
        {"project_ids": ["proj_search"]},
    ):
        status, error = openai.refused(COSTS, **(params | changed), page=cursor)
        assert (status, error["param"]) == (400, "page")
    for unknown in ("page_AAAA", "nonsense", cursor[:-2], ""):
        assert openai.refused(COSTS, **params, page=unknown)[0] == 400
    usage = "organization/usage/completions"
    assert openai.refused(usage, **params, page=cursor)[0] == 400


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "width", "largest"),
    [
        (COSTS, "1d", 180),
        ("organization/usage/completions", "1d", 31),
        ("organization/usage/completions", "1h", 168),
        ("organization/usage/embeddings", "1m", 1440),
    ],
)
def test_limits_are_kept(openai, path, width, largest):
    params = {"start_time": START, "end_time": END, "bucket_width": width}
    for limit in (0, largest + 1, -1, "ten"):
        status, error = openai.refused(path, **params, limit=limit)
        assert (status, error["param"]) == (400, "limit")
    assert openai.get(path, **params, limit=largest)


@pytest.mark.parametrize(
    ("param", "params"),
    [
        ("start_time", {}),
        ("start_time", {"start_time": "2026-11-01"}),
        ("end_time", {"start_time": START, "end_time": START}),
        ("bucket_width", {"start_time": START, "bucket_width": "1h"}),
        ("group_by", {"start_time": START, "group_by": "model"}),
        ("group_by", {"start_time": START, "group_by": ["user_id", "project_id"]}),
        ("groupby", {"start_time": START, "groupby": "line_item"}),
        ("models", {"start_time": START, "models": "o3"}),
    ],
)
def test_what_costs_do_not_know_is_refused(openai, param, params):
    status, error = openai.refused(COSTS, **params)
    assert (status, error["param"]) == (400, param)
    assert set(error) == {"message", "type", "param", "code"}


def test_values_of_filters_are_checked(openai):
    path = "organization/usage"
    assert openai.refused(f"{path}/completions", start_time=START, batch="yes")[0] == 400
    assert openai.refused(f"{path}/images", start_time=START, sizes="1x1")[0] == 400
    assert openai.refused(f"{path}/vector_stores", start_time=START, group_by="model")[0] == 400
    assert openai.refused(f"{path}/opinions", start_time=START)[0] == 404


@pytest.mark.parametrize(
    ("status", "header"),
    [
        (401, {}),
        (401, {"Authorization": "Bearer sk-admin-of-somebody-else"}),
        (401, {"Authorization": "sk-admin-larkspur-sandbox"}),
        (403, {"Authorization": "Bearer sk-proj-larkspur"}),
    ],
)
def test_only_the_admin_key_opens(openai, status, header):
    for path in (COSTS, "organization/projects", "organization/usage/completions"):
        assert openai.refused(path, headers=header, start_time=START)[0] == status


def test_brackets_and_repeated_keys_mean_the_same(openai):
    window = {"start_time": DAY, "end_time": DAY + 86400}
    groups = ["project_id", "line_item"]
    plain = openai.raw(COSTS, {**window, "group_by": groups})
    assert openai.raw(COSTS, {**window, "group_by[]": groups}).text == plain.text


# Names --------------------------------------------------------------------------------------------


def test_archived_projects_are_listed_when_asked(openai):
    named = [p["id"] for p in openai.get("organization/projects", limit=100)["data"]]
    every = openai.get("organization/projects", limit=100, include_archived="true")["data"]
    assert {p["id"] for p in every} - set(named) == {"proj_legacy"}
    assert [p["status"] for p in every if p["archived_at"]] == ["archived"]


def test_lists_page_by_the_last_id(openai):
    whole = openai.get("organization/users", limit=100)["data"]
    seen, page = [], openai.get("organization/users", limit=4)
    while True:
        seen += page["data"]
        assert (page["first_id"], page["last_id"]) == (
            page["data"][0]["id"],
            page["data"][-1]["id"],
        )
        if not page["has_more"]:
            break
        page = openai.get("organization/users", limit=4, after=page["last_id"])
    assert seen == whole
    assert openai.refused("organization/users", after="user-nobody")[0] == 400
    assert openai.refused("organization/users", limit=101)[0] == 400


def test_every_key_and_user_of_the_usage_has_a_name(openai):
    path, window = "organization/usage/completions", {"start_time": START, "end_time": END}
    used = results(openai.buckets(path, **window, group_by=["project_id", "api_key_id", "user_id"]))
    users = {user["id"] for user in openai.get("organization/users", limit=100)["data"]}
    for project in {result["project_id"] for result in used}:
        keys = openai.get(f"organization/projects/{project}/api_keys", limit=100)["data"]
        named = {key["id"] for key in keys}
        assert {r["api_key_id"] for r in used if r["project_id"] == project} <= named
    assert {result["user_id"] for result in used} <= users
    owner = next(key for key in keys_of(openai, "proj_playground") if key["id"] == "key_play")
    assert owner["owner"]["user"]["name"] == "Maya Okafor"
    assert openai.refused("organization/projects/proj_none/api_keys")[0] == 404


def keys_of(openai, project):
    return openai.get(f"organization/projects/{project}/api_keys")["data"]


# What newer clients know --------------------------------------------------------------------------


def test_sources_are_parts_of_the_whole(sandbox):
    plain = Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])
    params = {"start_time": unix(FIRST), "end_time": unix(LAST + timedelta(days=1)), "limit": 31}
    for path, count in (("organization/costs", None), ("organization/usage/completions", "output_tokens")):
        told = [
            [result for bucket in plain.buckets(path, **params, **more) for result in bucket["results"]]
            for more in ({}, {"group_by": ["api_source"]})
        ]
        whole, parts = ([r[count] if count else Decimal(r["amount"]["value"]) for r in t] for t in told)
        assert sum(parts) == sum(whole)
        assert {result["api_source"] for result in told[0]} == {None}
        assert {result["api_source"] for result in told[1]} == {"agents_api", "unlabeled"}


def test_decisions_are_a_report_of_their_own(sandbox):
    plain = Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])
    params = {"start_time": unix(FIRST), "group_by": ["model", "service_tier", "api_source"]}
    results = [r for b in plain.buckets("organization/usage/decisions", **params) for r in b["results"]]
    assert {result["object"] for result in results} == {"organization.usage.decisions.result"}
    assert {result["model"] for result in results} == {"gpt-5-mini"}


def test_a_spend_limit_is_in_cents_and_absent_where_there_is_none(sandbox):
    plain = Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])
    limit = plain.get("organization/spend_limit")
    assert (limit["object"], limit["threshold_amount"]) == ("organization.spend_limit", 4_000_000)
    assert plain.get("organization/projects/proj_playground/spend_limit")["threshold_amount"] == 50_000
    assert plain.refused("organization/projects/proj_search/spend_limit")[0] == 404
