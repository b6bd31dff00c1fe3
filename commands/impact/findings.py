"""What a report says: seed changes joined with the money that they move."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from commands.impact import ImpactError
from commands.impact.moves import TABLES, Moves, Side, Table
from commands.impact.states import Change, States
from commands.seed_files import Row, Seed

# A change of these leaves what a rule matches as it is.
NOT_MATCHING = {"priority", "value", "overrides", "note"}
# More than any sum of money() needs.
DIGITS = 100
# Books hold cents. Below one, a split has only cut its last places elsewhere.
CENT = Decimal("0.01")


@dataclass
class Rule:
    """A rule on both sides: (tuples, effective cost) that it decides, and what became of it."""

    rule_id: str
    tag: str
    change: str
    cells: dict[str, tuple[str, str]]
    before: tuple[int, Decimal]
    after: tuple[int, Decimal]
    # newly dead, newly shadowed, decides nothing
    status: str = ""
    # Who decides now what it decided: rule or None, tuples, cost. Only of rules that lost everything.
    heirs: list[tuple[str | None, int, Decimal]] = field(default_factory=list)
    shadows: list[str] = field(default_factory=list)

    @property
    def is_told(self) -> bool:
        """Whether the page names it: it differs, lost its effect, or took another's."""
        return bool(self.change or self.status or self.shadows)

    @property
    def difference(self) -> Decimal:
        """What it decides more."""
        return difference(self.before[1], self.after[1])


@dataclass
class Pool:
    """A pool on both sides: money through it, and what changes its owner within it."""

    pool: str
    change: str
    what: list[str]
    before: Decimal = Decimal()
    after: Decimal = Decimal()
    moved: Decimal = Decimal()


@dataclass
class Closed:
    """A closed month in which money would move."""

    period: str
    closed_on: str
    closed_by: str
    moved: Decimal


@dataclass
class Impact:
    """Everything that the report and the CSVs are written from."""

    states: States
    currency: str
    built: dict[str, Any]
    by: dict[str, Table]
    sums: Table
    native: Table
    months: Table
    rules: list[Rule]
    pools: list[Pool]
    tuples: Table
    unallocated: dict[str, Side]
    closed: list[Closed]

    @property
    def moved(self) -> Decimal:
        """What changes its owner or pool."""
        return exact_sum(row["moved"] for row in self.months.dicts())

    @property
    def total(self) -> Decimal:
        """All effective cost as it would be."""
        return exact_sum(row["total"] for row in self.months.dicts())

    @property
    def increase(self) -> Fraction:
        """The share that nobody owns more."""
        return self.unallocated["after"].share("owner") - self.unallocated["before"].share("owner")


def exact_sum(amounts: Any) -> Decimal:
    """A sum of decimals with every digit; Python would round to 28."""
    with localcontext(prec=DIGITS):
        return sum(amounts, Decimal())


def difference(before: Decimal, after: Decimal) -> Decimal:
    """What is more than before; a minus sign alone would round to 28 digits as well."""
    return exact_sum([after, before.copy_negate()])


def find(states: States, built: dict[str, Any], moves: Moves, currency: str) -> Impact:
    """Ask both sides everything; refuses to answer where money does not add up."""
    by = {name: moves.by(name) for name in TABLES}
    bill = moves.bill().dicts()[0]
    revalued = difference(bill["before"], bill["after"])
    sums = Table(
        ("moves_by", "before", "after", "sum_of_moves", "must_be"),
        [
            (
                name,
                *(
                    exact_sum(row[column] for row in table.dicts())
                    for column in ("before", "after", "difference")
                ),
                revalued,
            )
            for name, table in by.items()
        ],
    )
    native = moves.native_sums()
    refuse_imbalance(sums, native, moves.unbalanced(), bill, "exchange_rates" in built["reaching"])
    months = moves.moved_by_month()
    return Impact(
        states=states,
        currency=currency,
        built=built,
        by=by,
        sums=sums,
        native=native,
        months=months,
        rules=rules(states, moves),
        pools=pools(states, moves),
        tuples=moves.tuples(),
        unallocated=moves.unallocated(),
        closed=closed(states, months),
    )


def refuse_imbalance(sums: Table, native: Table, tuples: Table, bill: dict[str, Any], revalues: bool) -> None:
    """A change of seeds moves money and never makes or loses any."""
    wrong = [
        f"moves by {row['moves_by']} sum to {row['sum_of_moves']:f}, not to {row['must_be']:f}"
        for row in sums.dicts()
        if row["sum_of_moves"] != row["must_be"]
    ]
    if bill["before"] != bill["after"] and not revalues:
        wrong.append(
            f"the bill is {bill['before']:f} before and {bill['after']:f} after, and no rate changed"
        )
    wrong += [
        f"{row['billing_currency']} in billing currency: {row['before']:f} before, {row['after']:f} after"
        for row in native.dicts()
        if row["difference"]
    ]
    wrong += [
        f"tuple {row['tag_key']} in {row['month']} moves {row['moved']:f}, not {row['must_be']:f}"
        for row in tuples.dicts()[:5]
    ]
    if wrong:
        raise ImpactError(
            "the moves do not add up, so no report was written:\n    "
            + "\n    ".join(wrong)
            + "\n    One side allocates otherwise than it is billed; build it and dbt test --select "
            "path:tests/dbt/conservation names the step"
        )


