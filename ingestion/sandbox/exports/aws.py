"""The cloud bill: a FOCUS 1.2 export of an AWS-like cloud, Parquet, a folder per billing period.

Lands     focus/aws/BILLING_PERIOD=YYYY-MM/cloud-00001.parquet: a line per resource and day, or for
          some per hour of the last three days; and, by month, support, a marketplace
          subscription, a savings plan with what it covered and what stayed unused, taxes, a credit,
          a refund and a correction of the month before.
Holds     days of the window only; what is charged by the month comes for every month it touches.
Tags      flat JSON; staging spells two keys otherwise, and some resources lack the feature or all.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np

from ingestion.sandbox import calls, facts, focus
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "FOCUS 1.2 export of the cloud bill"
ISSUER = "AWS"
HOURLY_DAYS = 3
# An invoice is issued so many days after its month.
INVOICE_DAYS = 3
SPREAD = 0.12
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Resource:
    """One billed resource and what it uses; `covered` by the savings plan."""

    name: str
    sku: str
    account: str
    fleet: Mapping[str, Any]
    tags: str | None
    covered: bool


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = folder / "focus" / "aws"
    for old in root.glob("BILLING_PERIOD=*"):
        fresh(old, "cloud-*.parquet").rmdir()
    rows = list(_rows(world))
    for start in sorted({row["BillingPeriodStart"] for row in rows}):
        path = root / f"BILLING_PERIOD={start:%Y-%m}" / "cloud-00001.parquet"
        own = [row for row in rows if row["BillingPeriodStart"] == start]
        focus.write_parquet(own, focus.COLUMNS_1_2, path)
    return Export(root, len(rows), {"SOURCES__FOCUS__BUCKET_URL": [str(root)]})


def _rows(world: World) -> Iterator[focus.Row]:
    resources = list(_resources())
    months: dict[date, list[focus.Row]] = {}
    day = world.first
    while day <= world.last:
        hourly = (world.last - day).days < HOURLY_DAYS
        month = months.setdefault(focus.month(day), [])
        month.extend(_day(world, resources, day, hourly=hourly))
        day += timedelta(days=1)
    for start, rows in months.items():
        rows.extend(_monthly(world, start))
        rows.extend(_taxes(world, start, rows))
        yield from rows


# Days ---------------------------------------------------------------------------------------------


def _resources() -> Iterator[Resource]:
    cloud = facts.read("cloud.yml")
    teams = {name: f["team"] for name, f in facts.read("company.yml")["features"].items()}
    for fleet in cloud["fleets"]:
        keys = cloud["accounts"].get(fleet["account"], {}).get("tag_keys", {})
        numbered = (f"{fleet.get('name')}-{n:02}" for n in range(1, fleet.get("count", 0) + 1))
        named = fleet.get("resources") or dict.fromkeys(numbered)
        for place, (name, feature) in enumerate(named.items()):
            tags = None
            if fleet["tags"] is not None:
                tags = {"feature": feature, "team": teams.get(feature), **fleet["tags"]}
                tags = {keys.get(key, key): value for key, value in tags.items() if value}
            covered = place < fleet.get("covered", 0)
            text = focus.key_values(tags)
            yield Resource(name, fleet["sku"], fleet["account"], fleet, text, covered)


def _day(world: World, resources: list[Resource], day: date, *, hourly: bool) -> Iterator[focus.Row]:
    used = Decimal(0)
    for resource, quantity in _quantities(world, resources, day):
        if resource.covered:
            row, spent = _covered(world, resource, day, quantity)
            used += spent
            yield row
        elif hourly and resource.fleet.get("hourly"):
            yield from (_usage(world, resource, day, Decimal(1), hour) for hour in range(int(quantity)))
        else:
            yield _usage(world, resource, day, quantity)
    yield from _unused(world, day, used)


def _quantities(world: World, resources: list[Resource], day: date) -> Iterator[tuple[Resource, Decimal]]:
    stream = [world.seed, zlib.crc32(b"aws"), day.toordinal()]
    rng = np.random.default_rng(stream)
    drawn = np.exp(SPREAD * rng.standard_normal(len(resources)))
    scaled = rng.random(len(resources))
    for resource, luck, load in zip(resources, drawn, scaled, strict=True):
        yield resource, _quantity(resource.fleet, day, float(luck), float(load))


def nodes(world: World, day: date) -> Iterator[tuple[Resource, Decimal]]:
    """Yield the machines that are nodes of a Kubernetes cluster, and the hours that the bill has of them."""
    for resource, hours in _quantities(world, list(_resources()), day):
        if "cluster" in resource.fleet:
            yield resource, hours


def instance_id(name: str) -> str:
    """Return the id that AWS gave to a machine."""
    return "i-0" + hashlib.sha256(name.encode()).hexdigest()[:16]


def _quantity(fleet: Mapping[str, Any], day: date, luck: float, load: float) -> Decimal:
    """Return a day's quantity in the SKU's unit, with at most 6 decimals."""
    if "hours" in fleet:
        hours = fleet["hours"]
        least, most = hours if isinstance(hours, list) else (hours, hours)
        # a pool that is scaled runs less on weekends
        top = most if day.weekday() < 5 else (least + most) // 2
        return Decimal(least + round(load * (top - least)))
    if "stored" in fleet:
        grown = (1 + float(fleet.get("growth", 0))) ** ((day - calls.GROWTH_FROM).days / 30)
        days = (focus.next_month(day) - focus.month(day)).days
        return _decimal(float(fleet["stored"]) * grown / days)
    return _decimal(float(fleet["used"]) * luck)


def _decimal(number: float) -> Decimal:
    return Decimal(round(number * 1_000_000)).scaleb(-6)


def _usage(
    world: World, resource: Resource, day: date, quantity: Decimal, hour: int | None = None
) -> focus.Row:
    sku = _sku(resource.sku)
    charge = (
        focus.on(focus.at(day), focus.at(day + timedelta(days=1)))
        if hour is None
        else focus.on(focus.at(day, hour), focus.at(day, hour + 1))
    )
    return {
        **_base(world, day, resource.account),
        **charge,
        **_resource(resource),
        **_product(resource.sku),
        **focus.priced(quantity, sku["unit"], sku["price"], _contracted(sku)),
        "SkuPriceId": f"{resource.sku}.OnDemand",
        "PricingCategory": "Standard",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": f"{resource.sku} {sku['meter'].lower()} in {_region()['id']}",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": sku["unit"],
    }


def _covered(world: World, resource: Resource, day: date, hours: Decimal) -> tuple[focus.Row, Decimal]:
    """Return usage that the savings plan pays for, and what it takes from the commitment."""
    spent = hours * facts.read("cloud.yml")["savings_plan"]["rates"][resource.sku]
    row = _usage(world, resource, day, hours) | {
        "SkuPriceId": f"{resource.sku}.SavingsPlan",
        "PricingCategory": "Committed",
        "BilledCost": Decimal(0),
        **focus.effective(spent),
        **_commitment("Used", spent),
    }
    return row, spent


def _unused(world: World, day: date, used: Decimal) -> Iterator[focus.Row]:
    """Yield what the day's commitment had left over."""
    plan = facts.read("cloud.yml")["savings_plan"]
    left = plan["commitment"] * 24 - used
    if left < 0:
        raise ValueError(f"cloud.yml: the savings plan covers more than it holds on {day}")
    if left:
        yield {
            **_base(world, day, plan["account"]),
            **focus.on(focus.at(day), focus.at(day + timedelta(days=1))),
            **_plan_product(),
            **focus.priced(left / plan["commitment"], "Hours", plan["commitment"]),
            **_commitment("Unused", left),
            "BilledCost": Decimal(0),
            "PricingCategory": "Committed",
            "ChargeCategory": "Usage",
            "ChargeFrequency": "Usage-Based",
            "ChargeDescription": "Unused savings plan commitment",
        }


