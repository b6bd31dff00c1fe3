"""Raw tables filled from logs: files with one JSON object a line, plain or .gz, whatever their size.

A source says in a function what rows one record gives; everything else is here:

    CALLS = log_table("calls", "call in the log", {"called_at": "text", "id": "text", "tokens": "bigint"})

    def rows(record):                       # a parsed line; yields tuples in the order of the columns
        usage = part(record, "usage")
        yield record.get("time"), record.get("id"), whole(usage, "tokens")

    SOURCE = Source(tables=(CALLS, QUARANTINE, LOG_FILES), windowed=False, locate=locate,
                    read=lambda run: [log_resource(run, CALLS, rows, day_from="called_at")], ...)

Lands     the table; `quarantine`: lines that are no record, with file, line, text and reason; `log_files`:
          one row per file that was read. The load tells on one line how many lines were quarantined.
Once      a log only grows: a file of the size and time of its last reading is not read again, unless a
          window of days is asked for. A file that changed replaces what it gave. A file that is gone takes
          nothing back: logs age out of buckets, and the calls were made.
Memory    bounded: some thousand rows at a time, and a line is at most MAX_LINE bytes.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from gzip import BadGzipFile
from typing import TYPE_CHECKING, Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import within
from ingestion.common.source import DAY, WITHDRAWN, Table

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

SUFFIXES = files.JSON_LINES
ROWS_AT_ONCE = 25_000
BYTES_AT_ONCE = 2**20
# No record is that long; a file without line ends must not fill the memory.
MAX_LINE = 32 * 2**20
QUARANTINED_TEXT = 1_000

QUARANTINE = Table(
    name="quarantine",
    grain="line of a log that is no record, as long as its file holds it",
    columns={"source_file": "text", "source_row": "bigint", "line_text": "text", "reason": "text"},
    key=("source_file", "source_row"),
    replaced_by=("source_file",),
    arrow=True,
)
LOG_FILES = Table(
    name="log_files",
    grain="log file, as it was last read",
    columns={
        "source_file": "text",
        "size_in_bytes": "bigint",
        "modified_at": "text",
        "records": "bigint",
        "quarantined": "bigint",
    },
    key=("source_file",),
    arrow=True,
)
_ARROW = {"text": pa.string(), "bigint": pa.int64(), "date": pa.date32(), "bool": pa.bool_()}

# What a parsed line gives: rows as tuples, in the order of the table's own columns.
Rows = Callable[[dict[str, Any]], Iterable[tuple[Any, ...]]]
# How a file gives its lines (see lines_of); those of another format may be anything that `parse` understands.
Lines = Callable[["FileItemDict"], Iterator[tuple[int, list[Any], tuple[bytes, str] | None]]]


def log_table(name: str, grain: str, columns: dict[str, str]) -> Table:
    """A raw table of log records (columns are text or bigint), replaced by file and day."""
    return Table(
        name=name,
        grain=grain,
        columns={"source_file": "text", "source_row": "bigint", **columns},
        key=("source_file", "source_row"),
        replaced_by=("source_file", DAY),
        arrow=True,
    )


# What a source takes from a record -----------------------------------------------------------------


class RecordError(ValueError):
    """The line is JSON and still no record; the reason goes to the quarantine with it."""


def part(record: dict[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object; an absent one is empty."""
    value = record.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise RecordError(f"{name} is no object")
    return value


def text(record: dict[str, Any], name: str) -> str | None:
    """A member as text (see as_text)."""
    return as_text(record.get(name))


def as_text(value: Any) -> str | None:
    """A value as text: numbers, true and false, objects and lists as JSON writes them, keys sorted.

    The columns of a log table that are text do this by themselves.
    """
    if value is None or type(value) is str:
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        # An integer of more than 64 bits.
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def whole(record: dict[str, Any], name: str) -> int | None:
    """A member that is a count: a whole number, zero or more."""
    value = record.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < 2**63:
        raise RecordError(f"{name} is {json.dumps(value)[:80]}, no count")
    return value


