"""make explain: why something costs what it costs, from the bill line to the owner and back.

--feature and --month tell what makes up the cost of a feature; --charge tells where a line of the bill went.
Reads the DuckDB file that was built last. Exit code 1: what was explained does not add up; 2: no such thing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from decimal import Decimal, getcontext
from typing import Any

from rich.markup import escape

from commands.page import Page, warehouse

# Sums of money(), exact: Python's default context rounds to 28 digits.
getcontext().prec = 60
INTERMEDIATE, SEEDS = "main_intermediate", "main_seeds"
OWNERS = ("feature", "product", "team", "cost_center", "environment", "customer")
UNOWNED = ("Unallocated", "Prepaid")
# Parts of a Kubernetes node: their workload says who it is, idle and unobserved hours included.
NODE_LEVELS = ("workload", "idle", "unobserved")
# More of a JSON object would push the numbers off the page.
LONGEST_LABELS = 56


def plain(amount: Decimal | None) -> str:
    """An amount with all its digits, without zeros at the end."""
    whole, _, decimals = f"{amount or Decimal():f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def percent(part: Decimal, whole: Decimal) -> str:
    """A part of a whole; blank where there is no whole."""
    return f"{100 * part / whole:.4g} %" if whole else ""


class Explanation(Page):
    """What a feature's month is made of, and where a charge went."""

    def rule(self, rule_id: str | None) -> str:
        """A rule as its seed has it: the cells that are filled."""
        if rule_id is None:
            return "no rule"
        found = self.records(f"select * from {SEEDS}.virtual_tag_rules where trim(rule_id) = ?", [rule_id])
        if not found:
            return rule_id
        (cells,) = found
        skipped = ("rule_id", "tag", "priority", "value", "overrides", "note")
        filled = [
            f"{name} {value}" for name, value in cells.items() if value is not None and name not in skipped
        ]
        return f"{rule_id}: {cells['value']} where {', '.join(filled) or 'there is such a value'}"

    def adds_up(self, what: str, parts: list[Decimal], whole: Decimal) -> bool:
        """Print that the parts are the whole, with all digits; whether they are."""
        total = sum(parts, Decimal())
        sign = "=" if total == whole else "is NOT"
        told = (
            " + ".join(map(plain, parts))
            if len(parts) <= 3
            else f"{plain(total)}, the sum of all {len(parts)},"
        )
        self.say(f"{what}: {told or 0} {sign} {plain(whole)}")
        return total == whole

    def feature(self, feature: str, month: str, lines: int) -> int:
        """Explain a feature's effective cost of a month."""
        rows = self.records(
            """
            select * from fct_allocated_costs
            where lower(feature) = lower(?) and strftime(charge_date, '%Y-%m') = ?
            """,
            [feature.strip(), month],
        )
        if not rows:
            print(f'error: nothing was charged to the feature "{feature}" in {month}.', file=sys.stderr)
            return 2
        total = sum((row["effective_cost"] for row in rows), Decimal())
        currency = rows[0]["reporting_currency"]
        name = rows[0]["feature"]
        self.say(f"[bold]{escape(name)} costs {total:,.2f} {currency} in {month}[/bold] (effective cost)")
        direct = self.direct(name, month)
        shared, whole_pools = self.shared(name, month)
        followed = self.followed(name, month)
        self.largest(name, month, lines)
        self.say()
        fine = self.adds_up("Direct + shared + following", [direct, shared, followed], total)
        return 0 if fine and whole_pools else 1

    def direct(self, feature: str, month: str) -> Decimal:
        """What rules give to the feature, by rule and service."""
        rows = self.rows(
            """
            select rule_id, provider_name, service_name, sum(effective_cost)
            from fct_allocated_costs
            where feature = ? and strftime(charge_date, '%Y-%m') = ? and allocation_method = 'direct'
            group by all order by 4 desc
            """,
            [feature, month],
        )
        self.show("Directly, by rule", ["rule", "provider", "service", "effective"], rows)
        for rule_id in sorted({row[0] for row in rows if row[0]}):
            self.say(f"  {escape(self.rule(rule_id))}")
        return sum((row[3] for row in rows), Decimal())

    def shared(self, feature: str, month: str) -> tuple[Decimal, bool]:
        """What pools give to the feature, by way; and whether each pool's parts are its cost."""
        rows = self.records(
            """
            with mine as (
                select pool, allocation_path, allocation_method, driver, charge_date,
                    max(driver_quantity) as quantity, max(driver_total) as total, sum(effective_cost) as part
                from fct_allocated_costs
                where feature = ? and strftime(charge_date, '%Y-%m') = ? and pool is not null
                group by all
            )
            select pool, allocation_path, allocation_method, driver, sum(part) as part,
                arg_max(quantity, charge_date) as quantity, arg_max(total, charge_date) as total
            from mine group by all order by part desc
            """,
            [feature, month],
        )
        costs = {
            pool: (cost, allocated)
            for pool, cost, allocated in self.rows(
                f"""
                select coalesce(costs.shared_pool, parts.pool), costs.cost, parts.cost
                from (
                    select shared_pool, sum(effective_cost) as cost from {INTERMEDIATE}.int_costs__owned
                    where ownership = 'pool' and strftime(charge_date, '%Y-%m') = $1 group by 1
                ) as costs
                full join (
                    select pool, sum(effective_cost) as cost from fct_allocated_costs
                    where pool is not null and strftime(charge_date, '%Y-%m') = $1 group by 1
                ) as parts on costs.shared_pool = parts.pool
                """,
                [month],
            )
        }
        self.show(
            "Through shared pools (quantities of the last day)",
            ["way", "method", "driver", "quantity", "of", "pool cost", "share", "effective"],
            [
                (
                    row["allocation_path"],
                    row["allocation_method"],
                    row["driver"],
                    row["quantity"],
                    row["total"],
                    costs[row["pool"]][0],
                    percent(row["part"], costs[row["pool"]][0]),
                    row["part"],
                )
                for row in rows
            ],
        )
        fine = True
        for pool in sorted({row["pool"] for row in rows}):
            mine = sum((row["part"] for row in rows if row["pool"] == pool), Decimal())
            cost, allocated = costs[pool]
            what = f"  {escape(pool)}, {escape(feature)} + the others"
            fine &= self.adds_up(what, [mine, allocated - mine], cost)
        return sum((row["part"] for row in rows), Decimal()), fine

    def followed(self, feature: str, month: str) -> Decimal:
        """Tax, credits and adjustments of the usage that the feature has."""
        rows = self.rows(
            """
            select charge_category, provider_name, allocation_path, sum(effective_cost)
            from fct_allocated_costs
            where feature = ? and strftime(charge_date, '%Y-%m') = ? and allocation_method = 'follow'
            group by all order by 4 desc
            """,
            [feature, month],
        )
        if rows:
            columns = ["category", "provider", "in proportion to", "effective"]
            self.show("Following its usage", columns, rows)
        return sum((row[3] for row in rows), Decimal())

    def largest(self, feature: str, month: str, lines: int) -> None:
        """The largest bill lines behind it, to go on from."""
        rows = self.rows(
            f"""
            select charges.x_charge_id, charges.charge_date, days.ownership, charges.service_name,
                charges.effective_cost
            from {INTERMEDIATE}.int_allocation__charge_days as days
            inner join fct_charges as charges using (x_charge_id)
            where strftime(days.charge_date, '%Y-%m') = $2
                and (days.feature = $1 or days.shared_pool in (
                    select pool from fct_allocated_costs
                    where feature = $1 and strftime(charge_date, '%Y-%m') = $2
                ))
            group by all order by 5 desc, 1 limit {lines}
            """,
            [feature, month],
        )
        self.say("\n[bold]The largest bill lines behind it[/bold] (make explain CHARGE=…)")
        for charge, day, ownership, service, effective in rows:
            self.say(f"  {day}  {effective:>12,.2f}  {ownership:<6}  {escape(service or '')}")
            self.say(f"    {escape(charge)}")

    def charge(self, charge: str) -> int:
        """Explain where a line of the bill went."""
        found = self.records("select * from fct_charges where x_charge_id = ?", [charge.strip()])
        if not found:
            print(
                f'error: fct_charges has no x_charge_id "{charge}"; make explain FEATURE=… MONTH=… has some.',
                file=sys.stderr,
            )
            return 2
        (line,) = found
        self.say(f"[bold]{escape(line['service_provider_name'])}, {line['charge_date']}[/bold]")
        self.say(
            f"  {escape(str(line['charge_description'] or line['service_name']))}, {line['charge_category']}"
        )
        costs = ("billed_cost", "effective_cost", "list_cost")
        told = ", ".join(f"{name.split('_')[0]} {plain(line[name])}" for name in costs)
        self.say(f"  {told} {line['billing_currency']}")
        days = self.records(
            f"""
            select * from {INTERMEDIATE}.int_allocation__charge_days
            where x_charge_id = ? order by charge_date, part_units desc, tag_key
            """,
            [charge.strip()],
        )
        if days[0]["is_split"]:
            self.callers(charge.strip())
            # The rules are told for the largest part; `callers` has the others' labels.
            days = days[:1]
            self.say("\n[bold]The largest part[/bold]")
        self.attributes(days[0]["tag_key"])
        for day in days:
            if day is days[0] or day["owned_from"] != days[days.index(day) - 1]["owned_from"]:
                self.decisions(day)
        return self.parts(line)

    def callers(self, charge: str) -> None:
        """Who called, as the telemetry that split the line tells."""
        found = self.records(
            """
            select *, count(*) over () as parts from fct_attributed_charges
            where x_charge_id = ? order by effective_cost desc, usage_key limit 12
            """,
            [charge],
        )
        first = found[0]
        self.say(
            f"  billed {plain(first['billed_quantity'])}, seen {plain(first['seen_quantity'])} "
            f"({first['measured_in']}, by the {first['quantity_basis']})"
        )
        self.show(
            "Who called",
            ["told by", "level", "who", "weight", "share", "effective"],
            [
                (
                    row["telemetry_source"] or "nobody",
                    row["attribution_level"],
                    row["x_workload"]
                    if row["attribution_level"] in NODE_LEVELS
                    else labels(row["x_call_labels"]) or row["x_principal"] or row["x_api_key_id"],
                    row["claimed_quantity"],
                    f"{100 * row['allocation_share']:.4f} %",
                    f"{row['effective_cost']:.18f}",
                )
                for row in found
            ],
        )
        if first["parts"] > len(found):
            self.say(f"and {first['parts'] - len(found)} more in fct_attributed_charges")

    def attributes(self, tag_key: str) -> None:
        """What rules could look at."""
        (found,) = self.records("select * from dim_charge_attributes where tag_key = ?", [tag_key])
        skipped = re.compile("normalised_|label_|tag_key|charge_kind")
        filled = [
            (name, labels(value) if name == "labels" else str(value))
            for name, value in found.items()
            if value is not None and not skipped.match(name)
        ]
        self.show("What rules could look at", ["attribute", "value"], filled)

    def decisions(self, day: dict[str, Any]) -> None:
        """Which rule gave which tag on a day."""
        (found,) = self.records(
            f"""
            select matches.*, ownership.* from dim_ownership as ownership
            inner join {INTERMEDIATE}.int_ownership__matches as matches using (tag_key, valid_from)
            where tag_key = ? and valid_from = ?
            """,
            [day["tag_key"], day["owned_from"]],
        )
        rows = []
        if found["ownership"] == "pool":
            rows.append(("shared_pool", found["shared_pool"], self.rule(found["rule_shared_pool"])))
        for tag in OWNERS:
            by_rule = found.get(f"rule_{tag}_override") or found[f"rule_{tag}"]
            if tag in ("product", "team", "cost_center") and not found.get(f"rule_{tag}_override"):
                derived = found["value_feature"] if tag != "cost_center" else found["team"] not in UNOWNED
                why = (
                    f"{'teams' if tag == 'cost_center' else 'features'}.csv"
                    if derived
                    else self.rule(by_rule)
                )
            else:
                why = self.rule(by_rule)
            pooled = found["ownership"] == "pool" and tag in OWNERS[:4]
            if found["ownership"] == "follow":
                rows.append((tag, "", "as the usage it belongs to"))
            else:
                rows.append((tag, "" if pooled else found[tag], "as the pool's target" if pooled else why))
        self.say(f"\n[bold]Who owns it from {day['charge_date']} on[/bold]")
        for tag, value, why in rows:
            self.say(f"{tag:<12} {escape(value):<24} {escape(why)}")

    def parts(self, line: dict[str, Any]) -> int:
        """Who got how much of it, and that this is all of it."""
        rows = self.records(
            f"""
            select * from {INTERMEDIATE}.int_allocation__charge_parts
            where x_charge_id = ? order by effective_cost desc, part
            """,
            [line["x_charge_id"]],
        )
        currency = line["billing_currency"]
        if not rows:
            self.say(f"\nIt is owned as a whole: {plain(line['effective_cost'])} {currency} (effective).")
            return 0
        self.show(
            "Who gets it",
            ["way", "to", "method", "driver", "quantity", "share", "effective"],
            [
                (
                    row["allocation_path"] or "its own rules",
                    next((row[owner] for owner in OWNERS if row[owner] not in UNOWNED), "Unallocated"),
                    row["allocation_method"],
                    row["driver"],
                    row["driver_quantity"],
                    f"{100 * row['allocation_share']:.4f} %",
                    f"{row['effective_cost']:.18f}",
                )
                for row in rows
            ],
        )
        self.say()
        fine = [
            self.adds_up(f"The parts, {name.split('_')[0]}", [row[name] for row in rows], line[name])
            for name in ("billed_cost", "effective_cost")
        ]
        return 0 if all(fine) else 1


