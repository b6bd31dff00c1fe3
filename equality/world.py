"""A DuckDB warehouse of the provider sandbox, and the change that a second, incremental run meets.

Loaded over HTTP and files by `python -m ingestion` into a copy of the project, so that seeds can change and
no warehouse of a person is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import requests
import yaml

from benchmarks.project import copy_project
from ingestion.sandbox import Sandbox

REPO = Path(__file__).parents[1]

# Values on the edge for every macro, which the sandbox does not bring: built and compared like models.
PROBES = REPO / "tests" / "python" / "macros" / "probes"

# Over a month's end, so that months, closed rates and invoices of both are there.
UNTIL = date(2026, 11, 3)

# The change of the second run: a restated day, an emptied one, a rule that gives a key to another feature.
RESTATED = {"provider": "openai", "day": str(UNTIL - timedelta(days=1)), "factor": "1.25"}
EMPTIED = {"withdraw": {"provider": "anthropic", "day": str(UNTIL)}}
RULES = Path("seeds/virtual_tags/virtual_tag_rules.csv")
RULE, CHANGED_RULE = (
    f"feature-key-answers,feature,20,{feature}" for feature in ("search-answers", "doc-chat")
)

# Who asks on each engine, by what it says of a session; all of them may see the same part of the marts.
READERS = Path("seeds/access/readers.csv")
ASKING = ("duckdb", "anonymous", "MADE_UP")
SEEN = ("team,documents", "feature,contract-review")


class StepError(Exception):
    """A command of the run failed; its text is what the command said."""


@dataclass
class Build:
    """One dbt command: whether all of it passed, what it said, and each node's status and message."""

    passed: bool
    said: str
    results: dict[str, tuple[str, str]]
    manifest: dict[str, Any]

    @property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Models, seeds, snapshots and tests by their unique id."""
        return self.manifest["nodes"]


@dataclass
class World:
    """A project of its own, its DuckDB file, and the sandbox that bills it; use it as a context manager.

    folder     everything is written here, and what was there before is removed
    days       length of the window, up to UNTIL
    scale      how many calls a day, 1 for some 3,700
    sources    what is loaded; none is all that the sandbox plays
    providers  what is built, as in vars.providers; none is what dbt_project.yml says
    """

    folder: Path
    days: int = 5
    scale: float = 0.1
    sources: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    time_of_run: str = ""
    _running: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> World:
        """Make the project and start the sandbox."""
        shutil.rmtree(self.folder, ignore_errors=True)
        copy_project(self.project)
        probes = self.project / "models" / "probes"
        probes.mkdir()
        for file in PROBES.glob("*.sql"):
            shutil.copy(file, probes / f"probe_{file.name}")
        with (self.project / READERS).open("a") as readers:
            readers.writelines(f"{reader},{seen},\n" for reader in ASKING for seen in SEEN)
        # The profile of the project itself; an engine puts its host into a copy.
        example = (self.project / "profiles.yml").read_text()
        self.outputs = yaml.safe_load(example)["apportion"]["outputs"]
        self.sandbox = self._running.enter_context(
            Sandbox(
                days=self.days,
                until=UNTIL,
                scale=self.scale,
                exports=self.folder / "exports",
                rate_limit=False,
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the sandbox; files stay."""
        self._running.close()

    @property
    def project(self) -> Path:
        """The copy of the project."""
        return self.folder / "project"

    @property
    def database(self) -> Path:
        """The DuckDB file with the raw tables and what dbt built of them."""
        return self.folder / "warehouse.duckdb"

    @property
    def raw_schemas(self) -> list[str]:
        """The schemas that loading filled, dlt's staging left out."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            found = connection.execute(
                "select distinct table_schema from information_schema.tables where starts_with(table_schema, "
                "'raw_') and not ends_with(table_schema, '_staging') order by 1"
            ).fetchall()
        return [schema for (schema,) in found]

    def load(self, *sources: str, since: date | None = None) -> None:
        """Load sources (default: all that the world has) from `since`, or the whole window."""
        configured = {
            name.split("__")[1].lower() for name in self.sandbox.env if name.startswith("SOURCES__")
        }
        first = since or UNTIL - timedelta(days=self.days - 1)
        window = ["--since", str(first), "--until", str(UNTIL), "--accept-fewer-rows"]
        command = [sys.executable, "-m", "ingestion", "run", *(sources or self.sources or sorted(configured))]
        done = self._run([*command, *window], {"APPORTION_TARGET": "duckdb"} | self.sandbox.env)
        if done.returncode:
            raise StepError(f"loading failed:\n{done.stdout[-4000:]}")
        self.time_of_run = self.time_of_run or datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def change(self) -> None:
        """Restate a day, empty another, load both again, and change a rule."""
        for what in (RESTATED, EMPTIED):
            requests.post(
                f"{self.sandbox.base_url}/sandbox/restate", json=what, timeout=30
            ).raise_for_status()
        self.load(
            RESTATED["provider"], EMPTIED["withdraw"]["provider"], since=date.fromisoformat(RESTATED["day"])
        )
        rules = (self.project / RULES).read_text()
        if rules.count(RULE) != 1:
            raise StepError(f"{RULES}: the rule to change ({RULE}) stands there {rules.count(RULE)} times")
        (self.project / RULES).write_text(rules.replace(RULE, CHANGED_RULE))

    def dbt(self, target: str, *arguments: str, environment: dict[str, str] | None = None) -> Build:
        """Run dbt for one target; a failing node is no error here, but a dbt that does not start is.

        The moment of the run is a variable, the same for all targets, so that logs of seeds can be compared.
        It stays what it was in the second run: another value would make dbt parse everything again.
        """
        (self.project / "profiles.yml").write_text(
            yaml.safe_dump({"apportion": {"target": target, "outputs": self.outputs}})
        )
        folder = self.folder / f"target-{target}"
        results = folder / "run_results.json"
        results.unlink(missing_ok=True)
        settings = {"APPORTION_TARGET": target, "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
        variables: dict[str, Any] = {"time_of_run": self.time_of_run}
        if self.providers:
            variables["providers"] = list(self.providers)
        command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments]
        done = self._run(
            [*command, "--no-version-check", "--vars", json.dumps(variables)], settings | (environment or {})
        )
        if not results.exists():
            raise StepError(f"dbt {arguments[0]} did not run on {target}:\n{done.stdout[-4000:]}")
        found = json.loads(results.read_text())["results"]
        return Build(
            done.returncode == 0,
            done.stdout,
            {result["unique_id"]: (result["status"], result["message"] or "") for result in found},
            json.loads((folder / "manifest.json").read_text()),
        )

    def _run(self, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        settings = {
            "APPORTION_DUCKDB_PATH": str(self.database),
            "APPORTION_WORK": str(self.folder / ".work"),
            "PYTHONPATH": str(REPO),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }
        return subprocess.run(
            command,
            cwd=self.project,
            env=os.environ | settings | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
