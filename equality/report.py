"""What a comparison found, as lines for a terminal and as a section of docs/equality.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from equality.run import Compared, Outcome, Report

# dbt's words for a node's status, in the order in which they are told.
STATUSES = ("success", "pass", "warn", "no-op", "skipped", "fail", "error")


def summary(report: Report) -> Iterator[str]:
    """One line per run."""
    for outcome in report.outcomes:
        if not outcome.compared:
            yield f"{outcome.title}: {nodes(outcome)}"
            continue
        same = sum(not found.differs for found in outcome.compared)
        yield (
            f"{outcome.title}: {same} of {len(outcome.compared)} relations are the same on DuckDB and "
            f"{report.engine.title}, {values(outcome):,} values, {amounts(outcome):,} of them amounts; "
            f"{nodes(outcome)}"
        )


def markdown(report: Report) -> str:
    """The section of an engine: the runs, the marts one by one, what was left out."""
    engine, world = report.engine, report.world
    lines = [
        f"`make equality ENGINE={engine.name} DAYS={world.days} SCALE={world.scale:g} WRITE=1` wrote this: "
        f"{engine.title} as {emulator_version(report)} plays it, {world.days} days of the sandbox company at "
        f"scale {world.scale:g}, {len(world.raw_schemas)} sources.",
        "",
        "| run | relations | the same | rows | values | amounts, to the last digit | "
        f"dbt on {engine.title} |",
        "| --- | --: | --: | --: | --: | --: | --- |",
    ]
    for outcome in report.outcomes:
        if not outcome.compared:
            lines.append(f"| {outcome.title} | | | | | | {nodes(outcome)} |")
            continue
        same = sum(not found.differs for found in outcome.compared)
        rows = sum(found.rows for found in outcome.compared)
        lines.append(
            f"| {outcome.title} | {len(outcome.compared)} | {same} | {rows:,} | {values(outcome):,} | "
            f"{amounts(outcome):,} | {nodes(outcome)} |"
        )
    lines += ["", "The marts, rows in each run; the other relations are summed up below them.", ""]
    titles = [outcome.title for outcome in compared_runs(report)]
    lines += [
        f"| relation | {' | '.join(titles)} | differs |",
        f"| --- |{' --: |' * len(titles)} --- |",
        *mart_rows(report),
        *layer_rows(report),
    ]
    lines += ["", f"What {engine.emulator} cannot run, so that it is not compared:", ""]
    left = {name for outcome in report.outcomes for name in outcome.left_out}
    lines += [f"- `{name}`: {reason}" for name, reason in sorted(report.exceptions.items())]
    if following := sorted(left - report.exceptions.keys()):
        lines.append(f"- and what follows from these: {', '.join(f'`{name}`' for name in following)}")
    if not report.exceptions:
        lines[-2:] = ["", f"{engine.emulator} runs every node: there is no exception."]
    return "\n".join(lines)


def mart_rows(report: Report) -> Iterator[str]:
    """One line per mart."""
    for name, found in by_name(report, "marts").items():
        yield f"| `{name}` | {' | '.join(counts(found, report))} | {told(found)} |"


def layer_rows(report: Report) -> Iterator[str]:
    """One line for each other layer, and one for each relation of it that differs."""
    for layer in sorted(
        {found.layer for outcome in report.outcomes for found in outcome.compared} - {"marts"}
    ):
        relations = by_name(report, layer)
        sums = [
            f"{sum(found.rows for found in outcome.compared if found.layer == layer):,}"
            for outcome in compared_runs(report)
        ]
        wrong = {
            name: found for name, found in relations.items() if any(each.differs for each in found.values())
        }
        yield f"| {layer}, {len(relations)} relations | {' | '.join(sums)} | {len(wrong) or 'nothing'} |"
        for name, found in wrong.items():
            yield f"| `{name}` | {' | '.join(counts(found, report))} | {told(found)} |"


def by_name(report: Report, layer: str) -> dict[str, dict[str, Compared]]:
    """The relations of a layer by name, each by the title of the run."""
    names = sorted(
        {found.name for outcome in report.outcomes for found in outcome.compared if found.layer == layer}
    )
    return {
        name: {
            outcome.title: found
            for outcome in report.outcomes
            for found in outcome.compared
            if found.name == name
        }
        for name in names
    }


def counts(found: dict[str, Compared], report: Report) -> list[str]:
    """The rows of a relation, run by run."""
    return [
        f"{found[outcome.title].rows:,}" if outcome.title in found else "left out"
        for outcome in compared_runs(report)
    ]


def told(found: dict[str, Compared]) -> str:
    """Whether a relation differs, in a cell."""
    wrong = [f"{title}: {each.differs}" for title, each in found.items() if each.differs]
    return " ".join(wrong).replace("\n", " ").replace("|", "\\|")[:300] or "nothing"


def compared_runs(report: Report) -> list[Outcome]:
    """The runs of which values were compared."""
    return [outcome for outcome in report.outcomes if outcome.compared]


def values(outcome: Outcome) -> int:
    """How many values a run compared."""
    return sum(found.values for found in outcome.compared)


def amounts(outcome: Outcome) -> int:
    """How many of them have decimals."""
    return sum(found.amounts for found in outcome.compared)


def nodes(outcome: Outcome) -> str:
    """How dbt's nodes ended."""
    return ", ".join(f"{outcome.statuses[word]} {word}" for word in STATUSES if outcome.statuses.get(word))


def emulator_version(report: Report) -> str:
    """The emulator with its version, as the lock file has it."""
    lock = (report.engine.folder / "requirements.lock").read_text()
    found = re.search(rf"^{report.engine.emulator}==(\S+)", lock, re.MULTILINE)
    return f"{report.engine.emulator} {found[1]}" if found else report.engine.emulator


def write_section(page: Path, name: str, section: str) -> None:
    """Replace what stands between the marks of an engine. Raises ValueError where the page has none."""
    begin, end = f"<!-- {name}: written by make equality -->", f"<!-- {name}: end -->"
    text = page.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{page}: the marks {begin} and {end} must each stand there once")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n\n{section}\n\n{end}{after}")
