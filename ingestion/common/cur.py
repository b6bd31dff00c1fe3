"""AWS Cost and Usage Reports, CUR 2.0 and the older CUR: what columns are called, which lines are whose.

Names      columns are found by name, never by position. Case, slashes and underscores do not matter, so that
           lineItem/UnblendedCost of the older CUR and line_item_unblended_cost are one column.
Lines      a source that reads some services of an export passes its own `keep` to file_resource().
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files
from ingestion.common.errors import IngestionError

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

# Without these a line has no amount, day, account or way to tell whose it is.
MANDATORY = (
    "bill_billing_entity",
    "bill_billing_period_start_date",
    "bill_payer_account_id",
    "line_item_currency_code",
    "line_item_line_item_description",
    "line_item_line_item_type",
    "line_item_product_code",
    "line_item_unblended_cost",
    "line_item_usage_account_id",
    "line_item_usage_amount",
    "line_item_usage_start_date",
    "line_item_usage_type",
    "pricing_unit",
    "product",
)
# What an export may leave out: they are chosen, or came later.
OPTIONAL = (
    "bill_bill_type",
    "bill_billing_period_end_date",
    "bill_invoice_id",
    "bill_invoicing_entity",
    "bill_payer_account_name",
    "cost_category",
    "identity_line_item_id",
    "line_item_availability_zone",
    "line_item_iam_principal",
    "line_item_legal_entity",
    "line_item_operation",
    "line_item_resource_id",
    "line_item_unblended_rate",
    "line_item_usage_account_name",
    "line_item_usage_end_date",
    "pricing_currency",
    "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate",
    "pricing_term",
    "product_region_code",
    "resource_tags",
    "tags",
)
COLUMNS = sorted((*MANDATORY, *OPTIONAL))
MARKETPLACE = "AWS Marketplace"

# Amounts of a whole bill: net of private discounts, amortized, unused, split over pods.
AMOUNTS = (
    "line_item_net_unblended_cost",
    "line_item_unblended_cost",
    "line_item_unblended_rate",
    "line_item_usage_amount",
    "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate",
    "reservation_effective_cost",
    "reservation_net_effective_cost",
    "reservation_net_unused_amortized_upfront_fee_for_billing_period",
    "reservation_net_unused_recurring_fee",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_quantity",
    "reservation_unused_recurring_fee",
    "savings_plan_net_savings_plan_effective_cost",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
    "split_line_item_net_split_cost",
    "split_line_item_net_unused_cost",
    "split_line_item_split_cost",
    "split_line_item_unused_cost",
)
# What a whole bill is read for, beside what COLUMNS has.
WHOLE_BILL = sorted(
    {
        *COLUMNS,
        *AMOUNTS,
        "identity_time_interval",
        "line_item_tax_type",
        "pricing_purchase_option",
        "pricing_rate_code",
        "product_instance_type",
        "product_product_family",
        "product_product_name",
        "product_servicecode",
        "product_sku",
        "reservation_reservation_a_r_n",
        "savings_plan_offering_type",
        "savings_plan_savings_plan_a_r_n",
        "split_line_item_parent_resource_id",
        "split_line_item_split_usage_ratio",
    }
)
# The older CUR has a column for each tag and cost category, and many for what is in `product`.
WHOLE_BILL_NEEDS = tuple(
    name for name in MANDATORY if name not in ("product", "line_item_line_item_description")
)
COLLECTED = {
    "resource_tags": r"^resource_?tags[/_](?P<key>.+)$",
    "cost_category": r"^cost_?category[/_](?P<key>.+)$",
}


def plain(name: str) -> str:
    """A column's name without what the spellings differ in."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def our_names(names: list[str], where: str) -> list[str | None] | None:
    """The columns of a CUR 2.0 file as they are, the others unread; None for a file that is no CUR.

    Raises IngestionError for the older CUR, and where a mandatory column was not exported.
    """
    lower = [name.strip().lower() for name in names]
    if "lineitem/unblendedcost" in lower:
        raise IngestionError(
            "this is the older Cost and Usage Report",
            where=f"{where}, line 1",
            mend="export CUR 2.0 (Data Exports, table COST_AND_USAGE_REPORT)",
        )
    if "line_item_unblended_cost" not in lower:
        return None
    if absent := [name for name in MANDATORY if name not in lower]:
        raise IngestionError(
            f"the export has no column {', '.join(absent)}",
            where=f"{where}, line 1",
            mend="select all columns in the data export; model spend is not found without them",
        )
    return [name if name in COLUMNS else None for name in lower]


# A whole bill of either kind ----------------------------------------------------------------------


def whole_bill(item: FileItemDict) -> Iterator[pa.Table] | None:
    """The lines of a CUR of either kind under the names of CUR 2.0; None for a file that is none."""
    names = whole_bill_names(files.header(item), item["file_url"])
    return None if names is None else map(without_blanks, collected(files.read(item, names, coded=True)))


