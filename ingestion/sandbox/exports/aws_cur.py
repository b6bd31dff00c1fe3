"""A whole AWS bill as CUR 2.0: that of Larkspur Labs, which pays for its cloud itself.

Lands     aws_cur/exports/larkspur-labs/data/BILLING_PERIOD=YYYY-MM/, and the newest two months in run folders
          with manifests in metadata/: each of them has an older run too, with other amounts, which no longer
          counts. The months before are gzip CSV without a manifest, the newest two Parquet.
Holds     a line per resource and day: machines under a savings plan with its negations, one under a
          reservation, a node of EKS with the rows that split it over pods, spot, buckets, a database, data
          transfer; by day the savings plan's fee and what of it stayed unused; by month the reservation's
          fee, support, a marketplace subscription, tax, a credit and a refund of the month before.
Money     its own payer account: nothing of it is on the FOCUS export or among Bedrock's lines.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.sandbox import focus, wire
from ingestion.sandbox.exports import Export
from ingestion.sandbox.world import World

SUMMARY = "CUR 2.0 of an AWS account of its own, with manifests"
EXPORT = "larkspur-labs"
PAYER, REGION = "420000000001", "eu-central-1"
ACCOUNTS = {"420000000010": "larkspur-labs", "420000000020": "larkspur-labs-sandbox"}
LABS, PLAYGROUND = ACCOUNTS
PLAN = f"arn:aws:savingsplans::{PAYER}:savingsplan/4d1f0c77"
RESERVATION = f"arn:aws:ec2:{REGION}:{LABS}:reserved-instances/b7e0a2"
# An hour of m7i.large and m7i.xlarge: at list price, under the savings plan, reserved.
PRICE, PLAN_PRICE, RESERVED_PRICE = Decimal("0.1116"), Decimal("0.0736"), Decimal("0.1315")
NODE_PRICE = Decimal("0.2232")
COMMITMENT = Decimal("0.2")  # dollars an hour
TAX = Decimal("0.19")
CENT = Decimal("0.01")
DATABASE = "InstanceUsage:db.t4g.large"
TEXT, AMOUNT, TIME = pa.string(), pa.decimal128(38, 18), pa.timestamp("ms")
MAP = pa.map_(TEXT, TEXT)
COLUMNS: dict[str, pa.DataType] = {
    **dict.fromkeys(
        (
            "identity_line_item_id", "identity_time_interval", "bill_bill_type", "bill_billing_entity",
            "bill_invoice_id", "bill_invoicing_entity", "bill_payer_account_id", "bill_payer_account_name",
            "line_item_availability_zone", "line_item_currency_code", "line_item_legal_entity",
            "line_item_line_item_description", "line_item_line_item_type", "line_item_operation",
            "line_item_product_code", "line_item_resource_id", "line_item_tax_type",
            "line_item_unblended_rate",
            "line_item_usage_account_id", "line_item_usage_account_name", "line_item_usage_type",
            "pricing_currency",
            "pricing_public_on_demand_rate", "pricing_purchase_option", "pricing_rate_code", "pricing_term",
            "pricing_unit", "product_instance_type", "product_product_family", "product_region_code",
            "product_servicecode", "product_sku", "reservation_reservation_a_r_n",
            "savings_plan_offering_type",
            "savings_plan_savings_plan_a_r_n", "split_line_item_parent_resource_id",
        ),
        TEXT,
    ),
    **dict.fromkeys(
        (
            "bill_billing_period_start_date", "bill_billing_period_end_date", "line_item_usage_start_date",
            "line_item_usage_end_date",
        ),
        TIME,
    ),
    **dict.fromkeys(
        (
            "line_item_blended_cost", "line_item_unblended_cost", "line_item_usage_amount",
            "pricing_public_on_demand_cost", "reservation_effective_cost",
            "reservation_unused_amortized_upfront_fee_for_billing_period", "reservation_unused_quantity",
            "reservation_unused_recurring_fee", "savings_plan_savings_plan_effective_cost",
            "savings_plan_total_commitment_to_date", "savings_plan_used_commitment",
            "split_line_item_split_cost",
            "split_line_item_split_usage_ratio", "split_line_item_unused_cost",
        ),
        AMOUNT,
    ),
    **dict.fromkeys(("cost_category", "discount", "product", "resource_tags"), MAP),
}  # fmt: skip
Line = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the export."""
    root = folder / "aws_cur"
    shutil.rmtree(root, ignore_errors=True)
    months: dict[date, list[Line]] = defaultdict(list)
    for line in lines(world):
        months[line["bill_billing_period_start_date"].date()].append(line)
    export = root / "exports" / EXPORT
    newest = sorted(months)[-2:]
    for start, own in sorted(months.items()):
        period = f"BILLING_PERIOD={start:%Y-%m}"
        if start not in newest:
            write_csv(own, export / "data" / period / f"{EXPORT}-00001.csv.gz")
            continue
        # Twice a day or more AWS writes the month again; the run of the morning is superseded.
        early = [line | {"line_item_unblended_cost": line["line_item_unblended_cost"] / 2} for line in own]
        for hour, content in ((6, early[: len(early) // 2]), (18, own)):
            name = f"{world.last:%Y%m%d}T{hour:02}0000Z-5f0d"
            middle = (len(content) + 1) // 2
            parts = {f"{EXPORT}-00001.snappy.parquet": content[:middle]}
            parts[f"{EXPORT}-00002.snappy.parquet"] = content[middle:]
            for part, rows in parts.items():
                write_parquet(rows, export / "data" / period / name / part)
            manifest = export / "metadata" / period / name / f"{EXPORT}-Manifest.json"
            manifest.parent.mkdir(parents=True)
            keys = [f"s3://larkspur-billing/exports/{EXPORT}/data/{period}/{name}/{part}" for part in parts]
            manifest.write_text(json.dumps({"exportName": EXPORT, "executionId": name, "dataFiles": keys}))
    return Export(root, sum(map(len, months.values())), {"SOURCES__AWS__BUCKET_URL": root / "exports"})


def write_parquet(rows: list[Line], path: Path) -> None:
    """Write lines as AWS writes Parquet: maps are maps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(list(COLUMNS.items()))), path)


def write_csv(rows: list[Line], path: Path) -> None:
    """Write lines as AWS writes CSV: maps are JSON, times have milliseconds and a Z."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows([[cell(row.get(name)) for name in COLUMNS] for row in rows])
    # Without the time of writing, the same bill is the same file.
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def cell(value: Any) -> str:
    """A value in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.000Z"
    if isinstance(value, Decimal):
        return wire.plain(value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


# Lines --------------------------------------------------------------------------------------------


def lines(world: World) -> Iterator[Line]:
    """Yield the lines of the bill as it stands."""
    day = world.first
    months: dict[date, list[Line]] = defaultdict(list)
    while day <= world.last:
        months[focus.month(day)].extend(daily(day))
        day += timedelta(days=1)
    for start, own in months.items():
        own.extend(monthly(world, start, own))
        for number, line in enumerate(own):
            yield line | {"identity_line_item_id": f"labs{start:%Y%m}{number:05}"}


def drawn(day: date, name: str, least: int, most: int) -> Decimal:
    """A whole number of the day, the same in every window."""
    return Decimal(least + zlib.crc32(f"{day}{name}".encode()) % (most - least + 1))


def daily(day: date) -> Iterator[Line]:
    """Yield a day's lines."""
    yield from planned(day)
    hours = drawn(day, "ri", 18, 24)
    machine = ec2(
        "i-0aa3labs", "m7i.xlarge", {"user_feature": "semantic-index", "user_team": "search-platform"}
    )
    yield usage(day, LABS, hours, "Hrs", NODE_PRICE, machine) | {
        "line_item_line_item_type": "DiscountedUsage",
        "line_item_unblended_rate": "0",
        "line_item_unblended_cost": Decimal(0),
        "pricing_term": "Reserved",
        "reservation_effective_cost": hours * RESERVED_PRICE,
        "reservation_reservation_a_r_n": RESERVATION,
    }
    yield from node(day)
    spot = ec2("i-0ad6spot", "c7i.large", {"user_team": "reliability"}) | {
        "line_item_usage_type": "EUC1-SpotUsage:c7i.large", "line_item_operation": "RunInstances:SV011",
        "pricing_purchase_option": "Spot",
    }  # fmt: skip
    yield usage(day, PLAYGROUND, drawn(day, "spot", 2, 9), "Hrs", Decimal("0.0391"), spot)
    tags = {"user_feature": "doc-chat", "user_team": "documents", "user_environment": "dev"}
    for bucket, most in (("labs-corpora", 40), ("labs-scratch", 9)):
        kept = drawn(day, bucket, most // 2, most)
        own = product("AmazonS3", "Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs")
        own |= {"line_item_resource_id": bucket, "resource_tags": tags if bucket == "labs-corpora" else {}}
        yield usage(day, LABS, kept, "GB-Mo", Decimal("0.0245"), own)
    database = product("AmazonRDS", "Amazon Relational Database Service", "Database Instance", DATABASE)
    database |= {
        "line_item_resource_id": f"arn:aws:rds:{REGION}:{LABS}:db:labs-experiments",
        "resource_tags": {"user_feature": "recommendations", "user_team": "search-platform"},
    }
    yield usage(day, LABS, Decimal(24), "Hrs", Decimal("0.147"), database)
    transfer = product("AmazonEC2", "Amazon Elastic Compute Cloud", "Data Transfer", "DataTransfer-Out-Bytes")
    transfer |= {"product_servicecode": "AWSDataTransfer", "line_item_resource_id": "i-0aa1labs"}
    yield usage(day, LABS, drawn(day, "out", 3, 30), "GB", Decimal("0.09"), transfer)


def planned(day: date) -> Iterator[Line]:
    """Yield machines under the savings plan, the negation of each, and the fee of the day."""
    used = Decimal(0)
    owners = {"i-0aa1labs": "doc-chat", "i-0aa2labs": "contract-review"}
    for name, feature in owners.items():
        hours = drawn(day, name, 12, 24)
        used += hours * PLAN_PRICE
        machine = ec2(name, "m7i.large", {"user_feature": feature, "user_environment": "dev"})
        covered = usage(day, LABS, hours, "Hrs", PRICE, machine) | {
            "line_item_line_item_type": "SavingsPlanCoveredUsage",
            "savings_plan_savings_plan_a_r_n": PLAN,
            "savings_plan_offering_type": "ComputeSavingsPlans",
            "savings_plan_savings_plan_effective_cost": hours * PLAN_PRICE,
        }
        yield covered
        yield covered | {
            "line_item_line_item_type": "SavingsPlanNegation",
            "line_item_unblended_cost": -covered["line_item_unblended_cost"],
            "line_item_line_item_description": "SavingsPlanNegation used by AccountId : " + LABS,
            "savings_plan_savings_plan_effective_cost": Decimal(0),
            "pricing_public_on_demand_cost": Decimal(0),
            "resource_tags": {},
        }
    fee = product(
        "ComputeSavingsPlans", "Savings Plans for AWS Compute usage", None, "ComputeSP:1yrNoUpfront"
    )
    yield usage(day, PAYER, Decimal(24), "Hrs", COMMITMENT, fee) | {
        "line_item_line_item_type": "SavingsPlanRecurringFee",
        "line_item_line_item_description": "1 year No Upfront Compute Savings Plan",
        "savings_plan_savings_plan_a_r_n": PLAN,
        "savings_plan_offering_type": "ComputeSavingsPlans",
        "savings_plan_total_commitment_to_date": 24 * COMMITMENT,
        "savings_plan_used_commitment": used,
        "pricing_public_on_demand_cost": Decimal(0),
        "pricing_public_on_demand_rate": "0",
    }


def node(day: date) -> Iterator[Line]:
    """Yield a node of a cluster, and the rows that split its cost over two pods and what they left idle."""
    hours = drawn(day, "node", 20, 24)
    cost = hours * NODE_PRICE
    machine = ec2("i-0ae9node", "m7i.xlarge", {"user_app": "eks-labs", "user_environment": "staging"})
    yield usage(day, LABS, hours, "Hrs", NODE_PRICE, machine)
    for pod, namespace, share, idle in (
        ("trainer", "search", "0.5", "0.1"),
        ("notebook", "documents", "0.25", "0.15"),
    ):
        own = product("AmazonEKS", "Amazon Elastic Kubernetes Service", "Compute", "EUC1-EKS-EC2-vCPU-Hours")
        own |= {
            "line_item_resource_id": f"arn:aws:eks:{REGION}:{LABS}:pod/labs/{namespace}/{pod}/0c1d",
            "line_item_operation": "EKSPod-EC2",
            "resource_tags": {"aws:eks:namespace": namespace, "aws:eks:cluster-name": "labs"},
            "split_line_item_parent_resource_id": "i-0ae9node",
            "split_line_item_split_usage_ratio": Decimal(share),
            "split_line_item_split_cost": cost * Decimal(share),
            "split_line_item_unused_cost": cost * Decimal(idle),
        }
        yield usage(day, LABS, 4 * hours * Decimal(share), "vCPU-Hours", Decimal(0), own)


def monthly(world: World, start: date, own: list[Line]) -> Iterator[Line]:
    """Yield what a month is charged as a whole."""
    whole = {
        "line_item_usage_start_date": focus.at(start),
        "line_item_usage_end_date": focus.at(focus.next_month(start)),
        "identity_time_interval": f"{start:%Y-%m-%d}T00:00:00Z/{focus.next_month(start):%Y-%m-%d}T00:00:00Z",
    }
    last = min(focus.next_month(start) - timedelta(days=1), world.last)
    first = max(start, world.first)
    reserved = Decimal(24 * ((last - first).days + 1))
    used = sum(
        line["line_item_usage_amount"]
        for line in own
        if line["line_item_line_item_type"] == "DiscountedUsage"
    )
    fee = product(
        "AmazonEC2", "Amazon Elastic Compute Cloud", "Compute Instance", "EUC1-HeavyUsage:m7i.xlarge"
    )
    yield (
        usage(start, LABS, reserved, "Hrs", RESERVED_PRICE, fee)
        | whole
        | {
            "line_item_line_item_type": "RIFee",
            "line_item_line_item_description": "Linux/UNIX (Amazon VPC), m7i.xlarge reserved instance",
            "pricing_public_on_demand_cost": Decimal(0),
            "reservation_reservation_a_r_n": RESERVATION,
            "reservation_unused_quantity": reserved - used,
            "reservation_unused_recurring_fee": (reserved - used) * RESERVED_PRICE,
            "reservation_unused_amortized_upfront_fee_for_billing_period": Decimal(0),
        }
    )
    support = product("AWSSupportBusiness", "AWS Support (Business)", None, "Dollar")
    yield usage(start, PAYER, Decimal(1), "Units", Decimal("100"), support) | whole | {
        "line_item_line_item_type": "Fee", "line_item_line_item_description": "AWS Support (Business)",
    }  # fmt: skip
    sold = product(
        "b8dq2x0tlarkspurlabsvendor", "Quillmark Annotation Studio", None, "EUC1-SoftwareUsage-Month"
    )
    yield usage(start, LABS, Decimal(1), "Units", Decimal("120"), sold) | whole | {
        "bill_billing_entity": "AWS Marketplace", "line_item_legal_entity": "Quillmark Oy",
        "line_item_line_item_description": "AWS Marketplace SaaS contract, monthly",
        "line_item_line_item_type": "Fee",
        "resource_tags": {"user_feature": "contract-review"},
    }  # fmt: skip
    promotion = product("AmazonS3", "Amazon Simple Storage Service", None, "Credit")
    yield amount(start, LABS, Decimal("-12.5"), promotion) | whole | {
        "line_item_line_item_type": "Credit",
        "line_item_line_item_description": "Promotional credit for a trial",
    }  # fmt: skip
    earlier = start - timedelta(days=6)
    refund = product("AmazonRDS", "Amazon Relational Database Service", "Database Instance", DATABASE)
    yield amount(start, LABS, Decimal("-3.528"), refund) | {
        "bill_bill_type": "Refund",
        "line_item_line_item_type": "Refund",
        "line_item_line_item_description": "Refund: db.t4g.large, a day without service",
        "line_item_usage_start_date": focus.at(earlier),
        "line_item_usage_end_date": focus.at(earlier + timedelta(days=1)),
        "line_item_resource_id": f"arn:aws:rds:{REGION}:{LABS}:db:labs-experiments",
        "resource_tags": {"user_feature": "recommendations", "user_team": "search-platform"},
    }
    for code in ("AmazonEC2", "AmazonRDS"):
        taxed = sum(
            line["line_item_unblended_cost"] for line in own if line["line_item_product_code"] == code
        )
        # A tax line has no name of its product.
        tax = product(code, None, None, "Tax")
        yield amount(start, LABS, (taxed * TAX).quantize(CENT, ROUND_HALF_UP), tax) | whole | {
            "line_item_line_item_type": "Tax", "line_item_tax_type": "VAT", "line_item_operation": None,
            "line_item_line_item_description": f"Tax for product code {code} usage type {REGION}",
            "line_item_legal_entity": "Amazon Web Services EMEA SARL, German Branch",
        }  # fmt: skip


# What many lines have in common -------------------------------------------------------------------


def ec2(name: str, kind: str, tags: dict[str, str]) -> Line:
    """Return a machine."""
    own = product("AmazonEC2", "Amazon Elastic Compute Cloud", "Compute Instance", f"EUC1-BoxUsage:{kind}")
    return own | {
        "line_item_resource_id": name,
        "line_item_availability_zone": f"{REGION}a",
        "line_item_operation": "RunInstances",
        "product_instance_type": kind,
        "resource_tags": tags,
    }


def product(code: str, name: str | None, family: str | None, usage_type: str) -> Line:
    """Return what is sold."""
    sku = f"{zlib.crc32(f'{code}{usage_type}'.encode()):08X}LABS"
    return {
        "line_item_product_code": code,
        "line_item_usage_type": usage_type,
        "line_item_operation": "Usage",
        "product": {"product_name": name} if name else {},
        "product_product_family": family,
        "product_servicecode": code,
        "product_sku": sku,
        "pricing_rate_code": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
        "product_region_code": REGION,
        "resource_tags": {},
    }


def usage(day: date, account: str, quantity: Decimal, unit: str, price: Decimal, sold: Line) -> Line:
    """Return a day's line at a price."""
    rate = wire.plain(price)
    return amount(day, account, quantity * price, sold) | {
        "line_item_line_item_description": f"${rate} per {unit} {sold['line_item_usage_type']}",
        "line_item_usage_amount": quantity,
        "line_item_unblended_rate": rate,
        "pricing_public_on_demand_cost": quantity * price,
        "pricing_public_on_demand_rate": rate,
        "pricing_term": "OnDemand",
        "pricing_unit": unit,
    }


def amount(day: date, account: str, cost: Decimal, sold: Line) -> Line:
    """Return a line that is an amount only."""
    return sold | {
        "identity_time_interval": f"{day:%Y-%m-%d}T00:00:00Z/{day + timedelta(days=1):%Y-%m-%d}T00:00:00Z",
        "bill_bill_type": "Anniversary",
        "bill_billing_entity": "AWS",
        "bill_billing_period_start_date": focus.at(focus.month(day)),
        "bill_billing_period_end_date": focus.at(focus.next_month(day)),
        "bill_invoicing_entity": "Amazon Web Services EMEA SARL",
        "bill_payer_account_id": PAYER,
        "bill_payer_account_name": "Larkspur Labs",
        "line_item_usage_account_id": account,
        "line_item_usage_account_name": ACCOUNTS.get(account, "larkspur-labs-payer"),
        "line_item_legal_entity": "Amazon Web Services EMEA SARL",
        "line_item_line_item_type": "Usage",
        "line_item_currency_code": "USD",
        "pricing_currency": "USD",
        "line_item_usage_start_date": focus.at(day),
        "line_item_usage_end_date": focus.at(day + timedelta(days=1)),
        "line_item_usage_amount": Decimal(1),
        "line_item_unblended_cost": cost,
        # An average over the accounts of a payer, which is no bill; a reader must not take it.
        "line_item_blended_cost": cost * 2,
        "cost_category": {},
        "discount": {},
    }
