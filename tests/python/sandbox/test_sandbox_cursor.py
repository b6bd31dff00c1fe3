"""Cursor as the sandbox plays it: pages in the body, thirty days at most, idle seats, what is not charged."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import requests
from sandbox_client import FIRST, LAST

from ingestion.sandbox import wire

EVENTS, DAILY, SPEND = "filtered-usage-events", "daily-usage-data", "spend"
KEY = "key_larkspur_sandbox"


def milliseconds(day, days=0):
    return (int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + days * 86_400) * 1000


WINDOW = {"startDate": milliseconds(FIRST), "endDate": milliseconds(LAST, 1)}


@pytest.fixture
def post(sandbox):
    def ask(path, body, auth=(KEY, "")):
        url = f"{sandbox.env['SOURCES__CURSOR__BASE_URL']}/teams/{path}"
        return requests.post(url, json=body, auth=auth, timeout=30)

    return ask


@pytest.fixture
def read(post):
    def ask(path, **body):
        reply = post(path, body)
        assert reply.status_code == 200, reply.text
        return wire.loads(reply.text)

    return ask


def true_cost(sandbox):
    return sum(row["cost"] for row in sandbox.truth().to_pylist() if row["provider"] == "cursor")


def test_billed_events_are_the_truth_in_cents_and_pages_are_disjoint(read, sandbox):
    whole = read(EVENTS, **WINDOW, pageSize=1000)
    assert whole["pagination"]["hasNextPage"] is False
    events = whole["usageEvents"]
    assert whole["totalUsageEventsCount"] == len(events)
    assert sum(e["chargedCents"] for e in events if e["isChargeable"]) == true_cost(sandbox) * 100
    paged, number = [], 1
    while True:
        page = read(EVENTS, **WINDOW, page=number, pageSize=150)
        paged += page["usageEvents"]
        if not page["pagination"]["hasNextPage"]:
            break
        number += 1
    assert number == whole["totalUsageEventsCount"] // 150 + 1
    assert paged == events
    assert len(read(EVENTS, **WINDOW)["usageEvents"]) == 10


def test_an_event_says_how_its_amount_comes_about(read):
    kinds = set()
    for event in read(EVENTS, **WINDOW, pageSize=1000)["usageEvents"]:
        kinds.add(event["kind"])
        assert isinstance(event["timestamp"], str)
        usage = event.get("tokenUsage")
        assert (usage is not None) == event["isTokenBasedCall"]
        if usage and "cursorTokenFee" in event:
            left = Decimal(100 - usage.get("discountPercentOff", 0)) / 100
            assert event["chargedCents"] == usage["totalCents"] * left + event["cursorTokenFee"]
            assert usage["totalCents"] > 0
    assert kinds == {"Usage-based", "Included in Business", "Errored, Not Charged"}


def test_the_cycle_is_the_sum_of_its_events(read):
    events = read(EVENTS, **WINDOW, pageSize=1000)["usageEvents"]
    spend = read(SPEND)
    assert spend["subscriptionCycleStart"] == milliseconds(FIRST)
    for member in spend["teamMemberSpend"]:
        own = [event for event in events if event.get("userEmail") == member["email"]]
        assert member["spendCents"] == sum(e["chargedCents"] for e in own if e["isChargeable"])
        assert member["overallSpendCents"] == sum(e["chargedCents"] for e in own)


def test_only_a_request_with_a_page_tells_of_idle_members(read):
    everyone = read(DAILY, **WINDOW, page=1, pageSize=1000)
    active = read(DAILY, **WINDOW)
    assert "pagination" not in active
    assert all(row["isActive"] for row in active["data"])
    idle = [row for row in everyone["data"] if not row["isActive"]]
    assert len(everyone["data"]) == len(active["data"]) + len(idle)
    assert {row["email"] for row in everyone["data"] if row["day"] == "2026-11-02"} == {
        row["email"] for row in everyone["data"]
    } - {"leila.haddad@larkspur.example"}
    assert "sander.vos@larkspur.example" in {row["email"] for row in idle}


def test_who_left_may_have_spend_and_holds_no_seat(quarter):
    url = f"{quarter.env['SOURCES__CURSOR__BASE_URL']}/teams"
    window = {"startDate": 1792540800000, "endDate": 1792800000000}  # 21 to 23 October
    asked = {**window, "email": "ruth.adeyemi@larkspur.example", "pageSize": 100}
    events = requests.post(f"{url}/{EVENTS}", json=asked, auth=(KEY, ""), timeout=30).json()
    days = requests.post(f"{url}/{DAILY}", json={**window, "page": 1}, auth=(KEY, ""), timeout=30).json()
    assert any(event["isChargeable"] for event in events["usageEvents"])
    assert "ruth.adeyemi@larkspur.example" not in {row["email"] for row in days["data"]}


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (EVENTS, {**WINDOW, "endDate": milliseconds(FIRST, 31)}, "cannot exceed 30 days"),
        (EVENTS, {**WINDOW, "startDate": "2026-11-01"}, "epoch milliseconds"),
        (EVENTS, {**WINDOW, "endDate": milliseconds(FIRST)}, "must be after"),
        (EVENTS, {**WINDOW, "page": 0}, "page must be"),
        (EVENTS, {**WINDOW, "pageSize": 1001}, "pageSize must be"),
        (EVENTS, {**WINDOW, "pagesize": 10}, "unknown field pagesize"),
        (DAILY, {}, "startDate"),
        (SPEND, {"month": 11}, "unknown field month"),
    ],
)
def test_what_the_contract_does_not_know_is_refused(post, path, body, told):
    reply = post(path, body)
    assert reply.status_code == 400
    assert told in reply.json()["message"]


@pytest.mark.parametrize(
    ("auth", "status"), [(None, 401), (("nonsense", ""), 401), ((KEY, "x"), 401), (("key_member_1", ""), 403)]
)
def test_a_wrong_key_is_refused(post, auth, status):
    assert post(SPEND, {}, auth).status_code == status
