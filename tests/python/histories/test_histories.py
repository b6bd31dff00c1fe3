"""Whatever happens to bills and rules, day by day: what grew in steps is what a full refresh makes of it.

APPORTION_HISTORIES=100 takes so many histories of two days each; without it there are as many as fit into the
days that all tests share. APPORTION_HISTORIES_SEED chooses others, APPORTION_HISTORIES_KEEP=<folder> keeps
the project.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from history_world import DAYS_OF_A_HISTORY, STEPS, HistoryWorld, change_seeds
from project_copy import REPO, SINCE, UNTIL, Project

from ingestion.sandbox import Sandbox

SHARED_DAYS = (date.fromisoformat(UNTIL) - date.fromisoformat(SINCE)).days + 1
HISTORIES = int(os.environ.get("APPORTION_HISTORIES", SHARED_DAYS // DAYS_OF_A_HISTORY))
SEED = int(os.environ.get("APPORTION_HISTORIES_SEED", "2026"))
# The time of a run, which no two runs share.
OF_THE_RUN: dict[str, tuple[str, ...]] = {}


@pytest.fixture(scope="module")
def whole(request, tmp_path_factory):
    """A warehouse with everything that will ever have been told."""
    if HISTORIES * DAYS_OF_A_HISTORY <= SHARED_DAYS:
        return request.getfixturevalue("built").database
    project = Project(tmp_path_factory.mktemp("whole") / "project")
    until = date.fromisoformat(UNTIL)
    days = HISTORIES * DAYS_OF_A_HISTORY
    with Sandbox(days=days, until=until, scale=0.05, exports=tmp_path_factory.mktemp("exports")) as sandbox:
        project.load(sandbox.env, since=str(until - timedelta(days=days - 1)))
    return project.database


@pytest.fixture(scope="module")
def grown(whole, tmp_path_factory):
    """The project after all steps of all histories, each built on the one before."""
    kept = os.environ.get("APPORTION_HISTORIES_KEEP")
    project = Project(Path(kept) if kept else tmp_path_factory.mktemp("histories") / "project")
    world = HistoryWorld(whole, project.database, HISTORIES, SEED)
    random = Random(f"seeds {SEED}")
    for step in range(STEPS + 1):
        assert world.load()
        if step:
            change_seeds(project.folder / "seeds", REPO / "seeds", random)
        project.build_models()
    return project


@pytest.fixture(scope="module")
def rebuilt(grown, tmp_path_factory):
    """The same raw tables and seeds, every model made anew."""
    project = grown.copy(tmp_path_factory.mktemp("rebuilt") / "project")
    project.build_models("--full-refresh")
    return project


def test_what_grew_in_steps_equals_a_full_refresh(grown, rebuilt):
    with duckdb.connect(str(rebuilt.database)) as connection:
        connection.execute(f"attach '{grown.database}' as grown (read_only)")
        stored = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = 'grown' "
            "and (table_schema = 'main' or table_type = 'BASE TABLE' and table_schema = 'main_intermediate') "
            "order by all"
        ).fetchall()
        differing = {}
        for schema, table in stored:
            rows = different_rows(connection, schema, table)
            if rows:
                differing[f"{schema}.{table}"] = rows
    assert ("main", "fct_allocated_costs") in stored
    assert not differing, "\n".join(
        f"{table}: {count} rows, {some}" for table, (count, some) in differing.items()
    )


def different_rows(connection, schema, table):
    """How many rows only one of the two has, and some of them; None where there are none."""
    without = OF_THE_RUN.get(table, ())
    columns = ", ".join(
        f'"{name}"'
        for name, *_ in connection.execute(f"describe {schema}.{table}").fetchall()
        if name not in without
    )
    one, other = (f"select {columns} from {of}{schema}.{table}" for of in ("grown.", ""))
    fingerprint = "select count(*), sum(hash(r)) from ({}) as r"
    if (
        connection.execute(fingerprint.format(one)).fetchone()
        == connection.execute(fingerprint.format(other)).fetchone()
    ):
        return None
    only = "(select '{}' as only_in, * from (({}) except all ({})))"
    both = only.format("grown", one, other) + " union all " + only.format("rebuilt", other, one)
    (count,) = connection.execute(f"select count(*) from ({both})").fetchone()
    return count, connection.execute(f"from ({both}) order by all limit 4").fetchall()
