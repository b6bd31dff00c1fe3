"""impact.md, which a pull request shows, and the CSVs with every row and every digit."""

from __future__ import annotations

import csv
import html
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from commands.impact.findings import CENT, Impact, Pool, Rule, described, difference, exact_sum
from commands.impact.moves import NOTHING, SIDES, TABLES, Table

# What GitHub takes for a comment. We count bytes, which are never fewer than characters.
LONGEST = 65_536
# The workflow knows its comment again by this first line.
MARK = "<!-- cost impact of seeds -->"
# Rows of a table on the page, from generous to few: the first that fits is taken. Tuples are 20 at most.
ROWS = (60, 30, 15, 8, 4, 2, 1)
LARGEST_TUPLES = 20
LONGEST_CELL = 200
# What to call a tuple, in this order; a name stands for its id.
READABLE = (
    "provider", "service", "sub_account", "billing_account", "resource", "model", "api_key", "principal",
    "workload", "gateway", "sku", "description", "charge_category", "commitment_status",
)  # fmt: skip
# Left out where the other is there.
TOLD_BY = {"billing_account": "sub_account", "description": "sku"}
# Of a percentage, in the CSV and against --max-unallocated-increase.
SHARE_DECIMALS = 6


def write(impact: Impact, folder: Path) -> Path:
    """Write all files; returns the page."""
    clear(folder)
    for name, table in tables(impact).items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows([plain(cell) for cell in row] for row in table.rows)
    page = folder / "impact.md"
    page.write_text(fitting(impact), encoding="utf-8")
    return page


def clear(folder: Path) -> None:
    """Remove the files of an earlier run, so that none is read as this one's; other files stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("impact.md", *(f"{name}.csv" for name in FILES)):
        (folder / name).unlink(missing_ok=True)


FILES = (*(f"moved_by_{name}" for name in TABLES), "sums", "rules", "pools", "tuples", "unallocated")


def tables(impact: Impact) -> dict[str, Table]:
    """The content of each CSV."""
    rules = Table(
        ("rule_id", "tag", "change", "what_changed", "status", "now_decided_by", "newly_shadows",
         "tuples_before", "tuples_after", "cost_before", "cost_after", "difference"),
        [
            (rule.rule_id, rule.tag, rule.change, cells(rule), rule.status,
             "|".join(heir or NOTHING for heir, *_ in rule.heirs), "|".join(rule.shadows),
             rule.before[0], rule.after[0], rule.before[1], rule.after[1], rule.difference)
            for rule in impact.rules
        ],
    )  # fmt: skip
    pools = Table(
        ("pool", "change", "what_changed", "cost_before", "cost_after", "difference", "moved_within"),
        [
            (pool.pool, pool.change, "; ".join(pool.what), pool.before, pool.after,
             difference(pool.before, pool.after), pool.moved)
            for pool in impact.pools
        ],
    )  # fmt: skip
    sums = [("reporting currency, by " + row[0], *row[1:]) for row in impact.sums.rows]
    sums += [(f"{code} as billed", *rest, Decimal()) for code, *rest in impact.native.rows]
    shares = {side: impact.unallocated[side] for side in SIDES}
    unallocated = Table(
        ("without", "cost_before", "cost_after", "percent_before", "percent_after", "points"),
        [
            (
                what,
                *(shares[side].without[what] for side in SIDES),
                *(percent(shares[side].share(what), SHARE_DECIMALS) for side in SIDES),
                percent(shares["after"].share(what) - shares["before"].share(what), SHARE_DECIMALS),
            )
            for what in shares["after"].without
        ],
    )
    return {
        **{f"moved_by_{name}": table for name, table in impact.by.items()},
        "sums": Table(("of", "before", "after", "sum_of_moves", "must_be"), sums),
        "rules": rules,
        "pools": pools,
        "tuples": impact.tuples,
        "unallocated": unallocated,
    }


def plain(value: Any) -> Any:
    """A cell of a CSV; amounts with every digit and no exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def fitting(impact: Impact) -> str:
    """The page with as many rows as a comment holds."""
    for rows in ROWS:
        text = "\n".join(page(impact, rows))
        if len(text.encode()) <= LONGEST:
            return text
    note = "\n\n*Cut to the length of a comment; the CSVs have all rows.*\n"
    return text.encode()[: LONGEST - len(note.encode())].decode(errors="ignore") + note


