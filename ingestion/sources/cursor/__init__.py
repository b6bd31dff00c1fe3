"""Cursor for teams: members, daily usage with idle seats, spend of the running cycle, usage events.

Lands     raw_cursor.usage_events: one row per event; an event has no id, so equal ones are numbered.
          raw_cursor.daily_usage: one row per member and day, days without any activity included.
          raw_cursor.spend: one row per member and day on which it was read: the API keeps no past cycles.
          raw_cursor.members: one row each; who left stays, since there may still be spend.
Amounts   in cents, fractions of them included, as exact text; limits in whole dollars.
Restated  events are aggregated by the hour; the last 3 days are read again by every run.
Left out  seat fees, which no endpoint tells (seeds/pricing/seat_prices.csv); billing groups; analytics.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

from ingestion.common import gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.money import landed
from ingestion.common.source import DAY, Need, Source, Table
from ingestion.common.windows import Window

if TYPE_CHECKING:
    from requests import Request, Response

    from ingestion.common.pipeline import Run

# The most days that a request may span, and rows to ask for at once.
LONGEST_WINDOW = 30
ROWS_A_PAGE = 1000
# What the API allows a team in a minute.
REQUESTS_A_MINUTE = 20

TOKENS = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadTokens": "cache_read_tokens",
    "cacheWriteTokens": "cache_write_tokens",
}
ABOUT = {
    "timestamp": "timestamp_ms",
    "userEmail": "user_email",
    "serviceAccountId": "service_account_id",
    "serviceAccountName": "service_account_name",
    "model": "model",
    "kind": "kind",
    "maxMode": "max_mode",
    "isHeadless": "is_headless",
    "isTokenBasedCall": "is_token_based",
    "isChargeable": "is_chargeable",
    "isFreeBugbot": "is_free_bugbot",
    "cloudAgentId": "cloud_agent_id",
    "automationId": "automation_id",
    "conversationId": "conversation_id",
}

EVENTS = Table(
    name="usage_events",
    path="teams/filtered-usage-events",
    grain="usage event, equal ones numbered",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns={
        "line_id": "text",
        **{
            column: "bool" if name.startswith("is") or name == "maxMode" else "text"
            for name, column in ABOUT.items()
        },
        "requests_costs": "text",
        **dict.fromkeys(TOKENS.values(), "bigint"),
        "total_cents": "text",
        "discount_percent_off": "text",
        "token_fee_cents": "text",
        "charged_cents": "text",
    },
)
DAILY_USAGE = Table(
    name="daily_usage",
    path="teams/daily-usage-data",
    grain="member and day, idle days included",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns={
        "line_id": "text",
        "user_id": "text",
        "email": "text",
        "is_active": "bool",
        "included_requests": "bigint",
        "usage_based_requests": "bigint",
        "accepted_lines_added": "bigint",
        "most_used_model": "text",
    },
)
SPEND = Table(
    name="spend",
    path="teams/spend",
    grain="member and day on which the running cycle was read",
    key=("line_id",),
    replaced_by=(DAY,),
    snapshot=True,
    columns={
        "line_id": "text",
        "user_id": "text",
        "email": "text",
        "name": "text",
        "role": "text",
        "cycle_start": "date",
        "spend_cents": "text",
        "overall_spend_cents": "text",
        "fast_premium_requests": "text",
        "hard_limit_override_dollars": "text",
        "monthly_limit_dollars": "text",
    },
)
MEMBERS = Table(
    name="members",
    path="teams/members",
    grain="member of the team, those who left included",
    key=("id",),
    columns={"id": "text", "email": "text", "name": "text", "role": "text", "is_removed": "bool"},
)


class Pages(PageNumberPaginator):
    """Pages asked for in the body: each must be the one asked for, and together all that was promised.

    rows    where the reply has its rows
    page    where it says which page it is; none: it does not
    pages   where it says how many there are
    total   where it says how many rows there are
    """

    def __init__(self, rows: str, page: str | None, pages: str, total: str) -> None:
        super().__init__(base_page=1, page_body_path="page", total_path=pages, stop_after_empty_page=False)
        self.rows, self.page, self.total, self.counted = rows, page, total, 0

    def init_request(self, request: Request) -> None:
        """A new sequence of pages starts."""
        self.counted = 0
        super().init_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Go on to the next page; raises IngestionError where a page is not what it should be."""
        reply, asked = response.json(), self.current_value
        super().update_state(response, data)
        rows = reply[self.rows]
        self.counted += len(rows)
        wrong = None
        if self.page and told(reply, self.page) != asked:
            wrong = f"page {asked} was asked for, and page {told(reply, self.page)} came"
        elif told(reply, "pagination.hasNextPage") not in (None, self.has_next_page):
            wrong = f"page {asked} contradicts itself on whether another one follows"
        elif self.has_next_page and not rows:
            wrong = f"page {asked} is empty, and another one is said to follow"
        elif not self.has_next_page and self.counted != told(reply, self.total):
            wrong = f"{self.counted} rows came, where the reply promises {told(reply, self.total)}"
        if wrong:
            raise IngestionError(wrong, where=response.url, mend=rest.AGAIN)


