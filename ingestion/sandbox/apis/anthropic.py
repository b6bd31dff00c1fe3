"""Anthropic's Admin API: cost and usage reports, Claude Code, and the names behind the ids.

Amounts     in cents, decimal strings with every digit; Claude Code estimates in cents, as numbers.
Times       RFC 3339, snapped to the start of their bucket; only whole buckets are returned.
Errors      {"type": "error", "error": {"type", "message"}, "request_id"}.
Analytics   usage and cost as flat rows; list amounts are the amounts before a discount of 10% (invented).
Left out    session_usage costs, OAuth, the other analytics reports, analytics costs by the hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, paging, wire
from ingestion.sandbox.reports import USAGE_LIMITS, WIDTHS, Query, Report, seconds
from ingestion.sandbox.world import World

PREFIX = "/anthropic/v1/organizations"
SUMMARY = "Anthropic cost and usage reports, Claude Code, workspaces, users and keys"

VERSION = "2023-06-01"
FAST_MODE = "fast-mode-2026-02-01"
COST_LIMITS = {"1d": (7, 31)}
LIST_LIMITS = (20, 1000)

FOUNDED = datetime(2025, 1, 20, 10, 30)
EVERY = timedelta(days=19)

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class ApiError(Exception):
    """A request that Anthropic refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    error = {"type": _KINDS.get(status, "api_error"), "message": message}
    return {"type": "error", "error": error, "request_id": "req_sandbox"}


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know."""
    return {
        "SOURCES__ANTHROPIC__BASE_URL": base_url,
        "SOURCES__ANTHROPIC__API_KEY": _company()["admin_key"],
    }


# Reports ------------------------------------------------------------------------------------------

USAGE = Report(
    "usage",
    {
        "uncached_input_tokens": "sum(uncached_input)",
        "cache_read_input_tokens": "sum(cache_read)",
        "ephemeral_5m_input_tokens": "sum(cache_write_5m)",
        "ephemeral_1h_input_tokens": "sum(cache_write_1h)",
        "output_tokens": "sum(output)",
        "web_search_requests": "sum(web_searches)",
    },
    {
        # a caller is a person or a service account; calls with a person's own login have no key
        "account_id": "user_id",
        "api_key_id": "api_key_id",
        "context_window": "context_window",
        "inference_geo": "inference_geo",
        "model": "model",
        "service_account_id": "service_account_id",
        "service_tier": "service_tier",
        "speed": "'standard'",
        "workspace_id": "sub_account_id",
    },
    {
        "account_ids": "user_id",
        "api_key_ids": "api_key_id",
        "context_window": "context_window",
        "inference_geos": "inference_geo",
        "models": "model",
        "service_account_ids": "service_account_id",
        "service_tiers": "service_tier",
        "speeds": "'standard'",
        "workspace_ids": "sub_account_id",
    },
    # what is paid by subscription is no API usage
    "provider = 'anthropic' and surface <> 'subscription'",
)

COSTS = Report(
    "billed",
    {
        "cost": "sum(cost)",
        "meter": "min(meter)",
        "model": "min(model)",
        "service_tier": "min(service_tier)",
        "context_window": "min(context_window)",
        "inference_geo": "min(inference_geo)",
    },
    {"workspace_id": "sub_account_id", "description": "line"},
    {},
    "provider = 'anthropic' and line is not null",
)

# A description tells one meter, and for tokens one model, tier, context and geo.
_TOKEN_TYPES = {
    "uncached_input": "uncached_input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write_5m": "cache_creation.ephemeral_5m_input_tokens",
    "cache_write_1h": "cache_creation.ephemeral_1h_input_tokens",
    "output": "output_tokens",
}
_COST_TYPES = {"web_searches": "web_search", "code_execution_centihours": "code_execution"}

_ALLOWED = {
    "context_window": ("0-200k", "200k-1M"),
    "inference_geos": ("global", "us", "not_available"),
    "service_tiers": (
        "standard", "batch", "priority", "priority_on_demand", "flex", "flex_discount",
    ),
    "speeds": ("standard", "fast"),
}  # fmt: skip


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("anthropic", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize()

    @routes.get("/cost_report")
    def cost_report() -> Response:
        return _report(world, COSTS, _query(COSTS, COST_LIMITS, world), _cost_result)

    @routes.get("/usage_report/messages")
    def messages() -> Response:
        query = _query(USAGE, USAGE_LIMITS, world)
        if "speed" in query.group_by or "speeds" in query.filters:
            betas = request.headers.get("anthropic-beta", "")
            if FAST_MODE not in [beta.strip() for beta in betas.split(",")]:
                raise ApiError(f"speed needs the header anthropic-beta: {FAST_MODE}")
        return _report(world, USAGE, query, _usage_result)

    @routes.get("/usage_report/claude_code")
    def claude_code() -> Response:
        return _claude_code(world)

    @routes.get("/analytics/cost")
    def analytics_cost() -> Response:
        return _analytics(world, ANALYTICS_COST, ("amount", "list_amount", "time"), _analytics_cost)

    @routes.get("/analytics/usage")
    def analytics_usage() -> Response:
        return _analytics(world, ANALYTICS_USAGE, ("total_tokens", "requests", "time"), _analytics_usage)

    @routes.get("/workspaces")
    def workspaces() -> Response:
        _known({"limit", "after_id", "before_id", "include_archived"})
        _flag("include_archived")
        return _list(_workspaces())

    @routes.get("/api_keys")
    def api_keys() -> Response:
        _known({"limit", "after_id", "before_id", "workspace_id", "status", "created_by_user_id"})
        status = request.args.get("status")
        if status not in (None, "active", "inactive", "archived"):
            raise ApiError("status: should be 'active', 'inactive' or 'archived'")
        workspace = request.args.get("workspace_id")
        creator = request.args.get("created_by_user_id")
        return _list(
            [
                key
                for key in _keys()
                if status in (None, key["status"])
                and workspace in (None, key["workspace_id"])
                and creator in (None, key["created_by"]["id"])
            ]
        )

    @routes.get("/users")
    def users() -> Response:
        _known({"limit", "after_id", "before_id", "email"})
        email = request.args.get("email")
        return _list([user for user in _users() if email in (None, user["email"])])

    return routes


def _authorize() -> None:
    key = request.headers.get("x-api-key", "")
    if not key:
        raise ApiError("x-api-key header is required", 401)
    if key.startswith("sk-ant-api"):
        raise ApiError("This endpoint needs an Admin API key.", 403)
    is_analytics = request.path.startswith(f"{PREFIX}/analytics/")
    if key == _company()["analytics_key"] and not is_analytics:
        raise ApiError("This endpoint needs an Admin API key.", 403)
    if key not in (_company()["admin_key"], _company()["analytics_key"]):
        raise ApiError("invalid x-api-key", 401)
    version = request.headers.get("anthropic-version")
    if version is None:
        raise ApiError("anthropic-version: header is required")
    if version != VERSION:
        raise ApiError(f"anthropic-version: '{version}' is not a valid version")


# From a request to a query ------------------------------------------------------------------------


def _query(report: Report, limits: Mapping[str, tuple[int, int]], world: World) -> Query:
    arrays = {"group_by", *report.filters}
    _known({"starting_at", "ending_at", "bucket_width", "limit", "page"}, arrays)
    width = request.args.get("bucket_width", "1d")
    if width not in limits:
        raise ApiError(f"bucket_width: should be one of {', '.join(limits)}")
    size = WIDTHS[width]
    start = _moment("starting_at")
    if start is None:
        raise ApiError("starting_at: field required")
    end = _moment("ending_at")
    end = seconds(world.now) if end is None else end
    start, end = start // size * size, end // size * size
    if end <= start:
        raise ApiError("ending_at: should be at least one bucket after starting_at")
    group_by = request.args.getlist("group_by[]")
    for value in group_by:
        if value not in report.dimensions:
            raise ApiError(f"group_by: '{value}' should be one of {', '.join(report.dimensions)}")
    return Query(
        start=start,
        end=end,
        width=width,
        limit=_limit(*limits[width]),
        group_by=sorted(set(group_by)),
        filters={n: _filter(n) for n in report.filters if request.args.getlist(f"{n}[]")},
    )


def _known(names: Iterable[str], arrays: Iterable[str] = ()) -> None:
    allowed = {*names, *(f"{name}[]" for name in arrays)}
    for name in request.args:
        if name not in allowed:
            hint = f" (write {name}[])" if name in arrays else ""
            raise ApiError(f"{name}: extra inputs are not permitted{hint}")


def _filter(name: str) -> list[str]:
    values = request.args.getlist(f"{name}[]")
    for value in values:
        if value not in _ALLOWED.get(name, values):
            raise ApiError(f"{name}: '{value}' should be one of {', '.join(_ALLOWED[name])}")
    return sorted(set(values))


def _moment(name: str) -> int | None:
    """Read a time: RFC 3339 with its zone, or a bare date, as unix seconds."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        # a + in a query string that was not escaped arrives as a blank
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ApiError(f"{name}: '{text}' should be an RFC 3339 timestamp") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() // 1)


