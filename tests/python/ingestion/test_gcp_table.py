"""Google Cloud's billing export read from its table, as bqemulator plays it, lands as its files do."""

import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from google.cloud import bigquery

from equality.engines.bigquery import PROJECT, Bqemulator
from ingestion.common import gcp_table

TABLE, CREDITS = "raw_gcp.billing_export", "raw_gcp.credits"
EXPORT = f"{PROJECT}.billing.gcp_billing_export_resource_v1_0123AB"
FILES = ("source_file", "source_row", "_dlt_load_id", "_dlt_id")

# Google's schema of the detailed export: a record is its fields, a repeated one a list of them.
# https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage
PAIR = {"key": "STRING", "value": "STRING"}
NAMED = {"id": "STRING", "description": "STRING"}
SCHEMA = {
    "billing_account_id": "STRING",
    "service": NAMED,
    "sku": NAMED,
    "usage_start_time": "TIMESTAMP",
    "usage_end_time": "TIMESTAMP",
    "project": {
        "id": "STRING", "number": "STRING", "name": "STRING", "labels": [PAIR],
        "ancestry_numbers": "STRING",
        "ancestors": [{"resource_name": "STRING", "display_name": "STRING"}],
    },
    "labels": [PAIR],
    "system_labels": [PAIR],
    "location": dict.fromkeys(("location", "country", "region", "zone"), "STRING"),
    "resource": {"name": "STRING", "global_name": "STRING"},
    "tags": [{**PAIR, "inherited": "BOOLEAN", "namespace": "STRING"}],
    "price": {
        "effective_price": "NUMERIC", "tier_start_amount": "NUMERIC", "unit": "STRING",
        "pricing_unit_quantity": "NUMERIC", "list_price": "NUMERIC",
    },
    "transaction_type": "STRING",
    "seller_name": "STRING",
    "subscription": {"instance_id": "STRING"},
    "consumption_model": NAMED,
    "export_time": "TIMESTAMP",
    "cost": "FLOAT",
    "cost_at_list": "FLOAT",
    "cost_at_effective_price_default": "NUMERIC",
    "cost_at_list_consumption_model": "NUMERIC",
    "currency": "STRING",
    "currency_conversion_rate": "FLOAT",
    "usage": {
        "amount": "FLOAT", "unit": "STRING", "amount_in_pricing_units": "FLOAT", "pricing_unit": "STRING",
    },
    "credits": [
        {"name": "STRING", "amount": "FLOAT", "full_name": "STRING", "id": "STRING", "type": "STRING"}
    ],
    "invoice": {"month": "STRING", "publisher_type": "STRING"},
    "cost_type": "STRING",
    "adjustment_info": dict.fromkeys(("id", "description", "mode", "type"), "STRING"),
}  # fmt: skip


def fields(schema):
    for name, kind in schema.items():
        mode, kind = ("REPEATED", kind[0]) if isinstance(kind, list) else ("NULLABLE", kind)
        nested = list(fields(kind)) if isinstance(kind, dict) else ()
        yield bigquery.SchemaField(name, "RECORD" if nested else kind, mode, fields=nested)


