"""Bedrock's export and logs: the bill of the world to the last digit, and records of its calls."""

import gzip
import json
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture(scope="module")
def lines(quarter):
    paths = sorted((quarter.folder / "bedrock" / "cur").glob("BILLING_PERIOD=*/*.parquet"))
    assert [path.parent.name for path in paths] == [f"BILLING_PERIOD=2026-{n:02}" for n in (8, 9, 10, 11)]
    return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]


@pytest.fixture(scope="module")
def bedrock(lines):
    return [row for row in lines if not row["identity_line_item_id"].startswith("other")]


@pytest.fixture(scope="module")
def log(quarter):
    root, found = quarter.folder / "bedrock" / "logs", []
    for path in sorted(root.rglob("*.gz")):
        if "/data/" not in str(path):
            for line in gzip.decompress(path.read_bytes()).decode().splitlines():
                found.append((path, json.loads(line[line.index("{") :])))
    return found


def test_the_export_is_the_bill(quarter, bedrock):
    billed = quarter.world.query("select sum(cost) from billed where provider = 'bedrock'")[0][0]
    assert sum(row["line_item_unblended_cost"] for row in bedrock) == billed > 0
    for row in bedrock:
        price = Decimal(row["line_item_unblended_rate"])
        assert row["line_item_usage_amount"] * price == row["line_item_unblended_cost"]


def test_both_planes_and_three_units_stand_in_one_month(bedrock):
    november = [row for row in bedrock if f"{row['bill_billing_period_start_date']:%Y-%m}" == "2026-11"]
    planes = {(row["bill_billing_entity"], row["pricing_unit"]) for row in november}
    assert planes == {("AWS", "1K tokens"), ("AWS", "1M tokens"), ("AWS Marketplace", "Units")}
    for row in november:
        is_sold = row["bill_billing_entity"] == "AWS Marketplace"
        assert ("(Amazon Bedrock Edition)" in dict(row["product"])["product_name"]) == is_sold
        assert (row["line_item_product_code"] == "AmazonBedrock") != is_sold


def test_other_products_stand_between_them(lines, bedrock):
    assert len(lines) - len(bedrock) == 8


def test_callers_are_named_since_that_was_ticked(bedrock):
    named = Counter(
        (
            f"{row['line_item_usage_start_date']:%Y-%m-%d}" >= "2026-11-03",
            bool(row["line_item_iam_principal"]),
        )
        for row in bedrock
    )
    assert set(named) == {(False, False), (True, True)}


def test_nothing_is_a_float(quarter):
    path = next((quarter.folder / "bedrock" / "cur").rglob("*.parquet"))
    assert not any(pa.types.is_floating(field.type) for field in pq.read_schema(path))


def test_every_call_but_batch_jobs_is_in_the_log_once(quarter, log):
    answered = [record for _, record in log if "errorCode" not in record]
    calls = quarter.world.query(
        "select count(*), sum(uncached_input)::bigint, sum(cache_write_5m + cache_write_1h)::bigint "
        "from calls where provider = 'bedrock' and service_tier <> 'batch'"
    )
    counts = [record["input"] for record in answered]
    inputs = sum(count["inputTokenCount"] for count in counts)
    written = sum(count.get("cacheWriteInputTokenCount", 0) for count in counts)
    assert [(len({record["requestId"] for record in answered}), inputs, written)] == calls
    refused = [record for _, record in log if "errorCode" in record]
    assert 0 < len(refused) < len(answered) / 20
    assert not any("outputTokenCount" in record["output"] for record in refused)


def test_models_are_named_in_every_way(log):
    names = {record["modelId"] for _, record in log}
    for start in (
        "amazon.",
        "eu.anthropic.",
        "global.",
        "arn:aws:bedrock:eu-west-1:410000000010:inference-profile/",
    ):
        assert any(name.startswith(start) for name in names), start
    assert any("application-inference-profile" in name for name in names)


def test_staging_is_exported_by_cloudwatch(log):
    for path, record in log:
        assert ("cloudwatch" in str(path)) == (record["accountId"] == "410000000020")


def test_callers_say_feature_environment_and_session(log):
    for _, record in log:
        assert {"feature", "environment", "session"} <= set(record["requestMetadata"])
