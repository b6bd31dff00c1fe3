"""Snowflake's usage views, from files and from a database: the bill to the last digit, restated months."""

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pyarrow.parquet as pq
import pytest

from ingestion.sources.snowflake_usage import USAGE_IN_CURRENCY, open_since

RAW = "raw_snowflake_usage"
BILL, CORTEX = f"{RAW}.usage_in_currency_daily", f"{RAW}.cortex_ai_functions_usage_history"
LINE = {
    "ORGANIZATION_NAME": "LARKSPUR", "ACCOUNT_NAME": "A", "ACCOUNT_LOCATOR": "LKA", "REGION": "AWS_EU",
    "USAGE_DATE": "2026-11-12", "USAGE_TYPE": "compute", "CURRENCY": "USD", "USAGE": "1.5",
    "USAGE_IN_CURRENCY": "3.900000000001", "BALANCE_SOURCE": "capacity", "BILLING_TYPE": "CONSUMPTION",
    "RATING_TYPE": "compute", "SERVICE_TYPE": "WAREHOUSE_METERING", "IS_ADJUSTMENT": "false",
}  # fmt: skip
CALL = {
    "START_TIME": "2026-11-12 05:00:00.000 +0000", "END_TIME": "2026-11-12 06:00:00.000 Z",
    "FUNCTION_NAME": "AI_COMPLETE", "MODEL_NAME": "m", "QUERY_ID": "q", "CREDITS": "0.000000000017",
    "METRICS": '[{"key": {"metric": "input", "unit": "tokens"}, "value": 17}]',
}  # fmt: skip


def write(path, *rows, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    return path.parent


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location):
        monkeypatch.setenv("SOURCES__SNOWFLAKE_USAGE__BUCKET_URL", str(location))
        return warehouse.load("snowflake_usage", since=None)

    return run


def total(warehouse, table=BILL, amount="usage_in_currency"):
    return warehouse.rows(f"select sum(cast({amount} as decimal(38, 18))) from {table}")[0][0]


def test_every_cent_of_the_bill_lands_and_a_second_run_changes_nothing(warehouse, sandbox, load):
    folder = Path(sandbox.env["SOURCES__SNOWFLAKE_USAGE__BUCKET_URL"])
    bill = pq.read_table(folder / "USAGE_IN_CURRENCY_DAILY.parquet").to_pylist()
    with gzip.open(folder / "CORTEX_AI_FUNCTIONS_USAGE_HISTORY.csv.gz", "rt") as file:
        calls = list(csv.DictReader(file))
    code, said = load(folder)
    assert code == 0, said
    assert total(warehouse) == sum(row["USAGE_IN_CURRENCY"] for row in bill) > 0
    assert total(warehouse, CORTEX, "credits") == sum(Decimal(row["CREDITS"]) for row in calls)
    counted = sum(one["value"] for row in calls for one in json.loads(row["METRICS"]))
    columns = ("input_tokens", "output_tokens", "total_tokens", "pages")
    assert sum(total(warehouse, CORTEX, f"coalesce({name}, '0')") for name in columns) == counted
    before = warehouse.contents(BILL), warehouse.contents(CORTEX)
    assert load(folder)[0] == 0
    assert (warehouse.contents(BILL), warehouse.contents(CORTEX)) == before


def test_a_restated_day_is_replaced_and_a_withdrawn_line_goes(warehouse, load, tmp_path):
    other = {"USAGE_DATE": "2026-11-11", "USAGE_TYPE": "storage"}
    folder = write(tmp_path / "in/bill.csv", LINE, LINE | other)
    assert load(folder)[0] == 0
    # The same file as of a day later: one line costs less, the other was withdrawn.
    write(tmp_path / "in/bill.csv", LINE | {"USAGE_IN_CURRENCY": "3.5"})
    assert load(folder)[0] == 0
    assert warehouse.rows(f"select usage_date, usage_in_currency from {BILL}") == [("2026-11-12", "3.5")]
    days = f"select count(distinct charge_date) from {RAW}.load_log where table_name like 'usage_in%'"
    assert warehouse.rows(days) == [(2,)]


def test_a_file_with_a_mark_and_files_of_other_views(warehouse, load, tmp_path):
    folder = write(tmp_path / "in/bill.csv", LINE, encoding="utf-8-sig")
    write(tmp_path / "in/calls.csv", CALL)
    write(tmp_path / "in/users.csv", {"USER_ID": "1", "NAME": "x"})
    code, said = load(folder)
    assert code == 0, said
    assert "left out, another kind of file" in said
    assert "users.csv" in said
    found = warehouse.rows(f"select start_time, end_time, input_tokens, output_tokens, credits from {CORTEX}")
    assert found == [("2026-11-12 05:00:00.000Z", "2026-11-12 06:00:00.000Z", "17", None, "0.000000000017")]