def labels(text: str | None) -> str:
    """A JSON object of labels as a person reads them; those that are null are left out."""
    found = json.loads(text) if text else {}
    told = ", ".join(f"{name}={value}" for name, value in found.items() if value is not None)
    return told if len(told) <= LONGEST_LABELS else f"{told[:LONGEST_LABELS]}…"


def main(arguments: list[str] | None = None) -> int:
    """Explain what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m commands.explain", description=__doc__.split("\n\n")[0])
    parser.add_argument("--feature", help="a feature, with --month")
    parser.add_argument("--month", help="YYYY-MM")
    parser.add_argument("--charge", help="an x_charge_id of fct_charges")
    parser.add_argument("--lines", type=int, default=5, help="how many bill lines to list (5)")
    options = parser.parse_args(arguments)
    if bool(options.charge) == bool(options.feature):
        parser.error("say either --charge, or --feature and --month")
    if options.feature and not re.fullmatch(r"\d{4}-\d{2}", options.month or ""):
        parser.error(f'--month is "{options.month or ""}"; write it like 2026-02')
    with warehouse() as connection:
        explanation = Explanation(connection, width=132)
        if options.charge:
            return explanation.charge(options.charge)
        return explanation.feature(options.feature, options.month, options.lines)


if __name__ == "__main__":
    sys.exit(main())
