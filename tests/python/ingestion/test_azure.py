"""Azure's bill: actual and amortized cost, both agreements, the run that counts, exports that disagree."""

import csv
import gzip
import json
import shutil
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.sandbox import exports

TABLE = "raw_azure.cost_details"
EA = {
    "SubscriptionId": "S1", "ResourceGroup": "rg", "Date": "11/2/2026", "ProductName": "D4s",
    "MeterCategory": "Virtual Machines", "MeterId": "m1", "MeterName": "D4s v5", "UnitOfMeasure": "100 Hours",
    "Quantity": "24", "EffectivePrice": "0.1", "CostInBillingCurrency": "2.4", "BillingCurrencyCode": "EUR",
    "ResourceId": "/subscriptions/S1/x/VM-1", "Tags": '"team": "docs"', "ReservationId": "",
    "PublisherType": "Azure", "ChargeType": "Usage", "PricingModel": "OnDemand", "BillingAccountId": "E1",
    "BillingPeriodStartDate": "11/1/2026", "BillingPeriodEndDate": "11/30/2026", "benefitId": "",
}  # fmt: skip
PERIOD = "20261101-20261130"


def write(path, *rows, header=None, encoding="utf-8"):
    header = header or list(EA)
    cells = [[str((EA | row).get(name, "")).replace('"', '""') for name in header] for row in rows]
    text = "\n".join([",".join(header), *(",".join(f'"{cell}"' for cell in row) for row in cells)]) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode(encoding))
    return path


def manifest(folder, submitted="2026-11-04T06:00:00Z", kind="ActualCost", **parts):
    told = {
        "exportConfig": {"type": kind},
        "runInfo": {"submittedTime": submitted},
        "blobs": [{"blobName": f"costs/x/{name}.csv", "dataRowCount": rows} for name, rows in parts.items()],
    }
    (folder / "manifest.json").write_text(json.dumps(told))


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location, **window):
        monkeypatch.setenv("SOURCES__AZURE__BUCKET_URL", str(location))
        return warehouse.load("azure", **({"since": None} | window))

    return run


def total(warehouse, kind):
    found = warehouse.rows(f"select cost_in_billing_currency from {TABLE} where export_kind = '{kind}'")
    return sum(Decimal(amount) for (amount,) in found)


def runs_of(period):
    """The runs of a period, the newest last."""

    def submitted(run):
        return json.loads((run / "manifest.json").read_text())["runInfo"]["submittedTime"]

    return sorted(period.iterdir(), key=submitted)


def in_the_export(folder):
    """What the newest run of each period holds."""
    found = Decimal()
    for period in folder.iterdir():
        with gzip.open(runs_of(period)[-1] / "part_0_0001.csv.gz", "rt", newline="") as file:
            found += sum(Decimal(row["costInBillingCurrency"]) for row in csv.DictReader(file))
    return found


def test_every_cent_of_both_exports_lands_and_a_second_run_changes_nothing(warehouse, sandbox):
    code, said = warehouse.load("azure", since=None)
    assert code == 0, said
    for kind in ("actual", "amortized"):
        assert total(warehouse, kind) == in_the_export(sandbox.folder / "azure_bill" / kind)
    before = warehouse.contents(TABLE)
    assert warehouse.load("azure", since=None)[0] == 0
    assert warehouse.contents(TABLE) == before


@pytest.mark.parametrize(
    ("sample", "rows", "currency"),
    [("azure_ea_actual_dev.csv", 9, "CAD"), ("azure_mca_actual_nise.csv", 120, "USD")],
)
def test_samples_of_both_agreements_land_to_the_last_digit(warehouse, load, shared, sample, rows, currency):
    path = shared / "samples/raw" / sample
    code, said = load(path)
    assert code == 0, said
    assert "no export of amortized cost: effective cost is what was billed" in said
    with path.open(newline="") as file:
        expected = sum(Decimal(row["CostInBillingCurrency"]) for row in csv.DictReader(file))
    assert total(warehouse, "actual") == expected
    kept = f"select count(*), min(billing_currency), max(billing_currency) from {TABLE}"
    assert warehouse.rows(kept) == [(rows, currency, currency)]


