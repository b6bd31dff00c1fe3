"""OpenRouter: activity of the last 30 completed days, keys, workspaces and single generations.

Amounts     in dollars, JSON numbers with every digit.
Own keys    Larkspur brings its own Anthropic key for some calls (BYOK): they stand in the activity with what
            the provider charges, and cost nothing here, as long as OpenRouter's allowance lasts.
Errors      {"error": {"code", "message"}} with 400, 401, 403 or 404.
Left out    analytics, credits, budgets, members, /key.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, prices, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(more=None, next=(), sent=("offset",))
PREFIX = "/openrouter/api/v1"
SUMMARY = "OpenRouter activity, keys, workspaces and generations"

DAYS_KEPT = 30
WORKSPACE_LIMITS = (50, 100)
KEYS_A_PAGE = 100
BORN = "2026-10-24T09:30:00Z"
NAMESPACE = uuid.UUID("00000000-0000-4000-8000-000000000000")

# Meters as OpenRouter counts them: prompt tokens hold what was read from a cache and what was written to one.
_PROMPT = "uncached_input + cache_read + cache_write_5m + cache_write_1h"


class ApiError(Exception):
    """A request that OpenRouter refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"error": {"code": status, "message": message}}


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know."""
    return {
        "SOURCES__OPENROUTER__BASE_URL": base_url,
        "SOURCES__OPENROUTER__API_KEY": _company()["management_key"],
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("openrouter", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize()

    @routes.get("/activity")
    def activity() -> Response:
        return _activity(world)

    @routes.get("/generation")
    def generation() -> Response:
        return _generation(world)

    @routes.get("/keys")
    def keys() -> Response:
        _known({"include_disabled", "offset", "workspace_id"})
        everything = request.args.get("include_disabled", "false")
        if everything not in ("true", "false"):
            raise ApiError("include_disabled must be a boolean")
        workspace = request.args.get("workspace_id", _workspace_id("or_default"))
        found = [
            key
            for key in _keys(world)
            if key["workspace_id"] == workspace and (everything == "true" or not key["disabled"])
        ]
        start = _count("offset", 0)
        return wire.answer({"data": found[start : start + KEYS_A_PAGE]})

    @routes.get("/workspaces")
    def workspaces() -> Response:
        _known({"offset", "limit"})
        default, largest = WORKSPACE_LIMITS
        limit, start = _count("limit", default), _count("offset", 0)
        if not 1 <= limit <= largest:
            raise ApiError(f"limit must be from 1 to {largest}")
        found = _workspaces()
        return wire.answer({"data": found[start : start + limit], "total_count": len(found)})

    return routes


def _authorize() -> None:
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not key:
        raise ApiError("Missing Authentication header", 401)
    if key.startswith("sk-or-v1-") and request.path != f"{PREFIX}/generation":
        raise ApiError("Only management keys can perform this operation", 403)
    if key != _company()["management_key"]:
        raise ApiError("User not found.", 401)


# Activity -----------------------------------------------------------------------------------------


def _activity(world: World) -> Response:
    _known({"date", "api_key_hash", "user_id", "workspace_id", "group_by"})
    first, last = world.last - timedelta(days=DAYS_KEPT - 1), world.last
    wanted = request.args.get("date")
    if wanted is not None:
        try:
            first = last = _in_kept(date.fromisoformat(wanted), first, last)
        except ValueError:
            raise ApiError(f"date must be one of the last {DAYS_KEPT} completed UTC days") from None
    if request.args.get("group_by") not in (None, "workspace"):
        raise ApiError("group_by must be workspace")
    by_workspace = "group_by" in request.args
    rows: dict[tuple, dict[str, Any]] = {}
    for row in (*_own_calls(world, first, last), *_byok_calls(world, first, last)):
        if not _is_asked_for(row):
            continue
        # Neither key nor user is a column: rows that differ in them alone are one.
        key = (row["date"], row["workspace_id"] if by_workspace else None, row["endpoint_id"])
        sums = rows.setdefault(key, {**row, **dict.fromkeys(_MEASURES, 0)})
        for measure in _MEASURES:
            sums[measure] += row[measure]
    dropped = {"key"} if by_workspace else {"key", "workspace_id"}
    data = [
        {name: value for name, value in row.items() if name not in dropped}
        for _, row in sorted(rows.items(), key=lambda item: str(item[0]))
    ]
    return wire.answer({"data": data})


_MEASURES = (
    "usage", "byok_usage_inference", "requests", "prompt_tokens", "completion_tokens", "reasoning_tokens",
    "cached_tokens",
)  # fmt: skip


def _in_kept(day: date, first: date, last: date) -> date:
    if not first <= day <= last:
        raise ValueError(day)
    return day


def _is_asked_for(row: dict[str, Any]) -> bool:
    asked = request.args
    return (
        asked.get("api_key_hash") in (None, _hash(row["key"]))
        and asked.get("workspace_id") in (None, row["workspace_id"])
        and asked.get("user_id") in (None, _company()["user"])
    )


def _own_calls(world: World, first: date, last: date) -> Iterable[dict[str, Any]]:
    """Yield what is on OpenRouter's own bill."""
    costs = {
        tuple(key): cost
        for *key, cost in world.query(
            "select day, api_key_id, base_model, sum(cost) from billed where provider = 'openrouter' "
            "group by all"
        )
    }
    rows = world.query(
        f"""
        select day, api_key_id, base_model, sub_account_id, count(*), sum({_PROMPT})::bigint,
            sum(output)::bigint, sum(reasoning)::bigint, sum(cache_read)::bigint
        from usage where provider = 'openrouter' and day between ? and ? group by all
        """,
        [first, last],
    )
    models = facts.read("prices.yml")["openrouter"]["models"]
    for day, key, model, workspace, *counts in rows:
        if (day, key, model) in costs:
            known = models[model]
            yield _row(
                day, key, workspace, model, known["permaslug"], known["served_by"],
                (costs[day, key, model], 0, *counts),
            )  # fmt: skip


