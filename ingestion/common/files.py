"""Files in a folder or bucket through dlt's filesystem source, read as text in Arrow batches.

Every value lands as text, so that an amount keeps all its digits: CSV cells as they are written, Parquet
decimals in full, doubles as the shortest text that gives the same double.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from dlt.common.storages.fsspec_filesystem import FileItemDict
from dlt.sources.filesystem import filesystem
from fsspec.utils import glob_translate

from ingestion.common.errors import IngestionError
from ingestion.common.money import exact_json

SUFFIXES = (".csv", ".csv.gz", ".parquet")
# One JSON object a line. Only sources that expect them look for these: manifests of exports are JSON too.
JSON_LINES = tuple(f"{name}{gz}" for name in (".json", ".jsonl", ".ndjson", ".log") for gz in ("", ".gz"))
# A package of several files; sources that expect one read its members with members().
PACKAGE = ".tar.gz"
# What providers write for "no value". FOCUS wants nothing there; exports through SQL write NULL.
NULLS = ["", "NULL", "null"]
# The column with the number of a row in its file.
ROW = "source_row"
ROWS_AT_ONCE = 100_000
# What json.dumps would not write as it is.
NOT_PLAIN = r"[^ !#-\[\]-~]"
BYTES_AT_ONCE = 16 * 2**20
# Arrow reads no row that is longer than a block; a file with one is read in larger blocks, up to this one.
LONGEST_ROW = 256 * 2**20


def find(
    locations: str | list[str], file_glob: str, suffixes: tuple[str, ...] = SUFFIXES
) -> Iterator[FileItemDict]:
    """The files of these kinds under each location: a file, a folder or a bucket URL.

    Raises IngestionError where a location holds none.
    """
    for location in locations_of(locations):
        folder, pattern = split_location(location, file_glob)
        found = [item for item in filesystem(folder, file_glob=pattern) if _is_data(item, suffixes)]
        if not found:
            kinds = "CSV or Parquet" if suffixes == SUFFIXES else " or ".join(suffixes)
            raise IngestionError(
                f'no {kinds} file matches "{pattern}"',
                where=location,
                mend="check the location; file_glob chooses among its files",
                exit_code=2,
            )
        yield from sorted(found, key=lambda item: item["file_url"])


def locations_of(setting: str | list[str]) -> list[str]:
    """One location, a list of them, or a JSON list in one string, as the environment gives it."""
    if isinstance(setting, str):
        return json.loads(setting) if setting.startswith("[") else [setting]
    return list(setting)


def split_location(location: str, file_glob: str) -> tuple[str, str]:
    """A location as folder and pattern; one file is a pattern that only it matches."""
    if "://" not in location:
        location = Path(location).expanduser().absolute().as_uri()
    if location.endswith((*SUFFIXES, *JSON_LINES, ".zip", PACKAGE)):
        folder, _, name = location.rpartition("/")
        return folder, name
    return location.rstrip("/"), file_glob


def lies_in(url: str, locations: str | list[str], file_glob: str) -> bool:
    """Whether find() would look at this file."""
    for location in locations_of(locations):
        folder, pattern = split_location(location, file_glob)
        if url.startswith(f"{folder}/") and re.match(glob_translate(pattern), url[len(folder) + 1 :]):
            return True
    return False


def _is_data(item: FileItemDict, suffixes: tuple[str, ...]) -> bool:
    return item["file_name"].endswith(suffixes) and not PurePosixPath(item["file_name"]).name.startswith(
        (".", "_")
    )


def header(item: FileItemDict) -> list[str]:
    """The column names of a file, as they are written."""
    if item["file_name"].endswith(".parquet"):
        with _parquet(item) as file:
            return file.schema_arrow.names
    with io.TextIOWrapper(open_unpacked(item), "utf-8-sig", newline="") as text, _whole(item):
        try:
            return [name.strip() for name in next(csv.reader(text), [])]
        except UnicodeDecodeError as error:
            raise _other_encoding(item, error) from error


def read(
    item: FileItemDict,
    names: list[str | None],
    keep: Callable[[pa.Table], Any] | None = None,
    *,
    coded: bool = False,
) -> Iterator[pa.Table]:
    """The file's rows in order, every column text, under these names, and each with its number (ROW).

    names   as many as the header has; a column named None is not read
    keep    which rows to keep: a table under these names, its types as in the file (but for `coded`) -> a
            mask; what it drops is never turned into text
    coded   text comes dictionary-encoded (Arrow's dictionary<int32, string>): a bill repeats most of what it
            says, and each word is then written, checked and packed once
    """
    wanted = [name for name in names if name is not None]
    parts = (
        _read_parquet(item, names, coded)
        if item["file_name"].endswith(".parquet")
        else _read_csv(item, names)
    )
    text, before = as_coded_text if coded else as_text, 0
    for batch in parts:
        table = pa.table(dict(zip(wanted, batch.columns, strict=True)))
        numbers = row_numbers(before, len(batch))
        before += len(batch)
        if keep:
            mask = keep(table)
            table, numbers = table.filter(mask), pc.filter(numbers, mask)
        yield pa.table({ROW: numbers} | {name: text(table[name]) for name in wanted})


def row_numbers(before: int, count: int) -> pa.Array:
    """The numbers of so many rows that come after `before` others."""
    return pa.array(np.arange(before + 1, before + count + 1, dtype=np.int64))


def json_lines(item: FileItemDict) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that is not blank; fractions stay the text they are.

    Raises IngestionError at a line that is no JSON object: a bill without it would be another bill.
    """
    with open_unpacked(item) as file:
        for number, line in enumerate(_lines(item, file), 1):
            if not line.strip():
                continue
            try:
                found = exact_json(line)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise IngestionError(
                    "the line is no JSON object",
                    where=f"{item['file_url']}, line {number}",
                    mend="export it again; a half-written file is not loaded",
                )
            yield number, found


def _lines(item: FileItemDict, file: Any) -> Iterator[bytes]:
    with _whole(item):
        yield from file


@contextmanager
def _whole(item: FileItemDict) -> Iterator[None]:
    """Say in words that a packed file ends too early."""
    try:
        yield
    except (EOFError, OSError, zlib.error) as error:
        raise IngestionError(
            f"the file breaks off: {error}",
            where=item["file_url"],
            mend="export it again; a half-written file is not loaded",
        ) from error


def _other_encoding(item: FileItemDict, error: Exception) -> IngestionError:
    """What is to be said of a CSV that is not UTF-8: the first line that shows it."""
    mend = "save it as UTF-8, or export it again"
    with open_unpacked(item) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as found:
                byte = f"0x{line[found.start]:02x}"
                return IngestionError(
                    f"the file is not UTF-8: byte {byte} at place {found.start + 1} of the line",
                    where=f"{item['file_url']}, line {number}",
                    mend=mend,
                )
    return IngestionError(f"the file is not UTF-8: {error}", where=item["file_url"], mend=mend)


def _read_csv(item: FileItemDict, names: list[str | None]) -> Iterator[pa.RecordBatch]:
    """The rows of a CSV. A row that is longer than a block makes it start again in larger blocks."""
    before, size = 0, BYTES_AT_ONCE
    while True:
        try:
            skip = before
            for batch in _blocks(item, names, size):
                known = min(skip, len(batch))
                skip -= known
                if known < len(batch):
                    before += len(batch) - known
                    yield batch.slice(known)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            size *= 4
            if size > LONGEST_ROW:
                raise IngestionError(
                    f"a row after row {before} is longer than {LONGEST_ROW // 2**20} MB",
                    where=item["file_url"],
                    mend="look for a quote that is never closed, or shorten the cell",
                ) from error
        else:
            return


def _blocks(item: FileItemDict, names: list[str | None], size: int) -> Iterator[pa.RecordBatch]:
    every = [name if name is not None else f"unread {at}" for at, name in enumerate(names)]
    wanted = [name for name in names if name is not None]
    with open_unpacked(item) as packed, _whole(item):
        file, batch = _Quotes(packed), None
        try:
            for batch in pa_csv.open_csv(
                file,
                read_options=pa_csv.ReadOptions(column_names=every, skip_rows=1, block_size=size),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.string()),
                    include_columns=wanted,
                    null_values=NULLS,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            ):
                yield batch
            # An inch sign is a lone quote too; but a file that is whole ends with a line.
            if file.count % 2 and (file.last != b"\n" or _has_line_end(batch)):
                raise IngestionError(
                    "a quote is never closed, and the last cell holds all that follows",
                    where=item["file_url"],
                    mend="export it again; a half-written file is not loaded",
                )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            if "straddling" in str(error):
                raise
            if "invalid UTF8" in str(error):
                raise _other_encoding(item, error) from error
            raise IngestionError(
                f"the CSV breaks off or has a row of another length: {error}",
                where=item["file_url"],
                mend="export it again; a half-written file is not loaded",
            ) from error


