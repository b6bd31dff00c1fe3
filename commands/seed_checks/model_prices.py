"""Prices: a model is priced under the vendor that models.csv gives it, or one usage would have two prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A price of a model of another vendor."""
    models = project.seeds["models"]
    vendors = {same(row["model"]): row["vendor"].strip() for row in models.rows}
    for row in seed.rows:
        vendor = vendors.get(same(row["model"]))
        if vendor and same(vendor) != same(row["vendor"]):
            what = (
                f'"{row["model"].strip()}" is of {vendor} in {models.file}, not of "{row["vendor"].strip()}"'
            )
            yield row.fault("vendor", what)
