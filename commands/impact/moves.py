"""What the two built sides say differently, in SQL over both: money by owner, rules, tuples, sums.

Everything is decimal from the marts to the answer; DuckDB adds, so no digit is lost on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

SIDES = ("before", "after")
# A table of moves for each; pool is the pool that a cost went through.
TABLES = ("team", "product", "feature", "pool")
OWNERS = ("feature", "product", "team", "cost_center", "environment", "customer")
# A cost that none of these owns is nobody's.
WHO = ("feature", "product", "team", "cost_center")
NOTHING = "<none>"
MONEY = "decimal(38, 18)"


@dataclass(frozen=True)
class Table:
    """An answer: named columns and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Side:
    """How much of one side somebody owns, in absolute effective cost."""

    all: Decimal
    without: dict[str, Decimal]

    def share(self, what: str) -> Fraction:
        """The part that has none; 0 where there is no cost."""
        return Fraction(self.without[what]) / Fraction(self.all) if self.all else Fraction()


class Moves:
    """Both sides, attached. `built` is what sides.py answered, `currency` the reporting currency."""

    def __init__(self, built: dict[str, Any], work: Path, tags: dict[str, dict[str, str]]) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set temp_directory = ?", [str(work / "spill")])
        # Results are ordered where it matters; keeping input order costs memory.
        self.connection.execute("set preserve_insertion_order = false")
        self.tags = tags
        # A tag beyond the standard ones has another column on each side; here its number among them.
        every = {tag for rules in tags.values() for tag in rules.values()}
        self.more_tags = sorted(every - {*OWNERS, "shared_pool"})
        self.files: dict[str, str] = {}
        self.tables: dict[str, dict[str, str]] = {}
        for side in SIDES:
            self.tables[side] = {name: self.attach(place) for name, place in built["tables"][side].items()}
        self.prepare()

    def attach(self, place: dict[str, str]) -> str:
        """The full name of a table in its file, which is attached read-only the first time."""
        if place["file"] not in self.files:
            name = f"file_{len(self.files)}"
            path = place["file"].replace("'", "''")
            self.connection.execute(f"attach '{path}' as {name} (read_only)")
            self.files[place["file"]] = name
        return f'{self.files[place["file"]]}."{place["schema"]}"."{place["table"]}"'

    def query(self, sql: str, parameters: list[Any] | None = None) -> Table:
        """Ask both sides; {before.x} and {after.x} stand for the tables of each."""
        answer = self.connection.execute(self.filled(sql), parameters)
        return Table(tuple(name for name, *_ in answer.description), answer.fetchall())

    def filled(self, sql: str) -> str:
        """The SQL with the tables of both sides."""
        for side in SIDES:
            for name, table in self.tables[side].items():
                sql = sql.replace(f"{{{side}.{name}}}", table)
        return sql

    def prepare(self) -> None:
        """Small tables that all answers come from; only these read the costs."""
        owners = ", ".join(OWNERS)
        self.connection.execute(
            self.filled(f"""
            create temp table moved as
            select month, tag_key, {owners}, pool,
                sum(before)::{MONEY} as before,
                sum(after)::{MONEY} as after,
                (sum(after) - sum(before))::{MONEY} as difference
            from (
                {self.both("fct_allocated_costs", f"tag_key, {owners}, coalesce(pool, '{NOTHING}') as pool")}
            )
            group by all
            """)
        )
        self.connection.execute(
            self.filled(f"""
            create temp table spent as
            with costs as (
                {self.both("int_costs__owned", "tag_key")}
            )
            select tag_key, costs.month, old.owned_from as before_from, new.owned_from as after_from,
                sum(before)::{MONEY} as before, sum(after)::{MONEY} as after
            from costs
            left join {{before.int_ownership__days}} as old using (charge_date)
            left join {{after.int_ownership__days}} as new using (charge_date)
            group by all
            """)
        )
        for side in SIDES:
            self.connection.execute(self.filled(f"create temp table owned_{side} as {self.deciders(side)}"))
        # A tuple over the days in which neither side's ownership changes.
        self.connection.execute(f"""
            create temp table pieces as
            with costs as (
                select tag_key, before_from, after_from,
                    sum(before)::{MONEY} as cost_before, sum(after)::{MONEY} as cost_after
                from spent group by all
            )
            select old.tag_key, old.owned as old, new.owned as new,
                greatest(old.valid_from, new.valid_from) as valid_from,
                coalesce(cost_before, 0)::{MONEY} as cost_before,
                coalesce(cost_after, 0)::{MONEY} as cost_after
            from owned_before as old
            inner join owned_after as new
                on old.tag_key = new.tag_key
                and old.valid_from < coalesce(new.valid_to, date '9999-12-31')
                and new.valid_from < coalesce(old.valid_to, date '9999-12-31')
            left join costs
                on old.tag_key = costs.tag_key
                and old.valid_from = costs.before_from
                and new.valid_from = costs.after_from
        """)

    def both(self, table: str, columns: str) -> str:
        """Rows of both sides with their cost in a column of its own, by month (and day, for spent)."""
        day = "charge_date, " if table == "int_costs__owned" else ""
        return " union all ".join(
            f"""
            select {day}strftime(charge_date, '%Y-%m') as month, {columns},
                sum({"effective_cost" if side == "before" else "0"})::{MONEY} as before,
                sum({"effective_cost" if side == "after" else "0"})::{MONEY} as after
            from {{{side}.{table}}} group by all
            """
            for side in SIDES
        )

    def deciders(self, side: str) -> str:
        """Each tuple's owners, and the rule that decided each tag, as one struct; the YAML of dim_ownership.

        dim_ownership names the rule that gave a product even where the feature gave another; here the rule
        that decided is wanted. In a pool the target decides all four, so the pool's rule stands for them.
        """
        ladders = [
            name.removeprefix("rule_")
            for (name, *_) in self.query(f"describe {{{side}.int_ownership__matches}}").rows
            if name.startswith("rule_")
        ]
        columns = self.columns_of_more_tags(side, ladders)

        def column(ladder: str) -> str:
            return f'matches."rule_{ladder}"' if ladder in ladders else "null::varchar"

        def derived(tag: str) -> str:
            return f"""
                case
                    when owned.shared_pool is not null then owned.rule_id
                    when {column(tag + "_override")} is not null then {column(tag + "_override")}
                    when owned.rule_id is not null then owned.rule_id
                    else {column(tag)}
                end"""

        rules = {
            "owner": "owned.rule_id",
            "product": derived("product"),
            "team": derived("team"),
            "cost_center": f"""
                case
                    when owned.shared_pool is not null then owned.rule_id
                    when {column("cost_center_override")} is not null
                        then {column("cost_center_override")}
                    else coalesce({derived("team")}, {column("cost_center")})
                end""",
            "environment": column("environment"),
            "customer": column("customer"),
            **{self.ladder(tag): column(columns.get(tag, "")) for tag in self.more_tags},
        }
        owners = ", ".join(f"{name} := owned.{name}" for name in ("ownership", "shared_pool", *OWNERS))
        decided = ", ".join(f'"rule_{tag}" := {rule}' for tag, rule in rules.items())
        return f"""
            select owned.tag_key, owned.valid_from, owned.valid_to, struct_pack({owners}, {decided}) as owned
            from {{{side}.dim_ownership}} as owned
            left join {{{side}.int_ownership__matches}} as matches using (tag_key, valid_from)
        """

    def ladder(self, tag: str) -> str:
        """The ladder of a tag; feature and pool compete, so theirs is one."""
        if tag in self.more_tags:
            return f"more_{self.more_tags.index(tag)}"
        return "owner" if tag in ("feature", "shared_pool") else tag

    def columns_of_more_tags(self, side: str, ladders: list[str]) -> dict[str, str]:
        """The ladder of each further tag on a side, known by the rules that stand in it."""
        standard = {name for tag in (*OWNERS, "shared_pool") for name in (tag, f"{tag}_override")}
        found = {}
        for ladder in ladders:
            if ladder in standard:
                continue
            sql = f'select any_value("rule_{ladder}") from {{{side}.int_ownership__matches}}'
            ((rule,),) = self.query(sql).rows
            if rule in self.tags[side]:
                found[self.tags[side][rule]] = ladder
        return found

    def by(self, dimension: str) -> Table:
        """Money by month and owner: before, after, difference."""
        return self.query(f"""
            select month, {dimension}, sum(before)::{MONEY} as before, sum(after)::{MONEY} as after,
                sum(difference)::{MONEY} as difference
            from moved group by month, {dimension} order by month, {dimension}
        """)

    def bill(self) -> Table:
        """Effective cost before it is allocated, on both sides; only another exchange rate changes it."""
        return self.query(f"""
            select coalesce(sum(before), 0)::{MONEY} as before, coalesce(sum(after), 0)::{MONEY} as after
            from spent
        """)

    def unbalanced(self) -> Table:
        """Tuples of a month whose money changed between the sides otherwise than their bill did."""
        return self.query("""
            with allocated as (
                select month, tag_key, sum(difference) as moved from moved group by all
            ), billed as (
                select month, tag_key, sum(after) - sum(before) as revalued from spent group by all
            )
            select coalesce(allocated.month, billed.month) as month,
                coalesce(allocated.tag_key, billed.tag_key) as tag_key,
                coalesce(moved, 0) as moved, coalesce(revalued, 0) as must_be
            from allocated
            full join billed
                on allocated.month = billed.month and allocated.tag_key is not distinct from billed.tag_key
            where coalesce(moved, 0) <> coalesce(revalued, 0)
            order by 1, 2
        """)

    def native_sums(self) -> Table:
        """Effective cost in billing currency, which no seed can change."""
        amount, sides = "effective_cost_native", []
        for side in SIDES:
            before, after = (amount, 0) if side == "before" else (0, amount)
            sides.append(
                f"select billing_currency, sum({before}) as before, sum({after}) as after "
                f"from {{{side}.fct_allocated_costs}} group by all"
            )
        return self.query(f"""
            select billing_currency, sum(before)::{MONEY} as before, sum(after)::{MONEY} as after,
                (sum(after) - sum(before))::{MONEY} as difference
            from ({" union all ".join(sides)}) group by billing_currency order by billing_currency
        """)

    def moved_by_month(self) -> Table:
        """How much changes its owner or pool in each month: what arrives somewhere else."""
        return self.query(f"""
            select month, sum(greatest(difference, 0))::{MONEY} as moved, sum(after)::{MONEY} as total,
                coalesce(sum(abs(difference)), 0)::{MONEY} as touched
            from moved group by month order by month
        """)

    def unallocated(self) -> dict[str, Side]:
        """The absolute effective cost of each side that has no feature, product, team, cost center or any."""
        nobody = " and ".join(f"{name} = 'Unallocated'" for name in WHO)
        wanted = {"owner": nobody} | {name: f"{name} = 'Unallocated'" for name in WHO}
        sums = ", ".join(
            f"coalesce(sum(abs(effective_cost)) filter ({condition}), 0)::{MONEY}"
            for condition in wanted.values()
        )
        found = {}
        for side in SIDES:
            sql = (
                f"select coalesce(sum(abs(effective_cost)), 0)::{MONEY}, {sums} "
                f"from {{{side}.fct_allocated_costs}}"
            )
            whole, *without = self.query(sql).rows[0]
            found[side] = Side(whole, dict(zip(wanted, without, strict=True)))
        return found

    def rules(self) -> dict[tuple[str, str], dict[str, tuple[int, Decimal]]]:
        """What each rule decides on both sides, by ladder and rule: tuples and effective cost."""
        ladders = [self.ladder(tag) for tag in (*OWNERS, *self.more_tags)]
        found: dict[tuple[str, str], dict[str, tuple[int, Decimal]]] = {}
        for ladder in ladders:
            for side, struct in zip(SIDES, ("old", "new"), strict=True):
                rows = self.query(f"""
                    select {struct}."rule_{ladder}" as rule, count(distinct tag_key) as tuples,
                        sum(cost_{side})::{MONEY} as cost
                    from pieces where rule is not null group by all
                """).rows
                for rule, tuples, cost in rows:
                    entry = found.setdefault((ladder, rule), dict.fromkeys(SIDES, (0, Decimal())))
                    entry[side] = (tuples, cost)
        return found

    def heirs(self, ladder: str, rule: str) -> list[tuple[str | None, int, Decimal]]:
        """Who decides now what a rule decided before: rule (none where nobody), tuples, effective cost."""
        return self.query(
            f"""
            select new."rule_{ladder}", count(distinct tag_key), sum(cost_before)::{MONEY}
            from pieces where old."rule_{ladder}" = ? group by all order by abs(sum(cost_before)) desc, 1
            """,
            [rule],
        ).rows

    def tuples(self) -> Table:
        """Tuples whose owner differs, the most money first, with what the rules see of them."""
        owned = ("ownership", "shared_pool", *OWNERS)
        differs = " or ".join(f"old.{name} is distinct from new.{name}" for name in owned)
        sides = ", ".join(
            f"{struct}.{name} as {prefix}_{name}"
            for struct, prefix in (("old", "old"), ("new", "new"))
            for name in (*owned, "rule_owner", "rule_team", "rule_product", "rule_cost_center",
                         "rule_environment", "rule_customer")
        )  # fmt: skip
        seen = [name for (name, *_) in self.query("describe {after.dim_charge_attributes}").rows]
        kept = [name for name in seen if name != "tag_key" and not name.startswith("normalised_")]
        attributes = ", ".join(f'attributes."{name}"' for name in kept)
        return self.query(f"""
            with moved as (
                select tag_key, {sides}, min(valid_from) as since,
                    sum(cost_before)::{MONEY} as cost_before, sum(cost_after)::{MONEY} as cost_after
                from pieces where {differs} group by all
            )
            select moved.*, {attributes}
            from moved left join {{after.dim_charge_attributes}} as attributes using (tag_key)
            order by greatest(abs(cost_before), abs(cost_after)) desc, tag_key, since
        """)

    def pools(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        """Through each pool: money before, after, and what changes its owner within it."""
        rows = self.query(f"""
            with owned as (
                select pool, month, {", ".join(OWNERS)}, sum(before) as before, sum(after) as after,
                    sum(difference) as difference
                from moved where pool <> '{NOTHING}' group by all
            )
            select pool, sum(before)::{MONEY}, sum(after)::{MONEY},
                least(sum(greatest(difference, 0)), sum(greatest(-difference, 0)))::{MONEY}
            from owned group by pool order by pool
        """).rows
        return {pool: (before, after, moved) for pool, before, after, moved in rows}

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()
