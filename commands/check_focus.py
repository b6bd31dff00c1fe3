"""Check the FOCUS 1.3 views of a built database with the FinOps Foundation's focus-validator.

The validator has its own environment in .venvs, made on first use. What may fail, and why, stands in
tests/focus/allowed_failures.yml. Exit code 1: another rule fails, or the list is no longer true.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from commands.environments import separate_python

ROOT = Path(__file__).parents[1]
OURS = ROOT / "tests" / "focus"
WORK = ROOT / ".work" / "focus"

VIEWS = ("focus_cost_and_usage", "focus_allocated_cost_and_usage")
TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")


@dataclass(frozen=True)
class Result:
    """What the validator says of one rule; `parts` are the rules that it only sums up."""

    ok: bool
    skipped: bool
    rows: int
    text: str
    parts: list[str]
    examples: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Export, validate, compare with the list."""
    shared = Path(os.environ.get("APPORTION_SHARED", ROOT.parent / "shared"))
    parser = argparse.ArgumentParser(
        prog="python -m commands.check_focus", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--database", type=Path, default=ROOT / "apportion.duckdb")
    parser.add_argument(
        "--rules", type=Path, default=shared / "focus" / "rules", help="folder of model-1.3.json"
    )
    options = parser.parse_args(arguments)

    if not (options.rules / "model-1.3.json").exists():
        print(f"check-focus skipped: the FOCUS 1.3 rule model is not in {options.rules}")
        return 0
    python = validator_python()
    if python is None:
        print("check-focus skipped: focus-validator needs Python 3.12, and none was found")
        return 0
    if not options.database.exists():
        print(f"error: there is no {options.database}; make demo builds it.", file=sys.stderr)
        return 1
    allowed = yaml.safe_load((OURS / "allowed_failures.yml").read_text())
    faults = 0
    for view in VIEWS:
        rows = export(options.database, view)
        faults += report(validate(python, rows, options.rules), allowed, rows)
    return 1 if faults else 0


def validator_python() -> Path | None:
    """Return the Python of the validator's environment, made anew when its lock file has changed."""
    base = python_312()
    return separate_python("focus-validator", OURS / "requirements.lock", base) if base else None


def python_312() -> str | Path | None:
    """Return a Python 3.12; on a later one numpy 1, which the validator pins, would have to be compiled."""
    found = [shutil.which("python3.12"), *Path.home().glob(".pyenv/versions/3.12.*/bin/python")]
    for python in filter(None, [sys.executable if sys.version_info[:2] == (3, 12) else None, *found]):
        # pyenv puts a python3.12 on the PATH that may only say that it is not chosen.
        if run(python, "-c", "", capture_output=True).returncode == 0:
            return python
    return None


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess:
    """Run a program."""
    return subprocess.run(command, **options)


def export(database: Path, view: str) -> Path:
    """Write a view to Parquet: ids text, money decimal, times as FOCUS spells them."""
    WORK.mkdir(parents=True, exist_ok=True)
    rows = WORK / f"{view}.parquet"
    times = ", ".join(f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}" for name in TIMES)
    with duckdb.connect(database, read_only=True) as connection:
        connection.execute(f"copy (select * replace ({times}) from main.{view}) to '{rows}'")
    return rows


def validate(python: Path, rows: Path, rules: Path) -> dict[str, Result]:
    """Run every rule, conditional columns included."""
    answer = WORK / "results.json"
    run(python, OURS / "validate.py", rows, rules.resolve(), answer, check=True, stdout=subprocess.DEVNULL)
    return {rule: Result(**result) for rule, result in json.loads(answer.read_text()).items()}


def report(results: dict[str, Result], allowed: dict[str, dict[str, str]], rows: Path) -> int:
    """Print what is wrong and a summary; 1 where anything is wrong."""
    with duckdb.connect() as data:
        data.execute(f"create view focus_data as from '{rows}'")
        faults = [*unlisted(results, allowed), *untrue(results, allowed, data)]
        (count,) = data.execute("select count(*) from focus_data").fetchone()
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    passed = sum(result.ok and not result.skipped for result in results.values())
    skipped = sum(result.skipped for result in results.values())
    failed = [rule for rule, result in results.items() if not result.ok and not sums_up(result, results)]
    listed = sum(rule in allowed for rule in failed)
    print(
        f"FOCUS 1.3, {rows.stem}, {count} rows: {passed} rules passed, {listed} failed as listed, "
        f"{len(failed) - listed} failed unlisted, {skipped} not evaluated"
    )
    return 1 if faults else 0


def sums_up(result: Result, results: dict[str, Result]) -> bool:
    """Whether a rule fails only because a part of it does."""
    return not result.ok and any(not results[part].ok for part in result.parts)


def unlisted(results: dict[str, Result], allowed: dict[str, Any]) -> Iterator[str]:
    """Failures that no entry explains, with some of their rows."""
    for rule, result in results.items():
        if not result.ok and rule not in allowed and not sums_up(result, results):
            yield "\n    ".join([f"{rule} fails on {result.rows} rows: {result.text}", *result.examples])


def untrue(results: dict[str, Result], allowed: dict[str, dict[str, str]], data: Any) -> Iterator[str]:
    """Entries that do not tell what happens."""
    for rule, entry in allowed.items():
        result = results.get(rule)
        if result is None or result.ok:
            yield f"{rule} no longer fails: remove it from allowed_failures.yml."
            continue
        if result.rows != (expected := number(data, entry["fails_on"])):
            yield f"{rule} fails on {result.rows} rows, its entry explains {expected}: {entry['fails_on']}"
        if wrong := number(data, entry["breaks_on"]):
            yield f"{rule} is broken by {wrong} rows ({entry['breaks_on']}): {result.text}"


def number(data: Any, condition: str) -> int:
    """Count the rows of a condition."""
    return data.execute(f"select count(*) from focus_data where {condition}").fetchone()[0]


if __name__ == "__main__":
    sys.exit(main())
