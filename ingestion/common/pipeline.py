"""Runs one source: extract, normalize, gate, guard, load. Until load nothing in the warehouse moves.

Raw tables live in raw_<source>. Beside them `load_log` keeps every day that a run covered, empty or not:
dbt rewrites exactly those days, and tells from it which days are final, open or missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.schema.exceptions import DataValidationError
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from requests.exceptions import ChunkedEncodingError, ConnectTimeout, HTTPError, ReadTimeout
from requests.exceptions import ConnectionError as Unreachable

from ingestion.common import duckdb_destination, gate, guards
from ingestion.common.errors import IngestionError
from ingestion.common.places import duckdb_path, target, work_folder
from ingestion.common.progress import collector
from ingestion.common.source import DAY, WITHDRAWN, Source, Table
from ingestion.common.windows import Window, yesterday

if TYPE_CHECKING:
    from dlt.common.destination import Destination
    from requests.exceptions import RequestException

# The first read of a source goes back this far unless --since says otherwise.
FIRST_READ_DAYS = 90

LOAD_LOG = Table(
    name="load_log",
    grain="run, raw table and day that the run covered, empty or not",
    columns={
        "table_name": "text",
        DAY: "date",
        "read_at": "timestamp",
        "restated_days": "bigint",
        "read_as": "text",
    },
)


@dataclass
class Run:
    """What a source may know while it reads: its window, and what the warehouse holds already."""

    source: Source
    pipeline: dlt.Pipeline
    asked: Window | None
    read_at: datetime
    log: list[dict[str, Any]] = field(default_factory=list)
    # Tables of which a read replaces less than its window, none of it where the value is None.
    replaced: dict[str, Window | None] = field(default_factory=dict)
    # The settings that were asked for, as they are.
    used: dict[str, Any] = field(default_factory=dict)

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of the source, from the environment or .dlt/*.toml."""
        found = self.used[key] = self.source.setting(key)
        return default if found is None else found

    def is_on(self, key: str) -> bool:
        """Whether a setting that is off by default was switched on."""
        return str(self.setting(key, False)).strip().lower() in ("true", "1", "yes", "on")

    def window(self, table: Table) -> Window:
        """The days to read for this table.

        What was asked for; else from the last loaded day back by the days the provider still
        restates, else the last 90 days. It ends yesterday: today is not over. A snapshot has the
        day on which it is taken.
        """
        if table.snapshot:
            return Window.ending(self.read_at.date(), 1)
        if self.asked:
            return self.asked
        last = yesterday()
        loaded_until = self.loaded_until.get(table.name)
        if not loaded_until:
            return Window.ending(last, FIRST_READ_DAYS)
        return Window(min(loaded_until, last) - timedelta(days=table.restated_days), last)

    @cached_property
    def loaded_until(self) -> dict[str, date]:
        """The last day that a run covered, by table."""
        return dict(self.loaded(LOAD_LOG.name, ("table_name", f"max({DAY})"), "group by 1"))

    def loaded(self, table: str, columns: Iterable[str], suffix: str = "") -> list[tuple[Any, ...]]:
        """Rows of a raw table as it is now; none where it does not exist yet."""
        return rows_of(self.pipeline, table, columns, suffix)

    def covered(
        self, table: Table, days: Iterable[date], values: dict[str, Any] | None = None
    ) -> Iterator[Any]:
        """Tell dlt and the log that these days were read.

        The withdrawn rows make dlt's merge delete what it held for the days (and the other
        `replaced_by` values); they are not kept.
        """
        days = sorted(set(days))
        if not days:
            return
        marks = [{DAY: day, WITHDRAWN: True, **(values or {})} for day in days]
        if table.arrow:
            fields = [(DAY, pa.date32()), (WITHDRAWN, pa.bool_())]
            fields += [(name, pa.string()) for name in values or {}]
            yield pa.Table.from_pylist(
                marks, pa.schema([pa.field(*f, nullable=f[0] == WITHDRAWN) for f in fields])
            )
        else:
            yield marks
        self.log_days(table, days)

    def log_days(self, table: Table, days: Iterable[date]) -> None:
        """Keep in load_log that these days were read, and what says when they will not move any more.

        read_as is days (a window that was asked for), files (whatever they hold) or snapshot (how things
        stand today); models cannot know it.
        """
        read_as = "snapshot" if table.snapshot else "days" if self.source.windowed else "files"
        self.log += [
            {
                "table_name": table.name,
                DAY: day,
                "read_at": self.read_at,
                "restated_days": table.restated_days,
                "read_as": read_as,
            }
            for day in sorted(set(days))
        ]