def test_dates_of_the_united_states_tags_and_older_names(warehouse, load, tmp_path):
    older = {
        "CostInBillingCurrency": "Cost",
        "BillingCurrencyCode": "BillingCurrency",
        "ProductName": "Product",
    }
    header = [older.get(name, name) for name in EA]
    write(
        tmp_path / "in/c360.csv", {older.get(name, name): value for name, value in EA.items()}, header=header
    )
    assert load(tmp_path / "in")[0] == 0
    columns = "date, billing_period_end_date, tags, cost_in_billing_currency, billing_currency, product_name"
    assert warehouse.rows(f"select {columns} from {TABLE}") == [
        ("2026-11-02", "2026-11-30", '"team": "docs"', "2.4", "EUR", "D4s")
    ]


def test_the_kind_is_told_by_the_manifest_and_else_by_the_folder(warehouse, load, tmp_path):
    write(tmp_path / "in/a" / PERIOD / "r1/part_0_0001.csv", {})
    manifest(tmp_path / "in/a" / PERIOD / "r1", kind="AmortizedCost")
    write(tmp_path / "in/b" / PERIOD / "r1/part_0_0001.csv", {})
    write(tmp_path / "in/daily-amortized/2026-10.csv", {"Date": "10/2/2026"})
    write(tmp_path / "in/daily/2026-10.csv", {"Date": "10/2/2026"})
    assert load(tmp_path / "in")[0] == 0
    kinds = f"select export_kind, charge_date::text from {TABLE} order by 1, 2"
    assert warehouse.rows(kinds) == [
        *(("actual", "2026-10-02"), ("actual", "2026-11-02")),
        *(("amortized", "2026-10-02"), ("amortized", "2026-11-02")),
    ]


def test_amortized_cost_alone_says_what_is_missing(load, tmp_path):
    write(tmp_path / "in/amortized" / PERIOD / "r1/part_0_0001.csv", {})
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "there is amortized cost of 20261101-20261130, and the export of actual cost is missing" in said
    write(tmp_path / "in/actual/20261001-20261031/r1/part_0_0001.csv", {"Date": "10/2/2026"})
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "export actual cost of the same scope and months too" in said
    write(tmp_path / "in/actual" / PERIOD / "r1/part_0_0001.csv", {})
    assert load(tmp_path / "in")[0] == 0


def test_an_amortized_export_is_not_taken_for_actual_cost(load, tmp_path):
    code, said = load(write(tmp_path / "in/x.csv", {}, {"ChargeType": "UnusedReservation"}))
    assert code == 1
    assert "x.csv, line 3, column ChargeType: an unused commitment stands in amortized exports only" in said


def test_the_newest_run_counts_and_withdrawn_and_restated_rows_go(warehouse, load, tmp_path):
    month = tmp_path / "in/actual" / PERIOD
    write(month / "zz/part_0_0001.csv.gz", {}, {"Date": "11/3/2026"})
    manifest(month / "zz", "2026-11-03T06:00:00Z")
    assert load(tmp_path / "in")[0] == 0
    write(month / "aa/part_0_0001.csv", {"CostInBillingCurrency": "3"})
    write(month / "aa/part_1_0001.csv", {"CostInBillingCurrency": "4"})
    manifest(month / "aa", part_0_0001=1, part_1_0001=1)
    # a run that is still being written has no manifest yet
    write(month / "bb/part_0_0001.csv", {"CostInBillingCurrency": "99"})
    assert load(tmp_path / "in")[0] == 0
    days = f"select charge_date::text, sum(cost_in_billing_currency::decimal(9, 2)) from {TABLE} group by 1"
    assert warehouse.rows(days) == [("2026-11-02", Decimal(7))]
    logged = "select count(*) from raw_azure.load_log where charge_date = '2026-11-03'"
    assert warehouse.rows(logged) == [(2,)]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            {"part_0_0001": 1, "part_1_0001": 5},
            "the manifest names part_1_0001.csv, and there is no such file",
        ),
        ({"part_0_0001": 2}, "part_0_0001.csv: the file has 1 rows, and its manifest says 2"),
    ],
)
def test_a_run_that_is_not_whole_loads_nothing(warehouse, load, tmp_path, parts, told):
    month = tmp_path / "in/actual" / PERIOD
    write(month / "aa/part_0_0001.csv", {})
    manifest(month / "aa")
    load(tmp_path / "in")
    before = warehouse.contents(TABLE)
    write(month / "bb/part_0_0001.csv", {"CostInBillingCurrency": "9"})
    manifest(month / "bb", "2026-11-05T06:00:00Z", **parts)
    code, said = load(tmp_path / "in")
    assert (code, "Traceback" in said) == (1, False)
    assert told in said
    assert warehouse.contents(TABLE) == before


