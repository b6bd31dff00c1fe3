"""Run the compiled models on DuckDB and on BigQuery's reference implementation, over the same few raw rows.

Every model reads what DuckDB made of the models before it, so a difference is told where it arises.
raw/ holds rows of the sandbox company, many kinds of charges, pools and token classes; a raw table without a
file is empty.
"""

import csv
import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from bigquery_analyzer import BigQuery, RefusedError, Table, in_order

RAW = Path(__file__).with_name("raw")

# Rows for seeds that are empty, so that what they do is compared too.
ROWS_OF_EMPTY_SEEDS = {
    "exchange_rates": [
        {"currency": "EUR", "valid_from": "2026-01-01", "rate": "1.0834567"},
        {"currency": "EUR", "valid_from": "2026-11-14", "rate": "1.091234567890123456"},
    ],
    "period_closes": [{"period": "2026-10", "closed_on": "2026-11-04", "closed_by": "finance"}],
    "lookups": [
        {"lookup_name": "crm", "key": " 410000000010", "value": "Larkspur", "valid_to": "2026-11-15"}
    ],
}

# DuckDB's name for who asks, and what that reader may see of the marts: the demo knows other readers.
ASKING = "duckdb"
FURTHER_ROWS = {
    "readers": [
        {"reader": ASKING, "attribute": "team", "value": "documents"},
        {"reader": ASKING, "attribute": "feature", "value": "contract-review"},
    ]
}

RAW_TYPES = {"text": "varchar", "timestamp": "timestamp with time zone"}

KINDS = {
    "VARCHAR": "STRING",
    "JSON": "JSON",
    "BIGINT": "INT64",
    "INTEGER": "INT64",
    "HUGEINT": "BIGNUMERIC",
    "DECIMAL": "BIGNUMERIC",
    "DATE": "DATE",
    "BOOLEAN": "BOOL",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
}


class DuckDB:
    """A database of its own, in which the session's time zone is not UTC: no answer may depend on it."""

    def __init__(self):
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'America/New_York'")

    def make(self, relation: str, sql: str) -> None:
        self.connection.execute(f"create schema if not exists {relation.split('.')[1]}")
        self.connection.execute(f"create table {relation} as {sql}")

    def fill(self, relation: str, types: dict[str, str], rows: list[dict]) -> None:
        """A table from rows of text; blank is absent."""
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        self.connection.execute(f"create schema if not exists {relation.split('.')[1]}")
        self.connection.execute(f"create table {relation} ({columns})")
        values = [[row.get(name) or None for name in types] for row in rows]
        if values:
            self.connection.executemany(
                f"insert into {relation} values ({', '.join('?' * len(types))})", values
            )

    def table(self, relation: str) -> Table:
        found = self.connection.execute(f"select * from {relation}")
        columns = [(name, KINDS[str(kind).split("(")[0]]) for name, kind, *_ in found.description]
        rows = found.fetchall()
        return Table(columns, [tuple(map(in_utc, row)) for row in rows])


def in_utc(value):
    """A moment as a plain one in UTC; anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def read(file: Path) -> list[dict]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def compare(here: dict, there: dict, project: Path) -> dict[str, dict]:
    """For each model compiled for DuckDB (here) and BigQuery (there): how many rows, and what differs."""
    database, bigquery = DuckDB(), BigQuery()
    contents: dict[str, Table] = {}
    for relation, columns in here["raw_tables"].items():
        _, schema, name = relation.replace('"', "").split(".")
        types = {column: RAW_TYPES.get(kind, kind) for column, kind in columns.items()}
        file = RAW / f"{schema}.{name}.csv"
        database.fill(relation, types, read(file) if file.exists() else [])
        contents[f"`p`.`{schema}`.`{name}`"] = database.table(relation)
    answers = {}
    for key, node in in_order(here["nodes"]):
        relation, other = node["relation"], there["nodes"][key]
        if node["type"] == "seed":
            rows = here["seed_rows"].get(relation) or read(project / node["path"])
            rows = rows or ROWS_OF_EMPTY_SEEDS.get(key.split(".")[-1], [])
            rows = rows + FURTHER_ROWS.get(key.split(".")[-1], [])
            database.fill(relation, node["column_types"], rows)
            contents[other["relation"]] = as_loaded(database.table(relation))
        elif node["type"] == "model":
            database.make(relation, node["forms"]["full"]["sql"])
            table = contents[other["relation"]] = database.table(relation)
            text = other["forms"]["full"]
            differs = difference(table, text["sql"], bigquery, contents)
            answers[key] = {"file": text["file"], "rows": len(table.rows), "differs": differs}
    return answers


def as_loaded(seed: Table) -> Table:
    """A seed as BigQuery loads it: a blank text is '', not absent."""
    texts = [kind == "STRING" for _, kind in seed.columns]
    rows = [
        tuple("" if value is None and text else value for value, text in zip(row, texts, strict=True))
        for row in seed.rows
    ]
    return Table(seed.columns, rows)


def difference(expected: Table, sql: str, bigquery: BigQuery, contents: dict[str, Table]) -> str | None:
    """What BigQuery answers otherwise than expected."""
    inputs = {relation: contents[relation] for relation in re.findall(r"`\w+`\.`\w+`\.`\w+`", sql)}
    columns = ", ".join(f"cast(`{name}` as string)" for name, _ in expected.columns)
    # Nobody is logged in to the reference implementation, and it has no word for that.
    sql = sql.replace("session_user()", f"'{ASKING}'")
    try:
        answer = bigquery.rows(f"select {columns} from (\n{sql}\n)", inputs)
    except RefusedError as refused:
        return str(refused)
    kinds = [kind for _, kind in expected.columns]
    ours = Counter(tuple(map(comparable, kinds, row)) for row in expected.rows)
    theirs = Counter(tuple(map(comparable, kinds, row)) for row in answer)
    missing, further = (
        sorted((ours - theirs).elements(), key=str),
        sorted((theirs - ours).elements(), key=str),
    )
    if not missing and not further:
        return None
    told = [f"{len(missing)} rows of DuckDB's are missing, {len(further)} are others"]
    for row, other in zip(missing[:1], further[:1], strict=False):
        told += [
            f"{name}: {left!r} on DuckDB, {right!r} on BigQuery"
            for (name, _), left, right in zip(expected.columns, row, other, strict=True)
            if left != right
        ]
    return "\n  ".join(told)


def comparable(kind: str, value):
    """A value of DuckDB's, or BigQuery's text of it, in one form."""
    if value is None:
        return None
    if kind == "BIGNUMERIC":
        return Decimal(value)
    if kind == "TIMESTAMP":
        return in_utc(datetime.fromisoformat(value)) if isinstance(value, str) else value
    return str(value).lower() if kind == "BOOL" else str(value)