def shaped(value, schema):
    """A row with all of the schema's fields: an absent list is an empty one, as BigQuery has it."""
    if isinstance(schema, list):
        return [shaped(one, schema[0]) for one in value or []]
    if isinstance(schema, dict):
        return {name: shaped((value or {}).get(name), kind) for name, kind in schema.items()}
    return value


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    running = Bqemulator()
    running.start(tmp_path_factory.mktemp("bqemulator"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def exported(sandbox):
    """The rows of the sandbox's export, in the order of their export."""
    found = []
    for path in Path(sandbox.env["SOURCES__GCP__BUCKET_URL"]).glob("*/*.json.gz"):
        with gzip.open(path, "rt") as file:
            found += map(json.loads, file)
    return sorted(found, key=lambda row: row["export_time"])


@pytest.fixture
def billing(emulator, monkeypatch):
    """Google's table, empty; gives what appends rows to it, and leads the source there."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", emulator.address)
    monkeypatch.delenv("SOURCES__GCP__BUCKET_URL", raising=False)
    monkeypatch.setenv("SOURCES__GCP__EXPORT_TABLE", EXPORT)
    client = emulator.client()
    client.create_dataset("billing", exists_ok=True)
    client.delete_table(EXPORT, not_found_ok=True)
    table = bigquery.Table(EXPORT, schema=list(fields(SCHEMA)))
    table.time_partitioning = bigquery.TimePartitioning()
    client.create_table(table)

    def append(rows):
        how = bigquery.LoadJobConfig(schema=list(fields(SCHEMA)), source_format="NEWLINE_DELIMITED_JSON")
        lines = "".join(json.dumps(shaped(row, SCHEMA)) + "\n" for row in rows)
        client.load_table_from_file(io.BytesIO(lines.encode()), EXPORT, job_config=how).result()

    yield append
    client.close()


@pytest.fixture
def statements(monkeypatch):
    """What was asked of BigQuery, with its parameters."""
    asked = []

    def query(self, statement, job_config=None, **options):
        values = {one.name: str(one.value) for one in job_config.query_parameters}
        asked.append((statement, values))
        return plain(self, statement, job_config=job_config, **options)

    plain = bigquery.Client.query
    monkeypatch.setattr(bigquery.Client, "query", query)
    return asked


def load(warehouse, since=None, **options):
    code, said = warehouse.load("gcp", since=since, **options)
    assert code == 0, said
    return said


def meaning(warehouse, table):
    """Rows by what they say: 24.0 is 24, a member that is null is absent. Where a row stood is left out."""
    columns = [name for name, *_ in warehouse.rows(f"describe {table}") if name not in FILES]
    rows = warehouse.rows(f"select {', '.join(columns)} from {table}")
    return sorted(
        ({name: plain(value) for name, value in zip(columns, row, strict=True)} for row in rows), key=str
    )


def plain(value):
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal, parse_int=Decimal)
        except ValueError:
            return value
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in sorted(value.items()) if one is not None}
    return value.normalize() if isinstance(value, Decimal) else value


def test_the_table_lands_as_its_files_do_and_a_second_run_reads_what_came_after(
    warehouse, sandbox, exported, billing, statements, monkeypatch, tmp_path
):
    days = sorted({row["export_time"][:10] for row in exported})
    first, last = days[:-2], days[-3]
    billing([row for row in exported if row["export_time"][:10] in first])
    load(warehouse)
    assert "where" not in statements[-1][0]
    partly = warehouse.rows(f"select count(*) from {TABLE}")[0][0]
    billing([row for row in exported if row["export_time"][:10] not in first])
    load(warehouse)
    told, values = statements[-1]
    assert "export_time >= @since" in told
    assert "_partitiontime >= @partition" in told
    assert values["since"].startswith(last)
    assert values["partition"] < values["since"]
    assert partly < warehouse.rows(f"select count(*) from {TABLE}")[0][0] == len(exported)
    from_table = [meaning(warehouse, table) for table in (TABLE, CREDITS)]
    before = warehouse.contents(TABLE), warehouse.contents(CREDITS)
    load(warehouse)
    assert (warehouse.contents(TABLE), warehouse.contents(CREDITS)) == before
    # The same out of the files, in a warehouse of its own.
    monkeypatch.delenv("SOURCES__GCP__EXPORT_TABLE")
    monkeypatch.setenv("SOURCES__GCP__BUCKET_URL", sandbox.env["SOURCES__GCP__BUCKET_URL"])
    monkeypatch.setenv("APPORTION_DUCKDB_PATH", str(tmp_path / "files.duckdb"))
    warehouse.path = tmp_path / "files.duckdb"
    load(warehouse)
    for ours, theirs in zip(from_table, (TABLE, CREDITS), strict=True):
        for one, other in zip(ours, meaning(warehouse, theirs), strict=True):
            assert one == other


def test_days_that_are_asked_for_are_read_again_with_the_same_keys(warehouse, exported, billing, statements):
    billing(exported)
    load(warehouse)
    before = warehouse.contents(TABLE)
    load(warehouse, since="2026-11-09", until="2026-11-10")
    assert statements[-1][1]["since"].startswith("2026-11-09")
    assert warehouse.contents(TABLE) == before


def test_rows_that_look_alike_are_all_there(warehouse, exported, billing):
    billing([exported[0], exported[0], exported[0]])
    load(warehouse)
    assert warehouse.rows(f"select source_row, source_file from {TABLE} order by 1") == [
        (number, f"bigquery://{EXPORT.replace('.', '/')}/{exported[0]['export_time'][:10]}")
        for number in (1, 2, 3)
    ]


def test_files_that_are_loaded_already_would_count_twice(warehouse, sandbox, exported, billing, monkeypatch):
    monkeypatch.delenv("SOURCES__GCP__EXPORT_TABLE")
    monkeypatch.setenv("SOURCES__GCP__BUCKET_URL", sandbox.env["SOURCES__GCP__BUCKET_URL"])
    load(warehouse)
    monkeypatch.setenv("SOURCES__GCP__EXPORT_TABLE", EXPORT)
    billing(exported[:1])
    code, said = warehouse.load("gcp", since=None)
    assert code == 2
    assert "the table holds them too" in said


def test_another_table_is_refused(warehouse, billing, monkeypatch, emulator):
    monkeypatch.setenv("SOURCES__GCP__EXPORT_TABLE", f"{PROJECT}.billing.nothing")
    code, said = warehouse.load("gcp", since=None)
    assert code == 2
    assert "there is no such table" in said
    client = emulator.client()
    client.create_table(
        bigquery.Table(f"{PROJECT}.billing.other", schema=[bigquery.SchemaField("a", "DATE")])
    )
    monkeypatch.setenv("SOURCES__GCP__EXPORT_TABLE", f"{PROJECT}.billing.other")
    code, said = warehouse.load("gcp", since=None)
    assert code == 2
    assert "no cost, currency, export_time, usage_start_time" in said


def test_numbers_and_times_are_written_as_in_a_file():
    whole, part = (datetime(2026, 11, 7, 3, 0, 0, micros, UTC) for micros in (0, 120_000))
    rows = [{"cost": 0.1, "usage_start_time": whole}, {"cost": None, "usage_start_time": part}]
    assert list(gcp_table.numbered(iter(rows))) == [
        (1, {"cost": 0.1, "usage_start_time": "2026-11-07 03:00:00Z"}),
        (2, {"cost": None, "usage_start_time": "2026-11-07 03:00:00.120000Z"}),
    ]
