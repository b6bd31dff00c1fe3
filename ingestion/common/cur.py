"""AWS CUR 2.0 (Data Exports): what its columns are called, and which lines a source takes.

A source that reads other services of the same export passes its own `keep` to file_resource().
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files
from ingestion.common.errors import IngestionError

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


def our_names(names: list[str], where: str) -> list[str | None] | None:
    """The columns of a CUR 2.0 file as they are, the others unread; None for a file that is no CUR.

    Raises IngestionError for the older CUR, and where a mandatory column was not exported.
    """
    plain = [name.strip().lower() for name in names]
    if "lineitem/unblendedcost" in plain:
        raise IngestionError(
            "this is the older Cost and Usage Report",
            where=f"{where}, line 1",
            mend="export CUR 2.0 (Data Exports, table COST_AND_USAGE_REPORT)",
        )
    if "line_item_unblended_cost" not in plain:
        return None
    if absent := [name for name in MANDATORY if name not in plain]:
        raise IngestionError(
            f"the export has no column {', '.join(absent)}",
            where=f"{where}, line 1",
            mend="select all columns in the data export; model spend is not found without them",
        )
    return [name if name in COLUMNS else None for name in plain]


def product_named(rows: pa.Table, product_codes: str, product_names: str) -> Any:
    """Which lines are of a product, on both planes: a mask.

    product_codes   what line_item_product_code starts with where AWS itself bills
    product_names   what product['product_name'] contains where it comes through the Marketplace, under an
                    opaque product code
    """
    entities, codes = (
        files.as_text(rows[name]) for name in ("bill_billing_entity", "line_item_product_code")
    )
    own = pc.fill_null(pc.starts_with(codes, product_codes), False)
    is_sold = pc.fill_null(pc.equal(entities, MARKETPLACE), False)
    if not pc.any(is_sold).as_py():
        return own
    # Only those of the Marketplace are unpacked; a bill has few.
    products = iter(files.as_text(rows["product"].filter(is_sold)).to_pylist())
    named = [sold and product_names in (product_name(next(products)) or "") for sold in is_sold.to_pylist()]
    return pc.or_(own, pa.chunked_array([pa.array(named, pa.bool_())]))


def product_name(product: str | None) -> str | None:
    """The name in a line's product map, as JSON."""
    try:
        return json.loads(product).get("product_name") if product else None
    except (ValueError, AttributeError):
        return None
