"""What every owner pays: the section "Shared-cost allocation" of the architecture in fractions.

Pools are chains of probabilities here, and systems of linear equations that are solved exactly. The digits
that the architecture fixes are kept (days of a charge or a driver's total are cut as the split cuts them,
quantities weigh to 12 decimals); everything else is a fraction.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from datetime import timedelta
from fractions import Fraction

from cell_language import normalised
from world_ownership import (
    PREPAID,
    UNALLOCATED,
    Ownership,
    Seeds,
    cell_holds,
    day_of,
    days_of,
    in_even_parts,
    units,
)

WEIGHT = 10**6  # units of money in a unit of weight: quantities weigh to 12 decimals
IGNORED = "ignored_by_decision"
NOBODY = (UNALLOCATED,) * 4
OWNERS = ("feature", "product", "team", "cost_center")
PARTITIONS = {
    "provider": "provider",
    "billing_account": "billing_account_id",
    "sub_account": "sub_account_id",
    "service": "service_name",
}
KEY = (
    "charge_date",
    "billing_period_start",
    "provider_name",
    "billing_account_id",
    "sub_account_id",
    "service_name",
    "charge_category",
    "billing_currency",
    "pool",
    "allocation_method",
    "rule_id",
    "environment",
    "feature",
    "product",
    "team",
    "cost_center",
    "customer",
)
SOURCE = KEY[:8]


def weight_of(quantity):
    """What a quantity in units of 10^-18 weighs; a sum below zero weighs nothing."""
    return max(quantity, 0) // WEIGHT


def window_of(name, day):
    """The first and last day of a weight window as seen from a day."""
    month = day.replace(day=1)
    if name == "month":
        return month, (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if name == "previous_month":
        last = month - timedelta(days=1)
        return last.replace(day=1), last
    if name.startswith("trailing_"):
        return day - timedelta(days=int(name.removeprefix("trailing_"))), day - timedelta(days=1)
    return day, day


def share_of(text):
    """A share as seeds write it: 0.25, 25% or 1/3."""
    if "/" in text:
        top, bottom = text.split("/")
        return Fraction(top.strip()) / Fraction(bottom.strip())
    return Fraction(text.replace("%", "").strip()) / (100 if "%" in text else 1)


def divided(weights):
    """Weights as shares of their sum; None where they weigh nothing."""
    total = sum(weights.values())
    return {target: Fraction(weight) / total for target, weight in weights.items()} if total else None


def solved(matrix, constants):
    """The solution of a linear system, by elimination; the rows are changed."""
    rows = [[*row, constant] for row, constant in zip(matrix, constants, strict=True)]
    for column in range(len(rows)):
        pivot = next(number for number in range(column, len(rows)) if rows[number][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for number, row in enumerate(rows):
            if number != column and row[column]:
                rows[number] = [
                    value - row[column] * lead for value, lead in zip(row, rows[column], strict=True)
                ]
    return [row[-1] for row in rows]


class Allocation:
    """All lines of a universe, divided. decided counts for each world what decided an outcome in it."""

    def __init__(self, seed_rows, lines, variables=None):
        self.lines, self.variables = (
            lines,
            {"reporting_currency": "USD", "carry_forward_days": 62} | (variables or {}),
        )
        self.seeds = Seeds(seed_rows)
        self.ownership = Ownership(self.seeds, lines)
        self.decided = defaultdict(set)
        self._memory = {}
        self.rates = defaultdict(list)
        for row in sorted(seed_rows["exchange_rates"], key=lambda row: row["valid_from"]):
            self.rates[row["currency"].strip()].append((day_of(row["valid_from"]), Fraction(row["rate"])))
        self.drivers = self._driver_days()
        self.direct = self._direct_costs()
        self._dates = _WhatDatesDecided(self)
        self.rows = self._allocated()
        self._dates.finish()

    # money and what weighs

    def rate(self, currency, day):
        """Units of the reporting currency for one of a currency: the newest rate that has started."""
        if currency == self.variables["reporting_currency"]:
            return 1
        return [rate for start, rate in self.rates[currency] if start <= day][-1]

    def amounts(self, line, day):
        """The four costs of a line on a day, in the reporting currency and in its own."""
        native = line.costs[day]
        rate = self.rate(line.raw["billing_currency"], day)
        return tuple(cost * rate for cost in native) + native

    def attribute(self, line, day, per):
        """The value of a line within which weights are taken."""
        if per in ("environment", "customer"):
            return getattr(self.ownership.owned(line, day), per)
        if per == "provider":
            return line.provider or ""
        return line.raw.get(PARTITIONS.get(per)) or ""

    def _driver_days(self):
        """By driver: its quantities in units, sorted by day."""
        days = defaultdict(list)
        for row in self.seeds.rows["driver_quantities"]:
            covered = days_of(day_of(row["period_start"]), day_of(row["period_end"]) - timedelta(days=1))
            quantity = units(row["quantity"])
            is_total = row["kind"].strip().lower() == "total"
            parts = in_even_parts(quantity, len(covered)) if is_total else [quantity] * len(covered)
            for day, part in zip(covered, parts, strict=True):
                target = (row["target_type"], row["target"])
                days[row["driver"]].append((day, target, row["customer"], part, row["kind"]))
        return {driver: sorted(rows, key=lambda row: row[0]) for driver, rows in days.items()}

    def _direct_costs(self):
        """What weighs under method cost, sorted by day."""
        costs = []
        for line in self.lines:
            if line.raw["charge_category"] not in ("Usage", "Purchase"):
                continue
            for day in line.days:
                owned = self.ownership.owned(line, day)
                if owned.ownership != "direct":
                    continue
                for tag in ("feature", "team", "product"):
                    if getattr(owned, tag) not in (UNALLOCATED, PREPAID):
                        costs.append((day, (tag, getattr(owned, tag)), line, self.amounts(line, day)[1]))
                        break
        return sorted(costs, key=lambda cost: cost[0])

    @staticmethod
    def _within(rows, first, last):
        since = bisect_left(rows, first, key=lambda row: row[0])
        return rows[since : bisect_right(rows, last, key=lambda row: row[0])]

    def quantities(self, method, rule, window, partition):
        """Per target the sum in a window, within a partition; below zero is for the caller to see."""
        key = ("quantities", method, rule["driver"], rule["scope"], rule["per"], window, partition)
        if key in self._memory:
            return self._memory[key]
        sums, per = Counter(), rule["per"]
        if method == "usage":
            for _, target, customer, quantity, _ in self._within(
                self.drivers.get(rule["driver"], []), *window
            ):
                if not per or (customer if per == "customer" else "") == partition:
                    sums[target] += quantity
        else:
            for day, target, line, cost in self._within(self.direct, *window):
                if per and self.attribute(line, day, per) != partition:
                    continue
                if self.ownership.scope_holds(rule["scope"], line):
                    sums[target] += cost
        self._memory[key] = sums
        return sums

    # who weighs in a pool

    def listed(self, pool, day):
        """Targets that fixed_shares.csv lists for a pool on a day, with their shares (None where blank)."""
        key = ("listed", pool, day)
        if key not in self._memory:
            self._memory[key] = {
                (row["target_type"], row["target"]): share_of(row["share"]) if row["share"] else None
                for row in self.seeds.valid_rows("fixed_shares", day)
                if normalised(row["pool"]) == normalised(pool)
            }
        return self._memory[key]

    def valid(self, target, day):
        """Whether a target may get a share on a day."""
        if target[0] == "pool":
            return self.seeds.pool(target[1], day) is not None
        return self.owners_of(target, day) is not None

    def owners_of(self, target, day):
        """Feature, product, team and cost center of a target on a day; None where it is not valid."""
        kind, name = target
        if kind == "feature":
            row = self.seeds.feature(name, day)
            if not row:
                return None
            return row["feature"], row["product"], row["team"], self.seeds.cost_center_of(row["team"], day)
        if kind == "team" and self.seeds.team(name, day):
            return UNALLOCATED, UNALLOCATED, name, self.seeds.cost_center_of(name, day)
        seed = {"product": "features", "cost_center": "teams"}.get(kind)
        if seed and any(row[kind] == name for row in self.seeds.valid_rows(seed, day)):
            return tuple(name if tag == kind else UNALLOCATED for tag in OWNERS)
        return None

    def attempt(self, method, rule, day, seen_from, partition, decided):
        """The weights that a method leaves on a day, as seen from this or an earlier day."""
        if method in ("usage", "cost"):
            sums = self.quantities(
                method, rule, window_of(rule["weight_window"] or "day", seen_from), partition
            )
            if method == "usage" and any(quantity < 0 for quantity in sums.values()):
                decided.add("a negative sum of a driver")
            found = {target: weight_of(quantity) for target, quantity in sums.items()}
        elif method == "fixed":
            listed = self.listed(rule["pool"], seen_from)
            found = {target: share for target, share in listed.items() if share is not None}
        else:
            listed = self.listed(rule["pool"], seen_from)
            features = {("feature", row["feature"]) for row in self.seeds.valid_rows("features", seen_from)}
            found = dict.fromkeys(listed or features, 1)
        weights = {}
        for target, weight in found.items():
            if weight <= 0:
                continue
            if rule["exclude"] and cell_holds(rule["exclude"], (target[1],)):
                decided.add("exclude, a pool" if target[0] == "pool" else "exclude")
            elif not self.valid(target, day):
                decided.add("a target that is not valid")
            else:
                weights[target] = weight
        return weights

    def shares(self, rule, day, partition):
        """How a pool divides on a day: the method to name, the share of each target, and what decided it."""
        key = ("shares", id(rule), day, partition)
        if key not in self._memory:
            self._memory[key] = self._shares(rule, day, partition)
        return self._memory[key]

    def _shares(self, rule, day, partition):
        decided, fallback = set(), rule["fallback_method"] or "unallocated"
        method, label = rule["method"], rule["method"]
        weights = self.attempt(method, rule, day, day, partition, decided)
        seen_from = day
        if not weights:
            decided, label = set(), f"fallback:{fallback}"
            if fallback == "carry_forward":
                for back in range(1, self.variables["carry_forward_days"] + 1):
                    seen_from = day - timedelta(days=back)
                    if weights := self.attempt(method, rule, day, seen_from, partition, decided):
                        decided |= self._another_day(method, rule, day, seen_from, partition, weights)
                        break
            elif fallback != "unallocated":
                method = fallback
                weights = self.attempt(method, rule, day, day, partition, decided)
        if not weights:
            return "fallback:unallocated", None, {"fallback:unallocated"}
        decided |= {label, *self._what_decided(method, rule, day, seen_from, partition, weights)}
        return label, divided(weights), decided

    def _another_day(self, method, rule, day, seen_from, partition, weights):
        """Whether a day further back would have left other weights than the latest does."""
        for back in range(1, (seen_from - day).days + self.variables["carry_forward_days"] + 1):
            before = seen_from - timedelta(days=back)
            others = self.attempt(method, rule, day, before, partition, set())
            if others and divided(others) != divided(weights):
                return {"carried from the latest day"}
        return set()

    def _what_decided(self, method, rule, day, seen_from, partition, weights):
        """What of a pool's settings its weights would be others without."""
        if any(kind == "pool" for kind, _ in weights):
            yield "a pool as target"
        for kind, _ in weights:
            yield f"target {kind}"
        if method == "even":
            yield "even, listed" if self.listed(rule["pool"], seen_from) else "even, none listed"
        if method not in ("usage", "cost"):
            return
        ours = divided(weights)

        def otherwise(**changes):
            other = {**rule, **changes}
            within = partition if other["per"] else ""
            return divided(self.attempt(method, other, day, seen_from, within, set())) != ours

        window = rule["weight_window"] or "day"
        if otherwise(weight_window="month" if window == "day" else "day"):
            yield f"window {window.partition('_')[0] if window.startswith('trailing') else window}"
        if rule["per"] and otherwise(per=""):
            yield "per"
        if method == "cost" and rule["scope"] and otherwise(scope=""):
            yield "scope"
        if method == "usage":
            yield f"kind {self.drivers[rule['driver']][0][4]}"
            if rule["per"] == "customer":
                yield "a driver by customer"

    # pools that pay into pools

    def resolved(self, pool, line, day):
        """Where the cost of a pool ends: method of the last pool, four owners, share; and what decided it."""
        around = tuple(self.attribute(line, day, per) for per in ("environment", "customer", *PARTITIONS))
        key = ("resolved", pool, day, around)
        if key not in self._memory:
            self._memory[key] = self._resolved(pool, line, day)
        return self._memory[key]

    def _resolved(self, origin, line, day):
        decided, exits, edges = set(), {}, {}
        ahead = [origin]
        while ahead:
            pool = ahead.pop()
            if pool in exits:
                continue
            exits[pool], edges[pool] = [], {}
            rule = self.seeds.pool(pool, day)
            if rule is None:
                exits[pool].append(("fallback:unallocated", NOBODY, Fraction(1)))
                decided.add("a pool without a rule")
                continue
            if rule["method"] == IGNORED:
                exits[pool].append((IGNORED, (IGNORED,) * 4, Fraction(1)))
                decided.add(IGNORED)
                continue
            partition = self.attribute(line, day, rule["per"]) if rule["per"] else ""
            method, shares, why = self.shares(rule, day, partition)
            decided |= why
            self._dates.visited(line, day, pool, rule, method)
            if shares is None:
                exits[pool].append((method, NOBODY, Fraction(1)))
                continue
            for target, share in shares.items():
                if target[0] == "pool":
                    name = self.seeds.known["shared_pool"][normalised(target[1])]
                    edges[pool][name] = share
                    ahead.append(name)
                else:
                    exits[pool].append((method, self.owners_of(target, day), share))
        return self._ends(origin, exits, edges, decided)

    @staticmethod
    def _ends(origin, exits, edges, decided):
        """Absorption: how often each pool is passed on the way, and what leaves from there."""
        leading_out = {pool for pool, out in exits.items() if out}
        while more := {
            pool for pool in exits if pool not in leading_out and leading_out & edges[pool].keys()
        }:
            leading_out |= more
        inside = sorted(leading_out)
        closed = Fraction(0)
        ends = defaultdict(Fraction)
        if origin not in leading_out:
            closed = Fraction(1)
        else:
            matrix = [
                [Fraction(int(one == other)) - edges[other].get(one, 0) for other in inside] for one in inside
            ]
            visits = solved(matrix, [Fraction(int(pool == origin)) for pool in inside])
            for pool, passed in zip(inside, visits, strict=True):
                for method, owners, share in exits[pool]:
                    ends[method, owners] += passed * share
                closed += passed * sum(
                    share for name, share in edges[pool].items() if name not in leading_out
                )
                if passed and pool != origin and exits[pool]:
                    decided.add("a chain of pools")
                if passed and edges[pool].get(pool):
                    decided.add("a pool that pays itself")
                if passed and any(pool in _reached(name, edges) for name in edges[pool] if name != pool):
                    decided.add("reciprocal pools")
        if closed:
            decided.add("a closed cycle of pools")
            ends["fallback:unallocated", NOBODY] += closed
        assert sum(ends.values()) == 1
        return [(method, owners, share) for (method, owners), share in ends.items() if share], decided

    # everything together

    def _allocated(self):
        rows = defaultdict(lambda: [Fraction(0)] * 8)
        following = []
        for line in self.lines:
            for day in line.days:
                owned = self.ownership.owned(line, day)
                amounts = self.amounts(line, day)
                if owned.ownership == "follow":
                    following.append((line, day, amounts))
                    continue
                decided = set()
                if owned.ownership == "pool":
                    ends, decided = self.resolved(owned.pool, line, day)
                else:
                    owners = tuple(getattr(owned, tag) for tag in OWNERS)
                    ends = [("direct", owners, Fraction(1))]
                for method, owners, share in ends:
                    key = self._key(
                        line,
                        day,
                        owned.pool,
                        method,
                        owned.rule_id,
                        (owned.environment, *owners, owned.customer),
                    )
                    rows[key] = [
                        total + amount * share for total, amount in zip(rows[key], amounts, strict=True)
                    ]
                if any(amounts):
                    self.decided[line.world] |= decided
                    self._dates.owned(line, day, owned, ends)
                    self._tell(line, day, owned, amounts)
        self._follow(following, rows)
        return rows

    @staticmethod
    def _key(line, day, pool, method, rule_id, owners):
        raw = line.raw
        period = day_of(raw["billing_period_start"]) if raw["billing_period_start"] else None
        account, sub_account = raw["billing_account_id"], raw["sub_account_id"]
        source = (
            day,
            period,
            line.provider,
            account,
            sub_account,
            raw["service_name"],
            raw["charge_category"],
        )
        return (*source, raw["billing_currency"], pool, method, rule_id, *owners)

    def _follow(self, following, rows):
        """Tax, credits and adjustments take the owners of the usage that they belong to."""
        levels = [Counter(), Counter(), Counter()]
        places = (lambda source: source, lambda source: source[:4], lambda source: source[:3])
        weights = [defaultdict(Counter) for _ in levels]
        for key, amounts in rows.items():
            if key[6] == "Usage":
                source = (
                    key[2],
                    key[3],
                    key[1],
                    key[4],
                    key[5],
                )  # provider, account, period, sub account, service
                for level, place in enumerate(places):
                    weights[level][place(source)][key[11:17]] += amounts[1]
        for line, day, amounts in following:
            key = self._key(line, day, None, "follow", None, ())
            source = (key[2], key[3], key[1], key[4], key[5])
            shares, level = None, 0
            for level, place in enumerate(places):
                owners = weights[level].get(place(source), {})
                if shares := divided({owner: weight_of(quantity) for owner, quantity in owners.items()}):
                    break
            if any(amounts):
                said = ("service", "sub account", "billing account")[level] if shares else "nothing"
                self.decided[line.world].add(f"follow by {said}")
                if any(amount < 0 for owner, amount in owners.items()) and shares:
                    self.decided[line.world].add("follow: an owner below zero")
            for owner, share in (shares or {(UNALLOCATED,) * 6: Fraction(1)}).items():
                whole = (*key, *owner)
                rows[whole] = [
                    total + amount * share for total, amount in zip(rows[whole], amounts, strict=True)
                ]

    def _tell(self, line, day, owned, amounts):
        """What decided the owner of an amount."""
        decided, ownership = self.decided[line.world], self.ownership
        if len(line.days) > 1:
            decided.add("a charge over several days")
        if line.kind == "prepaid":
            decided.add("prepaid" if owned.feature == PREPAID else "prepaid, owned by a rule")
        if line.kind == "adjusting":
            decided.add("adjusting, owned by a rule")
        if line.raw["billing_currency"] != self.variables["reporting_currency"]:
            decided.add("another currency")
        if owned.ownership == "pool" and amounts[1] < 0:
            decided.add("a negative amount in a pool")
        winners = {}
        for tag in ("feature", "shared_pool", "environment", "customer", "product", "team", "cost_center"):
            for overriding in (True, False) if tag in ("product", "team", "cost_center") else (False,):
                winners[tag, overriding] = ownership.first_rule(line, day, tag, overriding)[0]
        if winners["feature", False] and winners["shared_pool", False]:
            one, other = (int(winners[tag, False]["priority"]) for tag in ("feature", "shared_pool"))
            decided.add(
                "a feature and a pool of one priority" if one == other else f"{owned.ownership} by priority"
            )
        for tag in ("product", "team", "cost_center"):
            if owned.ownership == "direct" and winners[tag, True]:
                decided.add("an override")
        decided |= {said for rule in winners.values() if rule for said in self._cells(rule)}
        if owned.feature not in (UNALLOCATED, PREPAID) and not self.seeds.feature(owned.feature, day):
            decided.add("an owner that is not valid")

    @staticmethod
    def _cells(rule):
        cells = [
            rule[cell]
            for cell in (*PARTITIONS, "sku", "resource", "region", "description", "label")
            if rule[cell]
        ]
        cells += [rule[cell] for cell in ("resource_type", "charge_class", "commitment_status") if rule[cell]]
        for sign, said in {"*": "glob", "?": "glob", "~": "regular expression", "<none>": "<none>"}.items():
            if any(sign in cell for cell in cells):
                yield f"cell: {said}"
        if any(cell.startswith("!") or "=!" in cell for cell in cells):
            yield "cell: negation"
        if any("|" in cell for cell in cells):
            yield "cell: alternatives"
        for cell in ("label", "if_tag"):
            if rule[cell]:
                yield f"cell: {cell}"
        if "{" in rule["value"]:
            yield "value: lookup" if "lookup:" in rule["value"] else "value: template"


