"""One new day onto a short and a long history, as a scheduled run does it: files to allocated costs."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import measure
from benchmarks.project import REPO, Project
from benchmarks.world import DAYS, World, write_lines, write_seeds
from ingestion.sources.focus import focus_columns

HISTORIES = (10, DAYS - 1)
SELECTION = ("--select", "+fct_allocated_costs")


def write_days(world: World, folder: Path) -> None:
    """The bill as one FOCUS file a day, days/000.parquet and on."""
    database = folder / "days.duckdb"
    write_lines(world, database)
    shutil.rmtree(folder / "days", ignore_errors=True)
    (folder / "days").mkdir()
    columns = ", ".join(
        f'{name} as "{name.title().replace("_", "")}"'
        for name in focus_columns()
        if not name.startswith("x_")
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        for day in range(DAYS):
            connection.execute(f"""
                copy (
                    select {columns} from raw_focus.cost_and_usage
                    where charge_date = (select min(charge_date) + {day} from raw_focus.cost_and_usage)
                ) to '{folder}/days/{day:03}.parquet' (format parquet)
            """)
    database.unlink()


@dataclass
class History:
    """A warehouse with so many days in it, and what another day costs."""

    days: int
    folder: Path
    world: World

    def built(self) -> Project:
        """Load the days, build everything."""
        shutil.rmtree(self.exports, ignore_errors=True)
        self.exports.mkdir(parents=True)
        for day in range(self.days):
            self.arrives(day)
        database = self.folder / f"history_{self.days}.duckdb"
        database.unlink(missing_ok=True)
        project = Project(self.folder / f"history_{self.days}", database)
        write_seeds(self.world, project.seeds)
        self.load(project)
        project.dbt("seed")
        project.run(*SELECTION)
        return project

    @property
    def exports(self) -> Path:
        """The folder that the source reads."""
        return self.folder / f"exports_{self.days}"

    def arrives(self, day: int) -> None:
        """The provider writes a day."""
        (self.exports / f"{day:03}.parquet").hardlink_to(self.folder / f"days/{day:03}.parquet")

    def load(self, project: Project) -> measure.Cost:
        """Run the source."""
        return measure.run(
            *(sys.executable, "-m", "ingestion", "run", "focus"),
            folder=REPO,
            environment={
                "APPORTION_DUCKDB_PATH": str(project.database),
                "APPORTION_TARGET": "duckdb",
                "APPORTION_WORK": str(self.folder / "work"),
                "SOURCES__FOCUS__BUCKET_URL": str(self.exports),
            },
        )

    def another_day(self, project: Project) -> dict[str, Any]:
        """What the next day costs: its load, and the models."""
        self.arrives(self.days)
        load, models = self.load(project), project.run(*SELECTION)
        return {
            "wall_seconds": round(load.wall_seconds + models.process.wall_seconds, 3),
            "cpu_seconds": round(load.cpu_seconds + models.process.cpu_seconds, 3),
            "sql_seconds": round(models.sql_seconds, 3),
            "load": load.as_dict(),
            "models": models.as_dict(),
        }


def measured(world: World, folder: Path) -> dict[int, dict[str, Any]]:
    """What one day costs, by the days that were there before."""
    measure.apart(write_days, world, folder)
    histories = [History(days, folder, world) for days in HISTORIES]
    projects = [history.built() for history in histories]
    return {
        history.days: history.another_day(project)
        for history, project in zip(histories, projects, strict=True)
    }
