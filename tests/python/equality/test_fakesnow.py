"""The emulator answers as Snowflake's documentation says, where server.py had to mend it."""

from datetime import datetime
from decimal import Decimal

import pytest
from snowflake.connector.errors import ProgrammingError

from equality.engines import engine_named

AMOUNTS = """
    create or replace table finance.apportion.amounts as
    (select cast(1 as number(38, 18)) as money, cast(2 as number(37, 0)) as wide)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    engine = engine_named("snowflake")
    engine.start(tmp_path_factory.mktemp("fakesnow"))
    try:
        with engine.connect() as connection:

            def rows(sql):
                cursor = connection.cursor()
                cursor.execute(sql)
                return [column.name for column in cursor.description], cursor.fetchall()

            yield rows
    finally:
        engine.stop()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cast((cast(7 as number(37, 0)) - mod(7, 2)) / 2 as number(37, 0))", Decimal(3)),
        (
            "cast((cast('9999999999999999999999999999999999999' as number(37, 0)) - "
            "mod(cast('9999999999999999999999999999999999999' as number(37, 0)), 10)) / 10 as number(37, 0))",
            Decimal("999999999999999999999999999999999999"),
        ),
        ("sum(cast('12345678901234567890.123456789012345678' as number(38, 18)))",
         Decimal("12345678901234567890.123456789012345678")),
        ("rtrim(rtrim('15.00' || '0', '0'), '.')", "15"),
        ("trim(chr(9) || 'a ', ' ')", "\ta"),
        ("regexp_replace('ABab', 'b', '', 1, 0, 'i')", "Aa"),
        ("""to_varchar(get(try_parse_json('{"a.b": "it''s"}'), 'a.b'))""", "it's"),
        ("""to_varchar(get(try_parse_json('{"a": null}'), 'a'))""", None),
        ("""to_varchar(get(try_parse_json('no json'), 'a'))""", None),
        ("""is_object(get(try_parse_json('{"a": {}}'), 'a'))""", True),
        ("""is_array(get(try_parse_json('{"a": {}}'), 'a'))""", False),
        ("is_role_in_session('MADE_UP')", True),
        ("is_role_in_session('made_up')", False),
        ("is_role_in_session(null)", None),
        ("cast(null as timestamp)", None),
        ("cast('2026-11-03 10:20:30.123456' as timestamp)", datetime(2026, 11, 3, 10, 20, 30, 123456)),
    ],
)  # fmt: skip
def test_an_expression_means_what_snowflake_says(run, expression, expected):
    _, [(found,)] = run(f"select {expression} as answer")
    assert found == expected
    assert type(found) is not float


def test_a_quoted_name_keeps_its_case_and_another_is_upper_case(run):
    run("create or replace table finance.apportion.t (tags varchar, exclude string)")
    assert run('select tags as "Tags", exclude from finance.apportion.t')[0] == ["Tags", "EXCLUDE"]


def test_what_is_temporary_is_created_anew(run):
    for value in (1, 2):
        run(f"create or replace temporary view finance.apportion.v as (select {value} as x)")
        run(f"create temporary table finance.apportion.made as (select {value} as x)")
    assert run("select v.x + made.x from finance.apportion.v, finance.apportion.made")[1] == [(4,)]


@pytest.mark.parametrize("product", ["money * money", "money * 0.5", "wide * money * money"])
def test_a_product_that_snowflake_would_round_is_refused(run, product):
    run(AMOUNTS)
    with pytest.raises(ProgrammingError, match="Snowflake would round a product"):
        run(
            f"create view finance.apportion.rounded as (select {product} as x from finance.apportion.amounts)"
        )


@pytest.mark.parametrize("product", ["wide * money", "wide * wide", "wide * cast(0.5 as number(18, 18))"])
def test_a_product_with_an_integer_is_exact(run, product):
    run(AMOUNTS)
    view = "create or replace view finance.apportion.kept"
    run(f"{view} as (select {product} as x from finance.apportion.amounts)")
    assert len(run("select * from finance.apportion.kept")[1]) == 1
