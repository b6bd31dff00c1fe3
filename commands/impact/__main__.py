"""make impact BASE=<git ref>: what the change of seeds/ since that ref moves, in money.

Exit codes: 0 the report is written (or nothing differs), 1 an error and no report, 2 the report is written
and more cost is owned by nobody than --max-unallocated-increase allows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import yaml

from commands import check_seeds
from commands.impact import ImpactError, findings, report
from commands.impact.moves import Moves
from commands.impact.states import States, read_states
from ingestion.common.places import duckdb_path, target, work_folder

DONE, FAILED, TOO_MUCH = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """A wrong call is an error like any other; 2 means something else here."""

    def error(self, message: str) -> NoReturn:
        """Print how to call it."""
        self.print_usage(sys.stderr)
        self.exit(FAILED, f"error: {message}\n")


def points(text: str) -> Decimal:
    """Percentage points as people write them."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or number < 0:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of percentage points; write one like 0.5')
    return number


def main(arguments: list[str] | None = None) -> int:
    """Compare, write, say what was found."""
    parser = Parser(prog="python -m commands.impact", description=__doc__.split("\n\n")[0])
    parser.add_argument("--base", required=True, help="git ref to compare with, for example main")
    parser.add_argument(
        "--max-unallocated-increase",
        type=points,
        metavar="POINTS",
        help="percentage points of effective cost that may lose their owner; above it the exit code is 2",
    )
    parser.add_argument(
        "--output", type=Path, default=work_folder() / "impact", help="folder of impact.md and the CSVs"
    )
    options = parser.parse_args(arguments)
    try:
        return run(Path.cwd(), options)
    except ImpactError as error:
        print(f"error: {error}.", file=sys.stderr)
        return FAILED


def run(folder: Path, options: argparse.Namespace) -> int:
    """The steps, each told as it starts."""
    report.clear(options.output)
    if check_seeds.main(folder):
        raise ImpactError("the seeds do not fit their schemas; mend the lines above, then compare")
    # A state of its own: an interrupted run leaves nothing that the next one reads.
    work = (work_folder() / "impact-build").absolute()
    for name in ("base", "spill", "before", "after", "built.json"):
        old = work / name
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    states = read_states(folder, options.base, work / "base")
    if not states.changes:
        report.nothing(options.base, states.commit, options.output)
        print(f"No row under seeds/ differs from {options.base} ({states.commit[:9]}): no cost moves")
        return DONE
    for name, found in states.changes.items():
        print(f"{states.after[name].file}: {len(found)} rows differ from {options.base}", flush=True)
    warehouse = existing_warehouse()
    built = build(folder, states, warehouse, work)
    started = time.monotonic()
    print("Comparing …", end="", flush=True)
    moves = Moves(built, work, states.tags)
    try:
        variables = yaml.safe_load((folder / "dbt_project.yml").read_text())["vars"]
        impact = findings.find(states, built, moves, variables["reporting_currency"])
        page = report.write(impact, options.output)
    finally:
        moves.close()
    print(f" {time.monotonic() - started:.0f} s")
    return told(impact, page, options.max_unallocated_increase)


def existing_warehouse() -> Path:
    """The DuckDB file, which must be there, built, and free to be read."""
    if target() != "duckdb":
        raise ImpactError(
            f"APPORTION_TARGET is {target()}, and impact attaches a DuckDB file; run it with "
            "APPORTION_TARGET=duckdb over a DuckDB copy of the warehouse"
        )
    path = duckdb_path()
    if not path.exists():
        raise ImpactError(
            f"there is no warehouse at {path}; make demo or make build makes one, and APPORTION_DUCKDB_PATH "
            "says where"
        )
    try:
        with duckdb.connect(path, read_only=True) as connection:
            sql = "select count(*) from information_schema.tables where table_name = 'fct_allocated_costs'"
            if connection.execute(sql).fetchone() == (0,):
                raise ImpactError(f"{path} holds no fct_allocated_costs; build it first: make build")
    except duckdb.Error as error:
        raise ImpactError(
            f"{path} cannot be read ({str(error).splitlines()[0]}); end the process that has it "
            "open, or build it again"
        ) from error
    return path


def build(folder: Path, states: States, warehouse: Path, work: Path) -> dict[str, Any]:
    """Build both sides in a process of their own; what it answered."""
    order = {
        "project": str(folder),
        "work": str(work),
        "warehouse": str(warehouse),
        "seeds": {"before": str(work / "base" / "seeds"), "after": str(folder / "seeds")},
        "files": {name: str(Path(seed.file).relative_to("seeds")) for name, seed in states.after.items()},
        "changed": sorted(states.changes),
    }
    (work / "order.json").write_text(json.dumps(order))
    done = subprocess.run([sys.executable, "-m", "commands.impact.sides", work / "order.json"], check=False)
    if done.returncode:
        raise ImpactError("the two sides were not built; the message above says why")
    return json.loads((work / "built.json").read_text())


def told(impact: findings.Impact, page: Path, most: Decimal | None) -> int:
    """Print the short answer; the exit code."""
    print(f"{report.money(impact.moved)} {impact.currency} changes owner or pool; {page} tells which")
    for month in impact.closed:
        amount = f"{report.money(month.moved)} {impact.currency}"
        print(f"warning: {month.period} is closed, and {amount} would move in it", file=sys.stderr)
    # As published: a unit in the last place, which another order of a split moves, is no lost owner.
    grown = report.percent(impact.increase, report.SHARE_DECIMALS)
    if most is not None and grown > most:
        print(
            f"error: what nobody owns grows by {grown.normalize():f} percentage points, more than the "
            f"{most.normalize():f} allowed; give it an owner, or raise --max-unallocated-increase.",
            file=sys.stderr,
        )
        return TOO_MUCH
    return DONE


if __name__ == "__main__":
    sys.exit(main())
