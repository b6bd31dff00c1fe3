"""Azure's bill beside its models: cost details of an MCA account, actual and amortized cost, CSV in gzip.

Lands     azure_bill/{actual,amortized}/YYYYMMDD-YYYYMMDD/<run>/part_0_0001.csv.gz and the manifest.json.
          The newest month holds an older run too, which knows a day less.
Holds     machines on a reservation, a savings plan, at list and at spot price; what was left unused; storage,
          SQL, traffic; by month the two purchases, a marketplace product, tax and a rounding.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus
from ingestion.sandbox.exports import Export, azure_openai, fresh
from ingestion.sandbox.world import World

SUMMARY = "Azure cost details exports (actual and amortized cost)"
HEADER = (
    *azure_openai.HEADER, "reservationId", "reservationName", "term", "benefitId", "benefitName",
    "resourceName", "costAllocationRuleName",
)  # fmt: skip
INVOICE_DAYS = 5
CENT = Decimal("0.01")

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write both exports."""
    root, count = folder / "azure_bill", 0
    for kind in ("ActualCost", "AmortizedCost"):
        own = root / kind.removesuffix("Cost").lower()
        for old in sorted(own.glob("*/*")):
            fresh(old, "*").rmdir()
        months: dict[date, list[Row]] = {}
        for row in rows(world, amortized=kind == "AmortizedCost"):
            months.setdefault(focus.month(row["date"]), []).append(row)
        for start, found in months.items():
            last = max(row["date"] for row in found)
            if start == max(months):
                earlier = [row for row in found if row["date"] < last]
                azure_openai.write_run(own, start, earlier, f"{last}T06:00:00Z", kind, HEADER)
            submitted = f"{last + timedelta(days=1)}T06:00:00Z"
            azure_openai.write_run(own, start, found, submitted, kind, HEADER)
        count += sum(map(len, months.values()))
    return Export(root, count, {"SOURCES__AZURE__BUCKET_URL": root})


def rows(world: World, *, amortized: bool) -> Iterator[Row]:
    """The rows of one export, by day; what is by the month stands on the first day of it that is known."""
    months: dict[date, Decimal] = {}
    day = world.first
    while day <= world.last:
        found = list(_day(world, day, amortized=amortized))
        month = focus.month(day)
        if month not in months:
            found += _monthly(world, day, amortized=amortized)
        # Both exports tell the same tax: that on usage that was not paid ahead.
        invoiced = (row["costInBillingCurrency"] for row in _day(world, day, amortized=False))
        months[month] = months.get(month, Decimal(0)) + sum(invoiced, Decimal(0))
        yield from found
        if day == world.last or focus.month(day + timedelta(days=1)) != month:
            tax = (months[month] * Decimal(_company()["tax_rate"])).quantize(CENT, ROUND_HALF_UP)
            yield _other(world, day, "Tax", "Tax", tax)
            yield _other(world, day, "RoundingAdjustment", "Rounding", Decimal(_company()["rounding"]))
        day += timedelta(days=1)


def _day(world: World, day: date, *, amortized: bool) -> Iterator[Row]:
    company = _company()
    reserved, spent = Decimal(0), Decimal(0)
    for name, machine in company["machines"].items():
        hours = Decimal(machine["hours"][0 if day.weekday() < 5 else 1])
        row = _row(world, day, name, "Microsoft.Compute/virtualMachines", "Virtual Machines",
                   f"{machine['size'].split()[0]} Series", machine["size"], "1 Hour", hours,
                   Decimal(machine["price"]), machine["tags"])  # fmt: skip
        match machine.get("paid"):
            case "reservation":
                reserved += hours
                price = Decimal(company["reservation"]["price"])
                yield row | _paid("Reservation", hours, price if amortized else Decimal(0))
            case "savings_plan":
                price = Decimal(machine["plan_price"])
                spent += hours * price
                yield row | _paid("SavingsPlan", hours, price if amortized else Decimal(0))
            case "spot":
                yield row | {"pricingModel": "Spot"} | _cost(hours, Decimal(machine["price"]) / 4)
            case _:
                yield row
    for meter in company["meters"]:
        yield _row(world, day, meter["resource"], meter["type"], meter["category"], meter["sub"],
                   meter["meter"], meter["unit"], Decimal(meter["quantity"]), Decimal(meter["price"]),
                   meter["tags"])  # fmt: skip
    if amortized:
        price = Decimal(company["reservation"]["price"])
        left = 24 * Decimal(company["reservation"]["instances"]) - reserved
        if left:
            yield _unused(world, day, "Reservation", left, price)
        left = 24 * Decimal(company["savings_plan"]["hourly"]) - spent
        if left:
            yield _unused(world, day, "SavingsPlan", left, Decimal(1))


