"""A change of three rules and one pool, and how to run make impact over it."""

import csv
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[3]
RULES, POOLS = "virtual_tags/virtual_tag_rules.csv", "allocation/shared_cost_pools.csv"
ADDED = "feature-vector,feature,20,semantic-index,,Pinecone" + "," * 22
# Two rules change and one is new; the pool's method changes.
EDITS = (
    (RULES, "pool-support,shared_pool,25,cloud-support,,,,,AWS Support,",
            "pool-support,shared_pool,25,cloud-support,,,,,AWS Business Support,"),
    (RULES, "team-console,team,60,developer-experience", "team-console,team,60,reliability"),
    (RULES, "pool-claude,shared_pool", f"{ADDED}\npool-claude,shared_pool"),
    (POOLS, "observability,even,,day", "observability,cost,,day"),
)  # fmt: skip


@dataclass
class Run:
    """What one run of the command left."""

    code: int
    said: str
    folder: Path
    project: Any
    # The warehouse, all its bytes in one, before and after the run.
    digests: tuple[str | None, str | None]

    @property
    def page(self):
        return (self.folder / "impact.md").read_text()

    def rows(self, name):
        with (self.folder / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))


def git(folder, *arguments):
    """Git with a name of its own, whatever the machine has."""
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def committed(project):
    """The project as the commit `main` of a repository."""
    git(project.folder, "init", "--quiet", "--initial-branch", "main")
    git(project.folder, "add", "seeds", "models", "macros", "dbt_project.yml")
    git(project.folder, "commit", "--quiet", "--message", "base")
    return project


def change(project):
    """Three rules and one pool."""
    for seed, old, new in EDITS:
        project.edit(seed, old, new)


def impact(project, *options, base="main", environment=None):
    """Run the command in a project."""
    settings = {
        "APPORTION_DUCKDB_PATH": str(project.database),
        "APPORTION_WORK": str(project.folder / ".work"),
        "PYTHONPATH": str(REPO),
        **(environment or {}),
    }
    before = digest(project.database)
    done = subprocess.run(
        [sys.executable, "-m", "commands.impact", "--base", base, *options],
        cwd=project.folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    digests = (before, digest(project.database))
    return Run(done.returncode, said, project.folder / ".work" / "impact", project, digests)


def digest(path):
    """All bytes of a file in one."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