def _limit(default: int, largest: int) -> int:
    text = request.args.get("limit", str(default))
    if not re.fullmatch("[0-9]{1,6}", text) or not 1 <= int(text) <= largest:
        raise ApiError(f"limit: should be from 1 to {largest}")
    return int(text)


def _flag(name: str) -> bool:
    value = request.args.get(name, "false")
    if value not in ("true", "false"):
        raise ApiError(f"{name}: should be a boolean")
    return value == "true"


def _position(query: Any, default: int) -> int:
    if "page" not in request.args:
        return default
    try:
        return paging.position(query, request.args["page"])
    except paging.BadCursorError as error:
        raise ApiError(f"page: {error}") from error


# From a query to a reply --------------------------------------------------------------------------


def _report(world: World, report: Report, query: Query, result: Any) -> Response:
    bound = (request.path, vars(query))
    buckets, following = query.page(_position(bound, query.start))
    rows = report.read(world, query, buckets)
    data = [
        {
            "starting_at": _stamp(at),
            "ending_at": _stamp(at + buckets.step),
            "results": [result(row, query) for row in rows.get(at, [])],
        }
        for at in buckets
    ]
    next_page = None if following is None else paging.cursor(bound, following)
    return wire.answer({"data": data, "has_more": next_page is not None, "next_page": next_page})


