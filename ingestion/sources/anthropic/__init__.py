"""Anthropic: the cost report, messages usage, Claude Code, and the names of workspaces, users and keys.

Lands     raw_anthropic.costs: one row per day, workspace and billed line (description).
          raw_anthropic.usage: one row per day and group of the messages usage report.
          raw_anthropic.claude_code: one row per day, actor, terminal and model; its costs are estimates.
          raw_anthropic.workspaces, users, api_keys: one row each; what was removed stays.
Amounts   in cents: exact decimal text in the cost report, numbers in Claude Code. Staging scales them.
Restated  for up to 30 days, so every run reads them again.
Left out  Priority Tier spend, which the cost report does not have (its tokens are in the usage report);
          the analytics reports; Claude on Bedrock, Vertex or Foundry, which those clouds bill.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.money import landed
from ingestion.common.source import DAY, Need, Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

# The most days a page may hold.
DAYS_A_PAGE = 31

USAGE_GROUPS = (
    "account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id",
    "service_tier", "workspace_id",
)  # fmt: skip
COST_FIELDS = (
    "workspace_id", "cost_type", "description", "model", "token_type", "service_tier", "context_window",
    "inference_geo",
)  # fmt: skip

COSTS = Table(
    name="costs",
    path="cost_report",
    grain="day, workspace and billed line",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=30,
    columns={
        "line_id": "text",
        **dict.fromkeys(COST_FIELDS, "text"),
        "amount_cents": "text",
        "currency": "text",
    },
)
USAGE = Table(
    name="usage",
    path="usage_report/messages",
    grain="day, workspace, key, account, model, tier, context window and region",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=30,
    columns={
        "line_id": "text",
        **dict.fromkeys(USAGE_GROUPS, "text"),
        "uncached_input_tokens": "bigint",
        "cache_read_input_tokens": "bigint",
        "cache_creation_5m_input_tokens": "bigint",
        "cache_creation_1h_input_tokens": "bigint",
        "output_tokens": "bigint",
        "web_search_requests": "bigint",
    },
)
CLAUDE_CODE = Table(
    name="claude_code",
    path="usage_report/claude_code",
    grain="day, actor, terminal and model",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns={
        "line_id": "text",
        "actor_type": "text",
        "actor": "text",
        "organization_id": "text",
        "customer_type": "text",
        "subscription_type": "text",
        "terminal_type": "text",
        "is_remote": "bool",
        "model": "text",
        "num_sessions": "bigint",
        "lines_added": "bigint",
        "lines_removed": "bigint",
        "commits": "bigint",
        "pull_requests": "bigint",
        "input_tokens": "bigint",
        "output_tokens": "bigint",
        "cache_read_tokens": "bigint",
        "cache_creation_tokens": "bigint",
        "estimated_cost_cents": "text",
        "currency": "text",
    },
)
WORKSPACES = Table(
    name="workspaces",
    path="workspaces",
    grain="workspace, archived ones included",
    key=("id",),
    columns={"id": "text", "name": "text", "created_at": "text", "archived_at": "text", "tags": "json"},
)
USERS = Table(
    name="users",
    path="users",
    grain="member of the organization",
    key=("id",),
    columns={"id": "text", "name": "text", "email": "text", "role": "text", "added_at": "text"},
)
API_KEYS = Table(
    name="api_keys",
    path="api_keys",
    grain="API key",
    key=("id",),
    columns={
        "id": "text",
        "name": "text",
        "workspace_id": "text",
        "status": "text",
        "created_at": "text",
        "partial_key_hint": "text",
    },
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    client = {
        "base_url": run.setting("base_url", "https://api.anthropic.com/v1/organizations"),
        "auth": {
            "type": "api_key",
            "name": "x-api-key",
            "api_key": run.setting("api_key"),
            "location": "header",
        },
        "headers": {"anthropic-version": "2023-06-01"},
    }
    configs = [costs(run), usage(run), days_of_claude_code(run), claude_code(), *dimensions()]
    return rest.resources(run, client, configs)


def asked(run: Run, table: Table, group_by: tuple[str, ...]) -> dict[str, Any]:
    """The parameters of a bucketed report; arrays are written with brackets here."""
    window = run.window(table)
    return {
        "starting_at": f"{window.start:%Y-%m-%dT%H:%M:%SZ}",
        "ending_at": f"{window.end:%Y-%m-%dT%H:%M:%SZ}",
        "bucket_width": "1d",
        "limit": DAYS_A_PAGE,
        "group_by[]": list(group_by),
    }


def has_results(page: dict[str, Any]) -> str | None:
    """Every bucket has its list of results, an empty one at least."""
    if all(isinstance(bucket.get("results"), list) for bucket in page["data"]):
        return None
    return "a bucket has no results"


def costs(run: Run) -> dict[str, Any]:
    """The cost report. Model and token type come out of the description; keys it does not know."""
    seen: set[date] = set()

    def rows(bucket: dict[str, Any]) -> Iterator[dict[str, Any]]:
        day = date.fromisoformat(bucket["starting_at"][:10])
        rest.in_window(run, COSTS, day, COSTS.path, seen)
        found = []
        for result in bucket["results"]:
            if "amount" not in result:
                raise IngestionError(
                    f"a cost of {day} has no amount", where=f"anthropic, {COSTS.path}", mend=rest.AGAIN
                )
            found.append(
                {
                    DAY: day,
                    **{name: result.get(name) for name in COST_FIELDS},
                    "amount_cents": landed(result["amount"]),
                    "currency": result.get("currency"),
                }
            )
        yield rest.numbered(found, of=COST_FIELDS, order=("amount_cents",))

    params = asked(run, COSTS, ("workspace_id", "description"))
    return rest.report(COSTS, COSTS.path, params, rows, has_results)


def usage(run: Run) -> dict[str, Any]:
    """The messages usage report. It counts tokens and searches, no requests."""
    seen: set[date] = set()

    def rows(bucket: dict[str, Any]) -> Iterator[dict[str, Any]]:
        day = date.fromisoformat(bucket["starting_at"][:10])
        rest.in_window(run, USAGE, day, USAGE.path, seen)
        found = []
        for result in bucket["results"]:
            written = result.get("cache_creation") or {}
            found.append(
                {
                    DAY: day,
                    **{name: result.get(name) for name in USAGE_GROUPS},
                    "uncached_input_tokens": result["uncached_input_tokens"],
                    "cache_read_input_tokens": result["cache_read_input_tokens"],
                    "cache_creation_5m_input_tokens": written.get("ephemeral_5m_input_tokens"),
                    "cache_creation_1h_input_tokens": written.get("ephemeral_1h_input_tokens"),
                    "output_tokens": result["output_tokens"],
                    "web_search_requests": (result.get("server_tool_use") or {}).get("web_search_requests"),
                }
            )
        yield rest.numbered(found, of=USAGE_GROUPS, order=("output_tokens",))

    return rest.report(USAGE, USAGE.path, asked(run, USAGE, USAGE_GROUPS), rows, has_results)


def days_of_claude_code(run: Run) -> Any:
    """The days to ask for: the report takes one a call."""
    days = [{"day": day.isoformat()} for day in run.window(CLAUDE_CODE).days()]
    return dlt.resource([days], name="claude_code_calls", selected=False)


def claude_code() -> dict[str, Any]:
    """Claude Code by person or key. What it calls a cost is an estimate."""

    def rows(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
        actor = record.get("actor") or {}
        core = record.get("core_metrics") or {}
        lines = core.get("lines_of_code") or {}
        told = {
            DAY: date.fromisoformat(record["date"][:10]),
            "actor_type": actor.get("type"),
            "actor": actor.get("email_address") or actor.get("api_key_name"),
            **{
                name: record.get(name)
                for name in (
                    "organization_id",
                    "customer_type",
                    "subscription_type",
                    "terminal_type",
                    "is_remote",
                )
            },
        }
        # Sessions and lines are told once per record: they stand on its first model only.
        counts = {
            "num_sessions": core.get("num_sessions"),
            "lines_added": lines.get("added"),
            "lines_removed": lines.get("removed"),
            "commits": core.get("commits_by_claude_code"),
            "pull_requests": core.get("pull_requests_by_claude_code"),
        }
        found = []
        for used in record.get("model_breakdown") or [{}]:
            tokens, cost = used.get("tokens") or {}, used.get("estimated_cost") or {}
            found.append(
                {
                    **told,
                    **counts,
                    "model": used.get("model"),
                    "input_tokens": tokens.get("input"),
                    "output_tokens": tokens.get("output"),
                    "cache_read_tokens": tokens.get("cache_read"),
                    "cache_creation_tokens": tokens.get("cache_creation"),
                    "estimated_cost_cents": landed(cost.get("amount")),
                    "currency": cost.get("currency"),
                }
            )
            counts = dict.fromkeys(counts)
        by = ("actor_type", "actor", "customer_type", "terminal_type", "is_remote", "model")
        yield rest.numbered(found, of=by, order=("input_tokens",))

    params = {"starting_at": "{resources.claude_code_calls.day}", "limit": 1000}
    return rest.report(CLAUDE_CODE, CLAUDE_CODE.path, params, rows, lambda _: None)


def dimensions() -> Iterator[dict[str, Any]]:
    """Names. Without the archived workspaces history would lose its own."""

    def plain(table: Table) -> Any:
        return lambda row: {name: row.get(name) for name in table.columns}

    everything = {"limit": 1000, "include_archived": "true"}
    yield rest.listing(WORKSPACES, WORKSPACES.path, everything, "after_id", plain(WORKSPACES))
    yield rest.listing(USERS, USERS.path, {"limit": 1000}, "after_id", plain(USERS))
    yield rest.listing(API_KEYS, API_KEYS.path, {"limit": 1000}, "after_id", plain(API_KEYS))


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    counts = [name for name, kind in USAGE.columns.items() if kind == "bigint"]
    return {
        COSTS.name: [
            gate.present("amount_cents"),
            gate.number("amount_cents"),
            gate.present("currency"),
            gate.one_of("currency", ["USD"]),
        ],
        USAGE.name: [gate.not_negative(count) for count in counts],
        CLAUDE_CODE.name: [gate.present("actor"), gate.number("estimated_cost_cents")],
        WORKSPACES.name: [gate.present("id")],
        API_KEYS.name: [gate.present("id")],
    }


SOURCE = Source(
    name="anthropic",
    summary="cost report, messages usage, Claude Code, workspaces, users and API keys",
    tables=(COSTS, USAGE, CLAUDE_CODE, WORKSPACES, USERS, API_KEYS),
    needs=(Need("api_key", "an Admin API key (sk-ant-admin...)"),),
    read=read,
    gate=suites,
)
