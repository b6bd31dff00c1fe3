"""An AWS bill to `fct_charges`, beside focus-converter 1.0.0 on the same file.

ours     the source `aws` as `python -m ingestion run aws` runs it (every line is checked, a file that comes
         again replaces its lines), then the models up to fct_charges
theirs   the FinOps Foundation's focus-converter, which writes FOCUS Parquet, in an environment of its own:
         .venvs/focus-converter. It needs multimethod below 2 and click below 8.2, which it does not say

Both start many libraries before they read a line: what a bill of FEWEST lines costs is told apart. Ours is an
installation that has loaded a bill before: dbt has parsed the project, the Data Docs have their page.

The bill is the older CUR as Parquet, the one kind that both read: hours of a month, 10,000 resources, tags,
one line in ten of a savings plan (usage or its negation), one in twenty reserved.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import measure
from benchmarks.project import REPO, Project

ENVIRONMENT = REPO / ".venvs" / "focus-converter"
REQUIREMENTS = ("focus-converter==1.0.0", "multimethod<2", "click<8.2")
LINES_A_GROUP = 100_000
FEWEST = 200
RESOURCES = 10_000
START = datetime(2026, 10, 1)
# Code, name, family, usage type, unit, dollars for one.
PRODUCTS = (
    ("AmazonEC2", "Amazon Elastic Compute Cloud", "Compute Instance", "BoxUsage:m7i.large", "Hrs", 0.1008),
    ("AmazonS3", "Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "GB-Mo", 0.023),
    ("AmazonRDS", "Amazon Relational Database Service", "Database Instance", "InstanceUsage", "Hrs", 0.145),
    ("AWSLambda", "AWS Lambda", "Serverless", "Lambda-GB-Second", "Second", 0.0000166667),
    ("AmazonCloudWatch", "AmazonCloudWatch", "Metric", "CW:MetricMonitorUsage", "Metrics", 0.3),
)
# A line's type by its number: of every twenty.
TYPES = ("SavingsPlanCoveredUsage", "SavingsPlanNegation", "DiscountedUsage", *["Usage"] * 17)


def write_bill(lines: int, path: Path) -> None:
    """Write so many lines as one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for start in range(0, lines, LINES_A_GROUP):
        table = part(start, min(LINES_A_GROUP, lines - start))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def part(start: int, count: int) -> pa.Table:
    """Lines from this number on."""
    numbers = np.arange(start, start + count)
    rng = np.random.default_rng(start)
    # A covered line and its negation are neighbours, and of the first product.
    kinds = np.array(TYPES)[numbers % 20]
    of_product = np.where(numbers % 20 < 3, 0, numbers % len(PRODUCTS))
    resource = (numbers - (numbers % 20 == 1)) // 20 % RESOURCES
    hour = (numbers // 20 // RESOURCES * 20 + numbers // 20 % 20) % 744
    hours = [START + timedelta(hours=n) for n in range(745)]
    written = np.array([f"{moment:%Y-%m-%dT%H:%M:%S}.000Z" for moment in hours])
    code, name, family, usage_type, unit, price = (
        np.array(words)[of_product] for words in zip(*PRODUCTS, strict=True)
    )
    quantity = np.where(kinds == "Usage", np.round(rng.random(count) * 24, 6), 1.0)
    cost = np.round(quantity * price, 10)
    unblended = np.select([kinds == "SavingsPlanNegation", kinds == "DiscountedUsage"], [-cost, 0.0], cost)
    planned, reserved = np.char.startswith(kinds, "SavingsPlan"), kinds == "DiscountedUsage"
    columns: dict[str, Any] = {
        "identity/LineItemId": [f"line{n}" for n in numbers],
        "identity/TimeInterval": np.char.add(np.char.add(written[hour], "/"), written[hour + 1]),
        "bill/InvoiceId": pa.nulls(count, pa.string()),
        "bill/InvoicingEntity": ["Amazon Web Services, Inc."] * count,
        "bill/BillingEntity": ["AWS"] * count,
        "bill/BillType": ["Anniversary"] * count,
        "bill/PayerAccountId": ["111122223333"] * count,
        "bill/BillingPeriodStartDate": ["2026-10-01T00:00:00.000Z"] * count,
        "bill/BillingPeriodEndDate": ["2026-11-01T00:00:00.000Z"] * count,
        "lineItem/UsageAccountId": np.array([str(10**11 + n) for n in range(200)])[resource % 200],
        "lineItem/LineItemType": kinds,
        "lineItem/UsageStartDate": written[hour],
        "lineItem/UsageEndDate": written[hour + 1],
        "lineItem/ProductCode": code,
        "lineItem/UsageType": usage_type,
        "lineItem/Operation": ["RunInstances"] * count,
        "lineItem/AvailabilityZone": ["eu-west-1a"] * count,
        "lineItem/ResourceId": np.array([f"i-{n:017x}" for n in range(RESOURCES)])[resource],
        "lineItem/UsageAmount": quantity,
        "lineItem/CurrencyCode": ["USD"] * count,
        "lineItem/UnblendedRate": price,
        "lineItem/UnblendedCost": unblended,
        "lineItem/NetUnblendedCost": unblended,
        "lineItem/BlendedRate": price,
        "lineItem/BlendedCost": unblended,
        "lineItem/LineItemDescription": np.char.add("price of ", usage_type),
        "lineItem/TaxType": pa.nulls(count, pa.string()),
        "lineItem/LegalEntity": ["Amazon Web Services, Inc."] * count,
        "product/ProductName": name,
        "product/productFamily": family,
        "product/region": ["eu-west-1"] * count,
        "product/regionCode": ["eu-west-1"] * count,
        "product/servicecode": code,
        "product/servicename": name,
        "product/sku": np.char.add(code, "SKU"),
        "product/PurchaseOption": pa.nulls(count, pa.string()),
        "product/instanceType": ["m7i.large"] * count,
        "pricing/RateCode": np.char.add(code, ".RATE"),
        "pricing/RateId": np.char.add(code, "RATE"),
        "pricing/currency": ["USD"] * count,
        "pricing/publicOnDemandCost": cost,
        "pricing/publicOnDemandRate": price,
        "pricing/term": np.where(reserved, "Reserved", "OnDemand"),
        "pricing/unit": unit,
        "reservation/EffectiveCost": np.where(reserved, cost * 0.6, 0.0),
        "reservation/ReservationARN": pa.array(np.where(reserved, "arn:aws:ec2:reserved", ""), pa.string()),
        "reservation/TotalReservedUnits": np.zeros(count),
        "reservation/UnusedQuantity": np.zeros(count),
        "reservation/UnusedRecurringFee": np.zeros(count),
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": np.zeros(count),
        "savingsPlan/SavingsPlanARN": pa.array(
            np.where(planned, "arn:aws:savingsplans:one", ""), pa.string()
        ),
        "savingsPlan/SavingsPlanEffectiveCost": np.where(kinds == "SavingsPlanCoveredUsage", cost * 0.7, 0.0),
        "savingsPlan/TotalCommitmentToDate": np.zeros(count),
        "savingsPlan/UsedCommitment": np.zeros(count),
        "resourceTags/user:feature": np.array([f"feature-{n}" for n in range(40)])[resource % 40],
        "resourceTags/user:environment": np.array(["prod", "staging"])[resource % 2],
    }
    return pa.table({key: pa.array(values) for key, values in columns.items()})


def ours(path: Path, folder: Path) -> dict[str, Any]:
    """Load the bill and build fct_charges; the cost of each step."""
    database = folder / "aws_bill.duckdb"
    database.unlink(missing_ok=True)
    environment = {
        "SOURCES__AWS__BUCKET_URL": str(path),
        "APPORTION_DUCKDB_PATH": str(database),
        "APPORTION_WORK": str(folder / "work"),
        "APPORTION_TARGET": "duckdb",
    }
    load = measure.run(sys.executable, "-m", "ingestion", "run", "aws", folder=REPO, environment=environment)
    project = Project(folder / "aws_bill", database, providers=("aws",))
    # dbt parses here, as it did once in every installation; of prepaid accounts there are none.
    project.dbt("seed", "--select", "billing_accounts")
    models = project.run("--select", "+fct_charges")
    return {
        "load": load.as_dict(),
        "models": models.as_dict(),
        "wall_seconds": load.wall_seconds + models.process.wall_seconds,
        "cpu_seconds": load.cpu_seconds + models.process.cpu_seconds,
        "peak_mib": max(load.peak_mib, models.process.peak_mib),
    }


def theirs(path: Path, folder: Path) -> dict[str, Any]:
    """Convert the bill with focus-converter."""
    out = folder / "focus_converter"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return measure.run(
        # It hangs for ever on some bills.
        "timeout", "1800", str(ENVIRONMENT / "bin" / "focus-converter"), "convert", "--provider", "aws-cur",
        "--data-path", str(path), "--data-format", "parquet", "--parquet-data-format", "file",
        "--export-path", str(out), folder=folder,
    ).as_dict()  # fmt: skip


def installed() -> bool:
    """Whether focus-converter is there; tries to install it."""
    command = ENVIRONMENT / "bin" / "focus-converter"
    if command.exists():
        return True
    uv = Path(sys.executable).with_name("uv")
    steps = (
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        [
            str(uv),
            "pip",
            "install",
            "--quiet",
            "--python",
            str(ENVIRONMENT / "bin" / "python"),
            *REQUIREMENTS,
        ],
    )
    if any(subprocess.run(step, env=os.environ, check=False).returncode for step in steps):
        print("focus-converter cannot be installed here: only Apportion is measured", file=sys.stderr)
    return command.exists()
