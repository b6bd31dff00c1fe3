"""Snowflake, played by fakesnow's HTTP server: dbt-snowflake and the real connector talk to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import snowflake.connector
from snowflake.connector.constants import FIELD_ID_TO_NAME

from equality.compare import Column, Table
from equality.engines import HOST, Engine

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


class Fakesnow(Engine):
    """fakesnow's server and Snowflake's own client."""

    name, title, emulator = "snowflake", "Snowflake", "fakesnow"
    path = "/monitoring/queries/none"

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
        return output | {"host": HOST, "port": self.port, "protocol": "http", "threads": 2}

    def copy_in(self, database: Path, schemas: list[str]) -> None:
        """Create each raw table as dlt would and load it from Parquet."""
        with self.connect() as target:
            cursor = target.cursor()
            for schema in schemas:
                cursor.execute(f"create schema if not exists {schema}")
            for schema, table, columns, file in self.raw_tables(database, schemas):
                # dlt names columns in upper case and quotes them: some of them are reserved words.
                made = ", ".join(f'"{name.upper()}" {RAW_TYPES[kind]}' for name, kind in columns.items())
                cursor.execute(f"create or replace table {schema}.{table} ({made})")
                cursor.execute(
                    f"copy into {schema}.{table} from 'file://{file.parent}/' files = ('{file.name}') "
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
            port=self.port,
            protocol="http",
            network_timeout=60,
            session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        )


def engine() -> Fakesnow:
    """A server that is not started yet."""
    return Fakesnow()
