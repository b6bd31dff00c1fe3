"""A copy of the dbt project that a test may edit, with a warehouse of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.project import copy_project

REPO = Path(__file__).parents[2]
# Days that tests load from the sandbox: sixteen, over a month's end.
SINCE, UNTIL = "2026-10-28", "2026-11-12"


class Project:
    """The dbt project in a folder of its own, and its DuckDB file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, folder / "warehouse.duckdb"
        copy_project(folder)

    @classmethod
    def found(cls, folder: Path) -> "Project":
        """The project that is in a folder already."""
        project = cls.__new__(cls)
        project.folder, project.database = folder, folder / "warehouse.duckdb"
        return project

    def copy(self, folder: Path) -> "Project":
        """This project and its warehouse once more."""
        shutil.copytree(self.folder, folder)
        return Project.found(folder)

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
        # dbt parses a project again from its beginning where the profile has changed: a copy's must not.
        here = {"APPORTION_DUCKDB_PATH": self.database.name} | (options.pop("environment", None) or {})
        command = [dbt, "--no-use-colors", *arguments, "--no-version-check"]
        return self.run(*command, environment=here, **options)

    def run_stored(self) -> str:
        """Run what holds rows: where only loaded data changed, each view still says what it said."""
        return self.dbt("run", "--exclude", "config.materialized:view")

    def build_models(self, *arguments, **options) -> str:
        """Seeds, snapshots and models as a scheduled run builds them; their tests take longer than they."""
        kinds = [option for kind in ("seed", "snapshot", "model") for option in ("--resource-type", kind)]
        return self.dbt("build", *kinds, *arguments, **options)

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