_EXACT = json.JSONDecoder(parse_float=str, parse_constant=str)


def exact_record(line: bytes) -> Any:
    """Parse a line; numbers with a fraction become text, so that money keeps its digits.

    orjson.loads is twice as fast, for a log without money.
    """
    return _EXACT.decode(line.decode())


# Reading -------------------------------------------------------------------------------------------


def log_resource(
    run: Run,
    table: Table,
    rows: Rows,
    *,
    day_from: str,
    location: str = "bucket_url",
    file_glob: str = "file_glob",
    parse: Callable[[bytes], Any] = exact_record,
    wanted: Callable[[str], bool] = lambda url: True,
    suffixes: tuple[str, ...] = SUFFIXES,
    lines: Lines | None = None,
) -> Any:
    """The dlt resource that reads the logs at a setting of the source into the table.

    day_from             the text column whose first ten characters are the row's day
    location, file_glob  the settings that tell which files
    parse                the bytes of a line -> what they say; a ValueError quarantines the line
    wanted               whether a file belongs to this log
    lines                how a file gives its lines, where that is not at line ends
    """

    def read() -> Iterator[Any]:
        reading = _Reading(run, table, rows, list(table.columns).index(day_from), parse, lines)
        for item in files.find(run.setting(location), run.setting(file_glob, "**/*"), suffixes):
            if wanted(item["file_url"]):
                yield from reading.file(item)
        yield from reading.end(str(run.setting(location)))

    # Without hints of its own: the hints of its tables would start from them.
    return dlt.resource(read, name=f"{table.name}_and_quarantine")