def _has_line_end(batch: pa.RecordBatch | None) -> bool:
    """Whether a cell of the last row holds several lines."""
    last = batch.slice(len(batch) - 1).to_pylist() if batch else []
    return any("\n" in (cell or "") for row in last for cell in row.values())


class _Quotes(io.RawIOBase):
    """A file that counts its quotes while it is read, to see a cell that never ends."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self.file, self.count, self.last = file, 0, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self.file.read(size)
        self.count += found.count(b'"')
        self.last = found[-1:] or self.last
        return found


def _read_parquet(
    item: FileItemDict, names: list[str | None], coded: bool = False
) -> Iterator[pa.RecordBatch]:
    texts: list[str] = []
    if coded:
        # Parquet holds repeated text as a dictionary; it is taken as it lies there.
        with _parquet(item) as file:
            texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    with _parquet(item, read_dictionary=texts) as file:
        theirs = file.schema_arrow.names
        wanted = [column for column, name in zip(theirs, names, strict=True) if name is not None]
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=wanted):
            # In the order of the names, whatever the reader's is.
            yield batch.select(wanted)


def batches(
    item: FileItemDict, columns: list[str] | None = None, rows: int = ROWS_AT_ONCE
) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file as they are, nested ones too, so many at a time; these columns, or all."""
    with _parquet(item) as file:
        yield from file.iter_batches(rows, columns=columns)


