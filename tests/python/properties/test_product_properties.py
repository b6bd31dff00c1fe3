"""The product of two amounts, on any input: all its digits, cut to 18 decimals toward zero."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

ANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Prices, quantities and rates, and both sides of the powers of ten between which the macro chooses its way.
VALUES = st.one_of(
    st.decimals(-(10**6), 10**6, places=18, allow_nan=False),
    st.decimals(-10, 10, places=10, allow_nan=False),
    st.builds(
        lambda digits, units, sign: sign * (Decimal(10) ** digits + units * Decimal("1e-18")),
        st.integers(-6, 7),
        st.integers(-1, 1),
        st.sampled_from([-1, 1]),
    ),
)


@pytest.fixture(scope="module")
def product(macro, memory):
    """product(one, other): as the macro multiplies them."""
    sql = macro("product_of", one="one", other="other")
    query = (
        f"select {sql} from (select cast($1 as decimal(38, 18)) as one, cast($2 as decimal(38, 18)) as other)"
    )
    return lambda *pair: memory.execute(
        query, [None if value is None else f"{value:f}" for value in pair]
    ).fetchone()[0]


@ANY
@given(one=VALUES, other=VALUES)
@example(one=Decimal("9.999999999999999999"), other=Decimal("10"))
@example(one=Decimal("99.999999999999999999"), other=Decimal("-0.999999999999999999"))
# Some hundreds: more than DuckDB's own product holds, at both ends and in the middle of the powers of ten.
@example(one=Decimal("0.0095"), other=Decimal("95000"))
@example(one=Decimal("9.5"), other=Decimal("95"))
@example(one=Decimal("950000"), other=Decimal("-0.00095"))
def test_a_product_is_cut_and_never_rounded(product, one, other):
    whole = Fraction(one) * Fraction(other) * 10**18
    assert Fraction(product(one, other)) * 10**18 == (abs(whole) // 1) * (1 if whole >= 0 else -1)


def test_of_what_is_absent_there_is_no_product(product):
    assert product(None, Decimal(3)) is None and product(Decimal(3), None) is None
