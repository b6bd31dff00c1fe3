"""What one warehouse refuses or takes otherwise than another, asked of every compiled statement."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]

# What must not stand in compiled SQL, and why. Texts, names in quotes and comments do not count.
FORBIDDEN = {
    r"//": "divides integers on DuckDB and starts a comment on Snowflake; integer_div()",
    r"::": "a cast that BigQuery does not know; cast(... as ...)",
    r"\bhugeint\b": "a type of DuckDB; wide_integer()",
    r"\b(decimal|numeric|number)\b(?! ?\()": "without digits it cuts at the point on Snowflake; money()",
    r"\d\.\d|\d\.e\d": "a decimal that adds to the scale, or a double; units_of(), product_of()",
    r"\b(avg|power|pow|sqrt|exp|ln|random|stddev|variance) ?\(": "gives a double",
    r"\b(double|float|float64|real)\b": "a double",
    r"\b(current_date|now|getdate|localtimestamp)\b": "the day of the session's time zone; today()",
    r"\b(string_agg|listagg|array_agg|group_concat) ?\((?![^()]* order by |[^()]*\) within group)": (
        "spelled and ordered otherwise; dbt.listagg with an order"
    ),
    r"\b(ifnull|nvl|isnull|iff|if) ?\(": "known to some; coalesce and case",
    r"\b(length|len|strlen) ?\(": "counts bytes or characters",
    r"\bconcat ?\(": "takes an absent text for '' on DuckDB only; dbt.concat",
    r"\b(qualify|ilike)\b| using ?\(": "not on all; row_number() in a CTE, lower(), on",
    r"\bgroup by (all\b|\d)": "not on all; names",
    r"\bfilter ?\(": "neither on BigQuery nor on Snowflake; case",
    r"(?<! desc) nulls last|nulls first": "BigQuery's windows know only desc nulls last; coalesce",
    r"\bunion\b(?! all)": "BigQuery wants DISTINCT, Snowflake long knew none; distinct over union all",
    r"\* ?\b(except|exclude|replace|rename)\b": "spelled otherwise; name the columns",
}

# Texts, names in quotes and comments. A backslash escapes on both, and on Snowflake a quote doubles.
QUOTED = re.compile(r"""'(?:\\.|''|[^'\\])*'|`[^`]*`|"[^"]*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)

# Macros that no compiled statement calls, and why they stay.
UNREACHED: dict[str, str] = {
    "materialization_view_duckdb": "DuckDB only, and when a view is made: compiling makes none",
}
# Files that ask for the target all the same, with the reason.
ASKING = {"macros/samples/sampled.sql": "the name of a schema, which no warehouse takes differently"}


def forbidden(sql: str) -> list[str]:
    """What a statement holds of this, with the reason."""
    plain = re.sub(r"\s+", " ", QUOTED.sub("''", sql.lower()))
    found = {
        match.group(): why for pattern, why in FORBIDDEN.items() for match in re.finditer(pattern, plain)
    }
    return [f"{what}: {why}" for what, why in found.items()]


@pytest.mark.parametrize("warehouse", ["bigquery", "snowflake"])
def test_nothing_stands_in_sql_that_warehouses_take_differently(compiled, warehouse):
    told = [
        f"{key}\n  {text['file']}\n  " + "\n  ".join(found)
        for key, node in compiled[warehouse]["nodes"].items()
        for text in node["forms"].values()
        for sql in [text["sql"], *text["hooks"]]
        if (found := forbidden(sql))
    ]
    assert not told, "\n\n".join(told)


@pytest.mark.parametrize(
    "sql",
    [
        "select a // b from t",
        "select a * 0.01 from t",
        "select cast(a as decimal) from t",
        "select a from t union select b from t",
        "select row_number() over (order by a nulls last) from t",
        "select sum(a) filter (where b) from t",
        "select now() as moment",
        "select string_agg(a, '|') from t",
    ],
)
def test_forbidden_constructs_are_seen(sql):
    assert forbidden(sql)


def test_texts_and_names_may_hold_anything():
    text = r"'it''s 0.5 // \' avg(x)'"
    assert not forbidden(f'select {text} as a, "0.5" as b from t -- now()\nwhere a = {text}')


def test_no_model_asks_for_the_target():
    """Where warehouses differ, a macro says so by its meaning."""
    asking = re.compile(r"\btarget\s*\.\s*(type|name|schema|database|profile_name)\b|\btarget\[")
    assert asking.search("{% if target.type == 'bigquery' %}")
    folders = ("models", "tests/dbt", "analyses", "snapshots", "macros")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.sql")]
    assert len(files) > 100
    found = {str(file.relative_to(PROJECT)) for file in files if asking.search(file.read_text())}
    assert found == ASKING.keys()


def test_every_macro_is_reached(compiled):
    """A macro that nothing calls is a promise nobody keeps: delete it, or list it with the reason."""
    macros = {name for project in compiled.values() for name in project["macros"]}
    reached = {name for project in compiled.values() for name, yes in project["macros"].items() if yes}
    assert sorted(macros - reached - UNREACHED.keys()) == []
    assert sorted(reached & UNREACHED.keys()) == []
