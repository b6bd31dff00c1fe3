"""The ledger: journal lines as finance would extract them, for the months that are over.

Lands     gl/gl_journal_lines.csv: the minimal extract, signed, debit positive.
Follows   the bills of two providers: an accrual at the end of the month, its reversal on the next day, the
          bill in cents three days later. The bill of one month never came: accrual and reversal are alone.
Besides   an annual subscription that is prepaid and written off by journals, and a bill in euros with tax.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import focus
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "journal lines of the ledger"
COLUMNS = (
    "journal_line_id", "journal_id", "journal_number", "journal_type", "posting_date", "document_date",
    "fiscal_period", "period_status", "company_code", "account_number", "account_name", "account_type",
    "cost_center", "vendor_id", "vendor_name", "vendor_invoice_number", "service_period_start",
    "service_period_end", "line_description", "transaction_currency", "amount_transaction", "ledger_currency",
    "exchange_rate", "amount_ledger", "tax_amount", "reversal_of_journal_id", "is_accrual", "is_main_line",
    "created_at", "updated_at", "export_batch_id",
)  # fmt: skip

VENDORS = {"openai": ("V-101", "OpenAI, LLC", "OAI"), "anthropic": ("V-104", "Anthropic PBC", "INV-A")}
# The bill that never came.
MISSING = ("anthropic", date(2026, 9, 1))
DESIGN, RACK = ("V-113", "Figment Design"), ("V-117", "Norrsken Colocation AB")

ACCOUNTS = {
    "6420": ("Software - AI APIs", "expense"),
    "6430": ("Software - subscriptions", "expense"),
    "6510": ("Colocation", "expense"),
    "1400": ("Prepaid expenses", "other current asset"),
    "1576": ("Input tax", "other current asset"),
    "2000": ("Accounts payable", "accounts payable"),
    "2150": ("Accrued expenses", "other current liability"),
}
CENT, HUNDRED = Decimal("0.01"), Decimal(100)
BILLED_AFTER, CLOSED_AFTER = timedelta(days=3), timedelta(days=12)

Line = Mapping[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the extract."""
    path = fresh(folder / "gl", "*.csv") / "gl_journal_lines.csv"
    rows = [line for line in _lines(world) if line["posting_date"] <= world.last]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    # The window moves with the day, so months leave it that a ledger would keep.
    moves = {"SOURCES__GL__ACCEPT_CLOSED_CHANGES": "true"}
    return Export(path.parent, len(rows), {"SOURCES__GL__BUCKET_URL": path.parent, **moves})


def _lines(world: World) -> Iterator[Line]:
    months = world.query(
        """
        select provider, date_trunc('month', day)::date, sum(cost) from billed
        where list_contains(?, provider) group by all order by all
        """,
        [list(VENDORS)],
    )
    for provider, start, cost in months:
        yield from _month(world, provider, start, cost)
    yield from _prepaid(world)
    yield from _rack(world)


def _month(world: World, provider: str, start: date, cost: Decimal) -> Iterator[Line]:
    """Return accrual, reversal and bill of a month."""
    vendor, name, series = VENDORS[provider]
    last, next_start = focus.next_month(start) - timedelta(days=1), focus.next_month(start)
    words = {"vendor": (vendor, name), "text": f"{name} {start:%b %Y}"}
    served = {"service_period_start": start, "service_period_end": last}
    number = f"{provider}-{start:%Y%m}"
    estimate = (cost / HUNDRED).to_integral_value() * HUNDRED
    yield from _journal(
        world, f"AC-{number}", "accrual", last, [("6420", estimate), ("2150", -estimate)],
        is_accrual="true", **words, **served,
    )  # fmt: skip
    # Whoever reverses does not write the service period again.
    yield from _journal(
        world, f"RV-{number}", "reversal", next_start, [("6420", -estimate), ("2150", estimate)],
        reversal_of_journal_id=f"AC-{number}", **words,
    )  # fmt: skip
    if (provider, start) != MISSING:
        amount = cost.quantize(CENT)
        yield from _journal(
            world, f"BILL-{number}", "bill", next_start + BILLED_AFTER, [("6420", amount), ("2000", -amount)],
            vendor_invoice_number=f"{series}-{start:%Y%m}", **words, **served,
        )  # fmt: skip


def _prepaid(world: World) -> Iterator[Line]:
    """Return the bill of a year, which costs nothing, and what each month of it costs."""
    day = date(2026, 9, 4)
    if day < world.first:
        return
    words = {"vendor": DESIGN, "text": "Design tool, a year"}
    price = Decimal(5400)
    yield from _journal(
        world, "BILL-FD-100293", "bill", day, [("1400", price), ("2000", -price)],
        vendor_invoice_number="FD-100293", **words,
    )  # fmt: skip
    start = focus.month(day)
    while start <= world.last:
        last = focus.next_month(start) - timedelta(days=1)
        yield from _journal(
            world, f"AM-FD-{start:%Y%m}", "journal", last, [("6430", price / 12), ("1400", -price / 12)],
            service_period_start=start, service_period_end=last, **words,
        )  # fmt: skip
        start = focus.next_month(start)


def _rack(world: World) -> Iterator[Line]:
    """Return a bill in euros, its tax on a line of its own."""
    day = date(2026, 10, 2)
    if day < world.first:
        return
    net, tax = Decimal(360), Decimal(90)
    yield from _journal(
        world, "BILL-NC-5120", "bill", day, [("6510", net), ("1576", tax), ("2000", -net - tax)],
        vendor=RACK, text="Rack space, quarter", currency="EUR", rate=Decimal("1.083333"),
        vendor_invoice_number="NC-5120", service_period_start=date(2026, 10, 1),
        service_period_end=date(2026, 12, 31),
    )  # fmt: skip


def _journal(
    world: World,
    number: str,
    kind: str,
    day: date,
    postings: list[tuple[str, Decimal]],
    *,
    vendor: tuple[str, str],
    text: str,
    currency: str = "USD",
    rate: Decimal = Decimal(1),
    **further: Any,
) -> Iterator[Line]:
    closed = focus.next_month(day) + CLOSED_AFTER <= world.last
    posted = f"{day}T10:00:00Z"
    for at, (account, amount) in enumerate(postings, 1):
        name, account_type = ACCOUNTS[account]
        yield {
            "journal_line_id": f"{number}-{at}",
            "journal_id": number,
            "journal_number": number,
            "journal_type": kind,
            "posting_date": day,
            "document_date": day,
            "fiscal_period": f"{day:%Y-%m}",
            "period_status": "closed" if closed else "open",
            "company_code": "US01",
            "account_number": account,
            "account_name": name,
            "account_type": account_type,
            "cost_center": "CC-310",
            "vendor_id": vendor[0],
            "vendor_name": vendor[1],
            "line_description": text,
            "transaction_currency": currency,
            "amount_transaction": amount.quantize(CENT),
            "ledger_currency": "USD",
            "exchange_rate": rate,
            "amount_ledger": (amount * rate).quantize(CENT),
            "tax_amount": 0,
            "is_accrual": "false",
            "is_main_line": "true" if account == "2000" else "false",
            "created_at": posted,
            "updated_at": posted,
            "export_batch_id": f"{world.last:%Y%m%d}",
            **further,
        }
