"""What goes wrong on purpose: limits, errors, and replies that are cut, empty or wrong.

Tests ask for faults through the control API; without being asked, every 97th request is refused
once, so that a client meets a rate limit in every run.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
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
# how each kind of fault is asked for: a number of replies, a text or object, or a status
COUNTED = (
    *REFUSALS, "slow", "half_reply", "broken_reply", "html_reply", "empty_reply", "empty_page",
    "repeat_cursor", "no_cursor",
)  # fmt: skip
WORDED = ("missing_field", "bad_amount", "changed_type", "new_value", "shifted_days")
OPTIONS = ("retry_after", "times", "seconds", "provider", "path", "reset")
# faults that come before the provider looks at the request
BEFORE = (*REFUSALS, "status", "slow")

# where a row says when it was; the first of them that it has is moved
TIMES = (
    "start_time", "starting_at", "startTime", "created_at", "createdAt", "timestamp", "date", "day", "start",
)  # fmt: skip


@dataclass(frozen=True)
class Paging:
    """Where a provider's replies hold rows and tell of more; fields in other objects are `a.b`.

    A provider module whose replies differ from these has its own, as PAGING.

    rows    the list of rows, `$` for the whole reply; where reports differ, the first that a reply has
    more    the flag that there is another page
    next    what may hold the cursor of the next page; none where pages are numbered
    sent    the parameters (of the query or of a JSON body) by which a client goes on
    """

    rows: tuple[str, ...] = ("data",)
    more: str | None = "has_more"
    next: tuple[str, ...] = ("next_page", "last_id")
    sent: tuple[str, ...] = ("page", "after", "after_id")

    def place(self, payload: Any) -> str:
        """Where this reply has its rows."""
        return next((path for path in self.rows if _at(payload, path) is not None), self.rows[0])

    def rows_of(self, payload: Any) -> Any:
        """The rows of this reply."""
        return _at(payload, self.place(payload))

    def is_going_on(self) -> bool:
        """Whether the request asks for a page after the first."""
        return bool(self._sent())

    def cursor_sent(self) -> Any:
        """The cursor of the request."""
        return next(iter(self._sent().values()))

    def _sent(self) -> dict[str, Any]:
        body = request.get_json(silent=True) if request.is_json else None
        given = {**request.args, **(body if isinstance(body, dict) else {})}
        # a first page may be asked for by its number
        return {name: given[name] for name in self.sent if str(given.get(name, "1")) not in ("0", "1")}


@dataclass(frozen=True)
class Fault:
    """One fault for one reply; `provider` None means any, `detail` is what the kind needs to know.

    path   a part of the address that the fault is meant for, blank for any
    """

    kind: str
    provider: str | None = None
    detail: Any = None
    retry_after: int | None = DEFAULT_RETRY_AFTER
    path: str = ""


class Faults:
    """The faults still to happen, first come first served, and the number of requests seen."""

    def __init__(self, *, rate_limit: bool = True):
        self._regular = rate_limit
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()
        # what an emptied page held, by the cursor that leads to it
        self._put_off: dict[str, str] = {}
        # Requests since faults were last asked for: an unasked one must not fall among them by chance.
        self._unasked = 0
        self.requests: dict[str, int] = {}

    def ask(self, wanted: Mapping[str, Any]) -> int:
        """Add faults as the control API words them; return how many wait, or raise ValueError."""
        unknown = set(wanted) - {*COUNTED, *WORDED, *OPTIONS, "status"}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        provider, times = wanted.get("provider"), _count(wanted.get("times", 1))
        path = str(wanted.get("path", ""))
        retry_after = wanted.get("retry_after", DEFAULT_RETRY_AFTER)
        retry_after = None if retry_after is None else _count(retry_after)
        seconds = _count(wanted.get("seconds", 1))
        faults = [
            Fault(kind, provider, seconds if kind == "slow" else None, retry_after, path)
            for kind in COUNTED
            for _ in range(_count(wanted.get(kind, 0)))
        ]
        faults += [
            Fault(kind, provider, _DETAIL.get(kind, str)(wanted[kind]), path=path)
            for kind in WORDED
            if kind in wanted
            for _ in range(times)
        ]
        if "status" in wanted:
            status = _count(wanted["status"])
            if not 400 <= status <= 599:
                raise ValueError(f"{status} is no status of an error")
            faults += [Fault("status", provider, status, retry_after, path) for _ in range(times)]
        with self._lock:
            self._unasked = 0
            if wanted.get("reset"):
                self._waiting.clear()
                self._put_off.clear()
            self._waiting.extend(faults)
            return len(self._waiting)

    def refusal(self, provider: str, problem: Callable[[int, str], Any], paging: Paging) -> Response | None:
        """Count a request and return the reply that is its turn without the provider, if any."""
        with self._lock:
            self.requests[provider] = self.requests.get(provider, 0) + 1
            self._unasked += 1
            is_turn = self._unasked % EVERY == 0
        fault = self._take(provider, lambda fault: fault.kind in BEFORE)
        if fault is None and self._regular and is_turn:
            fault = Fault("rate_limit")
        if fault is None:
            return self._what_was_put_off(paging)
        if fault.kind == "slow":
            time.sleep(fault.detail)
            return None
        if fault.kind == "status":
            status, words = fault.detail, f"The sandbox was asked to answer {fault.detail}."
        else:
            status, words = REFUSALS[fault.kind]
        response = wire.answer(problem(status, words), status)
        if fault.retry_after is not None and status in (429, 503):
            response.headers["Retry-After"] = str(fault.retry_after)
        return response

    def spoil(self, provider: str, response: Response, paging: Paging) -> Response:
        """Return the reply, spoilt if a fault waits that it can show."""
        if response.status_code != 200 or not self._waiting or not response.is_json:
            return response
        text = response.get_data(as_text=True)
        payload = wire.loads(text)
        fault = self._take(provider, lambda fault: _can_show(fault, payload, paging))
        if fault is None:
            return response
        match fault.kind:
            case "half_reply":
                response.set_data(text[: len(text) // 2])
            case "broken_reply":
                # Fewer bytes than were promised: the connection ends within the reply.
                response.set_data(text[: len(text) // 2])
                response.headers["Content-Length"] = str(len(text))
            case "html_reply":
                response.set_data("<!doctype html><title>Sign in</title><p>Your session has ended.")
                response.mimetype = "text/html"
            case "empty_reply":
                response.set_data("{}")
            case "empty_page":
                self._put_off_rows(text, payload, paging)
                response.set_data(wire.dumps(payload))
            case _:
                _SPOIL[fault.kind](payload, fault, paging)
                response.set_data(wire.dumps(payload))
        return response

    def _put_off_rows(self, text: str, payload: dict, paging: Paging) -> None:
        """Empty a page that says there is more: its rows come with the next one, where there is a cursor."""
        _put(payload, paging.place(payload), [])
        if paging.more:
            _put(payload, paging.more, True)
        for name in _cursors(payload, paging):
            with self._lock:
                cursor = f"page_put_off_{len(self._put_off)}"
                self._put_off[cursor] = text
            _put(payload, name, cursor)

    def _what_was_put_off(self, paging: Paging) -> Response | None:
        if not self._put_off or not paging.is_going_on():
            return None
        text = self._put_off.get(str(paging.cursor_sent()))
        return None if text is None else Response(text, mimetype="application/json")

    def _take(self, provider: str, fits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                meant = fault.provider in (None, provider) and fault.path in request.path
                if meant and fits(fault):
                    self._waiting.remove(fault)
                    return fault
        return None


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _days(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not value:
        raise ValueError(f"{value!r} is no number of days")
    return value


def _fields(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{value!r} names no field and its new value")
    return value


_DETAIL = {"shifted_days": _days, "new_value": _fields}


# Within a reply -----------------------------------------------------------------------------------


def _at(payload: Any, path: str, default: Any = None) -> Any:
    """Return what stands at `a.b` of a reply."""
    if path == "$":
        return payload
    for name in path.split("."):
        if not isinstance(payload, dict) or name not in payload:
            return default
        payload = payload[name]
    return payload


def _put(payload: dict, path: str, value: Any) -> None:
    *above, name = path.split(".")
    for step in above:
        payload = payload.setdefault(step, {})
    payload[name] = value


def _objects(value: Any) -> Iterator[dict]:
    """Every object within a value, outer ones first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _find(rows: Any, name: str | None) -> dict | None:
    """Return the first object that has the field."""
    return next((found for found in _objects(rows) if name in found), None)


