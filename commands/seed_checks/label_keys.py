"""Spellings of label keys: both sides must be labels that tuples have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A spelling that no tuple holds would join nothing."""
    labels = [label.removeprefix("bill:").removeprefix("call:") for label in project.variables["tag_labels"]]
    for row in seed.rows:
        for column in ("raw_key", "key"):
            if row[column].strip() and row[column].strip() not in labels:
                what = f'"{row[column].strip()}" is not in vars.tag_labels of dbt_project.yml; add it there'
                yield row.fault(column, what)
