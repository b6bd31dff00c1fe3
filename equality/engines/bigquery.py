"""BigQuery, played by bqemulator: dbt-bigquery and Google's client talk to it over HTTP."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import duckdb
import requests
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from commands.environments import separate_python
from equality.compare import Column, Table
from equality.engines import HERE

HOST = "127.0.0.1"
READY_WITHIN = 120.0
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


class Bqemulator:
    """The emulator as a process of its own; see equality.engines.Engine."""

    name, title, emulator = "bigquery", "BigQuery", "bqemulator"
    folder = HERE / "bqemulator"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._work = Path()

    @property
    def address(self) -> str:
        """Where it answers, once it is started."""
        return f"http://{HOST}:{self._port}"

    def start(self, work: Path) -> None:
        """Start the server on a free port. Raises RuntimeError where it does not answer."""
        python = separate_python(self.emulator, self.folder / "requirements.lock")
        with socket.socket() as free:
            free.bind((HOST, 0))
            self._port = free.getsockname()[1]
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        log = work / "bqemulator.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [python, self.folder / "server.py", str(self._port)], stdout=output, stderr=output
            )
        waited_until = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > waited_until:
                self.stop()
                raise RuntimeError(f"bqemulator did not start; {log} tells why")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            # A refused connection is no answer, any status is one.
            requests.get(self.address, timeout=5)
        except requests.ConnectionError:
            return False
        return True

    def stop(self) -> None:
        """End the server."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()

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
        files = self._work / "raw"
        files.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(database), read_only=True) as source, self.client() as target:
            source.execute("set timezone = 'UTC'")
            for schema in schemas:
                target.create_dataset(f"{PROJECT}.{schema}", exists_ok=True)
            tables: dict[tuple[str, str], list[bigquery.SchemaField]] = {}
            for schema, table, column, kind in source.execute(
                "select table_schema, table_name, column_name, data_type from information_schema.columns "
                "where list_contains($1, table_schema) order by table_schema, table_name, ordinal_position",
                [schemas],
            ).fetchall():
                tables.setdefault((schema, table), []).append(bigquery.SchemaField(column, RAW_TYPES[kind]))
            for (schema, table), columns in tables.items():
                file = files / f"{schema}.{table}.parquet"
                source.execute(f"copy {schema}.{table} to '{file}'")
                # Truncating would keep the columns of the load before.
                target.delete_table(f"{PROJECT}.{schema}.{table}", not_found_ok=True)
                how = bigquery.LoadJobConfig(schema=columns, source_format="PARQUET")
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
