"""OpenRouter: what each key spent by day, model and endpoint; workspaces, keys, single generations.

Lands     raw_openrouter.activity: one row per day, workspace, key, model and endpoint. Key and user are
          filters of the report, no columns, so it is asked once per key.
          raw_openrouter.workspaces, api_keys: one row each; what was removed stays.
          raw_openrouter.generations: one row per call that `generation_ids` lists.
Amounts   dollars, as exact text. `usage_usd` is OpenRouter's own bill: the inference, or with an own key
          of the provider (BYOK) OpenRouter's fee. `byok_usage_inference_usd` is on the provider's bill.
Restated  the report is the last 30 completed days, so every run reads them all again. What is older cannot be
          read any more; a run says which days of its window that are.
Left out  analytics, budgets, fees on top-ups (the report does not have them).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.money import landed
from ingestion.common.paginators import Offset
from ingestion.common.source import DAY, Need, Source, Table
from ingestion.common.windows import Window, yesterday

if TYPE_CHECKING:
    from requests import Response

    from ingestion.common.pipeline import Run

# The report holds so many days, up to yesterday.
DAYS_KEPT = 30
LIST_LIMIT = 100

ENDPOINT = ("workspace_id", "model", "model_permaslug", "endpoint_id", "provider_name")
COUNTS = ("requests", "prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens")

ACTIVITY = Table(
    name="activity",
    path="activity",
    grain="day, workspace, API key, model and endpoint",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=DAYS_KEPT - 1,
    columns={
        "line_id": "text",
        "api_key_hash": "text",
        **dict.fromkeys(ENDPOINT, "text"),
        "usage_usd": "text",
        "byok_usage_inference_usd": "text",
        **dict.fromkeys(COUNTS, "bigint"),
    },
)
WORKSPACES = Table(
    name="workspaces",
    path="workspaces",
    grain="workspace",
    key=("id",),
    columns={"id": "text", "name": "text", "slug": "text", "created_at": "text"},
)
API_KEYS = Table(
    name="api_keys",
    path="keys",
    grain="API key, disabled ones included",
    key=("id",),
    columns={
        "id": "text",
        "name": "text",
        "label": "text",
        "workspace_id": "text",
        "creator_user_id": "text",
        "disabled": "bool",
        "created_at": "text",
    },
)
GENERATION_TEXTS = (
    "created_at", "model", "provider_name", "external_user", "session_id", "request_id", "preset_id",
    "workspace_id", "service_tier", "data_region",
)  # fmt: skip
# The provider's own counts, by which calls are billed, and those of one tokenizer for all.
GENERATION_COUNTS = (
    "native_tokens_prompt", "native_tokens_completion", "native_tokens_reasoning", "native_tokens_cached",
    "tokens_prompt", "tokens_completion",
)  # fmt: skip
GENERATION_AMOUNTS = ("total_cost", "usage", "upstream_inference_cost", "cache_discount")
GENERATIONS = Table(
    name="generations",
    path="generation",
    grain="call that generation_ids lists",
    key=("id",),
    columns={
        "id": "text",
        **dict.fromkeys(GENERATION_TEXTS, "text"),
        "is_byok": "bool",
        "cancelled": "bool",
        **dict.fromkeys(GENERATION_COUNTS, "bigint"),
        **{f"{name}_usd": "text" for name in GENERATION_AMOUNTS},
    },
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    client = {
        "base_url": run.setting("base_url", "https://openrouter.ai/api/v1"),
        "auth": {"type": "bearer", "token": run.setting("api_key")},
    }
    workspaces, api_keys, told = rest.reading(client, [*dimensions(), activity()])
    yield from (workspaces, api_keys)
    # The days that were covered are known when all keys have answered, so they come from one resource.
    yield dlt.resource(lambda: lines(run, list(told)), name=ACTIVITY.name, **ACTIVITY.hints)
    if wanted := run.setting("generation_ids"):
        yield from rest.reading(client, generations(wanted))


def is_list(reply: dict[str, Any]) -> bool:
    """Whether a reply is a list as OpenRouter sends them."""
    return isinstance(reply.get("data"), list)


def plain(table: Table) -> Any:
    """The columns of a table out of a row that spells them alike."""
    return lambda row: {name: row.get(name) for name in table.columns}


def dimensions() -> Iterator[dict[str, Any]]:
    """Workspaces, and the keys of each: asked without a workspace, the API lists the default one's only."""
    yield {
        "name": WORKSPACES.name,
        "endpoint": {
            "path": WORKSPACES.path,
            "params": {"limit": LIST_LIMIT},
            "data_selector": "data",
            "paginator": Offset("data"),
            "response_actions": rest.checked(lambda _: None, is_list),
        },
        "processing_steps": [{"map": plain(WORKSPACES)}],
        **WORKSPACES.hints,
    }
    yield {
        "name": API_KEYS.name,
        "endpoint": {
            "path": API_KEYS.path,
            "params": {"workspace_id": "{resources.workspaces.id}", "include_disabled": "true"},
            "data_selector": "data",
            "paginator": Offset("data"),
            "response_actions": rest.checked(lambda _: None, is_list),
        },
        "include_from_parent": ["id"],
        "processing_steps": [
            # `hash` is a word of its own in some warehouses' SQL.
            {"map": lambda key: key | {"id": key["hash"], "workspace_id": key["_workspaces_id"]}},
            {"map": plain(API_KEYS)},
        ],
        **API_KEYS.hints,
    }


