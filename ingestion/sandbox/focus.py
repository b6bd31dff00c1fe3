"""FOCUS rows: the columns of two versions, and the identities that every row must keep.

Money has 18 decimals, a unit price 12 and a quantity 6, so that price x quantity is exact.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.sandbox import wire

MONEY = pa.decimal128(38, 18)
PRICE = pa.decimal128(38, 12)
QUANTITY = pa.decimal128(38, 6)
TIME = pa.timestamp("us", "UTC")
TEXT = pa.string()

_COMMON = {
    "InvoiceIssuerName": TEXT,
    "InvoiceId": TEXT,
    "BillingAccountId": TEXT,
    "BillingAccountName": TEXT,
    "BillingAccountType": TEXT,
    "SubAccountId": TEXT,
    "SubAccountName": TEXT,
    "SubAccountType": TEXT,
    "BillingPeriodStart": TIME,
    "BillingPeriodEnd": TIME,
    "ChargePeriodStart": TIME,
    "ChargePeriodEnd": TIME,
    "ChargeCategory": TEXT,
    "ChargeClass": TEXT,
    "ChargeDescription": TEXT,
    "ChargeFrequency": TEXT,
    "BilledCost": MONEY,
    "EffectiveCost": MONEY,
    "ListCost": MONEY,
    "ContractedCost": MONEY,
    "ListUnitPrice": PRICE,
    "ContractedUnitPrice": PRICE,
    "PricingCategory": TEXT,
    "PricingQuantity": QUANTITY,
    "PricingUnit": TEXT,
    "PricingCurrency": TEXT,
    "PricingCurrencyContractedUnitPrice": PRICE,
    "PricingCurrencyEffectiveCost": MONEY,
    "PricingCurrencyListUnitPrice": PRICE,
    "BillingCurrency": TEXT,
    "ConsumedQuantity": QUANTITY,
    "ConsumedUnit": TEXT,
    "ServiceName": TEXT,
    "ServiceCategory": TEXT,
    "ServiceSubcategory": TEXT,
    "SkuId": TEXT,
    "SkuMeter": TEXT,
    "SkuPriceId": TEXT,
    "SkuPriceDetails": TEXT,
    "ResourceId": TEXT,
    "ResourceName": TEXT,
    "ResourceType": TEXT,
    "RegionId": TEXT,
    "RegionName": TEXT,
    "AvailabilityZone": TEXT,
    "CommitmentDiscountId": TEXT,
    "CommitmentDiscountName": TEXT,
    "CommitmentDiscountCategory": TEXT,
    "CommitmentDiscountType": TEXT,
    "CommitmentDiscountStatus": TEXT,
    "CommitmentDiscountQuantity": QUANTITY,
    "CommitmentDiscountUnit": TEXT,
    "CapacityReservationId": TEXT,
    "CapacityReservationStatus": TEXT,
    "Tags": TEXT,
}

COLUMNS_1_2 = {"ProviderName": TEXT, "PublisherName": TEXT, **_COMMON}
COLUMNS_1_4 = {
    "ServiceProviderName": TEXT,
    "HostProviderName": TEXT,
    **_COMMON,
    "InvoiceDetailId": TEXT,
    "AllocatedMethodId": TEXT,
    "AllocatedMethodDetails": TEXT,
    "AllocatedResourceId": TEXT,
    "AllocatedResourceName": TEXT,
    "AllocatedTags": TEXT,
    "ContractApplied": TEXT,
    "CommitmentProgramEligibilityDetails": TEXT,
}

Row = dict[str, Any]


def month(day: date) -> date:
    """Return the first day of the day's month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the month after the day's."""
    return month(month(day) + timedelta(days=31))


def at(day: date, hour: int = 0) -> datetime:
    """Return an hour of a day, which is UTC."""
    return datetime(day.year, day.month, day.day) + timedelta(hours=hour)


def period(day: date) -> Row:
    """Return the billing period of a day."""
    return {"BillingPeriodStart": at(month(day)), "BillingPeriodEnd": at(next_month(day))}


def on(start: datetime, end: datetime) -> Row:
    """Return the charge period."""
    return {"ChargePeriodStart": start, "ChargePeriodEnd": end}


def priced(quantity: Decimal, unit: str, price: Decimal, contracted: Decimal | None = None) -> Row:
    """Return what a quantity costs at list and negotiated price, billed and effective cost too."""
    paid = price if contracted is None else contracted
    return {
        "PricingQuantity": quantity,
        "PricingUnit": unit,
        "ListUnitPrice": price,
        "ContractedUnitPrice": paid,
        "PricingCurrencyListUnitPrice": price,
        "PricingCurrencyContractedUnitPrice": paid,
        "ListCost": quantity * price,
        **costs(quantity * paid),
    }


def costs(amount: Decimal) -> Row:
    """Return one amount as billed, contracted and effective cost."""
    return {
        "BilledCost": amount,
        "ContractedCost": amount,
        "EffectiveCost": amount,
        "PricingCurrencyEffectiveCost": amount,
    }


def effective(amount: Decimal) -> Row:
    """Return an effective cost that differs from the billed one."""
    return {"EffectiveCost": amount, "PricingCurrencyEffectiveCost": amount}


def key_values(pairs: Mapping[str, Any] | None) -> str | None:
    """Return FOCUS's KeyValueFormat, None for nothing."""
    return json.dumps(pairs, ensure_ascii=False) if pairs else None


def table(rows: Sequence[Row], columns: Mapping[str, pa.DataType]) -> pa.Table:
    """Return rows as a table with exactly these columns; a row with another one is a KeyError."""
    unknown = {name for row in rows for name in row} - set(columns)
    if unknown:
        raise KeyError(f"not FOCUS columns of this version: {', '.join(sorted(unknown))}")
    arrays = [pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()]
    return pa.table(arrays, schema=pa.schema(list(columns.items())))


def write_parquet(rows: Sequence[Row], columns: Mapping[str, pa.DataType], path: Path) -> None:
    """Write rows in order of their charge period."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table(in_order(rows), columns), path)


def write_csv(rows: Sequence[Row], columns: Mapping[str, pa.DataType], path: Path) -> None:
    """Write rows in order of their charge period."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv_text(rows, columns), encoding="utf-8", newline="")


def csv_text(rows: Sequence[Row], columns: Mapping[str, pa.DataType]) -> str:
    """Return rows as FOCUS has them in text: UTC times with a Z, plain numbers, nothing for null."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(columns)
    for row in table(in_order(rows), columns).to_pylist():
        out.writerow([_text(value) for value in row.values()])
    return text.getvalue()


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows by charge period; the order of a day's rows stays."""
    return sorted(rows, key=lambda row: row["ChargePeriodStart"])


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return wire.plain(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
