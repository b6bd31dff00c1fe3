"""The whole AWS bill: both kinds of CUR to the last digit, which files count, a real S3 API, bad files."""

import csv
import gzip
import io
import json
import os
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.common import cur, files
from ingestion.sandbox.exports import aws_cur

TABLE = "raw_aws.cur"
LINE = {
    "identity_line_item_id": "a1",
    "bill_billing_entity": "AWS",
    "bill_billing_period_start_date": "2026-11-01T00:00:00.000Z",
    "bill_payer_account_id": "000022223333",
    "line_item_currency_code": "USD",
    "line_item_line_item_type": "Usage",
    "line_item_product_code": "AmazonEC2",
    "line_item_unblended_cost": "0.10",
    "line_item_usage_account_id": "000055556666",
    "line_item_usage_amount": "1.5",
    "line_item_usage_start_date": "2026-11-02T00:00:00.000Z",
    "line_item_usage_type": "BoxUsage:m7i.large",
    "pricing_unit": "Hrs",
}
NOVEMBER = "larkspur/daily/data/BILLING_PERIOD=2026-11"
OLDER = "larkspur/hourly/20261101-20261201"


class Bill:
    """A bucket in a folder, and the warehouse it is loaded into."""

    def __init__(self, warehouse, monkeypatch, folder):
        self.warehouse, self.folder, self.monkeypatch = warehouse, folder, monkeypatch
        self.at(folder)

    def at(self, location):
        self.monkeypatch.setenv("SOURCES__AWS__BUCKET_URL", str(location))

    def part(self, name, *lines, header=None, encoding="utf-8", age=0):
        """Write a part; `age` is how many seconds ago."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [LINE | line for line in lines]
        text = io.StringIO()
        out = csv.DictWriter(text, header or list(dict.fromkeys(key for row in [LINE, *rows] for key in row)))
        out.writeheader()
        out.writerows(rows)
        content = text.getvalue().encode(encoding)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def costing(self, name, *costs, **more):
        return self.part(name, *({"line_item_unblended_cost": cost} for cost in costs), **more)

    def manifest(self, name, *parts, key="dataFiles", bucket="s3://elsewhere/billing/"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({key: [f"{bucket}{part}" for part in parts]}))
        return path

    def load(self, **more):
        return self.warehouse.load("aws", since=None, **more)

    def loads(self):
        code, said = self.load()
        assert code == 0, said
        return self.costs()

    def costs(self):
        sql = f"select line_item_unblended_cost from {TABLE} order by all"
        return [cost for (cost,) in self.warehouse.rows(sql)]


@pytest.fixture
def bill(warehouse, monkeypatch, tmp_path):
    folder = tmp_path / "bucket"
    folder.mkdir()
    return Bill(warehouse, monkeypatch, folder)


def billed(warehouse):
    sql = (
        "select bill_billing_period_start_date[:7], count(*), "
        "sum(line_item_unblended_cost::decimal(38, 18)), "
        f"sum(split_line_item_split_cost::decimal(38, 18)) from {TABLE} group by 1 order by 1"
    )
    return warehouse.rows(sql)


def expected(world):
    months = {}
    for line in aws_cur.lines(world):
        count, cost, split = months.get(f"{line['bill_billing_period_start_date']:%Y-%m}", (0, 0, None))
        if "split_line_item_split_cost" in line:
            split = (split or 0) + line["split_line_item_split_cost"]
        months[f"{line['bill_billing_period_start_date']:%Y-%m}"] = (
            count + 1,
            cost + line["line_item_unblended_cost"],
            split,
        )
    return [(month, *found) for month, found in sorted(months.items())]


# The sandbox and the samples ----------------------------------------------------------------------


def test_every_cent_of_the_newest_runs_lands_and_a_second_run_changes_nothing(warehouse, sandbox):
    code, said = warehouse.load("aws", since=None)
    assert code == 0, said
    assert "2 files of earlier runs left out" in said
    assert billed(warehouse) == expected(sandbox.world)
    assert "blended_cost" not in [name for (name, *_) in warehouse.rows(f"describe {TABLE}")]
    before = warehouse.contents(TABLE)
    assert warehouse.load("aws", since=None)[0] == 0
    assert warehouse.contents(TABLE) == before


def test_a_real_older_cur_lands_to_the_last_digit(bill, shared):
    path = shared / "samples/raw/aws_cur_legacy_dev.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    bill.at(path)
    costs = bill.loads()
    assert len(costs) == len(rows) == 258
    whole = sum(Decimal(row["lineItem/UnblendedCost"]) for row in rows)
    assert sum(map(Decimal, costs)) == whole == Decimal("0.3387512802")
    kinds = f"select line_item_line_item_type, count(*) from {TABLE} group by 1 order by 1"
    assert bill.warehouse.rows(kinds) == [("Tax", 4), ("Usage", 254)]
    names = f"select product_product_name from {TABLE} where line_item_product_code = 'AWSGlue'"
    assert set(bill.warehouse.rows(names)) == {("AWS Glue",)}


def test_maps_of_parquet_are_the_json_that_python_writes():
    """Arrow writes plain ones, five times as fast; the others go the slow way."""
    plain = [[("a", "b"), ("c", "x y~")], None, [], [("k", None)], [("z", "!#[]")]]
    for text in ("b", "é", '"', "\\", "\n"):
        rows = [*plain, [("a", text)], [(text, "b")]]
        maps = pa.array(rows, pa.map_(pa.string(), pa.string()))
        found = pa.chunked_array([maps.slice(1), maps.slice(0, 1)])
        expected = [None if row is None else json.dumps(dict(row)) for row in [*rows[1:], rows[0]]]
        assert files.as_text(found).to_pylist() == expected


def test_tags_of_columns_are_json_of_what_each_line_has():
    """Lines with the same tags share one text; each combination is its own."""
    values = [None, "a", 'b"', "é"]
    rows = [(one, two, three) for one in values for two in values for three in (None, "x")] * 2
    columns = [pa.chunked_array([pa.array(column)]) for column in zip(*rows, strict=True)]
    found = cur.as_json(["user:one", "two", "three"], columns)
    keys = ("user:one", "two", "three")
    expected = [
        {key: value for key, value in zip(keys, row, strict=True) if value is not None} for row in rows
    ]
    assert [json.loads(text) for text in found.to_pylist()] == expected
    assert len(found.dictionary) == len(rows) // 2


def test_blanks_of_dictionaries_are_absent():
    texts = ["", "a", None, "None", "a"]
    part = pa.table(
        {name: pa.array(texts).dictionary_encode() for name in ("tags", "line_item_unblended_cost")}
    )
    found = cur.without_blanks(part)
    assert found["tags"].to_pylist() == [None, "a", None, "None", "a"]
    assert found["line_item_unblended_cost"].to_pylist() == [None, "a", None, None, "a"]


# Columns ------------------------------------------------------------------------------------------


def legacy(name):
    """line_item_usage_amount as the older CUR spells it."""
    for group in ("identity", "bill", "line_item", "pricing", "product", "reservation", "savings_plan"):
        if name.startswith(f"{group}_"):
            group, rest = group, name[len(group) + 1 :]
            camel = "".join(word.capitalize() for word in group.split("_"))
            return f"{camel[0].lower()}{camel[1:]}/{''.join(word.capitalize() for word in rest.split('_'))}"
    return name


def test_the_older_cur_lands_under_the_same_names_and_its_tags_as_one_column(bill):
    tags = {
        "resourceTags/user:env": "prod",
        'resourceTags/user:Owner "x"': "a, b",
        "resourceTags/aws:createdBy": "",
    }
    plan = {
        "savingsPlan/SavingsPlanArn": "arn:plan",
        "reservation/ReservationARN": "arn:ri",
        "costCategory/Unit": "R&D",
    }
    old = {legacy(name): value for name, value in LINE.items()} | tags | plan
    path = bill.folder / "a.csv"
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, list(old))
        out.writeheader()
        out.writerow(old)
        out.writerow(old | dict.fromkeys([*tags, *plan], ""))
    assert bill.loads() == ["0.10", "0.10"]
    columns = "resource_tags, cost_category, savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n"
    first, second = bill.warehouse.rows(f"select {columns} from {TABLE} order by source_row")
    assert json.loads(first[0]) == {"user:env": "prod", 'user:Owner "x"': "a, b"}
    assert (json.loads(first[1]), *first[2:]) == ({"Unit": "R&D"}, "arn:plan", "arn:ri")
    assert second == ("{}", "{}", None, None)


def test_columns_come_and_go_by_month_and_stand_in_any_order(bill):
    bill.costing("larkspur/20261001-20261101/a.csv", "1", header=list(LINE))
    other = {"resourceTags/user:team": "claims", "line_item_net_unblended_cost": "0.9"}
    bill.part("larkspur/20261101-20261201/a.csv", LINE | other, header=[*reversed(LINE), *other])
    assert bill.loads() == ["0.10", "1"]
    rows = f"select line_item_net_unblended_cost, resource_tags from {TABLE} order by 1 nulls first"
    assert bill.warehouse.rows(rows) == [(None, None), ("0.9", '{"user:team": "claims"}')]


def test_parquet_lands_as_csv_does(bill):
    path = bill.folder / "a.snappy.parquet"
    row = LINE | {
        "line_item_unblended_cost": 8.85e-8,
        "line_item_usage_amount": 0.1,
        "line_item_unblended_rate": "",
        "reservation_reservation_a_r_n": "",
        "resource_tags": [("user_team", 'the "a"'), ("user_env", "prod")],
    }
    text = pa.map_(pa.string(), pa.string())
    kinds = {
        "resource_tags": text,
        "line_item_unblended_cost": pa.float64(),
        "line_item_usage_amount": pa.float64(),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in row])
    pq.write_table(
        pa.Table.from_pylist(
            [row, LINE | {"line_item_unblended_cost": 3.0, "line_item_usage_amount": 1.0}], schema
        ),
        path,
    )
    assert [Decimal(cost) for cost in bill.loads()] == [Decimal("3"), Decimal("8.85e-8")]
    tags = f"select resource_tags from {TABLE} where resource_tags is not null"
    assert bill.warehouse.rows(tags) == [('{"user_team": "the \\"a\\"", "user_env": "prod"}',)]
    columns = "bill_payer_account_id, line_item_unblended_rate, reservation_reservation_a_r_n"
    assert bill.warehouse.rows(f"select distinct {columns} from {TABLE}") == [("000022223333", None, None)]


# Which files count --------------------------------------------------------------------------------


def test_only_the_parts_that_the_newest_manifest_names_count(bill):
    first, second = f"{NOVEMBER}/20261103T060000Z-aa", f"{NOVEMBER}/20261104T060000Z-bb"
    bill.costing(f"{first}/daily-00001.csv.gz", "1")
    bill.costing(f"{second}/daily-00001.csv.gz", "2")
    bill.costing(f"{second}/daily-00002.csv.gz", "3")
    bill.costing(f"{second}/daily-00003.csv.gz", "9")  # half a run that came after it
    metadata = "larkspur/daily/metadata/BILLING_PERIOD=2026-11"
    bill.manifest(
        f"{metadata}/20261104T060000Z-bb/daily-Manifest.json",
        *(f"{second}/daily-0000{n}.csv.gz" for n in (1, 2)),
    )
    # Read last, though it is older.
    bill.manifest(f"{metadata}/20261103T060000Z-aa/daily-Manifest.json", f"{first}/daily-00001.csv.gz")
    assert bill.loads() == ["2", "3"]
    # The data folder alone finds its manifests too.
    bill.at(bill.folder / "larkspur/daily/data")
    assert bill.loads() == ["2", "3"]


def test_a_newer_run_replaces_the_period_and_a_line_it_lacks_is_gone(bill):
    october = {"bill_billing_period_start_date": "2026-10-01T00:00:00Z", "line_item_unblended_cost": "7"}
    bill.part(f"{NOVEMBER.replace('2026-11', '2026-10')}/a.csv.gz", october)
    first = f"{NOVEMBER}/20261103T060000Z-aa/daily-00001.csv.gz"
    metadata = "larkspur/daily/metadata/BILLING_PERIOD=2026-11"
    bill.costing(first, "1", "2", "4")
    bill.manifest(f"{metadata}/20261103T060000Z-aa/daily-Manifest.json", first)
    assert bill.loads() == ["1", "2", "4", "7"]
    second = first.replace("03T06", "05T06")
    # One restated, one as it was, one withdrawn.
    bill.costing(second, "1.5", "2")
    bill.manifest(f"{metadata}/20261105T060000Z-aa/daily-Manifest.json", second)
    assert bill.loads() == ["1.5", "2", "7"]


def test_the_manifest_of_an_older_report_names_its_assembly(bill):
    for assembly, cost in (("1111-old", "1"), ("2222-new", "2")):
        bill.costing(f"{OLDER}/{assembly}/hourly-00001.csv.gz", cost)
        named = f"{OLDER}/{assembly}/hourly-00001.csv.gz"
        bill.manifest(f"{OLDER}/{assembly}/hourly-Manifest.json", named, key="reportKeys", bucket="")
    old = f"{OLDER}/1111-old/hourly-00001.csv.gz"
    # That of the period is the current one, even where an assembly's was touched later.
    bill.manifest(f"{OLDER}/hourly-Manifest.json", old, key="reportKeys", bucket="")
    os.utime(bill.folder / OLDER / "hourly-Manifest.json", (0, 0))
    assert bill.loads() == ["1"]


def test_without_manifests_all_files_count_but_of_two_runs_the_newest(bill):
    bill.costing(f"{NOVEMBER}/a.csv.gz", "1")
    bill.costing(f"{NOVEMBER}/b.csv.gz", "2")
    december = NOVEMBER.replace("2026-11", "2026-12")
    bill.costing(f"{december}/later/a.csv.gz", "3", age=10)
    bill.costing(f"{december}/earlier/a.csv.gz", "4", age=500)
    bill.costing("by_hand.csv", "5")
    code, said = bill.load()
    assert (code, bill.costs()) == (0, ["1", "2", "3", "5"]), said
    assert "2026-12 of" in said


def test_a_manifest_that_names_a_missing_part_loads_nothing(bill):
    bill.costing(f"{NOVEMBER}/daily-00001.csv.gz", "1")
    assert bill.loads() == ["1"]
    bill.costing(f"{NOVEMBER}/daily-00001.csv.gz", "2")
    named = [f"{NOVEMBER}/daily-0000{n}.csv.gz" for n in (1, 2)]
    manifest = bill.manifest("larkspur/daily/metadata/BILLING_PERIOD=2026-11/daily-Manifest.json", *named)
    code, said = bill.load()
    assert code == 1
    assert "the manifest names daily-00002.csv.gz, which is not there" in said
    assert manifest.name in said
    assert bill.costs() == ["1"]


@pytest.mark.parametrize("content", ["{", "[]", '{"dataFiles": 3}'])
def test_a_half_written_manifest_loads_nothing(bill, content):
    bill.costing(f"{NOVEMBER}/daily-00001.csv.gz", "1")
    manifest = bill.manifest("larkspur/daily/metadata/BILLING_PERIOD=2026-11/daily-Manifest.json")
    manifest.write_text(content)
    code, said = bill.load()
    assert (code, "the manifest is no JSON object with dataFiles" in said) == (1, True), said


def test_two_exports_of_one_period_are_refused_and_both_are_named(bill):
    bill.costing(f"{NOVEMBER}/a.csv.gz", "1")
    bill.costing(f"{OLDER}/a.csv.gz", "1")
    code, said = bill.load()
    assert code == 1
    assert "two exports bill account 000022223333 for 2026-11" in said
    assert "larkspur/daily" in said
    assert "larkspur/hourly" in said


def test_exports_of_two_payers_and_of_other_kinds_stand_side_by_side(bill):
    bill.costing(f"{NOVEMBER}/a.csv.gz", "1")
    bill.part(f"{OLDER}/a.csv.gz", {"bill_payer_account_id": "9", "line_item_unblended_cost": "2"})
    other = bill.folder / "larkspur/focus/data/BILLING_PERIOD=2026-11/a.csv"
    other.parent.mkdir(parents=True)
    other.write_text("BilledCost,ChargePeriodStart\n1,2026-11-01T00:00:00Z\n")
    code, said = bill.load()
    assert (code, bill.costs()) == (0, ["1", "2"]), said
    assert "left out, another kind of file" in said


# S3 -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3():
    """A real S3 API on loopback, with a bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=url, **keys)
    client.create_bucket(Bucket="billing")
    yield url, client
    server.stop()