def test_two_exports_of_one_period_are_told(warehouse, load, tmp_path):
    write(tmp_path / "in/daily" / PERIOD / "r/part_0_0001.csv", {})
    assert load(tmp_path / "in")[0] == 0
    write(
        tmp_path / "in/monthly" / PERIOD / "r/part_0_0001.csv",
        {"SubscriptionId": "s1", "ResourceGroup": "RG"},
    )
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "2026-11-02 of s1 stands in two exports of actual cost; the other is" in said
    assert f"/in/daily/{PERIOD}" in said
    assert total(warehouse, "actual") == Decimal("2.4")
    # another subscription's export of the same month is no second one
    write(tmp_path / "in/monthly" / PERIOD / "r/part_0_0001.csv", {"SubscriptionId": "S2"})
    assert load(tmp_path / "in")[0] == 0


def test_rows_that_look_the_same_are_two_charges(warehouse, load, tmp_path):
    load(write(tmp_path / "in/x.csv", {}, {}))
    assert total(warehouse, "actual") == Decimal("4.8")


def test_a_currency_and_a_schema_may_change_inside_a_month(warehouse, load, tmp_path):
    write(tmp_path / "in/first.csv", {}, {"BillingCurrencyCode": "USD"})
    newer = {
        "date": "2026-11-03", "meterName": "D4s v5", "unitOfMeasure": "1 Hour", "quantity": Decimal(1),
        "billingCurrency": "USD", "costInBillingCurrency": Decimal("0.5"), "somethingNew": "x",
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([newer]), tmp_path / "in/second.parquet")
    assert load(tmp_path / "in")[0] == 0
    by_currency = (
        "select billing_currency, sum(cost_in_billing_currency::decimal(9, 2)), count(something_new) "
        f"from {TABLE} group by 1 order by 1"
    )
    assert warehouse.rows(by_currency) == [("EUR", Decimal("2.4"), 0), ("USD", Decimal("2.9"), 1)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"CostInBillingCurrency": "1,000.00"}, '"1,000.00" is no number'),
        ({"CostInBillingCurrency": ""}, "column cost_in_billing_currency: is empty"),
        ({"BillingCurrencyCode": "Euro"}, '"Euro" is no currency'),
        ({"Date": "02.11.2026"}, 'line 2, column Date: "02.11.2026" is no UTC time'),
        (
            {"MeterCategory": "Azure OpenAI", "UnitOfMeasure": "1 B"},
            'line 2, column UnitOfMeasure: "1 B" is a unit that we do not know, and a guess would hide or',
        ),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, row, told):
    load(write(tmp_path / "good/x.csv", {}))
    before = warehouse.contents(TABLE)
    code, said = load(write(tmp_path / "bad/x.csv", row))
    assert (code, "Traceback" in said) == (1, False)
    assert told in said
    assert warehouse.contents(TABLE) == before


def test_a_unit_that_counts_no_tokens_may_be_anything(warehouse, load, tmp_path):
    models = {"MeterCategory": "Azure OpenAI", "UnitOfMeasure": "1M"}
    assert (
        load(write(tmp_path / "in/x.csv", {"UnitOfMeasure": "1 furlong"}, {"Quantity": ""}, models))[0] == 0
    )
    found = f"select unit_of_measure, quantity, meter_kind from {TABLE} order by source_row"
    assert warehouse.rows(found) == [
        ("1 furlong", "24", None),
        ("100 Hours", None, None),
        ("1M", "24", "model"),
    ]


def test_files_in_other_encodings(warehouse, load, tmp_path):
    write(tmp_path / "in/x.csv", {"ProductName": "Zürich"}, encoding="utf-8-sig")
    assert load(tmp_path / "in")[0] == 0
    assert warehouse.rows(f"select product_name from {TABLE}") == [("Zürich",)]
    write(tmp_path / "in/x.csv", {}, {"ProductName": "Zürich"}, encoding="latin-1")
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "x.csv, line 3: the file is not UTF-8" in said


def test_a_run_that_is_taken_back_takes_its_rows_with_it(warehouse, load, sandbox, tmp_path):
    azure = next(module for module in exports.modules() if module.__name__.endswith(".azure"))
    written = azure.write(sandbox.world, tmp_path)
    load(written.path)
    before = total(warehouse, "amortized")
    shutil.rmtree(runs_of(max((tmp_path / "azure_bill/amortized").iterdir()))[-1])
    assert load(written.path)[0] == 0
    # without its newest run, the one before it counts again
    assert total(warehouse, "amortized") < before