@dataclass
class _Reading:
    """One run's way through the files of a log: rows gathered, lines refused, files done."""

    run: Run
    table: Table
    rows: Rows
    day_at: int
    parse: Callable[[bytes], Any]
    lines: Lines | None = None
    gathered: list[tuple[Any, ...]] = field(default_factory=list)
    refused: list[tuple[Any, ...]] = field(default_factory=list)
    # By file: size, time, records, quarantined.
    files: dict[str, list[Any]] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    unchanged: int = 0
    first_refused: str = ""

    def __post_init__(self) -> None:
        """Ask the warehouse what was read before."""
        columns = ("source_file", "size_in_bytes", "modified_at")
        self.known = {url: state for url, *state in self.run.loaded(LOG_FILES.name, columns)}
        # Clocks differ, but not by a day.
        self.latest = (self.run.read_at.date() + timedelta(days=1)).isoformat()

    def file(self, item: FileItemDict) -> Iterator[Any]:
        """Read one file, unless it is as it was."""
        url, state = item["file_url"], [item["size_in_bytes"], str(item["modification_date"])]
        if url in self.files:
            return
        if not self.run.asked and self.known.get(url) == state:
            self.unchanged += 1
            return
        self.files[url] = [*state, 0, 0]
        for number, lines, broken in (self.lines or lines_of)(item):
            for at, line in enumerate(lines, number):
                if line and not (type(line) is bytes and line.isspace()):
                    self.line(url, at, line)
            if broken:
                self.refuse(url, number + len(lines), *broken)
            if len(self.gathered) + len(self.refused) >= ROWS_AT_ONCE:
                yield from self.flush()

    def line(self, url: str, number: int, line: Any) -> None:
        """Gather the rows of a line, or refuse it."""
        gathered, before = self.gathered, len(self.gathered)
        try:
            record = self.parse(line)
            if type(record) is not dict:
                raise RecordError("no JSON object")
            for row in self.rows(record):
                row = (url, number, *row)
                check_time(row[self.day_at], self.latest)
                gathered.append(row)
        except ValueError as error:
            del gathered[before:]
            self.refuse(url, number, line, str(error) if type(error) is RecordError else f"no JSON: {error}")
        else:
            self.files[url][2] += 1

    def refuse(self, url: str, number: int, line: Any, reason: str) -> None:
        """Put a line into quarantine."""
        if type(line) is not bytes:
            line = json.dumps(line, default=str).encode()
        shown = line[: 4 * QUARANTINED_TEXT].decode("utf-8", "replace").replace("\0", "\ufffd")
        self.refused.append((url, number, shown[:QUARANTINED_TEXT], reason))
        self.files[url][3] += 1
        self.first_refused = self.first_refused or f"{url}, line {number}: {reason}"

    def flush(self) -> Iterator[Any]:
        """Hand over what was gathered."""
        if self.gathered:
            columns = dict(zip(self.table.columns, zip(*self.gathered, strict=True), strict=True))
            self.gathered.clear()
            rows = arrow_rows(self.table, columns)
            day = list(self.table.columns)[self.day_at]
            days = pc.cast(pc.utf8_slice_codeunits(rows[day], 0, 10), pa.date32())
            rows = within(with_day(rows, days), self.run)
            self.days.update(pc.unique(rows[DAY]).to_pylist())
            yield into(self.table, rows)
        if self.refused:
            columns = dict(zip(QUARANTINE.columns, zip(*self.refused, strict=True), strict=True))
            self.refused.clear()
            yield into(QUARANTINE, arrow_rows(QUARANTINE, columns))

    def end(self, where: str) -> Iterator[Any]:
        """Hand over the rest: what is withdrawn, the files, the days; and say what was quarantined."""
        records, refused = (sum(state[at] for state in self.files.values()) for at in (2, 3))
        if refused and not records:
            raise IngestionError(
                f"none of {refused:,} lines is a record of this log; the first: {self.first_refused}",
                where=where,
                mend="point the setting at the log",
            )
        yield from self.flush()
        if again := [url for url in self.files if url in self.known]:
            yield from self.withdrawn(set(again))
        if self.files and not self.run.asked:
            columns = dict(zip(LOG_FILES.columns, zip(*self.rows_of_files(), strict=True), strict=True))
            yield into(LOG_FILES, arrow_rows(LOG_FILES, columns))
        self.run.log_days(self.table, self.days)
        source = self.run.source.name
        if self.unchanged:
            print(f"  {source}: {self.unchanged:,} log files are as they were, not read again", flush=True)
        if refused:
            print(
                f"  {source}: warning, {refused:,} lines are no records, now in "
                f"raw_{source}.{QUARANTINE.name}: {self.first_refused}",
                flush=True,
            )

    def rows_of_files(self) -> list[tuple[Any, ...]]:
        """The rows of log_files."""
        return [(url, *state) for url, state in self.files.items()]

    def withdrawn(self, urls: set[str]) -> Iterator[Any]:
        """Marks that make dlt's merge delete what files gave that were read before."""
        held = self.run.loaded(self.table.name, ("source_file", DAY), "group by 1, 2")
        gone = [
            (url, day) for url, day in held if url in urls and (not self.run.asked or day in self.run.asked)
        ]
        if gone:
            self.days.update(day for _, day in gone)
            columns = {"source_file": [url for url, _ in gone], DAY: [day for _, day in gone]}
            yield into(self.table, marks(self.table, columns))
        yield into(QUARANTINE, marks(QUARANTINE, {"source_file": sorted(urls)}))


@lru_cache(maxsize=1_000)
def is_day(day: str) -> bool:
    """Whether the text is a day of the calendar."""
    try:
        return bool(date.fromisoformat(day))
    except ValueError:
        return False


_is_time = re.compile(gate.UTC_TIME).match


def check_time(moment: Any, latest: str) -> None:
    """Refuse what is no UTC time, or lies in the future."""
    if type(moment) is not str or not _is_time(moment) or not is_day(moment[:10]):
        raise RecordError(f"its time is {json.dumps(moment)[:80]}, no UTC time")
    if moment[:10] > latest:
        raise RecordError(f"its time is {moment}, which is yet to come")


