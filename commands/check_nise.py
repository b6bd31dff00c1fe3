"""Load reports that koku-nise makes up (AWS, Azure, Google Cloud, OpenShift) and compare each file's sum.

koku-nise has its own environment in .venvs, made on first use; reports and warehouse are thrown away by the
next run (.work/nise). Seed and period are fixed. Exit code 1: a sum differs, or something does not load.

A line's amount is a float that nise wrote out, of up to 20 decimals: it is rounded to the 18 of money() as
staging does. OpenShift's reports have no money. Their seconds land whole, and what they divide is the lines
of their nodes on AWS.
"""

from __future__ import annotations

import ast
import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from commands.environments import ROOT, separate_python

OURS = ROOT / "tests" / "nise"
WORK = ROOT / ".work" / "nise"
PERIOD = ("-s", "2026-10-01", "-e", "2026-10-04")
PROVIDERS = ["aws", "azure", "gcp", "openshift"]
# The machines and the volume of openshift.yml.
DIVIDED = ("i-0a1b2c3d4e5f60718", "i-0a1b2c3d4e5f60719", "vol-0f1e2d3c4b5a69788")
LAST_PLACE = Decimal(1).scaleb(-18)

Row = dict[str, str]


class Sum(NamedTuple):
    """A sum of a file and of what became of it; `lines` are the file's."""

    of: str
    file: str
    what: str
    lines: int
    in_file: Decimal
    in_warehouse: Decimal | None


def main() -> int:
    """Generate, load, build, compare, print."""
    try:
        python = separate_python("koku-nise", OURS / "requirements.lock")
    except subprocess.CalledProcessError as error:
        print(f"check-nise skipped: koku-nise cannot be installed here ({error})")
        return 0
    shutil.rmtree(WORK, ignore_errors=True)
    generate(python)
    code = load_and_build()
    if code:
        return code
    with duckdb.connect(WORK / "nise.duckdb", read_only=True) as warehouse:
        found = list(sums(lambda sql: warehouse.execute(sql).fetchall()[0][0]))
    return compared(found)


def generate(python: Path) -> None:
    """Write each provider's reports below .work/nise, as they would lie in a bucket."""
    for name in (*PROVIDERS, "scratch"):
        (WORK / name).mkdir(parents=True)

    def nise(provider: str, *options: str) -> None:
        command = (python, OURS / "generate.py", "report", provider, *PERIOD, *options)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, cwd=WORK / "scratch", check=True, **quiet)

    nise("aws", "--static-report-file", OURS / "aws.yml", "--aws-s3-bucket-name", WORK / "aws",
         "--aws-s3-report-name", "cur", "--aws-s3-report-prefix", "reports")  # fmt: skip
    nise("azure", "--azure-container-name", WORK / "azure", "--azure-report-name", "actual",
         "--azure-report-prefix", "reports")  # fmt: skip
    nise("gcp", "--resource-level", "--gcp-bucket-name", WORK / "gcp")
    nise("ocp", "--static-report-file", OURS / "openshift.yml", "--ocp-cluster-id", "shop-cluster",
         "--insights-upload", WORK / "openshift")  # fmt: skip


def load_and_build() -> int:
    """Load the reports into a warehouse of their own; build the fact and the parts of the nodes."""
    environment = dict(os.environ) | {
        "APPORTION_TARGET": "duckdb",
        "APPORTION_DUCKDB_PATH": str(WORK / "nise.duckdb"),
        "APPORTION_WORK": str(WORK / "work"),
        **{f"SOURCES__{name.upper()}__BUCKET_URL": str(WORK / name) for name in PROVIDERS},
    }
    loaded = subprocess.run(
        (sys.executable, "-m", "ingestion", "run", *PROVIDERS), cwd=ROOT, env=environment, check=False
    )
    if loaded.returncode:
        return loaded.returncode
    # Only what is needed, and tests of nothing that is not built.
    build = (
        Path(sys.executable).with_name("dbt"), "build", "--no-version-check", "--quiet",
        "--target-path", WORK / "target", "--vars", json.dumps({"providers": PROVIDERS}),
        "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable",
        "--select", "+fct_kubernetes_nodes", "+fct_attributed_charges",
    )  # fmt: skip
    return subprocess.run(build, cwd=ROOT, env=environment, check=False).returncode


