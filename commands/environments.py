"""Virtual environments beside .venv, for tools that do not fit into it: locked, made on first use."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def separate_python(name: str, lock: Path, base: str | Path = sys.executable) -> Path:
    """Return the Python of .venvs/<name>, made anew when its lock file has changed; others wait meanwhile.

    name   folder in .venvs
    lock   requirements with hashes, made by `make lock`
    base   the Python that it is made of
    Raises subprocess.CalledProcessError where uv cannot make it; uv has then said why.
    """
    environment = ROOT / ".venvs" / name
    python, made_from = environment / "bin" / "python", environment / "made-from.lock"
    environment.parent.mkdir(exist_ok=True)
    with (environment.parent / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made_from.exists() or made_from.read_text() != lock.read_text():
            uv = Path(sys.executable).with_name("uv")
            subprocess.run((uv, "venv", "--quiet", "--clear", "--python", base, environment), check=True)
            install = (uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode")
            subprocess.run((*install, "--python", python, lock), check=True)
            shutil.copyfile(lock, made_from)
    return python
