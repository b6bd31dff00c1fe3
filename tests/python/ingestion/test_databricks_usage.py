"""Databricks' billing tables: records and prices land to the last digit, from every kind of file."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

RAW = "raw_databricks_usage"
USAGE, PRICES = f"{RAW}.usage", f"{RAW}.list_prices"
RECORD = {
    "record_id": "r1", "account_id": "A", "workspace_id": "1", "sku_name": "JOBS", "cloud": "AWS",
    "usage_start_time": "2026-11-12 10:00:00.000+00:00", "usage_end_time": "2026-11-12T11:00:00Z",
    "usage_date": "2026-11-12", "custom_tags": {"feature": "f"}, "usage_unit": "DBU",
    "usage_quantity": "1.000000000000000001", "usage_metadata": {"job_id": "7", "cluster_id": None},
    "identity_metadata": {"run_as": "x"}, "record_type": "ORIGINAL", "ingestion_date": "2026-11-12",
    "billing_origin_product": "JOBS", "product_features": {"is_serverless": False},
    "usage_type": "COMPUTE_TIME",
}  # fmt: skip
PRICE = {
    "price_start_time": "2025-01-01T00:00:00.000Z", "price_end_time": None, "account_id": "A",
    "sku_name": "JOBS", "cloud": "AWS", "currency_code": "USD", "usage_unit": "DBU",
    "pricing": {"default": "0.15", "promotional": {"default": "0.10"}, "effective_list": {"default": "0.10"}},
}  # fmt: skip


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            out = csv.DictWriter(file, rows[0])
            out.writeheader()
            for row in rows:
                out.writerow({k: json.dumps(v) if isinstance(v, dict) else v for k, v in row.items()})
    return path.parent


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location):
        monkeypatch.setenv("SOURCES__DATABRICKS_USAGE__BUCKET_URL", str(location))
        return warehouse.load("databricks_usage", since=None)

    return run


def total(warehouse):
    return warehouse.rows(f"select sum(cast(usage_quantity as decimal(38, 18))) from {USAGE}")[0][0]


def test_every_unit_lands_and_a_second_run_changes_nothing(warehouse, sandbox, load):
    folder = Path(sandbox.env["SOURCES__DATABRICKS_USAGE__BUCKET_URL"])
    quantity, records = Decimal(0), 0
    for path in folder.glob("usage-*.json.gz"):
        with gzip.open(path, "rt") as file:
            for line in file:
                quantity += json.loads(line, parse_float=Decimal)["usage_quantity"]
                records += 1
    code, said = load(folder)
    assert code == 0, said
    assert total(warehouse) == quantity
    assert warehouse.rows(f"select count(*), count(distinct record_id) from {USAGE}") == [(records, records)]
    assert warehouse.rows(f"select count(*) > 0, count(pricing_default) = count(*) from {PRICES}") == [
        (True, True)
    ]
    before = warehouse.contents(USAGE), warehouse.contents(PRICES)
    assert load(folder)[0] == 0
    assert (warehouse.contents(USAGE), warehouse.contents(PRICES)) == before


@pytest.mark.parametrize("kind", ["json", "csv", "parquet"])
def test_json_csv_and_parquet_say_the_same(warehouse, load, tmp_path, kind):
    folder = write(tmp_path / f"in/usage.{kind}", RECORD)
    write(tmp_path / f"in/list_prices.{kind}", PRICE)
    write(tmp_path / f"in/account_prices.{kind}", PRICE | {"pricing": {"default": "0.08"}})
    code, said = load(folder)
    assert code == 0, said
    found = warehouse.rows(
        f"select usage_quantity, custom_tags, usage_metadata, charge_date::text from {USAGE}"
    )
    quantity, tags, metadata, day = found[0]
    assert (quantity, day) == ("1.000000000000000001", "2026-11-12")
    assert json.loads(tags) == {"feature": "f"}
    assert json.loads(metadata)["job_id"] == "7"
    columns = "pricing_default, pricing_promotional_default, pricing_effective_list_default"
    assert warehouse.rows(f"select {columns} from {PRICES}") == [("0.15", "0.10", "0.10")]
    assert warehouse.rows(f"select {columns} from {RAW}.account_prices") == [("0.08", None, None)]


def test_retractions_stay_beside_what_they_take_back(warehouse, load, tmp_path):
    told = RECORD | {
        "record_id": "r2",
        "record_type": "RETRACTION",
        "usage_quantity": "-1.000000000000000001",
    }
    again = RECORD | {"record_id": "r3", "record_type": "RESTATEMENT", "usage_quantity": "0.5"}
    assert load(write(tmp_path / "in/usage.json", RECORD, told, again))[0] == 0
    assert total(warehouse) == Decimal("0.5")
    assert warehouse.rows(f"select count(*) from {USAGE}") == [(3,)]


def test_a_withdrawn_record_goes_and_no_price_is_no_error(warehouse, load, tmp_path):
    other = RECORD | {"record_id": "r2", "usage_start_time": "2026-11-11 10:00:00.000+00:00"}
    folder = write(tmp_path / "in/usage.json", RECORD, other)
    code, said = load(folder)
    assert code == 0, said
    write(tmp_path / "in/usage.json", RECORD)
    assert load(folder)[0] == 0
    assert warehouse.rows(f"select record_id from {USAGE}") == [("r1",)]


@pytest.mark.parametrize(
    ("record", "price", "told"),
    [
        ({"usage_quantity": "1,5"}, {}, 'line 2, column usage_quantity: "1,5" is no number'),
        ({"record_type": "REFUND"}, {}, '"REFUND" is not a known value; known are: ORIGINAL, RETRACTION'),
        ({"record_id": None}, {}, "line 2, column record_id: is empty"),
        ({"usage_start_time": "12.11.2026"}, {}, 'column usage_start_time: "12.11.2026" is no UTC time'),
        ({}, {"pricing": "0.15"}, 'pricing reads "0.15"'),
        ({}, {"pricing": {"default": "free"}}, '"free" is no number'),
        ({}, {"currency_code": "Dollar"}, '"Dollar" is no currency'),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, record, price, told):
    load(write(tmp_path / "good/usage.json", RECORD))
    before = warehouse.contents(USAGE)
    folder = write(tmp_path / "bad/usage.json", RECORD, RECORD | {"record_id": "r2"} | record)
    write(tmp_path / "bad/list_prices.json", PRICE, PRICE | price)
    code, said = load(folder)
    assert code == 1
    assert told in said
    assert "Traceback" not in said
    assert warehouse.contents(USAGE) == before


def test_a_half_written_file_is_refused(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/usage.json", RECORD)
    path = folder / "usage.json"
    path.write_text(path.read_text()[:-20])
    code, said = load(folder)
    assert code == 1
    assert "usage.json, line 1: the line is no JSON object" in said
