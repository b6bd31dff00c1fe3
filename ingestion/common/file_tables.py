"""A raw table filled from files: each row with its file and row number, each file replaced as a whole.

A file of the size and time of its last reading is not read again, unless a window of days is asked for. What
was read, and how, is kept in dlt's state, which is loaded into the warehouse together with the rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import dlt
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.source import DAY, WITHDRAWN, Need, Table

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

LOCATION = Need("bucket_url", "the file, folder or bucket URL to read, or a JSON list of them")

# What the columns of a file are called here, in its order. A column that is None is not read; None for all of
# them leaves the file out.
Naming = Callable[[list[str], str], list[str | None] | None]
# A file's rows in order, all text under our names, source_row among them where rows are not counted
# from 1; None leaves the file out.
Reading = Callable[["FileItemDict"], Iterator[pa.Table] | None]


def file_table(name: str, grain: str, columns: list[str]) -> Table:
    """A raw table of text columns, replaced by file and day."""
    return Table(
        name=name,
        grain=grain,
        columns={"source_file": "text", files.ROW: "bigint", **dict.fromkeys(columns, "text")},
        key=("source_file", files.ROW),
        # The file too, or one file would wipe the same day of another.
        replaced_by=("source_file", DAY),
        arrow=True,
    )


def shaped(required: list[str], optional: list[str] | tuple[str, ...] = ()) -> Naming:
    """The naming of files that people write in a shape of ours: its columns, in any order and case.

    A column that the shape does not know is refused, since it is a misspelt one more often than not; one that
    starts with x_ is the writer's own and is not read.
    """

    def ours(names: list[str], where: str) -> list[str | None]:
        plain = [name.strip().lower() for name in names]
        missing = [name for name in required if name not in plain]
        unknown = [name for name in plain if name not in (*required, *optional) and name[:2] != "x_"]
        twice = sorted({name for name in plain if plain.count(name) > 1})
        if missing or unknown or twice:
            told = [
                f"{what}: {', '.join(found)}"
                for what, found in (("missing", missing), ("unknown", unknown), ("twice", twice))
                if found
            ]
            further = f"; they may be {', '.join(optional)}, or your own as x_<name>" if optional else ""
            raise IngestionError(
                f"the columns are {', '.join(names)} ({'; '.join(told)})",
                where=f"{where}, line 1",
                mend=f"they must be {', '.join(required)}{further}",
            )
        return [None if name[:2] == "x_" else name for name in plain]

    return ours


def refuse_where(item: FileItemDict, part: pa.Table, column: str, wrong: Any, what: str, mend: str) -> None:
    """Raise IngestionError at the first row of a file's part for which the mask `wrong` is true."""
    at = pc.index(pc.fill_null(wrong, False), True).as_py()
    if at >= 0:
        raise IngestionError(
            f'"{part[column][at].as_py()}" {what}',
            where=files.place(item["file_url"], part[files.ROW][at].as_py(), named(item, column)),
            mend=mend,
        )


def is_json_object(texts: pa.ChunkedArray) -> Any:
    """A mask: the text is a JSON object, or absent."""

    def fits(text: str | None) -> bool:
        if text is None:
            return True
        try:
            return isinstance(json.loads(text), dict)
        except ValueError:
            return False

    return pa.array([fits(text) for text in texts.to_pylist()], pa.bool_())


