"""Driver quantities: a period with days in it, one kind per driver, known targets, nobody below zero."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Row, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the quantities."""
    kinds: dict[str, tuple[str, int]] = {}
    of_target: dict[tuple[str, ...], list[Row]] = {}
    for row in seed.rows:
        yield from project.target_faults(row)
        start, end = period(row)
        if end <= start:
            yield row.fault(
                "period_end", f'"{row["period_end"]}" is not after period_start; it is the first day after'
            )
        else:
            key = ("driver", "target_type", "target", "customer")
            of_target.setdefault(tuple(same(row[column]) for column in key), []).append(row)
        kind, line = kinds.setdefault(same(row["driver"]), (same(row["kind"]), row.line))
        if same(row["kind"]) != kind:
            yield row.fault(
                "kind", f'"{row["driver"].strip()}" is a {kind} on line {line}; a driver is one kind'
            )
    for rows in of_target.values():
        yield from sum_faults(rows)


def period(row: Row) -> tuple[date, date]:
    """The days of a quantity, the second not included."""
    return row.day("period_start", date.min), row.day("period_end", date.max)


def a_day(row: Row) -> Fraction:
    """What a quantity weighs on each day of its period; 0 where it cannot be read."""
    try:
        quantity = Fraction(Decimal(row["quantity"].strip()))
    except (InvalidOperation, ValueError, OverflowError):
        return Fraction()
    start, end = period(row)
    return quantity / (end - start).days if same(row["kind"]) == "total" else quantity


def sum_faults(rows: list[Row]) -> Iterator[Fault]:
    """A correction that takes more from a target than it has on some day."""
    corrections = [row for row in rows if a_day(row) < 0]
    for correction in corrections:
        first, last = period(correction)
        starts = {first} | {period(row)[0] for row in rows if first < period(row)[0] < last}
        starts |= {period(row)[1] for row in rows if first < period(row)[1] < last}
        for start in sorted(starts):
            total = sum((a_day(row) for row in rows if period(row)[0] <= start < period(row)[1]), Fraction())
            if total < 0:
                what = f'"{correction["target"].strip()}" has less than nothing of it from {start} on'
                yield correction.fault("quantity", f"{what}; a negative quantity may only correct another")
                break
