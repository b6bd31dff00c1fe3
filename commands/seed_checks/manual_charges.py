"""Bills that people keep: a period with days in it, labels that are a JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Row, Seed

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """What the schema cannot say of the charges."""
    for row in seed.rows:
        yield from period_faults(row, "period_start", "period_end")
        yield from tag_faults(row)


def period_faults(row: Row, start: str, end: str) -> Iterator[Fault]:
    """A period that ends before it begins."""
    if row.day(end, date.max) <= row.day(start, date.min):
        yield row.fault(end, f'"{row[end]}" is not after {start}; it is the first day after')


def tag_faults(row: Row) -> Iterator[Fault]:
    """Labels that no rule could read."""
    text = row["tags"].strip()
    if not text:
        return
    try:
        labels = json.loads(text)
    except ValueError:
        labels = None
    if not isinstance(labels, dict):
        yield row.fault("tags", f'"{text}" is no JSON object; write it like {{"feature": "doc-chat"}}')
