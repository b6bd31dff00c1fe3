"""What goes wrong on purpose: limits, errors, and replies that are cut, empty or wrong.

Tests ask for faults through the control API; without being asked, every 97th request is refused
once, so that a client meets a rate limit in every run.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from ingestion.sandbox import wire

EVERY = 97
DEFAULT_RETRY_AFTER = 1

# status and words of the faults that refuse
REFUSALS = {
    "rate_limit": (429, "Rate limit reached, try again later."),
    "server_error": (503, "The server is overloaded or not ready yet."),
}
# the parameters by which clients go on to a next page
CURSORS = {"page", "after", "after_id", "cursor", "offset"}
COUNTED = (*REFUSALS, "half_reply", "empty_reply", "repeat_cursor")
WORDED = ("missing_field", "bad_amount")
OPTIONS = ("retry_after", "times", "provider", "reset")


@dataclass(frozen=True)
class Fault:
    """One fault for one reply; `provider` None means any, `detail` is a field or an amount."""

    kind: str
    provider: str | None = None
    detail: str | None = None
    retry_after: int = DEFAULT_RETRY_AFTER


class Faults:
    """The faults still to happen, first come first served, and the number of requests seen."""

    def __init__(self, *, rate_limit: bool = True):
        self._regular = rate_limit
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()
        self.requests: dict[str, int] = {}

    def ask(self, wanted: Mapping[str, Any]) -> int:
        """Add faults as the control API words them; return how many wait, or raise ValueError."""
        unknown = set(wanted) - {*COUNTED, *WORDED, *OPTIONS}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        provider = wanted.get("provider")
        retry_after = _count(wanted.get("retry_after", DEFAULT_RETRY_AFTER))
        faults = [
            Fault(kind, provider, retry_after=retry_after)
            for kind in COUNTED
            for _ in range(_count(wanted.get(kind, 0)))
        ]
        faults += [
            Fault(kind, provider, str(wanted[kind]))
            for kind in WORDED
            if kind in wanted
            for _ in range(_count(wanted.get("times", 1)))
        ]
        with self._lock:
            if wanted.get("reset"):
                self._waiting.clear()
            self._waiting.extend(faults)
            return len(self._waiting)

    def refusal(self, provider: str, problem: Callable[[int, str], Any]) -> Response | None:
        """Count a request and return the refusal that is its turn, if any."""
        with self._lock:
            self.requests[provider] = self.requests.get(provider, 0) + 1
            turn = sum(self.requests.values())
        fault = self._take(provider, lambda fault: fault.kind in REFUSALS)
        if fault is None and self._regular and turn % EVERY == 0:
            fault = Fault("rate_limit")
        if fault is None:
            return None
        status, words = REFUSALS[fault.kind]
        response = wire.answer(problem(status, words), status)
        response.headers["Retry-After"] = str(fault.retry_after)
        return response

    def spoil(self, provider: str, response: Response) -> Response:
        """Return the reply, spoilt if a fault waits that it can show."""
        if response.status_code != 200 or not self._waiting:
            return response
        text = response.get_data(as_text=True)
        payload = wire.loads(text)
        fault = self._take(provider, lambda fault: _can_show(fault, payload))
        if fault is None:
            return response
        if fault.kind == "half_reply":
            response.set_data(text[: len(text) // 2])
        elif fault.kind == "empty_reply":
            response.set_data("{}")
        else:
            _SPOIL[fault.kind](payload, fault)
            response.set_data(wire.dumps(payload))
        return response

    def _take(self, provider: str, fits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fault.provider in (None, provider) and fits(fault):
                    self._waiting.remove(fault)
                    return fault
        return None


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _can_show(fault: Fault, payload: Any) -> bool:
    if fault.kind == "repeat_cursor":
        return bool(CURSORS & set(request.args))
    if fault.kind == "missing_field":
        return _find(payload.get("data"), fault.detail) is not None
    if fault.kind == "bad_amount":
        return _find(payload.get("data"), "amount") is not None
    return fault.kind not in REFUSALS


def _find(value: Any, name: str | None) -> dict | None:
    """Return the first object that has the field."""
    if isinstance(value, dict):
        if name in value:
            return value
        value = list(value.values())
    if isinstance(value, list):
        found = (_find(item, name) for item in value)
        return next((item for item in found if item is not None), None)
    return None


def _repeat_cursor(payload: dict, fault: Fault) -> None:
    """Answer with the cursor that was sent: who follows it blindly never ends."""
    sent = next(request.args[name] for name in sorted(CURSORS & set(request.args)))
    if "meta" in payload:
        payload["meta"]["cursor"] = sent
        return
    payload["next_page" if "next_page" in payload else "last_id"] = sent
    payload["has_more"] = True


def _missing_field(payload: dict, fault: Fault) -> None:
    del _find(payload["data"], fault.detail)[fault.detail]


def _bad_amount(payload: dict, fault: Fault) -> None:
    holder = _find(payload["data"], "amount")
    if isinstance(holder["amount"], dict):
        holder["amount"]["value"] = fault.detail
    else:
        holder["amount"] = fault.detail


_SPOIL = {
    "repeat_cursor": _repeat_cursor,
    "missing_field": _missing_field,
    "bad_amount": _bad_amount,
}
