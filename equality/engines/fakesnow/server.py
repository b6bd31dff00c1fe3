"""Start fakesnow's HTTP server with what dbt-snowflake and our SQL need beyond it: server.py PORT.

Each patch loosens the emulator, so each says why. Runs in the environment of requirements.lock, not in .venv.
"""

import json
import re
import sys

import fakesnow.arrow
import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.server
import fakesnow.transforms as transforms
import pyarrow as pa
import uvicorn
from snowflake.connector.errors import Error, ProgrammingError
from sqlglot import exp


def also(name):
    """Let a function change an expression before fakesnow's transform of that name sees it."""

    def patch(change):
        own = getattr(transforms, name)
        setattr(transforms, name, lambda expression, *others: own(change(expression), *others))
        return change

    return patch


@also("create_clone")
def ordinary_relation(expression):
    """DuckDB keeps what is temporary in a catalog of its own; dbt names it with its database and schema.

    Here it outlives its session, so each is created anew.
    """
    if not isinstance(expression, exp.Create) or expression.args.get("kind") not in ("TABLE", "VIEW"):
        return expression
    if expression.find(exp.Table).name.upper() == "MERGE_CANDIDATES":  # fakesnow's own
        return expression
    properties = expression.args.get("properties")
    if properties and any(isinstance(found, exp.TemporaryProperty) for found in properties.expressions):
        kept = [found for found in properties.expressions if not isinstance(found, exp.TemporaryProperty)]
        expression.set("properties", exp.Properties(expressions=kept) if kept else None)
        expression.set("replace", True)
    return expression


@also("create_clone")
def integer_division(expression):
    """cast((a - mod(a, b)) / b as number(37, 0)) is exact on Snowflake; DuckDB's `/` is a double."""
    if isinstance(expression, exp.Cast) and expression.to.is_type(exp.DataType.Type.DECIMAL):
        size = [parameter.name for parameter in expression.to.expressions]
        inner = expression.this.unnest()
        if len(size) == 2 and size[1] == "0" and isinstance(inner, exp.Div):
            wide = [
                exp.Cast(this=exp.Paren(this=side.copy()), to=exp.DataType.build("INT128", dialect="duckdb"))
                for side in (inner.this, inner.expression)
            ]
            expression.set("this", exp.IntDiv(this=wide[0], expression=wide[1]))
    return expression


@also("semi_structured_types")
def kind_of_variant(expression):
    """IS_OBJECT and IS_ARRAY are missing."""
    if isinstance(expression, exp.Anonymous) and expression.name.upper() in ("IS_OBJECT", "IS_ARRAY"):
        kind = exp.Anonymous(this="JSON_TYPE", expressions=[expression.expressions[0]])
        return exp.Paren(this=exp.EQ(this=kind, expression=exp.Literal.string(expression.name.upper()[3:])))
    return expression


@also("semi_structured_types")
def role_of_the_profile(expression):
    """IS_ROLE_IN_SESSION is missing, as roles are: a session has the one that our profile names."""
    if isinstance(expression, exp.Anonymous) and expression.name.upper() == "IS_ROLE_IN_SESSION":
        role = exp.Literal.string("MADE_UP")
        return exp.Paren(this=exp.EQ(this=expression.expressions[0], expression=role))
    return expression


@also("tag")
def member_of_object(expression):
    """GET takes a member's name as it is, where its translation is a path that trips over dots and quotes.

    TO_VARCHAR of a variant gives a text without quotes, and no text for JSON's null. In an earlier pass than
    IS_OBJECT: what a pass has replaced it does not look into.
    """
    as_text = isinstance(expression, exp.ToChar)
    got = expression.this if as_text else expression
    if not isinstance(got, exp.GetExtract) or not got.expression.is_string:
        return expression
    pointer = "/" + got.expression.name.replace("~", "~0").replace("/", "~1")
    function = "JSON_EXTRACT_STRING" if as_text else "JSON_EXTRACT"
    return exp.Anonymous(this=function, expressions=[got.this, exp.Literal.string(pointer)])


def regular_expression_with_flags(expression):
    """REGEXP_REPLACE with position, occurrence and flags is refused, though 1 and 0 are the defaults."""
    if isinstance(expression, exp.RegexpReplace) and expression.args.get("modifiers"):
        given = {word: expression.args[word].name for word in ("position", "occurrence")}
        if given == {"position": "1", "occurrence": "0"}:
            for word in given:
                expression.set(word, None)
            expression.set("modifiers", exp.Literal.string("g" + expression.args["modifiers"].name))
            return expression
    return own_regex_replace(expression)


own_regex_replace = transforms.regex_replace
transforms.regex_replace = regular_expression_with_flags


def trimmed(expression):
    """TRIM, LTRIM and RTRIM of what is no cast lose their characters and their side in fakesnow."""
    if isinstance(expression, exp.Trim) and not isinstance(expression.this, exp.Cast):
        expression.set("this", exp.cast(expression.this, "text"))
    return expression


transforms.trim_cast_varchar = trimmed


def readable(parse):
    """A column may be named exclude on Snowflake; the parser takes the word for part of a star in CREATE."""

    def parse_one(command):
        if re.match(r"\s*(/\*.*?\*/\s*)?create ", command, re.IGNORECASE | re.DOTALL):
            command = re.sub(r"\bexclude (string|varchar)\b", r'"EXCLUDE" \1', command)
        return parse(command)

    return parse_one


for module in (fakesnow.cursor, fakesnow.server):
    module.parse_one = readable(module.parse_one)