def page(impact: Impact, rows: int) -> Iterator[str]:
    """The lines of the page."""
    yield from head(impact)
    yield from warnings(impact)
    yield from seed_section(impact, rows)
    yield from rule_section(impact, rows)
    yield from pool_section(impact, rows)
    yield from owner_section(impact, rows)
    yield from tuple_section(impact, min(rows, LARGEST_TUPLES))
    yield from sum_section(impact)
    yield from month_sections(impact, rows)
    yield ""
    yield (
        "Both sides are built by the models of the working tree over the costs in the warehouse, so this is "
        "what the seeds change and nothing else. Moves below a cent are left out here: where weights change, "
        "splits cut their last places elsewhere. The CSVs beside this page have all rows and all digits."
    )
    yield ""


def head(impact: Impact) -> Iterator[str]:
    """What matters, in three lines."""
    months = [row["month"] for row in impact.months.dicts()]
    span = f" from {months[0]} to {months[-1]}" if months else ""
    part = Fraction(impact.moved) / Fraction(impact.total) if impact.total else Fraction()
    before, after = (impact.unallocated[side].share("owner") for side in SIDES)
    yield MARK
    yield title(impact.states.base, impact.states.commit)
    yield ""
    yield (
        f"**{money(impact.moved)} {impact.currency} changes owner or pool**, {percent(part)} % of the "
        f"{money(impact.total)} effective cost{span}."
    )
    yield ""
    points = signed_percent(after - before)
    yield f"- Owned by nobody: {percent(before)} % → {percent(after)} % ({points} points)"
    checked = impact.sums.dicts()
    if all(row["sum_of_moves"] == 0 for row in checked):
        tables = ", ".join(row["moves_by"] for row in checked)
        exact = f"{checked[0]['sum_of_moves']:f}"
        yield f"- All moves sum to exactly {exact}, by {tables}: nothing is made or lost"
    else:
        yield (
            f"- Exchange rates changed: the bill itself is worth {checked[0]['must_be']:f} {impact.currency} "
            "more, and all moves sum to exactly that"
        )
    found = impact.rules
    kinds = ("newly dead", "newly shadowed")
    lost = {kind: [code(rule.rule_id) for rule in found if rule.status == kind] for kind in kinds}
    for kind, names in lost.items():
        if names:
            yield f"- Rules {kind}: {some(names)}"
    if shadowing := [code(rule.rule_id) for rule in found if rule.shadows]:
        yield f"- Rules newly shadowing others: {some(shadowing)}"


def title(base: str, commit: str) -> str:
    """What was compared."""
    short = "" if commit.startswith(base) else f" ({commit[:9]})"
    return f"# Cost impact of seeds: {code(base)}{short} → working tree"


def some(names: list[str], most: int = 10) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def warnings(impact: Impact) -> Iterator[str]:
    """Closed months, and what the reader must know of both states."""
    if impact.closed:
        yield ""
        yield "> [!WARNING]"
        for month in impact.closed:
            closed = f"(on {text(month.closed_on)} by {text(month.closed_by)})"
            yield (
                f"> **{text(month.period)} is closed** {closed}, and {money(month.moved)} {impact.currency} "
                "would move in it. Date the change from an open month (`valid_from`), or agree on it with "
                "whoever closed it."
            )
    notes = [text(note) for note in impact.states.notes]
    if impact.built["stale"]:
        notes.append(
            f"The warehouse was built with other rows of {', '.join(map(code, impact.built['stale']))}; here "
            "both sides are built with those of the seeds."
        )
    if notes:
        yield ""
        yield "> [!NOTE]"
        yield from (f"> {note}" for note in notes)


