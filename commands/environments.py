"""Environments of tools that check the project and are no dependency of it, each of its own lock file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess:
    """Run a program."""
    return subprocess.run(command, **options)


def python_of(name: str, lock: Path, base: str | Path) -> Path:
    """Return the Python of .venvs/<name>, made anew of `base` where its lock file has changed.

    Raises CalledProcessError where it cannot be made, as without a package registry.
    """
    environment = ROOT / ".venvs" / name
    python, made_from = environment / "bin" / "python", environment / "made-from.lock"
    if made_from.exists() and made_from.read_text() == lock.read_text():
        return python
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--quiet", "--clear", "--python", base, environment, check=True)
    install = (uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode")
    run(*install, "--python", python, lock, check=True)
    shutil.copyfile(lock, made_from)
    return python
