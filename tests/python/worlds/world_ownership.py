"""Who owns a bill line on a day: the section "Virtual tags" of the architecture, rule by rule.

Nothing here is taken from our SQL. It reads seeds as their CSVs have them, rows of text, and lines as they
are in raw_focus.cost_and_usage.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise

from cell_language import matches, normalised, split

COSTS = ("billed_cost", "effective_cost", "contracted_cost", "list_cost")
# The last place of money(): every amount is an integer of these, or a fraction of them after a split.
UNITS = 10**18
UNALLOCATED, PREPAID = "Unallocated", "Prepaid"
DERIVED = ("product", "team", "cost_center")
# What the cells of a rule look at, as columns of a FOCUS file: the id, and the name where there is one.
# A FOCUS file says nothing of models, keys, principals, gateways and workloads.
ATTRIBUTES = {
    "provider": ("provider",),
    "billing_account": ("billing_account_id", "billing_account_name"),
    "sub_account": ("sub_account_id", "sub_account_name"),
    "service": ("service_name",),
    "sku": ("sku_id", "sku_meter"),
    "resource": ("resource_id", "resource_name"),
    "resource_type": ("resource_type",),
    "region": ("region_id", "region_name"),
    "charge_category": ("charge_category",),
    "charge_class": ("charge_class",),
    "description": ("charge_description",),
    "commitment_status": ("commitment_discount_status",),
    "model": (),
    "service_tier": (),
    "api_key": (),
    "principal": (),
    "gateway": (),
    "workload": (),
}


def units(text):
    """An amount as an integer of 10^-18, rounded as staging does where a provider gives more decimals."""
    return round(Fraction(text or 0) * UNITS)


def in_even_parts(amount, count):
    """The split with equal weights: cut at cumulative shares of 18 digits, toward zero."""
    cuts = [0]
    for number in range(1, count + 1):
        cut = abs(amount) * (number * UNITS // count) // UNITS
        cuts.append(cut if amount >= 0 else -cut)
    return [until - since for since, until in pairwise(cuts)]


def days_of(first, last):
    """The days from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def holds(row, day):
    """Whether a dated row is valid on a day: from valid_from on, before valid_to."""
    return day_of(row["valid_from"] or "0001-01-01") <= day < day_of(row["valid_to"] or "9999-12-31")


@cache
def day_of(text):
    """A date as seeds and FOCUS files write it."""
    return date.fromisoformat(text[:10])


@cache
def cell_holds(cell, values):
    """Whether a cell holds for an attribute with these values."""
    return matches(cell, values)


def pairs(cell):
    """The key=pattern pairs of a label, if_tag or scope cell."""
    for part in split(cell, ";"):
        if part.strip():
            key, pattern = part.split("=", 1)
            yield key.strip(), pattern


@dataclass(eq=False)
class Line:
    """A bill line: the row of the FOCUS file, and the world that it is from."""

    world: int
    raw: dict

    @cached_property
    def provider(self):
        return self.raw["service_provider_name"] or self.raw["provider_name"]

    @cached_property
    def kind(self):
        """What the line is to ownership."""
        category = self.raw["charge_category"]
        if category in ("Tax", "Credit", "Adjustment"):
            return "adjusting"
        if category == "Purchase" and units(self.raw["effective_cost"]) == 0:
            return "prepaid"
        return "ordinary"

    @cached_property
    def days(self):
        """The days that the charge period covers, by its start and the first moment after it."""
        first = day_of(self.raw["charge_period_start"])
        end = self.raw["charge_period_end"]
        if not end:
            return [first]
        at_midnight = end[11:19] in ("", "00:00:00")
        last = day_of(end) - timedelta(days=1) if at_midnight else day_of(end)
        return days_of(first, max(first, last))

    @cached_property
    def costs(self):
        """For each day of the line, its four costs in units of the billing currency."""
        spread = [in_even_parts(units(self.raw[cost]), len(self.days)) for cost in COSTS]
        return dict(zip(self.days, zip(*spread, strict=True), strict=True))

    @cached_property
    def tags(self):
        """The line's tags as text; null, blank, objects and arrays are absent."""
        said = json.loads(self.raw["tags"]) if self.raw["tags"] else {}
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in said.items()
            if value is not None and not isinstance(value, dict | list)
        }
        return {key: text for key, text in texts.items() if text.strip()}


@dataclass(frozen=True)
class Owned:
    """Who owns a line on a day, before pools are divided."""

    ownership: str
    pool: str | None
    rule_id: str | None
    environment: str
    feature: str
    product: str
    team: str
    cost_center: str
    customer: str