def file_resource(
    run: Run,
    table: Table,
    day_from: str,
    naming: Naming | None = None,
    keep: Callable[[pa.Table], Any] | None = None,
    *,
    reading: Reading | None = None,
    chosen: Callable[[list[FileItemDict]], list[FileItemDict]] | None = None,
    suffixes: tuple[str, ...] = files.SUFFIXES,
    without_gaps: bool = False,
    after: Callable[[], None] | None = None,
    together: bool = False,
    whole: bool = False,
    optional: bool = False,
) -> Any:
    """The dlt resource that reads the files of bucket_url and file_glob into the table.

    day_from   the column of ours whose first ten characters are the row's day
    naming     our names for a file's columns; or `reading`, for files that hold more than columns of text
    keep       which rows are the source's; all where it is None (see files.read)
    chosen     which of the files count, where an export leaves superseded ones behind
    without_gaps  a day without a row between the first and the last day of a file was read too, and is empty
    after      called when all files were read, to refuse them together
    together   a file is judged beside the others: if one changed, all are read again (as for `after`)
    whole      days that were asked for choose none of the rows: prices hold long after their day
    optional   whether there may be no file of this table
    Files that were read before and are gone (or count no more) are read as empty, so their rows go.
    """

    def read(item: FileItemDict) -> Iterator[pa.Table] | None:
        if reading is not None:
            return reading(item)
        names = naming(files.header(item), item["file_url"])
        return None if names is None else files.read(item, names, keep, coded=True)

    def rows() -> Iterator[Any]:
        way = how_read(run, table)
        locations, pattern = run.setting("bucket_url"), run.setting("file_glob", "**/*")
        covered: dict[str, set[date]] = {}
        kept = dlt.current.resource_state()
        known, as_read, unchanged = kept.get("files", {}), {}, set()
        found = list(files.find(locations, pattern, suffixes))
        found = chosen(found) if chosen else found
        states = {
            item["file_url"]: [item["size_in_bytes"], str(item["modification_date"]), way] for item in found
        }
        if not run.asked:
            unchanged = {url for url, state in states.items() if known.get(url) == state}
        if (together or after) and unchanged != set(states):
            unchanged = set()
        for item in found:
            if item["file_url"] in unchanged:
                continue
            parts = read(item)
            if parts is None:
                print(
                    f"  {run.source.name}: left out, another kind of file: {item['file_url']}",
                    flush=True,
                )
                continue
            as_read[item["file_url"]] = states[item["file_url"]]
            days = covered.setdefault(item["file_url"], set())
            for part in placed(item, parts, day_from):
                asked = part if whole else within(part, run)
                days.update(pc.unique(asked[DAY]).to_pylist())
                yield coded(table, asked)
            if without_gaps and days:
                days.update(min(days) + timedelta(days=n) for n in range((max(days) - min(days)).days))
        if not (covered or unchanged or optional):
            raise IngestionError(
                "none of the files is of the kind that this source reads",
                where=str(locations),
                mend="point bucket_url at the export",
            )
        if after:
            after()
        for url, day in run.loaded(table.name, ("source_file", DAY), "group by 1, 2"):
            if url in unchanged or (run.asked and not whole and day not in run.asked):
                continue
            if files.lies_in(url, locations, pattern):
                covered.setdefault(url, set()).add(day)
        for url, days in covered.items():
            yield from (coded(table, marks) for marks in run.covered(table, days, {"source_file": url}))
        if not run.asked:
            kept["files"] = {url: known[url] for url in unchanged} | as_read
        if unchanged:
            count = f"{len(unchanged):,} file{'s are' if len(unchanged) > 1 else ' is'}"
            print(f"  {run.source.name}: {count} as before, not read again", flush=True)

    return dlt.resource(rows, name=table.name, **table.hints)


