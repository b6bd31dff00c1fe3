"""Routes of telemetry: sources that are built, and one rank for a call that one source saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A source that vars.providers does not have: its routes would do nothing, without a word."""
    built = {same(name) for name in project.variables["providers"]}
    for row in seed.rows:
        if same(row["source"]) not in built:
            what = f'"{row["source"].strip()}" is not in vars.providers of dbt_project.yml'
            yield row.fault("source", f"{what}; add it there, or mend the spelling")
        if row["provider_key"].strip() and not row["provider"].strip():
            yield row.fault("provider", "a provider_key needs the provider that it is a key of")
