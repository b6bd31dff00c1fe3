"""What features achieved: the denominators of unit costs, as a product team would export them.

Lands     business_outputs/business_outputs.csv: date, feature, metric, quantity; one row per day.
Follows   the day's production calls of the feature, with a rate and some luck of its own, so that
          unit costs move when prices and models do.
"""

from __future__ import annotations

import csv
import zlib
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "business outputs of features"

# feature -> what it achieves, and how often a call does
METRICS = {
    "reply-drafts": ("resolved_tickets", 0.62),
    "page-summaries": ("summarized_pages", 8.4),
    "code-suggestions": ("accepted_suggestions", 1.7),
    "search-answers": ("answered_queries", 3.1),
    "contract-review": ("reviewed_contracts", 0.45),
}
LUCK = 0.06


def write(world: World, folder: Path) -> Export:
    """Write the file."""
    path = fresh(folder / "business_outputs", "*.csv") / "business_outputs.csv"
    found = outputs(world)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["date", "feature", "metric", "quantity"])
        out.writerows(found)
    return Export(path.parent, len(found), {"SOURCES__BUSINESS_OUTPUTS__BUCKET_URL": path.parent})


def outputs(world: World) -> list[tuple[date, str, str, int]]:
    """Return day, feature, metric and quantity of every output of the window."""
    calls = {
        (day, feature): count
        for day, feature, count in world.query(
            "select day, feature, count(*) from calls where environment = 'prod' group by all"
        )
    }
    rows = []
    day = world.first
    while day <= world.last:
        for feature, (metric, rate) in METRICS.items():
            made = calls.get((day, feature), 0) * rate * _luck(feature, day)
            rows.append((day, feature, metric, int(made)))
        day += timedelta(days=1)
    return rows


def _luck(feature: str, day: date) -> float:
    """Return the day's luck, the same for the same feature and day whatever the window is."""
    rng = np.random.default_rng([zlib.crc32(feature.encode()), day.toordinal()])
    return float(np.exp(LUCK * rng.standard_normal()))
