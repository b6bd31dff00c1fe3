"""Tables of other people's databases through dlt's sql_database, read as text where money is concerned.

Everything is read in a read-only transaction that sees one moment, and only the columns that are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from dlt.sources.sql_database import TableLoader, sql_table
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from ingestion.common.errors import IngestionError

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run
    from ingestion.common.source import Table

# Rows fetched at once; bounds the memory.
ROWS_AT_ONCE = 20_000
SECONDS_TO_CONNECT = 15

# What stands for a column of ours: SQL over the columns of the source's table, and which of them it needs.
# A column that an older version of the source lacks makes ours null.
Columns = Mapping[str, tuple[str, tuple[str, ...]]]

_TYPES = {"text": "text", "bigint": "bigint", "bool": "boolean", "date": "date", "timestamp": "timestamp"}


def postgres(run: Run) -> sa.Engine:
    """The PostgreSQL that the setting `credentials` names; it is only ever read."""
    where = run.source.name
    try:
        url = sa.make_url(run.setting("credentials")).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise IngestionError(
            "the credentials are no database URL",
            where=where,
            mend="write them like postgresql://reader:PASSWORD@host:5432/litellm",
            exit_code=2,
        ) from None
    try:
        return sa.create_engine(
            url,
            connect_args={"connect_timeout": SECONDS_TO_CONNECT},
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        )
    except (NoSuchModuleError, ImportError) as error:
        raise IngestionError(f"the database driver is missing: {error}", where=where, exit_code=2) from error


def any_database(run: Run, example: str) -> sa.Engine:
    """The database that the setting `credentials` names, whatever its kind."""
    where = run.source.name
    try:
        url = sa.make_url(run.setting("credentials"))
        if url.get_backend_name() == "postgresql":
            return postgres(run)
        return sa.create_engine(url)
    # A dialect that nobody installed is an ArgumentError too.
    except (NoSuchModuleError, ImportError) as error:
        raise IngestionError(
            f"the database driver is missing: {error}",
            where=where,
            mend="install the SQLAlchemy dialect of this database beside the project",
            exit_code=2,
        ) from error
    except ArgumentError:
        raise IngestionError(
            "the credentials are no database URL", where=where, mend=f"write them like {example}", exit_code=2
        ) from None


def tables_of(run: Run, engine: sa.Engine, schema: str | None) -> set[str]:
    """The names of the tables that the reader may see. Raises IngestionError where nobody answers."""
    try:
        found = sa.inspect(engine)
        return {*found.get_table_names(schema), *found.get_view_names(schema)}
    except OperationalError as error:
        raise refused(run, engine, error) from error


def refused(run: Run, engine: sa.Engine, error: DBAPIError) -> IngestionError:
    """What the database said, in one line, without the credentials."""
    said = " ".join(str(error.orig).split())
    url = engine.url
    place = url.host or url.query.get("host") or "a local socket"
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    mend = "check the host, port and database of the credentials, and that the server is up"
    if sqlstate.startswith("28") or "authentication" in said:
        mend = "check user and password of the credentials"
    elif sqlstate == "42501":
        mend = "grant the reader SELECT on this table"
    elif sqlstate.startswith("22"):
        mend = "the row that does not fit is in the source; mend it there, or leave its day out"
    return IngestionError(said, where=f"{run.source.name}, {place}/{url.database}", mend=mend)


def resource(
    run: Run,
    engine: sa.Engine,
    table: Table,
    columns: Columns,
    *,
    schema: str | None = None,
    where: Callable[[sa.Table], Any] | None = None,
) -> Any:
    """The dlt resource that reads `table.path` into the raw table, as Arrow batches.

    where   the rows to read, as a SQLAlchemy condition
    """

    def ours(theirs: sa.Table) -> Any:
        kinds = {name: hint["data_type"] for name, hint in table.hints["columns"].items()}
        selected = [sa.literal_column(text).label(name) for name, text in _sql(theirs, columns, kinds)]
        query = sa.select(*selected).select_from(theirs)
        return (query if where is None else query.where(where(theirs))).subquery(table.name)

    class Loader(TableLoader):
        def load_rows(self, backend_kwargs: dict[str, Any] | None = None) -> Iterator[Any]:
            try:
                yield from super().load_rows(backend_kwargs)
            except DBAPIError as error:
                raise refused(run, engine, error) from error

    read = sql_table(
        engine,
        table=table.path,
        schema=schema,
        backend="pyarrow",
        reflection_level="minimal",
        chunk_size=ROWS_AT_ONCE,
        table_adapter_callback=ours,
        table_loader_class=Loader,
    )
    read.apply_hints(**table.hints)
    return read.with_name(table.name)


def _sql(theirs: sa.Table, columns: Columns, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Our columns and the SQL that fills them."""
    for name, kind in kinds.items():
        text, needs = columns.get(name, ("null", ()))
        known = all(need in theirs.c for need in needs)
        yield name, f"cast({text if known else 'null'} as {_TYPES[kind]})"
