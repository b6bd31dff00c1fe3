"""MongoDB Atlas: the invoices of an organization and their line items, the running one included.

Lands     raw_mongodb_atlas.invoices: one row per invoice, raw_mongodb_atlas.line_items: one per line of them.
Amounts   whole cents (`*_cents`), unit prices in dollars; exact text.
Restated  the pending invoice daily until it is issued. An invoice is replaced as a whole; one that is gone (a
          pending one that was issued under another id) goes with its lines.
Window    the invoices whose period meets the window's days are read, with all of their lines.
Left out  payments, refunds and balances carried over: they are cash, no cost. Linked organizations.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dlt
from dlt.common.configuration import configspec
from dlt.sources.helpers.rest_client.auth import HttpBasicAuth
from requests.auth import HTTPDigestAuth

from ingestion.common import gate, rest, tasks
from ingestion.common.errors import IngestionError
from ingestion.common.money import landed
from ingestion.common.paginators import Numbered
from ingestion.common.source import DAY, WITHDRAWN, Need, Source, Table
from ingestion.common.windows import Window

if TYPE_CHECKING:
    from requests import PreparedRequest

    from ingestion.common.pipeline import Run

VERSION = "application/vnd.atlas.2023-01-01+json"
INVOICES_A_PAGE = 100
# A month and the days in which its invoice is made.
RESTATED_DAYS = 35
PENDING = "PENDING"
# Who logs in with a token of a service account has an id like this; others have a public and a private key.
SERVICE_ACCOUNT = "mdb_sa_id_"

CENTS = {
    "subtotalCents": "subtotal_cents",
    "salesTaxCents": "sales_tax_cents",
    "creditsCents": "credits_cents",
    "startingBalanceCents": "starting_balance_cents",
    "amountBilledCents": "amount_billed_cents",
}
TEXTS = {
    "groupId": "group_id",
    "groupName": "group_name",
    "clusterName": "cluster_name",
    "sku": "sku",
    "note": "note",
    "startDate": "start_date",
    "endDate": "end_date",
    "unit": "unit",
}
NUMBERS = {
    "quantity": "quantity",
    "unitPriceDollars": "unit_price_dollars",
    "totalPriceCents": "total_price_cents",
    "discountCents": "discount_cents",
    "tierLowerBound": "tier_lower_bound",
}
# What a line is told apart by; amounts are no part of it.
LINE = ("invoice_id", *TEXTS.values(), "tier_lower_bound")

INVOICES = Table(
    name="invoices",
    grain="invoice, the pending one included",
    key=("invoice_id",),
    replaced_by=("invoice_id", DAY),
    restated_days=RESTATED_DAYS,
    columns=dict.fromkeys(
        ("invoice_id", "status_name", "org_id", "start_date", "end_date", "accrued_until", *CENTS.values()),
        "text",
    ),
)
LINE_ITEMS = Table(
    name="line_items",
    grain="line of an invoice",
    key=("line_id",),
    replaced_by=("invoice_id", DAY),
    restated_days=RESTATED_DAYS,
    columns=dict.fromkeys(
        ("line_id", "invoice_id", *TEXTS.values(), *NUMBERS.values(), "tags"),
        "text",
    ),
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    # Both tables come out of the same replies.
    held = Held(run)
    yield dlt.resource(lambda: held.rows_of(INVOICES), name=INVOICES.name, **INVOICES.hints)
    yield dlt.resource(lambda: held.rows_of(LINE_ITEMS), name=LINE_ITEMS.name, **LINE_ITEMS.hints)


@dataclass
class Held:
    """The rows of one run, read when the first table asks for them."""

    run: Run
    found: dict[str, dict[str, list[dict[str, Any]]]] | None = None

    def rows_of(self, table: Table) -> Iterator[Any]:
        """The rows of one table, invoice by invoice, and the marks of what was read."""
        if self.found is None:
            self.found = by_invoice(self.run, invoices(self.run))
        yield from replaced(self.run, table, self.found)


def by_invoice(run: Run, found: list[dict[str, Any]]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The rows by table and invoice."""
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {INVOICES.name: {}, LINE_ITEMS.name: {}}
    for invoice in found:
        [row] = rest.as_promised(lambda item: invoice_rows(run, item), "invoices")(invoice)
        lines = list(rest.as_promised(line_rows, f"invoices/{row['invoice_id']}")(invoice))
        order = ("total_price_cents", "quantity")
        rows[INVOICES.name][row["invoice_id"]] = [row]
        rows[LINE_ITEMS.name][row["invoice_id"]] = rest.numbered(lines, of=LINE, order=order)
        if linked := invoice.get("linkedInvoices"):
            print(
                f"  mongodb_atlas: warning: invoice {invoice['id']} has {len(linked)} invoices of linked "
                "organizations, which are not read",
                flush=True,
            )
    return rows