class Seeds:
    """The seeds, and what they say of an owner on a day."""

    def __init__(self, rows):
        self.rows = rows
        self.known = {
            "feature": self._spellings(("features", "feature")),
            "product": self._spellings(("features", "product")),
            "team": self._spellings(("teams", "team"), ("features", "team")),
            "cost_center": self._spellings(("teams", "cost_center")),
            "shared_pool": self._spellings(("shared_cost_pools", "pool")),
        }
        self._named = {}
        for seed, name in (("features", "feature"), ("teams", "team"), ("shared_cost_pools", "pool")):
            for row in rows[seed]:
                self._named.setdefault((seed, normalised(row[name])), []).append(row)
        self._answers = {}

    def _spellings(self, *columns):
        texts = {
            row[column].strip() for seed, column in columns for row in self.rows[seed] if row[column].strip()
        }
        return {normalised(text): text for text in sorted(texts, reverse=True)}

    def _on(self, seed, name, day):
        key = (seed, name, day)
        if key not in self._answers:
            found = [row for row in self._named.get((seed, normalised(name)), []) if holds(row, day)]
            assert len(found) < 2, f"{seed} has two rows for {name} on {day}: no world may"
            self._answers[key] = found[0] if found else None
        return self._answers[key]

    def feature(self, name, day):
        """The row of a feature that holds on a day, or None."""
        return self._on("features", name, day)

    def team(self, name, day):
        """The row of a team that holds on a day, or None."""
        return self._on("teams", name, day)

    def pool(self, name, day):
        """The row of a pool that holds on a day, or None."""
        return self._on("shared_cost_pools", name, day)

    def valid_rows(self, seed, day):
        """The rows of a dated seed that hold on a day."""
        key = (seed, day)
        if key not in self._answers:
            self._answers[key] = [row for row in self.rows[seed] if holds(row, day)]
        return self._answers[key]

    def cost_center_of(self, team, day):
        """What a team pays from on a day."""
        row = self.team(team, day)
        return row["cost_center"] if row else UNALLOCATED


