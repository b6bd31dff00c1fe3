"""python -m equality snowflake|bigquery [--days N] [--scale X] [--write]: is every number DuckDB's?

Exit code 0: every compared value is the same. 1: something differs, or the engine's exceptions are not true.
2: loading, dbt or the emulator does not start.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from equality.engines import NAMES, engine_named
from equality.report import markdown, summary, write_section
from equality.run import Report, compare_builds
from equality.world import REPO, StepError, World

WORK = Path(".work/equality")
PAGE = REPO / "docs" / "equality.md"


def main(arguments: list[str] | None = None) -> int:
    """Run both builds, print what is wrong and a summary, write the page if asked to."""
    parser = argparse.ArgumentParser(prog="python -m equality", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("engine", choices=NAMES, help="the warehouse that is compared with DuckDB")
    add("--days", type=int, default=5, help="length of the sandbox's window (5)")
    add("--scale", type=float, default=0.1, help="how many calls, 1 for some 3,700 a day (0.1)")
    add("--write", action="store_true", help=f"put the tables into {PAGE.relative_to(REPO)}")
    add("--no-tests", dest="tests", action="store_false", help="leave dbt's data tests out")
    options = parser.parse_args(arguments)
    engine = engine_named(options.engine)
    world = World(WORK.absolute() / options.engine, days=options.days, scale=options.scale)
    try:
        report = compare_builds(
            engine,
            world,
            tests=options.tests,
            say=lambda line: print(line, flush=True),
            after_each=write if options.write else lambda report: None,
        )
    except (StepError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("\n".join(summary(report)))
    for fault in report.faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if report.faults else 0


def write(report: Report) -> None:
    """Put what is known so far into the page."""
    write_section(PAGE, report.engine.name, markdown(report))
    print(f"wrote {PAGE.relative_to(REPO)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
