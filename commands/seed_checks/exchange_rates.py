"""Exchange rates: each type on the day that its meaning asks for, and one rate for a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A rate that would never be used, or two of one day."""
    reporting = project.variables["reporting_currency"]
    days: dict[tuple[str, date], int] = {}
    for row in seed.rows:
        kind, day = same(row["rate_type"]), row.day("valid_from", date.min)
        if row["currency"].strip() == reporting:
            yield row.fault("currency", f'"{reporting}" is the reporting currency, which needs no rate')
        if kind == "month_average" and day.day != 1:
            what = f'"{row["valid_from"]}" is not the first of a month, and an average is of a whole one'
            yield row.fault("valid_from", what)
        if row["provider"].strip() and kind != "invoice":
            yield row.fault("provider", "only a rate of type invoice is of one provider; leave it blank")
        if kind in ("", "daily"):
            earlier = days.setdefault((same(row["currency"]), day), row.line)
            if earlier != row.line:
                what = f"the day has a rate on line {earlier} already, of the other type; keep one of them"
                yield row.fault("valid_from", what)
