"""Vertex AI in Google Cloud's billing export: exact text from all files, late rows, credits, broken lines."""

import gzip
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TABLE, CREDITS = "raw_vertex.billing_export", "raw_vertex.credits"
ROW = {
    "billing_account_id": "01A2",
    "service": {"id": "C7E2-9256-1C43", "description": "Vertex AI"},
    "sku": {"id": "AAAA-BBBB-0001", "description": "Gemini 3.7 Flash Global Text Input - Predictions"},
    "usage_start_time": "2026-11-12 07:00:00 UTC",
    "usage_end_time": "2026-11-12T08:00:00Z",
    "project": {"id": "ml-serving", "name": "ML"},
    "labels": [{"key": "team", "value": "claims"}, {"key": "env", "value": "prod"}],
    "cost": 0.8213,
    "currency": "USD",
    "usage": {"amount": 1095066, "unit": "count"},
    "credits": [
        {"name": "promo", "type": "PROMOTION", "amount": -0.1},
        {"name": "spend", "type": "DISCOUNT", "amount": -0.0123456789012345678},
    ],
    "invoice": {"month": "202611"},
    "cost_type": "regular",
    "export_time": "2026-11-12T14:22:10Z",
}


def write(path, *rows):
    """JSON lines; a row that is text is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(ROW | row) for row in rows]
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path.parent


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location, **window):
        monkeypatch.setenv("SOURCES__VERTEX__BUCKET_URL", str(location))
        return warehouse.load("vertex", **({"since": None} | window))

    return run


def total(warehouse, table=TABLE, amount="cost", where="true"):
    found = warehouse.rows(f"select sum(cast({amount} as decimal(38, 18))) from {table} where {where}")
    return found[0][0]


def test_every_cent_of_the_bill_lands(warehouse, sandbox, load):
    code, said = load(sandbox.env["SOURCES__VERTEX__BUCKET_URL"])
    assert code == 0, said
    billed = sum(row["cost"] for row in sandbox.truth().to_pylist() if row["provider"] == "vertex")
    assert billed > 0
    calls = "cost_type = 'regular' and sku_description not like '%Storage'"
    assert total(warehouse, where=calls) == billed
    # the other service of the export stays out
    assert warehouse.rows(f"select distinct service_description from {TABLE}") == [("Vertex AI",)]
    assert total(warehouse, CREDITS, "amount") < 0


def test_a_second_run_changes_nothing(warehouse, sandbox, load):
    folder = sandbox.env["SOURCES__VERTEX__BUCKET_URL"]
    load(folder)
    before = warehouse.contents(TABLE), warehouse.contents(CREDITS)
    assert load(folder)[0] == 0
    assert (warehouse.contents(TABLE), warehouse.contents(CREDITS)) == before


def test_json_keeps_every_digit_and_the_line(warehouse, load, tmp_path):
    exact = json.dumps(ROW).replace("0.8213", "0.821300000000000000001234")
    code, said = load(write(tmp_path / "in/a.json.gz", exact, "", {"cost": "1e-7"}, {"service": {"id": "x"}}))
    assert code == 0, said
    columns = "source_row, cost, usage_start_time, labels, project_id, invoice_month, usage_amount"
    labels = '{"team": "claims", "env": "prod"}'
    assert warehouse.rows(f"select {columns} from {TABLE} order by 1") == [
        (1, "0.821300000000000000001234", "2026-11-12 07:00:00Z", labels, "ml-serving", "202611", "1095066"),
        (3, "1e-7", "2026-11-12 07:00:00Z", labels, "ml-serving", "202611", "1095066"),
    ]
    credits = f"select source_row, credit_number, type, amount from {CREDITS} order by all"
    assert warehouse.rows(credits)[:2] == [
        (1, 1, "PROMOTION", "-0.1"),
        (1, 2, "DISCOUNT", "-0.012345678901234568"),
    ]


def test_parquet_and_csv_say_the_same_as_json(warehouse, load, tmp_path):
    rows = [ROW, ROW | {"cost": 1e-7, "labels": [], "credits": []}]
    (tmp_path / "in").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in/a.parquet")
    flat = {
        "service.id": "C7E2-9256-1C43", "service.description": "Vertex AI", "sku.description": "Gemini",
        "usage_start_time": "2026-11-12 07:00:00 UTC", "cost": "0.8213", "currency": "USD",
        "labels": "[{'key': 'team', 'value': 'claims'}, {'key': 'env', 'value': 'prod'}]",
        "credits": '[{"name": "promo", "type": "PROMOTION", "amount": -0.1}]',
        "invoice.month": "202611", "cost_type": "regular",
    }  # fmt: skip
    cells = ['"' + value.replace('"', '""') + '"' for value in flat.values()]
    (tmp_path / "in/b.csv").write_text(",".join(flat) + "\n" + ",".join(cells) + "\n")
    code, said = load(tmp_path / "in")
    assert code == 0, said
    labels = '{"team": "claims", "env": "prod"}'
    assert warehouse.rows(f"select cost, labels from {TABLE} order by source_file, source_row") == [
        ("0.8213", labels),
        ("1e-07", None),
        ("0.8213", labels),
    ]
    assert total(warehouse, CREDITS, "amount") == Decimal("-0.212345678901234568")


def test_a_late_row_reaches_its_day(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/2026-11-12.json", {}, {})
    assert load(folder)[0] == 0
    late = {"usage_start_time": "2026-11-03T05:00:00Z", "export_time": "2026-11-13T00:00:00Z"}
    # rows that look alike are all real: the export has no row id
    write(tmp_path / "in/2026-11-13.json", late, late)
    assert load(folder)[0] == 0
    days = f"select charge_date::text, count(*) from {TABLE} group by 1 order by 1"
    assert warehouse.rows(days) == [("2026-11-03", 2), ("2026-11-12", 2)]
    assert warehouse.rows(days.replace(TABLE, CREDITS)) == [("2026-11-03", 4), ("2026-11-12", 4)]
    # both tables tell the day, so that the fact writes it again
    logged = (
        "select table_name, count(*) from raw_vertex.load_log "
        "where charge_date = '2026-11-03' group by 1 order by 1"
    )
    assert warehouse.rows(logged) == [("billing_export", 1), ("credits", 1)]


def test_a_file_that_goes_takes_its_rows_and_credits_along(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/a.json", {})
    write(tmp_path / "in/b.json", {"usage_start_time": "2026-11-03T05:00:00Z"})
    load(folder)
    (tmp_path / "in/b.json").unlink()
    assert load(folder)[0] == 0
    for table, rows in ((TABLE, 1), (CREDITS, 2)):
        assert warehouse.rows(f"select count(*) from {table}") == [(rows,)]


def test_the_services_are_a_setting(warehouse, load, monkeypatch, tmp_path):
    invoice = {"service": {"description": "Invoice"}, "cost_type": "tax", "project": None}
    folder = write(tmp_path / "in/a.json", {}, {"service": {"description": "Gemini API"}}, invoice)
    code, said = load(folder)
    assert code == 0, said
    assert warehouse.rows(f"select count(*) from {TABLE}") == [(2,)]
    monkeypatch.setenv("SOURCES__VERTEX__SERVICES", "*")
    assert load(folder)[0] == 0
    assert warehouse.rows(f"select count(*), count(project_id) from {TABLE}") == [(3, 2)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"cost": 1', "a.json, line 2: the line is no JSON object"),
        ("[]", "a.json, line 2: the line is no JSON object"),
        ({"cost": "1,000.00"}, 'a.json, line 2, column cost: "1,000.00" is no number'),
        ({"cost": None}, "a.json, line 2, column cost: is empty"),
        ({"usage_start_time": "12.11.2026"}, 'line 2, column usage_start_time: "12.11.2026" is no UTC time'),
        ({"cost_type": "refund"}, '"refund" is not a known value; known are: regular, tax'),
        ({"invoice": {"month": "2026-11"}}, 'column invoice_month: "2026-11" is no month'),
        ({"credits": [{"type": "PROMOTION"}]}, "column amount: is empty"),
        ({"credits": "promo"}, "row 2, column credits: the value is no list of objects"),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, row, told):
    load(write(tmp_path / "good/a.json", {}))
    before = warehouse.contents(TABLE)
    code, said = load(write(tmp_path / "bad/a.json", {}, row))
    assert code == 1
    assert told in said
    assert "Traceback" not in said
    assert warehouse.contents(TABLE) == before


def test_a_half_written_file_is_refused(load, tmp_path):
    folder = write(tmp_path / "in/a.json.gz", *[{}] * 50)
    path = folder / "a.json.gz"
    path.write_bytes(path.read_bytes()[:-30])
    code, said = load(folder)
    assert code == 1
    assert "a.json.gz: the file breaks off" in said


def test_only_the_days_that_are_asked_for_are_replaced(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/a.json", {}, {"usage_start_time": "2026-11-03T05:00:00Z"})
    assert load(folder, since="2026-11-03", until="2026-11-03")[0] == 0
    assert warehouse.rows(f"select charge_date::text from {TABLE}") == [("2026-11-03",)]
    assert warehouse.rows(f"select distinct charge_date::text from {CREDITS}") == [("2026-11-03",)]
