"""What the business got for its money: resolved tickets, summarized pages, accepted suggestions.

Lands     raw_business_outputs.business_outputs: one row per row of the files (CSV or Parquet with the
          columns date, feature, metric and quantity), or of an API that lists the same.
Restated  a file is replaced as a whole: each read replaces the days it holds and those it held before. Of an
          API the days of the window are replaced, by default the last week of what is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import file_tables, files, gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, file_resource, file_table, shaped
from ingestion.common.money import landed
from ingestion.common.records import arrow_of, in_parts
from ingestion.common.source import DAY, Need, Source, named_by_key

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

COLUMNS = ["date", "feature", "metric", "quantity"]
BUSINESS_OUTPUTS = replace(
    file_table("business_outputs", "row of a business output file or reply", COLUMNS), restated_days=6
)
KEY = Need("api_key", "the key of the API that lists business outputs, sent as a bearer token")
PATH = "business_outputs"
ROWS_A_PAGE = 500


def read(run: Run) -> list[Any]:
    """The dlt resources of one run: files where a bucket_url is set, unless read_from says api."""
    if run.setting(LOCATION.key) and run.setting("read_from") != "api":
        return [file_resource(run, BUSINESS_OUTPUTS, "date", shaped(COLUMNS))]
    if not run.setting(KEY.key):
        raise IngestionError(
            f"business_outputs needs {KEY.meaning}",
            mend=f"set {KEY.variable('business_outputs')}",
            exit_code=2,
        )
    return [dlt.resource(lambda: listed(run), name=BUSINESS_OUTPUTS.name, **BUSINESS_OUTPUTS.hints)]


def listed(run: Run) -> Iterator[Any]:
    """The rows that the API lists for the window, and the days of it."""
    window, address = run.window(BUSINESS_OUTPUTS), run.setting("base_url").rstrip("/")
    client = {"base_url": address, "auth": {"type": "bearer", "token": run.setting(KEY.key)}}
    [told] = rest.reading(
        client,
        [
            {
                "name": PATH,
                "endpoint": {
                    "path": PATH,
                    "params": {"since": str(window.since), "until": str(window.until), "limit": ROWS_A_PAGE},
                    "data_selector": "data",
                    "paginator": rest.Cursor("next_page", "page"),
                    "response_actions": rest.checked(lambda _: None),
                },
            }
        ],
    )
    where = f"{address}/{PATH}"
    for rows in in_parts(row(run, item, where, number) for number, item in enumerate(told, 1)):
        yield arrow_of(BUSINESS_OUTPUTS, rows)
    # The API by its address is the file that these rows are of.
    yield from run.covered(BUSINESS_OUTPUTS, window.days(), {"source_file": where})


def row(run: Run, item: dict[str, Any], where: str, number: int) -> dict[str, Any]:
    """One item of the list as a row. Raises IngestionError where it is not what the contract promises."""
    for name in COLUMNS:
        if name not in item:
            raise IngestionError(f"an output has no {name}", where=where, mend=rest.AGAIN)
    try:
        day = date.fromisoformat(item["date"])
    except (TypeError, ValueError) as error:
        what = f'an output has the date "{item["date"]}", which is not what the contract promises'
        raise IngestionError(what, where=where, mend="dates are written like 2026-11-01") from error
    rest.in_window(run, BUSINESS_OUTPUTS, day, where)
    texts = {name: item[name] for name in ("date", "feature", "metric")}
    return {DAY: day, "source_file": where, files.ROW: number, **texts, "quantity": landed(item["quantity"])}


def locate(table: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands: in a file, or in the list of an API."""
    if row["source_file"].endswith(files.SUFFIXES):
        return file_tables.locate(table, row, column)
    return named_by_key(table, row, column)


def suites() -> dict[str, list[Any]]:
    """Every cell is filled, and quantities are numbers."""
    filled = [gate.present(column) for column in COLUMNS]
    return {BUSINESS_OUTPUTS.name: [*filled, gate.utc_time("date"), gate.number("quantity")]}


SOURCE = Source(
    name="business_outputs",
    summary="what a feature produced per day (date, feature, metric, quantity), for unit costs",
    tables=(BUSINESS_OUTPUTS,),
    needs=(replace(LOCATION, instead="base_url"),),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