def _reached(start, edges):
    """The pools that a pool pays into, itself and directly or not."""
    reached, ahead = set(), [start]
    while ahead:
        pool = ahead.pop()
        if pool not in reached:
            reached.add(pool)
            ahead.extend(edges[pool])
    return reached


class _WhatDatesDecided:
    """Where another day of the same world would have given another owner."""

    def __init__(self, allocation):
        self.allocation = allocation
        self.charged = defaultdict(set)
        self.features, self.teams = defaultdict(set), defaultdict(set)
        self.pools = defaultdict(set)

    def owned(self, line, day, owned, ends):
        """An amount has this owner."""
        ownership = self.allocation.ownership
        self.charged[line.world].add(day)
        if ownership.owned(line, day, dated=False) != owned:
            self.allocation.decided[line.world].add("dated rules")
        for _, owners, _ in ends:
            self.features[line.world].add(owners[0])
            self.teams[line.world].add(owners[2])

    def visited(self, line, day, pool, rule, method):
        """A pool is passed on a day."""
        self.pools[line.world, pool].add(
            (day, id(rule), method.removeprefix("fallback:") in ("fixed", "even"))
        )

    def finish(self):
        """Compare each world's days with each other."""
        seeds, decided = self.allocation.seeds, self.allocation.decided
        for world, days in self.charged.items():
            for name, seen, row_on in (
                ("dated features", self.features[world], seeds.feature),
                ("dated teams", self.teams[world], seeds.team),
            ):
                if any(
                    len({id(row_on(owner, day)) for day in days}) > 1
                    for owner in seen
                    if owner in _known(seeds)
                ):
                    decided[world].add(name)
        for (world, pool), seen in self.pools.items():
            if len({rule for _, rule, _ in seen}) > 1:
                decided[world].add("dated pools")
            if len({tuple(self.allocation.listed(pool, day).items()) for day, _, fixed in seen if fixed}) > 1:
                decided[world].add("dated shares")


def _known(seeds):
    return {*seeds.known["feature"].values(), *seeds.known["team"].values()}


def summed(rows, columns):
    """Sums of rows by some columns of their key."""
    sums = {}
    positions = [KEY.index(column) for column in columns]
    for key, amounts in rows.items():
        group = tuple(key[position] for position in positions)
        sums[group] = [
            total + amount for total, amount in zip(sums.get(group, (0,) * 8), amounts, strict=True)
        ]
    return sums