def _can_show(fault: Fault, payload: Any, paging: Paging) -> bool:
    rows = paging.rows_of(payload)
    match fault.kind:
        case "repeat_cursor":
            return bool(paging.next) and paging.is_going_on()
        case "no_cursor":
            return bool(paging.next) and bool(rows)
        case "empty_page":
            return bool(rows)
        case "missing_field" | "changed_type":
            return _find(rows, fault.detail) is not None
        case "new_value":
            return _find_filled(rows, fault.detail) is not None
        case "bad_amount":
            return _find(rows, "amount") is not None
        case "shifted_days":
            return any(name in found for found in _objects(rows) for name in TIMES)
    return fault.kind not in BEFORE


def _find_filled(rows: Any, names: Iterable[str]) -> dict | None:
    """Return the first object where all of the fields hold something."""
    for found in _objects(rows):
        if all(found.get(name) not in (None, "") for name in names):
            return found
    return None


def _cursors(payload: dict, paging: Paging) -> tuple[str, ...]:
    """Where this reply has its cursor, or would have it."""
    known = tuple(name for name in paging.next if _at(payload, name, missing := object()) is not missing)
    return known or paging.next[:1]


def _repeat_cursor(payload: dict, _: Fault, paging: Paging) -> None:
    """Answer with the cursor that was sent: who follows it blindly never ends."""
    for name in _cursors(payload, paging):
        _put(payload, name, paging.cursor_sent())
    if paging.more:
        _put(payload, paging.more, True)