def arrow_rows(table: Table, columns: dict[str, Any]) -> pa.Table:
    """Values by column as Arrow; what is no whole number in such a column is a TypeError."""
    arrays = []
    for name, values in columns.items():
        kind, types = table.columns[name], set(map(type, values))
        if kind == "text" and not types <= {str, type(None)}:
            values = list(map(as_text, values))
        # Arrow would cut 1.5 to 1 silently.
        if kind == "bigint" and not types <= {int, type(None)}:
            raise TypeError(f"{table.name}.{name} holds what is no whole number")
        arrays.append(pa.array(values, _ARROW[kind]))
    # dlt's merge keys are never null, and it warns where Arrow says that they might be.
    fields = [
        pa.field(name, array.type, nullable=name not in table.replaced_by)
        for name, array in zip(columns, arrays, strict=True)
    ]
    return pa.table(arrays, schema=pa.schema(fields))


def with_day(rows: pa.Table, days: pa.ChunkedArray) -> pa.Table:
    """The rows with their day, and with the mark that none of them is withdrawn."""
    rows = rows.append_column(pa.field(DAY, pa.date32(), nullable=False), days)
    return rows.append_column(WITHDRAWN, pa.nulls(len(rows), pa.bool_()))


def marks(table: Table, columns: dict[str, list[Any]]) -> pa.Table:
    """Rows that only say that everything with these values was read anew."""
    kinds = {"source_file": "text", DAY: "date"}
    fields = [pa.field(name, _ARROW[kinds[name]], nullable=False) for name in columns]
    rows = pa.table(list(columns.values()), schema=pa.schema(fields))
    return rows.append_column(WITHDRAWN, pa.array([True] * len(rows), pa.bool_()))


def into(table: Table, rows: pa.Table) -> Any:
    """Rows for one of the tables of the resource."""
    hints = dlt.mark.make_hints(table_name=table.name, **table.hints)
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)


def lines_of(item: FileItemDict) -> Iterator[tuple[int, list[bytes], tuple[bytes, str] | None]]:
    """A file's lines in order, some at a time: the number of the first, the lines without their ends.

    The third is what follows them and is no line, with the reason: the rest of a .gz that breaks off, or the
    start of a line that is too long.
    """
    number, rest, size, skipping = 1, [], 0, False
    with files.open_unpacked(item) as file:
        # One unpacked piece at a time: what was read before a .gz breaks off is not lost.
        read = file.read1 if item["file_name"].endswith(".gz") else file.read
        while True:
            try:
                piece = read(BYTES_AT_ONCE)
            except (EOFError, BadGzipFile, zlib.error) as error:
                yield number, [], (b"".join(rest), f"the file breaks off: {error}")
                return
            if not piece:
                break
            if number == 1 and not rest:
                piece = piece.removeprefix(b"\xef\xbb\xbf")
            *ended, begun = piece.split(b"\n")
            if ended:
                if skipping:
                    skipping, ended = False, ended[1:]
                    number += 1
                else:
                    ended[0] = b"".join(rest) + ended[0]
                yield number, ended, None
                number, rest, size = number + len(ended), [], 0
            if begun and not skipping:
                rest.append(begun)
                size += len(begun)
                if size > MAX_LINE:
                    yield (
                        number,
                        [],
                        (b"".join(rest)[: 4 * QUARANTINED_TEXT], f"longer than {MAX_LINE} bytes"),
                    )
                    rest, size, skipping = [], 0, True
    if rest:
        yield number, [b"".join(rest)], None


def locate(_: str, row: dict[str, Any], column: str) -> str:
    """Where a record stands that the gate refused: file, line and column."""
    return f"{row['source_file']}, line {row['source_row']}, column {column}"
