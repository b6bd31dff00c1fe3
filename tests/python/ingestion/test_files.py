"""FOCUS and business output files: all versions, exact text, places of mistakes, files that change or go."""

import gzip
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.common import files

HEADER = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
]
LINE = dict(
    zip(
        HEADER,
        [
            "1.5",
            "acct",
            "Account",
            "USD",
            "2026-02-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "Usage",
            "",
            "things",
            "2026-01-02T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "1.5",
            "1.5",
            "AWS",
            "2",
            "1",
            "Hours",
            "AWS",
            "AWS",
            "Compute",
            "EC2",
        ],
        strict=True,
    )
)
TABLE = "raw_focus.cost_and_usage"


def write(path, *lines, header=HEADER):
    def cell(text):
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text

    rows = [",".join(header)] + [",".join(cell((LINE | line).get(c, "")) for c in header) for line in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location, source="focus", **window):
        monkeypatch.setenv(f"SOURCES__{source.upper()}__BUCKET_URL", str(location))
        return warehouse.load(source, **({"since": None} | window))

    return run


def test_real_rows_of_three_providers_land_to_the_last_digit(warehouse, load, shared):
    code, said = load(shared / "samples/focus/focus_1_0_multi_provider.csv")
    assert code == 0, said
    totals = warehouse.rows(
        "select provider_name, sum(cast(billed_cost as decimal(38, 18))), count(*) "
        f"from {TABLE} group by 1 order by 1"
    )
    assert totals == [
        ("AWS", Decimal("6.068577239500000000"), 314),
        ("Microsoft", Decimal("-0.156182752300000000"), 17),
        ("Oracle", Decimal("0.204000000000000000"), 2),
    ]
    # NULL is no text, and the column that FOCUS does not know is kept
    assert warehouse.rows(f"select count(*) from {TABLE} where charge_class is not null") == [(0,)]
    assert warehouse.rows(f"select x_id from {TABLE} where source_row = 1") == [("21444",)]


@pytest.mark.parametrize(
    "name",
    [
        "aws_1_2_cost_and_usage_rows100_seed42.csv",
        "aws_1_3_cost_and_usage_rows100_seed42.csv",
        "azure_1_2_cost_and_usage_rows25_seed7.csv",
        "gcp_1_2_cost_and_usage_rows25_seed7.csv",
        "gcp_1_3_cost_and_usage_rows25_seed7.csv",
    ],
)
def test_later_versions_load(warehouse, load, shared, name):
    code, said = load(shared / "samples/focus/synthetic" / name)
    assert code == 0, said
    assert warehouse.rows(f"select count(*) from {TABLE}")[0][0] in (100, 25)


def test_version_1_4_has_only_the_new_provider_column(warehouse, load, sandbox):
    code, said = load(sandbox.env["SOURCES__FOCUS__BUCKET_URL"])
    assert code == 0, said
    found = warehouse.rows(
        f"select count(*) from {TABLE} where provider_name is null and service_provider_name = 'Pinecone'"
    )
    assert found[0][0] > 0


