"""Google Cloud's billing export read from its table in BigQuery, landed as its files are.

The export is only ever appended to: a row has the time of its export, and export times only rise. What is
replaced as a whole is a day of export: it stands as a file would, bigquery://project/dataset/table/2026-11-12,
and its rows are numbered in the order of export_time. A run reads the last day that it knows again, since it
may have been cut in the middle, and what came after; earlier partitions are not touched and cost nothing.
Nothing is unnested or joined: labels and credits come nested in their row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.configuration.specs import GcpServiceAccountCredentials
from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery

from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import coded, how_read, placed, within
from ingestion.common.source import DAY, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

SCHEME = "bigquery://"
# Rows of one answer of the API; bounds the memory.
ROWS_AT_ONCE = 10_000
# A row is loaded into a partition of its export's day, or a little later; never before.
DAYS_BEFORE = timedelta(days=1)

# Numbered rows of one day of export -> tables of text, as gcp_billing.parts() makes them.
InText = Callable[[Any, Iterator[tuple[int, dict[str, Any]]]], Iterator[pa.Table]]


def table_resource(run: Run, table: Table, day_from: str, in_text: InText, fields: set[str]) -> Any:
    """The dlt resource that reads the table of the setting `export_table`.

    day_from   the column of `table` whose first ten characters are the row's day of use
    in_text    what makes rows of the export rows of `table`
    fields     top-level columns of the export that in_text looks at; those that the table lacks are left out
    """

    def rows() -> Iterator[Any]:
        theirs = run.setting("export_table")
        place = SCHEME + theirs.replace(".", "/")
        refuse_rows_of_files(run, table)
        kept = dlt.current.resource_state()
        known = kept.get("export", {})
        way = how_read(run, table)
        since: date | None = run.asked.since if run.asked else None
        if not run.asked and (known.get("place"), known.get("way")) == (place, way):
            since = date.fromisoformat(known["until"])
        covered: dict[str, set[date]] = {}
        last = since
        with told(run, theirs), client_of(run, theirs) as client:
            found = export_rows(client, theirs, since, fields)
            for day, of_day in groupby(found, lambda row: row["export_time"].date()):
                # The fields have one spelling, as in JSON lines.
                item: Any = {"file_url": f"{place}/{day}", "file_name": "export.jsonl"}
                days = covered.setdefault(item["file_url"], set())
                for part in placed(item, in_text(item, numbered(of_day)), day_from):
                    asked = within(part, run)
                    days.update(pc.unique(asked[DAY]).to_pylist())
                    yield coded(table, asked)
                last = max(last or day, day)
        for url, day in run.loaded(table.name, ("source_file", DAY), "group by 1, 2"):
            read_again = url.startswith(f"{place}/") and (
                since is None or url[len(place) + 1 :] >= str(since)
            )
            if read_again and (not run.asked or day in run.asked):
                covered.setdefault(url, set()).add(day)
        for url, days in covered.items():
            yield from (coded(table, marks) for marks in run.covered(table, days, {"source_file": url}))
        if not run.asked and last:
            kept["export"] = {"place": place, "way": way, "until": str(last)}

    return dlt.resource(rows, name=table.name, **table.hints)


def refuse_rows_of_files(run: Run, table: Table) -> None:
    """Raise IngestionError where files of the same export were loaded: every row would count twice."""
    others = f"where source_file not like '{SCHEME}%' limit 1"
    for (file,) in run.loaded(table.name, ("source_file",), others):
        raise IngestionError(
            f"rows of {file} are loaded already, and the table holds them too",
            where=f"raw_{run.source.name}.{table.name}",
            mend=f"drop the schema raw_{run.source.name} before you read the table instead of its files",
            exit_code=2,
        )


@contextmanager
def client_of(run: Run, theirs: str) -> Iterator[bigquery.Client]:
    """Google's client by the source's settings; without `credentials` those of the machine.

    BIGQUERY_EMULATOR_HOST, Google's own variable, leads to an emulator.
    """
    credentials = run.setting("credentials")
    if credentials:
        given = GcpServiceAccountCredentials()
        given.parse_native_representation(
            credentials if isinstance(credentials, str) else json.dumps(dict(credentials))
        )
        credentials = given.to_native_credentials()
    elif "BIGQUERY_EMULATOR_HOST" in os.environ:
        credentials = AnonymousCredentials()
    project = run.setting("project", theirs.partition(".")[0])
    with bigquery.Client(
        project=project, credentials=credentials or None, location=run.setting("location")
    ) as client:
        yield client


@contextmanager
def told(run: Run, theirs: str) -> Iterator[None]:
    """What Google says, as an error that tells where and how to mend it."""
    where = f"{run.source.name}, {theirs}"
    try:
        yield
    except NotFound as error:
        raise IngestionError(
            "there is no such table",
            where=where,
            mend="write export_table like project.dataset.gcp_billing_export_resource_v1_0123AB, and set "
            "`location` where the dataset has one of its own",
            exit_code=2,
        ) from error
    except Forbidden as error:
        raise IngestionError(
            error.message,
            where=where,
            mend="grant the reader BigQuery Data Viewer on the dataset and BigQuery Job User on `project`",
        ) from error
    except GoogleAuthError as error:
        raise IngestionError(
            " ".join(str(error).split()),
            where=where,
            mend="set `credentials` to a service account's JSON key, or sign in on this machine",
            exit_code=2,
        ) from error
    except GoogleAPICallError as error:
        raise IngestionError(error.message, where=where, mend="run it again; nothing was loaded") from error


def export_rows(
    client: bigquery.Client, theirs: str, since: date | None, fields: set[str]
) -> Iterator[dict[str, Any]]:
    """Rows of the export from a day of export on, in the order of export_time, alike rows in any order.

    Raises IngestionError where the table is no billing export.
    """
    table = client.get_table(theirs)
    names = [field.name for field in table.schema]
    if lacking := sorted({"export_time", "usage_start_time", "cost", "currency"} - set(names)):
        raise IngestionError(
            f"the table has no {', '.join(lacking)}",
            where=theirs,
            mend="point export_table at the detailed (resource) or standard usage cost export",
            exit_code=2,
        )
    selected = ", ".join(f"`{name}`" for name in names if name in fields)
    statement = f"select {selected} from `{theirs}` as line"
    parameters = []
    if since:
        conditions = ["export_time >= @since"]
        parameters.append(bigquery.ScalarQueryParameter("since", "TIMESTAMP", f"{since}T00:00:00Z"))
        if table.time_partitioning and not table.time_partitioning.field:
            # Rows that are still streaming in have no partition.
            conditions.append("(_partitiontime >= @partition or _partitiontime is null)")
            first = f"{since - DAYS_BEFORE}T00:00:00Z"
            parameters.append(bigquery.ScalarQueryParameter("partition", "TIMESTAMP", first))
        statement += f" where {' and '.join(conditions)}"
    # The same rows always get the same numbers, those of a later export follow.
    statement += " order by export_time, farm_fingerprint(to_json_string(line))"
    how = bigquery.QueryJobConfig(query_parameters=parameters, labels={"app": "apportion"})
    for row in client.query(statement, job_config=how).result(page_size=ROWS_AT_ONCE):
        yield dict(row.items())


def numbered(rows: Iterator[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their number from 1, times as text."""
    for number, row in enumerate(rows, 1):
        yield number, {name: written(value) for name, value in row.items()}


def written(value: Any) -> Any:
    """A time as it lands from BigQuery's JSON, a fraction only where there is one; else what it is."""
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=None).isoformat(sep=" ") + "Z"