def test_an_export_is_read_from_s3(bill, s3):
    url, client = s3
    bill.at("s3://billing/exports")
    settings = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "ENDPOINT_URL": url}
    for name, value in settings.items():
        bill.monkeypatch.setenv(f"SOURCES__FILESYSTEM__CREDENTIALS__{name}", value)
    first, second = (f"{NOVEMBER}/2026110{day}T060000Z-aa/daily-00001.csv.gz" for day in (3, 4))
    bill.costing(first, "1")
    bill.costing(second, "2", "3")
    metadata = "larkspur/daily/metadata/BILLING_PERIOD=2026-11/daily-Manifest.json"
    bill.manifest(metadata, second, bucket="s3://billing/exports/")
    for name in (first, second, metadata):
        client.upload_file(str(bill.folder / name), "billing", f"exports/{name}")
    assert bill.loads() == ["2", "3"]
    before = bill.warehouse.contents(TABLE)
    assert bill.loads() == ["2", "3"]
    assert bill.warehouse.contents(TABLE) == before
    client.delete_object(Bucket="billing", Key=f"exports/{second}")
    code, said = bill.load()
    assert (code, "which is not there" in said) == (1, True), said
    assert bill.warehouse.contents(TABLE) == before


# Bad files ----------------------------------------------------------------------------------------


