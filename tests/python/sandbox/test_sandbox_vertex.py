"""Google Cloud's billing export: the calls to the last digit, credits beside them, late rows, month ends."""

import gzip
import json
from collections import Counter
from decimal import Decimal

import pytest


@pytest.fixture(scope="module")
def rows(quarter):
    found = []
    for path in sorted((quarter.folder / "vertex").glob("*/*.json.gz")):
        with gzip.open(path, "rt") as file:
            month = [json.loads(line, parse_float=Decimal) for line in file]
        assert {row["export_time"][:7] for row in month} == {path.parent.name}
        found += month
    return found


def is_call(row):
    return row["cost_type"] == "regular" and row["sku"]["description"].endswith("- Predictions")


def test_lines_add_up_to_the_truth(quarter, rows):
    expected = Counter()
    for row in quarter.truth().to_pylist():
        if row["provider"] == "vertex":
            expected[str(row["day"]), row["feature"]] += row["cost"]
    found = Counter()
    for row in filter(is_call, rows):
        labels = {label["key"]: label["value"] for label in row["labels"]}
        found[row["usage_start_time"][:10], labels.get("feature")] += row["cost"]
    assert found == expected


def test_thinking_is_a_line_of_its_own_and_no_token_is_on_two(quarter, rows):
    tokens = Counter()
    for row in filter(is_call, rows):
        words = row["sku"]["description"].split()
        tokens["thinking" if "Thinking" in words else "output" if "Output" in words else "input"] += row[
            "usage"
        ]["amount"]
    (thought, out) = quarter.world.query(
        "select sum(reasoning)::bigint, sum(output)::bigint from calls where provider = 'vertex'"
    )[0]
    assert tokens["thinking"] == thought > 0
    assert tokens["output"] == out - thought


def test_cost_is_before_credits(rows):
    given = [credit for row in rows for credit in row["credits"]]
    assert {credit["type"] for credit in given} == {"PROMOTION", "DISCOUNT"}
    assert all(credit["amount"] < 0 for credit in given)


def test_some_rows_arrive_days_later(rows):
    late = [row for row in rows if row["export_time"][:10] > row["usage_start_time"][:10]]
    late = [row for row in late if row["cost_type"] == "regular"]
    assert 0.05 < len(late) / len(rows) < 0.15


def test_a_closed_month_has_tax_an_adjustment_and_what_rounding_left(rows):
    kinds = Counter((row["invoice"]["month"], row["cost_type"]) for row in rows)
    for kind in ("tax", "adjustment", "rounding_error"):
        assert kinds["202610", kind] == 1
        assert kinds["202611", kind] == 0
    october = [row for row in rows if row["invoice"]["month"] == "202610"]
    (mended,) = [row for row in october if row["cost_type"] == "adjustment"]
    assert mended["usage_start_time"].startswith("2026-09")


def test_another_service_is_in_the_export(rows):
    assert {row["service"]["description"] for row in rows} == {"Vertex AI", "Cloud Storage"}