def test_a_second_run_changes_nothing(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/a.csv", {}, {"BilledCost": "2"}).parent
    load(folder)
    before = warehouse.contents(TABLE)
    load(folder)
    assert warehouse.contents(TABLE) == before


READ_DAYS = "select count(*) from raw_focus.load_log"


def test_a_file_that_did_not_change_is_not_read_again(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/a.csv", {}).parent
    load(folder)
    other_day = {"ChargePeriodStart": "2026-01-05T00:00:00Z", "BilledCost": "9"}
    write(tmp_path / "in/b.csv", other_day)
    code, said = load(folder)
    assert (code, "1 file is as before, not read again" in said) == (0, True), said
    assert warehouse.rows(READ_DAYS) == [(2,)]
    code, said = load(folder)
    assert (code, "2 files are as before, not read again" in said) == (0, True), said
    assert warehouse.rows(READ_DAYS) == [(2,)]
    load(folder, since="2026-01-01", until="2026-01-05")
    assert warehouse.rows(READ_DAYS) == [(4,)]
    assert sorted(warehouse.rows(f"select billed_cost from {TABLE}")) == [("1.5",), ("9",)]


def test_a_load_that_failed_does_not_count_as_read(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/a.csv", {"BilledCost": "2"}).parent
    bad = write(tmp_path / "in/b.csv", {"BilledCost": "many"})
    assert load(folder)[0] == 1
    bad.unlink()
    code, said = load(folder)
    assert (code, "not read again" in said) == (0, False), said
    assert warehouse.rows(f"select billed_cost from {TABLE}") == [("2",)]


def test_parquet_and_gz_land_as_the_same_text(warehouse, load, tmp_path):
    write(
        tmp_path / "in/a.csv",
        {"BilledCost": "0.12345678901234567890", "Tags": '{"k": "v"}'},
        header=[*HEADER, "Tags"],
    )
    plain = tmp_path / "in/a.csv"
    (tmp_path / "in/b.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    columns = {name: [LINE[name] or None] for name in HEADER if name not in ("BilledCost", "ListCost")}
    columns["BilledCost"] = pa.array([Decimal("0.12345678901234567890")], pa.decimal128(38, 20))
    columns["ListCost"] = pa.array([0.1], pa.float64())
    columns["ChargePeriodStart"] = pa.array([1767225600000000], pa.timestamp("us", "UTC"))
    columns["Tags"] = pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table(columns), tmp_path / "in/c.parquet")
    code, said = load(tmp_path / "in")
    assert code == 0, said
    rows = warehouse.rows(
        f"select billed_cost, tags, list_cost, charge_date::text from {TABLE} order by source_file"
    )
    assert [row[0] for row in rows] == ["0.12345678901234567890"] * 3
    assert {row[1] for row in rows} == {'{"k": "v"}'}
    assert rows[2][2] == "0.1"
    assert {row[3] for row in rows} == {"2026-01-01"}


def test_a_line_a_day_and_a_file_that_are_gone_go(warehouse, load, tmp_path):
    other_day = {"ChargePeriodStart": "2026-01-05T00:00:00Z", "ChargePeriodEnd": "2026-01-06T00:00:00Z"}
    folder = write(tmp_path / "in/a.csv", {}, {"BilledCost": "2"}, other_day).parent
    write(tmp_path / "in/b.csv", {"BilledCost": "9"})
    load(folder)
    assert len(warehouse.contents(TABLE)) == 4
    write(tmp_path / "in/a.csv", {"BilledCost": "2"})
    (tmp_path / "in/b.csv").unlink()
    load(folder)
    assert warehouse.rows(f"select billed_cost, charge_date::text from {TABLE}") == [("2", "2026-01-01")]
    newest = "read_at = (select max(read_at) from raw_focus.load_log)"
    covered = warehouse.rows(
        f"select distinct charge_date::text from raw_focus.load_log where {newest} order by 1"
    )
    assert covered == [("2026-01-01",), ("2026-01-05",)]


def test_a_file_and_the_folder_it_lies_in_are_not_counted_twice(warehouse, load, tmp_path):
    path = write(tmp_path / "in/a.csv", {})
    load(path)
    load(tmp_path / "in")
    load(tmp_path)
    assert len(warehouse.contents(TABLE)) == 1


def test_two_exports_do_not_wipe_each_other(warehouse, load, tmp_path):
    load(write(tmp_path / "in/a.csv", {}))
    load(write(tmp_path / "elsewhere/b.csv", {"BilledCost": "2"}))
    assert warehouse.rows(f"select sum(billed_cost::decimal(9, 2)) from {TABLE}") == [(Decimal("3.50"),)]


def test_a_window_replaces_only_its_days(warehouse, load, tmp_path):
    days = [{"ChargePeriodStart": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2, 3)]
    path = write(tmp_path / "in/a.csv", *days)
    load(path)
    write(path, *({"BilledCost": "7", **day} for day in days))
    load(path, since="2026-01-02", until="2026-01-02")
    rows = warehouse.rows(f"select charge_date::text, billed_cost from {TABLE} order by 1")
    assert rows == [("2026-01-01", "1.5"), ("2026-01-02", "7"), ("2026-01-03", "1.5")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            {"BilledCost": "1,000.00"},
            'line 4, column BilledCost: "1,000.00" is no number; write a plain decimal number',
        ),
        ({"EffectiveCost": "NaN"}, 'line 4, column EffectiveCost: "NaN" is no number'),
        ({"BilledCost": ""}, "line 4, column BilledCost: is empty"),
        ({"ChargePeriodStart": "4/1/25"}, 'line 4, column ChargePeriodStart: "4/1/25" is no UTC time'),
        ({"ChargePeriodStart": ""}, "line 4, column ChargePeriodStart: the time is empty"),
        ({"ChargePeriodEnd": "soon"}, 'line 4, column ChargePeriodEnd: "soon" is no UTC time'),
        (
            {"ChargeCategory": "Gift"},
            'line 4, column ChargeCategory: "Gift" is not a known value; known are: Usage',
        ),
        (
            {"BillingCurrency": "dollars"},
            'line 4, column BillingCurrency: "dollars" is no currency; write it like USD',
        ),
    ],
)
def test_a_bad_cell_is_told_by_file_line_and_column(warehouse, load, tmp_path, line, told):
    path = write(tmp_path / "in/bill.csv", {})
    load(path)
    before = warehouse.contents(TABLE), warehouse.contents("raw_focus.load_log")
    # the second row has a line end inside a cell: lines are not rows
    write(path, {"ChargeDescription": "two\nlines"}, line)
    code, said = load(path)
    assert code == 1
    assert f"bill.csv, {told}" in said, said
    assert (warehouse.contents(TABLE), warehouse.contents("raw_focus.load_log")) == before


@pytest.mark.parametrize("column", ["BilledCost", "ChargePeriodStart", "ServiceCategory", "ProviderName"])
def test_a_missing_mandatory_column_is_told(load, tmp_path, column):
    path = write(tmp_path / "in/bill.csv", {}, header=[name for name in HEADER if name != column])
    code, said = load(path)
    assert code == 1
    assert f"bill.csv, line 1: FOCUS makes {column} mandatory" in said


def test_a_nullable_cost_is_a_warning(load, tmp_path):
    code, said = load(write(tmp_path / "in/bill.csv", {"ContractedCost": "NULL"}))
    assert code == 0
    assert "warning, 1 rows" in said
    assert "column ContractedCost: is empty" in said


def test_other_datasets_are_left_out_by_name(load, shared, tmp_path):
    other = shared / "samples/focus/synthetic/aws_1_3_contract_commitment_rows100_seed42.csv"
    folder = write(tmp_path / "in/a.csv", {}).parent
    (folder / "commitments.csv").write_bytes(other.read_bytes())
    code, said = load(folder)
    assert code == 0
    assert "left out, another kind of file" in said
    assert "commitments.csv" in said
    code, said = load(folder / "commitments.csv")
    assert code == 1
    assert "none of the files is of the kind that this source reads" in said


@pytest.mark.parametrize("body", [b"", b"PAR1 half", b"\x00\x01"])
def test_a_half_written_parquet_loads_nothing(load, tmp_path, body):
    path = tmp_path / "in/a.parquet"
    path.parent.mkdir()
    path.write_bytes(body)
    code, said = load(path)
    assert code == 1
    assert "a.parquet: the Parquet file cannot be read" in said


def test_a_csv_row_of_another_length_loads_nothing(load, tmp_path):
    path = write(tmp_path / "in/a.csv", {})
    path.write_text(path.read_text() + "1.5,acct\n")
    code, said = load(path)
    assert code == 1
    assert "breaks off or has a row of another length" in said


def test_a_place_without_files_is_told(load, tmp_path):
    code, said = load(tmp_path)
    assert code == 2
    assert "no CSV or Parquet file matches" in said


def test_business_outputs_land_and_replace(warehouse, load, tmp_path):
    path = tmp_path / "out/outputs.csv"
    path.parent.mkdir()
    path.write_text(
        "date,feature,metric,quantity\n2026-01-01,doc-chat,answers,5\n2026-01-02,doc-chat,answers,6\n"
    )
    assert load(path, source="business_outputs")[0] == 0
    path.write_text("date,feature,metric,quantity\n2026-01-01,doc-chat,answers,7\n")
    assert load(path, source="business_outputs")[0] == 0
    rows = warehouse.rows("select date, quantity from raw_business_outputs.business_outputs")
    assert rows == [("2026-01-01", "7")]
    path.write_text("date,feature,metric,quantity\n2026-01-01,doc-chat,answers,many\n")
    code, said = load(path, source="business_outputs")
    assert code == 1
    assert 'outputs.csv, line 2, column quantity: "many" is no number' in said
    path.write_text("day,feature,metric,quantity\n")
    code, said = load(path, source="business_outputs")
    assert code == 1
    assert "they must be date, feature, metric, quantity" in said


# Files that no export should write -----------------------------------------------------------------


@pytest.mark.parametrize("broken_at", [1, 3])
def test_a_latin_1_file_is_told_by_line(warehouse, load, tmp_path, broken_at):
    path = write(tmp_path / "in/a.csv", {}, {})
    load(path)
    before = warehouse.contents(TABLE)
    lines = path.read_text().splitlines()
    lines[broken_at - 1] += ("" if broken_at == 1 else ",") + "München"
    lines[0] += ",City" if broken_at == 3 else ""
    lines[1] += "," if broken_at == 3 else ""
    path.write_bytes(("\n".join(lines) + "\n").encode("latin-1"))
    code, said = load(path)
    assert (code, "Traceback" in said) == (1, False)
    assert f"a.csv, line {broken_at}: the file is not UTF-8: byte 0xfc at place" in said
    assert "save it as UTF-8" in said
    assert warehouse.contents(TABLE) == before


def test_a_byte_order_mark_is_no_part_of_a_name(warehouse, load, tmp_path):
    path = write(tmp_path / "in/a.csv", {})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path)[0] == 0
    assert warehouse.rows(f"select billed_cost from {TABLE}") == [("1.5",)]


