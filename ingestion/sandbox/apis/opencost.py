"""OpenCost: what runs on the nodes of Larkspur's clusters (kubernetes.yml), at list prices.

Allocations  a map by name for each step of the window, a field for every property asked for; idle by node
             only where it is asked for. Hours without metrics have an empty map.
Assets       the nodes, by a key.
Numbers      5 decimals, as the API rounds them: the rows of a node do not add up to it.
Errors       {"code", "status": "error", "message"}.
Left out     pods and containers, volumes, networks, load balancers, cloud costs; windows in words (7d).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, wire
from ingestion.sandbox.exports import aws
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(more=None, next=(), sent=())
PREFIX = "/opencost"
SUMMARY = "OpenCost allocations and nodes of two clusters"

DIGITS = Decimal("0.00001")
# Its properties, in the order of a name.
PROPERTIES = ("cluster", "node", "namespace", "controllerKind", "controller")
KNOWN = {"window", "aggregate", "step", "includeIdle", "idleByNode", "shareIdle", "accumulate", "resolution"}


class ApiError(Exception):
    """A request that OpenCost refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


@dataclass(frozen=True)
class Node:
    """A node on one day: its life in hours of the day, those that were seen, and the list price of one."""

    cluster: str
    name: str
    number: int
    provider_id: str
    kind: str
    price: Decimal
    cores: int
    gigabytes: int
    hours: int
    seen: tuple[int, ...]


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"code": status, "status": "error", "message": message}


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know."""
    return {"SOURCES__OPENCOST__BASE_URL": base_url}


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("opencost", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.get("/allocation")
    @routes.get("/allocation/compute")
    def allocation() -> Response:
        unknown = set(request.args) - KNOWN
        if unknown:
            raise ApiError(f"unknown parameter: {', '.join(sorted(unknown))}")
        asked = request.args.get("aggregate", "").split(",")
        if not asked or set(asked) - set(PROPERTIES):
            raise ApiError(f"aggregate: this sandbox knows {', '.join(PROPERTIES)}")
        start, end = _window()
        step = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}.get(request.args.get("step"), end - start)
        is_idle_asked = request.args.get("includeIdle", "false") == "true"
        sets = []
        # It goes back from the end of the window.
        while end > start:
            since = max(end - step, start)
            sets.insert(0, _set(world, since, end, asked, is_idle_asked=is_idle_asked))
            end = since
        return _reply(sets)

    @routes.get("/assets")
    def assets() -> Response:
        start, end = _window()
        found = {}
        for node in _nodes(world, start):
            ends = start + timedelta(hours=node.hours)
            if node.seen:
                key = f"AWS/__undefined__/{node.cluster}/Compute/{node.cluster}/Node/{node.name}"
                found[key] = _asset(node, start, end, ends)
        return _reply(found)

    return routes


def _reply(data: Any) -> Response:
    return wire.answer({"code": 200, "status": "success", "data": data})


def _window() -> tuple[datetime, datetime]:
    """Return the window, which must be two times with a zone."""
    parts = request.args.get("window", "").split(",")
    if len(parts) != 2 or not all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", part) for part in parts):
        raise ApiError("window: two RFC 3339 times, joined by a comma")
    start, end = (datetime.fromisoformat(part).astimezone(UTC).replace(tzinfo=None) for part in parts)
    if end <= start or end - start > timedelta(days=1) or start.date() != (end - timedelta(seconds=1)).date():
        raise ApiError("window: this sandbox knows windows within a day")
    return start, end


def _facts() -> dict[str, Any]:
    return facts.read("kubernetes.yml")


def _nodes(world: World, start: datetime) -> Iterator[Node]:
    """Yield the nodes of a day."""
    day = start.date()
    if not world.first <= day <= world.last:
        return
    gaps = [gap for gap in _facts()["gaps"] if day == world.last - timedelta(days=gap["days_ago"])]
    for resource, hours in aws.nodes(world, day):
        cluster = resource.fleet["cluster"]
        lost = {hour for gap in gaps if gap["cluster"] == cluster for hour in gap.get("hours", range(24))}
        sku = facts.read("cloud.yml")["skus"][resource.sku]
        yield Node(
            cluster=cluster,
            # Kubernetes numbers the nodes of each cluster, so the names of two clusters are the same.
            name=f"ip-10-0-0-{int(resource.name[-2:])}.{facts.read('cloud.yml')['region']['id']}.compute.internal",
            number=int(resource.name[-2:]),
            provider_id=f"aws:///{_facts()['zone']}/{aws.instance_id(resource.name)}",
            kind=resource.sku,
            price=sku["price"],
            cores=sku["details"]["CoreCount"],
            gigabytes=sku["details"]["MemorySize"],
            hours=int(hours),
            seen=tuple(hour for hour in range(int(hours)) if hour not in lost),
        )


def _set(
    world: World, start: datetime, end: datetime, asked: list[str], *, is_idle_asked: bool
) -> dict[str, Any]:
    """Return the allocations of one step, summed by what was asked for."""
    found: dict[str, dict[str, Any]] = {}
    midnight = start.replace(hour=0)
    for node in _nodes(world, midnight):
        first, last = start.hour, start.hour + int((end - start).total_seconds()) // 3600
        seen = [hour for hour in node.seen if first <= hour < last]
        if not seen:
            continue
        life = (midnight + timedelta(hours=seen[0]), midnight + timedelta(hours=seen[-1] + 1))
        left = {"cpu": Decimal(1), "ram": Decimal(1)}
        for workload in _facts()["clusters"][node.cluster]:
            if node.number in workload["nodes"]:
                left = {part: left[part] - workload[part] for part in left}
                _add(found, asked, node, workload, len(seen), life, (start, end))
        if is_idle_asked:
            _add(found, asked, node, left, len(seen), life, (start, end))
    return {name: _rounded(row) for name, row in found.items()}


def _add(
    found: dict[str, dict[str, Any]],
    asked: list[str],
    node: Node,
    runs: dict[str, Any],
    hours: int,
    life: tuple[datetime, datetime],
    window: tuple[datetime, datetime],
) -> None:
    """Add what runs on a node, or its idle rest, to the allocation that it belongs to."""
    is_idle = "namespace" not in runs
    known = {"cluster": node.cluster, "node": node.name}
    if not is_idle:
        known |= {
            "namespace": runs["namespace"],
            "controllerKind": runs.get("kind", "deployment"),
            "controller": runs["controller"],
        }
    properties = {name: known[name] for name in asked if name in known}
    name = "/".join(properties.values()) + ("/__idle__" if is_idle else "")
    if "node" in asked:
        properties["providerID"] = node.provider_id
    if not is_idle and "controller" in asked:
        properties["labels"] = runs["labels"]
    cores, memory = node.cores * runs["cpu"], node.gigabytes * runs["ram"] * 2**30
    price, part = node.price * hours, _facts()["cpu_part"]
    row = found.setdefault(
        name,
        {
            "name": name,
            "properties": properties,
            "window": {"start": _stamp(window[0]), "end": _stamp(window[1])},
            "start": _stamp(life[0]),
            "end": _stamp(life[1]),
            "minutes": 0,
            **dict.fromkeys(_SUMMED, Decimal(0)),
        },
    )
    row["minutes"] = max(row["minutes"], int((life[1] - life[0]).total_seconds()) // 60)
    row["cpuCoreHours"] += cores * hours
    row["ramByteHours"] += memory * hours
    row["cpuCost"] += price * part * runs["cpu"]
    row["ramCost"] += price * (1 - part) * runs["ram"]
    row["totalCost"] = row["cpuCost"] + row["ramCost"]


_SUMMED = (
    "cpuCoreHours", "cpuCost", "cpuCostAdjustment", "cpuCostIdle", "gpuHours", "gpuCost", "gpuCostAdjustment",
    "gpuCostIdle", "networkCost", "networkCostAdjustment", "loadBalancerCost",
    "loadBalancerCostAdjustment", "pvCost", "pvCostAdjustment", "ramByteHours", "ramCost",
    "ramCostAdjustment", "ramCostIdle", "externalCost", "sharedCost", "totalCost",
)  # fmt: skip


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.quantize(DIGITS) if isinstance(v, Decimal) else v for k, v in row.items()}


def _asset(node: Node, start: datetime, end: datetime, ends: datetime) -> dict[str, Any]:
    price, part, hours = node.price * len(node.seen), _facts()["cpu_part"], len(node.seen)
    return {
        "type": "Node",
        "properties": {
            "category": "Compute",
            "provider": "AWS",
            "service": "Kubernetes",
            "cluster": node.cluster,
            "name": node.name,
            "providerID": node.provider_id.rpartition("/")[2],
        },
        "window": {"start": _stamp(start), "end": _stamp(end)},
        "start": _stamp(start),
        "end": _stamp(ends),
        "minutes": node.hours * 60,
        "nodeType": node.kind,
        "cpuCores": node.cores,
        "ramBytes": node.gigabytes * 2**30,
        "cpuCoreHours": node.cores * hours,
        "ramByteHours": node.gigabytes * 2**30 * hours,
        "GPUCount": 0,
        "GPUHours": 0,
        "cpuCost": (price * part).quantize(DIGITS),
        "gpuCost": 0,
        "ramCost": (price * (1 - part)).quantize(DIGITS),
        "adjustment": 0,
        "totalCost": price.quantize(DIGITS),
    }


def truth(world: World) -> dict[str, Decimal]:
    """Return what all allocations of each day cost, to compare with what a client read."""
    days = [world.first + timedelta(days=n) for n in range((world.last - world.first).days + 1)]
    totals = {}
    for day in days:
        start = datetime.combine(day, datetime.min.time())
        rows = _set(world, start, start + timedelta(days=1), list(PROPERTIES), is_idle_asked=True)
        totals[str(day)] = sum((row["totalCost"] for row in rows.values()), Decimal(0))
    return totals


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
