"""Faults, restatements and withdrawals: each happens when asked, as often as asked, and then is over."""

import json
import threading
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
import requests
from sandbox_client import ADMIN, FIRST, LAST, Client, unix

from ingestion.sandbox import Sandbox

COSTS = "organization/costs"
PARAMS = {
    "start_time": unix(FIRST),
    "end_time": unix(LAST + timedelta(days=1)),
    "group_by": ["line_item"],
    "limit": 180,
}
REPORT = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-13T00:00:00Z", "limit": 31}
DESCRIBED = REPORT | {"group_by[]": "description"}


@pytest.fixture
def plain(sandbox):
    """OpenAI without validation: what is sent here breaks the contract."""
    return Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])


def bill(openai):
    return {
        (bucket["start_time"], result["line_item"]): Decimal(result["amount"]["value"])
        for bucket in openai.buckets(COSTS, **PARAMS)
        for result in bucket["results"]
    }


def cents(anthropic):
    return {
        (bucket["starting_at"][:10], result["description"]): Decimal(result["amount"])
        for bucket in anthropic.buckets("cost_report", **DESCRIBED)
        for result in bucket["results"]
    }


# Faults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status", "retry_after"),
    [
        ({"rate_limit": 2}, 429, "1"),
        ({"rate_limit": 2, "retry_after": 0}, 429, "0"),
        ({"server_error": 2, "retry_after": 5}, 503, "5"),
    ],
)
def test_so_many_requests_are_refused(plain, anthropic, control, asked, status, retry_after):
    control("faults", asked)
    replies = [plain.raw(COSTS, PARAMS), anthropic.raw("cost_report", REPORT)]
    assert [reply.status_code for reply in replies] == [status, status]
    assert {reply.headers["Retry-After"] for reply in replies} == {retry_after}
    # each in the words of its provider
    assert "code" in replies[0].json()["error"]
    assert replies[1].json()["type"] == "error"
    assert plain.raw(COSTS, PARAMS).status_code == 200


def test_a_fault_may_be_meant_for_one_provider(plain, anthropic, control):
    control("faults", {"rate_limit": 1, "provider": "anthropic"})
    assert plain.raw(COSTS, PARAMS).status_code == 200
    assert anthropic.raw("cost_report", REPORT).status_code == 429


def test_half_a_reply_is_no_json(plain, control):
    control("faults", {"half_reply": 1})
    reply = plain.raw(COSTS, PARAMS)
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)
    assert plain.raw(COSTS, PARAMS).json()["data"]


def test_an_empty_reply_is_an_empty_object(plain, anthropic, control):
    control("faults", {"empty_reply": 2})
    assert plain.raw(COSTS, PARAMS).json() == {}
    assert anthropic.raw("cost_report", REPORT).json() == {}


def test_a_cursor_is_repeated(plain, anthropic, control):
    small = PARAMS | {"limit": 2}
    control("faults", {"repeat_cursor": 1})
    first = plain.get(COSTS, **small)
    second = plain.get(COSTS, **small, page=first["next_page"])
    assert (second["next_page"], second["has_more"]) == (first["next_page"], True)
    third = plain.get(COSTS, **small, page=second["next_page"])
    assert third["next_page"] != first["next_page"]
    # even on a last page, which would have ended the reading
    big = PARAMS | {"limit": 11}
    cursor = plain.get(COSTS, **big)["next_page"]
    control("faults", {"repeat_cursor": 1})
    last = plain.get(COSTS, **big, page=cursor)
    assert (last["next_page"], last["has_more"]) == (cursor, True)
    control("faults", {"repeat_cursor": 1})
    last = anthropic.get("users", limit=1)["last_id"]
    assert anthropic.get("users", limit=1, after_id=last)["last_id"] == last


def test_a_field_is_missing(plain, anthropic, control):
    control("faults", {"missing_field": "amount", "times": 2})
    first, *others = plain.get(COSTS, **PARAMS)["data"][0]["results"]
    assert "amount" not in first
    assert all("amount" in other for other in others)
    assert "amount" not in anthropic.get("cost_report", **REPORT)["data"][0]["results"][0]
    assert "amount" in plain.get(COSTS, **PARAMS)["data"][0]["results"][0]


@pytest.mark.parametrize("amount", ["1,000.00", "NaN", ""])
def test_an_amount_is_not_a_number(plain, anthropic, control, amount):
    control("faults", {"bad_amount": amount, "times": 2})
    # a reply without amounts is not the place
    plain.get("organization/users")
    assert plain.get(COSTS, **PARAMS)["data"][0]["results"][0]["amount"]["value"] == amount
    assert anthropic.get("cost_report", **REPORT)["data"][0]["results"][0]["amount"] == amount