def test_a_cell_of_40_megabytes_is_read(warehouse, load, tmp_path):
    tags = '{"note": "' + "x" * 40_000_000 + '"}'
    header = [*HEADER, "Tags"]
    path = write(tmp_path / "in/a.csv", {}, {"BilledCost": "2", "Tags": tags}, {}, header=header)
    assert load(path)[0] == 0
    rows = warehouse.rows(f"select source_row, billed_cost, length(tags) from {TABLE} order by 1")
    assert rows == [(1, "1.5", None), (2, "2", len(tags)), (3, "1.5", None)]


def test_rows_before_a_long_one_come_once_and_a_longer_one_is_told(load, tmp_path, monkeypatch, warehouse):
    monkeypatch.setattr(files, "BYTES_AT_ONCE", 1000)
    monkeypatch.setattr(files, "LONGEST_ROW", 5000)
    lines = [{"BilledCost": str(number)} for number in range(20)]
    path = write(tmp_path / "in/a.csv", *lines, {"ChargeDescription": "x" * 2000}, *lines)
    assert load(path)[0] == 0
    rows = warehouse.rows(f"select billed_cost from {TABLE} order by source_row")
    assert [row[0] for row in rows] == [line.get("BilledCost", "1.5") for line in (*lines, {}, *lines)]
    write(path, *lines, {"ChargeDescription": "x" * 9000})
    code, said = load(path)
    assert code == 1
    assert "a.csv: a row after row 20 is longer than" in said


