"""Refuses to replace a window with far fewer rows than it held: more often a fault than a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.common.errors import IngestionError
from ingestion.common.source import DAY

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

# Below this a window is too small to judge; under half of what was there is far fewer.
FEWEST_ROWS = 50


def refuse_shrinking(run: Run, rows: dict[str, int]) -> None:
    """Compare the rows about to be loaded with those they replace.

    rows: rows to load by table. Only tables that this run read by windows of days are compared.
    """
    read = {logged["table_name"] for logged in run.log}
    for table in run.source.tables:
        if not (run.source.windowed and table.replaced_by and table.name in read):
            continue
        window = run.replaced.get(table.name, run.window(table))
        if window is None:
            continue
        where = f"where {DAY} between '{window.since}' and '{window.until}'"
        held = run.loaded(table.name, ["count(*)"], where)
        before, now = (held[0][0] if held else 0), rows.get(table.name, 0)
        if before >= FEWEST_ROWS and now < before / 2:
            raise IngestionError(
                f"{table.name} has {now:,} rows for {window}, where the warehouse holds {before:,}",
                where=run.source.name,
                mend="if the provider did withdraw them, run it again with --accept-fewer-rows",
            )