def _usage_result(row: dict[str, Any], query: Query) -> dict[str, Any]:
    counts = {name: int(row[name]) for name in USAGE.measures}
    dimensions = {name: row[name] for name in USAGE.dimensions if name != "speed"}
    if FAST_MODE in request.headers.get("anthropic-beta", ""):
        dimensions["speed"] = row["speed"]
    return {
        "uncached_input_tokens": counts["uncached_input_tokens"],
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts["ephemeral_5m_input_tokens"],
            "ephemeral_1h_input_tokens": counts["ephemeral_1h_input_tokens"],
        },
        "cache_read_input_tokens": counts["cache_read_input_tokens"],
        "output_tokens": counts["output_tokens"],
        "server_tool_use": {"web_search_requests": counts["web_search_requests"]},
        **dimensions,
    }


def _cost_result(row: dict[str, Any], query: Query) -> dict[str, Any]:
    is_described = "description" in query.group_by
    token_type = _TOKEN_TYPES.get(row["meter"]) if is_described else None
    cost_type = _COST_TYPES.get(row["meter"], "tokens") if is_described else None
    parsed = ("model", "service_tier", "context_window", "inference_geo")
    return {
        "amount": wire.plain(row["cost"] * 100),
        "currency": "USD",
        "cost_type": cost_type,
        "description": row["description"],
        **{name: row[name] if token_type else None for name in parsed},
        "token_type": token_type,
        "workspace_id": row["workspace_id"],
    }


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Analytics ----------------------------------------------------------------------------------------

ANALYTICS_BETA = "analytics-usage-cost-2026-08-24"
ANALYTICS_SINCE = datetime(2026, 1, 1)
ANALYTICS_DAYS, ANALYTICS_MINUTE_DAYS, ANALYTICS_PAST_DAYS = 31, 1, 365
MOST_GROUPS = 5
# What is billed after the discount of the contract is this part of the list price.
DISCOUNTED = Decimal("0.9")

