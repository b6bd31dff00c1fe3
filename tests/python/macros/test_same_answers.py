"""BigQuery's reference implementation gives the rows that DuckDB gives, to the last digit."""

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


@pytest.mark.parametrize("probe", ["expressions", "allocation", "calendar"])
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
