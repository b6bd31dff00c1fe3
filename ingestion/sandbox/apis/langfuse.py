"""Langfuse: observations of Larkspur's one project, as the tracer saw the calls (gateways.yml).

Usage       keys exclude each other and `total` is their sum: reasoning is no part of `output` here.
Nesting     now and then a framework logs a generation around the provider's own, with a span between them.
Costs       estimates at list prices by usage key, JSON numbers with every digit.
Errors      {"message", "error"} with 400, 401 or 404.
Left out    v1 lists, metrics, models, traces, input and output; other filters than time, type, environment.
"""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, paging, prices, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(more=None, next=("meta.cursor",), sent=("cursor",))
PREFIX = "/langfuse/api/public"
SUMMARY = "Langfuse observations of a project"

LIMITS = (50, 1000)
DIGITS_OF_ID = 16

# Groups of fields; core comes with every reply.
GROUPS = {
    "core": ("id", "traceId", "startTime", "endTime", "projectId", "parentObservationId", "type"),
    "basic": (
        "name", "level", "statusMessage", "version", "environment", "bookmarked", "public", "userId",
        "sessionId", "isRootObservation",
    ),
    "time": ("completionStartTime", "createdAt", "updatedAt"),
    "io": ("input", "output"),
    "metadata": ("metadata",),
    "model": ("providedModelName", "internalModelId", "modelParameters"),
    "usage": ("usageDetails", "costDetails", "totalCost", "usagePricingTierName"),
    "prompt": ("promptId", "promptName", "promptVersion"),
    "metrics": ("latency", "timeToFirstToken"),
    "trace_context": ("tags", "release", "traceName"),
}  # fmt: skip
ALWAYS_NULL = ("modelId", "inputPrice", "outputPrice", "totalPrice")

# Usage key -> our meters, by provider.
KEYS = {
    "openai": {
        "input": ("uncached_input", "audio_input"),
        "input_cached_tokens": ("cache_read", "audio_cache_read"),
        "input_cache_write_tokens": ("cache_write_30m",),
        "output": ("output", "audio_output"),
    },
    "anthropic": {
        "input": ("uncached_input",),
        "cache_read_input_tokens": ("cache_read",),
        "input_cache_creation_5m": ("cache_write_5m",),
        "input_cache_creation_1h": ("cache_write_1h",),
        "output": ("output",),
    },
}