def _byok_calls(world: World, first: date, last: date) -> Iterable[dict[str, Any]]:
    """Yield the calls with Larkspur's own Anthropic key: their cost is on Anthropic's bill."""
    key = facts.read("gateways.yml")["openrouter"]["through"]
    rows = world.query(
        f"""
        select day, base_model, count(*), sum({_PROMPT})::bigint, sum(output)::bigint, 0,
            sum(cache_read)::bigint
        from gateway_calls where gateway = 'openrouter' and kind = 'call' and day between ? and ? group by all
        """,
        [first, last],
    )
    costs = {tuple(of): cost for *of, cost in world.query(_BYOK_COSTS, [first, last])}
    for day, model, *counts in rows:
        slug, permaslug = _slugs(model)
        workspace = _company()["keys"][key]["workspace"]
        measures = (0, costs[day, model], *counts)
        yield _row(day, key, workspace, slug, permaslug, "Anthropic", measures)


_BYOK_COSTS = f"""
select metered.day, base_model, sum(quantity * dollars)
from (
    unpivot (from gateway_calls where gateway = 'openrouter' and kind = 'call' and day between ? and ?)
    on {", ".join(prices.TOKEN_CLASSES)} into name meter value quantity
) as metered
join prices using (provider, model, service_tier, meter)
where metered.day >= valid_from and metered.day < valid_to and quantity > 0
group by all
"""


def _slugs(model: str) -> tuple[str, str]:
    """Return OpenRouter's names of an Anthropic model: versions have dots, permanent ones the date."""
    slug = "anthropic/" + re.sub(r"(\d)-(\d)$", r"\1.\2", model)
    return slug, f"{slug}-{prices.book('anthropic').released(model):%Y%m%d}"


def _row(
    day: date, key: str, workspace: str, model: str, permaslug: str, served_by: str, measures: tuple
) -> dict[str, Any]:
    return {
        "date": str(day),
        "model": model,
        "model_permaslug": permaslug,
        "endpoint_id": str(uuid.uuid5(NAMESPACE, f"{permaslug} {served_by}")),
        "provider_name": served_by,
        **dict(zip(_MEASURES, measures, strict=True)),
        "workspace_id": _workspace_id(workspace),
        "key": key,
    }


# One call -----------------------------------------------------------------------------------------

_UNTOLD = (
    "app_id", "finish_reason", "generation_time", "http_referer", "latency", "moderation_latency",
    "native_finish_reason", "num_fetches", "num_input_audio_prompt", "num_media_completion",
    "num_media_prompt", "num_search_results", "provider_responses", "router", "upstream_id", "user_agent",
    "web_search_engine",
)  # fmt: skip


