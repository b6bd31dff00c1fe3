"""Cloudflare AI Gateway: the log of its calls, with the metadata that callers set (Logs API, "Legacy Logs").

Lands     raw_cloudflare_ai_gateway.logs: one row per attempt at a provider; retries, fallbacks, answers from
          the gateway's cache and guardrail evaluations are rows of their own.
Amounts   `cost_usd` is the gateway's estimate, as exact text; nothing here is a bill.
Labels    metadata is JSON within JSON: it lands as written and, parsed, as `labels`.
Restated  never; the last day is read again. Old rows age out of the log, so what is loaded is not read again
          unless it is asked for.
Left out  Workers Observability (accounts since 2026-09-24), Logpush (encrypted), GraphQL (sampled).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import gate, rest
from ingestion.common.labels import call_labels
from ingestion.common.money import exact_json, landed
from ingestion.common.paginators import Numbered
from ingestion.common.records import arrow_of, in_parts
from ingestion.common.source import DAY, Need, Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

ROWS_A_PAGE = 50

TEXTS = ("provider", "model", "model_type", "path", "request_type")
COUNTS = ("status_code", "duration", "tokens_in", "tokens_out", "step")
FLAGS = ("success", "cached", "custom_cost")

LOGS = Table(
    name="logs",
    path="accounts/{account}/ai-gateway/gateways/{gateway}/logs",
    grain="attempt at a provider that the gateway logged",
    key=("id",),
    replaced_by=(DAY,),
    restated_days=1,
    arrow=True,
    columns={
        "id": "text",
        "gateway": "text",
        "created_at": "text",
        **dict.fromkeys(TEXTS, "text"),
        **dict.fromkeys(FLAGS, "bool"),
        **dict.fromkeys(COUNTS, "bigint"),
        "cost_usd": "text",
        "metadata": "text",
        "labels": "text",
    },
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    client = {
        "base_url": run.setting("base_url", "https://api.cloudflare.com/client/v4"),
        "auth": {"type": "bearer", "token": run.setting("api_token")},
    }
    account, wanted = run.setting("account_id"), run.setting("gateways")
    gateways = wanted if isinstance(wanted, list) else json.loads(wanted) if wanted[0] == "[" else [wanted]
    _, pages = rest.reading(client, [days_of_gateways(run, gateways), logs(account)])

    def rows() -> Iterator[Any]:
        unread = 0
        for part in in_parts(row_of(run, row) for row in pages):
            unread += sum(row["metadata"] is not None and row["labels"] is None for row in part)
            yield arrow_of(LOGS, part)
        if unread:
            print(f"  {run.source.name}: warning, {unread:,} rows: metadata without any label", flush=True)

    yield dlt.resource(rows, name=LOGS.name, **LOGS.hints)
    yield rest.days_read(run, LOGS, run.window(LOGS).days())


def days_of_gateways(run: Run, gateways: list[str]) -> Any:
    """The windows to ask for: one day of one gateway, so that no page is far from the first."""

    def between(day: date) -> str:
        # The operators exclude their value.
        before, after = day - timedelta(days=1), day + timedelta(days=1)
        bounds = (("gt", f"{before}T23:59:59.999Z"), ("lt", f"{after}T00:00:00.000Z"))
        return json.dumps([{"key": "created_at", "operator": name, "value": [at]} for name, at in bounds])

    windows = [
        {"gateway": gateway, "filters": between(day)}
        for gateway in gateways
        for day in run.window(LOGS).days()
    ]
    return dlt.resource([windows], name="log_days", selected=False)


def is_page(reply: dict[str, Any]) -> bool:
    """Whether a reply is a page of the log; `success` is false where Cloudflare answers 200 with errors."""
    info = reply.get("result_info")
    return (
        reply.get("success") is True
        and isinstance(reply.get("result"), list)
        and isinstance(info, dict)
        and isinstance(info.get("total_count"), int)
    )


def logs(account: str) -> dict[str, Any]:
    """The log of a day, oldest first: what is logged meanwhile cannot move its pages."""
    return {
        "name": "log_pages",
        "endpoint": {
            "path": LOGS.path.format(account=account, gateway="{resources.log_days.gateway}"),
            "params": {
                "filters": "{resources.log_days.filters}",
                "order_by": "created_at",
                "order_by_direction": "asc",
                "per_page": ROWS_A_PAGE,
            },
            "data_selector": "result",
            "paginator": Numbered("result", "page"),
            "response_actions": rest.checked(lambda _: None, is_page),
        },
        "include_from_parent": ["gateway"],
    }


def row_of(run: Run, row: dict[str, Any]) -> dict[str, Any]:
    """One row of the log as it lands."""
    day = date.fromisoformat(row["created_at"][:10])
    rest.in_window(run, LOGS, day, f"{run.source.name}, logs")
    return {
        DAY: day,
        "id": row["id"],
        "gateway": row["_log_days_gateway"],
        "created_at": row["created_at"],
        **{name: row.get(name) for name in (*TEXTS, *FLAGS, *COUNTS)},
        "cost_usd": landed(row.get("cost")),
        "metadata": row.get("metadata") or None,
        "labels": labels_of(row.get("metadata")),
    }


def labels_of(metadata: str | None) -> str | None:
    """The labels in metadata, a JSON object within a text; None where it is none."""
    try:
        entries = exact_json(metadata or "null")
    except json.JSONDecodeError:
        return None
    return call_labels(entries) if isinstance(entries, dict) else None


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        LOGS.name: [
            gate.present("id"),
            gate.present("provider"),
            gate.utc_time("created_at"),
            gate.number("cost_usd"),
            gate.not_negative("tokens_in"),
            gate.not_negative("tokens_out"),
        ],
    }


SOURCE = Source(
    name="cloudflare_ai_gateway",
    summary="the log of its gateways, with the callers' metadata",
    tables=(LOGS,),
    needs=(
        Need("api_token", "an API token that may read AI Gateway"),
        Need("account_id", "the account's id"),
        Need("gateways", "a gateway's id, or a JSON list of them"),
    ),
    read=read,
    gate=suites,
)
