"""FOCUS Cost and Usage as CSV that an API hands out: landed unchanged, by day, each line with an id.

A FOCUS row has no id of its own. It is told apart by all that it says in words, so that the id stays when
amounts, quantities and the invoice's number change; rows that say the same are numbered.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.money import money_text
from ingestion.common.rest import AGAIN
from ingestion.common.source import DAY, WITHDRAWN, Table
from ingestion.common.windows import Window

if TYPE_CHECKING:
    from ingestion.common.file_tables import Naming
    from ingestion.common.pipeline import Run

DAY_FROM = "charge_period_start"
# They come with the invoice, weeks after the line.
LATER = ("invoice_id", "invoice_detail_id")


class Downloaded(dict):
    """A file that came over HTTP, with what files.py asks of a file in a folder."""

    def __init__(self, name: str, opened: Callable[[], IO[bytes]]) -> None:
        super().__init__(file_name=name, file_url=name)
        self._opened = opened

    def open(self, **_: Any) -> IO[bytes]:
        """Its bytes, from the start."""
        return self._opened()


def report_table(columns: Mapping[str, Mapping[str, str]], restated_days: int) -> Table:
    """The raw table of such a report, replaced by day.

    columns   what FOCUS says of each of its columns, by our name
    """
    return Table(
        name="cost_and_usage",
        grain="row of the FOCUS report",
        key=("line_id",),
        replaced_by=(DAY,),
        restated_days=restated_days,
        arrow=True,
        columns=dict.fromkeys(("line_id", *columns), "text"),
    )


def whole_months(window: Window) -> Window:
    """The window from the first day of its first month on: what is charged by the month stands there."""
    return Window(window.since.replace(day=1), window.until)


def months(window: Window) -> Iterator[Window]:
    """The window month by month."""
    since = window.since
    for day in window.days():
        last_of_month = Window(day, day).end.day == 1
        if last_of_month or day == window.until:
            yield Window(since, day)
            since = Window(day, day).end.date()


def lines(
    run: Run,
    window: Window,
    reports: Iterable[Downloaded],
    naming: Naming,
    columns: Mapping[str, Mapping[str, str]],
    asked: Window | None = None,
) -> Iterator[pa.Table]:
    """The rows of the reports that start within the window, each with its day and id.

    asked   the days that were asked for, where that is more
    What starts on another day is left out and told: it belongs to the day on which it starts.
    """
    asked = asked or window
    words = [name for name, row in columns.items() if row["kind"] != "number" and name not in LATER]
    seen: Counter[str] = Counter()
    left_out, amount = 0, Decimal()
    for report in reports:
        names = naming(files.header(report), report["file_url"])
        if names is None:
            raise IngestionError(
                "the file is no FOCUS Cost and Usage file", where=report["file_url"], mend=AGAIN
            )
        for part in files.read(report, names):
            part = by_day(report, part)
            others = part.filter(pc.invert(starts_in(part, asked)))
            left_out += len(others)
            amount += sum(map(told, others["billed_cost"].to_pylist()), Decimal())
            yield with_ids(part.filter(starts_in(part, window)), words, seen)
    if left_out:
        print(
            f"  {run.source.name}: left out {left_out:,} rows ({amount} billed) that start outside of "
            f"{window}; a read of their days has them",
            flush=True,
        )


def starts_in(part: pa.Table, window: Window) -> pa.Array:
    """Which rows start within the window."""
    first, last = (pa.scalar(day) for day in (window.since, window.until))
    return pc.and_(pc.greater_equal(part[DAY], first), pc.less_equal(part[DAY], last))


def told(amount: str | None) -> Decimal:
    """An amount for people; what is no number is not counted."""
    try:
        return Decimal(money_text(amount) or 0)
    except ValueError:
        return Decimal()


def by_day(report: Downloaded, part: pa.Table) -> pa.Table:
    """The rows with the day on which their charge starts. Raises IngestionError where that is no UTC time."""
    times = part[DAY_FROM]
    is_time = pc.fill_null(pc.match_substring_regex(times, gate.UTC_TIME), False)
    if not pc.all(is_time).as_py():
        at = pc.index(is_time, False).as_py()
        found = times[at].as_py()
        raise IngestionError(
            f'"{found}" is no UTC time' if found else "the time is empty",
            where=f"{report['file_url']}, row {part[files.ROW][at].as_py()}, column ChargePeriodStart",
            mend=AGAIN,
        )
    days = pc.cast(pc.utf8_slice_codeunits(times, 0, 10), pa.date32())
    part = part.drop_columns([files.ROW])
    return part.append_column(pa.field(DAY, pa.date32(), nullable=False), days)


def with_ids(part: pa.Table, words: list[str], seen: Counter[str]) -> pa.Table:
    """The rows with a line_id that is the same in every read."""
    present = [pc.fill_null(part[name], "") for name in words if name in part.column_names]
    texts = pc.binary_join_element_wise(*present, "\x1f").to_pylist()
    ids = []
    for day, text in zip(part[DAY].to_pylist(), texts, strict=True):
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        seen[digest] += 1
        ids.append(f"{day}-{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else ""))
    part = part.append_column("line_id", pa.array(ids, pa.string()))
    return part.append_column(WITHDRAWN, pa.nulls(len(part), pa.bool_()))