def seed_section(impact: Impact, rows: int) -> Iterator[str]:
    """Which seeds differ, and the rows of those that have no section of their own."""
    yield from (
        "",
        "## Seeds",
        "",
        "| seed | added | changed | removed | |",
        "| --- | ---: | ---: | ---: | --- |",
    )
    for name, found in impact.states.changes.items():
        kinds = [change.kind for change in found]
        counts = " | ".join(str(kinds.count(kind)) for kind in ("added", "changed", "removed"))
        reach = "" if name in impact.built["reaching"] else "moves no allocated cost"
        yield f"| {code(impact.states.after[name].file)} | {counts} | {reach} |"
    told = {"virtual_tag_rules", "shared_cost_pools", "fixed_shares", "driver_quantities"}
    others = [
        (name, change)
        for name, found in impact.states.changes.items()
        if name not in told
        for change in found
    ]
    if others:
        yield from ("", "| seed | | row |", "| --- | --- | --- |")
        for name, change in others[:rows]:
            yield f"| {name} | {change.kind} | {code(row_text(impact, name, change))} |"
        yield from more(len(others), rows, "rows")


def row_text(impact: Impact, name: str, change: Any) -> str:
    """A changed row: its key, then what differs."""
    if change.kind != "changed":
        return described(change)
    key = impact.states.after[name].meta.get("key") or impact.states.after[name].meta.get("dated", [])
    return f"{', '.join(change.row[column].strip() for column in key)}: {described(change)}"


def rule_section(impact: Impact, rows: int) -> Iterator[str]:
    """Rules that changed, lost their effect, or took another's."""
    told = [rule for rule in impact.rules if rule.is_told]
    if not told:
        return
    yield from ("", "## Rules", "")
    yield "Money is the effective cost that a rule decides."
    yield from ("", "| rule | | before | after | difference | |", "| --- | --- | ---: | ---: | ---: | --- |")
    for rule in told[:rows]:
        marks = [part for part in (rule.change, rule.status) if part]
        marks += ["newly shadowing"] if rule.shadows else []
        amounts = " | ".join(map(money, (rule.before[1], rule.after[1], rule.difference)))
        yield f"| {code(rule.rule_id)} | {', '.join(marks)} | {amounts} | {rule_text(rule)} |"
    yield from more(len(told), rows, "rules")


def rule_text(rule: Rule) -> str:
    """What changed in a rule, and who decides now what it decided."""
    parts = [code(cells(rule))] if rule.cells else []
    if rule.heirs:
        heirs = [
            f"{code(heir) if heir else 'no rule'} ({counted(tuples)}, {money(cost)})"
            for heir, tuples, cost in rule.heirs
        ]
        parts.append(f"now decided by {some(heirs, 3)}")
    if rule.status == "newly dead" and not rule.heirs:
        parts.append("it decides no tuple any more")
    if rule.status == "decides nothing":
        parts.append("no tuple is left for it: it matches none, or others come first")
    if rule.shadows:
        parts.append(f"leaves nothing to {some(list(map(code, rule.shadows)))}")
    return "; ".join(parts)


def counted(tuples: int) -> str:
    """A number of tuples."""
    return "1 tuple" if tuples == 1 else f"{tuples} tuples"


def cells(rule: Rule) -> str:
    """The cells of a rule that differ; all filled ones of an added or removed rule."""
    if rule.change == "changed":
        pairs = rule.cells.items()
        return "; ".join(f"{name}: {old or '(blank)'} → {new or '(blank)'}" for name, (old, new) in pairs)
    left_out = ("rule_id", "note")
    return "; ".join(
        f"{name}: {old or new}" for name, (old, new) in rule.cells.items() if name not in left_out
    )


