"""Who used how much of what, from files in a documented shape (docs/sources/telemetry.md).

Lands     raw_telemetry.telemetry: one row per row of the files, every value as the text it is.
Restated  a file is replaced as a whole: each read replaces the days it holds and those it held before.
          A day without a row between the first and the last day of a file was read and is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.file_tables import (
    LOCATION,
    file_resource,
    file_table,
    is_json_object,
    locate,
    refuse_where,
    shaped,
)
from ingestion.common.source import Source

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

REQUIRED = ["date", "provider", "measure", "quantity"]
OPTIONAL = [
    "account", "account_name", "sub_account", "sub_account_name", "service", "key", "key_name", "model",
    "service_tier", "context_tier", "region_scope", "principal", "gateway", "workload", "labels",
    "attribution_level", "estimated_cost", "note",
]  # fmt: skip
LEVELS = ["call", "key", "project", "account"]

TELEMETRY = file_table("telemetry", "row of a telemetry file", [*REQUIRED, *OPTIONAL])


def read(item: FileItemDict) -> Iterator[pa.Table]:
    """The rows of a file; raises IngestionError at labels that nobody could read."""
    names = shaped(REQUIRED, OPTIONAL)(files.header(item), item["file_url"])
    for part in files.read(item, names):
        if "labels" in part.column_names:
            is_object = is_json_object(part["labels"])
            mend = 'write them like {"feature": "doc-chat"}'
            refuse_where(item, part, "labels", pc.invert(is_object), "is no JSON object", mend)
        yield part


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        TELEMETRY.name: [
            *(gate.present(column) for column in REQUIRED),
            gate.utc_time("date"),
            gate.matching("quantity", r"^\+?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$", *NO_QUANTITY),
            gate.number("estimated_cost"),
            gate.one_of("attribution_level", LEVELS),
        ]
    }


NO_QUANTITY = ("is no quantity", "write a plain number that is not below zero, like 12.5")


SOURCE = Source(
    name="telemetry",
    summary="who used how much of what, CSV or Parquet in a documented shape",
    tables=(TELEMETRY,),
    needs=(LOCATION,),
    read=lambda run: [file_resource(run, TELEMETRY, "date", reading=read, without_gaps=True)],
    gate=suites,
    windowed=False,
    locate=locate,
)
