"""The emulator answers as BigQuery's documentation says, where server.py had to mend it."""

from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from equality.engines import engine_named
from equality.engines.bigquery import PROJECT

WIDE = "1234567890123456789012345678901234567"
UNIT = "cast('0.000000000000000001' as bignumeric)"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    engine = engine_named("bigquery")
    engine.start(tmp_path_factory.mktemp("bqemulator"))
    try:
        with engine.client() as client:
            client.create_dataset(f"{PROJECT}.amounts")
            yield client
    finally:
        engine.stop()


def answer(client, sql):
    [row] = client.query(f"select {sql} as answer").result()
    return row["answer"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cast('0.123456789012345678' as bignumeric(38, 18))", Decimal("0.123456789012345678")),
        (f"div(cast('{WIDE}' as bignumeric), cast(10 as bignumeric))", Decimal(WIDE[:-1])),
        ("div(cast(9 as bignumeric) - cast(1 as bignumeric), cast(2 as bignumeric) + 2)", 2),
        (f"mod(cast(7 as bignumeric), cast(4 as bignumeric)) * {UNIT}", Decimal("3e-18")),
        (
            "(cast('7.000000000000000003' as bignumeric(38, 18))"
            " - trunc(cast('7.000000000000000003' as bignumeric(38, 18))))"
            " * cast(1000000000000000000 as bignumeric)",
            Decimal(3),
        ),
        (
            "sum(cast('12345678901234567890.123456789012345678' as bignumeric(38, 18)))",
            Decimal("12345678901234567890.123456789012345678"),
        ),
    ],
)
def test_an_amount_keeps_every_digit(client, expression, expected):
    found = answer(client, expression)
    assert found == expected
    assert type(found) is not float


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"a": 1}', "1"), ('{"a": "x"}', "x"), ('{"a": {}}', None), ("no JSON", None), ("", None)],
)
def test_a_member_of_json_is_text_and_null_where_there_is_none(client, text, expected):
    assert answer(client, f"json_value('{text}', '$.a')") == expected


def test_a_table_is_made_with_columns_and_rows_in_one_statement(client):
    """How dbt-bigquery writes a model that has a contract."""
    client.query(
        f"create or replace table `{PROJECT}`.`amounts`.`contract` (cost bignumeric(38, 18), day date) "
        "partition by date_trunc(day, month) cluster by day options() as ("
        "select cost, day from (with found as (select '0.1' as cost, '2026-11-03' as day) "
        "select cast(cost as bignumeric(38, 18)) as cost, cast(day as date) as day from found) as model_subq)"
    ).result()
    table = client.query(f"select * from {PROJECT}.amounts.contract").result()
    assert [(field.name, field.field_type) for field in table.schema] == [
        ("cost", "BIGNUMERIC"),
        ("day", "DATE"),
    ]
    assert [row["cost"] for row in table] == [Decimal("0.1")]


def test_a_column_without_digits_takes_eighteen_decimals(client):
    """Seeds are loaded into such columns."""
    schema = [bigquery.SchemaField("cost", "BIGNUMERIC")]
    table = client.create_table(bigquery.Table(f"{PROJECT}.amounts.seed", schema=schema))
    client.query(f"insert into {PROJECT}.amounts.seed values (cast('1e-18' as bignumeric(38, 18)))").result()
    [row] = client.list_rows(table)
    assert row["cost"] == Decimal("1e-18")


def test_a_deep_expression_is_read(client):
    assert answer(client, " || ".join(["'a'"] * 300)) == "a" * 300


def test_a_fault_is_told_at_once(client):
    with pytest.raises(BadRequest):
        answer(client, "no_such_column")
