"""BigQuery's reference implementation gives the rows that DuckDB gives, to the last digit."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import duckdb
import pytest
from bigquery_analyzer import BigQuery
from same_answers import Table, difference


def test_every_model_gives_the_same_rows(compiled, compared):
    models = {key for key, node in compiled["duckdb"]["nodes"].items() if node["type"] == "model"}
    told = [f"{key}\n  {x['file']}\n  {x['differs']}" for key, x in compared.items() if x["differs"]]
    assert not told, "BigQuery would answer otherwise:\n\n" + "\n\n".join(told)
    assert compared.keys() == models
    filled = [key for key, answer in compared.items() if answer["rows"]]
    assert len(filled) > len(models) / 2, "Nearly nothing is compared; add rows to raw/"


@pytest.mark.parametrize("probe", ["expressions", "allocation", "calendar", "listed_days"])
def test_macros_make_the_same_of_values_on_the_edge(compiled, probe):
    """probes/ holds them; amounts are compared as numbers, for BigQuery writes no zeros at the end."""
    found = duckdb.sql(compiled["duckdb"]["probes"][probe])
    expected = {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}
    rows = BigQuery().rows(compiled["bigquery"]["probes"][probe])
    answers = {row[0]: dict(zip(found.columns, row, strict=True)) for row in rows}
    assert len(expected) > 4
    assert {key: as_numbers(row) for key, row in answers.items()} == {
        key: as_numbers(row) for key, row in expected.items()
    }


def test_a_list_of_changed_days_takes_them_and_no_other(compiled):
    """Days in a row are one condition; a long list prunes by its first and last day only."""
    first = date(2024, 2, 27)
    few = {("b", 2), ("a", 3), ("a", 1), ("a", 2), ("it's", 0)}
    many = {("a", 3), ("b", 0), *(("a", 10 + number) for number in range(400))}
    found = {row[0] for row in duckdb.sql(compiled["duckdb"]["probes"]["listed_days"]).fetchall()}
    named = {f"{provider} {first + timedelta(days=after)}" for provider, after in few}
    assert {row.removeprefix("few ") for row in found if row.startswith("few ")} == named
    named = {f"{provider} {first + timedelta(days=after)}" for provider, after in many}
    assert {row.removeprefix("many ") for row in found if row.startswith("many ")} == named
    days = {row.split()[-1] for row in found if row.startswith("day of few a")}
    assert days == {str(first + timedelta(days=after)) for _, after in few}
    days = {row.split()[-1] for row in found if row.startswith("day of many b")}
    assert days == {str(first + timedelta(days=after)) for after in range(410)}
    assert not [row for row in found if "none" in row]


def as_numbers(row):
    def number(text):
        try:
            return Decimal(text)
        except (InvalidOperation, TypeError):
            return text

    return {name: number(text) for name, text in row.items()}


def test_a_difference_is_told():
    amounts = Table([("name", "STRING"), ("cost", "BIGNUMERIC")], [("a", Decimal("0.1")), ("b", None)])
    contents = {"`p`.`d`.`amounts`": amounts}
    same = "select name, cost from `p`.`d`.`amounts`"
    assert difference(amounts, same, BigQuery(), contents) is None
    other = "select name, cost + cast('1e-18' as bignumeric) as cost from `p`.`d`.`amounts`"
    told = difference(amounts, other, BigQuery(), contents)
    assert "cost: Decimal('0.1') on DuckDB, Decimal('0.100000000000000001') on BigQuery" in told
    assert "1 rows" in difference(amounts, same + " where name = 'a'", BigQuery(), contents)