def activity() -> dict[str, Any]:
    """The activity report of every key: all the days it has, since a call per day tells nothing more."""
    return {
        "name": ACTIVITY.name,
        "endpoint": {
            "path": ACTIVITY.path,
            "params": {"api_key_hash": "{resources.api_keys.id}", "group_by": "workspace"},
            "data_selector": "data",
            "paginator": "single_page",
            "response_actions": rest.checked(lambda _: None, is_list),
        },
        "include_from_parent": ["id"],
    }


def lines(run: Run, items: list[dict[str, Any]]) -> Iterator[Any]:
    """The rows of the report within the window, and the days of the window that the report covers."""
    found = []
    for item in items:
        missing = [name for name in ("date", "usage", "requests") if name not in item]
        if missing:
            raise IngestionError(
                f"an activity has no {missing[0]}", where=f"openrouter, {ACTIVITY.path}", mend=rest.AGAIN
            )
        found.append(
            {
                # Asked by day it is a date; a time of midnight is the same day.
                DAY: date.fromisoformat(item["date"][:10]),
                "api_key_hash": item["_api_keys_id"],
                **{name: item.get(name) for name in ENDPOINT},
                "usage_usd": landed(item["usage"]),
                "byok_usage_inference_usd": landed(item.get("byok_usage_inference")),
                **{name: item.get(name) for name in COUNTS},
            }
        )
    window = run.window(ACTIVITY)
    # By the clock, unless the report itself goes further back.
    kept_since = min([row[DAY] for row in found] + [yesterday() - timedelta(days=DAYS_KEPT - 1)])
    covered = [day for day in window.days() if day >= kept_since]
    say_what_is_gone(run, window, kept_since)
    yield rest.numbered(
        [row for row in found if row[DAY] in window],
        of=(DAY, "api_key_hash", *ENDPOINT),
        order=("usage_usd", *COUNTS),
    )
    yield from run.covered(ACTIVITY, covered)


def say_what_is_gone(run: Run, window: Window, kept_since: date) -> None:
    """Tell which days of the window OpenRouter does not report any more.

    Raises IngestionError where that is all of them.
    """
    if window.since >= kept_since:
        return
    until = min(window.until, kept_since - timedelta(days=1))
    if until == window.until:
        raise IngestionError(
            f"nothing of {window} can be read: OpenRouter reports the last {DAYS_KEPT} completed days",
            where=run.source.name,
            mend=f"ask for days from {kept_since} on",
        )
    loaded = run.loaded_until.get(ACTIVITY.name)
    if loaded and loaded < until:
        gap = Window(loaded + timedelta(days=1), until)
        print(
            f"  openrouter: warning: {gap} was never loaded and is gone: the API reports the last "
            f"{DAYS_KEPT} completed days; compare the month with OpenRouter's own page, and run it every "
            "4 weeks at least",
            flush=True,
        )
    else:
        print(
            f"  openrouter: {window.since} to {until} cannot be read, the API reports the last {DAYS_KEPT} "
            "completed days; what is loaded of them stays",
            flush=True,
        )


def generations(wanted: str | list[str]) -> list[Any]:
    """Single calls by their id: one request each."""
    ids = json.loads(wanted) if isinstance(wanted, str) else wanted
    calls = dlt.resource([[{"id": name} for name in ids]], name="generation_calls", selected=False)

    def known(response: Response, *_: Any, **__: Any) -> Response:
        if response.status_code == 404:
            raise IngestionError(
                f"OpenRouter does not know {response.url.split('?')[1]} (yet)",
                where="openrouter, generation",
                mend="a call can be asked for some minutes after it ended; else take it off generation_ids",
            )
        return response

    def row(call: dict[str, Any]) -> dict[str, Any]:
        return {
            **{name: call.get(name) for name in GENERATIONS.columns if name in call},
            **{f"{name}_usd": landed(call.get(name)) for name in GENERATION_AMOUNTS},
        }

    def is_call(reply: dict[str, Any]) -> bool:
        return isinstance(reply.get("data"), dict)

    config = {
        "name": GENERATIONS.name,
        "endpoint": {
            "path": GENERATIONS.path,
            "params": {"id": "{resources.generation_calls.id}"},
            "data_selector": "data",
            "paginator": "single_page",
            "response_actions": [known, *rest.checked(lambda _: None, is_call)],
        },
        "processing_steps": [{"map": row}],
        **GENERATIONS.hints,
    }
    return [calls, config]


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        ACTIVITY.name: [
            gate.present("usage_usd"),
            gate.number("usage_usd"),
            gate.number("byok_usage_inference_usd"),
            gate.present("model"),
            *(gate.not_negative(count) for count in COUNTS),
        ],
        WORKSPACES.name: [gate.present("id")],
        API_KEYS.name: [gate.present("id")],
        GENERATIONS.name: [gate.present("id"), gate.number("total_cost_usd")],
    }


SOURCE = Source(
    name="openrouter",
    summary="activity by key, workspaces and API keys, generations by id",
    tables=(ACTIVITY, WORKSPACES, API_KEYS, GENERATIONS),
    needs=(Need("api_key", "a management key (normal keys are refused)"),),
    read=read,
    gate=suites,
)
