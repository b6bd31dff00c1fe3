"""Datadog: what each organization is charged a month, by product.

Lands     raw_datadog.costs: one row per month, organization, product and charge type, on the month's first
          day. Final once there is a final one (by the 16th of the next month), before that the estimate.
Amounts   dollars. Datadog computes in doubles; their text lands as it is. `total` is committed and on demand
          once more: it lands to be compared, and no model adds it.
Restated  an estimate until it is final, so the last 62 days' months are read again by every run.
Left out  the daily view of the estimate, which is cumulative; cost by tag (monthly_cost_attribution), which
          is the same money again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.money import landed, money_text
from ingestion.common.source import DAY, Need, Source, Table
from ingestion.common.windows import Window

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

FINAL, ESTIMATED = "historical_cost", "estimated_cost"
# The estimate knows the current month and the one before.
MONTHS_ESTIMATED = 2
PARTS, TOTAL = ("committed", "on_demand"), "total"
# Sums of doubles differ in their last digits, whatever the provider does.
DOUBLES_DIFFER = Decimal("0.000001")

COSTS = Table(
    name="costs",
    path="api/v2/usage",
    grain="month, organization, product and charge type",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=62,
    columns=dict.fromkeys(
        (
            "line_id", "status", "accrued_until", "public_id", "org_name", "region", "product_name",
            "charge_type", "cost_usd",
        ),
        "text",
    ),
)  # fmt: skip
LINE = ("public_id", "region", "product_name", "charge_type")


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    yield dlt.resource(lambda: rows(run), name=COSTS.name, **COSTS.hints)


def rows(run: Run) -> Iterator[Any]:
    """The charges of the window's months, final before estimated, and the days that they cover."""
    window = run.window(COSTS)
    months = sorted({day.replace(day=1) for day in window.days()})
    run.replaced[COSTS.name] = Window(months[0], window.until)
    found = charges(run, FINAL, months)
    unsettled = [month for month in months if month not in found]
    asked = unsettled[-MONTHS_ESTIMATED:]
    if asked:
        found |= charges(run, ESTIMATED, asked)
    read_until = {month: min(end_of(month), window.until) for month in months}
    for month in [month for month in unsettled if month not in asked]:
        if run.loaded(COSTS.name, ["count(*)"], f"where {DAY} = '{month}'") not in ([], [(0,)]):
            # Datadog always has a final cost of a month that had an estimate.
            print(f"  datadog: no final cost of {month:%Y-%m} yet; what is loaded of it stays", flush=True)
            del read_until[month]
    for items in found.values():
        yield rest.numbered(items, of=LINE, order=())
    days = [day for month, last in read_until.items() for day in Window(month, last).days()]
    yield from run.covered(COSTS, days)


def end_of(month: date) -> date:
    """The last day of a month."""
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def charges(run: Run, report: str, months: list[date]) -> dict[date, list[dict[str, Any]]]:
    """The rows of one report by month; a month that it does not have is absent."""
    client = {
        "base_url": run.setting("base_url", "https://api.datadoghq.com"),
        "headers": {
            "DD-API-KEY": run.setting("api_key"),
            "DD-APPLICATION-KEY": run.setting("application_key"),
        },
    }
    # Several months may lie between the two; what was not asked for is refused.
    wanted = {"view": "sub-org", "start_month": f"{months[0]:%Y-%m}", "end_month": f"{months[-1]:%Y-%m}"}
    between = sorted({day.replace(day=1) for day in Window(months[0], months[-1]).days()})
    config = {
        "name": f"datadog_{report}",
        "endpoint": {
            "path": f"{COSTS.path}/{report}",
            "params": wanted,
            "data_selector": "data",
            "paginator": "single_page",
            "response_actions": rest.checked(
                lambda _: None, lambda reply: isinstance(reply.get("data"), list)
            ),
        },
    }
    found: dict[date, list[dict[str, Any]]] = {}
    for item in rest.reading(client, [config])[0]:
        for row in rest.as_promised(lambda item: rows_of(run, report, item), report)(item):
            if row[DAY] not in between:
                raise IngestionError(
                    f"the reply holds {row[DAY]}, which was not asked for", where=report, mend=rest.AGAIN
                )
            if row[DAY] in months:
                found.setdefault(row[DAY], []).append(row)
    for items in found.values():
        add_up(items, report)
    return found


def rows_of(run: Run, report: str, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The charges of one organization and month."""
    told = item["attributes"]
    month = date.fromisoformat(told["date"][:10])
    until = end_of(month)
    if report == ESTIMATED:
        until = min(until, run.read_at.date() - timedelta(days=1))
    if not isinstance(told["charges"], list):
        raise TypeError(f"charges are {type(told['charges']).__name__}")
    for charge in told["charges"]:
        what = f"{charge['product_name']} of {told['org_name']}, {month:%Y-%m}"
        if charge.get("cost") is None:
            raise IngestionError(f"a charge for {what} has no cost", where=report, mend=rest.AGAIN)
        if charge["charge_type"] not in (*PARTS, TOTAL):
            raise IngestionError(
                f'"{charge["charge_type"]}" is a charge type that we do not know, for {what}',
                where=f"datadog, {report}",
                mend="it may be money or the sum of other money: report it, nothing was loaded",
            )
        yield {
            DAY: month,
            "status": "final" if report == FINAL else "estimated",
            "accrued_until": str(max(until, month)),
            "public_id": told["public_id"],
            "org_name": told["org_name"],
            "region": told.get("region"),
            "product_name": charge["product_name"],
            "charge_type": charge["charge_type"],
            "cost_usd": landed(charge["cost"]),
        }


def add_up(items: list[dict[str, Any]], report: str) -> None:
    """Raise IngestionError unless each total is what was committed and on demand, with no charge twice."""
    sums: dict[tuple[Any, ...], Decimal] = {}
    totals: dict[tuple[Any, ...], Decimal] = {}
    seen = set()
    for row in items:
        product = (row[DAY], row["org_name"], row["public_id"], row["region"], row["product_name"])
        if (*product, row["charge_type"]) in seen:
            raise IngestionError(
                f"{row['charge_type']} of {row['product_name']} stands twice for {row['org_name']}, "
                f"{row[DAY]:%Y-%m}",
                where=f"datadog, {report}",
                mend=rest.AGAIN,
            )
        seen.add((*product, row["charge_type"]))
        try:
            amount = Decimal(money_text(row["cost_usd"]))
        except ValueError:
            # The gate refuses it with its row.
            return
        held = totals if row["charge_type"] == TOTAL else sums
        held[product] = held.get(product, Decimal()) + amount
    for product in {*sums, *totals}:
        total, parts = totals.get(product), sums.get(product, Decimal())
        if total is None or abs(total - parts) > DOUBLES_DIFFER:
            month, org, *_, name = product
            raise IngestionError(
                f"{name} of {org}, {month:%Y-%m}: committed and on demand are {parts}, "
                f"{'and there is no total' if total is None else f'the total is {total}'}",
                where=f"datadog, {report}",
                mend="nothing was loaded; ask Datadog which of them it bills",
            )


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        COSTS.name: [
            gate.present("cost_usd"),
            gate.number("cost_usd"),
            gate.present("product_name"),
            gate.present("public_id"),
        ]
    }


SOURCE = Source(
    name="datadog",
    summary="monthly cost of Datadog organizations by product, final or estimated",
    tables=(COSTS,),
    needs=(
        Need("api_key", "an API key of the parent organization"),
        Need("application_key", "an application key with usage_read, of the parent organization"),
    ),
    read=read,
    gate=suites,
)
