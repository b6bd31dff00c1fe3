"""Azure OpenAI: cost exports of both agreements, the run that counts, other meters; and token metrics."""

import gzip
import json
import shutil
import threading
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask, Response
from werkzeug.serving import make_server

from ingestion.sandbox import exports
from ingestion.sources import azure_openai

TABLE, METRICS = "raw_azure_openai.cost_details", "raw_azure_openai.token_metrics"
EA = {
    "SubscriptionId": "S1", "Date": "11/2/2026", "MeterCategory": "Azure OpenAI",
    "MeterSubCategory": "gpt 5 mini", "MeterName": "gpt 5 mini Inpt cchd glbl 1M Tokens",
    "UnitOfMeasure": "1M", "Quantity": "412.7", "CostInBillingCurrency": "10.3175",
    "BillingCurrencyCode": "EUR", "ResourceId": "/subscriptions/S1/x/aoai-eu",
    "BillingPeriodStartDate": "11/01/2026", "BillingPeriodEndDate": "11/30/2026", "ResourceName": "aoai-eu",
    "Tags": '"costCenter": "CC-310","project": "kyc"', "PublisherType": "Azure", "ChargeType": "Usage",
}  # fmt: skip


def lines(*rows):
    header = list(EA)
    cells = [[str((EA | row).get(name, "")).replace('"', '""') for name in header] for row in rows]
    return "\n".join([",".join(header), *(",".join(f'"{cell}"' for cell in row) for row in cells)]) + "\n"


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = lines(*rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def manifest(folder, submitted, kind="ActualCost"):
    told = {"exportConfig": {"type": kind}, "runInfo": {"submittedTime": submitted}}
    (folder / "manifest.json").write_text(json.dumps(told))


@pytest.fixture
def load(warehouse, monkeypatch):
    """Load files without metrics."""
    monkeypatch.delenv("SOURCES__AZURE_OPENAI__RESOURCES")

    def run(location, **window):
        monkeypatch.setenv("SOURCES__AZURE_OPENAI__BUCKET_URL", str(location))
        return warehouse.load("azure_openai", **({"since": None} | window))

    return run


def test_every_cent_of_the_bill_and_every_token_lands(warehouse, sandbox):
    code, said = warehouse.load("azure_openai")
    assert code == 0, said
    billed = "select sum(cast(cost_in_billing_currency as decimal(38, 18))) from " + TABLE
    true = sum(row["cost"] for row in sandbox.truth().to_pylist() if row["provider"] == "azure_openai")
    assert warehouse.rows(billed + " where meter_name not like 'Provisioned%'") == [(true,)]
    # an hourly fee, whether a token flowed or not; the storage account of the same export stays out
    assert warehouse.rows(billed + " where meter_name like 'Provisioned%'")[0][0] == 15 * 4
    assert warehouse.rows(f"select distinct meter_category from {TABLE}") == [("Azure OpenAI",)]
    metered = warehouse.rows(f"select metric, sum(total) from {METRICS} group by 1 order by 1")
    (expected,) = sandbox.world.query(
        "select count(*), sum(output)::bigint, sum(uncached_input + cache_read)::bigint from usage "
        "where provider = 'azure_openai'"
    )
    assert [total for _, total in metered] == list(expected)
    kinds = "select sku_name, sku_capacity from raw_azure_openai.deployments where name = 'doc-chat-reserved'"
    assert warehouse.rows(kinds) == [("GlobalProvisionedManaged", 15)]


def test_a_second_run_changes_nothing(warehouse):
    warehouse.load("azure_openai")
    before = warehouse.contents(TABLE), warehouse.contents(METRICS)
    assert warehouse.load("azure_openai")[0] == 0
    assert (warehouse.contents(TABLE), warehouse.contents(METRICS)) == before


def test_a_restated_day_comes_with_the_next_run(warehouse, sandbox, control, monkeypatch, tmp_path):
    azure = next(module for module in exports.modules() if module.__name__.endswith("azure_openai"))
    monkeypatch.delenv("SOURCES__AZURE_OPENAI__RESOURCES")
    monkeypatch.setenv("SOURCES__AZURE_OPENAI__BUCKET_URL", str(tmp_path / "azure/actual"))
    azure.write(sandbox.world, tmp_path)
    warehouse.load("azure_openai", since=None)
    control("restate", provider="azure_openai", day="2026-11-09", factor="1.05")
    control("restate", withdraw={"provider": "azure_openai", "day": "2026-11-10"})
    azure.write(sandbox.world, tmp_path)
    assert warehouse.load("azure_openai", since=None)[0] == 0
    days = (
        f"select charge_date::text, sum(cast(cost_in_billing_currency as decimal(38, 18))) from {TABLE} "
        "where meter_name not like 'Provisioned%' group by 1"
    )
    true = {}
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "azure_openai" and row["line"]:
            true[str(row["day"])] = true.get(str(row["day"]), Decimal()) + row["cost"]
    assert dict(warehouse.rows(days)) == true
    assert "2026-11-10" not in true


def test_both_agreements_and_parquet_land_in_the_same_columns(warehouse, load, tmp_path):
    write(tmp_path / "in/ea.csv", {}, {"MeterCategory": "Virtual Machines", "MeterSubCategory": "Dv5"}, {})
    mca = {
        "date": "2026-11-02", "meterCategory": "Foundry Models", "meterName": "5.4 opt Gl 1M Tokens",
        "unitOfMeasure": "1M", "quantity": Decimal("0.000000000123"), "billingCurrency": "EUR",
        "costInBillingCurrency": Decimal("1e-15"), "costInUsd": Decimal("2e-15"), "newColumn": "x",
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([mca]), tmp_path / "in/mca.parquet")
    code, said = load(tmp_path / "in")
    assert code == 0, said
    columns = "source_row, date, quantity, cost_in_billing_currency, cost_in_usd, billing_currency, tags"
    assert warehouse.rows(f"select {columns} from {TABLE} order by source_file, source_row") == [
        (1, "2026-11-02", "412.7", "10.3175", None, "EUR", '"costCenter": "CC-310","project": "kyc"'),
        (3, "2026-11-02", "412.7", "10.3175", None, "EUR", '"costCenter": "CC-310","project": "kyc"'),
        (1, "2026-11-02", "1.23E-10", "1E-15", "2E-15", "EUR", None),
    ]
    period = (
        f"select distinct billing_period_start_date, billing_period_end_date from {TABLE} where tags <> ''"
    )
    assert warehouse.rows(period) == [("2026-11-01", "2026-11-30")]
    assert warehouse.rows(f"select new_column from {TABLE} where new_column is not null") == [("x",)]


def test_models_of_partners_are_marketplace_lines(warehouse, load, tmp_path):
    partner = {"MeterCategory": "SaaS", "MeterSubCategory": "", "PublisherType": "Marketplace"}
    model = {"ResourceName": "mistral-large-0a1b2c3d-1111-4222-8333-444455556666"}
    write(tmp_path / "in/ea.csv", partner | model, partner | {"ResourceName": "firewall"})
    assert load(tmp_path / "in")[0] == 0
    assert warehouse.rows(f"select resource_name from {TABLE}") == [(model["ResourceName"],)]


def test_the_newest_run_of_a_month_counts(warehouse, load, tmp_path):
    month = tmp_path / "in/actual/20261101-20261130"
    write(month / "zz-first/part_0_0001.csv.gz", {}, {"Date": "11/3/2026"})
    manifest(month / "zz-first", "2026-11-03T06:00:00Z")
    write(tmp_path / "in/actual/20261001-20261031/one/part_0_0001.csv", {"Date": "10/31/2026"})
    assert load(tmp_path / "in")[0] == 0
    days = f"select charge_date::text, count(*) from {TABLE} group by 1 order by 1"
    assert warehouse.rows(days) == [("2026-10-31", 1), ("2026-11-02", 1), ("2026-11-03", 1)]
    # the later run withdrew the third and has two parts
    write(month / "aa-second/part_0_0001.csv.gz", {"CostInBillingCurrency": "11"})
    write(month / "aa-second/part_1_0001.csv.gz", {"CostInBillingCurrency": "12"})
    manifest(month / "aa-second", "2026-11-04T06:00:00Z")
    assert load(tmp_path / "in")[0] == 0
    assert warehouse.rows(days) == [("2026-10-31", 1), ("2026-11-02", 2)]
    logged = "select count(*) from raw_azure_openai.load_log where charge_date = '2026-11-03'"
    assert warehouse.rows(logged) == [(2,)]


def test_amortized_and_focus_exports_are_left_out(warehouse, load, tmp_path):
    write(tmp_path / "in/actual/20261101-20261130/one/part.csv", {})
    write(tmp_path / "in/amortized/20261101-20261130/one/part.csv", {})
    manifest(tmp_path / "in/amortized/20261101-20261130/one", "2026-11-04T06:00:00Z", "AmortizedCost")
    focus = tmp_path / "in/focus.csv"
    focus.write_text("BilledCost,MeterName\n1,x\n")
    code, said = load(tmp_path / "in")
    assert code == 0, said
    assert "left out, an export of AmortizedCost" in said
    assert f"left out, another kind of file: {focus.as_uri()}" in said
    assert warehouse.rows(f"select count(*) from {TABLE}") == [(1,)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"UnitOfMeasure": "1 Mio"}, 'line 2, column unit_of_measure: "1 Mio" is a unit that we do not know'),
        ({"UnitOfMeasure": "1 B"}, "a guess would hide or multiply tokens"),
        ({"CostInBillingCurrency": "1,000.00"}, '"1,000.00" is no number'),
        ({"CostInBillingCurrency": ""}, "column cost_in_billing_currency: is empty"),
        ({"BillingCurrencyCode": "Euro"}, '"Euro" is no currency'),
        ({"Date": "02.11.2026"}, 'line 2, column Date: "02.11.2026" is no UTC time'),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, row, told):
    load(write(tmp_path / "good/ea.csv", {}))
    before = warehouse.contents(TABLE)
    code, said = load(write(tmp_path / "bad/ea.csv", row))
    assert (code, "Traceback" in said) == (1, False)
    assert told in said
    assert warehouse.contents(TABLE) == before


