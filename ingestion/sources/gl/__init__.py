"""Journal lines of the general ledger, CSV or Parquet: the other side of the reconciliation, never a cost.

Lands     raw_gl.journal_lines: one row per posted line, in the columns of the minimal extract
          (docs/sources/gl.md); extracts of NetSuite's and QuickBooks's shape are told by their headers.
Amounts   signed, debit positive, exact text; QuickBooks's take their sign from the debit/credit flag.
Restated  a file is replaced as a whole. A line of a period that was closed when it was loaded must come back
          as it was, and nothing may join it: else nothing is loaded, and the message names the line.
Left out  nothing; main lines and control accounts land too, and int_gl__journal_lines leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, file_resource, file_table, locate
from ingestion.common.source import Source
from ingestion.sources.gl.extracts import COLUMNS, REQUIRED, Extract, extract_of

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# What must not change in a closed period.
SIGNED = ("fiscal_period", "account_number", "amount_transaction", "amount_ledger", "tax_amount")

JOURNAL_LINES = file_table("journal_lines", "posted line of a journal", COLUMNS)


class Closed:
    """The closed periods as the warehouse has them, and what a new extract may not do to them."""

    def __init__(self, run: Run) -> None:
        self.run, self.seen = run, set()
        self.accepts = run.is_on("accept_closed_changes")
        columns = ("source_file", "company_code", "journal_line_id", *SIGNED)
        rows = run.loaded(JOURNAL_LINES.name, columns, "where period_status = 'closed'")
        self.lines = {row[2]: row[3:] for row in rows}
        self.periods = {(row[1], row[3]) for row in rows}
        self.files = {row[2]: row[0] for row in rows}

    def refuse_changes(self, item: FileItemDict, part: pa.Table) -> None:
        """Raise IngestionError where a line of a closed period is another than it was, or new.

        A line that says its period is open again may change: the ledger has reopened it.
        """
        self.seen.update(part["journal_line_id"].to_pylist())
        if not self.lines or self.accepts:
            return
        names = ("journal_line_id", "company_code", "period_status", files.ROW, *SIGNED)
        columns = (part[name].to_pylist() for name in names)
        for line, company, status, row, *signed in zip(*columns, strict=True):
            if status != "closed":
                continue
            place = files.place(item["file_url"], row, "journal_line_id")
            known = self.lines.get(line)
            if known is None and (company, signed[0]) in self.periods:
                self.refuse(place, signed[0], f'the line "{line}" ({told(signed)}) is new in it')
            if known is not None and known != tuple(signed):
                self.refuse(place, known[0], f'the line "{line}" was ({told(known)}) and is ({told(signed)})')

    def refuse_missing(self) -> None:
        """Raise IngestionError where the files have lost lines of a closed period."""
        places, pattern = self.run.setting("bucket_url"), self.run.setting("file_glob", "**/*")
        gone = [
            line
            for line, url in sorted(self.files.items())
            if line not in self.seen and files.lies_in(url, places, pattern)
        ]
        if gone and not self.accepts:
            what = f'the line "{gone[0]}" ({told(self.lines[gone[0]])}) is gone, one of {len(gone)}'
            self.refuse(self.files[gone[0]], self.lines[gone[0]][0], what)

    def refuse(self, where: str, period: str, what: str) -> None:
        """Raise the IngestionError."""
        raise IngestionError(
            f"the period {period} is closed, and {what}; nothing was loaded",
            where=where,
            mend="post the correction in an open period, reopen this one in the ledger, or set "
            "SOURCES__GL__ACCEPT_CLOSED_CHANGES=true for one run",
        )


def told(signed: Any) -> str:
    """What must not change of a line, in words."""
    return ", ".join(
        f"{name} {value}" for name, value in zip(SIGNED, signed, strict=True) if value is not None
    )


def read(run: Run) -> list[Any]:
    """The dlt resources of one run."""
    closed = Closed(run)

    def reading(item: FileItemDict) -> Iterator[pa.Table] | None:
        extract = extract_of(files.header(item), item["file_url"])
        return None if extract is None else lines(run, item, extract, closed)

    return [file_resource(run, JOURNAL_LINES, "posting_date", reading=reading, after=closed.refuse_missing)]


def lines(run: Run, item: FileItemDict, extract: Extract, closed: Closed) -> Iterator[pa.Table]:
    """The lines in the minimal shape; raises IngestionError at one that stands twice or may not change."""
    settings = {name: run.setting(name) for name in ("ledger_currency", "closed_until")}
    seen: set[str] = set()
    for part in files.read(item, list(extract.names)):
        mapped = extract.mapped(part, settings)
        names = mapped["journal_line_id"].to_pylist()
        for row, line in zip(mapped[files.ROW].to_pylist(), names, strict=True):
            if line is not None and line in seen:
                raise IngestionError(
                    f'the journal line "{line}" stands in the file already',
                    where=files.place(item["file_url"], row, "journal_line_id"),
                    mend="export it again; a line that is read twice would be posted twice",
                )
            seen.add(line)
        closed.refuse_changes(item, mapped)
        yield mapped


def suites() -> dict[str, list[Any]]:
    """What every line must satisfy before it may be loaded."""
    numbers = ("amount_transaction", "amount_ledger", "exchange_rate", "tax_amount")
    currencies = ("transaction_currency", "ledger_currency")
    return {
        JOURNAL_LINES.name: [
            *(gate.present(column) for column in REQUIRED),
            *(gate.number(column) for column in numbers),
            *(gate.utc_time(name) for name in DATES),
            gate.matching(
                "fiscal_period", r"^\d{4}-(?:0[1-9]|1[0-2])$", "is no period", "write it like 2026-11"
            ),
            *(
                gate.matching(name, "^[A-Z]{3}$", "is no currency", "write it like USD")
                for name in currencies
            ),
            gate.one_of("period_status", ["open", "closed"]),
            gate.one_of("journal_type", TYPES),
            *(gate.one_of(name, ["true", "false"]) for name in ("is_accrual", "is_main_line", "is_tax_line")),
        ]
    }


DATES = ("posting_date", "document_date", "service_period_start", "service_period_end")
TYPES = ["bill", "credit_memo", "journal", "accrual", "reversal", "payment"]


SOURCE = Source(
    name="gl",
    summary="journal lines of the ledger, to reconcile bills with (minimal, NetSuite, QuickBooks shape)",
    tables=(JOURNAL_LINES,),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
