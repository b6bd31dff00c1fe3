"""The split, on any input: parts add up exactly, and each is within one unit of the ideal."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNIT = Fraction(1, 10**18)
AMOUNTS = st.one_of(
    st.decimals(-(10**6), 10**6, places=18, allow_nan=False),
    st.decimals(-(10**12), 10**12, places=2, allow_nan=False),
    st.integers(-9, 9).map(lambda units: Decimal(units).scaleb(-18)),
    st.just(Decimal("99999999999999999.999999999999999999")),
)
WEIGHTS = st.one_of(st.integers(1, 10), st.integers(1, 10**15), st.integers(10**24, 10**26))
ANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def split(macro, memory):
    """split(amounts, weights): the parts of each amount, by target, as the macro divides them."""
    sql = macro(
        "allocate_proportionally",
        amounts="amounts",
        drivers="drivers",
        partition_by=["part"],
        weight="weight",
        order_by=["target"],
        amount_columns=["cost"],
        keep=["amount_id"],
        targets=["target"],
    )
    memory.execute("create or replace table amounts (amount_id int, part int, cost decimal(38, 18))")
    memory.execute("create or replace table drivers (part int, target int, weight hugeint)")

    def divided(amounts, weights, partition_of_drivers=1):
        memory.execute("delete from amounts")
        memory.execute("delete from drivers")
        memory.executemany("insert into amounts values (?, 1, ?)", list(enumerate(amounts)))
        rows = [(partition_of_drivers, target, weight) for target, weight in enumerate(weights)]
        memory.executemany("insert into drivers values (?, ?, ?)", rows)
        found = memory.execute(f"select amount_id, target, allocation_share, cost from ({sql})").fetchall()
        parts = [{} for _ in amounts]
        for amount_id, target, share, cost in found:
            parts[amount_id][target] = (share, cost)
        return parts

    return divided


@ANY
@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=4), weights=st.lists(WEIGHTS, min_size=1, max_size=9))
def test_parts_add_up_and_are_near_their_ideal(split, amounts, weights):
    total = sum(weights)
    for amount, parts in zip(amounts, split(amounts, weights), strict=True):
        assert sum(cost for _, cost in parts.values()) == amount
        assert sum(share for share, _ in parts.values()) == 1
        for target, weight in enumerate(weights):
            share, cost = parts[target]
            assert share >= 0
            assert abs(Fraction(share) - Fraction(weight, total)) <= UNIT
            assert abs(Fraction(cost) - Fraction(amount) * Fraction(share)) <= UNIT
            # toward zero: no part has the other sign
            assert cost == 0 or (cost > 0) == (amount > 0)


@ANY
@given(amount=AMOUNTS, weights=st.lists(WEIGHTS, min_size=1, max_size=9))
def test_a_credit_is_the_mirror_of_a_charge(split, amount, weights):
    charge, credit = split([amount, -amount], weights)
    assert {target: -cost for target, (_, cost) in charge.items()} == {
        t: cost for t, (_, cost) in credit.items()
    }


@ANY
@given(amount=AMOUNTS)
def test_an_amount_without_drivers_stays_whole_and_visible(split, amount):
    assert split([amount], [1, 2], partition_of_drivers=2) == [{None: (1, amount)}]


@ANY
@given(quantity=st.decimals(-(10**14), 10**14, places=18, allow_nan=False))
def test_a_weight_is_the_quantity_cut_at_twelve_decimals(macro, memory, quantity):
    sql = macro("weight_of", quantity=f"cast('{quantity:f}' as decimal(38, 18))")
    assert memory.execute(f"select {sql}").fetchall() == [(int(Fraction(quantity) * 10**12),)]


@ANY
@given(
    quantity=st.decimals(0, 10**13, places=4, allow_nan=False),
    price=st.decimals(0, 10**4, places=8, allow_nan=False),
)
def test_rated_cost_is_exact(macro, memory, quantity, price):
    sql = macro(
        "rated",
        quantity=f"cast('{quantity:f}' as decimal(38, 18))",
        price_per_million=f"cast('{price:f}' as decimal(38, 18))",
    )
    (rated,) = memory.execute(f"select {sql}").fetchone()
    assert Fraction(rated) == Fraction(quantity) * Fraction(price) / 10**6


@ANY
@given(
    dividend=st.decimals(-(10**9), 10**9, places=18, allow_nan=False),
    divisor=st.decimals("0.000001", 10**9, places=6, allow_nan=False),
)
def test_a_ratio_is_cut_at_twelve_decimals(macro, memory, dividend, divisor):
    sql = macro(
        "ratio",
        dividend=f"cast('{dividend:f}' as decimal(38, 18))",
        divisor=f"cast('{divisor:f}' as decimal(38, 18))",
    )
    (ratio,) = memory.execute(f"select {sql}").fetchone()
    cut = int(Fraction(dividend) * 10**12)
    ideal = Fraction(cut, 10**12) / Fraction(divisor)
    assert abs(Fraction(ratio) - ideal) < Fraction(1, 10**12)