@contextmanager
def _parquet(item: FileItemDict, **settings: Any) -> Iterator[pq.ParquetFile]:
    with item.open() as file:
        try:
            yield pq.ParquetFile(file, **settings)
        except (pa.ArrowInvalid, OSError) as error:
            raise IngestionError(
                f"the Parquet file cannot be read: {error}",
                where=item["file_url"],
                mend="export it again; a half-written file is not loaded",
            ) from error


class Member(FileItemDict):
    """A file inside a package: named <package>/<name>, as old as it, and unpacked whole when it is opened."""

    def __init__(self, package: FileItemDict, name: str, content: bytes | None = None) -> None:
        """package: the .tar.gz; name: the member's in it; content: its bytes, while they are at hand."""
        super().__init__(
            {
                **package,
                "file_url": f"{package['file_url']}/{name}",
                "file_name": PurePosixPath(name).name,
                "encoding": "gzip" if name.endswith(".gz") else None,
            },
            package.fsspec,
        )
        self.package, self.name, self.content = package, name, content

    def open(self, mode: str = "rb", compression: str = "auto", **kwargs: Any) -> Any:
        """The member's bytes; mode and compression as in FileItemDict.open()."""
        content = self.content
        if content is None:
            content = next(content for name, content in members(self.package) if name == self.name)
        return FileItemDict({**self, "file_content": content}, self.fsspec).open(mode, compression, **kwargs)


def members(package: FileItemDict) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a .tar.gz; nothing is written to disk.

    Raises IngestionError where the package breaks off or is none.
    """
    try:
        with (
            package.open(compression="disable") as packed,
            tarfile.open(fileobj=packed, mode="r:gz") as archive,
        ):
            for entry in archive:
                if entry.isfile():
                    yield entry.name, archive.extractfile(entry).read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise IngestionError(
            f"the package breaks off or is no .tar.gz: {error}",
            where=package["file_url"],
            mend="deliver it again; a half-written package is not loaded",
        ) from error


def open_unpacked(item: FileItemDict) -> Any:
    """A file's bytes; dlt looks at the name, and .gz is unpacked while it is read."""
    return item.open(compression="auto")


