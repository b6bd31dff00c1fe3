"""The dbt project in a folder of its own, over a warehouse and seeds of the benchmark."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks import measure

REPO = Path(__file__).parents[1]
PARTS = ("models", "macros", "seeds", "snapshots", "analyses", "tests/dbt", "dbt_project.yml")


@dataclass(frozen=True)
class Run:
    """One dbt run: the process, and what its models took by run_results.json."""

    process: measure.Cost
    models: dict[str, float]
    span_seconds: float

    @property
    def sql_seconds(self) -> float:
        """The models' own time, summed."""
        return sum(self.models.values())

    def as_dict(self) -> dict[str, float]:
        """The numbers of the run as a whole."""
        return self.process.as_dict() | {
            "sql_seconds": round(self.sql_seconds, 3),
            "span_seconds": round(self.span_seconds, 3),
        }


def copy_project(folder: Path) -> None:
    """Copy the dbt project into a folder, with the example's profile; what was there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        source, target = REPO / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy(source, target)
    shutil.copy(REPO / "profiles.example.yml", folder / "profiles.yml")


class Project:
    """A copy of the project, so that seeds can change and no warehouse of a person is touched."""

    def __init__(self, folder: Path, database: Path, providers: tuple[str, ...] = ("focus",)) -> None:
        self.folder, self.database, self.providers = folder, database, providers
        copy_project(folder)

    @property
    def seeds(self) -> Path:
        """Its seeds."""
        return self.folder / "seeds"

    def dbt(self, *arguments: str) -> measure.Cost:
        """Run dbt over the bill alone, of these providers."""
        return measure.run(
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            *arguments,
            "--no-version-check",
            "--vars",
            f"{{providers: [{', '.join(self.providers)}]}}",
            folder=self.folder,
            environment={"APPORTION_DUCKDB_PATH": str(self.database), "APPORTION_TARGET": "duckdb"},
        )

    def run(self, *arguments: str) -> Run:
        """`dbt run` and the time of each model: the statements' own, without waiting for a free thread."""
        process = self.dbt("run", *arguments)
        results = json.loads((self.folder / "target/run_results.json").read_text())["results"]
        models, moments = {}, []
        for result in results:
            if not result["unique_id"].startswith("model."):
                continue  # what dbt runs before the first model
            for timing in result["timing"]:
                if timing["name"] == "execute":
                    began, ended = (
                        datetime.fromisoformat(timing[moment]) for moment in ("started_at", "completed_at")
                    )
                    models[result["unique_id"].rsplit(".", 1)[-1]] = (ended - began).total_seconds()
                    moments += [began, ended]
        return Run(process, models, (max(moments) - min(moments)).total_seconds())
