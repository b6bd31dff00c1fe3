"""Google Cloud's billing export: its table in BigQuery, or files that BigQuery wrote.

Files     JSON lines, Parquet, or CSV of a flat query.

Lands     two tables: the rows of the export, each nested field a column of its own (service.id is
          service_id), and their credits, one row each. Every value is the text it is in the file.
Which     a source says which services it bills (`services`); the rest of an export is not landed.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import coded, file_resource, file_table
from ingestion.common.source import DAY, WITHDRAWN, Need, Table

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

LOCATION = Need(
    "bucket_url",
    "the file, folder or bucket URL of the export to read, or export_table, its table in BigQuery",
    "export_table",
)

# Our column and where it stands in a row of the export.
FIELDS = {
    "billing_account_id": ("billing_account_id",),
    "service_id": ("service", "id"),
    "service_description": ("service", "description"),
    "sku_id": ("sku", "id"),
    "sku_description": ("sku", "description"),
    "usage_start_time": ("usage_start_time",),
    "usage_end_time": ("usage_end_time",),
    "project_id": ("project", "id"),
    "project_number": ("project", "number"),
    "project_name": ("project", "name"),
    "project_labels": ("project", "labels"),
    "project_ancestors": ("project", "ancestors"),
    "labels": ("labels",),
    "system_labels": ("system_labels",),
    "tags": ("tags",),
    "location": ("location", "location"),
    "location_country": ("location", "country"),
    "location_region": ("location", "region"),
    "location_zone": ("location", "zone"),
    "resource_name": ("resource", "name"),
    "resource_global_name": ("resource", "global_name"),
    "cost": ("cost",),
    "cost_at_list": ("cost_at_list",),
    "cost_at_effective_price_default": ("cost_at_effective_price_default",),
    "cost_at_list_consumption_model": ("cost_at_list_consumption_model",),
    "currency": ("currency",),
    "currency_conversion_rate": ("currency_conversion_rate",),
    "usage_amount": ("usage", "amount"),
    "usage_unit": ("usage", "unit"),
    "usage_amount_in_pricing_units": ("usage", "amount_in_pricing_units"),
    "usage_pricing_unit": ("usage", "pricing_unit"),
    "credits": ("credits",),
    "invoice_month": ("invoice", "month"),
    "cost_type": ("cost_type",),
    "adjustment_info_id": ("adjustment_info", "id"),
    "adjustment_info_description": ("adjustment_info", "description"),
    "adjustment_info_mode": ("adjustment_info", "mode"),
    "adjustment_info_type": ("adjustment_info", "type"),
    "export_time": ("export_time",),
    "price_effective_price": ("price", "effective_price"),
    "price_tier_start_amount": ("price", "tier_start_amount"),
    "price_unit": ("price", "unit"),
    "price_pricing_unit_quantity": ("price", "pricing_unit_quantity"),
    "price_list_price": ("price", "list_price"),
    "transaction_type": ("transaction_type",),
    "seller_name": ("seller_name",),
    "subscription_instance_id": ("subscription", "instance_id"),
    "consumption_model_id": ("consumption_model", "id"),
    "consumption_model_description": ("consumption_model", "description"),
}
# What people wrote on a line, its tags and its project as one object: the nearest of a key counts.
BILL_TAGS = "bill_tags"
# Without these a row cannot be placed or added up.
NEEDED = ("sku_description", "usage_start_time", "cost", "currency", "invoice_month")
TIMES = ("usage_start_time", "usage_end_time", "export_time")
PAIRS = ("labels", "system_labels", "project_labels", "tags")
LISTS = (*PAIRS, "credits", "project_ancestors")

BILLING_EXPORT = file_table("billing_export", "row of the billing export", [*FIELDS, BILL_TAGS])
CREDITS = Table(
    name="credits",
    grain="credit of a row of the billing export",
    columns={
        "source_file": "text",
        "source_row": "bigint",
        "credit_number": "bigint",
        "name": "text",
        "full_name": "text",
        "id": "text",
        "type": "text",
        "amount": "text",
    },
    key=("source_file", "source_row", "credit_number"),
    replaced_by=("source_file", DAY),
    arrow=True,
)

ROWS_AT_ONCE = 20_000
COST_TYPES = ["regular", "tax", "adjustment", "rounding_error"]
CURRENCY = "^[A-Z]{3}$"

Services = Callable[[str | None, str | None], bool]


def billed_by(names: Sequence[str]) -> Services:
    """Whether a row's service (id, description) is one of these names; `*` is any."""
    known = {name.lower() for name in names}
    return lambda number, name: "*" in known or bool({str(number).lower(), str(name).lower()} & known)


