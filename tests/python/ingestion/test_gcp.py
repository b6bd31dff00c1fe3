"""Google Cloud's billing export as a whole: every line and credit, to the last digit."""

import csv
import gzip
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TABLE, CREDITS = "raw_gcp.billing_export", "raw_gcp.credits"
ROW = {
    "billing_account_id": "01A2",
    "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
    "sku": {"id": "AAAA-BBBB-0001", "description": "N2 Instance Core running in Netherlands"},
    "usage_start_time": "2026-11-12 07:00:00 UTC",
    "usage_end_time": "2026-11-12 08:00:00 UTC",
    "project": {
        "id": "p", "name": "P",
        "labels": [{"key": "env", "value": "prod"}, {"key": "team", "value": "x"}],
    },
    "labels": [{"key": "team", "value": "claims"}],
    "tags": [{"key": "env", "value": "test", "inherited": True, "namespace": "123"}],
    "location": {"location": "europe-west4", "region": "europe-west4", "zone": "europe-west4-a"},
    "cost": 0.8213,
    "cost_at_effective_price_default": 0.9,
    "currency": "USD",
    "usage": {"amount": 3600, "unit": "seconds"},
    "credits": [{"name": "spend", "type": "DISCOUNT", "amount": -0.1}],
    "consumption_model": {"id": "5515", "description": "Flexible CUD"},
    "subscription": {"instance_id": "s1"},
    "invoice": {"month": "202611"},
    "cost_type": "regular",
    "export_time": "2026-11-12T14:22:10Z",
}  # fmt: skip


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(ROW | row) + "\n" for row in rows))
    return path.parent


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location):
        monkeypatch.setenv("SOURCES__GCP__BUCKET_URL", str(location))
        return warehouse.load("gcp", since=None)

    return run


def total(warehouse, table=TABLE, amount="cost"):
    found = warehouse.rows(f"select coalesce(sum(cast({amount} as decimal(38, 18))), 0) from {table}")
    return found[0][0]


def test_every_cent_of_the_export_lands_and_a_second_run_changes_nothing(warehouse, sandbox, load):
    folder = Path(sandbox.env["SOURCES__GCP__BUCKET_URL"])
    costs, credits, lines = Decimal(0), Decimal(0), 0
    for path in folder.glob("*/*.json.gz"):
        with gzip.open(path, "rt") as file:
            for line in file:
                row = json.loads(line, parse_float=Decimal)
                costs += row["cost"]
                credits += sum(credit["amount"] for credit in row["credits"])
                lines += 1
    code, said = load(folder)
    assert code == 0, said
    assert warehouse.rows(f"select count(*) from {TABLE}") == [(lines,)]
    assert (total(warehouse), total(warehouse, CREDITS, "amount")) == (costs, credits)
    before = warehouse.contents(TABLE), warehouse.contents(CREDITS)
    assert load(folder)[0] == 0
    assert (warehouse.contents(TABLE), warehouse.contents(CREDITS)) == before


def test_the_sample_lands_to_the_last_digit(warehouse, load, shared, tmp_path):
    sample = shared / "samples/raw/gcp_detailed_nise.csv"
    code, said = load(sample)
    assert code == 0, said
    with sample.open(newline="") as file:
        rows = list(csv.DictReader(file))
    costs = sorted(row["cost"] for row in rows)
    assert sorted(cost for (cost,) in warehouse.rows(f"select cost from {TABLE}")) == costs
    # The tool writes up to 20 decimals; money has 18, and each line is rounded once.
    assert total(warehouse) == sum(Decimal(cost).quantize(Decimal("1e-18"), ROUND_HALF_UP) for cost in costs)
    placed = f"select count(*), count(location), count(location_region) from {TABLE}"
    assert warehouse.rows(placed) == [(len(rows), len(rows), len(rows))]
    # Python-style and JSON lists give the labels of line and project.
    keys = set()
    for (tags,) in warehouse.rows(f"select bill_tags from {TABLE} where bill_tags is not null"):
        keys |= json.loads(tags).keys()
    assert {"foo", "vm_key_proj2", "test_storage_key"} <= keys


def test_what_people_wrote_is_one_object_and_the_nearest_counts(warehouse, load, tmp_path):
    assert load(write(tmp_path / "in/a.json", {}, {"project": None, "labels": [], "tags": []}))[0] == 0
    found = warehouse.rows(f"select bill_tags, tags from {TABLE} order by source_row")
    assert [tuple(text and json.loads(text) for text in row) for row in found] == [
        ({"env": "prod", "team": "claims", "123/env": "test"}, {"123/env": "test"}),
        (None, None),
    ]


def test_json_parquet_and_flat_csv_say_the_same(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/a.json", {})
    pq.write_table(pa.Table.from_pylist([ROW]), folder / "b.parquet")
    flat = {}
    for name, value in ROW.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    with (folder / "c.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, flat)
        out.writeheader()
        out.writerow(
            {name: repr(value) if isinstance(value, list) else value for name, value in flat.items()}
        )
    code, said = load(folder)
    assert code == 0, said
    columns = (
        "cost, cost_at_effective_price_default, location, location_zone, usage_amount, bill_tags, "
        "project_id, consumption_model_id, consumption_model_description, "
        "subscription_instance_id, invoice_month, "
        "usage_start_time, sku_description"
    )
    found = warehouse.rows(f"select {columns} from {TABLE}")
    assert len(found) == 3
    assert len(set(found)) == 1, found
    assert None not in found[0]
    assert total(warehouse, CREDITS, "amount") == Decimal("-0.3")


def test_rows_that_look_alike_are_real_and_a_file_exported_again_is_replaced(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/2026-11-12.json", {}, {})
    write(tmp_path / "in/2026-11-13.json", {"export_time": "2026-11-13T01:00:00Z"})
    assert load(folder)[0] == 0
    assert total(warehouse) == Decimal("0.8213") * 3
    # Exported again under its name, with a row that came meanwhile, and one that is gone.
    write(tmp_path / "in/2026-11-12.json", {"cost": 2}, {"usage_start_time": "2026-11-02 07:00:00 UTC"})
    assert load(folder)[0] == 0
    days = f"select charge_date::text, sum(cast(cost as decimal(38, 18))) from {TABLE} group by 1 order by 1"
    assert warehouse.rows(days) == [("2026-11-02", Decimal("0.8213")), ("2026-11-12", Decimal("2.8213"))]


def test_lines_without_project_sku_or_resource_load(warehouse, load, tmp_path):
    bare = {"project": None, "resource": None, "location": None, "labels": None, "tags": None, "credits": []}
    kinds = [bare | {"cost_type": kind, "sku": {"description": kind}} for kind in ("tax", "rounding_error")]
    code, said = load(write(tmp_path / "in/a.json", *kinds))
    assert code == 0, said
    assert warehouse.rows(f"select cost_type, project_id, sku_id from {TABLE} order by 1") == [
        ("rounding_error", None, None),
        ("tax", None, None),
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"tags": "env"}, "row 2, column tags: the value is no list of objects"),
        ({"cost_at_effective_price_default": "n/a"}, '"n/a" is no number'),
        ({"currency_conversion_rate": "0,8"}, '"0,8" is no number'),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, row, told):
    load(write(tmp_path / "good/a.json", {}))
    before = warehouse.contents(TABLE)
    code, said = load(write(tmp_path / "bad/a.json", {}, row))
    assert code == 1
    assert told in said
    assert warehouse.contents(TABLE) == before