@pytest.mark.parametrize("kept", [0.5, 0.001])
def test_a_packed_file_that_breaks_off_loads_nothing(load, tmp_path, kept):
    path = write(tmp_path / "in/a.csv", *({"BilledCost": str(number)} for number in range(3000)))
    packed = gzip.compress(path.read_bytes())
    path.unlink()
    (tmp_path / "in/a.csv.gz").write_bytes(packed[: int(len(packed) * kept)])
    code, said = load(tmp_path / "in")
    assert (code, "Traceback" in said) == (1, False)
    assert "a.csv.gz: the file breaks off" in said


def test_a_quote_that_is_never_closed_swallows_no_rows(load, tmp_path):
    path = write(tmp_path / "in/a.csv", {}, {"ServiceName": "OPEN"})
    path.write_text(path.read_text().replace("OPEN", '"EC2') + "2,acct\n" * 3)
    code, said = load(path)
    assert code == 1
    assert "a.csv: a quote is never closed" in said


def test_an_inch_sign_is_no_open_quote(warehouse, load, tmp_path):
    path = write(tmp_path / "in/a.csv", {"ServiceName": "DISK"})
    path.write_text(path.read_text().replace("DISK", '5" disk'))
    assert load(path)[0] == 0
    assert warehouse.rows(f"select service_name from {TABLE}") == [('5" disk',)]