def pool_section(impact: Impact, rows: int) -> Iterator[str]:
    """Pools and shares that changed."""
    told = [pool for pool in impact.pools if pool.change]
    if not told:
        return
    yield from ("", "## Pools and shares", "")
    yield "Money is the effective cost that goes through a pool; moved is what changes hands within it."
    yield from ("", "| pool | | before | after | moved | |", "| --- | --- | ---: | ---: | ---: | --- |")
    for pool in told[:rows]:
        yield f"| {code(pool.pool)} | {pool.change} | {pool_amounts(pool)} | {code(some(pool.what, 6))} |"
    yield from more(len(told), rows, "pools")


def pool_amounts(pool: Pool) -> str:
    """The amounts of a pool as cells."""
    return " | ".join(map(money, (pool.before, pool.after, pool.moved)))


def owner_section(impact: Impact, rows: int) -> Iterator[str]:
    """All months together, by what most people ask for."""
    for name in TABLES:
        sums: dict[str, list[Decimal]] = {}
        for _, owner, *amounts in impact.by[name].rows:
            have = sums.setdefault(owner, [Decimal()] * 3)
            sums[owner] = [exact_sum(pair) for pair in zip(have, amounts, strict=True)]
        moved = [(owner, amounts) for owner, amounts in sums.items() if amounts[2]]
        told = [entry for entry in moved if abs(entry[1][2]) >= CENT]
        told.sort(key=lambda entry: (-abs(entry[1][2]), entry[0]))
        yield from ("", f"## Moved by {name}", "")
        if not told:
            yield "Nothing." if not moved else "Nothing of a cent or more."
            continue
        yield from (f"| {name} | before | after | difference |", "| --- | ---: | ---: | ---: |")
        for owner, amounts in told[:rows]:
            yield f"| {text(owner)} | {' | '.join(map(money, amounts))} |"
        yield from more(len(told), rows, f"{name}s")


def tuple_section(impact: Impact, rows: int) -> Iterator[str]:
    """The largest tuples that have another owner."""
    told = [row for row in impact.tuples.dicts() if row["cost_before"] or row["cost_after"]]
    if not told:
        return
    yield from ("", f"## The {min(rows, len(told))} largest tuples that change owner", "")
    yield from ("| effective | what | owner before | owner after |", "| ---: | --- | --- | --- |")
    for row in told[:rows]:
        cost = max(row["cost_before"], row["cost_after"], key=abs)
        before, after = (owner(row, *sides) for sides in (("old", "new"), ("new", "old")))
        yield f"| {money(cost)} | {code(attributes(row))} | {before} | {after} |"
    yield from more(len(told), rows, "tuples")


def owner(row: dict[str, Any], side: str, other: str) -> str:
    """Who owns a tuple on one side, and by which rule; environment and customer where they differ."""

    def value(name: str) -> Any:
        return row[f"{side}_{name}"]

    parts = []
    named = [name for name in ("feature", "product", "team", "cost_center") if value(name) != "Unallocated"]
    if value("shared_pool"):
        parts.append(f"pool {text(value('shared_pool'))}{rule_of(value('rule_owner'))}")
    elif value("ownership") == "follow":
        parts.append("like the usage it belongs to")
    elif named:
        rule = value("rule_owner") if named[0] == "feature" else value(f"rule_{named[0]}")
        parts.append(f"{named[0].replace('_', ' ')} {text(value(named[0]))}{rule_of(rule)}")
    else:
        parts.append("Unallocated")
    for name in ("product", "team", "cost_center"):
        is_derived = bool(named) and name != named[0] and value(named[0]) == row[f"{other}_{named[0]}"]
        if is_derived and value(name) != row[f"{other}_{name}"]:
            parts.append(f"{name.replace('_', ' ')} {text(value(name))}")
    for name in ("environment", "customer"):
        if value(name) != row[f"{other}_{name}"]:
            parts.append(f"{name} {text(value(name))}{rule_of(value(f'rule_{name}'))}")
    return "; ".join(parts)


def rule_of(rule: str | None) -> str:
    """The rule behind an owner."""
    return f" ({code(rule)})" if rule else ""


