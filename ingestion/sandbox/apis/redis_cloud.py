"""Redis Cloud's cost report: asked for, made as a task, downloaded as FOCUS CSV.

Range       at most 40 days, both ends included (the second is unverified).
Tasks       each look brings a task one state further.
Errors      {"timestamp", "status", "error", "message"}.
Left out    filters by subscription, database, region and tag; the JSON of the report.
"""

from __future__ import annotations

import threading
import uuid
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import focus, saas, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(rows=("$",), more=None, next=(), sent=())
PREFIX = "/redis/v1"
SUMMARY = "Redis Cloud cost reports"
DAYS_AT_MOST = 40
STATES = ("received", "processing-in-progress", "processing-completed")


class ApiError(Exception):
    """A request that Redis Cloud refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"status": status, "error": HTTPStatus(status).phrase, "message": message}


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    return {
        "SOURCES__REDIS_CLOUD__BASE_URL": base_url,
        "SOURCES__REDIS_CLOUD__API_KEY": saas.company("redis_cloud")["key"],
        "SOURCES__REDIS_CLOUD__API_SECRET_KEY": saas.company("redis_cloud")["secret_key"],
        "SOURCES__REDIS_CLOUD__POLL_SECONDS": "0.05",
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("redis_cloud", __name__)
    tasks: dict[str, dict[str, Any]] = {}
    reports: dict[str, tuple[date, date]] = {}
    lock = threading.Lock()

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        _authorize()

    @routes.post("/cost-report")
    def start() -> Response:
        span = _span(request.get_json(silent=True))
        task = {
            "taskId": str(uuid.uuid4()),
            "commandType": "costReportCreateRequest",
            "status": STATES[0],
            "description": "Task request received and is being queued for processing.",
            "timestamp": f"{world.now.isoformat()}Z",
        }
        with lock:
            tasks[task["taskId"]] = task
            reports[task["taskId"]] = span
        return wire.answer(task, 202)

    @routes.get("/tasks/<name>")
    def look(name: str) -> Response:
        with lock:
            if name not in tasks:
                raise ApiError("Task not found", 404)
            task = tasks[name]
            told = dict(task)
            if task["status"] != STATES[-1]:
                task["status"] = STATES[STATES.index(task["status"]) + 1]
        if told["status"] == STATES[-1]:
            told["response"] = {"resource": {"costReportId": f"cost-report-{name}.csv"}}
        return wire.answer(told)

    @routes.get("/cost-report/cost-report-<name>.csv")
    def download(name: str) -> Response:
        if name not in reports:
            raise ApiError("Cost report not found", 404)
        rows = _rows(world, *reports[name])
        return Response(focus.csv_text(rows, focus.COLUMNS_1_2), mimetype="text/csv")

    return routes


def _authorize() -> None:
    content = saas.company("redis_cloud")
    key, secret = (request.headers.get(name, "") for name in ("x-api-key", "x-api-secret-key"))
    if secret.startswith("redis-member"):
        raise ApiError("Owner or Viewer is required", 403)
    if (key, secret) != (content["key"], content["secret_key"]):
        raise ApiError("Invalid API key", 401)


def _span(body: Any) -> tuple[date, date]:
    body = body if isinstance(body, dict) else {}
    if set(body) - {"startDate", "endDate", "format"} or body.get("format", "csv") != "csv":
        raise ApiError(f"unknown fields or format in {sorted(body)}")
    try:
        start, end = (date.fromisoformat(body[name]) for name in ("startDate", "endDate"))
    except (KeyError, TypeError, ValueError):
        raise ApiError("startDate and endDate must be written YYYY-MM-DD") from None
    if not 0 <= (end - start).days < DAYS_AT_MOST:
        raise ApiError(f"the range must be 1 to {DAYS_AT_MOST} days")
    return start, end


def _rows(world: World, start: date, end: date) -> list[focus.Row]:
    content = saas.company("redis_cloud")
    return [
        {
            **saas.focus_row(world, "redis_cloud", line),
            "ProviderName": "Redis",
            "PublisherName": "Redis",
            "InvoiceIssuerName": "Redis",
            "BillingAccountId": content["account"]["id"],
            "BillingAccountName": content["account"]["name"],
            "BillingAccountType": "Account",
            "SubAccountType": "Subscription",
            "ServiceName": "Redis Cloud Pro",
            "ServiceCategory": "Databases",
            "ServiceSubcategory": "Caching",
            "ResourceType": "Database",
        }
        for line in saas.lines(world, "redis_cloud")
        if start <= line.day <= end
    ]
