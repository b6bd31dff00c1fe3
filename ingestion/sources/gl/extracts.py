"""The shapes of ledger extracts, told by their headers, and what each column is called in the minimal one.

Every value is text, and stays it: a sign is a character here, so no amount loses a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files
from ingestion.common.errors import IngestionError

REQUIRED = [
    "journal_line_id", "journal_id", "journal_type", "posting_date", "fiscal_period", "period_status",
    "account_number", "account_type", "transaction_currency", "amount_transaction", "ledger_currency",
    "amount_ledger",
]  # fmt: skip
OPTIONAL = [
    "journal_number", "document_date", "company_code", "account_name", "cost_center", "project", "location",
    "vendor_id", "vendor_name", "vendor_invoice_number", "service_period_start", "service_period_end",
    "line_description", "exchange_rate", "tax_amount", "reversal_of_journal_id", "is_accrual", "is_main_line",
    "is_tax_line", "created_at", "updated_at", "export_batch_id",
]  # fmt: skip
COLUMNS = [*REQUIRED, *OPTIONAL, "extract_shape"]

Columns = dict[str, pa.ChunkedArray]
Settings = Mapping[str, Any]
TRUE = ("true", "t", "yes", "1")


@dataclass(frozen=True)
class Extract:
    """One shape.

    name      what `extract_shape` says of its lines
    columns   their column -> ours; ours are read as they are called
    needed    their columns without which a file is not of this shape
    finish    what else makes the minimal extract of the columns that were read
    names     what the columns of the file at hand are called, in its order (None: not read)
    """

    name: str
    columns: Mapping[str, str]
    needed: tuple[str, ...]
    finish: Callable[[Columns, int, Settings], None]
    names: tuple[str | None, ...] = ()

    def of_file(self, header: list[str]) -> Extract:
        """This shape over a file with that header."""
        names = tuple(self.columns.get(name.strip().lower()) for name in header)
        return Extract(self.name, self.columns, self.needed, self.finish, names)

    def mapped(self, part: pa.Table, settings: Settings) -> pa.Table:
        """A part of the file in the columns of the minimal extract."""
        count = len(part)
        columns: Columns = {name: trimmed(part[name]) for name in part.column_names if name != files.ROW}
        self.finish(columns, count, settings)
        texts = {
            name: columns.get(name, pa.nulls(count, pa.string()))
            for name in COLUMNS
            if name != "extract_shape"
        }
        told = pa.array([self.name] * count, pa.string())
        return pa.table({files.ROW: part[files.ROW], **texts, "extract_shape": told})


def extract_of(header: list[str], where: str) -> Extract | None:
    """The shape of a file; None for one that holds no journal lines (the lines of AP invoices, say).

    Raises IngestionError where it is of a shape, but for a column.
    """
    plain = {name.strip().lower() for name in header}
    for shape in SHAPES:
        if shape.needed[0] in plain:
            if missing := [name for name in shape.needed if name not in plain]:
                raise IngestionError(
                    f"a {shape.name} extract has no column {', '.join(missing)}",
                    where=f"{where}, line 1",
                    mend="export it with all columns of docs/sources/gl.md",
                )
            return shape.of_file(header)
    return None


def trimmed(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without blanks around them, null where nothing is left."""
    plain = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.equal(plain, ""), None, plain)


