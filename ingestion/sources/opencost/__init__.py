"""OpenCost and Kubecost: what runs on each node, from the allocation API or from exported files.

Lands     raw_opencost.allocations: one row per day, node and controller, and one for a node's idle rest.
          raw_opencost.assets: one row per day and node, with its provider id and its price.
          raw_opencost.cluster_hours: one row per day and cluster, with the hours that have any metrics.
          raw_opencost.allocation_exports: one row per row of an export file (Parquet exporter, built-in CSV).
Amounts   in the currency that the cluster is priced in, as exact text. They are weights: what a node costs is
          on the cloud's bill.
Idle      asked for as rows of their own, node by node, and never shared over the workloads; a row with idle
          inside is refused.
Restated  prices are reconciled a day or two later, and metrics come late: the last 2 days are read again.
Left out  pods and containers (controllers are the grain), OpenCost's cloud costs and custom costs, which are
          bills that their own sources read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate, label_choice, rest
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import file_resource, file_table, locate
from ingestion.common.money import NUMBER, landed
from ingestion.common.source import DAY, Need, Source, Table, named_by_key

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

PROPERTIES = {
    "cluster": "cluster",
    "node": "node",
    "namespace": "namespace",
    "controllerKind": "controller_kind",
    "controller": "controller",
}
# Without these a row has no weight; others are younger than some installations.
NEEDED = ("cpuCost", "ramCost", "gpuCost", "totalCost")
COSTS = {
    f"{name}{suffix}": f"{column}{ending}"
    for name, column in {"cpuCost": "cpu_cost", "gpuCost": "gpu_cost", "ramCost": "ram_cost"}.items()
    for suffix, ending in {"": "", "Adjustment": "_adjustment", "Idle": "_idle"}.items()
} | {
    "pvCost": "pv_cost",
    "networkCost": "network_cost",
    "loadBalancerCost": "load_balancer_cost",
    "externalCost": "external_cost",
    "sharedCost": "shared_cost",
    "totalCost": "total_cost",
}
QUANTITIES = {
    "minutes": "minutes",
    "cpuCoreHours": "cpu_core_hours",
    "ramByteHours": "ram_byte_hours",
    "gpuHours": "gpu_hours",
}
# OpenCost of 2025 has them in an object of their own.
GPU = {"gpuRequestAverage": "gpu_request_average", "gpuUsageAverage": "gpu_usage_average"}
# What people label pods with beside the standard of docs/instrumentation.md.
LABELS = (*label_choice.STANDARD, "app")

MEASURES = (*QUANTITIES.values(), *GPU.values(), *COSTS.values())
ALLOCATIONS = Table(
    name="allocations",
    path="allocation",
    grain="day, cluster, node, namespace and controller, and idle of a node",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=2,
    columns={
        "line_id": "text",
        "name": "text",
        **dict.fromkeys(PROPERTIES.values(), "text"),
        "provider_id": "text",
        "labels": "text",
        "started_at": "text",
        "ended_at": "text",
        "is_gpu_shared": "bool",
        **dict.fromkeys(MEASURES, "text"),
    },
)
ASSET_COSTS = {
    "cpuCost": "cpu_cost",
    "gpuCost": "gpu_cost",
    "ramCost": "ram_cost",
    "adjustment": "adjustment",
    "totalCost": "total_cost",
}
ASSETS = Table(
    name="assets",
    path="assets",
    grain="day and node",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=2,
    columns={
        "line_id": "text",
        "cluster": "text",
        "node": "text",
        "provider_id": "text",
        "node_type": "text",
        "minutes": "text",
        **dict.fromkeys(ASSET_COSTS.values(), "text"),
    },
)
CLUSTER_HOURS = Table(
    name="cluster_hours",
    path="allocation",
    grain="day and cluster that has metrics",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=2,
    columns={"line_id": "text", "cluster": "text", "hours_seen": "text"},
)
EXPORTED = ("name", *PROPERTIES.values(), "pod", "provider_id", "labels", "started_at", "ended_at",
            "is_gpu_shared", *MEASURES)  # fmt: skip
ALLOCATION_EXPORTS = file_table("allocation_exports", "row of an exported file", ["window_start", *EXPORTED])

# Names of the two exports, without dots, underscores and case, where they differ from those of the API.
EXPORT_NAMES = {
    "date": "window_start",
    "windowstart": "window_start",
    "runningstarttime": "started_at",
    "runningendtime": "ended_at",
    "runningminutes": "minutes",
    "controllername": "controller",
    "gpuallocationgpurequestaverage": "gpu_request_average",
    "gpuallocationgpuusageaverage": "gpu_usage_average",
    "gpuallocationisgpushared": "is_gpu_shared",
    "isgpushared": "is_gpu_shared",
    "labels": "labels",
}
IS_LABEL = re.compile(r"^(?:label[._]|properties\.labels\.)(.+)$", re.IGNORECASE)
IS_NAMESPACE_LABEL = re.compile(
    r"^(?:namespacelabels?[._]|properties\.namespacelabels\.)(.+)$", re.IGNORECASE
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    if run.setting("bucket_url"):
        # What files hold is no window that could shrink.
        run.replaced[ALLOCATION_EXPORTS.name] = None
        yield file_resource(
            run, ALLOCATION_EXPORTS, "window_start", reading=lambda item: exported(item, chosen(run))
        )
    if run.setting("base_url"):
        client = {"base_url": run.setting("base_url")}
        # Kubecost has the API of its cost model below /model, and another name for the idle switch.
        is_kubecost = run.is_on("kubecost")
        prefix = "model/" if is_kubecost and not client["base_url"].rstrip("/").endswith("/model") else ""
        idle = "idle" if is_kubecost else "includeIdle"
        yield from rest.resources(
            run,
            client,
            [
                *days(run),
                allocations(run, prefix, idle),
                assets(run, prefix),
                cluster_hours(run, prefix, idle),
            ],
            [ALLOCATIONS, ASSETS, CLUSTER_HOURS],
        )


def chosen(run: Run) -> tuple[str, ...]:
    """The labels to keep: the standard ones and `app`, or those of the setting `labels`."""
    return label_choice.chosen(run) if run.setting("labels") is not None else LABELS


# The API ------------------------------------------------------------------------------------------


def days(run: Run) -> Iterator[Any]:
    """The days to ask for, each as the pair of times that pins it: windows in words end with now."""
    for table in (ALLOCATIONS, ASSETS, CLUSTER_HOURS):
        asked = [
            {"day": str(day), "window": f"{day}T00:00:00Z,{day + timedelta(days=1)}T00:00:00Z"}
            for day in run.window(table).days()
        ]
        yield dlt.resource([asked], name=f"{table.name}_asked", selected=False)


def endpoint(table: Table, prefix: str, is_page: Any, **params: str) -> dict[str, Any]:
    """One request per day."""
    return {
        "path": prefix + table.path,
        "params": {"window": f"{{resources.{table.name}_asked.window}}", **params},
        # A day is one item for dlt: a row at a time would cost it milliseconds.
        "data_selector": "$",
        "paginator": "single_page",
        "response_actions": rest.checked(lambda _: None, is_page),
    }


def resource(run: Run, table: Table, asking: dict[str, Any], rows_of: Any) -> dict[str, Any]:
    """A table filled by a request per day. rows_of: a page and its day -> rows."""

    def rows(page: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        yield rows_of(page["data"], date.fromisoformat(page[f"_{table.name}_asked_day"]))

    return {
        "name": table.name,
        "endpoint": asking,
        "include_from_parent": ["day"],
        "processing_steps": [{"yield_map": rest.as_promised(rows, table.path)}],
        **table.hints,
    }


def are_sets(reply: dict[str, Any]) -> bool:
    """Whether a reply is a list of maps, one for each step."""
    sets = reply.get("data")
    return isinstance(sets, list) and all(one is None or isinstance(one, dict) for one in sets)


def allocations(run: Run, prefix: str, idle: str) -> dict[str, Any]:
    """What ran on each node."""
    names = chosen(run)

    def rows(sets: list[dict[str, Any] | None], day: date) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for one in sets:
            for name, allocation in (one or {}).items():
                if name in found:
                    raise IngestionError(
                        f'{day} has "{name}" twice', where=f"opencost, {ALLOCATIONS.path}", mend=rest.AGAIN
                    )
                found[name] = allocation_row(run, allocation, day, names)
        return rest.numbered(list(found.values()), of=("name", *PROPERTIES.values()), order=("total_cost",))

    asked = {
        "aggregate": ",".join(PROPERTIES),
        idle: "true",
        "idleByNode": "true",
        # Shared, idle would stand inside the cost of every workload.
        "shareIdle": "false",
    }
    return resource(run, ALLOCATIONS, endpoint(ALLOCATIONS, prefix, are_sets, **asked), rows)


def allocation_row(run: Run, allocation: dict[str, Any], day: date, names: tuple[str, ...]) -> dict[str, Any]:
    """An allocation as it lands. Raises IngestionError where it has no cost, or is of another day."""
    where = f"opencost, {ALLOCATIONS.path}"
    for name in NEEDED:
        if name not in allocation:
            raise IngestionError(f"an allocation has no {name}", where=where, mend=rest.AGAIN)
    for time in (allocation["window"]["start"], allocation["start"]):
        started = date.fromisoformat(time[:10])
        rest.in_window(run, ALLOCATIONS, started, where)
        if started != day:
            raise IngestionError(
                f"the reply to {day} holds {started}, which was not asked for", where=where, mend=rest.AGAIN
            )
    properties = allocation["properties"]
    gpu = {**allocation, **(allocation.get("gpuAllocation") or {})}
    labels = {**(properties.get("namespaceLabels") or {}), **(properties.get("labels") or {})}
    return {
        DAY: day,
        "name": allocation["name"],
        **{column: properties.get(name) for name, column in PROPERTIES.items()},
        "provider_id": properties.get("providerID"),
        # The pod's own word goes before that of its namespace.
        "labels": label_choice.as_text(labels, names),
        "started_at": allocation["start"],
        "ended_at": allocation["end"],
        "is_gpu_shared": gpu.get("isGPUShared"),
        **{column: landed(allocation.get(name)) for name, column in (QUANTITIES | COSTS).items()},
        **{column: landed(gpu.get(name)) for name, column in GPU.items()},
    }


def assets(run: Run, prefix: str) -> dict[str, Any]:
    """The nodes: disks, load balancers and fees of the cluster are on the bill under their own ids."""

    def rows(found: dict[str, Any] | None, day: date) -> list[dict[str, Any]]:
        nodes = []
        for asset in (found or {}).values():
            if asset["type"] != "Node":
                continue
            started = date.fromisoformat(asset["window"]["start"][:10])
            rest.in_window(run, ASSETS, started, f"opencost, {ASSETS.path}")
            properties = asset["properties"]
            nodes.append(
                {
                    DAY: day,
                    "cluster": properties.get("cluster"),
                    "node": properties.get("name"),
                    "provider_id": properties.get("providerID"),
                    "node_type": asset.get("nodeType"),
                    "minutes": landed(asset.get("minutes")),
                    **{column: landed(asset.get(name)) for name, column in ASSET_COSTS.items()},
                }
            )
        return rest.numbered(nodes, of=("cluster", "node", "provider_id"), order=("total_cost",))

    def is_map(reply: dict[str, Any]) -> bool:
        return "data" in reply and (reply["data"] is None or isinstance(reply["data"], dict))

    return resource(run, ASSETS, endpoint(ASSETS, prefix, is_map), rows)


def cluster_hours(run: Run, prefix: str, idle: str) -> dict[str, Any]:
    """The hours of a day in which a cluster has any metrics.

    A day's allocation reaches from its first sample to its last, over hours in which nothing was measured.
    Steps are told by their windows, since their order is nowhere promised.
    """

    def rows(sets: list[dict[str, Any] | None], day: date) -> list[dict[str, Any]]:
        seen: dict[str, set[int]] = {}
        for one in sets:
            for allocation in (one or {}).values():
                start = allocation["window"]["start"]
                rest.in_window(run, CLUSTER_HOURS, date.fromisoformat(start[:10]), "opencost, hours")
                cluster = allocation["properties"].get("cluster")
                if cluster:
                    seen.setdefault(cluster, set()).add(int(start[11:13]))
        found = [
            {
                DAY: day,
                "cluster": cluster,
                "hours_seen": "".join("1" if hour in hours else "0" for hour in range(24)),
            }
            for cluster, hours in seen.items()
        ]
        return rest.numbered(found, of=("cluster",), order=())

    asked = {"aggregate": "cluster", "step": "1h", idle: "false"}
    return resource(run, CLUSTER_HOURS, endpoint(CLUSTER_HOURS, prefix, are_sets, **asked), rows)


# Files --------------------------------------------------------------------------------------------


def our_name(column: str) -> str | None:
    """What we call a column of an export; None where it is not read."""
    plain = re.sub(r"[._]", "", column).lower().removeprefix("properties")
    if plain in EXPORT_NAMES:
        return EXPORT_NAMES[plain]
    known = {theirs.lower(): ours for theirs, ours in (PROPERTIES | QUANTITIES | COSTS | GPU).items()}
    known |= {"providerid": "provider_id", "name": "name", "pod": "pod"}
    return known.get(plain)


def exported(item: FileItemDict, names: tuple[str, ...]) -> Iterator[pa.Table] | None:
    """The rows of an export under our names; None for another kind of file."""
    header = files.header(item)
    ours: list[str | None] = []
    for column in header:
        label, of_namespace = IS_LABEL.match(column), IS_NAMESPACE_LABEL.match(column)
        if label:
            ours.append(f"label {label[1]}" if label[1] in names else None)
        elif of_namespace:
            ours.append(f"namespace label {of_namespace[1]}" if of_namespace[1] in names else None)
        else:
            ours.append(our_name(column))
    if "window_start" not in ours or "cpu_cost" not in ours:
        return None
    if "total_cost" not in ours:
        raise IngestionError(
            "the file has no column of the total cost",
            where=f"{item['file_url']}, line 1",
            mend="export it with all columns of the exporter",
        )
    kept: set[str] = set()
    # Parquet flattens labels into columns and keeps no other; a name that comes twice would count twice.
    for place, name in enumerate(ours):
        if name in kept:
            ours[place] = None
        elif name:
            kept.add(name)
    return (whole(part, names) for part in files.read(item, ours))


def whole(part: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """Rows with all our columns: labels as one JSON text, and nothing where the exporter wrote NaN."""
    texts = {name: part[name].to_pylist() for name in part.column_names if "label" in name}
    labels = []
    for at in range(len(part)):
        own = _labels_of(texts.get("labels", {}) and texts["labels"][at])
        namespace = {n: texts[f"namespace label {n}"][at] for n in names if f"namespace label {n}" in texts}
        single = {n: texts[f"label {n}"][at] for n in names if f"label {n}" in texts}
        told = {**namespace, **own, **{n: text for n, text in single.items() if text}}
        labels.append(label_choice.as_text(told, names))
    columns = {files.ROW: part[files.ROW], "window_start": part["window_start"]}
    for name in EXPORTED:
        if name == "labels":
            columns[name] = pa.array(labels, pa.string())
        elif name in part.column_names:
            text = part[name]
            columns[name] = pc.if_else(pc.is_in(text, pa.array(["NaN", "nan", "NA"])), None, text)
        else:
            columns[name] = pa.nulls(len(part), pa.string())
    return pa.table(columns)


def _labels_of(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


# The gate -----------------------------------------------------------------------------------------


def told_where(table: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands: in a file, or by its key."""
    if table == ALLOCATION_EXPORTS.name:
        return locate(table, row, column)
    return named_by_key(table, row, column)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded; a number that is absent is no weight."""
    numbers = [gate.number(name) for name in MEASURES]
    separate = [
        gate.matching(
            f"{name}_cost_idle",
            r"^-?0*(?:\.0*)?(?:[eE][+-]?\d+)?$",
            "is idle inside the cost of a workload",
            "export it with shareIdle=false: idle is a row of its own",
        )
        for name in ("cpu", "gpu", "ram")
    ]
    return {
        ALLOCATIONS.name: [gate.present("name"), *numbers, *separate],
        ASSETS.name: [gate.present("node"), *(gate.number(name) for name in ASSET_COSTS.values())],
        CLUSTER_HOURS.name: [gate.present("cluster")],
        ALLOCATION_EXPORTS.name: [
            *numbers,
            *separate,
            gate.present("total_cost"),
            gate.matching("total_cost", f"^{NUMBER}$", "is no number", "export the file again"),
        ],
    }


SOURCE = Source(
    name="opencost",
    summary="Kubernetes allocations by node and controller, of OpenCost or Kubecost",
    tables=(ALLOCATIONS, ASSETS, CLUSTER_HOURS, ALLOCATION_EXPORTS),
    needs=(Need("base_url", "the address of OpenCost or Kubecost", instead="bucket_url"),),
    read=read,
    gate=suites,
    locate=told_where,
)
