"""GitHub Copilot as the sandbox plays it: gross, discount and net, filters, eras, cost centres, seats."""

import pytest
import requests

from ingestion.sandbox import wire

CREDITS = "organizations/larkspur/settings/billing/ai_credit/usage"
REQUESTS = "organizations/larkspur/settings/billing/premium_request/usage"
SEATS = "orgs/larkspur/copilot/billing/seats"
HEADERS = {"Authorization": "Bearer ghp_larkspur_sandbox", "X-GitHub-Api-Version": "2026-03-10"}
MONTH = {"year": 2026, "month": 11}


@pytest.fixture
def ask(sandbox):
    def get(path, headers=HEADERS, **params):
        url = f"{sandbox.env['SOURCES__GITHUB_COPILOT__BASE_URL']}/{path}"
        return requests.get(url, params=params, headers=headers, timeout=30)

    return get


@pytest.fixture
def read(ask):
    def get(path, **params):
        reply = ask(path, **params)
        assert reply.status_code == 200, reply.text
        return wire.loads(reply.text)

    return get


def net(reply):
    return sum(item["netAmount"] for item in reply["usageItems"])


def test_net_is_the_truth_and_gross_less_discount(read, sandbox):
    rest, build = read(CREDITS, **MONTH), read(CREDITS, **MONTH, cost_center="cc-build")
    true = sum(row["cost"] for row in sandbox.truth().to_pylist() if row["provider"] == "github_copilot")
    assert net(rest) + net(build) == true
    assert net(build) > 0
    assert build["costCenter"] == {"id": "cc-build", "name": "Build"}
    for item in [*rest["usageItems"], *build["usageItems"]]:
        assert item["grossAmount"] - item["discountAmount"] == item["netAmount"]
        assert item["netQuantity"] * item["pricePerUnit"] == item["netAmount"]
    assert any(item["discountAmount"] > 0 for item in rest["usageItems"])


def test_days_users_and_models_add_up_to_the_month(read):
    whole = net(read(CREDITS, **MONTH))
    assert sum(net(read(CREDITS, **MONTH, day=day)) for day in range(1, 13)) == whole
    users = [seat["assignee"]["login"] for seat in read(SEATS)["seats"]]
    assert sum(net(read(CREDITS, **MONTH, user=user)) for user in users) == whole
    assert sum(net(read(CREDITS, **MONTH, model=m)) for m in ("GPT-5.6", "Claude Sonnet 5.5")) == whole
    assert read(CREDITS, **MONTH, day=3)["timePeriod"] == {"year": 2026, "month": 11, "day": 3}


def test_each_report_knows_its_own_era_only(read):
    assert read(REQUESTS, **MONTH)["usageItems"] == []
    assert read(CREDITS, year=2026, month=5)["usageItems"] == []


def test_seats_come_in_pages_with_a_link_to_the_next(ask):
    first = ask(SEATS, per_page=3)
    assert first.json()["total_seats"] == 5
    assert len(first.json()["seats"]) == 3
    second = requests.get(first.links["next"]["url"], headers=HEADERS, timeout=30)
    assert len(second.json()["seats"]) == 2
    assert "next" not in second.links
    idle = {s["assignee"]["login"] for s in ask(SEATS).json()["seats"] if s["last_activity_at"] is None}
    assert idle == {"leila-larkspur"}


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (CREDITS, {**MONTH, "group_by": "user"}, 422),
        (CREDITS, {"year": 2026, "day": 3}, 422),
        (CREDITS, {**MONTH, "day": 32}, 422),
        (CREDITS, {**MONTH, "user": "nobody"}, 404),
        (CREDITS, {**MONTH, "cost_center": "none"}, 404),
        (CREDITS.replace("larkspur", "other"), MONTH, 404),
        (SEATS, {"per_page": 101}, 422),
    ],
)
def test_what_the_contract_does_not_know_is_refused(ask, path, params, status):
    reply = ask(path, **params)
    assert reply.status_code == status
    assert reply.json()["status"] == str(status)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({**HEADERS, "Authorization": "Bearer nonsense"}, 401),
        ({**HEADERS, "Authorization": "Bearer ghp_member"}, 403),
        ({"Authorization": HEADERS["Authorization"]}, 400),
    ],
)
def test_a_wrong_token_or_version_is_refused(ask, headers, status):
    assert ask(SEATS, headers=headers).status_code == status