def test_a_status_is_answered_in_the_words_of_the_provider(plain, anthropic, control):
    control("faults", {"status": 403, "times": 2})
    replies = [plain.raw(COSTS, PARAMS), anthropic.raw("cost_report", REPORT)]
    assert [reply.status_code for reply in replies] == [403, 403]
    assert replies[1].json()["error"]["type"] == "permission_error"
    assert "Retry-After" not in replies[0].headers
    control("faults", {"rate_limit": 1, "retry_after": None})
    reply = plain.raw(COSTS, PARAMS)
    assert (reply.status_code, reply.headers.get("Retry-After")) == (429, None)


def test_a_fault_may_be_meant_for_one_report(plain, control):
    control("faults", {"status": 500, "path": "costs"})
    assert plain.raw("organization/users").status_code == 200
    assert plain.raw(COSTS, PARAMS).status_code == 500


def test_a_reply_is_slow(plain, control):
    control("faults", {"slow": 1, "seconds": 1})
    start = time.perf_counter()
    assert plain.raw(COSTS, PARAMS).status_code == 200
    assert time.perf_counter() - start >= 1


def test_a_reply_breaks_off_or_is_a_page_for_people(plain, control):
    control("faults", {"broken_reply": 1})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        plain.raw(COSTS, PARAMS)
    control("faults", {"html_reply": 1})
    reply = plain.raw(COSTS, PARAMS)
    assert (reply.status_code, reply.headers["Content-Type"].split(";")[0]) == (200, "text/html")


def test_an_emptied_page_comes_with_the_next_cursor(plain, control):
    whole = plain.get(COSTS, **PARAMS)
    control("faults", {"empty_page": 1})
    first = plain.get(COSTS, **PARAMS)
    assert (first["data"], first["has_more"]) == ([], True)
    assert plain.get(COSTS, **PARAMS, page=first["next_page"]) == whole


def test_a_cursor_is_missing(plain, anthropic, control):
    control("faults", {"no_cursor": 2})
    reply = plain.get(COSTS, **PARAMS)
    assert (reply["has_more"], reply["next_page"]) == (True, None)
    reply = anthropic.get("users", limit=1)
    assert (reply["has_more"], reply["last_id"]) == (True, None)


def test_a_value_changes_its_type_or_is_new(plain, anthropic, control):
    control("faults", {"changed_type": "quantity", "path": "costs"})
    # several lines together have no quantity: what is nothing becomes an object
    changed = plain.get(COSTS, **PARAMS)["data"][0]["results"][0]["quantity"]
    assert changed == "many" or set(changed) == {"was"}
    control("faults", {"new_value": {"token_type": "thoughts"}})
    found = [r["token_type"] for r in anthropic.get("cost_report", **DESCRIBED)["data"][0]["results"]]
    assert found.count("thoughts") == 1


@pytest.mark.parametrize("days", [1, 400, -400])
def test_a_day_is_moved(plain, anthropic, control, days):
    before = plain.get(COSTS, **PARAMS)["data"], anthropic.get("cost_report", **REPORT)["data"]
    control("faults", {"shifted_days": days, "times": 2})
    after = plain.get(COSTS, **PARAMS)["data"], anthropic.get("cost_report", **REPORT)["data"]
    assert after[0][0]["start_time"] - before[0][0]["start_time"] == days * 86400
    moved = date.fromisoformat(after[1][0]["starting_at"][:10])
    assert moved - date.fromisoformat(before[1][0]["starting_at"][:10]) == timedelta(days=days)
    assert [after[0][1:], after[1][1:]] == [before[0][1:], before[1][1:]]


@pytest.mark.parametrize(
    "body",
    [
        {"earthquake": 1},
        {"rate_limit": -1},
        {"rate_limit": "two"},
        {"status": 200},
        {"new_value": "token_type"},
        {"shifted_days": 0},
        {},
        [],
    ],
)
def test_faults_that_are_not_understood_are_refused(control, body):
    assert control("faults", body).status_code == 400


