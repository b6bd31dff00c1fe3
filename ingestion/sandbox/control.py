"""The control API of tests: faults, restatements, withdrawals, quirks.

    POST /sandbox/faults    {"rate_limit": 2, "retry_after": 0, "provider": "openai"} (null: without Retry-After)
                            {"status": 403, "times": 5} {"server_error": n} {"slow": n, "seconds": 2}
                            {"half_reply": n} {"broken_reply": n} {"html_reply": n} {"empty_reply": n}
                            {"empty_page": n} {"repeat_cursor": n} {"no_cursor": n}
                            {"missing_field": "amount", "times": 1} {"bad_amount": "1,000.00"}
                            {"changed_type": "output_tokens"} {"new_value": {"token_type": "thought_tokens"}}
                            {"shifted_days": 400} {"reset": true}
                            each with "provider": "openai", "path": "costs" to be meant for these replies only
    POST /sandbox/restate   {"provider": "openai", "day": "2026-11-12", "factor": "1.05"}
                            {"withdraw": {"provider": "openai", "day": "2026-11-12", "line": "o3, output_tokens"}}
                            (without `line` the day's whole bill) {"reset": true}
    POST /sandbox/quirks    {"huge_tokens": true}
    GET  /sandbox/status    requests so far, by provider, and the window of days

What is not understood is a 400 that says why.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import calls, saas, wire
from ingestion.sandbox.faults import Faults
from ingestion.sandbox.world import World


def blueprint(world: World, faults: Faults) -> Blueprint:
    """Return the routes of the control API."""
    routes = Blueprint("control", __name__, url_prefix="/sandbox")

    @routes.errorhandler(ValueError)
    def refuse(error: ValueError) -> Response:
        return wire.answer({"error": str(error)}, 400)

    @routes.post("/faults")
    def ask() -> Response:
        return wire.answer({"waiting": faults.ask(_body())})

    @routes.post("/restate")
    def restate() -> Response:
        return wire.answer({"charges": _restate(world, _body())})

    @routes.post("/quirks")
    def quirks() -> Response:
        wanted = _body()
        if set(wanted) != {"huge_tokens"} or not isinstance(wanted["huge_tokens"], bool):
            raise ValueError('the one quirk is {"huge_tokens": true} or false')
        world.huge_tokens(on=wanted["huge_tokens"])
        return wire.answer(wanted)

    @routes.get("/status")
    def status() -> Response:
        return wire.answer({"first": str(world.first), "last": str(world.last), "requests": faults.requests})

    return routes


def _body() -> dict[str, Any]:
    body = wire.loads(request.get_data(as_text=True) or "{}")
    if not isinstance(body, dict) or not body:
        raise ValueError("the body must be a JSON object that says what to do")
    return body


def _restate(world: World, wanted: Mapping[str, Any]) -> int:
    """Do one restatement and return how many charges it moved."""
    if wanted.get("reset") is True and len(wanted) == 1:
        world.reset()
        return 0
    if set(wanted) == {"withdraw"}:
        provider, day = _day(wanted["withdraw"], {"line"})
        line = wanted["withdraw"].get("line")
        moved = world.withdraw(provider, day, line)
    else:
        provider, day = _day(wanted, {"factor"})
        line = None
        moved = world.restate(provider, day, _factor(wanted.get("factor")))
    if provider in saas.providers():
        moved = saas.moved(world, provider, day, line)
    if not moved:
        raise ValueError(f"{provider} billed no such thing on {day}")
    return moved


def _day(wanted: Any, further: set[str]) -> tuple[str, date]:
    if not isinstance(wanted, Mapping) or set(wanted) - {"provider", "day", *further}:
        raise ValueError(f"expected provider, day and {', '.join(further)}, not {wanted}")
    known = [*calls.providers(), *saas.providers()]
    if wanted.get("provider") not in known:
        raise ValueError(f"provider must be one of {', '.join(known)}")
    return wanted["provider"], date.fromisoformat(str(wanted.get("day")))


def _factor(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"factor {value!r} is not a number") from None
