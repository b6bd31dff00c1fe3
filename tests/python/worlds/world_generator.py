"""Random worlds: bill lines, rules, owners, pools, shares and drivers, so that every mechanism has its say.

Worlds of a batch stand side by side in one project. Each has its own account, owners, drivers and rules; two
share a quarter of a year, and all quarters share the names of pools, so that a batch has few pools however
many worlds it has. Nothing keeps them apart beyond that: the reference sees the whole batch as one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from world_ownership import ATTRIBUTES, Line

FIRST_DATE, LAST_DATE = date(2010, 1, 1), date(2024, 12, 31)
SLOTS, POOLS_OF_A_SLOT = 2, 4
COLUMNS = {
    "features": "feature,product,team,valid_from,valid_to,description",
    "teams": "team,cost_center,department,owner_email,valid_from,valid_to",
    "shared_cost_pools": "pool,method,driver,weight_window,scope,per,exclude,fallback_method,valid_from,"
    "valid_to,note",
    "fixed_shares": "pool,target_type,target,share,valid_from,valid_to,note",
    "driver_quantities": "driver,period_start,period_end,target_type,target,customer,quantity,kind,note",
    "exchange_rates": "currency,valid_from,rate,rate_type,provider,source,note",
    "label_keys": "provider,raw_key,key,note",
    "lookups": "lookup_name,key,value,valid_from,valid_to,note",
    "virtual_tag_rules": "rule_id,tag,priority,value,overrides,provider,billing_account,sub_account,service,"
    "sku,resource,resource_type,region,charge_category,charge_class,description,commitment_status,model,"
    "service_tier,api_key,principal,gateway,workload,label,if_tag,valid_from,valid_to,note",
}
RAW_COLUMNS = (
    "provider_name",
    "service_provider_name",
    "billing_account_id",
    "billing_account_name",
    "sub_account_id",
    "sub_account_name",
    "billing_period_start",
    "charge_period_start",
    "charge_period_end",
    "charge_category",
    "charge_class",
    "charge_description",
    "billed_cost",
    "effective_cost",
    "contracted_cost",
    "list_cost",
    "billing_currency",
    "service_name",
    "service_category",
    "sku_id",
    "sku_meter",
    "resource_id",
    "resource_name",
    "resource_type",
    "region_id",
    "region_name",
    "commitment_discount_status",
    "tags",
)
PROVIDERS = ("AWS", "Microsoft", "Pinecone", "Google Cloud")
SERVICES = ("Amazon EC2", "Blob Storage", "Vector Index", "Managed SQL", "Support (Business)")
SKUS = {"sku-cpu": "CPU hours", "sku-gb": "GB-month", "sku-req": None}
REGIONS = {"eu-west-1": "Ireland", "us-east-1": "N. Virginia", "local": None}
DESCRIPTIONS = ("Monthly fee", "hours of use", "requests, per million", "Fee for support")
APPS = ("web", "batch", "db", "search", "edge")
CUSTOMERS = ("acme", "globex")
SHARES = {
    1: (("1",), ("100%",)),
    2: (
        ("1/3", "2/3"),
        ("0.25", "75%"),
        ("1/2", "50%"),
        ("0.125", "7/8"),
        ("0.000000000001", "0.999999999999"),
    ),
    3: (("1/3", "1/3", "1/3"), ("50%", "0.25", "1/4"), ("1/6", "1/2", "1/3"), ("12.5%", "0.375", "1/2")),
    4: (("1/7", "2/7", "3/7", "1/7"), ("25%", "0.25", "1/8", "3/8"), ("10%", "0.2", "3/10", "40%")),
}
# What a world is about, if anything: left to chance alone, some mechanisms would decide next to nothing.
THEMES = {
    "reciprocal": {"methods": ("fixed", "even"), "pool_target": 100, "pools": 2, "exclude": 0},
    "reciprocal, three": {
        "methods": ("usage", "fixed", "even"),
        "pool_target": 100,
        "pools": 3,
        "exclude": 0,
    },
    "chain": {"pool_target": 100},
    "scope": {"methods": ("cost",), "windows": ("month", "trailing_60"), "scope": 100, "exclude": 0},
    "per": {
        "methods": ("cost",),
        "windows": ("month", "trailing_60"),
        "per": ("environment", "sub_account", "service"),
    },
    "customer": {"methods": ("usage",), "windows": ("month",), "per": ("customer",), "pools": 1, "rows": 6},
    "customer, carried": {
        "methods": ("usage",),
        "windows": ("trailing_30", "day"),
        "per": ("customer",),
        "fallbacks": ("carry_forward", "cost"),
        "pools": 2,
        "rows": 6,
    },
    "negative driver": {"methods": ("usage",), "windows": ("month",), "negative": 60},
    "trailing": {"methods": ("usage", "cost"), "windows": ("trailing_7", "trailing_30", "trailing_366")},
    "previous month": {"methods": ("usage", "cost"), "windows": ("previous_month",)},
    "carry shares forward": {"methods": ("fixed", "even"), "fallbacks": ("carry_forward",)},
    "carry cost forward": {
        "methods": ("cost",),
        "windows": ("day", "trailing_7"),
        "fallbacks": ("carry_forward",),
        "exclude": 0,
        "scope": 0,
        "per": ("provider",),
    },
    "carry usage forward": {
        "methods": ("usage",),
        "windows": ("day",),
        "fallbacks": ("carry_forward",),
        "exclude": 0,
        "per": ("model",),
        "periods": (1, 2, 9),
        "rows": 6,
        "pools": 2,
    },
    "fallback cost": {
        "methods": ("usage", "fixed"),
        "windows": ("month",),
        "fallbacks": ("cost",),
        "scope": 50,
    },
    "exclude": {"exclude": 100},
    "exclude pools": {
        "exclude": 100,
        "excludes": ("pool ?|*-m1",),
        "pool_target": 100,
        "methods": ("fixed", "even"),
    },
    "ignored": {"methods": ("ignored_by_decision", "even")},
}
# The same few in every world, since each distinct one is a branch of the compiled SQL.
SCOPES = (
    "service=Amazon*|*index",
    "service=!Amazon EC2",
    "service=!~^[bm]",
    "label:app=!edge; region=!eu-*",
    "charge_category=Usage",
    "sku=<none>",
)
PARTITIONS = ("environment", "customer", "sub_account", "service", "provider", "billing_account", "model")
EXCLUDES = ("*-f1", "*-f2|*-t1", "!*-f?", "~-f[23]$", "pool ?|*-m1", "pool 2|pool 6")
TEMPLATES = {
    "feature": ("{label:feature}", "{sub_account}-F1", "{lookup:crm:sub_account}-f2"),
    "team": ("{label:team}",),
    "customer": ("{label:customer}", "{lookup:crm:sub_account}"),
    "environment": ("{label:environment}",),
    "product": ("{lookup:crm:sub_account}-m1",),
    "cost_center": ("{lookup:crm:sub_account}-c1",),
    "shared_pool": ("pool {label:app}",),
}


@dataclass
class World:
    """A world: its seeds' rows by seed, and its bill lines."""

    number: int
    seed: int
    seeds: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)


