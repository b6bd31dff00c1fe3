"""LiteLLM proxy: its spend logs, keys, teams and budgets, out of its PostgreSQL.

Lands     raw_litellm.spend_logs: one row per call attempt, with the token details out of its metadata.
          raw_litellm.daily_team_spend: LiteLLM's own sums by day, team, key, model and endpoint.
          raw_litellm.keys, teams, budgets: one row each; what was removed stays.
Amounts   in USD, exact text of the database's doubles. Estimates of LiteLLM's price map; no bill.
Restated  rows are final but written late: the last two days are read again. LiteLLM purges old logs; days
          that it no longer has in full keep what was loaded.
Left out  prompts and answers; DailyTagSpend (a call stands there once per tag); users, organizations, MCP
          servers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ingestion.common import databases, gate, label_choice
from ingestion.common.errors import IngestionError
from ingestion.common.source import DAY, Need, Source, Table
from ingestion.common.windows import Window

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

COUNTS = (
    "prompt_tokens", "completion_tokens", "total_tokens", "cache_read_tokens", "cache_creation_tokens",
    "cache_creation_5m_tokens", "cache_creation_30m_tokens", "cache_creation_1h_tokens",
    "cache_creation_12h_tokens", "input_audio_tokens", "cached_audio_tokens", "output_audio_tokens",
    "reasoning_tokens", "web_search_requests", "attempted_retries", "attempted_fallbacks",
)  # fmt: skip

SPEND_LOGS = Table(
    name="spend_logs",
    path="LiteLLM_SpendLogs",
    grain="call attempt",
    key=("request_id",),
    replaced_by=(DAY,),
    restated_days=2,
    arrow=True,
    columns={
        "request_id": "text",
        "litellm_call_id": "text",
        "session_id": "text",
        "call_type": "text",
        "status": "text",
        "cache_hit": "text",
        "started_at": "timestamp",
        "api_key": "text",
        "api_key_alias": "text",
        "team_id": "text",
        "team_alias": "text",
        "organization_id": "text",
        "user_id": "text",
        "user_email": "text",
        "end_user": "text",
        "agent_id": "text",
        "agent_name": "text",
        "mcp_tool": "text",
        "model": "text",
        "model_group": "text",
        "original_model_group": "text",
        "custom_llm_provider": "text",
        "service_tier": "text",
        "internal_call_origin": "text",
        "azure_spillover_from": "text",
        "billed_retry_attempt": "bool",
        "request_tags": "text",
        "spend_logs_metadata": "text",
        "labels": "text",
        **dict.fromkeys(COUNTS, "bigint"),
        "spend_usd": "text",
    },
)
DAILY_TEAM_SPEND = Table(
    name="daily_team_spend",
    path="LiteLLM_DailyTeamSpend",
    grain="day, team, key, model, provider, MCP tool and endpoint, as LiteLLM sums it",
    key=("id",),
    replaced_by=(DAY,),
    restated_days=2,
    arrow=True,
    columns={
        "id": "text",
        "team_id": "text",
        "api_key": "text",
        "model": "text",
        "custom_llm_provider": "text",
        "endpoint": "text",
        **dict.fromkeys(
            (
                "prompt_tokens", "completion_tokens", "cache_read_input_tokens",
                "cache_creation_input_tokens", "api_requests", "successful_requests", "failed_requests",
            ),
            "bigint",
        ),
        "spend_usd": "text",
        "ptu_flat_cost_usd": "text",
    },
)  # fmt: skip
KEYS = Table(
    name="keys",
    path="LiteLLM_VerificationToken",
    grain="virtual key",
    key=("token",),
    arrow=True,
    columns={
        **dict.fromkeys(("token", "key_alias", "team_id", "user_id", "project_id", "budget_id"), "text"),
        "max_budget_usd": "text",
        "budget_duration": "text",
        "running_spend_usd": "text",
    },
)
TEAMS = Table(
    name="teams",
    path="LiteLLM_TeamTable",
    grain="team",
    key=("team_id",),
    arrow=True,
    columns={
        **dict.fromkeys(("team_id", "team_alias", "organization_id"), "text"),
        "max_budget_usd": "text",
        "budget_duration": "text",
        "running_spend_usd": "text",
    },
)
BUDGETS = Table(
    name="budgets",
    path="LiteLLM_BudgetTable",
    grain="budget that keys, users or tags share",
    key=("budget_id",),
    arrow=True,
    columns={
        "budget_id": "text",
        "max_budget_usd": "text",
        "soft_budget_usd": "text",
        "budget_duration": "text",
        "budget_reset_at": "timestamp",
    },
)
# A proxy without these never served a call.
NEEDED = (SPEND_LOGS, KEYS, TEAMS, BUDGETS)


def as_object(column: str) -> str:
    """A JSON column as an object: some versions store its text as a JSON string."""
    return (
        f"(case jsonb_typeof(\"{column}\") when 'string' then (\"{column}\" #>> '{{}}')::jsonb "
        f'else "{column}" end)'
    )


METADATA = as_object("metadata")
# What the provider said it used; versions before usage_object kept only what is not one of OpenAI's counts.
USAGE = f"coalesce(nullif({METADATA} -> 'usage_object', 'null'), {METADATA} -> 'additional_usage_values')"
FURTHER = f"({METADATA} -> 'additional_usage_values')"


def told(*paths: str) -> tuple[str, tuple[str, ...]]:
    """The first of these members that the usage has."""
    members = [f"{USAGE} #>> '{{{path}}}'" for path in paths] + [
        f"{FURTHER} #>> '{{{path}}}'" for path in paths
    ]
    return f"cast(coalesce({', '.join(members)}) as numeric)", ("metadata",)


def said(member: str) -> tuple[str, tuple[str, ...]]:
    """A member of the metadata as text; blank is absent."""
    return f"nullif({METADATA} ->> '{member}', '')", ("metadata",)


def own(column: str) -> tuple[str, tuple[str, ...]]:
    """A column as it is; blank is absent."""
    return f"nullif(\"{column}\"::text, '')", (column,)


def plain(column: str) -> tuple[str, tuple[str, ...]]:
    """A number or time as it is."""
    return f'"{column}"', (column,)


_WRITTEN = "prompt_tokens_details,cache_creation_token_details"
_SPEND_LOGS: databases.Columns = {
    DAY: plain("startTime"),
    "started_at": plain("startTime"),
    **{
        name: own(name)
        for name in (
            "request_id", "litellm_call_id", "session_id", "call_type", "status", "cache_hit", "api_key",
            "team_id", "organization_id", "end_user", "agent_id", "model", "model_group",
            "custom_llm_provider",
        )
    },
    "user_id": own("user"),
    "mcp_tool": own("mcp_namespaced_tool_name"),
    "api_key_alias": said("user_api_key_alias"),
    "team_alias": said("user_api_key_team_alias"),
    "user_email": said("user_api_key_user_email"),
    "original_model_group": said("original_model_group"),
    "internal_call_origin": said("internal_call_origin"),
    "billed_retry_attempt": said("billed_retry_attempt"),
    "attempted_retries": said("attempted_retries"),
    "attempted_fallbacks": said("attempted_fallbacks"),
    "azure_spillover_from": (f"{METADATA} #>> '{{azure_spillover,from_deployment}}'", ("metadata",)),
    "service_tier": (f"nullif({USAGE} ->> 'service_tier', '')", ("metadata",)),
    "request_tags": (f"{as_object('request_tags')}::text", ("request_tags",)),
    "spend_logs_metadata": (f"nullif({METADATA} -> 'spend_logs_metadata', 'null')::text", ("metadata",)),
    "prompt_tokens": plain("prompt_tokens"),
    "completion_tokens": plain("completion_tokens"),
    "total_tokens": plain("total_tokens"),
    "cache_read_tokens": told("cache_read_input_tokens", "prompt_tokens_details,cached_tokens"),
    "cache_creation_tokens": told(
        "cache_creation_input_tokens",
        "prompt_tokens_details,cache_write_tokens",
        "prompt_tokens_details,cache_creation_tokens",
    ),
    **{
        f"cache_creation_{lives}_tokens": told(f"{_WRITTEN},ephemeral_{lives}_input_tokens")
        for lives in ("5m", "30m", "1h", "12h")
    },
    "input_audio_tokens": told("prompt_tokens_details,audio_tokens"),
    "cached_audio_tokens": told("prompt_tokens_details,cached_tokens_details,audio_tokens"),
    "output_audio_tokens": told("completion_tokens_details,audio_tokens"),
    "reasoning_tokens": told("completion_tokens_details,reasoning_tokens"),
    "web_search_requests": told("server_tool_use,web_search_requests"),
    # PostgreSQL writes the shortest text that gives the same double.
    "spend_usd": own("spend"),
}  # fmt: skip
_DAILY_TEAM_SPEND: databases.Columns = {
    DAY: own("date"),
    **{name: own(name) for name, kind in DAILY_TEAM_SPEND.columns.items() if kind == "text"},
    **{name: plain(name) for name, kind in DAILY_TEAM_SPEND.columns.items() if kind == "bigint"},
    "spend_usd": own("spend"),
    "ptu_flat_cost_usd": own("ptu_flat_cost"),
}


def dimension(table: Table) -> databases.Columns:
    """The columns of a table of names and budgets; `spend` starts again whenever a budget does."""
    theirs = {name: own(name.removesuffix("_usd")) for name in table.columns}
    theirs["running_spend_usd"] = own("spend")
    return theirs | {name: plain(name) for name, kind in table.columns.items() if kind == "timestamp"}


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    engine, schema = databases.postgres(run), run.setting("schema")
    there = databases.tables_of(run, engine, schema)
    if absent := [table.path for table in NEEDED if table.path not in there]:
        raise IngestionError(
            f"there is no {', '.join(absent)} in this database",
            where=f"litellm, {engine.url.database}",
            mend="give the database of the proxy, and its schema where it is not public",
            exit_code=2,
        )
    try:
        yield from logs(run, engine, schema, there)
    except DBAPIError as error:
        raise databases.refused(run, engine, error) from error
    if DAILY_TEAM_SPEND.path in there:
        window = run.window(DAILY_TEAM_SPEND)
        yield databases.resource(
            run, engine, DAILY_TEAM_SPEND, _DAILY_TEAM_SPEND, schema=schema,
            where=lambda table: table.c.date.between(window.since.isoformat(), window.until.isoformat()),
        )  # fmt: skip
        yield days(run, DAILY_TEAM_SPEND, window.days())
    else:
        print(f"  litellm: left out, this version has no {DAILY_TEAM_SPEND.path}", flush=True)
    for table in (KEYS, TEAMS, BUDGETS):
        yield databases.resource(run, engine, table, dimension(table), schema=schema)


def logs(run: Run, engine: sa.Engine, schema: str | None, there: set[str]) -> Iterator[Any]:
    """The spend logs of the window, as far as LiteLLM still has them, and the days they cover."""
    covered = run.replaced[SPEND_LOGS.name] = kept(run, engine, schema)
    if not covered:
        return
    start, end = covered.start.replace(tzinfo=None), covered.end.replace(tzinfo=None)
    columns = dict(_SPEND_LOGS)
    if "LiteLLM_AgentsTable" in there:
        agents = sa.Table("LiteLLM_AgentsTable", sa.MetaData(schema=schema))
        name = engine.dialect.identifier_preparer.format_table(agents)
        columns["agent_name"] = (
            f"(select agents.agent_name from {name} as agents "
            f'where agents.agent_id = "{SPEND_LOGS.path}".agent_id)',
            ("agent_id",),
        )
    found = databases.resource(
        run, engine, SPEND_LOGS, columns, schema=schema,
        where=lambda table: sa.and_(table.c.startTime >= start, table.c.startTime < end),
    )  # fmt: skip
    names = label_choice.chosen(run)
    found.add_map(lambda batch: labelled(batch, names))
    yield found
    yield days(run, SPEND_LOGS, covered.days())


def days(run: Run, table: Table, covered: Any) -> Any:
    """The resource that marks the days that a table's resource covers."""
    return dlt.resource(
        run.covered(table, covered), name=f"{table.name}_days", table_name=table.name, **table.hints
    )