def log_resource(run: Run) -> Any:
    """The dlt resource of load_log."""
    columns = {name: {"data_type": kind} for name, kind in LOAD_LOG.columns.items()}
    return dlt.resource(
        lambda: iter(run.log), name=LOAD_LOG.name, columns=columns, write_disposition="append"
    )


def rows_of(
    pipeline: dlt.Pipeline, table: str, columns: Iterable[str], suffix: str = ""
) -> list[tuple[Any, ...]]:
    """Read from raw_<source> through dlt's own client, on whichever warehouse it is."""
    if not pipeline.default_schema_name:
        pipeline.sync_destination()
    if not pipeline.default_schema_name:
        return []
    with pipeline.sql_client() as client:
        name = client.make_qualified_table_name(table)
        try:
            return client.execute_sql(f"select {', '.join(columns)} from {name} {suffix}")
        except DatabaseUndefinedRelation:
            return []


def destination() -> Destination[Any, Any]:
    """The dlt destination of APPORTION_TARGET, with the settings that dbt's profile uses."""

    def setting(name: str, default: str | None = None) -> str | None:
        return os.environ.get(f"APPORTION_{name}") or default

    match target():
        case "duckdb":
            return duckdb_destination.destination()
        case "bigquery":
            keyfile = setting("BIGQUERY_KEYFILE")
            return dlt.destinations.bigquery(
                credentials=Path(keyfile).read_text() if keyfile else None,
                project_id=setting("BIGQUERY_PROJECT"),
                location=setting("BIGQUERY_LOCATION", "US"),
            )
        case "snowflake":
            return dlt.destinations.snowflake(
                credentials={
                    "host": setting("SNOWFLAKE_ACCOUNT"),
                    "username": setting("SNOWFLAKE_USER"),
                    "password": setting("SNOWFLAKE_PASSWORD"),
                    "role": setting("SNOWFLAKE_ROLE"),
                    "warehouse": setting("SNOWFLAKE_WAREHOUSE"),
                    "database": setting("SNOWFLAKE_DATABASE"),
                }
            )
        case other:
            raise IngestionError(
                f'APPORTION_TARGET is "{other}"',
                mend="choose duckdb, bigquery or snowflake",
                exit_code=2,
            )


def pipeline_for(source: Source) -> dlt.Pipeline:
    """The dlt pipeline of a source. Its working folder belongs to one warehouse, not to the machine."""
    place = str(duckdb_path()) if target() == "duckdb" else target()
    folder = work_folder() / "dlt" / hashlib.sha256(place.encode()).hexdigest()[:12]
    return dlt.pipeline(
        pipeline_name=source.name,
        destination=destination(),
        dataset_name=f"raw_{source.name}",
        pipelines_dir=str(folder.absolute()),
        progress=collector(source.name),
    )


