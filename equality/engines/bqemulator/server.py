"""Start bqemulator with what our project needs beyond it; runs in the emulator's own environment.

    python server.py PORT

Each patch says what the emulator lacks. They make it take what BigQuery takes, or save it time; none changes
what dbt-bigquery sends.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import duckdb_extensions
from bqemulator.config import LogLevel, Settings
from bqemulator.domain.errors import InternalError
from bqemulator.server import run_forever
from bqemulator.sql import inner_query
from bqemulator.sql.rewriter import create_table_schema_ctas
from bqemulator.storage import type_map
from bqemulator.versioning.snapshots import SnapshotManager
from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.dialects.dialect import Dialect
from sqlglot.generators.bigquery import BigQueryGenerator
from sqlglot.generators.duckdb import DuckDBGenerator

PROJECT = "apportion"
# Statements whose trees are kept; a statement is parsed some twenty times, one after the other.
KEPT_TREES = 8


def keep_the_digits_of_bignumeric() -> None:
    """BIGNUMERIC has 76 digits, DuckDB's decimals 38, and a DECIMAL without digits has three of them.

    Columns (seeds have no digits in their types) become DECIMAL(38, 18), which is money(). In SQL the type
    stands without digits for wide_integer(), HUGEINT, whose division is exact, and for two factors beside it.
    """
    type_map._BQ_TO_DUCKDB["BIGNUMERIC"] = "DECIMAL(38, 18)"
    plain: Callable[[Any, exp.DataType], str] = DuckDBGenerator.datatype_sql

    def datatype_sql(self: Any, kind: exp.DataType) -> str:
        if not kind.is_type(exp.DataType.Type.BIGDECIMAL):
            return plain(self, kind)
        return f"DECIMAL({self.expressions(kind, flat=True)})" if kind.expressions else "HUGEINT"

    times: Callable[[Any, exp.Mul], str] = DuckDBGenerator.mul_sql

    def mul_sql(self: Any, product: exp.Mul) -> str:
        """Between units and fractions of an amount, where a decimal times a HUGEINT would be a double."""
        one, other = product.this.unnest(), product.expression
        if isinstance(other, exp.Cast) and other.to.is_type(exp.DataType.Type.BIGDECIMAL):
            left, factor = self.sql(product.this), self.sql(other.this)
            # fraction_of_units(): less than 10^18 units, times 10^-18.
            if other.this.is_string and "." in other.this.name:
                return f"CAST({left} AS DECIMAL(18, 0)) * CAST({factor} AS DECIMAL(18, 18))"
            # fraction_units(): an amount without its whole units, times 10^18.
            if isinstance(one, exp.Sub) and one.expression.sql().upper().startswith("TRUNC("):
                return f"{left} * CAST({factor} AS DECIMAL(19, 0))"
        return times(self, product)

    DuckDBGenerator.datatype_sql = datatype_sql
    DuckDBGenerator.mul_sql = mul_sql
    # Rewriters write BigQuery's SQL again, and sqlglot leaves a type's digits out of casts then.
    del BigQueryGenerator.TRANSFORMS[exp.Cast]


def divide_what_is_divided() -> None:
    """sqlglot writes div(a - b, c) as a - b // c."""
    DuckDBGenerator.TRANSFORMS[exp.IntDiv] = lambda self, division: (
        f"(({self.sql(division, 'this')}) // ({self.sql(division, 'expression')}))"
    )


def find_nothing_in_what_is_no_json() -> None:
    """BigQuery's JSON_VALUE of a text that is no JSON is null; DuckDB's is an error."""
    plain: Callable[[Any, exp.JSONExtractScalar], str] = DuckDBGenerator.jsonextractscalar_sql

    def jsonextractscalar_sql(self: Any, found: exp.JSONExtractScalar) -> str:
        text = self.sql(found, "this")
        return f"CASE WHEN JSON_VALID({text}) THEN {plain(self, found)} END"

    DuckDBGenerator.jsonextractscalar_sql = jsonextractscalar_sql


def take_contracts() -> None:
    """`create table t (columns) as (select …)`: the emulator knows it without the brackets only."""
    plain = create_table_schema_ctas._first_select

    def first_select(body: exp.Expression | None) -> exp.Select | None:
        while isinstance(body, exp.Subquery):
            body = body.this
        return plain(body)

    create_table_schema_ctas._first_select = first_select


def keep_no_history() -> None:
    """Each statement that writes would copy its table for time travel, which nothing here reads."""
    SnapshotManager.capture = lambda *_args, **_options: None


def leave_views_alone() -> None:
    """For policies on rows every view that a statement reads is written out in it, and so on below it.

    There are no policies here, and our views stand on each other up to 16 deep.
    """
    inner_query.rewrite_for_row_access = lambda sql, **_options: sql
    # The types of all columns serve AVG of decimals alone, a double on DuckDB and never written here.
    inner_query.build_catalog_schema = lambda *_args, **_options: {}


def fail_at_once() -> None:
    """A fault of the emulator's own is status 500, which Google's client tries again for ten minutes."""
    InternalError.http_status = 400
    InternalError.bq_reason = "invalid"


def read_deep_trees() -> None:
    """A chain of a hundred `||` is a tree as deep, and sqlglot calls itself some five times a level."""
    sys.setrecursionlimit(20_000)


def parse_once() -> None:
    """Each of twenty rewriters parses the statement anew; a copy of the tree is three times as fast."""
    # Joins over `table.array` without unnest(): we write none, and looking for them copies every select.
    BigQuery.Parser.SUPPORTS_IMPLICIT_UNNEST = False
    plain = Dialect.parse
    trees: OrderedDict[tuple[type, str], list[exp.Expression | None]] = OrderedDict()

    def parse(self: Dialect, sql: str, **options: Any) -> list[exp.Expression | None]:
        if options:
            return plain(self, sql, **options)
        key = (type(self), sql)
        if key not in trees:
            trees[key] = plain(self, sql)
            if len(trees) > KEPT_TREES:
                trees.popitem(last=False)
        return [tree.copy() if tree is not None else None for tree in trees[key]]

    Dialect.parse = parse


PATCHES = (
    keep_the_digits_of_bignumeric,
    divide_what_is_divided,
    find_nothing_in_what_is_no_json,
    take_contracts,
    keep_no_history,
    leave_views_alone,
    fail_at_once,
    read_deep_trees,
    parse_once,
)


def main() -> None:
    """Patch and serve until a signal."""
    duckdb_extensions.import_extension("spatial")
    for patch in PATCHES:
        patch()
    run_forever(
        Settings(
            rest_port=int(sys.argv[1]),
            grpc_port=0,
            default_project_id=PROJECT,
            log_level=LogLevel.WARNING,
            enable_format_extensions=False,
        )
    )


if __name__ == "__main__":
    main()