def kept(run: Run, engine: sa.Engine, schema: str | None) -> Window | None:
    """The days of the window that the logs still hold in full, and those that were never loaded.

    LiteLLM can be told to purge old logs, or to write none. What is gone there is not gone from the bill, so
    a day that was purged since keeps the rows that were loaded.
    """
    window = run.window(SPEND_LOGS)
    table = sa.Table(
        SPEND_LOGS.path,
        sa.MetaData(schema=schema),
        sa.Column("startTime", sa.DateTime),
        sa.Column("request_id"),
    )
    with engine.connect() as connection:
        oldest: Any = connection.execute(sa.select(sa.func.min(table.c.startTime))).scalar()
        if oldest is None:
            print("  litellm: warning, the spend logs are empty; is disable_spend_logs set?", flush=True)
            return None
        first = oldest.date()
        if first < window.since:
            return window
        on_first = sa.func.date(table.c.startTime) == first
        rows = connection.execute(sa.select(sa.func.count()).select_from(table).where(on_first)).scalar() or 0
    held: dict[date, int] = dict(
        run.loaded(SPEND_LOGS.name, (DAY, "count(*)"), f"where {DAY} <= '{first}' group by 1")
    )
    # The oldest day may be half purged.
    since = first if held.get(first, 0) <= rows else date.fromordinal(first.toordinal() + 1)
    if not any(window.since <= day < since for day in held):
        return window
    print(f"  litellm: the logs begin on {first}; earlier days keep what was loaded", flush=True)
    return Window(since, window.until) if since <= window.until else None


