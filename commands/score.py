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

# Money as rules give it to features.
_GIVEN = """
create temporary view given as
select
    daily.x_source as provider,
    daily.charge_date as day,
    coalesce(daily.sub_account_id, '') as project,
    coalesce(daily.x_model, '') as model,
    daily.x_gateway is not null as by_gateway,
    case when ownership.ownership = 'pool' then 'a pool'
        else coalesce(ownership.feature, 'Unallocated') end as feature,
    daily.effective_cost as cost
from main_intermediate.int_costs__daily as daily
left join main_intermediate.int_ownership__days as days
    on daily.charge_date = days.charge_date
left join dim_ownership as ownership
    on daily.tag_key = ownership.tag_key and days.owned_from = ownership.valid_from
where daily.x_source in (select provider from truth) and daily.charge_category = 'Usage'
"""

# What the providers' own reports tell of keys: the feature that rules give each, where they give it one.
_BY_KEY = """
create temporary view by_key as
select charge_date as day, source as provider, coalesce(sub_account_id, '') as project,
    coalesce(api_key_id, '') as key, min(feature) as feature
from fct_ai_usage
where gateway is null and source in (
    select source from fct_ai_usage where gateway is null and api_key_id is not null
)
group by all
having count(distinct feature) = 1
"""

_TRUTH = """
create temporary table truth as
select provider, day, coalesce(sub_account_id, '') as project, coalesce(model, '') as model,
    coalesce(api_key_id, '') as key, coalesce(feature, 'Unallocated') as feature, sum(cost) as cost
from read_parquet(?)
where line is not null
group by all
"""


class Score(Page):
    """The comparison, over the demo's warehouse."""

    def put_right(self, condition: str = "true") -> tuple[Decimal, Decimal]:
        """Money on the right feature, and all money that is compared."""
        return self.rows(
            f"""
            with put as (
                select provider, day, project, model, feature, sum(cost) as cost
                from given where {condition} group by all
            ),
            really as (select * exclude (key, cost), sum(cost) as cost from truth group by all)
            select
                coalesce(sum(least(put.cost, really.cost)) filter (really.cost > 0), 0),
                (select coalesce(sum(cost), 0) from given where {condition})
            from put join really using (provider, day, project, model, feature)
            """
        )[0]

    def right_by_key(self) -> tuple[Decimal, Decimal]:
        """The same if every key had one owner; providers that report no keys are as they are."""
        keyed = "provider in (select provider from by_key)"
        right, whole = self.put_right(f"not {keyed}")
        by_key = self.rows(
            f"""
            select coalesce(sum(truth.cost) filter (truth.feature = by_key.feature), 0), sum(truth.cost)
            from truth left join by_key using (provider, day, project, key)
            where {keyed}
            """
        )[0]
        return right + by_key[0], whole + (by_key[1] or 0)

    def say_it(self) -> bool:
        """Print the scores; whether they are good enough where gateways saw the call."""
        scores = [
            ("without gateway logs, by the provider's keys", *self.right_by_key()),
            ("with gateway logs", *self.put_right()),
            ("  of it: calls that a gateway saw", *self.put_right("by_gateway")),
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
        connection.execute(_TRUTH, [str(options.truth)])
        connection.execute(_GIVEN)
        connection.execute(_BY_KEY)
        return 0 if Score(connection).say_it() else 1


if __name__ == "__main__":
    sys.exit(main())
