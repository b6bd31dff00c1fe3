"""The files: FOCUS rows that keep their identities, and outputs that follow the calls."""

import csv
import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sandbox_client import SHARED

from ingestion.sandbox import Sandbox, focus

COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")


def tables(folder):
    files = sorted((folder / "focus" / "aws").glob("BILLING_PERIOD=*/*.parquet"))
    return {path.parent.name: pq.read_table(path, partitioning=None) for path in files}


@pytest.fixture(scope="module")
def cloud(quarter):
    return [row for table in tables(quarter.folder).values() for row in table.to_pylist()]


@pytest.fixture(scope="module")
def vectors(quarter):
    rows = []
    for path in sorted((quarter.folder / "focus" / "vector_db").glob("pinecone_*.csv")):
        with path.open(newline="") as file:
            rows += [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    return rows


def month(row):
    return f"{row['BillingPeriodStart']:%Y-%m}"


# Shape --------------------------------------------------------------------------------------------


def test_columns_are_exactly_those_of_the_version(quarter):
    path = SHARED / "focus" / "columns.csv"
    if not path.exists():
        pytest.skip(f"no FOCUS columns at {path}; set APPORTION_SHARED to find them")
    with path.open(newline="") as file:
        columns = [row for row in csv.DictReader(file) if row["dataset"] == "CostAndUsage"]
    assert set(focus.COLUMNS_1_2) == {c["column_id"] for c in columns if c["in_1_2"]}
    assert set(focus.COLUMNS_1_4) == {c["column_id"] for c in columns if c["in_1_4"]}


def test_parquet_has_one_folder_a_month_and_exact_types(quarter):
    found = tables(quarter.folder)
    assert list(found) == [f"BILLING_PERIOD=2026-{number:02}" for number in (8, 9, 10, 11)]
    for name, table in found.items():
        assert table.column_names == list(focus.COLUMNS_1_2)
        for field in table.schema:
            assert not pa.types.is_floating(field.type), field
            if field.name.endswith(("Cost", "UnitPrice", "Quantity")):
                assert pa.types.is_decimal(field.type), field
        assert table.schema.field("BilledCost").type == pa.decimal128(38, 18)
        assert table.schema.field("ChargePeriodStart").type == pa.timestamp("us", "UTC")
        assert {month(row) for row in table.to_pylist()} == {name.split("=")[1]}


def test_csv_has_the_columns_of_1_4_and_plain_values(quarter, vectors):
    path = quarter.folder / "focus" / "vector_db" / "pinecone_2026-10.csv"
    header = path.read_text().splitlines()[0].split(",")
    assert header == list(focus.COLUMNS_1_4)
    assert not {"ProviderName", "PublisherName"} & set(header)
    for row in vectors:
        assert row["ChargePeriodStart"].endswith("T00:00:00Z")
        assert not any("e" in row[cost].lower() for cost in COSTS)
        assert row["ServiceProviderName"] == row["InvoiceIssuerName"] == "Pinecone"


# Money --------------------------------------------------------------------------------------------


def test_cost_is_price_times_quantity(cloud, vectors):
    exact = [{k: Decimal(v) if v and is_number(k) else v for k, v in r.items()} for r in vectors]
    for row in [*cloud, *exact]:
        if row["PricingQuantity"] is None:
            assert row["ListUnitPrice"] is row["ContractedUnitPrice"] is row["PricingUnit"] is None
            continue
        assert row["ListCost"] == row["ListUnitPrice"] * row["PricingQuantity"]
        assert row["ContractedCost"] == row["ContractedUnitPrice"] * row["PricingQuantity"]


def is_number(name):
    kind = focus.COLUMNS_1_4[name]
    return pa.types.is_decimal(kind)


def test_effective_cost_differs_only_where_a_commitment_pays(cloud):
    for row in cloud:
        covered = row["CommitmentDiscountStatus"] is not None
        covering = row["ChargeCategory"] == "Purchase" and row["CommitmentDiscountId"]
        if covering:
            assert row["EffectiveCost"] == 0 < row["BilledCost"]
        elif covered:
            assert row["BilledCost"] == 0 < row["EffectiveCost"]
        else:
            assert row["EffectiveCost"] == row["BilledCost"]


def test_a_commitment_is_used_up_over_its_month(cloud):
    paid, used = Counter(), Counter()
    for row in cloud:
        if row["CommitmentDiscountId"]:
            paid[month(row)] += row["BilledCost"]
            used[month(row)] += row["EffectiveCost"]
            assert row["CommitmentDiscountCategory"] == "Spend"
            assert row["CommitmentDiscountUnit"] == "USD"
        else:
            assert row["CommitmentDiscountQuantity"] is row["CommitmentDiscountStatus"] is None
    for whole_month in ("2026-09", "2026-10"):
        assert paid[whole_month] == used[whole_month] > 0
    unused = [row for row in cloud if row["CommitmentDiscountStatus"] == "Unused"]
    assert {row["ResourceId"] == row["CommitmentDiscountId"] for row in unused} == {True}
    assert {row["ConsumedQuantity"] for row in unused} == {None}


def test_nulls_go_together(cloud):
    for row in cloud:
        for unit, quantity in (
            ("PricingUnit", "PricingQuantity"),
            ("ConsumedUnit", "ConsumedQuantity"),
            ("CommitmentDiscountUnit", "CommitmentDiscountQuantity"),
            ("RegionName", "RegionId"),
            ("ResourceType", "ResourceId"),
            ("SkuId", "SkuPriceId"),
        ):
            assert (row[unit] is None) is (row[quantity] is None), (unit, row)
        if row["ChargeCategory"] in ("Usage", "Purchase"):
            assert row["SkuPriceId"]
        else:
            assert row["SkuId"] is row["PricingCategory"] is row["ConsumedQuantity"] is None
        if row["ChargeCategory"] == "Usage" and row["CommitmentDiscountStatus"] != "Unused":
            assert row["ConsumedQuantity"] is not None
        committed = row["PricingCategory"] == "Committed"
        assert committed is (row["CommitmentDiscountStatus"] is not None)
        assert "" not in row.values()


def test_tax_is_a_share_of_what_the_account_was_charged(cloud):
    taxed, tax = defaultdict(Decimal), {}
    for row in cloud:
        key = (month(row), row["SubAccountId"])
        if row["ChargeCategory"] == "Tax":
            assert key not in tax, "once a month and account"
            tax[key] = row["BilledCost"]
        elif row["ChargeCategory"] != "Credit":
            taxed[key] += row["BilledCost"]
    assert len(tax) == 16
    for key, amount in tax.items():
        assert abs(amount - taxed[key] * Decimal("0.08")) <= Decimal("0.005")


def test_the_special_lines_are_there(cloud):
    kinds = Counter()
    for row in cloud:
        negative = row["BilledCost"] < 0
        kinds[row["ChargeCategory"], row["ChargeClass"], row["ChargeFrequency"], negative] += 1
        if row["ChargeClass"] == "Correction":
            assert row["ChargePeriodEnd"] <= row["BillingPeriodStart"]
        else:
            assert row["ChargePeriodStart"] >= row["BillingPeriodStart"]
            assert row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]
    assert kinds["Usage", "Correction", "Usage-Based", True] == 3
    assert kinds["Usage", None, "Usage-Based", True] == 3
    assert kinds["Credit", None, "One-Time", True] == 3
    assert kinds["Purchase", None, "Recurring", False] == 3 * 4
    assert kinds["Tax", None, "Recurring", False] == 16
    marketplace = {row["PublisherName"] for row in cloud} - {"AWS"}
    assert marketplace == {"Lumina Observability"}


