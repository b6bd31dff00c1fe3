"""Seat prices: who invoices a provider is one answer on each day, and a source that is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Row, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """An invoice that no source brings, or that only some seats of a provider are on."""
    known = project.variables["providers"]
    for row in seed.rows:
        source = same(row["invoiced_by"])
        if source and source not in known:
            what = f'"{row["invoiced_by"].strip()}" is no source of vars.providers: {", ".join(known)}'
            yield row.fault("invoiced_by", f"{what}; leave it blank where no other source has the invoice")
    yield from _disagreements(seed.rows)


def _disagreements(rows: list[Row]) -> Iterator[Fault]:
    """Overage is of no plan, so all plans of a provider must name the same invoice on each day."""
    for row in rows:
        provider, since = same(row["provider"]), row.day("valid_from", date.min)
        held: dict[str, Row] = {}
        for other in sorted(rows, key=lambda other: other.day("valid_from", date.min)):
            if same(other["provider"]) == provider and other.day("valid_from", date.min) <= since:
                held[same(other["plan"])] = other
        for other in held.values():
            if other.line < row.line and same(other["invoiced_by"]) != same(row["invoiced_by"]):
                named = row["provider"].strip()
                what = f'"{named}" is invoiced otherwise on line {other.line}, for the same days'
                yield row.fault("invoiced_by", f"{what}; all of its plans are on one invoice")
                break
