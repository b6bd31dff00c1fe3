"""Every statement is Snowflake's, as far as that can be told without it: a parser, and our own questions.

The parser knows the grammar, but lets unknown functions and types pass, so those in use are listed here.
Adding one means having looked it up in https://docs.snowflake.com/en/sql-reference-functions.
"""

import re
from itertools import pairwise

import pytest
import sqlglot
from sqlglot import exp


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


FUNCTIONS = words("""
    cast coalesce nullif greatest count sum min max trunc ceil mod abs length
    any_value position lower upper trim rtrim translate chr replace substr split_part md5 to_varchar
    regexp_instr regexp_replace
    row_number dense_rank lead lag seq4 generator
    dateadd datediff date_trunc extract convert_timezone current_timestamp
    listagg
    try_parse_json get is_object is_array to_json to_variant object_construct_keep_null
    is_role_in_session
""")

# Words that stand before a parenthesis and are no functions.
SYNTAX = words("""
    and as by case decimal distinct else exists from group having in join like not number on or over
    select table then values when where
""")

TYPES = {"DATE", "TIMESTAMP", "TIMESTAMPNTZ", "VARCHAR", "TEXT", "BOOLEAN", "INT", "BIGINT", "DECIMAL"}

# https://docs.snowflake.com/en/sql-reference/reserved-keywords: refused as a name. Words that only
# SHOW refuses (account, organization) are left out.
RESERVED = words("""
    all alter and any as between by case cast check column connect connection constraint create cross
    current current_date current_time current_timestamp current_user database delete distinct drop else exists
    false following for from full grant group gscluster having ilike in increment inner insert intersect into
    is issue join lateral left like localtime localtimestamp minus natural not null of on or order
    qualify regexp revoke right rlike row rows sample schema select set some start table
    tablesample then to trigger true try_cast union unique update using values view when whenever where with
""")


def faults(sql: str, may_quote: bool = False) -> list[str]:
    """What is wrong with a statement on Snowflake."""
    try:
        tree = sqlglot.parse_one(sql, dialect="snowflake")
    except sqlglot.errors.SqlglotError as error:
        return [str(error)]
    tokens = [token.text.lower() for token in sqlglot.tokenize(sql, read="snowflake")]
    called = {name for name, after in pairwise(tokens) if after == "(" and re.fullmatch(r"[a-z_]\w*", name)}
    found = [f"no function we know on Snowflake: {name}()" for name in called - FUNCTIONS - SYNTAX]
    found += [
        f"no type we know on Snowflake: {kind.sql('snowflake')}"
        for kind in tree.find_all(exp.DataType)
        if kind.this.name not in TYPES
    ]
    found += [
        f"a reserved word as a name: {name.name}"
        for name in tree.find_all(exp.Identifier)
        if not name.quoted and name.name.lower() in RESERVED
    ]
    # Snowflake keeps the case of quoted names: "team" is another column than team, which is TEAM.
    found += [
        f"a quoted name: {name.name}"
        for name in tree.find_all(exp.Identifier)
        if name.quoted and not may_quote
    ]
    # integer_div() takes the remainder off first; any other quotient is rounded to 6 decimals.
    found += [
        f"a rounded quotient: {division.sql('snowflake')}"
        for division in tree.find_all(exp.Div)
        if not division.this.unnest().find(exp.Mod)
    ]
    return found


def statements(compiled):
    for key, node in compiled["snowflake"]["nodes"].items():
        for form, text in node["forms"].items():
            for sql in [text["sql"], *text["hooks"]]:
                yield f"{key} ({form})\n  {text['file']}", sql


def test_every_model_parses_as_snowflake(compiled):
    # The views under FOCUS's own column ids quote them, as FOCUS spells them.
    found = [(place, faults(sql, "cost_and_usage" in place)) for place, sql in statements(compiled)]
    told = [f"{place}\n  " + "\n  ".join(what) for place, what in found if what]
    assert not told, "Snowflake would refuse, or answer otherwise:\n\n" + "\n\n".join(told)
    assert len(found) > 200
    assert any(sql.startswith("delete from") for _, sql in statements(compiled))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select a from", "Expected table name"),
        ("select json_extract_string(a, '$.b') from t", "json_extract_string()"),
        ("select list_sum([1, 2])", "list_sum()"),
        ("select cast(a as hugeint) from t", "INT128"),
        ("select a / 3 from t", "rounded quotient"),
        ("select a as start from t", "reserved word"),
        ('select "a" from t', "quoted name"),
    ],
)
def test_faults_are_seen(sql, message):
    assert message in " ".join(faults(sql))
