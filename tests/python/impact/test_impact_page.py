"""The page of a pull request: it fits, it says amounts as people do, and no seed can write into it."""

import re
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from commands.impact import report
from commands.impact.findings import Closed, Impact, Pool, Rule, exact_sum
from commands.impact.moves import TABLES, Side, Table
from commands.impact.states import States, changes
from commands.seed_files import Row

CELL = "x|`<b>@everyone " * 40
OWNED = ("ownership", "shared_pool", "feature", "product", "team", "cost_center", "environment", "customer")
DECIDED = ("owner", "team", "product", "cost_center", "environment", "customer")


def large(rows):
    """A change of as many rules, pools, owners and tuples, all with long and hostile names."""
    money = ("before", "after", "difference")
    one = Decimal("1.5")
    moved = [
        ("2026-10", f"{CELL}{number}", one, one * 2, one if number % 2 else -one) for number in range(rows)
    ]
    cells = {f"column {number}": (CELL, CELL + "new") for number in range(20)}
    rules = [
        Rule(
            f"{CELL}{number}", "feature", "changed", cells, (9, one), (0, one), "newly dead", [(CELL, 9, one)]
        )
        for number in range(rows)
    ]
    names = [
        f"{side}_{name}" for side in ("old", "new") for name in (*OWNED, *(f"rule_{tag}" for tag in DECIDED))
    ]
    tuples = Table(
        ("tag_key", *names, "cost_before", "cost_after", "provider", "label_1_team"),
        [(str(number), *([CELL] * len(names)), one, one, CELL, CELL) for number in range(rows)],
    )
    states = States.__new__(States)
    states.__dict__ |= {"base": CELL, "commit": "0" * 40, "after": {}, "changes": {}, "notes": [CELL]}
    side = Side(one, dict.fromkeys(("owner", "feature", "product", "team", "cost_center"), one / 2))
    return Impact(
        states=states,
        currency="USD",
        built={"stale": [], "reaching": []},
        by={name: Table(("month", name, *money), moved) for name in TABLES},
        sums=Table(
            ("moves_by", "before", "after", "sum_of_moves", "must_be"), [("team", one, one, Decimal(), 0)]
        ),
        native=Table(("billing_currency", *money), [("USD", one, one, Decimal())]),
        months=Table(("month", "moved", "total", "touched"), [("2026-10", one, one, one)]),
        rules=rules,
        pools=[Pool(f"{CELL}{number}", "changed", [CELL], one, one, one) for number in range(rows)],
        tuples=tuples,
        unallocated={"before": side, "after": side},
        closed=[Closed("2026-10", CELL, CELL, one)],
    )


@pytest.mark.parametrize("rows", [0, 3, 3000])
def test_the_page_fits_a_comment_and_the_csvs_have_every_row(tmp_path, rows):
    page = report.write(large(rows), tmp_path).read_text()
    assert len(page.encode()) <= 65_536
    assert page.startswith(f"{report.MARK}\n# Cost impact of seeds")
    for name in ("moved_by_team", "rules", "pools", "tuples"):
        assert (tmp_path / f"{name}.csv").read_text().count("\n") == rows + 1
    assert bool(re.search(r"… and \d+ more tuples", page)) == (rows > 20)


def test_the_workflow_knows_its_comment_by_the_first_line(tmp_path):
    first, _, rest = report.write(large(0), tmp_path).read_text().partition("\n")
    assert first == report.MARK
    assert report.MARK not in rest


def test_no_text_of_a_seed_leaves_its_cell(tmp_path):
    page = report.write(large(3), tmp_path).read_text()
    outside = re.sub(r"`[^`\n]*`", "", page.removeprefix(report.MARK))
    assert "<b>" not in outside
    assert not re.search(r"@\w", outside)
    for line in page.splitlines():
        if line.startswith("| ") and "---" not in line:
            cells = re.split(r"(?<!\\)\|", line)
            assert len(cells) <= 8, line


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1234567.891", "1,234,567.89"),
        ("-0.005", "> -0.01"),
        ("0.000000000000000001", "< 0.01"),
        ("0", "0.00"),
        ("12345678901234567890.995", "12,345,678,901,234,567,891.00"),
    ],
)
def test_amounts_are_for_people_and_never_nothing_where_there_is_some(amount, expected):
    assert report.money(Decimal(amount)) == expected


def test_amounts_in_csvs_have_every_digit_and_no_exponent():
    assert report.plain(Decimal("1E-18")) == "0.000000000000000001"
    assert report.plain(Decimal("0E-18")) == "0.000000000000000000"
    digits = Decimal("12345678901234567890.123456789012345678")
    assert exact_sum([digits, digits.copy_negate(), Decimal("1E-18")]) == Decimal("1E-18")


def test_a_rules_money_keeps_every_digit():
    digits = Decimal("12345678901234567890.123456789012345678")
    rule = Rule("x", "feature", "", {}, (1, digits), (1, Decimal()))
    assert rule.difference == digits.copy_negate()


def test_shares_are_rounded_once_from_exact_fractions():
    assert report.percent(Fraction(1, 3)) == Decimal("33.33")
    assert report.percent(Fraction(2, 3), 6) == Decimal("66.666667")
    assert report.signed_percent(Fraction(-1, 80)) == "-1.25"
    assert report.signed_percent(Fraction(1, 10**9)) == "±0.00"


def seed(tmp_path, name, header, rows, meta):
    """A stand-in for a seed: what changes() reads of one."""
    path = tmp_path / name
    path.write_text(repr(rows))
    cells = [Row(name, line, dict(zip(header, row, strict=True))) for line, row in enumerate(rows, start=2)]
    return SimpleNamespace(path=path, header=header, rows=cells, meta=meta)


def test_a_row_with_a_key_changes_and_one_without_comes_and_goes(tmp_path):
    header = ["pool", "valid_from", "method"]
    old = [("a", "", "even"), ("b", "", "even"), ("b", "2026-01-01", "even")]
    new = [("a", "", " even "), ("b", "", "cost"), ("c", "", "even")]
    dated = {"dated": ["pool"]}
    found = changes(*(seed(tmp_path, str(i), header, rows, dated) for i, rows in enumerate((old, new))))
    assert [(change.kind, change.row["pool"], change.row["valid_from"]) for change in found] == [
        ("changed", "b", ""),
        ("removed", "b", "2026-01-01"),
        ("added", "c", ""),
    ]
    assert found[0].cells() == {"method": ("even", "cost")}
    twice = [("a", "", "even"), ("a", "", "even")]
    found = changes(*(seed(tmp_path, str(i), header, rows, {}) for i, rows in enumerate((twice, twice[1:]))))
    assert [change.kind for change in found] == ["removed"]
