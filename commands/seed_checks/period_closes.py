"""Closed months: written as months, and begun when they are closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, _: Project) -> Iterator[Fault]:
    """A period that is no month, or one that was closed before it began."""
    for row in seed.rows:
        period = row["period"].strip()
        if not period:
            continue
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
            yield row.fault("period", f'"{period}" is no month; write it like 2026-01')
        elif row.day("closed_on", date.max) <= date.fromisoformat(f"{period}-01"):
            yield row.fault("closed_on", f'"{row["closed_on"]}" is before the month {period} has begun')