def test_a_unit_that_is_no_models_may_be_anything(warehouse, load, tmp_path):
    other = {"UnitOfMeasure": "1 furlong", "MeterCategory": "Storage", "MeterSubCategory": "x"}
    assert load(write(tmp_path / "in/ea.csv", {}, other))[0] == 0


def test_a_missing_column_and_a_half_written_manifest_are_told(load, tmp_path):
    path = write(tmp_path / "in/20261101-20261130/run/ea.csv", {})
    manifest(path.parent, "2026-11-04T06:00:00Z")
    (path.parent / "manifest.json").write_text('{"runInfo": ')
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "manifest.json: the manifest is no JSON object" in said
    shutil.rmtree(tmp_path / "in")
    path = write(tmp_path / "in/ea.csv", {})
    path.write_text(path.read_text().replace("UnitOfMeasure", "Unit"))
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "ea.csv, line 1: the export has no column unit_of_measure" in said


# Azure Monitor ------------------------------------------------------------------------------------

RESOURCE = "subscriptions/s1/resourcegroups/g/providers/microsoft.cognitiveservices/accounts/a"


def metric(name, *totals, day="2026-11-12", **more):
    meta = [{"name": {"value": "modeldeploymentname"}, "value": "chat"}]
    data = [{"timeStamp": f"{day}T{hour:02}:00:00Z", "total": total} for hour, total in enumerate(totals)]
    return {"name": {"value": name}, "timeseries": [{"metadatavalues": meta, "data": data}]} | more