def labelled(batch: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """The batch with its labels: the caller's own, then the tags', then what the key and the agent tell."""
    sources = ("spend_logs_metadata", "request_tags", "team_alias", "end_user", "agent_name", "agent_id")
    rows = zip(*(batch[name].to_pylist() for name in sources), strict=True)
    texts = pa.array([label_text(names, *row) for row in rows], pa.string())
    return batch.set_column(batch.column_names.index("labels"), "labels", texts)


@lru_cache(maxsize=10_000)
def label_text(
    names: tuple[str, ...],
    metadata: str | None,
    tags: str | None,
    team: str | None,
    end_user: str | None,
    agent_name: str | None,
    agent_id: str | None,
) -> str | None:
    """The labels of a call as JSON text. What the caller says goes before what LiteLLM knows of the key."""
    theirs = json.loads(metadata) if metadata else {}
    listed = json.loads(tags) if tags else []
    known = {"team": team, "customer": end_user, "agent": agent_name or agent_id}
    found = {name: value for name, value in known.items() if value}
    found |= label_choice.of_tags(listed if isinstance(listed, list) else [])
    found |= {k: v for k, v in theirs.items() if v not in (None, "")} if isinstance(theirs, dict) else {}
    return label_choice.as_text(found, names)


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        SPEND_LOGS.name: [
            gate.present("request_id"),
            gate.present("call_type"),
            gate.present("spend_usd"),
            gate.number("spend_usd"),
            *(gate.not_negative(name) for name in COUNTS),
        ],
        DAILY_TEAM_SPEND.name: [gate.number("spend_usd"), gate.number("ptu_flat_cost_usd")],
        KEYS.name: [gate.present("token")],
        TEAMS.name: [gate.present("team_id")],
        BUDGETS.name: [gate.present("budget_id")],
    }


SOURCE = Source(
    name="litellm",
    summary="spend logs, keys, teams and budgets of a LiteLLM proxy, out of its PostgreSQL",
    tables=(SPEND_LOGS, DAILY_TEAM_SPEND, KEYS, TEAMS, BUDGETS),
    needs=(
        Need("credentials", "the URL of the proxy's PostgreSQL (postgresql://reader:PASSWORD@host/litellm)"),
    ),
    read=read,
    gate=suites,
)
