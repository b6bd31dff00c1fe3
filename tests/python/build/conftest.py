"""A copy of the project that a test may edit, with a warehouse of its own, loaded from the sandbox."""

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
import requests

from ingestion.sandbox import Sandbox

REPO = Path(__file__).parents[3]
PARTS = (
    "models",
    "macros",
    "seeds",
    "snapshots",
    "analyses",
    "tests/dbt",
    "dbt_project.yml",
    "profiles.example.yml",
)
SINCE, UNTIL = "2026-10-28", "2026-11-12"


class Project:
    """The dbt project in a folder of its own, and its DuckDB file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, folder / "warehouse.duckdb"
        for part in PARTS:
            copy = shutil.copytree if (REPO / part).is_dir() else shutil.copy
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            if (REPO / part).exists():
                copy(REPO / part, folder / part)
        (folder / "profiles.example.yml").rename(folder / "profiles.yml")

    def copy(self, folder: Path) -> "Project":
        """This project and its warehouse once more."""
        shutil.copytree(self.folder, folder)
        again = Project.__new__(Project)
        again.folder, again.database = folder, folder / "warehouse.duckdb"
        return again

    def run(self, *command, environment=None, fails=False) -> str:
        """Run a command of the project's environment here; returns what it said."""
        settings = {
            "APPORTION_DUCKDB_PATH": str(self.database),
            "APPORTION_WORK": str(self.folder / ".work"),
            "PYTHONPATH": str(REPO),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | settings | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, said[-4000:]
        return said

    def dbt(self, *arguments, **options) -> str:
        dbt = str(Path(sys.executable).with_name("dbt"))
        return self.run(dbt, "--no-use-colors", *arguments, "--no-version-check", **options)

    def load(self, environment, *sources, since=SINCE, until=UNTIL) -> str:
        window = ["--since", since, "--until", until] if since else []
        command = [sys.executable, "-m", "ingestion", "run", *sources, *window, "--accept-fewer-rows"]
        return self.run(*command, environment=environment)

    def rows(self, sql):
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql):
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(sql)

    def edit(self, seed, old, new):
        path = self.folder / "seeds" / seed
        text = path.read_text()
        assert old in text, (seed, old)
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    with Sandbox(
        days=16, until=date.fromisoformat(UNTIL), scale=0.3, exports=tmp_path_factory.mktemp("exports")
    ) as running:
        yield running


@pytest.fixture(scope="session")
def built(tmp_path_factory, sandbox):
    """Sixteen days over a month's end, loaded and built with every test. Do not change it: copy it."""
    project = Project(tmp_path_factory.mktemp("built") / "project")
    project.load(sandbox.env)
    project.said = project.dbt("build")
    return project


@pytest.fixture
def project(built, tmp_path):
    """A copy of the built project."""
    return built.copy(tmp_path / "project")


@pytest.fixture
def restate(sandbox):
    """Change what the providers say; undone afterwards."""

    def post(**settings):
        requests.post(f"{sandbox.base_url}/sandbox/restate", json=settings, timeout=10).raise_for_status()

    yield post
    post(reset=True)


@pytest.fixture
def new_project(tmp_path):
    """A project whose warehouse does not exist yet."""
    return Project(tmp_path / "project")