def quarter(number):
    """The first day of the quarter that a world of a batch lives in; one stays free before the first."""
    months = FIRST_DATE.year * 12 + 3 + 3 * (number // SLOTS)
    return date(months // 12, months % 12 + 1, 1)


def make_world(number, seed, worlds):
    """The world with this number in a batch of so many, from a seed."""
    return _Maker(number, seed, worlds).world


class _Maker:
    """Draws a world: lines first, so that rules can be drawn to match some of them."""

    def __init__(self, number, seed, worlds):
        self.random = Random(seed)
        # Names of pools are shared, so only the first and the last worlds may let a row of theirs stay open.
        self.may_open, self.may_close = number < SLOTS, number + SLOTS >= worlds
        self.world = World(number, seed, {seed: [] for seed in COLUMNS})
        self.prefix = f"w{number:03d}"
        self.start, self.end = quarter(number), quarter(number + SLOTS)
        self.theme = THEMES[self.one(*THEMES)] if self.chance(80) else {}
        self.days = [self.start + timedelta(days=count) for count in range((self.end - self.start).days)]
        self.cuts = sorted(self.random.sample(self.days[8:-8], 2))
        self.active = sorted(self.random.sample(self.days, 5))
        first_pool = number % SLOTS * POOLS_OF_A_SLOT + 1
        self.pools = [
            f"pool {first_pool + count}"
            for count in range(self.theme.get("pools", self.one(1, 2, 2, 3, POOLS_OF_A_SLOT)))
        ]
        self.organization()
        self.bill()
        self.rules()
        self.drivers()
        self.divide()

    # small draws

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def one(self, *choices):
        return self.random.choice(choices)

    def some(self, choices, most):
        choices = list(choices)
        return self.random.sample(choices, self.random.randint(1, min(most, len(choices))))

    def add(self, seed, **cells):
        columns = COLUMNS[seed].split(",")
        assert cells.keys() <= set(columns), cells
        self.world.seeds[seed].append({column: str(cells.get(column) or "") for column in columns})

    def number(self, most, negative=0):
        """An amount as text, with few or many decimals."""
        decimals = self.one(0, 2, 2, 4, 9, 12, 18)
        digits = self.random.randint(10**decimals // 2, most * 10**decimals)
        text = f"{digits // 10**decimals}.{digits % 10**decimals:0{decimals}d}" if decimals else str(digits)
        return f"-{text}" if self.chance(negative) else text

    def spans(self, first=None, last=None):
        """Stretches of the quarter in which something is valid; first and last stand for its ends."""
        first, last = first or self.start, last or self.end
        early, late = self.cuts
        kind = self.random.random()
        if kind < 0.5:
            return [(first, last)]
        if kind < 0.62:
            return [(early, last)]
        if kind < 0.74:
            return [(first, late)]
        if kind < 0.92:
            return [(first, early), (early, last)]
        return [(first, early), (late, last)]

    def bounds(self, first, last):
        """valid_from and valid_to of a row about a pool."""
        return {
            "valid_from": "" if self.may_open and first == self.start else first,
            "valid_to": "" if self.may_close and last == self.end else last,
        }

    # who there is

    def organization(self):
        prefix = self.prefix
        self.teams = [f"{prefix}-T{count}" for count in range(1, self.random.randint(2, 4))]
        self.products = [f"{prefix}-M{count}" for count in range(1, self.random.randint(2, 4))]
        self.features = [f"{prefix}-F{count}" for count in range(1, self.random.randint(2, 5))]
        self.cost_centers = [f"{prefix}-C{count}" for count in range(1, 4)]
        for team in self.teams:
            for first, last in self.spans():
                bounded = self.chance(50)
                self.add(
                    "teams",
                    team=team,
                    cost_center=self.one(*self.cost_centers),
                    valid_from=first if bounded or first > self.start else "",
                    valid_to=last if bounded or last < self.end else "",
                )
        for feature in self.features:
            for first, last in self.spans():
                # One that is open at an end is found by even splits without a list in other worlds.
                self.add(
                    "features",
                    feature=feature,
                    product=self.one(*self.products),
                    team=self.one(*self.teams),
                    valid_from="" if first == self.start and self.chance(2) else first,
                    valid_to="" if last == self.end and self.chance(2) else last,
                )
        known = self.world.seeds
        self.products = sorted({row["product"] for row in known["features"]})
        self.cost_centers = sorted({row["cost_center"] for row in known["teams"]})
        for sub_account in range(1, 4):
            for first, last in self.spans():
                self.add(
                    "lookups",
                    lookup_name="crm",
                    key=self.one(f"{prefix}-s{sub_account}", f" {prefix.upper()}-S{sub_account} "),
                    value=self.one(prefix, prefix.upper(), "umbrella"),
                    valid_from="" if first == self.start and self.chance(50) else first,
                    valid_to="" if last == self.end and self.chance(50) else last,
                )

    # what is billed

    def bill(self):
        self.provider = self.one(*PROVIDERS)
        self.currency = self.one("USD", "USD", "EUR", "GBP")
        self.renamed = self.one(*self.days)
        for _ in range(self.random.randint(14, 28)):
            self.world.lines.append(Line(self.world.number, self.line()))
        self.settle_names()

    def line(self):
        prefix = self.prefix
        day = self.one(*self.active) if self.chance(80) else self.one(*self.days)
        category = self.random.choices(
            ("Usage", "Purchase", "Tax", "Credit", "Adjustment"), weights=(66, 14, 7, 7, 6)
        )[0]
        provider = self.one(
            (self.provider, None), (None, self.provider), (f"seller of {self.provider}", self.provider)
        )
        adjusting = category in ("Tax", "Credit", "Adjustment")
        sub_account = self.one(None, *(f"{prefix}-s{count}" for count in (1, 1, 2, 2, 3)))
        resource = self.one(None, *(f"{prefix}/r{count}" for count in range(1, 5)))
        sku, region = self.one(None, *SKUS), self.one(None, *REGIONS)
        effective = self.number(
            50 if adjusting else 2000, {"Credit": 95, "Adjustment": 50, "Tax": 5}.get(category, 8)
        )
        if self.chance(3):
            effective = self.one("0", "0.000000000000000001", "0.00000000000000000149", "-0.00001")
        billed = self.one(effective, effective, self.number(2000, 5))
        if category == "Purchase" and self.chance(45):
            billed, effective = self.number(2000), self.one("0", "0.00", "0.000000000000000000")
        period = day.replace(day=1)
        if self.chance(6):
            period = (period - timedelta(days=1)).replace(day=1)
        return {
            "provider_name": provider[0],
            "service_provider_name": provider[1],
            "billing_account_id": f"{prefix}-account",
            "billing_account_name": f"Account of {prefix}" if self.chance(80) else None,
            "sub_account_id": sub_account,
            "sub_account_name": self.name_of(sub_account, day),
            "billing_period_start": f"{period}T00:00:00Z" if self.chance(97) else None,
            "charge_period_start": f"{day}{self.one('T00:00:00Z', ' 00:00:00.000', 'T07:30:00Z')}",
            "charge_period_end": self.end_of(day),
            "charge_category": category,
            "charge_class": "Correction" if self.chance(10) else None,
            "charge_description": self.one(*DESCRIPTIONS) if self.chance(80) else None,
            "billed_cost": billed,
            "effective_cost": effective,
            "contracted_cost": self.one(effective, self.number(2000), None),
            "list_cost": self.one(billed, self.number(3000, 5), None),
            "billing_currency": self.currency if self.chance(85) else self.one("USD", "EUR"),
            "service_name": self.one(*SERVICES[:4]) if self.chance(90) else self.one(None, SERVICES[4]),
            "service_category": "Other",
            "sku_id": sku,
            "sku_meter": SKUS.get(sku) if sku else self.one(None, "Support plan"),
            "resource_id": resource,
            "resource_name": self.name_of(resource, day),
            "resource_type": "Machine" if resource else None,
            "region_id": region,
            "region_name": REGIONS.get(region),
            "commitment_discount_status": self.one(None, None, "Used", "Unused"),
            "tags": self.tags(),
        }

    def name_of(self, identity, day):
        """The name that a bill gives an id; it changes on one day. Without an id there may be a name too."""
        if identity is None:
            return f"nameless in {self.prefix}" if self.chance(20) else None
        if self.chance(30):
            return None
        return f"{identity} {'(new)' if day >= self.renamed else '(old)'}"

    def settle_names(self):
        """Let no id have two names that are both the newest: which of them counts is nobody's promise."""
        for id_column, name_column in (columns for columns in ATTRIBUTES.values() if len(columns) == 2):
            newest = {}
            for line in self.world.lines:
                if line.raw[id_column] and line.raw[name_column]:
                    newest.setdefault(line.raw[id_column], []).append((line.days[-1], line.raw[name_column]))
            for line in self.world.lines:
                named = newest.get(line.raw[id_column], ())
                if len({name for day, name in named if day == max(named)[0]}) > 1 and line.raw[name_column]:
                    line.raw[name_column] = max(named)[1]

    def end_of(self, day):
        if self.chance(72):
            return self.one(None, f"{day + timedelta(days=1)}T00:00:00Z", f"{day}T18:00:00Z")
        last = day + timedelta(days=self.random.choice((1, 2, 2, 4, 6, 9, 29)))
        return f"{last + timedelta(days=1)} 00:00:00.000" if self.chance(70) else f"{last}T23:59:59Z"

    def tags(self):
        said = {}
        if self.chance(85):
            said["app"] = self.one(
                *APPS, *APPS, self.random.randint(1, SLOTS * POOLS_OF_A_SLOT), True, None, {"nested": "web"}
            )
        if self.chance(70):
            said[self.one("environment", "env")] = self.one("prod", "prod", "stage", " dev ")
        if self.chance(60):
            said[self.one("team", "Team")] = self.one(*self.teams, self.teams[0].lower(), "nobody")
        if self.chance(60):
            said["feature"] = self.one(*self.features, f" {self.features[0].lower()} ", "unknown", "")
        if self.chance(60):
            said["customer"] = self.one(*CUSTOMERS)
        return json.dumps(said) if said or self.chance(50) else None

    # whose it is

    def rules(self):
        self.rule("environment", values=("prod", "stage"), template=60)
        if self.chance(70) or self.theme.get("per") == ("customer",):
            self.rule("customer", values=CUSTOMERS, template=80)
        for _ in range(self.random.randint(1, 3)):
            self.rule("feature", values=self.features, template=40)
        for pool in self.pools:
            for _ in range(self.random.randint(1, 2)):
                self.rule("shared_pool", values=(pool,), template=0)
        if self.theme:
            # Some lines in the first pool, and some that weigh.
            account = {"billing_account": f"{self.prefix}-account", "rule_id": f"plain-{self.prefix}"}
            self.add(
                "virtual_tag_rules",
                tag="shared_pool",
                priority=5,
                value=self.pools[0],
                label="app=web|batch|<none>",
                **account,
            )
            account["rule_id"] += "-too"
            self.add("virtual_tag_rules", tag="feature", priority=9, value="{label:feature}", **account)
            account["rule_id"] += "-and-too"
            self.add("virtual_tag_rules", tag="customer", priority=9, value="{label:customer}", **account)
        owners = {"product": self.products, "team": self.teams, "cost_center": self.cost_centers}
        for tag in self.some([*owners, None, None], 3):
            if tag:
                self.rule(tag, values=owners[tag], template=30, overrides=40)
        if self.chance(25):
            self.rule("tier", values=("gold", "silver"), template=0)
        if self.chance(55):
            tag = self.one("feature", "shared_pool", "team", "cost_center", "environment")
            values = owners | {"feature": self.features, "shared_pool": self.pools, "environment": ("prod",)}
            self.rule(tag, values=values[tag], template=0, following=True)

    def rule(self, tag, values, template, overrides=0, following=False):
        lines = [line for line in self.world.lines if (line.kind != "ordinary") == following]
        example = self.one(*(lines or self.world.lines)).raw
        roams = tag != "shared_pool" and self.chance(1)
        cells = {} if roams else self.anchor()
        for attribute in self.some(
            ("service", "sub_account", "sku", "resource", "region", "label", "label", "other"),
            1 if tag == "feature" else 2,
        ):
            cells |= self.cell(attribute, example)
        if following:
            cells["charge_category"] = self.pattern(example["charge_category"], ("Usage", "Tax"))
            if self.chance(70):
                cells.pop("label", None)
        elif self.chance(10):
            cells["charge_category"] = self.one("Usage", "usage|purchase", "!Tax", "*")
        if self.chance(20):
            cells |= self.condition(tag)
        is_template = self.chance(template)
        first, last = self.one(*self.spans()) if self.chance(50) else (self.start, self.end)
        rules = self.world.seeds["virtual_tag_rules"]
        self.add(
            "virtual_tag_rules",
            rule_id=f"{self.one('a', 'b', 'c')}{len(rules)}-{self.prefix}",
            tag=tag,
            # A rule that roams over all worlds comes last, or it would own them.
            priority=95 if roams else self.one(10, 20, 20, 30, 30 if tag == "shared_pool" else 10),
            value=self.one(*TEMPLATES[tag]) if is_template else self.spelling(tag, self.one(*values)),
            overrides="yes" if self.chance(overrides) else "",
            valid_from=first if first > self.start or self.chance(20) else "",
            valid_to=last if last < self.end or self.chance(20) else "",
            **cells,
        )

    def spelling(self, tag, value):
        """A literal; where seeds know it, case and blanks around it may differ from theirs."""
        known = tag not in ("environment", "customer", "tier")
        return f" {value.swapcase()} " if known and self.chance(5) else value

    def anchor(self):
        """What keeps a rule to its world."""
        prefix = self.prefix
        return {
            "billing_account": self.one(
                f"{prefix}-account",
                f" {prefix.upper()}-Account",
                f"{prefix}-*",
                f"nobody|{prefix}-account",
                f"~^{prefix}",
                f"Account of {prefix}|{prefix}-a?count",
            )
        }

    def cell(self, attribute, example):
        """A cell or two that match a line."""
        if attribute == "label":
            tags = json.loads(example["tags"] or "{}")
            key = self.one("app", "environment", "team", "customer", "feature")
            value = tags.get(key, tags.get({"environment": "env", "team": "Team"}.get(key)))
            if isinstance(value, dict):
                value = None
            text = value if isinstance(value, str) or value is None else json.dumps(value)
            cell = f"{key}={self.pattern(text, (*APPS, 'stage', 'nobody'))}"
            if self.chance(15):
                cell += f"; app={self.one('*', '!edge', '<none>|web|db|7')}"
            return {"label": f"!{key}=nothing like it; app=*" if self.chance(6) else cell}
        if attribute == "other":
            attribute = self.one(
                "resource_type", "description", "charge_class", "commitment_status", "model", "provider"
            )
        columns = ATTRIBUTES[attribute]
        if attribute == "provider":
            return {"provider": self.pattern(self.provider, PROVIDERS)}
        if not columns:
            return {attribute: self.one("<none>", "!gpt*")}
        value = example[self.one(*columns)]
        if value is None and all(example[column] is None for column in columns):
            return {attribute: self.pattern(None, ("nothing", "like it"))}
        decoys = {"service": SERVICES, "sub_account": (f"{self.prefix}-s2", f"{self.prefix}-s3 (old)")}
        return {
            attribute: self.pattern(
                value or example[columns[0]] or example[columns[-1]], decoys.get(attribute, ("x",))
            )
        }

    def pattern(self, value, decoys):
        """A cell that holds for a value, in one of the ways to say it."""
        decoy = self.one(*(decoy for decoy in decoys if decoy != value), "something else")
        if value is None or not value.strip():
            return self.one("<none>", f"!{decoy}", f"{decoy}|<NONE>")
        value = value.strip()
        plain = value.replace("(", ".").replace(")", ".")
        return self.one(
            value,
            value,
            f" {value.upper()} ",
            f"{decoy}|{value}",
            f"{value[:-2]}*",
            f"*{value[3:]}",
            f"?{value[1:]}",
            f"~^{plain[:4]}",
            f"~{plain[-3:].lower()}$",
            f"!{decoy}",
            "!<none>",
            f"!{decoy}*|?",
        )

    def condition(self, tag):
        """An if_tag cell; tags ask only for those before them, so there is no circle."""
        asks = {
            "environment": ("tier",),
            "customer": ("environment",),
            "team": ("environment", "tier"),
            "product": ("team",),
            "cost_center": ("environment", "team"),
            "feature": ("environment", "customer", "team"),
            "shared_pool": ("environment", "feature", "customer"),
        }.get(tag)
        if not asks:
            return {}
        said = {
            "tier": ("gold", "!gold", "<none>"),
            "environment": ("prod*", "!prod", "prod|stage", "<none>"),
            "customer": ("acme", "!acme", "<none>|globex"),
            "team": ("*-t1", "!*-t1", "<none>"),
            "feature": ("*-f1", "<none>", "!*-f2"),
        }
        cell = "; ".join(f"{asked}={self.one(*said[asked])}" for asked in self.some(asks, 2))
        return {"if_tag": f"!{cell}" if self.chance(15) else cell}

    # what drives pools

    def targets(self, pool=None):
        """Owners, and pools, that may get a share."""
        owners = [("feature", name) for name in self.features] * 2
        owners += [("team", name) for name in self.teams] + [("product", name) for name in self.products]
        owners += [("cost_center", self.cost_centers[0])]
        chosen = list(dict.fromkeys(self.some(owners, 3)))
        if self.chance(self.theme.get("pool_target", 45)):
            others = [name for name in self.pools if name != pool or self.chance(10)]
            if self.chance(3):
                others = [f"pool {self.random.randint(1, SLOTS * POOLS_OF_A_SLOT)}"]
            if others:
                chosen.append(("pool", self.one(*others)))
        return chosen

    def drivers(self):
        self.driver_names = [f"{self.prefix} driver {count}" for count in range(1, self.random.randint(2, 4))]
        for driver in self.driver_names:
            kind = self.one("total", "level")
            by_customer = self.chance(40) or self.theme.get("per") == ("customer",)
            for target_type, target in self.targets():
                for _ in range(self.random.randint(1, self.theme.get("rows", 3))):
                    first = self.one(self.start, self.start, *self.cuts, *self.active, self.one(*self.days))
                    last = first + timedelta(days=self.one(*self.theme.get("periods", (1, 3, 7, 31, 91))))
                    self.add(
                        "driver_quantities",
                        driver=driver,
                        period_start=first,
                        period_end=last,
                        target_type=target_type,
                        target=target,
                        customer=self.one(*CUSTOMERS, *CUSTOMERS, "") if by_customer else "",
                        quantity=self.number(900, self.theme.get("negative", 20)),
                        kind=kind,
                    )

    def divide(self):
        for pool in self.pools:
            whole = [(self.start, self.end)] if self.theme and self.chance(75) else None
            for first, last in whole or self.spans():
                self.pool(pool, first, last)
            if self.chance(85) or "pool_target" in self.theme:
                dated = self.spans() if self.chance(20 if "pool_target" in self.theme else 50) else whole
                for first, last in dated or self.spans():
                    self.shares(pool, first, last)

    def pool(self, pool, first, last):
        methods = ("usage",) * 6 + ("cost",) * 6 + ("fixed",) * 5 + ("even",) * 4 + ("ignored_by_decision",)
        fallbacks = ("cost", "cost", "even", "fixed", "carry_forward", self.one("unallocated", ""))
        windows = ("", "day", "month", "month", "previous_month", f"trailing_{self.one(1, 7, 30, 60, 366)}")
        theme = self.theme if self.chance(80) else {}
        method = self.one(*theme.get("methods", methods))
        per = self.one(*theme.get("per", ("customer", "customer", *PARTITIONS)))
        self.add(
            "shared_cost_pools",
            pool=pool,
            method=method,
            driver=self.one(*self.driver_names) if method == "usage" else "",
            weight_window=self.one(*theme.get("windows", windows)),
            scope=self.one(*SCOPES) if self.chance(theme.get("scope", 35)) else "",
            per=per if self.chance(100 if "per" in theme else 35) else "",
            exclude=self.one(*theme.get("excludes", EXCLUDES))
            if self.chance(theme.get("exclude", 25))
            else "",
            fallback_method=self.one(*theme.get("fallbacks", fallbacks)),
            **self.bounds(first, last),
            note="decided by nobody in particular" if method == "ignored_by_decision" else "",
        )

    def shares(self, pool, first, last):
        """Shares that sum to 1, or names for an even split, or both."""
        targets = self.targets(pool)
        listed = []
        if self.chance(30):
            listed = targets[1:] if self.chance(50) else targets
        shared = [target for target in targets if target not in listed]
        texts = dict(zip(shared, self.one(*SHARES[len(shared)]) if shared else (), strict=True))
        if any(target_type == "pool" for target_type, _ in shared):
            # Circles of pools are resolved in 18 digits, which need a way out of more than a millionth.
            texts = dict(zip(shared, SHARES[len(shared)][0], strict=True))
        for target_type, target in targets:
            self.add(
                "fixed_shares",
                pool=pool,
                target_type=target_type,
                target=target,
                share=texts.get((target_type, target), ""),
                **self.bounds(first, last),
            )


def universal_rows(random):
    """Rows that no world owns: rates, and spellings of label keys."""
    spellings = [("", "env", "environment", "")]
    spellings += [
        (provider, "Team", "team", "") for provider in random.sample(("AWS", " microsoft ", "Pinecone"), 2)
    ]
    rows = {"label_keys": spellings, "exchange_rates": []}
    for currency, low in (("EUR", 95), ("GBP", 115)):
        day = FIRST_DATE
        while day < LAST_DATE:
            rows["exchange_rates"].append(
                (currency, str(day), f"{random.randint(low, low + 35) / 100:.2f}", "", "", "", "")
            )
            day += timedelta(days=random.randint(10, 60))
    return {
        seed: [dict(zip(COLUMNS[seed].split(","), cells, strict=True)) for cells in listed]
        for seed, listed in rows.items()
    }