def reply(**changed):
    return {"value": [changed.get(name) or metric(name, 1.0, 2.0) for name in azure_openai.METRICS]}


@pytest.fixture
def monitor(monkeypatch, warehouse, tmp_path):
    """An Azure of our own that says what a test wants; `said` is body and status of /metrics."""
    app, said = Flask(__name__), {"metrics": (reply(), 200), "deployments": ({"value": []}, 200)}

    @app.get("/<path:path>")
    def answer(path):
        body, status = said[path.rsplit("/", 1)[-1]]
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, status=status, mimetype="application/json")

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    said["url"] = url
    for name, value in {"BASE_URL": url, "ACCESS_TOKEN": "t", "RESOURCES": f"/{RESOURCE}"}.items():
        monkeypatch.setenv(f"SOURCES__AZURE_OPENAI__{name}", value)
    monkeypatch.setenv("SOURCES__AZURE_OPENAI__BUCKET_URL", str(write(tmp_path / "in/ea.csv", {})))
    yield said
    server.shutdown()
    server.server_close()


def ask(warehouse):
    return warehouse.load("azure_openai", since="2026-11-12")


def test_hours_are_summed_to_days_and_doubles_are_whole(warehouse, monitor):
    nothing = {"timeStamp": "2026-11-12T09:00:00Z"}
    monitor["metrics"] = (reply(), 200)
    monitor["metrics"][0]["value"][0]["timeseries"][0]["data"].append(nothing)
    code, said = ask(warehouse)
    assert code == 0, said
    columns = "charge_date::text, resource_id, deployment, model_name, metric, total"
    assert warehouse.rows(f"select {columns} from {METRICS} order by metric desc limit 1") == [
        ("2026-11-12", f"/{RESOURCE}", "chat", None, "ProcessedPromptTokens", 3)
    ]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"error": {"code": "InvalidAuthenticationToken"}}, 401, "the API answered 401"),
        # never an empty table
        ({"error": {"code": "AuthorizationFailed"}}, 403, "the API answered 403"),
        ({"error": {"code": "ResourceNotFound"}}, 404, "the API answered 404"),
        ('{"value": [{"na', 200, "the reply broke off in the middle"),
        ({}, 200, "the reply is no page of data"),
        ({"value": [metric("GeneratedTokens", 1)]}, 200, "the reply has no AzureOpenAIRequests, Processed"),
        (reply(GeneratedTokens=metric("GeneratedTokens", 1.5)), 200, 'is "1.5", no count'),
        (reply(GeneratedTokens=metric("GeneratedTokens", "many")), 200, 'is "many", no count'),
        (reply(GeneratedTokens=metric("GeneratedTokens", 1, day="2026-11-13")), 200, "was not asked for"),
        (reply(GeneratedTokens=metric("GeneratedTokens", 1, errorCode="Throttled")), 200, "Throttled"),
        (
            reply(GeneratedTokens=metric("GeneratedTokens") | {"timeseries": [{}] * 500}),
            200,
            "has 500 series or more, and Azure cuts off the rest",
        ),
    ],
)
def test_a_wrong_reply_loads_nothing(warehouse, monitor, body, status, told):
    monitor["metrics"] = (body, status)
    code, said = ask(warehouse)
    assert (code, "Traceback" in said) == (1, False)
    assert told in said
    loaded = "select count(*) from information_schema.tables where table_schema = 'raw_azure_openai'"
    assert not warehouse.path.exists() or warehouse.rows(loaded) == [(0,)]


