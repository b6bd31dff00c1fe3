"""GitHub Copilot: usage billing of an organization by day, SKU and model, the same by user, and its seats.

Lands     raw_github_copilot.usage: one row per day, cost centre, SKU and model: the bill.
          raw_github_copilot.user_usage: the same by user: whose part of the bill it was.
          raw_github_copilot.seats: one row per seat and day on which it was read; the API keeps no past.
Amounts   in dollars: gross, discount (what the plan includes) and net, as exact text. AI credits are none.
Restated  the last 3 days are read again by every run; the API keeps 24 months.
Left out  seat fees (seeds/pricing/seat_prices.csv); the general /usage, which has the same money again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import dlt

from ingestion.common import gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.files import locations_of
from ingestion.common.money import landed
from ingestion.common.source import DAY, Need, Source, Table

if TYPE_CHECKING:
    from requests import Response

    from ingestion.common.pipeline import Run

# Copilot bills AI credits since this day, premium requests before; each report knows its own days only.
CREDITS_SINCE = date(2026, 6, 1)
SEATS_A_PAGE = 100

TEXTS = {"product": "product", "sku": "sku", "model": "model", "unitType": "unit_type"}
NUMBERS = {
    "pricePerUnit": "price_per_unit_dollars",
    "grossQuantity": "gross_quantity",
    "grossAmount": "gross_dollars",
    "discountQuantity": "discount_quantity",
    "discountAmount": "discount_dollars",
    "netQuantity": "net_quantity",
    "netAmount": "net_dollars",
}
LINE = ("cost_center", *TEXTS.values())

USAGE = Table(
    name="usage",
    path="settings/billing",
    grain="day, cost centre, SKU and model",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns=dict.fromkeys(("line_id", *LINE, "cost_center_name", *NUMBERS.values()), "text"),
)
USER_USAGE = Table(
    name="user_usage",
    path="settings/billing",
    grain="day, user, cost centre, SKU and model",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns=dict.fromkeys(("line_id", "user_login", *LINE, "cost_center_name", *NUMBERS.values()), "text"),
)
SEATS = Table(
    name="seats",
    path="copilot/billing/seats",
    grain="seat and day on which it was read",
    key=("line_id",),
    replaced_by=(DAY,),
    snapshot=True,
    columns={
        "line_id": "text",
        "user_login": "text",
        "user_id": "text",
        "plan_type": "text",
        "created_at": "text",
        "pending_cancellation_date": "text",
        "last_activity_at": "text",
        "last_activity_editor": "text",
        "assigning_team": "text",
    },
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    organization = run.setting("organization")
    client = {
        "base_url": run.setting("base_url", "https://api.github.com"),
        "auth": {"type": "bearer", "token": run.setting("api_key")},
        "headers": {"accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2026-03-10"},
    }
    # Whom to ask for is known from the seats, so they are read first.
    found = list(rest.reading(client, [seats(run, organization)])[0])
    yield dlt.resource([found], name=SEATS.name, **SEATS.hints)
    months = user_months(run, found)
    configs: list[Any] = []
    # Usage of a cost centre is left out where nobody asks for it.
    for center in [None, *locations_of(run.setting("cost_centers", []))]:
        items = dlt.resource([months], name="copilot_user_months", selected=False)
        parts = list(rest.reading(client, [items, used_months(organization, center)])[-1])
        configs += requests_of(run, organization, USAGE, days(run), center)
        configs += requests_of(run, organization, USER_USAGE, days_of(parts, run), center)
    yield from rest.resources(run, client, configs)


def asked(day: date) -> dict[str, str]:
    """What a request for a day needs."""
    return {"report": report_of(day), "year": str(day.year), "month": str(day.month), "day": str(day.day)}


def report_of(day: date) -> str:
    """The report that knows a day."""
    return "ai_credit" if day >= CREDITS_SINCE else "premium_request"


def days(run: Run) -> list[dict[str, str]]:
    """The days to ask for: without a day the report is a sum of the year."""
    return [asked(day) for day in run.window(USAGE).days()]


def user_months(run: Run, found: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Users and the months in which they may have used anything: not after their last activity."""
    last_active: dict[str, str | None] = {
        login: "9999" for (login,) in run.loaded(SEATS.name, ["distinct user_login"])
    }
    last_active |= {seat["user_login"]: seat["last_activity_at"] for seat in found}
    months = sorted({day.replace(day=1) for day in run.window(USER_USAGE).days()})
    return [
        {"user": login, **asked(month)}
        for login, active in sorted(last_active.items())
        for month in months
        if active and str(month) <= active
    ]