def read(run: Run, services: Services) -> Iterator[Any]:
    """The dlt resources of both tables; each file, or row of the export's table, is read once."""
    if run.setting("export_table"):
        from ingestion.common import gcp_table

        rows = gcp_table.table_resource(
            run,
            BILLING_EXPORT,
            "usage_start_time",
            lambda item, numbered: parts(item, numbered, services),
            {path[0] for path in FIELDS.values()},
        )
    else:
        rows = file_resource(
            run,
            BILLING_EXPORT,
            "usage_start_time",
            reading=lambda item: landed(item, services),
            suffixes=(*files.SUFFIXES, *files.JSON_LINES),
        )
    yield rows
    yield dlt.transformer(credits_of(run), data_from=rows, name=CREDITS.name, **CREDITS.hints)


def landed(item: FileItemDict, services: Services) -> Iterator[pa.Table] | None:
    """The rows of the services in one file; None for a file of another kind."""
    name = item["file_name"]
    if not name.endswith(files.JSON_LINES) and not is_export(files.header(item)):
        return None
    read_rows = {True: json_rows, False: csv_rows}[name.endswith(files.JSON_LINES)]
    if name.endswith(".parquet"):
        read_rows = parquet_rows
    return parts(item, read_rows(item), services)


def is_export(names: list[str]) -> bool:
    """Whether a file with this header is a billing export."""
    return {"usage_start_time", "cost", "currency"} <= {plain(name) for name in names}


def plain(name: str) -> str:
    """A header in our spelling: service.id is service_id."""
    return name.strip().lower().replace(".", "_")


Row = tuple[int, dict[str, Any]]


def json_rows(item: FileItemDict) -> Iterator[Row]:
    """Line number and row of a file of JSON lines."""
    return files.json_lines(item)


def parquet_rows(item: FileItemDict) -> Iterator[Row]:
    """Row number and row of a Parquet file, nested as BigQuery writes it."""
    before = 0
    for batch in files.batches(item):
        yield from enumerate(batch.to_pylist(), before + 1)
        before += len(batch)


def csv_rows(item: FileItemDict) -> Iterator[Row]:
    """Row number and row of a CSV with a column for each nested field."""
    names = [plain(name) for name in files.header(item)]
    for part in files.read(item, names):
        yield from zip(part[files.ROW].to_pylist(), part.drop_columns([files.ROW]).to_pylist(), strict=True)


def parts(item: FileItemDict, rows: Iterator[Row], services: Services) -> Iterator[pa.Table]:
    """Rows of the services as tables of text."""
    names = [*FIELDS, BILL_TAGS]
    schema = pa.schema([("source_row", pa.int64()), *((name, pa.string()) for name in names)])
    held: list[dict[str, Any]] = []
    for number, row in rows:
        if not services(field(row, "service_id"), field(row, "service_description")):
            continue
        held.append({"source_row": number, **in_text(row, f"{item['file_url']}, row {number}")})
        if len(held) == ROWS_AT_ONCE:
            yield pa.Table.from_pylist(held, schema)
            held = []
    yield pa.Table.from_pylist(held, schema)


