"""What the warehouse answers, on one page: what was billed, who owns it, what is about to go wrong.

Reads the marts of the DuckDB file; prints, and exits with 1 where source, fact and allocation disagree.
"""

from __future__ import annotations

import sys

from commands.page import Page, warehouse

MOST_PRODUCTS = 5


class Answers(Page):
    """The questions, each a query on the marts."""

    def billed(self) -> None:
        """What was billed, by provider; what is paid ahead costs on days that are still to come."""
        self.show(
            "What was billed?",
            ["provider", "first day", "last day", "billed", "effective", "still to come"],
            self.rows(
                """
                select coalesce(provider_name, 'All'), min(charge_date), max(charge_date),
                    sum(billed_cost), sum(effective_cost),
                    sum(case when charge_date > current_date then effective_cost else 0 end)
                from fct_allocated_costs
                group by rollup (provider_name) order by grouping(provider_name), 4 desc
                """
            ),
        )

    def owned(self) -> None:
        """How much of the effective cost has an owner."""
        self.show(
            "What share of it is owned?",
            ["owner", "effective", "share"],
            self.rows(
                """
                select owner, sum(effective_cost),
                    100 * sum(effective_cost) / sum(sum(effective_cost)) over ()
                from (
                    select effective_cost, case
                        when feature = 'Prepaid' then 'prepayments (count when they are used)'
                        when feature = 'ignored_by_decision' then 'nobody, by decision'
                        when feature <> 'Unallocated' and allocation_method = 'direct'
                            then 'a feature, directly'
                        when feature <> 'Unallocated' and allocation_method = 'follow'
                            then 'a feature, tax and credits of its usage'
                        when feature <> 'Unallocated' then 'a feature, through a shared pool'
                        when team <> 'Unallocated' then 'a team only'
                        when product <> 'Unallocated' then 'a product only'
                        else 'nobody' end as owner
                    from fct_allocated_costs
                ) as named
                group by owner order by 2 desc
                """
            ),
        )

    def callers(self) -> None:
        """How finely the AI bills are known."""
        self.show(
            "Who called? How finely the AI bills are known",
            ["known by", "told by", "effective", "share"],
            self.rows(
                """
                select attribution_level,
                    coalesce(
                        string_agg(
                            distinct nullif(telemetry_source, 'none'), ', '
                            order by nullif(telemetry_source, 'none')
                        ),
                        'the bill alone'
                    ),
                    sum(effective_cost), 100 * sum(effective_cost) / sum(sum(effective_cost)) over ()
                from fct_attribution_coverage
                where attribution_level not in ('workload', 'idle', 'unobserved')
                group by attribution_level, telemetry_source = 'none'
                order by list_position(['call', 'key', 'project', 'account'], attribution_level), 3 desc
                """
            ),
        )

    def nodes(self) -> None:
        """How the nodes of Kubernetes clusters were used, where a cluster tells."""
        rows = self.rows(
            """
            select attribution_level, quantity_basis, sum(billed_cost), sum(effective_cost),
                100 * sum(effective_cost) / nullif(sum(sum(effective_cost)) over (), 0)
            from fct_attribution_coverage
            where attribution_level in ('workload', 'idle', 'unobserved')
            group by attribution_level, quantity_basis
            order by list_position(['workload', 'idle', 'unobserved'], attribution_level), 4 desc
            """
        )
        if rows:
            self.show(
                "What were the nodes of Kubernetes used for?",
                ["used for", "idle by", "billed", "effective", "share"],
                rows,
            )

    def features(self) -> None:
        """The cost of each product and feature."""
        self.show(
            "What does each product and feature cost?",
            ["product", "feature", "team", "direct", "shared", "total"],
            self.rows(
                """
                select product, case when grouping(feature) = 1 then 'all of it' else feature end,
                    case when grouping(feature) = 1 then '' else min(team) end,
                    coalesce(sum(effective_cost) filter (pool is null), 0),
                    coalesce(sum(effective_cost) filter (pool is not null), 0),
                    sum(effective_cost)
                from fct_allocated_costs
                where product <> 'Prepaid'
                group by grouping sets ((product), (product, feature))
                order by sum(sum(effective_cost)) over (partition by product) desc, product,
                    grouping(feature) desc, 6 desc
                """
            ),
        )

    def kinds(self) -> None:
        """What the cost of each product is made of; a column adds up to the product's cost."""
        kinds = ["ai", "compute", "kubernetes", "databases", "storage and network", "saas", "shared", "other"]
        names = self.rows(
            "select product from fct_product_costs where product <> 'Prepaid' "
            "group by product order by sum(effective_cost) desc, product"
        )
        # As many as fit on the page; the rest stands together.
        products = [name for (name,) in names][:MOST_PRODUCTS]
        rest = ["the rest"] if len(names) > len(products) else []
        columns = [f"sum(effective_cost) filter (product = ${at})" for at in range(1, len(products) + 1)]
        if rest:
            named = ", ".join(f"${at}" for at in range(1, len(products) + 1))
            columns.append(f"sum(effective_cost) filter (product not in ({named}))")
        sums = ", ".join(f"coalesce({column}, 0)" for column in [*columns, "sum(effective_cost)"])
        order = f"list_position({kinds}, cost_kind)"
        self.show(
            "What is the cost of each product made of?",
            ["kind", *products, *rest, "all"],
            self.rows(
                f"""
                select coalesce(cost_kind, 'total'), {sums}
                from fct_product_costs
                where product <> 'Prepaid'
                group by rollup (cost_kind) order by grouping(cost_kind), {order}
                """,
                products,
            ),
        )

    def models(self) -> None:
        """AI spend by tier and model."""
        self.show(
            "What is spent on which models?",
            ["tier", "model", "vendor", "effective"],
            self.rows(
                """
                select model_tier, model, vendor, sum(effective_cost) from fct_model_tier_spend
                group by all order by 4 desc limit 12
                """
            ),
        )

    def budgets(self) -> None:
        """Budgets that are passed or about to be."""
        rows = self.rows(
            """
            select feature, budget_status, monthly_budget, cost_to_date, forecast_cost, 100 * forecast_share
            from fct_budget_status
            where month_start = (select max(month_start) from fct_budget_status)
                and budget_status in ('over', 'at risk')
            order by forecast_share desc
            """
        )
        found = self.rows("select max(last_day), any_value(days_in_month) from fct_budget_status")
        question = f"Which budgets are about to be passed (as of {found[0][0]})?"
        columns = ["feature", "status", "budget", "to date", "forecast", "% of budget"]
        self.show(question, columns, rows or [("none", "", "", "", "", "")])

    def units(self) -> None:
        """What one unit of output costs."""
        self.show(
            "What does one unit cost?",
            ["metric", "feature", "month", "units", "effective", "per unit"],
            self.rows(
                """
                select metric, feature, strftime(month_start, '%Y-%m'), quantity, effective_cost,
                    cast(unit_cost as decimal(18, 4))
                from fct_unit_costs
                where month_start >= (select max(month_start) - interval 1 month from fct_unit_costs)
                order by metric, month_start
                """
            ),
        )

    def unpriced(self) -> None:
        """Usage that no price covers, so that nothing looks free by mistake."""
        rows = self.rows(
            """
            select price_status, coalesce(model, '-'), token_class, sum(quantity) from fct_ai_usage
            where price_status in ('no price', 'unknown model') and gateway is null
            group by all order by 4 desc limit 6
            """
        )
        if rows:
            self.show("Which usage has no price?", ["why", "model", "counted", "quantity"], rows)

    def agree(self) -> bool:
        """Whether source, fact and allocation have the same money, and the line that says so."""
        sums = ", ".join(
            f"sum({place}_{cost}_cost)"
            for cost in ("billed", "effective")
            for place in ("source", "fact", "allocated")
        )
        # Currencies are never added to each other.
        found = self.rows(
            f"select billing_currency, bool_and(is_equal), {sums} from fct_reconciliation "
            "group by billing_currency order by sum(abs(fact_billed_cost)) desc"
        )
        self.say()
        for currency, equal, *totals in found:
            if equal:
                self.say(
                    f"[bold]Source, fact and allocation agree to the last digit:[/bold] "
                    f"billed {totals[0]} {currency}, effective {totals[3]} {currency}."
                )
            else:
                named = zip(("source", "fact", "allocated") * 2, totals, strict=True)
                told = "; ".join(f"{place} {amount}" for place, amount in named)
                self.say(f"[bold red]The totals differ ({currency}):[/bold red] billed and effective: {told}")
        return all(equal for _, equal, *_ in found)


def main() -> int:
    """Print the page."""
    with warehouse() as connection:
        answers = Answers(connection)
        answers.billed()
        answers.owned()
        answers.features()
        answers.kinds()
        answers.callers()
        answers.nodes()
        answers.models()
        answers.unpriced()
        answers.budgets()
        answers.units()
        return 0 if answers.agree() else 1


if __name__ == "__main__":
    sys.exit(main())