def test_a_page_link_that_leads_nowhere_stops_the_run(warehouse, monitor):
    here = f"{monitor['url']}/{RESOURCE}/deployments"
    monitor["deployments"] = ({"value": [], "nextLink": here}, 200)
    code, said = ask(warehouse)
    assert code == 1
    assert "the API repeats a page link" in said


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CLIENT_SECRET", "", "metrics need a token, and client_secret is not set"),
        ("RESOURCES", "aoai-eu", '"aoai-eu" is no Azure OpenAI resource'),
    ],
)
def test_settings_that_miss_something_are_told(warehouse, monkeypatch, name, value, told):
    monkeypatch.setenv(f"SOURCES__AZURE_OPENAI__{name}", value)
    code, said = warehouse.load("azure_openai")
    assert code == 2
    assert told in said


def test_a_wrong_secret_is_a_401(warehouse, monkeypatch):
    monkeypatch.setenv("SOURCES__AZURE_OPENAI__CLIENT_SECRET", "nonsense")
    code, said = warehouse.load("azure_openai")
    assert code == 1
    assert "the API answered 401" in said


def test_limits_are_waited_for(warehouse, sandbox, control):
    control("faults", rate_limit=2, retry_after=0, provider="azure_openai")
    code, said = warehouse.load("azure_openai")
    assert code == 0, said
