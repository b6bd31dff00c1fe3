"""MongoDB Atlas invoices of an organization, the pending one included.

Amounts     whole cents; unit prices in dollars.
Invoices    a month each. The current month is pending, and taxed when it is issued. The list begins with the
            month before the first day, which was free.
Log in      a service account's client id and secret give a token; a public and a private key work by digest.
Version     the Accept header says which; without one it is a 406.
Errors      {"detail", "error", "errorCode", "reason"}.
Unverified  where tags and credits stand.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import focus, saas, wire
from ingestion.sandbox.faults import Paging
from ingestion.sandbox.world import World

PAGING = Paging(rows=("lineItems", "results", "$"), more=None, next=(), sent=("pageNum",))
PREFIX = "/atlas"
SUMMARY = "MongoDB Atlas invoices"
PAGES = (100, 500)
REALM, NONCE = "MMS Public API", "bGFya3NwdXI"
CREDIT_DAY = 2


class ApiError(Exception):
    """A request that Atlas refuses."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = problem(status, message)


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    reason = HTTPStatus(status).phrase
    return {
        "detail": message,
        "error": status,
        "errorCode": reason.upper().replace(" ", "_"),
        "reason": reason,
    }


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    content = saas.company("mongodb_atlas")
    return {
        "SOURCES__MONGODB_ATLAS__BASE_URL": base_url,
        "SOURCES__MONGODB_ATLAS__ORG_ID": content["organization"]["id"],
        "SOURCES__MONGODB_ATLAS__CLIENT_ID": content["client_id"],
        "SOURCES__MONGODB_ATLAS__API_KEY": content["client_secret"],
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes of the API."""
    routes = Blueprint("mongodb_atlas", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        reply = wire.answer(error.body, error.status)
        if error.status == 401:
            reply.headers["WWW-Authenticate"] = (
                f'Digest realm="{REALM}", domain="", nonce="{NONCE}", algorithm=MD5, qop="auth", stale=false'
            )
        return reply

    @routes.post("/api/oauth/token")
    def token() -> Response:
        content = saas.company("mongodb_atlas")
        pair = f"{content['client_id']}:{content['client_secret']}".encode()
        if request.headers.get("Authorization") != f"Basic {base64.b64encode(pair).decode()}":
            raise ApiError("invalid_client", 401)
        if request.form.get("grant_type") != "client_credentials":
            raise ApiError("unsupported_grant_type")
        return wire.answer({"access_token": _token(), "expires_in": 3600, "token_type": "Bearer"})

    @routes.before_request
    def authorize() -> None:
        if not request.path.endswith("/oauth/token"):
            _authorize()

    @routes.get("/api/atlas/v2/orgs/<organization>/invoices")
    def listed(organization: str) -> Response:
        _known(organization, {"pageNum", "itemsPerPage", "includeCount"})
        found = [{k: v for k, v in i.items() if k != "lineItems"} for i in _invoices(world)]
        page, size = _count("pageNum", 1, 10**6), _count("itemsPerPage", *PAGES)
        return wire.answer(
            {
                "links": [],
                "results": found[::-1][(page - 1) * size : page * size],
                "totalCount": len(found),
            }
        )

    @routes.get("/api/atlas/v2/orgs/<organization>/invoices/pending")
    def pending(organization: str) -> Response:
        _known(organization, set())
        found = [invoice for invoice in _invoices(world) if invoice["statusName"] == "PENDING"]
        return wire.answer({"links": [], "results": found, "totalCount": len(found)})

    @routes.get("/api/atlas/v2/orgs/<organization>/invoices/<name>")
    def one(organization: str, name: str) -> Response:
        _known(organization, set())
        found = next((invoice for invoice in _invoices(world) if invoice["id"] == name), None)
        if found is None:
            raise ApiError("No invoice with that id", 404)
        return wire.answer(found)

    return routes


# Who asks -----------------------------------------------------------------------------------------


def _token() -> str:
    return hashlib.sha256(saas.company("mongodb_atlas")["client_secret"].encode()).hexdigest()


def _authorize() -> None:
    if not re.fullmatch(r"application/vnd\.atlas\.\d{4}-\d\d-\d\d\+json", request.headers.get("Accept", "")):
        raise ApiError("name a version in the Accept header", 406)
    said = request.authorization
    if said is None or not (_is_token(said) or _is_digest(said)):
        raise ApiError("You are not authorized for this resource.", 401)


def _is_token(said: Any) -> bool:
    return said.type == "bearer" and said.token == _token()


def _is_digest(said: Any) -> bool:
    """Whether who asks knows the private key; RFC 7616 with MD5, which Atlas asks for."""
    content = saas.company("mongodb_atlas")
    if said.type != "digest" or said.username != content["public_key"] or said.nonce != NONCE:
        return False

    def hashed(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    known = hashed(said.username, REALM, content["private_key"])
    asked = hashed(request.method, said.uri)
    return said.response == hashed(known, said.nonce, said.nc, said.cnonce, said.qop, asked)


def _known(organization: str, names: set[str]) -> None:
    if organization != saas.company("mongodb_atlas")["organization"]["id"]:
        raise ApiError("No organization with that id", 404)
    for name in request.args:
        if name not in names:
            raise ApiError(f"Invalid query parameter {name}")


def _count(name: str, default: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not re.fullmatch("[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise ApiError(f"Invalid query parameter {name}: from 1 to {most}")
    return int(text)


# Invoices -----------------------------------------------------------------------------------------


def _invoices(world: World) -> list[dict[str, Any]]:
    """Return the invoices, the oldest first."""
    current = focus.month(world.last)
    month = focus.month(focus.month(world.first) - timedelta(days=1))
    lines = list(_lines(world))
    found = []
    while month <= current:
        own = [line for line in lines if line["startDate"][:7] == f"{month:%Y-%m}"]
        found.append(_invoice(month, own, is_pending=month == current))
        month = focus.next_month(month)
    return found


def _invoice(month: date, lines: list[dict[str, Any]], *, is_pending: bool) -> dict[str, Any]:
    content = saas.company("mongodb_atlas")
    subtotal = sum(line["totalPriceCents"] for line in lines)
    tax = 0 if is_pending else int((subtotal * content["tax_rate"]).quantize(Decimal(1), ROUND_HALF_UP))
    credits = -sum(line["totalPriceCents"] for line in lines if line["totalPriceCents"] < 0)
    issued = "PAID" if lines else "FREE"
    return {
        "id": hashlib.sha256(f"invoice {month}".encode()).hexdigest()[:24],
        "orgId": content["organization"]["id"],
        "statusName": "PENDING" if is_pending else issued,
        "created": f"{month}T02:00:26Z",
        "updated": f"{month}T02:00:26Z",
        "startDate": f"{month}T00:00:00Z",
        "endDate": f"{focus.next_month(month)}T00:00:00Z",
        "subtotalCents": subtotal,
        "salesTaxCents": tax,
        "creditsCents": credits,
        "startingBalanceCents": 0,
        "amountBilledCents": subtotal + tax,
        "amountPaidCents": 0 if is_pending else subtotal + tax,
        "lineItems": lines,
        "linkedInvoices": [],
    }


def cents(line: saas.Line) -> int:
    """Return what a line costs; it is rounded by itself."""
    return int((line.cost * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _lines(world: World) -> Iterator[dict[str, Any]]:
    content = saas.company("mongodb_atlas")
    for line in saas.lines(world, "mongodb_atlas"):
        resource, meter = content["resources"][line.resource], content["meters"][line.meter]
        tags = {key: [value] for key, value in (resource.get("tags") or {}).items()}
        yield _line(
            line.day, resource["project"], line.resource, meter["sku"], meter["unit"], line.quantity,
            meter["price"], cents(line), tags,
        )  # fmt: skip
    for day in saas.days(world):
        if day.day == CREDIT_DAY:
            yield _line(day, None, None, "CREDIT", None, None, None, -content["credit_cents"], None)


def _line(
    day: date,
    project: str | None,
    cluster: str | None,
    sku: str,
    unit: str | None,
    quantity: Decimal | None,
    price: Decimal | None,
    total: int,
    tags: dict[str, Any] | None,
) -> dict[str, Any]:
    projects = saas.company("mongodb_atlas")["projects"]
    return {
        "groupId": project,
        "groupName": projects[project]["name"] if project else None,
        "clusterName": cluster,
        "sku": sku,
        "note": None if project else "Promotional credit",
        "created": f"{day + timedelta(days=1)}T02:57:56Z",
        "startDate": f"{day}T00:00:00Z",
        "endDate": f"{day + timedelta(days=1)}T00:00:00Z",
        "quantity": quantity,
        "unit": unit,
        "unitPriceDollars": price,
        "totalPriceCents": total,
        "tags": tags,
    }
