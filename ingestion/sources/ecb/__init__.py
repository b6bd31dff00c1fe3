"""Reference rates of the European Central Bank, from its published CSV.

Reads     the zip or the CSV in it, all days (eurofxref-hist, newest first) or the newest alone (eurofxref):
          from the bank's address, or from a file, folder or bucket. One column per currency, `N/A` where
          there is no quote; the daily file has blanks in its header and writes its day like 19 November
          2026.
Lands     raw_ecb.reference_rates: one row per day and currency that has a quote, units of it for one euro.
Restated  each read replaces the days between the first and the last in the files. After the first read only
          the last 45 days are read again; --since reads more.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.source import DAY, WITHDRAWN, Need, Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

SUFFIXES = (".zip", ".csv")
ABSENT = ("", "N/A")
AGAIN = "fetch it again; a half-written file is not loaded"

REFERENCE_RATES = Table(
    name="reference_rates",
    grain="day and currency with a quote",
    columns={
        DAY: "date",
        "currency": "text",
        "units_per_euro": "text",
        "source_file": "text",
        files.ROW: "bigint",
    },
    key=(DAY, "currency"),
    replaced_by=(DAY,),
    restated_days=45,
    arrow=True,
)

# A day's quotes by currency, and where they stand.
Quotes = dict[str, str]
Place = tuple[str, int]


def contents(run: Run) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file that was configured."""
    for location in files.locations_of(run.setting("bucket_url")):
        if location.startswith(("http://", "https://")):
            yield location, dlt.sources.helpers.requests.Client().get(location).content
        else:
            for item in files.find(location, run.setting("file_glob", "**/*"), SUFFIXES):
                yield item["file_url"], item.read_bytes()


def unpacked(name: str, body: bytes) -> Iterator[tuple[str, str]]:
    """The CSVs of a file, by name: those in a zip, or the file itself."""
    if not body.startswith(b"PK"):
        yield name, decoded(name, body)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as zipped:
            for member in zipped.namelist():
                if member.lower().endswith(".csv"):
                    yield f"{name}, {member}", decoded(name, zipped.read(member))
    except (zipfile.BadZipFile, EOFError) as error:
        raise IngestionError(f"the zip file breaks off: {error}", where=name, mend=AGAIN) from error


def decoded(name: str, body: bytes) -> str:
    """The text of a CSV."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IngestionError("the file is no text in UTF-8", where=name, mend=AGAIN) from error


def day_of(text: str, where: str) -> date:
    """A day as the bank writes it: 2026-11-19, or 19 November 2026."""
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise IngestionError(
        f'"{text}" is no day', where=f"{where}, column Date", mend="write it like 2026-11-19"
    )


def quotes_of(name: str, text: str) -> Iterator[tuple[date, Place, Quotes]]:
    """The days of a CSV in its order, each with its line and quotes."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    header = [cell.strip() for cell in next(reader, [])]
    # Every line of the bank ends with a comma.
    while header and not header[-1]:
        header.pop()
    known = [column for column in header[1:] if re.fullmatch("[A-Z]{3}", column)]
    if header[:1] != ["Date"] or not known or len(set(known)) < len(header) - 1:
        raise IngestionError(
            "the file is no table of reference rates",
            where=f"{name}, line 1",
            mend="its first line must be Date and a column for each currency, like Date,USD,JPY",
        )
    for cells in reader:
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        where = f"{name}, line {reader.line_num}"
        if len(cells) < len(header) or any(cells[len(header) :]):
            raise IngestionError(
                f"the line has {len(cells)} cells, and the header {len(header)}", where=where, mend=AGAIN
            )
        quotes = dict(zip(header[1:], cells[1:], strict=False))
        yield (
            day_of(cells[0], where),
            (name, reader.line_num),
            {currency: quote for currency, quote in quotes.items() if quote not in ABSENT},
        )


def published(run: Run) -> dict[date, tuple[Place, Quotes]]:
    """Every day of every file; a day that two of them tell otherwise is an error."""
    found: dict[date, tuple[Place, Quotes]] = {}
    for name, body in contents(run):
        for csv_name, text in unpacked(name, body):
            for day, place, quotes in quotes_of(csv_name, text):
                (other, line), before = found.setdefault(day, (place, quotes))
                if before != quotes:
                    raise IngestionError(
                        f"{day} has other rates than in {other}, line {line}",
                        where=f"{place[0]}, line {place[1]}",
                        mend="keep the newer file",
                    )
    if not found:
        raise IngestionError(
            "the files hold no day", where=str(run.setting("bucket_url")), mend="check the address"
        )
    return found


def rates(run: Run) -> Any:
    """The dlt resource of the rates."""

    def rows() -> Iterator[Any]:
        found = published(run)
        loaded_until = run.loaded_until.get(REFERENCE_RATES.name)
        if run.asked:
            since, until = run.asked.since, run.asked.until
        else:
            since, until = min(found), max(found)
            if loaded_until:
                since = max(since, loaded_until - timedelta(days=REFERENCE_RATES.restated_days))
        days = sorted(day for day in found if since <= day <= until)
        yield table_of({day: found[day] for day in days})
        # A day that the bank took back between two that it still lists goes too.
        held = run.loaded(REFERENCE_RATES.name, [f"distinct {DAY}"])
        first, last = max(since, min(found)), min(until, max(found))
        gone = [day for (day,) in held if first <= day <= last]
        yield from run.covered(REFERENCE_RATES, {*days, *gone})

    return dlt.resource(rows, name=REFERENCE_RATES.name, **REFERENCE_RATES.hints)


def table_of(days: dict[date, tuple[Place, Quotes]]) -> pa.Table:
    """The rows of these days."""
    rows = [
        (day, currency, quote, name, line)
        for day, ((name, line), quotes) in days.items()
        for currency, quote in quotes.items()
    ]
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 5
    fields = [
        pa.field(DAY, pa.date32(), nullable=False),
        pa.field("currency", pa.string()),
        pa.field("units_per_euro", pa.string()),
        pa.field("source_file", pa.string()),
        pa.field(files.ROW, pa.int64()),
        pa.field(WITHDRAWN, pa.bool_()),
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, fields, strict=False)]
    return pa.table([*arrays, pa.nulls(len(rows), pa.bool_())], schema=pa.schema(fields))


def suites() -> dict[str, list[Any]]:
    """Rates are plain numbers above zero, with few enough decimals for exact quotients."""
    says, mend = "is no rate", "write a plain decimal number above 0 with at most 8 decimals, like 1.0872"
    return {
        REFERENCE_RATES.name: [
            gate.present("currency"),
            gate.matching("units_per_euro", r"^\d{1,9}(?:\.\d{1,8})?$", says, mend),
            gate.matching("units_per_euro", r"^.*[1-9]", says, mend),
        ]
    }


def locate(_: str, row: dict[str, Any], __: str) -> str:
    """Where a rate that the gate refused stands."""
    return f"raw_ecb.{REFERENCE_RATES.name}, {row[DAY]}, column {row['currency']}"


SOURCE = Source(
    name="ecb",
    summary="reference rates of the European Central Bank, for currencies other than the reporting one",
    tables=(REFERENCE_RATES,),
    needs=(
        Need(
            "bucket_url",
            "the address of the bank's file (https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip), "
            "or a file, folder or bucket with it",
        ),
    ),
    read=lambda run: [rates(run)],
    gate=suites,
    windowed=False,
    locate=locate,
)
