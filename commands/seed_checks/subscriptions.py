"""Invoices for days of service: days in it, and labels that are a JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_checks.manual_charges import period_faults, tag_faults
from commands.seed_files import Fault, Seed

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """What the schema cannot say of the invoices."""
    for row in seed.rows:
        yield from period_faults(row, "service_start", "service_end")
        yield from tag_faults(row)