def as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column as text; times in UTC, maps and lists as JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.cast(kind.value_type))
    if pa.types.is_string(kind):
        return column
    if pa.types.is_timestamp(kind) and kind.tz:
        return pc.cast(pc.cast(column, pa.timestamp("us", "UTC")), pa.string())
    if pa.types.is_map(kind) and (texts := _plain_maps(column)) is not None:
        return texts
    if pa.types.is_nested(kind):
        values = (_plain(kind, value) for value in column.to_pylist())
        texts = [None if value is None else json.dumps(value, default=str) for value in values]
        return pa.array(texts, pa.string())
    return pc.cast(column, pa.string())


def one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def as_coded_text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as dictionary-encoded text: what as_text() gives, each different value written once."""
    whole = one_array(column)
    if pa.types.is_nested(whole.type) or pa.types.is_null(whole.type):
        return pc.dictionary_encode(one_array(as_text(whole)))
    if pa.types.is_floating(whole.type):
        # Text of 0.0 and -0.0 differs, and a dictionary takes them for one; money knows no such zero.
        whole = pc.add(whole, pa.scalar(0, whole.type))
    coded = whole if pa.types.is_dictionary(whole.type) else pc.dictionary_encode(whole)
    texts = as_text(coded.dictionary)
    return pa.DictionaryArray.from_arrays(coded.indices, texts)


def by_value(column: pa.Array | pa.ChunkedArray, told: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """What a function tells of each value of a column, asked once for each different value.

    told   values -> as many answers; null for null
    """
    whole = one_array(column)
    if not pa.types.is_dictionary(whole.type):
        return told(whole)
    return pc.take(told(whole.dictionary), whole.indices)


def _plain_maps(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Maps of text as JSON, written by Arrow; None where a text holds what JSON would escape."""
    if not (pa.types.is_string(column.type.key_type) and pa.types.is_string(column.type.item_type)):
        return None
    texts = []
    for part in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        keys, items = part.keys, part.items
        for written in (keys, items):
            if pc.any(pc.match_substring_regex(written, NOT_PLAIN)).as_py():
                return None
        values = pc.if_else(
            pc.is_valid(items), pc.binary_join_element_wise('"', pc.fill_null(items, ""), '"', ""), "null"
        )
        members = pc.binary_join_element_wise('"', keys, '": ', values, "")
        joined = pc.binary_join(pa.ListArray.from_arrays(part.offsets, members), ", ")
        objects = pc.binary_join_element_wise("{", joined, "}", "")
        texts.append(pc.if_else(part.is_valid(), objects, pa.scalar(None, pa.string())))
    return pa.chunked_array(texts, pa.string())


def _plain(kind: pa.DataType, value: Any) -> Any:
    return dict(value) if pa.types.is_map(kind) and value is not None else value


def place(url: str, row: int, column: str) -> str:
    """File, line and column of a value."""
    if url.endswith(".parquet"):
        at = f"row {row}"
    else:
        at = f"line {row if url.endswith(JSON_LINES) else line_of(url, row)}"
    return f"{url}, {at}, column {column}"


def line_of(file_url: str, row: int) -> int:
    """The line of a CSV on which its row-th row ends; rows and lines differ where cells hold line ends."""
    import fsspec

    # dlt writes a local path as a URL; fsspec takes the name as it is.
    place = unquote(file_url) if file_url.startswith("file://") else file_url
    package, inside, name = place.partition(f"{PACKAGE}/")
    if inside:
        place = f"tar://{name}::{package}{PACKAGE}"
    with fsspec.open(place, "rt", encoding="utf-8-sig", compression="infer", newline="") as text:
        reader = csv.reader(text)
        for number, _ in enumerate(reader):
            if number == row:
                return reader.line_num
    raise ValueError(f"{file_url} has no row {row}")
