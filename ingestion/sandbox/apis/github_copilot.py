"""GitHub Copilot: usage billing of an organization by day, SKU and model, and its seats.

Amounts     in dollars, as numbers: gross, what the plan includes as discount, and net. An AI credit costs a
            cent, but credits are a quantity, not money.
Eras        AI credits since June 2026; before, premium requests. Each endpoint knows its own era only.
Cost centre without being asked for it, the usage of a cost centre is left out.
Errors      {"message", "documentation_url", "status"}.
Left out    the general /usage, Copilot's engagement metrics, enterprises.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(rows=("usageItems", "seats"), more=None, next=(), sent=("page",))
PREFIX = "/github"
SUMMARY = "GitHub Copilot usage billing and seats"

VERSION = "2026-03-10"
CREDITS_SINCE = date(2026, 6, 1)
CREDIT_DOLLARS = Decimal("0.01")
PRODUCT, SKU, UNIT = "Copilot", "Copilot AI Credits", "ai-credits"
SEAT_PAGES = (50, 100)


class ApiError(Exception):
    """A request that GitHub refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    return {
        "SOURCES__GITHUB_COPILOT__BASE_URL": base_url,
        "SOURCES__GITHUB_COPILOT__API_KEY": _company()["token"],
        "SOURCES__GITHUB_COPILOT__ORGANIZATION": _company()["organization"],
        "SOURCES__GITHUB_COPILOT__COST_CENTERS": list(_company()["cost_centers"]),
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("github_copilot", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize()

    @routes.get("/organizations/<organization>/settings/billing/ai_credit/usage")
    def credits_used(organization: str) -> Response:
        return _usage(world, organization, is_credits=True)

    @routes.get("/organizations/<organization>/settings/billing/premium_request/usage")
    def premium_requests(organization: str) -> Response:
        return _usage(world, organization, is_credits=False)

    @routes.get("/orgs/<organization>/copilot/billing/seats")
    def seats(organization: str) -> Response:
        return _seats(world, organization)

    return routes


def _authorize() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise ApiError("Requires authentication", 401)
    if token.startswith("ghp_member"):
        raise ApiError("You must be an organization owner or billing manager", 403)
    if token != _company()["token"]:
        raise ApiError("Bad credentials", 401)
    if request.headers.get("X-GitHub-Api-Version") != VERSION:
        raise ApiError(f"X-GitHub-Api-Version: use {VERSION}")


def _known(names: set[str], organization: str) -> None:
    if organization != _company()["organization"]:
        raise ApiError("Not Found", 404)
    for name in request.args:
        if name not in names:
            raise ApiError(f"Invalid parameter: {name}", 422)


def _number(name: str, least: int, most: int, default: int | None = None) -> int | None:
    text = request.args.get(name)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,4}", text) or not least <= int(text) <= most:
        raise ApiError(f"Invalid {name}: from {least} to {most}", 422)
    return int(text)


# Usage --------------------------------------------------------------------------------------------


def _usage(world: World, organization: str, *, is_credits: bool) -> Response:
    _known({"year", "month", "day", "user", "model", "product", "cost_center"}, organization)
    year = _number("year", 2023, 9999, world.last.year)
    month, day = _number("month", 1, 12), _number("day", 1, 31)
    if day is not None and month is None:
        raise ApiError("day needs a month", 422)
    user, center = request.args.get("user"), request.args.get("cost_center")
    if center is not None and center not in _company()["cost_centers"]:
        raise ApiError("Cost center not found", 404)
    if user is not None and user not in {member["login"] for member in _members().values()}:
        raise ApiError("User not found", 404)
    period = {"year": year} | ({"month": month} if month else {}) | ({"day": day} if day else {})
    told = {"timePeriod": period, "organization": organization}
    for name in ("user", "model", "product"):
        if name in request.args:
            told[name] = request.args[name]
    if center:
        told["costCenter"] = {"id": center, "name": _company()["cost_centers"][center]["name"]}
    callers = [
        name
        for name, member in _members().items()
        if user in (None, member["login"]) and _center_of(name) == center
    ]
    return wire.answer(told | {"usageItems": _items(world, period, callers) if is_credits else []})


def _items(world: World, period: dict[str, int], callers: list[str]) -> list[dict[str, Any]]:
    """Return an item a model; a factor moves what is paid, and a withdrawn line goes whole."""
    conditions = " and ".join(f"date_part('{part}', priced.day) = {value}" for part, value in period.items())
    rows = world.query(
        f"""
        select model,
            sum(cost) filter (surface = 'subscription'),
            sum(cost * coalesce(factor, 1)) filter (surface <> 'subscription')
        from priced
        left join restatements using (provider, day)
        where provider = 'github_copilot' and {conditions} and priced.day >= ?
            and user_id in (select unnest(?::varchar[]))
            and not exists (
                from withdrawals
                where withdrawals.provider = 'github_copilot'
                    and withdrawals.day = priced.day
                    and priced.line = coalesce(withdrawals.line, priced.line)
            )
        group by model
        order by model
        """,
        [CREDITS_SINCE, [f"copilot_{name}" for name in callers]],
    )
    return [
        _item(model, included or Decimal(), net or Decimal())
        for model, included, net in rows
        if request.args.get("model") in (None, model) and request.args.get("product") in (None, PRODUCT)
    ]


def _item(model: str, included: Decimal, net: Decimal) -> dict[str, Any]:
    amounts = {"gross": included + net, "discount": included, "net": net}
    return {
        "product": PRODUCT,
        "sku": SKU,
        "model": model,
        "unitType": UNIT,
        "pricePerUnit": CREDIT_DOLLARS,
        **{f"{name}Quantity": amount * 100 for name, amount in amounts.items()},
        **{f"{name}Amount": amount for name, amount in amounts.items()},
    }


# Seats --------------------------------------------------------------------------------------------


def _seats(world: World, organization: str) -> Response:
    _known({"page", "per_page"}, organization)
    page = _number("page", 1, 9999, 1)
    size = _number("per_page", 1, SEAT_PAGES[1], SEAT_PAGES[0])
    active = dict(
        world.query("select user_id, max(called_at) from usage where provider = 'github_copilot' group by 1")
    )
    seats = [
        _seat(name, member, active.get(f"copilot_{name}"))
        for name, member in _members().items()
        if member["since"] <= world.last < member.get("removed", date.max)
    ]
    reply = wire.answer({"total_seats": len(seats), "seats": seats[(page - 1) * size : page * size]})
    if page * size < len(seats):
        reply.headers["Link"] = f'<{request.base_url}?page={page + 1}&per_page={size}>; rel="next"'
    return reply


def _seat(name: str, member: dict[str, Any], active: datetime | None) -> dict[str, Any]:
    created = datetime.combine(member["since"], time(9, 30))
    return {
        "created_at": _stamp(created),
        "updated_at": _stamp(created),
        "pending_cancellation_date": None,
        "last_activity_at": _stamp(active) if active else None,
        "last_activity_editor": "vscode/1.107.0/copilot-chat/0.36" if active else None,
        "plan_type": _company()["plan"],
        "assignee": {"login": member["login"], "id": 7000 + list(_members()).index(name), "type": "User"},
        "assigning_team": None,
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _company() -> dict[str, Any]:
    return facts.read("company.yml")["github_copilot"]


def _members() -> dict[str, Any]:
    return _company()["members"]


def _center_of(name: str) -> str | None:
    centers = _company()["cost_centers"].items()
    return next((center for center, told in centers if name in told["people"]), None)
