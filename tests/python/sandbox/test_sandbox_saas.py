"""Services that are rented by the day, as the sandbox plays them: what they refuse, and their sums."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import requests

from ingestion.sandbox import saas, wire

PINECONE = {"Authorization": "Bearer pc-larkspur-sandbox", "X-Pinecone-Api-Version": "2026-07"}
REDIS = {"x-api-key": "redis-account-larkspur", "x-api-secret-key": "redis-user-larkspur"}
DATADOG = {"DD-API-KEY": "dd-api-larkspur", "DD-APPLICATION-KEY": "dd-app-larkspur"}
EXPORTS = "admin/cost-usage-exports"
NOVEMBER = {"period_start": "2026-11-01T00:00:00Z", "period_end": "2026-12-01T00:00:00Z"}


@pytest.fixture
def ask(sandbox):
    def send(provider, path, headers, method="GET", world=sandbox, **more):
        url = f"{world.env[f'SOURCES__{provider.upper()}__BASE_URL']}/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    return send


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def cost(found):
    return sum(Decimal(row["BilledCost"]) for row in found)


def owed(sandbox, provider):
    return sum(line.cost for line in saas.lines(sandbox.world, provider))


@pytest.fixture
def export(ask):
    """A finished export of Pinecone."""
    made = ask("pinecone", EXPORTS, PINECONE, "POST", json=NOVEMBER)
    assert made.status_code == 202, made.text
    while (told := wire.loads(ask("pinecone", f"{EXPORTS}/{made.json()['id']}", PINECONE).text))[
        "status"
    ] != "Completed":
        assert told["download_url"] is None
    return told


def test_an_export_is_a_zip_with_the_bill_and_a_manifest(sandbox, export):
    answer = requests.get(export["download_url"], timeout=30)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        manifest = wire.loads(archive.read("manifest.json").decode())
        found = [row for file in manifest["files"] for row in rows(archive.read(file["name"]).decode())]
    assert len(found) == export["row_count"]
    assert cost(found) == owed(sandbox, "pinecone")
    assert "ProviderName" not in found[0]
    assert {row["x_ServiceTier"] for row in found} == {"enterprise"}


def test_a_list_has_no_links_and_a_link_takes_no_key(ask, export):
    listed = ask("pinecone", EXPORTS, PINECONE).json()["data"]
    assert listed[0]["id"] == export["id"]
    assert listed[0]["download_url"] is None
    assert requests.get(export["download_url"], headers=PINECONE, timeout=30).status_code == 403


def test_one_export_runs_at_a_time(ask):
    made = ask("pinecone", EXPORTS, PINECONE, "POST", json=NOVEMBER)
    assert made.status_code == 202
    assert ask("pinecone", EXPORTS, PINECONE, "POST", json=NOVEMBER).status_code == 409
    while ask("pinecone", f"{EXPORTS}/{made.json()['id']}", PINECONE).json()["status"] != "Completed":
        pass


def test_a_report_of_redis_is_the_bill_of_its_days(ask, sandbox):
    days = {"startDate": "2026-11-03", "endDate": "2026-11-05"}
    task = ask("redis_cloud", "cost-report", REDIS, "POST", json=days).json()
    while (told := ask("redis_cloud", f"tasks/{task['taskId']}", REDIS).json())[
        "status"
    ] != "processing-completed":
        assert "response" not in told
    name = told["response"]["resource"]["costReportId"]
    found = rows(ask("redis_cloud", f"cost-report/{name}", REDIS).text)
    lines = saas.lines(sandbox.world, "redis_cloud")
    assert cost(found) == sum(x.cost for x in lines if date(2026, 11, 3) <= x.day <= date(2026, 11, 5))


@pytest.mark.parametrize(
    ("provider", "path", "headers", "method", "body", "status"),
    [
        ("pinecone", EXPORTS, {}, "GET", None, 401),
        ("pinecone", EXPORTS, PINECONE | {"X-Pinecone-Api-Version": "2025-10"}, "GET", None, 400),
        ("pinecone", EXPORTS, PINECONE, "POST", {"period_start": "yesterday"}, 400),
        ("pinecone", f"{EXPORTS}/none", PINECONE, "GET", None, 404),
        ("redis_cloud", "cost-report", {}, "POST", {}, 401),
        (
            "redis_cloud",
            "cost-report",
            REDIS,
            "POST",
            {"startDate": "2026-10-01", "endDate": "2026-11-10"},
            400,
        ),
        ("redis_cloud", "tasks/none", REDIS, "GET", None, 404),
        ("datadog", "api/v2/usage/historical_cost?view=sub-org&start_month=2026-11", {}, "GET", None, 401),
        (
            "datadog",
            "api/v2/usage/historical_cost?view=summary&start_month=2026-11",
            DATADOG,
            "GET",
            None,
            400,
        ),
        (
            "datadog",
            "api/v2/usage/estimated_cost?view=sub-org&start_month=2026-09",
            DATADOG,
            "GET",
            None,
            400,
        ),
        ("mongodb_atlas", "api/atlas/v2/orgs/none/invoices", {}, "GET", None, 406),
    ],
)
def test_what_the_contract_does_not_know_is_refused(ask, provider, path, headers, method, body, status):
    assert ask(provider, path, headers, method, json=body).status_code == status


def test_datadog_has_a_final_month_from_the_sixteenth_on(ask, quarter):
    def months(report, start):
        path = f"api/v2/usage/{report}?view=sub-org&start_month={start}&end_month=2026-11"
        data = wire.loads(ask("datadog", path, DATADOG, world=quarter).text)["data"]
        return data, sorted({item["attributes"]["date"][:7] for item in data})

    final, known = months("historical_cost", "2026-08")
    assert known == ["2026-08", "2026-09", "2026-10"]
    estimated, known = months("estimated_cost", "2026-10")
    assert known == ["2026-10", "2026-11"]
    for item in (*final, *estimated):
        charges = item["attributes"]["charges"]
        total = sum(x["cost"] for x in charges if x["charge_type"] == "total")
        assert total == sum(x["cost"] for x in charges if x["charge_type"] != "total")
        assert total == item["attributes"]["total_cost"]


def test_atlas_invoices_add_up_in_cents(ask, quarter):
    env = quarter.env
    pair = (env["SOURCES__MONGODB_ATLAS__CLIENT_ID"], env["SOURCES__MONGODB_ATLAS__API_KEY"])
    url = f"{env['SOURCES__MONGODB_ATLAS__BASE_URL']}/api/oauth/token"
    form = {"grant_type": "client_credentials"}
    token = requests.post(url, data=form, auth=pair, timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.atlas.2023-01-01+json"}
    place = f"api/atlas/v2/orgs/{env['SOURCES__MONGODB_ATLAS__ORG_ID']}/invoices"
    listed = ask("mongodb_atlas", place, headers, world=quarter).json()
    assert listed["totalCount"] == len(listed["results"]) == 5
    assert [found["statusName"] for found in listed["results"]] == ["PENDING", "PAID", "PAID", "PAID", "FREE"]
    for found in listed["results"]:
        assert "lineItems" not in found
        whole = ask("mongodb_atlas", f"{place}/{found['id']}", headers, world=quarter).json()
        assert sum(line["totalPriceCents"] for line in whole["lineItems"]) == whole["subtotalCents"]
        assert whole["amountBilledCents"] == whole["subtotalCents"] + whole["salesTaxCents"]
    pending = ask("mongodb_atlas", f"{place}/pending", headers, world=quarter).json()["results"]
    assert [found["id"] for found in pending] == [listed["results"][0]["id"]]


@pytest.mark.parametrize("provider", saas.providers())
def test_a_service_costs_less_than_three_thousand_a_month(quarter, provider):
    months = {}
    for line in saas.lines(quarter.world, provider):
        months[line.day.month] = months.get(line.day.month, 0) + line.cost
    assert all(0 < total < 3000 for total in months.values())


def test_a_restatement_moves_a_day_and_a_withdrawal_takes_a_line(sandbox, control):
    def of(day):
        return saas.by_day(saas.lines(sandbox.world, "redis_cloud")).get(day)

    before = of("2026-11-10")
    assert control("restate", {"provider": "redis_cloud", "day": "2026-11-10", "factor": "1.5"}).ok
    assert of("2026-11-10") == before * Decimal("1.5")
    line = {"provider": "redis_cloud", "day": "2026-11-09", "line": "Network, llm-cache"}
    assert control("restate", {"withdraw": line}).json() == {"charges": 1}
    assert control("restate", {"withdraw": line | {"line": "nothing"}}).status_code == 400
    assert "Network, llm-cache" not in {
        x.name for x in saas.lines(sandbox.world, "redis_cloud") if str(x.day) == "2026-11-09"
    }
