"""FOCUS Cost and Usage exports, 1.0-preview to 1.4, CSV or Parquet, from a file, folder or bucket.

Lands     raw_focus.cost_and_usage: one row per row of the files, every FOCUS column as the text it is in
          the file; columns of newer versions are null. Columns FOCUS does not know are kept as x_<name>.
Money     in billing currency, exact text; staging makes it decimal.
Restated  an export is replaced as a whole: each read replaces the days it holds and those it held before,
          file by file, so a line that is gone from the file goes from the warehouse. In AWS's layout
          what the newest manifest names counts (data_exports.py), of Azure's folders of runs the newest.
Left out  the other FOCUS datasets (Contract Commitment, Invoice Detail, Billing Period).
"""

from __future__ import annotations

import csv
import re
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.common import azure_costs, data_exports, files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, file_resource, file_table
from ingestion.common.source import Source

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# What columns were called in 1.0-preview; Oracle Cloud's FOCUS reports are written in it.
PREVIEW = {
    "invoiceissuer": "invoice_issuer_name",
    "provider": "provider_name",
    "publisher": "publisher_name",
    "region": "region_id",
    "usagequantity": "consumed_quantity",
    "usageunit": "consumed_unit",
}


@cache
def focus_columns() -> dict[str, dict[str, str]]:
    """What FOCUS says of each Cost and Usage column, by our name of it (billed_cost)."""
    with (Path(__file__).parent / "columns.csv").open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


COST_AND_USAGE = file_table("cost_and_usage", "row of a FOCUS Cost and Usage file", list(focus_columns()))


def our_names(names: list[str], where: str) -> list[str] | None:
    """Our column names for the columns of a file, in its order; None for another FOCUS dataset.

    Raises IngestionError where a mandatory column is missing, or a name stands twice.
    """
    if not is_cost_and_usage(names):
        return None
    known = {row["column_id"].lower(): name for name, row in focus_columns().items()}
    plain_names = [name.replace("_", "").lower() for name in names]
    is_preview = "provider" in plain_names and "providername" not in plain_names
    known |= PREVIEW if is_preview else {}
    ours = []
    for name in names:
        plain = name.replace("_", "").lower()
        custom = "x_" + snake_case(re.sub(r"^[xX]_", "", name))
        ours.append(known.get(plain, custom))
    for name in ours:
        if ours.count(name) > 1:
            twice = [theirs for theirs, mine in zip(names, ours, strict=True) if mine == name]
            raise IngestionError(
                f"the columns {' and '.join(twice)} are one column to us ({name})",
                where=where,
                mend="rename one of them",
            )
    if absent := missing_columns(ours, is_preview=is_preview):
        raise IngestionError(
            f"FOCUS makes {', '.join(absent)} mandatory, and the file has no such column",
            where=f"{where}, line 1",
            mend="export it with all mandatory columns",
        )
    return ours


def missing_columns(ours: list[str], *, is_preview: bool = False) -> list[str]:
    """Mandatory FOCUS columns that a file with these columns lacks, as FOCUS spells them.

    Mandatory is what every version from 1.0 on asks for; the provider's name moved in 1.3. A file in
    1.0-preview lacks what 1.0 brought (contracted cost, charge class).
    """
    versions = ("0.5", "1.0-preview") if is_preview else ("0.5", "1.0-preview", "1.0")
    moved = {"provider_name", "publisher_name"} if "service_provider_name" in ours else set()
    return [
        row["column_id"]
        for name, row in focus_columns().items()
        if row["mandatory"] == "yes"
        and row["introduced"] in versions
        and name not in ours
        and name not in moved
    ]


def snake_case(name: str) -> str:
    """PascalCase, camelCase or words as snake_case."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-zA-Z0-9]+", "_", name).strip("_").lower()


def is_cost_and_usage(names: list[str]) -> bool:
    """Whether a file is of this dataset; the other FOCUS datasets have none of these columns."""
    plain = {name.replace("_", "").lower() for name in names}
    return bool(plain & {"billedcost", "effectivecost", "chargeperiodstart"})


def locate(_: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands, the column as FOCUS spells it."""
    named = focus_columns().get(column, {}).get("column_id", column)
    return files.place(row["source_file"], row["source_row"], named)


def suites() -> dict[str, list[Any]]:
    """What a row must satisfy to be read at all, and what is only worth a warning.

    Real exports break more of FOCUS than this (nulls in mandatory costs, odd units): such rows load, and
    the FOCUS checks of the project tell them.
    """
    columns = focus_columns()
    numbers = [gate.number(name) for name, row in columns.items() if row["kind"] == "number"]
    times = [gate.utc_time(name) for name, row in columns.items() if row["kind"] == "time"]
    needed = ["billed_cost", "billing_account_id", "charge_period_start", "charge_period_end"]
    needed += ["billing_period_start", "billing_period_end", "service_name"]
    categories = columns["charge_category"]["allowed_values"].split("|")
    expected = ["effective_cost", "contracted_cost", "list_cost"]
    return {
        COST_AND_USAGE.name: [
            *numbers,
            *times,
            *(gate.present(name) for name in needed),
            gate.present("charge_category"),
            gate.one_of("charge_category", categories),
            gate.present("billing_currency"),
            gate.matching("billing_currency", "^[A-Z]{3}$", "is no currency", "write it like USD"),
            *(gate.present(name, severity="warning") for name in expected),
        ]
    }


def accounts_of(item: FileItemDict) -> set[str]:
    """Whose bill a file is, of its first rows; nobody's where it is another dataset, or empty."""
    names = our_names(files.header(item), item["file_url"])
    wanted = [name if name == "billing_account_id" else None for name in names or []]
    first = next(iter(files.read(item, wanted)), None) if names else None
    return set() if first is None else set(first["billing_account_id"].drop_null().to_pylist())


def current_files(run: Run, found: list[FileItemDict]) -> list[FileItemDict]:
    """The files that count: what AWS's manifests name, Azure's newest run of a period, all others."""
    of_aws = [item for item in found if "billing_period=" in item["file_url"].lower()]
    of_azure = [item for item in found if item not in of_aws and azure_costs.is_in_run_folder(item)]
    chosen = data_exports.current_files(of_aws, run, accounts_of)
    chosen += azure_costs.Runs(run, (azure_costs.FOCUS,)).newest(of_azure)
    return [item for item in found if item in chosen or item not in (*of_aws, *of_azure)]


def read(run: Run) -> list[Any]:
    """The dlt resources of one run."""
    chosen = partial(current_files, run)
    return [file_resource(run, COST_AND_USAGE, "charge_period_start", our_names, chosen=chosen)]


SOURCE = Source(
    name="focus",
    summary="FOCUS 1.0 to 1.4 Cost and Usage files (CSV, CSV.gz, Parquet) of any provider",
    tables=(COST_AND_USAGE,),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