def _monthly(world: World, day: date, *, amortized: bool) -> Iterator[Row]:
    company = _company()
    sold = company["marketplace"]
    yield _other(world, day, "Purchase", sold["product"], Decimal(sold["price"])) | {
        "SubscriptionId": company["subscription"]["id"],
        "subscriptionName": company["subscription"]["name"],
        "publisherType": "Marketplace",
        "publisherName": sold["publisher"],
        "resourceName": sold["resource"],
        "frequency": "Recurring",
        "tags": json.dumps(sold["tags"]),
    }
    if amortized:
        return
    # What is paid for the days of the month, all of them known or not.
    start, end = focus.month(day), focus.next_month(day)
    hours = Decimal(24 * (end - start).days)
    months = {"servicePeriodStartDate": start, "servicePeriodEndDate": end - timedelta(days=1)}
    reservation, plan = company["reservation"], company["savings_plan"]
    costs = {
        "Reservation": hours * reservation["instances"] * Decimal(reservation["price"]),
        "SavingsPlan": hours * Decimal(plan["hourly"]),
    }
    for model, cost in costs.items():
        row = _other(world, day, "Purchase", _benefit(model)["benefitName"], cost)
        quantity = Decimal(reservation["instances"]) if model == "Reservation" else Decimal(1)
        benefit = _benefit(model) | _cost(quantity, cost / quantity)
        yield row | months | benefit | {"pricingModel": model, "frequency": "Recurring", "term": "P1Y"}


def _row(
    world: World,
    day: date,
    resource: str,
    kind: str,
    category: str,
    sub_category: str,
    meter: str,
    unit: str,
    quantity: Decimal,
    price: Decimal,
    tags: Mapping[str, str],
) -> Row:
    subscription = _company()["subscription"]
    named = f"{category}/{sub_category}/{meter}"
    return _period(world, day) | {
        "serviceFamily": "Compute",
        "product": f"{category} {sub_category} - {meter}",
        "consumedService": kind.split("/")[0],
        "meterId": f"{zlib.crc32(named.encode()):08x}-2222-4222-8333-444455556666",
        "meterName": meter,
        "meterCategory": category,
        "meterSubCategory": sub_category,
        "meterRegion": "EU West",
        "SubscriptionId": subscription["id"],
        "subscriptionName": subscription["name"],
        "publisherType": "Azure",
        "publisherName": "Microsoft",
        "resourceGroupName": subscription["group"],
        "ResourceId": f"/subscriptions/{subscription['id']}/resourceGroups/{subscription['group']}"
        f"/providers/{kind}/{resource}",
        "resourceName": resource,
        "resourceLocation": subscription["region"],
        "unitOfMeasure": unit,
        "chargeType": "Usage",
        "tags": json.dumps(tags),
        "PayGPrice": price,
        "unitPrice": price,
        "pricingModel": "OnDemand",
        "frequency": "UsageBased",
        "paygCostInBillingCurrency": quantity * price,
        **_cost(quantity, price),
    }


def _paid(model: str, quantity: Decimal, price: Decimal) -> Row:
    """What differs on usage that was paid ahead: in the actual export it costs nothing."""
    return {"pricingModel": model} | _benefit(model) | _cost(quantity, price)


def _unused(world: World, day: date, model: str, quantity: Decimal, price: Decimal) -> Row:
    """What was paid ahead and not used; no resource stands behind it."""
    cost = _cost(quantity, price)
    of = _other(world, day, f"Unused{model}", _benefit(model)["benefitName"], cost["costInBillingCurrency"])
    unit = {"unitOfMeasure": "1 Hour"} if model == "Reservation" else {}
    return of | {"pricingModel": model, "frequency": "UsageBased"} | _benefit(model) | cost | unit


def _other(world: World, day: date, charge: str, product: str, cost: Decimal) -> Row:
    """A row without a meter and a resource."""
    return _period(world, day) | {
        "product": product,
        "publisherType": "Azure",
        "publisherName": "Microsoft",
        "chargeType": charge,
        "frequency": "OneTime",
        "unitOfMeasure": "1",
        "PayGPrice": 0,
        **_cost(Decimal(1), cost),
    }


def _benefit(model: str) -> Row:
    benefit = _company()["reservation" if model == "Reservation" else "savings_plan"]
    found = {"benefitId": benefit["id"], "benefitName": benefit["name"]}
    if model == "Reservation":
        found |= {"reservationId": benefit["id"].rpartition("/")[2], "reservationName": benefit["name"]}
    return found


def _cost(quantity: Decimal, price: Decimal) -> Row:
    cost = quantity * price
    return {
        "quantity": quantity,
        "effectivePrice": price,
        "costInBillingCurrency": cost,
        "costInPricingCurrency": cost,
        "costInUsd": cost,
    }


def _period(world: World, day: date) -> Row:
    account = _company()["billing_account"]
    start, end = focus.month(day), focus.next_month(day)
    invoiced = focus.at(end + timedelta(days=INVOICE_DAYS)) <= world.now
    return {
        "invoiceId": f"G{start:%y%m}00951" if invoiced else None,
        "billingAccountId": account["id"],
        "billingAccountName": account["name"],
        "billingPeriodStartDate": start,
        "billingPeriodEndDate": end - timedelta(days=1),
        "date": day,
        "billingCurrency": "USD",
        "pricingCurrency": "USD",
        "exchangeRatePricingToBilling": 1,
    }


def _company() -> Mapping[str, Any]:
    return facts.read("company.yml")["azure"]
