"""What the business got for its money: resolved tickets, summarized pages, accepted suggestions.

Lands     raw_business_outputs.business_outputs: one row per row of the files (CSV or Parquet with the
          columns date, feature, metric and quantity).
Restated  a file is replaced as a whole: each read replaces the days it holds and those it held before.
"""

from __future__ import annotations

from typing import Any

from ingestion.common import gate
from ingestion.common.file_tables import LOCATION, file_resource, file_table, locate, shaped
from ingestion.common.source import Source

COLUMNS = ["date", "feature", "metric", "quantity"]
BUSINESS_OUTPUTS = file_table("business_outputs", "row of a business output file", COLUMNS)


def suites() -> dict[str, list[Any]]:
    """Every cell is filled, and quantities are numbers."""
    filled = [gate.present(column) for column in COLUMNS]
    return {BUSINESS_OUTPUTS.name: [*filled, gate.utc_time("date"), gate.number("quantity")]}


SOURCE = Source(
    name="business_outputs",
    summary="what a feature produced per day (date, feature, metric, quantity), for unit costs",
    tables=(BUSINESS_OUTPUTS,),
    needs=(LOCATION,),
    read=lambda run: [file_resource(run, BUSINESS_OUTPUTS, "date", shaped(COLUMNS))],
    gate=suites,
    windowed=False,
    locate=locate,
)
