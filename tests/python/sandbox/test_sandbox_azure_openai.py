"""Azure's cost export and metrics: the calls to the last digit, two runs of a month, series cut off."""

import csv
import gzip
import json
from collections import Counter
from decimal import Decimal

import pytest
import requests


def rows_of(folder):
    found = []
    for path in sorted(folder.glob("*.csv.gz")):
        with gzip.open(path, "rt", newline="") as file:
            found += list(csv.DictReader(file))
    return found


@pytest.fixture(scope="module")
def runs(quarter):
    found = {}
    for path in (quarter.folder / "azure" / "actual").glob("*/*/manifest.json"):
        told = json.loads(path.read_text())
        rows = rows_of(path.parent)
        assert told["blobs"][0]["dataRowCount"] == len(rows)
        found.setdefault(path.parent.parent.name, {})[told["runInfo"]["submittedTime"]] = rows
    return found


@pytest.fixture(scope="module")
def rows(runs):
    return [row for month in runs.values() for row in month[max(month)]]


def test_lines_add_up_to_the_truth(quarter, rows):
    expected = Counter()
    for row in quarter.truth().to_pylist():
        if row["provider"] == "azure_openai" and row["line"]:
            expected[str(row["day"]), row["line"]] += row["cost"]
    found = Counter()
    for row in rows:
        assert Decimal(row["quantity"]) * Decimal(row["effectivePrice"]) == Decimal(
            row["costInBillingCurrency"]
        )
        if row["meterName"].endswith("Tokens"):
            found[row["date"], row["meterName"]] += Decimal(row["costInBillingCurrency"])
    assert found == expected


def test_provisioned_throughput_is_paid_by_the_hour_and_its_tokens_are_on_no_line(quarter, rows):
    paid = [row for row in rows if row["meterName"].startswith("Provisioned")]
    assert {row["unitOfMeasure"] for row in paid} == {"1 Hour"}
    unbilled = (
        "select sum(cost), sum(quantity) > 0 from billed "
        "where provider = 'azure_openai' and service_tier = 'provisioned'"
    )
    assert quarter.world.query(unbilled) == [(0, True)]


def test_the_newest_month_was_exported_twice(runs):
    counts = {month: len(found) for month, found in runs.items()}
    assert sorted(counts.values()) == [1, 1, 1, 2]
    earlier, later = ({row["date"] for row in rows} for _, rows in sorted(runs[max(runs)].items()))
    assert later - earlier == {"2026-11-21"}


def test_other_meters_are_in_the_export(rows):
    assert {row["meterCategory"] for row in rows} == {"Azure OpenAI", "Storage"}


# Metrics ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def azure(sandbox):
    env = {name.rpartition("__")[2]: value for name, value in sandbox.env.items() if "AZURE" in name}
    form = {
        "grant_type": "client_credentials",
        "client_id": env["CLIENT_ID"],
        "client_secret": env["CLIENT_SECRET"],
        "scope": "https://management.azure.com/.default",
    }
    token = requests.post(f"{env['LOGIN_URL']}/{env['TENANT_ID']}/oauth2/v2.0/token", data=form, timeout=10)
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    resource = json.loads(env["RESOURCES"])[0]

    def get(path, resource=resource, headers=bearer, **params):
        return requests.get(f"{env['BASE_URL']}{resource}/{path}", params, headers=headers, timeout=10)

    return get


STRANGER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
METRICS = "providers/microsoft.insights/metrics"
QUESTION = {
    "api-version": "2024-02-01",
    "metricnames": "GeneratedTokens,AzureOpenAIRequests",
    "aggregation": "Total",
    "interval": "PT1H",
    "timespan": "2026-11-02T00:00:00Z/2026-11-03T00:00:00Z",
    "$filter": "ModelDeploymentName eq '*' and ModelName eq '*'",
}


def test_tokens_are_those_of_the_calls_by_deployment(sandbox, azure):
    told = azure(METRICS, **QUESTION).json()
    found = {}
    for series in told["value"][0]["timeseries"]:
        name = series["metadatavalues"][0]["value"]
        assert len(series["data"]) == 24
        found[name] = sum(point["total"] for point in series["data"])
    expected = sandbox.world.query(
        "select split_part(api_key_id, '/', 2), sum(output)::bigint from calls where day = '2026-11-02' "
        "and provider = 'azure_openai' and api_key_id like 'aoai-larkspur-documents/%' group by 1"
    )
    assert found == dict(expected)


def test_series_are_cut_off_without_a_word(azure):
    told = azure(METRICS, **QUESTION, top=1).json()
    assert [len(metric["timeseries"]) for metric in told["value"]] == [1, 1]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"intervall": "P1D"}, 400),
        ({"interval": "PT2H"}, 400),
        ({"aggregation": "Average"}, 400),
        ({"metricnames": "Tokens"}, 400),
        ({"$filter": "User eq '*'"}, 400),
        ({"timespan": "2026-11-02/2026-11-03"}, 400),
        ({"timespan": "2026-11-03T00:00:00Z/2026-11-02T00:00:00Z"}, 400),
        ({"api-version": "2018-01-01"}, 400),
        ({"headers": {}}, 401),
        ({"headers": {"Authorization": "Bearer other"}}, 401),
        ({"resource": STRANGER}, 403),
    ],
)  # fmt: skip
def test_what_is_not_understood_or_not_allowed_is_refused(azure, changed, status):
    reply = azure(METRICS, **(QUESTION | changed))
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"code", "message"}


def test_an_unknown_resource_is_a_404(azure, sandbox):
    resource = json.loads(sandbox.env["SOURCES__AZURE_OPENAI__RESOURCES"])[0] + "-gone"
    assert azure("deployments", resource=resource, **{"api-version": "2024-10-01"}).status_code == 404