def field(row: dict[str, Any], name: str) -> Any:
    """A field of a row, nested or flattened."""
    for flat in ("_".join(FIELDS[name]), name):
        if flat in row and not isinstance(row[flat], dict):
            return row[flat]
    value: Any = row
    for step in FIELDS[name]:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def in_text(row: dict[str, Any], where: str) -> dict[str, str | None]:
    """A row as text, lists as JSON, labels as one JSON object."""
    found: dict[str, str | None] = {}
    pairs: dict[str, dict[str, Any]] = {}
    for name in FIELDS:
        value = field(row, name)
        if name in LISTS:
            value = listed(value, f"{where}, column {name}")
            if name in PAIRS:
                value = pairs[name] = {label(pair): pair.get("value") for pair in value}
            found[name] = json.dumps(value, default=text, ensure_ascii=False) if value else None
        elif name in TIMES:
            # BigQuery's JSON and CSV end in the zone's name.
            found[name] = value and text(value).removesuffix(" UTC") + (
                "Z" if text(value).endswith(" UTC") else ""
            )
        else:
            found[name] = text(value)
    written = pairs["project_labels"] | pairs["tags"] | pairs["labels"]
    found[BILL_TAGS] = json.dumps(written, default=text, ensure_ascii=False) if written else None
    return found


def label(pair: dict[str, Any]) -> Any:
    """The key of a label; a tag's stands in the namespace of its organization or project."""
    return f"{pair['namespace']}/{pair.get('key')}" if pair.get("namespace") else pair.get("key")


def text(value: Any) -> str | None:
    """A value as the text of a file; a double is the shortest text that gives it again."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def listed(value: Any, where: str) -> list[dict[str, Any]]:
    """A repeated field; a CSV holds it as JSON, some tools as a Python list."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=str, parse_int=str)
        except ValueError:
            try:
                # Doubles of a Python list are read as the shortest text again.
                value = ast.literal_eval(value)
            except (ValueError, SyntaxError):
                value = None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise IngestionError(
            "the value is no list of objects",
            where=where,
            mend='write it as JSON, like [{"key": "team", "value": "claims"}]',
        )
    return value


def credits_of(run: Run) -> Callable[[pa.Table], Iterator[pa.Table]]:
    """What makes the table of credits out of the rows that are landed."""
    kinds = {"bigint": pa.int64(), "text": pa.string()}
    schema = pa.schema(
        [
            *(
                pa.field(name, kinds[kind], nullable=name != "source_file")
                for name, kind in CREDITS.columns.items()
            ),
            pa.field(DAY, pa.date32(), nullable=False),
            pa.field(WITHDRAWN, pa.bool_()),
        ]
    )

    def rows(part: pa.Table) -> Iterator[pa.Table]:
        if "source_row" not in part.column_names:
            # Days that were read: those of the rows are those of their credits.
            days = sorted(set(part[DAY].to_pylist()))
            run.log += [{"table_name": CREDITS.name, DAY: day, "read_at": run.read_at} for day in days]
            # Of the rows' columns a mark has those by which both are replaced.
            yield coded(CREDITS, part.select(["source_file", DAY, WITHDRAWN]))
            return
        columns = part.select(["source_file", "source_row", DAY, "credits"])
        found = [
            {
                **{name: row[name] for name in ("source_file", "source_row", DAY)},
                "credit_number": number,
                **{name: text(credit.get(name)) for name in ("name", "full_name", "id", "type", "amount")},
            }
            for row in columns.filter(pa.compute.is_valid(columns["credits"])).to_pylist()
            for number, credit in enumerate(json.loads(row["credits"], parse_float=str, parse_int=str), 1)
        ]
        if found:
            yield coded(CREDITS, pa.Table.from_pylist(found, schema))

    return rows


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    amounts = ("cost", "cost_at_list", "cost_at_effective_price_default", "currency_conversion_rate",
               "usage_amount", "usage_amount_in_pricing_units")  # fmt: skip
    return {
        BILLING_EXPORT.name: [
            *(gate.present(name) for name in NEEDED),
            *(gate.number(name) for name in amounts),
            *(gate.utc_time(name) for name in TIMES),
            gate.matching("currency", CURRENCY, "is no currency", "write it like USD"),
            gate.matching("invoice_month", r"^\d{6}$", "is no month", "write it like 202611"),
            gate.present("cost_type"),
            gate.one_of("cost_type", COST_TYPES),
        ],
        CREDITS.name: [gate.present("amount"), gate.number("amount")],
    }
