"""Our macros outside of dbt: rendered by dbt itself, run by DuckDB in memory."""

from decimal import getcontext
from pathlib import Path

import duckdb
import pytest

REPO = Path(__file__).parents[3]
# Python rounds sums of decimals to 28 digits; money has 38.
getcontext().prec = 80


@pytest.fixture(scope="session")
def macro(tmp_path_factory):
    """Call a macro of the project: macro(name, **arguments) gives what it returns."""
    from dbt.adapters.factory import get_adapter_by_type
    from dbt.cli.main import dbtRunner
    from dbt.context.providers import generate_runtime_macro_context

    target = tmp_path_factory.mktemp("target")
    parsed = dbtRunner().invoke(
        [
            "--quiet",
            "parse",
            "--project-dir",
            str(REPO),
            "--profiles-dir",
            str(REPO),
            "--target-path",
            str(target),
        ]
    )
    assert parsed.success, parsed.exception
    adapter = get_adapter_by_type("duckdb")
    adapter.set_macro_resolver(parsed.result)
    adapter.set_macro_context_generator(generate_runtime_macro_context)
    return lambda name, **arguments: adapter.execute_macro(name, project="apportion", kwargs=arguments)


@pytest.fixture(scope="session")
def memory():
    with duckdb.connect() as connection:
        yield connection