_TOKEN_TYPE = "case meter " + " ".join(f"when '{m}' then '{t}'" for m, t in _TOKEN_TYPES.items()) + " end"
_COST_TYPE = (
    "case meter " + " ".join(f"when '{m}' then '{t}'" for m, t in _COST_TYPES.items()) + " else 'tokens' end"
)
# Code execution has no model; everything else stands beside the call that caused it.
_IS_CALL = "meter <> 'code_execution_centihours'"
_ANALYTICS_GROUPS = {
    "actor_type": """case when user_id is not null then 'user_actor'
        when service_account_id is not null then 'service_account_actor' else 'api_actor' end""",
    "api_key_id": "api_key_id",
    "context_window": "context_window",
    "inference_geo": "nullif(inference_geo, 'not_available')",
    "model": "model",
    "product": "case when surface = 'claude_code' then 'claude_code' end",
    "rbac_group_id": "rbac_group_id",
    "service_tier": "service_tier",
    "speed": "'standard'",
    "workspace_id": "coalesce(sub_account_id, '{default_workspace}')",
}
# Of a call that is no Claude Managed Agents session, from no Slack channel, by no profile.
_NEVER = (
    "agent_id", "claude_tag_category", "claude_tag_user_id", "deployment_id", "environment_id",
    "session_id", "slack_channel_id", "user_profile_id",
)  # fmt: skip
_FAN_OUT = {"cost_type": _COST_TYPE, "token_type": _TOKEN_TYPE}

ANALYTICS_USAGE = Report(
    "usage",
    {**USAGE.measures, "requests": "count(*)"},
    dict(_ANALYTICS_GROUPS),
    where=USAGE.where,
)
ANALYTICS_COST = Report(
    "billed",
    {"amount": "sum(cost)"},
    {
        name: f"case when {_IS_CALL} then {sql} end"
        if name in ("model", "service_tier", "context_window", "inference_geo", "product", "speed")
        else sql
        for name, sql in _ANALYTICS_GROUPS.items()
    }
    | _FAN_OUT,
    where=COSTS.where,
)


def _analytics(world: World, report: Report, orders: Sequence[str], told: Any) -> Response:
    """Answer with flat rows, ranked or by time; rows of kinds of cost are no rows of the page's limit."""
    betas = request.headers.get("anthropic-beta", "")
    if ANALYTICS_BETA not in [beta.strip() for beta in betas.split(",")]:
        raise ApiError(f"this endpoint needs the header anthropic-beta: {ANALYTICS_BETA}")
    _known(
        {"starting_at", "ending_at", "time_bucket_width", "limit", "page", "order", "order_by"}, {"group_by"}
    )
    start, end, width = _analytics_range(world, report)
    groups = _analytics_groups(report)
    order, order_by = request.args.get("order", "desc"), request.args.get("order_by", orders[0])
    if order not in ("asc", "desc") or order_by not in orders:
        raise ApiError(f"order_by: should be one of {', '.join(orders)}, order asc or desc")
    limit = _limit(*LIST_LIMITS)
    bound = (request.path, start, end, width, groups, order, order_by, limit)
    rows = _analytics_rows(world, report, start, end, width, groups)
    # Rows that differ in their kind of cost only stand together and count once.
    ranked: dict[tuple, list[dict[str, Any]]] = {}
    for row in rows:
        key = (row["at"], *(repr(row[name]) for name in groups if name not in _FAN_OUT))
        ranked.setdefault(key, []).append(row)
    is_by_time = order_by == "time" and width is not None
    measure = orders[0] if order_by == "time" else order_by
    units = sorted(ranked.items())
    units.sort(key=lambda item: sum(row[measure] for row in item[1]), reverse=is_by_time or order == "desc")
    if is_by_time:
        units.sort(key=lambda item: item[0][0], reverse=order == "desc")
    at = _position(bound, 0)
    shown = units[at : at + limit]
    next_page = paging.cursor(bound, at + limit) if at + limit < len(units) else None
    data = [told(row, groups, start, end, width) for _, unit in shown for row in unit]
    refreshed = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    more = {"has_more": next_page is not None, "next_page": next_page}
    return wire.answer({"data": data, **more, "data_refreshed_at": refreshed})


