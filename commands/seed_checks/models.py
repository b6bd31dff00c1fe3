"""Model spellings: patterns that lead to one model must agree on what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Row, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, _: Project) -> Iterator[Fault]:
    """A model with two vendors, families or tiers."""
    first: dict[str, Row] = {}
    for row in seed.rows:
        before = first.setdefault(same(row["model"]), row)
        for column in ("vendor", "family", "tier"):
            if same(row[column]) != same(before[column]):
                what = f'"{row["model"].strip()}" has {column} "{before[column]}" on line {before.line}'
                yield row.fault(column, what)
