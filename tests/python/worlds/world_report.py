"""Batches compared with the reference, and a wrong world told so that a person can follow it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field

from world_allocation import KEY, SOURCE, Allocation, summed
from world_generator import COLUMNS
from world_ownership import COSTS, UNITS, units
from world_project import AMOUNTS

# Each part is this near to the reference; totals are exact.
TOLERANCE = UNITS // 10**9
NATIVE = slice(len(COSTS), 2 * len(COSTS))
NOTHING = (0,) * len(AMOUNTS)


@dataclass
class Outcome:
    """What all batches came to."""

    worlds: int = 0
    amounts: int = 0
    decided: Counter = field(default_factory=Counter)
    parts: list = field(default_factory=list)
    totals: list = field(default_factory=list)
    paths: list = field(default_factory=list)

    def add(self, batch, project):
        """Compare a batch that was built."""
        expected = Allocation(batch.seeds(), batch.lines)
        found = project.found()
        self.worlds += len(batch.worlds)
        self.amounts += len(expected.rows)
        self.decided.update(said for world in expected.decided.values() for said in world)
        self.parts += wrong_parts(batch, expected.rows, found)
        self.totals += wrong_totals(batch, expected.rows, found, project)
        self.paths += project.wrong_paths()

    @property
    def is_right(self):
        return not (self.parts or self.totals or self.paths)


def wrong_parts(batch, expected, found):
    """A report of the simplest world with an owner or an amount that differs."""
    wrong = {}
    for key in sorted(expected.keys() | found.keys(), key=str):
        pairs = zip(expected.get(key, NOTHING), found.get(key, NOTHING), strict=True)
        if any(abs(one - other) > TOLERANCE for one, other in pairs):
            wrong.setdefault(world_of(key), []).append(key)
    if not wrong:
        return []
    world, keys = min(wrong.items(), key=lambda found: (len(found[1]), found[0]))
    differences = "\n".join(
        difference(key, expected.get(key, NOTHING), found.get(key, NOTHING)) for key in keys[:40]
    )
    return [
        f"{len(wrong)} of {len(batch.worlds)} worlds are wrong. World {world} has the fewest wrong rows of "
        f"fct_allocated_costs, {len(keys)}:\n{differences}\n\n{told(batch, world)}\n\n{how_to_repeat(batch)}"
    ]


def wrong_totals(batch, expected, found, project):
    """Sums that are not the same to the last digit."""
    wrong = []
    ours, theirs = summed(expected, SOURCE), summed(found, SOURCE)
    owned = project.owned()
    for key in sorted(ours.keys() | theirs.keys() | owned.keys(), key=str):
        mine, other = ours.get(key, NOTHING), theirs.get(key, NOTHING)
        if list(mine)[NATIVE] != list(other)[NATIVE]:
            wrong.append(f"in billing currency, {difference(key, mine, other, SOURCE)}")
        elif any(abs(one - two) > TOLERANCE // 10**6 for one, two in zip(mine, other, strict=True)):
            wrong.append(f"in reporting currency, {difference(key, mine, other, SOURCE)}")
        elif list(owned.get(key, NOTHING)) != list(other):
            wrong.append(
                f"before and after allocation, {difference(key, owned.get(key, NOTHING), other, SOURCE)}"
            )
    billed = Counter()
    for line in batch.lines:
        for number, cost in enumerate(COSTS):
            billed[line.raw["billing_account_id"], number] += units(line.raw[cost])
    accounts = summed(found, ("billing_account_id",))
    for (account, number), amount in billed.items():
        if accounts.get((account,), NOTHING)[NATIVE][number] != amount:
            wrong.append(f"{account}: {COSTS[number]} on the bill is {decimal(amount)}")
    return [f"{what}\n{how_to_repeat(batch)}" for what in wrong[:5]]


def world_of(key):
    """The number of the world that a row is from."""
    return int(re.match(r"w(\d+)-", key[KEY.index("billing_account_id")])[1])


def difference(key, expected, found, columns=KEY):
    """A row, and the amounts that differ in it."""
    where = ", ".join(
        f"{column}={value}" for column, value in zip(columns, key, strict=True) if value is not None
    )
    amounts = "".join(
        f"\n      {name}: expected {decimal(one)}, found {decimal(other)}"
        for name, one, other in zip(AMOUNTS, expected, found, strict=True)
        if one != other
    )
    return f"  {where}{amounts}"


def decimal(amount):
    """An amount in units of 10^-18 as people read it."""
    whole, rest = divmod(abs(round(amount)), UNITS)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:018d}".rstrip("0").rstrip(".")


def told(batch, number):
    """A world: its rows of each seed as CSV, and its lines without what is absent."""
    world = next(world for world in batch.worlds if world.number == number)
    texts = []
    for seed, rows in world.seeds.items():
        filled = [column for column in COLUMNS[seed].split(",") if any(row[column] for row in rows)]
        text = io.StringIO()
        writer = csv.DictWriter(text, filled, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        if rows:
            texts.append(f"{seed}.csv\n{text.getvalue()}")
    lines = [{name: value for name, value in line.raw.items() if value is not None} for line in world.lines]
    bill = "\n".join(", ".join(f"{name}={value}" for name, value in line.items()) for line in lines)
    return "\n".join(texts) + f"\nbill\n{bill}"


def how_to_repeat(batch):
    """The command that builds this batch again."""
    return (
        f"To repeat: APPORTION_WORLDS={batch.seed} python -m pytest tests/python/worlds. "
        "APPORTION_WORLDS_KEEP=<folder> keeps the project that was built."
    )
