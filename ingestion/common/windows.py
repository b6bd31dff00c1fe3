"""Windows of UTC days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ingestion.common.errors import IngestionError


@dataclass(frozen=True)
class Window:
    """Days from `since` to `until`, both included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise IngestionError(
                f"the window ends on {self.until}, before it starts on {self.since}",
                mend="swap --since and --until",
                exit_code=2,
            )

    @classmethod
    def ending(cls, until: date, days: int) -> Window:
        """The window of that many days that ends with `until`."""
        return cls(until - timedelta(days=days - 1), until)

    def __str__(self) -> str:
        return f"{self.since} to {self.until}"

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until

    def days(self) -> Iterator[date]:
        """Every day of the window."""
        for offset in range((self.until - self.since).days + 1):
            yield self.since + timedelta(days=offset)

    def parts(self, days: int) -> Iterator[Window]:
        """The window in windows of at most so many days, for providers that allow no more a query."""
        since = self.since
        while since <= self.until:
            until = min(since + timedelta(days=days - 1), self.until)
            yield Window(since, until)
            since = until + timedelta(days=1)

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first instant after the window."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)


def yesterday() -> date:
    """The last UTC day that is over."""
    return datetime.now(UTC).date() - timedelta(days=1)


def parse_day(text: str) -> date:
    """A day as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise IngestionError(
            f'"{text}" is no day', mend="write year-month-day, like 2026-02-01", exit_code=2
        ) from None