def told(reply: Any, path: str) -> Any:
    """What a reply says at a dotted path; None where it says nothing."""
    for name in path.split("."):
        reply = reply.get(name) if isinstance(reply, dict) else None
    return reply


class Pace:
    """Waits after a reply, so that a minute never sees more requests than the API allows."""

    def __init__(self, allowed: int) -> None:
        self.allowed, self.recent = allowed, deque()

    def __call__(self, response: Response, *_: Any, **__: Any) -> Response:
        """Called by dlt after each reply."""
        now = time.monotonic()
        self.recent.append(now)
        while self.recent[0] < now - 60:
            self.recent.popleft()
        if len(self.recent) >= self.allowed:
            time.sleep(60 - (now - self.recent[0]))
        return response


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    client = {
        "base_url": run.setting("base_url", "https://api.cursor.com"),
        "auth": {"type": "http_basic", "username": run.setting("api_key"), "password": ""},
    }
    pace = Pace(int(run.setting("requests_per_minute", REQUESTS_A_MINUTE)))
    configs = [*events(run, pace), *daily_usage(run, pace), spend(run, pace), members(pace)]
    return rest.resources(run, client, configs)


def endpoint(
    table: Table, pace: Pace, rows: str, paginator: Any, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One request of the API; with a body it is a POST, and the reply must be about the same period."""

    def is_page(reply: Any) -> bool:
        return isinstance(told(reply, rows), list) and all(isinstance(row, dict) for row in reply[rows])

    def same_period(reply: dict[str, Any]) -> str | None:
        for name, found in (reply.get("period") or {}).items():
            if body and name in body and str(found) != str(body[name]):
                return f"the reply is about {name} {found}, where {body[name]} was asked for"
        return None

    asked = {"method": "POST", "json": dict(body)} if body is not None else {}
    return {
        "path": table.path,
        **asked,
        # A page is one item for dlt: a row at a time would cost it milliseconds.
        "data_selector": "$",
        "paginator": paginator,
        "response_actions": [pace, *rest.checked(same_period, is_page)],
    }


def periods(window: Window) -> Iterator[tuple[int, dict[str, Any]]]:
    """A window as periods that one request may span: a number, and what to ask for."""
    since = window.since
    number = 0
    while since <= window.until:
        part = Window(since, min(since + timedelta(days=LONGEST_WINDOW - 1), window.until))
        start, end = (int(moment.timestamp()) * 1000 for moment in (part.start, part.end))
        yield number, {"startDate": start, "endDate": end, "page": 1, "pageSize": ROWS_A_PAGE}
        since = part.until + timedelta(days=1)
        number += 1


def events(run: Run, pace: Pace) -> Iterator[dict[str, Any]]:
    """Usage events, a request per thirty days."""
    for number, body in periods(run.window(EVENTS)):
        seen: dict[str, int] = {}
        yield {
            "name": f"usage_events_{number}",
            "table_name": EVENTS.name,
            "endpoint": endpoint(
                EVENTS,
                pace,
                "usageEvents",
                Pages(
                    rows="usageEvents",
                    page="pagination.currentPage",
                    pages="pagination.numPages",
                    total="totalUsageEventsCount",
                ),
                body,
            ),
            "processing_steps": [{"yield_map": numbered_events(run, body["endDate"], seen)}],
            **EVENTS.hints,
        }


def numbered_events(run: Run, end: int, seen: dict[str, int]) -> Callable[[dict[str, Any]], Iterator[Any]]:
    """Turns a page of events into rows; an event has no id, so a hash of it all and a number are one.

    end   the first millisecond that is no longer asked for: whether the API counts it in is not documented
    """

    def rows(page: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        found = [event_row(event) for event in page["usageEvents"]]
        found = [row for row in found if int(row["timestamp_ms"]) != end]
        for row in found:
            rest.in_window(run, EVENTS, row[DAY], EVENTS.path)
        yield rest.numbered(found, of=tuple(EVENTS.columns)[1:], order=("timestamp_ms",), seen=seen)

    return rows


def event_row(event: dict[str, Any]) -> dict[str, Any]:
    """An event as it lands. Raises IngestionError where it has no time or no amount."""
    for name in ("timestamp", "chargedCents"):
        if event.get(name) is None:
            raise IngestionError(f"an event has no {name}", where=f"cursor, {EVENTS.path}", mend=rest.AGAIN)
    usage = event.get("tokenUsage") or {}
    return {
        DAY: day_of(event["timestamp"]),
        **{column: event.get(name) for name, column in ABOUT.items()},
        "timestamp_ms": str(event["timestamp"]),
        "requests_costs": landed(event.get("requestsCosts")),
        **{column: usage.get(name) for name, column in TOKENS.items()},
        "total_cents": landed(usage.get("totalCents")),
        "discount_percent_off": landed(usage.get("discountPercentOff")),
        "token_fee_cents": landed(event.get("cursorTokenFee")),
        "charged_cents": landed(event["chargedCents"]),
    }


def day_of(milliseconds: Any) -> date:
    """The UTC day of an epoch time. Raises IngestionError where it is none."""
    try:
        return datetime.fromtimestamp(int(milliseconds) // 1000, UTC).date()
    except (TypeError, ValueError, OverflowError, OSError):
        raise IngestionError(
            f'"{milliseconds}" is no time in epoch milliseconds', where="cursor", mend=rest.AGAIN
        ) from None


def daily_usage(run: Run, pace: Pace) -> Iterator[dict[str, Any]]:
    """Members by day. Only a request with a page tells of those who did nothing, and they hold a seat too."""

    def row(found: dict[str, Any]) -> dict[str, Any]:
        day = date.fromisoformat(found["day"]) if found.get("day") else day_of(found.get("date"))
        rest.in_window(run, DAILY_USAGE, day, DAILY_USAGE.path)
        return {
            DAY: day,
            "user_id": as_text(found.get("userId")),
            "email": found.get("email"),
            "is_active": found.get("isActive"),
            "included_requests": found.get("subscriptionIncludedReqs"),
            "usage_based_requests": found.get("usageBasedReqs"),
            "accepted_lines_added": found.get("acceptedLinesAdded"),
            "most_used_model": found.get("mostUsedModel"),
        }

    def rows(page: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        yield rest.numbered([row(found) for found in page["data"]], of=("user_id", "email"), order=())

    for number, body in periods(run.window(DAILY_USAGE)):
        pages = Pages("data", "pagination.page", "pagination.totalPages", "pagination.totalUsers")
        yield {
            "name": f"daily_usage_{number}",
            "table_name": DAILY_USAGE.name,
            "endpoint": endpoint(DAILY_USAGE, pace, "data", pages, body),
            "processing_steps": [{"yield_map": rows}],
            **DAILY_USAGE.hints,
        }


def spend(run: Run, pace: Pace) -> dict[str, Any]:
    """The running cycle as it stands today."""
    today = run.window(SPEND).since

    def row(member: dict[str, Any], cycle_start: date) -> dict[str, Any]:
        return {
            DAY: today,
            "user_id": as_text(member.get("userId")),
            **{name: member.get(name) for name in ("email", "name", "role")},
            "cycle_start": cycle_start,
            "spend_cents": landed(member.get("spendCents")),
            "overall_spend_cents": landed(member.get("overallSpendCents")),
            "fast_premium_requests": landed(member.get("fastPremiumRequests")),
            "hard_limit_override_dollars": landed(member.get("hardLimitOverrideDollars")),
            "monthly_limit_dollars": landed(member.get("monthlyLimitDollars")),
        }

    def rows(page: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        cycle_start = day_of(page.get("subscriptionCycleStart"))
        found = [row(member, cycle_start) for member in page["teamMemberSpend"]]
        yield rest.numbered(found, of=("user_id", "email"), order=())

    pages = Pages("teamMemberSpend", None, "totalPages", "totalMembers")
    return {
        "name": SPEND.name,
        "endpoint": endpoint(SPEND, pace, "teamMemberSpend", pages, {"page": 1, "pageSize": ROWS_A_PAGE}),
        "processing_steps": [{"yield_map": rows}],
        **SPEND.hints,
    }


def members(pace: Pace) -> dict[str, Any]:
    """The team as it is now."""

    def row(member: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": as_text(member.get("id")),
            **{name: member.get(name) for name in ("email", "name", "role")},
            "is_removed": member.get("isRemoved"),
        }

    return {
        "name": MEMBERS.name,
        "endpoint": endpoint(MEMBERS, pace, "teamMembers", "single_page"),
        "processing_steps": [{"yield_map": lambda page: [[row(member) for member in page["teamMembers"]]]}],
        **MEMBERS.hints,
    }


def as_text(value: Any) -> str | None:
    """An id as text, whether it is sent as a number or not."""
    return None if value is None else str(value)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    amounts = ("charged_cents", "total_cents", "token_fee_cents", "discount_percent_off", "requests_costs")
    return {
        EVENTS.name: [
            gate.present("charged_cents"),
            gate.present("kind"),
            *(gate.number(amount) for amount in amounts),
            *(gate.not_negative(tokens) for tokens in TOKENS.values()),
        ],
        DAILY_USAGE.name: [gate.present("email")],
        SPEND.name: [gate.present("email"), gate.number("spend_cents"), gate.number("overall_spend_cents")],
        MEMBERS.name: [gate.present("id")],
    }


SOURCE = Source(
    name="cursor",
    summary="members, daily usage, spend of the cycle and usage events of a Cursor team",
    tables=(EVENTS, DAILY_USAGE, SPEND, MEMBERS),
    needs=(Need("api_key", "an Admin API key of the team"),),
    read=read,
    gate=suites,
)
