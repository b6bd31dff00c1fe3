"""Run a contender in a process of its own and say what it cost: wall time, CPU seconds, peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What a process and its children cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    said: str = ""

    def as_dict(self) -> dict[str, float]:
        """The numbers alone."""
        return {name: round(value, 3) for name, value in asdict(self).items() if name != "said"}


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own.

    A child's peak memory starts at what its parent holds, so the parent of contenders must hold little.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def run(*command: str, folder: Path | None = None, environment: dict[str, str] | None = None) -> Cost:
    """Run a command; its failure is an error with the last of what it said."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        # This child's usage alone; RUSAGE_CHILDREN would give the largest child so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise SystemExit(f"error: {' '.join(command)} ended with {process.returncode}:\n{said[-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)
