"""The project compiled for BigQuery and Snowflake, and what BigQuery's analyzer says of it; once a run."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bigquery_analyzer import BigQuery, analyse_project
from same_answers import compare

PROJECT = Path(__file__).parents[3]
WAREHOUSES = ("bigquery", "snowflake", "duckdb")


def once(folder: Path, name: str, make: Callable[[], dict]) -> dict:
    """What make() gives, made by the first worker that asks and read by the others (pytest-xdist)."""
    result = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            result.write_text(json.dumps(make()))
    return json.loads(result.read_text())


@pytest.fixture(scope="session")
def workshop(tmp_path_factory, request):
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "warehouses"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def findings(workshop):
    """The compiled projects, BigQuery's answer to each statement, and how its rows differ from DuckDB's."""

    def make():
        script = Path(__file__).with_name("compile_project.py")
        running = {}
        for warehouse in WAREHOUSES:
            (workshop / warehouse).mkdir(exist_ok=True)
            command = [sys.executable, script, warehouse, workshop / warehouse]
            running[warehouse] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        analyzer = BigQuery()  # on a fresh machine this compiles WebAssembly meanwhile
        found = {}
        for warehouse, process in running.items():
            said, _ = process.communicate(timeout=900)
            assert process.returncode == 0, said.decode()
            found[warehouse] = json.loads((workshop / warehouse / "compiled.json").read_text())
        # WebAssembly runs without Python's lock: each has a processor of its own.
        with ThreadPoolExecutor() as both:
            analysed = both.submit(analyse_project, analyzer, found["bigquery"])
            compared = both.submit(compare, found["duckdb"], found["bigquery"], PROJECT)
            return found | {"analysed": analysed.result(), "compared": compared.result()}

    return once(workshop, "findings", make)


@pytest.fixture(scope="session")
def compiled(findings):
    """What compile_project.py noted of each warehouse."""
    return {warehouse: findings[warehouse] for warehouse in WAREHOUSES}


@pytest.fixture(scope="session")
def analysed(findings):
    """BigQuery's answers: columns, types and refused, by "node (form)"."""
    return findings["analysed"]


@pytest.fixture(scope="session")
def compared(findings):
    """How BigQuery's rows of each model differ from DuckDB's."""
    return findings["compared"]