class Ownership:
    """The rules over all lines of a universe."""

    def __init__(self, seeds, lines):
        self.seeds, self.lines = seeds, lines
        rules = sorted(
            seeds.rows["virtual_tag_rules"], key=lambda rule: (int(rule["priority"]), rule["rule_id"])
        )
        self.ladders = {}
        for rule in rules:
            overriding = rule["overrides"].strip().lower() == "yes"
            self.ladders.setdefault((rule["tag"], overriding), []).append(rule)
        self._cells = {
            rule["rule_id"]: [(cell, rule[cell]) for cell in ATTRIBUTES if rule[cell]] for rule in rules
        }
        self._names = self._newest_names()
        self._values, self._candidates, self._owned = {}, {}, {}

    def _newest_names(self):
        """The latest known name of every id, by the last day of the lines that gave it."""
        seen = {}
        for line in self.lines:
            for columns in ATTRIBUTES.values():
                if len(columns) == 2 and line.raw[columns[0]] and line.raw[columns[1]]:
                    key = (line.provider, columns[0], line.raw[columns[0]])
                    seen.setdefault(key, []).append((line.days[-1], line.raw[columns[1]]))
        for key, names in seen.items():
            newest = {name for day, name in names if day == max(names)[0]}
            assert len(newest) == 1, f"{key} has two newest names, {newest}: no world may"
        return {key: max(names)[1] for key, names in seen.items()}

    def values(self, line, attribute):
        """What a cell looks at: the id and the newest name, or the one value."""
        key = (line, attribute)
        if key not in self._values:
            self._values[key] = self._read_values(line, attribute)
        return self._values[key]

    def _read_values(self, line, attribute):
        columns = ATTRIBUTES[attribute]
        if attribute == "provider":
            return (line.provider,)
        values = [line.raw[column] for column in columns]
        if len(columns) == 2 and values[0]:
            values[1] = self._names.get((line.provider, columns[0], values[0]))
        return tuple(values) or (None,)

    def label(self, line, key):
        """A label after label_keys.csv has joined its spellings."""
        if key in line.tags:
            return line.tags[key]
        for spelling in self.seeds.rows["label_keys"]:
            of_provider = not spelling["provider"] or normalised(spelling["provider"]) == normalised(
                line.provider
            )
            if spelling["key"] == key and of_provider and spelling["raw_key"] in line.tags:
                return line.tags[spelling["raw_key"]]
        return None

    def cells_hold(self, rule, line):
        """Whether a rule matches a line by everything but days, other tags and templates."""
        if line.kind != "ordinary" and not rule["charge_category"]:
            return False
        for cell, pattern in self._cells[rule["rule_id"]]:
            if not cell_holds(pattern, self.values(line, cell)):
                return False
        return self._pairs_hold(rule["label"], lambda key: self.label(line, key))

    def _pairs_hold(self, cell, look_up):
        cell = cell.strip()
        negated = cell.startswith("!")
        hold = all(cell_holds(pattern, (look_up(key),)) for key, pattern in pairs(cell.removeprefix("!")))
        return hold != negated

    def scope_holds(self, scope, line):
        """Whether a line is within the scope of a pool."""
        return all(
            cell_holds(
                pattern,
                (self.label(line, cell[6:]),) if cell.startswith("label:") else self.values(line, cell),
            )
            for cell, pattern in pairs(scope)
        )

    def first_rule(self, line, day, tag, overriding=False, dated=True):
        """The winning rule of a ladder and the value that it gives, or (None, None)."""
        key = (id(line), tag, overriding)
        if key not in self._candidates:
            rules = self.ladders.get((tag, overriding), ())
            self._candidates[key] = [rule for rule in rules if self.cells_hold(rule, line)]
        for rule in self._candidates[key]:
            if dated and not holds(rule, day):
                continue
            if rule["if_tag"] and not self._pairs_hold(
                rule["if_tag"], lambda asked: self.decided(line, day, asked, dated)
            ):
                continue
            value = self.value(rule, line, day)
            if value is not None:
                return rule, value
        return None, None

    def decided(self, line, day, tag, dated=True):
        """A tag as rules give it: overrides first."""
        _, value = self.first_rule(line, day, tag, True, dated)
        return value if value is not None else self.first_rule(line, day, tag, False, dated)[1]

    def value(self, rule, line, day):
        """What a rule gives a line, or None where a reference is absent or the owner unknown."""
        text = rule["value"].strip()
        pieces = re.split(r"\{([^{}]+)\}", text)
        known = self.seeds.known.get(rule["tag"])
        if len(pieces) == 1:
            return text if known is None else known[normalised(text)]
        filled = ""
        for number, piece in enumerate(pieces):
            found = self._reference(piece, line, day) if number % 2 else piece
            if found is None or (number % 2 and not found.strip()):
                return None
            filled += found.strip() if number % 2 else found
        return filled if known is None else known.get(normalised(filled))

    def _reference(self, reference, line, day):
        if reference.startswith("label:"):
            return self.label(line, reference[6:])
        if reference.startswith("lookup:"):
            _, name, attribute = reference.split(":")
            asked = self._reference(attribute, line, day)
            for row in self.seeds.rows["lookups"]:
                same = asked is not None and normalised(row["key"]) == normalised(asked)
                if same and row["lookup_name"] == name and holds(row, day):
                    return row["value"]
            return None
        if reference.endswith("_name"):
            return self.values(line, reference.removesuffix("_name"))[1]
        return self.values(line, reference)[0]

    def owned(self, line, day, dated=True):
        """Who owns a line on a day."""
        key = (id(line), day, dated)
        if key not in self._owned:
            self._owned[key] = self._decide(line, day, dated)
        return self._owned[key]

    def _decide(self, line, day, dated):
        feature_rule, feature = self.first_rule(line, day, "feature", dated=dated)
        pool_rule, pool = self.first_rule(line, day, "shared_pool", dated=dated)
        _, environment = self.first_rule(line, day, "environment", dated=dated)
        _, customer = self.first_rule(line, day, "customer", dated=dated)
        around = {"environment": environment or UNALLOCATED, "customer": customer or UNALLOCATED}
        if pool_rule and not (feature_rule and int(feature_rule["priority"]) < int(pool_rule["priority"])):
            nobody = dict.fromkeys(("feature", *DERIVED), UNALLOCATED)
            return Owned("pool", pool, pool_rule["rule_id"], **nobody, **around)
        given = {tag: self._given(line, day, tag, dated) for tag in DERIVED}
        row = self.seeds.feature(feature, day) if feature else None
        owners = {"feature": feature}
        for tag in ("product", "team"):
            override, plain = given[tag]
            derived = (row[tag] if row else UNALLOCATED) if feature else plain
            owners[tag] = derived if override is None else override
        override, plain = given["cost_center"]
        derived = self.seeds.cost_center_of(owners["team"], day) if owners["team"] else plain
        owners["cost_center"] = derived if override is None else override
        rule_id = feature_rule["rule_id"] if feature_rule else None
        if all(value is None for value in owners.values()):
            if line.kind == "adjusting":
                return Owned("follow", None, None, **dict.fromkeys(owners, UNALLOCATED), **around)
            nobody = PREPAID if line.kind == "prepaid" else UNALLOCATED
            return Owned("direct", None, None, **dict.fromkeys(owners, nobody), **around)
        owners = {tag: value or UNALLOCATED for tag, value in owners.items()}
        return Owned("direct", None, rule_id, **owners, **around)

    def _given(self, line, day, tag, dated):
        """What rules give of product, team or cost center: by an override, and by a plain rule."""
        return tuple(self.first_rule(line, day, tag, overriding, dated)[1] for overriding in (True, False))
