"""docs/benchmarks.md from what was found: a table a section, and how the whole path grows as a chart.

Sections that a run leaves out keep what the last run found: docs/benchmarks.json holds the numbers of all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
PAGE, KEPT = DOCS / "benchmarks.md", DOCS / "benchmarks.json"
BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
# What of the whole path is drawn and has an exponent, and the name it is found under.
OF_THE_PATH = {
    "SQL seconds": "apportion: models' SQL seconds (first start to last end)",
    "SQL seconds by hand": "by hand: SQL seconds",
    "CPU seconds": "apportion: CPU seconds without dbt's start",
    "peak MiB": "apportion: peak MiB",
}
DRAWN = ("SQL seconds", "SQL seconds by hand")


def write(found: dict[str, Any], machine: dict[str, Any], runs: int) -> None:
    """Put these sections in the place of their last numbers."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for section, numbers in found.items():
        kept[section] = {
            "measured": f"{datetime.now(UTC):%Y-%m-%d}, best of {runs}"
            if runs > 1
            else f"{datetime.now(UTC):%Y-%m-%d}, one run",
            "machine": ", ".join(f"{name} {value}" for name, value in machine.items()),
            "numbers": {name: value for name, value in numbers.items() if name != "runs"},
        }
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines(kept)) + "\n" + END + rest.split(END)[1])


def of_the_path(numbers: dict[str, Any], name: str) -> float:
    """A number of a whole path; what it is called may end in its target."""
    return next(value for called, value in numbers.items() if called.startswith(OF_THE_PATH[name]))


def lines(kept: dict[str, Any]) -> Iterator[str]:
    """The sections in the order in which they were first found, the chart behind the whole paths."""
    for section, entry in kept.items():
        yield f"\n### {section[0].upper()}{section[1:]}\n"
        yield f"{entry['measured']}; {entry['machine']}\n"
        yield "| | |"
        yield "| --- | ---: |"
        for name, value in entry["numbers"].items():
            if name != "lines":
                yield f"| {name} | {shown(value)} |"
    yield from chart(kept)


def chart(kept: dict[str, Any]) -> Iterator[str]:
    """SQL seconds of the whole path by size, ours and by hand, as Mermaid draws it."""
    sizes = sorted(
        (entry["numbers"]["lines"], entry["numbers"])
        for section, entry in kept.items()
        if section.startswith("whole path")
    )
    if len(sizes) < 2:
        return
    yield "\n### The whole path by size\n"
    yield "SQL seconds: the upper line is Apportion, the lower one the script by hand.\n"
    yield "```mermaid\nxychart-beta"
    yield f'    x-axis "lines, millions" [{", ".join(f"{size / 1e6:g}" for size, _ in sizes)}]'
    yield '    y-axis "SQL seconds"'
    for name in DRAWN:
        yield f"    line [{', '.join(str(of_the_path(numbers, name)) for _, numbers in sizes)}]"
    yield "```"


def shown(value: Any) -> str:
    """A number with its thousands, whatever else as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