def days_of(parts: list[dict[str, Any]], run: Run) -> list[dict[str, str]]:
    """The days of the months in which a user used something: a request for each."""
    used = {(part["user"], part["year"], part["month"]) for part in parts}
    return [
        {"user": user, **asked(day)}
        for user, year, month in sorted(used)
        for day in run.window(USER_USAGE).days()
        if (day.year, day.month) == (year, month)
    ]


def used_months(organization: str, center: str | None) -> dict[str, Any]:
    """Which user used anything in which month: it spares a request for each of the other days."""

    def used(reply: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if reply["usageItems"]:
            yield {"user": reply["user"], **reply["timePeriod"]}

    endpoint = report(organization, "copilot_user_months", ("year", "month", "user"), center)
    return {"name": "copilot_used_months", "endpoint": endpoint, "processing_steps": [{"yield_map": used}]}


def requests_of(
    run: Run, organization: str, table: Table, items: list[dict[str, str]], center: str | None
) -> Iterator[Any]:
    """The reports of one cost centre, or of none: the parameters, and a request for each."""
    parent = f"copilot_{table.name}_of_{center or 'none'}"
    yield dlt.resource([items], name=parent, selected=False)
    params = ("year", "month", "day", "user") if table is USER_USAGE else ("year", "month", "day")
    yield {
        "name": f"{parent}_reports",
        "table_name": table.name,
        "endpoint": report(organization, parent, params, center),
        "processing_steps": [{"yield_map": lambda reply: rows(run, table, reply)}],
        # A report is small and slow: a few are waited for at a time.
        "parallelized": True,
        **table.hints,
    }


def report(organization: str, parent: str, params: tuple[str, ...], center: str | None) -> dict[str, Any]:
    """The endpoint of a report, for each item of the resource `parent`."""

    def resolved(name: str) -> str:
        return f"{{resources.{parent}.{name}}}"

    return {
        "path": f"organizations/{organization}/{USAGE.path}/{resolved('report')}/usage",
        "params": {name: resolved(name) for name in params} | ({"cost_center": center} if center else {}),
        "data_selector": "$",
        "paginator": "single_page",
        "response_actions": [*rest.checked(lambda _: None, is_page), answers_what_was_asked],
    }


def is_page(reply: Any) -> bool:
    """Whether a reply is a usage report."""
    return (
        isinstance(reply, dict)
        and isinstance(reply.get("usageItems"), list)
        and isinstance(reply.get("timePeriod"), dict)
    )


def answers_what_was_asked(response: Response, *_: Any, **__: Any) -> Response:
    """A filter that the API passed over would bring the whole bill once more for each of its values."""
    if response.ok:
        reply = response.json()
        sent = {name: values[0] for name, values in parse_qs(urlsplit(response.url).query).items()}
        center = reply.get("costCenter")
        got = {
            **{name: str(value) for name, value in reply["timePeriod"].items()},
            "user": reply.get("user"),
            "cost_center": center.get("id") if isinstance(center, dict) else center,
        }
        for name, value in sent.items():
            if got.get(name) != value:
                raise IngestionError(
                    f"the reply is not about {name} {value}, but {got.get(name)}",
                    where=response.url.split("?")[0],
                    mend=rest.AGAIN,
                )
    return response


def rows(run: Run, table: Table, reply: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The items of one report."""
    day = date(*(reply["timePeriod"][part] for part in ("year", "month", "day")))
    rest.in_window(run, table, day, table.path)
    center = reply.get("costCenter") or {}
    if not isinstance(center, dict):
        center = {"id": center}
    found = []
    for item in reply["usageItems"]:
        if item.get("netAmount") is None:
            raise IngestionError(
                f"an item of {day} has no netAmount", where=f"github_copilot, {table.path}", mend=rest.AGAIN
            )
        found.append(
            {
                DAY: day,
                **({"user_login": reply["user"]} if table is USER_USAGE else {}),
                "cost_center": center.get("id"),
                "cost_center_name": center.get("name"),
                **{column: item.get(name) for name, column in TEXTS.items()},
                **{column: landed(item.get(name)) for name, column in NUMBERS.items()},
            }
        )
    named = ("user_login", *LINE) if table is USER_USAGE else LINE
    yield rest.numbered(found, of=named, order=("gross_dollars",))


def seats(run: Run, organization: str) -> dict[str, Any]:
    """Who holds a seat today. Without hints: the rows are loaded by a resource of their own."""
    today = run.window(SEATS).since
    counted: list[int] = []

    def is_list(reply: Any) -> bool:
        return (
            isinstance(reply, dict)
            and isinstance(reply.get("seats"), list)
            and isinstance(reply.get("total_seats"), int)
        )

    def complete(response: Response, *_: Any, **__: Any) -> Response:
        if response.ok:
            reply = response.json()
            counted.append(len(reply["seats"]))
            if "next" not in response.links and sum(counted) != reply["total_seats"]:
                raise IngestionError(
                    f"{sum(counted)} seats came, where the reply promises {reply['total_seats']}",
                    where=response.url.split("?")[0],
                    mend=rest.AGAIN,
                )
            if "next" in response.links and not reply["seats"]:
                raise IngestionError(
                    "a page is empty, and another one is said to follow", where=response.url, mend=rest.AGAIN
                )
        return response

    def found(reply: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        yield rest.numbered([seat_row(seat, today) for seat in reply["seats"]], of=("user_login",), order=())

    return {
        "name": "copilot_seats",
        "endpoint": {
            "path": f"orgs/{organization}/{SEATS.path}",
            "params": {"per_page": SEATS_A_PAGE},
            "data_selector": "$",
            "paginator": "header_link",
            "response_actions": [*rest.checked(lambda _: None, is_list), complete],
        },
        "processing_steps": [{"yield_map": found}],
    }


def seat_row(seat: dict[str, Any], today: date) -> dict[str, Any]:
    """A seat as it lands."""
    assignee, team = seat.get("assignee") or {}, seat.get("assigning_team") or {}
    number = assignee.get("id")
    return {
        DAY: today,
        **{name: seat.get(name) for name in SEATS.columns},
        "user_login": assignee.get("login"),
        "user_id": None if number is None else str(number),
        "assigning_team": team.get("slug") or team.get("name"),
    }


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""

    def bill(more: Iterable[Any] = ()) -> list[Any]:
        return [gate.present("sku"), gate.present("net_dollars"), *map(gate.number, NUMBERS.values()), *more]

    return {
        USAGE.name: bill(),
        USER_USAGE.name: bill([gate.present("user_login")]),
        SEATS.name: [gate.present("user_login"), gate.present("created_at"), gate.utc_time("created_at")],
    }


SOURCE = Source(
    name="github_copilot",
    summary="Copilot usage billing by day, SKU, model and user, and seats, of a GitHub organization",
    tables=(USAGE, USER_USAGE, SEATS),
    needs=(
        Need("api_key", "a token of an organization owner or billing manager"),
        Need("organization", "the organization's login"),
    ),
    read=read,
    gate=suites,
)
