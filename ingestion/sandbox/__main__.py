"""Run the provider sandbox until it is told to stop: python -m ingestion.sandbox --help."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import date
from pathlib import Path

from ingestion.sandbox.server import DEFAULT_EXPORTS, Sandbox


def main() -> None:
    """Start the sandbox, say what it offers, and wait for SIGTERM or SIGINT."""
    options = _parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with Sandbox(**vars(options)) as sandbox:
            print("\n".join(sandbox.offers))
            print(f"{sandbox.env_file}: the environment of a client", flush=True)
            threading.Event().wait()
    except (OSError, ValueError) as error:
        sys.exit(f"sandbox: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion.sandbox",
        description="Providers of an invented company on a loopback port, and their files.",
    )
    add = parser.add_argument
    add("--days", type=int, default=90, help="length of the window (90)")
    add("--until", type=date.fromisoformat, metavar="DAY", help="last day (yesterday, UTC)")
    add("--scale", type=float, default=1.0, help="how many calls, 1 for some 3,700 a day")
    add("--seed", type=int, default=7, help="another seed, another company history (7)")
    add("--port", type=int, default=0, help="port on 127.0.0.1 (any free one)")
    add("--exports", type=Path, default=DEFAULT_EXPORTS, metavar="DIR", help="folder of the files")
    add("--env-file", type=Path, metavar="FILE", help="written when ready (DIR/sandbox.env)")
    add("--no-rate-limit", dest="rate_limit", action="store_false", help="no 429 unasked")
    add("--settling", action="store_true", help="the two newest days grow while they are read")
    return parser


if __name__ == "__main__":
    main()
