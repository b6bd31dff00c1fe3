"""The CUR of Larkspur Labs: a bill that adds up, every kind of line, and a run that no longer counts."""

import gzip
import json
from collections import Counter
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.sandbox import facts
from ingestion.sandbox.exports import aws_cur


@pytest.fixture(scope="module")
def lines(quarter):
    return list(aws_cur.lines(quarter.world))


@pytest.fixture(scope="module")
def export(quarter):
    return quarter.folder / "aws_cur" / "exports" / "larkspur-labs"


def cost(rows, kind, name="line_item_unblended_cost"):
    return sum(row.get(name) or 0 for row in rows if row["line_item_line_item_type"] == kind)


def test_it_is_small_and_holds_every_kind_of_line(lines):
    assert len(lines) < 2000
    kinds = Counter(row["line_item_line_item_type"] for row in lines)
    assert set(kinds) == {
        "Usage", "DiscountedUsage", "RIFee", "SavingsPlanCoveredUsage", "SavingsPlanNegation",
        "SavingsPlanRecurringFee", "Fee", "Tax", "Credit", "Refund",
    }  # fmt: skip
    months = Counter()
    for row in lines:
        months[row["bill_billing_period_start_date"]] += row["line_item_unblended_cost"]
    assert all(0 < total < 3000 for total in months.values())


def test_negations_take_back_what_the_plan_covers_and_its_fee_is_used_or_not(lines):
    assert cost(lines, "SavingsPlanCoveredUsage") == -cost(lines, "SavingsPlanNegation") > 0
    fee = cost(lines, "SavingsPlanRecurringFee")
    used = cost(lines, "SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost")
    assert cost(lines, "SavingsPlanRecurringFee", "savings_plan_used_commitment") == used
    assert cost(lines, "SavingsPlanRecurringFee", "savings_plan_total_commitment_to_date") == fee > used
    unused = cost(lines, "RIFee", "reservation_unused_recurring_fee")
    assert cost(lines, "DiscountedUsage", "reservation_effective_cost") + unused == cost(lines, "RIFee")
    assert unused > 0


def test_pods_have_what_their_node_costs_and_cost_nothing_themselves(lines):
    pods = [row for row in lines if "split_line_item_parent_resource_id" in row]
    node = [row for row in lines if row.get("line_item_resource_id") == "i-0ae9node"]
    split = sum(row["split_line_item_split_cost"] + row["split_line_item_unused_cost"] for row in pods)
    assert split == sum(row["line_item_unblended_cost"] for row in node) > 0
    assert {row["line_item_unblended_cost"] for row in pods} == {Decimal(0)}


def test_the_payer_is_on_no_other_bill(lines):
    company = facts.read("company.yml")
    others = {company["aws"]["billing_account"], company["bedrock"]["payer"], *company["aws"]["sub_accounts"]}
    accounts = {row[f"{kind}_account_id"] for row in lines for kind in ("bill_payer", "line_item_usage")}
    assert not accounts & others


def test_manifests_name_the_run_that_is_the_bill(lines, export):
    manifests = sorted(export.glob("metadata/*/*/*-Manifest.json"))
    assert [path.parent.name[9:15] for path in manifests] == ["060000", "180000"] * 2
    for path in manifests:
        parts = [
            export.parent / key.partition("/exports/")[2] for key in json.loads(path.read_text())["dataFiles"]
        ]
        rows = [row for part in parts for row in pq.read_table(part, partitioning=None).to_pylist()]
        month = path.parts[-3].removeprefix("BILLING_PERIOD=")
        own = [row for row in lines if f"{row['bill_billing_period_start_date']:%Y-%m}" == month]
        billed = sum(row["line_item_unblended_cost"] for row in own)
        read = sum(row["line_item_unblended_cost"] for row in rows)
        assert (read == billed) == (path.parent.name[9:11] == "18")


def test_older_months_are_csv_as_aws_writes_it(lines, export):
    paths = sorted(export.glob("data/*/*.csv.gz"))
    assert [path.parent.name for path in paths] == ["BILLING_PERIOD=2026-08", "BILLING_PERIOD=2026-09"]
    header, first, *_ = gzip.decompress(paths[0].read_bytes()).decode().splitlines()
    assert header.split(",") == list(aws_cur.COLUMNS)
    assert "T00:00:00.000Z" in first
