"""The third peer: the notebook of many companies. One mask per rule over all lines, floats, merge, groupby.

It reads the same typed Parquet as the floor (benchmarks/limit.py), so it casts no text and writes no fact;
its money is off in the last digits.

    python -m benchmarks.naive_pandas PARQUET RULES
"""

from __future__ import annotations

import fnmatch
import json
import sys
import time

import numpy as np
import pandas as pd

from benchmarks.by_hand import LOOKS_AT
from benchmarks.world import World, drivers, rules

COSTS = ["billed_cost", "effective_cost", "list_cost"]
KEY = ["day", "service", "charge_category"]


def holds(lines: pd.DataFrame, columns: tuple[str, ...], cell: str) -> np.ndarray:
    """Which lines a cell of a rule holds for, in any of the columns."""
    found = np.zeros(len(lines), dtype=bool)
    for column in columns:
        text = lines[column]
        if cell.startswith("~"):
            hit = text.str.contains(cell[1:], case=False, na=False)
        elif "*" in cell:
            hit = text.str.match(fnmatch.translate(cell), case=False, na=False)
        else:
            hit = text.str.lower() == cell.lower()
        found |= hit.fillna(False).to_numpy(dtype=bool)
    return found


def tagged(lines: pd.DataFrame, tag: str, ruled: list[dict[str, str]]) -> pd.Series:
    """The value of the first rule of a tag that holds, null where none does."""
    values = pd.Series(pd.NA, index=lines.index, dtype="object")
    is_open = np.ones(len(lines), dtype=bool)
    for rule in ruled:
        if rule["tag"] != tag:
            continue
        hit = is_open.copy()
        for cell, columns in LOOKS_AT.items():
            if cell in rule:
                hit &= holds(lines, columns, rule[cell])
        if "label" in rule:
            key, pattern = rule["label"].split("=", 1)
            hit &= holds(lines, (key,), pattern)
        values[hit] = rule["value"]
        is_open &= ~hit
    return values


def run(parquet: str, world: World) -> dict[str, float]:
    """Do the job; gives the seconds of each step."""
    seconds, started = {}, time.perf_counter()

    def step(name: str) -> None:
        nonlocal started
        seconds[name], started = round(time.perf_counter() - started, 3), time.perf_counter()

    lines = pd.read_parquet(parquet)
    lines[COSTS] = lines[COSTS].astype(float)
    step("read")
    ruled = rules(world)
    pool = tagged(lines, "shared_pool", ruled)
    lines["tag"] = pool.fillna(tagged(lines, "feature", ruled)).fillna("Unallocated")
    step("tag")
    shares = pd.DataFrame(drivers(), columns=["day", "target", "quantity"])
    shares["share"] = shares["quantity"] / shares.groupby("day")["quantity"].transform("sum")
    shared = lines[pool.notna()].groupby([*KEY, "tag"], as_index=False)[COSTS].sum()
    shared["day"], shares["day"] = pd.to_datetime(shared["day"]), pd.to_datetime(shares["day"])
    parts = shared.merge(shares, on="day")
    parts[COSTS] = parts[COSTS].mul(parts["share"], axis=0)
    step("allocate")
    direct = lines[pool.isna()].groupby([*KEY, "tag"], as_index=False)[COSTS].sum()
    split = parts.groupby([*KEY, "target"], as_index=False)[COSTS].sum().rename(columns={"target": "tag"})
    pd.concat([direct, split])
    step("mart")
    return seconds


def main() -> None:
    """One run; the last line says what each step took."""
    parquet, count = sys.argv[1:]
    print(json.dumps(run(parquet, World(lines=0, rules=int(count)))))


if __name__ == "__main__":
    main()
