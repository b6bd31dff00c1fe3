"""AWS: the whole bill from its Cost and Usage Report, CUR 2.0 (Data Exports) or the older CUR.

Lands     raw_aws.cur: one row per line of the export, every value as the text it is in the file, columns
          under the names of CUR 2.0. Tags and cost categories are JSON, also where they have a column each.
Money     in the line's currency, exact text. Unblended and net cost stay apart; blended is not read.
Restated  AWS writes a period anew many times a day, and after its close: of each billing period the parts
          that the newest manifest names count, and all of it is replaced (ingestion/common/data_exports.py).
Left out  FOCUS exports (source `focus`); the price columns of `product` that no line is billed by.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ingestion.common import cur, data_exports, gate
from ingestion.common.file_tables import LOCATION, file_resource, file_table, locate
from ingestion.common.pipeline import Run
from ingestion.common.source import Source

CUR = file_table("cur", "line of a Cost and Usage Report", cur.WHOLE_BILL)
LINE_TYPES = [
    "BundledDiscount",
    "Credit",
    "Discount",
    "DiscountedUsage",
    "DistributorDiscount",
    "EdpDiscount",
    "Fee",
    "PrivateRateDiscount",
    "RIFee",
    "Refund",
    "RiVolumeDiscount",
    "SavingsPlanCoveredUsage",
    "SavingsPlanNegation",
    "SavingsPlanRecurringFee",
    "SavingsPlanUpfrontFee",
    "SppDiscount",
    "Tax",
    "Usage",
]


def read(run: Run) -> list[Any]:
    """The dlt resource of the bill."""
    chosen = partial(data_exports.current_files, run=run, account_of=cur.payer_of)
    return [file_resource(run, CUR, "line_item_usage_start_date", reading=cur.whole_bill, chosen=chosen)]


def suites() -> dict[str, list[Any]]:
    """What a line of the bill must satisfy; an unknown line type keeps its money and is told."""
    needed = ("line_item_unblended_cost", "bill_payer_account_id", "line_item_line_item_type")
    times = ("bill_billing_period_start_date", "bill_billing_period_end_date", "line_item_usage_end_date")
    return {
        CUR.name: [
            *(gate.number(name) for name in cur.AMOUNTS),
            *(gate.present(name) for name in needed),
            gate.present("line_item_currency_code"),
            gate.matching("line_item_currency_code", "^[A-Z]{3}$", "is no currency", "write it like USD"),
            gate.present("bill_billing_period_start_date"),
            *(gate.utc_time(name) for name in times),
            gate.one_of("line_item_line_item_type", LINE_TYPES, severity="warning"),
        ],
    }


SOURCE = Source(
    name="aws",
    summary="The AWS bill from Cost and Usage Reports, CUR 2.0 and the older CUR (CSV, CSV.gz, Parquet)",
    tables=(CUR,),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
