"""Google Cloud's billing export with the lines of Vertex AI, as `EXPORT DATA` of BigQuery writes JSON lines.

Lands     vertex/YYYY-MM/000000000000.json.gz, a folder per month of `export_time`: a row per day, project,
          SKU and set of labels, with the credits nested in it; the storage of caches; and, for every closed
          month, tax, an adjustment of a day of the month before, and what rounding left.
Late      one row in eleven arrives four days after the others, with its old usage time.
Holds     rows of another service too, as exports do.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus, wire
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "Google Cloud billing export, JSON lines"
VERTEX = {"id": "C7E2-9256-1C43", "description": "Vertex AI"}
STORAGE = {"id": "95FF-2EF5-5EA1", "description": "Cloud Storage"}
LATE_EVERY, LATE_DAYS = 11, 4
CENT = Decimal("0.01")
REGIONS = {"global": None, "regional": "europe-west4"}

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = folder / "vertex"
    for old in root.glob("20*"):
        fresh(old, "*.json.gz").rmdir()
    months: dict[str, list[Row]] = {}
    for row in _rows(world):
        months.setdefault(row["export_time"][:7], []).append(row)
    for month, rows in months.items():
        path = root / month / "000000000000.json.gz"
        path.parent.mkdir(parents=True)
        # No time of writing in the file: the same world gives the same bytes.
        with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
            for row in sorted(rows, key=lambda row: row["export_time"]):
                file.write((wire.dumps(row) + "\n").encode())
    count = sum(map(len, months.values()))
    return Export(root, count, {"SOURCES__VERTEX__BUCKET_URL": root})


def _rows(world: World) -> Iterator[Row]:
    closed: dict[date, Decimal] = {}
    for number, (day, row) in enumerate(_usage(world)):
        late = day + timedelta(days=1 + LATE_DAYS)
        on_time = number % LATE_EVERY or focus.at(late, 3) > world.now
        exported = focus.at(day, 23) if on_time else focus.at(late, 3)
        row["export_time"] = _moment(exported)
        start = focus.month(day)
        closed[start] = closed.get(start, Decimal(0)) + row["cost"]
        yield row
    for start, spent in closed.items():
        if focus.at(focus.next_month(start)) < world.now:
            yield from _month_end(world, start, spent)


def _usage(world: World) -> Iterator[tuple[date, Row]]:
    """Yield day and row of everything that is used."""
    thought = {
        tuple(key): count
        for *key, count in world.query(
            "select day, api_key_id, model, service_tier, inference_geo, customer, sum(reasoning)::bigint "
            "from usage where provider = 'vertex' group by all"
        )
    }
    billed = world.query(
        "select day, sub_account_id, api_key_id, model, service_tier, inference_geo, customer, meter, line, "
        "max(dollars), sum(quantity)::bigint, sum(cost) from billed "
        "where provider = 'vertex' and line is not null group by all order by all"
    )
    for day, project, key, model, tier, geo, customer, meter, line, dollars, quantity, cost in billed:
        amounts = {line: (quantity, cost)}
        tokens = thought.get((day, key, model, tier, geo, customer), 0)
        if meter == "output" and tokens:
            spent = tokens * dollars
            amounts = {
                line: (quantity - tokens, cost - spent),
                line.replace("Text Output", "Thinking Text Output"): (tokens, spent),
            }
        labels = _company()["keys"][key]["labels"] | ({"customer": customer} if customer else {})
        for sku, (count, amount) in amounts.items():
            yield day, _row(day, project, sku, labels, REGIONS[geo], count, "count", amount)
    days = sorted({row[0] for row in billed})
    cache = _company()["cache"]
    for day in days:
        # Storage of a cache goes on without a request, so no request puts labels on it.
        hours = Decimal(cache["tokens"] * 24)
        cost = hours * cache["price"]
        yield day, _row(day, cache["project"], cache["sku"], {}, None, hours, "h", cost)
        other = _row(
            day, cache["project"], "Standard Storage Belgium", {}, "europe-west1", 1, "byte-seconds", CENT
        )
        yield day, other | {"service": STORAGE, "credits": []}


def _month_end(world: World, start: date, spent: Decimal) -> Iterator[Row]:
    end = focus.next_month(start)
    tax = (spent * _company()["tax_rate"]).quantize(CENT, ROUND_HALF_UP)
    month = {"usage_start_time": _moment(focus.at(start)), "usage_end_time": _moment(focus.at(end))}
    whole = {"project": None, "labels": [], "credits": [], "location": None, "usage": None}
    exported = {"export_time": _moment(focus.at(end, 5)), "invoice": {"month": f"{start:%Y%m}"}}
    base = _row(start, None, "Tax", {}, None, 0, "count", tax)
    yield base | whole | month | exported | {"cost_type": "tax"}
    yield (
        base
        | whole
        | month
        | exported
        | {
            "cost_type": "rounding_error",
            "sku": _sku("Rounding error"),
            "cost": Decimal("-0.000001"),
            "cost_at_list": Decimal("-0.000001"),
        }
    )
    # of a day that was invoiced already
    day = start - timedelta(days=3)
    if day >= world.first:
        mended = _row(day, _company()["cache"]["project"], "Gemini 3.7 Flash Global Text Input - Predictions",
                      {}, None, 0, "count", _company()["adjustment"])  # fmt: skip
        yield mended | exported | {"cost_type": "adjustment", "credits": [], "usage": None}


def _row(
    day: date,
    project: str | None,
    sku: str,
    labels: Mapping[str, str],
    region: str | None,
    amount: Decimal | int,
    unit: str,
    cost: Decimal,
) -> Row:
    company = _company()
    return {
        "billing_account_id": company["billing_account"],
        "service": VERTEX,
        "sku": _sku(sku),
        "usage_start_time": _moment(focus.at(day)),
        "usage_end_time": _moment(focus.at(day + timedelta(days=1))),
        "project": project and _project(project),
        "labels": [{"key": key, "value": value} for key, value in labels.items()],
        "location": {"location": region or "global", "region": region},
        "cost": cost,
        "cost_at_list": cost,
        "currency": "USD",
        "currency_conversion_rate": 1,
        "usage": {"amount": amount, "unit": unit, "amount_in_pricing_units": amount, "pricing_unit": unit},
        "credits": _credits(project, cost),
        "invoice": {"month": f"{day:%Y%m}"},
        "cost_type": "regular",
        "transaction_type": "GOOGLE",
    }


def _credits(project: str | None, cost: Decimal) -> list[Row]:
    given = _company()["credits"].get(project)
    if not given:
        return []
    return [{"name": given["name"], "type": given["type"], "amount": -cost * given["share"]}]


def _project(project: str) -> Row:
    known = _company()["projects"][project]
    return {"id": project, "number": known["number"], "name": known["name"], "labels": []}


def _sku(text: str) -> Row:
    number = f"{zlib.crc32(text.encode()):08X}"
    return {"id": f"{number[:4]}-{number[4:]}-0001", "description": text}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _company() -> Mapping[str, Any]:
    return facts.read("company.yml")["vertex"]
