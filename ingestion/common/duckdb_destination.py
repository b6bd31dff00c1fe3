"""dlt's DuckDB destination, with a merge that reads the load package where it lies.

dlt's own merge copies the package's Parquet into a staging dataset and then from there into the table: the
rows are compressed and written twice, which was most of what a large bill cost to load. DuckDB reads Parquet
as it reads a table, so for a table that is replaced by merge keys the package takes the place of that copy:
one transaction deletes what the package replaces and inserts its rows. All else is dlt's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlt.common.schema.utils import get_columns_names_with_prop, get_nested_tables
from dlt.common.storages.load_storage import ParsedLoadJobFileName
from dlt.destinations import duckdb
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.job_impl import FinalizedLoadJobWithFollowupJobs
from dlt.destinations.sql_jobs import SqlFollowupJob

from ingestion.common.places import duckdb_path

if TYPE_CHECKING:
    from dlt.common.destination import DestinationCapabilitiesContext
    from dlt.common.destination.client import FollowupJobRequest, LoadJob, PreparedTableSchema
    from dlt.common.storages.load_package import LoadJobInfo

# As in dbt's profile. Without a limit DuckDB takes most of the machine, and rows that must keep their order
# are held until all before them are written.
MEMORY = "1500MB"


class _ReplaceFromPackage(SqlFollowupJob):
    """The statements that replace a table's rows by those of the package's files."""

    @classmethod
    def of(cls, table: PreparedTableSchema, files: list[str], client: DuckDbClient) -> FollowupJobRequest:
        """The job for one table and its files; dlt runs it in one transaction."""
        sql = client.sql_client
        target = sql.make_qualified_table_name(table["name"])
        keys = [sql.escape_column_name(name) for name in get_columns_names_with_prop(table, "merge_key")]
        marks = [sql.escape_column_name(name) for name in get_columns_names_with_prop(table, "hard_delete")]
        listed = ", ".join(f"'{quoted(path)}'" for path in files)
        rows = f"read_parquet([{listed}], union_by_name = true)"
        same = " AND ".join(f"held.{key} = read.{key}" for key in keys)
        stays = " AND ".join(f"{mark} IS NOT TRUE" for mark in marks) or "true"
        statements = [
            f"DELETE FROM {target} AS held USING (SELECT DISTINCT {', '.join(keys)} FROM {rows}) AS read"
            f" WHERE {same}",
            f"INSERT INTO {target} BY NAME SELECT * FROM {rows} WHERE {stays}",
        ]
        name = ParsedLoadJobFileName(table["name"], ParsedLoadJobFileName.new_file_id(), 0, "sql")
        job = cls(name.file_name())
        job._save_text_file("\n".join(statements))
        return job


def quoted(path: str) -> str:
    """A path within a literal; dlt splits what it runs at semicolons."""
    return path.replace("'", "''").replace(";", "' || chr(59) || '")


class Client(DuckDbClient):
    """dlt's client; see the module."""

    def is_read_in_place(self, table_name: str) -> bool:
        """Whether a table is replaced by merge keys alone, from Parquet, without tables below it."""
        table = self.prepare_load_table(table_name)
        return (
            table["write_disposition"] == "merge"
            and table.get("x-merge-strategy") == "delete-insert"
            and bool(get_columns_names_with_prop(table, "merge_key"))
            and not get_columns_names_with_prop(table, "primary_key")
            and len(get_nested_tables(self.schema.tables, table_name)) == 1
        )

    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:
        """No copy where the package is read in its place."""
        return super().should_load_data_to_staging_dataset(table_name) and not self.is_read_in_place(
            table_name
        )

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """Nothing is to be done with a single file of a table that is replaced."""
        if file_path.endswith(".parquet") and self.is_read_in_place(table["name"]):
            return FinalizedLoadJobWithFollowupJobs(file_path)
        return super().create_load_job(table, file_path, load_id, restore)

    def create_table_chain_completed_followup_jobs(
        self,
        table_chain: Sequence[PreparedTableSchema],
        completed_table_chain_jobs: Sequence[LoadJobInfo] | None = None,
    ) -> list[FollowupJobRequest]:
        """When all files of a table are known, the job that reads them."""
        table = table_chain[0]
        if not self.is_read_in_place(table["name"]):
            return super().create_table_chain_completed_followup_jobs(table_chain, completed_table_chain_jobs)
        files = [
            job.file_path
            for job in completed_table_chain_jobs or []
            if job.job_file_info.file_format == "parquet"
        ]
        return [_ReplaceFromPackage.of(table, sorted(files), self)]


class DuckDb(duckdb):
    """The destination. Its settings are those of dlt's duckdb."""

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        """What DuckDB can. dlt 1.31 knows of no transactions there, and would leave half a merge."""
        capabilities = super()._raw_capabilities()
        capabilities.supports_transactions = True
        return capabilities

    @property
    def client_class(self) -> Any:
        """What loads."""
        return Client


def destination() -> DuckDb:
    """The DuckDB file of APPORTION_DUCKDB_PATH."""
    settings = {
        "memory_limit": os.environ.get("APPORTION_DUCKDB_MEMORY") or MEMORY,
        "preserve_insertion_order": False,
    }
    credentials = {"database": str(duckdb_path()), "global_config": settings}
    return DuckDb(credentials=credentials, destination_name="duckdb")