def _generation(world: World) -> Response:
    _known({"id"})
    name = request.args.get("id", "")
    if not name:
        raise ApiError("id is required")
    found = world.query(
        f"""
        select day, called_at, base_model, sub_account_id, service_tier, {_PROMPT}, output, reasoning,
            cache_read, uncached_input, session_id
        from usage where provider = 'openrouter' and 'gen-' || call_id = ?
        """,
        [name],
    )
    if not found:
        raise ApiError(f"Generation {name} not found", 404)
    day, at, model, workspace, tier, prompt, output, reasoning, cached, uncached, session = found[0]
    price = {
        p.meter: p.dollars
        for p in prices.book("openrouter").prices()
        if p.model == model and p.valid_from <= day < p.valid_to
    }
    parts = {"uncached_input": uncached, "cache_read": cached, "output": output}
    cost = sum((Decimal(count) * price.get(meter, 0) for meter, count in parts.items()), Decimal(0))
    known = facts.read("prices.yml")["openrouter"]["models"][model]
    return wire.answer(
        {
            "data": {
                "id": name,
                "created_at": f"{at.isoformat()}+00:00",
                "model": model,
                "provider_name": known["served_by"],
                "total_cost": cost,
                "usage": cost,
                "upstream_inference_cost": None,
                "cache_discount": None,
                "is_byok": False,
                "cancelled": False,
                "native_tokens_prompt": prompt,
                "native_tokens_completion": output,
                "native_tokens_reasoning": reasoning,
                "native_tokens_cached": cached,
                # another tokenizer, other counts
                "tokens_prompt": prompt * 9 // 10,
                "tokens_completion": output * 9 // 10,
                "external_user": None,
                "session_id": f"session-{session}",
                "request_id": f"req-{name}",
                "preset_id": None,
                "workspace_id": _workspace_id(workspace),
                "service_tier": tier,
                "data_region": "global",
                "streamed": True,
                "api_type": "completions",
                "origin": "https://larkspur.example/",
                "native_tokens_completion_images": 0,
                **dict.fromkeys(_UNTOLD),
            }
        }
    )


# The names behind the ids -------------------------------------------------------------------------


def _company() -> dict[str, Any]:
    return facts.read("company.yml")["openrouter"]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _workspace_id(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))


# Of one key, from when on.
_SPENT = """
select coalesce(sum(cost), 0) from billed where provider = 'openrouter' and api_key_id = ? and day >= ?
"""


def _keys(world: World) -> list[dict[str, Any]]:
    # It is the midnight after the last day, so of today nothing is spent.
    today = world.last + timedelta(days=1)
    since = {
        "usage": date.min,
        "usage_daily": today,
        "usage_weekly": today - timedelta(days=today.weekday()),
        "usage_monthly": today.replace(day=1),
    }
    byok = dict.fromkeys(("byok_usage", "byok_usage_daily", "byok_usage_weekly", "byok_usage_monthly"), 0)
    return [
        {
            "hash": _hash(identity),
            "name": key["name"],
            "label": f"sk-or-v1-{_hash(identity)[:3]}...{_hash(identity)[-3:]}",
            "disabled": key.get("disabled", False),
            "limit": None,
            "limit_remaining": None,
            "limit_reset": None,
            "include_byok_in_limit": False,
            **{name: world.query(_SPENT, [identity, day])[0][0] for name, day in since.items()},
            **byok,
            "created_at": BORN,
            "updated_at": None,
            "creator_user_id": _company()["user"],
            "workspace_id": _workspace_id(key["workspace"]),
        }
        for identity, key in _company()["keys"].items()
    ]


def _workspaces() -> list[dict[str, Any]]:
    return [
        {
            "id": _workspace_id(name),
            "name": workspace["name"],
            "slug": workspace["slug"],
            "created_at": BORN,
            "updated_at": BORN,
            "created_by": _company()["user"],
            "description": None,
            "default_guardrail_id": _workspace_id(f"guardrail of {name}"),
            "default_text_model": None,
            "default_image_model": None,
            "default_provider_sort": None,
            "io_logging_api_key_ids": None,
            "io_logging_sampling_rate": 1,
            "is_data_discount_logging_enabled": False,
            "is_observability_broadcast_enabled": False,
            "is_observability_io_logging_enabled": False,
        }
        for name, workspace in _company()["workspaces"].items()
    ]


def _known(names: set[str]) -> None:
    unknown = sorted(set(request.args) - names)
    if unknown:
        raise ApiError(f"unknown parameter: {', '.join(unknown)}")


def _count(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ApiError(f"{name} must be a whole number")
    return int(text)