def run_source(source: Source, asked: Window | None, *, accept_fewer_rows: bool = False) -> dict[str, int]:
    """Load one source; returns rows by table. Raises IngestionError with the warehouse as it was."""
    if missing := source.missing():
        need = missing[0]
        raise IngestionError(
            f"{source.name} needs {need.meaning}",
            mend=(
                f"set {need.variable(source.name)}, or {need.key} under [sources.{source.name}] "
                "in .dlt/secrets.toml"
            ),
            exit_code=2,
        )
    pipeline = pipeline_for(source)
    try:
        # A load that was cut off (the machine went down) is finished first; it had passed the gate.
        if pipeline.has_pending_data:
            pipeline.load()
        # What files were read is in the state, and the warehouse holds it. To ask would make a DuckDB file.
        if target() != "duckdb" or duckdb_path().exists():
            pipeline.sync_destination()
        run = Run(source, pipeline, asked, datetime.now(UTC))
        # The log goes last, when the days are known; dlt puts both into one load package.
        data = dlt.source(lambda: source.read(run), name=source.name, section=source.name)
        log = dlt.source(lambda: log_resource(run), name=source.name, section=source.name)
        # Parquet, not dlt's default of INSERT statements, which is ten times slower.
        pipeline.extract([data(), log()], loader_file_format="parquet")
        pipeline.normalize()
        rows = gate.check(source, pipeline)
        if not accept_fewer_rows:
            guards.refuse_shrinking(run, rows)
        pipeline.load()
    except Exception as error:
        raise explained(source, error) from error
    finally:
        # The warehouse holds the state. What was extracted and not loaded must not be loaded by the next
        # run, and a folder left behind would contradict a DuckDB file that was deleted.
        shutil.rmtree(pipeline.working_dir, ignore_errors=True)
    return rows


def explained(source: Source, error: BaseException) -> IngestionError:
    """dlt wraps errors in errors: give the one that a person can act on."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    for cause in chain:
        if isinstance(cause, IngestionError):
            return cause
    for cause in chain:
        if isinstance(cause, ConfigFieldMissingException):
            return IngestionError(f"{source.name}: a setting is missing: {cause}", exit_code=2)
        if isinstance(cause, DataValidationError):
            return other_type(source, cause)
        if isinstance(cause, HTTPError) and cause.response is not None:
            return answered(source, cause)
        if isinstance(cause, ReadTimeout | ChunkedEncodingError | ConnectTimeout | Unreachable):
            return not_answered(source, cause)
    return IngestionError(f"{type(chain[-1]).__name__}: {chain[-1]}", where=source.name)


def other_type(source: Source, error: DataValidationError) -> IngestionError:
    """A value of another type than the table's, in words; dlt names the column it would add for it."""
    column, _, found = str(error.column_name).partition("__v_")
    where = f"{source.name}, {error.table_name}, column {column}"
    what = f"a value is not what the contract promises (it is {found or 'of another type'})"
    mend = "nothing was loaded; if the provider changed its contract, the source must follow"
    return IngestionError(what, where=where, mend=mend)


def not_answered(source: Source, error: RequestException) -> IngestionError:
    """No whole reply came, in words."""
    what = "the API cannot be reached"
    mend = f"check SOURCES__{source.name.upper()}__BASE_URL and the network, then run it again"
    if isinstance(error, ReadTimeout):
        what = "the API did not answer in time"
        mend = "run it again; RUNTIME__REQUEST_TIMEOUT is how many seconds it may take"
    elif isinstance(error, ChunkedEncodingError):
        what, mend = "the connection broke off within a reply", "run it again"
    url = error.request.url.split("?")[0] if error.request is not None and error.request.url else ""
    return IngestionError(what, where=", ".join(filter(None, (source.name, url))), mend=mend)


def answered(source: Source, error: HTTPError) -> IngestionError:
    """An HTTP status in words."""
    status = error.response.status_code
    url = error.response.url.split("?")[0]
    said = error.response.text.strip().replace("\n", " ")[:300]
    needed = "; ".join(need.meaning for need in source.needs)
    mend = {
        401: "check that the key is right and has not expired",
        403: f"the key may not read this; needed is {needed}",
        404: "check the base URL",
        429: "the provider asks to wait; run it again later, or with a shorter window",
    }.get(status, "run it again" if status >= 500 else "the reply says what the provider misses")
    return IngestionError(f"the API answered {status}: {said}", where=f"{source.name}, {url}", mend=mend)
