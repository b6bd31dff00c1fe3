"""Driver quantities: a period with days in it, one kind per driver, known targets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the quantities."""
    kinds: dict[str, tuple[str, int]] = {}
    for row in seed.rows:
        yield from project.target_faults(row)
        if row.day("period_end", date.max) <= row.day("period_start", date.min):
            yield row.fault(
                "period_end", f'"{row["period_end"]}" is not after period_start; it is the first day after'
            )
        kind, line = kinds.setdefault(same(row["driver"]), (same(row["kind"]), row.line))
        if same(row["kind"]) != kind:
            yield row.fault(
                "kind", f'"{row["driver"].strip()}" is a {kind} on line {line}; a driver is one kind'
            )