def attributes(row: dict[str, Any]) -> str:
    """A tuple as people know it: names before ids, and what tells it from its neighbours."""
    found = {name: row.get(f"{name}_name") or row.get(name) or row.get(f"{name}_id") for name in READABLE}
    for name, by in TOLD_BY.items():
        if found[by]:
            found[name] = None
    if found["charge_category"] == "Usage":
        found["charge_category"] = None
    parts = [str(value) for value in found.values() if value]
    for name, value in row.items():
        if name.startswith("label_") and value:
            parts.append(f"{name.split('_', 2)[2]}={value}")
    return " · ".join(parts)


def sum_section(impact: Impact) -> Iterator[str]:
    """The proof, and what nobody owns."""
    yield from ("", "## What nobody owns", "")
    yield from ("| without | before | after | points |", "| --- | ---: | ---: | ---: |")
    for what in impact.unallocated["after"].without:
        before, after = (impact.unallocated[side].share(what) for side in SIDES)
        name = "any owner" if what == "owner" else what.replace("_", " ")
        yield f"| {name} | {percent(before)} % | {percent(after)} % | {signed_percent(after - before)} |"
    yield from ("", "## The sum of all moves", "")
    yield from ("| moves by | before | after | sum of moves |", "| --- | ---: | ---: | ---: |")
    for row in impact.sums.dicts():
        yield f"| {row['moves_by']} | {row['before']:f} | {row['after']:f} | {row['sum_of_moves']:f} |"
    for row in impact.native.dicts():
        currency = text(row["billing_currency"])
        yield f"| {currency} as billed | {row['before']:f} | {row['after']:f} | {row['difference']:f} |"


def month_sections(impact: Impact, rows: int) -> Iterator[str]:
    """The same per month, folded away."""
    for name in TABLES:
        told = [row for row in impact.by[name].rows if abs(row[4]) >= CENT]
        if not told:
            continue
        yield from ("", f"<details><summary>By {name} and month</summary>", "")
        yield from (f"| month | {name} | before | after | difference |", "| --- | --- | ---: | ---: | ---: |")
        for month, owned_by, *amounts in told[:rows]:
            yield f"| {month} | {text(owned_by)} | {' | '.join(map(money, amounts))} |"
        yield from more(len(told), rows, f"rows; moved_by_{name}.csv has all")
        yield from ("", "</details>")


def more(count: int, shown: int, what: str) -> Iterator[str]:
    """How many rows the page leaves out."""
    if count > shown:
        yield ""
        yield f"… and {count - shown} more {what}."


def money(amount: Decimal) -> str:
    """An amount for people; a small one is never shown as nothing."""
    rounded = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    if amount and not rounded:
        return "< 0.01" if amount > 0 else "> -0.01"
    return f"{rounded:,}"


def percent(share: Fraction, decimals: int = 2) -> Decimal:
    """A share as a percentage."""
    return Decimal(round(share * 100 * 10**decimals)).scaleb(-decimals)


def signed_percent(share: Fraction) -> str:
    """A change in percentage points."""
    shown = percent(share)
    return f"{shown:+}" if shown else "±0.00"


def text(value: object) -> str:
    """A text from a seed or a bill, as a cell that no HTML, table or mention can leave."""
    flat = " ".join(str(value).split())[:LONGEST_CELL]
    safe = html.escape(flat.replace("`", "'"), quote=False)
    for mark in ("\\", "|", "*", "_", "[", "]", "~", "#"):
        safe = safe.replace(mark, "\\" + mark)
    return safe.replace("@", "@\u2060")


def code(value: object) -> str:
    """The same as code: nothing in it is Markdown."""
    flat = " ".join(str(value).split()).replace("`", "'")
    cut = flat[: LONGEST_CELL - 1] + "…" if len(flat) > LONGEST_CELL else flat
    return f"`{cut}`".replace("|", "\\|") if cut else ""


def nothing(base: str, commit: str, folder: Path) -> None:
    """The page of a change that moves nothing."""
    clear(folder)
    text = f"{MARK}\n{title(base, commit)}\n\nNo row of a seed differs, so no cost moves.\n"
    (folder / "impact.md").write_text(text, encoding="utf-8")
