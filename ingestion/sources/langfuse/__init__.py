"""Langfuse: observations of a project (v2), what they used by kind of token, and the project's name.

Lands     raw_langfuse.observations: one row per observation, spans and events included, since they tell which
          call lies within which.
          raw_langfuse.usage_details: one row per observation and usage key. Keys are open; `total` is one.
          raw_langfuse.projects: the project that the key belongs to.
Amounts   `cost_usd`, `total_cost_usd` are Langfuse's estimates, as exact text; nothing here is a bill.
Labels    metadata, tags written key:value, and the environment, in this order, as `labels`.
Restated  observations are completed and corrected later, so the last 7 days are read again.
Left out  input and output, the metadata itself (it can hold anything), end users, scores, prompts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import gate, rest
from ingestion.common.labels import call_labels
from ingestion.common.money import landed
from ingestion.common.paginators import Opaque
from ingestion.common.records import arrow_of
from ingestion.common.source import DAY, Need, Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

ROWS_A_PAGE = 1000
# Without usage among them there is neither usage nor cost: core and basic are all that is sent unasked.
FIELDS = "core,basic,time,metadata,model,usage,trace_context"
# Longer texts are cut unless the key is named.
WHOLE_METADATA = "feature,team,environment,customer,agent,business_process"
# Where SDKs and frameworks write which provider they called.
PROVIDER_KEYS = ("provider", "ls_provider", "gen_ai.provider.name", "gen_ai.system")
NO_ENVIRONMENT = "default"

TEXTS = {
    "id": "id",
    "trace_id": "traceId",
    "parent_observation_id": "parentObservationId",
    "project_id": "projectId",
    "type": "type",
    "name": "name",
    "level": "level",
    "environment": "environment",
    "session_id": "sessionId",
    "trace_name": "traceName",
    "model": "providedModelName",
    "start_time": "startTime",
    "end_time": "endTime",
    "updated_at": "updatedAt",
}

OBSERVATIONS = Table(
    name="observations",
    path="v2/observations",
    grain="observation",
    key=("id",),
    replaced_by=(DAY,),
    restated_days=7,
    arrow=True,
    columns={
        **dict.fromkeys(TEXTS, "text"),
        "provider": "text",
        "service_tier": "text",
        "labels": "text",
        "total_cost_usd": "text",
    },
)
USAGE_DETAILS = Table(
    name="usage_details",
    path="v2/observations",
    grain="observation and usage key",
    key=("observation_id", "usage_key"),
    replaced_by=(DAY,),
    restated_days=7,
    arrow=True,
    columns={"observation_id": "text", "usage_key": "text", "quantity": "bigint", "cost_usd": "text"},
)
PROJECTS = Table(
    name="projects",
    path="projects",
    grain="project",
    key=("id",),
    columns={"id": "text", "name": "text"},
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    client = {
        "base_url": run.setting("base_url", "https://cloud.langfuse.com/api/public"),
        "auth": {
            "type": "http_basic",
            "username": run.setting("public_key"),
            "password": run.setting("secret_key"),
        },
    }
    pages, projects = rest.reading(client, [observations(run), names()])
    yield projects
    for table, rows_of in ((OBSERVATIONS, observation_rows), (USAGE_DETAILS, detail_rows)):
        yield dlt.transformer(in_arrow(run, table, rows_of), data_from=pages, name=table.name, **table.hints)
        yield rest.days_read(run, table, run.window(table).days())


def is_page(reply: dict[str, Any]) -> bool:
    """Whether a reply is a page of observations; no cursor is its end, so `meta` must be there."""
    return isinstance(reply.get("data"), list) and isinstance(reply.get("meta"), dict)


def observations(run: Run) -> dict[str, Any]:
    """All observations that started in the window."""
    window = run.window(OBSERVATIONS)
    return {
        "name": "observation_pages",
        "endpoint": {
            "path": OBSERVATIONS.path,
            "params": {
                "fields": FIELDS,
                "expandMetadata": WHOLE_METADATA,
                "fromStartTime": f"{window.start:%Y-%m-%dT%H:%M:%SZ}",
                "toStartTime": f"{window.end:%Y-%m-%dT%H:%M:%SZ}",
                "limit": ROWS_A_PAGE,
            },
            "data_selector": "data",
            "paginator": Opaque(),
            "response_actions": rest.checked(lambda _: None, is_page),
        },
    }


def names() -> dict[str, Any]:
    """The name of the project; keys belong to one."""
    return {
        "name": PROJECTS.name,
        "endpoint": {
            "path": PROJECTS.path,
            "data_selector": "data",
            "paginator": "single_page",
            "response_actions": rest.checked(
                lambda _: None, lambda reply: isinstance(reply.get("data"), list)
            ),
        },
        "processing_steps": [{"map": lambda row: {name: row.get(name) for name in PROJECTS.columns}}],
        **PROJECTS.hints,
    }


def in_arrow(run: Run, table: Table, rows_of: Any) -> Any:
    """What turns a page into rows of a table."""

    where = f"{run.source.name}, {table.path}"

    def rows_of_item(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
        day = date.fromisoformat(item["startTime"][:10])
        rest.in_window(run, table, day, where)
        yield from ({DAY: day, **row} for row in rows_of(item))

    def rows(page: list[dict[str, Any]]) -> Any:
        promised = rest.as_promised(rows_of_item, where)
        return arrow_of(table, [row for item in page for row in promised(item)])

    return rows


def observation_rows(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An observation by itself."""
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    tags = dict(tag.split(":", 1) for tag in item.get("tags") or [] if ":" in tag)
    environment = item.get("environment")
    provider = next((metadata[key] for key in PROVIDER_KEYS if isinstance(metadata.get(key), str)), None)
    parameters = item.get("modelParameters")
    tier = parameters.get("service_tier") if isinstance(parameters, dict) else None
    written = {key: value for key, value in metadata.items() if key not in PROVIDER_KEYS}
    yield {
        **{column: item.get(name) for column, name in TEXTS.items()},
        "provider": provider,
        "service_tier": tier if isinstance(tier, str) else None,
        # The environment of Langfuse is `default` where nobody set one.
        "labels": call_labels(
            written, tags, {"environment": environment if environment != NO_ENVIRONMENT else None}
        ),
        "total_cost_usd": landed(item.get("totalCost")),
    }


def detail_rows(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What an observation used, by the keys that whoever logged it chose."""
    used, costs = item.get("usageDetails") or {}, item.get("costDetails") or {}
    for key in dict.fromkeys([*used, *costs]):
        yield {
            "observation_id": item["id"],
            "usage_key": key,
            "quantity": used.get(key),
            "cost_usd": landed(costs.get(key)),
        }


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        OBSERVATIONS.name: [
            gate.present("id"),
            gate.present("type"),
            gate.utc_time("start_time"),
            gate.number("total_cost_usd"),
        ],
        USAGE_DETAILS.name: [gate.not_negative("quantity"), gate.number("cost_usd")],
        PROJECTS.name: [gate.present("id")],
    }


SOURCE = Source(
    name="langfuse",
    summary="observations of a project with what they used, and its name",
    tables=(OBSERVATIONS, USAGE_DETAILS, PROJECTS),
    needs=(
        Need("public_key", "the project's public key (pk-lf-...)"),
        Need("secret_key", "the project's secret key (sk-lf-...)"),
    ),
    read=read,
    gate=suites,
)
