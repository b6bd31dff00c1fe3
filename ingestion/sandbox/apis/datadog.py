"""Datadog's cost of organizations by month: final, and estimated until it is.

Final       from the 16th of the next month on.
Estimated   the current month and the one before; another one is a 400.
Charges     committed, on demand and their total, JSON numbers.
Errors      {"errors": [...]}; a wrong key is a 403.
Left out    view=summary, the daily view (start_date), cost by tag.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import focus, saas, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(more=None, next=(), sent=())
PREFIX = "/datadog"
SUMMARY = "Datadog historical and estimated cost"
FINAL_ON = 16


class ApiError(Exception):
    """A request that Datadog refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"errors": [message]}


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    content = saas.company("datadog")
    return {
        "SOURCES__DATADOG__BASE_URL": base_url,
        "SOURCES__DATADOG__API_KEY": content["api_key"],
        "SOURCES__DATADOG__APPLICATION_KEY": content["application_key"],
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("datadog", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize()

    @routes.get("/api/v2/usage/historical_cost")
    def historical() -> Response:
        start, end = _months(world)
        return wire.answer({"data": [item for item in _items(world, start, end) if _is_final(world, item)]})

    @routes.get("/api/v2/usage/estimated_cost")
    def estimated() -> Response:
        start, end = _months(world)
        current = focus.month(world.last)
        if focus.next_month(start) < current or end > focus.next_month(current):
            raise ApiError("estimated cost is available for the current and the previous month")
        return wire.answer({"data": _items(world, start, end)})

    return routes


def _authorize() -> None:
    content = saas.company("datadog")
    sent = [request.headers.get(name) for name in ("DD-API-KEY", "DD-APPLICATION-KEY")]
    if None in sent:
        raise ApiError("Unauthorized", 401)
    if sent != [content["api_key"], content["application_key"]]:
        raise ApiError("Forbidden", 403)


def _months(world: World) -> tuple[date, date]:
    """The first days of the first and the last month that are asked for."""
    unknown = set(request.args) - {"view", "start_month", "end_month"}
    if unknown or request.args.get("view") != "sub-org":
        raise ApiError(f"not offered here: {', '.join(unknown) or 'the view'}")
    found = [request.args.get("start_month", ""), request.args.get("end_month", "")]
    found[1] = found[1] or found[0]
    if not all(re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) for text in found):
        raise ApiError("start_month and end_month must be written YYYY-MM")
    start, end = (date.fromisoformat(f"{text}-01") for text in found)
    if end < start:
        raise ApiError("end_month is before start_month")
    return start, end


def _is_final(world: World, item: dict[str, Any]) -> bool:
    month = date.fromisoformat(item["attributes"]["date"][:10])
    return world.now >= datetime.combine(focus.next_month(month).replace(day=FINAL_ON), datetime.min.time())


def _items(world: World, start: date, end: date) -> list[dict[str, Any]]:
    content = saas.company("datadog")
    sums: dict[tuple[date, str], dict[tuple[str, str], Decimal]] = {}
    for line in saas.lines(world, "datadog"):
        month = focus.month(line.day)
        if start <= month <= end:
            resource = content["resources"][line.resource]
            charges = sums.setdefault((month, resource["project"]), {})
            product = resource.get("product", line.resource)
            for kind in (line.meter, "total"):
                charges[product, kind] = charges.get((product, kind), Decimal()) + line.cost
    return [
        {
            "id": f"{org}-{month:%Y-%m}",
            "type": "cost_by_org",
            "attributes": {
                "account_name": content["projects"][org]["name"],
                "account_public_id": org,
                "org_name": content["projects"][org]["name"],
                "public_id": org,
                "region": content["region"],
                "date": f"{month}T00:00:00Z",
                "total_cost": sum(
                    (cost for (_, kind), cost in charges.items() if kind == "total"), Decimal()
                ),
                "charges": [
                    {"product_name": product, "charge_type": kind, "cost": cost}
                    for (product, kind), cost in sorted(charges.items())
                ],
            },
        }
        for (month, org), charges in sorted(sums.items())
    ]