def test_hours_are_charged_in_the_last_three_days(cloud):
    hourly = [row for row in cloud if row["ChargePeriodEnd"] - row["ChargePeriodStart"] == timedelta(hours=1)]
    assert {row["ChargePeriodStart"].date() for row in hourly} == {
        date(2026, 11, day) for day in (19, 20, 21)
    }
    assert len({row["ResourceId"] for row in hourly}) == 3


def test_invoices_are_issued_after_their_month(cloud, vectors):
    for rows, key in ((cloud, "InvoiceId"), (vectors, "InvoiceId"), (vectors, "InvoiceDetailId")):
        issued = {str(row["BillingPeriodStart"])[:7] for row in rows if row[key]}
        assert issued == {"2026-08", "2026-09", "2026-10"}
        assert {str(r["BillingPeriodStart"])[:7] for r in rows if not r[key]} == {"2026-11"}


# A plausible cloud --------------------------------------------------------------------------------


def test_the_cloud_is_plausible(cloud):
    billed = Counter()
    for row in cloud:
        billed[month(row)] += row["BilledCost"]
    assert all(25_000 < billed[whole] < 40_000 for whole in ("2026-09", "2026-10"))
    usage = [row for row in cloud if row["ResourceId"] and row["CommitmentDiscountStatus"] != "Unused"]
    assert 130 < len({row["ResourceId"] for row in usage}) < 170
    own = [r for r in cloud if r["ChargeCategory"] in ("Usage", "Purchase") and month(r) == "2026-10"]
    shared = sum(row["EffectiveCost"] for row in own if "feature" not in (row["Tags"] or ""))
    assert Decimal("0.35") < shared / sum(row["EffectiveCost"] for row in own) < Decimal("0.5")


