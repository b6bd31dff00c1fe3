"""Run the project's own tests in a copy of it, and tell which one failed first.

dbt is imported once, in a server that each run is forked from: importing it costs more than most runs do.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb"])


@dataclass(frozen=True)
class Outcome:
    """What the tests said: the kind and name of the first that failed, if any did."""

    kind: str = ""
    test: str = ""
    seconds: float = 0.0
    said: str = ""

    @property
    def is_caught(self) -> bool:
        """Whether a test judged it: SQL that does not run is no answer."""
        return self.kind not in ("", "error")


def environment(folder: Path) -> dict[str, str]:
    """The settings of a copy. The relative path keeps dbt's parsed project valid from copy to copy."""
    return {
        "APPORTION_DUCKDB_PATH": "warehouse.duckdb",
        "APPORTION_WORK": str(folder / ".work"),
        "PYTHONPATH": str(folder),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }


def run_dbt(folder: str, arguments: list[str]) -> None:
    """Run dbt in this process, which ends with it; what it says goes to dbt.txt."""
    from dbt.cli.main import dbtRunner

    os.chdir(folder)
    os.environ.update(environment(Path(folder)))
    said = os.open("dbt.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    done = dbtRunner().invoke(arguments)
    if done.exception:
        print(done.exception)
    sys.exit(0 if done.success else 1)


def dbt(folder: Path, *arguments: str) -> Outcome:
    """Run dbt until the first failure."""
    results = folder / "target/run_results.json"
    results.unlink(missing_ok=True)
    process = FORKS.Process(
        target=run_dbt,
        args=(str(folder), ["--no-use-colors", *arguments, "--fail-fast", "--no-version-check"]),
    )
    process.start()
    process.join()
    said = (folder / "dbt.txt").read_text()
    if not process.exitcode:
        return Outcome(said=said)
    for result in json.loads(results.read_text())["results"] if results.exists() else ():
        kind, _, name, *rest = result["unique_id"].split(".")
        if result["status"] == "fail":
            return Outcome("unit test", rest[0]) if kind == "unit_test" else Outcome("data test", name)
        if result["status"] in ("error", "runtime error"):
            if "enforced contract" in (result["message"] or ""):
                return Outcome("contract", name)
            return Outcome("error", name, said=result["message"] or said)
    return Outcome("error", "dbt", said=said)


def pytest(folder: Path, *paths: str) -> Outcome:
    """Run Python tests of the copy until the first failure."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths],
        cwd=folder,
        env=os.environ | environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if not done.returncode:
        return Outcome(said=said)
    failed = re.search(r"^FAILED (?:\S*/)?(\S+?\.py::\w+)", said, re.MULTILINE)
    return Outcome("pytest", failed[1]) if failed else Outcome("error", "pytest", said=said)