def rules(states: States, moves: Moves) -> list[Rule]:
    """Every rule of both sides: those that differ or lost their effect first, then by money."""
    name = "virtual_tag_rules"
    decided = moves.rules()
    changed = {change.row["rule_id"].strip(): change for change in states.changes.get(name, [])}
    rows: dict[str, tuple[Row | None, Row | None]] = {}
    for side, seed in enumerate((states.before[name], states.after[name])):
        for row in seed.rows:
            pair = rows.setdefault(row["rule_id"].strip(), (None, None))
            rows[row["rule_id"].strip()] = (row, pair[1]) if side == 0 else (pair[0], row)
    found = []
    for rule_id, pair in rows.items():
        counts = [
            decided.get((moves.ladder(row["tag"].strip()), rule_id), {}).get(side, (0, Decimal()))
            if row
            else (0, Decimal())
            for side, row in zip(("before", "after"), pair, strict=True)
        ]
        change = changed.get(rule_id)
        tag = (pair[1] or pair[0])["tag"].strip()
        rule = Rule(rule_id, tag, change.kind if change else "", change.cells() if change else {}, *counts)
        judge(rule, pair, moves)
        found.append(rule)
    by_id = {rule.rule_id: rule for rule in found}
    for rule in found:
        for heir, *_ in rule.heirs if rule.status == "newly shadowed" else []:
            if heir in by_id:
                by_id[heir].shadows.append(rule.rule_id)
    return sorted(
        found,
        key=lambda rule: (
            not (rule.change or rule.status or rule.shadows),
            -abs(rule.difference),
            rule.rule_id,
        ),
    )


def judge(rule: Rule, pair: tuple[Row | None, Row | None], moves: Moves) -> None:
    """Whether a rule lost its effect, and to whom."""
    old, new = pair
    if old and rule.before[0] and not rule.after[0]:
        rule.heirs = moves.heirs(moves.ladder(old["tag"].strip()), rule.rule_id)
        if new:
            still_matches = set(rule.cells) <= NOT_MATCHING
            taken = any(heir for heir, *_ in rule.heirs)
            rule.status = "newly shadowed" if still_matches and taken else "newly dead"
    elif rule.change == "added" and not rule.after[0]:
        rule.status = "decides nothing"


def pools(states: States, moves: Moves) -> list[Pool]:
    """Every pool with money or a change: those that differ first, then by what moves."""
    money = moves.pools()
    names = {row["pool"].strip() for seed in both(states, "shared_cost_pools") for row in seed.rows}
    found = {pool: Pool(pool, "", []) for pool in sorted(names | set(money))}
    for pool, (before, after, moved) in money.items():
        found[pool].before, found[pool].after, found[pool].moved = before, after, moved
    for change in states.changes.get("shared_cost_pools", []):
        pool = found[change.row["pool"].strip()]
        pool.change = change.kind if pool.change in ("", change.kind) else "changed"
        pool.what.append(described(change, ("pool",)))
    for change in states.changes.get("fixed_shares", []):
        if pool := found.get(change.row["pool"].strip()):
            pool.change = pool.change or "changed"
            pool.what.append(f"share of {change.row['target'].strip()} {share_change(change)}")
    for change in states.changes.get("driver_quantities", []):
        driver = change.row["driver"].strip()
        users = {
            row["pool"].strip()
            for seed in both(states, "shared_cost_pools")
            for row in seed.rows
            if row["driver"].strip().lower() == driver.lower()
        }
        for name in sorted(users):
            found[name].change = found[name].change or "changed"
            quantity = f"{change.row['target'].strip()} {change.row['quantity'].strip()}"
            found[name].what.append(f"driver {driver}, row {change.kind}: {quantity}")
    return sorted(found.values(), key=lambda pool: (not pool.change, -pool.moved, pool.pool))


def both(states: States, name: str) -> tuple[Seed, Seed]:
    """A seed on both sides."""
    return states.before[name], states.after[name]


def described(change: Change, key: tuple[str, ...] = ()) -> str:
    """The cells of a change, as people read them."""
    pairs = {name: pair for name, pair in change.cells().items() if name not in key}
    if change.kind == "changed":
        return "; ".join(
            f"{name} {old or '(blank)'} → {new or '(blank)'}" for name, (old, new) in pairs.items()
        )
    return "; ".join(f"{name} {old or new}" for name, (old, new) in pairs.items() if name != "note")


def share_change(change: Change) -> str:
    """Old and new share of a target; a listed target has none."""
    if change.kind == "changed":
        return described(change).removeprefix("share ")
    return f"{change.kind} ({change.row['share'].strip() or 'listed'})"


def closed(states: States, months: Table) -> list[Closed]:
    """Months that either side says are closed, and in which money would move."""
    periods: dict[str, Row] = {}
    for seeds in (states.before, states.after):
        if "period_closes" in seeds:
            periods |= {row["period"].strip(): row for row in seeds["period_closes"].rows}
    return [
        Closed(row["month"], close["closed_on"].strip(), close["closed_by"].strip(), row["moved"])
        for row in months.dicts()
        if row["touched"] >= CENT and (close := periods.get(row["month"]))
    ]