# Months -------------------------------------------------------------------------------------------


def _monthly(world: World, start: date) -> Iterator[focus.Row]:
    monthly = facts.read("cloud.yml")["monthly"]
    yield _plan_purchase(world, start)
    yield _fee(
        world, start, monthly["support"], ("AWS Support", "support-business"),
        ("Management and Governance", "Support"), ISSUER,
    )  # fmt: skip
    yield _fee(
        world, start, monthly["observability"], ("Lumina Observability Pro", "mp-lumina-pro"),
        ("Management and Governance", "Observability"), monthly["observability"]["publisher"],
    )  # fmt: skip
    for kind, build in (("credit", _credit), ("refund", _refund), ("correction", _correction)):
        day = start.replace(day=monthly[kind]["day"])
        if world.first <= day <= world.last:
            yield build(world, day, monthly[kind])


def _whole(start: date) -> focus.Row:
    return focus.on(focus.at(start), focus.at(focus.next_month(start)))


def _plan_purchase(world: World, start: date) -> focus.Row:
    plan = facts.read("cloud.yml")["savings_plan"]
    hours = Decimal((focus.next_month(start) - start).days * 24)
    return {
        **_base(world, start, plan["account"]),
        **_whole(start),
        **_plan_product(),
        **focus.priced(hours, "Hours", plan["commitment"]),
        # It pays for usage that has the effective cost instead.
        **focus.effective(Decimal(0)),
        **_commitment(None, hours * plan["commitment"]),
        "PricingCategory": "Standard",
        "ChargeCategory": "Purchase",
        "ChargeFrequency": "Recurring",
        "ChargeDescription": "Compute savings plan, 1 year, no upfront",
    }