def _analytics_range(world: World, report: Report) -> tuple[int, int, str | None]:
    width = request.args.get("time_bucket_width")
    if width not in (None, *WIDTHS) or (report is ANALYTICS_COST and width in ("1h", "1m")):
        raise ApiError("time_bucket_width: should be 1m, 1h or 1d (here costs have days only)")
    start, end, now = _moment("starting_at"), _moment("ending_at"), seconds(world.now)
    if start is None:
        raise ApiError("starting_at: field required")
    if start < max(seconds(ANALYTICS_SINCE), now - ANALYTICS_PAST_DAYS * 86400):
        raise ApiError("starting_at: should be within the last 365 days and not before 2026-01-01")
    if end is None and width is not None:
        raise ApiError("ending_at: required with time_bucket_width")
    end = min(now, start + ANALYTICS_DAYS * 86400) if end is None else end
    most = ANALYTICS_MINUTE_DAYS if width == "1m" else ANALYTICS_DAYS
    if not 0 < end - start <= most * 86400:
        raise ApiError(f"ending_at: the range should span from 0 to {most} days")
    size = WIDTHS[width or "1h"]
    return start // size * size, -(-end // size) * size, width


def _analytics_groups(report: Report) -> list[str]:
    groups = sorted(set(request.args.getlist("group_by[]")))
    known = {*report.dimensions, "actor", "organization_id", *_NEVER}
    for value in groups:
        if value not in known:
            raise ApiError(f"group_by: '{value}' should be one of {', '.join(sorted(known))}")
    if len(set(groups) - set(_FAN_OUT)) > MOST_GROUPS:
        raise ApiError(f"group_by: at most {MOST_GROUPS} values, not counting cost_type and token_type")
    return groups


