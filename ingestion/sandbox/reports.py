"""Reports in time buckets: the one shape that cost and usage reports of all providers share.

A provider declares its reports as data (what is measured, what it may be grouped and filtered by);
the rows come from the calls and charges of the world, added up anew for every request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingestion.sandbox.world import World

MINUTE, HOUR, DAY = 60, 3600, 86400
WIDTHS = {"1m": MINUTE, "1h": HOUR, "1d": DAY}
# (default, largest) number of buckets on a page
USAGE_LIMITS = {"1m": (60, 1440), "1h": (24, 168), "1d": (7, 31)}

# What places a row in time, in microseconds, by the table that is read.
_CLOCK = {"usage": "epoch_us(called_at)", "billed": "epoch_us(day::timestamp)"}


@dataclass(frozen=True)
class Query:
    """What a client asks: unix seconds at the starts of buckets; filters by request parameter."""

    start: int
    end: int
    width: str
    limit: int
    group_by: Sequence[str]
    filters: Mapping[str, Sequence[str]]

    def page(self, start: int) -> tuple[range, int | None]:
        """Return the buckets of the page that starts here, and where the next one starts if any."""
        size = WIDTHS[self.width]
        stop = min(start + self.limit * size, self.end)
        return range(start, stop, size), stop if stop < self.end else None


@dataclass(frozen=True)
class Report:
    """One report: a table, its measures, and the words by which a client may group and filter.

    measures     name of a measure -> SQL aggregate
    dimensions   name of a dimension -> SQL; a dimension that was not asked for is None in every row
    filters      request parameter -> SQL
    where        SQL; the rows that belong to the report
    """

    table: str
    measures: Mapping[str, str]
    dimensions: Mapping[str, str]
    filters: Mapping[str, str] = field(default_factory=dict)
    where: str = "true"

    def read(
        self, world: World, query: Query, buckets: range, clock: str | None = None
    ) -> dict[int, list[dict[str, Any]]]:
        """Return bucket start -> rows, for those of the buckets that hold anything.

        A row maps every dimension and measure to its value. `clock` is the table whose times count,
        where `table` is made from another.
        """
        clock = _CLOCK[clock or self.table]
        grouped = [name for name in self.dimensions if name in query.group_by]
        keys = [f"{self.dimensions[name]} as {name}" for name in grouped]
        sums = [f"{sql} as {name}" for name, sql in self.measures.items()]
        conditions, bound = [self.where], []
        for parameter, values in query.filters.items():
            conditions.append(f"{self.filters[parameter]} in (select unnest(?::varchar[]))")
            bound.append(list(values))
        # by place: a dimension may be named like the column that it is made from
        places = ", ".join(str(place) for place in range(1, len(grouped) + 2))
        rows = world.query(
            f"""
            select
                {clock} // 1000000 // {buckets.step} * {buckets.step} as bucket,
                {", ".join(keys + sums)}
            from {self.table}
            where {clock} >= ? and {clock} < ? and {" and ".join(f"({c})" for c in conditions)}
            group by {places}
            order by {places} nulls first
            """,
            [buckets.start * 1_000_000, buckets.stop * 1_000_000, *bound],
        )
        blank = dict.fromkeys(self.dimensions)
        found: dict[int, list[dict[str, Any]]] = {}
        for bucket, *values in rows:
            named = zip([*grouped, *self.measures], values, strict=True)
            found.setdefault(bucket, []).append(blank | dict(named))
        return found


def seconds(moment: datetime) -> int:
    """Return unix seconds of a time without zone, which is UTC."""
    return int(moment.replace(tzinfo=UTC).timestamp())
