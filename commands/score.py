"""How much of the AI money stands on the right feature: the demo's warehouse against what the sandbox knows.

Only the sandbox knows what a call was for; no provider tells. Compared by day, provider, project and
model: what a feature was given beyond its true cost is wrong, and so is what no feature was given. Shares of
pools are left out, so this scores attribution alone. Exit code 1 where gateways saw the call and less than
99 % of its money is right.
"""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from pathlib import Path

from commands.page import Page, warehouse
from ingestion.common.places import work_folder

WANTED = Decimal(99)

# Money as rules give it to features; without gateways, by the owner of the provider's own key alone.
_GIVEN = """
create temporary view given as
with own_keys as (
    select charge_date, source, sub_account_id, api_key_id, min(feature) as feature
    from fct_ai_usage
    where gateway is null and api_key_id is not null
    group by all
    having count(distinct feature) = 1
)
select
    daily.x_source as provider,
    daily.charge_date as day,
    coalesce(daily.sub_account_id, '') as project,
    coalesce(daily.x_model, '') as model,
    daily.x_gateway is not null as by_gateway,
    case when ownership.ownership = 'pool' then 'a pool'
        else coalesce(ownership.feature, 'Unallocated') end as feature,
    case when daily.x_gateway is not null then coalesce(own_keys.feature, 'Unallocated')
        when ownership.ownership = 'pool' then 'a pool'
        else coalesce(ownership.feature, 'Unallocated') end as feature_by_key,
    daily.effective_cost as cost
from main_intermediate.int_costs__daily as daily
left join main_intermediate.int_ownership__days as days
    on daily.charge_date = days.charge_date
left join dim_ownership as ownership
    on daily.tag_key = ownership.tag_key and days.owned_from = ownership.valid_from
left join own_keys
    on daily.charge_date = own_keys.charge_date
    and daily.x_source = own_keys.source
    and daily.sub_account_id is not distinct from own_keys.sub_account_id
    and daily.x_api_key_id = own_keys.api_key_id
where daily.x_source in (select provider from truth)
"""

_TRUTH = """
create temporary view truth as
select provider, day, coalesce(sub_account_id, '') as project, coalesce(model, '') as model,
    coalesce(feature, 'Unallocated') as feature, sum(cost) as cost
from read_parquet(?)
where line is not null
group by all
"""


class Score(Page):
    """The comparison, over the demo's warehouse."""

    def right(self, feature: str, condition: str = "true") -> tuple[Decimal, Decimal]:
        """Money on the right feature, and all money that is compared."""
        return self.rows(
            f"""
            with put as (
                select provider, day, project, model, {feature} as feature, sum(cost) as cost
                from given where {condition} group by all
            )
            select
                coalesce(sum(least(put.cost, truth.cost)) filter (truth.cost > 0), 0),
                (select coalesce(sum(cost), 0) from given where {condition})
            from put join truth using (provider, day, project, model, feature)
            """
        )[0]

    def say_it(self) -> bool:
        """Print the scores; whether they are good enough where gateways saw the call."""
        scores = [
            ("without gateway logs, by the provider's keys", *self.right("feature_by_key")),
            ("with gateway logs", *self.right("feature")),
            ("  of it: calls that a gateway saw", *self.right("feature", "by_gateway")),
        ]
        rows = [(what, right, whole, 100 * right / whole if whole else None) for what, right, whole in scores]
        self.show(
            "How much AI money is on the right feature (the sandbox knows)?",
            ["", "right", "of", "%"],
            rows,
        )
        seen = rows[-1][-1]
        return seen is None or seen >= WANTED


def main() -> int:
    """Score the demo."""
    parser = argparse.ArgumentParser(prog="python -m commands.score", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--truth", type=Path, default=work_folder() / "sandbox" / "truth" / "ai_costs.parquet"
    )
    options = parser.parse_args()
    if not options.truth.exists():
        print(f"error: {options.truth} is not here; the sandbox writes it, run make demo.", file=sys.stderr)
        return 2
    with warehouse() as connection:
        # A view cannot hold a parameter; the file is small.
        connection.execute(_TRUTH.replace("temporary view", "temporary table"), [str(options.truth)])
        connection.execute(_GIVEN)
        return 0 if Score(connection).say_it() else 1


if __name__ == "__main__":
    sys.exit(main())
