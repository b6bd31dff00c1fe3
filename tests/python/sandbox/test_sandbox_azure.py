"""Azure's bill beside its models: two exports that tell of the same money."""

import csv
import gzip
import json
from decimal import Decimal

import pytest


@pytest.fixture(scope="module")
def exports(quarter):
    """The rows of the newest run of each month, by kind of export."""
    found = {}
    for path in sorted((quarter.folder / "azure_bill").glob("*/*/*/manifest.json")):
        told = json.loads(path.read_text())
        with gzip.open(path.parent / "part_0_0001.csv.gz", "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        assert told["blobs"][0]["dataRowCount"] == len(rows)
        runs = found.setdefault(told["exportConfig"]["type"], {}).setdefault(path.parent.parent.name, {})
        runs[told["runInfo"]["submittedTime"]] = rows
    return {
        kind: [row for runs in months.values() for row in runs[max(runs)]] for kind, months in found.items()
    }


def cost(rows):
    return sum(Decimal(row["costInBillingCurrency"]) for row in rows)


def of(rows, *charges, covered=None):
    """Rows of these charge types, on a commitment or not."""
    return [
        row
        for row in rows
        if row["chargeType"] in charges and (covered is None or bool(row["benefitId"]) == covered)
    ]


def test_both_exports_tell_the_same_of_what_was_not_paid_ahead(exports):
    actual, amortized = exports["ActualCost"], exports["AmortizedCost"]
    kinds = ("Usage", "Purchase", "Tax", "RoundingAdjustment")
    assert of(actual, *kinds, covered=False) == of(amortized, *kinds, covered=False)
    assert not of(actual, "UnusedReservation", "UnusedSavingsPlan")
    assert cost(of(actual, "Usage", covered=True)) == 0
    assert not of(amortized, "Purchase", covered=True)


def test_a_whole_month_amortizes_what_was_paid_for_it(exports):
    def in_october(rows):
        return [row for row in rows if row["benefitId"] and row["date"].startswith("2026-10")]

    paid, used = in_october(exports["ActualCost"]), in_october(exports["AmortizedCost"])
    assert cost(paid) == cost(used) > 0
    assert 0 < cost(of(used, "UnusedReservation", "UnusedSavingsPlan")) < cost(used) / 2


def test_a_cost_is_quantity_times_price(exports):
    for row in exports["AmortizedCost"]:
        product = Decimal(row["quantity"]) * Decimal(row["effectivePrice"])
        assert product == Decimal(row["costInBillingCurrency"])


def test_it_is_small_and_another_account_than_that_of_the_models(exports):
    rows = exports["ActualCost"]
    assert sum(map(len, exports.values())) < 2000
    assert 0 < cost(row for row in rows if row["date"].startswith("2026-10")) < 3000
    assert {row["billingAccountId"] for row in rows} == {"7719024:larkspur-apps"}
    assert not [row for row in rows if "OpenAI" in row["meterCategory"]]