def _no_cursor(payload: dict, _: Fault, paging: Paging) -> None:
    for name in _cursors(payload, paging):
        _put(payload, name, None)
    if paging.more:
        _put(payload, paging.more, True)


def _missing_field(payload: dict, fault: Fault, paging: Paging) -> None:
    del _find(paging.rows_of(payload), fault.detail)[fault.detail]


def _bad_amount(payload: dict, fault: Fault, paging: Paging) -> None:
    holder = _find(paging.rows_of(payload), "amount")
    if isinstance(holder["amount"], dict):
        holder["amount"]["value"] = fault.detail
    else:
        holder["amount"] = fault.detail


def _changed_type(payload: dict, fault: Fault, paging: Paging) -> None:
    """A number becomes words, anything else an object."""
    holder = _find(paging.rows_of(payload), fault.detail)
    was = holder[fault.detail]
    is_number = isinstance(was, int | Decimal) and not isinstance(was, bool)
    holder[fault.detail] = "many" if is_number else {"was": was}


def _new_value(payload: dict, fault: Fault, paging: Paging) -> None:
    _find_filled(paging.rows_of(payload), fault.detail).update(fault.detail)


def _shifted_days(payload: dict, fault: Fault, paging: Paging) -> None:
    for holder in _objects(paging.rows_of(payload)):
        for name in TIMES:
            if name in holder:
                holder[name] = _shifted(holder[name], fault.detail)
                return


def _shifted(value: Any, days: int) -> Any:
    """A time so many days later, written as it was: epoch seconds or milliseconds, or ISO 8601."""
    text = str(value)
    if text.lstrip("-").isdigit():
        number = int(text) + days * 86400 * (1000 if len(text) > 11 else 1)
        return number if isinstance(value, int) else str(number)
    day = datetime.fromisoformat(text[:10]) + timedelta(days=days)
    return f"{day:%Y-%m-%d}{text[10:]}"


_SPOIL = {
    "repeat_cursor": _repeat_cursor,
    "no_cursor": _no_cursor,
    "missing_field": _missing_field,
    "bad_amount": _bad_amount,
    "changed_type": _changed_type,
    "new_value": _new_value,
    "shifted_days": _shifted_days,
}