def how_read(run: Run, table: Table) -> str:
    """What a file's rows depend on beside the file: our columns, and settings that choose among its rows."""
    chosen = {key: value for key, value in run.used.items() if key not in ("bucket_url", "file_glob")}
    told = json.dumps([list(table.columns), chosen], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


class FileKind(NamedTuple):
    """Files of one table.

    columns    what a file of this kind has and no other does, under our names
    day_from   the column whose first ten characters are the row's day
    named      what its name holds, where columns alone do not tell; the first kind that fits counts
    whole      see file_resource()
    """

    table: Table
    columns: tuple[str, ...]
    day_from: str
    optional: bool = True
    named: str = ""
    whole: bool = False


def tables_in_files(
    run: Run,
    kinds: Sequence[FileKind],
    completed: Callable[[Table, pa.Table], pa.Table] = lambda table, part: part,
    suffixes: tuple[str, ...] = files.SUFFIXES,
) -> Iterator[Any]:
    """The dlt resources of several tables out of one folder, in which each file is of one of them.

    completed   what a part of a file becomes before it is landed
    Columns that the table does not know are not read; what it knows and the file lacks is null.
    """

    def kind_of(item: FileItemDict) -> FileKind | None:
        names, url = set(map(plain_name, columns_of(item))), item["file_url"].lower()
        return next((kind for kind in kinds if kind.named in url and names >= set(kind.columns)), None)

    def one(kind: FileKind) -> Any:
        def reading(item: FileItemDict) -> Iterator[pa.Table]:
            for part in text_rows(item, kind.table):
                yield completed(kind.table, part)

        return file_resource(
            run, kind.table, kind.day_from, reading=reading, optional=kind.optional, whole=kind.whole,
            suffixes=suffixes, chosen=lambda items: [item for item in items if kind_of(item) is kind],
        )  # fmt: skip

    for item in files.find(run.setting("bucket_url"), run.setting("file_glob", "**/*"), suffixes):
        if kind_of(item) is None:
            print(f"  {run.source.name}: left out, another kind of file: {item['file_url']}", flush=True)
    for kind in kinds:
        yield one(kind)


def columns_of(item: FileItemDict) -> list[str]:
    """The columns of a file; of JSON lines those of the first one."""
    if not item["file_name"].endswith(files.JSON_LINES):
        return files.header(item)
    return list(next((row for _, row in files.json_lines(item)), {}))


def text_rows(item: FileItemDict, table: Table) -> Iterator[pa.Table]:
    """The rows of a file as text, as far as the table knows their columns."""
    if not item["file_name"].endswith(files.JSON_LINES):
        theirs = map(plain_name, files.header(item))
        yield from files.read(item, [name if name in table.columns else None for name in theirs])
        return
    names = [name for name in table.columns if name not in ("source_file", files.ROW)]
    schema = pa.schema([(files.ROW, pa.int64()), *((name, pa.string()) for name in names)])
    rows = files.json_lines(item)
    while held := list(islice(rows, files.ROWS_AT_ONCE)):
        found = []
        for number, row in held:
            plain = {plain_name(name): json_text(value) for name, value in row.items()}
            found.append({files.ROW: number, **{name: plain.get(name) for name in names}})
        yield pa.Table.from_pylist(found, schema)


def json_text(value: Any) -> str | None:
    """A value of a JSON line as text; objects and lists as JSON."""
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else str(value)


def plain_name(name: str) -> str:
    """A header in our spelling: lower case, pricing.default is pricing_default."""
    return re.sub(r"\W+", "_", name.strip().lower())


def placed(item: FileItemDict, parts: Iterator[pa.Table], day_from: str) -> Iterator[pa.Table]:
    """The rows of one file with their file, row and day."""
    before = 0
    for part in parts:
        count, times = len(part), part[day_from]
        if files.ROW in part.column_names:
            numbers = part[files.ROW]
            part = part.drop_columns([files.ROW])
        else:
            numbers = files.row_numbers(before, count)
        is_time = pc.fill_null(files.by_value(times, is_utc_time), False)
        if not pc.all(is_time).as_py():
            row = pc.index(is_time, False).as_py()
            found = times[row].as_py()
            raise IngestionError(
                f'"{found}" is no UTC time' if found else "the time is empty",
                where=files.place(item["file_url"], numbers[row].as_py(), named(item, day_from)),
                mend="write it like 2026-02-01T00:00:00Z",
            )
        # dlt's merge keys are never null, and it warns where Arrow says that they might be.
        keys = {
            "source_file": pa.DictionaryArray.from_arrays(
                np.zeros(count, np.int32), pa.array([item["file_url"]])
            ),
            DAY: files.by_value(times, day_of),
        }
        for name, values in keys.items():
            part = part.append_column(pa.field(name, values.type, nullable=False), values)
        yield part.append_column(files.ROW, numbers).append_column(WITHDRAWN, pa.nulls(count, pa.bool_()))
        before += count


def coded(table: Table, part: pa.Table) -> pa.Table:
    """A part in the one shape that a file of the load package has: the contract's texts as dictionaries.

    Further columns stay plain, since dlt writes plain nulls where another file lacks them.
    """
    for name, kind in table.columns.items():
        if kind == "text" and name not in part.column_names:
            part = part.append_column(name, pa.nulls(len(part), pa.dictionary(pa.int32(), pa.string())))
    for place, field in enumerate(part.schema):
        is_coded = pa.types.is_dictionary(field.type)
        if is_coded == (table.columns.get(field.name) == "text"):
            continue
        column = part[field.name].cast(pa.string()) if is_coded else pc.dictionary_encode(part[field.name])
        part = part.set_column(place, field.with_type(column.type), column)
    return part


def is_utc_time(times: pa.Array) -> pa.Array:
    """Which texts are a day or a time in UTC."""
    return pc.match_substring_regex(times, gate.UTC_TIME)


def day_of(times: pa.Array) -> pa.Array:
    """The day of each time."""
    return pc.cast(pc.utf8_slice_codeunits(times, 0, 10), pa.date32())


def named(item: FileItemDict, column: str) -> str:
    """A column of ours as the file's header spells it."""
    if item["file_name"].endswith(files.JSON_LINES):
        return column
    plain = column.replace("_", "")
    return next((name for name in files.header(item) if re.sub(r"\W|_", "", name).lower() == plain), column)


def within(rows: pa.Table, run: Run) -> pa.Table:
    """The rows of the days that were asked for; all of them where nothing was."""
    if not run.asked:
        return rows
    first, last = (pa.scalar(day) for day in (run.asked.since, run.asked.until))
    return rows.filter(pc.and_(pc.greater_equal(rows[DAY], first), pc.less_equal(rows[DAY], last)))


def locate(_: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands: file, line and column."""
    return files.place(row["source_file"], row["source_row"], column)
