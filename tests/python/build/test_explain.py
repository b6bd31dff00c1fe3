"""What explain prints re-adds to the last digit, for every kind of line."""

import re
import sys

import pytest


def explain(project, *arguments):
    return project.run(sys.executable, "-m", "commands.explain", *arguments)


def charge(project, condition):
    rows = project.rows(
        "select x_charge_id from main_intermediate.int_allocation__charge_days as days "
        f"inner join fct_charges as charges using (x_charge_id) where {condition} order by 1 limit 1"
    )
    return rows[0][0]


def test_parts_of_every_shared_line_are_the_line(built):
    costs = ["billed_cost", "effective_cost", "contracted_cost", "list_cost"]
    amounts = [*costs, "pricing_quantity", "consumed_quantity"]
    sums = ", ".join(f"sum({amount}) as {amount}" for amount in (*amounts, "allocation_share"))
    wrong = " or ".join(f"parts.{amount} is distinct from charges.{amount}" for amount in amounts)
    found = built.rows(
        f"""
        with parts as (
            select x_charge_id, {sums} from main_intermediate.int_allocation__charge_parts group by 1
        )
        select count(*), count(*) filter ({wrong} or allocation_share <> 1)
        from parts inner join fct_charges as charges using (x_charge_id)
        """
    )
    shared = built.rows(
        "select count(distinct x_charge_id) from main_intermediate.int_allocation__charge_days "
        "where ownership <> 'direct' or is_split"
    )
    assert found == [(*shared[0], 0)]
    assert shared[0][0] > 500


def test_lines_are_divided_like_the_mart_divides_their_sums(built):
    """In the bills' currencies, off by what is cut at 10^-18 for each of some 10,000 lines."""
    found = built.rows(
        """
        with parts as (
            select feature, team, product, sum(effective_cost) as cost
            from main_intermediate.int_allocation__charge_parts
            where allocation_method not in ('direct', 'attributed') group by all
        ), mart as (
            select feature, team, product, sum(effective_cost_native) as cost from fct_allocated_costs
            where allocation_method <> 'direct' group by all
        )
        select count(*), max(abs(parts.cost - mart.cost)) < 1e-12, bool_and(parts.feature is not null)
        from mart left join parts using (feature, team, product)
        """
    )
    assert found[0][0] > 15
    assert found[0][1:] == (True, True)


def test_the_allocated_focus_view_keeps_every_amount_and_its_rules(built):
    sums = "sum(BilledCost), sum(EffectiveCost), sum(ListCost), sum(ConsumedQuantity), sum(PricingQuantity)"
    totals = [
        built.rows(f"select {sums} from {view}")
        for view in ("focus_cost_and_usage", "focus_allocated_cost_and_usage")
    ]
    assert totals[0] == totals[1]
    wrong = """
        select count(*) from focus_allocated_cost_and_usage
        where (AllocatedMethodId is null and AllocatedMethodDetails is not null)
            -- Nothing measured a line that follows no usage.
            or (AllocatedMethodDetails is null
                and (AllocatedMethodId <> 'follow' or AllocatedResourceId is not null))
            or (AllocatedResourceId is null) <> (AllocatedTags is null)
            or (AllocatedMethodId is null and AllocatedResourceId is not null)
    """
    assert built.rows(wrong) == [(0,)]
    remainder = "AllocatedMethodId is not null and AllocatedResourceId is null"
    assert built.rows(f"select count(*) > 0 from focus_allocated_cost_and_usage where {remainder}") == [
        (True,)
    ]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("days.shared_pool = 'observability'", "observability > gpu-fleet > semantic-index"),
        ("charges.charge_category = 'Tax'", "as the usage it belongs to"),
        ("days.ownership = 'direct' and not days.is_split and x_source = 'focus'", "It is owned as a whole"),
        ("days.ownership = 'direct' and x_source = 'openai'", "Who called"),
        ("days.ownership = 'pool' and days.shared_pool = 'claude'", "ai_rated_cost"),
    ],
)
def test_a_charge_is_explained_down_to_its_parts(built, condition, told):
    said = explain(built, "--charge", charge(built, condition))
    assert told in said
    assert "is NOT" not in said


def test_a_feature_is_explained_from_rules_pools_and_bill_lines(built):
    said = explain(built, "--feature", "Doc-Chat", "--month", "2026-11")
    (total,) = built.rows(
        "select sum(effective_cost) from fct_allocated_costs "
        "where feature = 'doc-chat' and strftime(charge_date, '%Y-%m') = '2026-11'"
    )[0]
    parts = re.search(r"Direct \+ shared \+ following: (.*) = (\S+)", said)
    assert parts[2].rstrip("0") == f"{total:f}".rstrip("0")
    for told in ("feature-label: {label:feature} where", "observability > platform > doc-chat", "#"):
        assert told in said


def test_what_does_not_add_up_is_said_and_fails(project):
    project.execute(
        "update fct_allocated_costs set effective_cost = 0 where feature = 'doc-chat' and pool = 'claude'"
    )
    with pytest.raises(AssertionError, match="is NOT"):
        explain(project, "--feature", "doc-chat", "--month", "2026-11")
