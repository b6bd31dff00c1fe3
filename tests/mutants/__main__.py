"""make mutants: do the project's own tests notice when somebody breaks it?

Sixteen days of the sandbox are loaded and built once. Each mutant is then applied to a copy of the project
and of that warehouse, and the copy's tests run, the cheapest first, until one fails. A mutant that no test
notices is told with its diff, and the exit code is 1. The copy without any fault has to be green.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from ingestion.sandbox import Sandbox
from tests.mutants.catalogue import Mutant, catalogue
from tests.mutants.checks import Outcome, dbt, pytest
from tests.python.project_copy import REPO, UNTIL, Project

# What a copy needs beside the dbt project, to run the Python tests on its own files.
PYTHON_PARTS = (
    "ingestion",
    "commands",
    "tests/python",
    "tests/mutants",
    "pyproject.toml",
    "profiles.example.yml",
)
SOURCES = ("openai", "anthropic", "focus", "business_outputs")
# Macros that property tests run by themselves.
WITH_PROPERTIES = ("macros/allocation/", "macros/ownership/", "macros/portable/")


def python_tests(mutant: Mutant) -> tuple[str, ...]:
    """The Python tests that could notice a mutant."""
    return mutant.tests or (("tests/python/properties",) if mutant.file.startswith(WITH_PROPERTIES) else ())


def checks(mutant: Mutant) -> list[Callable[[Path], Outcome]]:
    """The tests that could notice a mutant, the cheapest first."""
    steps: list[Callable[[Path], Outcome]] = []
    if mutant.model:
        # What reads the model is all that it can change.
        steps.append(lambda folder: dbt(folder, "build", "--full-refresh", "--select", f"{mutant.model}+"))
    elif mutant.file.startswith("macros/"):
        steps.append(lambda folder: dbt(folder, "test", "--select", "test_type:unit"))
        steps.append(lambda folder: dbt(folder, "build", "--full-refresh", "--exclude", "test_type:unit"))
    if tests := python_tests(mutant):
        steps.append(lambda folder: pytest(folder, *tests))
    return steps


def judged(mutant: Mutant, green: Project, folder: Path) -> Outcome:
    """Apply a mutant to a copy and run the tests until one fails."""
    started = time.monotonic()
    copy = green.copy(folder / mutant.name)
    try:
        mutant.apply(copy.folder)
        for check in checks(mutant):
            outcome = check(copy.folder)
            if outcome.kind:
                break
    finally:
        shutil.rmtree(copy.folder)
    return Outcome(outcome.kind, outcome.test, time.monotonic() - started, outcome.said)


def loaded_project(folder: Path, loaded: Path | None) -> Project:
    """The project, with a warehouse that holds what the sandbox's providers say."""
    project = Project(folder / "green")
    for part in PYTHON_PARTS:
        if (REPO / part).is_dir():
            shutil.copytree(REPO / part, project.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(REPO / part, project.folder / part)
    if loaded and loaded.exists():
        shutil.copy(loaded, project.database)
        return project
    with Sandbox(days=16, until=date.fromisoformat(UNTIL), scale=0.3, exports=folder / "exports") as sandbox:
        project.load(sandbox.env, *SOURCES)
    if loaded:
        shutil.copy(project.database, loaded)
    return project


def build_green(project: Project, mutants: list[Mutant]) -> None:
    """Build the project without a fault and run all that will judge the mutants; it must be green."""
    tests = sorted({path for mutant in mutants for path in python_tests(mutant)})
    steps = [lambda: dbt(project.folder, "build")]
    if tests:
        steps.append(lambda: pytest(project.folder, *tests))
    for step in steps:
        outcome = step()
        if outcome.kind:
            raise SystemExit(
                f"error: without any fault, {outcome.test} fails already; mend that first.\n{outcome.said}"
            )


def main(arguments: list[str] | None = None) -> int:
    """Judge the mutants; 1 where one is not caught."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants or layers; all of them where none is named")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    parser.add_argument(
        "--loaded",
        type=Path,
        help="a DuckDB file that keeps the loaded sandbox; made where it does not exist",
    )
    options = parser.parse_args(arguments)
    mutants = catalogue()
    known = {mutant.name for mutant in mutants} | {mutant.layer for mutant in mutants}
    if unknown := set(options.names) - known:
        parser.error(
            f"no mutant or layer is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
        )
    if options.names:
        mutants = [mutant for mutant in mutants if {mutant.name, mutant.layer} & set(options.names)]
    missed = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        folder = Path(temporary)
        green = loaded_project(folder, options.loaded)
        build_green(green, mutants)
        print(f"without a fault: green after {time.monotonic() - started:.0f} s", flush=True)
        width = max(len(mutant.name) for mutant in mutants)
        with ThreadPoolExecutor(options.jobs) as pool:
            outcomes = pool.map(lambda mutant: judged(mutant, green, folder), mutants)
            for mutant, outcome in zip(mutants, outcomes, strict=True):
                verdict = f"{outcome.kind}: {outcome.test}" if outcome.is_caught else "NOT CAUGHT"
                if outcome.is_caught and outcome.kind != mutant.seen_by:
                    verdict += f" (a {mutant.seen_by} should have seen it)"
                print(
                    f"{mutant.layer:<12}{mutant.name:<{width}}  {outcome.seconds:>4.0f} s  {verdict}",
                    flush=True,
                )
                if not outcome.is_caught:
                    missed.append((mutant, outcome))
    for mutant, outcome in missed:
        why = (
            f"it does not run, so no test judged it: {outcome.said}" if outcome.kind else "every test passes"
        )
        print(f"\n{mutant.name} ({mutant.meant}): {why}\n{mutant.diff()}")
    caught = len(mutants) - len(missed)
    print(f"\n{caught} of {len(mutants)} caught in {time.monotonic() - started:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