def test_half_a_parquet_file_loads_nothing(bill):
    bill.costing(f"{NOVEMBER}/a.csv.gz", "1")
    path = bill.folder / NOVEMBER / "b.snappy.parquet"
    pq.write_table(pa.Table.from_pylist([LINE]), path)
    path.write_bytes(path.read_bytes()[:-40])
    code, said = bill.load()
    assert (code, "the Parquet file cannot be read" in said) == (1, True), said
    assert "b.snappy.parquet" in said


def test_half_a_gzip_file_loads_nothing(bill):
    path = bill.part(
        f"{NOVEMBER}/a.csv.gz", *[{"line_item_resource_id": f"i-{n * 7919}"} for n in range(3000)]
    )
    path.write_bytes(path.read_bytes()[:-4000])
    code, said = bill.load()
    assert code == 1, said
    assert "a.csv.gz" in said


def test_lines_that_break_the_contract_are_named_and_nothing_loads(bill):
    broken = {
        "line_item_unblended_cost": ("1,000", '"1,000" is no number'),
        "line_item_currency_code": ("$", '"$" is no currency'),
        "bill_payer_account_id": ("", "is empty"),
        "savings_plan_used_commitment": ("nan", '"nan" is no number'),
        "line_item_usage_end_date": ("02.11.2026", '"02.11.2026" is no UTC time'),
    }
    header = [*LINE, "savings_plan_used_commitment", "line_item_usage_end_date"]
    bill.part("a.csv", *({name: value} for name, (value, _) in broken.items()), header=header)
    code, said = bill.load()
    assert code == 1
    for line, (name, (_, told)) in enumerate(broken.items(), 2):
        assert f"a.csv, line {line}, column {name}: {told}" in said


