"""A team's own list of business outputs, the REST example of docs/sources/business_outputs.md.

Pages       a cursor in next_page while has_more; limit is 1,000 at most.
Errors      {"error": "..."} with 400 or 401.
The demo reads the same outputs from a file: where both are set, files come first.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import paging, wire
from ingestion.sandbox.exports import business_outputs
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging()
PREFIX = "/outputs/api"
SUMMARY = "business outputs as a list"
# Invented: it opens this sandbox only.
KEY = "outputs-larkspur-sandbox"
LARGEST_PAGE = 1000
PARAMETERS = {"since", "until", "limit", "page"}


class ApiError(Exception):
    """A request that the list refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"error": message, "status": status}


def environment(base_url: str) -> dict[str, str]:
    """Return what a client needs to know; the demo's bucket_url comes first."""
    return {"SOURCES__BUSINESS_OUTPUTS__BASE_URL": base_url, "SOURCES__BUSINESS_OUTPUTS__API_KEY": KEY}


def blueprint(world: World) -> Blueprint:
    """Return the route of the list."""
    routes = Blueprint("business_outputs", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.get("/business_outputs")
    def listed() -> Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise ApiError("the key is not known", 401)
        if unknown := request.args.keys() - PARAMETERS:
            raise ApiError(f"unknown parameter {', '.join(sorted(unknown))}")
        try:
            since, until = (date.fromisoformat(request.args[name]) for name in ("since", "until"))
            limit = int(request.args.get("limit", 100))
        except (KeyError, ValueError):
            raise ApiError("since and until are days, limit is a number") from None
        if not 1 <= limit <= LARGEST_PAGE:
            raise ApiError(f"limit must be from 1 to {LARGEST_PAGE}")
        query = {"since": since, "until": until, "limit": limit}
        try:
            start = paging.position(query, request.args["page"]) if "page" in request.args else 0
        except paging.BadCursorError as error:
            raise ApiError(str(error)) from None
        found = [row for row in business_outputs.outputs(world) if since <= row[0] <= until]
        rows = [
            {"date": str(day), "feature": feature, "metric": metric, "quantity": quantity}
            for day, feature, metric, quantity in found[start : start + limit]
        ]
        more = start + limit < len(found)
        after = paging.cursor(query, start + limit) if more else None
        return wire.answer({"data": rows, "has_more": more, "next_page": after})

    return routes
