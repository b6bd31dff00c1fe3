"""The reference rates of the European Central Bank, as its zip of all days has them.

Lands     ecb/eurofxref-hist.zip with eurofxref-hist.csv: newest day first, a column per currency, N/A where a
          currency has no quote any more, a comma at the end of each line. Working days only.
Follows   nothing: the rates are invented, and the same for a day whatever the window is.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "reference rates of the European Central Bank"

# Units for one euro around which a rate moves, in its last place; None has no quote.
QUOTES = {
    "USD": (11450, 4),
    "JPY": (17210, 2),
    "BGN": (19558, 4),
    "CZK": (24870, 3),
    "DKK": (74605, 4),
    "GBP": (86500, 5),
    "HRK": None,
    "CHF": (94200, 5),
    "IDR": (1868000, 2),
    "RUB": None,
}
HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}
SWING = 0.015
# Rates are older than the first bill, as they are in the bank's file.
DAYS_BEFORE = 10


def write(world: World, folder: Path) -> Export:
    """Write the zip."""
    path = fresh(folder / "ecb", "eurofxref-*.zip") / "eurofxref-hist.zip"
    days = list(_days(world))
    lines = [f"{','.join(['Date', *QUOTES])},"]
    lines += [f"{','.join([str(day), *(quote(name, day) for name in QUOTES)])}," for day in reversed(days)]
    # A fixed time, or a second run would write another file.
    member = zipfile.ZipInfo("eurofxref-hist.csv", (2026, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(member, "\n".join(lines) + "\n")
    return Export(path, len(days), {"SOURCES__ECB__BUCKET_URL": path})


def quote(currency: str, day: date) -> str:
    """Return the units of a currency for one euro on a day, as the file has them."""
    known = QUOTES[currency]
    if known is None:
        return "N/A"
    middle, places = known
    # BGN is pegged, and DKK nearly.
    swing = {"BGN": 0, "DKK": SWING / 50}.get(currency, SWING)
    units = round(middle * (1 + swing * math.sin(day.toordinal() / 17 + len(currency) + middle)))
    return f"{units // 10**places}.{units % 10**places:0{places}d}"


def _days(world: World) -> Iterator[date]:
    day = world.first - timedelta(days=DAYS_BEFORE)
    while day <= world.last:
        if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS:
            yield day
        day += timedelta(days=1)
