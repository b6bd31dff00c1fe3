"""OpenAI: organization costs, all usage reports, and the names of projects, users and keys.

Lands     raw_openai.costs: one row per day, project, key and line item.
          raw_openai.usage: one row per day, usage report and group, the measures of all reports side by side.
          raw_openai.projects, users, api_keys: one row each; what was removed stays, its costs are history.
          raw_openai.spend_limits: one row for the organization and each project that has a limit now.
Amounts   in major units (dollars), as exact text; the API sends numbers or numeric strings. Limits in cents.
Restated  nothing is promised; the last 3 days are read again by every run, a month at its close by --since.
Settings  by_user groups costs by member too, by_source costs and usage by what called (agents_api). Where
          the API refuses that for costs (by organization and range), they come without, and the run says so.
Left out  ChatGPT Enterprise and Codex, which report credits, not money.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import gate, rest
from ingestion.common.errors import IngestionError
from ingestion.common.money import landed
from ingestion.common.source import DAY, Need, Source, Table

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

# The most days a page may hold.
COST_DAYS_A_PAGE = 180
USAGE_DAYS_A_PAGE = 31

KEYS = ("project_id", "user_id", "api_key_id")

# Report -> the object its results must be, and what it can be grouped by. All paths share one response
# schema, so a result of another report can only be told by its object.
USAGE_REPORTS = {
    "completions": ("completions", (*KEYS, "model", "batch", "service_tier")),
    "decisions": ("decisions", (*KEYS, "model", "batch", "service_tier")),
    "embeddings": ("embeddings", (*KEYS, "model")),
    "moderations": ("moderations", (*KEYS, "model")),
    "images": ("images", (*KEYS, "model", "size", "source")),
    "audio_speeches": ("audio_speeches", (*KEYS, "model")),
    "audio_transcriptions": ("audio_transcriptions", (*KEYS, "model")),
    "vector_stores": ("vector_stores", ("project_id",)),
    "code_interpreter_sessions": ("code_interpreter_sessions", ("project_id",)),
    "file_search_calls": ("file_searches", (*KEYS, "vector_store_id")),
    "web_search_calls": ("web_searches", (*KEYS, "model", "context_level")),
}
# Reports that are newer than others: an API that does not know them yet answers 404.
NEWER_REPORTS = ("decisions",)
# Reports that can be grouped by what called.
REPORTS_BY_SOURCE = ("completions", "decisions", "web_search_calls")
DIMENSIONS = (
    *KEYS, "model", "service_tier", "size", "source", "vector_store_id", "context_level", "api_source",
)  # fmt: skip
MEASURES = (
    "num_model_requests", "input_tokens", "input_uncached_tokens", "input_cached_tokens",
    "input_cache_write_tokens", "input_cache_write_30m_tokens", "input_cache_write_12h_tokens",
    "output_tokens", "input_text_tokens", "output_text_tokens",
    "input_cached_text_tokens", "input_audio_tokens", "input_cached_audio_tokens", "output_audio_tokens",
    "input_image_tokens", "input_cached_image_tokens", "output_image_tokens", "images", "characters",
    "seconds", "usage_bytes", "num_sessions", "num_requests",
)  # fmt: skip

COSTS = Table(
    name="costs",
    path="organization/costs",
    grain="day, project, API key and line item",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns={
        "line_id": "text",
        "project_id": "text",
        "user_id": "text",
        "api_key_id": "text",
        "api_source": "text",
        "line_item": "text",
        "amount": "text",
        "currency": "text",
        "quantity": "text",
        "quantity_unit": "text",
    },
)
USAGE = Table(
    name="usage",
    path="organization/usage/*",
    grain="day, usage report and group (project, user, key, model and what else it can be grouped by)",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=3,
    columns={
        "line_id": "text",
        "report": "text",
        **dict.fromkeys(DIMENSIONS, "text"),
        "batch": "bool",
        **dict.fromkeys(MEASURES, "bigint"),
    },
)
PROJECTS = Table(
    name="projects",
    path="organization/projects",
    grain="project, archived ones included",
    key=("id",),
    columns={"id": "text", "name": "text", "status": "text", "created_at": "bigint", "archived_at": "bigint"},
)
USERS = Table(
    name="users",
    path="organization/users",
    grain="member of the organization",
    key=("id",),
    columns={"id": "text", "name": "text", "email": "text", "role": "text", "added_at": "bigint"},
)
API_KEYS = Table(
    name="api_keys",
    path="organization/projects/{resources.projects.id}/api_keys",
    grain="API key of a project",
    key=("id",),
    columns={
        "id": "text",
        "project_id": "text",
        "name": "text",
        "redacted_value": "text",
        "created_at": "bigint",
        "owner_type": "text",
        "owner_id": "text",
    },
)
SPEND_LIMITS = Table(
    name="spend_limits",
    path="organization/spend_limit",
    grain="organization or project that has a limit on its spend",
    key=("id",),
    columns={
        "id": "text",
        "project_id": "text",
        "threshold_cents": "bigint",
        "currency": "text",
        "limit_interval": "text",
        "enforcement": "text",
    },
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    client = {
        "base_url": run.setting("base_url", "https://api.openai.com/v1"),
        "auth": {"type": "bearer", "token": run.setting("api_key")},
    }
    return rest.resources(
        run, client, [costs(run, client), *usage(run, client), *dimensions(), *spend_limits()]
    )


def asked(run: Run, table: Table, limit: int, group_by: tuple[str, ...]) -> dict[str, Any]:
    """The parameters of a report; arrays as repeated keys, which the API's own document means."""
    window = run.window(table)
    return {
        "start_time": int(window.start.timestamp()),
        "end_time": int(window.end.timestamp()),
        "bucket_width": "1d",
        "limit": limit,
        "group_by": list(group_by),
    }


