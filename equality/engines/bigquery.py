"""BigQuery, played by bqemulator: dbt-bigquery and Google's client talk to it over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from equality.compare import Column, Table
from equality.engines import Engine

PROJECT = "apportion"

# The types that dlt gives BigQuery's columns, by DuckDB's of the same table.
RAW_TYPES = {
    "VARCHAR": "STRING",
    "BIGINT": "INT64",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "JSON": "JSON",
}

KINDS = {
    "STRING": "text",
    "JSON": "text",
    "INTEGER": "number",
    "NUMERIC": "number",
    "BIGNUMERIC": "number",
    "FLOAT": "double",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    # BigQuery does not take one for the other, the emulator does: a difference.
    "DATETIME": "datetime",
}


class Bqemulator(Engine):
    """bqemulator and Google's client."""

    name, title, emulator = "bigquery", "BigQuery", "bqemulator"

    def environment(self) -> dict[str, str]:
        """What profiles.example.yml reads."""
        return {"APPORTION_BIGQUERY_METHOD": "oauth-secrets", "APPORTION_BIGQUERY_PROJECT": PROJECT}

    def output(self, output: dict[str, Any]) -> dict[str, Any]:
        """The profile with the server's address and a token that nobody checks; one try a statement."""
        return output | {"api_endpoint": self.address, "token": "none", "threads": 2, "job_retries": 0}

    def client(self) -> bigquery.Client:
        """Google's client, talking to the emulator."""
        return bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=self.address),
        )

    def copy_in(self, database: Path, schemas: list[str]) -> None:
        """Create each raw table as dlt would and load it from Parquet, in a load job."""
        with self.client() as target:
            for schema in schemas:
                target.create_dataset(f"{PROJECT}.{schema}", exists_ok=True)
            for schema, table, columns, file in self.raw_tables(database, schemas):
                fields = [bigquery.SchemaField(name, RAW_TYPES[kind]) for name, kind in columns.items()]
                # Truncating would keep the columns of the load before.
                target.delete_table(f"{PROJECT}.{schema}.{table}", not_found_ok=True)
                how = bigquery.LoadJobConfig(schema=fields, source_format="PARQUET")
                if "charge_date" in columns and table != "load_log":
                    how.time_partitioning = bigquery.TimePartitioning(field="charge_date")
                with file.open("rb") as rows:
                    target.load_table_from_file(rows, f"{PROJECT}.{schema}.{table}", job_config=how).result()

    def table(self, relation: str) -> Table:
        """All rows; a type that is not known here is named as its kind, and so a difference."""
        with self.client() as client:
            found = client.query(f"select * from {relation}").result()
            columns = tuple(
                Column(field.name, KINDS.get(field.field_type, field.field_type)) for field in found.schema
            )
            documents = [field.field_type == "JSON" for field in found.schema]
            rows = [
                tuple(
                    json.dumps(value) if document and value is not None else value
                    for value, document in zip(row.values(), documents, strict=True)
                )
                for row in found
            ]
        return Table(columns, rows)


def engine() -> Bqemulator:
    """A server that is not started yet."""
    return Bqemulator()
