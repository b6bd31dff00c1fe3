"""How check_nise compares; the reports themselves are made and loaded by make check-nise."""

import subprocess
from decimal import Decimal

import pytest

from commands import check_nise


def told(in_file, in_warehouse):
    file, there = (None if amount is None else Decimal(amount) for amount in (in_file, in_warehouse))
    return check_nise.Sum("aws", "cur.csv.gz", "billed cost", 1, file, there)


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        ([told("1.10", "1.100")], 0, "| equal |"),
        ([told("1.1", "1.100000000000000001")], 1, "| DIFFERS |"),
        ([told("1", None)], 1, "| nothing | DIFFERS |"),
        ([], 1, "in the warehouse"),
    ],
)
def test_a_sum_is_the_same_to_the_last_digit_or_it_differs(capsys, found, code, says):
    assert check_nise.compared(found) == code
    assert says in capsys.readouterr().out


def test_a_float_is_rounded_as_staging_does():
    assert check_nise.money("2.8800000000000003e-05") == Decimal("0.0000288")
    assert check_nise.money("0.0000000000000000015") == Decimal("0.000000000000000002")
    assert check_nise.money("") == 0


def test_credits_of_google_cloud_count():
    row = {"cost": "0.5", "credits": "[{'name': 'x', 'amount': -0.1}, {'amount': -0.2}]"}
    assert check_nise.google_amount(row) == Decimal("0.2")


def test_without_a_registry_it_is_skipped(capsys, monkeypatch):
    def fail(*_):
        raise subprocess.CalledProcessError(2, "uv")

    monkeypatch.setattr(check_nise, "separate_python", fail)
    assert check_nise.main() == 0
    assert "check-nise skipped: koku-nise cannot be installed here" in capsys.readouterr().out
