"""Readers: an owner that its seed knows, or everything; and a name that an engine can compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Rows that would open nothing, or more than they seem to."""
    for row in seed.rows:
        attribute, value = same(row["attribute"]), row["value"].strip()
        if row["reader"] != row["reader"].strip():
            yield row.fault("reader", "it has blanks around it, which no warehouse's name has; remove them")
        if attribute == "everything" and value:
            what = f'everything is not only "{value}"; leave it blank, or name what "{value}" is as attribute'
            yield row.fault("value", what)
        owners = None if attribute == "everything" else project.owners.get(attribute)
        if owners and not value:
            yield row.fault("value", f"it is blank; name the {owners.what} whose rows the reader sees")
        elif owners and same(value) not in owners.names:
            yield row.fault("value", f'"{value}" is no {owners.what}; add it to {owners.file}')