def test_a_line_without_a_day_is_named(bill):
    bill.part("a.csv", {}, {"line_item_usage_start_date": "02.11.2026"})
    code, said = bill.load()
    told = 'a.csv, line 3, column line_item_usage_start_date: "02.11.2026" is no UTC time'
    assert (code, told in said) == (1, True), said


def test_an_unknown_line_type_keeps_its_money_and_is_told(bill):
    bill.part("a.csv", {"line_item_line_item_type": "SomethingNew", "line_item_unblended_cost": "4"})
    code, said = bill.load()
    assert (code, bill.costs()) == (0, ["4"])
    assert 'a.csv, line 2, column line_item_line_item_type: "SomethingNew" is not a known value' in said


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            [name for name in LINE if name != "line_item_currency_code"],
            "has no column line_item_currency_code",
        ),
        ([*LINE, "lineItem/UnblendedCost"], "are one column to us (line_item_unblended_cost)"),
        (["BilledCost"], "none of the files is of the kind"),
    ],
)
def test_a_header_that_will_not_do_is_refused(bill, header, told):
    path = bill.folder / "a.csv"
    path.write_text(",".join(header) + "\n")
    code, said = bill.load()
    assert (code, told in said) == (1, True), said


def test_a_byte_order_mark_is_no_part_of_a_name(bill):
    bill.part("a.csv", {"line_item_unblended_cost": "1"}, encoding="utf-8-sig")
    assert bill.loads() == ["1"]


def test_bedrock_takes_the_current_files_of_the_same_export(bill, monkeypatch):
    """The two sources read one export; superseded runs would bill its model calls twice."""
    line = (
        dict.fromkeys(cur.COLUMNS, "") | LINE | {"line_item_product_code": "AmazonBedrock", "product": "{}"}
    )
    for day, cost in ((3, "1"), (4, "2")):
        bill.part(f"{NOVEMBER}/2026110{day}T060000Z-aa/a.csv.gz", line | {"line_item_unblended_cost": cost})
    monkeypatch.setenv("SOURCES__BEDROCK__BUCKET_URL", str(bill.folder))
    monkeypatch.delenv("SOURCES__BEDROCK__LOGS_URL")
    assert bill.loads() == ["2"]
    code, said = bill.warehouse.load("bedrock", since=None)
    assert code == 0, said
    assert bill.warehouse.rows("select line_item_unblended_cost from raw_bedrock.cur") == [("2",)]