class ApiError(Exception):
    """A request that Langfuse refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    kind = {400: "InvalidRequestError", 401: "UnauthorizedError", 404: "LangfuseNotFoundError"}
    return {"message": message, "error": kind.get(status, "InternalServerError")}


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know."""
    return {
        "SOURCES__LANGFUSE__BASE_URL": base_url,
        "SOURCES__LANGFUSE__PUBLIC_KEY": _tracer()["public_key"],
        "SOURCES__LANGFUSE__SECRET_KEY": _tracer()["secret_key"],
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("langfuse", __name__)
    traced: dict[int, list[tuple]] = {}

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        pair = f"{_tracer()['public_key']}:{_tracer()['secret_key']}"
        if request.headers.get("Authorization") != f"Basic {base64.b64encode(pair.encode()).decode()}":
            raise ApiError("Invalid credentials. Confirm that you've configured the correct host.", 401)

    @routes.get("/v2/observations")
    def observations() -> Response:
        # What has arrived may grow between two reads, never within one.
        ((parts,),) = world.query("select parts from arrived")
        if parts not in traced:
            traced.clear()
            traced[parts] = _observations(world)
        return _page(traced[parts])

    @routes.get("/projects")
    def projects() -> Response:
        project = _tracer()["project"]
        organization = {"id": "org-larkspur", "name": "Larkspur"}
        return wire.answer({"data": [{**project, "organization": organization, "metadata": {}}]})

    return routes


def _tracer() -> dict[str, Any]:
    return facts.read("gateways.yml")["langfuse"]


# From a request to a reply ------------------------------------------------------------------------


def _page(rows: list[tuple]) -> Response:
    asked = {
        "fields",
        "expandMetadata",
        "limit",
        "cursor",
        "type",
        "environment",
        "fromStartTime",
        "toStartTime",
    }
    unknown = set(request.args) - asked
    if unknown:
        raise ApiError(f"Unrecognized key(s): {', '.join(sorted(unknown))}")
    fields = _fields()
    default, largest = LIMITS
    limit = request.args.get("limit", str(default))
    if not limit.isdigit() or not 1 <= int(limit) <= largest:
        raise ApiError(f"limit: a number from 1 to {largest}")
    start, end = _moment("fromStartTime", datetime.min), _moment("toStartTime", datetime.max)
    found = rows[bisect_left(rows, start, key=_started) : bisect_left(rows, end, key=_started)][::-1]
    for name in ("type", "environment"):
        wanted = request.args.getlist(name)
        found = [row for row in found if not wanted or row[2][name] in wanted]
    query = {key: request.args.getlist(key) for key in request.args if key != "cursor"}
    try:
        at = paging.position(query, request.args["cursor"]) if "cursor" in request.args else 0
    except paging.BadCursorError as error:
        raise ApiError(f"cursor: {error}") from error
    shown, following = found[at : at + int(limit)], at + int(limit)
    meta = {"cursor": paging.cursor(query, following)} if following < len(found) else {}
    data = [{name: row.get(name) for name in fields} | dict.fromkeys(ALWAYS_NULL) for _, _, row in shown]
    return wire.answer({"data": data, "meta": meta})


def _fields() -> list[str]:
    groups = {"core", *request.args.get("fields", "basic").split(",")}
    if groups - set(GROUPS):
        raise ApiError(f"fields: no such group: {', '.join(sorted(groups - set(GROUPS)))}")
    return [name for group, names in GROUPS.items() if group in groups for name in names]


def _moment(name: str, default: datetime) -> datetime:
    text = request.args.get(name)
    if text is None:
        return default
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        raise ApiError(f"{name}: an ISO 8601 time") from None


def _started(row: tuple) -> datetime:
    return row[0]


# From the calls to observations -------------------------------------------------------------------

_SEEN = f"""
select call_id, number, called_at, kind, provider, endpoint, base_model, service_tier, feature, environment,
    customer, session_id, day, reasoning, {", ".join(prices.TOKEN_CLASSES)}
from gateway_calls where gateway = 'langfuse' and kind <> 'cache_hit'
"""


def _observations(world: World) -> list[tuple]:
    """Return (start, id, observation) of everything that was traced, oldest first."""
    dollars = {
        (p.provider, p.model, p.service_tier, p.meter, p.valid_from): p
        for name in KEYS
        for p in prices.book(name).prices()
    }
    by_meter: dict[tuple, list[prices.Price]] = {}
    for price in dollars.values():
        by_meter.setdefault((price.provider, price.model, price.service_tier, price.meter), []).append(price)
    teams = {name: feature["team"] for name, feature in facts.read("company.yml")["features"].items()}
    rows = []
    for call_id, number, at, kind, *told in world.query(_SEEN):
        generation = _generation(call_id, at, kind, told, teams, by_meter)
        rows.append((at, generation["id"], generation))
        if number % _tracer()["wrapped_every"] == 0:
            rows += _wrapped(generation, at)
    return sorted(rows, key=lambda row: row[:2])


def _generation(
    call_id: str, at: datetime, kind: str, told: list[Any], teams: dict[str, str], by_meter: dict[tuple, Any]
) -> dict[str, Any]:
    provider, endpoint, model, tier, feature, environment, customer, session, day, reasoning, *counts = told
    meters = dict(zip(prices.TOKEN_CLASSES, counts, strict=True))
    billed_as = prices.book(provider).billed_as(model)
    usage, costs = {}, {}
    for key, parts in KEYS[provider].items():
        if quantity := sum(meters[part] for part in parts):
            usage[key] = quantity
            costs[key] = sum(
                (meters[part] * _price(by_meter, (provider, billed_as, tier, part), day) for part in parts),
                Decimal(0),
            )
    if reasoning:
        # Keys exclude each other.
        per_token = _price(by_meter, (provider, billed_as, tier, "output"), day)
        usage["output_reasoning_tokens"], costs["output_reasoning_tokens"] = reasoning, reasoning * per_token
        usage["output"] -= reasoning
        costs["output"] -= reasoning * per_token
    usage["total"], costs["total"] = sum(usage.values()), sum(costs.values(), Decimal(0))
    failed = kind == "failed"
    labels = {"feature": feature, "team": teams.get(feature), "customer": customer}
    ended = at + timedelta(seconds=3)
    return {
        "id": f"obs-{_digest(call_id)}",
        "traceId": f"trace-{_digest(call_id + ' trace')}",
        "startTime": _stamp(at),
        "endTime": _stamp(ended),
        "projectId": _tracer()["project"]["id"],
        "parentObservationId": None,
        "type": "EMBEDDING" if endpoint == "embeddings" else "GENERATION",
        "isRootObservation": True,
        "name": "chat",
        "level": "ERROR" if failed else "DEFAULT",
        "environment": environment or "default",
        "userId": None,
        "sessionId": f"session-{session}",
        "createdAt": _stamp(at),
        "updatedAt": _stamp(ended + timedelta(minutes=2)),
        "metadata": {name: value for name, value in labels.items() if value is not None},
        "providedModelName": model,
        "modelParameters": {"service_tier": tier} if tier != "standard" else {},
        "usageDetails": {} if failed else usage,
        "costDetails": {} if failed else costs,
        "totalCost": None if failed else costs["total"],
        "tags": [f"product:{facts.read('company.yml')['features'][feature]['product']}", "traced"],
        "traceName": feature,
    }


def _price(by_meter: dict[tuple, list[prices.Price]], key: tuple, day: Any) -> Decimal:
    found = by_meter.get(key, [])
    return next((p.dollars for p in found if p.valid_from <= day < p.valid_to), Decimal(0))


def _wrapped(generation: dict[str, Any], at: datetime) -> list[tuple]:
    """Put the generation into a span, and that into a framework's generation, which tells the usage again."""
    outer = generation | {"id": f"{generation['id']}-outer", "name": "framework.generate"}
    span = generation | {
        "id": f"{generation['id']}-step",
        "type": "SPAN",
        "name": "framework.step",
        "parentObservationId": outer["id"],
        "isRootObservation": False,
        "providedModelName": None,
        "usageDetails": {},
        "costDetails": {},
        "totalCost": None,
    }
    generation |= {"parentObservationId": span["id"], "isRootObservation": False}
    return [(at, row["id"], row) for row in (outer, span)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS_OF_ID]


def _stamp(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds')}Z"
