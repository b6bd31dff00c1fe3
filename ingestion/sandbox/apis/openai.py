"""OpenAI's organization API: costs, usage and the names behind the ids.

Answers     as the contract in docs/sandbox.md says; what it does not say is a 400, never ignored.
Amounts     in dollars, every digit, every other one as a string, as real replies have it.
Times       unix seconds; a bucket that `end_time` cuts is returned whole.
Errors      {"error": {"message", "type", "param", "code"}} with 400, 401, 403 or 404.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, paging, wire
from ingestion.sandbox.reports import USAGE_LIMITS, WIDTHS, Query, Report, seconds
from ingestion.sandbox.world import World

PREFIX = "/openai/v1"
SUMMARY = "OpenAI organization costs, usage, projects, users, keys and spend limits"

COST_LIMITS = {"1d": (7, 180)}
LIST_LIMITS = (20, 100)

# Dates of the invented organization: one thing was made every so many days.
FOUNDED = datetime(2024, 11, 4, 9)
EVERY = timedelta(days=23)


class ApiError(Exception):
    """A request that OpenAI refuses."""

    def __init__(self, message: str, param: str | None = None, status: int = 400, code: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = _body(message, param, code, status)


def _body(message: str, param: str | None, code: str | None, status: int) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    kind = "rate_limit_error" if status == 429 else kind
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return _body(message, None, "rate_limit_exceeded" if status == 429 else None, status)


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know."""
    return {
        "SOURCES__OPENAI__BASE_URL": base_url,
        "SOURCES__OPENAI__API_KEY": _company()["admin_key"],
    }


# Reports ------------------------------------------------------------------------------------------

_CALLER = {
    "project_id": "sub_account_id",
    "user_id": "user_id",
    "api_key_id": "api_key_id",
}
_CALLER_FILTERS = {
    "project_ids": "sub_account_id",
    "user_ids": "user_id",
    "api_key_ids": "api_key_id",
}
_MODEL = {"model": "model"}
_MODEL_FILTER = {"models": "model"}
_IS_BATCH = "service_tier = 'batch'"
_TIER = "case when service_tier in ('standard', 'batch') then 'default' else service_tier end"
# What ran through the Agents API; the rest is not labelled, whatever it was.
_SOURCE = {"api_source": "case when api_key_id = 'key_incident_prod' then 'agents_api' else 'unlabeled' end"}
_REQUESTS = {"num_model_requests": "count(*)"}


@dataclass(frozen=True)
class Endpoint:
    """One report endpoint: the name of its results, and what it reads."""

    result: str
    report: Report


def _usage(result: str, where: str, measures: Mapping[str, str], *groups: Mapping[str, str]) -> Endpoint:
    """Declare a usage endpoint; `groups` are its dimensions, then its filters."""
    dimensions, filters = groups
    return Endpoint(
        f"organization.usage.{result}.result",
        Report("usage", measures, dimensions, filters, f"provider = 'openai' and {where}"),
    )


# Classes of the calls are disjoint; OpenAI's input counts all of them, cached and written included.
_COMPLETION_MEASURES = {
    "input_tokens": "sum(uncached_input + audio_input + cache_read + audio_cache_read + cache_write_30m)",
    "input_cached_tokens": "sum(cache_read + audio_cache_read)",
    "input_cache_write_tokens": "sum(cache_write_30m)",
    "input_cache_write_30m_tokens": "sum(cache_write_30m)",
    "input_cache_write_12h_tokens": "0",
    "input_uncached_tokens": "sum(uncached_input + audio_input)",
    "output_tokens": "sum(output + audio_output)",
    "input_text_tokens": "sum(uncached_input - image_input)",
    "output_text_tokens": "sum(output)",
    "input_cached_text_tokens": "sum(cache_read - image_cache_read)",
    "input_audio_tokens": "sum(audio_input)",
    "input_cached_audio_tokens": "sum(audio_cache_read)",
    "output_audio_tokens": "sum(audio_output)",
    "input_image_tokens": "sum(image_input)",
    "input_cached_image_tokens": "sum(image_cache_read)",
    "output_image_tokens": "0",
    **_REQUESTS,
}