def results_are(kind: str) -> Any:
    """A check that every result of a page is of this report."""

    def check(page: dict[str, Any]) -> str | None:
        if page.get("object") != "page":
            return f'the reply is a "{page.get("object")}", not a page'
        for bucket in page["data"]:
            if not isinstance(bucket.get("results"), list):
                return "a bucket has no results"
            for result in bucket["results"]:
                if result.get("object") != kind:
                    return f'a result is a "{result.get("object")}", not a "{kind}"'
        return None

    return check


def day_of(bucket: dict[str, Any]) -> date:
    """The UTC day of a bucket."""
    return datetime.fromtimestamp(bucket["start_time"], UTC).date()


def groups_of_costs(run: Run, client: dict[str, Any]) -> tuple[str, ...]:
    """What costs are grouped by: as finely as was asked for and as the API allows together."""
    base = ("project_id", "api_key_id", "line_item")
    settings = {"user_id": "by_user", "api_source": "by_source"}
    more = [name for name, setting in settings.items() if run.is_on(setting)]
    for wanted in (more, more[1:], []):
        by = (*base, *wanted)
        if not wanted or rest.status_of(client, COSTS.path, asked(run, COSTS, 1, by)) != 400:
            break
        print(f"  openai: costs cannot be grouped by {' and '.join(wanted)} here: 400", flush=True)
    return by


def costs(run: Run, client: dict[str, Any]) -> dict[str, Any]:
    """The costs report, grouped as finely as the API allows together."""
    by = groups_of_costs(run, client)
    seen: set[date] = set()

    def rows(bucket: dict[str, Any]) -> Iterator[dict[str, Any]]:
        day = day_of(bucket)
        rest.in_window(run, COSTS, day, COSTS.path, seen)
        found = []
        for result in bucket["results"]:
            amount = result.get("amount")
            if not isinstance(amount, dict) or "value" not in amount:
                raise IngestionError(
                    f"a cost of {day} has no amount", where=f"openai, {COSTS.path}", mend=rest.AGAIN
                )
            found.append(
                {
                    DAY: day,
                    **{name: result.get(name) for name in by},
                    "amount": landed(amount["value"]),
                    "currency": amount.get("currency"),
                    "quantity": landed(result.get("quantity")),
                    "quantity_unit": result.get("quantity_unit"),
                }
            )
        yield rest.numbered(found, of=by, order=("amount", "quantity"))

    return rest.report(
        COSTS,
        COSTS.path,
        asked(run, COSTS, COST_DAYS_A_PAGE, by),
        rows,
        results_are("organization.costs.result"),
    )