def _analytics_rows(
    world: World, report: Report, start: int, end: int, width: str | None, groups: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a row per bucket (or one for the range) and group; RBAC groups overlap."""
    size = WIDTHS[width or "1d"]
    asked = [name for name in groups if name in report.dimensions]
    who = {"actor": ("user_id", "service_account_id", "api_key_id")}.get(
        "actor" if "actor" in groups else "", ()
    )
    plain = {name: name for name in who}
    default = _company()["default_workspace"]
    dimensions = {n: sql.replace("{default_workspace}", default) for n, sql in report.dimensions.items()}
    table = report.table
    if "rbac_group_id" in groups:
        table = f"({_WITH_GROUPS.format(table=table, pairs=_rbac_pairs())})"
    one = Report(table, report.measures, {**dimensions, **{f"who_{n}": n for n in plain}}, {}, report.where)
    query = Query(start, end, "1d", 1, [*asked, *(f"who_{name}" for name in plain)], {})
    found: dict[str, dict[str, Any]] = {}
    clock = "billed" if report is ANALYTICS_COST else "usage"
    for bucket, rows in one.read(world, query, range(start, end, size), clock).items():
        for row in rows:
            at = start if width is None else bucket
            key = repr((at, *(row[name] for name in query.group_by)))
            if key not in found:
                found[key] = {**dict.fromkeys(groups), **row, "at": at}
            else:
                for measure in report.measures:
                    found[key][measure] += row[measure]
    for row in found.values():
        row["actor"] = _actor(row) if "actor" in groups else None
        row["organization_id"] = _company()["organization"] if "organization_id" in groups else None
        if report is ANALYTICS_COST:
            row["list_amount"] = row["amount"] / DISCOUNTED
            row["list_amount"] = row["list_amount"].quantize(Decimal("1e-12"))
        else:
            row["total_tokens"] = sum(int(row[n]) for n in USAGE.measures if n != "web_search_requests")
    return list(found.values())


# A person is in the group of the team and in that of everybody.
_WITH_GROUPS = """
    select told.*, pairs.rbac_group_id
    from {table} as told
    left join (values {pairs}) as pairs(member, rbac_group_id)
        on told.user_id = pairs.member
"""


def _rbac_pairs() -> str:
    pairs = [
        (_user_id(name), group)
        for name, person in _people().items()
        for group in (f"rbac_group_{person['team']}", "rbac_group_everybody")
    ]
    return ", ".join(f"('{member}', '{group}')" for member, group in pairs)


def _actor(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["who_user_id"]:
        person = next((p for name, p in _people().items() if _user_id(name) == row["who_user_id"]), {})
        named = {"email_address": person.get("email"), "name": person.get("name"), "deleted": False}
        return {"type": "user_actor", "user_id": row["who_user_id"], **named}
    if row["who_service_account_id"]:
        return {"type": "service_account_actor", "service_account_id": row["who_service_account_id"]}
    return {"type": "api_actor", "api_key_id": row["who_api_key_id"]} if row["who_api_key_id"] else None


def _analytics_item(
    row: Mapping[str, Any],
    names: Iterable[str],
    groups: Sequence[str],
    start: int,
    end: int,
    width: str | None,
) -> dict[str, Any]:
    at = row["at"]
    until = end if width is None else at + WIDTHS[width]
    group = {name: row.get(name) if name in groups else None for name in sorted(names)}
    return {"starting_at": _stamp(at), "ending_at": _stamp(until), "group": group}


def _analytics_cost(row: dict, groups: Sequence[str], start: int, end: int, width: str | None) -> dict:
    names = {*ANALYTICS_COST.dimensions, "actor", "organization_id", *_NEVER}
    cost = {
        "amount": wire.plain(row["amount"] * 100),
        "list_amount": wire.plain(row["list_amount"] * 100),
        "currency": "USD",
        # A count of requests has no part in a kind of cost; here it has none at all.
        "requests": None,
    }
    return {**_analytics_item(row, names, groups, start, end, width), "cost": cost}


def _analytics_usage(row: dict, groups: Sequence[str], start: int, end: int, width: str | None) -> dict:
    names = {*ANALYTICS_USAGE.dimensions, "actor", "organization_id", *_NEVER}
    counts = _usage_result(row | dict.fromkeys(USAGE.dimensions), None)
    used = {name: counts[name] for name in counts if name not in USAGE.dimensions}
    used |= {"total_tokens": row["total_tokens"], "requests": int(row["requests"])}
    return {**_analytics_item(row, names, groups, start, end, width), "usage": used}


# Claude Code --------------------------------------------------------------------------------------

# What a session leaves behind, in calls or tokens of output that one of it takes.
TOKENS_A_LINE = 60
CALLS_A_COMMIT = 5
CALLS_A_PULL_REQUEST = 18
_TOOLS = {"edit_tool": 1, "multi_edit_tool": 4, "notebook_edit_tool": 30, "write_tool": 6}


def _claude_code(world: World) -> Response:
    _known({"starting_at", "limit", "page"})
    text = request.args.get("starting_at", "")
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ApiError("starting_at: should be a UTC date, YYYY-MM-DD") from None
    limit = _limit(*LIST_LIMITS)
    bound = (request.path, text, limit)
    rows = _claude_code_rows(world, day)
    start = _position(bound, 0)
    end = start + limit
    next_page = paging.cursor(bound, end) if end < len(rows) else None
    return wire.answer({"data": rows[start:end], "has_more": next_page is not None, "next_page": next_page})


def _claude_code_rows(world: World, day: date) -> list[dict[str, Any]]:
    """Return a row per actor; the cost is an estimate at list price, subscriptions included."""
    activity = world.query(
        """
        select surface, user_id, api_key_id, count(*), count(distinct session_id), sum(output)
        from usage
        where provider = 'anthropic' and surface in ('claude_code', 'subscription') and day = ?
        group by all
        order by all nulls last
        """,
        [day],
    )
    models = world.query(
        """
        select surface, user_id, api_key_id, model, sum(cost),
            coalesce(sum(quantity) filter (meter = 'uncached_input'), 0),
            coalesce(sum(quantity) filter (meter = 'output'), 0),
            coalesce(sum(quantity) filter (meter = 'cache_read'), 0),
            coalesce(sum(quantity) filter (meter in ('cache_write_5m', 'cache_write_1h')), 0)
        from priced
        where provider = 'anthropic' and surface in ('claude_code', 'subscription') and day = ?
        group by all
        order by all nulls last
        """,
        [day],
    )
    breakdown: dict[tuple, list[dict[str, Any]]] = {}
    for surface, user, key, model, cost, *tokens in models:
        names = ("input", "output", "cache_read", "cache_creation")
        breakdown.setdefault((surface, user, key), []).append(
            {
                "model": model,
                "tokens": {n: int(t) for n, t in zip(names, tokens, strict=True)},
                "estimated_cost": {"amount": _estimate(cost), "currency": "USD"},
            }
        )
    return [
        _claude_code_row(day, who, counts, breakdown[tuple(who)])
        for *who, calls, sessions, output in activity
        for counts in [(int(calls), int(sessions), int(output))]
    ]


def _claude_code_row(
    day: date, who: Sequence[str | None], counts: tuple[int, int, int], models: list[dict]
) -> dict[str, Any]:
    surface, user, key = who
    calls, sessions, output = counts
    person = next((p for name, p in _people().items() if _user_id(name) == user), None)
    if person:
        actor = {"type": "user_actor", "email_address": person["email"]}
    else:
        actor = {"type": "api_actor", "api_key_name": _company()["keys"][key]["name"]}
    is_subscribed = surface == "subscription"
    added = output // TOKENS_A_LINE
    return {
        "date": f"{day}T00:00:00Z",
        "actor": actor,
        "organization_id": _company()["organization"],
        "customer_type": "subscription" if is_subscribed else "api",
        "subscription_type": "team" if is_subscribed else None,
        "terminal_type": person["terminal"] if person else "non-interactive",
        "is_remote": person is None,
        "core_metrics": {
            "num_sessions": sessions,
            "lines_of_code": {"added": added, "removed": added * 2 // 5},
            "commits_by_claude_code": calls // CALLS_A_COMMIT,
            "pull_requests_by_claude_code": calls // CALLS_A_PULL_REQUEST,
        },
        "tool_actions": {
            tool: {"accepted": calls // every, "rejected": calls // (every * 8)}
            for tool, every in _TOOLS.items()
        },
        "model_breakdown": models,
    }


def _estimate(cost: Decimal) -> int | Decimal:
    """Return cents as a number, cut to hundredths as an estimate may be."""
    cents = round(cost * 100, 2)
    return int(cents) if cents == int(cents) else cents


# Names behind the ids -----------------------------------------------------------------------------


def _company() -> dict[str, Any]:
    return facts.read("company.yml")["anthropic"]


def _people() -> dict[str, Any]:
    return facts.read("company.yml")["people"]


def _user_id(name: str) -> str:
    return facts.read("traffic/anthropic.yml")["user_id"].format(name)


def _born(number: int) -> str:
    return _stamp(seconds(FOUNDED + number * EVERY))


def _workspaces() -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "type": "workspace",
            "name": workspace["name"],
            "created_at": _born(number),
            "archived_at": None,
            "display_color": f"#{number + 1:02}5B9A",
            "data_residency": {
                "workspace_geo": "us",
                "allowed_inference_geos": "unrestricted",
                "default_inference_geo": "global",
            },
            "tags": {},
            "external_key_id": None,
        }
        for number, (name, workspace) in enumerate(_company()["workspaces"].items())
    ]


def _keys() -> list[dict[str, Any]]:
    creator = _user_id(next(iter(_people())))
    rows = []
    for number, (name, key) in enumerate(_company()["keys"].items()):
        account = key.get("service_account")
        principal = {"type": "service_account", "id": account} if account else {"type": "user", "id": creator}
        rows.append(
            {
                "id": name,
                "type": "api_key",
                "name": key["name"],
                "status": "active",
                "workspace_id": key["workspace"],
                "created_at": _born(number),
                "created_by": {"id": creator, "type": "user"},
                "principal": principal,
                "expires_at": None,
                "partial_key_hint": f"sk-ant-api03-...{name[-4:]}",
            }
        )
    return rows


def _users() -> list[dict[str, Any]]:
    return [
        {
            "id": _user_id(name),
            "type": "user",
            "name": person["name"],
            "email": person["email"],
            "role": "admin" if number == 0 else "developer",
            "added_at": _born(number),
        }
        for number, (name, person) in enumerate(_people().items())
    ]


def _list(rows: list[dict[str, Any]]) -> Response:
    """Answer with one page of a list, after or before the id that the client names."""
    limit = _limit(*LIST_LIMITS)
    if "after_id" in request.args and "before_id" in request.args:
        raise ApiError("after_id and before_id: only one is permitted")
    start, end = 0, limit
    ids = [row["id"] for row in rows]
    for name in ("after_id", "before_id"):
        anchor = request.args.get(name)
        if anchor is not None and anchor not in ids:
            raise ApiError(f"{name}: no such object")
        if anchor is not None and name == "after_id":
            start = ids.index(anchor) + 1
            end = start + limit
        elif anchor is not None:
            end = ids.index(anchor)
            start = max(end - limit, 0)
    shown = rows[start:end]
    has_more = start > 0 if "before_id" in request.args else end < len(rows)
    return wire.answer(
        {
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": has_more,
        }
    )