def test_every_97th_request_is_refused_once(tmp_path):
    with Sandbox(days=1, until=LAST, scale=0.05, exports=tmp_path) as sandbox:
        url = f"{sandbox.env['SOURCES__OPENAI__BASE_URL']}/organization/users"
        with requests.Session() as session:
            session.headers.update(ADMIN["openai"])
            told = [session.get(url, timeout=10).status_code for _ in range(200)]
        assert [n for n, status in enumerate(told, 1) if status != 200] == [97, 194]
        assert sandbox.faults.requests == {"openai": 200}


# Restatements -------------------------------------------------------------------------------------


def test_a_day_is_restated_exactly(plain, anthropic, control, sandbox):
    before, other = bill(plain), cents(anthropic)
    usage = plain.get("organization/usage/completions", start_time=unix(FIRST))
    reply = control("restate", {"provider": "openai", "day": "2026-11-03", "factor": "1.05"})
    assert reply.json()["charges"] > 0
    day = unix(FIRST) + 2 * 86400
    expected = {key: amount * (Decimal("1.05") if key[0] == day else 1) for key, amount in before.items()}
    assert bill(plain) == expected
    # the truth follows the bill; usage and the other provider do not
    restated = sum(r["cost"] for r in sandbox.truth().to_pylist() if r["provider"] == "openai")
    assert restated == sum(expected.values())
    assert plain.get("organization/usage/completions", start_time=unix(FIRST)) == usage
    assert cents(anthropic) == other
    # more digits than a double holds, in numbers and in strings
    control("restate", {"provider": "openai", "day": "2026-11-03", "factor": "1.012345"})
    again = bill(plain)
    for key, amount in before.items():
        assert key[0] != day or again[key] == amount * Decimal("1.012345")
    control("restate", {"reset": True})
    assert bill(plain) == before


def test_a_line_is_withdrawn(anthropic, control):
    before = cents(anthropic)
    gone = ("2026-11-03", "Web Search Usage")
    control(
        "restate", {"withdraw": {"provider": "anthropic", "day": gone[0], "line": gone[1]}}
    ).raise_for_status()
    assert cents(anthropic) == {key: value for key, value in before.items() if key != gone}


def test_a_whole_day_is_withdrawn(plain, control):
    before = bill(plain)
    control("restate", {"withdraw": {"provider": "openai", "day": "2026-11-03"}}).raise_for_status()
    day = unix(FIRST) + 2 * 86400
    assert bill(plain) == {key: value for key, value in before.items() if key[0] != day}
    buckets = plain.buckets(COSTS, **PARAMS)
    assert [b["results"] for b in buckets if b["start_time"] == day] == [[]]


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "openai", "day": "2026-11-03", "factor": "a lot"},
        {"provider": "openai", "day": "2026-11-03", "factor": "1.0000001"},
        {"provider": "openai", "day": "2026-11-03", "factor": "NaN"},
        {"provider": "openai", "day": "2026-13-03", "factor": "1"},
        {"provider": "openai", "day": "2020-01-01", "factor": "2"},
        {"provider": "nobody", "day": "2026-11-03", "factor": "2"},
        {"withdraw": {"provider": "openai", "day": "2026-11-03", "line": "no such line"}},
        {"undo": True},
    ],
)
def test_restatements_that_are_not_understood_are_refused(control, body):
    reply = control("restate", body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]


# Other behaviour ----------------------------------------------------------------------------------


def test_the_newest_days_grow_while_they_are_read(tmp_path):
    options = {"days": 4, "until": LAST, "scale": 0.2, "rate_limit": False}
    with Sandbox(**options, exports=tmp_path / "a", settling=True) as sandbox:
        client = Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"])
        reads = [totals(client) for _ in range(7)]
    with Sandbox(**options, exports=tmp_path / "b") as sandbox:
        settled = totals(Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"]))
    old, new = zip(*[(read[:2], read[2:]) for read in reads], strict=True)
    assert set(old) == {settled[:2]}
    assert all(a < b for a, b in zip(new[0], new[1], strict=True))
    assert new[-1] == settled[2:]


def totals(client):
    found = client.buckets(COSTS, start_time=unix(LAST - timedelta(days=3)))
    return tuple(Decimal(bucket["results"][0]["amount"]["value"]) for bucket in found)


def test_many_clients_at_once_get_the_same_answer(plain):
    expected, told = bill(plain), []
    threads = [threading.Thread(target=lambda: told.append(bill(plain))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [expected] * 8


def test_a_page_takes_no_time(plain):
    start = time.perf_counter()
    plain.get("organization/usage/completions", **(PARAMS | {"limit": 31, "group_by": "model"}))
    assert time.perf_counter() - start < 2
