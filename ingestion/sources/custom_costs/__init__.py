"""Bills of vendors that no source reads, from files in a documented shape (docs/sources/custom_costs.md).

Lands     raw_custom_costs.custom_costs: one row per row of the files, every value as the text it is.
Amounts   in `currency`, exact text; staging makes them decimal.
Restated  a file is replaced as a whole: each read replaces the days it holds and those it held before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
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

REQUIRED = ["provider", "service", "period_start", "period_end", "billed_cost", "currency"]
OPTIONAL = [
    "charge_id", "billing_account", "service_category", "service_subcategory", "charge_category",
    "effective_cost", "sub_account", "resource", "description", "tags", "invoice_id", "note",
]  # fmt: skip
CATEGORIES = ["Usage", "Purchase", "Tax", "Credit", "Adjustment"]

CUSTOM_COSTS = file_table("custom_costs", "row of a file of custom costs", [*REQUIRED, *OPTIONAL])


def read(item: FileItemDict) -> Iterator[pa.Table]:
    """The rows of a file; raises IngestionError at a line that the shape does not allow."""
    names = shaped(REQUIRED, OPTIONAL)(files.header(item), item["file_url"])
    seen: set[str] = set()
    for part in files.read(item, names):
        # A day written as a time is the same day.
        start, end = (pc.utf8_slice_codeunits(part[name], 0, 10) for name in ("period_start", "period_end"))
        refuse_where(
            item,
            part,
            "period_end",
            pc.less_equal(end, start),
            "is not after period_start",
            "it is the first day after the period",
        )
        if "tags" in part.column_names:
            is_object = is_json_object(part["tags"])
            mend = 'write them like {"feature": "doc-chat"}'
            refuse_where(item, part, "tags", pc.invert(is_object), "is no JSON object", mend)
        if "charge_id" in part.column_names:
            refuse_twice(item, part, seen)
        yield part


def refuse_twice(item: FileItemDict, part: pa.Table, seen: set[str]) -> None:
    """Raise IngestionError where a charge stands twice in a file: it would cost twice."""
    for row, name in enumerate(part["charge_id"].to_pylist()):
        if name is not None and name in seen:
            raise IngestionError(
                f'the charge "{name}" stands in the file already',
                where=files.place(item["file_url"], part[files.ROW][row].as_py(), "charge_id"),
                mend="keep one of them, or give the other a name of its own",
            )
        seen.add(name)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        CUSTOM_COSTS.name: [
            *(gate.present(column) for column in REQUIRED),
            *(gate.number(column) for column in ("billed_cost", "effective_cost")),
            *(gate.utc_time(column) for column in ("period_start", "period_end")),
            gate.one_of("charge_category", CATEGORIES),
            gate.matching("currency", "^[A-Z]{3}$", "is no currency", "write it like USD"),
        ]
    }


SOURCE = Source(
    name="custom_costs",
    summary="bills of any vendor, CSV or Parquet in a documented shape",
    tables=(CUSTOM_COSTS,),
    needs=(LOCATION,),
    read=lambda run: [file_resource(run, CUSTOM_COSTS, "period_start", reading=read)],
    gate=suites,
    windowed=False,
    locate=locate,
)
