"""Cursor's Admin API for teams: members, daily usage, spend of the cycle, usage events.

Amounts     in cents, fractions of them included, as numbers; limits in whole dollars.
Times       epoch milliseconds: numbers in requests, text on events. A window holds 30 days at most.
Seats       are in none of these endpoints; who is listed for a day had one.
Included    usage carries an amount as well, with isChargeable false; so do events that failed, with 0.
Errors      {"error", "message"}.
Left out    billing groups, the Analytics API, the endpoints that change something.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(
    rows=("usageEvents", "teamMemberSpend", "data", "teamMembers"),
    more="pagination.hasNextPage",
    next=(),
    sent=("page",),
)
PREFIX = "/cursor"
SUMMARY = "Cursor members, daily usage, spend and usage events"

LONGEST_WINDOW = timedelta(days=30)
# (default, largest) page
EVENT_PAGES, USER_PAGES = (10, 1000), (100, 1000)

# How an amount comes about: cents a token on top of the model's price, which some models give a discount on.
FEE_CENTS = Decimal("0.000025")
DISCOUNTS = {"gpt-5.6-high": 20}
# What is paid by the request tells no tokens.
REQUEST_MODELS = {"composer-2.5": Decimal(4)}
# One call in so many fails first.
ERRORED_EVERY = 25
INCLUDED, USAGE_BASED, ERRORED = "Included in Business", "Usage-based", "Errored, Not Charged"

_WORDS = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    429: "Too many requests",
}


class ApiError(Exception):
    """A request that Cursor refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"error": _WORDS.get(status, "Internal error"), "message": message}


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know."""
    return {
        "SOURCES__CURSOR__BASE_URL": base_url,
        "SOURCES__CURSOR__API_KEY": _company()["api_key"],
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("cursor", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize()

    @routes.get("/teams/members")
    def members() -> Response:
        if request.args:
            raise ApiError(f"unknown parameter {next(iter(request.args))}")
        return wire.answer({"teamMembers": [_member(name, world) for name in _joined(world)]})

    @routes.post("/teams/daily-usage-data")
    def daily() -> Response:
        return _daily(world, _asked({"startDate", "endDate", "page", "pageSize"}))

    @routes.post("/teams/spend")
    def spend() -> Response:
        return _spend(world, _asked({"searchTerm", "sortBy", "sortDirection", "page", "pageSize"}))

    @routes.post("/teams/filtered-usage-events")
    def events() -> Response:
        return _events(world, _asked({"startDate", "endDate", "userId", "email", "page", "pageSize"}))

    return routes


def _authorize() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        key, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError:
        key, password = "", ""
    if scheme != "Basic" or not key:
        raise ApiError("Basic authentication is required: the key as user name", 401)
    if key.startswith("key_member"):
        raise ApiError("This key may not use the Admin API", 403)
    if key != _company()["api_key"] or password:
        raise ApiError("Invalid API key", 401)


# From a request to a query ------------------------------------------------------------------------


def _asked(known: set[str]) -> dict[str, Any]:
    body = wire.loads(request.get_data(as_text=True) or "{}")
    if not isinstance(body, dict):
        raise ApiError("the body must be a JSON object")
    for name in body:
        if name not in known:
            raise ApiError(f"unknown field {name}")
    return body


def _window(body: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The window as times without zone, the second not included."""
    found = []
    for name in ("startDate", "endDate"):
        value = body.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ApiError(f"{name} must be epoch milliseconds")
        found.append(datetime.fromtimestamp(value / 1000, UTC).replace(tzinfo=None))
    start, end = found
    if end <= start:
        raise ApiError("endDate must be after startDate")
    if end - start > LONGEST_WINDOW:
        raise ApiError("Date range cannot exceed 30 days")
    return start, end


def _paging(body: Mapping[str, Any], default: int, largest: int) -> tuple[int, int]:
    page, size = body.get("page", 1), body.get("pageSize", default)
    for name, value, most in (("page", page, 10**6), ("pageSize", size, largest)):
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ApiError(f"{name} must be from 1 to {most}")
    return page, size


