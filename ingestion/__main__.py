"""python -m ingestion run [SOURCE ...] [--since DAY] [--until DAY] | list | status [SOURCE ...] [--days N].

Exit code 0: everything asked for was loaded. 1: a source failed, its tables are as they were; or, of status,
a source is late.
2: the call or a setting is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from ingestion.common.errors import IngestionError
from ingestion.common.windows import Window, parse_day, yesterday


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, and turn errors into one message and an exit code."""
    options = parser().parse_args(arguments)
    try:
        return options.command(options)
    except IngestionError as error:
        tell(error, options)
        return error.exit_code


def tell(error: IngestionError, options: argparse.Namespace) -> None:
    """Print the one message; with --trace also where in the code it arose."""
    if getattr(options, "trace", False):
        traceback.print_exception(error)
    print(f"error: {error}", file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m ingestion", description=__doc__.split("\n\n")[1])
    commands = top.add_subparsers(required=True, metavar="run | list | status")
    run = commands.add_parser("run", help="load sources into raw_<source>")
    run.add_argument("sources", nargs="*", metavar="SOURCE", help="default: all that are configured")
    run.add_argument("--since", metavar="DAY", help="first day (UTC, included), like 2026-02-01")
    run.add_argument("--until", metavar="DAY", help="last day (included); default: yesterday")
    run.add_argument(
        "--accept-fewer-rows",
        action="store_true",
        help="load even where a window shrinks to less than half of its rows",
    )
    run.add_argument("--trace", action="store_true", help="show where in the code an error arose")
    run.set_defaults(command=run_sources)
    commands.add_parser("list", help="sources, their tables, grain and needs").set_defaults(
        command=list_sources
    )
    status = commands.add_parser("status", help="how far each source was loaded, from its load log")
    status.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="default: all that are configured or loaded"
    )
    status.add_argument(
        "--days", type=int, default=3, metavar="N", help="late is more than so many days behind yesterday (3)"
    )
    status.set_defaults(command=show_status)
    return top


def run_sources(options: argparse.Namespace) -> int:
    """Load the named sources, or all configured ones, one after the other."""
    from ingestion.common.pipeline import FIRST_READ_DAYS, run_source
    from ingestion.sources import all_sources, source_named

    window = None
    if options.since or options.until:
        until = parse_day(options.until) if options.until else yesterday()
        since = parse_day(options.since) if options.since else None
        window = Window(since or Window.ending(until, FIRST_READ_DAYS).since, until)
    if options.sources:
        chosen = [source_named(name) for name in options.sources]
    else:
        chosen = [source for source in all_sources().values() if not source.missing()]
        for source in all_sources().values():
            if missing := source.missing():
                variables = ", ".join(need.variable(source.name) for need in missing)
                print(f"{source.name}: left out, not configured ({variables})", flush=True)
        if not chosen:
            raise IngestionError(
                "no source is configured",
                mend="`python -m ingestion list` tells what each needs",
                exit_code=2,
            )
    failed = 0
    for source in chosen:
        started = time.monotonic()
        print(f"{source.name}: reading", flush=True)
        try:
            rows = run_source(source, window, accept_fewer_rows=options.accept_fewer_rows)
        except IngestionError as error:
            tell(error, options)
            failed = max(failed, error.exit_code)
            continue
        counted = ", ".join(f"{table} {count:,}" for table, count in rows.items() if table != "load_log")
        print(f"{source.name}: loaded in {time.monotonic() - started:.1f} s: {counted}", flush=True)
    return failed


def list_sources(_: argparse.Namespace) -> int:
    """Print every source with its tables, their grain, and what it needs."""
    from ingestion.sources import all_sources

    for source in all_sources().values():
        print(f"{source.name}: {source.summary}")
        for table in source.tables:
            restated = f"; last {table.restated_days} days read again" if table.restated_days else ""
            print(f"  raw_{source.name}.{table.name}: one row per {table.grain}{restated}")
        for need in source.needs:
            state = "set" if source.setting(need.key) else "missing"
            print(f"  needs {need.variable(source.name)}: {need.meaning} ({state})")
        print()
    return 0


def show_status(options: argparse.Namespace) -> int:
    """Print how far each source was loaded; 1 where one of them is late or was never loaded.

    fct_source_freshness says the same once dbt has built; this asks the load logs before.
    """
    from ingestion.common.pipeline import LOAD_LOG, pipeline_for, rows_of
    from ingestion.common.source import DAY
    from ingestion.sources import all_sources, source_named

    named = [source_named(name) for name in options.sources]
    late = 0
    for source in named or all_sources().values():
        columns = (f"max({DAY})", "max(read_at)")
        found = rows_of(pipeline_for(source), LOAD_LOG.name, columns)
        last_day, read_at = found[0] if found else (None, None)
        if last_day is None:
            if named or not source.missing():
                print(f"{source.name}: never loaded")
                late = 1
            continue
        behind = max((yesterday() - last_day).days, 0)
        state = "late" if behind > options.days else "fresh"
        late = max(late, int(state == "late"))
        print(f"{source.name}: {state}, loaded up to {last_day} ({behind} days behind), read {read_at:%F %T}")
    return late


if __name__ == "__main__":
    sys.exit(main())