USAGE = {
    "completions": _usage(
        "completions",
        "endpoint = 'completions'",
        _COMPLETION_MEASURES,
        # Batch is a flag of its own; the tier of a batched call is the default one.
        _CALLER | _MODEL | _SOURCE | {
            "batch": _IS_BATCH,
            "service_tier": _TIER,
        },
        _CALLER_FILTERS | _MODEL_FILTER | {"batch": f"({_IS_BATCH})::varchar"},
    ),
    "decisions": _usage(
        "decisions",
        "endpoint = 'decisions'",
        _COMPLETION_MEASURES,
        _CALLER | _MODEL | _SOURCE | {
            "batch": _IS_BATCH,
            "service_tier": _TIER,
        },
        _CALLER_FILTERS | _MODEL_FILTER | {"batch": f"({_IS_BATCH})::varchar"},
    ),
    **{
        name: _usage(name, f"endpoint = '{name}'", {measure: sql} | _REQUESTS,
                     _CALLER | _MODEL, _CALLER_FILTERS | _MODEL_FILTER)
        for name, measure, sql in (
            ("embeddings", "input_tokens", "sum(uncached_input)"),
            ("moderations", "input_tokens", "sum(uncached_input)"),
            ("audio_speeches", "characters", "sum(characters)"),
            ("audio_transcriptions", "seconds", "sum(seconds)"),
        )
    },
    "images": _usage(
        "images",
        "endpoint = 'images'",
        {"images": "sum(images)"} | _REQUESTS,
        _CALLER | _MODEL | {"size": "image_size", "source": "image_source"},
        _CALLER_FILTERS | _MODEL_FILTER | {"sizes": "image_size", "sources": "image_source"},
    ),
    "vector_stores": _usage(
        "vector_stores",
        "endpoint = 'vector_stores'",
        {"usage_bytes": "sum(store_mebibytes) * 1048576"},
        {"project_id": "sub_account_id"},
        {"project_ids": "sub_account_id"},
    ),
    "code_interpreter_sessions": _usage(
        "code_interpreter_sessions",
        "code_interpreter_sessions > 0",
        {"num_sessions": "sum(code_interpreter_sessions)"},
        {"project_id": "sub_account_id"},
        {"project_ids": "sub_account_id"},
    ),
    "file_search_calls": _usage(
        "file_searches",
        "file_searches > 0",
        {"num_requests": "sum(file_searches)"},
        _CALLER | {"vector_store_id": "store_id"},
        _CALLER_FILTERS | {"vector_store_ids": "store_id"},
    ),
    "web_search_calls": _usage(
        "web_searches",
        "web_searches > 0",
        {"num_requests": "sum(web_searches)"} | _REQUESTS,
        _CALLER | _MODEL | _SOURCE | {"context_level": "context_level"},
        _CALLER_FILTERS | _MODEL_FILTER | {"context_levels": "context_level"},
    ),
}  # fmt: skip

COSTS = Endpoint(
    "organization.costs.result",
    Report(
        "billed",
        {
            "cost": "sum(cost)",
            "quantity": "sum(billed_quantity)",
            "quantity_unit": "min(unit)",
            "units": "count(distinct coalesce(unit, ''))",
        },
        {"line_item": "line", **_CALLER, **_SOURCE},
        {"line_items": "line", "project_ids": "sub_account_id", "api_key_ids": "api_key_id"},
        "provider = 'openai' and line is not null",
    ),
)

