"""Progress while a source is read: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from dlt.common.runtime.collector import NullCollector
from dlt.pipeline.progress import tqdm

# A line every few seconds is enough for a log file.
SECONDS_BETWEEN_LINES = 5.0


class PlainLines(NullCollector):
    """One line when a step starts to take long, with what was counted so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.counts: dict[str, int] = {}
        self.said_at = time.monotonic()

    def update(self, name: str, inc: int = 1, *_: Any, **__: Any) -> None:
        """Count; every few seconds say how far it is."""
        self.counts[name] = self.counts.get(name, 0) + inc
        if time.monotonic() - self.said_at > SECONDS_BETWEEN_LINES:
            self.said_at = time.monotonic()
            counted = ", ".join(f"{key} {value:,}" for key, value in self.counts.items())
            print(f"  {self.source}: {self.step.split()[0].lower()}: {counted}", flush=True)

    def _start(self, step: str) -> None:
        self.counts = {}
        self.step = step


def collector(source: str) -> Any:
    """The dlt progress collector that fits where the output goes."""
    return tqdm() if sys.stdout.isatty() else PlainLines(source)
