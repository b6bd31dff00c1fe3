"""Budgets: in the reporting currency, since they are compared with costs in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A budget in another currency."""
    reporting = project.variables["reporting_currency"]
    for row in seed.rows:
        if row["currency"].strip() and row["currency"].strip() != reporting:
            yield row.fault(
                "currency", f'"{row["currency"].strip()}" is not the reporting currency, {reporting}'
            )
