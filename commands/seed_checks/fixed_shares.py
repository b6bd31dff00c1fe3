"""Shares: numbers or fractions, known targets, and all of a pool on every day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

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
