"""The true purpose of every charge, to score an attribution against. No provider tells this."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "true feature, environment and customer of all AI charges (not to be ingested)"


def write(world: World, folder: Path) -> Export:
    """Write truth/ai_costs.parquet."""
    path = fresh(folder / "truth", "*.parquet") / "ai_costs.parquet"
    table = world.truth()
    pq.write_table(table, path)
    return Export(path, table.num_rows, {})