def whole_bill_names(names: list[str], where: str) -> list[str | None] | None:
    """Our names for the columns of either CUR; those of tags and cost categories as `<collection> <key>`.

    Raises IngestionError where a mandatory column was not exported, or one stands twice.
    """
    known = {plain(name): name for name in WHOLE_BILL}
    ours = [known.get(plain(name)) or collection_of(name) for name in names]
    if "line_item_unblended_cost" not in ours:
        return None
    if absent := [name for name in WHOLE_BILL_NEEDS if name not in ours]:
        raise IngestionError(
            f"the export has no column {', '.join(absent)}",
            where=f"{where}, line 1",
            mend="select all columns in the data export",
        )
    for name in filter(None, ours):
        if ours.count(name) > 1:
            twice = [theirs for theirs, mine in zip(names, ours, strict=True) if mine == name]
            raise IngestionError(
                f"the columns {' and '.join(twice)} are one column to us ({name})",
                where=f"{where}, line 1",
                mend="export one of them",
            )
    return ours


def collection_of(name: str) -> str | None:
    """`resource_tags user:env` for resourceTags/user:env; None for a column that is part of no collection."""
    for collection, pattern in COLLECTED.items():
        if found := re.match(pattern, name.strip(), re.IGNORECASE):
            return f"{collection} {found['key']}"
    return None


def collected(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Parts of a file with the columns of a collection as one column of JSON."""
    for part in parts:
        for collection in COLLECTED:
            columns = [name for name in part.column_names if name.startswith(f"{collection} ")]
            if columns:
                keys = [name.partition(" ")[2] for name in columns]
                values = [part[name] for name in columns]
                part = part.drop_columns(columns).append_column(collection, as_json(keys, values))
        yield part


def without_blanks(part: pa.Table) -> pa.Table:
    """Blank texts, which Parquet may hold, are absent; so are amounts that a generator wrote as None."""
    for place, name in enumerate(part.column_names):
        if not pa.types.is_dictionary(part[name].type):
            continue
        coded = part[name].combine_chunks()
        blank = pc.is_in(coded.dictionary, pa.array(["", "None"] if name in AMOUNTS else [""]))
        if pc.any(blank).as_py():
            is_blank = pc.fill_null(pc.take(blank, coded.indices), False)
            indices = pc.if_else(is_blank, pa.scalar(None, coded.indices.type), coded.indices)
            part = part.set_column(place, name, pa.DictionaryArray.from_arrays(indices, coded.dictionary))
    return part


def as_json(keys: list[str], columns: list[pa.ChunkedArray]) -> pa.DictionaryArray:
    """A JSON object a row, of the columns that have a value in it; each different object is written once."""
    coded = [pc.dictionary_encode(column.combine_chunks()) for column in columns]
    which, first = combinations([pc.fill_null(column.indices, -1).to_numpy() for column in coded])
    members = []
    for key, column in zip(keys, coded, strict=True):
        texts = [f", {json.dumps(key)}: {json.dumps(value)}" for value in column.dictionary.to_pylist()]
        chosen = pc.take(column.indices, pa.array(first))
        members.append(pc.fill_null(pc.take(pa.array(texts, pa.string()), chosen), ""))
    joined = pc.binary_join_element_wise(*members, "")
    # Without the comma before the first.
    objects = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 2), "}", "")
    return pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), objects)


def combinations(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of integers from -1 on: the number of each row's combination, and where each stands first."""
    which = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        # Numbered anew after each column, so that their product stays within 64 bits.
        pairs = which * (int(column.max(initial=-1)) + 2) + column + 1
        which = pc.dictionary_encode(pa.array(pairs)).indices.to_numpy().astype(np.int64)
    first = np.zeros(int(which.max(initial=-1)) + 1, np.int64)
    # Backwards, so that the first of them is what stays.
    first[which[::-1]] = np.arange(len(which))[::-1]
    return which, first


def payer_of(item: FileItemDict) -> set[str]:
    """Whose bill a file is, of its first rows; nobody's where it is no CUR, or is empty."""
    names = whole_bill_names(files.header(item), item["file_url"])
    if names is None:
        return set()
    wanted = [name if name == "bill_payer_account_id" else None for name in names]
    first = next(iter(files.read(item, wanted)), None)
    return (
        set()
        if first is None
        else {found for found in pc.unique(first["bill_payer_account_id"]).to_pylist() if found}
    )


# Which lines --------------------------------------------------------------------------------------


def product_named(rows: pa.Table, product_codes: str, product_names: str) -> Any:
    """Which lines are of a product, on both planes: a mask.

    product_codes   what line_item_product_code starts with where AWS itself bills
    product_names   what product['product_name'] contains where it comes through the Marketplace, under an
                    opaque product code
    """
    codes, entities = (
        files.as_coded_text(rows[name]) for name in ("line_item_product_code", "bill_billing_entity")
    )
    own = files.by_value(codes, lambda values: pc.starts_with(values, product_codes))
    is_sold = files.by_value(entities, lambda values: pc.equal(values, MARKETPLACE))
    own, is_sold = pc.fill_null(own, False), pc.fill_null(is_sold, False)
    if not pc.any(is_sold).as_py():
        return own
    # Only those of the Marketplace are unpacked; a bill has few.
    products = iter(files.as_text(rows["product"].filter(is_sold)).to_pylist())
    named = [sold and product_names in (product_name(next(products)) or "") for sold in is_sold.to_pylist()]
    return pc.or_(own, pa.array(named, pa.bool_()))


def product_name(product: str | None) -> str | None:
    """The name in a line's product map, as JSON."""
    try:
        return json.loads(product).get("product_name") if product else None
    except (ValueError, AttributeError):
        return None
