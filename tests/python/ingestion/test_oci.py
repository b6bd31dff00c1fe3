"""Oracle Cloud's cost reports: every amount, tags of any set of columns, times with and without seconds."""

import csv
import gzip
import json
from decimal import Decimal

import pytest

TABLE = "raw_oci.cost_report"
LINE = {
    "lineItem/referenceNo": "r1", "lineItem/tenantId": "t", "product/service": "COMPUTE",
    "lineItem/intervalUsageStart": "2026-11-02T10:00Z", "lineItem/intervalUsageEnd": "2026-11-02T11:00:00Z",
    "product/resourceId": "ocid1.instance.oc1.x.y", "usage/billedQuantity": "2", "cost/productSku": "B1",
    "cost/unitPrice": "0.05", "cost/myCost": "0.1", "cost/myCostOverage": "", "cost/currencyCode": "USD",
    "lineItem/isCorrection": "false", "lineItem/backreferenceNo": "", "tags/Ops.team": "docs",
}  # fmt: skip


def write(path, *rows, encoding="utf-8"):
    header = list(dict.fromkeys(name for row in ({**LINE}, *rows) for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as file:
        out = csv.DictWriter(file, header)
        out.writeheader()
        out.writerows(LINE | row for row in rows)
    return path


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location, **window):
        monkeypatch.setenv("SOURCES__OCI__BUCKET_URL", str(location))
        return warehouse.load("oci", **({"since": None} | window))

    return run


def total(warehouse):
    return sum(Decimal(amount) for (amount,) in warehouse.rows(f"select my_cost from {TABLE}"))


def in_the_reports(paths):
    found = Decimal()
    for path in paths:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as file:
            found += sum(Decimal(row["cost/myCost"]) for row in csv.DictReader(file))
    return found


def test_every_cent_lands_and_a_second_run_changes_nothing(warehouse, sandbox):
    code, said = warehouse.load("oci", since=None)
    assert code == 0, said
    assert total(warehouse) == in_the_reports((sandbox.folder / "oci/reports/cost-csv").glob("*.csv.gz")) > 0
    before = warehouse.contents(TABLE)
    assert warehouse.load("oci", since=None)[0] == 0
    assert warehouse.contents(TABLE) == before


def test_the_sample_lands_to_the_last_digit(warehouse, load, shared):
    path = shared / "samples/raw/oci_cost_report_dev.csv"
    code, said = load(path)
    assert code == 0, said
    assert total(warehouse) == in_the_reports([path])
    (tags,) = warehouse.rows(f"select tags from {TABLE} where source_row = 1")[0]
    assert json.loads(tags)["OracleInternalReserved.CostCenter"] == "607825"
    times = f"select count(*) from {TABLE} where interval_usage_start not like '%T__:00:00Z'"
    assert warehouse.rows(times) == [(0,)]


def test_the_set_of_tags_varies_by_file(warehouse, load, tmp_path):
    write(tmp_path / "in/1.csv", {"tags/Ops.team": ""})
    new = {"tags/New.Größe, m": 'x"y', "lineItem/intervalUsageStart": "2026-11-02T10:00:00Z"}
    write(tmp_path / "in/2.csv", {"lineItem/referenceNo": "r2"} | new)
    assert load(tmp_path / "in")[0] == 0
    rows = warehouse.rows(f"select tags, interval_usage_start from {TABLE} order by source_file")
    assert rows[0] == (None, "2026-11-02T10:00:00Z")
    assert json.loads(rows[1][0]) == {"Ops.team": "docs", "New.Größe, m": 'x"y'}


def test_corrections_and_overage_land_as_they_are(warehouse, load, tmp_path):
    back = {"lineItem/isCorrection": "true", "lineItem/backreferenceNo": "r1", "cost/myCost": "-0.1"}
    over = {"lineItem/referenceNo": "r3", "cost/myCostOverage": "0.04"}
    write(tmp_path / "in/1.csv", {}, {"lineItem/referenceNo": "r2"} | back, over)
    assert load(tmp_path / "in")[0] == 0
    columns = "my_cost, my_cost_overage, is_correction, backreference_no"
    assert warehouse.rows(f"select {columns} from {TABLE} order by source_row") == [
        ("0.1", None, "false", None), ("-0.1", None, "true", "r1"), ("0.1", "0.04", "false", None),
    ]  # fmt: skip


def test_a_withdrawn_line_and_file_go(warehouse, load, tmp_path):
    path = write(tmp_path / "in/1.csv", {}, {"lineItem/referenceNo": "r2"})
    write(tmp_path / "in/2.csv", {"lineItem/referenceNo": "r3"})
    load(tmp_path / "in")
    write(path, {})
    (tmp_path / "in/2.csv").unlink()
    assert load(tmp_path / "in")[0] == 0
    assert warehouse.rows(f"select reference_no from {TABLE}") == [("r1",)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"cost/myCost": "1,0"}, 'line 2, column cost/myCost: "1,0" is no number'),
        ({"cost/myCost": ""}, "line 2, column cost/myCost: is empty"),
        ({"cost/currencyCode": "Dollar"}, '"Dollar" is no currency'),
        ({"lineItem/intervalUsageStart": "11/2/2026"}, '"11/2/2026" is no UTC time'),
        ({"lineItem/isCorrection": "maybe"}, '"maybe" is not a known value'),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, row, told):
    load(write(tmp_path / "good/1.csv", {}))
    before = warehouse.contents(TABLE)
    code, said = load(write(tmp_path / "bad/1.csv", row))
    assert (code, "Traceback" in said) == (1, False)
    assert told in said
    assert warehouse.contents(TABLE) == before


def test_missing_columns_and_other_files_are_told(load, tmp_path):
    path = write(tmp_path / "in/1.csv", {})
    path.write_text(path.read_text().replace("cost/myCost,", "cost/cost,"))
    code, said = load(path)
    assert code == 1
    assert "1.csv, line 1: the report has no column cost/myCost" in said
    path.write_text("lineItem/referenceNo,usage/consumedQuantity\nr1,2\n")
    code, said = load(path)
    assert code == 1
    assert "left out, another kind of file" in said
