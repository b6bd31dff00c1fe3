"""Packages of OpenShift's cost management metrics operator: what ran on the labs' machines (kubernetes.yml).

Lands     openshift/<time>-cost-mgmt.tar.gz, one for each day: a CSV for pods, nodes and namespaces, and
          manifest.json.
Holds     a day without a package, hours of one day that nobody reported, and a day that was packed at noon
          and again when it was over; the nodes live the hours that their bill has of them.
Left out  volumes, graphics processors, reports of virtual machines beside their launcher pods.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import uuid
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.sandbox import facts, focus
from ingestion.sandbox.exports import Export, aws_cur, fresh
from ingestion.sandbox.world import World

SUMMARY = "packages of OpenShift's metrics operator, on machines of the labs' bill"
HOUR, GIB = 3600, 2**30
POD_COLUMNS = (
    "report_period_start", "report_period_end", "interval_start", "interval_end", "node", "namespace", "pod",
    "pod_usage_cpu_core_seconds", "pod_request_cpu_core_seconds", "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds", "pod_request_memory_byte_seconds", "pod_limit_memory_byte_seconds",
    "node_capacity_cpu_cores", "node_capacity_cpu_core_seconds", "node_capacity_memory_bytes",
    "node_capacity_memory_byte_seconds", "node_role", "resource_id", "pod_labels",
)  # fmt: skip
# The hours that the bill has of a machine: name in its draw, least and most.
DRAWN = {
    "i-0aa1labs": ("i-0aa1labs", 12, 24),
    "i-0aa2labs": ("i-0aa2labs", 12, 24),
    "i-0ad6spot": ("spot", 2, 9),
}

Row = dict[str, Any]


def write(world: World, folder: Path) -> Export:
    """Write the packages."""
    root = fresh(folder / "openshift", "*.tar.gz")
    told, count, day = _facts(), 0, world.first
    while day <= world.last:
        days_ago, midnight = (world.last - day).days, datetime.combine(day, time())
        gap = told["gap"]["hours"] if days_ago == told["gap"]["days_ago"] else ()
        hours = [hour for hour in range(24) if hour not in gap]
        if days_ago == told["packed_twice"]["days_ago"]:
            # At noon the last hours were not over, and what it told of the others was less.
            count += _package(
                root, day, midnight + timedelta(hours=12, minutes=5), hours[:12], Decimal("0.5")
            )
        if days_ago != told["missing"]["days_ago"]:
            count += _package(root, day, midnight + timedelta(days=1, minutes=5), hours, Decimal(1))
        day += timedelta(days=1)
    names = json.dumps({told["cluster_id"]: told["name"]})
    environment = {"SOURCES__OPENSHIFT__BUCKET_URL": root, "SOURCES__OPENSHIFT__CLUSTER_NAMES": names}
    return Export(root, count, environment)


def _facts() -> dict[str, Any]:
    return facts.read("kubernetes.yml")["openshift"]


def _package(root: Path, day: date, packed: datetime, hours: list[int], part: Decimal) -> int:
    """Write one package and return its rows."""
    told = _facts()
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{told['cluster_id']}/{packed}"))
    pods = [row for hour in hours for row in _pods(day, hour, part)]
    namespaces = [
        _times(day, hour) | {"namespace": namespace, "namespace_labels": _labels(labels)}
        for hour in hours
        for namespace, labels in told["namespaces"].items()
    ]
    nodes = [
        _times(day, hour) | {"node": node["name"], "node_labels": _labels({"kubernetes_io_os": "linux"})}
        for hour in hours
        for node in told["nodes"].values()
    ]
    reports = {
        f"{name}_openshift_usage_report.{number}.csv": rows
        for number, rows in enumerate((namespaces, nodes, pods))
    }
    manifest = {
        "uuid": name,
        "cluster_id": told["cluster_id"],
        "version": "06a2a850c1002bbc35a64d665a7a53920527b841",
        "date": f"{packed:%Y-%m-%dT%H:%M:%S}.705677301Z",
        "files": list(reports),
        "start": f"{day}T00:00:00Z",
        "end": f"{day}T{hours[-1]:02}:59:59Z",
        "daily_reports": True,
    }
    contents = {file: _csv(rows) for file, rows in reports.items()}
    contents["manifest.json"] = json.dumps(manifest, indent=1)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as package:
        for file, text in contents.items():
            entry = tarfile.TarInfo(file)
            entry.size = len(text.encode())
            package.addfile(entry, io.BytesIO(text.encode()))
    # Without the time of writing, the same day is the same package.
    path = root / f"{packed:%Y%m%dT%H%M%S}-cost-mgmt.tar.gz"
    path.write_bytes(gzip.compress(archive.getvalue(), mtime=0))
    return sum(map(len, reports.values()))


def _csv(rows: list[Row]) -> str:
    text = io.StringIO()
    out = csv.DictWriter(text, rows[0], lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    return text.getvalue()


def _labels(labels: Mapping[str, str]) -> str:
    return "|".join(f"label_{name}:{value}" for name, value in sorted(labels.items()))


def _times(day: date, hour: int) -> Row:
    month = focus.month(day)
    return {
        "report_period_start": _stamp(f"{month} 00:00:00"),
        "report_period_end": _stamp(f"{focus.next_month(day)} 00:00:00"),
        "interval_start": _stamp(f"{day} {hour:02}:00:00"),
        "interval_end": _stamp(f"{day} {hour:02}:59:59"),
    }


def _stamp(moment: str) -> str:
    return f"{moment} +0000 UTC"


def _pods(day: date, hour: int, part: Decimal) -> Iterator[Row]:
    """Yield an hour's pods on nodes that live in it; `part` of what they used."""
    told = _facts()
    for pod in told["pods"]:
        node = told["nodes"][pod["node"]]
        name, least, most = DRAWN[pod["node"]]
        if hour >= aws_cur.drawn(day, name, least, most):
            continue
        swing = Decimal(80 + zlib.crc32(f"{day}{hour}{pod['pod']}".encode()) % 41) / 100
        cores, gib, load = (Decimal(str(pod[name])) for name in ("cores", "gib", "load"))
        used = load * swing * part
        row = _times(day, hour) | {
            "node": node["name"],
            "namespace": pod["namespace"],
            "pod": pod["pod"],
            "pod_usage_cpu_core_seconds": _six(cores * used * HOUR),
            "pod_request_cpu_core_seconds": _six(cores * HOUR),
            "pod_limit_cpu_core_seconds": "",
            "pod_usage_memory_byte_seconds": _six(gib * used * GIB * HOUR),
            "pod_request_memory_byte_seconds": _six(gib * GIB * HOUR),
            "pod_limit_memory_byte_seconds": "",
            "node_capacity_cpu_cores": _six(Decimal(node["cores"])),
            "node_capacity_cpu_core_seconds": _six(Decimal(node["cores"] * HOUR)),
            "node_capacity_memory_bytes": _six(Decimal(node["gib"] * GIB)),
            "node_capacity_memory_byte_seconds": _six(Decimal(node["gib"] * GIB * HOUR)),
            "node_role": node["role"],
            "resource_id": pod["node"],
            "pod_labels": _labels(pod["labels"]),
        }
        yield {column: row[column] for column in POD_COLUMNS}


def _six(number: Decimal) -> str:
    return f"{number:.6f}"
