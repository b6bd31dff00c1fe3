"""Snowflake, played by fakesnow's HTTP server: dbt-snowflake and the real connector talk to it."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import snowflake.connector
from snowflake.connector.constants import FIELD_ID_TO_NAME

from commands.environments import separate_python
from equality.compare import Column, Table
from equality.engines import HERE

HOST = "127.0.0.1"
READY_WITHIN = 120.0
# Not the name of a schema in it: DuckDB could not tell them apart.
DATABASE = "finance"

# The types that dlt gives Snowflake's columns, by DuckDB's of the same table.
RAW_TYPES = {
    "VARCHAR": "varchar",
    "BIGINT": "number(19, 0)",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
    "JSON": "variant",
}

KINDS = {
    "TEXT": "text",
    "VARIANT": "text",
    "OBJECT": "text",
    "ARRAY": "text",
    "FIXED": "number",
    "REAL": "double",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "TIMESTAMP_NTZ": "timestamp",
    "TIMESTAMP_TZ": "timestamp",
    "TIMESTAMP_LTZ": "timestamp",
}


class Fakesnow:
    """The emulator as a process of its own; see equality.engines.Engine."""

    name, title, emulator = "snowflake", "Snowflake", "fakesnow"
    folder = HERE / "fakesnow"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._work = Path()

    def start(self, work: Path) -> None:
        """Start the server on a free port. Raises RuntimeError where it does not answer."""
        python = separate_python(self.emulator, self.folder / "requirements.lock")
        with socket.socket() as free:
            free.bind((HOST, 0))
            self._port = free.getsockname()[1]
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        log = work / "fakesnow.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [python, self.folder / "server.py", str(self._port)], stdout=output, stderr=output
            )
        waited_until = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > waited_until:
                raise RuntimeError(f"fakesnow did not start; {log} tells why")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://{HOST}:{self._port}/monitoring/queries/none", timeout=5):
                return True
        except OSError as error:
            # Any status is an answer; only a refused connection is none.
            return getattr(error, "code", None) is not None

    def stop(self) -> None:
        """End the server."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def environment(self) -> dict[str, str]:
        """What profiles.example.yml reads."""
        settings = {
            "ACCOUNT": "fakesnow",
            "USER": "made-up",
            "PASSWORD": "made-up",
            "ROLE": "made_up",
            "WAREHOUSE": "made_up",
            "DATABASE": DATABASE,
        }
        return {f"APPORTION_SNOWFLAKE_{name}": value for name, value in settings.items()}

    def output(self, output: dict[str, Any]) -> dict[str, Any]:
        """The profile with the server's address; a statement that fails is not tried again."""
        return output | {"host": HOST, "port": self._port, "protocol": "http", "threads": 2}

    def copy_in(self, database: Path, schemas: list[str]) -> None:
        """Create each raw table as dlt would and load it from Parquet."""
        files = self._work / "raw"
        files.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(database), read_only=True) as source, self.connect() as target:
            for schema in schemas:
                target.cursor().execute(f"create schema if not exists {schema}")
            tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
            for schema, table, column, kind in source.execute(
                "select table_schema, table_name, column_name, data_type from information_schema.columns "
                "where list_contains($1, table_schema) order by table_schema, table_name, ordinal_position",
                [schemas],
            ).fetchall():
                tables.setdefault((schema, table), []).append((column, RAW_TYPES[kind]))
            for (schema, table), columns in tables.items():
                file = files / f"{schema}.{table}.parquet"
                source.execute(f"copy {schema}.{table} to '{file}'")
                # dlt names columns in upper case and quotes them: some of them are reserved words.
                made = ", ".join(f'"{column.upper()}" {kind}' for column, kind in columns)
                cursor = target.cursor()
                cursor.execute(f"create or replace table {schema}.{table} ({made})")
                cursor.execute(
                    f"copy into {schema}.{table} from 'file://{files}/' files = ('{file.name}') "
                    "file_format = (type = parquet) match_by_column_name = case_insensitive"
                )

    def table(self, relation: str) -> Table:
        """All rows; a name in upper case is one that was not quoted."""
        with self.connect() as connection:
            cursor = connection.cursor()
            cursor.execute(f"select * from {relation}")
            rows = cursor.fetchall()
            columns = []
            for found in cursor.description:
                kind = KINDS[FIELD_ID_TO_NAME[found.type_code]]
                name = found.name.lower() if found.name == found.name.upper() else found.name
                columns.append(Column(name, kind, found.scale if kind == "number" else None))
        return Table(tuple(columns), rows)

    def connect(self) -> snowflake.connector.SnowflakeConnection:
        """A connection of Snowflake's own client."""
        return snowflake.connector.connect(
            user="made-up",
            password="made-up",  # noqa: S106
            account="fakesnow",
            database=DATABASE,
            schema="apportion",
            host=HOST,
            port=self._port,
            protocol="http",
            network_timeout=60,
            session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        )


def engine() -> Fakesnow:
    """A server that is not started yet."""
    return Fakesnow()
