"""Build ownership and allocation for two states of the seeds over the same facts, in a process of its own.

Each side is a DuckDB file that attaches the warehouse read-only. dbt's --defer finds there everything that
the changed seeds do not reach, so the fact is read and never built. One parse serves both sides: they differ
only in the CSVs, which dbt reads when it runs.

A process of its own, since dbt keeps DuckDB files open until its process ends.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult

from commands.impact import ImpactError
from ingestion.common.places import target

TARGET_MODEL = "fct_allocated_costs"
# What the comparison reads. All are tables, and all lead to TARGET_MODEL.
COMPARED = (
    "fct_allocated_costs",
    "dim_ownership",
    "dim_charge_attributes",
    "int_ownership__matches",
    "int_ownership__days",
    "int_costs__owned",
)
# The facts; a report that had to build them would compare something else than the warehouse.
FACTS = ("fct_charges", "int_costs__daily")
SIDES = ("before", "after")


class Project:
    """A copy of the project in a folder that may be thrown away; `order` says what to build."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.source, self.work = Path(order["project"]), Path(order["work"])
        self.warehouse = Path(order["warehouse"])
        self.seeds = {side: Path(order["seeds"][side]) for side in SIDES}
        self.folder = self.work / "project"
        self.settings = yaml.safe_load((self.source / "dbt_project.yml").read_text())
        # Any name but the warehouse's, which is attached beside it.
        self.database = f"{self.warehouse.stem}_impact"

    def copy(self) -> None:
        """Copy what dbt reads, with its times, so that a second run need not parse it again."""
        kinds = ("model", "macro", "seed", "snapshot", "analysis", "test", "docs", "asset")
        parts = {path for kind in kinds for path in self.settings.get(f"{kind}-paths", [])}
        kept = [*sorted(parts), "dbt_project.yml", "packages.yml", "dependencies.yml", "dbt_packages"]
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for part in kept:
            source, copied = self.source / part, self.folder / part
            copied.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copied)
            elif source.exists():
                shutil.copy2(source, copied)

    def use(self, side: str) -> None:
        """From here on dbt reads the seeds of this side and writes its file."""
        for path in self.seeds[side].rglob("*.csv"):
            shutil.copy2(path, self.folder / "seeds" / path.relative_to(self.seeds[side]))
        file = self.file(side)
        shutil.rmtree(file.parent, ignore_errors=True)
        file.parent.mkdir(parents=True)
        attached = {"path": str(self.warehouse), "alias": self.warehouse.stem, "read_only": True}
        output = self.output() | {"path": str(file)}
        output["attach"] = [*output.get("attach", []), attached]
        profile = {self.settings["profile"]: {"target": "duckdb", "outputs": {"duckdb": output}}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profile))

    def file(self, side: str) -> Path:
        """The DuckDB file of a side. Its name is the same on both, since the parsed project holds it."""
        return self.work / side / f"{self.database}.duckdb"

    def output(self) -> dict[str, Any]:
        """The user's own DuckDB settings: schema, threads, memory."""
        folders = [os.environ.get("DBT_PROFILES_DIR"), self.source, Path.home() / ".dbt"]
        files = [Path(folder) / "profiles.yml" for folder in folders if folder]
        file = next((file for file in files if file.exists()), None)
        if file is None:
            raise ImpactError("there is no profiles.yml; make setup copies profiles.example.yml to it")
        outputs = yaml.safe_load(file.read_text())[self.settings["profile"]]["outputs"]
        if outputs.get(target(), {}).get("type") != "duckdb":
            raise ImpactError(
                f"the target {target()} is no DuckDB in {file.name}, and impact attaches a DuckDB file; run "
                "it with APPORTION_TARGET=duckdb over a DuckDB copy of the warehouse"
            )
        return dict(outputs[target()])

    def dbt(self, command: str, *arguments: str, manifest: Any = None) -> dbtRunnerResult:
        """Run dbt in this process; only what parses need write the project down."""
        written = () if manifest is None else ("--no-write-json",)
        return dbtRunner(manifest=manifest).invoke(
            [
                *("--quiet", "--no-use-colors", "--log-level-file", "info", *written, command),
                *(
                    "--no-version-check",
                    "--project-dir",
                    str(self.folder),
                    "--profiles-dir",
                    str(self.folder),
                ),
                *("--target-path", str(self.work / "target"), "--log-path", str(self.work / "logs")),
                *arguments,
            ]
        )


