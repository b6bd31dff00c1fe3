"""Oracle Cloud's cost reports: costs, overage, corrections that point back."""

import csv
import gzip
from decimal import Decimal

import pytest


@pytest.fixture(scope="module")
def rows(quarter):
    found = []
    for path in sorted((quarter.folder / "oci/reports/cost-csv").glob("*.csv.gz")):
        with gzip.open(path, "rt", newline="") as file:
            found += list(csv.DictReader(file))
    return found


def test_a_cost_is_quantity_times_price_and_lines_are_numbered(rows):
    for row in rows:
        assert Decimal(row["usage/billedQuantity"]) * Decimal(row["cost/unitPrice"]) == Decimal(
            row["cost/myCost"]
        )
    assert len({row["lineItem/referenceNo"] for row in rows}) == len(rows) < 2000
    assert 0 < sum(Decimal(row["cost/myCost"]) for row in rows) < 3000


def test_corrections_point_at_a_line_of_the_month_before(rows):
    by_number = {row["lineItem/referenceNo"]: row for row in rows}
    corrections = [row for row in rows if row["lineItem/isCorrection"] == "true"]
    assert len(corrections) == 3
    for row in corrections:
        corrected = by_number[row["lineItem/backreferenceNo"]]
        assert corrected["lineItem/isCorrection"] == "false"
        assert Decimal(row["cost/myCost"]) == Decimal(corrected["cost/myCost"]) / -2


def test_overage_is_a_share_of_the_cost(rows):
    over = [row for row in rows if row["cost/myCostOverage"]]
    assert over
    assert {row["cost/overageFlag"] for row in over} == {"true"}
    assert all(Decimal(row["cost/myCostOverage"]) * 4 == Decimal(row["cost/myCost"]) for row in over)


def test_times_are_with_and_without_seconds(rows):
    assert {row["lineItem/intervalUsageStart"][10:] for row in rows} == {"T00:00Z"}
    assert {row["lineItem/intervalUsageEnd"][10:] for row in rows} == {"T00:00:00Z"}
