"""Pools: drivers that somebody gives, scopes and exclusions that parse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands import cells
from commands.seed_checks import virtual_tag_rules
from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project

# int_drivers__ai_usage gives these.
TELEMETRY = {"ai_tokens", "ai_requests", "ai_rated_cost"}


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the pools."""
    drivers = TELEMETRY | project.seeds["driver_quantities"].known("driver")
    attributes = virtual_tag_rules.attributes(project.seeds["virtual_tag_rules"])
    for row in seed.rows:
        driver = row["driver"].strip()
        if same(row["method"]) == "usage" and not driver:
            yield row.fault(
                "driver", f"the method usage needs a driver; known are {', '.join(sorted(drivers))}"
            )
        elif driver and same(driver) not in drivers:
            yield row.fault(
                "driver", f'nobody gives the driver "{driver}"; known are {", ".join(sorted(drivers))}'
            )
        for cell, pattern in cells.pairs(row["scope"]):
            if cell not in attributes and not cell.startswith("label:"):
                yield row.fault("scope", f'"{cell}" is no cell of a rule; known are {", ".join(attributes)}')
            elif pattern is None:
                yield row.fault("scope", f'"{cell}" has no pattern; write {cell}=*, or {cell}=<none>')
            elif wrong := cells.cell_fault(pattern):
                yield row.fault("scope", wrong)
        if row["exclude"].strip() and (wrong := cells.cell_fault(row["exclude"])):
            yield row.fault("exclude", wrong)