def replaced(run: Run, table: Table, found: dict[str, dict[str, list[dict[str, Any]]]]) -> Iterator[Any]:
    """The rows of a table, and marks on all days that their invoices held before.

    An invoice of the window that is loaded and was not read now is gone, and so are its rows.
    """
    window, rows = run.window(table), found[table.name]
    ids = {*rows}
    for invoice, start, end in run.loaded(INVOICES.name, ("invoice_id", "start_date", "end_date")):
        if meets(start, end, window):
            ids.add(invoice)
    days: dict[str, set[date]] = {name: {row[DAY] for row in rows.get(name, [])} for name in ids}
    for invoice, day in run.loaded(table.name, ("invoice_id", DAY), "group by 1, 2"):
        if invoice in days:
            days[invoice].add(day)
    for items in rows.values():
        if items:
            yield items
    marks = [
        {DAY: day, "invoice_id": invoice, WITHDRAWN: True}
        for invoice, held in sorted(days.items())
        for day in sorted(held)
    ]
    if marks:
        yield marks
    covered = {*window.days(), *(mark[DAY] for mark in marks)}
    run.log_days(table, covered)
    run.replaced[table.name] = Window(min(covered), max(covered))


# Asking -------------------------------------------------------------------------------------------


@configspec
class Digest(HttpBasicAuth):
    """Digest authentication as rest_api takes it: each request is asked for its digest anew."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Answer the server's challenge, once it comes."""
        return HTTPDigestAuth(self.username, self.password)(request)


def client_of(run: Run) -> dict[str, Any]:
    """How the API is asked: with a token of a service account, or with a key and digest."""
    base = run.setting("base_url", "https://cloud.mongodb.com")
    name, secret = run.setting("client_id"), run.setting("api_key")
    client: dict[str, Any] = {"base_url": base, "headers": {"Accept": VERSION}}
    if not name.startswith(SERVICE_ACCOUNT):
        return {**client, "auth": Digest(name, secret)}
    basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
    api = tasks.Api(base, {"Authorization": f"Basic {basic}", "Accept": "application/json"})
    form = {"grant_type": "client_credentials"}
    token = api.ask("POST", "api/oauth/token", form=form, promised=("access_token",))["access_token"]
    return {**client, "auth": {"type": "bearer", "token": token}}


def invoices(run: Run) -> list[dict[str, Any]]:
    """The invoices whose period meets the window, with their lines."""
    client, place = client_of(run), f"api/atlas/v2/orgs/{run.setting('org_id')}/invoices"
    window = run.window(LINE_ITEMS)
    listed, pending = (list(resource) for resource in rest.reading(client, [list_of(place), running(place)]))
    chosen = [
        {"id": invoice["id"]}
        for invoice in listed
        if invoice.get("statusName") != PENDING and meets(invoice["startDate"], invoice["endDate"], window)
    ]
    ids = dlt.resource([chosen], name="atlas_issued", selected=False)
    issued = list(rest.reading(client, [ids, details(place)])[-1]) if chosen else []
    found = {invoice["id"]: invoice for reply in pending for invoice in reply.get("results", [reply])}
    # Issued since the list was made: what is issued counts.
    return [*(found | {invoice["id"]: invoice for invoice in issued}).values()]


def list_of(place: str) -> dict[str, Any]:
    """The list of invoices, without their lines."""
    return {
        "name": "atlas_invoices",
        "endpoint": {
            "path": place,
            "params": {"itemsPerPage": INVOICES_A_PAGE, "includeCount": "true"},
            "data_selector": "results",
            "paginator": Numbered("results", "pageNum", total="totalCount"),
            "response_actions": rest.checked(lambda _: None, is_list),
        },
        "processing_steps": [{"yield_map": rest.as_promised(has_a_period, "invoices")}],
    }


def is_list(reply: dict[str, Any]) -> bool:
    """Whether a reply is a page of invoices."""
    return isinstance(reply.get("results"), list) and isinstance(reply.get("totalCount"), int)