def _fee(
    world: World,
    start: date,
    fee: Mapping[str, Any],
    product: tuple[str, str],
    category: tuple[str, str],
    publisher: str,
) -> focus.Row:
    """Return a price for a month, of a service without resources."""
    service, sku = product
    return {
        **_base(world, start, fee["account"]),
        **_whole(start),
        **focus.priced(Decimal(1), "Months", Decimal(fee["price"])),
        "PublisherName": publisher,
        "ServiceName": service,
        "ServiceCategory": category[0],
        "ServiceSubcategory": category[1],
        "SkuId": sku,
        "SkuMeter": "Subscription",
        "SkuPriceId": f"{sku}.Month",
        "PricingCategory": "Standard",
        "ChargeCategory": "Purchase",
        "ChargeFrequency": "Recurring",
        "ChargeDescription": f"{service}, monthly fee",
    }


def _credit(world: World, day: date, credit: Mapping[str, Any]) -> focus.Row:
    amount = Decimal(credit["amount"])
    return {
        **_base(world, day, credit["account"]),
        **focus.on(focus.at(day), focus.at(day + timedelta(days=1))),
        **focus.costs(amount),
        "ListCost": amount,
        "ServiceName": "AWS Promotional Credits",
        "ServiceCategory": "Other",
        "ServiceSubcategory": "Other (Other)",
        "ChargeCategory": "Credit",
        "ChargeFrequency": "One-Time",
        "ChargeDescription": "Promotional credit for startups",
    }


def _refund(world: World, day: date, refund: Mapping[str, Any]) -> focus.Row:
    """Return usage taken back within its own month: restated data, not a Correction."""
    resource = _named(refund["resource"])
    row = _usage(world, resource, day, Decimal(refund["quantity"]))
    return row | {"ChargeDescription": f"Refund: {row['ChargeDescription']}"}


def _correction(world: World, day: date, correction: Mapping[str, Any]) -> focus.Row:
    """Return usage of a closed month taken back on this month's bill."""
    resource = _named(correction["resource"])
    earlier = focus.month(day) - timedelta(days=correction["day"])
    row = _usage(world, resource, earlier, Decimal(correction["quantity"]))
    return {
        **row,
        **focus.period(day),
        "InvoiceId": _invoice(world, day),
        "ChargeClass": "Correction",
        "ChargeDescription": f"Correction: {row['ChargeDescription']}",
    }


