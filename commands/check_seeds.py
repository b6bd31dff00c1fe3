"""Check every seed against its schema and its meaning; needs no warehouse.

Prints one line per fault, with file, line and column, and how to mend it. Exit code 1 where there is any.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from commands.seed_files import Fault, Row, Seed, all_seeds, same

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Owners:
    """The owners of one tag that a seed knows."""

    what: str
    file: str
    names: set[str]


class Project:
    """The seeds of a project and what they are compared with."""

    def __init__(self, folder: Path = ROOT) -> None:
        self.seeds: dict[str, Seed] = all_seeds(folder)
        self.variables: dict[str, Any] = yaml.safe_load((folder / "dbt_project.yml").read_text())["vars"]
        self.folder = folder

    @cached_property
    def owners(self) -> dict[str, Owners]:
        """Known owners by tag."""
        features, teams, pools = (self.seeds[name] for name in ("features", "teams", "shared_cost_pools"))
        return {
            "feature": Owners("feature", features.file, features.known("feature")),
            "product": Owners("product", features.file, features.known("product")),
            "team": Owners("team", teams.file, teams.known("team")),
            "cost_center": Owners("cost center", teams.file, teams.known("cost_center")),
            "shared_pool": Owners("pool", pools.file, pools.known("pool")),
        }

    @cached_property
    def measured_drivers(self) -> set[str]:
        """The drivers that models give, as their YAML says (meta.drivers of int_drivers__<name>)."""
        return self._told_of_drivers("drivers")

    @cached_property
    def driver_prefixes(self) -> tuple[str, ...]:
        """How drivers begin whose names come with the data (meta.driver_prefixes)."""
        return tuple(sorted(self._told_of_drivers("driver_prefixes")))

    def _told_of_drivers(self, key: str) -> set[str]:
        paths = (self.folder / "models").rglob("int_drivers__*.yml")
        models = [yaml.safe_load(path.read_text()).get("models", [{}])[0] for path in paths]
        return {name for model in models for name in model.get("config", {}).get("meta", {}).get(key, [])}

    def target_faults(self, row: Row) -> Iterator[Fault]:
        """A target of a share or driver that its seed does not know."""
        kind = same(row["target_type"])
        owners = self.owners.get("shared_pool" if kind == "pool" else kind)
        if owners and row["target"].strip() and same(row["target"]) not in owners.names:
            yield row.fault("target", f'"{row["target"].strip()}" is no {owners.what} of {owners.file}')

    def faults(self) -> Iterator[Fault]:
        """All faults, schema first: what a cell means can only be judged once it can be read."""
        found = [fault for seed in self.seeds.values() for fault in seed.faults(self.seeds)]
        yield from found
        unreadable = {fault.file for fault in found if fault.line == 1}
        for seed in self.seeds.values():
            if seed.file in unreadable:
                continue
            try:
                module = importlib.import_module(f"commands.seed_checks.{seed.name}")
            except ModuleNotFoundError:
                continue
            yield from module.check(seed, self)


def main(folder: Path = ROOT) -> int:
    """Print the faults; 1 where there is any."""
    project = Project(folder)
    faults = sorted(set(project.faults()), key=lambda fault: (fault.file, fault.line, fault.column))
    for fault in faults:
        print(f"error: {fault}.", file=sys.stderr)
    if faults:
        return 1
    rows = sum(len(seed.rows) for seed in project.seeds.values())
    print(f"{len(project.seeds)} seeds, {rows} rows: all fit their schemas")
    return 0


if __name__ == "__main__":
    sys.exit(main())
