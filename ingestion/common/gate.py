"""The gate: Great Expectations between what was read and the warehouse.

One suite per raw table, from the source's contract. It looks at the load package on disk, so a row that
breaks the contract stops the run before any table changes. Data Docs are written to .work/data_docs. They
tell of the rows that Great Expectations saw: some of a first load, and all that Arrow did not prove to be
fine. Where it proves all, Great Expectations is not even imported.
A suite is made of the functions below; each expectation carries the words a person reads when it fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.common.errors import IngestionError
from ingestion.common.money import NUMBER
from ingestion.common.places import work_folder
from ingestion.common.source import WITHDRAWN

if TYPE_CHECKING:
    import dlt
    import pandas as pd

    from ingestion.common.source import Source

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

# A person reads a few examples; the Data Docs hold the rest.
EXAMPLES = 5
# Rows checked at once: bounds the memory, whatever the size of the load.
ROWS_AT_ONCE = 100_000
# So many rows of a table are judged by Great Expectations where nothing is doubtful, for a first page.
FIRST_ROWS = 1_000

UTC_TIME = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]00:?00)?$"


def data_docs() -> Path:
    """Where the Data Docs are written."""
    return work_folder() / "data_docs"


@dataclass(frozen=True)
class Expectation:
    """One of Great Expectations', by name, with the words a person reads when it fails.

    It is made only when it is to judge: to import Great Expectations takes 3 CPU seconds, which is more than
    most loads take.
    """

    kind: str
    column: str
    says: str
    mend: str
    severity: str = "critical"
    settings: dict[str, Any] = field(default_factory=dict)

    def made(self) -> Any:
        """The expectation itself."""
        import great_expectations.expectations as gxe

        meta = {"says": self.says, "mend": self.mend}
        return getattr(gxe, self.kind)(column=self.column, severity=self.severity, meta=meta, **self.settings)


def present(column: str, *, severity: str = "critical") -> Expectation:
    """The column has a value in every row."""
    mend = "the provider's contract promises a value here"
    return Expectation("ExpectColumnValuesToNotBeNull", column, "is empty", mend, severity)


def number(column: str) -> Expectation:
    """Every value that is there is a plain number, as text."""
    return matching(column, f"^{NUMBER}$", "is no number", "write a plain decimal number, like 1000.00")


def utc_time(column: str) -> Expectation:
    """Every value that is there is a day or a time in UTC, as text."""
    return matching(column, UTC_TIME, "is no UTC time", "write it like 2026-02-01T00:00:00Z")


def matching(column: str, regex: str, says: str, mend: str) -> Expectation:
    """Every value that is there has this form."""
    kind = "ExpectColumnValuesToMatchRegex"
    return Expectation(kind, column, says, mend, settings={"regex": regex})


def one_of(column: str, values: list[str], *, severity: str = "critical") -> Expectation:
    """Every value that is there is one of these."""
    return Expectation(
        "ExpectColumnValuesToBeInSet",
        column,
        "is not a known value",
        f"known are: {', '.join(values)}",
        severity,
        {"value_set": values},
    )


def not_negative(column: str) -> Expectation:
    """Every value that is there is zero or more."""
    mend = "a count cannot be negative; report it to the provider"
    settings = {"min_value": 0}
    return Expectation("ExpectColumnValuesToBeBetween", column, "is below zero", mend, settings=settings)


def package_files(pipeline: dlt.Pipeline) -> dict[str, list[Path]]:
    """The Parquet files of the normalized load packages, by table."""
    files: dict[str, list[Path]] = {}
    for load_id in pipeline.list_normalized_load_packages():
        for job in pipeline.get_load_package_info(load_id).jobs["new_jobs"]:
            if not job.job_file_info.table_name.startswith("_dlt"):
                files.setdefault(job.job_file_info.table_name, []).append(Path(job.file_path))
    return files


def batches(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    """The rows that will stay (not the marks of covered days) with these columns, texts as dictionaries."""
    known = pq.read_schema(path)
    wanted = [column for column in [*columns, WITHDRAWN] if column in known.names]
    texts = [column for column in wanted if is_text(known.field(column).type)]
    for batch in pq.ParquetFile(path, read_dictionary=texts).iter_batches(ROWS_AT_ONCE, columns=wanted):
        table = pa.Table.from_batches([batch])
        for column in columns:
            if column not in known.names:
                table = table.append_column(column, pa.nulls(len(table), pa.string()))
        if WITHDRAWN in known.names:
            if table[WITHDRAWN].null_count < len(table):
                table = table.filter(pc.invert(pc.fill_null(table[WITHDRAWN], False)))
            table = table.drop_columns([WITHDRAWN])
        yield table


def is_text(kind: pa.DataType) -> bool:
    """Whether a column is text, also where it is written as a dictionary of texts."""
    return pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind)


def doubtful(rows: pa.Table, suite: list[Expectation]) -> pa.Array | None:
    """A mask of the rows that Great Expectations must look at; None where it is none of them.

    The expectations that a bill is judged by are asked here of each different value of a column, by Arrow.
    Whoever passes is fine by Great Expectations too, since these questions are as strict or stricter (`$`
    is the end of the text, digits are 0 to 9). Of whoever does not, and of what is not known here, nothing
    is said: that is for Great Expectations.
    """
    found = None
    for expectation in suite:
        column = rows[expectation.column].combine_chunks()
        if (missed := _unproven(column, expectation)) is not None:
            found = missed if found is None else pc.or_(found, missed)
    return found


def _unproven(column: pa.Array, expectation: Expectation) -> pa.Array | None:
    """Which values of a column are not known to meet an expectation; None where all are."""
    if expectation.kind == "ExpectColumnValuesToNotBeNull":
        return pc.is_null(column) if column.null_count else None
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    kind, settings = expectation.kind, expectation.settings
    if kind == "ExpectColumnValuesToMatchRegex" and is_text(values.type):
        proven = pc.match_substring_regex(values, rf"\A(?:{settings['regex']})\z")
    elif kind == "ExpectColumnValuesToBeInSet" and is_text(values.type):
        proven = pc.is_in(values, pa.array(settings["value_set"], pa.string()))
    elif kind == "ExpectColumnValuesToBeBetween" and pa.types.is_integer(values.type):
        proven = pc.greater_equal(values, settings["min_value"])
    else:
        return pa.repeat(True, len(column))
    # An absent value breaks no rule about values.
    missed = pc.and_(pc.invert(pc.fill_null(proven, False)), pc.is_valid(values))
    if not pc.any(missed).as_py():
        return None
    if pa.types.is_dictionary(column.type):
        missed = pc.fill_null(pc.take(missed, column.indices), False)
    return missed


def check(source: Source, pipeline: dlt.Pipeline) -> dict[str, int]:
    """Run the source's suites over the load package; returns the rows by table.

    Great Expectations judges what is not proven to be fine beforehand, and the first rows of a table whose
    suite has no page in the Data Docs yet. Raises IngestionError with the offending rows where a critical
    expectation fails; prints the failed warnings.
    """
    suites = source.gate()
    rows: dict[str, int] = {}
    failures: list[str] = []
    context: Any = None
    pages: dict[Path, str] = {}
    for table, paths in sorted(package_files(pipeline).items()):
        suite, key = suites.get(table, []), source.table(table).key if table in suites else ()
        columns = list(dict.fromkeys([*(expectation.column for expectation in suite), *key]))
        page, told = data_docs() / f"{source.name}.{table}.suite", repr(suite)
        shown = not suite or (page.exists() and page.read_text() == told)
        validate = None
        parts = (part for path in paths for part in batches(path, columns))
        for part in _to_judge(parts, suite, 0 if shown else FIRST_ROWS, table, rows):
            context = context or _context()
            validate = validate or _validator(context, f"{source.name}.{table}", suite, key)
            failures += _failures(source, table, validate(_frame(part)))
            pages[page] = told
    if context:
        # Once at the end: each page costs a tenth of a second.
        context.build_data_docs()
    for page, told in pages.items():
        page.write_text(told)
    if failures:
        shown_here = "\n  ".join(failures[:EXAMPLES])
        raise IngestionError(
            f"{source.name}: rows that break the contract; nothing was loaded\n  {shown_here}\n"
            f"  all of them: {data_docs() / 'index.html'}"
        )
    return rows


def _to_judge(
    parts: Iterator[pa.Table], suite: list[Expectation], first_rows: int, table: str, rows: dict[str, int]
) -> Iterator[pa.Table]:
    """The first rows and the doubtful ones, so many at a time; `rows` counts all there are."""
    held: list[pa.Table] = []
    rows[table] = 0
    for part in parts:
        if suite and len(part):
            mask = doubtful(part, suite)
            first = part.slice(0, max(0, first_rows - rows[table]))
            if len(first):
                held.append(first)
            if mask is not None:
                held.append(part.slice(len(first)).filter(mask.slice(len(first))))
        rows[table] += len(part)
        if sum(map(len, held)) >= ROWS_AT_ONCE:
            yield from _joined(held)
            held = []
    yield from _joined(held)


def _joined(parts: list[pa.Table]) -> Iterator[pa.Table]:
    """Parts as one table, if there is any row in them."""
    if any(map(len, parts)):
        yield pa.concat_tables(map(_plain, parts))


def _plain(part: pa.Table) -> pa.Table:
    """A part without dictionaries."""
    kinds = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in part.schema
    ]
    return part.cast(pa.schema(kinds))


def _frame(part: pa.Table) -> pd.DataFrame:
    """A part as an Arrow-backed frame."""
    import pandas as pd

    return part.to_pandas(types_mapper=pd.ArrowDtype)


def _context() -> Any:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.delete_data_docs_site("local_site")
    store = {
        "class_name": "TupleFilesystemStoreBackend",
        "base_directory": str(data_docs().absolute()),
    }
    index = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        "apportion",
        {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index},
    )
    return context


def _validator(
    context: Any, name: str, expectations: list[Expectation], key: tuple[str, ...]
) -> Callable[[pd.DataFrame], Any]:
    """What validates one frame against a suite; the context keeps the result for the Data Docs."""
    import great_expectations as gx

    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    suite = context.suites.add(
        gx.ExpectationSuite(name=name, expectations=[expectation.made() for expectation in expectations])
    )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=name, data=asset.add_batch_definition_whole_dataframe(name), suite=suite)
    )
    result_format = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": EXAMPLES,
        "unexpected_index_column_names": list(key),
    }
    return lambda frame: definition.run(batch_parameters={"dataframe": frame}, result_format=result_format)


def _failures(source: Source, table: str, validation: Any) -> list[str]:
    """The offending rows in words; warnings are printed instead."""
    import pandas as pd

    said: list[str] = []
    for result in validation.results:
        if result.success:
            continue
        config = result.expectation_config
        if result.exception_info.get("raised_exception"):
            raise IngestionError(str(result.exception_info), where=f"{source.name}, gate")
        column, meta = config.kwargs["column"], config.meta
        found = []
        for row in result.result["partial_unexpected_index_list"]:
            shown = "" if pd.isna(row[column]) else f'"{row[column]}" '
            place = source.locate(table, row, column)
            found.append(f"{place}: {shown}{meta['says']}; {meta['mend']}.")
        if getattr(config.severity, "value", config.severity) == "critical":
            said += found
        else:
            count = result.result["unexpected_count"]
            print(f"  {source.name}: warning, {count:,} rows: {found[0]}")
    return said
