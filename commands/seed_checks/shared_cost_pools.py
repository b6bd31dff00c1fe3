"""Pools: drivers that somebody gives, windows, scopes and exclusions that parse, decisions with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands import cells
from commands.seed_checks import virtual_tag_rules
from commands.seed_files import Fault, Row, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project

WINDOW = re.compile(r"day|month|previous_month|trailing_([1-9]\d{0,2})")
LONGEST_WINDOW = 366


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the pools."""
    for row in seed.rows:
        yield from driver_faults(row, project)
        yield from cell_faults(row, project)
        if row["weight_window"].strip() and not is_window(row["weight_window"]):
            what = f'"{row["weight_window"].strip()}" is no window; write day, month, previous_month or'
            yield row.fault("weight_window", f"{what} trailing_N, N being 1 to {LONGEST_WINDOW} days")
        if same(row["method"]) == "ignored_by_decision":
            for column, meaning in (("valid_from", "since when"), ("note", "why")):
                if not row[column].strip():
                    yield row.fault(column, f"it is blank; a cost that is ignored by decision says {meaning}")


def is_window(text: str) -> bool:
    """Whether a text names days whose weights may count."""
    found = WINDOW.fullmatch(same(text))
    return bool(found) and int(found[1] or 1) <= LONGEST_WINDOW


def driver_faults(row: Row, project: Project) -> Iterator[Fault]:
    """A driver that is missing or that nobody gives."""
    drivers = project.measured_drivers | project.seeds["driver_quantities"].known("driver")
    named_by_data = (f"{prefix}<measure>" for prefix in project.driver_prefixes)
    driver, known = row["driver"].strip(), ", ".join([*sorted(drivers), *named_by_data])
    if same(row["method"]) == "usage" and not driver:
        yield row.fault("driver", f"the method usage needs a driver; known are {known}")
    elif driver and same(driver) not in drivers and not same(driver).startswith(project.driver_prefixes):
        yield row.fault("driver", f'nobody gives the driver "{driver}"; known are {known}')


def cell_faults(row: Row, project: Project) -> Iterator[Fault]:
    """Scopes and exclusions that do not parse."""
    attributes = virtual_tag_rules.attributes(project.seeds["virtual_tag_rules"])
    for cell, pattern in cells.pairs(row["scope"]):
        if cell not in attributes and not cell.startswith("label:"):
            yield row.fault("scope", f'"{cell}" is no cell of a rule; known are {", ".join(attributes)}')
        elif pattern is None:
            yield row.fault("scope", f'"{cell}" has no pattern; write {cell}=*, or {cell}=<none>')
        elif wrong := cells.cell_fault(pattern):
            yield row.fault("scope", wrong)
    if row["exclude"].strip() and (wrong := cells.cell_fault(row["exclude"])):
        yield row.fault("exclude", wrong)
