"""Cloudflare AI Gateway: the Logs API over what the gateway saw (gateways.yml).

Rows        one per attempt at a provider: failed ones, answers from the gateway's cache and guardrail
            evaluations are rows too. Tokens are in and out; what was cached is inside.
Costs       the gateway's estimate at list prices without cache classes, JSON numbers with every digit.
Errors      {"success": false, "errors": [{"code", "message"}], "messages": [], "result": null}.
Left out    single logs, Logpush, GraphQL; filters on anything but created_at.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, prices, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(rows=("result",), more=None, next=(), sent=("page",))
PREFIX = "/cloudflare/client/v4"
SUMMARY = "Cloudflare AI Gateway logs with metadata"

PER_PAGE = (20, 50)
GUARD = "@cf/meta/llama-guard-3-8b"
PATHS = {"completions": "chat/completions", "embeddings": "embeddings", "messages": "v1/messages"}

_CODES = {400: 7001, 401: 10001, 403: 10000, 404: 7003, 429: 971}


class ApiError(Exception):
    """A request that Cloudflare refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    errors = [{"code": _CODES.get(status, 7000), "message": message}]
    return {"success": False, "errors": errors, "messages": [], "result": None}


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    gateway = _gateway()
    return {
        "SOURCES__CLOUDFLARE_AI_GATEWAY__BASE_URL": base_url,
        "SOURCES__CLOUDFLARE_AI_GATEWAY__API_TOKEN": gateway["token"],
        "SOURCES__CLOUDFLARE_AI_GATEWAY__ACCOUNT_ID": gateway["account"],
        "SOURCES__CLOUDFLARE_AI_GATEWAY__GATEWAYS": list(gateway["gateways"]),
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("cloudflare_ai_gateway", __name__)
    logged: dict[str, tuple[int, list[tuple]]] = {}

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise ApiError("Unable to authenticate request", 401)
        if token != _gateway()["token"]:
            raise ApiError("Authentication error", 403)

    @routes.get("/accounts/<account>/ai-gateway/gateways/<gateway>/logs")
    def logs(account: str, gateway: str) -> Response:
        if account != _gateway()["account"] or gateway not in _gateway()["gateways"]:
            raise ApiError("Could not route to the gateway", 404)
        unknown = set(request.args) - {"page", "per_page", "order_by", "order_by_direction", "filters"}
        if unknown:
            raise ApiError(f"unknown parameter: {', '.join(sorted(unknown))}")
        page, per_page = _count("page", 1, 10**6), _count("per_page", *PER_PAGE)
        if request.args.get("order_by", "created_at") != "created_at":
            raise ApiError("order_by: this sandbox knows created_at")
        direction = request.args.get("order_by_direction", "desc")
        if direction not in ("asc", "desc"):
            raise ApiError("order_by_direction: asc or desc")
        ((parts,),) = world.query("select parts from arrived")
        if gateway not in logged or logged[gateway][0] != parts:
            logged[gateway] = parts, _rows(world, gateway)
        after, before = _bounds()
        rows = logged[gateway][1]
        rows = rows[bisect_right(rows, after, key=_moment) : bisect_left(rows, before, key=_moment)]
        if direction == "desc":
            rows = rows[::-1]
        shown = rows[(page - 1) * per_page : page * per_page]
        return wire.answer(
            {
                "success": True,
                "errors": [],
                "messages": [],
                "result": [row for *_, row in shown],
                "result_info": {
                    "page": page,
                    "per_page": per_page,
                    "count": len(shown),
                    "total_count": len(rows),
                },
            }
        )

    return routes


def _gateway() -> dict[str, Any]:
    return facts.read("gateways.yml")["cloudflare_ai_gateway"]


def _count(name: str, default: int, largest: int) -> int:
    text = request.args.get(name, str(default))
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= largest:
        raise ApiError(f"{name}: from 1 to {largest}")
    return int(text)


def _bounds() -> tuple[datetime, datetime]:
    """Return the times that created_at must lie between; both are excluded."""
    bounds = {"gt": datetime.min, "lt": datetime.max}
    try:
        filters = json.loads(request.args.get("filters", "[]"))
        for one in filters:
            if one["key"] != "created_at" or set(one) != {"key", "operator", "value"}:
                raise ApiError("filters: this sandbox knows created_at")
            (value,) = one["value"]
            moment = datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
            bounds[one["operator"]] = moment
    except (KeyError, TypeError, ValueError):
        raise ApiError('filters: a JSON list of {"key", "operator", "value": [...]}') from None
    if set(bounds) != {"gt", "lt"}:
        raise ApiError("filters: the operators of created_at are gt and lt")
    return bounds["gt"], bounds["lt"]


_LOGGED = """
select call_id, number, called_at, kind, endpoint, base_model, feature, environment, customer, session_id,
    uncached_input + audio_input + cache_read + audio_cache_read + cache_write_30m as tokens_in,
    output + audio_output as tokens_out, day
from gateway_calls
where gateway = 'cloudflare_ai_gateway' and api_key_id = ?
"""


def _moment(row: tuple) -> datetime:
    return row[0]


def _rows(world: World, gateway: str) -> list[tuple]:
    """Return (time, id, row) of all that a gateway logged, oldest first."""
    seen = _gateway()
    teams = {name: feature["team"] for name, feature in facts.read("company.yml")["features"].items()}
    rows = []
    for call in world.query(_LOGGED, [seen["gateways"][gateway]]):
        call_id, number, at, kind, endpoint, model, feature, environment, customer, session, *rest = call
        # created_at tells milliseconds.
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        labels = {
            "feature": feature,
            "team": teams.get(feature),
            "environment": environment,
            "customer": customer,
            "session": f"session-{session}",
        }
        metadata = json.dumps({k: v for k, v in labels.items() if v is not None}, separators=(",", ":"))
        row = _row(call_id, at, kind, number, endpoint, model, rest) | {"metadata": metadata}
        rows.append((at, row["id"], row))
        if kind == "call" and number % seen["guardrail_every"] == 3:
            judged = at + timedelta(milliseconds=20)
            rows.append((judged, f"{call_id}-guard", _guard(row, judged)))
    return sorted(rows, key=lambda row: row[:2])


def _row(
    call_id: str, at: datetime, kind: str, number: int, endpoint: str, model: str, rest: list[Any]
) -> dict[str, Any]:
    tokens_in, tokens_out, day = rest
    gateway = _gateway()
    is_counted = kind != "failed" and (
        kind == "cache_hit" or number % gateway["without_usage_every"] != 7 or endpoint == "embeddings"
    )
    price = _list_prices(model, day)
    estimate = tokens_in * price.get("uncached_input", Decimal(0)) + tokens_out * price.get(
        "output", Decimal(0)
    )
    return {
        "id": call_id,
        "created_at": _stamp(at),
        "provider": "openai",
        "model": model,
        "model_type": "embedding" if endpoint == "embeddings" else "chat",
        "path": PATHS[endpoint],
        "request_type": "provider",
        "request_content_type": "application/json",
        "response_content_type": "application/json",
        "status_code": 503 if kind == "failed" else 200,
        "success": kind != "failed",
        "cached": kind == "cache_hit",
        "duration": 35 if kind == "cache_hit" else 900 + number % 3000,
        "tokens_in": tokens_in if is_counted else None,
        "tokens_out": tokens_out if is_counted else None,
        "cost": Decimal(0) if kind != "call" or not is_counted else estimate,
        "custom_cost": False,
        # What failed was tried again.
        "step": 1 if kind == "call" and number % gateway["sees"]["openai"]["failure_every"] == 2 else 0,
    }


def _guard(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the evaluation of a prompt, which the gateway logs as a call of its own."""
    return row | {
        "id": f"{row['id']}-guard",
        "created_at": _stamp(at),
        "provider": "workers-ai",
        "model": GUARD,
        "model_type": "chat",
        "path": "run",
        "tokens_in": 180,
        "tokens_out": 4,
        "cost": Decimal(0),
        "step": 0,
    }


def _list_prices(model: str, day: Any) -> dict[str, Decimal]:
    dated = prices.book("openai").content["models"][model]["prices"]
    begun = max(start for start in dated if start <= day)
    return {meter: Decimal(amount) / prices.MILLION for meter, amount in dated[begun].items()}


def _stamp(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds')}Z"
