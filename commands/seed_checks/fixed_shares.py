"""Shares: numbers or fractions, known targets, all of a pool on every day, and a way out for every pool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from commands.seed_checks.driver_quantities import period
from commands.seed_files import Fault, Row, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project

SHARE = re.compile(r"(?P<top>\d+(\.\d{1,12})?)(?:(?P<percent>%)|/(?P<bottom>\d+(\.\d{1,12})?))?")


def share_of(text: str) -> Fraction | None:
    """0.25, 25% or 1/3 exactly; None where it is none of them."""
    found = SHARE.fullmatch(text.replace(" ", ""))
    if not found:
        return None
    bottom = Fraction(found["bottom"] or (100 if found["percent"] else 1))
    return Fraction(found["top"]) / bottom if bottom else None


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the shares."""
    pools: dict[str, list[Row]] = {}
    for row in seed.rows:
        yield from project.target_faults(row)
        share = share_of(row["share"].strip()) if row["share"].strip() else None
        if row["share"].strip() and share is None:
            yield row.fault("share", f'"{row["share"].strip()}" is no share; write 0.25, 25% or 1/3')
        elif share is not None and share > 1:
            yield row.fault("share", f'"{row["share"].strip()}" is more than all of it')
        elif share is not None:
            pools.setdefault(same(row["pool"]), []).append(row)
    for row in project.seeds["shared_cost_pools"].rows:
        if "fixed" in (same(row["method"]), same(row["fallback_method"])) and same(row["pool"]) not in pools:
            yield row.fault("method", f'the pool "{row["pool"].strip()}" has no shares in {seed.file}')
    for rows in pools.values():
        yield from sum_faults(rows)
    yield from circle_faults(project)


def sum_faults(rows: list[Row]) -> Iterator[Fault]:
    """A stretch of days on which the shares of a pool do not sum to exactly 1."""
    starts = sorted({day for row in rows for day in row.span if day < date.max})
    for start in starts:
        valid = [row for row in rows if row.span[0] <= start < row.span[1]]
        total = sum((share_of(row["share"].strip()) or Fraction() for row in valid), Fraction())
        if valid and total != 1:
            since = "" if start == date.min else f" from {start} on"
            what = f'the shares of "{valid[0]["pool"].strip()}"{since} sum to {total}, not to 1'
            yield valid[-1].fault("share", what)
            return


def circle_faults(project: Project) -> Iterator[Fault]:
    """Pools that on some day only pay each other, so that their cost never gets anywhere."""
    tables = [project.seeds[name].rows for name in ("shared_cost_pools", "fixed_shares")]
    quantities = project.seeds["driver_quantities"].rows
    bounds = {day for rows in tables for row in rows for day in row.span}
    bounds |= {day for row in quantities for day in period(row)}
    told: set[str] = set()
    for start in sorted(bounds - {date.max}):
        pools = {same(row["pool"]): row for row in tables[0] if row.span[0] <= start < row.span[1]}
        paid = {name: targets(row, start, tables[1], quantities) for name, row in pools.items()}
        ways_out = {
            name
            for name, rows in paid.items()
            if not rows or any(same(row["target_type"]) != "pool" for row in rows)
        }
        while (
            onward := {
                name for name, rows in paid.items() if any(same(row["target"]) in ways_out for row in rows)
            }
            - ways_out
        ):
            ways_out |= onward
        for name in sorted(paid.keys() - ways_out):
            inside = [row for row in paid[name] if same(row["target"]) in paid]
            if inside and name not in told:
                circle = circle_from(name, paid)
                told.update(circle)
                since = "" if start == date.min else f" from {start} on"
                what = f"pools pay only each other{since}, with no way out: {' > '.join(circle)}"
                yield inside[0].fault("target", f"{what}; give one of them a target that is no pool")


def targets(pool: Row, day: date, shares: list[Row], quantities: list[Row]) -> list[Row]:
    """The rows that name whom a pool pays on a day; none where that does not depend on rows."""
    method = same(pool["method"])
    if method in ("fixed", "even"):
        named = [
            row
            for row in shares
            if same(row["pool"]) == same(pool["pool"]) and row.span[0] <= day < row.span[1]
        ]
        return [row for row in named if method == "even" or share_of(row["share"].strip())]
    if method == "usage":
        named = [row for row in quantities if same(row["driver"]) == same(pool["driver"])]
        return [row for row in named if period(row)[0] <= day < period(row)[1]]
    return []


def circle_from(name: str, paid: dict[str, list[Row]]) -> list[str]:
    """The first pools that come back to one of them, beginning with a pool."""
    path = [name]
    while True:
        onward = next(same(row["target"]) for row in paid[path[-1]] if same(row["target"]) in paid)
        if onward in path:
            return [*path[path.index(onward) :], onward]
        path.append(onward)
