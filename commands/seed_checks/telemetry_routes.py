"""Routes of telemetry: sources that exist, and keys with the provider that they are keys of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A source that nothing reads: its routes would do nothing, without a word."""
    texts = [path.read_text() for path in (project.folder / "models").rglob("stg_*__changed_days.sql")]
    known = {name for text in texts for name in re.findall(r"changed_days\('(\w+)'", text)}
    for row in seed.rows:
        if known and same(row["source"]) not in known:
            what = f'"{row["source"].strip()}" is no source of telemetry'
            yield row.fault("source", f"{what}; choose from {', '.join(sorted(known))}")
        if row["provider_key"].strip() and not row["provider"].strip():
            yield row.fault("provider", "a provider_key needs the provider that it is a key of")
