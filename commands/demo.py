"""make demo: start the provider sandbox, load, check the seeds, build, stop the sandbox, print the page.

Everything that is started here is stopped here, whatever happens in between.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(".work/sandbox")
READY_WITHIN = 60.0


@contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """A running provider sandbox; gives the environment of its clients."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    ready = FOLDER / "sandbox.env"
    ready.unlink(missing_ok=True)
    log = FOLDER / "sandbox.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingestion.sandbox", "--exports", str(FOLDER)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        waited_until = time.monotonic() + READY_WITHIN
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > waited_until:
                raise SystemExit(f"error: the sandbox did not start; {log} tells why")
            time.sleep(0.05)
        yield dict(pair.split("=", 1) for pair in shlex.split(ready.read_text()))
    finally:
        process.terminate()
        process.wait(timeout=20)


def step(what: str, *command: str, environment: dict[str, str] | None = None) -> None:
    """Run one step; its failure ends the demo with its own message and exit code."""
    print(f"\n== {what}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, env=os.environ | (environment or {}), check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    print(f"   {time.monotonic() - started:.0f} s", flush=True)


def main() -> None:
    """Run the demo."""
    python = sys.executable
    dbt = str(Path(python).with_name("dbt"))
    print("== Starting the provider sandbox: 90 days of an invented company", flush=True)
    with sandbox() as environment:
        # Whatever the sandbox plays is configured by its environment.
        settings = [name.split("__") for name in environment]
        sources = sorted({words[1].lower() for words in settings if words[0] == "SOURCES"})
        step(
            "Loading its bills and usage", python, "-m", "ingestion", "run", *sources, environment=environment
        )
    step("Checking the seeds", python, "-m", "commands.check_seeds")
    # Unit tests judge the code, not the data: make test has them.
    step("Building", dbt, "--quiet", "build", "--no-version-check", "--exclude-resource-type", "unit_test")
    step("Answers", python, "-m", "commands.report")
    step("Score", python, "-m", "commands.score")


if __name__ == "__main__":
    main()
