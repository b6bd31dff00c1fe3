"""OpenShift: the CSV reports of Red Hat's cost management metrics operator, by node, pod and hour.

Lands     raw_openshift.pod_usage: what each pod used and asked for, and what its node has, by the hour.
          raw_openshift.storage_usage: the volumes of each pod, by the hour.
          raw_openshift.gpu_usage: graphics processors that a pod held, by the hour.
          raw_openshift.node_gpus: how many graphics processors a node has, once a day.
          raw_openshift.namespace_labels: the chosen labels of a namespace, once a day.
Reads     the operator's packages (.tar.gz with manifest.json), or their CSV files, packed out or not.
Amounts   none: seconds of cores and bytes. They are weights by which the cloud's lines are divided.
Restated  the operator packs a day again as it grows. All that was told is kept; staging lets a row of the
          newest package count.
Left out  limits; the reports of virtual machines, whose use is that of their launcher pods; of ROS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from dlt.sources.filesystem import filesystem

from ingestion.common import files, gate, label_choice
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, file_resource, file_table, locate
from ingestion.common.source import DAY, Source, Table

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# What every report has; the operator writes an hour as its first and last second.
TIMES = ("interval_start", "interval_end")
PACKED = ("cluster", "packed_at")
POD_NUMBERS = (
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "node_capacity_cpu_core_seconds",
    "node_capacity_memory_byte_seconds",
)
POD_NAMES = ("node", "namespace", "pod", "node_role", "resource_id")
GPU_NUMBERS = ("gpu_pod_uptime", "gpu_max_slices")
GPU_NAMES = ("node", "namespace", "pod", "gpu_uuid", "gpu_model_name", "mig_profile")
STORAGE_NUMBERS = (
    "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds",
    "persistentvolumeclaim_usage_byte_seconds",
)
STORAGE_NAMES = ("namespace", "pod", "persistentvolumeclaim", "persistentvolume", "csi_volume_handle")

POD_USAGE = file_table(
    "pod_usage",
    "hour, node and pod, as one package tells it",
    [*PACKED, *TIMES, *POD_NAMES, "controller_kind", "controller", *POD_NUMBERS, "labels"],
)
STORAGE_USAGE = file_table(
    "storage_usage", "hour, pod and volume, as one package tells it",
    [*PACKED, *TIMES, *STORAGE_NAMES, *STORAGE_NUMBERS],
)  # fmt: skip
GPU_USAGE = file_table(
    "gpu_usage", "hour, pod and graphics processor, as one package tells it",
    [*PACKED, *TIMES, *GPU_NAMES, *GPU_NUMBERS],
)  # fmt: skip
NODE_GPUS = file_table(
    "node_gpus", "day and node with graphics processors, as one package tells it",
    [*PACKED, "interval_start", "node", "gpu_count"],
)  # fmt: skip
NAMESPACE_LABELS = file_table(
    "namespace_labels", "day, namespace and chosen label, as one package tells it",
    [*PACKED, "interval_start", "namespace", "label", "value"],
)  # fmt: skip

# What people label pods with beside the standard of docs/instrumentation.md.
LABELS = (*label_choice.STANDARD, "app")
# Labels of pods and nodes that Kubernetes and its add-ons write, as Prometheus spells them.
GPU_COUNT = "nvidia_com_gpu_count"
REPORT_TIME = r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) \+0000 UTC$"

Rows = Callable[[dict[str, list[Any]], tuple[str, ...]], list[dict[str, Any]]]


class Kind(NamedTuple):
    """A report.

    table    where its rows land
    told_by  the column that no other report has
    reads    the columns that are read, beside the hour
    rows     a part of the file by column, and the chosen labels -> rows with source_row
    """

    table: Table
    told_by: str
    reads: tuple[str, ...]
    rows: Rows


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    packages = Packages(run)
    for kind in KINDS:
        yield file_resource(
            run,
            kind.table,
            "interval_start",
            reading=lambda item, kind=kind: packages.rows(item, kind),
            chosen=lambda found, kind=kind: packages.of_kind(found, kind),
            suffixes=(*files.SUFFIXES, files.PACKAGE),
            without_gaps=True,
            optional=kind.table is not POD_USAGE,
        )


class Packages:
    """The reports under the locations: which cluster each is of, and when it was packed."""

    def __init__(self, run: Run) -> None:
        """run: the run that reads them; each package is looked into once."""
        self.run = run
        self.manifests: dict[str, dict[str, Any]] = {}
        self.headers: dict[str, list[str]] = {}
        self.files: list[FileItemDict] = []
        self.looked = False
        # All settings are asked for at once: what a file's rows depend on is told before the first is read.
        self.labels = LABELS if run.setting("labels") is None else label_choice.chosen(run)
        self.cluster = run.setting("cluster")
        names = run.setting("cluster_names") or {}
        self.cluster_names = json.loads(names) if isinstance(names, str) else dict(names)
        self.known_days: set[date] | None = None

    def of_kind(self, found: list[FileItemDict], kind: Kind) -> list[FileItemDict]:
        """The reports of one kind among the files and the members of packages."""
        if not self.looked:
            self._look(found)
        return [item for item in self.files if kind.told_by in self.headers[item["file_url"]]]

    def _look(self, found: list[FileItemDict]) -> None:
        for item in found:
            if not item["file_name"].endswith(files.PACKAGE):
                self._add(item)
                continue
            for name, content in files.members(item):
                if name.rpartition("/")[2] == "manifest.json":
                    self._tell(f"{item['file_url']}/{name}", content)
                elif name.endswith(files.SUFFIXES):
                    self._add(files.Member(item, name, content))
                    # Held by the header only: a folder of packages is larger than memory.
                    self.files[-1].content = None
        for location in files.locations_of(self.run.setting("bucket_url")):
            folder, _ = files.split_location(location, "**/*")
            for item in filesystem(folder, file_glob="**/manifest.json"):
                self._tell(item["file_url"], item.read_bytes())
        self.looked = True
        if not self.run.setting("file_glob"):
            self._refuse_half_packages()

    def _add(self, item: FileItemDict) -> None:
        header = [name.lower() for name in files.header(item)]
        self.headers[item["file_url"]] = header
        self.files.append(item)
        if not any(kind.told_by in header for kind in KINDS) and not LEFT_OUT & set(header):
            print(f"  openshift: left out, another kind of file: {item['file_url']}", flush=True)

    def _tell(self, url: str, content: bytes) -> None:
        try:
            told = json.loads(content)
        except ValueError:
            told = None
        if not (isinstance(told, dict) and told.get("cluster_id") and isinstance(told.get("files"), list)):
            raise IngestionError(
                "the manifest is no JSON object with cluster_id and files",
                where=url,
                mend="deliver the package again",
            )
        self.manifests[url.rpartition("/")[0]] = told

    def _refuse_half_packages(self) -> None:
        """A package may be split over several archives, each with the manifest of all."""
        present = {item["file_name"] for item in self.files}
        for folder, told in self.manifests.items():
            for name in told["files"]:
                if str(name).rpartition("/")[2] not in present:
                    raise IngestionError(
                        f"the manifest names {name}, which is not there",
                        where=f"{folder}/manifest.json",
                        mend="deliver all parts of the package, then run it again",
                    )

    def packed(self, item: FileItemDict) -> dict[str, str]:
        """Cluster and time of packing of a file. Raises IngestionError where nothing tells the cluster."""
        told = self.manifests.get(item["file_url"].rpartition("/")[0], {})
        cluster = told.get("cluster_id") or self.cluster
        if not cluster:
            raise IngestionError(
                "nothing tells which cluster this report is of",
                where=item["file_url"],
                mend="keep manifest.json beside it, or set SOURCES__OPENSHIFT__CLUSTER",
                exit_code=2,
            )
        return {
            "cluster": self.cluster_names.get(cluster, cluster),
            "packed_at": str(told.get("date") or ""),
        }

    def rows(self, item: FileItemDict, kind: Kind) -> Iterator[pa.Table]:
        """The rows of a report as its table has them."""
        packed, header, days = self.packed(item), self.headers[item["file_url"]], set()
        wanted = {*TIMES, *kind.reads}
        columns = [name for name in kind.table.columns if name != "source_file"]
        schema = pa.schema([(name, pa.int64() if name == files.ROW else pa.string()) for name in columns])
        for part in files.read(item, [name if name in wanted else None for name in header]):
            for name in TIMES:
                times = pc.replace_substring_regex(part[name], REPORT_TIME, r"\1T\2Z")
                part = part.set_column(part.column_names.index(name), name, times)
            cells = {name: part[name].to_pylist() for name in part.column_names}
            days.update(start[:10] for start in cells["interval_start"] if start)
            absent = [None] * len(part)
            cells |= {name: absent for name in kind.reads if name not in cells}
            if found := kind.rows(cells, self.labels):
                yield pa.Table.from_pylist([row | packed for row in found], schema)
        if kind.table is POD_USAGE:
            self._log_days_between({date.fromisoformat(day) for day in days})

    def _log_days_between(self, days: set[date]) -> None:
        """Log days between those of reports as read and empty: nodes are unobserved on them."""
        if self.known_days is None:
            self.known_days = {day for (day,) in self.run.loaded(POD_USAGE.name, (DAY,), "group by 1")}
        known = sorted(self.known_days | days)
        # Only beside this file: the gaps further away were told with the files around them.
        for first, last in pairwise(known):
            if first in days or last in days:
                between = (first + timedelta(days=n) for n in range(1, (last - first).days))
                self.run.log_days(POD_USAGE, between)
        self.known_days |= days


# Rows ---------------------------------------------------------------------------------------------


def plain_rows(names: tuple[str, ...]) -> Rows:
    """Rows that land as they are."""

    def rows(cells: dict[str, list[Any]], _: tuple[str, ...]) -> list[dict[str, Any]]:
        kept = (files.ROW, *TIMES, *names)
        columns = (cells[name] for name in kept)
        return [dict(zip(kept, row, strict=True)) for row in zip(*columns, strict=True)]

    return rows


def pod_rows(cells: dict[str, list[Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Pods with the workload that they belong to, and the labels that were chosen."""
    found = plain_rows((*POD_NAMES, *POD_NUMBERS))(cells, names)
    for row, text in zip(found, cells["pod_labels"], strict=True):
        row["controller_kind"], row["controller"] = controller(row["pod"] or "", text or "")
        row["labels"] = chosen_labels(text or "", names)
    return found


