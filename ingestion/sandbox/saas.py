"""Services that are rented by the day (saas.yml): what each used, and what it bills as the bill stands now.

Nobody calls them in the world's tables, so their quantities are made here: the same for the same day and
seed. What tests restate and withdraw (control.py) moves these bills as it moves the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ingestion.sandbox import facts, focus
from ingestion.sandbox.calls import GROWTH_FROM
from ingestion.sandbox.world import World

THOUSANDTH = Decimal("0.001")
INVOICE_DAYS = 3


@dataclass(frozen=True)
class Line:
    """What one resource used of one meter on a day.

    name   the bill's text of the line, by which a test withdraws it
    cost   in dollars, as the bill stands now
    """

    day: date
    name: str
    resource: str
    meter: str
    quantity: Decimal
    cost: Decimal


def providers() -> list[str]:
    """The services that bill here."""
    return sorted(facts.read("saas.yml"))


def company(provider: str) -> dict[str, Any]:
    """What saas.yml says of a service."""
    return facts.read("saas.yml")[provider]


def days(world: World) -> Iterator[date]:
    """The days of the world."""
    for offset in range((world.last - world.first).days + 1):
        yield world.first + timedelta(days=offset)


def lines(world: World, provider: str) -> list[Line]:
    """The bill, a line per day, resource and meter, in that order."""
    factors = dict(world.query("select day, factor from restatements where provider = ?", [provider]))
    gone = set(world.query("select day, line from withdrawals where provider = ?", [provider]))
    found = []
    for day in days(world):
        for name, resource in company(provider)["resources"].items():
            for meter in resource["uses"]:
                text = line_text(provider, name, meter)
                if (day, None) in gone or (day, text) in gone:
                    continue
                price = Decimal(company(provider)["meters"][meter]["price"])
                block = Decimal(company(provider)["meters"][meter].get("block", 1))
                quantity = used(world, day, name, resource, meter)
                # What is priced by the million is counted in whole units.
                quantity = quantity.quantize(Decimal(1) if block > 1 else THOUSANDTH, ROUND_HALF_UP)
                cost = quantity / block * price * factors.get(day, 1)
                found.append(Line(day, text, name, meter, quantity, cost))
    return found


def line_text(provider: str, resource: str, meter: str) -> str:
    """The bill's text of a line."""
    described = company(provider)["meters"][meter]
    if provider == "mongodb_atlas":
        return described["sku"]
    return f"{described.get('description', meter)}, {resource}"


def used(world: World, day: date, name: str, resource: Mapping[str, Any], meter: str) -> Decimal:
    """Units of a meter on a day."""
    amount = Decimal(resource["uses"][meter])
    if resource.get("steady"):
        return amount
    months = Decimal((day - GROWTH_FROM).days) / 30
    amount *= 1 + Decimal(resource.get("growth", 0)) * months
    if day.weekday() >= 5:
        amount *= Decimal("0.8")
    digest = hashlib.sha256(f"{world.seed} {day} {name} {meter}".encode()).digest()
    # Up to a tenth more or less.
    return amount * (1 + Decimal(digest[0] - 128) / 1280)


def moved(world: World, provider: str, day: date, line: str | None = None) -> int:
    """How many lines a restatement of that day moves."""
    every = [
        line_text(provider, name, meter)
        for name, resource in company(provider)["resources"].items()
        for meter in resource["uses"]
    ]
    return sum(1 for text in every if line in (None, text)) if world.first <= day <= world.last else 0


def by_day(found: list[Line]) -> dict[str, Decimal]:
    """What a bill adds up to, by day."""
    sums: dict[str, Decimal] = {}
    for line in found:
        sums[str(line.day)] = sums.get(str(line.day), Decimal()) + line.cost
    return {day: amount.normalize() for day, amount in sums.items() if amount}


def focus_row(world: World, provider: str, line: Line) -> focus.Row:
    """What a FOCUS report says of a line, but for the words of the vendor."""
    content = company(provider)
    resource, meter = content["resources"][line.resource], content["meters"][line.meter]
    invoice = _invoice(world, provider, line.day)
    return {
        "InvoiceId": invoice,
        "SubAccountId": resource["project"],
        "SubAccountName": content["projects"][resource["project"]]["name"],
        **focus.period(line.day),
        **focus.on(focus.at(line.day), focus.at(line.day + timedelta(days=1))),
        **focus.priced(line.quantity / meter["block"], meter["unit"], Decimal(meter["price"])),
        # As it stands now, restated or not.
        **focus.costs(line.cost),
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "PricingCategory": "Standard",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": line.name,
        "ConsumedQuantity": line.quantity,
        "ConsumedUnit": meter["consumed"],
        "SkuId": meter["sku"],
        "SkuMeter": meter["description"],
        "SkuPriceId": f"{meter['sku']}.list",
        "ResourceId": f"{resource['project']}/{line.resource}",
        "ResourceName": line.resource,
        "RegionId": content["region"]["id"],
        "RegionName": content["region"]["name"],
        "Tags": focus.key_values(resource.get("tags")),
    }


def _invoice(world: World, provider: str, day: date) -> str | None:
    """The invoice of a day's month, None until it is issued."""
    issued = focus.at(focus.next_month(day) + timedelta(days=INVOICE_DAYS))
    return f"{provider}-{day:%Y%m}" if issued <= world.now else None
