"""Build one world on DuckDB and on an engine, twice, and compare what came out.

The first run builds everything; the second meets a restated day, an emptied day and a changed rule, and is
incremental on both sides; a third, --empty, only has to pass. exceptions.yml of the engine names each node
that its emulator cannot run:

    <name of a model, seed, snapshot or test>: why, in a sentence

Such a node must fail, and what follows from it is left out and told. One that works is an error: the list may
not rot. tests/python/macros checks the SQL of all models, those too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from equality.compare import Table, difference, duckdb_table
from equality.engines import Engine
from equality.world import Build, World

# Snapshots tell when the warehouse ran, and hash that; whether a version has ended is compared.
MOMENTS_OF_A_SNAPSHOT = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from")
END_OF_A_VERSION = "dbt_valid_to"

WORKED = ("success", "pass", "warn")


@dataclass(frozen=True)
class Compared:
    """One relation in one run."""

    name: str
    layer: str  # marts, shared, intermediate, probes, seeds, snapshots
    rows: int
    values: int
    amounts: int  # values of a type with decimals
    differs: str | None


@dataclass
class Outcome:
    """One run: relations compared, how many nodes the engine built and tested, and what is wrong."""

    title: str
    compared: list[Compared] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Report:
    """Both runs over one world."""

    engine: Engine
    world: World
    exceptions: dict[str, str]
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """All that is wrong, each with its run."""
        return [f"{outcome.title}: {fault}" for outcome in self.outcomes for fault in outcome.faults]


def compare_builds(
    engine: Engine,
    world: World,
    tests: bool = True,
    say: Callable[[str], None] = print,
    after_each: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Run all builds. A difference is no exception but a fault of the report.

    tests        run the data tests on the engine too, in the first build
    after_each   is given the report as far as it goes, after each build
    Raises StepError or RuntimeError where loading, dbt or the emulator does not start.
    """
    report = Report(engine, world, exceptions_of(engine))
    with world:
        world.load()
        say(f"loaded {world.days} days at scale {world.scale:g}: {', '.join(world.raw_schemas)}")
        engine.start(world.folder / engine.emulator)
        try:
            world.outputs[engine.name] = engine.output(world.outputs[engine.name])
            report.outcomes.append(one_run(report, "full build", tests, say))
            after_each(report)
            world.change()
            report.outcomes.append(one_run(report, "incremental build", False, say))
            after_each(report)
            report.outcomes.append(one_run(report, "empty build", False, say, empty=True))
            after_each(report)
        finally:
            engine.stop()
    return report


def exceptions_of(engine: Engine) -> dict[str, str]:
    """The nodes that the emulator cannot run, with the reason."""
    return yaml.safe_load((engine.folder / "exceptions.yml").read_text()) or {}


def one_run(
    report: Report, title: str, tests: bool, say: Callable[[str], None], empty: bool = False
) -> Outcome:
    """Build on both sides and compare; what is built of no rows (empty) is not compared."""
    engine, world, outcome = report.engine, report.world, Outcome(title)

    def step(what: str, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        found = work()
        outcome.seconds[what] = time.monotonic() - began
        say(f"{title}: {what}, {outcome.seconds[what]:.0f} s")
        return found

    models = ["build", *(["--empty"] if empty else []), "--exclude-resource-type", "unit_test"]
    without_tests = [*models, "--exclude-resource-type", "test"]
    # What DuckDB answers is tested elsewhere; here it is the measure.
    ours: Build = step("DuckDB", lambda: world.dbt("duckdb", *without_tests))
    if not ours.passed:
        outcome.faults.append(f"dbt build fails on DuckDB:\n{ours.said[-2000:]}")
        return outcome
    if not empty:
        step("raw tables copied in", lambda: engine.copy_in(world.database, world.raw_schemas))
    theirs: Build = step(
        engine.title,
        lambda: world.dbt(
            engine.name, *(models if tests else without_tests), environment=engine.environment()
        ),
    )
    outcome.faults += unexpected(theirs, report.exceptions, engine)
    for status, _ in theirs.results.values():
        outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
    if empty:
        return outcome
    outcome.compared = step("compared", lambda: list(compared(engine, world, ours, theirs, outcome.left_out)))
    outcome.faults += [f"{found.name}: {found.differs}" for found in outcome.compared if found.differs]
    return outcome


def unexpected(build: Build, exceptions: dict[str, str], engine: Engine) -> Iterator[str]:
    """Nodes that fail unlisted, and listed ones that work or are not there."""
    names = {key: key.split(".")[2] for key in build.results}
    for key, (status, message) in build.results.items():
        if status not in (*WORKED, "skipped", "no-op") and names[key] not in exceptions:
            yield f"{key} fails on {engine.title}: {message.strip()[:1500]}"
        if status in WORKED and names[key] in exceptions:
            yield f"{names[key]} works on {engine.title}: remove it from {engine.folder.name}/exceptions.yml"
    known = {key.split(".")[2] for key in build.nodes}
    for name in exceptions.keys() - known:
        yield f"{name} of {engine.folder.name}/exceptions.yml is no node of the project"


def compared(
    engine: Engine, world: World, ours: Build, theirs: Build, left_out: list[str]
) -> Iterator[Compared]:
    """Every mart, every intermediate model, seed and snapshot; staging's views feed the latter."""
    with duckdb.connect(str(world.database), read_only=True) as connection:
        for key, node in sorted(ours.nodes.items()):
            layer = layer_of(node)
            if layer is None:
                continue
            name = node["name"]
            if theirs.results.get(key, ("missing", ""))[0] not in WORKED:
                left_out.append(name)
                continue
            expected = duckdb_table(connection, node["relation_name"])
            found = engine.table(theirs.nodes[key]["relation_name"])
            if node["resource_type"] == "snapshot":
                expected, found = without_moments(expected), without_moments(found)
            if layer == "probes":
                expected, found = expected.as_written(), found.as_written()
            told = difference(expected, found, ("DuckDB", engine.title))
            rows = len(expected.rows)
            decimals = sum(column.kind == "number" and column.scale != 0 for column in expected.columns)
            yield Compared(name, layer, rows, rows * len(expected.columns), rows * decimals, told)


def layer_of(node: dict[str, Any]) -> str | None:
    """What a node belongs to; None for what is not compared."""
    match node["resource_type"], Path(node["original_file_path"]).parts:
        case "model", ("models", "staging", *_):
            return None
        case "model", ("models", layer, *_):
            return layer
        case ("seed" | "snapshot") as kind, _:
            return f"{kind}s"
    return None


def without_moments(snapshot: Table) -> Table:
    """A snapshot without what the clock gave it, and for each version whether it has ended."""
    place = snapshot.names.index(END_OF_A_VERSION)
    rows = [(*row[:place], str(row[place] is not None), *row[place + 1 :]) for row in snapshot.rows]
    columns = list(snapshot.columns)
    columns[place] = type(columns[place])(END_OF_A_VERSION, "text")
    return Table(tuple(columns), rows).without(MOMENTS_OF_A_SNAPSHOT)
