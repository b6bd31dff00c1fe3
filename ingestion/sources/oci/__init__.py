"""Oracle Cloud's cost reports: CSV, by hour, resource and SKU.

Lands     raw_oci.cost_report: one row per row of the reports, columns without the part before the slash
          (my_cost, billed_quantity). Tags, a column each and another set in each file, are one JSON object.
Amounts   in the currency of the row, the text of the file.
Restated  a report is written once, late usage and corrections come in later ones. A file is replaced as a
          whole, and one that is gone takes its lines with it.
Left out  usage reports, which have no cost; FOCUS reports, which hold the same money (source `focus`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, file_resource, file_table
from ingestion.common.source import Source

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# Oracle's names and ours. cost/myCost, its quantity and its unit price hold the overage; what ends in Overage
# is the share of it that is beyond what was committed.
COLUMNS = {
    "lineItem/referenceNo": "reference_no",
    "lineItem/tenantId": "tenant_id",
    "lineItem/intervalUsageStart": "interval_usage_start",
    "lineItem/intervalUsageEnd": "interval_usage_end",
    "lineItem/isCorrection": "is_correction",
    "lineItem/backreferenceNo": "backreference_no",
    "product/service": "service",
    "product/compartmentId": "compartment_id",
    "product/compartmentName": "compartment_name",
    "product/region": "region",
    "product/availabilityDomain": "availability_domain",
    "product/resourceId": "resource_id",
    "product/Description": "description",
    "usage/billedQuantity": "billed_quantity",
    "usage/billedQuantityOverage": "billed_quantity_overage",
    "cost/subscriptionId": "subscription_id",
    "cost/productSku": "product_sku",
    "cost/unitPrice": "unit_price",
    "cost/unitPriceOverage": "unit_price_overage",
    "cost/myCost": "my_cost",
    "cost/myCostOverage": "my_cost_overage",
    "cost/currencyCode": "currency_code",
    "cost/billingUnitReadable": "billing_unit_readable",
    "cost/skuUnitDescription": "sku_unit_description",
    "cost/overageFlag": "overage_flag",
}
NEEDED = ("reference_no", "tenant_id", "interval_usage_start", "service", "my_cost", "currency_code")
TAG = "tags/"
TIMES = ("interval_usage_start", "interval_usage_end")

COST_REPORT = file_table("cost_report", "row of a cost report", [*COLUMNS.values(), "tags"])


def our_names(header: list[str], where: str) -> list[str | None] | None:
    """Our names in the file's order, tags as the file spells them; None for a file that is no cost report.

    Raises IngestionError where a needed column is missing or stands twice.
    """
    known = {theirs.lower(): ours for theirs, ours in COLUMNS.items()}
    if "lineitem/referenceno" not in map(str.lower, header) or not any(
        name.lower().startswith("cost/") for name in header
    ):
        return None
    ours = [name if name.startswith(TAG) else known.get(name.lower()) for name in header]
    if absent := [theirs for theirs, name in COLUMNS.items() if name in NEEDED and name not in ours]:
        raise IngestionError(
            f"the report has no column {', '.join(absent)}",
            where=f"{where}, line 1",
            mend="take the cost report with all its columns",
        )
    for name in filter(None, ours):
        if ours.count(name) > 1:
            raise IngestionError(
                f"the column {header[ours.index(name)]} stands twice",
                where=f"{where}, line 1",
                mend="drop one of them",
            )
    return ours


def rows(item: FileItemDict) -> Iterator[pa.Table] | None:
    """The rows of one report; None for a file of another kind."""
    names = our_names(files.header(item), item["file_url"])
    return None if names is None else parts(item, names)


def parts(item: FileItemDict, names: list[str | None]) -> Iterator[pa.Table]:
    """The rows with their tags as one object, and seconds on every time."""
    for part in files.read(item, names):
        tags = [name for name in part.column_names if name.startswith(TAG)]
        objects = tag_objects(part, tags)
        part = part.drop_columns(tags)
        for name in COLUMNS.values():
            if name not in part.column_names:
                part = part.append_column(name, pa.nulls(len(part), pa.string()))
        for name in TIMES:
            place = part.column_names.index(name)
            whole = pc.replace_substring_regex(part[name], r"^(\d{4}-\d\d-\d\dT\d\d:\d\d)Z$", r"\1:00Z")
            part = part.set_column(place, name, whole)
        yield part.append_column("tags", objects)


def tag_objects(part: pa.Table, names: list[str]) -> pa.Array:
    """The tags of each row as a JSON object, null where it has none; keys are Oracle's, namespace.key."""
    if not names:
        return pa.nulls(len(part), pa.string())
    keys = [name.removeprefix(TAG) for name in names]

    @cache
    def text(values: tuple[str | None, ...]) -> str | None:
        found = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        return json.dumps(found, ensure_ascii=False) if found else None

    columns = [part[name].to_pylist() for name in names]
    return pa.array([text(values) for values in zip(*columns, strict=True)], pa.string())


def locate(_: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands, the column as Oracle spells it."""
    named = next((theirs for theirs, ours in COLUMNS.items() if ours == column), column)
    return files.place(row["source_file"], row["source_row"], named)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    numbers = [name for name in COLUMNS.values() if re.search("cost|quantity|price", name)]
    return {
        COST_REPORT.name: [
            *(gate.present(name) for name in NEEDED),
            *(gate.number(name) for name in numbers),
            *(gate.utc_time(name) for name in TIMES),
            gate.matching("currency_code", "^[A-Z]{3}$", "is no currency", "write it like USD"),
            gate.one_of("is_correction", ["true", "false"]),
        ]
    }


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    yield file_resource(run, COST_REPORT, "interval_usage_start", reading=rows)


SOURCE = Source(
    name="oci",
    summary="Oracle Cloud's cost reports (CSV)",
    tables=(COST_REPORT,),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