def negated(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as text with the other sign."""
    plain = pc.utf8_ltrim(numbers, "+")
    return pc.if_else(
        pc.starts_with(plain, "-"), pc.utf8_ltrim(plain, "-"), pc.binary_join_element_wise("-", plain, "")
    )


def is_true(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """A mask of flags, however a ledger writes them; absent is no."""
    return pc.fill_null(pc.is_in(pc.utf8_lower(texts), pa.array(TRUE)), False)


def flag(columns: Columns, name: str, count: int) -> None:
    """A flag as `true` or `false`."""
    texts = columns.get(name, pa.nulls(count, pa.string()))
    columns[name] = pc.if_else(is_true(texts), "true", "false")


def replaced(texts: pa.ChunkedArray, words: Mapping[str, str], otherwise: str | None = None) -> pa.Array:
    """Words in ours: case, blanks and signs between do not matter."""
    plain = pc.replace_substring_regex(pc.utf8_lower(texts), "[^a-z]", "").to_pylist()
    return pa.array(
        [words.get(word, otherwise or word) if word else otherwise for word in plain], pa.string()
    )


def finish_minimal(columns: Columns, count: int, settings: Settings) -> None:
    """The minimal extract: words in lower case."""
    for name in ("journal_type", "period_status"):
        columns[name] = pc.utf8_lower(columns[name])
    for name in ("is_accrual", "is_main_line", "is_tax_line"):
        flag(columns, name, count)


def finish_netsuite(columns: Columns, count: int, settings: Settings) -> None:
    """NetSuite: debit and credit apart, a flag for the main line, the period by its last day.

    transaction_amount_raw is in the ledger's currency and debit positive; other amounts turn with the side of
    the account and are not read.
    """
    columns["journal_line_id"] = pc.binary_join_element_wise(
        columns["journal_id"], columns["journal_line_id"], "-"
    )
    reversal = is_true(columns.get("is_reversal", pa.nulls(count, pa.string())))
    types = replaced(columns["journal_type"], NETSUITE_TYPES, "journal")
    columns["journal_type"] = pc.if_else(reversal, "reversal", types)
    if "debit" in columns and "credit" in columns:
        is_debit = pc.match_substring_regex(pc.fill_null(columns["debit"], "0"), "[1-9]")
        columns["amount_transaction"] = pc.if_else(
            is_debit, columns["debit"], negated(pc.coalesce(columns["credit"], columns["debit"]))
        )
    columns["fiscal_period"] = pc.utf8_slice_codeunits(columns["fiscal_period"], 0, 7)
    columns["period_status"] = pc.if_else(is_true(columns["period_status"]), "closed", "open")
    columns["document_date"] = columns.get("document_date", columns["posting_date"])
    columns["ledger_currency"] = ledger_currency(columns, settings)
    for name in ("is_accrual", "is_main_line", "is_tax_line"):
        flag(columns, name, count)


def finish_quickbooks(columns: Columns, count: int, settings: Settings) -> None:
    """QuickBooks: amounts without a sign and a debit/credit flag; the period is the calendar month."""
    columns["journal_line_id"] = pc.binary_join_element_wise(
        columns["journal_id"], columns["journal_line_id"], "-"
    )
    is_credit = pc.equal(pc.utf8_lower(columns["side"]), "credit")
    converted = columns.get("amount_ledger", columns["amount_transaction"])
    converted = pc.coalesce(converted, columns["amount_transaction"])
    for name, amount in (("amount_ledger", converted), ("amount_transaction", columns["amount_transaction"])):
        columns[name] = pc.if_else(is_credit, negated(amount), amount)
    columns["journal_type"] = replaced(columns["journal_type"], QUICKBOOKS_TYPES, "journal")
    columns["document_date"] = columns["posting_date"]
    columns["fiscal_period"] = pc.utf8_slice_codeunits(columns["posting_date"], 0, 7)
    until = str(settings["closed_until"] or "")[:10]
    is_closed = pc.less_equal(pc.utf8_slice_codeunits(columns["posting_date"], 0, 10), until)
    columns["period_status"] = pc.if_else(is_closed, "closed", "open")
    columns["ledger_currency"] = ledger_currency(columns, settings)
    if "transaction_currency" not in columns:
        columns["transaction_currency"] = columns["ledger_currency"]
    columns["transaction_currency"] = pc.coalesce(columns["transaction_currency"], columns["ledger_currency"])
    for name in ("is_accrual", "is_main_line", "is_tax_line"):
        flag(columns, name, count)


def ledger_currency(columns: Columns, settings: Settings) -> pa.ChunkedArray:
    """The currency of the books: a column, else the setting, else that of the transaction."""
    count = len(columns["journal_line_id"])
    told = columns.get("ledger_currency", pa.nulls(count, pa.string()))
    otherwise = settings["ledger_currency"]
    if otherwise:
        return pc.coalesce(told, pa.scalar(str(otherwise)))
    return pc.coalesce(told, columns.get("transaction_currency", pa.nulls(count, pa.string())))


NETSUITE_TYPES = {
    "vendbill": "bill", "vendorbill": "bill", "bill": "bill", "vendcred": "credit_memo",
    "billcredit": "credit_memo", "vendpymt": "payment", "billpayment": "payment", "journal": "journal",
}  # fmt: skip
QUICKBOOKS_TYPES = {
    "bill": "bill", "vendorcredit": "credit_memo", "billpayment": "payment", "journalentry": "journal",
}  # fmt: skip

_SHARED = {
    name: name
    for name in (
        "account_number", "account_name", "account_type", "vendor_id", "vendor_name", "ledger_currency",
        "exchange_rate", "service_period_start", "service_period_end", "tax_amount", "created_at",
        "updated_at", "export_batch_id", "is_accrual",
    )
}  # fmt: skip

SHAPES = (
    Extract(
        "minimal",
        {name: name for name in [*REQUIRED, *OPTIONAL]} | {"department": "cost_center"},
        tuple(REQUIRED),
        finish_minimal,
    ),
    Extract(
        "netsuite",
        _SHARED
        | {
            "transaction_id": "journal_id",
            "transaction_line_id": "journal_line_id",
            "transaction_number": "journal_number",
            "transaction_type": "journal_type",
            "transaction_date": "posting_date",
            "accounting_period_ending": "fiscal_period",
            "is_accounting_period_closed": "period_status",
            "subsidiary_id": "company_code",
            "department_id": "cost_center",
            "class_id": "project",
            "location_id": "location",
            "document_number": "vendor_invoice_number",
            "memo": "line_description",
            "currency": "transaction_currency",
            "debit_foreign_amount": "debit",
            "credit_foreign_amount": "credit",
            "foreignamount": "amount_transaction",
            "transaction_amount_raw": "amount_ledger",
            "is_main_line": "is_main_line",
            "is_tax_line": "is_tax_line",
            "is_reversal": "is_reversal",
            "reversal_transaction_id": "reversal_of_journal_id",
        },
        (
            "transaction_line_id",
            "transaction_id",
            "transaction_type",
            "is_main_line",
            "transaction_date",
            "accounting_period_ending",
            "is_accounting_period_closed",
            "account_number",
            "account_type",
            "transaction_amount_raw",
            "currency",
        ),
        finish_netsuite,
    ),
    Extract(
        "quickbooks",
        _SHARED
        | {
            "transaction_id": "journal_id",
            "transaction_index": "journal_line_id",
            "doc_number": "vendor_invoice_number",
            "transaction_source": "journal_type",
            "transaction_date": "posting_date",
            "department_id": "cost_center",
            "class_id": "project",
            "line_description": "line_description",
            "currency": "transaction_currency",
            "amount": "amount_transaction",
            "converted_amount": "amount_ledger",
            "transaction_type": "side",
        },
        (
            "transaction_index",
            "transaction_id",
            "transaction_source",
            "transaction_date",
            "account_number",
            "account_type",
            "amount",
            "transaction_type",
        ),
        finish_quickbooks,
    ),
)