def namespace_rows(cells: dict[str, list[Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row for each chosen label of a namespace and day; the hours of a day mostly say the same."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number, start, namespace, text in zip(
        cells[files.ROW], cells["interval_start"], cells["namespace"], cells["namespace_labels"], strict=True
    ):
        labels = labels_of(text or "")
        for name in names:
            if value := labels.get(name, "").strip():
                found[(start or "")[:10], namespace, name] = {
                    files.ROW: number,
                    "interval_start": start,
                    "namespace": namespace,
                    "label": name,
                    "value": value,
                }
    return list(found.values())


def node_rows(cells: dict[str, list[Any]], _: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row for each node and day that has graphics processors."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number, start, node, text in zip(
        cells[files.ROW], cells["interval_start"], cells["node"], cells["node_labels"], strict=True
    ):
        if count := labels_of(text or "").get(GPU_COUNT):
            found[(start or "")[:10], node] = {
                files.ROW: number,
                "interval_start": start,
                "node": node,
                "gpu_count": count,
            }
    return list(found.values())


def labels_of(text: str) -> dict[str, str]:
    """Labels of `label_app:x|label_team:y`; Kubernetes allows neither of the two signs in a value."""
    pairs = (part.partition(":") for part in text.split("|") if ":" in part)
    return {name.strip().removeprefix("label_"): value for name, _, value in pairs}


@lru_cache(maxsize=65_536)
def chosen_labels(text: str, names: tuple[str, ...]) -> str | None:
    """The chosen labels as a JSON object with sorted keys; None where there is none."""
    return label_choice.as_text(labels_of(text), names)


@lru_cache(maxsize=65_536)
def controller(pod: str, text: str) -> tuple[str, str]:
    """Kind and name of what runs a pod, by the labels that controllers put on their pods.

    The reports do not tell it. A pod of which no label tells is a workload of its own.
    """
    labels = labels_of(text)
    if machine := labels.get("vm_kubevirt_io_name") or labels.get("kubevirt_io_domain"):
        return "virtualmachine", machine
    if config := labels.get("deploymentconfig"):
        return "deploymentconfig", config
    if build := labels.get("buildconfig"):
        return "buildconfig", build
    if job := labels.get("batch_kubernetes_io_job_name") or labels.get("job_name"):
        # Jobs of a schedule are numbered by the minute.
        scheduled = re.fullmatch(r"(.+)-\d{8,}", job)
        return ("cronjob", scheduled[1]) if scheduled else ("job", job)
    template = labels.get("pod_template_hash")
    if template and f"-{template}-" in pod:
        return "deployment", pod.rpartition(f"-{template}-")[0]
    if labels.get("statefulset_kubernetes_io_pod_name") == pod and re.fullmatch(r".+-\d+", pod):
        return "statefulset", pod.rpartition("-")[0]
    if "controller_revision_hash" in labels and re.fullmatch(r".+-[a-z0-9]{5}", pod):
        return "daemonset", pod.rpartition("-")[0]
    return "pod", pod


KINDS = (
    Kind(POD_USAGE, "pod_usage_cpu_core_seconds", (*POD_NAMES, *POD_NUMBERS, "pod_labels"), pod_rows),
    Kind(
        STORAGE_USAGE,
        "persistentvolume",
        (*STORAGE_NAMES, *STORAGE_NUMBERS),
        plain_rows((*STORAGE_NAMES, *STORAGE_NUMBERS)),
    ),
    Kind(GPU_USAGE, "gpu_uuid", (*GPU_NAMES, *GPU_NUMBERS), plain_rows((*GPU_NAMES, *GPU_NUMBERS))),
    Kind(NODE_GPUS, "node_labels", ("node", "node_labels"), node_rows),
    Kind(NAMESPACE_LABELS, "namespace_labels", ("namespace", "namespace_labels"), namespace_rows),
)
# Columns of the reports that are known and not read: virtual machines and resource optimization.
LEFT_OUT = {"vm_name", "container_name", "cpu_request_namespace_sum"}


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded; an absent number weighs nothing."""

    def amounts(names: tuple[str, ...]) -> list[Any]:
        says, mend = "is no number of zero or more", "deliver the package again"
        return [gate.matching(name, rf"^{AMOUNT}$", says, mend) for name in names]

    return {
        POD_USAGE.name: [gate.present("cluster"), *amounts(POD_NUMBERS)],
        STORAGE_USAGE.name: [gate.present("cluster"), *amounts(STORAGE_NUMBERS)],
        GPU_USAGE.name: [gate.present("cluster"), *amounts(GPU_NUMBERS)],
        NODE_GPUS.name: [gate.matching("gpu_count", r"^\d{1,4}$", "is no count", "mend the node's label")],
        NAMESPACE_LABELS.name: [gate.present("cluster")],
    }


# Zero or more, plain or in E-notation.
AMOUNT = r"\+?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"

SOURCE = Source(
    name="openshift",
    summary="OpenShift's nodes, pods and volumes, by the cost management metrics operator",
    tables=(POD_USAGE, STORAGE_USAGE, GPU_USAGE, NODE_GPUS, NAMESPACE_LABELS),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=locate,
)
