"""The reference itself, on worlds small enough to work out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from world_allocation import KEY, Allocation, share_of, solved, window_of
from world_generator import COLUMNS, RAW_COLUMNS
from world_ownership import UNITS, Line, in_even_parts

DAY = "2020-03-10"
THIRD, HALF = Fraction(1, 3), Fraction(1, 2)


def line(day=DAY, **cells):
    """A bill line of 60 on a day, in pool A unless it says otherwise."""
    raw = dict.fromkeys(RAW_COLUMNS) | {
        "provider_name": "AWS",
        "billing_account_id": "w001-account",
        "charge_period_start": day,
        "charge_category": "Usage",
        "billed_cost": "60",
        "effective_cost": "60",
        "billing_currency": "USD",
        "service_name": "in A",
    }
    return Line(1, raw | cells)


def allocated(lines, **seeds):
    """Effective cost by owner and how it came there, and the words for what decided it."""
    given = {
        "features": [{"feature": name, "product": "m", "team": "t"} for name in ("f1", "f2", "f3")],
        "teams": [{"team": "t", "cost_center": "c"}],
        "virtual_tag_rules": [
            {"rule_id": "a", "tag": "shared_pool", "priority": "1", "value": "A", "service": "in A"},
            {"rule_id": "b", "tag": "shared_pool", "priority": "1", "value": "B", "service": "in B"},
            *(
                {"rule_id": f, "tag": "feature", "priority": "1", "value": f, "service": f}
                for f in ("f1", "f2")
            ),
        ],
    } | seeds
    rows = {
        seed: [dict.fromkeys(columns.split(","), "") | row for row in given.get(seed, ())]
        for seed, columns in COLUMNS.items()
    }
    done = Allocation(rows, lines)
    owners = {}
    for key, amounts in done.rows.items():
        owner = (key[KEY.index("allocation_method")], key[KEY.index("feature")])
        owners[owner] = owners.get(owner, 0) + Fraction(amounts[1], UNITS)
    return owners, done.decided[1]


def shares(pool, **targets):
    """Rows of fixed_shares.csv: a feature's name with its share, or a pool's in capitals."""
    return [
        {"pool": pool, "target_type": "pool" if name.isupper() else "feature", "target": name, "share": share}
        for name, share in targets.items()
    ]


def pools(**methods):
    """Rows of shared_cost_pools.csv."""
    return [{"pool": pool, "method": method} for pool, method in methods.items()]


def test_a_chain_ends_with_the_method_of_its_last_pool():
    owners, decided = allocated(
        [line()],
        shared_cost_pools=pools(A="fixed", B="even"),
        fixed_shares=shares("A", f1="1/3", B="2/3") + shares("B", f1="", f2=""),
    )
    assert owners == {("fixed", "f1"): 20, ("even", "f1"): 20, ("even", "f2"): 20}
    assert "a chain of pools" in decided
    assert "reciprocal pools" not in decided


def test_pools_that_pay_each_other_are_solved_exactly():
    # Of A's cost 1/2 leaves at once. B gives a third of what it gets back to A, so A is passed 1 + 1/6 + ...,
    # that is 6/5 times: f1 gets 3/5, and f2 two thirds of the 3/5 that B gets.
    owners, decided = allocated(
        [line()],
        shared_cost_pools=pools(A="fixed", B="fixed"),
        fixed_shares=shares("A", f1="1/2", B="1/2") + shares("B", A="1/3", f2="2/3"),
    )
    assert owners == {("fixed", "f1"): 36, ("fixed", "f2"): 24}
    assert "reciprocal pools" in decided


def test_a_pool_that_pays_itself_pays_the_others_in_full():
    owners, decided = allocated(
        [line()], shared_cost_pools=pools(A="fixed"), fixed_shares=shares("A", A="3/4", f1="1/8", f2="1/8")
    )
    assert owners == {("fixed", "f1"): 30, ("fixed", "f2"): 30}
    assert "a pool that pays itself" in decided


def test_only_what_enters_a_closed_circle_is_nobodys():
    circle = shares("B", C="1") + shares("C", B="1")
    owners, decided = allocated(
        [line()],
        shared_cost_pools=pools(A="fixed", B="fixed", C="fixed"),
        fixed_shares=shares("A", f1="3/4", B="1/4") + circle,
    )
    assert owners == {("fixed", "f1"): 45, ("fallback:unallocated", "Unallocated"): 15}
    assert "a closed cycle of pools" in decided


def test_an_ignored_pool_ends_a_chain():
    owners, _ = allocated(
        [line()],
        shared_cost_pools=pools(A="fixed", B="ignored_by_decision"),
        fixed_shares=shares("A", f1="1/2", B="1/2"),
    )
    assert owners == {("fixed", "f1"): 30, ("ignored_by_decision", "ignored_by_decision"): 30}


@pytest.mark.parametrize(
    ("window", "costs"),
    [
        ("day", {"2020-03-10": "f1", "2020-03-11": "f2", "2020-02-20": "f2"}),
        ("month", {"2020-03-31": "f1", "2020-04-01": "f2", "2020-02-29": "f2"}),
        ("previous_month", {"2020-02-29": "f1", "2020-02-01": "f1", "2020-03-10": "f2", "2020-01-31": "f2"}),
        ("trailing_2", {"2020-03-08": "f1", "2020-03-09": "f1", "2020-03-10": "f2", "2020-03-07": "f2"}),
    ],
)
def test_costs_weigh_within_their_window(window, costs):
    direct = [line(day, service_name=feature) for day, feature in costs.items()]
    owners, _ = allocated(
        [line(), *direct], shared_cost_pools=[{"pool": "A", "method": "cost", "weight_window": window}]
    )
    assert owners["cost", "f1"] == 60
    assert ("cost", "f2") not in owners


def test_weights_are_carried_forward_from_the_latest_day_that_has_any():
    def quantity(day, until, target, quantity="5"):
        row = {
            "driver": "d",
            "period_start": day,
            "period_end": until,
            "target_type": "feature",
            "kind": "level",
        }
        return row | {"target": target, "quantity": quantity}

    quantities = [
        quantity("2020-02-01", "2020-03-02", "f1"),
        quantity("2020-03-02", "2020-03-05", "f2"),
        quantity("2020-03-05", "2020-03-11", "f3", "-1"),
    ]
    rule = {"pool": "A", "method": "usage", "driver": "d", "fallback_method": "carry_forward"}
    owners, _ = allocated([line()], shared_cost_pools=[rule], driver_quantities=quantities)
    assert owners == {("fallback:carry_forward", "f2"): 60}
    owners, _ = allocated([line("2020-06-01")], shared_cost_pools=[rule], driver_quantities=quantities)
    assert owners == {("fallback:unallocated", "Unallocated"): 60}


def test_tax_follows_the_usage_of_its_service_then_of_its_account():
    usage = [line(service_name="f1", effective_cost="20"), line(service_name="f2", effective_cost="-5")]
    tax = {"charge_category": "Tax", "effective_cost": "6"}
    owners, decided = allocated([*usage, line(service_name="f2", **tax)])
    assert owners["follow", "f1"] == 6
    assert owners["follow", "f2"] == 0
    assert {"follow by sub account", "follow: an owner below zero"} <= decided
    owners, decided = allocated([*usage, line(billing_account_id="w001-other", **tax)])
    assert owners["follow", "Unallocated"] == 6
    assert "follow by nothing" in decided


def test_a_line_over_several_days_is_owned_day_by_day():
    rules = [
        {"rule_id": "a", "tag": "feature", "priority": "1", "value": "f1", "valid_to": "2020-03-11"},
        {"rule_id": "b", "tag": "feature", "priority": "1", "value": "f2", "valid_from": "2020-03-11"},
    ]
    owners, decided = allocated([line(charge_period_end="2020-03-12T00:00:00Z")], virtual_tag_rules=rules)
    assert owners == {("direct", "f1"): 30, ("direct", "f2"): 30}
    assert {"a charge over several days", "dated rules"} <= decided


def test_the_digits_that_the_split_fixes():
    # A third is cut to 18 digits before it meets the amount, so the last part takes ten units more.
    third = 3_333333333333333330
    assert in_even_parts(10 * UNITS, 3) == [third, third, third + 10]
    assert in_even_parts(-7, 2) == [-3, -4]


def test_shares_windows_and_systems():
    assert [share_of(text) for text in ("0.25", "25%", "1/3", " 12.5 %")] == [
        Fraction(1, 4),
        Fraction(1, 4),
        THIRD,
        Fraction(1, 8),
    ]
    assert window_of("previous_month", date(2020, 1, 15)) == (date(2019, 12, 1), date(2019, 12, 31))
    assert window_of("month", date(2020, 12, 31)) == (date(2020, 12, 1), date(2020, 12, 31))
    assert window_of("trailing_1", date(2020, 3, 1)) == (date(2020, 2, 29), date(2020, 2, 29))
    assert solved([[Fraction(0), Fraction(2)], [HALF, Fraction(1)]], [Fraction(4), Fraction(3)]) == [2, 2]
