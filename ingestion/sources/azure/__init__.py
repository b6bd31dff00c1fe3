"""Azure's bill: cost details exports of EA and MCA accounts, actual and amortized cost together.

Lands     raw_azure.cost_details: one row per row of the newest run of each export and period. export_kind
          says which of the two it is, meter_kind which rows are about models (`azure_openai` has those too).
Amounts   in the billing currency, and apart from it in pricing currency and USD, all the text of the file.
Restated  until some days after the month: each read takes the newest run of a period as a whole.
Needs     the actual cost. Amortized cost tells what reservations and savings plans were used for; without it
          what they cover costs nothing, and their purchase is spread over its term.
Left out  FOCUS exports, which hold the same money (source `focus` reads them); price sheets and reservation
          details.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import azure_costs, files
from ingestion.common.azure_costs import ACTUAL, AMORTIZED, Reader
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, file_table, locate, named
from ingestion.common.source import Source

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

COST_DETAILS = file_table(
    "cost_details",
    "row of an actual or amortized cost details export",
    ["export_kind", "meter_kind", *azure_costs.COLUMNS],
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    reader = Reader(run, table=COST_DETAILS, kinds=(ACTUAL, AMORTIZED), added=kinds)
    yield reader.resource(chosen=lambda found: with_actual(run, reader, found))


def with_actual(run: Run, reader: Reader, found: list[FileItemDict]) -> list[FileItemDict]:
    """The files that count. Raises IngestionError where amortized costs stand without the actual ones."""
    chosen = reader.runs.newest(found)
    months: dict[str, set[str | None]] = {ACTUAL: set(), AMORTIZED: set()}
    for item in chosen:
        months[reader.runs.kind_of(item)].add((azure_costs.period_of(item) or "").rpartition("/")[2] or None)
    # Files outside of period folders may hold any month; the models compare what they hold.
    alone = months[AMORTIZED] - months[ACTUAL] if None not in months[ACTUAL] else set()
    if months[AMORTIZED] and (not months[ACTUAL] or alone - {None}):
        of = f" of {', '.join(sorted(filter(None, alone)))}" if alone - {None} else ""
        raise IngestionError(
            f"there is amortized cost{of}, and the export of actual cost is missing",
            where=str(run.setting("bucket_url")),
            mend="export actual cost of the same scope and months too, beside it or in a list of locations; "
            "only it tells what was bought and billed",
        )
    if not months[AMORTIZED]:
        print(
            f"  {run.source.name}: no export of amortized cost: effective cost is what was billed, and what "
            "reservations and savings plans cover costs nothing",
            flush=True,
        )
    return chosen


def kinds(rows: pa.Table, item: FileItemDict, kind: str) -> pa.Table:
    """The rows with what kind of export and meter each is of.

    Raises IngestionError at a unit of tokens that we do not know.
    """
    ours = azure_costs.ai_meters(rows)
    is_known = pc.match_substring_regex(rows["unit_of_measure"], azure_costs.UNIT)
    unknown = pc.and_(ours, pc.invert(pc.fill_null(is_known, True)))
    if pc.any(unknown).as_py():
        at = pc.index(unknown, True).as_py()
        raise IngestionError(
            f'"{rows["unit_of_measure"][at].as_py()}" {azure_costs.UNKNOWN_UNIT}',
            where=files.place(item["file_url"], rows[files.ROW][at].as_py(), named(item, "unit_of_measure")),
            mend=azure_costs.MEND_UNIT,
        )
    of = "actual" if kind == ACTUAL else "amortized"
    rows = rows.append_column("export_kind", pa.array([of] * len(rows), pa.string()))
    return rows.append_column("meter_kind", pc.if_else(ours, "model", pa.scalar(None, pa.string())))


SOURCE = Source(
    name="azure",
    summary="Azure's bill: cost details exports of EA and MCA, actual and amortized cost",
    tables=(COST_DETAILS,),
    needs=(LOCATION,),
    read=read,
    gate=lambda: {COST_DETAILS.name: azure_costs.expectations()},
    windowed=False,
    locate=locate,
)