@pytest.mark.parametrize(
    ("line", "call", "told"),
    [
        ({"USAGE_IN_CURRENCY": "3,90"}, {}, 'line 2, column usage_in_currency: "3,90" is no number'),
        ({"CURRENCY": "US$"}, {}, '"US$" is no currency'),
        ({"USAGE_DATE": "12.11.2026"}, {}, '"12.11.2026" is no UTC time'),
        ({"IS_ADJUSTMENT": "maybe"}, {}, '"maybe" is neither true nor false'),
        ({}, {"START_TIME": "2026-11-12 05:00:00.000 -0800"}, "is no UTC time"),
        ({}, {"METRICS": "17 tokens"}, 'METRICS reads "17 tokens"'),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_loaded(warehouse, load, tmp_path, line, call, told):
    load(write(tmp_path / "good/bill.csv", LINE))
    before = warehouse.contents(BILL)
    folder = write(tmp_path / "bad/bill.csv", LINE | line)
    write(tmp_path / "bad/calls.csv", CALL | call)
    code, said = load(folder)
    assert code == 1
    assert told in said
    assert "Traceback" not in said
    assert warehouse.contents(BILL) == before


def test_a_half_written_file_is_refused(warehouse, load, sandbox, tmp_path):
    folder = write(tmp_path / "in/bill.csv", LINE)
    whole = Path(sandbox.env["SOURCES__SNOWFLAKE_USAGE__BUCKET_URL"]) / "USAGE_IN_CURRENCY_DAILY.parquet"
    (folder / "half.parquet").write_bytes(whole.read_bytes()[:-40])
    code, said = load(folder)
    assert code == 1
    assert "half.parquet" in said


@pytest.fixture
def views(sandbox, monkeypatch):
    """The views in a database that is no Snowflake; SQL, types and dialect are all that differ."""
    url = sandbox.env["SOURCES__LITELLM__CREDENTIALS"]
    monkeypatch.setenv("SOURCES__SNOWFLAKE_USAGE__CREDENTIALS", url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop schema if exists organization_usage cascade")
        connection.execute("create schema organization_usage")
        columns = ", ".join(
            f"{name} {({'USAGE_DATE': 'date', 'USAGE_IN_CURRENCY': 'numeric(38, 12)'}).get(name, 'text')}"
            for name in LINE
        )
        connection.execute(f"create table organization_usage.usage_in_currency_daily ({columns})")
        yield connection
        connection.execute("drop schema organization_usage cascade")


def insert(connection, **values):
    row = LINE | values
    marks = ", ".join(["%s"] * len(row))
    connection.execute(
        f"insert into organization_usage.usage_in_currency_daily ({', '.join(row)}) values ({marks})",
        list(row.values()),
    )


def test_the_views_themselves_are_read_and_a_restated_month_again(warehouse, views):
    for day in ("2026-09-30", "2026-11-11", "2026-11-12"):
        insert(views, USAGE_DATE=day)
    code, said = warehouse.load("snowflake_usage", since=None)
    assert code == 0, said
    assert "has no metering_daily_history" in said
    assert total(warehouse) == Decimal("3.900000000001") * 3
    rows = f"select charge_date::text, usage_in_currency from {BILL} order by 1"
    views.execute("update organization_usage.usage_in_currency_daily set usage_in_currency = 1")
    views.execute("delete from organization_usage.usage_in_currency_daily where usage_date = '2026-11-11'")
    assert warehouse.load("snowflake_usage", since="2026-11-01", until="2026-11-30")[0] == 0
    # Only the days that were asked for are read again.
    assert warehouse.rows(rows) == [("2026-09-30", "3.900000000001"), ("2026-11-12", "1.000000000000")]


def test_a_database_without_the_bill_and_a_driver_that_is_missing(warehouse, views, monkeypatch):
    views.execute("drop table organization_usage.usage_in_currency_daily")
    code, said = warehouse.load("snowflake_usage", since=None)
    assert code == 2
    assert "there is no usage_in_currency_daily in schema organization_usage" in said
    monkeypatch.setenv("SOURCES__SNOWFLAKE_USAGE__CREDENTIALS", "snowflakes://u:p@account/SNOWFLAKE")
    code, said = warehouse.load("snowflake_usage", since=None)
    assert code == 2
    assert "the database driver is missing" in said


@pytest.mark.parametrize(
    ("loaded", "since"),
    [("2026-11-22", "2026-11-01"), ("2026-12-05", "2026-11-01"), ("2026-12-07", "2026-12-01"), (None, None)],
)
def test_a_month_is_read_again_until_it_is_closed(loaded, since):
    day = loaded and date.fromisoformat(loaded)
    run = SimpleNamespace(loaded_until={USAGE_IN_CURRENCY.name: day} if day else {})
    assert open_since(run, USAGE_IN_CURRENCY) == (since and date.fromisoformat(since))