def test_tags_are_flat_json_in_two_spellings(cloud):
    keys = defaultdict(set)
    resources = defaultdict(set)
    for row in cloud:
        if not row["ResourceId"] or row["ResourceType"] == "Savings Plan":
            continue
        tags = json.loads(row["Tags"] or "{}")
        assert all(isinstance(value, str) for value in tags.values())
        keys[row["SubAccountName"]] |= set(tags)
        kind = "none" if not tags else "feature" if "feature" in tags else "some"
        resources[kind].add(row["ResourceId"])
    assert keys["larkspur-production"] == {"feature", "team", "environment", "app", "created-by"}
    assert keys["larkspur-staging"] == {"feature", "Team", "env", "app"}
    without = len(resources["none"] | resources["some"])
    assert 0.25 < without / (without + len(resources["feature"])) < 0.45
    assert len(resources["none"]) > 5


def test_the_vector_database_is_plausible(vectors):
    billed = Counter()
    for row in vectors:
        billed[row["BillingPeriodStart"][:7]] += Decimal(row["BilledCost"])
    assert all(2000 < billed[whole] < 5000 for whole in ("2026-09", "2026-10"))
    shared = {row["Tags"] for row in vectors if row["ResourceName"] == "prod-shared"}
    assert shared == {'{"environment": "prod"}'}
    assert {row["SubAccountId"] for row in vectors} == {"prj-search", "prj-shared"}


def test_business_outputs_follow_the_calls(quarter):
    with (quarter.folder / "business_outputs" / "business_outputs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["date", "feature", "metric", "quantity"]
    assert {(row["feature"], row["metric"]) for row in rows} == {
        ("reply-drafts", "resolved_tickets"),
        ("page-summaries", "summarized_pages"),
        ("code-suggestions", "accepted_suggestions"),
        ("search-answers", "answered_queries"),
        ("contract-review", "reviewed_contracts"),
    }
    assert len(rows) == 5 * 90
    calls = dict(
        quarter.world.query(
            "select day::varchar, count(*) from calls "
            "where feature = 'contract-review' and environment = 'prod' group by 1"
        )
    )
    rates = [int(row["quantity"]) / calls[row["date"]] for row in rows if row["feature"] == "contract-review"]
    assert 0.3 < min(rates) < max(rates) < 0.6


# Truth --------------------------------------------------------------------------------------------


def test_the_truth_file_is_the_truth(quarter):
    table = pq.read_table(quarter.folder / "truth" / "ai_costs.parquet")
    assert table.schema.field("cost").type == pa.decimal128(38, 18)
    assert table.equals(quarter.truth())
    features = set(table["feature"].to_pylist())
    assert len(features - {None}) == 15


def test_an_earlier_window_leaves_nothing_behind(tmp_path):
    options = {"scale": 0.05, "exports": tmp_path}
    with Sandbox(days=50, until=date(2026, 11, 12), **options):
        assert len(tables(tmp_path)) == 3
    (tmp_path / "mine.txt").write_text("not the sandbox's")
    with Sandbox(days=2, until=date(2026, 11, 12), **options):
        assert list(tables(tmp_path)) == ["BILLING_PERIOD=2026-11"]
        assert [p.name for p in (tmp_path / "focus" / "vector_db").iterdir()] == ["pinecone_2026-11.csv"]
    assert (tmp_path / "mine.txt").exists()


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    options = {"days": 3, "until": date(2026, 11, 12), "scale": 0.2}
    told = []
    for name in ("a", "b"):
        with Sandbox(**options, exports=tmp_path / name) as sandbox:
            files = sorted(p for p in sandbox.folder.rglob("*") if p.suffix in (".csv", ".parquet"))
            told.append({str(p.relative_to(sandbox.folder)): p.read_bytes() for p in files})
    assert told[0] == told[1]
    assert {name.split("/")[0] for name in told[0]} >= {"bedrock", "business_outputs", "focus", "truth"}