def _taxes(world: World, start: date, rows: list[focus.Row]) -> Iterator[focus.Row]:
    """Yield the month's tax of each sub account, on what it was charged but credits."""
    rate = facts.read("cloud.yml")["monthly"]["tax_rate"]
    for account in facts.read("company.yml")["aws"]["sub_accounts"]:
        taxed = [r for r in rows if r["SubAccountId"] == account and r["ChargeCategory"] != "Credit"]
        base = {
            name: (sum(r[name] for r in taxed) * rate).quantize(CENT, ROUND_HALF_UP)
            for name in ("BilledCost", "ListCost", "ContractedCost")
        }
        yield {
            **_base(world, start, account),
            **_whole(start),
            **base,
            **focus.effective(base["BilledCost"]),
            "ServiceName": "Tax",
            "ServiceCategory": "Other",
            "ServiceSubcategory": "Other (Other)",
            "ChargeCategory": "Tax",
            "ChargeFrequency": "Recurring",
            "ChargeDescription": "Sales tax",
        }


# What many rows have in common --------------------------------------------------------------------


def _base(world: World, day: date, account: str) -> focus.Row:
    company = facts.read("company.yml")["aws"]
    return {
        "ProviderName": ISSUER,
        "PublisherName": ISSUER,
        "InvoiceIssuerName": ISSUER,
        "InvoiceId": _invoice(world, day),
        "BillingAccountId": company["billing_account"],
        "BillingAccountName": "Larkspur",
        "BillingAccountType": "Payer Account",
        "SubAccountId": account,
        "SubAccountName": company["sub_accounts"][account]["name"],
        "SubAccountType": "Linked Account",
        **focus.period(day),
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
    }


def _invoice(world: World, day: date) -> str | None:
    """Return the invoice of a day's month, None until it is issued."""
    issued = focus.at(focus.next_month(day) + timedelta(days=INVOICE_DAYS))
    return f"EUINIE-{day:%Y%m}-0001" if issued <= world.now else None


def _product(sku_id: str) -> focus.Row:
    sku = _sku(sku_id)
    return {
        "ServiceName": sku["service"],
        "ServiceCategory": sku["category"],
        "ServiceSubcategory": sku["subcategory"],
        "SkuId": sku_id,
        "SkuMeter": sku["meter"],
        "SkuPriceDetails": focus.key_values(sku.get("details")),
        "RegionId": _region()["id"],
        "RegionName": _region()["name"],
    }


def _resource(resource: Resource) -> focus.Row:
    kind = _sku(resource.sku)["type"]
    slug = kind.lower().replace(" ", "-")
    place = f"{_region()['id']}:{resource.account}"
    identity = f"arn:aws:{slug}:{place}:{resource.name}"
    if "cluster" in resource.fleet:
        # As AWS names a machine: what the cluster calls it is the name only.
        identity = f"arn:aws:ec2:{place}:instance/{instance_id(resource.name)}"
    return {
        "ResourceId": identity,
        "ResourceName": resource.name,
        "ResourceType": kind,
        "Tags": resource.tags,
    }


def _plan_product() -> focus.Row:
    plan = facts.read("cloud.yml")["savings_plan"]
    return {
        "ServiceName": "Savings Plans for AWS Compute usage",
        "ServiceCategory": "Compute",
        "ServiceSubcategory": "Other (Compute)",
        "SkuId": "compute-savings-plan",
        "SkuMeter": "Commitment Hours",
        "SkuPriceId": "compute-savings-plan.1yr.NoUpfront",
        "ResourceId": plan["id"],
        "ResourceName": plan["name"],
        "ResourceType": "Savings Plan",
    }


def _commitment(status: str | None, amount: Decimal) -> focus.Row:
    plan = facts.read("cloud.yml")["savings_plan"]
    return {
        "CommitmentDiscountId": plan["id"],
        "CommitmentDiscountName": plan["name"],
        "CommitmentDiscountCategory": "Spend",
        "CommitmentDiscountType": "Compute Savings Plan",
        "CommitmentDiscountStatus": status,
        "CommitmentDiscountQuantity": amount,
        "CommitmentDiscountUnit": "USD",
    }


def _named(name: str) -> Resource:
    return next(resource for resource in _resources() if resource.name == name)


def _sku(sku_id: str) -> Mapping[str, Any]:
    return facts.read("cloud.yml")["skus"][sku_id]


def _contracted(sku: Mapping[str, Any]) -> Decimal:
    share = facts.read("cloud.yml")["contracted"].get(sku["service"], Decimal(1))
    return sku["price"] * share


def _region() -> Mapping[str, str]:
    return facts.read("cloud.yml")["region"]