def sums(value: Callable[[str], Any]) -> Iterator[Sum]:
    """Every sum to compare. value: the first value that a query gives."""
    for provider, pattern, amount in (
        ("aws", "**/*.csv.gz", lambda row: money(row["lineItem/UnblendedCost"])),
        ("azure", "**/*.csv", lambda row: money(row["CostInBillingCurrency"])),
        ("gcp", "**/*.csv", google_amount),
    ):
        for path in sorted((WORK / provider).glob(pattern)):
            rows = rows_of(path)
            billed = f"select sum(billed_cost) from main.fct_charges where x_source = '{provider}'"
            yield Sum(provider, path.name, "billed cost", len(rows), sum(map(amount, rows)), value(billed))
    nodes = [row for row in rows_of(next((WORK / "aws").glob("**/*.csv.gz"))) if is_divided(row)]
    # What their lines effectively cost: the savings plan's amount where one covers them.
    costs = [row["savingsPlan/SavingsPlanEffectiveCost"] or row["lineItem/UnblendedCost"] for row in nodes]
    parts = "select sum(effective_cost) from main_intermediate.int_attribution__node_parts"
    yield Sum(
        "openshift",
        "nodes and volume on the AWS bill",
        "effective cost",
        len(nodes),
        sum(map(money, costs)),
        value(parts),
    )
    for path in sorted((WORK / "openshift").glob("**/*.csv")):
        rows = rows_of(path)
        for measure, (column, sql) in SECONDS.items():
            if rows and column in rows[0]:
                yield Sum(
                    "openshift", path.name, measure, len(rows),
                    sum(Decimal(row[column] or 0) for row in rows), value(sql),
                )  # fmt: skip


POD_SECONDS = "select sum({}) from main_staging.stg_openshift__pod_usage"
GPU_SECONDS = "select sum(device_seconds) from main_staging.stg_openshift__gpu_usage"
SECONDS = {
    name: (name, POD_SECONDS.format(name))
    for name in (
        "pod_usage_cpu_core_seconds",
        "pod_request_cpu_core_seconds",
        "pod_usage_memory_byte_seconds",
        "pod_request_memory_byte_seconds",
        "node_capacity_cpu_core_seconds",
    )
} | {
    "gpu_pod_uptime": (
        "gpu_pod_uptime",
        "select sum(device_seconds) from main_staging.stg_openshift__gpu_usage",
    )
}


def rows_of(path: Path) -> list[Row]:
    """The rows of a CSV, packed or not."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def money(text: str) -> Decimal:
    """An amount as staging makes it of a text."""
    return Decimal(text or 0).quantize(LAST_PLACE, ROUND_HALF_UP)


def is_divided(row: Row) -> bool:
    """Whether a line of the bill is one of a machine or volume of openshift.yml."""
    return row["lineItem/ResourceId"] in DIVIDED


def google_amount(row: Row) -> Decimal:
    """Cost and credits of a row; nise writes lists as Python does."""
    credits = ast.literal_eval(row["credits"] or "[]")
    return money(row["cost"]) + sum(money(str(one["amount"])) for one in credits)


def compared(found: list[Sum]) -> int:
    """Print the sums side by side, as Markdown; 1 where two differ, or there are none."""
    print("| report | file | sum of | lines | in the file | in the warehouse | |")
    print("| --- | --- | --- | ---: | ---: | ---: | --- |")
    for one in found:
        same = "equal" if one.in_file == one.in_warehouse else "DIFFERS"
        there = "nothing" if one.in_warehouse is None else f"{one.in_warehouse:f}"
        cells = (one.of, one.file, one.what, f"{one.lines:,}", f"{one.in_file:f}", there, same)
        print(f"| {' | '.join(cells)} |")
    return 1 if not found or any(one.in_file != one.in_warehouse for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