def qualified_merge(expression):
    """INSERT VALUES of dbt's snapshot merge names columns of the source without its alias.

    fakesnow joins source and target into one table, where such a name is ambiguous.
    """
    if isinstance(expression, exp.Merge):
        alias = expression.args["using"].alias_or_name
        for when in expression.args["whens"].expressions:
            then = when.args.get("then")
            if isinstance(then, exp.Insert) and then.expression is not None:
                for column in then.expression.find_all(exp.Column):
                    if not column.table:
                        column.set("table", exp.to_identifier(alias))
    return expression


own_merge = transforms.merge
transforms.merge = lambda expression: own_merge(qualified_merge(expression))

own_create_table_as = transforms.create_table_as


def contract_with_star(expression, connection):
    """A contract and a clustering key give CREATE TABLE (columns) AS SELECT * FROM (...) ORDER BY.

    fakesnow asks DuckDB for the names behind the star, but in no dialect's SQL.
    """
    query = expression.expression if isinstance(expression, exp.Create) else None
    select = query.unnest() if isinstance(query, exp.Subquery) else query
    if isinstance(select, exp.Select) and isinstance(expression.this, exp.Schema) and select.is_star:
        described = connection.execute(f"describe {select.sql(dialect='duckdb')}").fetchall()
        select.set("expressions", [exp.column(name, quoted=True) for name, *_ in described])
    return own_create_table_as(expression, connection)


transforms.create_table_as = contract_with_star

# It casts what SUM adds up to DOUBLE, for texts that Snowflake would add up: exact amounts would lose digits.
transforms.numeric_agg_implicit_cast = lambda expression: expression

# Snowflake keeps this many decimals of a product, or those of the side that has more.
DECIMALS_OF_A_PRODUCT = 12


def rounded_products(plan):
    """The products of DuckDB's plan that Snowflake would round, as pairs of decimals of the two sides."""
    if isinstance(plan, list):
        for part in plan:
            yield from rounded_products(part)
    elif isinstance(plan, dict):
        if plan.get("expression_class") == "BOUND_FUNCTION" and plan["qname"]["path"][-1] == "*":
            sides = [kind.get("type_info", {}).get("scale", 0) for kind in plan["arguments"]]
            if sum(sides) > max(*sides, DECIMALS_OF_A_PRODUCT):
                yield tuple(sides)
        for part in plan.values():
            yield from rounded_products(part)


def plan_of(connection, query):
    """DuckDB's plan of a query, with types; none where it can write it down in neither of two ways."""
    for optimize in ("false", "true"):
        sql = f"select json_serialize_plan(?, skip_null := true, skip_empty := true, optimize := {optimize})"
        plan = json.loads(connection.execute(sql, [query]).fetchone()[0])
        if not plan["error"]:
            return plan
    return None


own_execute = fakesnow.cursor.FakeSnowflakeCursor._execute


def execute_unless_rounded(cursor, transformed, params=None):
    """Refuse a table or view with a product that Snowflake would round: DuckDB adds the decimals up."""
    if isinstance(transformed, exp.Create) and isinstance(transformed.expression, exp.Query):
        plan = plan_of(cursor._duck_conn, transformed.expression.sql(dialect="duckdb"))
        if not plan:
            print(
                f"The products of {transformed.find(exp.Table).sql()} are not known",
                file=sys.stderr,
                flush=True,
            )
        if found := set(rounded_products(plan)):
            told = ", ".join(f"{one} and {other} decimals" for one, other in sorted(found))
            raise ProgrammingError(
                msg=f"Snowflake would round a product: {told}", errno=100046, sqlstate="22003"
            )
    return own_execute(cursor, transformed, params)


fakesnow.cursor.FakeSnowflakeCursor._execute = execute_unless_rounded

answered = fakesnow.cursor.FakeSnowflakeCursor.execute


def answered_at_once(cursor, *arguments, **options):
    """What fakesnow does not expect is a status 500, and the client asks again for minutes."""
    try:
        return answered(cursor, *arguments, **options)
    except Error:
        raise
    except Exception as error:
        raise ProgrammingError(msg=f"{type(error).__name__}: {error}", errno=1, sqlstate="XX000") from error


fakesnow.cursor.FakeSnowflakeCursor.execute = answered_at_once

own_description = fakesnow.cursor.FakeSnowflakeCursor._describe_last_sql


def description_with_aliases(cursor):
    """DuckDB describes `tags as "Tags"` by the table's spelling, and fakesnow takes names from there."""
    described = own_description(cursor)
    names = cursor._arrow_table.column_names if cursor._arrow_table is not None else []
    if len(names) != len(described):
        return described
    return [(name, *others) for name, (_, *others) in zip(names, described, strict=True)]


fakesnow.cursor.FakeSnowflakeCursor._describe_last_sql = description_with_aliases

own_struct = fakesnow.arrow.timestamp_to_sf_struct


def moments_and_nulls(moments):
    """An absent moment reaches the client as the first of January 1970."""
    if isinstance(moments, pa.ChunkedArray):
        moments = moments.combine_chunks()
    made = own_struct(moments)
    parts = [made.field(place) for place in range(made.type.num_fields)]
    return pa.StructArray.from_arrays(parts, fields=list(made.type), mask=moments.is_null())


fakesnow.arrow.timestamp_to_sf_struct = moments_and_nulls

# Comments of tables are written to a second database, which DuckDB refuses within dbt's transactions.
fakesnow.info_schema.insert_table_comment_sql = lambda *_: "SELECT 1"


if __name__ == "__main__":
    uvicorn.run(fakesnow.server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
