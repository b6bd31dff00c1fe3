"""Azure's cost details exports (actual cost): EA and MCA columns, CSV or Parquet, the last run of a period.

Lands     cost_details: one row per row of the export, every value as the text it is in the file; dates as
          year-month-day. CostInBillingCurrency and CostInUsd stay apart.
Restated  an export writes the month anew each day, over itself or into a new run folder: of several runs of a
          period only the newest counts, and the rows of the others go.
Which     a source says which rows it bills (`wanted`); the rest of an export is not landed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import file_resource, file_table

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# Our columns; the file spells them CostInBillingCurrency or costInBillingCurrency.
COLUMNS = (
    "additional_info", "benefit_id", "benefit_name", "billing_account_id", "billing_account_name",
    "billing_currency", "billing_period_end_date", "billing_period_start_date", "billing_profile_id",
    "billing_profile_name", "charge_type", "consumed_service", "cost_center", "cost_in_billing_currency",
    "cost_in_pricing_currency", "cost_in_usd", "date", "effective_price", "exchange_rate_pricing_to_billing",
    "frequency", "invoice_id", "invoice_section_id", "invoice_section_name", "meter_category", "meter_id",
    "meter_name", "meter_region", "meter_sub_category", "part_number", "pay_g_price",
    "payg_cost_in_billing_currency", "plan_name", "pricing_currency", "pricing_model", "product_id",
    "product_name", "publisher_name", "publisher_type", "quantity", "reservation_id",
    "reservation_name", "resource_group", "resource_id", "resource_location", "resource_name",
    "service_family", "service_period_end_date", "service_period_start_date", "subscription_id",
    "subscription_name", "tags", "term", "unit_of_measure", "unit_price",
)  # fmt: skip
# Other names of the same, by agreement and version.
ALSO = {
    "billingcurrencycode": "billing_currency",
    "cost": "cost_in_billing_currency",
    "location": "resource_location",
    "product": "product_name",
    "resourcegroupname": "resource_group",
    "subscriptionguid": "subscription_id",
}
KNOWN = {name.replace("_", ""): name for name in COLUMNS} | ALSO
NEEDED = ("date", "cost_in_billing_currency", "billing_currency", "meter_name", "quantity", "unit_of_measure")
DATES = (
    "date", "billing_period_start_date", "billing_period_end_date", "service_period_start_date",
    "service_period_end_date",
)  # fmt: skip
COST_DETAILS = file_table("cost_details", "row of a cost details export", list(COLUMNS))

PERIOD = re.compile(r"/\d{8}-\d{8}/")
MANIFEST = "manifest.json"
# Rows of a table -> which of them are wanted.
Wanted = Callable[[pa.Table], pa.Array]


def read(run: Run, wanted: Wanted) -> Any:
    """The dlt resource of cost_details."""
    return file_resource(
        run,
        COST_DETAILS,
        "date",
        reading=partial(landed, wanted=wanted),
        chosen=partial(newest_runs, run=run),
    )


def landed(item: FileItemDict, wanted: Wanted) -> Iterator[pa.Table] | None:
    """The wanted rows of one file; None for a file of another kind, as a FOCUS export."""
    names = our_names(files.header(item), item["file_url"])
    return None if names is None else parts(item, names, wanted)


def our_names(header: list[str], where: str) -> list[str] | None:
    """Our column names in the file's order. Raises IngestionError where a needed one is missing."""
    plain = [name.replace("_", "").lower() for name in header]
    if "metername" not in plain or "billedcost" in plain:
        return None
    ours = [KNOWN.get(name, snake_case(theirs)) for name, theirs in zip(plain, header, strict=True)]
    absent = [name for name in NEEDED if name not in ours]
    if absent:
        raise IngestionError(
            f"the export has no column {', '.join(absent)}",
            where=f"{where}, line 1",
            mend="export cost and usage details (actual cost) with all their columns",
        )
    for name in ours:
        if ours.count(name) > 1:
            twice = [theirs for theirs, mine in zip(header, ours, strict=True) if mine == name]
            raise IngestionError(
                f"the columns {' and '.join(twice)} are one column to us ({name})",
                where=f"{where}, line 1",
                mend="drop one of them",
            )
    return ours


def snake_case(name: str) -> str:
    """A column that we do not know, in our spelling."""
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()