# Values that a filter may have, where the contract lists them.
_ALLOWED = {
    "batch": ("true", "false"),
    "sizes": ("256x256", "512x512", "1024x1024", "1792x1792", "1024x1792"),
    "sources": ("image.generation", "image.edit", "image.variation"),
    "context_levels": ("low", "medium", "high"),
}


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("openai", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize(request.headers.get("Authorization", ""))

    @routes.get("/organization/costs")
    def costs() -> Response:
        query = _query(COSTS.report, COST_LIMITS, world)
        # Trap of the real API: it depends on the organization and the range; here it never works.
        if "user_id" in query.group_by and ("project_id" in query.group_by or "project_ids" in query.filters):
            raise ApiError("user_id cannot be combined with project_id", "group_by")
        return _report(world, COSTS, query, _cost_result)

    @routes.get("/organization/usage/<name>")
    def usage(name: str) -> Response:
        if name not in USAGE:
            raise ApiError(f"Invalid URL (GET {request.path})", status=404)
        endpoint = USAGE[name]
        return _report(world, endpoint, _query(endpoint.report, USAGE_LIMITS, world), _usage_result)

    @routes.get("/organization/projects")
    def projects() -> Response:
        _known({"limit", "after", "include_archived"})
        return _list(_projects(archived=_flag("include_archived")))

    @routes.get("/organization/users")
    def users() -> Response:
        _known({"limit", "after", "emails"})
        wanted = _values("emails")
        return _list([u for u in _users() if not wanted or u["email"] in wanted])

    @routes.get("/organization/spend_limit")
    def spend_limit() -> Response:
        _known(())
        return _spend_limit(_company().get("spend_limit_cents"), "organization.spend_limit")

    @routes.get("/organization/projects/<project>/spend_limit")
    def project_spend_limit(project: str) -> Response:
        _known(())
        limit = _company()["projects"].get(project, {}).get("spend_limit_cents")
        return _spend_limit(limit, "project.spend_limit")

    @routes.get("/organization/projects/<project>/api_keys")
    def api_keys(project: str) -> Response:
        _known({"limit", "after", "owner_project_access"})
        if project not in _company()["projects"]:
            raise ApiError(f"No such project: {project}", status=404)
        access = request.args.get("owner_project_access", "any")
        if access not in ("active", "inactive", "any"):
            raise ApiError("owner_project_access is active, inactive or any", "owner_project_access")
        keys = _keys(world, project)
        return _list([k for k in keys if access in ("any", k["owner_project_access"])])

    return routes


def _authorize(header: str) -> None:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError("You didn't provide an API key.", status=401)
    if token.startswith(("sk-proj-", "sk-svcacct-")):
        message = "You have insufficient permissions for this operation: an admin key is needed."
        raise ApiError(message, status=403)
    if token != _company()["admin_key"]:
        raise ApiError("Incorrect API key provided.", status=401, code="invalid_api_key")


# From a request to a query ------------------------------------------------------------------------


def _query(report: Report, limits: Mapping[str, tuple[int, int]], world: World) -> Query:
    _known({"start_time", "end_time", "bucket_width", "limit", "page", "group_by", *report.filters})
    width = request.args.get("bucket_width", "1d")
    if width not in limits:
        raise ApiError(f"bucket_width must be one of {', '.join(limits)}", "bucket_width")
    start = _number("start_time")
    if start is None:
        raise ApiError("Missing required parameter: 'start_time'.", "start_time")
    end = _number("end_time")
    end = seconds(world.now) if end is None else end
    if end <= start:
        raise ApiError("end_time must be after start_time", "end_time")
    default, largest = limits[width]
    group_by = _values("group_by")
    for value in group_by:
        if value not in report.dimensions:
            raise ApiError(f"Invalid value: '{value}'. Supported: {list(report.dimensions)}", "group_by")
    size = WIDTHS[width]
    return Query(
        start=start // size * size,
        end=-(-end // size) * size,
        width=width,
        limit=_limit(default, largest),
        group_by=sorted(set(group_by)),
        filters={name: _filter(name) for name in report.filters if _values(name)},
    )


def _known(names: Iterable[str]) -> None:
    for name in request.args:
        if name.removesuffix("[]") not in names:
            raise ApiError(f"Unknown parameter: '{name}'.", name)


def _values(name: str) -> list[str]:
    """Read an array parameter: repeated keys and brackets are both in use."""
    return [*request.args.getlist(name), *request.args.getlist(f"{name}[]")]


def _filter(name: str) -> list[str]:
    values = _values(name)
    for value in values:
        if value not in _ALLOWED.get(name, values):
            raise ApiError(f"Invalid value: '{value}' for {name}.", name)
    return sorted(set(values))


def _number(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise ApiError(f"Invalid type for '{name}': expected an integer.", name)
    return int(text)


def _limit(default: int, largest: int) -> int:
    limit = _number("limit")
    limit = default if limit is None else limit
    if not 1 <= limit <= largest:
        raise ApiError(f"Invalid 'limit': expected 1 to {largest}, got {limit}.", "limit")
    return limit


def _flag(name: str) -> bool:
    value = request.args.get(name, "false")
    if value not in ("true", "false"):
        raise ApiError(f"Invalid type for '{name}': expected a boolean.", name)
    return value == "true"


# From a query to a reply --------------------------------------------------------------------------


def _report(
    world: World, endpoint: Endpoint, query: Query, result: Callable[[dict, Query, int], dict]
) -> Response:
    bound = (request.path, vars(query))
    start = query.start
    if "page" in request.args:
        try:
            start = paging.position(bound, request.args["page"])
        except paging.BadCursorError as error:
            raise ApiError(f"Invalid 'page': {error}", "page") from error
    buckets, following = query.page(start)
    rows = endpoint.report.read(world, query, buckets)
    data = [
        {
            "object": "bucket",
            "start_time": at,
            "end_time": at + buckets.step,
            "results": [
                {"object": endpoint.result, **result(row, query, number)}
                for number, row in enumerate(rows.get(at, []))
            ],
        }
        for at in buckets
    ]
    next_page = None if following is None else paging.cursor(bound, following)
    return wire.answer(
        {"object": "page", "data": data, "has_more": next_page is not None, "next_page": next_page}
    )


def _usage_result(row: dict[str, Any], query: Query, number: int) -> dict[str, Any]:
    dimensions = {name: value for name, value in row.items() if name not in _MEASURES}
    return {name: int(value) for name, value in row.items() if name in _MEASURES} | dimensions


_MEASURES = {measure for endpoint in USAGE.values() for measure in endpoint.report.measures}


def _cost_result(row: dict[str, Any], query: Query, number: int) -> dict[str, Any]:
    amount = row["cost"]
    is_one_unit = "line_item" in query.group_by and row["units"] == 1
    return {
        # Documented as a number; real replies send strings too.
        "amount": {"value": wire.plain(amount) if number % 2 else amount, "currency": "usd"},
        "line_item": row["line_item"],
        "project_id": row["project_id"],
        "api_key_id": row["api_key_id"],
        "user_id": row["user_id"],
        "api_source": row["api_source"],
        "quantity": _short(row["quantity"]) if is_one_unit else None,
        "quantity_unit": row["quantity_unit"] if is_one_unit else None,
    }


def _short(number: Decimal) -> int | Decimal:
    return int(number) if number == int(number) else number


# Names behind the ids -----------------------------------------------------------------------------


def _company() -> dict[str, Any]:
    return facts.read("company.yml")["openai"]


def _user_id(name: str) -> str:
    return facts.read("traffic/openai.yml")["user_id"].format(name)


def _born(number: int) -> int:
    return seconds(FOUNDED + number * EVERY)


def _projects(*, archived: bool) -> list[dict[str, Any]]:
    rows = []
    for number, (name, project) in enumerate(_company()["projects"].items()):
        gone = project.get("archived_at")
        rows.append(
            {
                "id": name,
                "object": "organization.project",
                "name": project["name"],
                "created_at": _born(number),
                "archived_at": gone and seconds(datetime.combine(gone, datetime.min.time())),
                "status": "archived" if gone else "active",
                "external_key_id": None,
                "residency": "GLOBAL",
            }
        )
    return [row for row in rows if archived or row["status"] == "active"]


def _users() -> list[dict[str, Any]]:
    people = facts.read("company.yml")["people"]
    rows = [
        {
            "object": "organization.user",
            "id": _user_id(name),
            "name": person["name"],
            "email": person["email"],
            "role": "owner" if number == 0 else "reader",
            "added_at": _born(number),
            "is_service_account": False,
        }
        for number, (name, person) in enumerate(people.items())
    ]
    rows += [
        {
            "object": "organization.user",
            "id": _user_id(name),
            "name": account["name"],
            "email": None,
            "role": "reader",
            "added_at": _born(number),
            "is_service_account": True,
        }
        for number, (name, account) in enumerate(_company()["service_accounts"].items())
    ]
    return rows


def _keys(world: World, project: str) -> list[dict[str, Any]]:
    used = dict(
        world.query(
            "select api_key_id, epoch_us(max(called_at)) // 1000000 from usage "
            "where provider = 'openai' group by api_key_id"
        )
    )
    gone = _company()["projects"][project].get("archived_at")
    return [
        {
            "object": "organization.project.api_key",
            "id": name,
            "name": key["name"],
            "redacted_value": f"sk-{'proj' if 'owner' in key else 'svcacct'}-...{name[-4:]}",
            "created_at": _born(number),
            "last_used_at": used.get(name),
            "expires_at": None,
            "owner_project_access": "inactive" if gone else "active",
            "owner": _owner(project, key),
        }
        for number, (name, key) in enumerate(_company()["keys"].items())
        if key["project"] == project
    ]


def _spend_limit(cents: int | None, kind: str) -> Response:
    if cents is None:
        raise ApiError("No spend limit is configured.", status=404)
    return wire.answer(
        {
            "object": kind,
            "threshold_amount": cents,
            "currency": "USD",
            "interval": "month",
            "enforcement": {"status": "inactive"},
        }
    )


def _owner(project: str, key: Mapping[str, Any]) -> dict[str, Any]:
    if "owner" in key:
        person = facts.read("company.yml")["people"][key["owner"]]
        user = {
            "id": _user_id(key["owner"]),
            "email": person["email"],
            "name": person["name"],
            "created_at": _born(0),
            "role": "member",
        }
        return {"type": "user", "user": user}
    for name, account in _company()["service_accounts"].items():
        if account["project"] == project:
            service_account = {
                "id": _user_id(name),
                "name": account["name"],
                "created_at": _born(1),
                "role": "member",
            }
            return {"type": "service_account", "service_account": service_account}
    raise ValueError(f"company.yml: nobody owns the keys of {project}")


def _list(rows: list[dict[str, Any]]) -> Response:
    """Answer with one page of a list: `after` is the id of the last row the client has."""
    limit = _limit(*LIST_LIMITS)
    ids = [row["id"] for row in rows]
    start = 0
    if "after" in request.args:
        if request.args["after"] not in ids:
            raise ApiError("Invalid 'after': no such object.", "after")
        start = ids.index(request.args["after"]) + 1
    shown = rows[start : start + limit]
    return wire.answer(
        {
            "object": "list",
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": start + limit < len(rows),
        }
    )