def build(order: dict[str, Any]) -> dict[str, Any]:
    """Build both sides; says where each compared table lies."""
    project = Project(order)
    started = time.monotonic()
    project.copy()
    project.use("after")
    parsed = project.dbt("parse")
    if not parsed.success:
        raise ImpactError(f"dbt cannot parse the project: {parsed.exception}")
    manifest = parsed.result
    say(f"Parsed the project once for both sides, {time.monotonic() - started:.0f} s")
    relations = {
        node.name: (node.schema, node.alias)
        for node in manifest.nodes.values()
        if node.resource_type in ("model", "seed")
    }
    leading = names(project, manifest, "seed", f"+{TARGET_MODEL}")
    reaching = sorted(set(leading) & set(order["changed"]))
    stale = stale_seeds(project, {name: relations[name] for name in leading}, order["files"])
    result = {"reaching": reaching, "stale": sorted(set(stale) - set(reaching)), "seconds": {}, "built": []}
    if reaching:
        selection = [f"{seed}+,+{TARGET_MODEL}" for seed in stale]
        result["built"] = names(project, manifest, "model", *selection)
        refuse_facts(result["built"], stale)
        write_state(project)
        for side in SIDES:
            say(f"Building {side}: {len(stale)} seeds, {len(result['built'])} models …", end="")
            result["seconds"][side] = build_side(project, manifest, side, selection)
            say(f" {result['seconds'][side]:.0f} s")
    result["tables"] = {side: tables(project, side, relations, result["built"]) for side in SIDES}
    return result


def names(project: Project, manifest: Any, kind: str, *selection: str) -> list[str]:
    """The names of nodes of a kind that dbt selects."""
    arguments = ("--output", "name", "--resource-type", kind, "--select", *selection)
    with redirect_stdout(StringIO()):
        found = project.dbt("ls", *arguments, manifest=manifest)
    if not found.success:
        raise ImpactError(f"dbt cannot list the project: {found.exception}")
    return sorted(found.result)


def stale_seeds(project: Project, seeds: dict[str, tuple[str, str]], files: dict[str, str]) -> list[str]:
    """Seeds that differ between the sides, or from what the warehouse was built with.

    The rest is read from the warehouse. One that the warehouse has otherwise must be built too, or both sides
    would be owned by rules that stand in neither.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach {quoted(project.warehouse)} as warehouse (read_only)")
        return sorted(
            name
            for name, (schema, alias) in seeds.items()
            if not all(
                holds(connection, f'warehouse."{schema}"."{alias}"', project.seeds[side] / files[name])
                for side in SIDES
            )
        )


def holds(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> bool:
    """Whether a seed's table has the rows of a CSV."""
    try:
        types = {name: kind for name, kind, *_ in connection.execute(f"describe {table}").fetchall()}
        columns = ", ".join(f"{quoted(name)}: 'varchar'" for name in types)
        casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
        rows = f"read_csv({quoted(path)}, header = true, auto_detect = false, columns = {{{columns}}})"
        csv, stored = f"select {casts} from {rows}", f"select * from {table}"
        difference = f"(({csv}) except all ({stored})) union all (({stored}) except all ({csv}))"
        return connection.execute(f"select count(*) from ({difference})").fetchone() == (0,)
    except duckdb.Error:
        # No such table, or columns that do not fit: then it is built.
        return False


def refuse_facts(models: list[str], seeds: list[str]) -> None:
    """The facts are what both sides share."""
    if reached := [name for name in FACTS if name in models]:
        raise ImpactError(
            f"a change of {', '.join(seeds)} would build {', '.join(reached)} again, and impact compares "
            "over the facts as they are; keep seeds out of what the facts are built from"
        )


def write_state(project: Project) -> None:
    """What --defer reads: the parsed project with every relation in the warehouse."""
    manifest = json.loads((project.work / "target" / "manifest.json").read_text())
    for node in manifest["nodes"].values():
        node["database"] = project.warehouse.stem
        if node.get("relation_name"):
            own, attached = f'"{project.database}"', f'"{project.warehouse.stem}"'
            node["relation_name"] = node["relation_name"].replace(own, attached, 1)
    folder = project.work / "state"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def build_side(project: Project, manifest: Any, side: str, selection: list[str]) -> float:
    """Build one side; the seconds that it took."""
    started = time.monotonic()
    project.use(side)
    kinds = ("--resource-type", "seed", "--resource-type", "model")
    deferred = ("--defer", "--state", str(project.work / "state"))
    done = project.dbt("build", *deferred, *kinds, "--select", *selection, manifest=manifest)
    if done.success:
        return time.monotonic() - started
    results = done.result.results if done.result else []
    wrong = [f"{r.node.name}: {r.message}" for r in results if str(r.status) in ("error", "fail")]
    raise ImpactError(
        f"dbt could not build the side {side}: "
        + "\n    ".join(wrong or [str(done.exception)])
        + f"\n    The log is in {project.work / 'logs'}. Where a table or column is missing, the warehouse "
        "is older than the project: make build"
    )


def tables(
    project: Project, side: str, relations: dict[str, tuple[str, str]], built: list[str]
) -> dict[str, dict[str, str]]:
    """Where each compared table lies: in the side's file where it was built, else in the warehouse."""
    return {
        name: {
            "file": str(project.file(side) if name in built else project.warehouse),
            "schema": relations[name][0],
            "table": relations[name][1],
        }
        for name in COMPARED
    }


def quoted(text: object) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def say(text: str, end: str = "\n") -> None:
    """Print progress at once."""
    print(text, end=end, flush=True)


def main(order: Path) -> int:
    """Do what an order file says; the answer lies beside it."""
    try:
        answer = build(json.loads(order.read_text()))
    except ImpactError as error:
        print(f"\nerror: {error}.", file=sys.stderr)
        return 1
    order.with_name("built.json").write_text(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