def parts(item: FileItemDict, names: list[str], wanted: Wanted) -> Iterator[pa.Table]:
    """The wanted rows with their row numbers, dates as year-month-day."""
    for part in files.read(item, names):
        for name in COLUMNS:
            if name not in part.column_names:
                part = part.append_column(name, pa.nulls(len(part), pa.string()))
        part = part.filter(wanted(part))
        for name in DATES:
            place = part.column_names.index(name)
            part = part.set_column(place, name, iso(part[name]))
        yield part


def iso(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """11/2/2026, as EA writes it, as 2026-11-02; a date that is written otherwise stays as it is."""
    found = pc.extract_regex(dates, r"^(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")
    if found.null_count == len(found):
        return dates
    month, day, year = (pc.struct_field(found, name) for name in ("month", "day", "year"))
    written = pc.binary_join_element_wise(year, pc.utf8_lpad(month, 2, "0"), pc.utf8_lpad(day, 2, "0"), "-")
    return pc.if_else(pc.is_valid(found), written, dates)


# Runs of an export --------------------------------------------------------------------------------


def newest_runs(found: list[FileItemDict], run: Run) -> list[FileItemDict]:
    """The files of the newest run of each period; files outside of period folders all count.

    A run is a folder below the period's (20261101-20261130), or a file right in it. Its manifest says when
    it ran, and what it holds; without one the time of the file decides.
    """
    told = manifests(run)
    runs: dict[str, dict[str, list[FileItemDict]]] = {}
    for item in found:
        url = item["file_url"]
        period = PERIOD.search(url)
        folder = url.rpartition("/")[0]
        kind = told.get(folder, {}).get("type", "")
        if kind and kind.lower() not in ("actualcost", "usage"):
            print(f"  {run.source.name}: left out, an export of {kind}: {url}", flush=True)
            continue
        if period is None:
            runs.setdefault(url, {})[url] = [item]
        else:
            whole = url[: period.end() - 1]
            own = url if folder == whole else folder
            runs.setdefault(whole, {}).setdefault(own, []).append(item)
    chosen: list[FileItemDict] = []
    for by_run in runs.values():

        def age(own: str, by_run: dict[str, list[FileItemDict]] = by_run) -> tuple[str, str]:
            changed = max(str(item["modification_date"]) for item in by_run[own])
            return told.get(own, {}).get("submitted", ""), changed

        chosen += by_run[max(by_run, key=age)]
    return chosen


def manifests(run: Run) -> dict[str, dict[str, str]]:
    """When each run ran and what it holds, by its folder; only what manifests tell."""
    told: dict[str, dict[str, str]] = {}
    for location in files.locations_of(run.setting("bucket_url")):
        folder, pattern = files.split_location(location, f"**/{MANIFEST}")
        if not pattern.endswith(MANIFEST):
            continue
        for item in files.filesystem(folder, file_glob=pattern):
            if PurePosixPath(item["file_name"]).name != MANIFEST:
                continue
            try:
                content = json.loads(item.read_bytes())
                told[item["file_url"].rpartition("/")[0]] = {
                    "submitted": str(content.get("runInfo", {}).get("submittedTime") or ""),
                    "type": str(content.get("exportConfig", {}).get("type") or ""),
                }
            except (ValueError, AttributeError) as error:
                raise IngestionError(
                    "the manifest is no JSON object",
                    where=item["file_url"],
                    mend="wait until the export is written, then run it again",
                ) from error
    return told


# A block of units, as the meter counts: 1K, 100 Hours, 1/Month. What is not known stops the load.
UNIT = r"(?i)^(?:1|10|100|1000|10000) ?[KM]?(?: ?Tokens?| ?/? ?(?:Hours?|Days?|Months?)| ?Images?| ?Units?)?$"


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    numbers = ("cost_in_billing_currency", "cost_in_usd", "payg_cost_in_billing_currency", "quantity")
    prices = ("effective_price", "unit_price", "pay_g_price")
    return {
        COST_DETAILS.name: [
            *(gate.present(name) for name in NEEDED if name not in ("meter_name", "unit_of_measure")),
            *(gate.number(name) for name in (*numbers, *prices)),
            *(gate.utc_time(name) for name in DATES),
            gate.matching("billing_currency", "^[A-Z]{3}$", "is no currency", "write it like USD"),
            gate.matching(
                "unit_of_measure",
                UNIT,
                "is a unit that we do not know, and a guess would hide or multiply tokens",
                "add it to UNIT in ingestion/common/azure_costs.py and to unit_block() in macros/charges",
            ),
        ]
    }