# FOCUS as two clouds write it ---------------------------------------------------------------------


def test_oracle_writes_focus_in_the_words_of_its_preview(warehouse, load, tmp_path):
    renamed = {"ProviderName": "Provider", "PublisherName": "Publisher", "InvoiceIssuerName": "InvoiceIssuer"}
    header = [renamed.get(name, name) for name in HEADER if name not in ("ChargeClass", "ContractedCost")]
    more = {"UsageQuantity": "3", "UsageUnit": "Hours", "Region": "eu-1", "oci_ReferenceNumber": "r1"}
    line = {"Provider": "Oracle", "Publisher": "Oracle", "InvoiceIssuer": "Oracle", **more}
    path = write(tmp_path / "in/0001.csv", line, header=[*header, *more])
    code, said = load(path)
    assert code == 0, said
    columns = (
        "provider_name, publisher_name, invoice_issuer_name, consumed_quantity, consumed_unit, region_id"
    )
    assert warehouse.rows(f"select {columns}, x_oci_reference_number, billed_cost from {TABLE}") == [
        ("Oracle", "Oracle", "Oracle", "3", "Hours", "eu-1", "r1", "1.5")
    ]
    path.write_text(path.read_text().replace("BilledCost", "Cost"))
    assert "FOCUS makes BilledCost mandatory" in load(path)[1]


def test_of_azures_runs_of_a_focus_export_the_newest_counts(warehouse, load, tmp_path):
    month = tmp_path / "in/focus/20260101-20260131"
    header = [*HEADER, "x_SkuMeterCategory", "x_PricingBlockSize"]

    def export(run, submitted, *lines):
        write(month / run / "part_0_0001.csv", *lines, header=header)
        told = {"exportConfig": {"type": "FocusCost"}, "runInfo": {"submittedTime": submitted}}
        told["blobs"] = [{"blobName": f"x/{run}/part_0_0001.csv"}]
        (month / run / "manifest.json").write_text(json.dumps(told))

    export("zz", "2026-01-03T00:00:00Z", {}, {"BilledCost": "9"})
    export("aa", "2026-01-04T00:00:00Z", {"BilledCost": "2", "x_SkuMeterCategory": "Storage"})
    # files outside of run folders are nobody's runs
    write(tmp_path / "in/other/20260201-20260228/a.csv", {"BilledCost": "3"})
    write(tmp_path / "in/other/20260201-20260228/b.csv", {"BilledCost": "4"})
    assert load(tmp_path / "in")[0] == 0
    rows = warehouse.rows(f"select billed_cost, x_sku_meter_category from {TABLE} order by 1")
    assert rows == [("2", "Storage"), ("3", None), ("4", None)]
    (month / "aa/part_0_0001.csv").rename(month / "aa/part_0_0002.csv")
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "the manifest names part_0_0001.csv, and there is no such file" in said


def test_coded_text_is_the_same_text():
    """Dictionaries save time, and change nothing."""
    columns = [
        pa.array([0.1, None, 1e-7, 0.1, 5e22, float("nan")]),
        pa.array([1, None, 1], pa.int64()),
        pa.array([Decimal("1.50"), None], pa.decimal128(38, 10)),
        pa.array(["a", None, "a", ""]),
        pa.array(["a", None, "a"]).dictionary_encode(),
        pa.nulls(3),
        pa.array([1767225600000000, None], pa.timestamp("us", "UTC")),
        pa.array([[("k", "v")], None, [("k", "v")]], pa.map_(pa.string(), pa.string())),
        pa.array([True, None]),
    ]
    for column in columns:
        coded = files.as_coded_text(column)
        assert coded.type == pa.dictionary(pa.int32(), pa.string())
        assert coded.to_pylist() == files.as_text(column).to_pylist()
        assert coded.dictionary.null_count == 0
    # The two zeros are one value, and money knows only one.
    assert files.as_coded_text(pa.array([-0.0, 0.0])).to_pylist() == ["0", "0"]