def _cut(rows: list[Any], page: int, size: int) -> tuple[list[Any], int]:
    """One page, and how many there are."""
    return rows[(page - 1) * size : page * size], max(-(-len(rows) // size), 1)


def _milliseconds(moment: datetime) -> int:
    return (moment.replace(tzinfo=UTC) - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


# Usage events -------------------------------------------------------------------------------------


def _events(world: World, body: Mapping[str, Any]) -> Response:
    start, end = _window(body)
    page, size = _paging(body, *EVENT_PAGES)
    email, user = body.get("email"), body.get("userId")
    found = [
        event
        for event in events_of(world, start, end)
        if email in (None, event.get("userEmail")) and user in (None, _id_of(event.get("userEmail")))
    ]
    shown, pages = _cut(found, page, size)
    return wire.answer(
        {
            "totalUsageEventsCount": len(found),
            "pagination": {
                "numPages": pages,
                "currentPage": page,
                "pageSize": size,
                "hasNextPage": page < pages,
                "hasPreviousPage": page > 1,
            },
            "usageEvents": shown,
            "period": {"startDate": body["startDate"], "endDate": body["endDate"]},
        }
    )


def events_of(world: World, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """What the API tells of the window, newest first; a test may tell it otherwise, the cycle's sum stays."""
    return _happened(world, start, end)


def _happened(world: World, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Every event of the window: the calls at what the bill makes of them, and those that failed first."""
    rows = world.query(_EVENTS, [start, end])
    found = []
    for called_at, number, user, account, model, surface, session, *numbers in rows:
        tokens = dict(zip(_TOKENS, map(int, numbers[:-1]), strict=True))
        about = {
            "timestamp": str(_milliseconds(called_at)),
            "model": model,
            "maxMode": False,
            "isHeadless": account is not None,
            "conversationId": f"conv_{session}",
        }
        if account:
            about |= {"serviceAccountId": account, "serviceAccountName": _company()["keys"][account]["name"]}
        else:
            about |= {"userEmail": _people()[_name_of(user)]["email"]}
        found.append(about | _amounts(model, surface, tokens, numbers[-1]))
        if number % ERRORED_EVERY == 2:
            found.append(about | {"timestamp": str(_milliseconds(called_at) - 1)} | _errored(tokens))
    return found


_TOKENS = ("inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens")

_EVENTS = """
with priced_meters as (
    select model, valid_from, valid_to,
        coalesce(max(dollars) filter (meter = 'uncached_input'), 0) as uncached_input,
        coalesce(max(dollars) filter (meter = 'cache_read'), 0) as cache_read,
        coalesce(max(dollars) filter (meter = 'cache_write_5m'), 0) as cache_write_5m,
        coalesce(max(dollars) filter (meter = 'output'), 0) as output
    from prices
    where provider = 'cursor'
    group by all
)
select
    called_at, number, user_id, service_account_id, usage.model, surface, session_id,
    usage.uncached_input, usage.cache_read, usage.cache_write_5m, usage.output,
    100 * (
        (
            usage.uncached_input * priced_meters.uncached_input
            + usage.cache_read * priced_meters.cache_read
            + usage.cache_write_5m * priced_meters.cache_write_5m
            + usage.output * priced_meters.output
        )::decimal(30, 12) * case when surface = 'subscription' then 1 else coalesce(factor, 1) end
    )::decimal(36, 18) as cents
from usage
join priced_meters
    on usage.model = priced_meters.model
    and usage.day >= priced_meters.valid_from
    and usage.day < priced_meters.valid_to
left join restatements on restatements.provider = 'cursor' and restatements.day = usage.day
where usage.provider = 'cursor'
    and called_at >= ? and called_at < ?
    and not exists (
        from withdrawals
        where withdrawals.provider = 'cursor'
            and withdrawals.day = usage.day
            and usage.model = coalesce(withdrawals.line, usage.model)
    )
order by called_at desc, number desc
"""


def _amounts(model: str, surface: str, tokens: dict[str, int], cents: Decimal) -> dict[str, Any]:
    is_included = surface == "subscription"
    told: dict[str, Any] = {
        "kind": INCLUDED if is_included else USAGE_BASED,
        "isChargeable": not is_included,
        "isFreeBugbot": False,
        "isTokenBasedCall": model not in REQUEST_MODELS,
    }
    if model in REQUEST_MODELS:
        return told | {"requestsCosts": 1, "chargedCents": REQUEST_MODELS[model]}
    fee = sum(tokens.values()) * FEE_CENTS
    if fee > cents:  # a day that was restated to next to nothing
        fee = cents
    discount = DISCOUNTS.get(model)
    # a fifth off makes four fifths: five quarters of what is left is the whole, exactly
    before = (cents - fee) * (Decimal("1.25") if discount else 1)
    usage: dict[str, Any] = {**tokens, "totalCents": before}
    if discount:
        usage["discountPercentOff"] = discount
    return told | {
        "requestsCosts": round(cents / 4, 1),
        "tokenUsage": usage,
        "chargedCents": cents,
        "cursorTokenFee": fee,
    }


def _errored(tokens: dict[str, int]) -> dict[str, Any]:
    return {
        "kind": ERRORED,
        "isChargeable": False,
        "isFreeBugbot": False,
        "isTokenBasedCall": True,
        "requestsCosts": 0,
        "tokenUsage": {**tokens, "outputTokens": 0, "totalCents": 0},
        "chargedCents": 0,
    }


# Days and cycles ----------------------------------------------------------------------------------


def _daily(world: World, body: Mapping[str, Any]) -> Response:
    start, end = _window(body)
    counts = {
        (day, _name_of(user)): (int(included), int(billed), model)
        for day, user, included, billed, model in world.query(
            """
            select day, user_id, count(*) filter (surface = 'subscription'),
                count(*) filter (surface <> 'subscription'), mode(model)
            from usage
            where provider = 'cursor' and user_id is not null and called_at >= ? and called_at < ?
            group by all
            """,
            [start, end],
        )
    }
    # Without a page the API tells of active users only.
    everyone = "page" in body or "pageSize" in body
    found = []
    day = start.date()
    while _midnight(day) < end and day <= world.last:
        for name in _members():
            if has_seat(name, day) and (everyone or (day, name) in counts):
                found.append(_user_day(name, day, counts.get((day, name))))
        day += timedelta(days=1)
    reply: dict[str, Any] = {"period": {"startDate": body["startDate"], "endDate": body["endDate"]}}
    if everyone:
        page, size = _paging(body, *USER_PAGES)
        shown, pages = _cut(found, page, size)
        reply["pagination"] = {
            "page": page,
            "pageSize": size,
            "totalUsers": len(found),
            "totalPages": pages,
            "hasNextPage": page < pages,
            "hasPreviousPage": page > 1,
        }
        return wire.answer({"data": shown} | reply)
    return wire.answer({"data": found} | reply)


def _user_day(name: str, day: date, used: tuple[int, int, str] | None) -> dict[str, Any]:
    included, billed, model = used or (0, 0, "")
    return {
        "userId": _members()[name]["id"],
        "day": str(day),
        "date": _milliseconds(_midnight(day)),
        "email": _people()[name]["email"],
        "isActive": used is not None,
        "totalLinesAdded": (included + billed) * 23,
        "totalLinesDeleted": (included + billed) * 7,
        "acceptedLinesAdded": (included + billed) * 11,
        "totalAccepts": included + billed,
        "agentRequests": included + billed,
        "subscriptionIncludedReqs": included,
        "usageBasedReqs": billed,
        "mostUsedModel": model or None,
        "clientVersion": "2.4.1" if used else None,
    }


def _spend(world: World, body: Mapping[str, Any]) -> Response:
    page, size = _paging(body, *USER_PAGES)
    cycle = world.last.replace(day=1)
    totals: dict[str | None, list[Any]] = {}
    for event in _happened(world, _midnight(cycle), world.now):
        sums = totals.setdefault(event.get("userEmail"), [Decimal(), Decimal(), 0])
        sums[0] += event["chargedCents"] if event["isChargeable"] else 0
        sums[1] += event["chargedCents"]
        sums[2] += event["requestsCosts"] if not event["isTokenBasedCall"] else 0
    rows = []
    for name, member in _members().items():
        on_demand, overall, requests = totals.get(_people()[name]["email"], [Decimal(), Decimal(), 0])
        if has_seat(name, world.last) or overall:
            rows.append(
                {
                    "userId": member["id"],
                    "email": _people()[name]["email"],
                    "name": _people()[name]["name"],
                    "role": member["role"],
                    "spendCents": on_demand,
                    "overallSpendCents": overall,
                    "includedSpendCents": overall - on_demand,
                    "fastPremiumRequests": requests,
                    "hardLimitOverrideDollars": 0,
                    "monthlyLimitDollars": 200,
                }
            )
    shown, pages = _cut(rows, page, size)
    return wire.answer(
        {
            "teamMemberSpend": shown,
            "subscriptionCycleStart": _milliseconds(_midnight(cycle)),
            "totalMembers": len(rows),
            "totalPages": pages,
        }
    )


# People -------------------------------------------------------------------------------------------


def _company() -> dict[str, Any]:
    return facts.read("company.yml")["cursor"]


def _members() -> dict[str, Any]:
    return _company()["members"]


def _joined(world: World) -> list[str]:
    return [name for name, member in _members().items() if member["since"] <= world.last]


def _people() -> dict[str, Any]:
    return facts.read("company.yml")["people"]


def _name_of(user_id: str) -> str:
    return user_id.removeprefix("cursor_")


def _id_of(email: str | None) -> int | None:
    return next((m["id"] for name, m in _members().items() if _people()[name]["email"] == email), None)


def has_seat(name: str, day: date) -> bool:
    """Whether somebody was a member on a day; the day of leaving no longer counts."""
    member = _members()[name]
    return member["since"] <= day < member.get("removed", date.max)


def _member(name: str, world: World) -> dict[str, Any]:
    member = _members()[name]
    return {
        "id": member["id"],
        "email": _people()[name]["email"],
        "name": _people()[name]["name"],
        "role": member["role"],
        "isRemoved": member.get("removed", date.max) <= world.last,
    }
