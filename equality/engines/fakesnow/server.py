"""Start fakesnow's HTTP server with what dbt-snowflake and our SQL need beyond it: server.py PORT.

Each patch loosens the emulator, so each says why. Runs in the environment of requirements.lock, not in .venv.
"""

import re
import sys

import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.server
import fakesnow.transforms as transforms
import uvicorn
from sqlglot import exp


def also(name):
    """Let a function change an expression before fakesnow's transform of that name sees it."""

    def patch(change):
        own = getattr(transforms, name)
        setattr(transforms, name, lambda expression, *others: own(change(expression), *others))
        return change

    return patch


@also("create_clone")
def ordinary_table(expression):
    """DuckDB keeps temporary tables in a catalog of their own; dbt names them with its database and schema.

    They outlive their session here, so each is created anew.
    """
    if not isinstance(expression, exp.Create) or expression.args.get("kind") != "TABLE":
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

# It casts what SUM adds up to DOUBLE, for texts that Snowflake would add up: exact amounts would lose digits.
transforms.numeric_agg_implicit_cast = lambda expression: expression

# Comments of tables are written to a second database, which DuckDB refuses within dbt's transactions.
fakesnow.info_schema.insert_table_comment_sql = lambda *_: "SELECT 1"


if __name__ == "__main__":
    uvicorn.run(fakesnow.server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