def has_a_period(invoice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The invoice, if it says what it is and when."""
    for name in ("startDate", "endDate"):
        date.fromisoformat(invoice[name][:10])
    yield {**invoice, "id": invoice["id"]}


def running(place: str) -> dict[str, Any]:
    """The pending invoice: by the documentation a list of them, by older ones the invoice itself."""

    def is_pending(reply: dict[str, Any]) -> bool:
        if "results" in reply:
            return is_list(reply)
        return isinstance(reply.get("lineItems"), list)

    def all_of_them(reply: dict[str, Any]) -> str | None:
        held, total = len(reply.get("results", [])), reply.get("totalCount", 0)
        return f"the reply holds {held} of {total} pending invoices" if held < total else None

    return {
        "name": "atlas_pending",
        "endpoint": {
            "path": f"{place}/pending",
            "data_selector": "$",
            "paginator": "single_page",
            "response_actions": rest.checked(all_of_them, is_pending),
        },
    }


def details(place: str) -> dict[str, Any]:
    """An invoice with its lines."""

    def is_invoice(reply: dict[str, Any]) -> bool:
        return "id" in reply and isinstance(reply.get("lineItems"), list)

    return {
        "name": "atlas_invoice",
        "endpoint": {
            "path": f"{place}/{{resources.atlas_issued.id}}",
            "data_selector": "$",
            "paginator": "single_page",
            "response_actions": rest.checked(lambda _: None, is_invoice),
        },
    }


def meets(start: str, end: str, window: Window) -> bool:
    """Whether a period, its end exclusive, has a day of the window."""
    first, after = (date.fromisoformat(text[:10]) for text in (start, end))
    return first <= window.until and after > window.since


# Rows ---------------------------------------------------------------------------------------------


def invoice_rows(run: Run, invoice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An invoice as it lands, on the first day of its period."""
    start, after = (date.fromisoformat(invoice[name][:10]) for name in ("startDate", "endDate"))
    last = after - timedelta(days=1)
    is_pending = invoice["statusName"] == PENDING
    yield {
        DAY: start,
        "invoice_id": invoice["id"],
        "status_name": invoice["statusName"],
        "org_id": invoice.get("orgId"),
        "start_date": str(start),
        "end_date": str(after),
        # What covers the whole period covers, while it runs, the days that are over.
        "accrued_until": str(
            max(start, min(last, run.read_at.date() - timedelta(days=1))) if is_pending else last
        ),
        **{column: landed(invoice.get(name)) for name, column in CENTS.items()},
    }


def line_rows(invoice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of an invoice, each on the day on which it starts.

    That may be before the invoice's period, where an earlier one is corrected, but not after it.
    """
    after = date.fromisoformat(invoice["endDate"][:10])
    for line in invoice["lineItems"]:
        day = date.fromisoformat(line["startDate"][:10])
        if day >= after:
            raise IngestionError(
                f"the invoice {invoice['id']} ends before {after} and holds a line of {day}",
                where="mongodb_atlas, invoices",
                mend=rest.AGAIN,
            )
        if line.get("totalPriceCents") is None:
            raise IngestionError(
                f"a line of the invoice {invoice['id']}, {day}, has no totalPriceCents",
                where="mongodb_atlas, invoices",
                mend=rest.AGAIN,
            )
        yield {
            DAY: day,
            "invoice_id": invoice["id"],
            **{column: line.get(name) for name, column in TEXTS.items()},
            **{column: landed(line.get(name)) for name, column in NUMBERS.items()},
            "tags": tags_of(line.get("tags")),
        }


def tags_of(tags: dict[str, Any] | None) -> str | None:
    """Tags as FOCUS writes them. Atlas may give a list of values for a key, of which it allows one."""

    def one(value: Any) -> str:
        values: Iterable[Any] = value if isinstance(value, list) else [value]
        return ", ".join(map(str, values))

    if not tags:
        return None
    return json.dumps({key: one(tags[key]) for key in sorted(tags)}, ensure_ascii=False)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    whole = [
        gate.matching(name, r"^-?\d+$", "is no number of cents", "cents are whole numbers, like -1250")
        for name in ("subtotal_cents", "sales_tax_cents")
    ]
    return {
        INVOICES.name: [gate.present("subtotal_cents"), *whole],
        LINE_ITEMS.name: [
            gate.present("sku"),
            gate.present("total_price_cents"),
            *(gate.number(name) for name in NUMBERS.values()),
        ],
    }


SOURCE = Source(
    name="mongodb_atlas",
    summary="invoices of a MongoDB Atlas organization with their lines, the pending one included",
    tables=(INVOICES, LINE_ITEMS),
    needs=(
        Need("org_id", "the organization's id, 24 hexadecimal digits"),
        Need("client_id", "the client id of a service account (mdb_sa_id_...), or a public key"),
        Need("api_key", "the service account's secret, or the private key; its role Org Billing Viewer"),
    ),
    read=read,
    gate=suites,
)