def usage(run: Run, client: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All usage reports, into one table."""

    def rows_of(report: str, by: tuple[str, ...]) -> Any:
        seen: set[date] = set()

        def rows(bucket: dict[str, Any]) -> Iterator[dict[str, Any]]:
            day = day_of(bucket)
            rest.in_window(run, USAGE, day, report, seen)
            found = [
                {
                    DAY: day,
                    "report": report,
                    **{name: result.get(name) for name in by},
                    **{name: result[name] for name in MEASURES if name in result},
                }
                for result in bucket["results"]
            ]
            yield rest.numbered(found, of=("report", *by), order=MEASURES)

        return rows

    for report, (kind, by) in USAGE_REPORTS.items():
        path = f"organization/usage/{report}"
        if run.is_on("by_source") and report in REPORTS_BY_SOURCE:
            by = (*by, "api_source")
        if report in NEWER_REPORTS and rest.status_of(client, path, asked(run, USAGE, 1, ())) == 404:
            print(f"  openai: {path} is not there (the API answered 404); left out", flush=True)
            continue
        yield rest.report(
            USAGE,
            path,
            asked(run, USAGE, USAGE_DAYS_A_PAGE, by),
            rows_of(report, by),
            results_are(f"organization.usage.{kind}.result"),
            name=f"usage_{report}",
        )


def dimensions() -> Iterator[dict[str, Any]]:
    """Names. Without the archived projects history would lose its own."""

    def plain(table: Table) -> Any:
        return lambda row: {name: row.get(name) for name in table.columns}

    def api_key(row: dict[str, Any]) -> dict[str, Any]:
        owner = row.get("owner") or {}
        kind = owner.get("type")
        return {
            **plain(API_KEYS)(row),
            "project_id": row["_projects_id"],
            "owner_type": kind,
            "owner_id": (owner.get(kind) or {}).get("id") if kind else None,
        }

    def user(row: dict[str, Any]) -> dict[str, Any]:
        # Some replies nest the member's own fields.
        return plain(USERS)({**(row.get("user") or {}), **{k: v for k, v in row.items() if v is not None}})

    everything = {"limit": 100, "include_archived": "true"}
    yield rest.listing(PROJECTS, PROJECTS.path, everything, "after", plain(PROJECTS))
    yield rest.listing(USERS, USERS.path, {"limit": 100}, "after", user)
    keys = rest.listing(API_KEYS, API_KEYS.path, {"limit": 100}, "after", api_key)
    yield {**keys, "include_from_parent": ["id"]}


def spend_limits() -> Iterator[Any]:
    """The limits on a month's spend; who has none answers 404."""

    def limit(row: dict[str, Any]) -> dict[str, Any]:
        project = row.get("_projects_id")
        return {
            "id": project or "organization",
            "project_id": project,
            "threshold_cents": row["threshold_amount"],
            "currency": row.get("currency"),
            "limit_interval": row.get("interval"),
            "enforcement": (row.get("enforcement") or {}).get("status"),
        }

    # A limit that was lifted is none: the table is made anew, empty if nobody has one.
    hints = {**SPEND_LIMITS.hints, "write_disposition": "replace"}
    yield dlt.resource(
        [dlt.mark.materialize_table_schema()], name="no_limits", table_name=SPEND_LIMITS.name, **hints
    )

    def config(name: str, path: str) -> dict[str, Any]:
        return {
            "name": name,
            "table_name": SPEND_LIMITS.name,
            "endpoint": {
                "path": path,
                "data_selector": "$",
                "paginator": "single_page",
                "response_actions": [
                    {"status_code": 404, "action": "ignore"},
                    *rest.checked(lambda _: None, lambda reply: "threshold_amount" in reply),
                ],
            },
            "processing_steps": [{"map": limit}],
            **hints,
        }

    yield config("spend_limit", SPEND_LIMITS.path)
    of_projects = config("project_spend_limits", "organization/projects/{resources.projects.id}/spend_limit")
    yield {**of_projects, "include_from_parent": ["id"]}


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return {
        COSTS.name: [
            gate.present("amount"),
            gate.number("amount"),
            gate.number("quantity"),
            gate.present("currency"),
            gate.matching("currency", "^[a-zA-Z]{3}$", "is no currency", "the API sends ISO codes"),
        ],
        USAGE.name: [gate.not_negative(measure) for measure in MEASURES],
        PROJECTS.name: [gate.present("id")],
        SPEND_LIMITS.name: [gate.present("threshold_cents"), gate.not_negative("threshold_cents")],
        API_KEYS.name: [gate.present("id"), gate.present("project_id")],
    }


SOURCE = Source(
    name="openai",
    summary="organization costs, usage reports, projects, users, API keys and spend limits",
    tables=(COSTS, USAGE, PROJECTS, USERS, API_KEYS, SPEND_LIMITS),
    needs=(Need("api_key", "an admin key of the organization (project keys are refused)"),),
    read=read,
    gate=suites,
)
