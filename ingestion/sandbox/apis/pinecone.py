"""Pinecone's cost usage exports: asked for, made while one waits, downloaded as a zip.

Runs        one at a time; a second one is refused with 409. Each look at it brings it further.
Period      the end is exclusive. The file holds what stands on the bill when it is downloaded.
Zip         CSVs of some rows each in FOCUS 1.4, and manifest.json.
Link        signed: it needs no key, and a list never has it.
Unverified  the status of the refusal, the shape of the manifest, the words of the states but Pending.
"""

from __future__ import annotations

import io
import json
import threading
import uuid
import zipfile
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import focus, saas, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(rows=("data", "$"), more=None, next=(), sent=())
PREFIX = "/pinecone"
SUMMARY = "Pinecone cost usage exports"
VERSION = "2026-07"
ROWS_A_FILE = 300
STATES = ("Pending", "Running", "Completed")
# Columns of its own beside FOCUS.
OWN = {"x_ServiceTier": focus.TEXT}


class ApiError(Exception):
    """A request that Pinecone refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    codes = {
        401: "UNAUTHENTICATED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        409: "ABORTED",
        429: "RESOURCE_EXHAUSTED",
    }
    return {"error": {"code": codes.get(status, "INVALID_ARGUMENT"), "message": message}, "status": status}


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    return {
        "SOURCES__PINECONE__BASE_URL": base_url,
        "SOURCES__PINECONE__API_KEY": saas.company("pinecone")["token"],
        "SOURCES__PINECONE__POLL_SECONDS": "0.05",
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("pinecone", __name__)
    exports: dict[str, dict[str, Any]] = {}
    lock = threading.Lock()

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer(error.body, error.status)

    @routes.before_request
    def authorize() -> None:
        if not request.path.startswith(f"{PREFIX}/files/"):
            _authorize()

    @routes.post("/admin/cost-usage-exports")
    def start() -> Response:
        period = _period(request.get_json(silent=True))
        with lock:
            if any(export["status"] != STATES[-1] for export in exports.values()):
                raise ApiError("An export is already in progress", 409)
            export = _export(world, period)
            exports[export["id"]] = export
        return wire.answer(export, 202)

    @routes.get("/admin/cost-usage-exports")
    def listed() -> Response:
        with lock:
            return wire.answer({"data": list(exports.values())[::-1]})

    @routes.get("/admin/cost-usage-exports/<name>")
    def details(name: str) -> Response:
        with lock:
            if name not in exports:
                raise ApiError("Export not found", 404)
            export = exports[name]
            told = dict(export)
            _go_on(world, export)
        if told["status"] == STATES[-1]:
            told["download_url"] = f"{request.host_url}pinecone/files/{name}.zip?signature={uuid.uuid4().hex}"
        return wire.answer(told)

    @routes.get("/files/<name>.zip")
    def download(name: str) -> Response:
        if name not in exports or "signature" not in request.args or "Authorization" in request.headers:
            raise ApiError("Access denied", 403)
        return Response(_zip(world, exports[name]), mimetype="application/zip")

    return routes


def _authorize() -> None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token.startswith("pc-viewer"):
        raise ApiError("Billing Admin or owner is required", 403)
    if token != saas.company("pinecone")["token"]:
        raise ApiError("Invalid token", 401)
    if request.headers.get("X-Pinecone-Api-Version") != VERSION:
        raise ApiError(f"X-Pinecone-Api-Version must be {VERSION}")


def _period(body: Any) -> tuple[datetime, datetime]:
    body = body if isinstance(body, dict) else {}
    if set(body) - {"period_start", "period_end"}:
        raise ApiError(f"unknown fields in {sorted(body)}")
    try:
        start, end = (
            datetime.fromisoformat(body[name]).replace(tzinfo=None) for name in ("period_start", "period_end")
        )
    except (KeyError, ValueError):
        raise ApiError("period_start and period_end must be times") from None
    if not start < end:
        raise ApiError("period_end must be after period_start")
    return start, end


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _export(world: World, period: tuple[datetime, datetime]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "status": STATES[0],
        "period_start": _stamp(period[0]),
        "period_end": _stamp(period[1]),
        "data_available_through": None,
        "format": "zip",
        "row_count": None,
        "size_bytes": None,
        "download_url": None,
        "download_url_expires_at": None,
        "error": None,
        "file_expired": False,
        "file_expires_at": None,
        "created_at": _stamp(world.now),
        "updated_at": _stamp(world.now),
        "started_at": None,
        "finished_at": None,
    }


def _go_on(world: World, export: dict[str, Any]) -> None:
    """Bring an export one state further; when it is made it knows its size."""
    if export["status"] == STATES[-1]:
        return
    export["status"] = STATES[STATES.index(export["status"]) + 1]
    if export["status"] == STATES[-1]:
        rows = _rows(world, export)
        export["row_count"] = len(rows)
        export["size_bytes"] = len(_zip(world, export))
        export["data_available_through"] = min(export["period_end"], _stamp(world.now))
        export["finished_at"] = _stamp(world.now)


def _rows(world: World, export: dict[str, Any]) -> list[focus.Row]:
    content = saas.company("pinecone")
    return [
        {
            **saas.focus_row(world, "pinecone", line),
            "ServiceProviderName": "Pinecone",
            "HostProviderName": "Amazon Web Services",
            "InvoiceIssuerName": "Pinecone",
            "BillingAccountId": content["organization"]["id"],
            "BillingAccountName": content["organization"]["name"],
            "BillingAccountType": "Organization",
            "SubAccountType": "Project",
            "ServiceName": "Pinecone Database",
            "ServiceCategory": "Databases",
            "ServiceSubcategory": "Other (Databases)",
            "ResourceType": "Index",
            "x_ServiceTier": "enterprise",
        }
        for line in saas.lines(world, "pinecone")
        if export["period_start"] <= _stamp(focus.at(line.day)) < export["period_end"]
    ]


def _zip(world: World, export: dict[str, Any]) -> bytes:
    rows = _rows(world, export)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        files = []
        for start in range(0, max(len(rows), 1), ROWS_A_FILE):
            part = rows[start : start + ROWS_A_FILE]
            name = f"cost_and_usage_{len(files) + 1:04d}.csv"
            archive.writestr(name, focus.csv_text(part, focus.COLUMNS_1_4 | OWN))
            files.append({"name": name, "row_count": len(part)})
        archive.writestr("manifest.json", json.dumps({"focus_version": "1.4", "files": files}))
    return held.getvalue()
