"""The sandbox's ledger: journals that balance, near the bills, one of which never came."""

import csv
from collections import defaultdict
from decimal import Decimal

import pytest


@pytest.fixture(scope="module")
def lines(quarter):
    with (quarter.folder / "gl" / "gl_journal_lines.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_journal_balances_in_both_currencies(lines):
    sums = defaultdict(Decimal)
    for line in lines:
        for amount in ("amount_transaction", "amount_ledger"):
            sums[line["journal_id"], amount] += Decimal(line[amount])
    assert len(sums) > 20
    assert set(sums.values()) == {0}


def test_lines_have_a_name_and_a_period_of_their_own(lines):
    assert len({line["journal_line_id"] for line in lines}) == len(lines)
    assert {line["period_status"] for line in lines} == {"open", "closed"}


def test_bills_are_what_the_providers_billed_and_one_is_missing(lines, quarter):
    billed = {
        (f"BILL-{provider}-{month}"): cost.quantize(Decimal("0.01"))
        for provider, month, cost in quarter.world.query(
            "select provider, strftime(day, '%Y%m'), sum(cost) from billed group by all"
        )
    }
    posted = {
        line["journal_id"]: Decimal(line["amount_transaction"])
        for line in lines
        if line["account_number"] == "6420" and line["journal_type"] == "bill"
    }
    assert posted == {name: billed[name] for name in posted}
    assert "BILL-openai-202609" in posted
    assert "BILL-anthropic-202609" not in posted, "the bill that never came"
    accrued = {line["journal_id"] for line in lines if line["journal_type"] == "accrual"}
    assert "AC-anthropic-202609" in accrued
