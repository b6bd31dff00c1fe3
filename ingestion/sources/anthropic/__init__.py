"""Anthropic: bill and usage by one of two kinds of report, Claude Code, and the names behind the ids.

Lands     raw_anthropic.costs: one row per day, workspace and billed line (description).
          raw_anthropic.usage: one row per day and group of the messages usage report.
          raw_anthropic.analytics_costs, analytics_usage: the same two of the Analytics API, with keys, list
          amounts and requests: a row per day, workspace, key, model, tier, context window and kind of cost.
          raw_anthropic.claude_code: one row per day, actor, terminal and model; its costs are estimates.
          raw_anthropic.workspaces, users, api_keys: one row each; what was removed stays.
Reports   the setting `reports` says which pair is read: admin (the default) or analytics. A day is billed by
          the pair that read it last, never by both.
Amounts   in cents: exact decimal text in the reports, numbers in Claude Code. Staging scales them.
Restated  for up to 30 days, so every run reads them again.
Left out  Priority Tier spend, which no report here has (its tokens are in the usage); Claude on Bedrock,
          Vertex or Foundry, which those clouds bill; RBAC groups, whose rows overlap and do not add up.
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

# An analytics query covers at most so many days, from this one on.
DAYS_A_QUERY = 31
ROWS_A_PAGE = 1000
ANALYTICS_SINCE = date(2026, 1, 1)
ANALYTICS_BETA = "analytics-usage-cost-2026-08-24"
FAST_MODE_BETA = "fast-mode-2026-02-01"

USAGE_GROUPS = (
    "account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id",
    "service_tier", "workspace_id",
)  # fmt: skip
COST_FIELDS = (
    "workspace_id", "cost_type", "description", "model", "token_type", "service_tier", "context_window",
    "inference_geo",
)  # fmt: skip
# Five are allowed, beside the kinds of cost: what is left of the bill's key is the place of inference.
ANALYTICS_GROUPS = ("workspace_id", "api_key_id", "model", "service_tier", "context_window")
COST_KINDS = ("cost_type", "token_type")

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
        **dict.fromkeys((*USAGE_GROUPS, "speed"), "text"),
        "uncached_input_tokens": "bigint",
        "cache_read_input_tokens": "bigint",
        "cache_creation_5m_input_tokens": "bigint",
        "cache_creation_1h_input_tokens": "bigint",
        "output_tokens": "bigint",
        "web_search_requests": "bigint",
    },
)
ANALYTICS_COSTS = Table(
    name="analytics_costs",
    path="analytics/cost",
    grain="day, workspace, key, model, tier, context window, cost type and token type",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=30,
    columns={
        "line_id": "text",
        **dict.fromkeys((*ANALYTICS_GROUPS, *COST_KINDS), "text"),
        "amount_cents": "text",
        "list_amount_cents": "text",
        "currency": "text",
        "refreshed_at": "text",
    },
)
ANALYTICS_USAGE = Table(
    name="analytics_usage",
    path="analytics/usage",
    grain="day, workspace, key, model, tier and context window",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=30,
    columns={
        "line_id": "text",
        **dict.fromkeys(ANALYTICS_GROUPS, "text"),
        "uncached_input_tokens": "bigint",
        "cache_read_input_tokens": "bigint",
        "cache_creation_5m_input_tokens": "bigint",
        "cache_creation_1h_input_tokens": "bigint",
        "output_tokens": "bigint",
        "web_search_requests": "bigint",
        "requests": "bigint",
        "total_tokens": "bigint",
        "refreshed_at": "text",
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
    match run.setting("reports", "admin"):
        case "admin":
            reports, tables = [costs(run), usage(run)], [COSTS, USAGE]
        case "analytics":
            reports, tables = list(analytics(run)), [ANALYTICS_COSTS, ANALYTICS_USAGE]
        case other:
            raise IngestionError(
                f'SOURCES__ANTHROPIC__REPORTS is "{other}"',
                mend="choose admin or analytics: only one of them is the bill",
                exit_code=2,
            )
    configs = [*reports, days_of_claude_code(run), claude_code(), *dimensions()]
    return rest.resources(run, client, configs, [*tables, CLAUDE_CODE])


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
    """The messages usage report. It counts tokens and searches, no requests.

    With the setting `fast_mode` it tells fast inference apart, which is in beta and priced on its own.
    """
    groups = (*USAGE_GROUPS, "speed") if run.is_on("fast_mode") else USAGE_GROUPS
    seen: set[date] = set()

    def rows(bucket: dict[str, Any]) -> Iterator[dict[str, Any]]:
        day = date.fromisoformat(bucket["starting_at"][:10])
        rest.in_window(run, USAGE, day, USAGE.path, seen)
        found = []
        for result in bucket["results"]:
            found.append(
                {
                    DAY: day,
                    **{name: result.get(name) for name in groups},
                    **counts(result),
                }
            )
        yield rest.numbered(found, of=groups, order=("output_tokens",))

    config = rest.report(USAGE, USAGE.path, asked(run, USAGE, groups), rows, has_results)
    if "speed" in groups:
        config["endpoint"]["headers"] = {"anthropic-beta": FAST_MODE_BETA}
    return config


def counts(usage: dict[str, Any]) -> dict[str, Any]:
    """What a result of either usage report counts; the classes of tokens are disjoint."""
    written = usage.get("cache_creation") or {}
    return {
        "uncached_input_tokens": usage["uncached_input_tokens"],
        "cache_read_input_tokens": usage["cache_read_input_tokens"],
        "cache_creation_5m_input_tokens": written.get("ephemeral_5m_input_tokens"),
        "cache_creation_1h_input_tokens": written.get("ephemeral_1h_input_tokens"),
        "output_tokens": usage["output_tokens"],
        "web_search_requests": (usage.get("server_tool_use") or {}).get("web_search_requests"),
    }


def analytics(run: Run) -> Iterator[Any]:
    """The two analytics reports, flat rows by day; a window longer than a query may be takes several."""
    for table in (ANALYTICS_COSTS, ANALYTICS_USAGE):
        window = run.window(table)
        if window.since < ANALYTICS_SINCE:
            raise IngestionError(
                f"the analytics reports begin with {ANALYTICS_SINCE}, {window.since} was asked for",
                where="anthropic",
                mend=f"run it with --since {ANALYTICS_SINCE}, or set reports to admin",
                exit_code=2,
            )
        calls = [
            {"start": f"{part.start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{part.end:%Y-%m-%dT%H:%M:%SZ}"}
            for part in window.parts(DAYS_A_QUERY)
        ]
        yield dlt.resource([calls], name=f"{table.name}_calls", selected=False)
        yield analytics_report(run, table)


def analytics_report(run: Run, table: Table) -> dict[str, Any]:
    """One of them. A group that comes twice would count double, so it is refused."""
    is_cost = table is ANALYTICS_COSTS
    groups = (*ANALYTICS_GROUPS, *COST_KINDS) if is_cost else ANALYTICS_GROUPS
    seen: set[tuple[Any, ...]] = set()

    def rows(page: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        by_day: dict[date, list[dict[str, Any]]] = {}
        for told in page["data"]:
            day = date.fromisoformat(told["starting_at"][:10])
            rest.in_window(run, table, day, table.path)
            group = {name: told["group"].get(name) for name in groups}
            if (day, *group.values()) in seen:
                raise IngestionError(
                    f"the reply holds a group of {day} twice: {group}", where=table.path, mend=rest.AGAIN
                )
            seen.add((day, *group.values()))
            measured = costs_of(told, day) if is_cost else usage_of(told)
            refreshed = {"refreshed_at": page.get("data_refreshed_at")}
            by_day.setdefault(day, []).append({DAY: day, **group, **measured, **refreshed})
        for found in by_day.values():
            yield rest.numbered(found, of=groups, order=())

    def costs_of(told: dict[str, Any], day: date) -> dict[str, Any]:
        cost = told["cost"]
        if "amount" not in cost:
            raise IngestionError(f"a cost of {day} has no amount", where=table.path, mend=rest.AGAIN)
        return {
            "amount_cents": landed(cost["amount"]),
            "list_amount_cents": landed(cost.get("list_amount")),
            "currency": cost.get("currency"),
        }

    def usage_of(told: dict[str, Any]) -> dict[str, Any]:
        more = {name: told["usage"].get(name) for name in ("requests", "total_tokens")}
        return {**counts(told["usage"]), **more}

    params = {
        "starting_at": f"{{resources.{table.name}_calls.start}}",
        "ending_at": f"{{resources.{table.name}_calls.end}}",
        "time_bucket_width": "1d",
        "limit": ROWS_A_PAGE,
        "group_by[]": list(groups),
        # By time, so that a restatement between two pages moves no row over their edge.
        "order_by": "time",
        "order": "asc",
    }
    config = rest.report(table, table.path, params, rows, lambda _: None, whole_pages=True)
    config["endpoint"]["headers"] = {"anthropic-beta": ANALYTICS_BETA}
    return config


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
        done = {
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
                    **done,
                    "model": used.get("model"),
                    "input_tokens": tokens.get("input"),
                    "output_tokens": tokens.get("output"),
                    "cache_read_tokens": tokens.get("cache_read"),
                    "cache_creation_tokens": tokens.get("cache_creation"),
                    "estimated_cost_cents": landed(cost.get("amount")),
                    "currency": cost.get("currency"),
                }
            )
            done = dict.fromkeys(done)
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
    counted = [name for name, kind in USAGE.columns.items() if kind == "bigint"]
    return {
        COSTS.name: [
            gate.present("amount_cents"),
            gate.number("amount_cents"),
            gate.present("currency"),
            gate.one_of("currency", ["USD"]),
        ],
        USAGE.name: [gate.not_negative(count) for count in counted],
        ANALYTICS_COSTS.name: [
            gate.present("amount_cents"),
            gate.number("amount_cents"),
            gate.number("list_amount_cents"),
            gate.present("currency"),
            gate.one_of("currency", ["USD"]),
        ],
        ANALYTICS_USAGE.name: [gate.not_negative(count) for count in (*counted, "requests")],
        CLAUDE_CODE.name: [gate.present("actor"), gate.number("estimated_cost_cents")],
        WORKSPACES.name: [gate.present("id")],
        API_KEYS.name: [gate.present("id")],
    }


SOURCE = Source(
    name="anthropic",
    summary="bill and usage (admin or analytics reports), Claude Code, workspaces, users and API keys",
    tables=(COSTS, USAGE, ANALYTICS_COSTS, ANALYTICS_USAGE, CLAUDE_CODE, WORKSPACES, USERS, API_KEYS),
    needs=(Need("api_key", "an Admin API key (sk-ant-admin...)"),),
    read=read,
    gate=suites,
)
